/* The prison's cgroup directory: born in, watched, killed, removed.  Nothing is ever moved. */
#ifndef GAOL_PRISON_CGROUP_H
#define GAOL_PRISON_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

/* 1, 0, or a negative errno (-ENODEV: the directory is gone). */
int cgroup_populated(int cgroup);

/* A descriptor of cgroup.events, to be polled for POLLPRI. */
int cgroup_events(int cgroup);

/* SIGKILL to everything in it and below, forks included. */
int cgroup_kill(int cgroup);

/* The processes directly in it (not in child jails'); *ret is malloc'ed. */
int cgroup_procs(int cgroup, pid_t **ret, size_t *ret_n);

/* The kernel's numbers of it and of all below, as far as they are there; *ret is malloc'ed. */
int cgroup_ids(int cgroup, uint64_t **ret, size_t *ret_n);

/* Waits until it is empty; -ETIMEDOUT after that many milliseconds. */
int cgroup_wait_empty(int cgroup, int timeout_ms);

/* CLOCK_MONOTONIC in milliseconds. */
long long monotonic_ms(void);

#endif
