/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Answers of a UDP server on the any-address: from the address that was asked, as the program
 * src/bpf/udp has noted it; else, as on FreeBSD, from the one that suits the destination.
 */
#ifndef GAOL_BPF_KERN_ANSWER_H
#define GAOL_BPF_KERN_ANSWER_H

#include "bpf/decide/udp.h"
#include "bpf/kern/prison.h"

/*
 * src is the address that the socket is bound to, which the program did not change by a
 * control message, and dst the destination; both v4-mapped for IPv4.  The any-address as the
 * result means that the destination decides.
 */
static __always_inline void
answer_source(struct bpf_sock_addr *ctx, struct bpf_sock *sk, const struct owner *o,
    const __u32 dst[4], __u32 src[4])
{
	struct bpf_peer peer = {.cgid = o->cgid,
	    .port = bpf_ntohs((__u16)ADDR_GET(ctx, user_port)),
	    .own = (__u16)SK_GET(sk, src_port)};
	const struct bpf_wild *wild;
	const struct bpf_addr6 *asked;

	if (!udp_is_wanted(o->prison) || SK_GET(sk, state) != BPF_TCP_CLOSE)
		return;
	wild = bpf_sk_storage_get(&NAME(wild), sk, 0, 0);
	if (wild == NULL || !udp_serves(wild, o->cgid, dst))
		return;
	ip6_copy(peer.addr, dst);
	asked = bpf_map_lookup_elem(&NAME(peers), &peer);
	if (asked != NULL)
		ip6_copy(src, asked->word);
	else if (ip6_is_mapped(dst))
		ip6_map(src, IP4_ANY);
	else
		src[0] = src[1] = src[2] = src[3] = 0;
}

#endif
