/*
 * What of a host's entries one devfs shows, pure: rules change states, then it is
 * worked out what can be reached (a hidden directory hides all below it).
 */
#ifndef GAOL_PRISON_DEVVIEW_H
#define GAOL_PRISON_DEVVIEW_H

#include "base/str.h"
#include "prison/devhost.h"
#include "prison/devmatch.h"

struct devview_state {
	bool hidden;
	size_t name; /* by which of its names the entry was shown last */
	uid_t uid;
	gid_t gid;
	mode_t mode;
	bool reachable; /* set by devview_resolve */
};

/* One state an entry, everything visible as the host has it.  *ret: free(3). */
int devview_start(const struct devhost *h, struct devview_state **ret);

/* Runs all rules of the plan on all entries. */
void devview_apply(const struct devhost *h, struct devmatch_plan *plan, struct devview_state *s);

void devview_resolve(const struct devhost *h, struct devview_state *s);

/* Text: one reachable node a line; and back.  *ret: free(3), names point into it. */
int devview_format(const struct devhost *h, const struct devview_state *s, struct str *ret);
int devview_parse(const char *text, struct dev_node **ret, size_t *ret_n);

#endif
