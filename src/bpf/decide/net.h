/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Constants of the decision functions.  They compile for the kernel, where libc's
 * headers do not exist, and natively for the unit tests; numbers are the kernel's ABI.
 */
#ifndef GAOL_BPF_DECIDE_NET_H
#define GAOL_BPF_DECIDE_NET_H

#include <linux/errno.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>

#include "bpf/api.h"

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define NET32(x) __builtin_bswap32(x)
#define NET16(x) __builtin_bswap16(x)
#else
#define NET32(x) (x)
#define NET16(x) (x)
#endif

#define DECIDE __attribute__((always_inline, unused)) static inline

/* Address families and protocols (linux/socket.h, linux/in.h). */
enum {
	NET_AF_UNIX = 1,
	NET_AF_INET = 2,
	NET_AF_INET6 = 10,
	NET_AF_NETLINK = 16,
};

enum {
	NET_STREAM = 1,
	NET_DGRAM = 2,
	NET_RAW = 3,
};

enum {
	NET_ICMP = 1,
	NET_TCP = 6,
	NET_UDP = 17,
	NET_ICMPV6 = 58,
	NET_UDPLITE = 136,
};

#define IP4_ANY 0U
#define IP4_LOOPBACK NET32(0x7f000001U)

DECIDE bool
ip4_is_loopnet(__u32 a)
{
	return (a & NET32(0xff000000U)) == NET32(0x7f000000U);
}

/* Somebody's stand-in for 127.0.0.1. */
DECIDE bool
ip4_is_standin(__u32 a)
{
	return (a & NET32(BPF_LOOP4_MASK)) == NET32(BPF_LOOP4_NET);
}

DECIDE bool
ip6_is_standin(const __u32 a[4])
{
	return a[0] == NET32(BPF_LOOP6_NET0) &&
	       (a[1] & NET32(BPF_LOOP6_MASK1)) == NET32(BPF_LOOP6_NET1);
}

DECIDE bool
ip6_is_any(const __u32 a[4])
{
	return (a[0] | a[1] | a[2] | a[3]) == 0;
}

DECIDE bool
ip6_is_loopback(const __u32 a[4])
{
	return (a[0] | a[1] | a[2]) == 0 && a[3] == NET32(1U);
}

DECIDE bool
ip6_is_mapped(const __u32 a[4])
{
	return (a[0] | a[1]) == 0 && a[2] == NET32(0xffffU);
}

DECIDE bool
ip6_equal(const __u32 a[4], const __u32 b[4])
{
	return ((a[0] ^ b[0]) | (a[1] ^ b[1]) | (a[2] ^ b[2]) | (a[3] ^ b[3])) == 0;
}

DECIDE void
ip6_copy(__u32 to[4], const __u32 from[4])
{
	to[0] = from[0];
	to[1] = from[1];
	to[2] = from[2];
	to[3] = from[3];
}

DECIDE void
ip6_map(__u32 to[4], __u32 addr4)
{
	to[0] = 0;
	to[1] = 0;
	to[2] = NET32(0xffffU);
	to[3] = addr4;
}

/* A restricted family is one in which only the prison's own addresses exist. */
DECIDE bool
ip4_restricted(const struct bpf_prison *p)
{
	return (p->flags & (BPF_PRISON_IP4_INHERIT | BPF_PRISON_VNET)) == 0;
}

DECIDE bool
ip6_restricted(const struct bpf_prison *p)
{
	return (p->flags & (BPF_PRISON_IP6_INHERIT | BPF_PRISON_VNET)) == 0;
}

DECIDE bool
ip4_usable(const struct bpf_prison *p)
{
	return !ip4_restricted(p) || p->n4 > 0;
}

DECIDE bool
ip6_usable(const struct bpf_prison *p)
{
	return !ip6_restricted(p) || p->n6 > 0;
}

#endif
