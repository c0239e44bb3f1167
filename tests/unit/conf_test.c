/* jail.conf(5): the numbered cases, and what the rules beside them say. */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "conf/conf.h"
#include "conf_cases.h"
#include "conf_dump.h"

static unsigned failures;

static void
verdict(const char *name, bool good)
{
	(void)printf("%s %s\n", good ? "ok" : "FAILED", name);
	failures += !good;
}

static void
compare(const char *name, const char *got, const char *want)
{
	bool good = strcmp(got, want) == 0;

	verdict(name, good);
	if (!good)
		(void)printf("--- wanted\n%s--- got\n%s---\n", want, got);
}

static struct conf *
parse(const char *name, const char *text)
{
	struct conf *c;
	struct err e;

	if (conf_parse(name, text, strlen(text), &c, &e) < 0) {
		(void)printf("FAILED conf_parse: %s\n", e.text);
		exit(1);
	}
	return c;
}

static void
check(const char *name, const char *text, const char *want)
{
	struct conf *c = parse("t.conf", text);
	cleanup_str struct str got = STR_EMPTY;

	conf_dump(c, &got);
	compare(name, str_get(&got), want);
	conf_free(c);
}

/* Rules that no numbered case has. */
static const struct conf_case more[] = {
    {"dollar_restarts_text", "f { a = \"x\\x1\\0 y $ z\"; }", "f: name=[f] a=[x\001$ z]\n"},
    {"octal", "f { a = \\1012; b = \"\\7z\"; }", "f: name=[f] a=[A2] b=[\az]\n"},
    {"comment_kinds", "f { a = 1; # x {\n// y }\n/* z\n { */ b/**/=/**/2; }",
	"f: name=[f] a=[1] b=[2]\n"},
    {"comment_ends_string", "f { a = b/**/c; }", "! t.conf line 1: c: syntax error\n"},
    {"line_of_multiline", "f {\n a = \"1\n2\n\";\n b = 'x\ny' z; }",
	"! t.conf line 6: z: syntax error\n"},
    {"append", "f { a += 1; a += 2, 3; b = 1; b; b += 2; }", "f: name=[f] a=[1],[2],[3] b=[2]\n"},
    {"append_spelling", "f { allow.a = 1; allow.noa += 2; }", "f: name=[f] allow.noa=[1],[2]\n"},
    {"append_variable", "$l = a; f { $l += b; x = $l; x += c; } g { x = $l; }",
	"f: name=[f] x=[a],[b],[c]\ng: name=[g] x=[a]\n"},
    {"append_with_variables", "x = \"$name-1\"; f { x += \"$name-2\", $x2; $x2 = 8, 9; }",
	"f: name=[f] x=[f-1],[f-2],[8],[9]\n"},
    {"wildcard_order", "\"f.*\" { x = 1; } f.a { x = 2; } \"*.a\" { x += 3; }",
	"f.a: name=[f.a] x=[2],[3]\n"},
    {"wildcard_middle", "\"a.*.c\" { x; } a.b.c { } a.b { } a.b.c.d { } a.c { } \"*.*\" { y; }",
	"a.b.c: name=[a.b.c] x y\na.b: name=[a.b] y\na.b.c.d: name=[a.b.c.d] y\na.c: name=[a.c] "
	"y\n"},
    {"wildcard_nested", "f { * { x; } g { } } h { }",
	"f: name=[f]\nf.g: name=[f.g] x\nh: name=[h]\n"},
    {"nested_deep", "a { x; b { y; c { z; } } w; }",
	"a: name=[a] x w\na.b: name=[a.b] y\na.b.c: name=[a.b.c] z\n"},
    {"globals_one_block", "\"*\" { x = 1; } y; f { } x = 2; * { x = 3; }", "f: name=[f] x=[3] y\n"},
    {"globals_after_first", "a; \"*\" { x = 1; } f { } x = 2;", "f: name=[f] a x=[1]\n"},
    {"global_name", "name = x; f { } 5 { }",
	"f: name=[f]\n! f: cannot redefine parameter \"name\".\n5: jid=[5] name=[x]\n"},
    {"name_in_wildcard", "f { } * { nojid = 3; jid = 4; }",
	"f: name=[f] nojid=[3]\n! f: cannot redefine parameter \"nojid\".\n"},
    {"not_transitive", "f { noa.b = 1; a.nob = 2; a.b = 3; } g { a.nob; noa.b; a.b; }",
	"f: name=[f] a.b=[3] a.nob=[2]\ng: name=[g] a.b noa.b\n"},
    {"twice_one_name", "f { noa.b; a.nob = 2; a.b; a.nob = 4; a.nob = 5; }",
	"f: name=[f] a.nob=[5] a.nob=[2]\n"},
    {"loop_of_one", "f { $a = $a; }", "f: name=[f]\n! f: a: variable loop\n"},
    {"loop_of_three", "f { x = $a; $a = $b; $b = $c; $c = $a; }",
	"f: name=[f] x=[]\n! f: a: variable loop\n"},
    {"loop_after_detour", "f { $z = $name; p = \"$q\"; q = \"$r$p\"; r = \"$name\"; }",
	"f: name=[f] r=[f] q=[f] p=[]\n! f: q: variable loop\n"},
    {"errors_do_not_spread", "f { $a = $no; x = $a; y = \"$a$nope\"; z = $name; }",
	"f: name=[f] x=[] y=[] z=[f]\n! f: a: variable \"no\" not found\n"
	"! f: y: variable \"nope\" not found\n"},
    {"chain", "f { x = $a; $a = $b, $b; $b = $c; $c = \"<$name>\", q; }",
	"f: name=[f] x=[<f>],[q],[<f>],[q]\n"},
    {"list_beside_text", "f { $l = a, b; x = $l\"\"; y = $l$name; z = \"$l\"; }",
	"f: name=[f] x=[a],[b] y=[f] z=[a],[b]\n! f: y: array cannot be substituted inline\n"},
    {"parameter_list", "f { ip4.addr = 10.0.0.1, 10.0.0.2; x = a, ${ip4.addr}; }",
	"f: name=[f] ip4.addr=[10.0.0.1],[10.0.0.2] x=[a],[10.0.0.1],[10.0.0.2]\n"},
    {"empty_name", "f { x = ${}; }", "f: name=[f] x=[]\n! f: x: variable \"\" not found\n"},
    {"empty_value", "f { $e = \"\"; x = \"a${e}b\", $e; }", "f: name=[f] x=[ab],[]\n"},
    {"exact_spelling", "f { allow.nomount = 1; x = ${allow.mount}; }",
	"f: name=[f] allow.nomount=[1] x=[]\n! f: x: variable \"allow.mount\" not found\n"},
    {"known_no_form",
	"f { ${nopersist} = 1; ${mount.nodevfs} = 2; ${sysvmsg} = 3; x = ${sysvmsg}; }",
	"f: name=[f] x=[3]\n"
	"! f: variable \"$nopersist\" cannot have the same name as a parameter.\n"
	"! f: variable \"$mount.nodevfs\" cannot have the same name as a parameter.\n"},
    {"clash_said_once", "$name = a; $name += b; f { $name = c; }",
	"f: name=[f]\n! f: variable \"$name\" cannot have the same name as a parameter.\n"},
    {"numeric_names", "\" 6\" { } \"+7\" { } 8x { } 99999999999999999999 { }",
	" 6: name=[6] jid=[ 6]\n+7: name=[7] jid=[+7]\n8x: name=[8x]\n"
	"99999999999999999999: name=[9223372036854775807] jid=[99999999999999999999]\n"},
    {"numeric_in_nested", "f { 5 { } }", "f: name=[f]\nf.5: name=[f.5]\n"},
    {"all_errors", "= x;\n{ ;\na , b;\n\"x\"\"y\" = 1;\nok = 1;\n} b = 1;\n",
	"! t.conf line 1: =: syntax error\n! t.conf line 2: {: syntax error\n"
	"! t.conf line 3: ,: syntax error\n! t.conf line 4: \"y\": syntax error\n"},
    {"no_cascade_close", "f { a b c d { e; } g; }", "! t.conf line 1: c: syntax error\n"},
    {"no_cascade_eof", "f { a = 1 }\ng { b = 2 }\n", "! t.conf line 1: }: syntax error\n"},
    {"close_too_many", "f { a; } }\ng { b; c; d; }", "! t.conf line 1: }: syntax error\n"},
    {"after_an_error", "f { a = 1 } g { x; y; z; } h { w = = 1; }",
	"! t.conf line 1: }: syntax error\n! t.conf line 1: =: syntax error\n"},
    {"control_bytes", "f { a = \033; b = 'x' \"\033[31m\n\"; }",
	"! t.conf line 1: \\x1b: syntax error\n"
	"! t.conf line 1: \"\\x1b[31m\\n\": syntax error\n"},
    {"control_bytes_in_names", "\"f\\x1b\\x9b\\n\" { \"p\\x7f\" = $\"{\"; x = ${\033}; }",
	"f\033\233\n: name=[f\033\233\n] p\177=[${] x=[]\n"
	"! f\\x1b\\x9b\\n: x: variable \"\\x1b\" not found\n"},
    {"bidi_is_escaped", "f { x = ${a\342\200\256b\302\233}; y = ${\355\240\200}; }",
	"f: name=[f] x=[] y=[]\n! f: x: variable \"a\\xe2\\x80\\xaeb\\xc2\\x9b\" not found\n"
	"! f: y: variable \"\\xed\\xa0\\x80\" not found\n"},
    {"utf8_in_messages", "\"jaïl\" { \"größe\" = $nö; }", "! t.conf line 1: ö: syntax error\n"},
    {"utf8_in_variables", "\"jaïl\" { \"größe\" = ${nö}; }",
	"jaïl: name=[jaïl] größe=[]\n! jaïl: größe: variable \"nö\" not found\n"},
    {"byte_order_mark", "\357\273\277f { }", "! t.conf line 1: \\xef\\xbb\\xbf: syntax error\n"},
    {"nothing", "", ""},
    {"only_blanks", " \n\t# x", ""},
};

/* Numbered cases come first; each number has at least one. */
static void
test_cases(void)
{
	for (int n = 1; n <= 73; n++) {
		char name[24];
		bool found = false;

		(void)snprintf(name, sizeof(name), "case_%d", n);
		for (size_t i = 0; i < conf_ncases; i++)
			found = found || strcmp(conf_cases[i].name, name) == 0;
		if (!found)
			verdict(name, false);
	}
	for (size_t i = 0; i < conf_ncases; i++)
		check(conf_cases[i].name, conf_cases[i].text, conf_cases[i].want);
	for (size_t i = 0; i < ARRAY_SIZE(more); i++)
		check(more[i].name, more[i].text, more[i].want);
}

static void
test_nul(void)
{
	static const char text[] = "f { a = \"b\0c$ d\"; }";
	cleanup_str struct str got = STR_EMPTY;
	struct conf *c;

	if (conf_parse("t.conf", text, sizeof(text) - 1, &c, NULL) < 0)
		exit(1);
	conf_dump(c, &got);
	compare("nul_byte", str_get(&got), "f: name=[f] a=[b$ d]\n");
	conf_free(c);
}

static void
test_match(void)
{
	static const struct {
		const char *pattern, *name;
		bool want;
	} rows[] = {
	    {"*", "a", true},
	    {"*", "a.b.c", true},
	    {"foo.*", "foo", false},
	    {"foo.*", "foo.a", true},
	    {"foo.*", "foo.a.b", true},
	    {"foo.*", "fooo.a", false},
	    {"*.bar", "foo.bar", true},
	    {"*.bar", "bar", false},
	    {"*.bar", "a.b.bar", false},
	    {"a.*.c", "a.b.c", true},
	    {"a.*.c", "a.b.d", false},
	    {"a.*.c", "a.b.c.d", false},
	    {"a.*.*", "a.b.c.d", true},
	    {"a.b", "a.b", true},
	    {"a*", "ab", false},
	};
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (conf_match(rows[i].pattern, rows[i].name) != rows[i].want) {
			(void)printf("%s %s\n", rows[i].pattern, rows[i].name);
			good = false;
		}
	}
	verdict("conf_match", good);
	verdict("conf_wild", conf_wild("*") && conf_wild("foo.*") && conf_wild("*.bar") &&
				 conf_wild("a.*.c") && !conf_wild("a*") && !conf_wild("") &&
				 !conf_wild("a.b*.c") && !conf_wild("**"));
}

static void
test_quote(void)
{
	static const char *const rows[][2] = {
	    {"", "\"\""},
	    {"a", "a"},
	    {"a b", "\"a b\""},
	    {"a\tb", "\"a\tb\""},
	    {"it's", "\"it's\""},
	    {"say \"x\"", "'say \"x\"'"},
	    {"it's \"x\"", "\"it's \\\"x\\\"\""},
	    {"a\\b", "a\\\\b"},
	    {"$(date);", "$(date);"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		cleanup_free char *got = conf_quote(rows[i][0]);

		compare("conf_quote", got, rows[i][1]);
	}
}

/* Everything about a message but its text. */
static void
test_places(void)
{
	struct conf *c = parse("t.conf", "ok;\n\tf { a = \"\033é\" b; }\n\x01");
	cleanup_str struct str got = STR_EMPTY;
	const struct conf_message *m;
	size_t n = conf_messages(c, &m);

	for (size_t i = 0; i < n; i++)
		(void)str_addf(&got, "%s:%d:%d [%s] %d %s\n", m[i].file, m[i].line,
		    m[i].file_column, m[i].source, m[i].column, m[i].jail == NULL ? "-" : "jail");
	compare("place_of_parse_errors", str_get(&got),
	    "t.conf:2:16 [\tf { a = \"\\x1bé\" b; }] 19 -\n"
	    "t.conf:3:1 [\\x01] 1 -\n");
	conf_free(c);

	c = parse("t.conf", "x = 1, \"a$b\";\nf { persist; }");
	struct conf_jail *f = conf_jail_find(c, "f");
	struct conf_message w = {0};

	n = conf_jail_messages(f, &m);
	got.len = 0;
	(void)str_addf(&got, "%zu %s %s:%d:%d [%s] %d\n", n, m->jail, m->file, m->line,
	    m->file_column, m->source, m->column);
	(void)conf_param_where(f, conf_jail_param(f, "persist"), &w);
	(void)str_addf(&got, "%s %s:%d:%d [%s]\n", w.jail, w.file, w.line, w.file_column, w.source);
	(void)conf_param_where(f, conf_jail_param(f, "name"), &w);
	(void)str_addf(&got, "%s:%d:%d\n", w.file, w.line, w.file_column);
	compare("place_in_jails", str_get(&got),
	    "1 f t.conf:1:10 [x = 1, \"a$b\";] 10\n"
	    "f t.conf:2:5 [f { persist; }]\n"
	    "t.conf:2:1\n");
	conf_free(c);
}

/* A line as long as a file is shown around the place, not whole. */
static void
test_long_line(void)
{
	cleanup_str struct str text = STR_EMPTY;
	const struct conf_message *m;
	struct conf *c;

	for (int i = 0; i < 3000; i++)
		(void)str_add(&text, "é");
	str_done(&text);
	(void)str_add(&text, "f { a = \"");
	for (int i = 0; i < 3000; i++)
		(void)str_add(&text, "é");
	(void)str_add(&text, "\" b; }");
	c = parse("t.conf", str_get(&text));
	verdict("long_line", conf_messages(c, &m) == 1 && strlen(m->source) <= 400 &&
				 strcmp(m->source + m->column - 1, "b; }") == 0 &&
				 m->file_column == 6012 && (m->source[0] & 0xc0) != 0x80);
	conf_free(c);
}

static void
test_questions(void)
{
	struct conf *c = parse("t.conf",
	    "depend = x; g.y { nomount.procfs; allow.nomount; $v = 1; } f { } f { q; } * { r; }");
	const struct conf_param *p;
	struct conf_jail *g = conf_jail_find(c, "g.y");

	verdict("count", conf_count(c) == 3);
	verdict("find_first", conf_jail_find(c, "f") == conf_jail_at(c, 1));
	verdict("find_nothing", conf_jail_find(c, "*") == NULL && conf_jail_find(c, "g") == NULL);
	p = conf_jail_param(g, "mount.procfs");
	verdict("param_by_no_form", p != NULL && strcmp(p->name, "nomount.procfs") == 0);
	p = conf_jail_param(g, "allow.mount");
	verdict("param_by_last_no", p != NULL && strcmp(p->name, "allow.nomount") == 0);
	verdict("param_line", p != NULL && p->line == 1 && strcmp(p->file, "t.conf") == 0);
	verdict("variables_are_no_params", conf_jail_param(g, "v") == NULL);
	verdict("param_of_others", conf_jail_param(g, "q") == NULL);
	verdict("mentions", conf_mentions(c, "depend") && conf_mentions(c, "q") &&
				!conf_mentions(c, "v") && !conf_mentions(c, "persist"));
	conf_free(c);
}

static void
test_release(void)
{
	struct conf *c = parse("t.conf", "x = $name; f { y = $nope; } g { $z = $x; } h { }");
	struct conf_jail *f = conf_jail_find(c, "f"), *g = conf_jail_find(c, "g");
	const struct conf_message *m;
	const struct conf_param *p;

	verdict("one_is_asked", conf_jail_resolve(g));
	verdict("all_are_asked", conf_resolve_all(c) == 1);
	verdict("messages_stay", conf_jail_messages(f, &m) == 1);
	verdict("failed_stays", !conf_jail_resolve(f));
	verdict("said_once", conf_jail_messages(f, &m) == 1);
	conf_jail_release(f);
	verdict("made_anew", conf_jail_params(f, &p) == 3 && strcmp(p[1].values[0], "f") == 0);
	verdict("still_said_once", conf_jail_messages(f, &m) == 1);
	verdict("kept_what_was_asked", conf_jail_params(g, &p) == 2);
	verdict("not_a_parse_error", !conf_failed(c) && conf_messages(c, &m) == 0);
	conf_free(c);
}

/* Each variable holds the one before it twice: stopped by size, soon. */
static void
test_explosion(void)
{
	cleanup_str struct str text = STR_EMPTY;
	const struct conf_message *m;
	struct conf *c;

	(void)str_add(&text, "f { $v0 = 0123456789; $l0 = a, b;\n");
	for (int i = 1; i < 64; i++)
		(void)str_addf(&text, "$v%d = \"$v%d$v%d\"; $l%d = $l%d, $l%d;\n", i, i - 1, i - 1,
		    i, i - 1, i - 1);
	(void)str_add(&text, "x = $v63; y = $l63; } g { }");
	c = parse("t.conf", str_get(&text));
	verdict("explosion_fails", !conf_jail_resolve(conf_jail_find(c, "f")));
	verdict("explosion_is_said", conf_jail_messages(conf_jail_find(c, "f"), &m) == 2 &&
					 strstr(m[0].text, ": value is too large") != NULL);
	verdict("explosion_of_one", conf_jail_resolve(conf_jail_find(c, "g")));
	conf_free(c);
}

/* A chain as long as a file needs no stack. */
static void
test_long_chain(void)
{
	cleanup_str struct str text = STR_EMPTY;
	const struct conf_param *p;
	struct conf *c;

	(void)str_add(&text, "f { x = $v0;\n");
	for (int i = 0; i < 100000; i++)
		(void)str_addf(&text, "$v%d = $v%d;\n", i, i + 1);
	(void)str_add(&text, "$v100000 = end; }");
	c = parse("t.conf", str_get(&text));
	p = conf_jail_param(conf_jail_find(c, "f"), "x");
	verdict("long_chain", p != NULL && strcmp(p->values[0], "end") == 0);
	conf_free(c);
}

static void
test_nesting(void)
{
	cleanup_str struct str text = STR_EMPTY;
	struct conf *c;
	const struct conf_message *m;

	for (int i = 0; i < 10000; i++)
		(void)str_add(&text, "a {");
	c = parse("t.conf", str_get(&text));
	verdict("nested_too_deeply",
	    conf_messages(c, &m) == 1 &&
		strcmp(m->text, "t.conf line 1: jails nested too deeply") == 0);
	conf_free(c);
}

static void
put(const char *file, const char *text)
{
	cleanup_file FILE *f = fopen(file, "we");

	if (f == NULL || fputs(text, f) < 0) {
		perror(file);
		exit(1);
	}
}

static void
load(const char *name, const char *file, const char *want)
{
	cleanup_str struct str got = STR_EMPTY;
	struct conf *c;
	struct err e;

	if (conf_load(file, &c, &e) < 0) {
		(void)str_addf(&got, "%s\n", e.text);
	} else {
		conf_dump(c, &got);
		conf_free(c);
	}
	compare(name, str_get(&got), want);
}

/* In a directory of its own, which is the current one. */
static void
test_include(void)
{
	cleanup_str struct str deep = STR_EMPTY;
	char file[32];

	if (mkdir("d", 0700) < 0 || mkdir("d/sub", 0700) < 0)
		exit(1);
	put("main.conf", "x = 1; .include \"d/*.conf\"; f { .include d/in.block; y; }");
	put("d/10.conf", "a { from = 10; } z10;");
	put("d/2.conf", "b { from = 2; .include \"sub/c.inc\", 'sub/none[.]inc'; }");
	put("d/sub/c.inc", "deep = $name; c { } .include \"more.inc\";");
	put("d/sub/more.inc", "more;");
	put("d/in.block", "in; nested { }");
	load("include", "main.conf",
	    "a: name=[a] x=[1] z10 from=[10]\n"
	    "b: name=[b] x=[1] z10 from=[2] deep=[b] more\n"
	    "b.c: name=[b.c] x=[1] z10\n"
	    "f: name=[f] x=[1] z10 in y\n"
	    "f.nested: name=[f.nested] x=[1] z10\n");

	put("d/rel.conf.x", ".include \"in.block\";");
	put("rel.conf", ".include \"d/rel.conf.x\"; f { }");
	load("include_relative", "./rel.conf", "nested: name=[nested] in\nf: name=[f] in\n");

	put("bad.conf", "f {\n .include \"bad.inc\";\n g = = 1; }");
	put("bad.inc", "a = 1; } b = = 2; c {");
	load("include_errors", "bad.conf",
	    "! bad.inc line 1: }: syntax error\n"
	    "! bad.inc line 1: =: syntax error\n"
	    "! bad.inc: unexpected EOF\n"
	    "! bad.conf line 3: =: syntax error\n");

	put("missing.conf", ".include \"a.conf\", \"b.conf\"; x = = 1;");
	load("include_missing", "missing.conf",
	    "! a.conf: No such file or directory\n"
	    "! b.conf: No such file or directory\n"
	    "! missing.conf line 1: =: syntax error\n");

	put("dir.conf", ".include \"d\";");
	load("include_directory", "dir.conf", "! d: Is a directory\n");

	put("loop.conf", "x; .include \"loop.conf\"; .include \"loop.conf\"; f { }");
	load("include_loop", "loop.conf", "! maximum include depth exceeded\n");

	for (int i = 0; i <= 32; i++) {
		(void)snprintf(file, sizeof(file), "deep%d.conf", i);
		str_done(&deep);
		if (i < 32)
			(void)str_addf(&deep, ".include \"deep%d.conf\";", i + 1);
		else
			(void)str_add(&deep, "f { }");
		put(file, str_get(&deep));
	}
	load("include_32_deep", "deep0.conf", "f: name=[f]\n");
	put("deep32.conf", ".include \"main.conf\";");
	load("include_33_deep", "deep0.conf", "! maximum include depth exceeded\n");

	put("globals.conf", "f { x = 1; } .include \"globals.inc\"; g { x = 3; } x = 4;");
	put("globals.inc", "x = 2;");
	load("include_globals_place", "globals.conf", "f: name=[f] x=[4]\ng: name=[g] x=[3]\n");

	load("no_file", "none.conf", "none.conf: No such file or directory\n");
	load("a_directory", "d", "d: Is a directory\n");
}

static void
test_stdin(void)
{
	cleanup_fd int fd = open("stdin.conf", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	cleanup_fd int saved = fcntl(STDIN_FILENO, F_DUPFD_CLOEXEC, 3);

	if (fd < 0 || write(fd, "f { .include \"d/in.block\"; x = = 1; }", 37) != 37 ||
	    lseek(fd, 0, SEEK_SET) != 0 || dup2(fd, STDIN_FILENO) < 0)
		exit(1);
	load("standard_input", "-", "! STDIN line 1: =: syntax error\n");
	if (saved >= 0)
		(void)dup2(saved, STDIN_FILENO);

	struct conf *c = parse(NULL, "f { .include \"/etc/passwd\"; }");
	cleanup_str struct str got = STR_EMPTY;

	conf_dump(c, &got);
	compare("include_refused", str_get(&got), "! STDIN line 1: nothing can be included here\n");
	conf_free(c);
}

static uint64_t random_state = 20240917;

static unsigned
random_below(unsigned n)
{
	/* splitmix64: the same texts in every run. */
	uint64_t z = random_state += 0x9e3779b97f4a7c15U;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
	z = (z ^ z >> 27) * 0x94d049bb133111ebU;
	return (unsigned)((z ^ z >> 31) % n);
}

static const char *const fragments[] = {"f", "g", "f.g", "\"f.*\"", "*", "\"*.g\"", "5", "$v", "$w",
    "${v}", "allow.mount", "allow.nomount", "persist", "nopersist", "path", "x", "\"a b\"", "'$v'",
    "\"p$v\"", "\"$name/$w\"", "é", "\"é\\x1b\\\"\\\\\"", "''", "\\x41", "a*b"};

/* A text that is mostly well formed. */
static void
random_text(struct str *out)
{
	static const char *const ends[] = {"; ", "; ", "; ", "; ", " { ", " } ", ", ", "\n"};
	unsigned open = 0;

	for (unsigned n = random_below(40); n > 0; n--) {
		switch (random_below(6)) {
		case 0:
			(void)str_addf(out, "%s { ", fragments[random_below(7)]);
			open++;
			break;
		case 1:
			if (open > 0) {
				(void)str_add(out, "} ");
				open--;
			}
			break;
		default:
			(void)str_add(out, fragments[7 + random_below(9)]);
			if (random_below(4) != 0) {
				(void)str_add(out, random_below(3) == 0 ? " += " : " = ");
				(void)str_add(
				    out, fragments[7 + random_below(ARRAY_SIZE(fragments) - 7)]);
				if (random_below(4) == 0)
					(void)str_addf(out, ", %s",
					    fragments[7 + random_below(ARRAY_SIZE(fragments) - 7)]);
			}
			(void)str_add(out, ends[random_below(random_below(20) == 0 ? 8 : 4)]);
			break;
		}
	}
	while (open-- > 0)
		(void)str_add(out, "}");
}

/* What is printed is read as what it was: 20,000 files, counted so that they are not all trivial.
 */
static void
test_print_then_parse(void)
{
	unsigned printed = 0, jails = 0, wrong = 0;

	for (int i = 0; i < 20000; i++) {
		cleanup_str struct str text = STR_EMPTY, copy = STR_EMPTY, a = STR_EMPTY,
				       b = STR_EMPTY;
		struct conf *c, *again;

		random_text(&text);
		c = parse("t.conf", str_get(&text));
		conf_dump(c, &a);
		if (conf_print(c, &copy)) {
			printed++;
			jails += conf_count(c) > 0;
			again = parse("t.conf", str_get(&copy));
			conf_dump(again, &b);
			if (strcmp(str_get(&a), str_get(&b)) != 0) {
				if (wrong++ == 0)
					(void)printf("%s\n---\n%s---\n%s---\n%s", str_get(&text),
					    str_get(&copy), str_get(&a), str_get(&b));
			}
			conf_free(again);
		}
		conf_free(c);
	}
	verdict("print_then_parse", wrong == 0);
	(void)printf("   (%u printed, %u of them with jails)\n", printed, jails);
	verdict("print_then_parse_has_jails", jails > 1000);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

int
main(void)
{
	char dir[PATH_MAX];
	const char *tmp = getenv("TMPDIR");

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	(void)snprintf(dir, sizeof(dir), "%s/conf_test.XXXXXX", tmp != NULL ? tmp : "/tmp");
	if (mkdtemp(dir) == NULL || chdir(dir) < 0) {
		perror(dir);
		return 1;
	}
	test_cases();
	test_nul();
	test_match();
	test_quote();
	test_places();
	test_long_line();
	test_questions();
	test_release();
	test_explosion();
	test_long_chain();
	test_nesting();
	test_include();
	test_stdin();
	test_print_then_parse();
	(void)printf("%u failed\n", failures);
	if (chdir("/") == 0)
		(void)nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return failures == 0 ? 0 : 1;
}
