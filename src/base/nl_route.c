/* Routes kept and put back, and the exchange of addresses in one datagram. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/nl_priv.h"

/* ---- reading ---- */

struct route_dump {
	int family;
	struct nl_route *r;
	size_t n, size;
};

/* Dead and linkdown are reports of the kernel, which it refuses to be told. */
static void
clear_nexthop_state(struct nlattr *multipath)
{
	char *p = (char *)multipath + NLA_HDRLEN;
	size_t left = nlattr_len(multipath);

	while (left >= sizeof(struct rtnexthop)) {
		struct rtnexthop nh;

		memcpy(&nh, p, sizeof(nh));
		if (nh.rtnh_len < sizeof(nh) || (size_t)nlmsg_align(nh.rtnh_len) > left)
			return;
		nh.rtnh_flags &= (unsigned char)~(RTNH_F_DEAD | RTNH_F_LINKDOWN);
		memcpy(p, &nh, sizeof(nh));
		p += nlmsg_align(nh.rtnh_len);
		left -= (size_t)nlmsg_align(nh.rtnh_len);
	}
}

static bool
names_nexthop(uint16_t type)
{
	return type == RTA_OIF || type == RTA_GATEWAY || type == RTA_VIA || type == RTA_MULTIPATH;
}

/* The message as the kernel takes it back. */
static struct nlmsghdr *
route_copy(const struct nlmsghdr *from, bool has_nh_id)
{
	struct nlmsghdr *nlh = calloc(1, from->nlmsg_len + NLMSG_ALIGNTO);
	const struct nlattr *a;
	struct rtmsg *rtm;

	if (nlh == NULL)
		return NULL;
	nlh = nlmsg_begin(nlh);
	nlh->nlmsg_type = RTM_NEWROUTE;
	rtm = nlmsg_put(nlh, sizeof(*rtm));
	memcpy(rtm, nlmsg_data(from), sizeof(*rtm));
	rtm->rtm_flags &= RTNH_F_ONLINK | RTNH_F_PERVASIVE;
	nlattr_for_each(a, from, sizeof(*rtm))
	{
		uint16_t type = nlattr_type(a);
		struct nlattr *copy;

		/* With a nexthop object the kernel lists its hops too, and refuses both. */
		if (type == RTA_CACHEINFO || (has_nh_id && names_nexthop(type)))
			continue;
		copy = nlmsg_tail(nlh);
		(void)nlattr_put(nlh, a->nla_type, nlattr_len(a), nlattr_data(a));
		if (type == RTA_MULTIPATH)
			clear_nexthop_state(copy);
	}
	return nlh;
}

static int
route_data(const struct nlmsghdr *nlh, void *arg)
{
	const struct rtmsg *rtm = nlmsg_data(nlh);
	struct route_dump *d = arg;
	struct nl_route r = {0};
	const struct nlattr *a;
	bool has_nh_id = false;

	if (nlh->nlmsg_type != RTM_NEWROUTE)
		return 0;
	if (nlmsg_data_len(nlh) < sizeof(*rtm))
		return -EBADMSG;
	if (rtm->rtm_family != d->family || (rtm->rtm_flags & RTM_F_CLONED))
		return 0;
	r.protocol = rtm->rtm_protocol;
	r.scope = rtm->rtm_scope;
	nlattr_for_each(a, nlh, sizeof(*rtm))
	{
		size_t len = nlattr_len(a);

		switch (nlattr_type(a)) {
		case RTA_OIF:
			if (len != 4)
				return -EBADMSG;
			memcpy(&r.oif, nlattr_data(a), 4);
			break;
		case RTA_MULTIPATH:
			r.multipath = true;
			break;
		case RTA_NH_ID:
			has_nh_id = true;
			break;
		case RTA_PREFSRC:
			if (len > sizeof(r.prefsrc))
				return -EBADMSG;
			r.has_prefsrc = true;
			memcpy(r.prefsrc, nlattr_data(a), len);
			break;
		}
	}
	if (d->n == d->size) {
		size_t size = d->size ? d->size * 2 : 32;
		struct nl_route *p = reallocarray(d->r, size, sizeof(*p));

		if (p == NULL)
			return -ENOMEM;
		d->r = p;
		d->size = size;
	}
	r.msg = route_copy(nlh, has_nh_id);
	if (r.msg == NULL)
		return -ENOMEM;
	d->r[d->n++] = r;
	return 0;
}

static void
route_restart(void *arg)
{
	struct route_dump *d = arg;

	while (d->n > 0)
		free(d->r[--d->n].msg);
}

/* A gateway must be reachable when its route is added: the near ones go first. */
static int
by_scope(const void *a, const void *b)
{
	const struct nl_route *ra = a, *rb = b;

	return (ra->scope < rb->scope) - (ra->scope > rb->scope);
}

int
nl_route_list(struct nl *nl, int family, struct nl_route **ret, size_t *ret_n, struct err *e)
{
	struct nl_request q;
	struct nlmsghdr *nlh = nl_request_init(&q, RTM_GETROUTE, 0);
	struct rtmsg *rtm = nlmsg_put(nlh, sizeof(*rtm));
	struct route_dump d = {.family = family};
	int r;

	rtm->rtm_family = (unsigned char)family;
	r = nl_dump(nl, nlh, route_data, route_restart, &d, e);
	if (r < 0) {
		nl_routes_free(d.r, d.n);
		return r;
	}
	if (d.n > 1)
		qsort(d.r, d.n, sizeof(d.r[0]), by_scope);
	*ret = d.r;
	*ret_n = d.n;
	return 0;
}

void
nl_routes_free(struct nl_route *routes, size_t n)
{
	for (size_t i = 0; i < n; i++)
		free(routes[i].msg);
	free(routes);
}

/* ---- exchanging ---- */

struct swap {
	uint32_t first, last; /* sequence numbers: the deletion, and the last message */
	int deleted;	      /* answer to the deletion */
	unsigned failed;
	struct nl_addr *gone;
	size_t ngone, size;
};

static int
swap_gone(struct swap *s, const struct nlmsghdr *nlh, const struct nl_addr *del)
{
	struct nl_addr a;
	int r = nl_addr_read(nlh, &a);

	if (r < 0)
		return r;
	if (a.index == del->index && a.prefixlen == del->prefixlen &&
	    memcmp(a.local, del->local, sizeof(a.local)) == 0 &&
	    memcmp(a.address, del->address, sizeof(a.address)) == 0)
		return 0;
	if (s->ngone == s->size) {
		size_t size = s->size ? s->size * 2 : 16;
		struct nl_addr *p = reallocarray(s->gone, size, sizeof(*p));

		if (p == NULL)
			return -ENOMEM;
		s->gone = p;
		s->size = size;
	}
	s->gone[s->ngone++] = a;
	return 0;
}

/* Reads until the answer to the last message. */
static int
swap_answers(struct nl *nl, struct swap *s, const struct nl_addr *del, struct err *e)
{
	struct err other;

	for (;;) {
		ssize_t n = nl_recv(nl);
		const struct nlmsghdr *nlh;
		size_t len = n < 0 ? 0 : (size_t)n;
		int r;

		if (n < 0)
			return err_errno(e, (int)-n, "netlink");
		nlmsg_for_each(nlh, nl->buf, len)
		{
			uint32_t at = nlh->nlmsg_seq - s->first;

			if (nlh->nlmsg_pid != nl->port || at > s->last - s->first)
				continue;
			if (nlh->nlmsg_type == RTM_DELADDR && at == 0) {
				r = swap_gone(s, nlh, del);
				if (r < 0)
					return err_errno(e, -r, "netlink");
			}
			if (nlh->nlmsg_type != NLMSG_ERROR)
				continue;
			if (at == 0)
				s->deleted = nl_answer_error(nlh, e);
			else if (nl_answer_error(nlh, &other) < 0 && other.num != EEXIST)
				s->failed++;
			if (nlh->nlmsg_seq == s->last)
				return s->deleted;
		}
	}
}

/* All of the datagram; *ret_len is its length. */
static char *
swap_build(struct nl *nl, struct swap *s, const struct nl_addr *del, const struct nl_addr *back,
    size_t nback, const struct nl_route *routes, size_t nroutes, size_t *ret_len)
{
	size_t size = (nback + 1) * NL_ADDR_MSG_MAX, len = 0;
	struct nlmsghdr *nlh;
	char *buf;

	for (size_t i = 0; i < nroutes; i++)
		size += nlmsg_align(routes[i].msg->nlmsg_len);
	buf = calloc(1, size);
	if (buf == NULL)
		return NULL;
	nlh = nlmsg_begin(buf);
	nlh->nlmsg_type = RTM_DELADDR;
	/* ECHO: the kernel names each address that goes with this one. */
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK | NLM_F_ECHO;
	nlh->nlmsg_seq = s->first = s->last = nl->seq++;
	nl_addr_put(nlh, del, true);
	len += nlmsg_align(nlh->nlmsg_len);
	for (size_t i = 0; i < nback; i++) {
		nlh = nlmsg_begin(buf + len);
		nlh->nlmsg_type = RTM_NEWADDR;
		nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_EXCL;
		nlh->nlmsg_seq = s->last = nl->seq++;
		nl_addr_put(nlh, &back[i], false);
		len += nlmsg_align(nlh->nlmsg_len);
	}
	for (size_t i = 0; i < nroutes; i++) {
		memcpy(buf + len, routes[i].msg, routes[i].msg->nlmsg_len);
		nlh = (void *)(buf + len);
		/* APPEND and not EXCL: another route to the same place is no obstacle. */
		nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_APPEND;
		nlh->nlmsg_seq = s->last = nl->seq++;
		len += nlmsg_align(nlh->nlmsg_len);
	}
	/* Failures answer anyway; success only here, or thousands would flood the socket. */
	nlh->nlmsg_flags |= NLM_F_ACK;
	*ret_len = len;
	return buf;
}

int
nl_addr_swap(struct nl *nl, const struct nl_addr *del, const struct nl_addr *back, size_t nback,
    const struct nl_route *routes, size_t nroutes, struct nl_addr **ret_gone, size_t *ret_ngone,
    unsigned *ret_failed, struct err *e)
{
	struct swap s = {0};
	cleanup_free char *buf = NULL;
	size_t len;
	int r;

	buf = swap_build(nl, &s, del, back, nback, routes, nroutes, &len);
	if (buf == NULL)
		return err_errno(e, ENOMEM, "netlink");
	r = nl_send(nl, buf, len);
	if (r < 0)
		return err_errno(e, -r, "netlink: %zu bytes", len);
	r = swap_answers(nl, &s, del, e);
	if (r < 0) {
		free(s.gone);
		return r;
	}
	*ret_gone = s.gone;
	*ret_ngone = s.ngone;
	*ret_failed = s.failed;
	return 0;
}
