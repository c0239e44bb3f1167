/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cgroup_skb/ingress: drops what is not for the receiving jail's addresses.  It
 * covers what no address hook sees: listen and send on a fresh socket, raw and ICMP sockets,
 * multicast.  A refused packet is gone without an answer.
 *
 * Fast path: a stream or datagram socket with a local address passed bind or
 * connect, and the kernel delivers only that address to it.
 */
#include "bpf/decide/deliver.h"
#include "bpf/kern/prison.h"

#define IP4_DADDR_OFF 16
#define IP6_DADDR_OFF 24

/* A raw or ICMP socket's bind passes no hook, so its address proves nothing. */
static __always_inline bool
sk_is_bound(struct bpf_sock *sk)
{
	__u32 type, proto;

	/* A mapped any-address (::ffff:0.0.0.0) is none. */
	if ((SK_GET(sk, src_ip4) | LOAD32(sk, WORD_OFF(struct bpf_sock, src_ip6, 0)) |
		LOAD32(sk, WORD_OFF(struct bpf_sock, src_ip6, 1)) |
		LOAD32(sk, WORD_OFF(struct bpf_sock, src_ip6, 3))) == 0)
		return false;
	sk = bpf_sk_fullsock(sk);
	if (sk == NULL)
		return true; /* a connection in the making: its listener was judged */
	type = SK_GET(sk, type);
	proto = SK_GET(sk, protocol);
	return type != NET_RAW && proto != NET_ICMP && proto != NET_ICMPV6;
}

static __always_inline bool
deliver_skb4(struct __sk_buff *skb, const struct owner *o)
{
	__u32 dst;

	if (!ip4_restricted(o->prison))
		return true;
	if (bpf_skb_load_bytes(skb, IP4_DADDR_OFF, &dst, sizeof(dst)) != 0)
		return false;
	return deliver4(o->prison, owner_addrs4(o), dst);
}

static __always_inline bool
deliver_skb6(struct __sk_buff *skb, const struct owner *o)
{
	__u32 dst[4];

	if (!ip6_restricted(o->prison))
		return true;
	if (bpf_skb_load_bytes(skb, IP6_DADDR_OFF, dst, sizeof(dst)) != 0)
		return false;
	return deliver6(o->prison, owner_addrs6(o), dst);
}

SEC("cgroup_skb/ingress")
int
NAME(ingress)(struct __sk_buff *skb)
{
	struct bpf_sock *sk = LOADPTR(skb, offsetof(struct __sk_buff, sk));
	__u32 protocol = LOAD32(skb, offsetof(struct __sk_buff, protocol));
	struct owner o;

	if (sk != NULL && sk_is_bound(sk))
		return HOOK_ALLOW;
	switch (owner_of_skb(&o, skb)) {
	case WHOSE_HOST:
		return HOOK_ALLOW;
	case WHOSE_NOBODY:
		return HOOK_REFUSE;
	case WHOSE_PRISON:
		break;
	}
	if (protocol == bpf_htons(0x0800))
		return deliver_skb4(skb, &o);
	if (protocol == bpf_htons(0x86dd))
		return deliver_skb6(skb, &o);
	return HOOK_REFUSE;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
