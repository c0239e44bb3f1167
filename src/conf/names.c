/*
 * Which names are one parameter: equal ones, and those that are equal once `no` is
 * taken off one component of either.  Computed once for each distinct name, so that
 * merging a jail never compares names.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "conf/impl.h"
#include "conf/vec.h"
#include "prison/param.h"

/*
 * Longer names are nobody's parameter (the kernel's end at 1023 bytes) and have no
 * no-forms, so that "no.no.no..." cannot cost the square of its length.
 */
#define NAME_MAX_RELATED 1024

struct pair {
	uint32_t a, b;
};

struct pairs {
	struct pair *list;
	uint32_t n, size;
};

/* FreeBSD's specially known kernel parameters; jail(8)'s own are marked in the table. */
static const char *const known[] = {"jid", "name", "path", "persist", "securelevel",
    "devfs_ruleset", "host.hostname", "ip4.addr", "ip6.addr", "vnet"};

static bool
is_known(const char *name)
{
	const struct param *p;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strcmp(name, known[i]) == 0)
			return true;
	p = param_exact(name);
	return p != NULL && (p->flags & PARAM_PSEUDO) != 0;
}

/* Calls fn with each text that is `name` less a `no`; 0 or what fn returned. */
static int
each_shorter(
    const char *name, size_t len, int (*fn)(const char *s, size_t len, void *arg), void *arg)
{
	char buf[NAME_MAX_RELATED + 1];
	int r = 0;

	if (len > NAME_MAX_RELATED)
		return 0;
	for (size_t i = 0; i < len && r == 0; i++) {
		if ((i > 0 && name[i - 1] != '.') || strncmp(name + i, "no", 2) != 0)
			continue;
		memcpy(buf, name, i);
		memcpy(buf + i, name + i + 2, len - i - 2);
		buf[len - 2] = '\0';
		r = fn(buf, len - 2, arg);
	}
	return r;
}

struct finding {
	struct conf *c;
	uint32_t id;
	struct pairs pairs;
};

static int
found_shorter(const char *s, size_t len, void *arg)
{
	struct finding *f = arg;
	uint32_t other = intern_find(&f->c->names, s, len);
	int r;

	if (is_known(s))
		f->c->name_flags[f->id] |= NAME_KNOWN;
	if (other == INTERN_NONE)
		return 0;
	r = VEC_ROOM(f->pairs.list, f->pairs.n, f->pairs.size);
	if (r == 0)
		f->pairs.list[f->pairs.n++] = (struct pair){.a = f->id, .b = other};
	return r;
}

static int
build_related(struct conf *c, const struct pairs *pairs)
{
	uint32_t n = c->names.n, *fill;

	c->related = calloc((size_t)pairs->n * 2 + 1, sizeof(*c->related));
	c->related_at = calloc((size_t)n + 2, sizeof(*c->related_at));
	if (c->related == NULL || c->related_at == NULL)
		return -ENOMEM;
	/* Counted two places on, so that filling moves each start into its place. */
	for (uint32_t i = 0; i < pairs->n; i++) {
		c->related_at[pairs->list[i].a + 2]++;
		c->related_at[pairs->list[i].b + 2]++;
	}
	for (uint32_t i = 2; i < n + 2; i++)
		c->related_at[i] += c->related_at[i - 1];
	fill = c->related_at + 1;
	for (uint32_t i = 0; i < pairs->n; i++) {
		c->related[fill[pairs->list[i].a]++] = pairs->list[i].b;
		c->related[fill[pairs->list[i].b]++] = pairs->list[i].a;
	}
	return 0;
}

static void
mark_once(struct conf *c, uint32_t id)
{
	c->name_flags[id] |= NAME_ONCE;
	for (uint32_t i = c->related_at[id]; i < c->related_at[id + 1]; i++)
		c->name_flags[c->related[i]] |= NAME_ONCE;
}

static void
mark_stated(struct conf *c, const struct jails *jails)
{
	for (uint32_t i = 0; i < jails->n; i++)
		for (const struct stmt *s = jails->list[i]->first; s != NULL; s = s->next)
			if (!s->is_var)
				c->name_flags[s->name] |= NAME_STATED;
}

int
conf_names_finish(struct conf *c)
{
	struct finding f = {.c = c};
	int r;

	r = intern_add(&c->names, "jid", 3, &c->id_jid);
	if (r == 0)
		r = intern_add(&c->names, "name", 4, &c->id_name);
	if (r < 0)
		return r;
	c->name_flags = calloc(c->names.n, sizeof(*c->name_flags));
	if (c->name_flags == NULL)
		return -ENOMEM;
	for (f.id = 0; f.id < c->names.n && r == 0; f.id++) {
		const struct intern_entry *e = &c->names.entries[f.id];

		if (is_known(e->s))
			c->name_flags[f.id] |= NAME_KNOWN;
		r = each_shorter(e->s, e->len, found_shorter, &f);
	}
	if (r == 0)
		r = build_related(c, &f.pairs);
	free(f.pairs.list);
	if (r < 0)
		return r;
	mark_once(c, c->id_jid);
	mark_once(c, c->id_name);
	mark_stated(c, &c->jails);
	mark_stated(c, &c->wilds);
	return 0;
}

struct alike {
	const struct conf *c;
	conf_names_fn *fn;
	void *arg;
};

static int
report(const char *s, size_t len, void *arg)
{
	const struct alike *a = arg;
	uint32_t id = intern_find(&a->c->names, s, len);

	if (id != INTERN_NONE)
		a->fn(id, a->arg);
	return 0;
}

void
conf_names_alike(const struct conf *c, const char *name, conf_names_fn *fn, void *arg)
{
	struct alike a = {.c = c, .fn = fn, .arg = arg};
	char buf[NAME_MAX_RELATED + 3];
	size_t len = strlen(name);

	(void)report(name, len, &a);
	(void)each_shorter(name, len, report, &a);
	if (len > NAME_MAX_RELATED)
		return;
	for (size_t i = 0; i <= len; i++) {
		if (i > 0 && name[i - 1] != '.')
			continue;
		memcpy(buf, name, i);
		memcpy(buf + i, "no", 2);
		memcpy(buf + i + 2, name + i, len - i + 1);
		(void)report(buf, len + 2, &a);
	}
}

bool
conf_mentions(const struct conf *c, const char *parameter)
{
	uint32_t id = intern_find(&c->names, parameter, strlen(parameter));

	return id != INTERN_NONE && (c->name_flags[id] & NAME_STATED) != 0;
}
