/* Which addresses in 127/8 some jail lists: kept up by bpf_prison_put and bpf_prison_del. */
#ifndef GAOL_BPF_LISTED_H
#define GAOL_BPF_LISTED_H

#include <stdbool.h>

#include "bpf/bpf.h"

/* The addresses of one prison as the maps have them. */
struct known4 {
	uint32_t n;
	uint32_t addr[BPF_ADDRS_MAX];
};

/* 0, also for a prison that is not there (n = 0). */
int known4_get(const struct bpf_fds *fds, uint64_t cgid, struct known4 *ret);

/* After the prison is in the map. */
int listed_add(const struct bpf_fds *fds, uint64_t cgid, const struct bpf_addrs *addrs);

/* After the prison has lost them (now: what it has instead) or is gone (now NULL). */
int listed_drop(const struct bpf_fds *fds, uint64_t cgid, const struct known4 *old,
    const struct bpf_addrs *now);

#endif
