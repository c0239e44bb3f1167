/*
 * No lock is over these maps and the prisons; the order makes up for it.  A prison is
 * in its map before its addresses are added here; an address is deleted here first,
 * and then added again if any prison still has it.  So whichever way two commands
 * run into each other, an address that a jail has is never missing from "listed" at the
 * end; at worst one that nobody has stays, which opens nothing.  In "dest4" and
 * "dest6" an address has one owner, as jails of several addresses share none (IPv4
 * addresses clash); of two that share their one IPv6 address the last one is served.
 */
#include "bpf/reach.h"

#include <errno.h>
#include <string.h>

#include "bpf/sysbpf.h"

static bool
in_loopnet(uint32_t addr)
{
	return (ntohl(addr) & 0xff000000U) == 0x7f000000U;
}

void
known_from(uint32_t flags, const struct bpf_addrs *addrs, struct known *ret)
{
	ret->flags = flags;
	ret->n4 = (uint32_t)addrs->n4;
	ret->n6 = (uint32_t)addrs->n6;
	if (addrs->n4 > 0)
		memcpy(ret->v4, addrs->v4, addrs->n4 * sizeof(ret->v4[0]));
	if (addrs->n6 > 0)
		memcpy(ret->v6, addrs->v6, addrs->n6 * sizeof(ret->v6[0]));
}

int
known_get(const struct bpf_fds *fds, uint64_t cgid, struct known *ret)
{
	struct bpf_prison p;
	struct bpf_addrs4 list4;
	struct bpf_addrs6 list6;
	int rc = sysbpf_map_lookup(fds->prisons, &cgid, &p);

	ret->flags = ret->n4 = ret->n6 = 0;
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	ret->flags = p.flags;
	ret->n4 = p.n4 > 0;
	ret->n6 = p.n6 > 0;
	ret->v4[0] = p.primary4;
	memcpy(&ret->v6[0], p.primary6, sizeof(ret->v6[0]));
	if (p.n4 > 1 && sysbpf_map_lookup(fds->addrs4, &cgid, &list4) == 0) {
		ret->n4 = list4.n < BPF_ADDRS_MAX ? list4.n : BPF_ADDRS_MAX;
		memcpy(ret->v4, list4.addr, ret->n4 * sizeof(ret->v4[0]));
	}
	if (p.n6 > 1 && sysbpf_map_lookup(fds->addrs6, &cgid, &list6) == 0) {
		ret->n6 = list6.n < BPF_ADDRS_MAX ? list6.n : BPF_ADDRS_MAX;
		memcpy(ret->v6, list6.addr, ret->n6 * sizeof(ret->v6[0]));
	}
	return 0;
}

/* A wildcard is bound to the primary IPv4 address if there is one: all the others need the lookup.
 */
static bool
is_dest4(const struct known *k, uint32_t i)
{
	return (k->flags & (BPF_PRISON_IP4_INHERIT | BPF_PRISON_VNET)) == 0 && i > 0 && i < k->n4;
}

static bool
is_dest6(const struct known *k, uint32_t i)
{
	return (k->flags & (BPF_PRISON_IP6_INHERIT | BPF_PRISON_VNET)) == 0 && i < k->n6 &&
	       (i > 0 || k->n4 > 0);
}

static bool
has_dest4(const struct known *k, uint32_t addr)
{
	for (uint32_t i = 0; i < k->n4; i++)
		if (k->v4[i] == addr)
			return is_dest4(k, i);
	return false;
}

static bool
has_dest6(const struct known *k, const struct bpf_addr6 *addr)
{
	for (uint32_t i = 0; i < k->n6; i++)
		if (memcmp(&k->v6[i], addr, sizeof(*addr)) == 0)
			return is_dest6(k, i);
	return false;
}

static bool
has_listed(const struct known *k, uint32_t addr)
{
	for (uint32_t i = 0; i < k->n4; i++)
		if (k->v4[i] == addr)
			return true;
	return false;
}

static int
listed_add(const struct bpf_fds *fds, uint64_t cgid, uint32_t addr)
{
	const uint64_t several = 0;
	uint64_t owner;
	int rc = sysbpf_map_update(fds->listed, &addr, &cgid, BPF_NOEXIST);

	if (rc != -EEXIST)
		return rc;
	if (sysbpf_map_lookup(fds->listed, &addr, &owner) == 0 && owner == cgid)
		return 0;
	return sysbpf_map_update(fds->listed, &addr, &several, BPF_ANY);
}

int
reach_add(const struct bpf_fds *fds, uint64_t cgid, const struct known *now)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < now->n4; i++) {
		if (in_loopnet(now->v4[i]))
			rc = listed_add(fds, cgid, now->v4[i]);
		if (rc == 0 && is_dest4(now, i))
			rc = sysbpf_map_update(fds->dest4, &now->v4[i], &cgid, BPF_ANY);
	}
	for (uint32_t i = 0; rc == 0 && i < now->n6; i++)
		if (is_dest6(now, i))
			rc = sysbpf_map_update(fds->dest6, &now->v6[i], &cgid, BPF_ANY);
	return rc;
}

struct search {
	const struct bpf_fds *fds;
	uint32_t addr;
};

static int
prison_has(uint64_t cgid, const struct bpf_prison *p, void *arg)
{
	const struct search *s = arg;
	struct known known;

	if (p->n4 == 0)
		return 0;
	if (p->primary4 == s->addr)
		return 1;
	return p->n4 > 1 && known_get(s->fds, cgid, &known) == 0 && has_listed(&known, s->addr);
}

static int
listed_drop(const struct bpf_fds *fds, uint64_t cgid, uint32_t addr)
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
	rc = bpf_prison_walk(fds, prison_has, &s, NULL);
	return rc == 1 ? sysbpf_map_update(fds->listed, &addr, &several, BPF_ANY) : rc;
}

/* Only if it is ours still. */
static int
dest_drop(int map, uint64_t cgid, const void *addr)
{
	uint64_t owner;
	int rc = sysbpf_map_lookup(map, addr, &owner);

	if (rc == 0 && owner == cgid)
		rc = sysbpf_map_delete(map, addr);
	return rc == -ENOENT ? 0 : rc;
}

int
reach_drop(
    const struct bpf_fds *fds, uint64_t cgid, const struct known *old, const struct known *now)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < old->n4; i++) {
		if (in_loopnet(old->v4[i]) && !has_listed(now, old->v4[i]))
			rc = listed_drop(fds, cgid, old->v4[i]);
		if (rc == 0 && is_dest4(old, i) && !has_dest4(now, old->v4[i]))
			rc = dest_drop(fds->dest4, cgid, &old->v4[i]);
	}
	for (uint32_t i = 0; rc == 0 && i < old->n6; i++)
		if (is_dest6(old, i) && !has_dest6(now, &old->v6[i]))
			rc = dest_drop(fds->dest6, cgid, &old->v6[i]);
	return rc;
}
