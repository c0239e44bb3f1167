/* One parameter: its type by name, its value from text and to text. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/num.h"
#include "libjail/jailp.h"
#include "prison/param.h"

/* Where the table sets no limit (mac.label). */
#define TEXT_ROOM 4096

char jail_errmsg[JAIL_ERRMSGLEN];

int
jailp_fail(int num, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(jail_errmsg, sizeof(jail_errmsg), fmt, ap);
	va_end(ap);
	errno = num;
	return -1;
}

size_t
jailp_text_room(const struct param *p)
{
	return p->type == PARAM_STRING && p->max > 0 ? (size_t)p->max + 1 : TEXT_ROOM;
}

/* ---- type -------------------------------------------------------------------------- */

static unsigned
access_flags(const struct param *p)
{
	if (p->flags & PARAM_RDONLY)
		return CTLFLAG_RD;
	return p->flags & PARAM_TUN ? CTLFLAG_RDTUN : CTLFLAG_RW;
}

static void
set_type(struct jailparam *jp, const struct param *p)
{
	unsigned type = CTLTYPE_INT;

	jp->jp_valuelen = sizeof(int);
	switch (p->type) {
	case PARAM_INT:
		break;
	case PARAM_BOOL:
		jp->jp_flags = strcmp(jp->jp_name, p->name) == 0 ? JP_BOOL : JP_NOBOOL;
		break;
	case PARAM_JAILSYS:
		jp->jp_flags = JP_JAILSYS;
		break;
	case PARAM_ULONG:
		type = CTLTYPE_ULONG;
		jp->jp_valuelen = sizeof(unsigned long);
		break;
	case PARAM_IP4:
	case PARAM_IP6:
		type = CTLTYPE_STRUCT;
		jp->jp_structtype = p->type == PARAM_IP4 ? JPS_IN_ADDR : JPS_IN6_ADDR;
		jp->jp_elemlen = jailp_address_size(p);
		jp->jp_valuelen = 0;
		break;
	case PARAM_STRING:
	case PARAM_CHOICE:
	case PARAM_LIST:
		type = CTLTYPE_STRING;
		jp->jp_flags = strcmp(jp->jp_name, p->name) == 0 ? 0 : JP_KEYVALUE;
		jp->jp_valuelen = jailp_text_room(p);
		break;
	}
	jp->jp_ctltype = (int)(type | access_flags(p));
}

int
jailparam_init(struct jailparam *jp, const char *name)
{
	const struct param *p = param_find(name, NULL, NULL);
	bool lastjid = strcmp(name, "lastjid") == 0;

	*jp = (struct jailparam){0};
	/* What is jail(8)'s own is none of the kernel's. */
	if (!lastjid && (p == NULL || (p->flags & PARAM_PSEUDO)))
		return jailp_fail(ENOENT, "unknown parameter: %s", name);
	jp->jp_name = strdup(name);
	if (jp->jp_name == NULL)
		return jailp_fail(ENOMEM, "strdup: %s", strerror(ENOMEM));
	if (lastjid) {
		jp->jp_ctltype = (int)(CTLTYPE_INT | CTLFLAG_RD);
		jp->jp_valuelen = sizeof(int);
	} else {
		set_type(jp, p);
	}
	return 0;
}

int
jailparam_all(struct jailparam **ret)
{
	struct jailparam *list = calloc(param_count, sizeof(*list));
	unsigned n = 0;

	if (list == NULL)
		return jailp_fail(ENOMEM, "calloc: %s", strerror(ENOMEM));
	for (size_t i = 0; i < param_count; i++) {
		if (param_table[i].flags & PARAM_PSEUDO)
			continue;
		if (jailparam_init(&list[n], param_table[i].name) < 0) {
			jailparam_free(list, n);
			free(list);
			return -1;
		}
		n++;
	}
	*ret = list;
	return (int)n;
}

void
jailparam_free(struct jailparam *jp, unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		free(jp[i].jp_name);
		if (!(jp[i].jp_flags & JP_RAWVALUE))
			free(jp[i].jp_value);
		jp[i].jp_name = NULL;
		jp[i].jp_value = NULL;
	}
}

/* ---- text to value ------------------------------------------------------------------- */

static void
set_value(struct jailparam *jp, void *value_take, size_t len)
{
	if (!(jp->jp_flags & JP_RAWVALUE))
		free(jp->jp_value);
	jp->jp_flags &= ~(unsigned)JP_RAWVALUE;
	jp->jp_value = value_take;
	jp->jp_valuelen = len;
}

static int
copy_value(struct jailparam *jp, const void *value, size_t len)
{
	void *copy = malloc(len);

	if (copy == NULL)
		return jailp_fail(ENOMEM, "malloc: %s", strerror(ENOMEM));
	memcpy(copy, value, len);
	set_value(jp, copy, len);
	return 0;
}

/* The forms that only the table knows (words, ranges) come from it; what is left is a number. */
static int
import_number(struct jailparam *jp, const struct param *p, const char *value)
{
	bool no = jp->jp_flags & JP_NOBOOL;
	cleanup_free char *text = NULL;
	struct err e = {0};
	uint64_t u;
	int64_t i;
	int v;

	if (param_normalize(p, no ? PARAM_NO : PARAM_PLAIN, value, &text, &e) < 0)
		return jailp_fail(e.num, "%s", e.text);
	if (p->type == PARAM_ULONG) {
		(void)num_parse_u64(text, UINT64_MAX, &u);
		return copy_value(jp, &(unsigned long){u}, sizeof(unsigned long));
	}
	if (p->type == PARAM_BOOL)
		v = (strcmp(text, "true") == 0) != no;
	else if (p->type == PARAM_JAILSYS)
		v = param_jailsys_from_text(text);
	else
		v = num_parse_i64(text, INT32_MIN, INT32_MAX, &i) < 0 ? 0 : (int)i;
	return copy_value(jp, &v, sizeof(v));
}

static int
import_lastjid(struct jailparam *jp, const char *value)
{
	int64_t i;

	if (num_parse_i64(value, INT32_MIN, INT32_MAX, &i) < 0)
		return jailp_fail(EINVAL, "lastjid: non-integer value \"%s\"", value);
	return copy_value(jp, &(int){(int)i}, sizeof(int));
}

static int
import_addresses(struct jailparam *jp, const struct param *p, const char *value)
{
	struct err e = {0};
	void *list;
	size_t len;

	if (jailp_addresses_from_text(p, value, &list, &len, &e) < 0)
		return jailp_fail(e.num, "%s", e.text);
	set_value(jp, list, len);
	return 0;
}

int
jailparam_import(struct jailparam *jp, const char *value)
{
	const struct param *p;

	if (value == NULL)
		return 0;
	if (strcmp(jp->jp_name, "lastjid") == 0)
		return import_lastjid(jp, value);
	p = param_find(jp->jp_name, NULL, NULL);
	if (p == NULL)
		return jailp_fail(ENOENT, "unknown parameter: %s", jp->jp_name);
	if (jailp_address_size(p) > 0)
		return import_addresses(jp, p, value);
	if (((unsigned)jp->jp_ctltype & CTLTYPE) == CTLTYPE_STRING)
		return copy_value(jp, value, strlen(value) + 1);
	return import_number(jp, p, value);
}

int
jailparam_import_raw(struct jailparam *jp, void *value, size_t len)
{
	if (!(jp->jp_flags & JP_RAWVALUE))
		free(jp->jp_value);
	jp->jp_value = value;
	jp->jp_valuelen = len;
	jp->jp_flags |= JP_RAWVALUE;
	return 0;
}

/* ---- value to text ------------------------------------------------------------------- */

static const char *
int_text(const struct jailparam *jp, int v, char buf[static 16])
{
	static const char *const jailsys[] = {"disable", "new", "inherit"};

	if (jp->jp_flags & (JP_BOOL | JP_NOBOOL))
		return v != 0 ? "true" : "false";
	if ((jp->jp_flags & JP_JAILSYS) && v >= 0 && v < 3)
		return jailsys[v];
	(void)snprintf(buf, 16, "%d", v);
	return buf;
}

static char *
scalar_text(const struct jailparam *jp)
{
	char buf[32];
	unsigned long u = 0;
	int v = 0;

	if (((unsigned)jp->jp_ctltype & CTLTYPE) == CTLTYPE_ULONG) {
		if (jp->jp_value != NULL)
			memcpy(&u, jp->jp_value, sizeof(u));
		(void)snprintf(buf, sizeof(buf), "%lu", u);
		return strdup(buf);
	}
	if (jp->jp_value != NULL)
		memcpy(&v, jp->jp_value, sizeof(v));
	return strdup(int_text(jp, v, buf));
}

char *
jailparam_export(struct jailparam *jp)
{
	const char *value = jp->jp_value != NULL ? jp->jp_value : "";
	size_t len = jp->jp_value != NULL ? jp->jp_valuelen : 0;
	const struct param *p;
	char *text;

	if (((unsigned)jp->jp_ctltype & CTLTYPE) == CTLTYPE_STRING) {
		text = strndup(value, len);
	} else if (jp->jp_structtype != 0) {
		p = param_find(jp->jp_name, NULL, NULL);
		text = p == NULL ? NULL : jailp_addresses_to_text(p, value, len);
	} else {
		text = scalar_text(jp);
	}
	if (text == NULL)
		(void)jailp_fail(ENOMEM, "malloc: %s", strerror(ENOMEM));
	return text;
}
