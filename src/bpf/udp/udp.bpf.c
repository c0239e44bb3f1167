/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * tc, on what comes in by an interface (lo too), while a jail runs that wants it: a datagram
 * for one of the addresses in "dest4" and "dest6" goes to who is bound to just that address (the
 * kernel finds it), else to the jail's server on the any-address, which is bound to its
 * primary.  The program that serves TCP cannot do it: no hook may put a socket of UDP into a map.
 *
 * Left to the kernel: fragments and IPv6 extension headers, and on 6.1 servers with
 * SO_REUSEPORT.  They reach such a server at the primary only.
 */
#include "bpf/kern/udp.h"

#include <linux/if_packet.h>
#include <linux/pkt_cls.h>

#define SKB_GET(skb, field) LOAD32(skb, offsetof(struct __sk_buff, field))

#define IP4_FRAGMENT NET16(0x3fff) /* more fragments, or an offset */

/* The parts of the headers that are used here. */
struct ip4 {
	__u8 version_ihl;
	__u8 skip[5];
	__u16 fragment;
	__u8 ttl;
	__u8 protocol;
	__u16 checksum;
	__u32 src;
	__u32 dst;
};

struct ip6 {
	__u8 skip[6];
	__u8 next;
	__u8 hops;
	__u32 src[4];
	__u32 dst[4];
};

struct datagram {
	__u64 cgid;   /* the jail that is to be asked */
	__u32 src[4]; /* v4-mapped for IPv4 */
	__u32 dst[4];
	__u16 port[2]; /* source and destination, network order */
};

static __always_inline bool
load(struct __sk_buff *skb, __u32 off, void *to, __u32 size)
{
	return bpf_skb_load_bytes_relative(skb, off, to, size, BPF_HDR_START_NET) == 0;
}

static __always_inline bool
read4(struct __sk_buff *skb, struct datagram *d)
{
	struct ip4 ip;
	const __u64 *cgid;

	if (!load(skb, 0, &ip, sizeof(ip)) || ip.protocol != NET_UDP ||
	    (ip.fragment & IP4_FRAGMENT) != 0)
		return false;
	cgid = bpf_map_lookup_elem(&NAME(dest4), &ip.dst);
	if (cgid == NULL)
		return false;
	d->cgid = *cgid;
	ip6_map(d->src, ip.src);
	ip6_map(d->dst, ip.dst);
	return load(skb, (ip.version_ihl & 15U) * 4, d->port, sizeof(d->port));
}

static __always_inline bool
read6(struct __sk_buff *skb, struct datagram *d)
{
	struct ip6 ip;
	const __u64 *cgid;

	if (!load(skb, 0, &ip, sizeof(ip)) || ip.next != NET_UDP)
		return false;
	cgid = bpf_map_lookup_elem(&NAME(dest6), ip.dst);
	if (cgid == NULL)
		return false;
	d->cgid = *cgid;
	ip6_copy(d->src, ip.src);
	ip6_copy(d->dst, ip.dst);
	return load(skb, sizeof(ip), d->port, sizeof(d->port));
}

/* The client's last question was to that address. */
static __always_inline void
note(const struct datagram *d)
{
	struct bpf_peer peer = {
	    .cgid = d->cgid, .port = bpf_ntohs(d->port[0]), .own = bpf_ntohs(d->port[1])};
	const struct bpf_addr6 *last;
	struct bpf_addr6 now;

	ip6_copy(peer.addr, d->src);
	ip6_copy(now.word, d->dst);
	last = bpf_map_lookup_elem(&NAME(peers), &peer);
	if (last == NULL || !ip6_equal(last->word, now.word))
		bpf_map_update_elem(&NAME(peers), &peer, &now, BPF_ANY);
}

/*
 * Somebody has just that address, or is connected from there.  That may be the server, asked
 * at the primary: the kernel brings it the datagram, but its answer must be from there.
 */
static __always_inline bool
is_exact(struct __sk_buff *skb, const struct datagram *d)
{
	struct bpf_sock *sk;
	__u32 local[4];
	bool exact;

	if (ip6_is_mapped(d->dst)) {
		sk = udp_at4(skb, d->src[3], d->port[0], d->dst[3], d->port[1]);
		if (sk == NULL)
			return false;
		exact = SK_GET(sk, src_ip4) == d->dst[3];
	} else {
		sk = udp_at6(skb, d->src, d->port[0], d->dst, d->port[1]);
		if (sk == NULL)
			return false;
		SK_GET6(sk, src_ip6, local);
		exact = ip6_equal(local, d->dst);
	}
	if (exact && udp_server_mark(sk, d->cgid, d->dst) != NULL)
		note(d);
	bpf_sk_release(sk);
	return exact;
}

static __always_inline void
steer(struct __sk_buff *skb, const struct datagram *d)
{
	const struct bpf_prison *p = bpf_map_lookup_elem(&NAME(prisons), &d->cgid);
	struct bpf_sock *sk = p != NULL ? udp_server(skb, p, d->cgid, d->dst, d->port[1]) : NULL;

	if (sk == NULL)
		return;
	note(d);
	/* Refused: the socket is just being closed, or 6.1 and SO_REUSEPORT. */
	(void)bpf_sk_assign(skb, sk, 0);
	bpf_sk_release(sk);
}

SEC("tc")
int
NAME(udp)(struct __sk_buff *skb)
{
	__u32 protocol = SKB_GET(skb, protocol);
	struct datagram d;

	if (SKB_GET(skb, pkt_type) != PACKET_HOST)
		return TC_ACT_UNSPEC;
	if (protocol == bpf_htons(0x0800)) {
		if (!read4(skb, &d))
			return TC_ACT_UNSPEC;
	} else if (protocol != bpf_htons(0x86dd) || !read6(skb, &d)) {
		return TC_ACT_UNSPEC;
	}
	if (!is_exact(skb, &d))
		steer(skb, &d);
	return TC_ACT_UNSPEC;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
