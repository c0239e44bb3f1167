/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/* May this device be opened, or its node be made?  set NULL (nobody put one): nothing may. */
#ifndef GAOL_BPF_DECIDE_DEV_H
#define GAOL_BPF_DECIDE_DEV_H

#include "bpf/decide/loop.h"
#include "bpf/decide/net.h"

struct grant {
	const struct bpf_devset *set;
	__u32 type;
	__u32 major;
	__u32 minor;
	__u32 access;
};

LOOP_STEP long
grant_step(__u32 i, void *arg)
{
	struct grant *g = arg;

	if (i >= BPF_DEV_RULES_MAX)
		return 1;

	const struct bpf_dev_rule *r = &g->set->rule[i];

	if (r->type == g->type && r->major == g->major && g->minor >= r->minor_first &&
	    g->minor <= r->minor_last)
		g->access |= r->access;
	return 0;
}

DECIDE bool
decide_dev(const struct bpf_prison *p, const struct bpf_devset *set, __u32 type, __u32 access,
    __u32 major, __u32 minor)
{
	struct grant g = {.set = set, .type = type, .major = major, .minor = minor};

	if ((p->flags & BPF_PRISON_HOST) != 0)
		return true;
	/* No device: overlayfs marks deleted files by it, and whoever makes one can open nothing.
	 */
	if (type == BPF_DEV_CHAR && major == 0 && minor == 0 && access == BPF_DEV_MKNOD)
		return true;
	if (set == NULL)
		return false;
	loop_over(set->n, grant_step, &g);
	return (access & ~g.access) == 0;
}

#endif
