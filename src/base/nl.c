#include "base/nl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/nl_priv.h"

#ifndef IFA_PROTO
/* Linux 5.18; Debian 12's headers have it, older ones do not. */
#define IFA_PROTO 11
#endif

#define DUMP_TRIES 8

/* ---- the socket ---- */

static int
nl_setup(struct nl *nl)
{
	struct sockaddr_nl self = {.nl_family = AF_NETLINK};
	socklen_t len = sizeof(self);
	int fd = nl->sock, on = 1, big = 4 << 20;

	if (bind(fd, (struct sockaddr *)&self, sizeof(self)) < 0 ||
	    getsockname(fd, (struct sockaddr *)&self, &len) < 0)
		return -errno;
	nl->port = self.nl_pid;
	/* 1, as 0 is what unsolicited messages carry. */
	nl->seq = 1;
	/* Wishes: a kernel without them answers more coarsely, never wrongly. */
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(on));
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof(big));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big));
	/* Without strict checking a dump's filter is silently ignored. */
	if (setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &on, sizeof(on)) < 0)
		return -errno;
	return 0;
}

int
nl_open(struct nl **ret, struct err *e)
{
	return nl_open_protocol(NETLINK_ROUTE, ret, e);
}

int
nl_open_protocol(int protocol, struct nl **ret, struct err *e)
{
	struct nl *nl = calloc(1, sizeof(*nl));
	int r;

	if (nl == NULL)
		return err_errno(e, ENOMEM, "netlink");
	nl->sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
	if (nl->sock < 0) {
		r = err_errno(e, errno, "netlink: socket");
		free(nl);
		return r;
	}
	r = nl_setup(nl);
	if (r < 0) {
		r = err_errno(e, -r, "netlink: socket");
		nl_close(nl);
		return r;
	}
	*ret = nl;
	return 0;
}

int
nl_open_in(int netns_fd, struct nl **ret, struct err *e)
{
	cleanup_fd int here = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	int r;

	if (here < 0)
		return err_errno(e, errno, "/proc/thread-self/ns/net");
	if (setns(netns_fd, CLONE_NEWNET) < 0)
		return err_errno(e, errno, "cannot enter the network namespace");
	r = nl_open(ret, e);
	if (setns(here, CLONE_NEWNET) < 0) {
		int num = errno;

		if (r >= 0)
			nl_close(*ret);
		return err_errno(e, num, "cannot go back to the own network namespace");
	}
	return r;
}

void
nl_close(struct nl *nl)
{
	int saved = errno;

	if (nl == NULL)
		return;
	(void)close(nl->sock);
	free(nl);
	errno = saved;
}

struct nlmsghdr *
nl_request_init(struct nl_request *q, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *nlh;

	memset(q, 0, sizeof(*q));
	nlh = nlmsg_begin(q->buf);
	nlh->nlmsg_type = type;
	nlh->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	return nlh;
}

int
nl_send(struct nl *nl, const void *buf, size_t len)
{
	const struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};

	for (;;) {
		if (sendto(nl->sock, buf, len, 0, (const struct sockaddr *)&kernel,
			sizeof(kernel)) >= 0)
			return 0;
		if (errno != EINTR)
			return -errno;
	}
}

/* One datagram from the kernel into nl->buf; its length, or a negative errno. */
ssize_t
nl_recv(struct nl *nl)
{
	for (;;) {
		struct sockaddr_nl from = {0};
		struct iovec iov = {.iov_base = nl->buf, .iov_len = sizeof(nl->buf)};
		struct msghdr msg = {
		    .msg_name = &from,
		    .msg_namelen = sizeof(from),
		    .msg_iov = &iov,
		    .msg_iovlen = 1,
		};
		ssize_t n = recvmsg(nl->sock, &msg, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		/* Anybody may send to a netlink port: only the kernel is port 0. */
		if (msg.msg_namelen != sizeof(from) || from.nl_family != AF_NETLINK ||
		    from.nl_pid != 0)
			continue;
		if (msg.msg_flags & MSG_TRUNC)
			return -EMSGSIZE;
		return n;
	}
}

/* The kernel's own sentence behind an error answer, or NULL. */
static const char *
ext_ack_text(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *ne = nlmsg_data(nlh);
	size_t off = sizeof(*ne);
	const struct nlattr *attr;

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED)) {
		if (ne->msg.nlmsg_len < sizeof(ne->msg))
			return NULL;
		off += ne->msg.nlmsg_len - sizeof(ne->msg);
	}
	if (off > nlmsg_data_len(nlh))
		return NULL;
	nlattr_for_each(attr, nlh, nlmsg_align(off))
	{
		if (nlattr_type(attr) == NLMSGERR_ATTR_MSG && nlattr_str(attr) != NULL)
			return nlattr_str(attr);
	}
	return NULL;
}

/* 0 for an acknowledgement, else the error with the kernel's sentence in *e. */
int
nl_answer_error(const struct nlmsghdr *nlh, struct err *e)
{
	const struct nlmsgerr *ne = nlmsg_data(nlh);
	const char *text;

	if (nlmsg_data_len(nlh) < sizeof(*ne))
		return err_set(e, EBADMSG, "netlink: an answer that is too short");
	if (ne->error == 0)
		return 0;
	text = ext_ack_text(nlh);
	if (text == NULL)
		return err_set(e, -ne->error, "%s", strerror(-ne->error));
	return err_set(e, -ne->error, "%s (%s)", strerror(-ne->error), text);
}

static int
dump_end(const struct nlmsghdr *nlh, bool torn, int bad, struct err *e)
{
	int32_t num = 0;

	if (nlmsg_data_len(nlh) >= sizeof(num))
		memcpy(&num, nlmsg_data(nlh), sizeof(num));
	if (num < 0)
		return err_errno(e, -num, "netlink");
	return torn ? -EINTR : bad;
}

/*
 * Reads the answers to request `seq` until its end: the acknowledgement, or the end of the
 * dump.  -EINTR: the dump was torn by a change, take it again.
 */
static int
nl_answers(struct nl *nl, uint32_t seq, nl_data_fn fn, void *arg, struct err *e)
{
	bool torn = false;
	int bad = 0;

	for (;;) {
		ssize_t n = nl_recv(nl);
		const struct nlmsghdr *nlh;
		size_t len = n < 0 ? 0 : (size_t)n;

		if (n < 0)
			return err_errno(e, (int)-n, "netlink");
		nlmsg_for_each(nlh, nl->buf, len)
		{
			/* Left from a request given up before. */
			if (nlh->nlmsg_pid != nl->port || nlh->nlmsg_seq != seq)
				continue;
			if (nlh->nlmsg_flags & NLM_F_DUMP_INTR)
				torn = true;
			if (nlh->nlmsg_type == NLMSG_ERROR) {
				int r = nl_answer_error(nlh, e);

				return r < 0 ? r : bad;
			}
			if (nlh->nlmsg_type == NLMSG_DONE)
				return dump_end(nlh, torn, bad, e);
			if (nlh->nlmsg_type < NLMSG_MIN_TYPE || fn == NULL || bad < 0)
				continue;
			bad = fn(nlh, arg);
			if (bad < 0)
				(void)err_errno(e, -bad, "netlink");
		}
	}
}

int
nl_talk(struct nl *nl, struct nlmsghdr *nlh, nl_data_fn fn, void *arg, struct err *e)
{
	int r;

	nlh->nlmsg_flags |= NLM_F_ACK;
	nlh->nlmsg_seq = nl->seq++;
	r = nl_send(nl, nlh, nlh->nlmsg_len);
	if (r < 0)
		return err_errno(e, -r, "netlink");
	return nl_answers(nl, nlh->nlmsg_seq, fn, arg, e);
}

int
nl_talk_both(struct nl *nl, struct nlmsghdr *first, struct nlmsghdr *second, struct err *e)
{
	char buf[2 * sizeof(struct nl_request)] = {0};
	size_t at = nlmsg_align(first->nlmsg_len);
	int r;

	/* One number: the first speaks only if it fails, the second ends the answer. */
	first->nlmsg_seq = second->nlmsg_seq = nl->seq++;
	second->nlmsg_flags |= NLM_F_ACK;
	memcpy(buf, first, first->nlmsg_len);
	memcpy(buf + at, second, second->nlmsg_len);
	r = nl_send(nl, buf, at + second->nlmsg_len);
	if (r < 0)
		return err_errno(e, -r, "netlink");
	return nl_answers(nl, first->nlmsg_seq, NULL, NULL, e);
}

/* A dump, again while the kernel says that it was torn; restart(arg) forgets what came. */
int
nl_dump(struct nl *nl, struct nlmsghdr *nlh, nl_data_fn fn, void (*restart)(void *), void *arg,
    struct err *e)
{
	nlh->nlmsg_flags |= NLM_F_DUMP;
	for (int tries = 0; tries < DUMP_TRIES; tries++) {
		int r;

		nlh->nlmsg_seq = nl->seq++;
		r = nl_send(nl, nlh, nlh->nlmsg_len);
		if (r < 0)
			return err_errno(e, -r, "netlink");
		r = nl_answers(nl, nlh->nlmsg_seq, fn, arg, e);
		if (r != -EINTR)
			return r;
		restart(arg);
	}
	return err_set(e, EAGAIN, "netlink: the list changed each time that it was read");
}

/* ---- links ---- */

static void
link_kind(const struct nlattr *a, char ret[16])
{
	(void)snprintf(ret, 16, "%.*s", (int)nlattr_len(a), (const char *)nlattr_data(a));
}

static void
link_info(const struct nlattr *info, struct nl_link *l)
{
	const struct nlattr *a;

	nlattr_for_each_nested(a, info)
	{
		if (nlattr_type(a) == IFLA_INFO_KIND)
			link_kind(a, l->kind);
		else if (nlattr_type(a) == IFLA_INFO_SLAVE_KIND)
			link_kind(a, l->master_kind);
	}
}

static int
link_data(const struct nlmsghdr *nlh, void *arg)
{
	const struct ifinfomsg *ifi = nlmsg_data(nlh);
	struct nl_link *l = arg;
	const struct nlattr *a;
	uint32_t master;

	if (nlh->nlmsg_type != RTM_NEWLINK || nlmsg_data_len(nlh) < sizeof(*ifi))
		return 0;
	memset(l, 0, sizeof(*l));
	l->index = ifi->ifi_index;
	l->flags = ifi->ifi_flags;
	nlattr_for_each(a, nlh, sizeof(*ifi))
	{
		switch (nlattr_type(a)) {
		case IFLA_IFNAME:
			if (nlattr_str(a) == NULL)
				return -EBADMSG;
			(void)snprintf(l->name, sizeof(l->name), "%s", nlattr_str(a));
			break;
		case IFLA_MASTER:
			if (!nlattr_u32(a, &master))
				return -EBADMSG;
			l->master = (int)master;
			break;
		case IFLA_LINKINFO:
			link_info(a, l);
			break;
		}
	}
	return 0;
}

static int
no_such_interface(const char *ifname, struct err *e)
{
	return err_set(e, ENODEV, "interface %s does not exist", ifname);
}

int
nl_link_get(struct nl *nl, const char *ifname, struct nl_link *ret, struct err *e)
{
	struct nl_request q;
	struct nlmsghdr *nlh = nl_request_init(&q, RTM_GETLINK, 0);
	struct ifinfomsg *ifi = nlmsg_put(nlh, sizeof(*ifi));
	struct nl_link l = {0};
	int r;

	ifi->ifi_family = AF_UNSPEC;
	if (ifname[0] == '\0' || strlen(ifname) >= IFNAMSIZ)
		return no_such_interface(ifname, e);
	nlattr_put_str(nlh, IFLA_IFNAME, ifname);
	r = nl_talk(nl, nlh, link_data, &l, e);
	if (r == -ENODEV || (r >= 0 && l.index == 0))
		return no_such_interface(ifname, e);
	if (r < 0)
		return err_wrap(e, "interface %s", ifname);
	*ret = l;
	return 0;
}

struct link_dump {
	struct nl_link *l;
	size_t n, size;
};

static int
link_push(const struct nlmsghdr *nlh, void *arg)
{
	struct link_dump *d = arg;

	if (d->n == d->size) {
		size_t size = d->size ? d->size * 2 : 16;
		struct nl_link *p = reallocarray(d->l, size, sizeof(*p));

		if (p == NULL)
			return -ENOMEM;
		d->l = p;
		d->size = size;
	}
	d->l[d->n] = (struct nl_link){0};

	int r = link_data(nlh, &d->l[d->n]);

	if (r == 0 && d->l[d->n].index != 0)
		d->n++;
	return r;
}

static void
link_restart(void *arg)
{
	struct link_dump *d = arg;

	d->n = 0;
}

int
nl_link_list(struct nl *nl, struct nl_link **ret, size_t *ret_n, struct err *e)
{
	struct nl_request q;
	struct nlmsghdr *nlh = nl_request_init(&q, RTM_GETLINK, 0);
	struct ifinfomsg *ifi = nlmsg_put(nlh, sizeof(*ifi));
	struct link_dump d = {0};
	int r;

	ifi->ifi_family = AF_UNSPEC;
	nlattr_put_u32(nlh, IFLA_EXT_MASK, RTEXT_FILTER_SKIP_STATS);
	r = nl_dump(nl, nlh, link_push, link_restart, &d, e);
	if (r < 0) {
		free(d.l);
		return r;
	}
	*ret = d.l;
	*ret_n = d.n;
	return 0;
}

int
nl_link_index(struct nl *nl, const char *ifname, struct err *e)
{
	struct nl_link l;
	int r = nl_link_get(nl, ifname, &l, e);

	return r < 0 ? r : l.index;
}

static struct nlmsghdr *
link_change(struct nl_request *q, int index, struct ifinfomsg **ret_ifi)
{
	struct nlmsghdr *nlh = nl_request_init(q, RTM_NEWLINK, 0);
	struct ifinfomsg *ifi = nlmsg_put(nlh, sizeof(*ifi));

	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = index;
	if (ret_ifi != NULL)
		*ret_ifi = ifi;
	return nlh;
}

int
nl_link_set_up(struct nl *nl, int index, bool up, struct err *e)
{
	struct nl_request q;
	struct ifinfomsg *ifi;
	struct nlmsghdr *nlh = link_change(&q, index, &ifi);

	ifi->ifi_change = IFF_UP;
	ifi->ifi_flags = up ? IFF_UP : 0;
	return nl_talk(nl, nlh, NULL, NULL, e);
}

static int
check_ifname(const char *ifname, struct err *e)
{
	if (ifname[0] == '\0' || strlen(ifname) >= IFNAMSIZ)
		return err_set(
		    e, EINVAL, "interface %s: a name has 1 to %d characters", ifname, IFNAMSIZ - 1);
	return 0;
}

int
nl_link_rename(struct nl *nl, int index, const char *ifname, struct err *e)
{
	struct nl_request q;
	struct nlmsghdr *nlh = link_change(&q, index, NULL);
	int r = check_ifname(ifname, e);

	if (r < 0)
		return r;
	nlattr_put_str(nlh, IFLA_IFNAME, ifname);
	return nl_talk(nl, nlh, NULL, NULL, e);
}

int
nl_link_set_netns(struct nl *nl, int index, int netns_fd, const char *newname, struct err *e)
{
	struct nl_request q;
	struct nlmsghdr *nlh = link_change(&q, index, NULL);
	int r;

	nlattr_put_u32(nlh, IFLA_NET_NS_FD, (uint32_t)netns_fd);
	if (newname != NULL) {
		r = check_ifname(newname, e);
		if (r < 0)
			return r;
		nlattr_put_str(nlh, IFLA_IFNAME, newname);
	}
	return nl_talk(nl, nlh, NULL, NULL, e);
}

int
nl_link_set_master(struct nl *nl, int index, int master, struct err *e)
{
	struct nl_request q;
	struct nlmsghdr *nlh = link_change(&q, index, NULL);

	nlattr_put_u32(nlh, IFLA_MASTER, (uint32_t)master);
	return nl_talk(nl, nlh, NULL, NULL, e);
}

int
nl_veth_create(
    struct nl *nl, const char *ifname, const char *peer, int peer_netns_fd, struct err *e)
{
	struct nl_request q;
	struct nlmsghdr *nlh = nl_request_init(&q, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg *ifi = nlmsg_put(nlh, sizeof(*ifi));
	struct nlattr *info, *data, *other;
	int r;

	ifi->ifi_family = AF_UNSPEC;
	r = check_ifname(ifname, e);
	if (r >= 0)
		r = check_ifname(peer, e);
	if (r < 0)
		return r;
	nlattr_put_str(nlh, IFLA_IFNAME, ifname);
	info = nlattr_nest_begin(nlh, IFLA_LINKINFO);
	nlattr_put_str(nlh, IFLA_INFO_KIND, "veth");
	data = nlattr_nest_begin(nlh, IFLA_INFO_DATA);
	other = nlattr_nest_begin(nlh, VETH_INFO_PEER);
	ifi = nlmsg_put(nlh, sizeof(*ifi));
	ifi->ifi_family = AF_UNSPEC;
	nlattr_put_str(nlh, IFLA_IFNAME, peer);
	if (peer_netns_fd >= 0)
		nlattr_put_u32(nlh, IFLA_NET_NS_FD, (uint32_t)peer_netns_fd);
	nlattr_nest_end(nlh, other);
	nlattr_nest_end(nlh, data);
	nlattr_nest_end(nlh, info);
	r = nl_talk(nl, nlh, NULL, NULL, e);
	return r < 0 ? err_wrap(e, "veth %s, %s", ifname, peer) : r;
}

int
nl_link_delete(struct nl *nl, int index, struct err *e)
{
	struct nl_request q;
	struct nlmsghdr *nlh = nl_request_init(&q, RTM_DELLINK, 0);
	struct ifinfomsg *ifi = nlmsg_put(nlh, sizeof(*ifi));

	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = index;
	return nl_talk(nl, nlh, NULL, NULL, e);
}

/* ---- addresses ---- */

static size_t
family_size(int family)
{
	return family == AF_INET6 ? 16 : 4;
}

struct addr_dump {
	int family, index;
	struct nl_addr *a;
	size_t n, size;
};

/* Copies by the length that the attribute has, never by a cast. */
static int
copy_address(const struct nlattr *a, int family, uint8_t *to)
{
	if (nlattr_len(a) != family_size(family))
		return -EBADMSG;
	memcpy(to, nlattr_data(a), family_size(family));
	return 0;
}

static int
addr_attr(const struct nlattr *attr, struct nl_addr *a, bool *has_local)
{
	const void *data = nlattr_data(attr);
	size_t len = nlattr_len(attr);
	struct ifa_cacheinfo ci;

	switch (nlattr_type(attr)) {
	case IFA_LOCAL:
		*has_local = true;
		return copy_address(attr, a->family, a->local);
	case IFA_ADDRESS:
		return copy_address(attr, a->family, a->address);
	case IFA_BROADCAST:
		a->has_broadcast = true;
		return copy_address(attr, a->family, a->broadcast);
	case IFA_LABEL:
		if (nlattr_str(attr) == NULL)
			return -EBADMSG;
		(void)snprintf(a->label, sizeof(a->label), "%s", nlattr_str(attr));
		return 0;
	case IFA_FLAGS:
		if (len != sizeof(a->flags))
			return -EBADMSG;
		memcpy(&a->flags, data, len);
		return 0;
	case IFA_RT_PRIORITY:
		if (len != sizeof(a->priority))
			return -EBADMSG;
		memcpy(&a->priority, data, len);
		a->has_priority = true;
		return 0;
	case IFA_PROTO:
		if (len != 1)
			return -EBADMSG;
		memcpy(&a->proto, data, 1);
		return 0;
	case IFA_CACHEINFO:
		if (len < sizeof(ci))
			return -EBADMSG;
		memcpy(&ci, data, sizeof(ci));
		a->has_lifetime = true;
		a->preferred_s = ci.ifa_prefered;
		a->valid_s = ci.ifa_valid;
		return 0;
	}
	return 0;
}

int
nl_addr_read(const struct nlmsghdr *nlh, struct nl_addr *a)
{
	const struct ifaddrmsg *ifa = nlmsg_data(nlh);
	const struct nlattr *attr;
	bool has_local = false;
	int r;

	memset(a, 0, sizeof(*a));
	if (nlmsg_data_len(nlh) < sizeof(*ifa))
		return -EBADMSG;
	a->index = (int)ifa->ifa_index;
	a->family = ifa->ifa_family;
	a->prefixlen = ifa->ifa_prefixlen;
	a->scope = ifa->ifa_scope;
	a->flags = ifa->ifa_flags;
	nlattr_for_each(attr, nlh, sizeof(*ifa))
	{
		r = addr_attr(attr, a, &has_local);
		if (r < 0)
			return r;
	}
	/* IPv6 sends IFA_LOCAL only together with a peer. */
	if (!has_local)
		memcpy(a->local, a->address, sizeof(a->local));
	return 0;
}

static int
addr_push(struct addr_dump *d, const struct nl_addr *a)
{
	if (d->n == d->size) {
		size_t size = d->size ? d->size * 2 : 16;
		struct nl_addr *p = reallocarray(d->a, size, sizeof(*p));

		if (p == NULL)
			return -ENOMEM;
		d->a = p;
		d->size = size;
	}
	d->a[d->n++] = *a;
	return 0;
}

static int
addr_data(const struct nlmsghdr *nlh, void *arg)
{
	struct addr_dump *d = arg;
	struct nl_addr a;
	int r;

	if (nlh->nlmsg_type != RTM_NEWADDR)
		return 0;
	r = nl_addr_read(nlh, &a);
	if (r < 0)
		return r;
	if (a.family != d->family || (d->index != 0 && a.index != d->index))
		return 0;
	return addr_push(d, &a);
}

static void
addr_restart(void *arg)
{
	struct addr_dump *d = arg;

	d->n = 0;
}

int
nl_addr_list(
    struct nl *nl, int family, int index, struct nl_addr **ret, size_t *ret_n, struct err *e)
{
	struct nl_request q;
	struct nlmsghdr *nlh = nl_request_init(&q, RTM_GETADDR, 0);
	struct ifaddrmsg *ifa = nlmsg_put(nlh, sizeof(*ifa));
	struct addr_dump d = {.family = family, .index = index};
	int r;

	ifa->ifa_family = (uint8_t)family;
	ifa->ifa_index = (uint32_t)index;
	r = nl_dump(nl, nlh, addr_data, addr_restart, &d, e);
	if (r < 0) {
		free(d.a);
		return r;
	}
	*ret = d.a;
	*ret_n = d.n;
	return 0;
}

void
nl_addr_put(struct nlmsghdr *nlh, const struct nl_addr *a, bool for_delete)
{
	struct ifaddrmsg *ifa = nlmsg_put(nlh, sizeof(*ifa));
	size_t size = family_size(a->family);

	ifa->ifa_family = (uint8_t)a->family;
	ifa->ifa_prefixlen = (uint8_t)a->prefixlen;
	ifa->ifa_scope = (uint8_t)a->scope;
	ifa->ifa_index = (uint32_t)a->index;
	(void)nlattr_put(nlh, IFA_LOCAL, size, a->local);
	(void)nlattr_put(nlh, IFA_ADDRESS, size, a->address);
	if (for_delete)
		return;
	if (a->has_broadcast && a->family == AF_INET)
		(void)nlattr_put(nlh, IFA_BROADCAST, 4, a->broadcast);
	if (a->label[0] != '\0' && a->family == AF_INET)
		nlattr_put_str(nlh, IFA_LABEL, a->label);
	/* Whether it is a secondary, permanent or tentative one is the kernel's to say. */
	nlattr_put_u32(nlh, IFA_FLAGS,
	    a->flags & ~(uint32_t)(IFA_F_SECONDARY | IFA_F_PERMANENT | IFA_F_TENTATIVE |
				   IFA_F_DADFAILED | IFA_F_DEPRECATED));
	if (a->has_priority)
		nlattr_put_u32(nlh, IFA_RT_PRIORITY, a->priority);
	if (a->proto != 0)
		(void)nlattr_put(nlh, IFA_PROTO, 1, &a->proto);
	if (a->has_lifetime) {
		struct ifa_cacheinfo ci = {
		    .ifa_prefered = a->preferred_s,
		    .ifa_valid = a->valid_s,
		};

		(void)nlattr_put(nlh, IFA_CACHEINFO, sizeof(ci), &ci);
	}
}

int
nl_addr_add(struct nl *nl, const struct nl_addr *a, struct err *e)
{
	struct nl_request q;
	struct nlmsghdr *nlh = nl_request_init(&q, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);

	nl_addr_put(nlh, a, false);
	return nl_talk(nl, nlh, NULL, NULL, e);
}

int
nl_addr_del(struct nl *nl, const struct nl_addr *a, struct err *e)
{
	struct nl_request q;
	struct nlmsghdr *nlh = nl_request_init(&q, RTM_DELADDR, 0);

	nl_addr_put(nlh, a, true);
	return nl_talk(nl, nlh, NULL, NULL, e);
}
