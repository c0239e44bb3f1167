/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cgroup/sock_create (inet and inet6 sockets; the kernel asks for no others):
 * families, transports and raw sockets per ip4, ip6 and allow.raw_sockets.  A
 * cgroup without a prison: EPERM.
 */
#include "bpf/decide/sock.h"
#include "bpf/kern/prison.h"

SEC("cgroup/sock_create")
int
NAME(sock)(struct bpf_sock *ctx)
{
	struct owner o;
	int rc;

	switch (owner_of_caller(&o)) {
	case WHOSE_HOST:
		return HOOK_ALLOW;
	case WHOSE_NOBODY:
		return hook_refuse(-EPERM);
	case WHOSE_PRISON:
		break;
	}
	rc = decide_socket(o.prison, SK_GET(ctx, family), SK_GET(ctx, type), SK_GET(ctx, protocol));
	return rc == 0 ? HOOK_ALLOW : hook_refuse(rc);
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
