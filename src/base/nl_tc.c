/* eBPF programs on what comes in by an interface: tc's clsact qdisc and its bpf filters
 * (tc-bpf(8)). */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "base/err.h"
#include "base/nl_priv.h"

/*
 * Far from the numbers that others take: two kinds of filters cannot share one, and
 * filters without a number are given 49152 and below.
 */
#define PRIORITY 100

/*
 * Behind a filter's name: the qdisc that it is in is ours, and goes when it is empty.  So this is
 * known for as long as the filter is there, whoever made it.
 */
#define OWNER "+"

static struct tcmsg *
request(struct nl_request *q, uint16_t type, uint16_t flags, int index, uint32_t parent)
{
	struct nlmsghdr *nlh = nl_request_init(q, type, flags);
	struct tcmsg *tcm = nlmsg_put(nlh, sizeof(*tcm));

	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_ifindex = index;
	tcm->tcm_parent = parent;
	return tcm;
}

#define INGRESS TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)
#define EGRESS TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_EGRESS)

/* ---- what is there ---- */

struct filters {
	const char *name;      /* of ours */
	uint32_t handle, info; /* of ours; handle 0: none */
	uint32_t prog_id;
	bool owner;
	unsigned others;
};

static bool
is_ours(const struct filters *f, const char *name)
{
	size_t len = strlen(f->name);

	return strncmp(name, f->name, len) == 0 &&
	       (name[len] == '\0' || strcmp(name + len, OWNER) == 0);
}

static int
filter_data(const struct nlmsghdr *nlh, void *arg)
{
	const struct tcmsg *tcm = nlmsg_data(nlh);
	struct filters *f = arg;
	const struct nlattr *a, *o;
	const char *kind = NULL, *name = NULL;
	uint32_t id = 0;

	if (nlh->nlmsg_type != RTM_NEWTFILTER || nlmsg_data_len(nlh) < sizeof(*tcm))
		return 0;
	/* The kernel lists the chain, and then what is in it. */
	if (tcm->tcm_handle == 0)
		return 0;
	nlattr_for_each(a, nlh, sizeof(*tcm))
	{
		if (nlattr_type(a) == TCA_KIND)
			kind = nlattr_str(a);
		if (nlattr_type(a) != TCA_OPTIONS)
			continue;
		nlattr_for_each_nested(o, a)
		{
			if (nlattr_type(o) == TCA_BPF_NAME)
				name = nlattr_str(o);
			if (nlattr_type(o) == TCA_BPF_ID && !nlattr_u32(o, &id))
				return -EBADMSG;
		}
	}
	if (kind == NULL || strcmp(kind, "bpf") != 0 || name == NULL || !is_ours(f, name)) {
		f->others++;
		return 0;
	}
	f->owner = strcmp(name + strlen(f->name), OWNER) == 0;
	f->handle = tcm->tcm_handle;
	f->info = tcm->tcm_info;
	f->prog_id = id;
	return 0;
}

static void
filter_restart(void *arg)
{
	struct filters *f = arg;

	*f = (struct filters){.name = f->name};
}

/* Without a clsact qdisc there is nothing. */
static int
filters_get(struct nl *nl, int index, uint32_t parent, struct filters *f, struct err *e)
{
	struct nl_request q;
	int r;

	(void)request(&q, RTM_GETTFILTER, 0, index, parent);
	r = nl_dump(nl, &q.hdr, filter_data, filter_restart, f, e);
	return r == -EINVAL || r == -ENOENT || r == -ENODEV ? 0 : r;
}

/* ---- changes ---- */

/* Where one was and is no more, the kernel names its own empty one, which has no handle. */
static int
qdisc_data(const struct nlmsghdr *nlh, void *arg)
{
	const struct tcmsg *tcm = nlmsg_data(nlh);
	bool *there = arg;

	if (nlh->nlmsg_type == RTM_NEWQDISC && nlmsg_data_len(nlh) >= sizeof(*tcm))
		*there = tcm->tcm_handle == TC_H_MAKE(TC_H_CLSACT, 0);
	return 0;
}

/* clsact, or its elder kind ingress, which does as well. */
static int
qdisc_is_there(struct nl *nl, int index, bool *ret, struct err *e)
{
	struct nl_request q;
	int r;

	*ret = false;
	(void)request(&q, RTM_GETQDISC, 0, index, TC_H_CLSACT);
	r = nl_talk(nl, &q.hdr, qdisc_data, ret, e);
	return r == -ENOENT ? 0 : r;
}

static void
qdisc_request(struct nl_request *q, int index)
{
	struct tcmsg *tcm = request(q, RTM_NEWQDISC, NLM_F_CREATE | NLM_F_EXCL, index, TC_H_CLSACT);

	tcm->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	nlattr_put_str(&q->hdr, TCA_KIND, "clsact");
}

static int
qdisc_delete(struct nl *nl, int index, struct err *e)
{
	struct nl_request q;
	struct tcmsg *tcm = request(&q, RTM_DELQDISC, 0, index, TC_H_CLSACT);

	tcm->tcm_handle = TC_H_MAKE(TC_H_CLSACT, 0);
	return nl_talk(nl, &q.hdr, NULL, NULL, e);
}

/* Handle 0: a new one. */
static void
filter_request(
    struct nl_request *q, int index, uint32_t handle, int prog, const char *name, bool owner)
{
	struct tcmsg *tcm = request(
	    q, RTM_NEWTFILTER, NLM_F_CREATE | (handle == 0 ? NLM_F_EXCL : 0), index, INGRESS);
	struct nlattr *options;
	char full[64];

	(void)snprintf(full, sizeof(full), "%s%s", name, owner ? OWNER : "");
	tcm->tcm_handle = handle;
	tcm->tcm_info = (uint32_t)PRIORITY << 16 | htons(ETH_P_ALL);
	nlattr_put_str(&q->hdr, TCA_KIND, "bpf");
	options = nlattr_nest_begin(&q->hdr, TCA_OPTIONS);
	nlattr_put_u32(&q->hdr, TCA_BPF_FD, (uint32_t)prog);
	nlattr_put_str(&q->hdr, TCA_BPF_NAME, full);
	nlattr_put_u32(&q->hdr, TCA_BPF_FLAGS, TCA_BPF_FLAG_ACT_DIRECT);
	nlattr_nest_end(&q->hdr, options);
}

static int
filter_put(struct nl *nl, int index, uint32_t handle, int prog, const char *name, bool owner,
    struct err *e)
{
	struct nl_request q;

	filter_request(&q, index, handle, prog, name, owner);
	return nl_talk(nl, &q.hdr, NULL, NULL, e);
}

/* Both at once: a qdisc that nobody's filter claims would stay for ever after a kill -9. */
static int
qdisc_make_with(struct nl *nl, int index, int prog, const char *name, struct err *e)
{
	struct nl_request qdisc, filter;

	qdisc_request(&qdisc, index);
	filter_request(&filter, index, 0, prog, name, true);
	return nl_talk_both(nl, &qdisc.hdr, &filter.hdr, e);
}

static int
filter_delete(struct nl *nl, int index, const struct filters *f, struct err *e)
{
	struct nl_request q;
	struct tcmsg *tcm = request(&q, RTM_DELTFILTER, 0, index, INGRESS);

	tcm->tcm_handle = f->handle;
	tcm->tcm_info = f->info;
	nlattr_put_str(&q.hdr, TCA_KIND, "bpf");
	return nl_talk(nl, &q.hdr, NULL, NULL, e);
}

int
nl_tc_attach(struct nl *nl, int index, int prog, uint32_t prog_id, const char *name, struct err *e)
{
	struct filters f = {.name = name};
	int r = filters_get(nl, index, INGRESS, &f, e);
	bool there;

	if (r < 0 || (f.handle != 0 && f.prog_id == prog_id))
		return r;
	if (f.handle != 0)
		return filter_put(nl, index, f.handle, prog, name, f.owner, e);
	r = qdisc_is_there(nl, index, &there, e);
	if (r < 0)
		return r;
	if (there)
		return filter_put(nl, index, 0, prog, name, false, e);
	r = qdisc_make_with(nl, index, prog, name, e);
	if (r != -EEXIST)
		return r;
	/* Somebody was faster: the filter is in his, and must not call it ours. */
	r = filters_get(nl, index, INGRESS, &f, e);
	return r < 0 || f.handle == 0 ? r : filter_put(nl, index, f.handle, prog, name, false, e);
}

int
nl_tc_detach(struct nl *nl, int index, const char *name, struct err *e)
{
	struct filters f = {.name = name}, out = {.name = name};
	int r = filters_get(nl, index, INGRESS, &f, e);

	if (r < 0 || f.handle == 0)
		return r;
	r = f.owner ? filters_get(nl, index, EGRESS, &out, e) : 0;
	if (r < 0)
		return r;
	/* The qdisc takes the filter along, in one step. */
	if (f.owner && f.others == 0 && out.others == 0)
		return qdisc_delete(nl, index, e);
	return filter_delete(nl, index, &f, e);
}
