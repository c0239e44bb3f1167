/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * Which addresses are a prison's, and which of them is the source towards a
 * destination.  list is the prison's entry in "addrs4"/"addrs6", NULL if it has
 * one address only: then the prison's own value says all.
 */
#ifndef GAOL_BPF_DECIDE_ADDR_H
#define GAOL_BPF_DECIDE_ADDR_H

#include "bpf/decide/loop.h"
#include "bpf/decide/net.h"

struct find4 {
	const struct bpf_addrs4 *list;
	__u32 addr;
	__u32 found;
};

LOOP_STEP long
find4_step(__u32 i, void *arg)
{
	struct find4 *f = arg;

	if (i >= BPF_ADDRS_MAX)
		return 1;
	f->found = f->list->addr[i] == f->addr;
	return f->found;
}

DECIDE bool
addr4_is_listed(const struct bpf_prison *p, const struct bpf_addrs4 *list, __u32 a)
{
	struct find4 f = {.list = list, .addr = a};

	if (p->n4 == 0)
		return false;
	if (a == p->primary4)
		return true;
	if (list == NULL)
		return false;
	loop_over(list->n, find4_step, &f);
	return f.found != 0;
}

struct find6 {
	const struct bpf_addrs6 *list;
	__u32 addr[4];
	__u32 found;
};

LOOP_STEP long
find6_step(__u32 i, void *arg)
{
	struct find6 *f = arg;

	if (i >= BPF_ADDRS_MAX)
		return 1;
	f->found = ip6_equal(f->list->addr[i].word, f->addr);
	return f->found;
}

DECIDE bool
addr6_is_listed(const struct bpf_prison *p, const struct bpf_addrs6 *list, const __u32 a[4])
{
	struct find6 f = {.list = list};

	if (p->n6 == 0)
		return false;
	if (ip6_equal(a, p->primary6))
		return true;
	if (list == NULL)
		return false;
	ip6_copy(f.addr, a);
	loop_over(list->n, find6_step, &f);
	return f.found != 0;
}

DECIDE bool
loop4_is_private(const struct bpf_prison *p)
{
	return (p->flags & BPF_PRISON_LOOP_PRIVATE) != 0 && p->loop4 != 0;
}

DECIDE bool
loop6_is_private(const struct bpf_prison *p)
{
	return (p->flags & BPF_PRISON_LOOP_PRIVATE) != 0 && !ip6_is_any(p->loop6);
}

/* The address behind 127.0.0.1: a stand-in of its own, else FreeBSD's way the primary. */
DECIDE __u32
loop4_of(const struct bpf_prison *p)
{
	return loop4_is_private(p) ? p->loop4 : p->primary4;
}

/* Listed, or the stand-in: what a socket of the prison may be bound to and receive on. */
DECIDE bool
addr4_is_own(const struct bpf_prison *p, const struct bpf_addrs4 *list, __u32 a)
{
	return (loop4_is_private(p) && a == p->loop4) || addr4_is_listed(p, list, a);
}

DECIDE bool
addr6_is_own(const struct bpf_prison *p, const struct bpf_addrs6 *list, const __u32 a[4])
{
	return (loop6_is_private(p) && ip6_equal(a, p->loop6)) || addr6_is_listed(p, list, a);
}

/* True if x has its highest set bit below y's: x is the xor of two addresses with the longer
 * common prefix.  Both in host order. */
DECIDE bool
prefix_longer(__u32 x, __u32 y)
{
	return x < y && x < (x ^ y);
}

struct best4 {
	const struct bpf_addrs4 *list;
	__u32 dst;
	__u32 addr;
};

/*
 * An address in 127/8 never leaves the machine, so it is a source only for
 * another one there: that comes before the prefix.
 */
LOOP_STEP long
best4_step(__u32 i, void *arg)
{
	struct best4 *b = arg;

	if (i >= BPF_ADDRS_MAX)
		return 1;

	__u32 a = b->list->addr[i];
	bool fits = ip4_is_loopnet(a) == ip4_is_loopnet(b->dst);
	bool best_fits = ip4_is_loopnet(b->addr) == ip4_is_loopnet(b->dst);

	if (fits != best_fits) {
		if (fits)
			b->addr = a;
	} else if (prefix_longer(NET32(a ^ b->dst), NET32(b->addr ^ b->dst))) {
		b->addr = a;
	}
	return 0;
}

/*
 * The source towards dst: the address with the longest prefix in common, the
 * primary where that decides nothing.  FreeBSD asks the route; no helper tells us
 * the route, and on one's own subnet both say the same.
 */
DECIDE __u32
source4(const struct bpf_prison *p, const struct bpf_addrs4 *list, __u32 dst)
{
	struct best4 b = {.list = list, .dst = dst, .addr = p->primary4};

	if (loop4_is_private(p) && dst == p->loop4)
		return dst;
	if (list != NULL && (p->flags & BPF_PRISON_NOSADDRSEL4) == 0)
		loop_over(list->n, best4_step, &b);
	return b.addr;
}

/* The same order over 128 bits: decided by the first word in which one of them differs from dst. */
DECIDE bool
prefix6_longer(const __u32 a[4], const __u32 b[4], const __u32 dst[4])
{
	for (int w = 0; w < 4; w++) {
		__u32 x = NET32(a[w] ^ dst[w]);
		__u32 y = NET32(b[w] ^ dst[w]);

		if ((x | y) != 0)
			return prefix_longer(x, y);
	}
	return false;
}

struct best6 {
	const struct bpf_addrs6 *list;
	__u32 dst[4];
	__u32 addr[4];
};

LOOP_STEP long
best6_step(__u32 i, void *arg)
{
	struct best6 *b = arg;

	if (i >= BPF_ADDRS_MAX)
		return 1;
	if (prefix6_longer(b->list->addr[i].word, b->addr, b->dst))
		ip6_copy(b->addr, b->list->addr[i].word);
	return 0;
}

DECIDE void
source6(const struct bpf_prison *p, const struct bpf_addrs6 *list, const __u32 dst[4], __u32 src[4])
{
	struct best6 b = {.list = list};

	if (loop6_is_private(p) && ip6_equal(dst, p->loop6)) {
		ip6_copy(src, dst);
		return;
	}
	ip6_copy(b.dst, dst);
	ip6_copy(b.addr, p->primary6);
	if (list != NULL && (p->flags & BPF_PRISON_NOSADDRSEL6) == 0)
		loop_over(list->n, best6_step, &b);
	ip6_copy(src, b.addr);
}

#endif
