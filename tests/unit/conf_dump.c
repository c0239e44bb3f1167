#include "conf_dump.h"

#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"

static void
must(int r)
{
	if (r < 0)
		abort();
}

static void
dump_messages(const struct conf_message *m, size_t n, struct str *out)
{
	for (size_t i = 0; i < n; i++)
		must(str_addf(out, "! %s\n", m[i].text));
}

void
conf_dump(struct conf *c, struct str *out)
{
	const struct conf_message *m;
	size_t n = conf_messages(c, &m);

	dump_messages(m, n, out);
	if (conf_failed(c))
		return;
	for (size_t i = 0; i < conf_count(c); i++) {
		struct conf_jail *j = conf_jail_at(c, i);
		const struct conf_param *p;

		n = conf_jail_params(j, &p);
		must(str_addf(out, "%s:", conf_jail_name(j)));
		for (size_t k = 0; k < n; k++) {
			must(str_addf(out, " %s", p[k].name));
			for (size_t v = 0; v < p[k].nvalues; v++)
				must(str_addf(out, "%s[%s]", v == 0 ? "=" : ",", p[k].values[v]));
		}
		must(str_addc(out, '\n'));
		n = conf_jail_messages(j, &m);
		dump_messages(m, n, out);
	}
}

static void
print_quoted(const char *s, struct str *out)
{
	must(str_addc(out, '"'));
	for (; *s != '\0'; s++) {
		if (*s == '"' || *s == '\\' || *s == '$')
			must(str_addc(out, '\\'));
		must(str_addc(out, *s));
	}
	must(str_addc(out, '"'));
}

static void
print_param(const struct conf_param *p, struct str *out)
{
	must(str_addc(out, '\t'));
	print_quoted(p->name, out);
	for (size_t v = 0; v < p->nvalues; v++) {
		must(str_add(out, v == 0 ? " = " : ", "));
		print_quoted(p->values[v], out);
	}
	must(str_add(out, ";\n"));
}

bool
conf_print(struct conf *c, struct str *out)
{
	if (conf_failed(c))
		return false;
	for (size_t i = 0; i < conf_count(c); i++) {
		struct conf_jail *j = conf_jail_at(c, i);
		const char *implied = conf_jail_numeric(j) ? "jid" : "name";
		const struct conf_param *p;
		size_t n;

		if (!conf_jail_resolve(j))
			return false;
		n = conf_jail_params(j, &p);
		print_quoted(conf_jail_name(j), out);
		must(str_add(out, " {\n"));
		for (size_t k = 0; k < n; k++) {
			/* A relation that is not transitive: see src/conf/merge.c. */
			if (conf_jail_param(j, p[k].name) != &p[k])
				return false;
			/* Before a jid stands only the name that a number implies. */
			if (strcmp(p[k].name, implied) != 0 &&
			    (k != 0 || strcmp(p[k].name, "name") != 0))
				print_param(&p[k], out);
		}
		must(str_add(out, "}\n"));
	}
	return true;
}
