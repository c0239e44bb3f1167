/* Ending what runs in a jail. */
#ifndef GAOL_PRISON_KILL_H
#define GAOL_PRISON_KILL_H

#include "base/err.h"
#include "prison/instance.h"
#include "prison/record.h"

/* How long the kernel gets to end killed processes. */
#define KILL_WAIT_MS 20000

/* SIGKILL to every process of the jail and of those below it, and waits until they are gone. */
int kill_all(const struct instance *in, const struct record *rec, struct err *e);

/*
 * SIGKILL to the keeper, if it is still the one of this record.  Returns its lock as a
 * descriptor of ours (the same open file, so that it is never free in between), or a
 * negative errno where it is gone.
 */
int kill_keeper(const struct instance *in, const struct record *rec);

/* rmdir of the prison's directory: the moment of death.  Kills whoever came meanwhile. */
int kill_cgroup(const struct instance *in, const struct record *rec, struct err *e);

#endif
