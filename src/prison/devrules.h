/*
 * The language of devfs rules, pure: words to rules and back, and what a set of
 * them does to one device.  No system calls, no databases of users: names of users
 * and groups are looked up through callbacks.
 *
 * Source: devfs(8), FreeBSD 12.1.  One difference: an include is followed to any
 * depth (FreeBSD stops after vfs.devfs.rule_depth = 1), so cycles through other
 * sets are refused when the rule is added.  A set that includes itself is legal,
 * and does nothing by it, as on FreeBSD.
 */
#ifndef GAOL_PRISON_DEVRULES_H
#define GAOL_PRISON_DEVRULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

#define DEV_NUM_MAX 65535    /* rulesets and rules are numbered 1 to this */
#define DEV_PATTERN_SIZE 200 /* with its NUL; a longer pattern is cut */
#define DEV_RULE_STEP 100    /* distance of rules that are numbered for the user */

enum dev_type {
	DEV_TYPE_DISK = 1 << 0,
	DEV_TYPE_MEM = 1 << 1,
	DEV_TYPE_TAPE = 1 << 2,
	DEV_TYPE_TTY = 1 << 3,
};

/* Which fields of a rule are set. */
enum dev_rule_has {
	DEV_HAS_PATH = 1 << 0,
	DEV_HAS_TYPE = 1 << 1,
	DEV_HAS_HIDE = 1 << 2,
	DEV_HAS_UNHIDE = 1 << 3,
	DEV_HAS_USER = 1 << 4,
	DEV_HAS_GROUP = 1 << 5,
	DEV_HAS_MODE = 1 << 6,
	DEV_HAS_INCLUDE = 1 << 7,
};

struct dev_rule {
	unsigned num; /* 0: to be numbered when it is added */
	unsigned has; /* enum dev_rule_has */
	unsigned types;
	uid_t uid;
	gid_t gid;
	mode_t mode;
	unsigned include;
	bool truncated; /* the pattern was too long and was cut: worth a warning */
	char path[DEV_PATTERN_SIZE];
};

/* Rules in ascending order of their numbers. */
struct dev_ruleset {
	unsigned num;
	struct dev_rule *rules;
	size_t n;
};

/* All rulesets, ascending; what an include refers to. */
struct dev_rulesets {
	struct dev_ruleset *sets;
	size_t n;
};

/* How names of users and groups are found.  A NULL member: numbers only. */
struct dev_ids {
	bool (*uid)(const char *name, uid_t *ret);
	bool (*gid)(const char *name, gid_t *ret);
	const char *(*user)(uid_t uid); /* valid until the next call; NULL: unknown */
	const char *(*group)(gid_t gid);
};

/*
 * Words of `devfs rule add` after "add" to a rule.  -EINVAL with devfs(8)'s text.
 * mask is the umask for a symbolic mode that names nobody ("+rw").
 */
int devrules_parse(char *const *words, size_t n, const struct dev_ids *ids, mode_t mask,
    struct dev_rule *ret, struct err *e);

/* Splits at blanks and tabs, without quotes or comments, as `devfs rule add -` does; then parses.
 */
int devrules_parse_line(
    const char *line, const struct dev_ids *ids, mode_t mask, struct dev_rule *ret, struct err *e);

/* The line of `devfs rule show`, without a newline; feeds devrules_parse_line again. */
int devrules_format(const struct dev_rule *r, const struct dev_ids *ids, struct str *ret);

/*
 * The form in which rules are kept: as shown, ids as numbers, blanks and control
 * characters of a pattern escaped, so that every rule is read back as it was.
 */
int devrules_format_stored(const struct dev_rule *r, struct str *ret);
int devrules_parse_stored(const char *line, struct dev_rule *ret, struct err *e);

/* chmod(1) forms evaluated against 0.  -EINVAL without a sentence. */
int devrules_parse_mode(const char *text, mode_t mask, mode_t *ret);

/*
 * A ruleset or rule number as devfs(8) takes it: decimal, at most DEV_NUM_MAX; an
 * empty string is 0.  -EINVAL without a sentence.
 */
int devrules_parse_num(const char *text, unsigned *ret);

/*
 * Puts a rule in its place, numbering it if its number is 0.  -EEXIST: the number is
 * taken; -ERANGE: no number is left.  *ret_num (may be NULL) is the rule's number.
 */
int devrules_insert(struct dev_ruleset *set, const struct dev_rule *r, unsigned *ret_num);

/* NULL: no rule of that number. */
const struct dev_rule *devrules_find(const struct dev_ruleset *set, unsigned num);

/* -ENOENT: no such rule. */
int devrules_remove(struct dev_ruleset *set, unsigned num);

void devrules_set_done(struct dev_ruleset *set);
#define cleanup_dev_ruleset __attribute__((cleanup(devrules_set_done)))

/* NULL: no such set. */
struct dev_ruleset *devrules_sets_find(const struct dev_rulesets *all, unsigned num);

/* Finds the set or makes an empty one in its place.  NULL: no memory. */
struct dev_ruleset *devrules_sets_get(struct dev_rulesets *all, unsigned num);

void devrules_sets_remove(struct dev_rulesets *all, unsigned num);
void devrules_sets_done(struct dev_rulesets *all);
#define cleanup_dev_rulesets __attribute__((cleanup(devrules_sets_done)))

/*
 * May `set` include `included`?  -ESRCH: there is no such set; -ELOOP: it includes
 * `set` already, and the sentence names the way.  Itself: 0.
 */
int devrules_check_include(
    const struct dev_rulesets *all, unsigned set, unsigned included, struct err *e);

#endif
