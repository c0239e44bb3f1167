/*
 * How a mount helper is called: by util-linux's mount(8) as
 *	mount.TYPE SPEC DIR [-sfnv] [-N namespace] [-o options] [-t type]
 * (mount(8), "External helpers"), and by FreeBSD's as
 *	mount_TYPE [-u] [-o options] SPEC DIR
 */
#ifndef GAOL_MOUNT_ARGS_H
#define GAOL_MOUNT_ARGS_H

#include <stdbool.h>

#include "base/str.h"

struct mount_args {
	const char *source;
	const char *target;
	bool fake;    /* -f: everything but the mount itself */
	bool verbose; /* -v */
	bool update;  /* -u */
	struct strv options;
};

/* Joins the mount namespace of -N.  False: usage; the message of a mistake is printed. */
bool mount_args_parse(struct mount_args *a, const char *program, int argc, char **argv);

void mount_args_done(struct mount_args *a);
#define cleanup_mount_args __attribute__((cleanup(mount_args_done)))

/*
 * Options of mount(8) and of /etc/fstab that are no business of a file system, and
 * that some callers hand on: noauto, nofail, defaults, _netdev, x-*, ...
 */
bool mount_option_is_userland(const char *option);

#endif
