/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cgroup/sendmsg4, cgroup/sendmsg6: destination and source of a datagram sent on
 * a socket that is not connected, or with a control message.  The source is
 * preset to what the socket or the control message says; 0 means nobody said it.
 */
#include "bpf/decide/connect.h"
#include "bpf/kern/answer.h"
#include "bpf/kern/loop.h"
#include "bpf/kern/prison.h"
#include "bpf/kern/sock6.h"

static __always_inline __u32
answer_source4(
    struct bpf_sock_addr *ctx, struct bpf_sock *sk, const struct owner *o, __u32 dst, __u32 src)
{
	__u32 dst6[4], src6[4];

	/* From the primary to the jail's own loopback, as it was asked from there. */
	if (ip4_is_loopnet(dst))
		return src;
	ip6_map(dst6, dst);
	ip6_map(src6, src);
	answer_source(ctx, sk, o, dst6, src6);
	return src6[3];
}

SEC("cgroup/sendmsg4")
int
NAME(sendmsg4)(struct bpf_sock_addr *ctx)
{
	const struct bpf_addrs4 *list;
	struct bpf_sock *sk = ADDR_SK(ctx);
	struct loop_find find = loop_find_none();
	struct owner o;
	__u32 dst, src;
	int rc;

	switch (owner_of_caller(&o)) {
	case WHOSE_HOST:
		return HOOK_ALLOW;
	case WHOSE_NOBODY:
		return hook_refuse(-EPERM);
	case WHOSE_PRISON:
		break;
	}
	if (sk == NULL)
		return hook_refuse(-EPERM);
	list = owner_addrs4(&o);
	dst = ADDR_GET(ctx, user_ip4);
	src = ADDR_GET(ctx, msg_src_ip4);
	if (loop4_is_asked(o.prison, dst))
		find = loop_find4(ctx, sk, o.prison, src);
	rc = decide_dest4(o.prison, list, &find, dest4_is_listed(dst), &dst);
	if (rc == 0 && src == SK_GET(sk, src_ip4))
		src = answer_source4(ctx, sk, &o, dst, src);
	if (rc == 0)
		rc = decide_source4(o.prison, list, dst, &src);
	if (rc != 0)
		return hook_refuse(rc);
	if (!ip4_restricted(o.prison))
		return HOOK_ALLOW;
	ADDR_SET(ctx, user_ip4, dst);
	ADDR_SET(ctx, msg_src_ip4, src);
	return HOOK_ALLOW;
}

SEC("cgroup/sendmsg6")
int
NAME(sendmsg6)(struct bpf_sock_addr *ctx)
{
	const struct bpf_addrs6 *list;
	struct bpf_sock *sk = ADDR_SK(ctx);
	struct loop_find find = loop_find_none();
	struct owner o;
	__u32 dst[4], src[4], bound[4];
	int rc;

	switch (owner_of_caller(&o)) {
	case WHOSE_HOST:
		return HOOK_ALLOW;
	case WHOSE_NOBODY:
		return hook_refuse(-EPERM);
	case WHOSE_PRISON:
		break;
	}
	if (sk == NULL)
		return hook_refuse(-EPERM);
	list = owner_addrs6(&o);
	ADDR_GET6(ctx, user_ip6, dst);
	ADDR_GET6(ctx, msg_src_ip6, src);
	/* The kernel has sent v4-mapped destinations to sendmsg4, and takes none from here. */
	if (loop6_is_asked(o.prison, dst))
		find = loop_find6(ctx, sk, o.prison, src);
	rc = decide_dest6(o.prison, NULL, list, SOCK6_V6, &find, false, dst);
	SK_GET6(sk, src_ip6, bound);
	if (rc == 0 && ip6_equal(src, bound))
		answer_source(ctx, sk, &o, dst, src);
	if (rc == 0)
		rc = decide_source6(o.prison, list, dst, src);
	if (rc != 0)
		return hook_refuse(rc);
	if (!ip6_restricted(o.prison))
		return HOOK_ALLOW;
	ADDR_SET6(ctx, user_ip6, dst);
	ADDR_SET6(ctx, msg_src_ip6, src);
	return HOOK_ALLOW;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
