/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Whose process is this, whose socket?  The innermost prison decides: the
 * entry of the cgroup itself, else of the nearest ancestor below the instance's
 * root.  A cgroup below the root without any is refused, never taken for the host's.
 */
#ifndef GAOL_BPF_KERN_PRISON_H
#define GAOL_BPF_KERN_PRISON_H

#include "bpf/kern/maps.h"

enum whose {
	WHOSE_HOST,   /* outside the instance's root, in the root itself, or a keeper's */
	WHOSE_PRISON, /* judge by owner.prison */
	WHOSE_NOBODY, /* below the root, and nobody knows it: refuse */
};

struct owner {
	const struct bpf_prison *prison;
	__u64 cgid; /* the key of its lists */
};

static __always_inline enum whose
owner_judge(struct owner *o, const struct bpf_prison *p, __u64 cgid)
{
	if ((p->flags & BPF_PRISON_HOST) != 0)
		return WHOSE_HOST;
	o->prison = p;
	o->cgid = cgid;
	return WHOSE_PRISON;
}

/*
 * The slow way, for processes in a directory below their jail's.  get is the
 * helper that names the ancestor at a level (0: there is none so deep).  A function of its own, so
 * that the fast way stays short.
 */
#define OWNER_WALK(o, get)                                               \
	do {                                                             \
		for (int level_ = BPF_LEVEL_MAX; level_ > 0; level_--) { \
			__u64 id_ = (get);                               \
			const struct bpf_prison *p_;                     \
                                                                         \
			if (id_ == 0)                                    \
				continue;                                \
			if (id_ == root_id)                              \
				return WHOSE_NOBODY;                     \
			p_ = bpf_map_lookup_elem(&NAME(prisons), &id_);  \
			if (p_ != NULL)                                  \
				return owner_judge(o, p_, id_);          \
		}                                                        \
		return WHOSE_HOST;                                       \
	} while (0)

static __always_inline enum whose
owner_of_caller_walk(struct owner *o)
{
	OWNER_WALK(o, bpf_get_current_ancestor_cgroup_id(level_));
}

static __always_inline enum whose
owner_of_caller(struct owner *o)
{
	__u64 id = bpf_get_current_cgroup_id();
	const struct bpf_prison *p = bpf_map_lookup_elem(&NAME(prisons), &id);

	if (p != NULL)
		return owner_judge(o, p, id);
	if (id == root_id)
		return WHOSE_HOST;
	return owner_of_caller_walk(o);
}

static __always_inline enum whose
owner_of_skb_walk(struct owner *o, struct __sk_buff *skb)
{
	OWNER_WALK(o, bpf_skb_ancestor_cgroup_id(skb, level_));
}

static __always_inline enum whose
owner_of_skb(struct owner *o, struct __sk_buff *skb)
{
	__u64 id = bpf_skb_cgroup_id(skb);
	const struct bpf_prison *p = bpf_map_lookup_elem(&NAME(prisons), &id);

	if (p != NULL)
		return owner_judge(o, p, id);
	if (id == root_id)
		return WHOSE_HOST;
	return owner_of_skb_walk(o, skb);
}

/* The lists are there only for prisons of several addresses. */
static __always_inline const struct bpf_addrs4 *
owner_addrs4(const struct owner *o)
{
	return o->prison->n4 > 1 ? bpf_map_lookup_elem(&NAME(addrs4), &o->cgid) : NULL;
}

static __always_inline const struct bpf_addrs6 *
owner_addrs6(const struct owner *o)
{
	return o->prison->n6 > 1 ? bpf_map_lookup_elem(&NAME(addrs6), &o->cgid) : NULL;
}

#endif
