/* From a file to a struct conf, and its simple questions. */
#include "conf/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "conf/impl.h"

static void
cleanup_conf_fn(struct conf **c)
{
	conf_free(*c);
}

#define cleanup_conf __attribute__((cleanup(cleanup_conf_fn)))

static struct conf *
conf_new(void)
{
	struct conf *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->names.mem = &c->mem;
	c->jail_names.mem = &c->mem;
	return c;
}

/* So that a jail is found by name without looking at the others. */
static int
index_jails(struct conf *c)
{
	c->jail_first = calloc((size_t)c->jails.n + 1, sizeof(*c->jail_first));
	if (c->jail_first == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < c->jails.n; i++) {
		uint32_t seen = c->jail_names.n, id;
		int r =
		    intern_add(&c->jail_names, c->jails.list[i]->name, c->jails.list[i]->len, &id);

		if (r < 0)
			return r;
		if (id == seen)
			c->jail_first[id] = i;
	}
	return 0;
}

static int
finish(struct conf *c)
{
	int r = index_jails(c);

	for (uint32_t i = 0; i < c->wilds.n && r == 0; i++)
		r = wild_add(&c->wild, &c->mem, c->wilds.list[i]->name, i);
	if (r == 0)
		r = conf_names_finish(c);
	if (r < 0)
		return r;
	c->scratch.by_name = calloc(c->names.n, sizeof(*c->scratch.by_name));
	return c->scratch.by_name != NULL ? 0 : -ENOMEM;
}

static int
parse_all(struct conf *c, uint32_t source)
{
	int r = conf_parse_source(c, source);

	free(c->open.list);
	c->open = (struct jails){0};
	return r < 0 ? r : finish(c);
}

int
conf_load(const char *file, struct conf **ret, struct err *e)
{
	cleanup_conf struct conf *c = conf_new();
	uint32_t source;
	int r;

	if (c == NULL)
		return err_errno(e, ENOMEM, "%s", file);
	r = conf_source_open(c, file, &source);
	if (r == 0)
		r = parse_all(c, source);
	if (r < 0)
		return err_errno(e, -r, "%s", file);
	*ret = take_ptr(c);
	return 0;
}

int
conf_parse(const char *name, const char *text, size_t len, struct conf **ret, struct err *e)
{
	const char *shown = name != NULL ? name : "STDIN";
	cleanup_conf struct conf *c = conf_new();
	cleanup_free char *copy = NULL;
	int r;

	if (len > CONF_FILE_MAX)
		return err_errno(e, EFBIG, "%s", shown);
	copy = malloc(len + 1);
	if (c == NULL || copy == NULL)
		return err_errno(e, ENOMEM, "%s", shown);
	if (len > 0)
		memcpy(copy, text, len);
	copy[len] = '\0';
	r = conf_source_add(c, shown, shown, copy, len);
	if (r == 0) {
		copy = NULL;
		c->sources[0].no_include = name == NULL;
		r = parse_all(c, 0);
	}
	if (r < 0)
		return err_errno(e, -r, "%s", shown);
	*ret = take_ptr(c);
	return 0;
}

static void
free_jails(struct jails *jails)
{
	for (uint32_t i = 0; i < jails->n; i++) {
		struct conf_jail *j = jails->list[i];

		conf_jail_release(j);
		if (j->messages != NULL)
			conf_messages_done(j->messages);
		free(j->messages);
	}
	free(jails->list);
}

static void
free_scratch(struct scratch *s)
{
	free(s->by_name);
	free(s->slots);
	free(s->links);
	free(s->frames);
	free(s->order);
	free(s->blocks);
}

void
conf_free(struct conf *c)
{
	if (c == NULL)
		return;
	free_jails(&c->jails);
	free_jails(&c->wilds);
	free(c->open.list);
	for (uint32_t i = 0; i < c->nsources; i++) {
		free(c->sources[i].text);
		free(c->sources[i].lines);
	}
	free(c->sources);
	conf_messages_done(&c->messages);
	intern_done(&c->names);
	intern_done(&c->jail_names);
	wild_done(&c->wild);
	free(c->name_flags);
	free(c->related);
	free(c->related_at);
	free(c->jail_first);
	free_scratch(&c->scratch);
	arena_done(&c->mem);
	free(c);
}

bool
conf_failed(const struct conf *c)
{
	return c->failed;
}

size_t
conf_messages(const struct conf *c, const struct conf_message **ret)
{
	*ret = c->messages.list;
	return c->messages.n;
}

size_t
conf_count(const struct conf *c)
{
	return c->jails.n;
}

struct conf_jail *
conf_jail_at(struct conf *c, size_t i)
{
	return c->jails.list[i];
}

struct conf_jail *
conf_jail_find(struct conf *c, const char *block_name)
{
	uint32_t id = intern_find(&c->jail_names, block_name, strlen(block_name));

	return id == INTERN_NONE ? NULL : c->jails.list[c->jail_first[id]];
}

const char *
conf_jail_name(const struct conf_jail *j)
{
	return j->name;
}

bool
conf_jail_numeric(const struct conf_jail *j)
{
	long number;

	return conf_jail_number(j->name, &number);
}

bool
conf_is_plain(const char *value)
{
	return value[0] != '\0' && strpbrk(value, "'\" \t\\") == NULL;
}

char *
conf_quote(const char *value)
{
	cleanup_str struct str out = STR_EMPTY;
	char quote = '\0';
	int r = 0;

	if (strchr(value, '\'') != NULL)
		quote = '"';
	else if (strchr(value, '"') != NULL)
		quote = '\'';
	else if (value[0] == '\0' || strpbrk(value, " \t") != NULL)
		quote = '"';
	if (quote != '\0')
		r = str_addc(&out, quote);
	for (const char *p = value; *p != '\0' && r == 0; p++) {
		if (*p == '\\' || (quote != '\0' && *p == quote))
			r = str_addc(&out, '\\');
		if (r == 0)
			r = str_addc(&out, *p);
	}
	if (r == 0 && quote != '\0')
		r = str_addc(&out, quote);
	return r < 0 ? NULL : str_take(&out);
}
