/* The layouts of jls, byte for byte, of jails that this file makes up. */
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "jls/layout.h"
#include "libjail/gaol.h"
#include "prison/param.h"
#include "unit.h"

/* ---- jails ----------------------------------------------------------------------- */

struct gaol_jail {
	int jid;
	const struct gaol_param
	    *values; /* ended by a name of NULL; what is not there has its default */
};

int
gaol_jail_jid(const struct gaol_jail *j)
{
	return j->jid;
}

const char *
gaol_jail_value(struct gaol_jail *j, const char *name)
{
	const struct param *p = param_find(name, NULL, NULL);

	for (const struct gaol_param *v = j->values; v->name != NULL; v++)
		if (strcmp(v->name, name) == 0)
			return v->value;
	return p == NULL || strchr(name, '.') != strrchr(name, '.') || param_exact(name) == NULL
		   ? NULL
		   : p->def;
}

static struct gaol_jail net = {
    1,
    (const struct gaol_param[]){
	{"jid", "1"},
	{"name", "net"},
	{"path", "/home/jail/net"},
	{"persist", "true"},
	{"host.hostname", "net.example.org"},
	{"ip4.addr", "192.168.1.134,10.0.0.1"},
	{"ip6.addr", "2001:db8::1"},
	{"allow.raw_sockets", "true"},
	{"cpuset.id", "2"},
	{"parent", "0"},
	{"meta", "a=1\nb=two words"},
	{"meta.a", "1"},
	{"meta.empty", ""},
	{NULL, NULL},
    },
};

static struct gaol_jail bare = {
    23,
    (const struct gaol_param[]){
	{"jid", "23"},
	{"name", "a-name-that-is-longer-than-its-column"},
	{"path",
	    "/a/path/that/is/longer/than/the/seventy/four/characters/that/jls/will/show/of/it"},
	{"host.hostname", "a-host-name-that-is-longer-than-its-column"},
	{"host", "inherit"},
	{"dying", "true"},
	{"cpuset.id", "3"},
	{NULL, NULL},
    },
};

/* What a hostile jail may call itself. */
static struct gaol_jail hostile = {
    7,
    (const struct gaol_param[]){
	{"jid", "7"},
	{"name", "x"},
	{"path", "/j"},
	{"host.hostname", "a\033]0;b\007\n\"'\\\xc2\x9bz\xff\xc3\xa9"},
	{"cpuset.id", "1"},
	{"meta", "tab\there\nline\033"},
	{NULL, NULL},
    },
};

/* ---- what is printed --------------------------------------------------------------- */

enum how { HEADER, JAIL, HEADER_AND_JAIL, JSON, PRETTY };

/* names: NULL terminated. */
static char *
printed(unsigned flags, const char *const *names, enum how how, bool escape, struct gaol_jail *j)
{
	struct layout l = {.flags = flags, .out.escape = escape};
	struct err e = {0};
	char *text = NULL;
	size_t size, n = j != NULL;

	for (; names != NULL && *names != NULL; names++)
		CHECK_INT(columns_add(&l.columns, *names, &e), 0);
	l.out.file = open_memstream(&text, &size);
	CHECK(l.out.file != NULL);
	if (how == HEADER || how == HEADER_AND_JAIL)
		layout_text_header(&l);
	if (how == JAIL || how == HEADER_AND_JAIL)
		layout_text_jail(&l, j);
	if (how == JSON || how == PRETTY)
		layout_json(&l, &j, n, how == PRETTY);
	(void)fclose(l.out.file);
	columns_done(&l.columns);
	return text;
}

#define NAMES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define CHECK_PRINTED(flags, names, how, escape, jail, want)                         \
	do {                                                                         \
		cleanup_free char *text_ = printed(flags, names, how, escape, jail); \
		CHECK_STR(text_, want);                                              \
	} while (0)
#define CHECK_LINE(flags, names, jail, want) CHECK_PRINTED(flags, names, JAIL, false, jail, want)

#define N LAYOUT_NAMEVAL
#define Q LAYOUT_QUOTED
#define S (LAYOUT_SKIP | N | Q)

static void
test_default(void)
{
	CHECK_PRINTED(LAYOUT_DEFAULT, NULL, HEADER, false, NULL,
	    "   JID  IP Address      Hostname                      Path\n");
	CHECK_LINE(LAYOUT_DEFAULT, NULL, &net,
	    "     1  192.168.1.134   net.example.org               /home/jail/net\n");
	CHECK_LINE(LAYOUT_DEFAULT, NULL, &bare,
	    "    23                  a-host-name-that-is-longer-th "
	    "/a/path/that/is/longer/than/the/seventy/four/characters/that/jls/will/show\n");
	CHECK_PRINTED(LAYOUT_DEFAULT | LAYOUT_NAME, NULL, HEADER, false, NULL,
	    " JID             IP Address      Hostname                      Path\n");
	CHECK_LINE(LAYOUT_DEFAULT | LAYOUT_NAME, NULL, &net,
	    " net             192.168.1.134   net.example.org               /home/jail/net\n");
	CHECK_LINE(LAYOUT_DEFAULT | LAYOUT_NAME, NULL, &bare,
	    " a-name-that-is-longer-than-its-column                 "
	    "a-host-name-that-is-longer-th "
	    "/a/path/that/is/longer/than/the/seventy/four/characters/that/jls/will/show\n");
}

static void
test_verbose(void)
{
	CHECK_PRINTED(LAYOUT_VERBOSE, NULL, HEADER, false, NULL,
	    "   JID  Hostname                      Path\n"
	    "        Name                          State\n"
	    "        CPUSetID\n"
	    "        IP Address(es)\n");
	CHECK_LINE(LAYOUT_VERBOSE, NULL, &net,
	    "     1  net.example.org               /home/jail/net\n"
	    "        net                           ACTIVE\n"
	    "        2\n"
	    "        192.168.1.134\n"
	    "        10.0.0.1\n"
	    "        2001:db8::1\n");
	CHECK_LINE(LAYOUT_VERBOSE, NULL, &bare,
	    "    23  a-host-name-that-is-longer-th "
	    "/a/path/that/is/longer/than/the/seventy/four/characters/that/jls/will/show\n"
	    "        a-name-that-is-longer-than-it DYING\n"
	    "        3\n");
}

static void
test_parameters(void)
{
	CHECK_PRINTED(LAYOUT_HEADER, NAMES("jid", "path", "jid", "nopersist"), HEADER_AND_JAIL,
	    false, &net, "jid path nopersist\n1 /home/jail/net false\n");
	CHECK_LINE(0, NAMES("jid", "ip4.addr", "ip6.addr"), &net,
	    "1 192.168.1.134,10.0.0.1 2001:db8::1\n");
	/* Named flags print as numbers, as FreeBSD's kernel has them. */
	CHECK_LINE(0, NAMES("persist", "vnet", "host", "ip4"), &net, "1 2 1 0\n");
	CHECK_LINE(
	    N, NAMES("persist", "vnet", "allow.mount"), &net, "persist=1 vnet=2 allow.mount=0\n");
	CHECK_LINE(0, NAMES("nopersist"), &net, "false\n");
	CHECK_LINE(0, NAMES("nopersist"), &bare, "true\n");
	CHECK_LINE(N, NAMES("nopersist"), &net, "persist\n");
	CHECK_LINE(N, NAMES("nopersist"), &bare, "nopersist\n");
	CHECK_LINE(N, NAMES("allow.noraw_sockets"), &net, "allow.raw_sockets\n");
}

static void
test_empty(void)
{
	CHECK_LINE(0, NAMES("ip4.addr"), &bare, "-\n");
	CHECK_LINE(N, NAMES("ip4.addr"), &bare, "ip4.addr=\n");
	CHECK_LINE(Q, NAMES("ip4.addr"), &bare, "\"\"\n");
	CHECK_LINE(N | Q, NAMES("ip4.addr"), &bare, "ip4.addr=\"\"\n");
	CHECK_LINE(0, NAMES("host.domainname"), &net, "\"\"\n");
	CHECK_LINE(N, NAMES("host.domainname"), &net, "host.domainname=\"\"\n");
}

static void
test_keys(void)
{
	CHECK_LINE(0, NAMES("meta.a"), &net, "1\n");
	CHECK_LINE(0, NAMES("jid", "meta.no", "name"), &net, "1  net\n");
	CHECK_LINE(0, NAMES("meta.empty"), &net, "\"\"\n");
	CHECK_LINE(S, NAMES("meta.no"), &net, "meta.no\n");
	CHECK_LINE(N, NAMES("meta.no", "meta.a"), &net, "meta.no meta.a=1\n");
	CHECK_LINE(0, NAMES("meta"), &net, "a=1\nb=two words\n");
	CHECK_PRINTED(0, NAMES("meta.no", "meta.a"), JSON, false, &net,
	    "{\"__version\": \"2\", \"jail-information\": {\"jail\": [{\"meta.a\":\"1\"}]}}\n");
}

/* One value for each way to quote. */
static struct gaol_jail quoting = {
    5,
    (const struct gaol_param[]){
	{"name", "it's"},
	{"path", "/a \"b\""},
	{"host.hostname", "c d"},
	{"osrelease", "e\tf"},
	{"host.domainname", "g\\h"},
	{"meta", "'\""},
	{NULL, NULL},
    },
};

static void
test_quotes(void)
{
	CHECK_LINE(Q,
	    NAMES("name", "path", "host.hostname", "osrelease", "host.domainname", "meta"),
	    &quoting, "\"it's\" '/a \"b\"' \"c d\" \"e\tf\" g\\h \"'\"\"\n");
	CHECK_LINE(0, NAMES("name", "path"), &quoting, "it's /a \"b\"\n");
}

static void
test_skip(void)
{
	CHECK_LINE(S, NAMES("parent", "jid", "dying", "children.cur", "cpuset.id", "name"), &net,
	    "jid=1 name=net\n");
	CHECK_LINE(S, NAMES("host.hostname", "ip4.addr", "path"), &net,
	    "host.hostname=net.example.org path=/home/jail/net\n");
	CHECK_LINE(S, NAMES("host.hostname", "name"), &bare,
	    "name=a-name-that-is-longer-than-its-column\n");
	CHECK_LINE(
	    S, NAMES("gaol.userns", "gaol.mounts"), &net, "gaol.userns=new gaol.mounts=private\n");
}

/* Every parameter of the kernel's, those without a dot first, each half in order. */
static void
test_all(void)
{
	cleanup_free char *header = printed(LAYOUT_HEADER, NAMES("all"), HEADER, false, NULL);
	cleanup_free char *line = printed(N, NAMES("all"), JAIL, false, &net);
	cleanup_free char *plain = printed(0, NAMES("all"), JAIL, false, &net);
	size_t words = 0, expected = 0;
	char *rest = header, *word, last[64] = "";

	for (size_t i = 0; i < param_count; i++)
		expected += !(param_table[i].flags & PARAM_PSEUDO);
	header[strlen(header) - 1] = '\0';
	while ((word = strsep(&rest, " ")) != NULL) {
		bool dotted = strchr(word, '.') != NULL, last_dotted = strchr(last, '.') != NULL;

		CHECK(last_dotted == dotted ? strcmp(last, word) < 0 : dotted);
		(void)snprintf(last, sizeof(last), "%s", word);
		words++;
	}
	CHECK_INT(words, expected);
	CHECK(strncmp(line, "cpuset", 6) != 0);
	CHECK(strstr(line, " persist ") != NULL);
	CHECK(strstr(line, " nodying ") != NULL);
	CHECK(strstr(line, " allow.raw_sockets ") != NULL);
	CHECK(strstr(line, " allow.nomount ") != NULL);
	CHECK(strstr(line, " vnet=inherit ") != NULL);
	CHECK(strstr(line, "exec.start") == NULL);
	CHECK(strstr(line, " gaol.userns=new ") != NULL);
	CHECK(strstr(plain, " true ") != NULL && strstr(plain, " inherit ") != NULL);
	/* A name in front keeps its place, and its number. */
	free(header);
	header = printed(LAYOUT_HEADER, NAMES("persist", "all", "jid"), HEADER, false, NULL);
	CHECK(strncmp(header, "persist devfs_ruleset ", 22) == 0);
	CHECK(strstr(header + 1, " persist") == NULL);
}

static void
test_unknown(void)
{
	struct columns c = {0};
	struct err e = {0};

	CHECK(columns_add(&c, "nope", &e) < 0);
	CHECK_STR(e.text, "unknown parameter: nope");
	CHECK(columns_add(&c, "exec.start", &e) < 0);
	CHECK_STR(e.text, "unknown parameter: exec.start");
	CHECK(columns_add(&c, "noallow.mount", &e) < 0);
	CHECK(columns_add(&c, "", &e) < 0);
	columns_done(&c);
}

static void
test_terminal(void)
{
	/* A terminal gets nothing to obey, and columns stay where they are. */
	CHECK_PRINTED(LAYOUT_DEFAULT, NULL, JAIL, true, &hostile,
	    "     7                  a\\033]0;b\\007\\012\"'\\\\302\\233z /j\n");
	CHECK_PRINTED(0, NAMES("host.hostname", "name"), JAIL, true, &hostile,
	    "a\\033]0;b\\007\\012\"'\\\\302\\233z\\377\xc3\xa9 x\n");
	CHECK_PRINTED(0, NAMES("meta"), JAIL, true, &hostile, "tab\there\nline\\033\n");
	/* A file gets what is there; a character counts as one column. */
	CHECK_LINE(LAYOUT_DEFAULT, NULL, &hostile,
	    "     7                  a\033]0;b\007\n\"'\\\xc2\x9bz\xff\xc3\xa9               /j\n");
}

static void
test_json(void)
{
	CHECK_PRINTED(LAYOUT_DEFAULT, NULL, JSON, false, NULL,
	    "{\"__version\": \"2\", \"jail-information\": {\"jail\": []}}\n");
	CHECK_PRINTED(LAYOUT_DEFAULT, NULL, JSON, false, &net,
	    "{\"__version\": \"2\", \"jail-information\": {\"jail\": [{\"jid\":1,"
	    "\"ipv4\":\"192.168.1.134\",\"hostname\":\"net.example.org\","
	    "\"path\":\"/home/jail/net\"}]}}\n");
	CHECK_PRINTED(LAYOUT_DEFAULT | LAYOUT_NAME, NULL, JSON, false, &bare,
	    "{\"__version\": \"2\", \"jail-information\": {\"jail\": [{\"name\":"
	    "\"a-name-that-is-longer-than-its-column\",\"ipv4\":\"\","
	    "\"hostname\":\"a-host-name-that-is-longer-than-its-column\",\"path\":"
	    "\"/a/path/that/is/longer/than/the/seventy/four/characters/that/jls/will/show/of/"
	    "it\"}]}"
	    "}\n");
	CHECK_PRINTED(LAYOUT_VERBOSE, NULL, JSON, false, &net,
	    "{\"__version\": \"2\", \"jail-information\": {\"jail\": [{\"jid\":1,"
	    "\"hostname\":\"net.example.org\",\"path\":\"/home/jail/net\",\"name\":\"net\","
	    "\"state\":\"ACTIVE\",\"cpusetid\":2, "
	    "\"ipv4_addrs\": [\"192.168.1.134\",\"10.0.0.1\"], "
	    "\"ipv6_addrs\": [\"2001:db8::1\"]}]}}\n");
	CHECK_PRINTED(N, NAMES("jid", "persist", "nopersist", "ip4.addr", "vnet"), JSON, false,
	    &net,
	    "{\"__version\": \"2\", \"jail-information\": {\"jail\": [{\"jid\":\"1\","
	    "\"persist\":\"1\",\"nopersist\":false, "
	    "\"ip4.addr\": [\"192.168.1.134\",\"10.0.0.1\"],\"vnet\":\"2\"}]}}\n");
	CHECK_PRINTED(0, NAMES("ip4.addr", "name"), JSON, false, &bare,
	    "{\"__version\": \"2\", \"jail-information\": {\"jail\": [{\"name\":"
	    "\"a-name-that-is-longer-than-its-column\"}]}}\n");
	CHECK_PRINTED(0, NAMES("host.hostname", "meta"), JSON, false, &hostile,
	    "{\"__version\": \"2\", \"jail-information\": {\"jail\": [{\"host.hostname\":"
	    "\"a\\u001b]0;b\\u0007\\n\\\"'\\\\\xc2\x9bz\\ufffd\xc3\xa9\","
	    "\"meta\":\"tab\\there\\nline\\u001b\"}]}}\n");
	CHECK_PRINTED(0, NAMES("jid", "ip6.addr"), PRETTY, false, &net,
	    "{\n  \"__version\": \"2\",\n  \"jail-information\": {\n    \"jail\": [\n      {\n"
	    "        \"jid\": \"1\",\n        \"ip6.addr\": [\n          \"2001:db8::1\"\n"
	    "        ]\n      }\n    ]\n  }\n}\n");
}

static void
test_utf8(void)
{
	CHECK_INT(text_utf8_len(""), 0);
	CHECK_INT(text_utf8_len("a"), 1);
	CHECK_INT(text_utf8_len("\xc3\xa9"), 2);
	CHECK_INT(text_utf8_len("\xe3\x81\x82"), 3);
	CHECK_INT(text_utf8_len("\xf0\x9f\x98\x80"), 4);
	/* Too long, half of a pair, beyond the last, cut off, a middle byte alone. */
	CHECK_INT(text_utf8_len("\xc0\x80"), 0);
	CHECK_INT(text_utf8_len("\xe0\x80\x80"), 0);
	CHECK_INT(text_utf8_len("\xed\xa0\x80"), 0);
	CHECK_INT(text_utf8_len("\xf4\x90\x80\x80"), 0);
	CHECK_INT(text_utf8_len("\xe3\x81"), 0);
	CHECK_INT(text_utf8_len("\xf0\x9f\x98"), 0);
	CHECK_INT(text_utf8_len("\x80"), 0);
}

int
main(void)
{
	test_default();
	test_verbose();
	test_parameters();
	test_empty();
	test_keys();
	test_quotes();
	test_skip();
	test_all();
	test_unknown();
	test_terminal();
	test_json();
	test_utf8();
	return UNIT_DONE();
}
