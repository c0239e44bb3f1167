/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * connect(2) and sendto(2) in a prison: which destination is meant, and from
 * which source.  0 or a negative errno; addresses are rewritten in place.
 * FreeBSD: prison_remote_ip4, prison_remote_ip6, in_pcbladdr.
 */
#ifndef GAOL_BPF_DECIDE_CONNECT_H
#define GAOL_BPF_DECIDE_CONNECT_H

#include "bpf/decide/addr.h"

/*
 * What is behind 127.0.0.1 (and ::1) in a jail with a loopback of its own: its
 * stand-in, unless nobody is there and somebody may be at the jail's address,
 * where servers on the any-address are.  bound: the socket sits on the stand-in itself, so
 * only a socket that is certain draws it away.
 */
struct loop_find {
	bool here;    /* a socket on the stand-in at that port */
	bool primary; /* one on the primary address */
	bool bound;
};

DECIDE bool
loop_falls_back(const struct loop_find *f)
{
	return !f->here && (f->primary || !f->bound);
}

/* Addresses in 127/8 that nobody may name from a jail with a loopback of its own, stand-ins from
 * none. */
DECIDE bool
dest4_is_closed(const struct bpf_prison *p, const struct bpf_addrs4 *list, __u32 dst, bool listed)
{
	if ((p->flags & BPF_PRISON_VNET) != 0 || !ip4_is_loopnet(dst))
		return false;
	if (ip4_is_standin(dst))
		return !(loop4_is_private(p) && dst == p->loop4);
	return ip4_restricted(p) && loop4_is_private(p) && !listed &&
	       !addr4_is_listed(p, list, dst);
}

/*
 * find: what was found behind 127.0.0.1, if loop4_is_asked said that it matters.
 * listed: dst is in the map of the addresses in 127/8 that jails list.
 */
DECIDE int
decide_dest4(const struct bpf_prison *p, const struct bpf_addrs4 *list,
    const struct loop_find *find, bool listed, __u32 *dst)
{
	if (!ip4_restricted(p))
		return dest4_is_closed(p, list, *dst, listed) ? -ECONNREFUSED : 0;
	if (p->n4 == 0)
		return -EAFNOSUPPORT;
	if (*dst == IP4_ANY)
		*dst = p->primary4;
	else if (*dst == IP4_LOOPBACK && !addr4_is_listed(p, list, *dst))
		*dst = loop_falls_back(find) ? p->primary4 : loop4_of(p);
	else if (dest4_is_closed(p, list, *dst, listed))
		return -ECONNREFUSED;
	return 0;
}

/* True if a lookup of sockets has to tell which address 127.0.0.1 is. */
DECIDE bool
loop4_is_asked(const struct bpf_prison *p, __u32 dst)
{
	return dst == IP4_LOOPBACK && p->n4 > 0 && ip4_restricted(p) && loop4_is_private(p);
}

DECIDE bool
loop6_is_asked(const struct bpf_prison *p, const __u32 dst[4])
{
	return ip6_is_loopback(dst) && p->n6 > 0 && ip6_restricted(p) && loop6_is_private(p);
}

/*
 * src is the address that the socket or the message already has, or 0.  One that
 * is not (or no more) the prison's is refused, so that neither a socket from
 * elsewhere nor a control message brings a foreign source.
 */
DECIDE int
decide_source4(const struct bpf_prison *p, const struct bpf_addrs4 *list, __u32 dst, __u32 *src)
{
	if (!ip4_restricted(p))
		return 0;
	if (p->n4 == 0)
		return -EAFNOSUPPORT;
	if (*src == 0) {
		*src = source4(p, list, dst);
		return 0;
	}
	/* A control message may say 127.0.0.1, as a bind may. */
	if (*src == IP4_LOOPBACK && !addr4_is_listed(p, list, *src)) {
		*src = loop4_of(p);
		return 0;
	}
	return addr4_is_own(p, list, *src) ? 0 : -EADDRNOTAVAIL;
}

/* What the socket at hand can carry. */
enum sock6_kind {
	SOCK6_DUAL,   /* not V6ONLY, no address yet */
	SOCK6_MAPPED, /* has a v4-mapped address: IPv4 only */
	SOCK6_V6,     /* V6ONLY, or has an IPv6 address */
};

/* The destination of an IPv6 socket, any and ::1 resolved; mapped ones go through the rules of
 * IPv4. */
DECIDE int
decide_dest6(const struct bpf_prison *p, const struct bpf_addrs4 *list4,
    const struct bpf_addrs6 *list6, enum sock6_kind kind, const struct loop_find *find, bool listed,
    __u32 dst[4])
{
	if (ip6_is_mapped(dst) || (kind == SOCK6_MAPPED && ip6_is_any(dst))) {
		__u32 d = dst[3];
		int rc = decide_dest4(p, list4, find, listed, &d);

		if (rc == 0 && ip4_restricted(p))
			ip6_map(dst, d);
		return rc;
	}
	if ((p->flags & BPF_PRISON_VNET) == 0 && ip6_is_standin(dst) &&
	    !(loop6_is_private(p) && ip6_equal(dst, p->loop6)))
		return -ECONNREFUSED;
	if (!ip6_restricted(p))
		return 0;
	if (p->n6 == 0) {
		if (p->n4 > 0 && kind == SOCK6_DUAL && ip6_is_any(dst)) {
			ip6_map(dst, p->primary4);
			return 0;
		}
		if (!ip4_usable(p))
			return -EAFNOSUPPORT;
		if (!loop6_is_private(p) || (!ip6_is_loopback(dst) && !ip6_equal(dst, p->loop6)))
			return -ENETUNREACH;
		ip6_copy(dst, p->loop6);
		return 0;
	}
	if (ip6_is_any(dst))
		ip6_copy(dst, p->primary6);
	else if (ip6_is_loopback(dst) && !addr6_is_listed(p, list6, dst))
		ip6_copy(
		    dst, loop6_is_private(p) && !loop_falls_back(find) ? p->loop6 : p->primary6);
	return 0;
}

DECIDE int
decide_source6(
    const struct bpf_prison *p, const struct bpf_addrs6 *list, const __u32 dst[4], __u32 src[4])
{
	if (!ip6_restricted(p))
		return 0;
	if (ip6_is_any(src)) {
		if (p->n6 == 0 && !loop6_is_private(p))
			return -ENETUNREACH;
		source6(p, list, dst, src);
		return 0;
	}
	if (ip6_is_loopback(src) && !addr6_is_listed(p, list, src)) {
		ip6_copy(src, loop6_is_private(p) ? p->loop6 : p->primary6);
		return ip6_is_any(src) ? -EADDRNOTAVAIL : 0;
	}
	return addr6_is_own(p, list, src) ? 0 : -EADDRNOTAVAIL;
}

#endif
