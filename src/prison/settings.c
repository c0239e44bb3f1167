#include "prison/settings.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "prison/param.h"

const char *
settings_text(const struct record *rec, const char *name)
{
	const char *value = record_get(rec, name);
	const struct param *p;

	if (value != NULL)
		return value;
	p = param_exact(name);
	return p != NULL && p->def != NULL ? p->def : "";
}

bool
settings_bool(const struct record *rec, const char *name)
{
	if (strcmp(name, "persist") == 0)
		return rec->persist;
	return strcmp(settings_text(rec, name), "true") == 0;
}

bool
settings_has_address(const struct record *rec)
{
	return *settings_text(rec, "ip4.addr") != '\0' || *settings_text(rec, "ip6.addr") != '\0';
}

int64_t
settings_int(const struct record *rec, const char *name)
{
	int64_t v;

	return num_parse_i64(settings_text(rec, name), INT64_MIN, INT64_MAX, &v) < 0 ? 0 : v;
}

const char *
settings_shown(const struct record *rec, const char *name)
{
	const char *value = settings_text(rec, name);

	if ((strcmp(name, "ip4") == 0 || strcmp(name, "ip6") == 0) && strcmp(value, "new") == 0)
		return "disable";
	return value;
}

/* ---- meta and env: a text of lines KEY=VALUE ------------------------------------------ */

/* FreeBSD puts a new or replaced key in front; an absent value deletes. */
static int
set_key(struct record *rec, const char *name, const char *key, const char *value, size_t max,
    struct err *e)
{
	cleanup_str struct str out = STR_EMPTY;
	cleanup_free char *copy = strdup(settings_text(rec, name));
	size_t keylen = strlen(key);
	char *rest = copy, *line;
	int r = 0;

	if (copy == NULL)
		return err_errno(e, ENOMEM, "%s.%s", name, key);
	if (keylen == 0)
		return err_errno(e, EINVAL, "jail_set");
	if (value != NULL)
		r = str_addf(&out, "%s=%s", key, value);
	while (r == 0 && (line = strsep(&rest, "\n")) != NULL) {
		if (*line == '\0' || (strncmp(line, key, keylen) == 0 && line[keylen] == '='))
			continue;
		r = str_addf(&out, "%s%s", out.len > 0 ? "\n" : "", line);
	}
	if (r == 0 && out.len > max)
		return err_errno(e, EFBIG, "jail_set");
	if (r == 0)
		r = record_set(rec, name, str_get(&out));
	return r < 0 ? err_errno(e, -r, "%s.%s", name, key) : 0;
}

/* ---- one parameter at a time ------------------------------------------------------------ */

/* Those whose limit may only be tightened relative to the parent (reference 8.5). */
static int
check_int(const struct record *parent, const char *name, int64_t v, struct err *e)
{
	int64_t theirs = parent != NULL ? settings_int(parent, name) : 0;

	if (parent == NULL)
		return 0;
	if ((strcmp(name, "securelevel") == 0 || strcmp(name, "enforce_statfs") == 0) && v < theirs)
		return err_errno(e, EPERM, "jail_set");
	if (strcmp(name, "children.max") == 0 && v >= theirs)
		return err_errno(e, EPERM, "jail_set");
	return 0;
}

static int
check_allow(const struct record *parent, const char *name, const char *value, struct err *e)
{
	if (parent == NULL || strcmp(value, "true") != 0 || strncmp(name, "allow.", 6) != 0)
		return 0;
	/* The one permission that a child may have although its parent lacks it. */
	if (strcmp(name, "allow.unprivileged_proc_debug") == 0)
		return 0;
	if (!settings_bool(parent, name))
		return err_errno(e, EPERM, "jail_set");
	return 0;
}

static int
apply_one(struct record *rec, const struct record *parent, const struct gaol_param *in,
    bool updating, struct err *e)
{
	enum param_spelling spelling;
	const char *key, *have;
	const struct param *p = param_find(in->name, &spelling, &key);
	cleanup_free char *value = NULL;
	int r;

	if (p == NULL || (p->flags & (PARAM_PSEUDO | PARAM_RDONLY)) != 0)
		return err_set(e, EINVAL, "unknown parameter: %s", in->name);
	if (key != NULL)
		return set_key(rec, p->name, key, in->value, (size_t)p->max, e);
	r = param_normalize(p, spelling, in->value, &value, e);
	if (r < 0)
		return r;
	if (p->type == PARAM_INT &&
	    (r = check_int(parent, p->name, settings_int(rec, p->name), NULL)) < 0)
		r = 0; /* what was there before is not judged */
	if (p->type == PARAM_INT) {
		int64_t v;

		if (num_parse_i64(value, INT64_MIN, INT64_MAX, &v) == 0 &&
		    (r = check_int(parent, p->name, v, e)) < 0)
			return r;
	}
	if (p->type == PARAM_BOOL && (r = check_allow(parent, p->name, value, e)) < 0)
		return r;
	if ((p->flags & PARAM_TUN) != 0 && updating) {
		have = settings_shown(rec, p->name);
		if (strcmp(have, value) != 0 && strcmp(settings_text(rec, p->name), value) != 0)
			return err_set(e, EINVAL, "%s cannot be changed after creation", p->name);
		return 0;
	}
	if (strcmp(p->name, "persist") == 0) {
		rec->persist = strcmp(value, "true") == 0;
		return 0;
	}
	if (strcmp(p->name, "jid") == 0)
		return 0;
	r = record_set(rec, p->name, value);
	return r < 0 ? err_errno(e, -r, "%s", p->name) : 0;
}

/* ---- what follows from each other ---------------------------------------------------------- */

static bool
given(const struct gaol_param *params, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(params[i].name, name) == 0)
			return true;
	return false;
}

static bool
given_below(const struct gaol_param *params, size_t n, const char *prefix)
{
	for (size_t i = 0; i < n; i++)
		if (strncmp(params[i].name, prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

static int
check_choices(const struct record *rec, const struct gaol_param *params, size_t n, struct err *e)
{
	if (strcmp(settings_text(rec, "host"), "disable") == 0 ||
	    strcmp(settings_text(rec, "vnet"), "disable") == 0)
		return err_errno(e, EINVAL, "jail_set");
	if (strcmp(settings_text(rec, "vnet"), "new") == 0 &&
	    (given(params, n, "ip4") || given(params, n, "ip6") || given_below(params, n, "ip4.") ||
		given_below(params, n, "ip6.")))
		return err_set(e, EINVAL, "vnet jails cannot have IP address restrictions");
	return 0;
}

static int
imply(struct record *rec, const struct gaol_param *params, size_t n, bool updating, struct err *e)
{
	static const char *const families[] = {"ip4", "ip6"};
	int r = 0;

	if (given_below(params, n, "host."))
		r = record_set(rec, "host", "new");
	for (size_t i = 0; i < ARRAY_SIZE(families) && r == 0; i++) {
		char addr[16];

		(void)snprintf(addr, sizeof(addr), "%s.addr", families[i]);
		if (!given(params, n, addr))
			continue;
		if (updating && strcmp(settings_text(rec, families[i]), "inherit") == 0)
			return err_set(
			    e, EINVAL, "%s cannot be changed after creation", families[i]);
		if (!updating)
			r = record_set(rec, families[i], "new");
	}
	if (r == 0 && given(params, n, "allow.sysvipc")) {
		static const char *const sysv[] = {"sysvmsg", "sysvsem", "sysvshm"};
		const char *value = settings_bool(rec, "allow.sysvipc") ? "inherit" : "disable";

		for (size_t i = 0; i < ARRAY_SIZE(sysv) && r == 0; i++)
			if (!given(params, n, sysv[i]))
				r = record_set(rec, sysv[i], value);
	}
	if (r == 0 && strcmp(settings_text(rec, "vnet"), "new") == 0 && !updating) {
		r = record_set(rec, "ip4", "inherit");
		if (r == 0)
			r = record_set(rec, "ip6", "inherit");
	}
	return r < 0 ? err_errno(e, -r, "jail_set") : 0;
}

/* What a child starts with is its parent's, masked where it is a permission (8.4). */
static int
inherit(struct record *rec, const struct record *parent, struct err *e)
{
	static const char *const inherited[] = {
	    "securelevel", "devfs_ruleset", "osrelease", "osreldate"};

	for (size_t i = 0; parent != NULL && i < ARRAY_SIZE(inherited); i++) {
		const char *value = record_get(parent, inherited[i]);

		if (value != NULL && record_set(rec, inherited[i], value) < 0)
			return err_errno(e, ENOMEM, "jail_set");
	}
	for (size_t i = 0; parent != NULL && i < param_count; i++) {
		const struct param *p = &param_table[i];

		if (p->type == PARAM_BOOL && strncmp(p->name, "allow.", 6) == 0 && p->def != NULL &&
		    strcmp(p->def, "true") == 0 && !settings_bool(parent, p->name) &&
		    record_set(rec, p->name, "false") < 0)
			return err_errno(e, ENOMEM, "jail_set");
	}
	return 0;
}

int
settings_apply(struct record *rec, const struct record *parent, const struct gaol_param *params,
    size_t n, bool updating, struct err *e)
{
	struct record work = {0};
	int r;

	r = record_copy(rec, &work);
	if (r < 0)
		return err_errno(e, -r, "jail_set");
	r = updating ? 0 : inherit(&work, parent, e);
	for (size_t i = 0; i < n && r == 0; i++)
		r = apply_one(&work, parent, &params[i], updating, e);
	if (r == 0)
		r = check_choices(&work, params, n, e);
	if (r == 0)
		r = imply(&work, params, n, updating, e);
	if (r < 0) {
		record_done(&work);
		return r;
	}
	record_done(rec);
	*rec = work;
	return 0;
}
