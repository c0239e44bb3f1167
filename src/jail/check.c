#include "jail/check.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "conf/conf.h"
#include "jail/checkup.h"
#include "jail/effect.h"
#include "jail/hook.h"
#include "jail/message.h"
#include "libjail/gaol.h"
#include "prison/param.h"

/* ---- findings --------------------------------------------------------------------------- */

/* "FILE:LINE:COLUMN: error: text", as compilers write it and editors read it. */
static void
print_finding(const char *file, int line, int column, const char *kind, const char *text)
{
	if (file != NULL && line > 0 && column > 0)
		note_named(NULL, "%s:%d:%d: %s: %s", file, line, column, kind, text);
	else if (file != NULL && line > 0)
		note_named(NULL, "%s:%d: %s: %s", file, line, kind, text);
	else if (file != NULL)
		note_named(NULL, "%s: %s: %s", file, kind, text);
	else
		note_named(NULL, "%s: %s", kind, text);
}

/* True the first time that this is said of this line. */
static bool
is_new(struct checkup *c, const char *file, int line, const char *text)
{
	char *key;

	if (asprintf(&key, "%s:%d:%s", file != NULL ? file : "", line, text) < 0)
		return true;
	if (names_find(c->said, key, strlen(key)) >= 0 || strv_take(c->said_text, key) < 0) {
		free(key);
		return false;
	}
	(void)names_add(c->said, key, 0);
	return true;
}

static void finding(struct checkup *c, const struct arg *at, const char *kind, const char *instead,
    const char *fmt, va_list ap) __attribute__((format(printf, 5, 0)));

static void
finding(struct checkup *c, const struct arg *at, const char *kind, const char *instead,
    const char *fmt, va_list ap)
{
	struct conf_message where = {0};
	cleanup_free char *what = NULL;
	cleanup_free char *text = NULL;
	const char *file = at != NULL ? at->file : NULL;
	int line = at != NULL ? at->line : 0;

	if (vasprintf(&what, fmt, ap) < 0) {
		what = NULL;
		return;
	}
	if (file == NULL && conf_jail_where(c->jail, &where) == 0) {
		file = where.file;
		line = where.line;
	}
	if (!is_new(c, file, line, what))
		return;
	if (asprintf(&text, "%s: %s%s%s%s%s", c->name, at != NULL ? at->name : "",
		at != NULL ? ": " : "", what, instead != NULL ? "; write: " : "",
		instead != NULL ? instead : "") < 0) {
		text = NULL;
		return;
	}
	print_finding(file, line, 0, kind, text);
}

void
check_error(struct checkup *c, const struct arg *at, const char *instead, const char *fmt, ...)
{
	va_list ap;

	c->errors++;
	va_start(ap, fmt);
	finding(c, at, "error", instead, fmt, ap);
	va_end(ap);
}

void
check_note(struct checkup *c, const struct arg *at, const char *instead, const char *fmt, ...)
{
	va_list ap;

	c->notes++;
	va_start(ap, fmt);
	finding(c, at, "note", instead, fmt, ap);
	va_end(ap);
}

const char *
check_write(const char *fmt, ...)
{
	static char *texts[2];
	static unsigned turn;
	va_list ap;

	turn ^= 1;
	free(texts[turn]);
	va_start(ap, fmt);
	if (vasprintf(&texts[turn], fmt, ap) < 0)
		texts[turn] = NULL;
	va_end(ap);
	return texts[turn];
}

/* ---- parameters ---------------------------------------------------------------------------- */

/* Most texts begin with the parameter, which stands there already. */
static const char *
without_name(const struct arg *a, const char *text)
{
	size_t n = strlen(a->name);

	return strncmp(text, a->name, n) == 0 && strncmp(text + n, ": ", 2) == 0 ? text + n + 2
										 : text;
}

static void
check_value(struct checkup *c, const struct arg *a)
{
	const char *value = a->valued && a->values.n > 0 ? a->values.s[a->values.n - 1] : NULL;
	struct gaol_param k = {.name = a->name, .value = value};
	struct err e = {0};
	bool yes;
	int number, r = 0;

	if (!arg_is_pseudo(a)) {
		/* Addresses have syntax of their own, looked at with the interfaces. */
		if (a->row->type != PARAM_IP4 && a->row->type != PARAM_IP6)
			r = gaol_check_param(&k, &e);
	} else if (a->row->type == PARAM_BOOL) {
		r = arg_bool(a, &yes, &e);
	} else if (a->row->type == PARAM_INT) {
		r = arg_int(a, &number, &e);
	}
	if (r < 0)
		check_error(c, a, a->row->type == PARAM_BOOL ? "true or false" : NULL, "%s",
		    without_name(a, e.text));
}

static void
check_params(struct checkup *c)
{
	for (size_t i = 0; i < c->set.n; i++) {
		const struct arg *a = &c->set.v[i];
		const char *near, *why, *instead;

		if (a->row == NULL) {
			near = param_nearest(a->name);
			check_error(c, a, near, "unknown parameter");
			continue;
		}
		check_value(c, a);
		why = effect_missing(a, &c->set, &instead);
		if (why != NULL)
			check_note(c, a, instead, "without effect here: %s", why);
	}
}

static void
check_persist(struct checkup *c)
{
	if (args_bool(&c->set, "persist", false) || hook_needs_persist(&c->set))
		return;
	check_error(c, NULL, "persist;",
	    "new jail must persist or attach: it has neither persist nor a command to run");
}

static void
check_depends(struct checkup *c)
{
	const struct arg *a = args_find(&c->set, "depend");

	for (size_t i = 0; a != NULL && i < a->values.n; i++)
		if (conf_jail_find(c->conf, a->values.s[i]) == NULL)
			check_error(c, a, NULL, "no jail \"%s\" is defined here", a->values.s[i]);
}

/* ---- the file ---------------------------------------------------------------------------------
 */

static void (*const checks[])(struct checkup *c) = {
    check_params,
    check_persist,
    check_depends,
    check_path,
    check_mounts,
    check_usr,
    check_interfaces,
    check_commands,
    check_ports,
};

/* The parser's text names file and line already; here they stand in front. */
static size_t
say_messages(const struct conf_message *m, size_t n)
{
	size_t errors = 0;

	for (size_t i = 0; i < n; i++) {
		const char *text = m[i].text;
		char prefix[64];

		(void)snprintf(prefix, sizeof(prefix), " line %d: ", m[i].line);
		if (m[i].file != NULL && m[i].line > 0 &&
		    strncmp(text, m[i].file, strlen(m[i].file)) == 0 &&
		    strncmp(text + strlen(m[i].file), prefix, strlen(prefix)) == 0)
			text += strlen(m[i].file) + strlen(prefix);
		print_finding(
		    m[i].file, m[i].line, m[i].file_column, m[i].warning ? "note" : "error", text);
		errors += !m[i].warning;
	}
	return errors;
}

static int
take(struct checkup *c)
{
	const struct conf_param *params;
	size_t n = conf_jail_params(c->jail, &params);

	for (size_t i = 0; i < n; i++) {
		struct arg *a = args_new(&c->set, params[i].name);

		if (a == NULL)
			return -1;
		a->file = params[i].file;
		a->line = params[i].line;
		a->valued = params[i].values != NULL;
		for (size_t k = 0; k < params[i].nvalues; k++)
			if (strv_add(&a->values, params[i].values[k]) < 0)
				return -1;
	}
	return 0;
}

/* Returns how many errors it has. */
static size_t
check_jail(const struct checkup *model, size_t i)
{
	struct checkup c = *model;
	const struct conf_message *m;
	size_t n, errors;
	bool good;

	c.jail = conf_jail_at(c.conf, i);
	c.name = conf_jail_name(c.jail);
	good = conf_jail_resolve(c.jail);
	n = conf_jail_messages(c.jail, &m);
	errors = say_messages(m, n);
	if (good && take(&c) == 0) {
		c.path = args_string(&c.set, "path");
		for (size_t k = 0; k < ARRAY_SIZE(checks); k++)
			checks[k](&c);
		errors += c.errors;
	}
	mounts_done(&c.mounts);
	args_done(&c.set);
	conf_jail_release(c.jail);
	return errors;
}

static size_t
check_jails(struct conf *conf)
{
	struct names said = {0};
	struct strv said_text = {0};
	struct checkup model = {.conf = conf, .said = &said, .said_text = &said_text};
	size_t errors = 0, n = conf_count(conf);

	for (size_t i = 0; i < n; i++)
		errors += check_jail(&model, i);
	names_done(&said);
	strv_done(&said_text);
	return errors;
}

int
check_conf(const char *file)
{
	const struct conf_message *m;
	struct conf *conf = NULL;
	struct err e = {0};
	size_t errors, n;

	if (conf_load(file, &conf, &e) < 0) {
		warn_plain("%s", e.text);
		return 1;
	}
	n = conf_messages(conf, &m);
	errors = say_messages(m, n);
	/* What could not be read cannot be judged. */
	if (!conf_failed(conf))
		errors += check_jails(conf);
	conf_free(conf);
	return errors == 0 ? 0 : 1;
}
