/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * UDP servers on the any-address, which bind made the jail's primary: as on FreeBSD they hear
 * all of the jail's addresses, and answer from the one that was asked.
 */
#ifndef GAOL_BPF_DECIDE_UDP_H
#define GAOL_BPF_DECIDE_UDP_H

#include "bpf/decide/net.h"

/* True if the jail has addresses that the kernel by itself does not bring to such a server. */
DECIDE bool
udp_is_wanted(const struct bpf_prison *p)
{
	bool has4 = ip4_restricted(p) && p->n4 > 0;
	bool has6 = ip6_restricted(p) && p->n6 > 0;

	return (has4 && (p->n4 > 1 || has6)) || (has6 && p->n6 > 1);
}

/* A datagram to addr (v4-mapped for IPv4), to the jail cgid. */
DECIDE bool
udp_serves(const struct bpf_wild *w, __u64 cgid, const __u32 addr[4])
{
	return w->cgid == cgid && w->port == 0 &&
	       (w->families & (ip6_is_mapped(addr) ? BPF_WILD_4 : BPF_WILD_6)) != 0;
}

#endif
