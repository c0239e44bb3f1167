/*
 * Aliases without a jail, for alias_test.sh:
 *   aliastool add IF ADDR[/LEN] [words...]   prints "added" or "was there"
 *   aliastool del IF ADDR/LEN
 *   aliastool list IF                        IPv4 then IPv6, one address a line
 *   aliastool veth NAME PEER NETNS-FILE
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/nl.h"
#include "base/num.h"
#include "base/str.h"
#include "prison/addr.h"
#include "prison/api.h"

static int
split(char *text, struct gaol_alias *a, struct err *e)
{
	char *slash = strchr(text, '/');
	uint64_t n;

	a->family = strchr(text, ':') != NULL ? AF_INET6 : AF_INET;
	a->address = text;
	a->prefixlen = -1;
	if (slash == NULL)
		return 0;
	*slash = '\0';
	if (num_parse_u64(slash + 1, 128, &n) < 0)
		return err_set(e, EINVAL, "bad length: %s", slash + 1);
	a->prefixlen = (int)n;
	return 0;
}

static int
cmd_add(int argc, char **argv, struct err *e)
{
	cleanup_str struct str extra = STR_EMPTY;
	struct gaol_alias a = {.ifname = argv[0]};
	bool was_there;
	int there, r = split(argv[1], &a, e);

	if (r < 0)
		return r;
	for (int i = 2; i < argc; i++)
		if (str_addf(&extra, "%s ", argv[i]) < 0)
			return err_errno(e, ENOMEM, "aliastool");
	a.extra = str_get(&extra);
	there = addr_alias_there(&a, e);
	if (there < 0)
		return there;
	r = addr_alias_add(&a, &was_there, e);
	/* Both must say the same. */
	if (r >= 0 && (there == 1) != was_there)
		return err_set(e, EINVAL, "it was there: %d, %d", there, was_there);
	if (r >= 0)
		(void)puts(was_there ? "was there" : "added");
	return r;
}

static int
cmd_del(char **argv, struct err *e)
{
	struct gaol_alias a = {0};
	int r = split(argv[1], &a, e);

	return r < 0 ? r : addr_alias_del(argv[0], a.family, a.address, a.prefixlen, e);
}

static void
print_addr(const struct nl_addr *a)
{
	char local[INET6_ADDRSTRLEN], address[INET6_ADDRSTRLEN], brd[INET6_ADDRSTRLEN];

	(void)printf("%s/%u peer %s brd %s scope %u metric %u label %s lft %s%s%s%s\n",
	    inet_ntop(a->family, a->local, local, sizeof(local)), a->prefixlen,
	    inet_ntop(a->family, a->address, address, sizeof(address)),
	    a->has_broadcast ? inet_ntop(a->family, a->broadcast, brd, sizeof(brd)) : "-", a->scope,
	    a->priority, a->label[0] != '\0' ? a->label : "-",
	    a->valid_s == UINT32_MAX ? "forever" : "bounded",
	    a->flags & IFA_F_SECONDARY ? " secondary" : "",
	    a->flags & IFA_F_TENTATIVE ? " tentative" : "",
	    a->flags & IFA_F_NOPREFIXROUTE ? " noprefixroute" : "");
}

static int
cmd_list(char **argv, struct err *e)
{
	static const int families[] = {AF_INET, AF_INET6};
	cleanup_nl struct nl *nl = NULL;
	int index, r = nl_open(&nl, e);

	if (r < 0)
		return r;
	index = nl_link_index(nl, argv[0], e);
	if (index < 0)
		return index;
	for (size_t i = 0; i < ARRAY_SIZE(families); i++) {
		cleanup_free struct nl_addr *a = NULL;
		size_t n;

		r = nl_addr_list(nl, families[i], index, &a, &n, e);
		if (r < 0)
			return r;
		for (size_t k = 0; k < n; k++)
			print_addr(&a[k]);
	}
	return 0;
}

/* Makes, moves, renames, enslaves, deletes: each call of nl.h once, seen from both sides. */
static int
cmd_veth(char **argv, struct err *e)
{
	cleanup_nl struct nl *here = NULL, *there = NULL;
	cleanup_fd int ns = open(argv[2], O_RDONLY | O_CLOEXEC), own = -EBADF;
	struct nl_link l;
	int index, r;

	own = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	if (ns < 0 || own < 0)
		return err_errno(e, errno, "%s", argv[2]);
	r = nl_open(&here, e);
	if (r >= 0)
		r = nl_open_in(ns, &there, e);
	if (r >= 0)
		r = nl_veth_create(here, argv[0], argv[1], ns, e);
	if (r < 0)
		return r;
	index = nl_link_index(there, argv[1], e);
	if (index < 0)
		return index;
	r = nl_link_rename(there, index, "renamed", e);
	if (r >= 0)
		r = nl_link_set_up(there, index, true, e);
	if (r >= 0)
		r = nl_link_get(there, "renamed", &l, e);
	if (r < 0)
		return r;
	(void)printf("%s kind %s %s\n", l.name, l.kind, l.flags & IFF_UP ? "up" : "down");
	r = nl_link_set_netns(there, index, own, "back", e);
	if (r < 0)
		return r;
	index = nl_link_index(here, "back", e);
	if (index < 0)
		return index;
	if (nl_link_index(there, "renamed", e) != -ENODEV)
		return err_set(e, EINVAL, "it is still there");
	(void)puts(e->text);
	r = nl_link_set_up(here, index, false, e);
	if (r >= 0)
		r = nl_link_delete(here, index, e);
	if (r >= 0 && nl_link_index(here, argv[0], e) != -ENODEV)
		return err_set(e, EINVAL, "the other end is still there");
	return r;
}

int
main(int argc, char **argv)
{
	struct err e = {0};
	int r;

	if (argc >= 4 && strcmp(argv[1], "add") == 0)
		r = cmd_add(argc - 2, argv + 2, &e);
	else if (argc == 4 && strcmp(argv[1], "del") == 0)
		r = cmd_del(argv + 2, &e);
	else if (argc == 3 && strcmp(argv[1], "list") == 0)
		r = cmd_list(argv + 2, &e);
	else if (argc == 5 && strcmp(argv[1], "veth") == 0)
		r = cmd_veth(argv + 2, &e);
	else
		r = err_set(&e, EINVAL, "usage: aliastool add|del|list|veth ...");
	if (r < 0)
		(void)fprintf(stderr, "aliastool: %s\n", e.text);
	return r < 0 ? 1 : 0;
}
