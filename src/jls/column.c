#include "jls/column.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "libjail/gaol.h"
#include "prison/param.h"

static const struct param *
group_of(const struct param *p)
{
	char name[64];
	const char *dot = strchr(p->name, '.');
	const struct param *group;

	if (dot == NULL || (size_t)(dot - p->name) >= sizeof(name))
		return NULL;
	memcpy(name, p->name, (size_t)(dot - p->name));
	name[dot - p->name] = '\0';
	group = param_exact(name);
	return group != NULL && group->type == PARAM_JAILSYS ? group : NULL;
}

static bool
has_name(const struct columns *c, const char *name)
{
	for (size_t i = 0; i < c->n; i++)
		if (strcmp(c->list[i].name, name) == 0)
			return true;
	return false;
}

static int
append(struct columns *c, const struct column *column, struct err *e)
{
	struct column *list;

	if (has_name(c, column->name))
		return 0;
	list = reallocarray(c->list, c->n + 1, sizeof(*list));
	if (list == NULL)
		return err_errno(e, ENOMEM, "%s", column->name);
	list[c->n] = *column;
	list[c->n].group = group_of(column->param);
	c->list = list;
	c->n++;
	return 0;
}

/* FreeBSD lists names without a dot first; the table is sorted within each half. */
static int
append_all(struct columns *c, struct err *e)
{
	for (int dotted = 0; dotted < 2; dotted++) {
		for (size_t i = 0; i < param_count; i++) {
			const struct param *p = &param_table[i];
			struct column column = {.name = p->name, .param = p};
			int r;

			if ((p->flags & PARAM_PSEUDO) || (strchr(p->name, '.') != NULL) != dotted)
				continue;
			r = append(c, &column, e);
			if (r < 0)
				return r;
		}
	}
	return 0;
}

int
columns_add(struct columns *c, const char *name, struct err *e)
{
	enum param_spelling spelling = PARAM_PLAIN;
	const char *key = NULL;
	struct column column = {.name = name, .named = true};

	if (strcmp(name, "all") == 0)
		return append_all(c, e);
	column.param = param_find(name, &spelling, &key);
	/* What only jail(8) knows is no property of a running jail. */
	if (column.param == NULL || (column.param->flags & PARAM_PSEUDO))
		return err_set(e, ENOENT, "unknown parameter: %s", name);
	column.negated = spelling == PARAM_NO;
	column.keyed = key != NULL;
	return append(c, &column, e);
}

void
columns_done(struct columns *c)
{
	free(c->list);
	*c = (struct columns){0};
}

/*
 * A parameter that was named loses its type in FreeBSD's jls and prints as the
 * kernel's number; scripts compare with that.
 */
static const char *
flag_text(const struct column *c, const char *text)
{
	static const char *const numbers[] = {"0", "1", "2"};
	int v;

	if (c->param->type == PARAM_BOOL) {
		v = (strcmp(text, "true") == 0) != c->negated;
		if (c->named && !c->negated)
			return numbers[v];
		return v ? "true" : "false";
	}
	v = param_jailsys_from_text(text);
	return c->named && v >= 0 ? numbers[v] : text;
}

const char *
column_text(const struct column *c, struct gaol_jail *j)
{
	const char *text = gaol_jail_value(j, c->negated ? c->param->name : c->name);

	if (text == NULL)
		return c->keyed ? NULL : "";
	if (c->param->type == PARAM_BOOL || c->param->type == PARAM_JAILSYS)
		return flag_text(c, text);
	return text;
}

bool
column_is_bool(const struct column *c)
{
	return c->param->type == PARAM_BOOL && (!c->named || c->negated);
}

bool
column_is_list(const struct column *c)
{
	return c->param->type == PARAM_IP4 || c->param->type == PARAM_IP6;
}

bool
column_skipped(const struct column *c, struct gaol_jail *j)
{
	const char *group;

	if (c->param->flags & PARAM_RDONLY)
		return true;
	if (c->group == NULL)
		return false;
	group = gaol_jail_value(j, c->group->name);
	return group == NULL || strcmp(group, "new") != 0;
}
