/*
 * The kept mount namespace that every jail's is copied from: one empty, read-only
 * tmpfs.  Copying it costs the same however many mounts the host has, no pivot_root
 * is needed (which visits every task of the host), and whoever gets below a jail's
 * "/" finds nothing.  Two things lie in it: an empty file and an empty directory
 * that nobody can open, to be laid over what jails must not see.
 */
#ifndef GAOL_PRISON_TEMPLATE_H
#define GAOL_PRISON_TEMPLATE_H

#include "base/err.h"
#include "prison/instance.h"

#define TEMPLATE_MASK_FILE "file"
#define TEMPLATE_MASK_DIR "dir"

/* A descriptor for setns(CLONE_NEWNS); made and pinned in the state directory if missing. */
int template_open(const struct instance *in, struct err *e);

#endif
