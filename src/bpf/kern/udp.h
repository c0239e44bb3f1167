/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which socket hears an address: as the kernel looks it up, in any hook whose context may ask, and
 * the jail's server on the any-address, which is bound to its primary.
 */
#ifndef GAOL_BPF_KERN_UDP_H
#define GAOL_BPF_KERN_UDP_H

#include "bpf/decide/udp.h"
#include "bpf/kern/maps.h"

/* Ports are in network order.  The caller releases what he gets. */
static __always_inline struct bpf_sock *
udp_at4(void *ctx, __u32 src, __u16 sport, __u32 dst, __u16 dport)
{
	struct bpf_sock_tuple t = {
	    .ipv4 = {.saddr = src, .sport = sport, .daddr = dst, .dport = dport}};

	return bpf_sk_lookup_udp(ctx, &t, sizeof(t.ipv4), BPF_F_CURRENT_NETNS, 0);
}

static __always_inline struct bpf_sock *
udp_at6(void *ctx, const __u32 src[4], __u16 sport, const __u32 dst[4], __u16 dport)
{
	struct bpf_sock_tuple t = {.ipv6 = {.sport = sport, .dport = dport}};

	ip6_copy(t.ipv6.saddr, src);
	ip6_copy(t.ipv6.daddr, dst);
	return bpf_sk_lookup_udp(ctx, &t, sizeof(t.ipv6), BPF_F_CURRENT_NETNS, 0);
}

/* The mark of jail cgid's server for dst, or NULL if sk is none. */
static __always_inline const struct bpf_wild *
udp_server_mark(struct bpf_sock *sk, __u64 cgid, const __u32 dst[4])
{
	const struct bpf_wild *wild = bpf_sk_storage_get(&NAME(wild), sk, 0, 0);

	return wild != NULL && udp_serves(wild, cgid, dst) ? wild : NULL;
}

/*
 * That server, or NULL: the any-address of IPv6 is at the primary of IPv4 where the jail has
 * one, but for V6ONLY.
 */
static __always_inline struct bpf_sock *
udp_server(void *ctx, const struct bpf_prison *p, __u64 cgid, const __u32 dst[4], __u16 port)
{
	const __u32 any[4] = {0};
	struct bpf_sock *sk;

	if (!ip6_is_mapped(dst) && p->n6 > 0) {
		sk = udp_at6(ctx, any, 0, p->primary6, port);
		if (sk != NULL) {
			if (udp_server_mark(sk, cgid, dst) != NULL)
				return sk;
			bpf_sk_release(sk);
		}
	}
	if (p->n4 == 0)
		return NULL;
	sk = udp_at4(ctx, 0, 0, p->primary4, port);
	if (sk == NULL)
		return NULL;
	if (udp_server_mark(sk, cgid, dst) != NULL)
		return sk;
	bpf_sk_release(sk);
	return NULL;
}

#endif
