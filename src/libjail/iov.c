#include "libjail/iov.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/num.h"
#include "libjail/jailp.h"
#include "prison/param.h"

static const char *
name_at(const struct iovec *iov, unsigned i)
{
	return iov[i].iov_base;
}

/* The kernel says nothing with such an error; jailparam_set then says "jail_set: Invalid argument".
 */
static int
invalid(struct err *e)
{
	return err_set(e, EINVAL, "%s", "");
}

int
iov_check(const struct iovec *iov, unsigned n, struct err *e)
{
	size_t total = 0;

	if (n % 2 != 0)
		return invalid(e);
	for (unsigned i = 0; i < n; i++) {
		size_t len = iov[i].iov_len;

		if (len > IOV_TOTAL_MAX || total + len > IOV_TOTAL_MAX)
			return invalid(e);
		total += len;
		if (i % 2 == 0) {
			if (iov[i].iov_base == NULL)
				return err_set(e, EFAULT, "%s", "");
			if (len == 0 || strnlen(name_at(iov, i), len) != len - 1)
				return invalid(e);
		}
	}
	return 0;
}

struct iovec *
iov_find(struct iovec *iov, unsigned n, const char *name)
{
	for (unsigned i = n; i >= 2; i -= 2)
		if (strcmp(name_at(iov, i - 2), name) == 0)
			return &iov[i - 1];
	return NULL;
}

struct iovec *
iov_errmsg(struct iovec *iov, unsigned n)
{
	struct iovec *buf = iov_find(iov, n, "errmsg");

	return buf != NULL && buf->iov_base != NULL && buf->iov_len > 0 ? buf : NULL;
}

void
iov_set_errmsg(struct iovec *iov, unsigned n, const char *text)
{
	struct iovec *buf = iov_errmsg(iov, n);

	if (buf != NULL && text[0] != '\0')
		(void)snprintf(buf->iov_base, buf->iov_len, "%s", text);
}

int
iov_int(struct iovec *iov, unsigned n, const char *name, int *ret, struct err *e)
{
	const struct iovec *value = iov_find(iov, n, name);

	if (value == NULL)
		return 0;
	if (value->iov_base == NULL || value->iov_len != sizeof(*ret))
		return invalid(e);
	memcpy(ret, value->iov_base, sizeof(*ret));
	return 1;
}

static bool
is_text(const struct iovec *value)
{
	return value->iov_base != NULL && value->iov_len > 0 &&
	       ((const char *)value->iov_base)[value->iov_len - 1] == '\0';
}

int
iov_text(struct iovec *iov, unsigned n, const char *name, const char **ret, struct err *e)
{
	const struct iovec *value = iov_find(iov, n, name);

	*ret = NULL;
	if (value == NULL)
		return 0;
	if (!is_text(value))
		return invalid(e);
	*ret = value->iov_base;
	return 0;
}

/* ---- in ------------------------------------------------------------------------------- */

static char *
number_text(const struct param *p, int v)
{
	static const char *const jailsys[] = {"disable", "new", "inherit"};
	char buf[16];

	if (p->type == PARAM_JAILSYS && v >= 0 && v < 3)
		return strdup(jailsys[v]);
	(void)snprintf(buf, sizeof(buf), "%d", v);
	return strdup(buf);
}

/* The value in the text that gaol_create reads; NULL for what stands alone. */
static int
value_text(const struct param *p, bool keyed, const struct iovec *value, char **ret, struct err *e)
{
	char buf[32];
	unsigned long u;
	int i;

	*ret = NULL;
	if (p->type == PARAM_BOOL || (keyed && value->iov_len == 0))
		return 0;
	if (jailp_address_size(p) > 0) {
		if (value->iov_len % jailp_address_size(p) != 0)
			return invalid(e);
		*ret = jailp_addresses_to_text(p, value->iov_base, value->iov_len);
	} else if (p->type == PARAM_INT || p->type == PARAM_JAILSYS) {
		if (value->iov_base == NULL || value->iov_len != sizeof(i))
			return invalid(e);
		memcpy(&i, value->iov_base, sizeof(i));
		*ret = number_text(p, i);
	} else if (p->type == PARAM_ULONG) {
		if (value->iov_base == NULL || value->iov_len != sizeof(u))
			return invalid(e);
		memcpy(&u, value->iov_base, sizeof(u));
		(void)snprintf(buf, sizeof(buf), "%lu", u);
		*ret = strdup(buf);
	} else {
		if (!is_text(value))
			return invalid(e);
		*ret = strdup(value->iov_base);
	}
	return *ret == NULL ? err_errno(e, ENOMEM, "%s", p->name) : 0;
}

/* Where the same parameter stands already.  meta and its keys change one buffer in turn: all count.
 */
static size_t
same_before(const struct iov_params *l, const struct param *p)
{
	size_t i;

	for (i = 0; i < l->n; i++)
		if (!(p->flags & PARAM_KEYVALUE) && param_find(l->list[i].name, NULL, NULL) == p)
			break;
	return i;
}

static int
add_param(struct iov_params *l, const struct param *p, const char *name, char *value_consume,
    struct err *e)
{
	size_t at = same_before(l, p);

	if (value_consume != NULL && strv_take(&l->texts, value_consume) < 0) {
		free(value_consume);
		return err_errno(e, ENOMEM, "%s", name);
	}
	l->list[at] = (struct gaol_param){name, value_consume};
	if (at == l->n)
		l->n++;
	return 0;
}

int
iov_params(const struct iovec *iov, unsigned n, struct iov_params *ret, struct err *e)
{
	const char *unknown = NULL;

	/* One more than there are pairs: iov_params_set adds one. */
	*ret = (struct iov_params){.list = calloc((size_t)n / 2 + 1, sizeof(*ret->list))};
	if (ret->list == NULL)
		return err_errno(e, ENOMEM, "parameters");
	for (unsigned i = 0; i < n; i += 2) {
		const char *name = name_at(iov, i), *key = NULL;
		const struct param *p = param_find(name, NULL, &key);
		char *value;
		int r;

		if (strcmp(name, "errmsg") == 0)
			continue;
		if (p == NULL || (p->flags & (PARAM_PSEUDO | PARAM_RDONLY))) {
			if (unknown == NULL)
				unknown = name;
			continue;
		}
		r = value_text(p, key != NULL, &iov[i + 1], &value, e);
		if (r == 0)
			r = add_param(ret, p, name, value, e);
		if (r < 0)
			return r;
	}
	/* All else is looked at first, so that a bad value is not hidden by a name of tomorrow. */
	if (unknown != NULL)
		return err_set(e, EINVAL, "unknown parameter: %s", unknown);
	return 0;
}

void
iov_params_done(struct iov_params *p)
{
	free(p->list);
	strv_done(&p->texts);
	*p = (struct iov_params){0};
}

bool
iov_params_has(const struct iov_params *l, const char *name)
{
	for (size_t i = 0; i < l->n; i++)
		if (strcmp(l->list[i].name, name) == 0)
			return true;
	return false;
}

int
iov_params_set(struct iov_params *l, const char *name, struct err *e)
{
	return add_param(l, param_exact(name), name, NULL, e);
}

/* ---- out ------------------------------------------------------------------------------ */

/* Numbers must fit exactly, texts and lists may have room to spare; a value of NULL asks for the
 * size. */
static int
put_bytes(struct iovec *value, const void *bytes, size_t len, bool exact, struct err *e)
{
	if (value->iov_base != NULL) {
		if (exact ? value->iov_len != len : value->iov_len < len)
			return invalid(e);
		memcpy(value->iov_base, bytes, len);
	}
	value->iov_len = len;
	return 0;
}

static int
put_addresses(struct iovec *value, const struct param *p, const char *text, struct err *e)
{
	cleanup_free void *list = NULL;
	size_t len;
	int r = jailp_addresses_from_text(p, text, &list, &len, e);

	return r < 0 ? r : put_bytes(value, list, len, false, e);
}

int
iov_put(struct iovec *value, const char *name, struct gaol_jail *j, struct err *e)
{
	enum param_spelling spelling = PARAM_PLAIN;
	const char *key = NULL, *text;
	const struct param *p = param_find(name, &spelling, &key);
	uint64_t u = 0;
	int64_t i = 0;

	if (p == NULL || (p->flags & PARAM_PSEUDO))
		return err_set(e, EINVAL, "unknown parameter: %s", name);
	text = gaol_jail_value(j, spelling == PARAM_NO ? p->name : name);
	if (text == NULL && key != NULL) {
		value->iov_len = 0;
		return 0;
	}
	if (text == NULL)
		text = "";
	switch (p->type) {
	case PARAM_BOOL:
		i = (strcmp(text, "true") == 0) != (spelling == PARAM_NO);
		return put_bytes(value, &(int){(int)i}, sizeof(int), true, e);
	case PARAM_JAILSYS:
		i = param_jailsys_from_text(text);
		return put_bytes(value, &(int){(int)i}, sizeof(int), true, e);
	case PARAM_INT:
		(void)num_parse_i64(text, INT_MIN, INT_MAX, &i);
		return put_bytes(value, &(int){(int)i}, sizeof(int), true, e);
	case PARAM_ULONG:
		(void)num_parse_u64(text, ULONG_MAX, &u);
		return put_bytes(value, &(unsigned long){u}, sizeof(unsigned long), true, e);
	case PARAM_IP4:
	case PARAM_IP6:
		return put_addresses(value, p, text, e);
	case PARAM_STRING:
	case PARAM_CHOICE:
	case PARAM_LIST:
		break;
	}
	return put_bytes(value, text, strlen(text) + 1, false, e);
}
