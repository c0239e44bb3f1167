/*
 * The language of devfs rules and its numbering.  Functions called case_N are the
 * numbered cases of devfs(8) that need no running system.
 */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "prison/devmatch.h"
#include "prison/devrules.h"
#include "unit.h"

static bool
test_uid(const char *name, uid_t *ret)
{
	*ret = 1000;
	return strcmp(name, "joe") == 0;
}

static bool
test_gid(const char *name, gid_t *ret)
{
	*ret = 5;
	return strcmp(name, "operator") == 0;
}

static const char *
test_user(uid_t uid)
{
	return uid == 1000 ? "joe" : NULL;
}

static const char *
test_group(gid_t gid)
{
	return gid == 5 ? "operator" : NULL;
}

static const struct dev_ids ids = {test_uid, test_gid, test_user, test_group};

/* The line, read and printed again; or the error's text. */
static const char *
round_trip(const char *line)
{
	static char buf[1200];
	cleanup_str struct str out = STR_EMPTY;
	struct dev_rule r;
	struct err e = {0};

	if (devrules_parse_line(line, &ids, 022, &r, &e) < 0)
		(void)snprintf(buf, sizeof(buf), "error: %s", e.text);
	else if (devrules_format(&r, &ids, &out) < 0)
		(void)snprintf(buf, sizeof(buf), "no memory");
	else
		(void)snprintf(buf, sizeof(buf), "%s", str_get(&out));
	return buf;
}

static int
add(struct dev_ruleset *set, const char *line, unsigned *num)
{
	struct dev_rule r;
	struct err e = {0};

	if (devrules_parse_line(line, &ids, 022, &r, &e) < 0)
		return -EINVAL;
	return devrules_insert(set, &r, num);
}

static void
case_5(void)
{
	cleanup_dev_ruleset struct dev_ruleset set = {.num = 10};
	unsigned num;

	CHECK_INT(add(&set, "150 path a hide", &num), 0);
	CHECK_INT(num, 150);
	CHECK_INT(add(&set, "path b hide", &num), 0);
	CHECK_INT(num, 250);
	CHECK_INT(add(&set, "120 path c hide", &num), 0);
	CHECK_INT(set.n, 3);
	CHECK_INT(set.rules[0].num, 120);
	CHECK_INT(set.rules[1].num, 150);
	CHECK_INT(set.rules[2].num, 250);
	CHECK_STR(set.rules[2].path, "b");
	CHECK_INT(add(&set, "250 hide", NULL), -EEXIST);
	CHECK_INT(devrules_remove(&set, 150), 0);
	CHECK_INT(devrules_remove(&set, 150), -ENOENT);
	CHECK_INT(set.n, 2);
	CHECK_INT(set.rules[1].num, 250);
	CHECK(devrules_find(&set, 150) == NULL);
	CHECK(devrules_find(&set, 120) != NULL);
}

static void
case_6(void)
{
	cleanup_dev_ruleset struct dev_ruleset set = {.num = 10}, other = {.num = 11};
	unsigned num = 0;

	CHECK_INT(add(&set, "65500 hide", NULL), 0);
	CHECK_INT(add(&set, "hide", &num), -ERANGE);
	CHECK_INT(num, 0);
	CHECK_INT(add(&other, "65435 hide", NULL), 0);
	CHECK_INT(add(&other, "hide", &num), 0);
	CHECK_INT(num, 65535);
}

static void
case_7(void)
{
	cleanup_dev_ruleset struct dev_ruleset set = {.num = 10};
	unsigned num;

	CHECK_INT(add(&set, "0 path x hide", &num), 0);
	CHECK_INT(num, 100);
}

static void
case_8(void)
{
	CHECK_STR(round_trip("70000 path x hide"), "error: unknown argument: 70000");
	CHECK_STR(round_trip("65535 path x hide"), "65535 path x hide");
	CHECK_STR(round_trip("-1 path x hide"), "error: unknown argument: -1");
	CHECK_STR(round_trip("0x10 path x hide"), "error: unknown argument: 0x10");
}

static void
case_9(void)
{
	CHECK_STR(round_trip("hide path x"), "error: unknown argument: path");
	CHECK_STR(round_trip("hide type tty"), "error: unknown argument: type");
}

static void
case_10(void)
{
	CHECK_STR(round_trip("100 path x path y hide"), "100 path y hide");
}

static void
case_11(void)
{
	CHECK_STR(
	    round_trip("100 type disk type tape mode 600"), "100 type disk type tape mode 600");
	/* In the table's order, whatever was typed. */
	CHECK_STR(round_trip("1 type tty type disk path a"), "1 type disk type tty path a");
	CHECK_STR(round_trip("1 type floppy"), "error: unknown type: floppy");
}

static void
case_12(void)
{
	CHECK_STR(round_trip("100 path x unhide hide"), "100 path x hide unhide");
}

static void
case_29(void)
{
	CHECK_STR(round_trip("1 path 'pts/*' hide"), "1 path 'pts/*' hide");
	CHECK(!devmatch_pattern("'pts/*'", "pts/0"));
}

static void
missing_operands(void)
{
	static const char *const words[] = {"path", "type", "user", "group", "mode", "include"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++) {
		char want[64];

		(void)snprintf(want, sizeof(want), "error: expecting argument for %s", words[i]);
		CHECK_STR(round_trip(words[i]), want);
	}
	CHECK_STR(round_trip(""), "error: unexpected end of rulespec");
	CHECK_STR(round_trip(" \t "), "error: unexpected end of rulespec");
	CHECK_STR(round_trip("100"), "100");
	CHECK_STR(round_trip("7 #comment"), "error: unknown argument: #comment");
}

static void
ids_and_includes(void)
{
	CHECK_STR(round_trip("1 user joe group operator"), "1 user joe group operator");
	CHECK_STR(round_trip("1 user 1000 group 6"), "1 user joe group 6");
	CHECK_STR(round_trip("1 user nobody"), "error: error converting to integer: nobody");
	CHECK_STR(
	    round_trip("1 user 4294967295"), "error: error converting to integer: 4294967295");
	CHECK_STR(round_trip("1 user 1 user 2"), "1 user 2");
	CHECK_STR(round_trip("1 include 4"), "1 include 4");
	CHECK_STR(round_trip("1 include four"), "error: error converting to number: four");
	CHECK_STR(round_trip("1 include 65536"), "error: error converting to number: 65536");
}

static void
long_pattern(void)
{
	char pattern[400], line[420];
	struct dev_rule r;

	memset(pattern, 'a', sizeof(pattern));
	pattern[199] = '\0';
	(void)snprintf(line, sizeof(line), "path %s", pattern);
	CHECK_INT(devrules_parse_line(line, NULL, 0, &r, NULL), 0);
	CHECK(!r.truncated);
	CHECK_INT(strlen(r.path), 199);
	pattern[199] = 'a';
	pattern[399] = '\0';
	(void)snprintf(line, sizeof(line), "path %s", pattern);
	CHECK_INT(devrules_parse_line(line, NULL, 0, &r, NULL), 0);
	CHECK(r.truncated);
	CHECK_INT(strlen(r.path), 199);
}

static void
modes(void)
{
	static const struct {
		const char *text;
		int mode; /* octal, -1: refused */
	} table[] = {
	    {"600", 0600},
	    {"0640", 0640},
	    {"7777", 07777},
	    {"10000", -1},
	    {"68", -1},
	    {"6x", -1},
	    {"u=rw", 0600},
	    {"u=rw,g=r", 0640},
	    {"a=rwx", 0777},
	    {"ugo+r", 0444},
	    /* Nobody named: the umask, 022 here, takes its share. */
	    {"+rw", 0644},
	    {"=rwx", 0755},
	    {"a=rw,go-w", 0644},
	    {"u=rwx,g=u,o=g", 0777},
	    {"u=rwx,go=u-w", 0755},
	    {"u+s", 04000},
	    {"g+s", 02000},
	    {"+t", 01000},
	    {"+X", 0},
	    {"u", -1},
	    {"u=z", -1},
	    {"u=r,", -1},
	    {"u=r g=r", -1},
	    {"=", 0},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++) {
		mode_t mode = 0;
		int r = devrules_parse_mode(table[i].text, 022, &mode);

		if ((r < 0 ? -1 : (int)mode) != table[i].mode) {
			(void)fprintf(stderr, "mode %s: %d %o\n", table[i].text, r, (unsigned)mode);
			unit_failed++;
		}
	}
	CHECK_STR(round_trip("1 mode u=q"), "error: invalid mode: u=q");
	CHECK_STR(round_trip("1 mode"), "error: expecting argument for mode");
	CHECK_STR(round_trip("1 mode 0644"), "1 mode 644");
}

static void
numbers(void)
{
	unsigned n = 7;

	CHECK_INT(devrules_parse_num("", &n), 0);
	CHECK_INT(n, 0);
	CHECK_INT(devrules_parse_num("65535", &n), 0);
	CHECK_INT(n, 65535);
	CHECK_INT(devrules_parse_num("65536", &n), -EINVAL);
	CHECK_INT(devrules_parse_num("-1", &n), -EINVAL);
	CHECK_INT(devrules_parse_num(" 1", &n), -EINVAL);
	CHECK_INT(devrules_parse_num("1a", &n), -EINVAL);
	CHECK_INT(n, 65535);
}

static void
patterns(void)
{
	static const struct {
		const char *pattern;
		const char *name;
		bool match;
	} table[] = {
	    {"null", "null", true},
	    {"null", "nul", false},
	    {"nul", "null", false},
	    {"NULL", "null", false},
	    {"*", "null", true},
	    {"*", "pts/0", false},
	    {"*/*", "pts/0", true},
	    {"*/*", "pts", false},
	    {"pts*", "pts", true},
	    {"pts*", "pts/0", false},
	    {"pts/*", "pts/0", true},
	    {"pts/*", "pts", false},
	    {"pts?0", "pts/0", false},
	    {"pts[/]0", "pts/0", false},
	    {"pts[!a]0", "pts/0", false},
	    {"*", ".hidden", true},
	    {"?hidden", ".hidden", true},
	    {"tty[pq]0", "ttyq0", true},
	    {"tty[!pq]0", "ttyq0", false},
	    {"tty[^pq]0", "ttyr0", true},
	    {"tty[0-9]", "tty7", true},
	    {"tty[0-9]", "ttya", false},
	    {"a\\*b", "a*b", true},
	    {"a\\*b", "axb", false},
	    {"a[b", "a[b", true},
	    {"a[b", "ab", false},
	    {"[]a]x", "]x", true},
	    {"[a-]", "-", true},
	    {"*a*b*c", "xaybzc", true},
	    {"*a*b*c", "xaybz", false},
	    {"**", "", true},
	    {"", "", true},
	    {"?", "", false},
	    {"a*", "a", true},
	    {"*a", "aaab", false},
	    {"*ab", "aaab", true},
	    {"a\\", "a\\", true},
	};

	for (size_t i = 0; i < ARRAY_SIZE(table); i++)
		if (devmatch_pattern(table[i].pattern, table[i].name) != table[i].match) {
			(void)fprintf(stderr, "pattern %s, name %s: not %d\n", table[i].pattern,
			    table[i].name, table[i].match);
			unit_failed++;
		}
}

static void
case_16(void)
{
	CHECK_STR(round_trip("1 path /dev/null hide"), "1 path /dev/null hide");
	CHECK(!devmatch_pattern("/dev/null", "null"));
}

static void
case_17(void)
{
	CHECK_STR(round_trip("1 path {da,ada}* hide"), "1 path {da,ada}* hide");
	CHECK(!devmatch_pattern("{da,ada}*", "da0"));
	CHECK(!devmatch_pattern("{da,ada}*", "ada0"));
}

/* Patterns with many stars end soon: they would take for ever if every star were tried again. */
static void
pathological_pattern(void)
{
	char pattern[DEV_PATTERN_SIZE] = "", name[200];

	for (size_t i = 0; i + 3 < sizeof(pattern); i += 2)
		memcpy(pattern + i, "*a", 3);
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	name[sizeof(name) - 2] = 'b';
	CHECK(!devmatch_pattern(pattern, name));
}

static struct dev_rulesets
sets_with_includes(const unsigned (*pairs)[2], size_t n)
{
	struct dev_rulesets all = {0};

	for (size_t i = 0; i < n; i++) {
		struct dev_rule r = {.has = DEV_HAS_INCLUDE, .include = pairs[i][1]};
		struct dev_ruleset *set = devrules_sets_get(&all, pairs[i][0]);

		CHECK(set != NULL);
		CHECK_INT(devrules_insert(set, &r, NULL), 0);
	}
	return all;
}

static void
case_22(void)
{
	static const unsigned pairs[][2] = {{10, 1}};
	cleanup_dev_rulesets struct dev_rulesets all = sets_with_includes(pairs, 1);

	CHECK_INT(devrules_check_include(&all, 10, 10, NULL), 0);
	CHECK_INT(devrules_check_include(&all, 20, 20, NULL), -ESRCH);
}

static void
cycles(void)
{
	static const unsigned pairs[][2] = {{11, 12}, {12, 13}, {13, 10}, {12, 14}, {14, 15}};
	cleanup_dev_rulesets struct dev_rulesets all = sets_with_includes(pairs, ARRAY_SIZE(pairs));
	struct err e = {0};

	CHECK(devrules_sets_get(&all, 10) != NULL);
	CHECK_INT(devrules_check_include(&all, 10, 11, &e), -ELOOP);
	CHECK_STR(e.text,
	    "ruleset 10 would include itself: 10 includes 11 includes 12 includes 13 includes 10");
	CHECK_INT(devrules_check_include(&all, 10, 14, &e), 0);
	CHECK_INT(devrules_check_include(&all, 14, 11, &e), -ELOOP);
	CHECK_STR(
	    e.text, "ruleset 14 would include itself: 14 includes 11 includes 12 includes 14");
	CHECK_INT(devrules_check_include(&all, 9, 11, &e), 0);
	CHECK_INT(devrules_check_include(&all, 9, 99, &e), -ESRCH);
}

/* Whatever a pattern is made of, it comes back from the store. */
static void
stored(void)
{
	static const char *const paths[] = {
	    "null", "a b", " ", "a\nb hide", "\\", "a\\040b", "\t", "", "\x7f", "\\-"};

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		struct dev_rule r = {.num = 5, .has = DEV_HAS_PATH | DEV_HAS_HIDE}, back = {0};
		cleanup_str struct str line = STR_EMPTY;

		(void)snprintf(r.path, sizeof(r.path), "%s", paths[i]);
		CHECK_INT(devrules_format_stored(&r, &line), 0);
		CHECK(strchr(str_get(&line), '\n') == NULL);
		CHECK_INT(devrules_parse_stored(str_get(&line), &back, NULL), 0);
		CHECK_STR(back.path, paths[i]);
		CHECK_INT(back.has, r.has);
		CHECK_INT(back.num, 5);
	}
}

int
main(void)
{
	stored();
	case_5();
	case_6();
	case_7();
	case_8();
	case_9();
	case_10();
	case_11();
	case_12();
	case_16();
	case_17();
	case_22();
	case_29();
	missing_operands();
	ids_and_includes();
	long_pattern();
	modes();
	numbers();
	patterns();
	pathological_pattern();
	cycles();
	return UNIT_DONE();
}
