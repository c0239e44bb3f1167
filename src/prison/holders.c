#include "prison/holders.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/str.h"
#include "prison/registry.h"
#include "prison/settings.h"

#define DIRECTORY ".addr"
#define FRESH DIRECTORY "/.new"
#define WHOLE DIRECTORY "/.whole" /* every record is entered */

/* More than a link has room for: every record is to be looked at. */
#define MANY "*"

static const struct {
	int family;
	const char *param;
} families[] = {
    {AF_INET, "ip4.addr"},
    {AF_INET6, "ip6.addr"},
};

struct link {
	char name[sizeof(DIRECTORY) + INET6_ADDRSTRLEN + 1];
	char target[PATH_MAX]; /* "3,17,"; empty: there is none */
};

static int
read_link(const struct instance *in, int family, const struct addr *a, struct link *ret)
{
	char text[INET6_ADDRSTRLEN];
	ssize_t n;

	(void)snprintf(ret->name, sizeof(ret->name), DIRECTORY "/%s",
	    addr_print(family, a, text, sizeof(text)));
	n = readlinkat(in->state, ret->name, ret->target, sizeof(ret->target) - 1);
	ret->target[n < 0 ? 0 : n] = '\0';
	return n < 0 && errno != ENOENT ? -errno : 0;
}

static int
write_link(const struct instance *in, const struct link *l)
{
	if (*l->target == '\0')
		return unlinkat(in->state, l->name, 0) < 0 && errno != ENOENT ? -errno : 0;
	/* The usual case: the first at this address. */
	if (symlinkat(l->target, in->state, l->name) == 0)
		return 0;
	if (errno != EEXIST)
		return -errno;
	(void)unlinkat(in->state, FRESH, 0);
	if (symlinkat(l->target, in->state, FRESH) < 0 ||
	    renameat(in->state, FRESH, in->state, l->name) < 0)
		return -errno;
	return 0;
}

static bool
is_there(const struct instance *in, int jid)
{
	char name[16];
	struct stat st;

	(void)snprintf(name, sizeof(name), "%d", jid);
	return fstatat(in->state, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

/* The jids of a target, without `except` and, if asked for, without those that are gone. */
static int
list_jids(const struct instance *in, const char *target, int except, bool living, int **ret,
    size_t *ret_n)
{
	cleanup_free int *jids = calloc(strlen(target) / 2 + 1, sizeof(*jids));
	cleanup_free char *copy = strdup(target);
	char *rest = copy, *word;
	size_t n = 0;

	if (jids == NULL || copy == NULL)
		return -ENOMEM;
	while ((word = strsep(&rest, ",")) != NULL) {
		uint64_t jid;

		if (num_parse_u64(word, REGISTRY_JID_MAX, &jid) == 0 && (int)jid != except &&
		    (!living || is_there(in, (int)jid)))
			jids[n++] = (int)jid;
	}
	*ret = take_ptr(jids);
	*ret_n = n;
	return 0;
}

/* Writes the link again without `jid` (and those that are gone), and with it if `in_it`. */
static int
change(const struct instance *in, int family, const struct addr *a, int jid, bool in_it)
{
	cleanup_str struct str target = STR_EMPTY;
	cleanup_free int *jids = NULL;
	struct link l;
	size_t n;
	int r;

	r = read_link(in, family, a, &l);
	if (r < 0 || strcmp(l.target, MANY) == 0)
		return r;
	r = list_jids(in, l.target, jid, true, &jids, &n);
	for (size_t i = 0; i < n && r == 0; i++)
		r = str_addf(&target, "%d,", jids[i]);
	if (r == 0 && in_it)
		r = str_addf(&target, "%d,", jid);
	if (r < 0)
		return r;
	if (snprintf(l.target, sizeof(l.target), "%s", str_get(&target)) >=
	    (int)sizeof(l.target) - 1)
		(void)snprintf(l.target, sizeof(l.target), MANY);
	return write_link(in, &l);
}

static int
change_all(const struct instance *in, const struct record *rec, bool in_it, struct err *e)
{
	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		cleanup_addr_list struct addr_list l = {0};
		int r = addr_list_parse(families[f].family, families[f].param,
		    settings_text(rec, families[f].param), &l, e);

		for (size_t i = 0; i < l.n && r == 0; i++) {
			r = change(in, families[f].family, &l.a[i], rec->jid, in_it);
			if (r < 0)
				return err_errno(e, -r, INSTANCE_STATE_DIR "/" DIRECTORY);
		}
		if (r < 0)
			return r;
	}
	return 0;
}

/* The first time, and for jails of a version without it.  Whoever comes later finds it whole. */
static int
make_directory(const struct instance *in, struct err *e)
{
	cleanup_free int *jids = NULL;
	struct stat st;
	size_t n;
	int r;

	if (fstatat(in->state, WHOLE, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (mkdirat(in->state, DIRECTORY, 0700) < 0 && errno != EEXIST)
		return err_errno(e, errno, INSTANCE_STATE_DIR "/" DIRECTORY);
	r = registry_jids(in, &jids, &n, e);
	for (size_t i = 0; i < n && r == 0; i++) {
		cleanup_record struct record rec = {0};

		if (record_load(in->state, jids[i], &rec, NULL) == 0)
			r = change_all(in, &rec, true, e);
	}
	if (r == 0 && symlinkat("/", in->state, WHOLE) < 0 && errno != EEXIST)
		r = err_errno(e, errno, INSTANCE_STATE_DIR "/" DIRECTORY);
	return r;
}

int
holders_add(const struct instance *in, const struct record *rec, struct err *e)
{
	int r;

	if (!settings_has_address(rec))
		return 0;
	r = make_directory(in, e);
	return r < 0 ? r : change_all(in, rec, true, e);
}

void
holders_drop_locked(const struct instance *in, const struct record *rec)
{
	if (settings_has_address(rec))
		(void)change_all(in, rec, false, NULL);
}

void
holders_drop(const struct instance *in, const struct record *rec)
{
	int lock = settings_has_address(rec) ? instance_lock(in, NULL) : -EBADF;

	if (lock < 0)
		return;
	holders_drop_locked(in, rec);
	instance_unlock(lock);
}

int
holders_find(const struct instance *in, int family, const struct addr *a, int **ret, size_t *ret_n,
    struct err *e)
{
	struct link l;
	int r;

	/* Not made yet, or whoever makes it is at it, or was killed. */
	if (faccessat(in->state, WHOLE, F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return registry_jids(in, ret, ret_n, e);
	r = read_link(in, family, a, &l);
	if (r == 0 && strcmp(l.target, MANY) == 0)
		return registry_jids(in, ret, ret_n, e);
	if (r == 0)
		r = list_jids(in, l.target, 0, false, ret, ret_n);
	return r < 0 ? err_errno(e, -r, INSTANCE_STATE_DIR "/" DIRECTORY) : 0;
}
