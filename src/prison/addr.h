/*
 * The addresses of jails: the pure rules of FreeBSD's kern_jail.c (order, limits,
 * subsets, clashes), and the aliases that are put on the host's interfaces.
 */
#ifndef GAOL_PRISON_ADDR_H
#define GAOL_PRISON_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct gaol_alias; /* prison/api.h */

/* ---- lists: pure ---------------------------------------------------------------- */

#define ADDR_LIST_MAX 255 /* per family, as security.jail.jail_max_af_ips */

/* An address in network order; IPv4 uses the first four bytes, the rest is zero. */
struct addr {
	uint8_t b[16];
};

/* The addresses of one family: the primary one first, the rest in numerical order. */
struct addr_list {
	struct addr *a; /* malloc'ed */
	size_t n;
};

void addr_list_done(struct addr_list *l);
#define cleanup_addr_list __attribute__((cleanup(addr_list_done)))

/* True if text is an address of the family as inet_pton(3) reads it. */
bool addr_parse(int family, const char *text, struct addr *ret);
/* buf holds at least INET6_ADDRSTRLEN bytes; returns buf. */
const char *addr_print(int family, const struct addr *a, char *buf, size_t size);

/*
 * Reads "a,b,c" ("" and "-" are the empty list) into the form in which it is
 * stored.  param ("ip4.addr") is for the messages.  Errors: -EINVAL `P: not an
 * IPv4 address: X`, `too many IPv4 addresses`; duplicates, the any-address and
 * 255.255.255.255 with FreeBSD's bare "Invalid argument" after a word that names them.
 * On success what *ret held before is not freed.
 */
int addr_list_parse(
    int family, const char *param, const char *text, struct addr_list *ret, struct err *e);
/* The same from an array as jail_set(2) gets it. */
int addr_list_set(int family, const char *param, const struct addr *a, size_t n,
    struct addr_list *ret, struct err *e);
/* "a,b,c"; malloc'ed, NULL: no memory. */
char *addr_list_print(int family, const struct addr_list *l);

bool addr_list_has(const struct addr_list *l, const struct addr *a);
/* Every address of l is in `of`. */
bool addr_list_subset(const struct addr_list *l, const struct addr_list *of);
/* -EPERM with the address that a restricted parent does not have. */
int addr_list_check_parent(int family, const char *param, const struct addr_list *l,
    const struct addr_list *parent, struct err *e);
/*
 * Takes away what `of` does not have (a parent lost addresses), in place, order
 * kept.  Returns whether something went.  If the primary went, the next becomes it.
 */
bool addr_list_restrict(struct addr_list *l, const struct addr_list *of);

/* ---- clashes: pure -------------------------------------------------------------- */

/* One jail, as far as one family matters. */
struct addr_jail {
	int jid;
	int parent; /* jid, 0 = the host */
	bool vnet;  /* has a network stack of its own */
	bool dying;
	bool restricted;	      /* false: inherits its parent's addresses */
	const struct addr_list *list; /* of a restricted one; NULL = empty */
};

/*
 * May jail `jid` (0: one that is not among `all` yet) below `parent` have the
 * list?  -EADDRINUSE `IPv4 addresses clash`.  The rules are FreeBSD's: jails share
 * an address only if each has that one address of the family; jails below a
 * restricted one are not looked at; the restricted parent itself is no exception (one
 * with several addresses can lend none: whose would an incoming packet be?).
 */
int addr_overlap(int family, const struct addr_jail *all, size_t nall, int jid, int parent,
    const struct addr_list *list, struct err *e);

/* ---- aliases -------------------------------------------------------------------- */

/*
 * An alias (struct gaol_alias) is one address on one interface of the network namespace
 * in which the caller is.  Its `extra` holds ifconfig(8)'s further words: netmask,
 * broadcast, prefixlen, alias, add, up, pltime, vltime, deprecated, metric, and for
 * Linux peer, label, scope, nodad, noprefixroute.  Others are refused by name.
 */

/*
 * Pure: reads all of the alias.  Returns the prefix length that it will have on the
 * interface (`netmask` in extra wins over prefixlen): this is what goes into the
 * ledger and later to addr_alias_del.  -EINVAL with the sentence.
 */
int addr_alias_check(const struct gaol_alias *a, struct err *e);

/*
 * 1 if the very address is on that interface now, else 0.  To be asked before the ledger
 * says that an alias will be made: what was there must not be in it even for a moment,
 * or a sweep after a crash would take away what is not ours.
 */
int addr_alias_there(const struct gaol_alias *a, struct err *e);

/*
 * Puts the address on; IPv6 without duplicate address detection.  *ret_was_there:
 * the very address was on that interface already; it stays as it was, and the
 * caller leaves it there at the end.  -ENODEV: `interface vtnet9 does not exist`.
 */
int addr_alias_add(const struct gaol_alias *a, bool *ret_was_there, struct err *e);

/*
 * Takes it off.  Its siblings of the same subnet stay, with all their attributes,
 * and so do routes that hung on them (where promote_secondaries is 0 the kernel
 * drops both).  Not an error: the address or the interface is gone.  prefixlen as
 * addr_alias_check returned it.
 */
int addr_alias_del(
    const char *ifname, int family, const char *address, int prefixlen, struct err *e);

#endif
