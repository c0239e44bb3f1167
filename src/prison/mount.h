/*
 * Mounts of a jail.  Each is prepared in the host's mount namespace (where its
 * source is) and put in place in the jail's own, on a descriptor that was reached from the
 * jail's root through no symbolic link.  Nothing is mounted on the host.
 */
#ifndef GAOL_PRISON_MOUNT_H
#define GAOL_PRISON_MOUNT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "prison/api.h"
#include "prison/devnodes.h"

enum mount_kind {
	MOUNT_BIND, /* nullfs: `source` is a detached clone */
	MOUNT_TMPFS,
	MOUNT_PROC,
	MOUNT_SYSFS,
	MOUNT_DEVFS,
	MOUNT_OTHER,   /* a file system of the kernel's, by fsopen */
	MOUNT_NOTHING, /* needs no mount on Linux (fdescfs: dev/fd is a link) */
};

struct mount_item {
	enum mount_kind kind;
	const struct gaol_mount *spec; /* for messages; not owned */
	char *target;	  /* below the jail's root, without a leading '/'; "" is the root */
	bool make_target; /* X-mount.mkdir: with the directories on the way, if it is not there */
	bool outside;	  /* gaol.mounts=host: target is below the host's root */
	int source;	  /* MOUNT_BIND, MOUNT_OTHER: a detached mount */
	bool directory;
	uint64_t attr_set;	/* MOUNT_ATTR_* */
	char *options;		/* MOUNT_TMPFS: key=value, comma separated */
	struct dev_node *nodes; /* MOUNT_DEVFS */
	size_t nnodes;
	unsigned ruleset;
	bool placed;	  /* on the host already: the jail's root is a clone of that */
	bool made_before; /* out: an exact repeat was found in place */
};

struct mount_place {
	int root;      /* the jail's root directory, in the jail's mount namespace */
	int userns;    /* to map ids with, or -EBADF */
	uid_t id_base; /* host's number of the jail's uid 0 */
	int mask_file; /* O_PATH; clones of them cover things (template.h) */
	int mask_dir;
};

/* The jail whose mounts they are. */
struct mount_jail {
	const char *path;      /* the parameter as given */
	const char *real_path; /* the same without symbolic links */
	int statefd;
	bool on_host; /* gaol.mounts=host: targets may lie outside path */
};

/* Reads type and options, finds the target, opens the source. */
int mount_prepare(const struct gaol_mount *spec, const struct mount_jail *jail,
    struct mount_item *ret, struct err *e);
/* Kinds whose mounts the host can have, where it is to see them; others are the jail's alone. */
bool mount_on_host(enum mount_kind kind);
void mount_item_done(struct mount_item *item);

/* In the child that becomes the keeper, in the jail's mount namespace. */
int mount_place(struct mount_item *item, const struct mount_place *at, struct err *e);

/* proc with its dangerous parts read-only or covered (design: section 2). */
int mount_proc(const struct mount_place *at, int target, struct err *e);

/* A tmpfs of the jail's own; options as in MOUNT_TMPFS. */
int mount_tmpfs(
    const struct mount_place *at, int target, const char *options, uint64_t attrs, int *ret_mount);

/* The part of an absolute host path that lies below the jail's root; "" is the root; or NULL. */
const char *mount_below(const char *target, const char *path);

/*
 * Where a dataset of zfs is mounted, malloc'ed in *ret, by the text of mountinfo (proc(5)), which
 * is changed.  -ENOENT, -ENOMEM.  Pure.
 */
int mount_find_dataset(char *mountinfo, const char *dataset, char **ret);

/* mountinfo writes blanks, tabs and backslashes of paths in octal; in place. */
void mount_unescape(char *s);

/* Opens a mount point beneath the jail's root: `P: PATH is a symbolic link` and its kin. */
int mount_target(int root, const char *rel, const char *param, const char *shown, struct err *e);

#endif
