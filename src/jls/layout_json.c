#include <stdio.h>
#include <string.h>

#include "jls/json.h"
#include "jls/layout.h"
#include "libjail/gaol.h"
#include "prison/param.h"

/* FreeBSD's jls gives this number to xo_set_version(3); it changes when the members do. */
#define XO_VERSION "2"

static const char *
value(struct gaol_jail *j, const char *name)
{
	const char *text = gaol_jail_value(j, name);

	return text != NULL ? text : "";
}

static void
jid_member(struct json *w, struct gaol_jail *j)
{
	char number[16];

	(void)snprintf(number, sizeof(number), "%d", gaol_jail_jid(j));
	json_bare(w, "jid", number);
}

static void
default_jail(const struct layout *l, struct json *w, struct gaol_jail *j)
{
	const char *addresses = value(j, "ip4.addr");

	if (l->flags & LAYOUT_NAME)
		json_string(w, "name", value(j, "name"));
	else
		jid_member(w, j);
	json_string_n(w, "ipv4", addresses, strcspn(addresses, ","));
	json_string(w, "hostname", value(j, "host.hostname"));
	json_string(w, "path", value(j, "path"));
}

static void
verbose_jail(struct json *w, struct gaol_jail *j)
{
	const char *cpuset = value(j, "cpuset.id");

	jid_member(w, j);
	json_string(w, "hostname", value(j, "host.hostname"));
	json_string(w, "path", value(j, "path"));
	json_string(w, "name", value(j, "name"));
	json_string(w, "state", strcmp(value(j, "dying"), "true") == 0 ? "DYING" : "ACTIVE");
	json_bare(w, "cpusetid", cpuset[0] != '\0' ? cpuset : "0");
	json_list(w, "ipv4_addrs", value(j, "ip4.addr"));
	json_list(w, "ipv6_addrs", value(j, "ip6.addr"));
}

static void
parameter_jail(const struct layout *l, struct json *w, struct gaol_jail *j)
{
	for (size_t i = 0; i < l->columns.n; i++) {
		const struct column *c = &l->columns.list[i];
		const char *text;

		if ((l->flags & LAYOUT_SKIP) && column_skipped(c, j))
			continue;
		text = column_text(c, j);
		/* A key that is not set and an empty list have no member at all. */
		if (text == NULL || (column_is_list(c) && text[0] == '\0'))
			continue;
		if (column_is_list(c))
			json_list(w, c->name, text);
		else if ((l->flags & LAYOUT_NAMEVAL) && column_is_bool(c))
			json_bare(w, c->name, text);
		else
			json_string(w, c->name, text);
	}
}

void
layout_json(const struct layout *l, struct gaol_jail *const *jails, size_t n, bool pretty)
{
	struct json w = {.file = l->out.file, .pretty = pretty};

	json_open(&w, NULL, '{');
	json_version(&w, XO_VERSION);
	json_open(&w, "jail-information", '{');
	json_open(&w, "jail", '[');
	for (size_t i = 0; i < n; i++) {
		json_open(&w, NULL, '{');
		if (l->flags & LAYOUT_VERBOSE)
			verbose_jail(&w, jails[i]);
		else if (l->flags & LAYOUT_DEFAULT)
			default_jail(l, &w, jails[i]);
		else
			parameter_jail(l, &w, jails[i]);
		json_close(&w, '}');
	}
	json_close(&w, ']');
	json_close(&w, '}');
	json_close(&w, '}');
}
