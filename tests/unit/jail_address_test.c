/* [IFACE|]ADDR[/MASK][ words], and masks as prefix lengths. */
#include "jail/address.h"

#include <sys/socket.h>

#include "base/cleanup.h"
#include "unit.h"

static const struct row {
	int af;
	const char *text;
	const char *ifname, *literal, *mask, *extra;
	int prefixlen; /* -2: an error */
} rows[] = {
    {AF_INET, "10.0.0.1", NULL, "10.0.0.1", NULL, NULL, -1},
    {AF_INET, "em0|10.0.0.1", "em0", "10.0.0.1", NULL, NULL, -1},
    {AF_INET, "em0|10.0.0.1/24", "em0", "10.0.0.1", "24", NULL, 24},
    {AF_INET, "10.0.0.1/0", NULL, "10.0.0.1", "0", NULL, 0},
    {AF_INET, "10.0.0.1/255.255.255.0", NULL, "10.0.0.1", "255.255.255.0", NULL, 24},
    {AF_INET, "10.0.0.1/255.255.255.255", NULL, "10.0.0.1", "255.255.255.255", NULL, 32},
    {AF_INET, "10.0.0.1/0.0.0.0", NULL, "10.0.0.1", "0.0.0.0", NULL, 0},
    {AF_INET, "10.0.0.1/255.0.255.0", NULL, "10.0.0.1", "255.0.255.0", NULL, -2},
    {AF_INET, "10.0.0.1/33", NULL, "10.0.0.1", "33", NULL, -2},
    {AF_INET, "10.0.0.1/", NULL, "10.0.0.1", "", NULL, -2},
    {AF_INET, "10.0.0.1/x", NULL, "10.0.0.1", "x", NULL, -2},
    {AF_INET, "em0|10.0.0.1/24 broadcast 10.0.0.255", "em0", "10.0.0.1", "24",
	"broadcast 10.0.0.255", 24},
    {AF_INET, "10.0.0.1  mtu 9000", NULL, "10.0.0.1", NULL, "mtu 9000", -1},
    /* A slash among the words is theirs. */
    {AF_INET, "10.0.0.1 x/y", NULL, "10.0.0.1", NULL, "x/y", -1},
    {AF_INET, "|10.0.0.1", "", "10.0.0.1", NULL, NULL, -1},
    {AF_INET, "", NULL, "", NULL, NULL, -1},
    {AF_INET6, "fe80::1%em0/64", NULL, "fe80::1%em0", "64", NULL, 64},
    {AF_INET6, "em0|2001:db8::1/128 anycast", "em0", "2001:db8::1", "128", "anycast", 128},
    {AF_INET6, "2001:db8::1/129", NULL, "2001:db8::1", "129", NULL, -2},
    {AF_INET6, "2001:db8::1/255.0.0.0", NULL, "2001:db8::1", "255.0.0.0", NULL, -2},
    {AF_INET6, "2001:db8::1", NULL, "2001:db8::1", NULL, NULL, -1},
};

int
main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const struct row *row = &rows[i];
		struct address a = {0};
		struct err e = {0};
		int prefixlen = -3;

		CHECK_INT(address_split(row->text, &a), 0);
		CHECK_STR(a.ifname, row->ifname);
		CHECK_STR(a.literal, row->literal);
		CHECK_STR(a.mask, row->mask);
		CHECK_STR(a.extra, row->extra);
		if (address_prefixlen(row->af, &a, &prefixlen, &e) < 0) {
			CHECK_INT(prefixlen, -3); /* an output is untouched by failure */
			CHECK(e.text[0] != '\0');
			prefixlen = -2;
		}
		CHECK_INT(prefixlen, row->prefixlen);
		address_done(&a);
	}
	return UNIT_DONE();
}
