#include "prison/loopback.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "bpf/bpf.h"
#include "prison/policy.h"

static void
fill(const struct in6_addr *a, struct loopback *ret)
{
	(void)inet_ntop(AF_INET6, a, ret->address, sizeof(ret->address));
	/* Deprecated: the host never chooses it as the source of its own packets. */
	ret->alias = (struct gaol_alias){.family = AF_INET6,
	    .ifname = "lo",
	    .address = ret->address,
	    .prefixlen = 128,
	    .extra = "deprecated"};
	(void)snprintf(ret->line, sizeof(ret->line), "alias inet6 %s 128 lo", ret->address);
}

bool
loopback_of(const struct record *rec, struct loopback *ret)
{
	struct in6_addr a;

	if (!policy_loop6(rec, &a))
		return false;
	fill(&a, ret);
	return true;
}

bool
loopback_is_line(const struct record *rec, const char *line)
{
	struct bpf_prison p = {0};
	struct loopback own;
	struct in6_addr a;

	bpf_loop_standins((uint32_t)rec->jid, &p);
	memcpy(&a, p.loop6, sizeof(a));
	fill(&a, &own);
	return strcmp(line, own.line) == 0;
}
