/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * cgroup/dev: opening and making of device nodes, by the prison's device set,
 * however the node came to be there.  No set, no prison: EPERM.
 */
#include "bpf/decide/dev.h"
#include "bpf/kern/prison.h"

#define DEV_GET(ctx, field) LOAD32(ctx, offsetof(struct bpf_cgroup_dev_ctx, field))

SEC("cgroup/dev")
int
NAME(dev)(struct bpf_cgroup_dev_ctx *ctx)
{
	const struct bpf_devset *set;
	struct owner o;
	__u32 access;

	switch (owner_of_caller(&o)) {
	case WHOSE_HOST:
		return HOOK_ALLOW;
	case WHOSE_NOBODY:
		return HOOK_REFUSE;
	case WHOSE_PRISON:
		break;
	}
	set = bpf_map_lookup_elem(&NAME(devsets), &o.prison->devset);
	access = DEV_GET(ctx, access_type);
	return decide_dev(o.prison, set, access & 0xffff, access >> 16, DEV_GET(ctx, major),
		   DEV_GET(ctx, minor))
		   ? HOOK_ALLOW
		   : HOOK_REFUSE;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
