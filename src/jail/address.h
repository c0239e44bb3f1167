/*
 * One element of ip4.addr or ip6.addr: [IFACE|]ADDR[/MASK][ words].  Pure.
 * Source: reference of jail(8), 3.3 and 4.9.
 */
#ifndef GAOL_JAIL_ADDRESS_H
#define GAOL_JAIL_ADDRESS_H

#include "base/err.h"

struct address {
	char *ifname;  /* NULL: not given */
	char *literal; /* never NULL; may be empty */
	char *mask;    /* as written, or NULL */
	char *extra;   /* what follows for the interface ("broadcast 10.0.0.255"), or NULL */
};

/* -ENOMEM only: what the pieces mean is judged by those who use them. */
int address_split(const char *text, struct address *ret);

void address_done(struct address *a);

/*
 * The mask as a prefix length; NULL is -1 (the whole address).  family AF_INET
 * (a number or a dotted quad) or AF_INET6 (a number).
 */
int address_prefixlen(int family, const struct address *a, int *ret, struct err *e);

#endif
