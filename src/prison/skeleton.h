/*
 * The directories and links below a jail's path that Linux programs need and a
 * FreeBSD-style root lacks (seed: lib64, proc, run, sys).  Made on the host's disk
 * before mounting, named in the ledger first, taken away at the end if unchanged.
 */
#ifndef GAOL_PRISON_SKELETON_H
#define GAOL_PRISON_SKELETON_H

#include "base/err.h"
#include "prison/mount.h"
#include "prison/record.h"

struct instance;

int skeleton_make(const struct instance *in, struct record *rec, const char *real_path,
    const struct mount_item *mounts, size_t nmounts, struct err *e);

/* What another living jail below the same path still needs is handed over to its ledger. */
int skeleton_undo(const struct instance *in, struct record *rec, struct err *e);

#endif
