/* Walks the table of parameters: what holds for every row, then each rule of libjail's values. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"
#include "prison/param.h"
#include "unit.h"

/* The stored form of a value written under any spelling of a name, or the error's text. */
static char *
normal(const char *name, const char *value)
{
	enum param_spelling spelling = PARAM_PLAIN;
	const struct param *p = param_find(name, &spelling, NULL);
	struct err e = {0};
	char *text = NULL;

	if (p == NULL)
		return strdup("unknown");
	if (param_normalize(p, spelling, value, &text, &e) < 0) {
		CHECK(e.num > 0);
		CHECK(e.text[0] != '\0');
		CHECK(text == NULL);
		return strdup(e.text);
	}
	CHECK_INT(e.num, 0);
	return text;
}

#define CHECK_NORMAL(name, value, want)                         \
	do {                                                    \
		cleanup_free char *text_ = normal(name, value); \
		CHECK_STR(text_, want);                         \
	} while (0)

static int
error_of(const char *name, const char *value)
{
	const struct param *p = param_exact(name);
	struct err e = {0};
	char *text = NULL;
	int r = param_normalize(p, PARAM_PLAIN, value, &text, &e);

	free(text);
	CHECK_INT(r, -e.num);
	return e.num;
}

/* A value that each type takes, in its stored form. */
static const char *
sample(const struct param *p)
{
	switch (p->type) {
	case PARAM_BOOL:
		return "true";
	case PARAM_JAILSYS:
		return "inherit";
	case PARAM_INT:
		return p->max >= 5 ? "5" : "1";
	case PARAM_ULONG:
		return "18446744073709551615";
	case PARAM_STRING:
	case PARAM_LIST:
		return "some text";
	case PARAM_IP4:
		return "10.0.0.9,10.0.0.1,10.0.0.2";
	case PARAM_IP6:
		return "2001:db8::9,::1,2001:db8::1";
	case PARAM_CHOICE:
		return NULL;
	}
	return NULL;
}

static void
check_round_trip(const struct param *p)
{
	cleanup_free char *once = NULL, *again = NULL;
	const char *value = sample(p);

	if (value == NULL)
		value = p->def;
	once = normal(p->name, value);
	CHECK_STR(once, value);
	again = normal(p->name, once);
	CHECK_STR(again, once);
	if (p->def != NULL)
		CHECK_NORMAL(p->name, p->def, p->def);
}

static void
check_negative(const struct param *p)
{
	enum param_spelling spelling = PARAM_PLAIN;
	const char *key = "x";
	char no[64];

	CHECK(param_noname(p->name, no, sizeof(no)));
	if (p->type != PARAM_BOOL) {
		CHECK(param_find(no, NULL, NULL) == NULL || (p->flags & PARAM_KEYVALUE));
		return;
	}
	CHECK(param_find(no, &spelling, &key) == p);
	CHECK_INT(spelling, PARAM_NO);
	CHECK(key == NULL);
	CHECK_NORMAL(no, NULL, "false");
	CHECK_NORMAL(no, "true", "false");
	CHECK_NORMAL(no, "false", "true");
}

static void
check_row(const struct param *p)
{
	enum param_spelling spelling = PARAM_NO;

	CHECK(param_exact(p->name) == p);
	CHECK(param_find(p->name, &spelling, NULL) == p);
	CHECK_INT(spelling, PARAM_PLAIN);
	CHECK(p->doc != NULL && p->doc[0] != '\0' && p->doc[strlen(p->doc) - 1] != '.');
	CHECK_INT((p->choices != NULL), (p->type == PARAM_CHOICE));
	CHECK_INT((strncmp(p->name, "gaol.", 5) == 0 || strncmp(p->name, "exec.ready", 10) == 0),
	    (p->flags & PARAM_GAOL) != 0);
	if (p->type == PARAM_LIST || (p->flags & PARAM_HOST))
		CHECK(p->flags & PARAM_PSEUDO);
	if (p->type == PARAM_BOOL)
		CHECK(p->def != NULL);
	CHECK(!(p->flags & PARAM_PSEUDO) || !(p->flags & (PARAM_TUN | PARAM_RDONLY)));
	check_round_trip(p);
	check_negative(p);
}

static void
test_table(void)
{
	CHECK(param_count > 100);
	for (size_t i = 0; i < param_count; i++) {
		int before = unit_failed;

		if (i > 0)
			CHECK(strcmp(param_table[i - 1].name, param_table[i].name) < 0);
		check_row(&param_table[i]);
		if (unit_failed != before)
			(void)fprintf(stderr, "  in the row of %s\n", param_table[i].name);
	}
}

static void
test_names(void)
{
	enum param_spelling spelling = PARAM_NO;
	const char *key = NULL;

	CHECK(param_find("meta.a.b", &spelling, &key) == param_exact("meta"));
	CHECK_STR(key, "a.b");
	CHECK_INT(spelling, PARAM_PLAIN);
	CHECK(param_find("env.x", NULL, &key) == param_exact("env"));
	CHECK(param_find("meta", NULL, &key) == param_exact("meta"));
	CHECK_STR(key, NULL);
	CHECK(param_find("meta.", NULL, NULL) == NULL);
	CHECK(param_find("", NULL, NULL) == NULL);
	CHECK(param_find("no", NULL, NULL) == NULL);
	CHECK(param_find(".", NULL, NULL) == NULL);
	CHECK(param_find("noallow.mount", NULL, NULL) == NULL);
	CHECK(param_find("novnet", NULL, NULL) == NULL);
	CHECK(param_find("nojid", NULL, NULL) == NULL);
	CHECK(param_find("nonopersist", NULL, NULL) == NULL);
	CHECK(param_find("Persist", NULL, NULL) == NULL);
	CHECK(param_find("allow.mount.nonullfs", &spelling, NULL) ==
	      param_exact("allow.mount.nullfs"));
	CHECK_INT(spelling, PARAM_NO);
	CHECK(param_find("mount.noprocfs", &spelling, NULL) == param_exact("mount.procfs"));
	CHECK_INT(spelling, PARAM_NO);
	CHECK(param_find("a-name-that-is-longer-than-any-parameter-can-ever-be.nox-and-then-some",
		  NULL, NULL) == NULL);
}

static void
test_noname(void)
{
	char buf[32], tiny[8];

	CHECK(param_noname("allow.mount", buf, sizeof(buf)));
	CHECK_STR(buf, "allow.nomount");
	CHECK(param_noname("persist", buf, sizeof(buf)));
	CHECK_STR(buf, "nopersist");
	CHECK(param_noname("allow.mount.nullfs", buf, sizeof(buf)));
	CHECK_STR(buf, "allow.mount.nonullfs");
	CHECK(!param_noname("persist", tiny, sizeof(tiny)));
}

static void
test_booleans(void)
{
	CHECK_NORMAL("persist", NULL, "true");
	CHECK_NORMAL("persist", "TRUE", "true");
	CHECK_NORMAL("persist", "t", "true");
	CHECK_NORMAL("persist", "", "false");
	CHECK_NORMAL("persist", "0", "false");
	CHECK_NORMAL("persist", "1", "true");
	CHECK_NORMAL("persist", "-1", "true");
	CHECK_NORMAL("nopersist", "0", "true");
	CHECK_NORMAL("persist", "no", "persist: unknown boolean value \"no\"");
	CHECK_NORMAL("exec.clean", "yes", "exec.clean: unknown boolean value \"yes\"");
	CHECK_NORMAL("allow.nomount", "x", "allow.nomount: unknown boolean value \"x\"");
	CHECK_NORMAL("persist", "truely", "persist: unknown boolean value \"truely\"");
	CHECK_NORMAL("persist", "1x", "persist: unknown boolean value \"1x\"");
	CHECK_INT(error_of("persist", "no"), EINVAL);
}

static void
test_jailsys(void)
{
	CHECK_NORMAL("vnet", NULL, "new");
	CHECK_NORMAL("vnet", "New", "new");
	CHECK_NORMAL("vnet", "inh", "inherit");
	CHECK_NORMAL("ip4", "0", "disable");
	CHECK_NORMAL("ip4", "2", "inherit");
	CHECK_NORMAL("vnet", "3", "vnet: unknown jailsys value \"3\"");
	CHECK_NORMAL("vnet", "-1", "vnet: unknown jailsys value \"-1\"");
	CHECK_NORMAL("vnet", "yes", "vnet: unknown jailsys value \"yes\"");
	CHECK_INT(param_jailsys_from_text("disable"), 0);
	CHECK_INT(param_jailsys_from_text("new"), 1);
	CHECK_INT(param_jailsys_from_text("inherit"), 2);
	CHECK_INT(param_jailsys_from_text("inh"), -1);
	CHECK_INT(param_jailsys_from_text(""), -1);
}

static void
test_numbers(void)
{
	CHECK_NORMAL("jid", "007", "7");
	CHECK_NORMAL("jid", "-5", "negative jid");
	CHECK_NORMAL("jid", "1000000", "jid: 1000000 is out of range (0 to 999999)");
	CHECK_NORMAL("jid", "5x", "jid: non-integer value \"5x\"");
	CHECK_NORMAL("jid", "", "jid: non-integer value \"\"");
	CHECK_NORMAL("jid", " 5", "jid: non-integer value \" 5\"");
	CHECK_NORMAL("securelevel", "-1", "-1");
	CHECK_NORMAL("securelevel", NULL, "securelevel: non-integer value \"\"");
	CHECK_NORMAL("securelevel", "99999999999",
	    "securelevel: 99999999999 is out of range (-2147483648 to 2147483647)");
	CHECK_NORMAL("enforce_statfs", "3", "enforce_statfs: 3 is out of range (0 to 2)");
	CHECK_NORMAL("devfs_ruleset", "65536", "devfs_ruleset: 65536 is out of range (0 to 65535)");
	CHECK_NORMAL("osreldate", "0", "osreldate cannot be 0");
	CHECK_NORMAL("host.hostid", "-1", "host.hostid: non-integer value \"-1\"");
	CHECK_NORMAL("host.hostid", "18446744073709551616",
	    "host.hostid: 18446744073709551616 is out of range (0 to 18446744073709551615)");
	CHECK_NORMAL("host.hostid", NULL, "host.hostid: non-integer value \"\"");
	CHECK_NORMAL("exec.timeout", "5x", "exec.timeout: non-integer value \"5x\"");
	CHECK_NORMAL("stop.timeout", "", "stop.timeout: non-integer value \"\"");
	CHECK_NORMAL("stop.timeout", NULL, "10");
	CHECK_NORMAL("stop.timeout", "-1", "stop.timeout: -1 is out of range (0 to 2147483647)");
}

static void
test_strings(void)
{
	cleanup_str struct str s = STR_EMPTY;

	CHECK_NORMAL("host.hostname", NULL, "");
	CHECK_NORMAL("host.hostname", "", "");
	CHECK_NORMAL("meta", "a\nb \"c\"", "a\nb \"c\"");
	for (int i = 0; i < 255; i++)
		CHECK_INT(str_addc(&s, 'x'), 0);
	CHECK_NORMAL("name", str_get(&s), str_get(&s));
	CHECK_INT(str_addc(&s, 'x'), 0);
	CHECK_NORMAL("name", str_get(&s), "name: longer than 255 bytes: File name too long");
	CHECK_INT(error_of("name", str_get(&s)), ENAMETOOLONG);
	while (s.len < 4095)
		CHECK_INT(str_addc(&s, 'x'), 0);
	CHECK_NORMAL("meta", str_get(&s), str_get(&s));
	CHECK_INT(str_addc(&s, 'x'), 0);
	CHECK_NORMAL("meta", str_get(&s), "meta: longer than 4095 bytes: File too large");
	CHECK_NORMAL("env.k", str_get(&s), "env: longer than 4095 bytes: File too large");
	CHECK_INT(error_of("env", str_get(&s)), EFBIG);
	CHECK_NORMAL("osrelease", "", "osrelease string must be 1-31 bytes long");
	CHECK_INT(error_of("osrelease", ""), EINVAL);
	CHECK_NORMAL("osrelease", "01234567890123456789012345678901",
	    "osrelease string must be 1-31 bytes long");
	CHECK_INT(error_of("osrelease", "01234567890123456789012345678901"), ENAMETOOLONG);
}

static void
test_addresses(void)
{
	cleanup_str struct str s = STR_EMPTY;

	CHECK_NORMAL("ip4.addr", NULL, "");
	CHECK_NORMAL("ip4.addr", "", "");
	CHECK_NORMAL("ip4.addr", "-", "");
	CHECK_NORMAL("ip6.addr", "-", "");
	CHECK_NORMAL("ip4.addr", "10.0.0.1", "10.0.0.1");
	/* The first stays, the rest is sorted as numbers and not as text. */
	CHECK_NORMAL("ip4.addr", "10.0.0.5,10.0.0.30,10.0.0.4,9.0.0.1",
	    "10.0.0.5,9.0.0.1,10.0.0.4,10.0.0.30");
	CHECK_NORMAL("ip6.addr", "2001:DB8:0::1,fe80::1,::2", "2001:db8::1,::2,fe80::1");
	CHECK_NORMAL("ip4.addr", "10.0.0.256", "ip4.addr: not an IPv4 address: 10.0.0.256");
	CHECK_NORMAL("ip4.addr", "10.0.0.1,", "ip4.addr: not an IPv4 address: ");
	CHECK_NORMAL("ip4.addr", "10.0.0.1, 10.0.0.2", "ip4.addr: not an IPv4 address:  10.0.0.2");
	CHECK_NORMAL("ip4.addr", "::1", "ip4.addr: not an IPv4 address: ::1");
	CHECK_NORMAL("ip6.addr", "10.0.0.1", "ip6.addr: not an IPv6 address: 10.0.0.1");
	CHECK_NORMAL("ip4.addr", "10.0.0.1,10.0.0.1", "ip4.addr: 10.0.0.1 is there twice");
	CHECK_NORMAL("ip6.addr", "::1,0::1", "ip6.addr: 0::1 is there twice");
	CHECK_NORMAL("ip4.addr", "0.0.0.0", "ip4.addr: 0.0.0.0 cannot be the address of a jail");
	CHECK_NORMAL("ip4.addr", "255.255.255.255",
	    "ip4.addr: 255.255.255.255 cannot be the address of a jail");
	CHECK_NORMAL("ip6.addr", "::", "ip6.addr: :: cannot be the address of a jail");
	for (int i = 1; i <= 255; i++)
		CHECK_INT(str_addf(&s, "%s10.0.0.%d", i > 1 ? "," : "", i), 0);
	CHECK_NORMAL("ip4.addr", str_get(&s), str_get(&s));
	CHECK_INT(str_add(&s, ",10.0.1.0"), 0);
	CHECK_NORMAL("ip4.addr", str_get(&s), "too many IPv4 addresses");
}

static void
test_choices(void)
{
	CHECK_NORMAL("gaol.userns", NULL, "new");
	CHECK_NORMAL("gaol.userns", "identity", "identity");
	CHECK_NORMAL("gaol.userns", "inherit", "inherit");
	CHECK_NORMAL("gaol.userns", "ident",
	    "gaol.userns: unknown value \"ident\" (one of new|identity|inherit)");
	CHECK_NORMAL(
	    "gaol.userns", "", "gaol.userns: unknown value \"\" (one of new|identity|inherit)");
	CHECK_NORMAL("gaol.userns", "new|identity",
	    "gaol.userns: unknown value \"new|identity\" (one of new|identity|inherit)");
}

static void
test_nearest(void)
{
	CHECK_STR(param_nearest("persits"), "persist");
	CHECK_STR(param_nearest("host.hotsname"), "host.hostname");
	CHECK_STR(param_nearest("hostname"), "host.hostname");
	CHECK_STR(param_nearest("raw_sockets"), "allow.raw_sockets");
	CHECK_STR(param_nearest("allow.raw_socket"), "allow.raw_sockets");
	CHECK_STR(param_nearest("ip4.adr"), "ip4.addr");
	CHECK_STR(param_nearest("exec.pre-start"), "exec.prestart");
	CHECK_STR(param_nearest("foo"), NULL);
	CHECK_STR(param_nearest("x"), NULL);
	CHECK_STR(param_nearest(""), NULL);
	CHECK_STR(param_nearest("something.else"), NULL);
	CHECK_STR(
	    param_nearest("a-name-that-is-longer-than-any-parameter-can-ever-be-and-then-some"),
	    NULL);
}

int
main(void)
{
	test_table();
	test_names();
	test_noname();
	test_booleans();
	test_jailsys();
	test_numbers();
	test_strings();
	test_addresses();
	test_choices();
	test_nearest();
	return UNIT_DONE();
}
