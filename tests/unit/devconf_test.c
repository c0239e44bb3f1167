/* devfs.rules(5): what is loaded, what is left out, and what is said about it. */
#include <fcntl.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "prison/devconf.h"
#include "unit.h"

static const struct dev_ids no_ids = {NULL, NULL, NULL, NULL};
static const struct dev_rulesets nothing;

/* Files called a, b, ... over `old`. */
static void
load_over(struct devconf *c, const struct dev_rulesets *old, const char *const *texts)
{
	CHECK_INT(devconf_init(c, old, &no_ids, NULL), 0);
	for (size_t i = 0; texts[i] != NULL; i++)
		CHECK_INT(devconf_scan(c, texts[i], NULL), 0);
	for (size_t i = 0; texts[i] != NULL; i++) {
		char name[2] = {(char)('a' + i), '\0'};

		CHECK_INT(devconf_feed(c, name, texts[i], NULL), 0);
	}
}

static void
load(struct devconf *c, const char *text)
{
	const char *const texts[] = {text, NULL};

	load_over(c, &nothing, texts);
}

/* The set as `show` prints it, lines joined by "; "; "-": no such set. */
static const char *
set_text(const struct devconf *c, unsigned num)
{
	static char bufs[4][4096];
	static unsigned turn;
	char *buf = bufs[turn++ % ARRAY_SIZE(bufs)];
	const struct dev_ruleset *set = devrules_sets_find(&c->sets, num);
	cleanup_str struct str out = STR_EMPTY;

	for (size_t i = 0; set != NULL && i < set->n; i++) {
		if (i > 0)
			CHECK_INT(str_add(&out, "; "), 0);
		CHECK_INT(devrules_format(&set->rules[i], NULL, &out), 0);
	}
	(void)snprintf(buf, sizeof(bufs[0]), "%s", set == NULL ? "-" : str_get(&out));
	return buf;
}

static const char *
warning(const struct devconf *c, size_t n)
{
	return n < c->warnings.n ? c->warnings.s[n] : NULL;
}

static void
plain(void)
{
	cleanup_devconf struct devconf c = {0};

	load(&c, "# comment\n"
		 "\n"
		 "[one=1]\n"
		 "add hide\n"
		 "  add path 'bpf*' unhide\n"
		 "[two=2] text behind means nothing\n"
		 "\tadd include $one\n"
		 "add include ${one}\n"
		 "add path \"tty$one\" unhide\n"
		 "add 7 path x\\\n"
		 "y hide\n");
	CHECK_INT(c.warnings.n, 0);
	CHECK_STR(set_text(&c, 1), "100 hide; 200 path bpf* unhide");
	CHECK_STR(
	    set_text(&c, 2), "7 path xy hide; 100 include 1; 200 include 1; 300 path tty1 unhide");
	CHECK(devconf_find_name(&c, "two", 3) != NULL);
	CHECK_INT(devconf_find_name(&c, "two", 3)->num, 2);
	CHECK(devconf_find_name(&c, "tw", 2) == NULL);
}

static void
case_30(void)
{
	cleanup_devconf struct devconf c = {0};

	load(&c, "[my_rules = 10]\nadd path x hide\n[good=11]\nadd path y hide\n");
	CHECK_STR(warning(&c, 0),
	    "a:1: cannot extract rule number ([my_rules = 10]); its rules are left out");
	CHECK_INT(c.warnings.n, 1);
	CHECK_STR(set_text(&c, 10), "-");
	CHECK_STR(set_text(&c, 11), "100 path y hide");
}

static void
headers(void)
{
	static const struct {
		const char *text;
		const char *warning;
	} table[] = {
	    {"[x=]\n", "a:1: cannot extract rule number ([x=]); its rules are left out"},
	    {"[=5]\n", "a:1: cannot extract rule name ([=5]); its rules are left out"},
	    {"[x=5x]\n", "a:1: cannot extract rule number ([x=5x]); its rules are left out"},
	    {"[x]\n", "a:1: cannot extract rule number ([x]); its rules are left out"},
	    {"[x=65536]\n",
		"a:1: rule number 65536 is not between 1 and 65535 ([x=65536]); its rules are "
		"left out"},
	    {"[x=0]\n",
		"a:1: rule number 0 is not between 1 and 65535 ([x=0]); its rules are left out"},
	    {"add hide\n", "a:1: a rule before the first [name=number]"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		cleanup_devconf struct devconf c = {0};

		load(&c, table[i].text);
		CHECK_STR(warning(&c, 0), table[i].warning);
		CHECK_INT(c.sets.n, 0);
	}
}

static void
case_31(void)
{
	cleanup_devconf struct devconf c = {0};

	load(&c, "[my-rules=10]\nadd path x hide\n[b=11]\nadd include $my-rules\n");
	CHECK_STR(warning(&c, 0),
	    "a:1: $my-rules cannot be used: only letters, digits and _ can stand in a name");
	CHECK_STR(set_text(&c, 10), "100 path x hide");
	/* $my, which is not defined, and the word "-rules" behind it. */
	CHECK_STR(
	    warning(&c, 1), "a:4: error converting to number: -rules ($my is not defined above)");
}

static void
case_32(void)
{
	cleanup_devconf struct devconf c = {0};

	load(&c, "[a=10]\nadd include $later\n[later=11]\nadd hide\n[c=12]\nadd include $later\n");
	CHECK_STR(
	    warning(&c, 0), "a:2: expecting argument for include ($later is not defined above)");
	CHECK_INT(c.warnings.n, 1);
	CHECK_STR(set_text(&c, 10), "-");
	CHECK_STR(set_text(&c, 11), "100 hide");
	CHECK_STR(set_text(&c, 12), "100 include 11");
	CHECK_INT(c.nbad, 1);
	CHECK_INT(c.bad[0].num, 10);
	CHECK_STR(
	    c.bad[0].why, "a:2: expecting argument for include ($later is not defined above)");
}

static void
case_33(void)
{
	cleanup_devconf struct devconf c = {0};

	load(&c, "[a=10]\nadd path foo unhide # note\nadd path foo#1 unhide\n");
	CHECK_INT(c.warnings.n, 0);
	CHECK_STR(set_text(&c, 10), "100 path foo unhide; 200 path foo#1 unhide");
}

static void
case_34(void)
{
	const char *const texts[] = {"[devfsrules_jail=4]\nadd hide\nadd path null unhide\n",
	    "[devfsrules_jail=4]\nadd path zero hide\n", NULL};
	cleanup_devconf struct devconf c = {0};

	load_over(&c, &nothing, texts);
	CHECK_INT(c.warnings.n, 0);
	CHECK_STR(set_text(&c, 4), "100 path zero hide");
}

/* A mistake costs its set: the one in force before stays, or none is made. */
static void
bad_edits(void)
{
	const char *const first[] = {
	    "[jail=4]\nadd hide\n[mine=10]\nadd include $jail\n[gone=12]\nadd hide\n", NULL};
	const char *const second[] = {"[jail=4]\nadd hide\nadd path zfs unhide\n",
	    "[mine=10]\nadd include $jail\nadd path null unhid\n[other=11]\nadd include $mine\n",
	    NULL};
	cleanup_devconf struct devconf c = {0}, d = {0};

	load_over(&c, &nothing, first);
	CHECK_INT(c.warnings.n, 0);
	load_over(&d, &c.sets, second);
	CHECK_INT(d.warnings.n, 1);
	CHECK_STR(warning(&d, 0), "b:3: unknown argument: unhid");
	CHECK_STR(set_text(&d, 4), "100 hide; 200 path zfs unhide");
	CHECK_STR(set_text(&d, 10), "100 include 4");
	CHECK_STR(set_text(&d, 11), "100 include 10");
	/* Not in the files any more: stays, as on FreeBSD. */
	CHECK_STR(set_text(&d, 12), "100 hide");
	CHECK_INT(d.nbad, 0);
}

/* The second file's mistake leaves the first one's set. */
static void
bad_override(void)
{
	const char *const texts[] = {
	    "[jail=4]\nadd hide\n", "[jail=4]\nadd hid\n[x=5]\nadd include $jail\n", NULL};
	cleanup_devconf struct devconf c = {0};

	load_over(&c, &nothing, texts);
	CHECK_STR(warning(&c, 0), "b:2: unknown argument: hid");
	CHECK_STR(set_text(&c, 4), "100 hide");
	CHECK_STR(set_text(&c, 5), "100 include 4");
	CHECK_INT(c.nbad, 0);
}

/* What includes a set that could not be loaded is not loaded either: nothing opens by accident. */
static void
bad_include(void)
{
	cleanup_devconf struct devconf c = {0};

	load(&c, "[base=9]\nadd hide\nadd hode\n[x=10]\nadd include $base\n");
	CHECK_INT(c.warnings.n, 2);
	CHECK_STR(warning(&c, 1), "a:5: ruleset 9, to be included: No such process");
	CHECK_INT(c.nbad, 2);
	CHECK_INT(c.sets.n, 0);
}

static void
cycles(void)
{
	const char *const first[] = {"[a=10]\nadd hide\n[b=11]\nadd include $a\n", NULL};
	const char *const swapped[] = {"[b=11]\nadd hide\n[a=10]\nadd include $b\n", NULL};
	const char *const cycle[] = {
	    "[a=10]\nadd hide\n[b=11]\nadd include $a\n", "[a=10]\nadd include 11\n", NULL};
	cleanup_devconf struct devconf c = {0}, d = {0}, f = {0};

	load_over(&c, &nothing, first);
	/* The sets that the files define anew are no part of a cycle. */
	load_over(&d, &c.sets, swapped);
	CHECK_INT(d.warnings.n, 0);
	CHECK_STR(set_text(&d, 10), "100 include 11");
	CHECK_STR(set_text(&d, 11), "100 hide");
	load_over(&f, &nothing, cycle);
	CHECK_STR(
	    warning(&f, 0), "b:2: ruleset 10 would include itself: 10 includes 11 includes 10");
	CHECK_STR(set_text(&f, 10), "100 hide");
}

static void
no_shell(void)
{
	static const struct {
		const char *line;
		const char *warning;
	} table[] = {
	    {"add hide; reboot", "a:2: `;' has no meaning here: one rule a line, no shell"},
	    {"add path $(reboot) hide",
		"a:2: only $name of a ruleset that is defined above can follow a $"},
	    {"add path `reboot` hide", "a:2: ``' has no meaning here: one rule a line, no shell"},
	    {"add hide > /etc/passwd", "a:2: `>' has no meaning here: one rule a line, no shell"},
	    {"add hide | sh", "a:2: `|' has no meaning here: one rule a line, no shell"},
	    {"add path 'x hide", "a:2: a quote (') that does not end"},
	    {"path x hide", "a:2: unknown command: path (a line starts with add, del or delset)"},
	    {"apply hide", "a:2: unknown command: apply (a line starts with add, del or delset)"},
	    {"del 100", "a:2: del 100: No such file or directory"},
	    {"add", "a:2: unexpected end of rulespec"},
	    {"add include 77", "a:2: ruleset 77, to be included: No such process"},
	    {"add 5 hide\nadd 5 hide", "a:3: rule 5: File exists"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		cleanup_devconf struct devconf c = {0};
		char text[256];

		(void)snprintf(text, sizeof(text), "[x=10]\n%s\n", table[i].line);
		load(&c, text);
		CHECK_INT(c.warnings.n, 1);
		CHECK_STR(warning(&c, 0), table[i].warning);
		CHECK_INT(c.nbad, 1);
		CHECK_STR(set_text(&c, 10), "-");
	}
}

static void
quotes(void)
{
	cleanup_devconf struct devconf c = {0};

	load(&c, "[x=10]\nadd path 'a $x;#' hide\nadd path \"b $x\"'c' hide\nadd path d\\e hide\n"
		 "add path f\\\\g hide\nadd path '' hide\ndelset\nadd path last hide");
	CHECK_INT(c.warnings.n, 0);
	CHECK_STR(set_text(&c, 10), "100 path last hide");
	devconf_done(&c);
	load(&c, "[x=10]\nadd path 'a $x;#' hide\nadd path \"b $x\"'c' hide\nadd path d\\e hide\n"
		 "add path f\\\\g hide\nadd 9 hide\ndel 9\n");
	CHECK_STR(set_text(&c, 10),
	    "100 path a $x;# hide; 200 path b 10c hide; 300 path de hide; 400 path f\\g hide");
}

/* The file that is installed: five sets, and the numbers that FreeBSD's have. */
static void
defaults(const char *path)
{
	cleanup_devconf struct devconf c = {0};
	cleanup_free char *text = NULL;
	static const size_t sizes[] = {1, 6, 40, 5, 5};

	CHECK_INT(path_read(AT_FDCWD, path, 1 << 20, &text, NULL), 0);
	if (text == NULL)
		return;
	load(&c, text);
	CHECK_INT(c.warnings.n, 0);
	CHECK_INT(c.sets.n, ARRAY_SIZE(sizes));
	for (size_t i = 0; i < c.sets.n && i < ARRAY_SIZE(sizes); i++) {
		CHECK_INT(c.sets.sets[i].num, i + 1);
		CHECK_INT(c.sets.sets[i].n, sizes[i]);
	}
	CHECK_STR(set_text(&c, 1), "100 hide");
	CHECK_STR(set_text(&c, 4), "100 include 1; 200 include 2; 300 include 3; 400 path fuse "
				   "unhide; 500 path zfs unhide");
	CHECK_STR(set_text(&c, 5),
	    "100 include 1; 200 include 2; 300 include 3; 400 include 4; 500 path pf unhide");
}

int
main(int argc, char **argv)
{
	CHECK_INT(argc, 2);
	plain();
	case_30();
	case_31();
	case_32();
	case_33();
	case_34();
	headers();
	bad_edits();
	bad_override();
	bad_include();
	cycles();
	no_shell();
	quotes();
	if (argc == 2)
		defaults(argv[1]);
	return UNIT_DONE();
}
