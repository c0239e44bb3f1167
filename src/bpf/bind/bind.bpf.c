/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cgroup/bind4, cgroup/bind6: the address and the port of a bind(2).  Not called
 * for a socket that listens or sends without one: there ingress holds the line.
 */
#include "bpf/decide/bind.h"
#include "bpf/kern/cred.h"
#include "bpf/kern/prison.h"
#include "bpf/kern/sock6.h"

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

/* A listener to be: what it serves beyond its address is noted in its own storage. */
static __always_inline void
bind_mark(
    struct bpf_sock_addr *ctx, const struct owner *o, const __u32 asked[4], const __u32 becomes[4])
{
	struct bpf_wild wild = {.cgid = o->cgid};
	struct bpf_sock *sk = ADDR_SK(ctx);
	struct bpf_wild *stored;

	wild.families = wild_families(o->prison, asked, becomes);
	if (wild.families == 0 || sk == NULL || ADDR_GET(ctx, type) != NET_STREAM)
		return;
	stored = bpf_sk_storage_get(&NAME(wild), sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
	/* No memory: the listener serves the primary alone. */
	if (stored != NULL)
		*stored = wild;
}

SEC("cgroup/bind4")
int
NAME(bind4)(struct bpf_sock_addr *ctx)
{
	struct owner o;
	__u32 addr, asked;
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
	if (addr != asked) {
		__u32 asked6[4], addr6[4];

		ADDR_SET(ctx, user_ip4, addr);
		ip6_map(asked6, asked);
		ip6_map(addr6, addr);
		bind_mark(ctx, &o, asked6, addr6);
	}
	return bind_port(ctx, o.prison);
}

SEC("cgroup/bind6")
int
NAME(bind6)(struct bpf_sock_addr *ctx)
{
	struct owner o;
	__u32 addr[4], asked[4];
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
	rc = decide_bind6(
	    o.prison, owner_addrs4(&o), owner_addrs6(&o), sock6_is_v6only(ADDR_SK(ctx)), addr);
	if (rc != 0)
		return hook_refuse(rc);
	if (!ip6_equal(addr, asked)) {
		ADDR_SET6(ctx, user_ip6, addr);
		bind_mark(ctx, &o, asked, addr);
	}
	return bind_port(ctx, o.prison);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
