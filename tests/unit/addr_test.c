/* The rules of addresses: order, limits, subsets, clashes, and the words of an alias. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"
#include "prison/addr.h"
#include "prison/api.h"
#include "unit.h"

/* The list as stored, or the sentence of the error. */
static char *
stored(int family, const char *text)
{
	cleanup_addr_list struct addr_list l = {0};
	struct err e = {0};
	int r = addr_list_parse(family, family == AF_INET ? "ip4.addr" : "ip6.addr", text, &l, &e);

	if (r < 0) {
		CHECK_INT(r, -e.num);
		return strdup(e.text);
	}
	CHECK_INT(r, 0);
	CHECK_INT(e.num, 0);
	return addr_list_print(family, &l);
}

#define CHECK_STORED(family, text, want)                      \
	do {                                                  \
		cleanup_free char *s_ = stored(family, text); \
		CHECK_STR(s_, want);                          \
	} while (0)

static void
test_lists(void)
{
	CHECK_STORED(AF_INET, "", "");
	CHECK_STORED(AF_INET, "-", "");
	CHECK_STORED(AF_INET, "10.0.0.9", "10.0.0.9");
	/* The first stays first, the others are sorted as numbers, not as text. */
	CHECK_STORED(AF_INET, "10.0.0.9,10.0.0.100,10.0.0.20,9.255.0.1",
	    "10.0.0.9,9.255.0.1,10.0.0.20,10.0.0.100");
	CHECK_STORED(
	    AF_INET6, "2001:db8::2,fe80::1,2001:DB8:0::1", "2001:db8::2,2001:db8::1,fe80::1");
	CHECK_STORED(
	    AF_INET, "10.0.0.1,10.0.0.1", "ip4.addr: 10.0.0.1 is there twice: Invalid argument");
	CHECK_STORED(AF_INET, "10.0.0.3,10.0.0.2,10.0.0.1,10.0.0.2",
	    "ip4.addr: 10.0.0.2 is there twice: Invalid argument");
	CHECK_STORED(AF_INET, "10.0.0.3,10.0.0.1,10.0.0.3",
	    "ip4.addr: 10.0.0.3 is there twice: Invalid argument");
	CHECK_STORED(AF_INET6, "::1,0::1", "ip6.addr: ::1 is there twice: Invalid argument");
	CHECK_STORED(AF_INET, "0.0.0.0",
	    "ip4.addr: 0.0.0.0 is the any-address, which no jail can own: Invalid argument");
	CHECK_STORED(AF_INET, "10.0.0.1,255.255.255.255",
	    "ip4.addr: 255.255.255.255 is the broadcast address, which no jail can own: Invalid "
	    "argument");
	CHECK_STORED(AF_INET6,
	    "::", "ip6.addr: :: is the any-address, which no jail can own: Invalid argument");
	CHECK_STORED(AF_INET6, "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff",
	    "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff");
	CHECK_STORED(AF_INET, "10.0.0.1,", "ip4.addr: not an IPv4 address: ");
	CHECK_STORED(AF_INET, "10.0.0", "ip4.addr: not an IPv4 address: 10.0.0");
	CHECK_STORED(AF_INET, " 10.0.0.1", "ip4.addr: not an IPv4 address:  10.0.0.1");
	CHECK_STORED(AF_INET, "10.0.0.1/24", "ip4.addr: not an IPv4 address: 10.0.0.1/24");
	CHECK_STORED(AF_INET, "::1", "ip4.addr: not an IPv4 address: ::1");
	CHECK_STORED(AF_INET6, "10.0.0.1", "ip6.addr: not an IPv6 address: 10.0.0.1");
}

static void
test_limit(void)
{
	cleanup_str struct str many = STR_EMPTY;
	cleanup_addr_list struct addr_list l = {0};
	struct err e = {0};

	for (int i = 0; i < ADDR_LIST_MAX; i++)
		CHECK_INT(str_addf(&many, "%s10.0.%d.1", i ? "," : "", i), 0);
	CHECK_INT(addr_list_parse(AF_INET, "ip4.addr", str_get(&many), &l, &e), 0);
	CHECK_INT(l.n, 255);
	CHECK_INT(str_add(&many, ",10.1.0.1"), 0);
	CHECK_STORED(AF_INET, str_get(&many), "too many IPv4 addresses");
	/* The array form has the limit too. */
	CHECK_INT(addr_list_set(AF_INET6, "ip6.addr", NULL, 256, &l, &e), -EINVAL);
	CHECK_STR(e.text, "too many IPv6 addresses");
}

static struct addr_list
list4(const char *text)
{
	struct addr_list l = {0};

	CHECK_INT(addr_list_parse(AF_INET, "ip4.addr", text, &l, NULL), 0);
	return l;
}

static void
test_subset(void)
{
	cleanup_addr_list struct addr_list parent = list4("10.0.0.9,10.0.0.1,10.0.0.5");
	cleanup_addr_list struct addr_list in = list4("10.0.0.5,10.0.0.9");
	cleanup_addr_list struct addr_list out = list4("10.0.0.2,10.0.0.5,10.0.0.9");
	cleanup_addr_list struct addr_list none = list4("");
	cleanup_free char *left = NULL;
	struct err e = {0};

	CHECK(addr_list_subset(&in, &parent));
	CHECK(addr_list_subset(&none, &parent));
	CHECK(addr_list_subset(&none, &none));
	CHECK(!addr_list_subset(&in, &none));
	CHECK(!addr_list_subset(&out, &parent));
	CHECK_INT(addr_list_check_parent(AF_INET, "ip4.addr", &in, &parent, &e), 0);
	CHECK_INT(addr_list_check_parent(AF_INET, "ip4.addr", &out, &parent, &e), -EPERM);
	CHECK_STR(e.text,
	    "ip4.addr: 10.0.0.2 is not an address of the parent jail: Operation not permitted");
	CHECK(!addr_list_restrict(&in, &parent));
	CHECK(addr_list_restrict(&out, &parent));
	left = addr_list_print(AF_INET, &out);
	CHECK_STR(left, "10.0.0.5,10.0.0.9");
	CHECK(addr_list_restrict(&out, &none));
	CHECK_INT(out.n, 0);
}

static void
test_overlap(void)
{
	cleanup_addr_list struct addr_list one = list4("10.0.0.1");
	cleanup_addr_list struct addr_list two = list4("10.0.0.1,10.0.0.2");
	cleanup_addr_list struct addr_list other = list4("10.0.0.3,10.0.0.4");
	cleanup_addr_list struct addr_list deep = list4("10.0.0.4,10.0.0.7");
	struct addr_list empty = {0};
	struct err e = {0};
	struct addr_jail all[] = {
	    {.jid = 1, .restricted = true, .list = &one},
	    {.jid = 2, .restricted = true, .list = &other},
	    {.jid = 3}, /* inherits the host's */
	    {.jid = 4, .parent = 3, .restricted = true, .list = &deep},
	    {.jid = 5, .vnet = true},
	    {.jid = 6, .parent = 5, .restricted = true, .list = &two},
	    {.jid = 7, .restricted = true, .dying = true, .list = &two},
	    {.jid = 8, .restricted = true, .list = NULL},
	    {.jid = 9, .parent = 2, .restricted = true, .list = &one},
	};
	size_t n = ARRAY_SIZE(all);

#define CLASH(jid, parent, list) \
	(addr_overlap(AF_INET, all, n, jid, parent, list, &e) == -EADDRINUSE)
	CHECK_INT(addr_overlap(AF_INET, all, n, 0, 0, &empty, &e), 0);
	CHECK(!CLASH(0, 0, &one)); /* one and one may share */
	CHECK(CLASH(0, 0, &two));
	CHECK_STR(e.text, "IPv4 addresses clash");
	CHECK_INT(addr_overlap(AF_INET6, all, 0, 0, 0, &two, &e), 0);
	CHECK(!CLASH(1, 0, &two)); /* itself is no clash; 6, 7, 9 are not looked at */
	CHECK(CLASH(0, 0, &deep)); /* through jail 3, which inherits, with 4; and with 2 */
	CHECK(CLASH(2, 0, &deep));
	all[3].dying = true;
	CHECK(!CLASH(2, 0, &deep));
	all[3].dying = false;
	/* Below a stack of its own only those of that stack count. */
	CHECK(CLASH(0, 5, &two));
	CHECK(CLASH(0, 5, &one)); /* 6 has two */
	CHECK(!CLASH(0, 5, &other));
	CHECK(!CLASH(6, 5, &two));
	/* A child of a jail with two addresses: its parent is no exception. */
	CHECK(CLASH(0, 2, &other));
	CHECK(!CLASH(0, 1, &one));
	/* Records torn into a circle end too. */
	all[2].parent = 4;
	CHECK(!CLASH(0, 4, &deep) || e.num == EADDRINUSE);
#undef CLASH
}

static char *
alias(int family, const char *address, int prefixlen, const char *extra)
{
	struct gaol_alias a = {
	    .family = family,
	    .ifname = "em0",
	    .address = address,
	    .prefixlen = prefixlen,
	    .extra = extra,
	};
	struct err e = {0};
	char text[32];
	int r = addr_alias_check(&a, &e);

	if (r < 0) {
		CHECK_INT(r, -e.num);
		return strdup(e.text);
	}
	(void)snprintf(text, sizeof(text), "/%d", r);
	return strdup(text);
}

#define CHECK_ALIAS(family, address, prefixlen, extra, want)                      \
	do {                                                                      \
		cleanup_free char *s_ = alias(family, address, prefixlen, extra); \
		CHECK_STR(s_, want);                                              \
	} while (0)

static void
test_words(void)
{
	CHECK_ALIAS(AF_INET, "10.0.0.1", -1, NULL, "/32");
	CHECK_ALIAS(AF_INET, "10.0.0.1", 0, NULL, "/0");
	CHECK_ALIAS(AF_INET6, "2001:db8::1", -1, "", "/128");
	CHECK_ALIAS(AF_INET, "10.0.0.1", 33, NULL, "10.0.0.1: /33 is no prefix length");
	CHECK_ALIAS(AF_INET, "10.0.0.1/8", -1, NULL, "not an IPv4 address: 10.0.0.1/8");
	CHECK_ALIAS(AF_INET6, "x", -1, NULL, "not an IPv6 address: x");
	CHECK_ALIAS(AF_INET, "10.0.0.1", -1, " netmask  255.255.255.0\talias ", "/24");
	CHECK_ALIAS(AF_INET, "10.0.0.1", 8, "netmask 0xfffffff0 broadcast 10.0.0.15 up", "/28");
	CHECK_ALIAS(AF_INET, "10.0.0.1", -1, "netmask 0xffffffff", "/32");
	CHECK_ALIAS(AF_INET, "10.0.0.1", -1, "netmask 0.0.0.0", "/0");
	CHECK_ALIAS(AF_INET, "10.0.0.1", -1, "netmask 255.0.255.0",
	    "10.0.0.1: netmask 255.0.255.0: a netmask must be ones followed by zeros");
	CHECK_ALIAS(AF_INET, "10.0.0.1", -1, "netmask 0x1ffffffff",
	    "10.0.0.1: netmask 0x1ffffffff: bad netmask");
	CHECK_ALIAS(AF_INET, "10.0.0.1", -1, "netmask 0x-1", "10.0.0.1: netmask 0x-1: bad netmask");
	CHECK_ALIAS(AF_INET, "10.0.0.1", -1, "netmask", "10.0.0.1: netmask: its value is missing");
	CHECK_ALIAS(AF_INET, "10.0.0.1", -1, "vhid 3",
	    "10.0.0.1: vhid: not something that an inet address can have on Linux");
	CHECK_ALIAS(AF_INET6, "::2", -1, "netmask 255.0.0.0",
	    "::2: netmask: not something that an inet6 address can have on Linux");
	CHECK_ALIAS(AF_INET, "10.0.0.1", -1, "10.0.0.2", "/32");
	CHECK_ALIAS(AF_INET, "10.0.0.1", -1, "up 10.0.0.2",
	    "10.0.0.1: 10.0.0.2: not something that an inet address can have on Linux");
	CHECK_ALIAS(AF_INET, "10.0.0.1", -1, "peer 10.0.0.2/30", "/30");
	CHECK_ALIAS(AF_INET, "10.0.0.1", -1, "peer 10.0.0.2/x",
	    "10.0.0.1: peer 10.0.0.2/x: bad prefix length");
	CHECK_ALIAS(
	    AF_INET6, "::2", -1, "peer 10.0.0.1", "::2: peer 10.0.0.1: not an IPv6 address");
	CHECK_ALIAS(AF_INET6, "::2", -1, "prefixlen 64 nodad deprecated", "/64");
	CHECK_ALIAS(AF_INET6, "::2", -1, "prefixlen 129", "::2: prefixlen 129: bad prefix length");
	CHECK_ALIAS(AF_INET6, "::2", -1, "vltime 60 pltime 30", "/128");
	CHECK_ALIAS(AF_INET6, "::2", -1, "vltime 60", "/128");
	CHECK_ALIAS(
	    AF_INET6, "::2", -1, "pltime 61 vltime 60", "::2: pltime is longer than vltime");
	CHECK_ALIAS(AF_INET6, "::2", -1, "vltime 0 pltime 0",
	    "::2: vltime 0 would take the address off at once");
	CHECK_ALIAS(AF_INET6, "::2", -1, "pltime -1", "::2: pltime -1: not a number of seconds");
	CHECK_ALIAS(AF_INET, "10.0.0.1", -1, "label em0:a scope link metric 7", "/32");
	CHECK_ALIAS(AF_INET, "10.0.0.1", -1, "label em0:much-too-long",
	    "10.0.0.1: label em0:much-too-long: a label has at most 15 characters");
	CHECK_ALIAS(AF_INET, "10.0.0.1", -1, "scope nowhere",
	    "10.0.0.1: scope nowhere: not one of global, site, link, host, 0 to 254");
	CHECK_ALIAS(AF_INET, "10.0.0.1", -1, "broadcast all",
	    "10.0.0.1: broadcast all: not an IPv4 address");
}

int
main(void)
{
	test_lists();
	test_limit();
	test_subset();
	test_overlap();
	test_words();
	return UNIT_DONE();
}
