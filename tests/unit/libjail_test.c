/* libjail over a registry that this file makes up: the protocol, the types, the sentences. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"
#include "libjail/gaol.h"
#include "libjail/jail.h"
#include "libjail/sys/jail.h"
#include "prison/param.h"
#include "unit.h"

/* ---- a registry ------------------------------------------------------------------------ */

struct gaol_jail {
	int jid;
	const struct gaol_param *values;
};

static struct gaol_jail jails[] = {
    {3,
	(const struct gaol_param[]){
	    {"jid", "3"},
	    {"name", "net"},
	    {"path", "/j/net"},
	    {"persist", "true"},
	    {"vnet", "inherit"},
	    {"ip4.addr", "10.0.0.1,10.0.0.2"},
	    {"host.hostid", "18446744073709551615"},
	    {"securelevel", "-1"},
	    {"meta", "a=1"},
	    {"meta.a", "1"},
	    {NULL, NULL},
	}},
    {7, (const struct gaol_param[]){{"jid", "7"}, {"name", "old"}, {"dying", "true"},
	    {NULL, NULL}}},
    {9, (const struct gaol_param[]){{"jid", "9"}, {"name", "db"}, {"path", "/j/db"}, {NULL, NULL}}},
};

/* What was asked of it, as one line. */
static struct str asked;
static int create_result;
static int attach_result;

int
gaol_getid(const char *jail, struct err *e)
{
	uint64_t jid = 0;

	(void)num_parse_u64(jail, INT32_MAX, &jid);
	for (size_t i = 0; i < ARRAY_SIZE(jails); i++)
		if (jails[i].jid == (int)jid ||
		    strcmp(gaol_jail_value(&jails[i], "name"), jail) == 0)
			return jails[i].jid;
	return num_is_decimal(jail) ? err_set(e, ENOENT, "jail %s not found", jail)
				    : err_set(e, ENOENT, "jail \"%s\" not found", jail);
}

int
gaol_get(int jid, struct gaol_jail **ret, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(jails); i++) {
		if (jails[i].jid == jid) {
			*ret = &jails[i];
			return 0;
		}
	}
	return err_set(e, ENOENT, "jail %d not found", jid);
}

int
gaol_get_next(int after, struct gaol_jail **ret, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(jails); i++) {
		if (jails[i].jid > after) {
			*ret = &jails[i];
			return 0;
		}
	}
	return err_set(e, ENOENT, "no more");
}

int
gaol_jail_jid(const struct gaol_jail *j)
{
	return j->jid;
}

void
gaol_jail_free(struct gaol_jail *j)
{
	(void)j;
}

const char *
gaol_jail_value(struct gaol_jail *j, const char *name)
{
	const struct param *p = param_exact(name);

	for (const struct gaol_param *v = j->values; v->name != NULL; v++)
		if (strcmp(v->name, name) == 0)
			return v->value;
	return p == NULL ? NULL : p->def;
}

static void
note(const char *call, int jid, const struct gaol_param *params, size_t n)
{
	CHECK_INT(str_addf(&asked, "%s %d", call, jid), 0);
	for (size_t i = 0; i < n; i++)
		CHECK_INT(
		    str_addf(&asked, " %s%s%s", params[i].name, params[i].value != NULL ? "=" : "",
			params[i].value != NULL ? params[i].value : ""),
		    0);
	CHECK_INT(str_add(&asked, "; "), 0);
}

int
gaol_update(int jid, const struct gaol_param *params, size_t n, struct err *e)
{
	(void)e;
	note("update", jid, params, n);
	return 0;
}

int
gaol_attach(int jid, struct err *e)
{
	note("attach", jid, NULL, 0);
	return attach_result < 0 ? err_set(e, -attach_result, "no such door") : 0;
}

struct gaol_op {
	int jid, result, step;
};

int
gaol_create(const struct gaol_create_spec *spec, struct gaol_op **ret, struct err *e)
{
	static struct gaol_op op;

	(void)e;
	CHECK_INT(spec->hooks, 0);
	note("create", 0, spec->params, spec->nparams);
	op = (struct gaol_op){12, create_result, 0};
	*ret = &op;
	return 0;
}

int
gaol_remove(const struct gaol_remove_spec *spec, struct gaol_op **ret, struct err *e)
{
	static struct gaol_op op;
	struct gaol_jail *j;

	CHECK_INT(spec->stop_timeout_s, 0);
	if (gaol_get(spec->jid, &j, e) < 0)
		return -ENOENT;
	note("remove", spec->jid, NULL, 0);
	op = (struct gaol_op){spec->jid, 0, 0};
	*ret = &op;
	return 0;
}

void
gaol_op_next(struct gaol_op *op, struct gaol_event *ret)
{
	static struct err error;

	*ret = (struct gaol_event){.kind = GAOL_EVENT_DONE};
	if (op->result < 0 && op->step++ == 0) {
		(void)err_set(&error, -op->result, "prison limit exceeded");
		*ret = (struct gaol_event){.kind = GAOL_EVENT_ERROR, .error = &error};
	}
}

void
gaol_op_hook_done(struct gaol_op *op, bool failed)
{
	(void)op;
	(void)failed;
	CHECK(false);
}

int
gaol_op_result(const struct gaol_op *op)
{
	return op->result;
}

int
gaol_op_jid(const struct gaol_op *op)
{
	return op->jid;
}

void
gaol_op_free(struct gaol_op *op)
{
	(void)op;
}

#define CHECK_ASKED(want)                         \
	do {                                      \
		CHECK_STR(str_get(&asked), want); \
		str_done(&asked);                 \
		asked = STR_EMPTY;                \
	} while (0)

#define CHECK_FAILS(call, number, sentence)       \
	do {                                      \
		errno = 0;                        \
		CHECK_INT(call, -1);              \
		CHECK_INT(errno, number);         \
		CHECK_STR(jail_errmsg, sentence); \
	} while (0)

/* ---- jailparam ------------------------------------------------------------------------- */

static void
test_types(void)
{
	const struct {
		const char *name;
		unsigned type, access, flags;
		int structtype;
		size_t elemlen, valuelen;
	} rows[] = {
	    {"jid", CTLTYPE_INT, CTLFLAG_RW, 0, 0, 0, 4},
	    {"persist", CTLTYPE_INT, CTLFLAG_RW, JP_BOOL, 0, 0, 4},
	    {"allow.nomount", CTLTYPE_INT, CTLFLAG_RW, JP_NOBOOL, 0, 0, 4},
	    {"vnet", CTLTYPE_INT, CTLFLAG_RDTUN, JP_JAILSYS, 0, 0, 4},
	    {"parent", CTLTYPE_INT, CTLFLAG_RD, 0, 0, 0, 4},
	    {"host.hostid", CTLTYPE_ULONG, CTLFLAG_RW, 0, 0, 0, sizeof(unsigned long)},
	    {"host.hostname", CTLTYPE_STRING, CTLFLAG_RW, 0, 0, 0, 256},
	    {"path", CTLTYPE_STRING, CTLFLAG_RDTUN, 0, 0, 0, 1024},
	    {"ip4.addr", CTLTYPE_STRUCT, CTLFLAG_RW, 0, JPS_IN_ADDR, 4, 0},
	    {"ip6.addr", CTLTYPE_STRUCT, CTLFLAG_RW, 0, JPS_IN6_ADDR, 16, 0},
	    {"meta.x", CTLTYPE_STRING, CTLFLAG_RW, JP_KEYVALUE, 0, 0, 4096},
	    {"meta", CTLTYPE_STRING, CTLFLAG_RW, 0, 0, 0, 4096},
	};
	struct jailparam jp;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		CHECK_INT(jailparam_init(&jp, rows[i].name), 0);
		CHECK_STR(jp.jp_name, rows[i].name);
		CHECK(jp.jp_value == NULL);
		CHECK_INT((unsigned)jp.jp_ctltype, rows[i].type | rows[i].access);
		CHECK_INT(jp.jp_flags, rows[i].flags);
		CHECK_INT(jp.jp_structtype, rows[i].structtype);
		CHECK_INT(jp.jp_elemlen, rows[i].elemlen);
		CHECK_INT(jp.jp_valuelen, rows[i].valuelen);
		jailparam_free(&jp, 1);
	}
	CHECK_FAILS(jailparam_init(&jp, "nope"), ENOENT, "unknown parameter: nope");
	CHECK_FAILS(jailparam_init(&jp, "exec.start"), ENOENT, "unknown parameter: exec.start");
	CHECK_FAILS(jailparam_init(&jp, "novnet"), ENOENT, "unknown parameter: novnet");
	CHECK_INT(jailparam_init(&jp, "lastjid"), 0);
	jailparam_free(&jp, 1);
}

static void
test_all(void)
{
	struct jailparam *list;
	int n = jailparam_all(&list);
	bool jid = false;

	CHECK(n > 50);
	for (int i = 0; i < n; i++) {
		jid |= strcmp(list[i].jp_name, "jid") == 0;
		CHECK(!(param_exact(list[i].jp_name)->flags & PARAM_PSEUDO));
	}
	CHECK(jid);
	jailparam_free(list, (unsigned)n);
	free(list);
}

/* In by jailparam_import, out by jailparam_export. */
static void
check_round(const char *name, const char *in, const char *out)
{
	cleanup_free char *text = NULL;
	struct jailparam jp;

	CHECK_INT(jailparam_init(&jp, name), 0);
	CHECK_INT(jailparam_import(&jp, in), 0);
	text = jailparam_export(&jp);
	CHECK_STR(text, out);
	jailparam_free(&jp, 1);
}

static void
check_refused(const char *name, const char *in, const char *sentence)
{
	struct jailparam jp;

	CHECK_INT(jailparam_init(&jp, name), 0);
	CHECK_FAILS(jailparam_import(&jp, in), EINVAL, sentence);
	CHECK(jp.jp_value == NULL);
	jailparam_free(&jp, 1);
}

static void
test_import(void)
{
	struct jailparam jp;
	int raw = 1;

	check_round("persist", "true", "true");
	check_round("nopersist", "true", "true");
	check_round("persist", "0", "false");
	check_round("vnet", "new", "new");
	check_round("vnet", "2", "inherit");
	check_round("jid", "12", "12");
	check_round("securelevel", "-1", "-1");
	check_round("lastjid", "5", "5");
	check_round("host.hostid", "18446744073709551615", "18446744073709551615");
	check_round("host.hostname", "", "");
	check_round("path", "/a b", "/a b");
	check_round("ip4.addr", "10.0.0.2,10.0.0.1", "10.0.0.2,10.0.0.1");
	check_round("ip4.addr", "", "");
	check_round("ip4.addr", "-", "");
	check_round("ip6.addr", "2001:DB8::0:1", "2001:db8::1");
	check_round("persist", NULL, "false");
	check_round("path", NULL, "");
	check_round("ip4.addr", NULL, "");
	check_refused("persist", "no", "persist: unknown boolean value \"no\"");
	check_refused("allow.nomount", "no", "allow.nomount: unknown boolean value \"no\"");
	check_refused("vnet", "yes", "vnet: unknown jailsys value \"yes\"");
	check_refused("jid", "5x", "jid: non-integer value \"5x\"");
	check_refused("host.hostid", "x", "host.hostid: non-integer value \"x\"");
	check_refused("ip4.addr", "10.0.0.1,x", "ip4.addr: not an IPv4 address: x");
	check_refused("ip6.addr", "10.0.0.1", "ip6.addr: not an IPv6 address: 10.0.0.1");
	CHECK_INT(jailparam_init(&jp, "persist"), 0);
	CHECK_INT(jailparam_import(&jp, "false"), 0);
	CHECK_INT(jailparam_import_raw(&jp, &raw, sizeof(raw)), 0);
	CHECK(jp.jp_value == &raw && (jp.jp_flags & JP_RAWVALUE));
	CHECK_INT(jailparam_import(&jp, "false"), 0);
	CHECK(jp.jp_value != &raw && !(jp.jp_flags & JP_RAWVALUE));
	CHECK_INT(raw, 1);
	jailparam_free(&jp, 1);
}

/* ---- set ----------------------------------------------------------------------------------- */

static void
test_setv(void)
{
	CHECK_INT(
	    jail_setv(JAIL_CREATE, "name", "x", "path", "/", "persist", NULL, "vnet", NULL,
		"allow.mount", "false", "allow.nochflags", "0", "ip4.addr", "10.0.0.1,10.0.0.2",
		"securelevel", "2", "host.hostid", "7", "meta.k", NULL, "meta.l", "v", NULL),
	    12);
	CHECK_ASKED("create 0 name=x path=/ persist vnet=new allow.nomount allow.chflags "
		    "ip4.addr=10.0.0.1,10.0.0.2 securelevel=2 host.hostid=7 meta.k meta.l=v; ");
	CHECK_FAILS(
	    jail_setv(JAIL_CREATE, "name", "x", NULL), EINVAL, "new jail must persist or attach");
	CHECK_FAILS(jail_setv(JAIL_CREATE, "name", "x", "persist", NULL, "nopersist", NULL, NULL),
	    EINVAL, "new jail must persist or attach");
	CHECK_FAILS(jail_setv(JAIL_CREATE, "name", "x", "nope", "1", NULL), ENOENT,
	    "unknown parameter: nope");
	CHECK_FAILS(jail_setv(JAIL_CREATE, "securelevel", NULL, NULL), EINVAL,
	    "securelevel: non-integer value \"\"");
	CHECK_FAILS(
	    jail_setv(0, "name", "x", NULL), EINVAL, "no valid operation (create or update)");
	CHECK_FAILS(jail_setv(0x100 | JAIL_CREATE, "name", "x", NULL), EINVAL,
	    "jail_set: Invalid argument");
	CHECK_ASKED("");
	create_result = -EPERM;
	CHECK_FAILS(jail_setv(JAIL_CREATE, "persist", NULL, NULL), EPERM, "prison limit exceeded");
	create_result = 0;
	CHECK_ASKED("create 0 persist; ");
}

static void
test_update(void)
{
	CHECK_INT(jail_setv(JAIL_UPDATE, "jid", "3", "name", "new", NULL), 3);
	CHECK_ASKED("update 3 jid=3 name=new; ");
	CHECK_INT(jail_setv(JAIL_UPDATE, "name", "db", "nopersist", NULL, NULL), 9);
	CHECK_ASKED("update 9 name=db nopersist; ");
	CHECK_INT(jail_setv(JAIL_UPDATE | JAIL_CREATE, "name", "db", NULL), 9);
	CHECK_ASKED("update 9 name=db; ");
	CHECK_INT(jail_setv(JAIL_UPDATE | JAIL_CREATE, "name", "none", "persist", NULL, NULL), 12);
	CHECK_ASKED("create 0 name=none persist; ");
	CHECK_FAILS(
	    jail_setv(JAIL_UPDATE, "name", "none", NULL), ENOENT, "jail \"none\" not found");
	CHECK_FAILS(jail_setv(JAIL_UPDATE, "jid", "5", NULL), ENOENT, "jail 5 not found");
	CHECK_FAILS(
	    jail_setv(JAIL_UPDATE, "persist", NULL, NULL), ENOENT, "update specified no jail");
	CHECK_FAILS(jail_setv(JAIL_UPDATE, "jid", "-1", NULL), EINVAL, "negative jid");
	CHECK_ASKED("");
}

/* Entering: with persist we go in and that is all; without, a child drops it from outside. */
static void
test_attach(void)
{
	CHECK_INT(jail_setv(JAIL_CREATE | JAIL_ATTACH, "persist", NULL, NULL), 12);
	CHECK_ASKED("create 0 persist; attach 12; ");
	CHECK_INT(jail_setv(JAIL_CREATE | JAIL_ATTACH, "name", "x", "nopersist", NULL, NULL), 12);
	CHECK_ASKED("create 0 name=x persist; attach 12; ");
	CHECK_INT(jail_setv(JAIL_UPDATE | JAIL_ATTACH, "jid", "3", NULL), 3);
	CHECK_ASKED("update 3 jid=3; attach 3; ");
	attach_result = -EBUSY;
	CHECK_FAILS(jail_setv(JAIL_CREATE | JAIL_ATTACH, "name", "x", NULL), EBUSY,
	    "attach failed: no such door");
	attach_result = 0;
	CHECK_ASKED("create 0 name=x persist; attach 12; ");
}

#define TEXT(s) ((struct iovec){(void *)(uintptr_t)(s), sizeof(s)})
#define RAW(p) ((struct iovec){&(p), sizeof(p)})
#define NOTHING ((struct iovec){NULL, 0})

static void
test_set_protocol(void)
{
	char msg[64] = "untouched", big[70000] = "";
	int one = 1;
	short half = 1;
	struct iovec persist = TEXT("persist");

#define CHECK_SET(number, ...)                                                         \
	do {                                                                           \
		struct iovec iov_[] = {__VA_ARGS__};                                   \
		errno = 0;                                                             \
		CHECK_INT(jail_set(iov_, sizeof(iov_) / sizeof(iov_[0]), JAIL_CREATE), \
		    (number) == 0 ? 12 : -1);                                          \
		CHECK_INT(errno, number);                                              \
	} while (0)
	CHECK_SET(EINVAL, persist);
	CHECK_SET(EINVAL, {(void *)(uintptr_t) "persist", 7}, NOTHING);
	CHECK_SET(EFAULT, NOTHING, NOTHING);
	CHECK_SET(EINVAL, persist, NOTHING, TEXT("name"), RAW(big));
	CHECK_SET(EINVAL, persist, NOTHING, TEXT("securelevel"), RAW(half));
	CHECK_SET(EINVAL, persist, NOTHING, TEXT("name"), {(void *)(uintptr_t) "x", 1});
	CHECK_SET(EINVAL, persist, NOTHING, TEXT("ip4.addr"), {big, 6});
	CHECK_SET(EINVAL, persist, NOTHING, TEXT("parent"), RAW(one), TEXT("errmsg"), RAW(msg));
	CHECK_STR(msg, "unknown parameter: parent");
	/* A value that is no value is said before a name that is no name. */
	(void)snprintf(msg, sizeof(msg), "untouched");
	CHECK_SET(EINVAL, TEXT("nope"), NOTHING, TEXT("jid"), RAW(half), TEXT("errmsg"), RAW(msg));
	CHECK_STR(msg, "untouched");
	CHECK_ASKED("");
	CHECK_SET(0, persist, NOTHING, TEXT("name"), TEXT("a"), TEXT("allow.mount"), NOTHING,
	    TEXT("name"), TEXT("b"), TEXT("allow.nomount"), NOTHING, TEXT("errmsg"), RAW(msg));
	CHECK_ASKED("create 0 persist name=b allow.nomount; ");
	CHECK_STR(msg, "untouched");
}

/* ---- get ------------------------------------------------------------------------------------- */

static void
test_get(void)
{
	struct jailparam jp[8];
	const char *const names[] = {
	    "name", "path", "persist", "nopersist", "vnet", "ip4.addr", "host.hostid", "meta.none"};
	const char *const want[] = {"net", "/j/net", "true", "false", "inherit",
	    "10.0.0.1,10.0.0.2", "18446744073709551615", ""};

	for (size_t i = 0; i < 8; i++)
		CHECK_INT(jailparam_init(&jp[i], names[i]), 0);
	CHECK_INT(jailparam_import(&jp[0], "net"), 0);
	for (int again = 0; again < 2; again++) {
		CHECK_INT(jailparam_get(jp, 8, 0), 3);
		for (size_t i = 0; i < 8; i++) {
			cleanup_free char *text = jailparam_export(&jp[i]);

			CHECK_STR(text, want[i]);
		}
	}
	CHECK_INT(jp[5].jp_valuelen, 8);
	CHECK_INT(jp[7].jp_valuelen, 0);
	jailparam_free(jp, 8);
}

/* As FreeBSD's own jls does: lastjid, raw, fed with each answer. */
static void
test_walk(void)
{
	struct jailparam jp[2];
	int lastjid = 0;

	CHECK_INT(jailparam_init(&jp[0], "lastjid"), 0);
	CHECK_INT(jailparam_import_raw(&jp[0], &lastjid, sizeof(lastjid)), 0);
	CHECK_INT(jailparam_init(&jp[1], "name"), 0);
	lastjid = jailparam_get(jp, 2, 0);
	CHECK_INT(lastjid, 3);
	lastjid = jailparam_get(jp, 2, 0);
	CHECK_INT(lastjid, 9);
	CHECK_STR((const char *)jp[1].jp_value, "db");
	CHECK_FAILS(jailparam_get(jp, 2, 0), ENOENT, "no jail after 9");
	lastjid = 3;
	lastjid = jailparam_get(jp, 2, JAIL_DYING);
	CHECK_INT(lastjid, 7);
	jailparam_free(jp, 2);
}

static void
test_getv(void)
{
	char name[256] = "", path[1024] = "", jid[16] = "3", persist[16] = "", zero[16] = "0";

	CHECK_INT(
	    jail_getv(0, "jid", jid, "name", name, "path", path, "persist", persist, NULL), 3);
	CHECK_STR(name, "net");
	CHECK_STR(path, "/j/net");
	CHECK_STR(persist, "true");
	(void)snprintf(name, sizeof(name), "db");
	CHECK_INT(jail_getv(0, "name", name, "jid", zero, "path", path, NULL), 9);
	CHECK_STR(zero, "9");
	CHECK_STR(path, "/j/db");
	CHECK_FAILS(jail_getv(0, "path", path, NULL), ENOENT, "no jail specified");
	CHECK_FAILS(
	    jail_getv(0, "name", name, "nope", path, NULL), ENOENT, "unknown parameter: nope");
	(void)snprintf(name, sizeof(name), "none");
	CHECK_FAILS(jail_getv(0, "name", name, NULL), ENOENT, "jail \"none\" not found");
	(void)snprintf(jid, sizeof(jid), "7");
	CHECK_FAILS(jail_getv(0, "jid", jid, NULL), ENOENT, "jail 7 is dying");
	CHECK_INT(jail_getv(JAIL_DYING, "jid", jid, NULL), 7);
	(void)snprintf(name, sizeof(name), "old");
	CHECK_FAILS(jail_getv(0, "name", name, NULL), ENOENT, "jail \"old\" is dying");
	CHECK_FAILS(
	    jail_getv(JAIL_CREATE, "name", name, NULL), EINVAL, "jail_get: Invalid argument");
}

static void
test_get_protocol(void)
{
	int jid = 3, v = -1;
	char small[3], path[64], msg[64] = "";
	struct in_addr addr[5];
	struct iovec iov[] = {
	    TEXT("jid"), RAW(jid), TEXT("path"), RAW(small), TEXT("errmsg"), RAW(msg)};

	errno = 0;
	CHECK_INT(jail_get(iov, 6, 0), -1);
	CHECK_INT(errno, EINVAL);
	CHECK_STR(msg, "");
	iov[3] = NOTHING;
	CHECK_INT(jail_get(iov, 6, 0), 3);
	CHECK_INT(iov[3].iov_len, sizeof("/j/net"));
	iov[3] = RAW(path);
	CHECK_INT(jail_get(iov, 6, 0), 3);
	CHECK_INT(iov[3].iov_len, sizeof("/j/net"));
	CHECK_STR(path, "/j/net");
	iov[2] = TEXT("ip4.addr");
	iov[3] = RAW(addr);
	CHECK_INT(jail_get(iov, 6, 0), 3);
	CHECK_INT(iov[3].iov_len, 8);
	CHECK_INT(ntohl(addr[1].s_addr), 0x0a000002);
	iov[3].iov_len = 4;
	CHECK_INT(jail_get(iov, 6, 0), -1);
	iov[2] = TEXT("securelevel");
	iov[3] = RAW(v);
	CHECK_INT(jail_get(iov, 6, 0), 3);
	CHECK_INT(v, -1);
	iov[3].iov_len = 2;
	CHECK_INT(jail_get(iov, 6, 0), -1);
	iov[2] = TEXT("nope");
	CHECK_INT(jail_get(iov, 6, 0), -1);
	CHECK_STR(msg, "unknown parameter: nope");
}

static void
test_names(void)
{
	cleanup_free char *name = jail_getname(3);

	CHECK_STR(name, "net");
	CHECK(jail_getname(4) == NULL);
	CHECK_STR(jail_errmsg, "jail 4 not found");
	CHECK_INT(jail_getid("net"), 3);
	CHECK_INT(jail_getid("9"), 9);
	CHECK_INT(jail_getid("0"), 0);
	CHECK_FAILS(jail_getid("4"), ENOENT, "jail 4 not found");
	CHECK_FAILS(jail_getid("none"), ENOENT, "jail \"none\" not found");
}

/* ---- the other calls ----------------------------------------------------------------------------
 */

static void
test_calls(void)
{
	char path[] = "/j", host[] = "h", name[] = "n";
	struct in_addr ip4[2] = {{htonl(0x0a000001)}, {htonl(0x0a000002)}};
	struct jail j = {JAIL_API_VERSION, path, host, name, 2, 0, ip4, NULL};
	struct jail_v0 old = {0, path, host, 0x0a000001};

	CHECK_INT(jail_attach(3), 0);
	CHECK_INT(jail_attach(0), -1);
	CHECK_INT(errno, EINVAL);
	attach_result = -ENOENT;
	CHECK_INT(jail_attach(5), -1);
	CHECK_INT(errno, EINVAL);
	attach_result = 0;
	CHECK_INT(jail_remove(3), 0);
	CHECK_INT(jail_remove(5), -1);
	CHECK_INT(errno, EINVAL);
	CHECK_ASKED("attach 3; attach 5; remove 3; ");
	CHECK_INT(jail(&j), 12);
	CHECK_ASKED("create 0 path=/j host.hostname=h name=n ip4.addr=10.0.0.1,10.0.0.2 ip6.addr= "
		    "persist; attach 12; ");
	CHECK_INT(jail((struct jail *)(void *)&old), 12);
	CHECK_ASKED("create 0 path=/j host.hostname=h ip4.addr=10.0.0.1 ip6.addr= persist; "
		    "attach 12; ");
	j.version = 1;
	CHECK_INT(jail(&j), -1);
	CHECK_INT(errno, EINVAL);
}

int
main(void)
{
	test_types();
	test_all();
	test_import();
	test_get();
	test_walk();
	test_getv();
	test_get_protocol();
	test_names();
	if (geteuid() != 0) {
		CHECK_FAILS(jail_setv(JAIL_CREATE, "persist", NULL, NULL), EPERM,
		    "jail_set: Operation not permitted");
		CHECK_INT(jail_attach(3), -1);
		CHECK_INT(errno, EPERM);
		return UNIT_DONE();
	}
	test_setv();
	test_update();
	test_attach();
	test_set_protocol();
	test_calls();
	return UNIT_DONE();
}
