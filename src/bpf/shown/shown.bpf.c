/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cgroup/getsockname, getpeername, recvmsg (4 and 6): addresses on their way to the
 * program.  Stand-ins are shown as the loopback; a server of several
 * addresses as the any-address that it asked for.  accept(2)'s peer comes by getpeername.
 * IP_PKTINFO and /proc/net show the stand-in all the same: no hook is there.
 */
#include "bpf/decide/shown.h"
#include "bpf/kern/maps.h"

static __always_inline int
show4(struct bpf_sock_addr *ctx)
{
	__u32 a = ADDR_GET(ctx, user_ip4);

	if (shown4(&a))
		ADDR_SET(ctx, user_ip4, a);
	return HOOK_ALLOW;
}

static __always_inline int
show6(struct bpf_sock_addr *ctx)
{
	__u32 a[4];

	ADDR_GET6(ctx, user_ip6, a);
	if (shown6(a))
		ADDR_SET6(ctx, user_ip6, a);
	return HOOK_ALLOW;
}

/* Until it is connected; then it has one address like any. */
static __always_inline const struct bpf_wild *
wild_of(struct bpf_sock_addr *ctx)
{
	struct bpf_sock *sk = ADDR_SK(ctx);
	__u32 state;

	if (sk == NULL)
		return NULL;
	state = SK_GET(sk, state);
	if (state != BPF_TCP_LISTEN && state != BPF_TCP_CLOSE)
		return NULL;
	return bpf_sk_storage_get(&NAME(wild), sk, 0, 0);
}

SEC("cgroup/getsockname4")
int
NAME(name4)(struct bpf_sock_addr *ctx)
{
	const struct bpf_wild *wild = wild_of(ctx);

	if (wild == NULL || wild->families == 0)
		return show4(ctx);
	ADDR_SET(ctx, user_ip4, IP4_ANY);
	if (wild->port != 0)
		ADDR_SET(ctx, user_port, bpf_htons(wild->port));
	return HOOK_ALLOW;
}

SEC("cgroup/getsockname6")
int
NAME(name6)(struct bpf_sock_addr *ctx)
{
	const struct bpf_wild *wild = wild_of(ctx);
	__u32 any[4] = {0};

	if (wild == NULL || wild->families == 0)
		return show6(ctx);
	if ((wild->families & (BPF_WILD_6 | BPF_WILD_ASKED_6)) == 0)
		ip6_map(any, IP4_ANY);
	ADDR_SET6(ctx, user_ip6, any);
	if (wild->port != 0)
		ADDR_SET(ctx, user_port, bpf_htons(wild->port));
	return HOOK_ALLOW;
}

SEC("cgroup/getpeername4")
int
NAME(peer4)(struct bpf_sock_addr *ctx)
{
	return show4(ctx);
}

SEC("cgroup/getpeername6")
int
NAME(peer6)(struct bpf_sock_addr *ctx)
{
	return show6(ctx);
}

SEC("cgroup/recvmsg4")
int
NAME(recv4)(struct bpf_sock_addr *ctx)
{
	return show4(ctx);
}

SEC("cgroup/recvmsg6")
int
NAME(recv6)(struct bpf_sock_addr *ctx)
{
	return show6(ctx);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
