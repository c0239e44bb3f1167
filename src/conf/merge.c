/* From blocks to one list of parameters and variables: reads statements, leaves slots. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "conf/impl.h"
#include "conf/vec.h"

/* As strtol(3) would take it, whole; the locale has no say. */
bool
conf_jail_number(const char *name, long *ret)
{
	bool negative, any = false;
	long v = 0;

	while (*name == ' ' || (*name >= '\t' && *name <= '\r'))
		name++;
	negative = *name == '-';
	if (*name == '-' || *name == '+')
		name++;
	for (; *name >= '0' && *name <= '9'; name++) {
		any = true;
		if (__builtin_mul_overflow(v, 10L, &v) ||
		    __builtin_sub_overflow(v, (long)(*name - '0'), &v))
			v = LONG_MIN;
	}
	if (!any || *name != '\0' || v == 0)
		return false;
	/* Counted downwards, as there is one number more below 0. */
	if (!negative)
		v = v == LONG_MIN ? LONG_MAX : -v;
	*ret = v;
	return true;
}

uint32_t
conf_slot_by_name(const struct conf *c, uint32_t name)
{
	const struct name_slot *by = &c->scratch.by_name[name];

	return by->epoch == c->scratch.epoch ? by->slot : SLOT_NONE;
}

/* The first slot that is the same parameter. */
static uint32_t
find_slot(const struct conf *c, uint32_t name)
{
	uint32_t best = conf_slot_by_name(c, name);

	for (uint32_t i = c->related_at[name]; i < c->related_at[name + 1]; i++) {
		uint32_t slot = conf_slot_by_name(c, c->related[i]);

		if (slot < best)
			best = slot;
	}
	return best;
}

/*
 * Being the same parameter is not transitive (noa.b, a.nob and a.b), so that two slots
 * can come to one name; FreeBSD's list can hold it twice, too.  They are chained by number.
 */
static void
enter_name(struct conf *c, uint32_t slot)
{
	struct scratch *s = &c->scratch;
	struct name_slot *by = &s->by_name[s->slots[slot].name];
	uint32_t *at;

	if (by->epoch != s->epoch) {
		by->epoch = s->epoch;
		by->slot = SLOT_NONE;
	}
	if (by->slot == SLOT_NONE || by->slot > slot) {
		s->slots[slot].next = by->slot == SLOT_NONE ? 0 : by->slot + 1;
		by->slot = slot;
		return;
	}
	at = &s->slots[by->slot].next;
	while (*at != 0 && *at - 1 < slot)
		at = &s->slots[*at - 1].next;
	s->slots[slot].next = *at;
	*at = slot + 1;
}

static void
leave_name(struct conf *c, uint32_t slot)
{
	struct scratch *s = &c->scratch;
	struct name_slot *by = &s->by_name[s->slots[slot].name];
	uint32_t next = s->slots[slot].next, *at;

	if (by->slot == slot) {
		by->slot = next == 0 ? SLOT_NONE : next - 1;
		return;
	}
	at = &s->slots[by->slot].next;
	while (*at != slot + 1)
		at = &s->slots[*at - 1].next;
	*at = next;
}

static int
add_slot(struct conf *c, uint32_t name, struct slot **ret)
{
	struct scratch *s = &c->scratch;
	int r = VEC_ROOM(s->slots, s->nslots, s->slots_size);

	if (r < 0)
		return r;
	s->slots[s->nslots] =
	    (struct slot){.name = name, .once = (c->name_flags[name] & NAME_ONCE) != 0};
	*ret = &s->slots[s->nslots];
	enter_name(c, s->nslots++);
	return 0;
}

/* `name` or `jid` as the block's name implies it. */
static int
imply(struct conf_jail *j, struct result *res, uint32_t name, const char *text)
{
	const char **values = arena_alloc(&res->mem, 2 * sizeof(*values));
	struct slot *slot;
	int r;

	if (values == NULL)
		return -ENOMEM;
	values[0] = text;
	values[1] = NULL;
	r = add_slot(j->conf, name, &slot);
	if (r < 0)
		return r;
	slot->values = values;
	slot->n = 1;
	slot->has_value = true;
	slot->state = SLOT_DONE;
	return 0;
}

/* Said once for each variable of a jail. */
static int
clash(struct conf_jail *j, const struct stmt *st, uint32_t variable)
{
	struct conf *c = j->conf;
	struct place at = {.source = st->source, .off = st->off};

	if (c->scratch.by_name[variable].said == c->scratch.epoch)
		return 0;
	c->scratch.by_name[variable].said = c->scratch.epoch;
	return conf_jail_error(j, at, NULL, "variable \"$", intern_str(&c->names, variable),
	    "\" cannot have the same name as a parameter.");
}

static int
link_statement(struct conf *c, struct slot *slot, const struct stmt *st)
{
	struct scratch *s = &c->scratch;
	int r = VEC_ROOM(s->links, s->nlinks, s->links_size);

	if (r < 0)
		return r;
	s->links[s->nlinks++] = (struct link){.stmt = st};
	if (!st->append || slot->links == 0) {
		slot->links = s->nlinks;
		slot->has_vars = slot->has_value = false;
	} else {
		s->links[slot->last - 1].next = s->nlinks;
	}
	slot->last = s->nlinks;
	slot->has_vars = slot->has_vars || st->has_vars;
	slot->has_value = slot->has_value || st->n > 0;
	return 0;
}

static int
apply(struct conf_jail *j, const struct stmt *st)
{
	struct conf *c = j->conf;
	struct place at = {.source = st->source, .off = st->off};
	uint32_t number = find_slot(c, st->name);
	struct slot *slot;
	int r;

	if (st->is_var && (c->name_flags[st->name] & NAME_KNOWN) != 0)
		return clash(j, st, st->name);
	if (number == SLOT_NONE) {
		r = add_slot(c, st->name, &slot);
		if (r < 0)
			return r;
		slot->is_var = st->is_var;
		return link_statement(c, slot, st);
	}
	slot = &c->scratch.slots[number];
	if (slot->is_var != st->is_var)
		return clash(j, st, st->is_var ? st->name : slot->name);
	if (slot->once)
		return conf_jail_error(j, at, NULL, "cannot redefine parameter \"",
		    intern_str(&c->names, slot->name), "\".");
	if (slot->name != st->name) {
		leave_name(c, number);
		slot->name = st->name;
		enter_name(c, number);
	}
	return link_statement(c, slot, st);
}

static int
apply_block(struct conf_jail *j, const struct conf_jail *block)
{
	int r = 0;

	for (const struct stmt *st = block->first; st != NULL && r == 0; st = st->next)
		r = apply(j, st);
	return r;
}

static int
add_wild(uint32_t value, void *arg)
{
	struct conf *c = arg;
	struct scratch *s = &c->scratch;
	int r = VEC_ROOM(s->blocks, s->nblocks, s->blocks_size);

	if (r == 0)
		s->blocks[s->nblocks++] = c->wilds.list[value];
	return r;
}

static int
by_seq(const void *a, const void *b)
{
	uint32_t x = (*(struct conf_jail *const *)a)->seq, y = (*(struct conf_jail *const *)b)->seq;

	return x < y ? -1 : x > y;
}

/* What matches and the jail's own block, in the order of the file: the last word wins. */
static int
apply_all(struct conf_jail *j)
{
	struct scratch *s = &j->conf->scratch;
	bool own = false;
	int r;

	s->nblocks = 0;
	r = wild_match(&j->conf->wild, j->name, add_wild, j->conf);
	if (r == 0 && s->nblocks > 1)
		qsort(s->blocks, s->nblocks, sizeof(*s->blocks), by_seq);
	for (uint32_t i = 0; i < s->nblocks && r == 0; i++) {
		if (!own && j->seq < s->blocks[i]->seq) {
			own = true;
			r = apply_block(j, j);
		}
		if (r == 0)
			r = apply_block(j, s->blocks[i]);
	}
	if (!own && r == 0)
		r = apply_block(j, j);
	return r;
}

/* A jail known by its number alone is called by it. */
static int
imply_name(struct conf_jail *j, struct result *res, long number)
{
	struct conf *c = j->conf;
	cleanup_str struct str text = STR_EMPTY;
	const char *copy;
	int r;

	if (conf_slot_by_name(c, c->id_name) != SLOT_NONE)
		return 0;
	r = str_addf(&text, "%ld", number);
	if (r < 0)
		return r;
	copy = arena_copy(&res->mem, str_get(&text), text.len);
	if (copy == NULL)
		return -ENOMEM;
	c->scratch.leader = c->scratch.nslots;
	return imply(j, res, c->id_name, copy);
}

int
conf_merge(struct conf_jail *j, struct result *res)
{
	struct conf *c = j->conf;
	struct scratch *s = &c->scratch;
	long number = 0;
	bool numeric = conf_jail_number(j->name, &number);
	int r;

	s->epoch++;
	s->nslots = s->nlinks = 0;
	s->leader = SLOT_NONE;
	r = imply(j, res, numeric ? c->id_jid : c->id_name, j->name);
	if (r == 0)
		r = apply_all(j);
	if (r == 0 && numeric)
		r = imply_name(j, res, number);
	return r;
}
