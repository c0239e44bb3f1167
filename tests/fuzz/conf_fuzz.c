/*
 * jail.conf(5) of any bytes: nothing crashes, messages are fit for a terminal, and
 * what was read without an error is read the same from what is printed of it.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf_dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_text(const char *s)
{
	for (; *s != '\0'; s++)
		if (((unsigned char)*s < 0x20 && *s != '\t') || *s == 0x7f)
			abort();
}

static void
check_messages(const struct conf_message *m, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		check_text(m[i].text);
		if (m[i].source == NULL)
			continue;
		check_text(m[i].source);
		if (m[i].line < 1 || m[i].file_column < 1 || m[i].column < 1 ||
		    (size_t)m[i].column > strlen(m[i].source) + 1)
			abort();
	}
}

static struct conf *
parse(const char *text, size_t len)
{
	struct conf *c;
	struct err e;

	if (conf_parse(NULL, text, len, &c, &e) < 0)
		abort();
	return c;
}

static void
check_jail(struct conf_jail *j)
{
	const struct conf_message *m;
	const struct conf_param *p;
	bool good = conf_jail_resolve(j);
	size_t n = conf_jail_messages(j, &m);

	check_messages(m, n);
	if (good != (n == 0))
		abort();
	n = conf_jail_params(j, &p);
	for (size_t i = 0; i < n; i++) {
		char *quoted;

		if ((p[i].nvalues == 0) != (p[i].values == NULL) ||
		    conf_jail_param(j, p[i].name) == NULL)
			abort();
		if (p[i].values == NULL)
			continue;
		if (p[i].values[p[i].nvalues] != NULL)
			abort();
		quoted = conf_quote(p[i].values[0]);
		if (quoted == NULL)
			abort();
		free(quoted);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct conf *c = parse((const char *)data, size), *again;
	const struct conf_message *m;
	struct str text = STR_EMPTY, a = STR_EMPTY, b = STR_EMPTY;
	size_t n = conf_messages(c, &m);

	check_messages(m, n);
	if (conf_failed(c) != (n > 0))
		abort();
	for (size_t i = 0; i < conf_count(c); i++)
		check_jail(conf_jail_at(c, i));
	if (conf_print(c, &text)) {
		conf_dump(c, &a);
		again = parse(str_get(&text), text.len);
		conf_dump(again, &b);
		if (strcmp(str_get(&a), str_get(&b)) != 0)
			abort();
		conf_free(again);
	}
	str_done(&text);
	str_done(&a);
	str_done(&b);
	conf_free(c);
	return 0;
}
