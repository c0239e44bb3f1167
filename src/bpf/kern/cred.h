/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* The caller's capabilities, read from its credentials (CO-RE: only the fields used). */
#ifndef GAOL_BPF_KERN_CRED_H
#define GAOL_BPF_KERN_CRED_H

#include "bpf/api.h"
#include "bpf/kern/ctx.h"

struct user_namespace {
	int level;
} __attribute__((preserve_access_index));

typedef struct kernel_cap_struct {
	__u64 val; /* since 6.3 */
} __attribute__((preserve_access_index)) kernel_cap_t;

struct kernel_cap_struct___old {
	__u32 cap[2]; /* 6.1 */
} __attribute__((preserve_access_index));

struct cred {
	kernel_cap_t cap_effective;
	struct user_namespace *user_ns;
} __attribute__((preserve_access_index));

struct task_struct {
	const struct cred *cred;
} __attribute__((preserve_access_index));

#define CAP_NET_BIND_SERVICE_BIT (1U << 10)

static __always_inline bool
cred_has_bind_service(const struct cred *c)
{
	const struct kernel_cap_struct___old *old = (const void *)&c->cap_effective;

	if (bpf_core_field_exists(old->cap))
		return (BPF_CORE_READ(old, cap[0]) & CAP_NET_BIND_SERVICE_BIT) != 0;
	return (BPF_CORE_READ(c, cap_effective.val) & CAP_NET_BIND_SERVICE_BIT) != 0;
}

/*
 * In the jail's own user namespace, neither the host's nor a nested one: a process
 * that made itself a namespace is root there of nothing that a port below 1024 is for.
 */
static __always_inline bool
caller_may_bind_low(const struct bpf_prison *p)
{
	const struct task_struct *task = (const void *)bpf_get_current_task();
	const struct cred *c = BPF_CORE_READ(task, cred);

	return BPF_CORE_READ(c, user_ns, level) == (int)p->userns_level && cred_has_bind_service(c);
}

#endif
