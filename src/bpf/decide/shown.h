/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * What a program is shown instead of a stand-in: the loopback address that it
 * knows.  No socket of a jail ever meets another jail's stand-in, so the network alone decides.
 */
#ifndef GAOL_BPF_DECIDE_SHOWN_H
#define GAOL_BPF_DECIDE_SHOWN_H

#include "bpf/decide/net.h"

/* True if the address was changed. */
DECIDE bool
shown4(__u32 *a)
{
	if (!ip4_is_standin(*a))
		return false;
	*a = IP4_LOOPBACK;
	return true;
}

DECIDE bool
shown6(__u32 a[4])
{
	if (ip6_is_mapped(a)) {
		__u32 a4 = a[3];

		if (!shown4(&a4))
			return false;
		ip6_map(a, a4);
		return true;
	}
	if (!ip6_is_standin(a))
		return false;
	a[0] = a[1] = a[2] = 0;
	a[3] = NET32(1U);
	return true;
}

#endif
