#include "prison/vnet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/nl.h"

static int
open_stack(const struct record *rec, struct err *e)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/net", rec->keeper);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? err_errno(e, errno, "vnet: %s", path) : fd;
}

int
vnet_loopback_up(const struct record *rec, struct err *e)
{
	cleanup_fd int stack = open_stack(rec, e);
	struct nl *nl;
	int r;

	if (stack < 0)
		return stack;
	r = nl_open_in(stack, &nl, e);
	if (r < 0)
		return r;
	r = nl_link_index(nl, "lo", e);
	if (r >= 0)
		r = nl_link_set_up(nl, r, true, e);
	nl_close(nl);
	return r < 0 ? r : 0;
}

/* From the stack of nl to another. */
static int
move(struct nl *nl, const char *ifname, int to, struct err *e)
{
	int index = nl_link_index(nl, ifname, e), r;

	r = index < 0 ? index : nl_link_set_netns(nl, index, to, NULL, e);
	return r < 0 ? err_wrap(e, "vnet.interface %s", ifname) : 0;
}

int
vnet_give(const struct record *rec, const char *ifname, struct err *e)
{
	cleanup_fd int stack = open_stack(rec, e);
	struct nl *nl;
	int r;

	if (stack < 0)
		return stack;
	r = nl_open(&nl, e);
	if (r < 0)
		return r;
	r = move(nl, ifname, stack, e);
	nl_close(nl);
	return r;
}

int
vnet_take(const struct record *rec, const char *ifname, struct err *e)
{
	cleanup_fd int stack = open_stack(rec, e);
	cleanup_fd int ours = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
	struct nl *nl;
	int r;

	if (stack < 0)
		return stack;
	if (ours < 0)
		return err_errno(e, errno, "/proc/self/ns/net");
	r = nl_open_in(stack, &nl, e);
	if (r < 0)
		return r;
	r = move(nl, ifname, ours, e);
	nl_close(nl);
	return r;
}

/* ---- gaol.epair ---------------------------------------------------------------------------- */

static int
find_bridge(struct nl *nl, const char *bridge, struct err *e)
{
	struct nl_link link;
	int r = nl_link_get(nl, bridge, &link, e);

	if (r < 0)
		return err_wrap(e, "gaol.epair");
	if (strcmp(link.kind, "bridge") != 0)
		return err_set(e, EINVAL,
		    "gaol.epair: %s is not a bridge: ip link add %s type bridge", bridge, bridge);
	return link.index;
}

static int
plug_in(struct nl *nl, const char *ifname, int bridge, struct err *e)
{
	int index = nl_link_index(nl, ifname, e), r;

	r = index < 0 ? index : nl_link_set_master(nl, index, bridge, e);
	if (r >= 0)
		r = nl_link_set_up(nl, index, true, e);
	return r < 0 ? err_wrap(e, "gaol.epair: %s", ifname) : 0;
}

static int
raise_inside(int stack, struct err *e)
{
	struct nl *nl;
	int r = nl_open_in(stack, &nl, e), index;

	if (r < 0)
		return r;
	index = nl_link_index(nl, VNET_EPAIR_INSIDE, e);
	r = index < 0 ? index : nl_link_set_up(nl, index, true, e);
	nl_close(nl);
	return r < 0 ? err_wrap(e, "gaol.epair") : 0;
}

int
vnet_epair(const struct record *rec, const char *ifname, const char *bridge, struct err *e)
{
	cleanup_fd int stack = open_stack(rec, e);
	cleanup_nl struct nl *nl = NULL;
	int master, r;

	if (stack < 0)
		return stack;
	r = nl_open(&nl, e);
	if (r < 0)
		return r;
	master = find_bridge(nl, bridge, e);
	if (master < 0)
		return master;
	r = nl_veth_create(nl, ifname, VNET_EPAIR_INSIDE, stack, e);
	if (r < 0)
		return err_wrap(e, "gaol.epair");
	r = plug_in(nl, ifname, master, e);
	if (r == 0)
		r = raise_inside(stack, e);
	if (r < 0)
		(void)vnet_epair_delete(ifname, NULL);
	return r;
}

int
vnet_epair_delete(const char *ifname, struct err *e)
{
	cleanup_nl struct nl *nl = NULL;
	struct nl_link link;
	int r = nl_open(&nl, e);

	if (r < 0)
		return r;
	r = nl_link_get(nl, ifname, &link, NULL);
	if (r == -ENODEV || (r == 0 && strcmp(link.kind, "veth") != 0))
		return 0;
	if (r == 0)
		r = nl_link_delete(nl, link.index, e);
	return r == -ENODEV ? 0 : r < 0 ? err_wrap(e, "gaol.epair: %s", ifname) : 0;
}
