#include "jail/exhibit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "conf/conf.h"
#include "jail/args.h"
#include "jail/message.h"
#include "jail/plan.h"
#include "prison/param.h"

static int
print_quoted(FILE *to, const char *value)
{
	cleanup_free char *quoted = NULL;

	if (conf_is_plain(value)) {
		(void)fputs(value, to);
		return 0;
	}
	quoted = conf_quote(value);
	if (quoted == NULL)
		return -ENOMEM;
	(void)fputs(quoted, to);
	return 0;
}

static int
print_values(FILE *to, char between, const char *const *values, size_t n)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (i > 0)
			(void)fputc(between, to);
		r = print_quoted(to, values[i]);
	}
	return r;
}

static int
print_param(FILE *to, const char *name, const char *const *values, size_t n)
{
	(void)fputs(name, to);
	if (n == 0)
		return 0;
	(void)fputc('=', to);
	return print_values(to, ',', values, n);
}

/* ---- -e ----------------------------------------------------------------------------- */

static int
exhibit_jail(struct conf_jail *j, const char *sep)
{
	const struct conf_param *params;
	size_t n = conf_jail_params(j, &params);
	const char *before = "";
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		if (strcmp(params[i].name, "jid") == 0)
			continue;
		(void)fputs(before, stdout);
		before = sep;
		r = print_param(stdout, params[i].name, params[i].values, params[i].nvalues);
	}
	(void)fputc('\n', stdout);
	return r;
}

int
exhibit_conf(struct conf *c, const char *sep)
{
	size_t n = conf_count(c);
	int r = 0;

	/* The warnings of all come first, as they are made while the file is read. */
	for (size_t i = 0; i < n; i++) {
		const struct conf_message *m;
		size_t nm;

		(void)conf_jail_resolve(conf_jail_at(c, i));
		nm = conf_jail_messages(conf_jail_at(c, i), &m);
		for (size_t k = 0; k < nm; k++)
			warn_conf(&m[k]);
	}
	for (size_t i = 0; r == 0 && i < n; i++)
		r = exhibit_jail(conf_jail_at(c, i), sep);
	return r;
}

/* ---- -J ----------------------------------------------------------------------------- */

static const char *const *
constant(const struct strv *v)
{
	return (const char *const *)(const void *)v->s;
}

static int
record_positional(FILE *to, const struct plan *p, int jid)
{
	const struct arg *command = args_find(&p->set, "command");
	const char *host = args_string(&p->set, "host.hostname");
	int r;

	(void)fprintf(to, "%d\t", jid);
	r = print_quoted(to, p->path != NULL ? p->path : "/");
	(void)fputc('\t', to);
	if (r == 0)
		r = print_quoted(to, host != NULL ? host : "");
	(void)fputc('\t', to);
	if (r == 0)
		r = print_values(to, ',', constant(&p->addr[0]), p->addr[0].n);
	if (p->addr[0].n > 0 && p->addr[1].n > 0)
		(void)fputc(',', to);
	if (r == 0)
		r = print_values(to, ',', constant(&p->addr[1]), p->addr[1].n);
	if (r == 0 && command != NULL) {
		(void)fputc('\t', to);
		r = print_values(to, ' ', constant(&command->values), command->values.n);
	}
	return r;
}

static int
record_params(FILE *to, const struct plan *p, int jid)
{
	int r = 0;

	(void)fprintf(to, "jid=%d", jid);
	for (size_t i = 0; r == 0 && i < p->set.n; i++) {
		const struct arg *s = &p->set.v[i];

		if (s->row != NULL && strcmp(s->row->name, "jid") == 0)
			continue;
		(void)fputc('\t', to);
		r = print_param(to, s->name, constant(&s->values), s->values.n);
	}
	return r;
}

int
exhibit_record(FILE *to, const struct plan *p, int jid, bool positional)
{
	int r = positional ? record_positional(to, p, jid) : record_params(to, p, jid);

	(void)fputc('\n', to);
	(void)fflush(to);
	return r;
}
