/* Sets of rules in memory: order, numbering, includes. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "prison/devrules.h"

/* Where a rule of this number is, or would be. */
static size_t
rule_position(const struct dev_ruleset *set, unsigned num)
{
	size_t lo = 0, hi = set->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (set->rules[mid].num < num)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

const struct dev_rule *
devrules_find(const struct dev_ruleset *set, unsigned num)
{
	size_t at = rule_position(set, num);

	return at < set->n && set->rules[at].num == num ? &set->rules[at] : NULL;
}

int
devrules_insert(struct dev_ruleset *set, const struct dev_rule *r, unsigned *ret_num)
{
	unsigned num = r->num;
	struct dev_rule *p;
	size_t at;

	if (num == 0)
		num = set->n == 0 ? DEV_RULE_STEP : set->rules[set->n - 1].num + DEV_RULE_STEP;
	if (num > DEV_NUM_MAX)
		return -ERANGE;
	if (devrules_find(set, num) != NULL)
		return -EEXIST;
	p = reallocarray(set->rules, set->n + 1, sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	set->rules = p;
	at = rule_position(set, num);
	memmove(&p[at + 1], &p[at], (set->n - at) * sizeof(*p));
	p[at] = *r;
	p[at].num = num;
	set->n++;
	if (ret_num != NULL)
		*ret_num = num;
	return 0;
}

int
devrules_remove(struct dev_ruleset *set, unsigned num)
{
	size_t at = rule_position(set, num);

	if (at == set->n || set->rules[at].num != num)
		return -ENOENT;
	set->n--;
	memmove(&set->rules[at], &set->rules[at + 1], (set->n - at) * sizeof(*set->rules));
	return 0;
}

void
devrules_set_done(struct dev_ruleset *set)
{
	free(set->rules);
	*set = (struct dev_ruleset){.num = set->num};
}

static size_t
set_position(const struct dev_rulesets *all, unsigned num)
{
	size_t lo = 0, hi = all->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (all->sets[mid].num < num)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct dev_ruleset *
devrules_sets_find(const struct dev_rulesets *all, unsigned num)
{
	size_t at = set_position(all, num);

	return at < all->n && all->sets[at].num == num ? &all->sets[at] : NULL;
}

struct dev_ruleset *
devrules_sets_get(struct dev_rulesets *all, unsigned num)
{
	struct dev_ruleset *p = devrules_sets_find(all, num);
	size_t at;

	if (p != NULL)
		return p;
	p = reallocarray(all->sets, all->n + 1, sizeof(*p));
	if (p == NULL)
		return NULL;
	all->sets = p;
	at = set_position(all, num);
	memmove(&p[at + 1], &p[at], (all->n - at) * sizeof(*p));
	p[at] = (struct dev_ruleset){.num = num};
	all->n++;
	return &p[at];
}

void
devrules_sets_remove(struct dev_rulesets *all, unsigned num)
{
	size_t at = set_position(all, num);

	if (at == all->n || all->sets[at].num != num)
		return;
	devrules_set_done(&all->sets[at]);
	all->n--;
	memmove(&all->sets[at], &all->sets[at + 1], (all->n - at) * sizeof(*all->sets));
}

void
devrules_sets_done(struct dev_rulesets *all)
{
	for (size_t i = 0; i < all->n; i++)
		devrules_set_done(&all->sets[i]);
	free(all->sets);
	*all = (struct dev_rulesets){0};
}

/* A walk along includes from one set.  from[i]: the set from which set i was reached. */
struct walk {
	const struct dev_rulesets *all;
	size_t *from;
	size_t *queue;
	size_t head, tail;
};

#define NOT_REACHED ((size_t)-1)

static void
walk_enter(struct walk *w, const struct dev_ruleset *set, size_t from)
{
	size_t at = (size_t)(set - w->all->sets);

	if (w->from[at] != NOT_REACHED)
		return;
	w->from[at] = from;
	w->queue[w->tail++] = at;
}

/* Breadth first, so that the way it names is the shortest.  1: `wanted` was reached. */
static int
walk_run(struct walk *w, const struct dev_ruleset *start, unsigned wanted)
{
	walk_enter(w, start, (size_t)(start - w->all->sets));
	while (w->head < w->tail) {
		size_t at = w->queue[w->head++];
		const struct dev_ruleset *set = &w->all->sets[at];

		if (set->num == wanted)
			return 1;
		for (size_t i = 0; i < set->n; i++) {
			const struct dev_ruleset *next;

			if ((set->rules[i].has & DEV_HAS_INCLUDE) == 0)
				continue;
			next = devrules_sets_find(w->all, set->rules[i].include);
			if (next != NULL)
				walk_enter(w, next, at);
		}
	}
	return 0;
}

/* The way that the walk found, from its end back: "10 includes 11 includes 12 includes 10". */
static int
cycle_error(const struct walk *w, unsigned set, struct err *e)
{
	cleanup_str struct str way = STR_EMPTY;
	cleanup_free size_t *back = calloc(w->all->n, sizeof(*back));
	size_t at = (size_t)(devrules_sets_find(w->all, set) - w->all->sets), n = 0;

	if (back == NULL)
		return err_errno(e, ENOMEM, "rulesets");
	for (;;) {
		back[n++] = at;
		if (w->from[at] == at)
			break;
		at = w->from[at];
	}
	while (n-- > 0)
		if (str_addf(&way, " includes %u", w->all->sets[back[n]].num) < 0)
			return err_errno(e, ENOMEM, "rulesets");
	return err_set(e, ELOOP, "ruleset %u would include itself: %u%s", set, set, str_get(&way));
}

static int
walk_init(struct walk *w, const struct dev_rulesets *all)
{
	*w = (struct walk){.all = all};
	w->from = malloc(all->n * sizeof(*w->from));
	w->queue = malloc(all->n * sizeof(*w->queue));
	if (w->from == NULL || w->queue == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < all->n; i++)
		w->from[i] = NOT_REACHED;
	return 0;
}

static void
walk_done(struct walk *w)
{
	free(w->from);
	free(w->queue);
}

int
devrules_check_include(
    const struct dev_rulesets *all, unsigned set, unsigned included, struct err *e)
{
	const struct dev_ruleset *start = devrules_sets_find(all, included);
	struct walk w;
	int r;

	if (start == NULL)
		return err_errno(e, ESRCH, "ruleset %u, to be included", included);
	if (set == included)
		return 0;
	r = walk_init(&w, all);
	if (r < 0)
		r = err_errno(e, -r, "rulesets");
	else if (walk_run(&w, start, set) == 1)
		r = cycle_error(&w, set, e);
	walk_done(&w);
	return r;
}
