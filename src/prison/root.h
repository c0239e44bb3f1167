/*
 * A jail's root, and the keeper that stays in it: from the host's credentials in the
 * host's namespaces to PID 1 of the jail, in one child (kernel-notes: section 1).
 */
#ifndef GAOL_PRISON_ROOT_H
#define GAOL_PRISON_ROOT_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "keeper/start.h"
#include "prison/mount.h"
#include "prison/ns.h"

/* A mount below `path` that takes no id-map, or one of those beside it: cloned singly. */
struct root_piece {
	char *rel;
	int tree;
};

struct root_plan {
	const char *path; /* as given, for messages */
	const char *real_path;
	int tree; /* detached clone of path with its mounts; root_open_tree */
	struct root_piece *pieces;
	size_t npieces;
	int template; /* template_open */
	struct mount_item *mounts;
	size_t nmounts;
	bool run; /* a tmpfs on run, if the directory is there */
	uid_t id_base;
	const char *resolv; /* resolv_read; NULL: none */
};

/* Clones path with all that is mounted below it.  real_path is malloc'ed. */
int root_open_tree(const char *path, char **ret_real_path, int *ret_tree, struct err *e);

/* One clone for each mount below path: for roots that cannot be id-mapped as a whole. */
int root_open_pieces(struct root_plan *plan, struct err *e);
void root_pieces_done(struct root_plan *plan);

/* In a child with the host's credentials: leaves the host's mounts, ends with the jail's
 * root as "/".  -EMEDIUMTYPE: not as a whole; try root_open_pieces. */
int root_build(struct root_plan *plan, int userns, struct err *e);

struct keeper_plan {
	struct root_plan root;
	const struct ns_holder *holder;
	int holder_flags;     /* ns_holder_flags */
	bool map_ids;	      /* the user namespace has ids of its own */
	int parent_pidfd;     /* the parent jail's keeper, or -EBADF */
	int parent_flags;     /* CLONE_NEW* that are the parent jail's */
	const char *hostname; /* NULL: leave it */
	const char *domainname;
	int keepers_cgroup;
	struct keeper_start start;
	/* In the child, when the root stands: writes the record. */
	int (*publish)(void *arg, pid_t keeper, struct err *e);
	void *publish_arg;
	pid_t pid; /* out */
	int pidfd; /* out */
};

/* Returns when the keeper has been executed, or nothing is left of the attempt. */
int keeper_start(struct keeper_plan *plan, struct err *e);

#endif
