/* Prisons, their addresses and device sets: what src/prison writes into the maps. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/err.h"
#include "bpf/bpf.h"
#include "bpf/reach.h"
#include "bpf/sysbpf.h"

_Static_assert(sizeof(struct in_addr) == 4 && sizeof(struct in6_addr) == 16, "address sizes");
_Static_assert(sizeof(struct bpf_prison) == 64, "a changed layout needs a new BPF_LAYOUT");
_Static_assert(sizeof(struct bpf_dev_rule) == 16, "a changed layout needs a new BPF_LAYOUT");

static int
map_err(struct err *e, int rc, const char *what, uint64_t key)
{
	if (rc == -E2BIG)
		return err_set(e, E2BIG, "no room for more %s in the kernel's table", what);
	return err_errno(e, -rc, "eBPF map of %s, entry %" PRIu64, what, key);
}

static int
map_del(int map, const void *key)
{
	int rc = sysbpf_map_delete(map, key);

	return rc == -ENOENT ? 0 : rc;
}

/* A list is kept only for prisons of several addresses; the first one alone is in the prison
 * itself. */
static int
addrs4_put(const struct bpf_fds *fds, uint64_t cgid, const struct bpf_addrs *addrs)
{
	struct bpf_addrs4 list = {.n = (uint32_t)addrs->n4};

	if (addrs->n4 < 2)
		return 0;
	memcpy(list.addr, addrs->v4, addrs->n4 * sizeof(list.addr[0]));
	return sysbpf_map_update(fds->addrs4, &cgid, &list, BPF_ANY);
}

static int
addrs6_put(const struct bpf_fds *fds, uint64_t cgid, const struct bpf_addrs *addrs)
{
	struct bpf_addrs6 list = {.n = (uint32_t)addrs->n6};

	if (addrs->n6 < 2)
		return 0;
	memcpy(list.addr, addrs->v6, addrs->n6 * sizeof(list.addr[0]));
	return sysbpf_map_update(fds->addrs6, &cgid, &list, BPF_ANY);
}

static void
prison_set_addrs(struct bpf_prison *p, const struct bpf_addrs *addrs)
{
	p->n4 = (uint16_t)addrs->n4;
	p->n6 = (uint16_t)addrs->n6;
	p->primary4 = addrs->n4 > 0 ? addrs->v4[0].s_addr : 0;
	memset(p->primary6, 0, sizeof(p->primary6));
	if (addrs->n6 > 0)
		memcpy(p->primary6, &addrs->v6[0], sizeof(p->primary6));
}

/*
 * Lists before the prison that counts on them, and taken away only after the
 * prison that does not: in between, a reader sees addresses of the old set or
 * the new, and of no third.
 */
int
bpf_prison_put(const struct bpf_fds *fds, uint64_t cgid, const struct bpf_prison *p,
    const struct bpf_addrs *addrs, struct err *e)
{
	static const struct bpf_addrs none = {0};
	struct bpf_prison value = *p;
	struct known old, now;
	int rc;

	if (addrs == NULL)
		addrs = &none;
	if (addrs->n4 > BPF_ADDRS_MAX)
		return err_set(e, E2BIG, "too many IPv4 addresses");
	if (addrs->n6 > BPF_ADDRS_MAX)
		return err_set(e, E2BIG, "too many IPv6 addresses");
	prison_set_addrs(&value, addrs);
	known_from(&value, addrs, &now);
	rc = known_get(fds, cgid, &old);
	if (rc == 0)
		rc = addrs4_put(fds, cgid, addrs);
	if (rc == 0)
		rc = addrs6_put(fds, cgid, addrs);
	if (rc < 0)
		return map_err(e, rc, "address lists", cgid);
	rc = sysbpf_map_update(fds->prisons, &cgid, &value, BPF_ANY);
	if (rc < 0)
		return map_err(e, rc, "jails", cgid);
	if (old.n4 > 1 && now.n4 < 2)
		rc = map_del(fds->addrs4, &cgid);
	if (rc == 0 && old.n6 > 1 && now.n6 < 2)
		rc = map_del(fds->addrs6, &cgid);
	if (rc == 0)
		rc = reach_add(fds, cgid, &now);
	if (rc == 0)
		rc = reach_drop(fds, cgid, &old, &now);
	return rc < 0 ? map_err(e, rc, "address lists", cgid) : 0;
}

void
bpf_loop_standins(uint32_t jid, struct bpf_prison *p)
{
	p->loop4 = htonl(BPF_LOOP4_NET | (jid & ~BPF_LOOP4_MASK));
	p->loop6[0] = htonl(BPF_LOOP6_NET0);
	p->loop6[1] = htonl(BPF_LOOP6_NET1);
	p->loop6[2] = 0;
	p->loop6[3] = htonl(jid);
}

int
bpf_prison_put_host(const struct bpf_fds *fds, uint64_t cgid, struct err *e)
{
	struct bpf_prison host = {.flags = BPF_PRISON_HOST};

	return bpf_prison_put(fds, cgid, &host, NULL, e);
}

int
bpf_prison_get(const struct bpf_fds *fds, uint64_t cgid, struct bpf_prison *ret, struct err *e)
{
	struct bpf_prison value;
	int rc = sysbpf_map_lookup(fds->prisons, &cgid, &value);

	if (rc < 0)
		return map_err(e, rc, "jails", cgid);
	*ret = value;
	return 0;
}

int
bpf_addrs_set(
    const struct bpf_fds *fds, uint64_t cgid, const struct bpf_addrs *addrs, struct err *e)
{
	struct bpf_prison value;
	int rc = bpf_prison_get(fds, cgid, &value, e);

	return rc < 0 ? rc : bpf_prison_put(fds, cgid, &value, addrs, e);
}

static int
del(const struct bpf_fds *fds, uint64_t cgid, const struct known *old, struct err *e)
{
	static const struct known none = {0};
	int rc = map_del(fds->prisons, &cgid);

	if (rc < 0)
		return map_err(e, rc, "jails", cgid);
	if (old->n4 > 1)
		rc = map_del(fds->addrs4, &cgid);
	if (rc == 0 && old->n6 > 1)
		rc = map_del(fds->addrs6, &cgid);
	if (rc == 0)
		rc = reach_drop(fds, cgid, old, &none);
	return rc < 0 ? map_err(e, rc, "address lists", cgid) : 0;
}

int
bpf_prison_del(const struct bpf_fds *fds, uint64_t cgid, struct err *e)
{
	struct known old;
	int rc = known_get(fds, cgid, &old);

	return rc < 0 ? map_err(e, rc, "jails", cgid) : del(fds, cgid, &old, e);
}

int
bpf_prison_del_known(const struct bpf_fds *fds, uint64_t cgid, const struct bpf_prison *p,
    const struct bpf_addrs *addrs, struct err *e)
{
	struct known old;

	known_from(p, addrs, &old);
	return del(fds, cgid, &old, e);
}

int
bpf_prison_walk(const struct bpf_fds *fds,
    int (*fn)(uint64_t cgid, const struct bpf_prison *p, void *arg), void *arg, struct err *e)
{
	uint64_t key, next;
	int rc = sysbpf_map_next(fds->prisons, NULL, &key);

	/* Where a key vanishes under the walk the kernel starts again: bounded, and seen twice is
	 * harmless. */
	for (size_t i = 0; rc == 0 && i < 2 * (size_t)BPF_PRISONS_MAX; i++) {
		struct bpf_prison value;
		int more = sysbpf_map_next(fds->prisons, &key, &next);

		rc = sysbpf_map_lookup(fds->prisons, &key, &value);
		if (rc == 0) {
			rc = fn(key, &value, arg);
			if (rc != 0)
				return rc;
		} else if (rc != -ENOENT) {
			break;
		}
		rc = more;
		key = next;
	}
	return rc == 0 || rc == -ENOENT ? 0 : map_err(e, rc, "jails", 0);
}

static int
count_one(uint64_t cgid, const struct bpf_prison *p, void *arg)
{
	size_t *n = arg;

	(void)cgid;
	if ((p->flags & BPF_PRISON_HOST) == 0)
		(*n)++;
	return 0;
}

int
bpf_prison_count(const struct bpf_fds *fds, size_t *ret, struct err *e)
{
	size_t n = 0;
	int rc = bpf_prison_walk(fds, count_one, &n, e);

	if (rc == 0)
		*ret = n;
	return rc;
}

int
bpf_devset_put(const struct bpf_fds *fds, uint32_t devset, const struct bpf_dev_rule *rules,
    size_t n, struct err *e)
{
	struct bpf_devset set = {.n = (uint32_t)n};
	int rc;

	if (n > BPF_DEV_RULES_MAX)
		return err_set(e, E2BIG,
		    "the devfs ruleset shows %zu ranges of devices, at most %d can be enforced", n,
		    BPF_DEV_RULES_MAX);
	if (n > 0)
		memcpy(set.rule, rules, n * sizeof(*rules));
	rc = sysbpf_map_update(fds->devsets, &devset, &set, BPF_ANY);
	return rc < 0 ? map_err(e, rc, "device sets", devset) : 0;
}

int
bpf_devset_del(const struct bpf_fds *fds, uint32_t devset, struct err *e)
{
	int rc = map_del(fds->devsets, &devset);

	return rc < 0 ? map_err(e, rc, "device sets", devset) : 0;
}
