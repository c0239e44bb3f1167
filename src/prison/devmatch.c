#include "prison/devmatch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

/* FreeBSD's units: as many as a pattern with a wildcard is tried against. */
#define FAMILY_UNITS 100

enum class_verdict {
	CLASS_NO,
	CLASS_YES,
	CLASS_UNTERMINATED, /* then the bracket is an ordinary character */
};

/* p is behind the bracket; *end gets behind the closing one. */
static enum class_verdict
match_class(const char *p, char c, const char **end)
{
	bool negate = *p == '!' || *p == '^', found = false, first = true;

	if (negate)
		p++;
	for (;; first = false) {
		unsigned char lo, hi;

		if (*p == ']' && !first)
			break;
		if (*p == '\\' && p[1] != '\0')
			p++;
		if (*p == '\0')
			return CLASS_UNTERMINATED;
		if (*p == '/')
			return CLASS_NO;
		lo = hi = (unsigned char)*p++;
		if (*p == '-' && p[1] != '\0' && p[1] != ']') {
			p++;
			if (*p == '\\' && p[1] != '\0')
				p++;
			hi = (unsigned char)*p++;
		}
		if (lo <= (unsigned char)c && (unsigned char)c <= hi)
			found = true;
	}
	*end = p + 1;
	return found != negate ? CLASS_YES : CLASS_NO;
}

/* One pattern element against one character; NULL: no match, else where the pattern goes on. */
static const char *
match_one(const char *p, char c)
{
	const char *end;

	switch (*p) {
	case '\0':
		return NULL;
	case '?':
		return c != '/' ? p + 1 : NULL;
	case '[':
		switch (match_class(p + 1, c, &end)) {
		case CLASS_YES:
			return c != '/' ? end : NULL;
		case CLASS_NO:
			return NULL;
		case CLASS_UNTERMINATED:
			break;
		}
		return c == '[' ? p + 1 : NULL;
	case '\\':
		if (p[1] != '\0')
			p++;
		return *p == c ? p + 1 : NULL;
	default:
		return *p == c ? p + 1 : NULL;
	}
}

/*
 * Only the last star is ever tried again: it cannot pass a slash, and within one
 * component an earlier star that matched as little as possible loses nothing.
 */
bool
devmatch_pattern(const char *pattern, const char *name)
{
	const char *star = NULL, *resume = NULL, *next;

	for (;;) {
		if (*pattern == '*') {
			star = ++pattern;
			resume = name;
			continue;
		}
		if (*name == '\0' && *pattern == '\0')
			return true;
		next = *name != '\0' ? match_one(pattern, *name) : NULL;
		if (next != NULL) {
			pattern = next;
			name++;
			continue;
		}
		if (star == NULL || *resume == '\0' || *resume == '/')
			return false;
		name = ++resume;
		pattern = star;
	}
}

static bool
has_wildcard(const char *pattern)
{
	return strpbrk(pattern, "*?[") != NULL;
}

/* A family matches as its bare name or with any unit number behind it. */
static bool
match_family(const char *pattern, const char *base)
{
	size_t len = strlen(base);

	if (devmatch_pattern(pattern, base))
		return true;
	if (!has_wildcard(pattern))
		return strncmp(pattern, base, len) == 0 && pattern[len] != '\0' &&
		       strspn(pattern + len, "0123456789") == strlen(pattern + len);
	for (int unit = 0; unit < FAMILY_UNITS; unit++) {
		char name[64];

		(void)snprintf(name, sizeof(name), "%s%d", base, unit);
		if (devmatch_pattern(pattern, name))
			return true;
	}
	return false;
}

/* "ttyS*", "md*": a few letters and a star at the end, written with FreeBSD's devices in mind. */
static bool
is_short_prefix(const char *pattern)
{
	size_t len = strlen(pattern);

	return len >= 2 && len <= 5 && strcspn(pattern, "*?[\\") == len - 1 &&
	       pattern[len - 1] == '*';
}

static bool
match_name(const struct dev_rule *r, const struct devmatch_name *n)
{
	if ((n->flags & DEVMATCH_ACCIDENT) != 0 && (r->has & DEV_HAS_UNHIDE) != 0 &&
	    is_short_prefix(r->path))
		return false;
	if ((n->flags & DEVMATCH_FAMILY) != 0)
		return match_family(r->path, n->name);
	return devmatch_pattern(r->path, n->name);
}

/* Does the rule apply?  *ret_name: by which name; the first where the rule asks for none. */
static bool
match_rule(const struct dev_rule *r, const struct devmatch_entry *entry, size_t *ret_name)
{
	*ret_name = 0;
	if ((r->has & DEV_HAS_TYPE) != 0 && (r->types & entry->types) == 0)
		return false;
	if ((r->has & DEV_HAS_PATH) == 0)
		return true;
	for (size_t i = 0; i < entry->n; i++)
		if (match_name(r, &entry->names[i])) {
			*ret_name = i;
			return true;
		}
	return false;
}

/*
 * One set of the plan.  What a set does to an entry does not depend on what the
 * entry was before (each field ends as a constant, or untouched), so it is found
 * once an entry, however often and however deep the set is included.
 */
struct plan_set {
	const struct dev_rule *rules;
	size_t n;
	struct plan_set **includes; /* by rule; NULL: none, or one that is cut */
	struct devmatch_effect effect;
};

struct devmatch_plan {
	struct plan_set *sets; /* each after those it includes; the last is the one asked for */
	size_t n;
};

static void
effect_add(struct devmatch_effect *to, const struct devmatch_effect *from)
{
	const unsigned visible = DEV_HAS_HIDE | DEV_HAS_UNHIDE;

	if ((from->has & visible) != 0) {
		to->has = (to->has & ~visible) | (from->has & visible);
		to->name = from->name;
	}
	if ((from->has & DEV_HAS_USER) != 0)
		to->uid = from->uid;
	if ((from->has & DEV_HAS_GROUP) != 0)
		to->gid = from->gid;
	if ((from->has & DEV_HAS_MODE) != 0)
		to->mode = from->mode;
	to->has |= from->has & (DEV_HAS_USER | DEV_HAS_GROUP | DEV_HAS_MODE);
}

static void
eval_set(struct plan_set *s, const struct devmatch_entry *entry)
{
	s->effect = (struct devmatch_effect){0};
	for (size_t i = 0; i < s->n; i++) {
		const struct dev_rule *r = &s->rules[i];
		struct devmatch_effect own = {.uid = r->uid, .gid = r->gid, .mode = r->mode};

		if (!match_rule(r, entry, &own.name))
			continue;
		own.has = r->has & (DEV_HAS_USER | DEV_HAS_GROUP | DEV_HAS_MODE);
		/* Both in one rule: hidden, then shown. */
		if ((r->has & DEV_HAS_UNHIDE) != 0)
			own.has |= DEV_HAS_UNHIDE;
		else
			own.has |= r->has & DEV_HAS_HIDE;
		effect_add(&s->effect, &own);
		if (s->includes[i] != NULL)
			effect_add(&s->effect, &s->includes[i]->effect);
	}
}

void
devmatch_eval(
    struct devmatch_plan *p, const struct devmatch_entry *entry, struct devmatch_effect *ret)
{
	for (size_t i = 0; i < p->n; i++)
		eval_set(&p->sets[i], entry);
	*ret = p->n > 0 ? p->sets[p->n - 1].effect : (struct devmatch_effect){0};
}

/* The depth-first walk that orders the sets, with a stack of its own: includes may be deep. */
enum visit {
	VISIT_NEW = 0,
	VISIT_OPEN, /* on the stack: an include of it is cut, as it is not made yet */
	VISIT_DONE,
};

struct frame {
	size_t set;  /* index in all->sets */
	size_t rule; /* the next rule to look at */
};

struct order {
	const struct dev_rulesets *all;
	unsigned char *visit;
	struct plan_set **made; /* by index in all->sets */
	struct frame *stack;
	size_t depth;
	struct devmatch_plan *plan;
};

static int
plan_close(struct order *o, const struct dev_rule *rules, size_t n, struct plan_set **ret)
{
	struct plan_set *s = &o->plan->sets[o->plan->n];

	*s = (struct plan_set){.rules = rules, .n = n};
	s->includes = calloc(n != 0 ? n : 1, sizeof(struct plan_set *));
	if (s->includes == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct dev_ruleset *inc = NULL;

		if ((rules[i].has & DEV_HAS_INCLUDE) != 0)
			inc = devrules_sets_find(o->all, rules[i].include);
		if (inc != NULL)
			s->includes[i] = o->made[inc - o->all->sets];
	}
	o->plan->n++;
	*ret = s;
	return 0;
}

static void
order_push(struct order *o, const struct dev_ruleset *set)
{
	size_t at = (size_t)(set - o->all->sets);

	if (o->visit[at] != VISIT_NEW)
		return;
	o->visit[at] = VISIT_OPEN;
	o->stack[o->depth++] = (struct frame){.set = at};
}

static int
order_run(struct order *o)
{
	while (o->depth > 0) {
		struct frame *f = &o->stack[o->depth - 1];
		const struct dev_ruleset *set = &o->all->sets[f->set], *next = NULL;
		int r;

		while (next == NULL && f->rule < set->n) {
			const struct dev_rule *rule = &set->rules[f->rule++];

			if ((rule->has & DEV_HAS_INCLUDE) != 0)
				next = devrules_sets_find(o->all, rule->include);
		}
		if (next != NULL) {
			order_push(o, next);
			continue;
		}
		r = plan_close(o, set->rules, set->n, &o->made[f->set]);
		if (r < 0)
			return r;
		o->visit[f->set] = VISIT_DONE;
		o->depth--;
	}
	return 0;
}

static int
plan_build(struct order *o, const struct dev_ruleset *set, const struct dev_rule *rule)
{
	const struct dev_ruleset *first = set;
	struct plan_set *last;
	int r;

	if (rule != NULL && (rule->has & DEV_HAS_INCLUDE) != 0)
		first = devrules_sets_find(o->all, rule->include);
	if (first != NULL)
		order_push(o, first);
	r = order_run(o);
	if (r >= 0 && rule != NULL)
		r = plan_close(o, rule, 1, &last);
	return r;
}

static int
plan_make(const struct dev_rulesets *all, const struct dev_ruleset *set,
    const struct dev_rule *rule, struct devmatch_plan **ret, struct err *e)
{
	cleanup_free unsigned char *visit = calloc(all->n + 1, 1);
	cleanup_free struct plan_set **made = calloc(all->n + 1, sizeof(struct plan_set *));
	cleanup_free struct frame *stack = calloc(all->n + 1, sizeof(*stack));
	struct order o = {.all = all, .visit = visit, .made = made, .stack = stack};
	int r = -ENOMEM;

	o.plan = calloc(1, sizeof(*o.plan));
	if (o.plan != NULL)
		o.plan->sets = calloc(all->n + 1, sizeof(*o.plan->sets));
	if (visit != NULL && made != NULL && stack != NULL && o.plan != NULL &&
	    o.plan->sets != NULL)
		r = plan_build(&o, set, rule);
	if (r < 0) {
		devmatch_plan_free(o.plan);
		return err_errno(e, -r, "rulesets");
	}
	*ret = o.plan;
	return 0;
}

int
devmatch_plan(
    const struct dev_rulesets *all, unsigned num, struct devmatch_plan **ret, struct err *e)
{
	return plan_make(all, devrules_sets_find(all, num), NULL, ret, e);
}

int
devmatch_plan_rule(const struct dev_rulesets *all, const struct dev_rule *rule,
    struct devmatch_plan **ret, struct err *e)
{
	return plan_make(all, NULL, rule, ret, e);
}

void
devmatch_plan_free(struct devmatch_plan *p)
{
	if (p == NULL)
		return;
	for (size_t i = 0; p->sets != NULL && i < p->n; i++)
		free(p->sets[i].includes);
	free(p->sets);
	free(p);
}
