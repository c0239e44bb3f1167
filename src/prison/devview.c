#include "prison/devview.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"

int
devview_start(const struct devhost *h, struct devview_state **ret)
{
	struct devview_state *s = calloc(h->n + 1, sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < h->n; i++) {
		s[i].uid = h->entries[i].uid;
		s[i].gid = h->entries[i].gid;
		s[i].mode = h->entries[i].mode;
	}
	*ret = s;
	return 0;
}

static void
apply_effect(struct devview_state *s, const struct devmatch_effect *f)
{
	if ((f->has & (DEV_HAS_HIDE | DEV_HAS_UNHIDE)) != 0) {
		s->hidden = (f->has & DEV_HAS_HIDE) != 0;
		s->name = f->name;
	}
	if ((f->has & DEV_HAS_USER) != 0)
		s->uid = f->uid;
	if ((f->has & DEV_HAS_GROUP) != 0)
		s->gid = f->gid;
	if ((f->has & DEV_HAS_MODE) != 0)
		s->mode = f->mode;
}

void
devview_apply(const struct devhost *h, struct devmatch_plan *plan, struct devview_state *s)
{
	for (size_t i = 0; i < h->n; i++) {
		const struct devhost_entry *d = &h->entries[i];
		const struct devmatch_entry entry = {d->names, d->nnames, d->types};
		struct devmatch_effect effect;

		if (d->always)
			continue;
		devmatch_eval(plan, &entry, &effect);
		apply_effect(&s[i], &effect);
	}
}

static bool
entry_is_named(const struct devhost_entry *d, const char *name, size_t len)
{
	for (size_t i = 0; i < d->nnames; i++)
		if (strncmp(d->names[i].name, name, len) == 0 && d->names[i].name[len] == '\0')
			return true;
	return false;
}

/* Is the directory of this name (a FreeBSD one, perhaps) shown?  One that nobody has is. */
static bool
dir_is_shown(const struct devhost *h, const struct devview_state *s, const char *name, size_t len)
{
	bool known = false;

	for (size_t i = 0; i < h->n; i++) {
		if (h->entries[i].kind != DEV_DIR || !entry_is_named(&h->entries[i], name, len))
			continue;
		if (!s[i].hidden)
			return true;
		known = true;
	}
	return !known;
}

static bool
parents_are_shown(const struct devhost *h, const struct devview_state *s, const char *name)
{
	for (const char *p = strchr(name, '/'); p != NULL; p = strchr(p + 1, '/'))
		if (!dir_is_shown(h, s, name, (size_t)(p - name)))
			return false;
	return true;
}

/*
 * A node that is shown by a FreeBSD name is where Linux has it, so that its
 * directories must be there, though the rules hide them and all else in them.
 */
static void
reach_parents(const struct devhost *h, struct devview_state *s, const char *name)
{
	for (const char *p = strchr(name, '/'); p != NULL; p = strchr(p + 1, '/'))
		for (size_t i = 0; i < h->n; i++)
			if (h->entries[i].kind == DEV_DIR &&
			    strlen(h->entries[i].name) == (size_t)(p - name) &&
			    strncmp(h->entries[i].name, name, (size_t)(p - name)) == 0)
				s[i].reachable = true;
}

void
devview_resolve(const struct devhost *h, struct devview_state *s)
{
	for (size_t i = 0; i < h->n; i++) {
		const struct devhost_entry *d = &h->entries[i];
		size_t name = s[i].name < d->nnames ? s[i].name : 0;

		s[i].reachable =
		    d->always || (!s[i].hidden && parents_are_shown(h, s, d->names[name].name));
	}
	for (size_t i = 0; i < h->n; i++)
		if (s[i].reachable && h->entries[i].kind != DEV_GRANT)
			reach_parents(h, s, h->entries[i].name);
}

static const char kind_letters[] = "cbldg"; /* by enum dev_kind */

int
devview_format(const struct devhost *h, const struct devview_state *s, struct str *ret)
{
	for (size_t i = 0; i < h->n; i++) {
		const struct devhost_entry *d = &h->entries[i];

		if (!s[i].reachable)
			continue;
		if (str_addf(ret, "%c %u %u %o %u %u %d %s %s\n", kind_letters[d->kind], d->major,
			d->minor, (unsigned)s[i].mode, s[i].uid, s[i].gid, d->always,
			d->target != NULL ? d->target : "-", d->name) < 0)
			return -ENOMEM;
	}
	return 0;
}

/* The next field of a line, up to a blank. */
static char *
next_field(char **rest)
{
	char *field = strsep(rest, " ");

	return field != NULL ? field : (char *)(uintptr_t) "";
}

static int
next_number(char **rest, bool octal, unsigned *ret)
{
	const char *field = next_field(rest);
	uint64_t n;
	int r;

	r = octal ? num_parse_octal(field, 07777, &n) : num_parse_u64(field, UINT32_MAX, &n);
	if (r >= 0)
		*ret = (unsigned)n;
	return r;
}

static int
parse_node(char *line, struct dev_node *ret)
{
	const char *kind = next_field(&line), *letter;
	unsigned mode, always;

	letter = *kind != '\0' ? strchr(kind_letters, *kind) : NULL;
	if (letter == NULL)
		return -EINVAL;
	ret->kind = (enum dev_kind)(letter - kind_letters);
	if (next_number(&line, false, &ret->major) < 0 ||
	    next_number(&line, false, &ret->minor) < 0 || next_number(&line, true, &mode) < 0 ||
	    next_number(&line, false, &ret->uid) < 0 || next_number(&line, false, &ret->gid) < 0 ||
	    next_number(&line, false, &always) < 0)
		return -EINVAL;
	ret->mode = mode;
	ret->always = always != 0;
	ret->target = next_field(&line);
	if (ret->kind != DEV_LINK)
		ret->target = NULL;
	ret->name = line;
	return line != NULL && *line != '\0' ? 0 : -EINVAL;
}

int
devview_parse(const char *text, struct dev_node **ret, size_t *ret_n)
{
	cleanup_free struct dev_node *nodes = NULL;
	size_t lines = 0, n = 0, len = strlen(text), size;
	char *copy, *line;

	for (const char *p = text; *p != '\0'; p++)
		lines += *p == '\n';
	if (__builtin_mul_overflow(lines + 1, sizeof(*nodes), &size) ||
	    __builtin_add_overflow(size, len + 1, &size))
		return -ENOMEM;
	nodes = malloc(size);
	if (nodes == NULL)
		return -ENOMEM;
	copy = (char *)(nodes + lines + 1);
	memcpy(copy, text, len + 1);
	while (*copy != '\0' && (line = strsep(&copy, "\n")) != NULL) {
		int r;

		if (n > lines)
			return -EINVAL;
		r = parse_node(line, &nodes[n++]);
		if (r < 0)
			return r;
		if (copy == NULL)
			break;
	}
	*ret = take_ptr(nodes);
	*ret_n = n;
	return 0;
}
