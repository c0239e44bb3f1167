/*
 * From slots to values.  References are followed depth first, without recursion, as
 * a chain of variables may be long; what is referred to comes to stand before what
 * refers to it, as in FreeBSD's list.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "conf/impl.h"
#include "conf/vec.h"

/* Twenty variables that each hold the one before them twice make a million copies: an end to it. */
#ifndef JAIL_BYTES_MAX
#define JAIL_BYTES_MAX ((size_t)64 << 20)
#endif

static size_t
value_len(struct slot *slot)
{
	if (!slot->len_known) {
		slot->len = strlen(slot->values[0]);
		slot->len_known = true;
	}
	return slot->len;
}

/* Takes n bytes from what the jail may use; false if they are more. */
static bool
use(struct result *res, size_t n)
{
	if (n > JAIL_BYTES_MAX - res->used)
		return false;
	res->used += n;
	return true;
}

static const char **
list_of(struct result *res, size_t n)
{
	const char **list = arena_alloc(&res->mem, (n + 1) * sizeof(*list));

	if (list != NULL)
		list[n] = NULL;
	return list;
}

static int
list_slot(struct conf *c, uint32_t number)
{
	struct scratch *s = &c->scratch;
	int r;

	s->slots[number].listed = true;
	if (s->slots[number].is_var)
		return 0;
	r = VEC_ROOM(s->order, s->norder, s->order_size);
	if (r == 0)
		s->order[s->norder++] = number;
	return r;
}

/* A value without variables needs no work, unless several statements made it. */
static int
finish_plain(struct conf *c, struct result *res, struct slot *slot)
{
	const struct link *links = c->scratch.links, *l = &links[slot->links - 1];
	const char **list;
	uint32_t n = 0;

	slot->state = SLOT_DONE;
	if (l->next == 0) {
		slot->values = l->stmt->u.values;
		slot->n = l->stmt->n;
		return 0;
	}
	for (uint32_t i = slot->links; i != 0; i = links[i - 1].next)
		n += links[i - 1].stmt->n;
	list = list_of(res, n);
	if (list == NULL)
		return -ENOMEM;
	slot->values = list;
	slot->n = n;
	for (uint32_t i = slot->links; i != 0; i = links[i - 1].next) {
		const struct stmt *st = links[i - 1].stmt;

		for (uint32_t k = 0; k < st->n; k++)
			*list++ = st->u.values[k];
	}
	return 0;
}

/* Piece i is all that its element has. */
static bool
is_whole(const struct stmt *st, uint32_t i)
{
	return st->u.pieces[i].last && (i == 0 || st->u.pieces[i - 1].last);
}

/* What a piece refers to, or NULL where an error was said about it. */
static struct slot *
target(const struct conf *c, const struct stmt *st, uint32_t i)
{
	uint32_t number = conf_slot_by_name(c, st->u.pieces[i].id);
	struct slot *slot = number == SLOT_NONE ? NULL : &c->scratch.slots[number];

	if (slot == NULL || slot->state != SLOT_DONE || slot->bad || slot->n == 0 ||
	    (slot->n > 1 && !is_whole(st, i)))
		return NULL;
	return slot;
}

/* How many values a statement makes. */
static size_t
count_values(const struct conf *c, const struct stmt *st)
{
	size_t n = 0;

	if (!st->has_vars)
		return st->n;
	for (uint32_t i = 0; i < st->n; i++) {
		const struct slot *from = NULL;

		if (!st->u.pieces[i].last)
			continue;
		if (st->u.pieces[i].text == NULL && is_whole(st, i))
			from = target(c, st, i);
		n += from != NULL ? from->n : 1;
	}
	return n;
}

/* The element of pieces [first, end), which has several of them or one that is text. */
static int
join(struct conf *c, struct result *res, const struct stmt *st, uint32_t first, uint32_t end,
    const char **ret)
{
	const struct piece *p = st->u.pieces;
	size_t len = 0;
	char *to;

	if (end - first == 1 && p[first].text != NULL) {
		*ret = p[first].text;
		return 0;
	}
	for (uint32_t i = first; i < end; i++) {
		struct slot *from = p[i].text == NULL ? target(c, st, i) : NULL;
		size_t more = p[i].text != NULL ? p[i].len : from != NULL ? value_len(from) : 0;

		if (__builtin_add_overflow(len, more, &len))
			return -E2BIG;
	}
	if (!use(res, len))
		return -E2BIG;
	to = arena_alloc(&res->mem, len + 1);
	if (to == NULL)
		return -ENOMEM;
	*ret = to;
	for (uint32_t i = first; i < end; i++) {
		struct slot *from = p[i].text == NULL ? target(c, st, i) : NULL;
		size_t more = p[i].text != NULL ? p[i].len : from != NULL ? value_len(from) : 0;

		if (more > 0)
			memcpy(to, p[i].text != NULL ? p[i].text : from->values[0], more);
		to += more;
	}
	*to = '\0';
	return 0;
}

static int
fill(struct conf *c, struct result *res, const struct stmt *st, const char ***list)
{
	uint32_t first = 0;

	if (!st->has_vars) {
		for (uint32_t i = 0; i < st->n; i++)
			*(*list)++ = st->u.values[i];
		return 0;
	}
	for (uint32_t i = 0; i < st->n; i++) {
		const struct slot *from = NULL;
		int r;

		if (!st->u.pieces[i].last)
			continue;
		if (st->u.pieces[i].text == NULL && is_whole(st, i))
			from = target(c, st, i);
		for (uint32_t k = 0; from != NULL && k < from->n; k++)
			*(*list)++ = from->values[k];
		if (from == NULL) {
			r = join(c, res, st, first, i + 1, (*list)++);
			if (r < 0)
				return r;
		}
		first = i + 1;
	}
	return 0;
}

static struct place
place_of(const struct stmt *st)
{
	return (struct place){.source = st->source, .off = st->off};
}

static int
too_large(struct conf_jail *j, struct slot *slot)
{
	static const char *const none[] = {"", NULL};
	struct conf *c = j->conf;

	slot->bad = true;
	slot->values = none;
	slot->n = 1;
	return conf_jail_error(j, place_of(c->scratch.links[slot->last - 1].stmt),
	    intern_str(&c->names, slot->name), "value is too large", "", "");
}

/* All that the slot refers to is done. */
static int
finish(struct conf_jail *j, struct result *res, struct slot *slot)
{
	struct conf *c = j->conf;
	const struct link *links = c->scratch.links;
	const char **list;
	size_t n = 0;
	int r = 0;

	slot->state = SLOT_DONE;
	for (uint32_t i = slot->links; i != 0; i = links[i - 1].next)
		n += count_values(c, links[i - 1].stmt);
	if (n > UINT32_MAX || !use(res, n * sizeof(*list)))
		return too_large(j, slot);
	list = list_of(res, n);
	if (list == NULL)
		return -ENOMEM;
	slot->values = list;
	slot->n = (uint32_t)n;
	for (uint32_t i = slot->links; i != 0 && r == 0; i = links[i - 1].next)
		r = fill(c, res, links[i - 1].stmt, &list);
	return r == -E2BIG ? too_large(j, slot) : r;
}

static int
push(struct scratch *s, uint32_t number, uint32_t generation)
{
	int r = VEC_ROOM(s->frames, s->nframes, s->frames_size);

	if (r < 0)
		return r;
	s->frames[s->nframes++] = (struct frame){.slot = number, .link = s->slots[number].links};
	s->slots[number].state = SLOT_ACTIVE;
	s->slots[number].generation = generation;
	return 0;
}

/* Moves the frame on to the next variable that its slot refers to; NULL: there is none left. */
static const struct stmt *
next_reference(const struct scratch *s, struct frame *f)
{
	for (; f->link != 0; f->link = s->links[f->link - 1].next, f->piece = 0) {
		const struct stmt *st = s->links[f->link - 1].stmt;

		if (!st->has_vars)
			continue;
		for (; f->piece < st->n; f->piece++)
			if (st->u.pieces[f->piece].text == NULL)
				return st;
	}
	return NULL;
}

/*
 * A loop is named as FreeBSD's walk comes upon it: by what is referred to, unless that was
 * left for something else meanwhile; then the walk goes round once more to where it is now.
 */
static int
variable_loop(struct conf_jail *j, const struct slot *at, const struct slot *to, struct place place,
    uint32_t generation)
{
	const struct slot *named = to->generation == generation ? to : at;

	return conf_jail_error(
	    j, place, intern_str(&j->conf->names, named->name), "variable loop", "", "");
}

/* Follows one reference.  1: its target has to be made first, and was pushed. */
static int
follow(struct conf_jail *j, struct result *res, struct frame *f, const struct stmt *st,
    uint32_t generation)
{
	struct conf *c = j->conf;
	const struct piece *p = &st->u.pieces[f->piece];
	struct slot *slot = &c->scratch.slots[f->slot], *to;
	const char *name = intern_str(&c->names, slot->name);
	struct place at = {.source = st->source, .off = p->off};
	uint32_t number = conf_slot_by_name(c, p->id);
	int r = 0;

	to = number == SLOT_NONE ? NULL : &c->scratch.slots[number];
	if (to == NULL || !to->has_value) {
		r = conf_jail_error(
		    j, at, name, "variable \"", intern_str(&c->names, p->id), "\" not found");
	} else if (to->state == SLOT_ACTIVE) {
		r = variable_loop(j, slot, to, at, generation);
	} else {
		if (to->state == SLOT_NEW && to->has_vars) {
			r = push(&c->scratch, number, generation);
			return r < 0 ? r : 1;
		}
		if (to->state == SLOT_NEW)
			r = finish_plain(c, res, to);
		if (r == 0 && !to->bad && to->n > 1 && !is_whole(st, f->piece))
			r = conf_jail_error(
			    j, at, name, "array cannot be substituted inline", "", "");
	}
	if (target(c, st, f->piece) == NULL)
		slot->bad = true;
	f->piece++;
	return r;
}

static int
resolve_slot(struct conf_jail *j, struct result *res, uint32_t number, uint32_t *generation)
{
	struct scratch *s = &j->conf->scratch;
	int r;

	r = push(s, number, ++*generation);
	while (r >= 0 && s->nframes > 0) {
		struct frame *f = &s->frames[s->nframes - 1];
		const struct stmt *st = next_reference(s, f);

		if (st != NULL) {
			r = follow(j, res, f, st, *generation);
			continue;
		}
		r = finish(j, res, &s->slots[f->slot]);
		if (r == 0)
			r = list_slot(j->conf, f->slot);
		s->nframes--;
		++*generation;
		if (s->nframes > 0)
			s->slots[s->frames[s->nframes - 1].slot].generation = *generation;
	}
	return r < 0 ? r : 0;
}

static int
order_slots(struct conf_jail *j, struct result *res)
{
	struct conf *c = j->conf;
	struct scratch *s = &c->scratch;
	uint32_t generation = 0;
	int r = 0;

	s->norder = s->nframes = 0;
	if (s->leader != SLOT_NONE)
		r = list_slot(c, s->leader);
	for (uint32_t i = 0; i < s->nslots && r == 0; i++) {
		struct slot *slot = &s->slots[i];

		if (slot->listed)
			continue;
		if (slot->has_vars) {
			r = resolve_slot(j, res, i, &generation);
		} else {
			if (slot->state == SLOT_NEW)
				r = finish_plain(c, res, slot);
			if (r == 0)
				r = list_slot(c, i);
		}
	}
	return r;
}

int
conf_expand(struct conf_jail *j, struct result *res)
{
	struct conf *c = j->conf;
	struct scratch *s = &c->scratch;
	int r = order_slots(j, res);

	if (r < 0)
		return r;
	res->n = s->norder;
	res->params = arena_alloc(&res->mem, res->n * sizeof(*res->params));
	res->stmts = arena_alloc(&res->mem, res->n * sizeof(*res->stmts));
	res->names = arena_alloc(&res->mem, res->n * sizeof(*res->names));
	if (res->params == NULL || res->stmts == NULL || res->names == NULL)
		return -ENOMEM;
	for (uint32_t i = 0; i < res->n; i++) {
		const struct slot *slot = &s->slots[s->order[i]];
		const struct stmt *st = slot->links == 0 ? NULL : s->links[slot->last - 1].stmt;

		res->names[i] = slot->name;
		res->stmts[i] = st;
		res->params[i] = (struct conf_param){
		    .name = intern_str(&c->names, slot->name),
		    .values = slot->n > 0 ? slot->values : NULL,
		    .nvalues = slot->n,
		    .file = c->sources[st != NULL ? st->source : j->source].shown,
		    .line = (int)(st != NULL ? st->line : j->line),
		};
	}
	return 0;
}
