/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Is somebody there?  The sockets behind 127.0.0.1 and ::1 of a jail with a
 * loopback of its own.  A wildcard socket found is the host's (or nobody's in
 * particular) and counts as none.  The true source goes into the question, so that a server that
 * answers finds the connected socket of its client too.
 */
#ifndef GAOL_BPF_KERN_LOOP_H
#define GAOL_BPF_KERN_LOOP_H

#include "bpf/decide/connect.h"
#include "bpf/kern/maps.h"

/* bpf_sock_addr.user_port and bpf_sock_tuple's ports are in network order, bpf_sock.src_port is
 * not. */
static __always_inline bool
listens4(struct bpf_sock_addr *ctx, const struct bpf_prison *p, __u32 src, __u16 sport, __u32 dst,
    __u16 dport)
{
	struct bpf_sock_tuple t = {
	    .ipv4 = {.saddr = src, .sport = sport, .daddr = dst, .dport = dport}};
	struct bpf_sock *sk;
	bool there;

	if (ADDR_GET(ctx, type) == NET_STREAM)
		sk = bpf_sk_lookup_tcp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	else
		sk = bpf_sk_lookup_udp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
	if (sk == NULL)
		return false;
	/* A lifted wildcard is on the stand-in, whichever address it is asked for. */
	there = SK_GET(sk, src_ip4) == dst || SK_GET(sk, src_ip4) == p->loop4;
	bpf_sk_release(sk);
	return there;
}

static __always_inline bool
listens6(struct bpf_sock_addr *ctx, const struct bpf_prison *p, const __u32 src[4], __u16 sport,
    const __u32 dst[4], __u16 dport)
{
	struct bpf_sock_tuple t = {.ipv6 = {.sport = sport, .dport = dport}};
	struct bpf_sock *sk;
	__u32 local[4];

	ip6_copy(t.ipv6.saddr, src);
	ip6_copy(t.ipv6.daddr, dst);
	if (ADDR_GET(ctx, type) == NET_STREAM)
		sk = bpf_sk_lookup_tcp(ctx, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
	else
		sk = bpf_sk_lookup_udp(ctx, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
	if (sk == NULL)
		return false;
	SK_GET6(sk, src_ip6, local);
	bpf_sk_release(sk);
	return ip6_equal(local, dst) || ip6_equal(local, p->loop6) ||
	       (ip6_is_mapped(local) && local[3] == p->loop4);
}

static __always_inline __u16
own_port(struct bpf_sock *sk)
{
	return bpf_htons((__u16)SK_GET(sk, src_port));
}

static __always_inline struct loop_find
loop_find4(struct bpf_sock_addr *ctx, struct bpf_sock *sk, const struct bpf_prison *p, __u32 local)
{
	__u16 sport = own_port(sk), dport = (__u16)ADDR_GET(ctx, user_port);
	struct loop_find f = {.bound = local == p->loop4};

	f.here = listens4(ctx, p, p->loop4, sport, p->loop4, dport);
	if (!f.here && f.bound)
		f.primary = listens4(ctx, p, p->loop4, sport, p->primary4, dport);
	return f;
}

static __always_inline struct loop_find
loop_find6(struct bpf_sock_addr *ctx, struct bpf_sock *sk, const struct bpf_prison *p,
    const __u32 local[4])
{
	__u16 sport = own_port(sk), dport = (__u16)ADDR_GET(ctx, user_port);
	struct loop_find f = {.bound = ip6_equal(local, p->loop6)};

	f.here = listens6(ctx, p, p->loop6, sport, p->loop6, dport);
	if (!f.here && f.bound)
		f.primary = listens6(ctx, p, p->loop6, sport, p->primary6, dport);
	return f;
}

/* Without a loopback of its own, and for any other destination: nobody is asked, the loopback
 * stands. */
static __always_inline struct loop_find
loop_find_none(void)
{
	return (struct loop_find){.here = true};
}

static __always_inline bool
dest4_is_listed(__u32 dst)
{
	return ip4_is_loopnet(dst) && bpf_map_lookup_elem(&NAME(listed), &dst) != NULL;
}

#endif
