/*
 * Who is alive, asked once for all jails: a list of thousands must not cost six
 * system calls a jail.  It only ever says yes; who is not found in it is asked alone.
 */
#ifndef GAOL_PRISON_CENSUS_H
#define GAOL_PRISON_CENSUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "prison/instance.h"
#include "prison/record.h"

struct census_pair {
	uint64_t key, value;
};

struct census_list {
	struct census_pair *list; /* sorted by key */
	size_t n, size;
};

struct census {
	bool privileged;
	struct census_list cgroups; /* jid: inode of its directory */
	struct census_list locks;   /* jid: inode of its lock file */
	struct census_list held;    /* inodes of locked files on the state directory's device */
};

/* What cannot be read leaves its list empty. */
void census_take(const struct instance *in, struct census *ret);
void census_done(struct census *c);

/* It runs, its cgroup directory has the recorded inode, and somebody holds its lock. */
bool census_alive(const struct census *c, const struct record *rec);

#endif
