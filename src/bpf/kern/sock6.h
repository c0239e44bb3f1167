/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which kind of IPv6 socket this is; bpf_sock does not say it, the kernel's own struct does. */
#ifndef GAOL_BPF_KERN_SOCK6_H
#define GAOL_BPF_KERN_SOCK6_H

#include "bpf/decide/connect.h"
#include "bpf/kern/ctx.h"

struct sock_common {
	unsigned char skc_ipv6only : 1;
} __attribute__((preserve_access_index));

static __always_inline bool
sock6_is_v6only(struct bpf_sock *sk)
{
	const struct sock_common *skc;

	if (sk == NULL)
		return false;
	skc = (const void *)bpf_skc_to_tcp6_sock(sk);
	if (skc == NULL)
		skc = (const void *)bpf_skc_to_udp6_sock(sk);
	/* Raw and ICMPv6 sockets never carry IPv4. */
	if (skc == NULL)
		return true;
	return BPF_CORE_READ_BITFIELD_PROBED(skc, skc_ipv6only) != 0;
}

static __always_inline enum sock6_kind
sock6_kind_of(struct bpf_sock *sk, const __u32 local[4])
{
	if (ip6_is_mapped(local))
		return SOCK6_MAPPED;
	if (!ip6_is_any(local))
		return SOCK6_V6;
	return sock6_is_v6only(sk) ? SOCK6_V6 : SOCK6_DUAL;
}

#endif
