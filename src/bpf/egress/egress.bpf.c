/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cgroup_skb/egress, on the cgroups of jails with allow.raw_sockets only: a packet
 * made by hand leaves with a source of the jail's own or not at all (EPERM), and reaches no
 * other's loopback.  FreeBSD's rip_output says EADDRNOTAVAIL; this hook cannot.
 */
#include "bpf/decide/deliver.h"
#include "bpf/kern/prison.h"

#define IP4_PROTOCOL_OFF 9
#define IP4_SADDR_OFF 12
#define IP6_NEXTHDR_OFF 6
#define IP6_SADDR_OFF 8

static __always_inline bool
emit_skb4(struct __sk_buff *skb, const struct owner *o)
{
	__u32 addr[2];
	__u8 protocol;

	if (!ip4_restricted(o->prison))
		return true;
	if (bpf_skb_load_bytes(skb, IP4_PROTOCOL_OFF, &protocol, sizeof(protocol)) != 0 ||
	    bpf_skb_load_bytes(skb, IP4_SADDR_OFF, addr, sizeof(addr)) != 0)
		return false;
	return emit4(o->prison, owner_addrs4(o), addr[0], addr[1], protocol);
}

static __always_inline bool
emit_skb6(struct __sk_buff *skb, const struct owner *o)
{
	__u32 addr[8];
	__u8 protocol;

	if (!ip6_restricted(o->prison))
		return true;
	if (bpf_skb_load_bytes(skb, IP6_NEXTHDR_OFF, &protocol, sizeof(protocol)) != 0 ||
	    bpf_skb_load_bytes(skb, IP6_SADDR_OFF, addr, sizeof(addr)) != 0)
		return false;
	return emit6(o->prison, owner_addrs6(o), addr, addr + 4, protocol);
}

SEC("cgroup_skb/egress")
int
NAME(egress)(struct __sk_buff *skb)
{
	__u32 protocol = LOAD32(skb, offsetof(struct __sk_buff, protocol));
	struct owner o;

	switch (owner_of_skb(&o, skb)) {
	case WHOSE_HOST:
		return HOOK_ALLOW;
	case WHOSE_NOBODY:
		return HOOK_REFUSE;
	case WHOSE_PRISON:
		break;
	}
	if (protocol == bpf_htons(0x0800))
		return emit_skb4(skb, &o);
	if (protocol == bpf_htons(0x86dd))
		return emit_skb6(skb, &o);
	return HOOK_REFUSE;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
