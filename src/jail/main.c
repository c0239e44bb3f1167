/* jail(8): create, modify and remove jails. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "conf/conf.h"
#include "config.h"
#include "jail/check.h"
#include "jail/exhibit.h"
#include "jail/form.h"
#include "jail/job.h"
#include "jail/live.h"
#include "jail/message.h"
#include "jail/options.h"

static int
fatal_memory(void)
{
	warn_plain("out of memory");
	return 1;
}

/* ---- what is no matter of jails ------------------------------------------------------------ */

static int
show_doctor(void)
{
	const struct gaol_feature *f;
	struct err e = {0};
	size_t n;

	if (gaol_features(&f, &n, &e) < 0) {
		warn_plain("%s", e.text);
		return 1;
	}
	for (size_t i = 0; i < n; i++)
		(void)printf("%-3s %-24s %s\n", f[i].found ? "yes" : "no", f[i].name, f[i].meaning);
	return 0;
}

static int
show_steps(void)
{
	for (const char *const *s = gaol_step_names(); *s != NULL; s++)
		(void)puts(*s);
	return 0;
}

static int
check_file(const struct options *o)
{
	if (o->op != 0 || o->argc > 1) {
		options_usage();
		return 1;
	}
	return check_conf(o->argc == 1 ? o->argv[0] : o->conf_file);
}

static int
run_mode(const struct options *o)
{
	switch (o->mode) {
	case MODE_VERSION:
		(void)puts("jail (Gaol) " GAOL_VERSION);
		return 0;
	case MODE_DOCTOR:
		return show_doctor();
	case MODE_STEPS:
		return show_steps();
	case MODE_CHECK:
		return check_file(o);
	case MODE_HELP:
		options_usage();
		return 0;
	case MODE_JAILS:
		break;
	}
	return 1;
}

/* ---- the configuration file --------------------------------------------------------------------
 */

/* 0, or -1 after saying why not. */
static int
read_conf(const char *file, struct conf **ret)
{
	const struct conf_message *m;
	struct err e = {0};
	size_t n;

	if (conf_load(file, ret, &e) < 0) {
		warn_plain("%s", e.text);
		return -1;
	}
	n = conf_messages(*ret, &m);
	for (size_t i = 0; i < n; i++)
		warn_conf(&m[i]);
	return conf_failed(*ret) ? -1 : 0;
}

static int
load(struct run *run)
{
	if (read_conf(run->options->conf_file, &run->conf) < 0)
		return -1;
	if (select_load(run) < 0) {
		warn_plain("out of memory");
		return -1;
	}
	return 0;
}

static int
exhibit(const struct options *o)
{
	struct conf *conf = NULL;
	int status = 1;

	if (read_conf(o->conf_file, &conf) == 0)
		status = exhibit_conf(conf, o->exhibit_sep) == 0 ? 0 : fatal_memory();
	conf_free(conf);
	return status;
}

/* ---- jails from the command line
 * ------------------------------------------------------------------ */

static int
add_live(struct options *o, const char *word)
{
	const char **more = reallocarray(o->live, o->nlive + 1, sizeof(*more));

	if (more == NULL)
		return -ENOMEM;
	o->live = more;
	o->live[o->nlive++] = word;
	return 0;
}

/* `command` takes all that follows it as the words of one command. */
static int
add_arguments(struct options *o, int argc, char **argv)
{
	struct args *set = &o->preset;
	int r = 0;

	for (int i = 0; r == 0 && i < argc; i++) {
		bool bare = strcmp(argv[i], "command") == 0;

		if (live_is(argv[i])) {
			r = add_live(o, argv[i]);
			continue;
		}

		if (!bare && strncmp(argv[i], "command=", 8) != 0) {
			r = args_add_argument(set, argv[i]);
			continue;
		}
		r = args_add(set, "command", bare ? NULL : argv[i] + 8);
		for (i++; r == 0 && i < argc; i++)
			r = args_add(set, "command", argv[i]);
	}
	return r;
}

/* Each address goes where it parses; none at all is fine. */
static int
add_positional_addresses(struct args *set, const char *list)
{
	cleanup_free char *copy = strdup(list);
	char *rest = copy, *address;
	int r = copy == NULL ? -ENOMEM : 0;

	if (list[0] == '\0')
		return r;
	while (r == 0 && (address = strsep(&rest, ",")) != NULL)
		r = args_add(set, strchr(address, ':') != NULL ? "ip6.addr" : "ip4.addr", address);
	return r;
}

/* What FreeBSD's security.jail.* say by default, which this form takes for its jail. */
static const struct {
	const char *name;
	const char *value;
} positional_defaults[] = {
    {"allow.set_hostname", NULL},
    {"allow.sysvipc", "false"},
    {"allow.raw_sockets", "false"},
    {"allow.chflags", "false"},
    {"allow.mount", "false"},
    {"allow.socket_af", "false"},
};

static int
add_positional(struct args *set, int argc, char **argv)
{
	int r = args_add(set, "path", argv[0]);

	if (r == 0)
		r = args_add(set, "host.hostname", argv[1]);
	if (r == 0)
		r = add_positional_addresses(set, argv[2]);
	for (int i = 3; r == 0 && i < argc; i++)
		r = args_add(set, "command", argv[i]);
	for (size_t i = 0; r == 0 && i < ARRAY_SIZE(positional_defaults); i++)
		r = args_add(set, positional_defaults[i].name, positional_defaults[i].value);
	return r;
}

static int
select_params(struct run *run, struct options *o, bool positional)
{
	int r = positional ? add_positional(&o->preset, o->argc, o->argv)
			   : add_arguments(o, o->argc, o->argv);

	if (o->nlive > 0 && o->op != OP_SET) {
		warn_plain("%.*s: only with -m, for a jail that runs", 6, o->live[0]);
		return -1;
	}
	run->positional = positional;
	if (r == 0)
		r = select_command_line(run, &o->preset, positional ? OP_START : o->op);
	if (r < 0) {
		(void)fatal_memory();
		return -1;
	}
	return 0;
}

/* ---- jails by name
 * -------------------------------------------------------------------------------- */

static int
select_remove(struct run *run, const struct options *o)
{
	bool ignore = o->flags & OPTION_IGNORE_CONF;

	if (!ignore && (strcmp(o->conf_file, "-") == 0 || access(o->conf_file, F_OK) == 0) &&
	    load(run) < 0)
		return -1;
	run->note_removed = run->conf != NULL || o->argc > 1 || conf_wild(o->argv[0]);
	for (int i = 0; i < o->argc; i++)
		if (select_target(run, o->argv[i], OP_STOP, ignore) < 0)
			run->failed = true;
	return 0;
}

static int
select_config(struct run *run, const struct options *o)
{
	if (load(run) < 0)
		return -1;
	return select_target(run, o->argc > 0 ? o->argv[0] : NULL, o->op, false) < 0 ? -1 : 0;
}

static int
select_form(struct run *run, struct options *o, enum form form)
{
	switch (form) {
	case FORM_POSITIONAL:
		return select_params(run, o, true);
	case FORM_PARAMS:
		return select_params(run, o, false);
	case FORM_REMOVE:
		return select_remove(run, o);
	case FORM_CONFIG:
		return select_config(run, o);
	case FORM_USAGE:
	case FORM_EXHIBIT:
		break;
	}
	return -1;
}

/* ---- all together
 * ------------------------------------------------------------------------------------ */

static void
say_deprecated(const struct options *o)
{
	if ((o->flags & OPTION_DYING) || args_find(&o->preset, "allow.dying") != NULL)
		warn_plain("the 'allow.dying' parameter and '-d' flag are deprecated and have no "
			   "effect.");
}

static int
open_jid_file(struct run *run, const char *file)
{
	if (file == NULL)
		return 0;
	run->jid_out = fopen(file, "we");
	if (run->jid_out != NULL)
		return 0;
	warn_plain("open %s: %s", file, strerror(errno));
	return -1;
}

/* Starts of jails given by name: not all of the file's. */
static bool
starts_named(const struct options *o, enum form form)
{
	if (o->op != OP_START)
		return false;
	if (form == FORM_POSITIONAL || form == FORM_PARAMS)
		return true;
	for (int i = 0; i < o->argc; i++)
		if (strchr(o->argv[i], '*') != NULL)
			return false;
	return form == FORM_CONFIG && o->argc > 0;
}

/*
 * Puts right what killed commands left, before anything is looked up.  A creation does it
 * by itself for its name, and must not cost more the more jails there are.
 */
static void
sweep(const struct options *o, enum form form)
{
	struct err e = {0};

	if (starts_named(o, form))
		return;
	if (!(o->flags & OPTION_DRY_RUN) && geteuid() == 0 && gaol_sweep(&e) < 0)
		warn_plain("%s", e.text);
}

static int
run_jails(struct options *o, enum form form)
{
	struct run run;
	int r;

	run_init(&run, o);
	if (o->flags & OPTION_DRY_RUN)
		message_verbose = 1;
	sweep(o, form);
	r = select_form(&run, o, form);
	say_deprecated(o);
	if (r == 0)
		r = open_jid_file(&run, o->jid_file);
	if (r == 0) {
		run_loop(&run);
		r = run.failed ? -1 : 0;
	}
	if (run.jid_out != NULL && fclose(run.jid_out) != 0) {
		warn_plain("%s: %s", o->jid_file, strerror(errno));
		r = -1;
	}
	run_done(&run);
	return r == 0 ? 0 : 1;
}

static int
run_options(struct options *o)
{
	struct form_question q = {
	    .op = o->op,
	    .ignore_conf = o->flags & OPTION_IGNORE_CONF,
	    .cleanup = o->flags & OPTION_CLEANUP,
	    .exhibit = o->exhibit_sep != NULL,
	    .command_line = o->flags & OPTION_COMMAND_LINE,
	    .argc = o->argc,
	    .argv = o->argv,
	};
	enum form form;

	message_verbose = o->verbose;
	if (o->mode != MODE_JAILS)
		return run_mode(o);
	form = form_decide(&q);
	if (form == FORM_USAGE) {
		options_usage();
		return 1;
	}
	return form == FORM_EXHIBIT ? exhibit(o) : run_jails(o, form);
}

int
main(int argc, char **argv)
{
	struct options o;
	int status;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (options_parse(argc, argv, &o) < 0) {
		options_usage();
		return 1;
	}
	status = run_options(&o);
	args_done(&o.preset);
	return message_finish() ? status : 1;
}
