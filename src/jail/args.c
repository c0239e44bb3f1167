#include "jail/args.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "prison/param.h"

/* a is longer than b by two: is it b with `no` before one component? */
static bool
is_no_form(const char *a, const char *b)
{
	const char *component = a;

	if (strlen(a) != strlen(b) + 2)
		return false;
	for (;;) {
		size_t before = (size_t)(component - a);

		if (strncmp(a, b, before) == 0 && strncmp(component, "no", 2) == 0 &&
		    strcmp(component + 2, b + before) == 0)
			return true;
		component = strchr(component, '.');
		if (component == NULL)
			return false;
		component++;
	}
}

bool
arg_names_equal(const char *a, const char *b)
{
	return strcmp(a, b) == 0 || is_no_form(a, b) || is_no_form(b, a);
}

/*
 * jail(8)'s own parameters are looked at by their last component only, so that
 * `nomount.devfs` means mount.devfs.  A trap, but FreeBSD's files rely on it.
 */
static const struct param *
find_trapped(const char *name)
{
	for (size_t i = 0; i < param_count; i++) {
		const struct param *row = &param_table[i];

		if ((row->flags & PARAM_PSEUDO) && row->type == PARAM_BOOL &&
		    is_no_form(name, row->name))
			return row;
	}
	return NULL;
}

static void
look_up(struct arg *p)
{
	enum param_spelling spelling = PARAM_PLAIN;

	p->row = param_find(p->name, &spelling, NULL);
	if (p->row == NULL && strncmp(p->name, "no", 2) == 0)
		p->row = find_trapped(p->name);
	p->negated = p->row != NULL && spelling == PARAM_NO;
}

static struct arg *
find_same(const struct args *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++)
		if (arg_names_equal(s->v[i].name, name))
			return &s->v[i];
	return NULL;
}

struct arg *
args_new(struct args *s, const char *name)
{
	struct arg *p;

	if (s->n == s->size) {
		size_t size = s->size == 0 ? 16 : s->size * 2;
		struct arg *v = reallocarray(s->v, size, sizeof(*v));

		if (v == NULL)
			return NULL;
		s->v = v;
		s->size = size;
	}
	p = &s->v[s->n];
	*p = (struct arg){.name = strdup(name)};
	if (p->name == NULL)
		return NULL;
	look_up(p);
	s->n++;
	return p;
}

int
args_add(struct args *s, const char *name, const char *value)
{
	struct arg *p = find_same(s, name);

	if (p == NULL) {
		p = args_new(s, name);
		if (p == NULL)
			return -ENOMEM;
	} else if (strcmp(p->name, name) != 0) {
		char *copy = strdup(name);

		if (copy == NULL)
			return -ENOMEM;
		free(p->name);
		p->name = copy;
		look_up(p);
	}
	p->valued = value != NULL;
	if (value != NULL)
		return strv_add(&p->values, value);
	strv_done(&p->values);
	p->values = (struct strv){0};
	return 0;
}

static int
add_split(struct args *s, const char *name, const char *value)
{
	cleanup_free char *copy = strdup(value);
	char *rest = copy, *piece;
	int r = copy == NULL ? -ENOMEM : 0;

	while (r == 0 && (piece = strsep(&rest, ",")) != NULL)
		r = args_add(s, name, piece);
	return r;
}

int
args_add_argument(struct args *s, const char *argument)
{
	const char *equals = strchr(argument, '=');
	cleanup_free char *name = NULL;
	const struct param *row;

	if (equals == NULL)
		return args_add(s, argument, NULL);
	name = strndup(argument, (size_t)(equals - argument));
	if (name == NULL)
		return -ENOMEM;
	row = param_exact(name);
	if (row != NULL && (row->flags & PARAM_CMDSPLIT))
		return add_split(s, name, equals + 1);
	return args_add(s, name, equals + 1);
}

struct arg *
args_find(const struct args *s, const char *name)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct param *row = s->v[i].row;

		if (row != NULL && strcmp(row->name, name) == 0)
			return &s->v[i];
	}
	return NULL;
}

const char *
args_string(const struct args *s, const char *name)
{
	const struct arg *p = args_find(s, name);

	return p != NULL && p->values.n > 0 ? p->values.s[p->values.n - 1] : NULL;
}

char *const *
args_list(const struct args *s, const char *name, size_t *ret_n)
{
	const struct arg *p = args_find(s, name);

	*ret_n = p != NULL ? p->values.n : 0;
	return p != NULL ? p->values.s : NULL;
}

static const char *
last_value(const struct arg *p)
{
	return p->values.n > 0 ? p->values.s[p->values.n - 1] : NULL;
}

int
arg_bool(const struct arg *p, bool *ret, struct err *e)
{
	const char *value = last_value(p);
	int64_t number;
	bool yes;

	if (value == NULL || strcasecmp(value, "true") == 0)
		yes = true;
	else if (value[0] == '\0' || strcasecmp(value, "false") == 0)
		yes = false;
	else if (num_parse_i64(value, INT64_MIN, INT64_MAX, &number) == 0)
		yes = number != 0;
	else
		return err_set(e, EINVAL, "%s: unknown boolean value \"%s\"", p->name, value);
	*ret = yes != p->negated;
	return 0;
}

int
arg_int(const struct arg *p, int *ret, struct err *e)
{
	const char *value = last_value(p);
	int64_t number;

	if (value == NULL || num_parse_i64(value, INT_MIN, INT_MAX, &number) < 0)
		return err_set(
		    e, EINVAL, "%s: non-integer value \"%s\"", p->name, value != NULL ? value : "");
	*ret = (int)number;
	return 0;
}

bool
args_bool(const struct args *s, const char *name, bool def)
{
	const struct arg *p = args_find(s, name);
	bool value = def;

	if (p != NULL)
		(void)arg_bool(p, &value, NULL);
	return value;
}

int
args_int(const struct args *s, const char *name, int def)
{
	const struct arg *p = args_find(s, name);
	int value = def;

	if (p != NULL)
		(void)arg_int(p, &value, NULL);
	return value;
}

bool
arg_is_pseudo(const struct arg *p)
{
	return p->row != NULL && (p->row->flags & PARAM_PSEUDO);
}

void
args_done(struct args *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].name);
		strv_done(&s->v[i].values);
	}
	free(s->v);
	*s = ARGS_EMPTY;
}
