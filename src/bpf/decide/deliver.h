/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Is a packet for this address for the prison?  FreeBSD leaves wildcard sockets
 * wildcard and delivers only what is for the jail's addresses; this is that rule,
 * and with it sockets that passed no bind (listen or send on a fresh socket, raw
 * ones) hear nothing of others.
 */
#ifndef GAOL_BPF_DECIDE_DELIVER_H
#define GAOL_BPF_DECIDE_DELIVER_H

#include "bpf/decide/addr.h"

DECIDE bool
deliver4(const struct bpf_prison *p, const struct bpf_addrs4 *list, __u32 dst)
{
	return !ip4_restricted(p) || addr4_is_own(p, list, dst);
}

DECIDE bool
deliver6(const struct bpf_prison *p, const struct bpf_addrs6 *list, const __u32 dst[4])
{
	return !ip6_restricted(p) || addr6_is_own(p, list, dst);
}

/*
 * May this packet leave?  Its source must be the prison's own.  Loopback addresses
 * are not routed, so those that are not the prison's are the host's or another
 * jail's: closed but for ICMP, which the kernel itself answers (`ping 127.0.0.1`).
 */
DECIDE bool
emit4(
    const struct bpf_prison *p, const struct bpf_addrs4 *list, __u32 src, __u32 dst, __u32 protocol)
{
	if (!ip4_restricted(p))
		return true;
	if (!addr4_is_own(p, list, src))
		return false;
	return !ip4_is_loopnet(dst) || protocol == NET_ICMP || addr4_is_own(p, list, dst);
}

DECIDE bool
emit6(const struct bpf_prison *p, const struct bpf_addrs6 *list, const __u32 src[4],
    const __u32 dst[4], __u32 protocol)
{
	if (!ip6_restricted(p))
		return true;
	if (!addr6_is_own(p, list, src))
		return false;
	return !ip6_is_loopback(dst) || protocol == NET_ICMPV6 || addr6_is_own(p, list, dst);
}

#endif
