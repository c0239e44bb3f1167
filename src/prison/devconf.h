/*
 * devfs.rules(5), pure: text in, rulesets out.  FreeBSD's /etc/rc hands each line to
 * the shell; here the forms that files use are parsed, and nothing is ever run:
 *
 *	# comment
 *	[name=number]
 *	add include $name
 *	add path 'bpf*' unhide		# quotes and comments as the shell has them
 *	del 200
 *	delset
 *
 * A parser is a value: init, scan every file, then feed every file in the same order.
 * A mistake costs the set it stands in, nothing else: that set stays what it was.
 */
#ifndef GAOL_PRISON_DEVCONF_H
#define GAOL_PRISON_DEVCONF_H

#include "base/err.h"
#include "base/str.h"
#include "prison/devrules.h"

struct devconf_name {
	char *name;
	unsigned num;
};

/* A set that could not be loaded and never was. */
struct devconf_bad {
	unsigned num;
	char *why; /* "FILE:LINE: ..." */
};

struct devconf {
	const struct dev_rulesets *old; /* in force before; not ours */
	const struct dev_ids *ids;
	struct dev_rulesets sets; /* the result: old ones, with those of the files over them */
	struct devconf_name *names;
	size_t nnames;
	struct devconf_bad *bad;
	size_t nbad;
	struct strv warnings; /* "FILE:LINE: ..." */
};

/* old and ids must live as long. */
int devconf_init(
    struct devconf *c, const struct dev_rulesets *old, const struct dev_ids *ids, struct err *e);

/* Takes the sets that the file defines out of the old ones, so that an order among them matters. */
int devconf_scan(struct devconf *c, const char *text, struct err *e);

/* Fails only for want of memory; mistakes in the text become warnings. */
int devconf_feed(struct devconf *c, const char *file, const char *text, struct err *e);

/* NULL: no such name. */
const struct devconf_name *devconf_find_name(const struct devconf *c, const char *name, size_t len);

void devconf_done(struct devconf *c);
#define cleanup_devconf __attribute__((cleanup(devconf_done)))

#endif
