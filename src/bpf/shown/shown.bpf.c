/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cgroup/getsockname, getpeername, recvmsg (4 and 6): addresses on their way to the
 * program.  accept(2)'s peer comes by getpeername.  IP_PKTINFO and /proc/net show the stand-in all
 * the same: no hook is there.
 */
#include "bpf/decide/shown.h"
#include "bpf/kern/ctx.h"
#include "bpf/names.h"

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

SEC("cgroup/getsockname4")
int
NAME(name4)(struct bpf_sock_addr *ctx)
{
	return show4(ctx);
}

SEC("cgroup/getsockname6")
int
NAME(name6)(struct bpf_sock_addr *ctx)
{
	return show6(ctx);
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
