/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cgroup/bind4, cgroup/bind6: the address and the port of a bind(2).  Not called
 * for a socket that listens or sends without one: there ingress holds the line.
 */
#include "bpf/decide/bind.h"
#include "bpf/kern/cred.h"
#include "bpf/kern/prison.h"
#include "bpf/kern/sock6.h"
#include "bpf/kern/udp.h"

static __always_inline int
bind_port(struct bpf_sock_addr *ctx, const struct bpf_prison *p)
{
	__u16 port = bpf_ntohs((__u16)ADDR_GET(ctx, user_port));

	switch (decide_port(p, port, port != 0 && port < 1024 && caller_may_bind_low(p))) {
	case PORT_REFUSED:
		return hook_refuse(-EACCES);
	case PORT_GRANTED:
		return HOOK_ALLOW_LOW_PORT;
	case PORT_ORDINARY:
		break;
	}
	return HOOK_ALLOW;
}

/* A second bind(2) comes here too, before the kernel refuses it. */
static __always_inline bool
is_bound(struct bpf_sock *sk)
{
	return SK_GET(sk, src_port) != 0;
}

/* families 0: an ordinary socket, whatever a bind(2) that failed has noted before. */
static __always_inline void
bind_store(struct bpf_sock *sk, const struct bpf_wild *wild)
{
	struct bpf_wild *stored;

	if (wild->families == 0) {
		bpf_sk_storage_delete(&NAME(wild), sk);
		return;
	}
	stored = bpf_sk_storage_get(&NAME(wild), sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	/* No memory: the listener serves the primary alone. */
	if (stored != NULL)
		*stored = *wild;
}

/* A server to be: what it serves beyond its address is noted in its own storage. */
static __always_inline void
bind_mark(
    struct bpf_sock_addr *ctx, const struct owner *o, const __u32 asked[4], const __u32 becomes[4])
{
	struct bpf_wild wild = {.cgid = o->cgid, .uid = (__u32)bpf_get_current_uid_gid()};
	struct bpf_sock *sk = ADDR_SK(ctx);
	__u32 protocol = ADDR_GET(ctx, protocol);

	if (sk == NULL || (protocol != NET_TCP && protocol != NET_UDP) || is_bound(sk))
		return;
	wild.families = (__u16)wild_families(o->prison, asked, becomes);
	bind_store(sk, &wild);
}

/* The jail that is asked for an address, 0 if the kernel's own lookup says all. */
static __always_inline __u64
asked_jail(const __u32 addr[4])
{
	const __u64 *cgid;
	__u32 copy[4];

	ip6_copy(copy, addr);
	if (ip6_is_mapped(addr))
		cgid = bpf_map_lookup_elem(&NAME(dest4), &copy[3]);
	else
		cgid = bpf_map_lookup_elem(&NAME(dest6), copy);
	return cgid != NULL ? *cgid : 0;
}

/* Jails may share an address: then only the first of them is asked for it. */
static __always_inline bool
is_asked_for(const struct owner *o, const __u32 addr[4])
{
	const struct bpf_prison *p = o->prison;
	__u32 primary[4];

	if (ip6_is_mapped(addr))
		ip6_map(primary, p->primary4);
	else
		ip6_copy(primary, p->n6 > 0 ? p->primary6 : p->loop6);
	return asked_jail(primary) == o->cgid;
}

enum found {
	FOUND_NONE,
	FOUND_WILDCARD,
	FOUND_EXACT,
};

/* Who listens at the jail's primary address and that port, as the kernel finds it. */
static __always_inline enum found
find_listener(struct bpf_sock_addr *ctx, const struct bpf_prison *p, bool mapped, __u16 port)
{
	struct bpf_sock_tuple t = {0};
	enum found found = FOUND_EXACT;
	struct bpf_sock *sk;

	if (mapped) {
		t.ipv4.daddr = p->primary4;
		t.ipv4.dport = bpf_htons(port);
		sk = bpf_sk_lookup_tcp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	} else {
		ip6_copy(t.ipv6.daddr, p->n6 > 0 ? p->primary6 : p->loop6);
		t.ipv6.dport = bpf_htons(port);
		sk = bpf_sk_lookup_tcp(ctx, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
	}
	if (sk == NULL)
		return FOUND_NONE;
	/* A wildcard of IPv6 has no IPv4 address either. */
	if (mapped) {
		__u32 local[4];

		SK_GET6(sk, src_ip6, local);
		if (SK_GET(sk, src_ip4) == IP4_ANY &&
		    (SK_GET(sk, family) == NET_AF_INET || ip6_is_any(local)))
			found = FOUND_WILDCARD;
	} else {
		__u32 local[4];

		SK_GET6(sk, src_ip6, local);
		if (ip6_is_any(local))
			found = FOUND_WILDCARD;
	}
	bpf_sk_release(sk);
	return found;
}

enum own {
	OWN_NONE,
	OWN_SAME_USER,
	OWN_OTHER_USER,
};

static __always_inline enum own
own_listener(const struct bpf_listener *key)
{
	struct bpf_sock *sk = bpf_map_lookup_elem(&NAME(listeners), key);
	const struct bpf_wild *wild;
	enum own own = OWN_OTHER_USER;

	if (sk == NULL)
		return OWN_NONE;
	wild = bpf_sk_storage_get(&NAME(wild), sk, 0, 0);
	if (wild != NULL && wild->uid == (__u32)bpf_get_current_uid_gid())
		own = OWN_SAME_USER;
	bpf_sk_release(sk);
	return own;
}

/* The jail's own wildcard that listens on that port. */
static __always_inline enum own
own_listens(const struct owner *o, __u16 families, __u16 port)
{
	struct bpf_listener key = {.cgid = o->cgid, .port = port};
	enum own own = OWN_NONE;

	if ((families & BPF_WILD_4) != 0) {
		key.family = 4;
		own = own_listener(&key);
	}
	if (own == OWN_NONE && (families & BPF_WILD_6) != 0) {
		key.family = 6;
		own = own_listener(&key);
	}
	return own;
}

static __always_inline enum own
own_server(struct bpf_sock_addr *ctx, __u64 cgid, const __u32 addr[4])
{
	const struct bpf_prison *p = bpf_map_lookup_elem(&NAME(prisons), &cgid);
	struct bpf_sock *sk;
	const struct bpf_wild *wild;
	enum own own = OWN_OTHER_USER;

	if (p == NULL || !udp_is_wanted(p))
		return OWN_NONE;
	sk = udp_server(ctx, p, cgid, addr, (__u16)ADDR_GET(ctx, user_port));
	if (sk == NULL)
		return OWN_NONE;
	wild = udp_server_mark(sk, cgid, addr);
	if (wild != NULL && wild->uid == (__u32)bpf_get_current_uid_gid())
		own = OWN_SAME_USER;
	bpf_sk_release(sk);
	return own;
}

/*
 * The address is served by a wildcard that the kernel does not see there.  As on FreeBSD just
 * the address is still for the same user, or for root; not for another jail that
 * shares it, a child for example.
 */
static __always_inline bool
is_taken(struct bpf_sock_addr *ctx, const struct owner *o, const __u32 addr[4])
{
	struct bpf_listener key = {.port = bpf_ntohs((__u16)ADDR_GET(ctx, user_port)),
	    .family = ip6_is_mapped(addr) ? 4 : 6};
	__u32 protocol = ADDR_GET(ctx, protocol);
	enum own own;

	if (key.port == 0 || (protocol != NET_TCP && protocol != NET_UDP))
		return false;
	key.cgid = asked_jail(addr);
	if (key.cgid == 0)
		return false;
	own = protocol == NET_TCP ? own_listener(&key) : own_server(ctx, key.cgid, addr);
	if (own == OWN_NONE || key.cgid != o->cgid)
		return own != OWN_NONE;
	return own == OWN_OTHER_USER && !caller_may_bind_low(o->prison);
}

enum lifted {
	LIFTED_NOT,
	LIFTED,
	LIFTED_IN_USE,
};

/*
 * Lifts a wildcard, if that is what it is: addr is what it is bound to then, at port 0.
 * verdict: bind_port's, as the kernel does not see the port any more.
 */
static __always_inline enum lifted
bind_lift(struct bpf_sock_addr *ctx, const struct owner *o, const __u32 asked[4], bool v6only,
    int verdict, __u32 addr[4])
{
	struct bpf_wild wild = {.cgid = o->cgid, .uid = (__u32)bpf_get_current_uid_gid()};
	struct bpf_sock *sk = ADDR_SK(ctx);
	enum sock_reuse reuse;
	enum found found;

	if (sk == NULL || ADDR_GET(ctx, type) != NET_STREAM || is_bound(sk))
		return LIFTED_NOT;
	wild.port = bpf_ntohs((__u16)ADDR_GET(ctx, user_port));
	if (wild.port == 0 || (wild.port < 1024 && verdict != HOOK_ALLOW_LOW_PORT))
		return LIFTED_NOT;
	wild.families = lift_families(o->prison, asked, v6only, addr);
	if (wild.families == 0 || !is_asked_for(o, addr))
		return LIFTED_NOT;
	reuse = sock_reuse_of(sk);
	if (reuse == SOCK_REUSE_PORT)
		return LIFTED_NOT;
	if (own_listens(o, wild.families, wild.port) != OWN_NONE)
		return LIFTED_IN_USE;
	/* Somebody is at just that address: the kernel refuses it, and is right. */
	found = find_listener(ctx, o->prison, ip6_is_mapped(addr), wild.port);
	if (found == FOUND_EXACT || (reuse == SOCK_REUSE_NONE && found == FOUND_NONE))
		return LIFTED_NOT;
	bind_store(sk, &wild);
	ADDR_SET(ctx, user_port, 0);
	return LIFTED;
}

SEC("cgroup/bind4")
int
NAME(bind4)(struct bpf_sock_addr *ctx)
{
	__u32 addr, asked, asked6[4], addr6[4], lifted[4];
	struct owner o;
	int rc;

	switch (owner_of_caller(&o)) {
	case WHOSE_HOST:
		return HOOK_ALLOW;
	case WHOSE_NOBODY:
		return hook_refuse(-EPERM);
	case WHOSE_PRISON:
		break;
	}
	asked = addr = ADDR_GET(ctx, user_ip4);
	rc = decide_bind4(o.prison, owner_addrs4(&o), &addr);
	if (rc != 0)
		return hook_refuse(rc);
	rc = bind_port(ctx, o.prison);
	if (rc == HOOK_REFUSE)
		return rc;
	ip6_map(asked6, asked);
	ip6_map(addr6, addr);
	switch (asked == IP4_ANY && addr != asked ? bind_lift(ctx, &o, asked6, false, rc, lifted)
						  : LIFTED_NOT) {
	case LIFTED_IN_USE:
		return hook_refuse(-EADDRINUSE);
	case LIFTED:
		addr = lifted[3];
		break;
	case LIFTED_NOT:
		if (is_taken(ctx, &o, addr6))
			return hook_refuse(-EADDRINUSE);
		bind_mark(ctx, &o, asked6, addr6);
	}
	if (addr != asked)
		ADDR_SET(ctx, user_ip4, addr);
	return rc;
}

SEC("cgroup/bind6")
int
NAME(bind6)(struct bpf_sock_addr *ctx)
{
	struct owner o;
	__u32 addr[4], asked[4], lifted[4];
	bool v6only;
	int rc;

	switch (owner_of_caller(&o)) {
	case WHOSE_HOST:
		return HOOK_ALLOW;
	case WHOSE_NOBODY:
		return hook_refuse(-EPERM);
	case WHOSE_PRISON:
		break;
	}
	ADDR_GET6(ctx, user_ip6, addr);
	ip6_copy(asked, addr);
	v6only = sock6_is_v6only(ADDR_SK(ctx));
	rc = decide_bind6(o.prison, owner_addrs4(&o), owner_addrs6(&o), v6only, addr);
	if (rc != 0)
		return hook_refuse(rc);
	rc = bind_port(ctx, o.prison);
	if (rc == HOOK_REFUSE)
		return rc;
	switch (
	    ip6_equal(addr, asked) ? LIFTED_NOT : bind_lift(ctx, &o, asked, v6only, rc, lifted)) {
	case LIFTED_IN_USE:
		return hook_refuse(-EADDRINUSE);
	case LIFTED:
		ip6_copy(addr, lifted);
		break;
	case LIFTED_NOT:
		if (is_taken(ctx, &o, addr))
			return hook_refuse(-EADDRINUSE);
		bind_mark(ctx, &o, asked, addr);
	}
	if (!ip6_equal(addr, asked))
		ADDR_SET6(ctx, user_ip6, addr);
	return rc;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
