/*
 * What this host has in /dev: every entry that a rule can speak of, with all its
 * names.  Taken from the host's own /dev, so that a node exists only if the kernel has it.
 */
#ifndef GAOL_PRISON_DEVHOST_H
#define GAOL_PRISON_DEVHOST_H

#include <time.h>

#include "base/err.h"
#include "prison/devmatch.h"
#include "prison/devnodes.h"

#define DEVHOST_NAMES_MAX 8

struct devhost_entry {
	const char *name;
	const char *target; /* static */
	enum dev_kind kind;
	unsigned major, minor;
	mode_t mode;
	uid_t uid;
	gid_t gid;
	bool always;
	unsigned types; /* enum dev_type */
	struct devmatch_name
	    names[DEVHOST_NAMES_MAX]; /* the first is `name`; the others are ours */
	size_t nnames;
};

/* A directory that was read; another modification time says that a device came or went. */
struct devhost_dir {
	char *name; /* "." is /dev itself */
	struct timespec mtime;
};

struct devhost {
	struct devhost_entry *entries; /* sorted by name: a directory before what is in it */
	size_t n;
	struct devhost_dir *dirs;
	size_t ndirs;
};

/* Reads the host's /dev, and adds what a jail's has besides: links, pts, shm, rights. */
int devhost_scan(struct devhost *ret, struct err *e);

/* Only what does not depend on the host; for tests, with devhost_add. */
int devhost_fixed(struct devhost *ret, struct err *e);

/* Adds one entry with its FreeBSD names.  An entry of that name that is there already stays. */
int devhost_add(struct devhost *h, const struct devhost_entry *entry);

/* After the last devhost_add. */
void devhost_sort(struct devhost *h);

/* The index of an entry by its Linux name; h->n: none. */
size_t devhost_find(const struct devhost *h, const char *name);

void devhost_done(struct devhost *h);
#define cleanup_devhost __attribute__((cleanup(devhost_done)))

/* FreeBSD's names of a Linux device; ret has room for max.  Each is malloc'ed. (devnames.c) */
int devnames_aliases(
    const char *name, enum dev_kind kind, struct devmatch_name *ret, size_t max, size_t *ret_n);

/* What devfs(8)'s `type` sees in it. */
unsigned devnames_types(const char *name, enum dev_kind kind, unsigned major, unsigned minor);

/* Flags of the Linux name itself. */
unsigned devnames_flags(const char *name, enum dev_kind kind);

#endif
