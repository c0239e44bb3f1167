/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * lsm_cgroup, at the root cgroup (Linux 6.0 and later, where "bpf" is among the security modules):
 * local sockets in the abstract namespace.  That belongs to the network namespace, which jails
 * share; a jail reaches only what was made in it or in a jail below it, and is told that
 * nobody is there.  Others are reached by a path that the jail can open, as ever.
 *
 * Where the kernel takes no such programs, it is open (jail --doctor).
 */
#include "bpf/kern/maps.h"

struct kernfs_node {
	__u64 id;
} __attribute__((preserve_access_index));

struct cgroup {
	int level;
	struct kernfs_node *kn;
	struct cgroup *ancestors[]; /* since 6.1 */
} __attribute__((preserve_access_index));

struct sock_cgroup_data {
	struct cgroup *cgroup;
} __attribute__((preserve_access_index));

struct sock {
	struct sock_cgroup_data sk_cgrp_data;
} __attribute__((preserve_access_index));

struct socket {
	struct sock *sk;
} __attribute__((preserve_access_index));

struct sockaddr_un {
	char sun_path[108];
} __attribute__((preserve_access_index));

struct unix_address {
	struct sockaddr_un name[0];
} __attribute__((preserve_access_index));

struct unix_sock {
	struct unix_address *addr;
} __attribute__((preserve_access_index));

#define LSM_ALLOW 1

static __always_inline bool
is_abstract(const struct sock *sk)
{
	const struct unix_address *addr = BPF_CORE_READ((const struct unix_sock *)sk, addr);
	char first = 1;

	/* Without a name it is the other end of a pair. */
	if (addr == NULL)
		return false;
	bpf_core_read(&first, sizeof(first), &addr->name[0].sun_path[0]);
	return first == '\0';
}

static __always_inline __u64
ancestor_id(const struct cgroup *cgroup, int level)
{
	const struct cgroup *at = NULL;

	if (level > BPF_CORE_READ(cgroup, level))
		return 0;
	bpf_core_read(&at, sizeof(at), &cgroup->ancestors[level]);
	return BPF_CORE_READ(at, kn, id);
}

static __always_inline bool
is_below(const struct cgroup *cgroup, __u64 id)
{
	for (int level = BPF_LEVEL_MAX; level > 0; level--)
		if (ancestor_id(cgroup, level) == id)
			return true;
	return false;
}

/* The innermost prison of a socket; 0: the host's.  Where nobody knows it, its cgroup alone. */
static __always_inline __u64
prison_of(const struct cgroup *cgroup)
{
	__u64 deepest = 0;

	for (int level = BPF_LEVEL_MAX; level > 0; level--) {
		__u64 id = ancestor_id(cgroup, level);
		const struct bpf_prison *p;

		if (id == 0)
			continue;
		if (id == root_id)
			return deepest;
		if (deepest == 0)
			deepest = id;
		p = bpf_map_lookup_elem(&NAME(prisons), &id);
		if (p != NULL)
			return (p->flags & BPF_PRISON_HOST) != 0 ? 0 : id;
	}
	return 0;
}

static __always_inline int
judge(const struct sock *from, const struct sock *to)
{
	__u64 prison;

	if (!is_abstract(to))
		return LSM_ALLOW;
	prison = prison_of(BPF_CORE_READ(from, sk_cgrp_data.cgroup));
	if (prison == 0 || is_below(BPF_CORE_READ(to, sk_cgrp_data.cgroup), prison))
		return LSM_ALLOW;
	return hook_refuse(-ECONNREFUSED);
}

/* Arguments come as an array: (sock, other, newsk). */
SEC("lsm_cgroup/unix_stream_connect")
int
NAME(unix1)(__u64 *args)
{
	return judge((const struct sock *)args[0], (const struct sock *)args[1]);
}

/* (sock, other) */
SEC("lsm_cgroup/unix_may_send")
int
NAME(unix2)(__u64 *args)
{
	const struct socket *sock = (const struct socket *)args[0];
	const struct socket *other = (const struct socket *)args[1];

	return judge(BPF_CORE_READ(sock, sk), BPF_CORE_READ(other, sk));
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
