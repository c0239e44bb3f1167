#include "prison/tighten.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "prison/family.h"
#include "prison/param.h"
#include "prison/policy.h"
#include "prison/settings.h"

static int
set_number(struct record *rec, const char *name, int64_t v, bool *ret_changed)
{
	char text[24];

	if (settings_int(rec, name) == v)
		return 0;
	(void)snprintf(text, sizeof(text), "%" PRId64, v);
	*ret_changed = true;
	return record_set(rec, name, text);
}

static int
raise_to(struct record *rec, const struct record *now, const char *name, bool *ret_changed)
{
	int64_t v = settings_int(now, name);

	return settings_int(rec, name) < v ? set_number(rec, name, v, ret_changed) : 0;
}

static int
limit_children(struct record *rec, const struct record *now, int depth, bool *ret_changed)
{
	int64_t limit = settings_int(now, "children.max") - depth;

	if (limit < 0)
		limit = 0;
	return settings_int(rec, "children.max") > limit
		   ? set_number(rec, "children.max", limit, ret_changed)
		   : 0;
}

/* Only what was taken just now: one permission a child may have although its parent lacks it. */
static int
take_permissions(
    struct record *rec, const struct record *was, const struct record *now, bool *ret_changed)
{
	for (size_t i = 0; i < param_count; i++) {
		const char *name = param_table[i].name;

		if (strncmp(name, "allow.", 6) != 0 || param_table[i].type != PARAM_BOOL ||
		    (param_table[i].flags & PARAM_PSEUDO) || !settings_bool(was, name) ||
		    settings_bool(now, name) || !settings_bool(rec, name))
			continue;
		*ret_changed = true;
		if (record_set(rec, name, "false") < 0)
			return -ENOMEM;
	}
	return 0;
}

static bool
in_list(const char *list, const char *word, size_t len)
{
	while (*list != '\0') {
		size_t n = strcspn(list, ",");

		if (n == len && strncmp(list, word, len) == 0)
			return true;
		list += n;
		if (*list == ',')
			list++;
	}
	return false;
}

/* Both lists are normal forms, so that equal addresses are equal texts. */
static int
keep_addresses(struct record *rec, const struct record *now, const char *mode, const char *list,
    bool *ret_changed)
{
	cleanup_str struct str kept = STR_EMPTY;
	const char *theirs = settings_text(now, list), *ours = settings_text(rec, list);

	/* Who inherits has no list of his own; nor has a parent that inherits one to keep to. */
	if (strcmp(settings_text(now, mode), "inherit") == 0 ||
	    strcmp(settings_text(rec, mode), "inherit") == 0)
		return 0;
	for (const char *at = ours; *at != '\0';) {
		size_t len = strcspn(at, ",");

		if (in_list(theirs, at, len) &&
		    ((kept.len > 0 && str_addc(&kept, ',') < 0) || str_addn(&kept, at, len) < 0))
			return -ENOMEM;
		at += len;
		if (*at == ',')
			at++;
	}
	if (strcmp(str_get(&kept), ours) == 0)
		return 0;
	*ret_changed = true;
	return record_set(rec, list, str_get(&kept));
}

static bool
differs(const struct record *a, const struct record *b, const char *name)
{
	return strcmp(settings_text(a, name), settings_text(b, name)) != 0;
}

int
tighten(struct record *rec, const struct record *was, const struct record *now, int depth,
    bool *ret_changed)
{
	int r = 0;

	*ret_changed = false;
	if (differs(was, now, "securelevel"))
		r = raise_to(rec, now, "securelevel", ret_changed);
	if (r == 0 && differs(was, now, "enforce_statfs"))
		r = raise_to(rec, now, "enforce_statfs", ret_changed);
	if (r == 0 && differs(was, now, "devfs_ruleset"))
		r = set_number(
		    rec, "devfs_ruleset", settings_int(now, "devfs_ruleset"), ret_changed);
	if (r == 0 && settings_int(now, "children.max") < settings_int(was, "children.max"))
		r = limit_children(rec, now, depth, ret_changed);
	if (r == 0)
		r = take_permissions(rec, was, now, ret_changed);
	if (r == 0 && differs(was, now, "ip4.addr"))
		r = keep_addresses(rec, now, "ip4", "ip4.addr", ret_changed);
	if (r == 0 && differs(was, now, "ip6.addr"))
		r = keep_addresses(rec, now, "ip6", "ip6.addr", ret_changed);
	return r;
}

static int
dots(const struct record *rec)
{
	const char *name = record_get(rec, "name");
	int n = 0;

	for (; name != NULL && *name != '\0'; name++)
		n += *name == '.';
	return n;
}

int
tighten_below(
    struct instance *in, const struct record *was, const struct record *now, struct err *e)
{
	cleanup_free int *jids = NULL;
	size_t n = 0;
	int r = family_below(in, now, &jids, &n, e);

	for (size_t i = 0; i < n && r == 0; i++) {
		cleanup_record struct record rec = {0};
		bool changed;

		if (record_load(in->state, jids[i], &rec, NULL) < 0)
			continue;
		if (tighten(&rec, was, now, dots(&rec) - dots(now), &changed) < 0)
			return err_errno(e, ENOMEM, "jail_set");
		if (changed)
			r = record_store(in->state, &rec, e);
		if (r == 0 && changed)
			r = policy_load(in, &rec, e);
	}
	return r;
}
