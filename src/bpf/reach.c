/*
 * No lock is over these maps and the prisons; the order makes up for it.  A prison is
 * in its map before its addresses are added here; an address is deleted here first,
 * and then added again if any prison still has it.  So whichever way two commands
 * run into each other, an address that a jail has is never missing from "listed" at the
 * end; at worst one that nobody has stays, which opens nothing.  In "dest4" and
 * "dest6" an address has one owner, the first for as long as it is there: the wildcards of
 * others that share it are bound as the kernel does, and found by it.
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

static void
set_rest(const struct bpf_prison *p, struct known *ret)
{
	ret->flags = p->flags;
	ret->loop4 = p->loop4;
	memcpy(&ret->loop6, p->loop6, sizeof(ret->loop6));
}

void
known_from(const struct bpf_prison *p, const struct bpf_addrs *addrs, struct known *ret)
{
	set_rest(p, ret);
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

	set_rest(&(struct bpf_prison){0}, ret);
	ret->n4 = ret->n6 = 0;
	if (rc < 0)
		return rc == -ENOENT ? 0 : rc;
	set_rest(&p, ret);
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

static bool
lifts(const struct known *k)
{
	return (k->flags & BPF_PRISON_PORTS_SHARED) != 0 &&
	       (k->flags & BPF_PRISON_LOOP_PRIVATE) != 0;
}

/*
 * A wildcard that is not lifted is bound to the primary IPv4 address if there is one: all the
 * others need the lookup.  The primary is among them where there are several: who asks there
 * by UDP is answered from there, whatever he asked before.
 */
static bool
is_dest4(const struct known *k, uint32_t i)
{
	return (k->flags & (BPF_PRISON_IP4_INHERIT | BPF_PRISON_VNET)) == 0 && i < k->n4 &&
	       (i > 0 || k->n4 > 1 || lifts(k));
}

static bool
is_dest6(const struct known *k, uint32_t i)
{
	return (k->flags & (BPF_PRISON_IP6_INHERIT | BPF_PRISON_VNET)) == 0 && i < k->n6 &&
	       (i > 0 || k->n4 > 0 || k->n6 > 1 || lifts(k));
}

static bool
has_dest4(const struct known *k, uint32_t addr)
{
	for (uint32_t i = 0; i < k->n4; i++)
		if (k->v4[i] == addr)
			return is_dest4(k, i);
	return lifts(k) && k->loop4 == addr;
}

static bool
has_dest6(const struct known *k, const struct bpf_addr6 *addr)
{
	for (uint32_t i = 0; i < k->n6; i++)
		if (memcmp(&k->v6[i], addr, sizeof(*addr)) == 0)
			return is_dest6(k, i);
	return lifts(k) && memcmp(&k->loop6, addr, sizeof(*addr)) == 0;
}

static bool
has_loop6(const struct known *k)
{
	return k->loop6.word[0] != 0;
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

/* An owner that is gone left it behind: its keeper takes the prison away, and no more. */
static int
dest_add(const struct bpf_fds *fds, int map, uint64_t cgid, const void *addr)
{
	struct bpf_prison p;
	uint64_t owner;
	int rc = sysbpf_map_update(map, addr, &cgid, BPF_NOEXIST);

	if (rc != -EEXIST)
		return rc;
	if (sysbpf_map_lookup(map, addr, &owner) == 0 &&
	    sysbpf_map_lookup(fds->prisons, &owner, &p) == 0)
		return 0;
	return sysbpf_map_update(map, addr, &cgid, BPF_ANY);
}

int
reach_add(const struct bpf_fds *fds, uint64_t cgid, const struct known *now)
{
	int rc = 0;

	for (uint32_t i = 0; rc == 0 && i < now->n4; i++) {
		if (in_loopnet(now->v4[i]))
			rc = listed_add(fds, cgid, now->v4[i]);
		if (rc == 0 && is_dest4(now, i))
			rc = dest_add(fds, fds->dest4, cgid, &now->v4[i]);
	}
	for (uint32_t i = 0; rc == 0 && i < now->n6; i++)
		if (is_dest6(now, i))
			rc = dest_add(fds, fds->dest6, cgid, &now->v6[i]);
	if (rc == 0 && lifts(now) && now->loop4 != 0)
		rc = dest_add(fds, fds->dest4, cgid, &now->loop4);
	if (rc == 0 && lifts(now) && has_loop6(now))
		rc = dest_add(fds, fds->dest6, cgid, &now->loop6);
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
	if (rc == 0 && lifts(old) && !has_dest4(now, old->loop4))
		rc = dest_drop(fds->dest4, cgid, &old->loop4);
	if (rc == 0 && lifts(old) && !has_dest6(now, &old->loop6))
		rc = dest_drop(fds->dest6, cgid, &old->loop6);
	return rc;
}
