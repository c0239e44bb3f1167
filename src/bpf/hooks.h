/*
 * The programs of this layout and where each is attached: all of them to the
 * instance's root cgroup, or the instance does not count as loaded; but for those
 * that not every kernel takes.
 */
#ifndef GAOL_BPF_HOOKS_H
#define GAOL_BPF_HOOKS_H

#include <linux/bpf.h>
#include <stdbool.h>

#include "bpf/names.h"

struct hook {
	const char *name; /* of the program, as the kernel shows it */
	enum bpf_attach_type type;
	bool optional;
};

static const struct hook hooks[] = {
    {BPF_NAME_PREFIX "sock", BPF_CGROUP_INET_SOCK_CREATE, false},
    {BPF_NAME_PREFIX "bind4", BPF_CGROUP_INET4_BIND, false},
    {BPF_NAME_PREFIX "bind6", BPF_CGROUP_INET6_BIND, false},
    {BPF_NAME_PREFIX "connect4", BPF_CGROUP_INET4_CONNECT, false},
    {BPF_NAME_PREFIX "connect6", BPF_CGROUP_INET6_CONNECT, false},
    {BPF_NAME_PREFIX "sendmsg4", BPF_CGROUP_UDP4_SENDMSG, false},
    {BPF_NAME_PREFIX "sendmsg6", BPF_CGROUP_UDP6_SENDMSG, false},
    {BPF_NAME_PREFIX "name4", BPF_CGROUP_INET4_GETSOCKNAME, false},
    {BPF_NAME_PREFIX "name6", BPF_CGROUP_INET6_GETSOCKNAME, false},
    {BPF_NAME_PREFIX "peer4", BPF_CGROUP_INET4_GETPEERNAME, false},
    {BPF_NAME_PREFIX "peer6", BPF_CGROUP_INET6_GETPEERNAME, false},
    {BPF_NAME_PREFIX "recv4", BPF_CGROUP_UDP4_RECVMSG, false},
    {BPF_NAME_PREFIX "recv6", BPF_CGROUP_UDP6_RECVMSG, false},
    {BPF_NAME_PREFIX "ingress", BPF_CGROUP_INET_INGRESS, false},
    {BPF_NAME_PREFIX "listen", BPF_CGROUP_SOCK_OPS, false},
    {BPF_NAME_PREFIX "unix1", BPF_LSM_CGROUP, true},
    {BPF_NAME_PREFIX "unix2", BPF_LSM_CGROUP, true},
    {BPF_NAME_PREFIX "dev", BPF_CGROUP_DEVICE, false},
};

#define HOOK_COUNT (sizeof(hooks) / sizeof(hooks[0]))

#endif
