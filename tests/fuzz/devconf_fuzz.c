/*
 * devfs.rules(5) of any bytes: nothing crashes, each mistake is one line that names
 * its place, and what was loaded comes back from the store as it is.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "prison/devconf.h"
#include "prison/devmatch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_rule(const struct dev_rule *r)
{
	cleanup_str struct str line = STR_EMPTY;
	struct dev_rule back;

	if (devrules_format_stored(r, &line) < 0 || strchr(str_get(&line), '\n') != NULL ||
	    devrules_parse_stored(str_get(&line), &back, NULL) < 0)
		abort();
	if (back.num != r->num || back.has != r->has || back.types != r->types ||
	    strcmp(back.path, r->path) != 0 || back.uid != r->uid || back.gid != r->gid ||
	    back.mode != r->mode || back.include != r->include)
		abort();
}

static void
check_set(const struct dev_rulesets *all, const struct dev_ruleset *set)
{
	static const struct devmatch_name names[] = {{"null", 0}, {"tap", DEVMATCH_FAMILY}};
	static const struct devmatch_entry entry = {names, ARRAY_SIZE(names), DEV_TYPE_TTY};
	struct devmatch_plan *plan;
	struct devmatch_effect effect;

	for (size_t i = 0; i < set->n; i++) {
		check_rule(&set->rules[i]);
		if (i > 0 && set->rules[i].num <= set->rules[i - 1].num)
			abort();
		/* What is loaded includes only what is there, and nothing in a circle. */
		if ((set->rules[i].has & DEV_HAS_INCLUDE) != 0 &&
		    devrules_check_include(all, set->num, set->rules[i].include, NULL) < 0)
			abort();
	}
	if (devmatch_plan(all, set->num, &plan, NULL) < 0)
		abort();
	devmatch_eval(plan, &entry, &effect);
	devmatch_plan_free(plan);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct dev_rulesets nothing;
	static const struct dev_ids no_ids = {NULL, NULL, NULL, NULL};
	cleanup_devconf struct devconf c = {0};
	cleanup_free char *text = malloc(size + 1);

	if (text == NULL)
		return 0;
	if (size > 0)
		memcpy(text, data, size);
	text[size] = '\0';
	if (devconf_init(&c, &nothing, &no_ids, NULL) < 0 || devconf_scan(&c, text, NULL) < 0 ||
	    devconf_feed(&c, "f", text, NULL) < 0)
		abort();
	for (size_t i = 0; i < c.sets.n; i++)
		check_set(&c.sets, &c.sets.sets[i]);
	for (size_t i = 0; i < c.warnings.n; i++)
		if (strncmp(c.warnings.s[i], "f:", 2) != 0 || strchr(c.warnings.s[i], '\n') != NULL)
			abort();
	for (size_t i = 0; i < c.nbad; i++)
		if (devrules_sets_find(&c.sets, c.bad[i].num) != NULL)
			abort();
	return 0;
}
