#include "prison/policy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "prison/addr.h"
#include "prison/devnodes.h"
#include "prison/family.h"
#include "prison/param.h"
#include "prison/settings.h"

#define RULESET_JAIL 4

unsigned
policy_ruleset(const struct record *rec)
{
	return record_get(rec, "devfs_ruleset") != NULL
		   ? (unsigned)settings_int(rec, "devfs_ruleset")
		   : RULESET_JAIL;
}

enum ns_user
policy_userns(const struct record *rec)
{
	const char *mode = settings_text(rec, "gaol.userns");

	return strcmp(mode, "inherit") == 0    ? NS_USER_INHERIT
	       : strcmp(mode, "identity") == 0 ? NS_USER_IDENTITY
					       : NS_USER_NEW;
}

enum cred_userns
policy_cred_userns(const struct record *rec)
{
	switch (policy_userns(rec)) {
	case NS_USER_NEW:
		return CRED_USERNS_NEW;
	case NS_USER_IDENTITY:
		return CRED_USERNS_IDENTITY;
	case NS_USER_INHERIT:
		return CRED_USERNS_INHERIT;
	}
	return CRED_USERNS_NEW;
}

static bool
is_new(const struct record *rec, const char *name)
{
	return strcmp(settings_text(rec, name), "new") == 0;
}

static bool
is_inherit(const struct record *rec, const char *name)
{
	return strcmp(settings_text(rec, name), "inherit") == 0;
}

int
policy_allow(const struct instance *in, const struct record *rec, uint64_t *ret, struct err *e)
{
	cleanup_free struct dev_node *nodes = NULL;
	uint64_t allow = 0;
	unsigned grants;
	size_t n;
	int r;

	for (size_t i = 0; i < param_count; i++)
		if (param_table[i].type == PARAM_BOOL && settings_bool(rec, param_table[i].name))
			allow |= cred_allow_bit(param_table[i].name);
	if (is_new(rec, "vnet"))
		allow |= CRED_VNET;
	if (!(strcmp(settings_text(rec, "sysvmsg"), "disable") == 0))
		allow |= CRED_SYSVMSG;
	if (!(strcmp(settings_text(rec, "sysvsem"), "disable") == 0))
		allow |= CRED_SYSVSEM;
	if (!(strcmp(settings_text(rec, "sysvshm"), "disable") == 0))
		allow |= CRED_SYSVSHM;
	r = devnodes_visible(in->state, policy_ruleset(rec), &nodes, &n, e);
	if (r < 0)
		return r;
	grants = devnodes_grants(nodes, n);
	if (grants & DEV_GRANT_BPF)
		allow |= CRED_NODE_BPF;
	if (grants & DEV_GRANT_MEM)
		allow |= CRED_NODE_MEM;
	*ret = allow;
	return 0;
}

static bool
has_loop(const struct record *rec, const char *mode)
{
	return strcmp(settings_text(rec, "gaol.loopback"), "private") == 0 &&
	       !is_new(rec, "vnet") && !is_inherit(rec, mode);
}

bool
policy_loop4(const struct record *rec, struct in_addr *ret)
{
	struct bpf_prison p = {0};

	bpf_loop_standins((uint32_t)rec->jid, &p);
	ret->s_addr = p.loop4;
	return has_loop(rec, "ip4") && *settings_text(rec, "ip4.addr") != '\0';
}

bool
policy_loop6(const struct record *rec, struct in6_addr *ret)
{
	struct bpf_prison p = {0};

	bpf_loop_standins((uint32_t)rec->jid, &p);
	memcpy(ret, p.loop6, sizeof(*ret));
	return has_loop(rec, "ip6") && settings_has_address(rec);
}

static int
load_devices(struct instance *in, unsigned ruleset, struct err *e)
{
	cleanup_free struct dev_node *nodes = NULL;
	cleanup_free struct bpf_dev_rule *rules = NULL;
	size_t nnodes, nrules;
	int r;

	r = devnodes_visible(in->state, ruleset, &nodes, &nnodes, e);
	if (r == 0)
		r = devnodes_devices(nodes, nnodes, &rules, &nrules, e);
	if (r == 0)
		r = bpf_devset_put(&in->bpf, ruleset, rules, nrules, e);
	return r;
}

/* struct addr holds 16 bytes; the maps want an array of exactly the family's size. */
static void
pack(const struct addr_list *l, void *out, size_t each)
{
	for (size_t i = 0; i < l->n; i++)
		memcpy((char *)out + i * each, l->a[i].b, each);
}

/*
 * Whose addresses hold: a jail that inherits has its parent's, which may be restricted.
 * *ret is rec itself or a record loaded into *storage; its mode is "inherit" where they
 * are the host's.
 */
static int
find_addresses(struct instance *in, const struct record *rec, const char *mode,
    struct record *storage, const struct record **ret, struct err *e)
{
	int parent, r;

	*ret = rec;
	while (is_inherit(*ret, mode) && !is_new(*ret, "vnet") &&
	       (parent = family_parent(*ret)) != 0) {
		struct record above = {0};

		r = record_load(in->state, parent, &above, e);
		if (r < 0)
			return r == -ENOENT ? err_set(e, ENOENT, "the parent jail is gone") : r;
		record_done(storage);
		*storage = above;
		*ret = storage;
	}
	return 0;
}

static unsigned
rights(const struct record *rec)
{
	static const struct {
		const char *name;
		bool value;
		unsigned flag;
	} rows[] = {
	    {"allow.reserved_ports", true, BPF_PRISON_RESERVED_PORTS},
	    {"allow.raw_sockets", true, BPF_PRISON_RAW_SOCKETS},
	    {"allow.socket_af", true, BPF_PRISON_SOCKET_AF},
	    {"ip4.saddrsel", false, BPF_PRISON_NOSADDRSEL4},
	    {"ip6.saddrsel", false, BPF_PRISON_NOSADDRSEL6},
	};
	unsigned flags = is_new(rec, "vnet") ? BPF_PRISON_VNET : 0;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (settings_bool(rec, rows[i].name) == rows[i].value)
			flags |= rows[i].flag;
	if (strcmp(settings_text(rec, "gaol.ports"), "shared") == 0)
		flags |= BPF_PRISON_PORTS_SHARED;
	return flags;
}

/* The loopback of its own, where it has one; who inherits the addresses inherits that too. */
static void
add_loopback(const struct record *with4, const struct record *with6, struct bpf_prison *p)
{
	struct in_addr loop4;
	struct in6_addr loop6;

	if (policy_loop4(with4, &loop4)) {
		p->flags |= BPF_PRISON_LOOP_PRIVATE;
		p->loop4 = loop4.s_addr;
	}
	if (policy_loop6(with6, &loop6)) {
		p->flags |= BPF_PRISON_LOOP_PRIVATE;
		memcpy(p->loop6, &loop6, sizeof(p->loop6));
	}
}

int
policy_load(struct instance *in, const struct record *rec, struct err *e)
{
	return policy_load_as(in, rec, rec->cgroup_id, e);
}

/* The host's own loopback among the jail's addresses: there the host's servers come first. */
static bool
lists_loopback(const struct addr_list *l4, const struct addr_list *l6)
{
	struct addr a4, a6;

	return addr_parse(AF_INET, "127.0.0.1", &a4) && addr_parse(AF_INET6, "::1", &a6) &&
	       (addr_list_has(l4, &a4) || addr_list_has(l6, &a6));
}

/* What the maps are told of a jail. */
struct entry {
	struct bpf_prison p;
	struct in_addr *v4;
	struct in6_addr *v6;
	size_t n4, n6;
};

static void
entry_done(struct entry *en)
{
	free(en->v4);
	free(en->v6);
}
#define cleanup_entry __attribute__((cleanup(entry_done)))

static int
make_entry(struct instance *in, const struct record *rec, struct entry *ret, struct err *e)
{
	cleanup_record struct record above4 = {0}, above6 = {0};
	cleanup_addr_list struct addr_list l4 = {0}, l6 = {0};
	const struct record *with4, *with6;
	int r;

	ret->p = (struct bpf_prison){
	    .jid = (uint32_t)rec->jid,
	    .flags = rights(rec),
	    .devset = policy_ruleset(rec),
	    .userns_level = policy_userns(rec) == NS_USER_INHERIT ? 0 : 1,
	};
	if ((r = find_addresses(in, rec, "ip4", &above4, &with4, e)) < 0 ||
	    (r = find_addresses(in, rec, "ip6", &above6, &with6, e)) < 0 ||
	    (r = addr_list_parse(AF_INET, "ip4.addr", settings_text(with4, "ip4.addr"), &l4, e)) <
		0 ||
	    (r = addr_list_parse(AF_INET6, "ip6.addr", settings_text(with6, "ip6.addr"), &l6, e)) <
		0)
		return r;
	ret->v4 = calloc(l4.n + 1, sizeof(*ret->v4));
	ret->v6 = calloc(l6.n + 1, sizeof(*ret->v6));
	if (ret->v4 == NULL || ret->v6 == NULL)
		return err_errno(e, ENOMEM, "jail_set");
	pack(&l4, ret->v4, sizeof(*ret->v4));
	pack(&l6, ret->v6, sizeof(*ret->v6));
	ret->n4 = l4.n;
	ret->n6 = l6.n;
	if (is_inherit(with4, "ip4"))
		ret->p.flags |= BPF_PRISON_IP4_INHERIT;
	if (is_inherit(with6, "ip6"))
		ret->p.flags |= BPF_PRISON_IP6_INHERIT;
	if (lists_loopback(&l4, &l6))
		ret->p.flags &= ~(unsigned)BPF_PRISON_PORTS_SHARED;
	add_loopback(with4, with6, &ret->p);
	return 0;
}

bool
policy_wants_datagrams(struct instance *in, const struct record *rec)
{
	cleanup_entry struct entry en = {0};

	if (make_entry(in, rec, &en, NULL) < 0)
		return false;
	en.p.n4 = (uint16_t)en.n4;
	en.p.n6 = (uint16_t)en.n6;
	return bpf_udp_is_wanted(&en.p);
}

int
policy_load_as(struct instance *in, const struct record *rec, uint64_t cgroup_id, struct err *e)
{
	cleanup_entry struct entry en = {0};
	int r = make_entry(in, rec, &en, e);

	if (r == 0)
		r = load_devices(in, en.p.devset, e);
	if (r < 0)
		return r;
	return bpf_prison_put(&in->bpf, cgroup_id, &en.p,
	    &(struct bpf_addrs){.v4 = en.v4, .n4 = en.n4, .v6 = en.v6, .n6 = en.n6}, e);
}

int
policy_unload(struct instance *in, const struct record *rec, struct err *e)
{
	cleanup_entry struct entry en = {0};
	struct bpf_prison there;

	/* The map knows best, if it still does. */
	if (bpf_prison_get(&in->bpf, rec->cgroup_id, &there, NULL) == 0 ||
	    make_entry(in, rec, &en, NULL) < 0)
		return bpf_prison_del(&in->bpf, rec->cgroup_id, e);
	return bpf_prison_del_known(&in->bpf, rec->cgroup_id, &en.p,
	    &(struct bpf_addrs){.v4 = en.v4, .n4 = en.n4, .v6 = en.v6, .n6 = en.n6}, e);
}
