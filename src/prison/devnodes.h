/*
 * The nodes of a jail's /dev: which of the host's devices a ruleset leaves visible,
 * under Linux's names, and the making of them.  devhost.c has the table of names.
 */
#ifndef GAOL_PRISON_DEVNODES_H
#define GAOL_PRISON_DEVNODES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "bpf/api.h"
#include "prison/devrules.h"

enum dev_kind {
	DEV_CHAR,
	DEV_BLOCK,
	DEV_LINK,
	DEV_DIR,
	DEV_GRANT, /* no file: a FreeBSD device that is a right on Linux (bpf, pf, pts/N) */
};

struct dev_node {
	const char *name;   /* relative to /dev, e.g. "null", "net/tun" */
	const char *target; /* DEV_LINK only, else NULL */
	enum dev_kind kind;
	unsigned major, minor;
	mode_t mode; /* permission bits */
	uid_t uid;   /* as seen in the jail */
	gid_t gid;
	bool always; /* no ruleset hides it: Linux programs need it */
};

/* What follows from visible names. */
enum dev_grant {
	DEV_GRANT_BPF = 1 << 0, /* bpf*: packet sockets */
	DEV_GRANT_PF = 1 << 1,	/* pf: packet filter, in a network stack of the jail's own */
	DEV_GRANT_MEM = 1 << 2, /* mem, kmem or io is there: it needs CAP_SYS_RAWIO */
	DEV_GRANT_PTS = 1 << 3, /* pts and pts/N: mount a devpts on pts */
};

/*
 * The nodes that the ruleset leaves visible on this host, directories before what is
 * in them.  0: no ruleset, everything.  A set that does not exist, or has no rules,
 * hides nothing, as on FreeBSD.  -EINVAL: the set could not be loaded from devfs.rules.
 * *ret is one allocation: free(3).  Reads one small file when nothing has changed.
 * Must be called where /dev is the host's.
 */
int devnodes_visible(
    int state, unsigned ruleset, struct dev_node **ret, size_t *ret_n, struct err *e);

/* enum dev_grant */
unsigned devnodes_grants(const struct dev_node *nodes, size_t n);
bool devnodes_allows_bpf(const struct dev_node *nodes, size_t n);

/*
 * The device numbers that the jail may open: those of the nodes, and always the
 * pseudo terminals (136:*), 5:0 and 5:2.  Neighbours are joined into ranges.  mknod is never
 * among the rights.  *ret: free(3).
 */
int devnodes_devices(const struct dev_node *nodes, size_t n, struct bpf_dev_rule **ret,
    size_t *ret_n, struct err *e);

/*
 * Makes the nodes in an empty directory (the root of a fresh tmpfs) that nobody else
 * reaches yet.  Owners are shifted by the bases.  System calls only: no memory is
 * allocated, so that it may run between clone and exec.  Sets the umask to 0 and back.
 */
int devnodes_populate(int dirfd, const struct dev_node *nodes, size_t n, uid_t uid_base,
    gid_t gid_base, struct err *e);

/*
 * Writes on the root of the tmpfs (an extended attribute that needs CAP_SYS_ADMIN of
 * the host) that this is a devfs, its ruleset, and how owners were shifted.
 * System calls only.  dirfd may be O_PATH, here and below.
 */
struct dev_mark {
	unsigned ruleset;
	uid_t uid_base;
	gid_t gid_base;
};
int devnodes_mark(int dirfd, const struct dev_mark *m, struct err *e);

/* -ENOTTY: not a devfs of ours. */
int devnodes_read_mark(int dirfd, struct dev_mark *ret, struct err *e);

/*
 * devfs(8)'s apply and applyset on a devfs that is in use, given by its root: nodes
 * appear, disappear, change owner and mode.  rule NULL: the whole set, -ESRCH if it is not there.
 * Nothing but the nodes of devices is touched; what a jail put there is left.
 */
int devnodes_apply(
    int state, int dirfd, unsigned ruleset, const struct dev_rule *rule, struct err *e);

/*
 * The same on the host's own /dev: owners and modes only.  -EOPNOTSUPP, naming the
 * device, if a rule would hide one: it would be gone for the host's own programs.
 */
int devnodes_apply_host(int state, unsigned ruleset, const struct dev_rule *rule, struct err *e);

/* The flags of an anonymous fresh devfs: fsopen, fsmount; populated and marked.  Returns the mount.
 */
int devnodes_mount(int state, unsigned ruleset, unsigned mount_attrs, struct err *e);

#endif
