/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cgroup/connect4, cgroup/connect6: the destination of a connect(2), and a source
 * of the jail's own for a socket that has none.  Where the socket cannot be given
 * one (it got a port by an earlier send, or the address is gone from the host) the
 * connect fails: the route would choose the host's.
 */
#include "bpf/decide/connect.h"
#include "bpf/kern/loop.h"
#include "bpf/kern/prison.h"
#include "bpf/kern/sock6.h"

static __always_inline int
take_source4(struct bpf_sock_addr *ctx, __u32 src)
{
	struct sockaddr_in sin = {.sin_family = NET_AF_INET, .sin_addr.s_addr = src};

	return bpf_bind(ctx, (struct sockaddr *)&sin, sizeof(sin)) == 0 ? 0 : -EADDRNOTAVAIL;
}

static __always_inline int
take_source6(struct bpf_sock_addr *ctx, const __u32 src[4])
{
	struct sockaddr_in6 sin6 = {.sin6_family = NET_AF_INET6};

	ip6_copy(sin6.sin6_addr.s6_addr32, src);
	return bpf_bind(ctx, (struct sockaddr *)&sin6, sizeof(sin6)) == 0 ? 0 : -EADDRNOTAVAIL;
}

SEC("cgroup/connect4")
int
NAME(connect4)(struct bpf_sock_addr *ctx)
{
	const struct bpf_addrs4 *list;
	struct bpf_sock *sk = ADDR_SK(ctx);
	struct loop_find find = loop_find_none();
	struct owner o;
	__u32 dst, src, local;
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
	src = local = SK_GET(sk, src_ip4);
	if (loop4_is_asked(o.prison, dst))
		find = loop_find4(ctx, sk, o.prison, local);
	rc = decide_dest4(o.prison, list, &find, dest4_is_listed(dst), &dst);
	if (rc == 0)
		rc = decide_source4(o.prison, list, dst, &src);
	if (rc == 0 && local == 0 && ip4_restricted(o.prison))
		rc = take_source4(ctx, src);
	if (rc != 0)
		return hook_refuse(rc);
	ADDR_SET(ctx, user_ip4, dst);
	return HOOK_ALLOW;
}

/* Both address lists are needed only here, so each half looks up its own. */
static __always_inline int
connect6_source(
    struct bpf_sock_addr *ctx, const struct owner *o, const __u32 dst[4], const __u32 local[4])
{
	__u32 src[4];
	int rc;

	if (ip6_is_mapped(dst)) {
		__u32 src4 = ip6_is_mapped(local) ? local[3] : 0;

		if (!ip4_restricted(o->prison))
			return 0;
		rc = decide_source4(o->prison, owner_addrs4(o), dst[3], &src4);
		ip6_map(src, src4);
	} else {
		if (!ip6_restricted(o->prison))
			return 0;
		ip6_copy(src, local);
		rc = decide_source6(o->prison, owner_addrs6(o), dst, src);
	}
	if (rc == 0 && ip6_is_any(local))
		rc = take_source6(ctx, src);
	return rc;
}

SEC("cgroup/connect6")
int
NAME(connect6)(struct bpf_sock_addr *ctx)
{
	struct bpf_sock *sk = ADDR_SK(ctx);
	struct loop_find find = loop_find_none();
	struct owner o;
	__u32 dst[4], local[4], asked[4];
	bool listed = false;
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
	ADDR_GET6(ctx, user_ip6, dst);
	ip6_copy(asked, dst);
	SK_GET6(sk, src_ip6, local);
	if (ip6_is_mapped(dst)) {
		listed = dest4_is_listed(dst[3]);
		if (loop4_is_asked(o.prison, dst[3]))
			find = loop_find4(ctx, sk, o.prison, ip6_is_mapped(local) ? local[3] : 0);
	} else if (loop6_is_asked(o.prison, dst)) {
		find = loop_find6(ctx, sk, o.prison, local);
	}
	rc = decide_dest6(o.prison, owner_addrs4(&o), owner_addrs6(&o), sock6_kind_of(sk, local),
	    &find, listed, dst);
	if (rc == 0)
		rc = connect6_source(ctx, &o, dst, local);
	if (rc != 0)
		return hook_refuse(rc);
	if (!ip6_equal(dst, asked))
		ADDR_SET6(ctx, user_ip6, dst);
	return HOOK_ALLOW;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
