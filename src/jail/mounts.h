/*
 * What a jail wants mounted: lines of `mount` and of the files of mount.fstab, and
 * mount.devfs with its kin.  The parsing is pure.
 * Source: reference of jail(8), 3.5, and of fstab lines in jails (devfs-rc-rctl 4.3).
 */
#ifndef GAOL_JAIL_MOUNTS_H
#define GAOL_JAIL_MOUNTS_H

#include <stddef.h>

#include "base/err.h"

struct gaol_mount;
struct args;

/* A line's first four words; source and target decoded. */
struct mount_line {
	char *source; /* NULL: a line without words */
	char *target;
	char *type;
	char *options; /* NULL: none */
};

/*
 * param is the parameter to name in errors ("mount", "mount.fstab").  A line of a
 * file is to be cut at its first `#` before.
 */
int mount_line_parse(const char *param, const char *line, struct mount_line *ret, struct err *e);
void mount_line_done(struct mount_line *l);

/* vis(3) escapes to bytes, malloc'ed.  -EINVAL: not an escape. */
int mount_unvis(const char *text, char **ret);

struct mounts {
	struct gaol_mount *v;
	size_t n;
	size_t size;
	char **owned; /* what v points to */
	size_t nowned;
	size_t owned_size;
};

/*
 * Reads the files of mount.fstab.  With lines false their contents are not looked
 * at: a stop needs the files only to be there.  -errno and text for the first bad one.
 */
int mounts_collect(
    const struct args *set, const char *path, int lines, struct mounts *ret, struct err *e);

void mounts_done(struct mounts *m);

#endif
