/*
 * The maps that go from an address to a jail: "listed" (addresses in 127/8 that
 * jails may reach) and "dest4"/"dest6" (addresses that wildcard listeners serve).  Kept up by
 * bpf_prison_put and bpf_prison_del.
 */
#ifndef GAOL_BPF_REACH_H
#define GAOL_BPF_REACH_H

#include <stdbool.h>

#include "bpf/bpf.h"

/* The addresses of one prison, old or new. */
struct known {
	uint32_t flags;
	uint32_t n4;
	uint32_t n6;
	uint32_t loop4; /* stand-ins, 0 if there are none */
	struct bpf_addr6 loop6;
	uint32_t v4[BPF_ADDRS_MAX];
	struct bpf_addr6 v6[BPF_ADDRS_MAX];
};

/* As the maps have it.  0, also for a prison that is not there (no addresses). */
int known_get(const struct bpf_fds *fds, uint64_t cgid, struct known *ret);

/* Of p flags and stand-ins only; the addresses from addrs. */
void known_from(const struct bpf_prison *p, const struct bpf_addrs *addrs, struct known *ret);

/* After the prison is in the map. */
int reach_add(const struct bpf_fds *fds, uint64_t cgid, const struct known *now);

/* After the prison has become `now`, or is gone (then now has no addresses). */
int reach_drop(
    const struct bpf_fds *fds, uint64_t cgid, const struct known *old, const struct known *now);

#endif
