#include "jail/command.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sys.h"

/* Any of these makes the text a matter for the shell. */
#define SHELL_CHARS "!\"$&'()*;<>?[\\]`{|}~"
#define BLANKS " \t\n\r\v\f"
#define CLEAN_PATH "PATH=/bin:/usr/bin"

extern char **environ;

static int
split_words(const char *text, size_t len, struct strv *ret)
{
	size_t i = 0;
	int r = 0;

	while (r == 0 && i < len) {
		size_t end;

		while (i < len && strchr(BLANKS, text[i]) != NULL)
			i++;
		for (end = i; end < len && strchr(BLANKS, text[end]) == NULL; end++)
			;
		if (end > i) {
			char *word = strndup(text + i, end - i);

			r = word == NULL ? -ENOMEM : strv_take(ret, word);
			if (r < 0)
				free(word);
		}
		i = end;
	}
	return r;
}

static int
shell_words(const char *text, struct strv *ret)
{
	int r = strv_add(ret, "/bin/sh");

	if (r == 0)
		r = strv_add(ret, "-c");
	return r == 0 ? strv_add(ret, text) : r;
}

int
command_parse(const char *text, struct command *ret)
{
	size_t plain = strcspn(text, SHELL_CHARS);
	struct command c = {0};
	int r;

	if (text[plain] == '\0') {
		r = split_words(text, plain, &c.argv);
	} else if (text[plain] == '&' && text[plain + 1] == '\0') {
		c.background = true;
		r = split_words(text, plain, &c.argv);
	} else {
		r = shell_words(text, &c.argv);
	}
	if (r < 0) {
		strv_done(&c.argv);
		return r;
	}
	*ret = c;
	return 0;
}

char *
command_text(char *const *argv)
{
	cleanup_str struct str s = STR_EMPTY;

	for (size_t i = 0; argv[i] != NULL; i++)
		if ((i > 0 && str_addc(&s, ' ') < 0) || str_add(&s, argv[i]) < 0)
			return NULL;
	return str_take(&s);
}

/* ---- on the host ---------------------------------------------------------------- */

/* What the child needs, prepared before the fork. */
struct child {
	const struct command_host *c;
	const struct passwd *pw; /* NULL: no change of user */
	struct strv env;
};

static int
add_var(struct strv *env, const char *name, const char *value)
{
	char *line;

	if (asprintf(&line, "%s=%s", name, value) < 0)
		return -ENOMEM;
	if (strv_take(env, line) < 0) {
		free(line);
		return -ENOMEM;
	}
	return 0;
}

/* The variables that the child gets a value of its own for. */
static bool
is_replaced(const char *var, const struct command_host *c, bool user)
{
	static const char *const of_user[] = {"USER=", "HOME=", "SHELL="};

	for (size_t i = 0; user && i < ARRAY_SIZE(of_user); i++)
		if (strncmp(var, of_user[i], strlen(of_user[i])) == 0)
			return true;
	for (size_t i = 0; c->vars != NULL && c->vars[i] != NULL; i++) {
		size_t n = strcspn(c->vars[i], "=") + 1;

		if (strncmp(var, c->vars[i], n) == 0)
			return true;
	}
	return false;
}

static int
inherited_env(const struct command_host *c, bool user, struct strv *env)
{
	int r = 0;

	if (c->clean) {
		const char *term = getenv("TERM");

		r = strv_add(env, CLEAN_PATH);
		return r == 0 && term != NULL ? add_var(env, "TERM", term) : r;
	}
	for (char **p = environ; r == 0 && *p != NULL; p++)
		if (!is_replaced(*p, c, user))
			r = strv_add(env, *p);
	for (size_t i = 0; r == 0 && c->vars != NULL && c->vars[i] != NULL; i++)
		r = strv_add(env, c->vars[i]);
	return r;
}

static int
make_env(struct child *ch)
{
	int r = inherited_env(ch->c, ch->pw != NULL, &ch->env);

	if (r == 0 && ch->pw != NULL) {
		const char *shell = ch->pw->pw_shell;

		r = add_var(&ch->env, "USER", ch->pw->pw_name);
		if (r == 0)
			r = add_var(&ch->env, "HOME", ch->pw->pw_dir);
		if (r == 0)
			r = add_var(&ch->env, "SHELL",
			    shell != NULL && shell[0] != '\0' ? shell : "/bin/sh");
	}
	return r;
}

/* The named user, or whose this process is where the environment is to be clean. */
static int
find_user(struct child *ch, struct err *e)
{
	const char *user = ch->c->user;

	if (user == NULL && !ch->c->clean)
		return 0;
	errno = 0;
	ch->pw = user != NULL ? getpwnam(user) : getpwuid(getuid());
	if (ch->pw != NULL)
		return 0;
	if (errno != 0 && errno != ENOENT && errno != ESRCH)
		return err_errno(
		    e, errno, "getpwnam%s%s", user != NULL ? " " : "", user != NULL ? user : "");
	if (user != NULL)
		return err_set(e, ENOENT, "%s: no such user", user);
	return err_set(e, ENOENT, "unknown uid %u", (unsigned)getuid());
}

static void
child_fail(const struct child *ch, const char *what, const char *of)
{
	const char *name = ch->c->name;
	int num = errno;

	/* A process of its own with one thread: stdio is sound here, and nothing is buffered. */
	(void)dprintf(STDERR_FILENO, "jail: %s%s%s %s: %s\n", name != NULL ? name : "",
	    name != NULL ? ": " : "", what, of, strerror(num));
	_exit(1);
}

static void
child_become(const struct child *ch)
{
	const struct passwd *pw = ch->pw;

	if (initgroups(pw->pw_name, pw->pw_gid) < 0)
		child_fail(ch, "initgroups", pw->pw_name);
	if (setresgid(pw->pw_gid, pw->pw_gid, pw->pw_gid) < 0)
		child_fail(ch, "setgid", pw->pw_name);
	if (setresuid(pw->pw_uid, pw->pw_uid, pw->pw_uid) < 0)
		child_fail(ch, "setusercontext", pw->pw_name);
	if (ch->c->clean && chdir(pw->pw_dir) < 0)
		child_fail(ch, "chdir", pw->pw_dir);
}

/* Where the jail's mounts are seen at their host paths; the current directory by its name there. */
static void
child_join_mounts(const struct child *ch)
{
	char *cwd = getcwd(NULL, 0);

	if (setns(ch->c->mounts, CLONE_NEWNS) < 0)
		child_fail(ch, "setns", "mounts");
	if (cwd != NULL && chdir(cwd) < 0 && chdir("/") < 0)
		child_fail(ch, "chdir", cwd);
}

__attribute__((noreturn)) static void
child_main(const struct child *ch)
{
	/* jail(8) catches these; what it runs starts with the defaults for them. */
	(void)signal(SIGPIPE, SIG_DFL);
	if (ch->c->background)
		(void)setsid();
	if (ch->c->mounts >= 0)
		child_join_mounts(ch);
	if (ch->c->user != NULL)
		child_become(ch);
	(void)sys_close_range(STDERR_FILENO + 1, ~0U, 0);
	environ = ch->env.s;
	(void)execvp(ch->c->argv[0], ch->c->argv);
	child_fail(ch, "exec", ch->c->argv[0]);
	_exit(1);
}

static int
start(const struct child *ch, int *ret_pidfd, pid_t *ret_pid, struct err *e)
{
	int pidfd = -EBADF;
	struct clone_args args = {
	    .flags = CLONE_PIDFD,
	    .pidfd = (uintptr_t)&pidfd,
	    .exit_signal = SIGCHLD,
	};
	pid_t pid;

	(void)fflush(stdout);
	pid = sys_clone3(&args);
	if (pid < 0)
		return err_errno(e, errno, "fork");
	if (pid == 0)
		child_main(ch);
	*ret_pidfd = pidfd;
	*ret_pid = pid;
	return 0;
}

int
command_spawn_host(const struct command_host *c, int *ret_pidfd, pid_t *ret_pid, struct err *e)
{
	struct child ch = {.c = c};
	int r = find_user(&ch, e);

	if (r == 0) {
		r = make_env(&ch);
		if (r < 0)
			(void)err_set(e, ENOMEM, "out of memory");
	}
	if (r == 0)
		r = start(&ch, ret_pidfd, ret_pid, e);
	strv_done(&ch.env);
	return r;
}
