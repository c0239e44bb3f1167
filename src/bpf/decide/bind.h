/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
/*
 * bind(2) in a prison: which address the socket gets.  0 or a negative errno; the
 * address is rewritten in place.  FreeBSD: prison_local_ip4, prison_local_ip6.
 *
 * An any-address becomes the primary in a prison of several addresses too, so
 * that jails and host can use one port side by side: Linux would refuse the
 * second wildcard.
 */
#ifndef GAOL_BPF_DECIDE_BIND_H
#define GAOL_BPF_DECIDE_BIND_H

#include "bpf/decide/addr.h"

DECIDE int
decide_bind4(const struct bpf_prison *p, const struct bpf_addrs4 *list, __u32 *addr)
{
	if (!ip4_restricted(p))
		return 0;
	if (p->n4 == 0)
		return -EAFNOSUPPORT;
	if (*addr == IP4_ANY) {
		*addr = p->primary4;
		return 0;
	}
	if (addr4_is_listed(p, list, *addr))
		return 0;
	if (*addr == IP4_LOOPBACK) {
		*addr = loop4_of(p);
		return 0;
	}
	return -EADDRNOTAVAIL;
}

/* The any-address of IPv6: with it a socket that is not V6ONLY serves IPv4 too. */
DECIDE int
decide_bind6_any(const struct bpf_prison *p, bool v6only, __u32 addr[4])
{
	if (v6only) {
		if (!ip6_restricted(p))
			return 0;
		if (p->n6 == 0) {
			/* nginx's "[::]" line must not stop it in a jail that has IPv4 only. */
			if (!loop6_is_private(p))
				return -EADDRNOTAVAIL;
			ip6_copy(addr, p->loop6);
			return 0;
		}
		ip6_copy(addr, p->primary6);
		return 0;
	}
	/* One family is the host's whole: a true wildcard; what is not ours of the other, ingress
	 * drops. */
	if (!ip4_restricted(p) || !ip6_restricted(p))
		return 0;
	/* A socket bound to an IPv6 address can never take IPv4; one on the mapped address can. */
	if (p->n4 > 0)
		ip6_map(addr, p->primary4);
	else
		ip6_copy(addr, p->primary6);
	return 0;
}

DECIDE int
decide_bind6(const struct bpf_prison *p, const struct bpf_addrs4 *list4,
    const struct bpf_addrs6 *list6, bool v6only, __u32 addr[4])
{
	if (!ip4_usable(p) && !ip6_usable(p))
		return -EAFNOSUPPORT;
	if (ip6_is_any(addr))
		return decide_bind6_any(p, v6only, addr);
	if (ip6_is_mapped(addr)) {
		__u32 a = addr[3];
		int rc = decide_bind4(p, list4, &a);

		if (rc == 0)
			addr[3] = a;
		return rc;
	}
	if (!ip6_restricted(p) || addr6_is_listed(p, list6, addr))
		return 0;
	if (ip6_is_loopback(addr)) {
		if (loop6_is_private(p))
			ip6_copy(addr, p->loop6);
		else if (p->n6 > 0)
			ip6_copy(addr, p->primary6);
		else
			return -EADDRNOTAVAIL;
		return 0;
	}
	return -EADDRNOTAVAIL;
}

/*
 * What an any-address meant beyond the primary that it became: the families in
 * which the jail has further addresses, to be served by the lookup program.
 * asked is the address as the program gave it (IPv4 mapped), becomes what bind made of it.
 */
DECIDE __u32
wild_families(const struct bpf_prison *p, const __u32 asked[4], const __u32 becomes[4])
{
	bool any4 = ip6_is_mapped(asked) && asked[3] == IP4_ANY;

	if (!any4 && !ip6_is_any(asked))
		return 0;
	if (ip6_equal(asked, becomes))
		return 0;
	if (any4)
		return p->n4 > 1 ? BPF_WILD_4 : 0;
	if (ip6_is_mapped(becomes))
		return (p->n4 > 1 ? BPF_WILD_4 : 0) | (p->n6 > 0 ? BPF_WILD_6 : 0);
	return p->n6 > 1 && ip6_equal(becomes, p->primary6) ? BPF_WILD_6 : 0;
}

/*
 * A wildcard of TCP that is to stand beside the host's on the same port, as on FreeBSD: it
 * is bound to the jail's stand-in at any port, and the lookup program brings it what
 * comes to the jail's addresses.  The families that it then serves, and its address; 0: it
 * cannot be lifted.
 */
DECIDE __u16
lift_families(const struct bpf_prison *p, const __u32 asked[4], bool v6only, __u32 addr[4])
{
	bool any4 = ip6_is_mapped(asked) && asked[3] == IP4_ANY;

	if ((p->flags & BPF_PRISON_PORTS_SHARED) == 0 || (!any4 && !ip6_is_any(asked)))
		return 0;
	if (!any4 && !ip6_restricted(p))
		return 0;
	if (any4 || (!v6only && ip4_usable(p))) {
		if (!ip4_restricted(p) || p->n4 == 0 || !loop4_is_private(p))
			return 0;
		ip6_map(addr, p->loop4);
		if (any4)
			return BPF_WILD_4;
		return BPF_WILD_ASKED_6 | BPF_WILD_4 | (loop6_is_private(p) ? BPF_WILD_6 : 0);
	}
	if (!loop6_is_private(p))
		return 0;
	ip6_copy(addr, p->loop6);
	return BPF_WILD_ASKED_6 | BPF_WILD_6;
}

enum port_verdict {
	PORT_ORDINARY, /* the kernel decides by its own rule */
	PORT_GRANTED,  /* below 1024, and the caller is root of this jail */
	PORT_REFUSED,  /* EACCES, as FreeBSD's in_pcbbind says it */
};

/* may_low: the caller has CAP_NET_BIND_SERVICE in the jail's own user namespace. */
DECIDE enum port_verdict
decide_port(const struct bpf_prison *p, __u16 port, bool may_low)
{
	if (port == 0 || port >= 1024)
		return PORT_ORDINARY;
	if ((p->flags & BPF_PRISON_RESERVED_PORTS) == 0)
		return PORT_REFUSED;
	return may_low ? PORT_GRANTED : PORT_ORDINARY;
}

#endif
