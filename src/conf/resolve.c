/* One jail, when it is asked for. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/impl.h"

int
conf_jail_error(struct conf_jail *j, struct place at, const char *subject, const char *before,
    const char *name, const char *after)
{
	struct conf_message m = {.jail = j->name};
	cleanup_str struct str text = STR_EMPTY;
	int r;

	j->failed = true;
	if (j->resolved)
		return 0;
	if (j->messages == NULL)
		j->messages = calloc(1, sizeof(*j->messages));
	if (j->messages == NULL)
		return -ENOMEM;
	r = conf_message_escape(&text, j->name, j->len, SIZE_MAX);
	if (r == 0)
		r = str_add(&text, ": ");
	if (r == 0 && subject != NULL)
		r = conf_message_escape(&text, subject, strlen(subject), SIZE_MAX);
	if (r == 0 && subject != NULL)
		r = str_add(&text, ": ");
	if (r == 0)
		r = str_add(&text, before);
	if (r == 0)
		r = conf_message_escape(&text, name, strlen(name), SIZE_MAX);
	if (r == 0)
		r = str_add(&text, after);
	if (r == 0)
		r = conf_message_place(j->conf, &j->messages->mem, at, &m);
	return r < 0 ? r : conf_message_add(j->messages, &m, str_get(&text));
}

static void
forget_messages(struct conf_jail *j)
{
	if (j->messages != NULL)
		conf_messages_done(j->messages);
	free(j->messages);
	j->messages = NULL;
}

static void
result_free(struct result *res)
{
	if (res == NULL)
		return;
	arena_done(&res->mem);
	free(res);
}

bool
conf_jail_resolve(struct conf_jail *j)
{
	struct result *res;
	int r;

	if (j->result != NULL)
		return !j->failed;
	j->no_memory = false;
	res = calloc(1, sizeof(*res));
	if (res == NULL) {
		j->no_memory = true;
		return false;
	}
	r = conf_merge(j, res);
	if (r == 0)
		r = conf_expand(j, res);
	if (r < 0) {
		result_free(res);
		if (!j->resolved)
			forget_messages(j);
		j->no_memory = true;
		return false;
	}
	j->resolved = true;
	j->result = res;
	return !j->failed;
}

void
conf_jail_release(struct conf_jail *j)
{
	result_free(j->result);
	j->result = NULL;
}

size_t
conf_resolve_all(struct conf *c)
{
	size_t failed = 0;

	for (uint32_t i = 0; i < c->jails.n; i++) {
		struct conf_jail *j = c->jails.list[i];
		bool kept = j->result != NULL;

		if (!conf_jail_resolve(j))
			failed++;
		if (!kept)
			conf_jail_release(j);
	}
	return failed;
}

size_t
conf_jail_params(struct conf_jail *j, const struct conf_param **ret)
{
	(void)conf_jail_resolve(j);
	*ret = j->result != NULL ? j->result->params : NULL;
	return j->result != NULL ? j->result->n : 0;
}

size_t
conf_jail_messages(struct conf_jail *j, const struct conf_message **ret)
{
	static const struct conf_message no_memory = {.text = "Cannot allocate memory"};

	(void)conf_jail_resolve(j);
	if (j->no_memory) {
		*ret = &no_memory;
		return 1;
	}
	*ret = j->messages != NULL ? j->messages->list : NULL;
	return j->messages != NULL ? j->messages->n : 0;
}

static int
by_lookup(const void *a, const void *b)
{
	const struct lookup *x = a, *y = b;

	if (x->name != y->name)
		return x->name < y->name ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

static bool
make_index(struct result *res)
{
	if (res->index != NULL)
		return true;
	res->index = arena_alloc(&res->mem, res->n * sizeof(*res->index));
	if (res->index == NULL)
		return false;
	for (uint32_t i = 0; i < res->n; i++)
		res->index[i] = (struct lookup){.name = res->names[i], .at = i};
	qsort(res->index, res->n, sizeof(*res->index), by_lookup);
	return true;
}

struct search {
	const struct result *res;
	uint32_t best;
};

/* The first place of a name among the results, if it is before what was found so far. */
static void
look_up(uint32_t name, void *arg)
{
	struct search *s = arg;
	uint32_t low = 0, high = s->res->n;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		if (s->res->index[middle].name < name)
			low = middle + 1;
		else
			high = middle;
	}
	if (low < s->res->n && s->res->index[low].name == name && s->res->index[low].at < s->best)
		s->best = s->res->index[low].at;
}

const struct conf_param *
conf_jail_param(struct conf_jail *j, const char *name)
{
	struct search s = {.best = UINT32_MAX};

	(void)conf_jail_resolve(j);
	if (j->result == NULL || !make_index(j->result))
		return NULL;
	s.res = j->result;
	conf_names_alike(j->conf, name, look_up, &s);
	return s.best == UINT32_MAX ? NULL : &j->result->params[s.best];
}

static int
where(struct conf_jail *j, struct place at, struct conf_message *ret)
{
	struct conf_message m = {.jail = j->name};
	int r = conf_message_place(j->conf, &j->conf->mem, at, &m);

	if (r == 0)
		*ret = m;
	return r;
}

int
conf_param_where(struct conf_jail *j, const struct conf_param *p, struct conf_message *ret)
{
	const struct stmt *st = j->result->stmts[p - j->result->params];

	if (st == NULL)
		return conf_jail_where(j, ret);
	return where(j, (struct place){.source = st->source, .off = st->off}, ret);
}

int
conf_jail_where(struct conf_jail *j, struct conf_message *ret)
{
	return where(j, (struct place){.source = j->source, .off = j->off}, ret);
}
