/*
 * What a ruleset does to one device, pure.  A device may have several names: the
 * Linux one first, then those under which FreeBSD's administrators know it.  A rule
 * with a path matches if any name does.
 */
#ifndef GAOL_PRISON_DEVMATCH_H
#define GAOL_PRISON_DEVMATCH_H

#include <stdbool.h>
#include <stddef.h>

#include "prison/devrules.h"

/*
 * devfs's pattern match: *, ? and [...] never match a slash, a leading dot is not
 * special, [!x] and [^x] negate, a backslash quotes, an unterminated [ is itself.
 */
bool devmatch_pattern(const char *pattern, const char *name);

enum devmatch_name_flags {
	/*
	 * "tap" stands for tap, tap0, tap1, ...: FreeBSD has one node a unit where Linux
	 * has one for all.
	 */
	DEVMATCH_FAMILY = 1 << 0,
	/*
	 * A Linux name that FreeBSD's patterns hit by accident: its ttyS* are pseudo
	 * terminals, here they are serial ports.  Such patterns never unhide it.
	 */
	DEVMATCH_ACCIDENT = 1 << 1,
};

struct devmatch_name {
	const char *name;
	unsigned flags;
};

struct devmatch_entry {
	const struct devmatch_name *names;
	size_t n;	/* 0: matched by rules without a path only */
	unsigned types; /* enum dev_type */
};

/* What the rules change; a field without its bit is left as it was. */
struct devmatch_effect {
	unsigned has; /* DEV_HAS_HIDE or DEV_HAS_UNHIDE, DEV_HAS_USER, _GROUP, _MODE */
	size_t name;  /* the name by which the entry was hidden or shown last */
	uid_t uid;
	gid_t gid;
	mode_t mode;
};

/* A ruleset with all that it includes, in an order in which each set comes after those it includes.
 */
struct devmatch_plan;

/*
 * num 0, or a set that does not exist: a plan without rules.  The plan points into
 * *all, which must outlive it.  Cycles in *all (there should be none) are cut.
 */
int devmatch_plan(
    const struct dev_rulesets *all, unsigned num, struct devmatch_plan **ret, struct err *e);

/* The same for one rule that belongs to no set. */
int devmatch_plan_rule(const struct dev_rulesets *all, const struct dev_rule *rule,
    struct devmatch_plan **ret, struct err *e);

void devmatch_eval(
    struct devmatch_plan *p, const struct devmatch_entry *entry, struct devmatch_effect *ret);

void devmatch_plan_free(struct devmatch_plan *p);

#endif
