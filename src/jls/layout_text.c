#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jls/layout.h"
#include "libjail/gaol.h"
#include "prison/param.h"

#define HOSTNAME_WIDTH 29
#define ADDRESS_WIDTH 15
#define PATH_MAX_WIDTH 74
#define NAME_WIDTH 15
#define NO_LIMIT ((size_t)-1)

static const char *
value(struct gaol_jail *j, const char *name)
{
	const char *text = gaol_jail_value(j, name);

	return text != NULL ? text : "";
}

/* ---- header ---------------------------------------------------------------------- */

static void
parameter_header(const struct layout *l)
{
	for (size_t i = 0; i < l->columns.n; i++) {
		if (i > 0)
			(void)fputc(' ', l->out.file);
		text_put(&l->out, l->columns.list[i].name, false);
	}
	(void)fputc('\n', l->out.file);
}

void
layout_text_header(const struct layout *l)
{
	FILE *f = l->out.file;

	if (l->flags & LAYOUT_VERBOSE) {
		(void)fprintf(f, "%6s  %-29s %s\n", "JID", "Hostname", "Path");
		(void)fprintf(f, "%8s%-29s %s\n", "", "Name", "State");
		(void)fprintf(f, "%8sCPUSetID\n%8sIP Address(es)\n", "", "");
	} else if ((l->flags & LAYOUT_DEFAULT) && (l->flags & LAYOUT_NAME)) {
		(void)fprintf(f, " %-15s %-15s %-29s Path\n", "JID", "IP Address", "Hostname");
	} else if (l->flags & LAYOUT_DEFAULT) {
		(void)fprintf(f, "%6s  %-15s %-29s Path\n", "JID", "IP Address", "Hostname");
	} else if (l->flags & LAYOUT_HEADER) {
		parameter_header(l);
	}
}

/* ---- one jail, by default and with -v -------------------------------------------- */

static void
hostname_and_path(const struct layout *l, struct gaol_jail *j)
{
	text_field(&l->out, value(j, "host.hostname"), HOSTNAME_WIDTH, HOSTNAME_WIDTH);
	(void)fputc(' ', l->out.file);
	text_field(&l->out, value(j, "path"), 0, PATH_MAX_WIDTH);
	(void)fputc('\n', l->out.file);
}

static void
default_jail(const struct layout *l, struct gaol_jail *j)
{
	const char *addresses = value(j, "ip4.addr");
	int first = (int)strcspn(addresses, ",");

	if (l->flags & LAYOUT_NAME) {
		(void)fputc(' ', l->out.file);
		text_field(&l->out, value(j, "name"), NAME_WIDTH, NO_LIMIT);
		(void)fputc(' ', l->out.file);
	} else {
		(void)fprintf(l->out.file, "%6d  ", gaol_jail_jid(j));
	}
	(void)fprintf(l->out.file, "%-*.*s ", ADDRESS_WIDTH,
	    first < ADDRESS_WIDTH ? first : ADDRESS_WIDTH, addresses);
	hostname_and_path(l, j);
}

static void
verbose_addresses(const struct layout *l, const char *addresses)
{
	while (*addresses != '\0') {
		int len = (int)strcspn(addresses, ",");

		(void)fprintf(l->out.file, "%8s%.*s\n", "", len, addresses);
		addresses += len;
		if (*addresses == ',')
			addresses++;
	}
}

static void
verbose_jail(const struct layout *l, struct gaol_jail *j)
{
	(void)fprintf(l->out.file, "%6d  ", gaol_jail_jid(j));
	hostname_and_path(l, j);
	(void)fprintf(l->out.file, "%8s", "");
	text_field(&l->out, value(j, "name"), HOSTNAME_WIDTH, HOSTNAME_WIDTH);
	(void)fprintf(
	    l->out.file, " %s\n", strcmp(value(j, "dying"), "true") == 0 ? "DYING" : "ACTIVE");
	(void)fprintf(l->out.file, "%8s%s\n", "", value(j, "cpuset.id"));
	verbose_addresses(l, value(j, "ip4.addr"));
	verbose_addresses(l, value(j, "ip6.addr"));
}

/* ---- one jail, by parameters ------------------------------------------------------ */

/* With -n a boolean is the word that would set it: "persist" or "nopersist". */
static void
bool_word(const struct layout *l, const struct column *c, bool truth)
{
	char no[64];

	if (truth)
		(void)fputs(c->name, l->out.file);
	else if (c->negated)
		(void)fputs(c->param->name, l->out.file);
	else if (param_noname(c->param->name, no, sizeof(no)))
		(void)fputs(no, l->out.file);
}

static void
quoted(const struct layout *l, const struct column *c, const char *text)
{
	char quote = (l->flags & LAYOUT_QUOTED) ? text_quote(text) : '\0';

	if (text[0] == '\0') {
		(void)fputs("\"\"", l->out.file);
		return;
	}
	if (quote != '\0')
		(void)fputc(quote, l->out.file);
	text_put(&l->out, text, c->param->flags & PARAM_KEYVALUE);
	if (quote != '\0')
		(void)fputc(quote, l->out.file);
}

static void
column_value(const struct layout *l, const struct column *c, const char *text)
{
	bool nameval = l->flags & LAYOUT_NAMEVAL;

	if (nameval && text != NULL && column_is_bool(c)) {
		bool_word(l, c, strcmp(text, "true") == 0);
		return;
	}
	if (nameval)
		text_put(&l->out, c->name, false);
	if (text == NULL)
		return;
	if (nameval)
		(void)fputc('=', l->out.file);
	if (text[0] != '\0' || !column_is_list(c))
		quoted(l, c, text);
	else if (l->flags & LAYOUT_QUOTED)
		(void)fputs("\"\"", l->out.file);
	else if (!nameval)
		(void)fputc('-', l->out.file);
}

static void
parameter_jail(const struct layout *l, struct gaol_jail *j)
{
	bool space = false;

	for (size_t i = 0; i < l->columns.n; i++) {
		const struct column *c = &l->columns.list[i];

		if ((l->flags & LAYOUT_SKIP) && column_skipped(c, j))
			continue;
		if (space)
			(void)fputc(' ', l->out.file);
		space = true;
		column_value(l, c, column_text(c, j));
	}
	(void)fputc('\n', l->out.file);
}

void
layout_text_jail(const struct layout *l, struct gaol_jail *j)
{
	if (l->flags & LAYOUT_VERBOSE)
		verbose_jail(l, j);
	else if (l->flags & LAYOUT_DEFAULT)
		default_jail(l, j);
	else
		parameter_jail(l, j);
}
