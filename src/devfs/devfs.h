/* What the files of devfs(8) share. */
#ifndef GAOL_DEVFS_DEVFS_H
#define GAOL_DEVFS_DEVFS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"
#include "prison/devnodes.h"
#include "prison/devrules.h"

enum target_kind {
	TARGET_NONE,  /* no devfs: every request is "Inappropriate ioctl for device" */
	TARGET_HOST,  /* the host's own /dev */
	TARGET_MOUNT, /* made by mount.devfs, or the /dev of running jails at this path */
};

/* The devfs that -m names. */
struct target {
	enum target_kind kind;
	int *fds; /* TARGET_MOUNT: one, or that of each jail with this path */
	size_t nfds;
	unsigned ruleset; /* its current one */
};

struct devfs {
	int state;
	const char *mount; /* -m */
	struct target target;
	unsigned ruleset; /* -s; 0: the current one */
};

/* Ends the program: usage on stderr, exit 1. */
void usage(void) __attribute__((noreturn));

/*
 * Ends the program with "PROGRAM: REQUEST: reason", as if the request had been an
 * ioctl of devfs(4).  r: the negative errno that came back with *e.
 */
void fail_request(const char *request, int r, const struct err *e) __attribute__((noreturn));

/* Ends the program with "PROGRAM: text". */
void fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));
void warning(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "devfs", "devfs rule", "devfs ruleset" in messages. */
void set_program(const char *name);

int rule_main(struct devfs *d, int argc, char **argv);
int ruleset_main(struct devfs *d, int argc, char **argv);
int reload_main(struct devfs *d, int argc, char **argv);
int names_main(struct devfs *d, int argc, char **argv);

/* Ends the program if the path cannot be opened. */
void target_open(struct devfs *d);

/* The ruleset that a command speaks of. */
unsigned target_ruleset(const struct devfs *d);

/* -ENOTTY: no devfs.  rule NULL: the set. */
int target_apply(
    const struct devfs *d, unsigned ruleset, const struct dev_rule *rule, struct err *e);
int target_set_ruleset(struct devfs *d, unsigned ruleset, struct err *e);

/* Marks in used[] the rulesets that mounts, jails and the host's /dev have. */
int target_used_rulesets(const struct devfs *d, bool used[DEV_NUM_MAX + 1], struct err *e);

/* Running jails (jails.c).  Adds a descriptor of the /dev of each jail whose /dev is this
 * directory. */
int jails_open_dev(const char *path, struct target *t, struct err *e);
int jails_used_rulesets(bool used[DEV_NUM_MAX + 1], struct err *e);

/* Makes the device programs of running jails obey what the rules say now. */
void jails_refresh(int state, void *arg);

int target_add(struct target *t, int fd);

#endif
