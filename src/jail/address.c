#include "jail/address.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/num.h"

#define BLANKS " \t\n\r\v\f"

static char *
copy_range(const char *s, size_t n)
{
	return strndup(s, n);
}

int
address_split(const char *text, struct address *ret)
{
	struct address a = {0};
	const char *bar = strchr(text, '|');
	const char *literal = bar != NULL ? bar + 1 : text;
	size_t word = strcspn(literal, BLANKS);
	const char *slash = memchr(literal, '/', word);
	const char *extra = literal + word + strspn(literal + word, BLANKS);
	bool full = false;

	if (bar != NULL) {
		a.ifname = copy_range(text, (size_t)(bar - text));
		full |= a.ifname == NULL;
	}
	a.literal = copy_range(literal, slash != NULL ? (size_t)(slash - literal) : word);
	full |= a.literal == NULL;
	if (slash != NULL) {
		a.mask = copy_range(slash + 1, word - (size_t)(slash + 1 - literal));
		full |= a.mask == NULL;
	}
	if (*extra != '\0') {
		a.extra = strdup(extra);
		full |= a.extra == NULL;
	}
	if (full) {
		address_done(&a);
		return -ENOMEM;
	}
	*ret = a;
	return 0;
}

void
address_done(struct address *a)
{
	free(a->ifname);
	free(a->literal);
	free(a->mask);
	free(a->extra);
	*a = (struct address){0};
}

/* 255.255.255.0 is 24; -1 for one with holes. */
static int
netmask_length(uint32_t mask)
{
	uint32_t host = ~mask;

	return (host & (host + 1)) == 0 ? 32 - __builtin_popcount(host) : -1;
}

int
address_prefixlen(int family, const struct address *a, int *ret, struct err *e)
{
	const char *name = family == AF_INET ? "ip4.addr" : "ip6.addr";
	struct in_addr quad;
	uint64_t number;
	int length;

	if (a->mask == NULL) {
		*ret = -1;
		return 0;
	}
	if (num_parse_u64(a->mask, family == AF_INET ? 32 : 128, &number) == 0) {
		*ret = (int)number;
		return 0;
	}
	if (family != AF_INET || inet_pton(AF_INET, a->mask, &quad) != 1)
		return err_set(e, EINVAL, "%s: %s/%s: not a prefix length or netmask", name,
		    a->literal, a->mask);
	length = netmask_length(ntohl(quad.s_addr));
	if (length < 0)
		return err_set(e, EINVAL,
		    "%s: %s/%s: a netmask with holes, which Linux does not have", name, a->literal,
		    a->mask);
	*ret = length;
	return 0;
}
