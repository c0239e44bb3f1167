/* Sockets of the network namespace that have an address, by sock_diag(7). */
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/nl_priv.h"

#ifndef INET_DIAG_CGROUP_ID
/* Linux 5.9. */
#define INET_DIAG_CGROUP_ID 21
#endif

struct victim {
	struct inet_diag_sockid id;
	uint8_t family;
};

struct search {
	const uint8_t *address; /* as the dumped family has it */
	size_t len;
	bool (*wanted)(uint64_t cgroup, void *arg);
	void *arg;
	struct victim *v;
	size_t n, size;
};

static int
push(struct search *s, const struct inet_diag_msg *m)
{
	if (s->n == s->size) {
		size_t size = s->size != 0 ? s->size * 2 : 16;
		struct victim *p = reallocarray(s->v, size, sizeof(*p));

		if (p == NULL)
			return -ENOMEM;
		s->v = p;
		s->size = size;
	}
	s->v[s->n++] = (struct victim){.id = m->id, .family = m->idiag_family};
	return 0;
}

static int
look(const struct nlmsghdr *nlh, void *arg)
{
	const struct inet_diag_msg *m = nlmsg_data(nlh);
	struct search *s = arg;
	const struct nlattr *a;
	uint64_t cgroup = 0;

	if (nlh->nlmsg_type != SOCK_DIAG_BY_FAMILY || nlmsg_data_len(nlh) < sizeof(*m) ||
	    memcmp(m->id.idiag_src, s->address, s->len) != 0)
		return 0;
	nlattr_for_each(a, nlh, sizeof(*m))
	{
		if (nlattr_type(a) == INET_DIAG_CGROUP_ID && nlattr_len(a) == sizeof(cgroup))
			memcpy(&cgroup, nlattr_data(a), sizeof(cgroup));
	}
	return cgroup != 0 && s->wanted(cgroup, s->arg) ? push(s, m) : 0;
}

static void
restart(void *arg)
{
	struct search *s = arg;

	s->n = 0;
}

static struct inet_diag_req_v2 *
request(struct nl_request *q, uint16_t type, int family, int protocol)
{
	struct nlmsghdr *nlh = nl_request_init(q, type, 0);
	struct inet_diag_req_v2 *req = nlmsg_put(nlh, sizeof(*req));

	req->sdiag_family = (uint8_t)family;
	req->sdiag_protocol = (uint8_t)protocol;
	req->idiag_states = ~0u;
	return req;
}

static int
destroy(struct nl *nl, struct search *s, int family, int protocol, struct err *e)
{
	struct nl_request q;
	int r;

	(void)request(&q, SOCK_DIAG_BY_FAMILY, family, protocol);
	r = nl_dump(nl, &q.hdr, look, restart, s, e);
	for (size_t i = 0; i < s->n && r >= 0; i++) {
		request(&q, SOCK_DESTROY, s->v[i].family, protocol)->id = s->v[i].id;
		r = nl_talk(nl, &q.hdr, NULL, NULL, e);
		/* Gone by itself. */
		if (r == -ENOENT)
			r = 0;
	}
	s->n = 0;
	return r < 0 ? r : 0;
}

int
nl_sockets_destroy(int family, const void *address, bool (*wanted)(uint64_t cgroup, void *arg),
    void *arg, struct err *e)
{
	static const int protocols[] = {IPPROTO_TCP, IPPROTO_UDP};
	uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff};
	struct search s = {.wanted = wanted, .arg = arg};
	cleanup_nl struct nl *nl = NULL;
	int r = nl_open_protocol(NETLINK_SOCK_DIAG, &nl, e);

	for (size_t i = 0; i < ARRAY_SIZE(protocols) && r >= 0; i++) {
		s.address = address;
		s.len = family == AF_INET ? 4 : 16;
		r = destroy(nl, &s, family, protocols[i], e);
		if (r < 0 || family != AF_INET)
			continue;
		/* A socket of IPv6 may have it, too. */
		memcpy(mapped + 12, address, 4);
		s.address = mapped;
		s.len = sizeof(mapped);
		r = destroy(nl, &s, AF_INET6, protocols[i], e);
	}
	free(s.v);
	return r < 0 ? r : 0;
}
