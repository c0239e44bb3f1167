#include "prison/hangup.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/nl.h"
#include "prison/cgroup.h"
#include "prison/registry.h"
#include "prison/settings.h"

struct jail_groups {
	uint64_t *ids;
	size_t n;
};

static bool
is_jails(uint64_t cgroup, void *arg)
{
	const struct jail_groups *g = arg;

	for (size_t i = 0; i < g->n; i++)
		if (g->ids[i] == cgroup)
			return true;
	return false;
}

/* Both as the record has them: one spelling of each address. */
static bool
lists(const char *list, const char *address)
{
	size_t len = strlen(address);

	for (const char *p = list; (p = strstr(p, address)) != NULL; p += len)
		if ((p == list || p[-1] == ',') && (p[len] == '\0' || p[len] == ','))
			return true;
	return false;
}

static int
hangup_family(const struct record *was, const struct record *now, int family, const char *param,
    struct jail_groups *g, struct err *e)
{
	cleanup_free char *copy = strdup(settings_text(was, param));
	char *rest = copy, *address;
	int r = 0;

	if (copy == NULL)
		return err_errno(e, ENOMEM, "%s", param);
	while (r == 0 && (address = strsep(&rest, ",")) != NULL) {
		unsigned char raw[16];

		if (*address == '\0' || lists(settings_text(now, param), address) ||
		    inet_pton(family, address, raw) != 1)
			continue;
		r = nl_sockets_destroy(family, raw, is_jails, g, e);
		if (r == -EOPNOTSUPP)
			r = 0;
		if (r < 0)
			(void)err_wrap(e, "%s: connections of %s", param, address);
	}
	return r;
}

int
hangup_removed(
    const struct instance *in, const struct record *was, const struct record *now, struct err *e)
{
	static const struct {
		int family;
		const char *param;
	} lists_of[] = {{AF_INET, "ip4.addr"}, {AF_INET6, "ip6.addr"}};
	cleanup_fd int cgroup = -EBADF;
	struct jail_groups g = {0};
	int r = 0;

	if (strcmp(settings_text(was, "ip4.addr"), settings_text(now, "ip4.addr")) == 0 &&
	    strcmp(settings_text(was, "ip6.addr"), settings_text(now, "ip6.addr")) == 0)
		return 0;
	cgroup = registry_open_cgroup(in, now);
	if (cgroup < 0)
		return 0;
	r = cgroup_ids(cgroup, &g.ids, &g.n);
	if (r < 0)
		return err_errno(e, -r, "cgroup");
	for (size_t i = 0; i < ARRAY_SIZE(lists_of) && r == 0; i++)
		r = hangup_family(was, now, lists_of[i].family, lists_of[i].param, &g, e);
	free(g.ids);
	return r;
}
