#include "jail/options.h"

#include <errno.h>
#include <getopt.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "jail/form.h"
#include "jail/message.h"

static const char usage_text[] =
    "usage: jail [-dhilqv] [-J jid_file] [-u username | -U username]\n"
    "            -[cmr] param=value ... [command=command ...]\n"
    "       jail [-dqv] [-f file] [-p limit] -[cmrC] [jail]\n"
    "       jail [-qv] [-f file] [-p limit] -[rRC] ['*' | jail ...]\n"
    "       jail [-dhilqv] [-J jid_file] [-u username | -U username] [-n jailname]\n"
    "            [-s securelevel] path hostname [ip[,...]] command ...\n"
    "       jail [-f file] -e separator\n"
    "       jail --dry-run ...\n"
    "       jail --check [file] | --doctor | --steps | --version\n";

void
options_usage(void)
{
	(void)fputs(usage_text, stderr);
}

/* What a letter does: op and flag bits, the new verbosity, the mode, and one special case. */
struct option_row {
	int letter; /* above 255: a long one only */
	const char *name;
	int has_arg;
	unsigned op;
	unsigned flags;
	int verbose; /* 0: as it is */
	enum mode mode;
	int (*set)(struct options *o, const char *arg);
};

static int
set_conf_file(struct options *o, const char *arg)
{
	o->conf_file = arg;
	return 0;
}

static int
set_exhibit(struct options *o, const char *arg)
{
	o->exhibit_sep = arg;
	return 0;
}

static int
set_jid_file(struct options *o, const char *arg)
{
	o->jid_file = arg;
	return 0;
}

static int
set_limit(struct options *o, const char *arg)
{
	uint64_t n = 0;

	/* What is no number means no limit, as on FreeBSD. */
	(void)num_parse_u64(arg, INT32_MAX, &n);
	o->limit = (unsigned long)n;
	return 0;
}

static int
set_ip_hostname(struct options *o, const char *arg)
{
	(void)arg;
	return args_add(&o->preset, "ip_hostname", NULL);
}

static int
set_clean(struct options *o, const char *arg)
{
	(void)arg;
	return args_add(&o->preset, "exec.clean", NULL);
}

static int
set_name(struct options *o, const char *arg)
{
	return args_add(&o->preset, "name", arg);
}

static int
set_securelevel(struct options *o, const char *arg)
{
	return args_add(&o->preset, "securelevel", arg);
}

static int
set_user(struct options *o, const char *arg)
{
	int r = args_add(&o->preset, "exec.jail_user", arg);

	return r < 0 ? r : args_add(&o->preset, "exec.system_jail_user", NULL);
}

static int
set_jail_user(struct options *o, const char *arg)
{
	int r = args_add(&o->preset, "exec.jail_user", arg);

	return r < 0 ? r : args_add(&o->preset, "exec.system_jail_user", "false");
}

static const struct option_row rows[] = {
    {.letter = 'c', .op = OP_START},
    {.letter = 'm', .op = OP_SET},
    {.letter = 'r', .op = OP_STOP},
    {.letter = 'R', .op = OP_STOP, .flags = OPTION_IGNORE_CONF},
    {.letter = 'C', .flags = OPTION_CLEANUP},
    {.letter = 'd', .flags = OPTION_DYING},
    {.letter = 'e', .has_arg = required_argument, .set = set_exhibit},
    {.letter = 'f', .has_arg = required_argument, .flags = OPTION_CONF_GIVEN, .set = set_conf_file},
    {.letter = 'h', .flags = OPTION_COMMAND_LINE, .set = set_ip_hostname},
    {.letter = 'i', .flags = OPTION_PRINT_JID, .verbose = -1},
    {.letter = 'J', .has_arg = required_argument, .set = set_jid_file},
    {.letter = 'l', .flags = OPTION_COMMAND_LINE, .set = set_clean},
    {.letter = 'n', .has_arg = required_argument, .flags = OPTION_COMMAND_LINE, .set = set_name},
    {.letter = 'p', .has_arg = required_argument, .set = set_limit},
    {.letter = 'q', .verbose = -1},
    {.letter = 's',
	.has_arg = required_argument,
	.flags = OPTION_COMMAND_LINE,
	.set = set_securelevel},
    {.letter = 'u', .has_arg = required_argument, .flags = OPTION_COMMAND_LINE, .set = set_user},
    {.letter = 'U',
	.has_arg = required_argument,
	.flags = OPTION_COMMAND_LINE,
	.set = set_jail_user},
    {.letter = 'v', .verbose = 1},
    {.letter = 256, .name = "version", .mode = MODE_VERSION},
    {.letter = 257, .name = "doctor", .mode = MODE_DOCTOR},
    {.letter = 258, .name = "steps", .mode = MODE_STEPS},
    {.letter = 259, .name = "dry-run", .flags = OPTION_DRY_RUN},
    {.letter = 260, .name = "check", .mode = MODE_CHECK},
    {.letter = 261, .name = "help", .mode = MODE_HELP},
};

#define ROWS ARRAY_SIZE(rows)

/* The table in getopt_long's two forms.  It stops at the first word that is no option. */
static void
make_getopt(char letters[2 * ROWS + 3], struct option long_options[ROWS + 1])
{
	size_t n = 0, longs = 0;

	letters[n++] = '+';
	letters[n++] = ':';
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].name != NULL)
			long_options[longs++] =
			    (struct option){rows[i].name, rows[i].has_arg, NULL, rows[i].letter};
		if (rows[i].letter > 255)
			continue;
		letters[n++] = (char)rows[i].letter;
		if (rows[i].has_arg == required_argument)
			letters[n++] = ':';
	}
	letters[n] = '\0';
	long_options[longs] = (struct option){0};
}

static int
apply(struct options *o, int letter, const char *arg)
{
	const struct option_row *row = rows;

	while (row->letter != letter)
		row++;
	o->op |= row->op;
	o->flags |= row->flags;
	if (row->verbose != 0)
		o->verbose = row->verbose;
	if (row->mode != MODE_JAILS)
		o->mode = row->mode;
	return row->set != NULL ? row->set(o, arg) : 0;
}

static int
wrong_option(int kind, char **argv)
{
	if (kind == ':')
		warn_plain("option requires an argument -- %c", optopt);
	else if (optopt != 0)
		warn_plain("illegal option -- %c", optopt);
	else
		warn_plain("unknown option: %s", argv[optind - 1]);
	return -EINVAL;
}

int
options_parse(int argc, char **argv, struct options *ret)
{
	char letters[2 * ROWS + 3];
	struct option long_options[ROWS + 1];
	int letter;

	*ret = (struct options){.conf_file = CONF_FILE_DEFAULT};
	make_getopt(letters, long_options);
	opterr = 0;
	for (;;) {
		int r;

		optopt = 0;
		letter = getopt_long(argc, argv, letters, long_options, NULL);
		if (letter == -1)
			break;
		if (letter == '?' || letter == ':')
			return wrong_option(letter, argv);
		r = apply(ret, letter, optarg);
		if (r < 0)
			return r;
	}
	ret->argc = argc - optind;
	ret->argv = argv + optind;
	return 0;
}
