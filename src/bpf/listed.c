/*
 * The map of listed loopback addresses has no lock over it and the prisons.  The order makes
 * up for it: a prison is in its map before its addresses are added here; an
 * address is deleted here first, and then added again if any prison still has it.  So
 * whichever way two commands run into each other, an address that a jail has is never missing at
 * the end; at worst one that nobody has stays, which opens nothing.
 */
#include "bpf/listed.h"

#include <errno.h>
#include <string.h>

#include "bpf/sysbpf.h"

static bool
in_loopnet(uint32_t addr)
{
	return (ntohl(addr) & 0xff000000U) == 0x7f000000U;
}

int
known4_get(const struct bpf_fds *fds, uint64_t cgid, struct known4 *ret)
{
	struct bpf_prison p;
	struct bpf_addrs4 list;
	int rc = sysbpf_map_lookup(fds->prisons, &cgid, &p);

	ret->n = 0;
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	if (p.n4 == 0)
		return 0;
	ret->n = 1;
	ret->addr[0] = p.primary4;
	if (p.n4 == 1)
		return 0;
	rc = sysbpf_map_lookup(fds->addrs4, &cgid, &list);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	ret->n = list.n < BPF_ADDRS_MAX ? list.n : BPF_ADDRS_MAX;
	memcpy(ret->addr, list.addr, ret->n * sizeof(ret->addr[0]));
	return 0;
}

int
listed_add(const struct bpf_fds *fds, uint64_t cgid, const struct bpf_addrs *addrs)
{
	const uint64_t several = 0;
	uint64_t owner;

	for (size_t i = 0; i < addrs->n4; i++) {
		uint32_t addr = addrs->v4[i].s_addr;
		int rc;

		if (!in_loopnet(addr))
			continue;
		rc = sysbpf_map_update(fds->listed, &addr, &cgid, BPF_NOEXIST);
		if (rc == -EEXIST && sysbpf_map_lookup(fds->listed, &addr, &owner) == 0 &&
		    owner == cgid)
			continue;
		if (rc == -EEXIST)
			rc = sysbpf_map_update(fds->listed, &addr, &several, BPF_ANY);
		if (rc < 0)
			return rc;
	}
	return 0;
}

struct search {
	const struct bpf_fds *fds;
	uint32_t addr;
};

static int
has_addr(uint64_t cgid, const struct bpf_prison *p, void *arg)
{
	const struct search *s = arg;
	struct known4 known;

	if (p->n4 == 0)
		return 0;
	if (p->primary4 == s->addr)
		return 1;
	if (p->n4 == 1 || known4_get(s->fds, cgid, &known) < 0)
		return 0;
	for (uint32_t i = 0; i < known.n; i++)
		if (known.addr[i] == s->addr)
			return 1;
	return 0;
}

static int
drop_one(const struct bpf_fds *fds, uint64_t cgid, uint32_t addr)
{
	const uint64_t several = 0;
	struct search s = {.fds = fds, .addr = addr};
	uint64_t owner;
	int rc = sysbpf_map_lookup(fds->listed, &addr, &owner);

	if (rc == 0)
		rc = sysbpf_map_delete(fds->listed, &addr);
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	/* The usual case: nobody else ever listed it, and no walk over all jails is needed. */
	if (owner == cgid)
		return 0;
	rc = bpf_prison_walk(fds, has_addr, &s, NULL);
	return rc == 1 ? sysbpf_map_update(fds->listed, &addr, &several, BPF_ANY) : rc;
}

int
listed_drop(
    const struct bpf_fds *fds, uint64_t cgid, const struct known4 *old, const struct bpf_addrs *now)
{
	for (uint32_t i = 0; i < old->n; i++) {
		bool kept = false;
		int rc;

		if (!in_loopnet(old->addr[i]))
			continue;
		for (size_t k = 0; now != NULL && k < now->n4; k++)
			kept = kept || now->v4[k].s_addr == old->addr[i];
		rc = kept ? 0 : drop_one(fds, cgid, old->addr[i]);
		if (rc < 0)
			return rc;
	}
	return 0;
}
