#include "prison/addr.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"

/* ---- one address ---- */

static size_t
addr_size(int family)
{
	return family == AF_INET6 ? sizeof(struct in6_addr) : sizeof(struct in_addr);
}

static const char *
family_name(int family)
{
	return family == AF_INET6 ? "IPv6" : "IPv4";
}

bool
addr_parse(int family, const char *text, struct addr *ret)
{
	struct addr a = {0};

	if (inet_pton(family, text, a.b) != 1)
		return false;
	*ret = a;
	return true;
}

const char *
addr_print(int family, const struct addr *a, char *buf, size_t size)
{
	if (inet_ntop(family, a->b, buf, (socklen_t)size) == NULL && size > 0)
		buf[0] = '\0';
	return buf;
}

/* Network order makes the numerical order that of the bytes, for both families. */
static int
addr_compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct addr));
}

static bool
addr_equal(const struct addr *a, const struct addr *b)
{
	return addr_compare(a, b) == 0;
}

static bool
addr_all_bytes(int family, const struct addr *a, uint8_t byte)
{
	for (size_t i = 0; i < addr_size(family); i++)
		if (a->b[i] != byte)
			return false;
	return true;
}

/* ---- lists ---- */

void
addr_list_done(struct addr_list *l)
{
	int saved = errno;

	free(l->a);
	*l = (struct addr_list){0};
	errno = saved;
}

/* FreeBSD answers EINVAL without a sentence; we say which address is meant. */
static int
bad_address(int family, const char *param, const struct addr *a, const char *why, struct err *e)
{
	char buf[INET6_ADDRSTRLEN];

	return err_errno(
	    e, EINVAL, "%s: %s %s", param, addr_print(family, a, buf, sizeof(buf)), why);
}

int
addr_list_set(int family, const char *param, const struct addr *a, size_t n, struct addr_list *ret,
    struct err *e)
{
	struct addr_list l = {0};

	if (n > ADDR_LIST_MAX)
		return err_set(e, EINVAL, "too many %s addresses", family_name(family));
	for (size_t i = 0; i < n; i++) {
		if (addr_all_bytes(family, &a[i], 0))
			return bad_address(
			    family, param, &a[i], "is the any-address, which no jail can own", e);
		if (family == AF_INET && addr_all_bytes(family, &a[i], 0xff))
			return bad_address(family, param, &a[i],
			    "is the broadcast address, which no jail can own", e);
	}
	if (n > 0) {
		l.a = calloc(n, sizeof(*l.a));
		if (l.a == NULL)
			return err_errno(e, ENOMEM, "%s", param);
		memcpy(l.a, a, n * sizeof(*l.a));
		l.n = n;
	}
	if (n > 2)
		qsort(l.a + 1, n - 1, sizeof(*l.a), addr_compare);
	for (size_t i = 1; i < n; i++) {
		if (addr_equal(&l.a[i], &l.a[0]) || (i > 1 && addr_equal(&l.a[i], &l.a[i - 1]))) {
			int r = bad_address(family, param, &l.a[i], "is there twice", e);

			addr_list_done(&l);
			return r;
		}
	}
	*ret = l;
	return 0;
}

int
addr_list_parse(
    int family, const char *param, const char *text, struct addr_list *ret, struct err *e)
{
	struct addr found[ADDR_LIST_MAX];
	cleanup_free char *copy = strdup(text);
	char *rest = copy, *word;
	size_t n = 0;

	if (copy == NULL)
		return err_errno(e, ENOMEM, "%s", param);
	if (text[0] == '\0' || strcmp(text, "-") == 0)
		return addr_list_set(family, param, NULL, 0, ret, e);
	for (word = strsep(&rest, ","); word != NULL; word = strsep(&rest, ",")) {
		if (n == ADDR_LIST_MAX)
			return err_set(e, EINVAL, "too many %s addresses", family_name(family));
		if (!addr_parse(family, word, &found[n]))
			return err_set(e, EINVAL, "%s: not an %s address: %s", param,
			    family_name(family), word);
		n++;
	}
	return addr_list_set(family, param, found, n, ret, e);
}

char *
addr_list_print(int family, const struct addr_list *l)
{
	cleanup_str struct str s = STR_EMPTY;
	char buf[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < l->n; i++)
		if (str_addf(&s, "%s%s", i > 0 ? "," : "",
			addr_print(family, &l->a[i], buf, sizeof(buf))) < 0)
			return NULL;
	return str_take(&s);
}

bool
addr_list_has(const struct addr_list *l, const struct addr *a)
{
	/* The first is out of order. */
	if (l->n == 0)
		return false;
	if (addr_equal(&l->a[0], a))
		return true;
	return bsearch(a, l->a + 1, l->n - 1, sizeof(*l->a), addr_compare) != NULL;
}

bool
addr_list_subset(const struct addr_list *l, const struct addr_list *of)
{
	for (size_t i = 0; i < l->n; i++)
		if (!addr_list_has(of, &l->a[i]))
			return false;
	return true;
}

int
addr_list_check_parent(int family, const char *param, const struct addr_list *l,
    const struct addr_list *parent, struct err *e)
{
	char buf[INET6_ADDRSTRLEN];

	for (size_t i = 0; i < l->n; i++) {
		if (addr_list_has(parent, &l->a[i]))
			continue;
		return err_errno(e, EPERM, "%s: %s is not an address of the parent jail", param,
		    addr_print(family, &l->a[i], buf, sizeof(buf)));
	}
	return 0;
}

bool
addr_list_restrict(struct addr_list *l, const struct addr_list *of)
{
	size_t kept = 0, before = l->n;

	for (size_t i = 0; i < l->n; i++)
		if (addr_list_has(of, &l->a[i]))
			l->a[kept++] = l->a[i];
	l->n = kept;
	return kept != before;
}

/* ---- clashes ---- */

static const struct addr_jail *
jail_by_id(const struct addr_jail *all, size_t n, int jid)
{
	for (size_t i = 0; i < n; i++)
		if (all[i].jid == jid)
			return &all[i];
	return NULL;
}

/* The nearest jail from `jid` upwards with a network stack of its own; 0 = the host. */
static int
stack_owner(const struct addr_jail *all, size_t n, int jid)
{
	/* Bounded, as the records may have been torn into a circle. */
	for (size_t i = 0; i <= n && jid != 0; i++) {
		const struct addr_jail *j = jail_by_id(all, n, jid);

		if (j == NULL)
			return 0;
		if (j->vnet)
			return jid;
		jid = j->parent;
	}
	return 0;
}

/*
 * Is t reached when walking down from `root`?  Not when itself or one on the way is
 * `self`, dying or has a stack of its own, nor below a restricted one.
 */
static bool
reached(const struct addr_jail *all, size_t n, const struct addr_jail *t, int root, int self)
{
	const struct addr_jail *j = t;

	for (size_t i = 0; i <= n; i++) {
		if (j == NULL || j->jid == self || j->dying || j->vnet)
			return false;
		if (j != t && j->restricted)
			return false;
		if (j->parent == root)
			return true;
		j = jail_by_id(all, n, j->parent);
	}
	return false;
}

static bool
have_common(const struct addr_list *a, const struct addr_list *b)
{
	for (size_t i = 0; i < a->n; i++)
		if (addr_list_has(b, &a->a[i]))
			return true;
	return false;
}

int
addr_overlap(int family, const struct addr_jail *all, size_t nall, int jid, int parent,
    const struct addr_list *list, struct err *e)
{
	int root = stack_owner(all, nall, parent);

	for (size_t i = 0; i < nall; i++) {
		const struct addr_jail *t = &all[i];

		/* The cheap questions first: the walk costs a search per generation. */
		if (!t->restricted || t->list == NULL || t->list->n == 0)
			continue;
		if (t->list->n == 1 && list->n == 1)
			continue;
		if (!have_common(list, t->list))
			continue;
		/* jid 0 is no jail: nothing is skipped then. */
		if (reached(all, nall, t, root, jid != 0 ? jid : -1))
			return err_set(e, EADDRINUSE, "%s addresses clash", family_name(family));
	}
	return 0;
}
