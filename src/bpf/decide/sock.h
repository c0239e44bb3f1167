/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * May a process of this prison make such a socket?  0 or a negative errno.
 * FreeBSD: prison_check_af (a family that the jail has not: EPROTONOSUPPORT),
 * PRIV_NETINET_RAW (EPERM).
 *
 * The kernel asks only for AF_INET and AF_INET6.  The other families are here so
 * that the rule is written once; the seccomp filter enforces them.
 */
#ifndef GAOL_BPF_DECIDE_SOCK_H
#define GAOL_BPF_DECIDE_SOCK_H

#include "bpf/decide/net.h"

/* Sockets whose every way out passes bind, connect and sendmsg hooks. */
DECIDE bool
transport_is_hooked(__u32 type, __u32 protocol)
{
	if (type == NET_STREAM)
		return protocol == NET_TCP;
	if (type == NET_DGRAM)
		return protocol == NET_UDP || protocol == NET_UDPLITE;
	return false;
}

/* ICMP without a raw socket ("ping sockets"): their bind passes no hook. */
DECIDE bool
transport_is_ping(__u32 type, __u32 protocol)
{
	return type == NET_DGRAM && (protocol == NET_ICMP || protocol == NET_ICMPV6);
}

DECIDE int
decide_inet_socket(const struct bpf_prison *p, __u32 family, __u32 type, __u32 protocol)
{
	bool free4 = !ip4_restricted(p);
	bool free6 = !ip6_restricted(p);

	/* An IPv6 socket may carry IPv4 in v4-mapped addresses: one family is enough. */
	if (!ip4_usable(p) && (family == NET_AF_INET || !ip6_usable(p)))
		return -EPROTONOSUPPORT;
	if ((p->flags & BPF_PRISON_VNET) != 0)
		return 0;
	if (type == NET_RAW)
		return (p->flags & BPF_PRISON_RAW_SOCKETS) != 0 ? 0 : -EPERM;
	if (transport_is_ping(type, protocol))
		/* What Linux says by default, and what makes ping(8) try a raw socket. */
		return (p->flags & BPF_PRISON_RAW_SOCKETS) != 0 ? 0 : -EACCES;
	if (transport_is_hooked(type, protocol))
		return 0;
	/* MPTCP, SCTP, L2TP, DCCP, SMC over IP: only where there is no rule to pass by. */
	return free4 && (family == NET_AF_INET || free6) ? 0 : -EPROTONOSUPPORT;
}

DECIDE int
decide_socket(const struct bpf_prison *p, __u32 family, __u32 type, __u32 protocol)
{
	switch (family) {
	case NET_AF_INET:
	case NET_AF_INET6:
		return decide_inet_socket(p, family, type, protocol);
	case NET_AF_UNIX:
	case NET_AF_NETLINK:
		return 0;
	default:
		return (p->flags & BPF_PRISON_SOCKET_AF) != 0 ? 0 : -EPROTONOSUPPORT;
	}
}

#endif
