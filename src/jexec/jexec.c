/* jexec(8): runs one command in a running jail. */
#include <errno.h>
#include <pwd.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/str.h"
#include "config.h"
#include "libjail/gaol.h"

struct options {
	bool clean;
	bool named; /* -u or -U */
	const char *user;
	enum gaol_user_from user_from;
	const char *cwd;
	struct strv setenv;
	const char *jail;
	char **command; /* NULL: a shell */
};

static void usage(void) __attribute__((noreturn));
static void end_as(int status) __attribute__((noreturn));
static void fail(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

static void
usage(void)
{
	(void)fputs("usage: jexec [-l] [-d dir] [-e name=value] [-u user | -U user] jail "
		    "[command ...]\n",
	    stderr);
	exit(1);
}

static void
fail(const char *fmt, ...)
{
	va_list ap;

	(void)fputs("jexec: ", stderr);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(1);
}

static void
version(void)
{
	if (printf("jexec (Gaol) %s\n", GAOL_VERSION) < 0 || fflush(stdout) != 0)
		fail("stdout: %s", strerror(errno));
	exit(0);
}

/* ---- options ------------------------------------------------------------------- */

static void
set_user(struct options *o, const char *user, enum gaol_user_from from)
{
	if (o->user_from != GAOL_USER_NONE && o->user_from != from)
		usage();
	o->named = true;
	o->user = user;
	o->user_from = from;
}

static void
add_setenv(struct options *o, const char *text)
{
	if (text[0] == '=' || strchr(text, '=') == NULL)
		fail("-e %s: not in the form name=value", text);
	if (strv_add(&o->setenv, text) < 0)
		fail("%s", strerror(ENOMEM));
}

static void
parse_options(struct options *o, int argc, char **argv)
{
	int c;

	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		version();
	opterr = 0;
	while ((c = getopt(argc, argv, "+:d:e:lnu:U:")) != -1) {
		switch (c) {
		case 'd':
			o->cwd = optarg;
			break;
		case 'e':
			add_setenv(o, optarg);
			break;
		case 'l':
			o->clean = true;
			break;
		case 'n':
			/* FreeBSD once had it; scripts still give it, and it never did anything
			 * since. */
			break;
		case 'u':
			set_user(o, optarg, GAOL_USER_HOST);
			break;
		case 'U':
			set_user(o, optarg, GAOL_USER_JAIL);
			break;
		case ':':
			(void)fprintf(stderr, "jexec: option requires an argument -- %c\n", optopt);
			usage();
		default:
			if (optopt != 0 && optopt != '-')
				(void)fprintf(stderr, "jexec: illegal option -- %c\n", optopt);
			usage();
		}
	}
	if (optind >= argc)
		usage();
	o->jail = argv[optind++];
	o->command = optind < argc ? argv + optind : NULL;
}

/* ---- running ------------------------------------------------------------------- */

static unsigned
spawn_flags(const struct options *o)
{
	unsigned flags = 0;

	if (o->clean)
		flags |= GAOL_SPAWN_CLEAN;
	if (o->clean && o->named && o->cwd == NULL)
		flags |= GAOL_SPAWN_CHDIR_HOME;
	if (o->clean || o->user != NULL)
		flags |= GAOL_SPAWN_SETUSERENV;
	if (o->command == NULL)
		flags |= GAOL_SPAWN_SHELL;
	return flags;
}

/*
 * What goes wrong on the way in has one text below us, jail(8)'s.  FreeBSD's
 * jexec says some of it in other words.
 */
static void
fail_to_run(const struct gaol_spawn *s, const struct err *e)
{
	bool shell = s->flags & GAOL_SPAWN_SHELL, home = s->flags & GAOL_SPAWN_CHDIR_HOME;
	const struct {
		const char *begin, *instead;
	} words[] = {
	    {"exec ", shell ? "execlp: " : "execvp: "},
	    {"chdir ", home ? "chdir: " : "chdir(): "},
	    {"unknown uid ", "unknown uid: "},
	};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strncmp(e->text, words[i].begin, strlen(words[i].begin)) == 0)
			fail("%s%s", words[i].instead, e->text + strlen(words[i].begin));
	if (strncmp(e->text, "jail_attach: ", 13) == 0)
		fail("jail_attach(%d): %s", s->jid, e->text + 13);
	fail("%s", e->text);
}

/* The shell that started us must see the command's end as its own child's, a signal too. */
static void
end_as(int status)
{
	sigset_t set;
	int sig;

	if (WIFEXITED(status))
		exit(WEXITSTATUS(status));
	sig = WTERMSIG(status);
	/* The command left the core, if any. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)signal(sig, SIG_DFL);
	(void)sigemptyset(&set);
	(void)sigaddset(&set, sig);
	(void)sigprocmask(SIG_UNBLOCK, &set, NULL);
	(void)raise(sig);
	exit(128 + sig);
}

/*
 * As on FreeBSD the host's user is looked up before the jail is, and -l alone
 * means the user who calls.
 */
static void
find_host_user(struct options *o)
{
	const struct passwd *pw;

	errno = 0;
	pw = o->named ? getpwnam(o->user) : getpwuid(getuid());
	if (pw == NULL && errno != 0 && errno != ENOENT && errno != ESRCH)
		fail("%s: %s", o->named ? "getpwnam" : "getpwuid", strerror(errno));
	if (pw == NULL && o->named)
		fail("%s: no such user", o->user);
	if (pw == NULL)
		fail("unknown uid: %u", (unsigned)getuid());
	o->user_from = GAOL_USER_HOST;
	o->user = strdup(pw->pw_name);
	if (o->user == NULL)
		fail("%s", strerror(ENOMEM));
}

static int
find_jail(const char *jail)
{
	struct err e = {0}, ignored;
	int jid = gaol_getid(jail, &e);

	if (jid >= 0)
		return jid;
	/* A jail that died by itself is gone for us; put away what it left. */
	if (jid == -ENOENT && geteuid() == 0)
		(void)gaol_sweep(&ignored);
	fail("%s", e.text);
}

int
main(int argc, char **argv)
{
	struct options o = {0};
	struct gaol_spawn s = {.stdio = {-1, -1, -1}};
	struct err e = {0};
	int status;

	parse_options(&o, argc, argv);
	if (o.user_from == GAOL_USER_HOST || (o.clean && !o.named))
		find_host_user(&o);
	s.jid = find_jail(o.jail);
	if (s.jid == 0 || geteuid() != 0)
		fail("jail_attach(%d): %s", s.jid, strerror(s.jid == 0 ? EINVAL : EPERM));
	s.argv = o.command;
	s.envp = environ;
	s.setenv = (const char *const *)o.setenv.s;
	s.cwd = o.cwd;
	s.user_from = o.user_from;
	s.user = o.user;
	s.flags = spawn_flags(&o);
	status = gaol_run(&s, &e);
	if (status < 0)
		fail_to_run(&s, &e);
	strv_done(&o.setenv);
	end_as(status);
}
