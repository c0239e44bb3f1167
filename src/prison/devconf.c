#include "prison/devconf.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"

/* What a symbolic mode that names nobody is filtered by: rc(8)'s umask. */
#define RC_UMASK 022

/* One file being read. */
struct reader {
	struct devconf *c;
	const char *file;
	const char *next;
	unsigned line;	    /* of the line in hand; its first, where lines were joined */
	unsigned next_line; /* of `next` */
	bool in_set;
	bool ignoring; /* behind a header that could not be read */
	struct dev_ruleset set;
	char *why; /* the first mistake in this set */
};

/* A line cut into words. */
struct words {
	struct strv v;
	char undefined[64]; /* the last $name that is not defined */
};

static int
set_copy(const struct dev_ruleset *from, struct dev_ruleset *ret)
{
	ret->num = from->num;
	ret->n = from->n;
	ret->rules = NULL;
	if (from->n == 0)
		return 0;
	ret->rules = malloc(from->n * sizeof(*ret->rules));
	if (ret->rules == NULL)
		return -ENOMEM;
	memcpy(ret->rules, from->rules, from->n * sizeof(*ret->rules));
	return 0;
}

/* Puts a copy of the set in the place of the one with its number. */
static int
sets_replace(struct dev_rulesets *all, const struct dev_ruleset *set)
{
	struct dev_ruleset *at, copy;

	if (set_copy(set, &copy) < 0)
		return -ENOMEM;
	at = devrules_sets_get(all, set->num);
	if (at == NULL) {
		devrules_set_done(&copy);
		return -ENOMEM;
	}
	devrules_set_done(at);
	*at = copy;
	return 0;
}

int
devconf_init(
    struct devconf *c, const struct dev_rulesets *old, const struct dev_ids *ids, struct err *e)
{
	*c = (struct devconf){.old = old, .ids = ids};
	for (size_t i = 0; i < old->n; i++)
		if (sets_replace(&c->sets, &old->sets[i]) < 0)
			return err_errno(e, ENOMEM, "devfs.rules");
	return 0;
}

void
devconf_done(struct devconf *c)
{
	devrules_sets_done(&c->sets);
	for (size_t i = 0; i < c->nnames; i++)
		free(c->names[i].name);
	free(c->names);
	for (size_t i = 0; i < c->nbad; i++)
		free(c->bad[i].why);
	free(c->bad);
	strv_done(&c->warnings);
	*c = (struct devconf){0};
}

const struct devconf_name *
devconf_find_name(const struct devconf *c, const char *name, size_t len)
{
	for (size_t i = 0; i < c->nnames; i++)
		if (strlen(c->names[i].name) == len && memcmp(c->names[i].name, name, len) == 0)
			return &c->names[i];
	return NULL;
}

/* The same name again points to the new number, as a shell variable would. */
static int
name_set(struct devconf *c, const char *name, unsigned num)
{
	struct devconf_name *p;

	for (size_t i = 0; i < c->nnames; i++)
		if (strcmp(c->names[i].name, name) == 0) {
			c->names[i].num = num;
			return 0;
		}
	p = reallocarray(c->names, c->nnames + 1, sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	c->names = p;
	p[c->nnames].name = strdup(name);
	if (p[c->nnames].name == NULL)
		return -ENOMEM;
	p[c->nnames++].num = num;
	return 0;
}

static void
bad_clear(struct devconf *c, unsigned num)
{
	for (size_t i = 0; i < c->nbad; i++)
		if (c->bad[i].num == num) {
			free(c->bad[i].why);
			c->bad[i] = c->bad[--c->nbad];
			return;
		}
}

static int
bad_set(struct devconf *c, unsigned num, const char *why)
{
	struct devconf_bad *p;

	bad_clear(c, num);
	p = reallocarray(c->bad, c->nbad + 1, sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	c->bad = p;
	p[c->nbad].why = strdup(why);
	if (p[c->nbad].why == NULL)
		return -ENOMEM;
	p[c->nbad++].num = num;
	return 0;
}

static int warn_line(struct reader *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A warning that costs nothing.  -ENOMEM, else 0. */
static int
warn_line(struct reader *r, const char *fmt, ...)
{
	struct err text = {0};
	va_list ap;

	va_start(ap, fmt);
	(void)err_vset(&text, EINVAL, fmt, ap);
	va_end(ap);
	(void)err_wrap(&text, "%s:%u", r->file, r->line);
	return strv_add(&r->c->warnings, text.text);
}

/* A mistake: a warning that costs the set.  text is e's. */
static int
mistake(struct reader *r, const struct err *text)
{
	int res = warn_line(r, "%s", text->text);

	if (res >= 0 && r->in_set && r->why == NULL) {
		r->why = strdup(r->c->warnings.s[r->c->warnings.n - 1]);
		if (r->why == NULL)
			res = -ENOMEM;
	}
	return res;
}

/* The set in hand is complete: it goes into force, or what was there stays. */
static int
close_set(struct reader *r)
{
	struct devconf *c = r->c;
	const struct dev_ruleset *old;
	int res = 0;

	if (!r->in_set)
		return 0;
	r->in_set = false;
	if (r->why == NULL) {
		res = sets_replace(&c->sets, &r->set);
		bad_clear(c, r->set.num);
	} else if (devrules_sets_find(&c->sets, r->set.num) == NULL) {
		old = devrules_sets_find(c->old, r->set.num);
		res = old != NULL ? sets_replace(&c->sets, old) : bad_set(c, r->set.num, r->why);
	}
	devrules_set_done(&r->set);
	free(r->why);
	r->why = NULL;
	return res;
}

/*
 * The next line as the shell's read has it: blanks around it gone, backslashes
 * eaten, lines that end in one joined.  1: a line; 0: the end; -ENOMEM.
 */
static int
read_line(struct reader *r, struct str *ret)
{
	const char *p = r->next;

	if (*p == '\0')
		return 0;
	r->line = r->next_line;
	str_done(ret);
	for (; *p != '\0' && *p != '\n'; p++) {
		if (*p == '\\' && p[1] != '\0') {
			p++;
			if (*p == '\n') {
				r->next_line++;
				continue;
			}
		} else if (*p == '\\') {
			continue;
		} else if (ret->len == 0 && (*p == ' ' || *p == '\t')) {
			continue;
		}
		if (str_addc(ret, *p) < 0)
			return -ENOMEM;
	}
	if (*p == '\n') {
		p++;
		r->next_line++;
	}
	r->next = p;
	while (ret->len > 0 && strchr(" \t\r", ret->s[ret->len - 1]) != NULL)
		ret->s[--ret->len] = '\0';
	return 1;
}

static bool
is_name_char(char c)
{
	return isalnum((unsigned char)c) || c == '_';
}

static bool
is_shell_name(const char *s)
{
	if (isdigit((unsigned char)*s))
		return false;
	for (; *s != '\0'; s++)
		if (!is_name_char(*s))
			return false;
	return true;
}

/* $name or ${name} at *p, which stands behind the dollar; moves it on. */
static int
expand_name(
    const struct devconf *c, const char **p, struct words *w, struct str *word, struct err *e)
{
	bool braces = **p == '{';
	const char *start = *p + (braces ? 1 : 0);
	const struct devconf_name *n;
	size_t len = 0;

	while (is_name_char(start[len]))
		len++;
	if (len == 0 || (braces && start[len] != '}'))
		return err_set(
		    e, EINVAL, "only $name of a ruleset that is defined above can follow a $");
	n = devconf_find_name(c, start, len);
	*p = start + len + (braces ? 1 : 0);
	if (n == NULL) {
		(void)snprintf(
		    w->undefined, sizeof(w->undefined), "%.*s", (int)(len < 60 ? len : 60), start);
		return 0;
	}
	return str_addf(word, "%u", n->num) < 0 ? err_errno(e, ENOMEM, "line") : 0;
}

/* One word; *p moves behind it.  1: a word is there; 0: it came to nothing. */
static int
split_word(
    const struct devconf *c, const char **pp, struct words *w, struct str *word, struct err *e)
{
	const char *p = *pp;
	bool quoted = false;
	char quote = '\0';
	int r;

	for (; *p != '\0';) {
		if (quote == '\0' && (*p == ' ' || *p == '\t'))
			break;
		if (*p == quote && quote != '\0') {
			quote = '\0';
			p++;
			continue;
		}
		if (quote == '\0' && (*p == '\'' || *p == '"')) {
			quote = *p++;
			quoted = true;
			continue;
		}
		if (quote != '\'' && *p == '$') {
			p++;
			r = expand_name(c, &p, w, word, e);
			if (r < 0)
				return r;
			continue;
		}
		if ((quote == '\0' && strchr(";&|<>()", *p) != NULL) ||
		    (quote != '\'' && *p == '`'))
			return err_set(
			    e, EINVAL, "`%c' has no meaning here: one rule a line, no shell", *p);
		if (str_addc(word, *p++) < 0)
			return err_errno(e, ENOMEM, "line");
	}
	if (quote != '\0')
		return err_set(e, EINVAL, "a quote (%c) that does not end", quote);
	*pp = p;
	return quoted || word->len > 0;
}

static int
split_line(const struct devconf *c, const char *line, struct words *w, struct err *e)
{
	const char *p = line;

	for (;;) {
		cleanup_str struct str word = STR_EMPTY;
		int r;

		while (*p == ' ' || *p == '\t')
			p++;
		if (*p == '\0' || *p == '#')
			return 0;
		r = split_word(c, &p, w, &word, e);
		if (r < 0)
			return r;
		if (r > 0 && strv_add(&w->v, str_get(&word)) < 0)
			return err_errno(e, ENOMEM, "line");
	}
}

/* "[name=number]"; text behind the bracket means nothing.  *ret_name is malloc'ed. */
static int
parse_header(const char *line, char **ret_name, unsigned *ret_num, struct err *e)
{
	const char *close = strchr(line, ']'), *eq = NULL;
	cleanup_free char *name = NULL, *num = NULL;

	for (const char *p = line; p < close; p++)
		if (*p == '=')
			eq = p;
	if (eq != NULL)
		num = strndup(eq + 1, (size_t)(close - eq - 1));
	if (eq != NULL && num == NULL)
		return err_errno(e, ENOMEM, "line");
	if (num == NULL || !num_is_decimal(num))
		return err_set(e, EINVAL, "cannot extract rule number (%s)", line);
	if (devrules_parse_num(num, ret_num) < 0 || *ret_num == 0)
		return err_set(e, EINVAL, "rule number %s is not between 1 and %d (%s)", num,
		    DEV_NUM_MAX, line);
	name = strndup(line + 1, (size_t)(eq - line - 1));
	if (name == NULL)
		return err_errno(e, ENOMEM, "line");
	if (*name == '\0')
		return err_set(e, EINVAL, "cannot extract rule name (%s)", line);
	*ret_name = take_ptr(name);
	return 0;
}

static bool
is_header(const char *line)
{
	return *line == '[' && strchr(line, ']') != NULL;
}

/* 0, or -ENOMEM: a header that cannot be read is a warning, and what follows it is left out. */
static int
open_set(struct reader *r, const char *line)
{
	cleanup_free char *name = NULL;
	struct err e = {0};
	unsigned num = 0;
	int res;

	res = close_set(r);
	if (res < 0)
		return res;
	res = parse_header(line, &name, &num, &e);
	if (res < 0) {
		r->ignoring = true;
		return res == -ENOMEM ? res : warn_line(r, "%s; its rules are left out", e.text);
	}
	r->ignoring = false;
	r->in_set = true;
	r->set = (struct dev_ruleset){.num = num};
	if (!is_shell_name(name))
		return warn_line(
		    r, "$%s cannot be used: only letters, digits and _ can stand in a name", name);
	return name_set(r->c, name, num);
}

static int
do_add(struct reader *r, char *const *words, size_t n, const char *undefined, struct err *e)
{
	struct err text = {0};
	struct dev_rule rule;
	int res;

	res = devrules_parse(words, n, r->c->ids, RC_UMASK, &rule, &text);
	if (res < 0 && *undefined != '\0')
		return err_set(e, EINVAL, "%s ($%s is not defined above)", text.text, undefined);
	if (res < 0)
		return err_set(e, -res, "%s", text.text);
	if (rule.truncated && warn_line(r, "pattern specified too long; truncated") < 0)
		return err_errno(e, ENOMEM, "line");
	if ((rule.has & DEV_HAS_INCLUDE) != 0 && rule.include != r->set.num) {
		res = devrules_check_include(&r->c->sets, r->set.num, rule.include, e);
		if (res < 0)
			return res;
	}
	res = devrules_insert(&r->set, &rule, NULL);
	return res < 0 ? err_errno(e, -res, "rule %u", rule.num) : 0;
}

static int
do_del(struct reader *r, char *const *words, size_t n, struct err *e)
{
	unsigned num;

	if (n == 0)
		return err_set(e, EINVAL, "expecting argument for del");
	if (devrules_parse_num(words[0], &num) < 0)
		return err_set(e, EINVAL, "error converting to integer: %s", words[0]);
	if (devrules_remove(&r->set, num) < 0)
		return err_errno(e, ENOENT, "del %u", num);
	return 0;
}

static int
do_command(struct reader *r, const struct words *w, struct err *e)
{
	char *const *args = w->v.s + 1;
	size_t n = w->v.n - 1;
	const char *cmd = w->v.s[0];

	if (strcmp(cmd, "add") == 0)
		return do_add(r, args, n, w->undefined, e);
	if (strcmp(cmd, "del") == 0)
		return do_del(r, args, n, e);
	if (strcmp(cmd, "delset") == 0) {
		devrules_set_done(&r->set);
		return 0;
	}
	return err_set(
	    e, EINVAL, "unknown command: %s (a line starts with add, del or delset)", cmd);
}

/* A line that is no header.  0, or -ENOMEM. */
static int
rule_line(struct reader *r, const char *line)
{
	struct words w = {0};
	struct err e = {0};
	int res;

	if (r->ignoring)
		return 0;
	res = split_line(r->c, line, &w, &e);
	if (res >= 0 && w.v.n > 0) {
		if (r->in_set)
			res = do_command(r, &w, &e);
		else
			res = err_set(&e, EINVAL, "a rule before the first [name=number]");
	}
	strv_done(&w.v);
	if (res < 0 && res != -ENOMEM)
		res = mistake(r, &e);
	return res;
}

static int
reader_run(struct reader *r)
{
	cleanup_str struct str line = STR_EMPTY;
	int res;

	for (;;) {
		res = read_line(r, &line);
		if (res <= 0)
			break;
		if (*str_get(&line) == '\0' || *str_get(&line) == '#')
			continue;
		if (is_header(str_get(&line)))
			res = open_set(r, str_get(&line));
		else
			res = rule_line(r, str_get(&line));
		if (res < 0)
			break;
	}
	return res < 0 ? res : close_set(r);
}

int
devconf_feed(struct devconf *c, const char *file, const char *text, struct err *e)
{
	struct reader r = {.c = c, .file = file, .next = text, .next_line = 1};
	int res = reader_run(&r);

	devrules_set_done(&r.set);
	free(r.why);
	return res < 0 ? err_errno(e, -res, "%s", file) : 0;
}

int
devconf_scan(struct devconf *c, const char *text, struct err *e)
{
	struct reader r = {.c = c, .file = "", .next = text, .next_line = 1};
	cleanup_str struct str line = STR_EMPTY;

	for (;;) {
		cleanup_free char *name = NULL;
		unsigned num;
		int res = read_line(&r, &line);

		if (res < 0)
			return err_errno(e, -res, "devfs.rules");
		if (res == 0)
			return 0;
		if (is_header(str_get(&line)) &&
		    parse_header(str_get(&line), &name, &num, NULL) == 0)
			devrules_sets_remove(&c->sets, num);
	}
}
