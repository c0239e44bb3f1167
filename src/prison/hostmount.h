/*
 * The jail's mounts where the host can see them: at their host paths.  With
 * gaol.mounts=host in the host's own mount namespace, and otherwise, where commands of
 * the host shall see them as on FreeBSD, in a namespace kept for those commands.
 * Without an id-map: the jail's root is then a mapped clone of what lies here.
 */
#ifndef GAOL_PRISON_HOSTMOUNT_H
#define GAOL_PRISON_HOSTMOUNT_H

#include "base/err.h"
#include "prison/mount.h"
#include "prison/op.h"

/* gaol.mounts=host: before each act the ledger says "mount TARGET". */
int hostmount_place(struct gaol_op *op, struct err *e);
int hostmount_undo(struct gaol_op *op, struct err *e);

/*
 * The namespace for the host's commands.  -EOPNOTSUPP with the sentence that names
 * gaol.mounts=host, where path lies on a mount that is not shared.
 */
int hostmount_make_namespace(struct gaol_op *op, struct err *e);

/* Opens the pinned one; -ENOENT: the jail has none. */
int hostmount_open_namespace(const struct instance *in, const struct record *rec);
void hostmount_drop_namespace(const struct instance *in, const struct record *rec);

/* open_tree(path, recursive) as seen there; a descriptor of this process. */
int hostmount_clone_tree(int namespace_fd, const char *path, struct err *e);

#endif
