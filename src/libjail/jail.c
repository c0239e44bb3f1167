/* jail_attach(2), jail_remove(2), and jail(2) as it was before there were parameters. */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "libjail/jailp.h"
#include "libjail/op.h"

/* What cannot be seen is, for these two calls, no valid argument. */
static int
failed(int r)
{
	errno = r == -ENOENT ? EINVAL : -r;
	return -1;
}

int
jail_attach(int jid)
{
	struct err e = {0};
	int r;

	if (geteuid() != 0)
		return failed(-EPERM);
	if (jid <= 0)
		return failed(-EINVAL);
	r = gaol_attach(jid, &e);
	return r < 0 ? failed(r) : 0;
}

int
jail_remove(int jid)
{
	struct err e = {0};
	int r;

	if (geteuid() != 0)
		return failed(-EPERM);
	if (jid <= 0)
		return failed(-EINVAL);
	r = op_remove(jid, &e);
	return r < 0 ? failed(r) : 0;
}

static struct iovec
text(const char *s)
{
	return (struct iovec){(void *)(uintptr_t)s, strlen(s) + 1};
}

/*
 * FreeBSD takes the permissions of such a jail from the sysctls security.jail.*;
 * Linux has none, so they are those of any new jail.
 */
static int
jail_v2(const struct jail *j)
{
	struct iovec iov[10];
	unsigned n = 0;

	if (j->path == NULL || j->hostname == NULL || (j->ip4s > 0 && j->ip4 == NULL) ||
	    (j->ip6s > 0 && j->ip6 == NULL)) {
		errno = EFAULT;
		return -1;
	}
	iov[n++] = text("path");
	iov[n++] = text(j->path);
	iov[n++] = text("host.hostname");
	iov[n++] = text(j->hostname);
	if (j->jailname != NULL) {
		iov[n++] = text("name");
		iov[n++] = text(j->jailname);
	}
	iov[n++] = text("ip4.addr");
	iov[n++] = (struct iovec){j->ip4, j->ip4s * sizeof(struct in_addr)};
	iov[n++] = text("ip6.addr");
	iov[n++] = (struct iovec){j->ip6, j->ip6s * sizeof(struct in6_addr)};
	return jail_set(iov, n, JAIL_CREATE | JAIL_ATTACH);
}

int
jail(struct jail *j)
{
	struct jail_v0 old;
	struct in_addr address;

	if (j->version == JAIL_API_VERSION)
		return jail_v2(j);
	if (j->version != 0) {
		errno = EINVAL;
		return -1;
	}
	memcpy(&old, j, sizeof(old));
	address.s_addr = htonl(old.ip_number);
	return jail_v2(&(struct jail){
	    .version = JAIL_API_VERSION,
	    .path = old.path,
	    .hostname = old.hostname,
	    .ip4s = old.ip_number != 0,
	    .ip4 = &address,
	});
}
