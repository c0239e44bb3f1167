/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* Which kind of IPv6 socket this is; bpf_sock does not say it, the kernel's own struct does. */
#ifndef GAOL_BPF_KERN_SOCK6_H
#define GAOL_BPF_KERN_SOCK6_H

#include "bpf/decide/connect.h"
#include "bpf/kern/ctx.h"

struct sock_common {
	unsigned char skc_reuse : 4;
	unsigned char skc_reuseport : 1;
	unsigned char skc_ipv6only : 1;
} __attribute__((preserve_access_index));

enum sock_reuse {
	SOCK_REUSE_NONE,
	SOCK_REUSE_ADDR, /* SO_REUSEADDR, as servers set it and clients do not */
	SOCK_REUSE_PORT, /* SO_REUSEPORT: one of a group that the kernel balances; or no TCP */
};

static __always_inline enum sock_reuse
sock_reuse_of(struct bpf_sock *sk)
{
	const struct sock_common *skc = sk != NULL ? (const void *)bpf_skc_to_tcp_sock(sk) : NULL;

	if (skc == NULL || BPF_CORE_READ_BITFIELD_PROBED(skc, skc_reuseport) != 0)
		return SOCK_REUSE_PORT;
	return BPF_CORE_READ_BITFIELD_PROBED(skc, skc_reuse) != 0 ? SOCK_REUSE_ADDR
								  : SOCK_REUSE_NONE;
}

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
