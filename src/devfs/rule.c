/* devfs rule, devfs ruleset: the requests of devfs(8). */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "devfs/devfs.h"
#include "prison/devids.h"
#include "prison/devstore.h"

static mode_t
current_umask(void)
{
	mode_t mask = umask(0);

	(void)umask(mask);
	return mask;
}

static void
warn_truncated(const struct dev_rule *r)
{
	if (r->truncated)
		warning("pattern specified too long; truncated");
}

/* What add and apply do with a rule. */
typedef int (*rule_request)(struct devfs *d, const struct dev_rule *r, struct err *e);

static int
request_add(struct devfs *d, const struct dev_rule *r, struct err *e)
{
	if (d->target.kind == TARGET_NONE)
		return err_errno(e, ENOTTY, "%s", d->mount);
	return devstore_add(d->state, target_ruleset(d), r, e);
}

static int
request_apply(struct devfs *d, const struct dev_rule *r, struct err *e)
{
	return target_apply(d, target_ruleset(d), r, e);
}

/* Rules on standard input, one a line; the first mistake ends it, what was before stays. */
static int
rules_from_stdin(struct devfs *d, rule_request request)
{
	cleanup_free char *line = NULL;
	size_t size = 0;
	ssize_t len;

	errno = 0;
	while ((len = getline(&line, &size, stdin)) > 0) {
		struct dev_rule rule;
		struct err e = {0};
		int r;

		if (line[len - 1] == '\n')
			line[--len] = '\0';
		/* An empty line is the end, as it always was. */
		if (len == 0)
			return 0;
		if (devrules_parse_line(line, &devids_host, current_umask(), &rule, &e) < 0)
			fail("%s", e.text);
		warn_truncated(&rule);
		r = request(d, &rule, &e);
		if (r < 0)
			fail_request("ioctl", r, &e);
	}
	if (ferror(stdin))
		fail("stdin: %s", strerror(errno));
	return 0;
}

static int
rule_from_words(
    struct devfs *d, int argc, char **argv, rule_request request, const char *request_name)
{
	struct dev_rule rule;
	struct err e = {0};
	int r;

	if (devrules_parse(argv, (size_t)argc, &devids_host, current_umask(), &rule, &e) < 0)
		fail("%s", e.text);
	warn_truncated(&rule);
	r = request(d, &rule, &e);
	if (r < 0)
		fail_request(request_name, r, &e);
	return 0;
}

static int
rule_add(struct devfs *d, int argc, char **argv)
{
	if (argc < 2)
		usage();
	if (strcmp(argv[1], "-") == 0)
		return rules_from_stdin(d, request_add);
	return rule_from_words(d, argc - 1, argv + 1, request_add, "ioctl DEVFSIO_RADD");
}

/* A stored rule, by its number. */
static int
apply_stored(struct devfs *d, unsigned num)
{
	cleanup_dev_ruleset struct dev_ruleset set = {0};
	const struct dev_rule *rule = NULL;
	struct err e = {0};
	int r;

	if (d->target.kind == TARGET_NONE)
		fail_request("ioctl DEVFSIO_RAPPLYID", -ENOTTY, &e);
	r = devstore_get(d->state, target_ruleset(d), &set, &e);
	if (r < 0 && r != -ESRCH)
		fail_request("ioctl DEVFSIO_RAPPLYID", r, &e);
	if (r >= 0)
		rule = devrules_find(&set, num);
	if (rule == NULL)
		fail_request("ioctl DEVFSIO_RAPPLYID", -ENOENT, &e);
	r = request_apply(d, rule, &e);
	if (r < 0)
		fail_request("ioctl DEVFSIO_RAPPLYID", r, &e);
	return 0;
}

static int
rule_apply(struct devfs *d, int argc, char **argv)
{
	unsigned num;

	if (argc < 2)
		usage();
	if (strcmp(argv[1], "-") == 0)
		return rules_from_stdin(d, request_apply);
	if (devrules_parse_num(argv[1], &num) == 0)
		return apply_stored(d, num);
	return rule_from_words(d, argc - 1, argv + 1, request_apply, "ioctl DEVFSIO_RAPPLY");
}

static int
rule_applyset(struct devfs *d, int argc, char **argv)
{
	struct err e = {0};
	int r;

	(void)argv;
	if (argc != 1)
		usage();
	r = target_apply(d, target_ruleset(d), NULL, &e);
	if (r < 0)
		fail_request("ioctl DEVFSIO_SAPPLY", r, &e);
	jails_refresh(d->state, NULL);
	return 0;
}

static unsigned
rule_number(const char *text)
{
	unsigned num;

	if (*text == '\0' || devrules_parse_num(text, &num) < 0)
		fail("error converting to integer: %s", text);
	return num;
}

static int
rule_del(struct devfs *d, int argc, char **argv)
{
	struct err e = {0};
	unsigned num;
	int r;

	if (argc < 2)
		usage();
	num = rule_number(argv[1]);
	r = d->target.kind == TARGET_NONE ? -ENOTTY
					  : devstore_del(d->state, target_ruleset(d), num, &e);
	if (r < 0)
		fail_request("ioctl DEVFSIO_RDEL", r, &e);
	return 0;
}

static int
rule_delset(struct devfs *d, int argc, char **argv)
{
	struct err e = {0};
	int r;

	(void)argv;
	if (argc != 1)
		usage();
	r = d->target.kind == TARGET_NONE ? -ENOTTY
					  : devstore_delset(d->state, target_ruleset(d), &e);
	if (r < 0)
		fail_request("ioctl DEVFSIO_RGETNEXT", r, &e);
	return 0;
}

static void
print_rule(const struct dev_rule *r)
{
	cleanup_str struct str line = STR_EMPTY;

	if (devrules_format(r, &devids_host, &line) < 0)
		fail("%s", strerror(ENOMEM));
	(void)printf("%s\n", str_get(&line));
}

/* One rule: that or nothing; nothing at or above it is an error. */
static void
show_one(const struct dev_ruleset *set, unsigned num)
{
	struct err e = {0};

	for (size_t i = 0; i < set->n; i++)
		if (set->rules[i].num >= num) {
			if (set->rules[i].num == num)
				print_rule(&set->rules[i]);
			return;
		}
	fail_request("ioctl DEVFSIO_RGETNEXT", -ENOENT, &e);
}

static int
rule_show(struct devfs *d, int argc, char **argv)
{
	cleanup_dev_ruleset struct dev_ruleset set = {0};
	unsigned num = 0;
	struct err e = {0};
	int r = -ENOTTY;

	if (argc > 1)
		num = rule_number(argv[1]);
	if (d->target.kind != TARGET_NONE)
		r = devstore_get(d->state, target_ruleset(d), &set, &e);
	if (r < 0 && r != -ESRCH)
		fail_request("ioctl DEVFSIO_RGETNEXT", r, &e);
	if (argc > 1) {
		show_one(&set, num);
		return 0;
	}
	for (size_t i = 0; i < set.n; i++)
		print_rule(&set.rules[i]);
	return 0;
}

/* A ruleset is there if it has rules, or something refers to it. */
static int
rule_showsets(struct devfs *d, int argc, char **argv)
{
	cleanup_dev_rulesets struct dev_rulesets all = {0};
	static bool used[DEV_NUM_MAX + 1];
	struct err e = {0};
	int r = -ENOTTY;

	(void)argv;
	if (argc != 1)
		usage();
	if (d->target.kind != TARGET_NONE)
		r = devstore_get_all(d->state, &all, &e);
	if (r >= 0)
		r = target_used_rulesets(d, used, &e);
	if (r < 0)
		fail_request("ioctl DEVFSIO_SGETNEXT", r, &e);
	for (size_t i = 0; i < all.n; i++) {
		used[all.sets[i].num] = true;
		for (size_t j = 0; j < all.sets[i].n; j++)
			if ((all.sets[i].rules[j].has & DEV_HAS_INCLUDE) != 0)
				used[all.sets[i].rules[j].include] = true;
	}
	for (unsigned num = 1; num <= DEV_NUM_MAX; num++)
		if (used[num])
			(void)printf("%u\n", num);
	return 0;
}

static const struct {
	const char *word;
	int (*main)(struct devfs *d, int argc, char **argv);
} subcommands[] = {
    {"add", rule_add},
    {"apply", rule_apply},
    {"applyset", rule_applyset},
    {"del", rule_del},
    {"delset", rule_delset},
    {"show", rule_show},
    {"showsets", rule_showsets},
};

static unsigned
ruleset_number(const char *text)
{
	unsigned num;

	if (devrules_parse_num(text, &num) < 0)
		fail("error converting to number: %s", text);
	return num;
}

int
rule_main(struct devfs *d, int argc, char **argv)
{
	int c;

	optind = 0; /* glibc: from the start again, also of its idea of "+" */
	while ((c = getopt(argc, argv, "+s:")) != -1) {
		if (c != 's')
			usage();
		d->ruleset = ruleset_number(optarg);
	}
	argc -= optind;
	argv += optind;
	if (argc < 1)
		usage();
	for (size_t i = 0; i < ARRAY_SIZE(subcommands); i++)
		if (strcmp(argv[0], subcommands[i].word) == 0)
			return subcommands[i].main(d, argc, argv);
	fail("unknown command: %s", argv[0]);
}

int
ruleset_main(struct devfs *d, int argc, char **argv)
{
	struct err e = {0};
	int r;

	if (argc < 2)
		usage();
	r = target_set_ruleset(d, ruleset_number(argv[1]), &e);
	if (r < 0)
		fail_request("ioctl DEVFSIO_SUSE", r, &e);
	return 0;
}

/* devfs reload [file ...]: 1 if something in the files was wrong. */
int
reload_main(struct devfs *d, int argc, char **argv)
{
	cleanup_strv struct strv warnings = {0};
	const char *const *paths = argc > 1 ? (const char *const *)(argv + 1) : NULL;
	struct err e = {0};

	if (devstore_reload(d->state, paths, &warnings, &e) < 0)
		fail("%s", e.text);
	for (size_t i = 0; i < warnings.n; i++)
		warning("%s", warnings.s[i]);
	return warnings.n > 0;
}

/* devfs names: what devfs.rules calls the rulesets, NAME=N a line. */
int
names_main(struct devfs *d, int argc, char **argv)
{
	cleanup_strv struct strv names = {0};
	struct err e = {0};

	(void)argv;
	if (argc != 1)
		usage();
	if (devstore_names(d->state, &names, &e) < 0)
		fail("%s", e.text);
	for (size_t i = 0; i < names.n; i++)
		(void)printf("%s\n", names.s[i]);
	return 0;
}
