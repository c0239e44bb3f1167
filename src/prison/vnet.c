#include "prison/vnet.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>

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
