#include "jail/hook.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "jail/command.h"
#include "jail/consolelog.h"
#include "jail/job.h"
#include "jail/message.h"
#include "jail/options.h"

/*
 * FreeBSD lets a command that stops a jail run for ever.  Here every stop ends: so long
 * where exec.timeout says nothing (a 0 there still means for ever).
 */
#define STOP_COMMAND_LIMIT_S 300

#define READY_TIMEOUT_S 60
#define READY_PAUSE_FIRST_MS 50
#define READY_PAUSE_LAST_MS 1000

extern char **environ;

static const struct hook_row {
	const char *param;
	bool in_jail;
	bool creating;
	bool keeps; /* the jail is to live until it ran */
} rows[GAOL_HOOK_COUNT] = {
    [GAOL_HOOK_PREPARE] = {"exec.prepare", false, true, false},
    [GAOL_HOOK_PRESTART] = {"exec.prestart", false, true, false},
    [GAOL_HOOK_CREATED] = {"exec.created", false, true, false},
    [GAOL_HOOK_START] = {"exec.start", true, true, true},
    [GAOL_HOOK_COMMAND] = {"command", true, true, true},
    [GAOL_HOOK_POSTSTART] = {"exec.poststart", false, true, true},
    [GAOL_HOOK_PRESTOP] = {"exec.prestop", false, false, false},
    [GAOL_HOOK_STOP] = {"exec.stop", true, false, false},
    [GAOL_HOOK_POSTSTOP] = {"exec.poststop", false, false, false},
    [GAOL_HOOK_RELEASE] = {"exec.release", false, false, false},
};

const char *
hook_param(enum gaol_hook hook)
{
	return rows[hook].param;
}

bool
hook_in_jail(enum gaol_hook hook)
{
	return rows[hook].in_jail;
}

unsigned
hook_mask(const struct args *set, bool creating)
{
	unsigned mask = 0;

	for (int h = 0; h < GAOL_HOOK_COUNT; h++)
		if (rows[h].creating == creating && args_find(set, rows[h].param) != NULL)
			mask |= 1u << h;
	/* exec.ready has no row of its own: it runs behind the last command inside. */
	if (creating && args_find(set, "exec.ready") != NULL)
		mask |= 1u << GAOL_HOOK_COMMAND;
	return mask;
}

bool
hook_sees_mounts(const struct args *set)
{
	for (int h = 0; h < GAOL_HOOK_COUNT; h++) {
		size_t n = 0;
		char *const *v = args_list(set, rows[h].param, &n);

		/* These two run before the first mount and after the last. */
		if (rows[h].in_jail || h == GAOL_HOOK_PREPARE || h == GAOL_HOOK_RELEASE)
			continue;
		for (size_t i = 0; i < n; i++)
			if (v[i][0] != '\0')
				return true;
	}
	return false;
}

bool
hook_needs_persist(const struct args *set)
{
	for (int h = 0; h < GAOL_HOOK_COUNT; h++)
		if (rows[h].keeps && args_find(set, rows[h].param) != NULL)
			return true;
	return args_find(set, "exec.ready") != NULL;
}

/* ---- starting one command ------------------------------------------------------------- */

/* One command on its way to a process. */
struct launch {
	struct run *run;
	struct job *j;
	const struct args *set;
	char *const *argv;
	bool background;
	bool in_jail;
	bool clean;
	const char *user;
	struct strv vars;
};

static int
add_var(struct strv *vars, const char *name, const char *value)
{
	char *line;

	if (value == NULL)
		return 0;
	if (asprintf(&line, "%s=%s", name, value) < 0)
		return -ENOMEM;
	if (strv_take(vars, line) < 0) {
		free(line);
		return -ENOMEM;
	}
	return 0;
}

static int
add_vars(struct launch *l)
{
	const struct work *w = l->j->work;
	const char *name = args_string(l->set, "name");
	const char *path = w->plan.path != NULL ? w->plan.path : w->running_path;
	char jid[16] = "";
	int r = 0;

	if (l->clean)
		return 0;
	if (l->j->jid > 0) {
		(void)snprintf(jid, sizeof(jid), "%d", l->j->jid);
		r = add_var(&l->vars, "JID", jid);
	}
	if (name == NULL)
		name = l->j->name != NULL ? l->j->name : jid[0] != '\0' ? jid : NULL;
	if (r == 0)
		r = add_var(&l->vars, "JNAME", name);
	return r == 0 ? add_var(&l->vars, "JPATH", path) : r;
}

static bool
is_first_command_on_terminal(const struct launch *l)
{
	/*
	 * The one command of a jail from the command line, started at a terminal: it gets the
	 * terminal, as a shell would give it.  With a time limit it is watched instead.
	 */
	return l->j->conf == NULL && l->j->work->plan.command_is_argv &&
	       l->j->work->walk.hook == GAOL_HOOK_COMMAND && !l->j->work->walk.ready &&
	       args_int(l->set, "exec.timeout", 0) == 0 && !l->background &&
	       args_find(l->set, "exec.consolelog") == NULL && isatty(0) && isatty(1) && isatty(2);
}

static void
fill_spawn(const struct launch *l, struct gaol_spawn *s)
{
	bool of_host = args_bool(l->set, "exec.system_jail_user", false);

	*s = (struct gaol_spawn){
	    .jid = l->j->jid,
	    .argv = l->argv,
	    .envp = environ,
	    .setenv = (const char *const *)(const void *)l->vars.s,
	    .user = l->user,
	    .stdio = {-1, -1, -1},
	};
	if (l->user != NULL)
		s->user_from = of_host ? GAOL_USER_HOST : GAOL_USER_JAIL;
	if (l->clean)
		s->flags |= GAOL_SPAWN_CLEAN;
	if (l->clean || l->user != NULL)
		s->flags |= GAOL_SPAWN_SETUSERENV;
	if (l->clean && l->user != NULL)
		s->flags |= GAOL_SPAWN_CHDIR_HOME;
	if (l->background)
		s->flags |= GAOL_SPAWN_SETSID;
}

/* Where the output goes: exec.consolelog, or for tries of exec.ready nowhere. */
static int
open_output(const struct launch *l, struct err *e)
{
	const char *file = args_string(l->set, "exec.consolelog");
	int fd;

	if (file != NULL && file[0] != '\0')
		return consolelog_open(file, l->j->work->plan.path, l->j->jid, e);
	if (!l->j->work->walk.ready || message_verbose > 0)
		return -EBADF;
	fd = open("/dev/null", O_WRONLY | O_CLOEXEC);
	return fd >= 0 ? fd : -EBADF;
}

static int
launch_inside(struct launch *l, int *ret_pidfd, pid_t *ret_pid, int *ret_status, struct err *e)
{
	cleanup_fd int output = -EBADF;
	struct gaol_spawn s;

	fill_spawn(l, &s);
	output = open_output(l, e);
	if (output < 0 && output != -EBADF)
		return output;
	if (output >= 0)
		s.stdio[1] = s.stdio[2] = output;
	(void)fflush(stdout);
	if (is_first_command_on_terminal(l)) {
		s.flags |= GAOL_SPAWN_FOREGROUND;
		*ret_pidfd = -EBADF;
		*ret_status = gaol_run(&s, e);
		return *ret_status < 0 ? *ret_status : 0;
	}
	return gaol_spawn(&s, ret_pidfd, ret_pid, e);
}

static int
launch_host(struct launch *l, int *ret_pidfd, pid_t *ret_pid, struct err *e)
{
	struct command_host c = {
	    .argv = l->argv,
	    .user = l->user,
	    .name = l->j->name,
	    .vars = (const char *const *)(const void *)l->vars.s,
	    .clean = l->clean,
	    .background = l->background,
	    .mounts =
		l->j->work->engine == &engine_real ? gaol_op_host_namespace(l->j->work->op) : -1,
	};

	return command_spawn_host(&c, ret_pidfd, ret_pid, e);
}

/* ---- how it ended --------------------------------------------------------------------------- */

static enum hook_answer
judge(const struct job *j, int status)
{
	const char *text = j->work->walk.text;

	if (WIFSIGNALED(status))
		warn_named(j->name, "%s: exited on signal %d", text, WTERMSIG(status));
	else if (WEXITSTATUS(status) != 0)
		warn_named(j->name, "%s: failed", text);
	else
		return HOOK_OVER;
	return HOOK_FAILED;
}

static void
forget(struct run *run, struct hook_walk *w)
{
	close_keep_errno(w->pidfd);
	w->pidfd = -EBADF;
	free(w->text);
	w->text = NULL;
	if (w->slot)
		run->ncommands--;
	w->slot = false;
}

/* ---- exec.ready --------------------------------------------------------------------------------
 */

static enum hook_answer
ready_failed(struct run *run, struct job *j)
{
	struct work *w = j->work;
	long long now = run_now_ms();
	int limit = args_int(&w->plan.set, "exec.ready.timeout", READY_TIMEOUT_S);

	if (w->walk.ready_by_ms != 0 && now >= w->walk.ready_by_ms) {
		if (w->walk.trouble.num != 0)
			warn_named(j->name, "%s", w->walk.trouble.text);
		warn_named(
		    j->name, "exec.ready: %s: not ready after %d seconds", w->walk.text, limit);
		forget(run, &w->walk);
		return HOOK_FAILED;
	}
	forget(run, &w->walk);
	w->walk.next--;
	w->wait = WAIT_PAUSE;
	run_wait(run, j, -1, 0, now + w->walk.retry_ms);
	w->walk.retry_ms =
	    w->walk.retry_ms * 2 > READY_PAUSE_LAST_MS ? READY_PAUSE_LAST_MS : w->walk.retry_ms * 2;
	return HOOK_WAITS;
}

static void
ready_begin(struct job *j)
{
	struct hook_walk *w = &j->work->walk;
	int limit = args_int(&j->work->plan.set, "exec.ready.timeout", READY_TIMEOUT_S);

	w->ready = true;
	w->next = 0;
	w->retry_ms = READY_PAUSE_FIRST_MS;
	w->trouble = (struct err){0};
	w->ready_by_ms = limit > 0 ? run_now_ms() + limit * 1000LL : 0;
}

/* ---- the walk
 * ------------------------------------------------------------------------------------ */

static long long
command_deadline(const struct job *j)
{
	const struct work *w = j->work;
	int limit = args_int(&w->plan.set, "exec.timeout", 0);
	long long by;

	if (!rows[w->walk.hook].creating && args_find(&w->plan.set, "exec.timeout") == NULL)
		limit = STOP_COMMAND_LIMIT_S;
	by = limit > 0 ? run_now_ms() + limit * 1000LL : 0;
	if (w->walk.ready && w->walk.ready_by_ms != 0 && (by == 0 || w->walk.ready_by_ms < by))
		by = w->walk.ready_by_ms;
	return by;
}

/* At -v, once even for a command that is tried again and again. */
static void
say_command(const struct launch *l)
{
	const struct hook_walk *w = &l->j->work->walk;

	if (message_verbose <= 0 || (w->ready && w->retry_ms != READY_PAUSE_FIRST_MS))
		return;
	note_named(l->j->name, "run command%s%s%s: %s", l->in_jail ? " in jail" : "",
	    l->user != NULL ? " as " : "", l->user != NULL ? l->user : "", w->text);
}

static enum hook_answer
start_failed(struct launch *l, const struct err *e)
{
	struct hook_walk *w = &l->j->work->walk;

	if (w->ready) {
		w->trouble = *e;
		return ready_failed(l->run, l->j);
	}
	warn_named(l->j->name, "%s", e->text);
	warn_named(l->j->name, "%s: failed", w->text);
	forget(l->run, w);
	return HOOK_FAILED;
}

/* Starts the prepared command.  HOOK_OVER: it is in the background, or has ended well already. */
static enum hook_answer
start(struct launch *l)
{
	struct hook_walk *w = &l->j->work->walk;
	struct err e = {0};
	int status = 0, r;

	say_command(l);
	if (l->run->options->flags & OPTION_DRY_RUN) {
		forget(l->run, w);
		return HOOK_OVER;
	}
	r = add_vars(l);
	if (r < 0)
		(void)err_set(&e, ENOMEM, "out of memory");
	else if (l->in_jail)
		r = launch_inside(l, &w->pidfd, &w->pid, &status, &e);
	else
		r = launch_host(l, &w->pidfd, &w->pid, &e);
	if (r < 0)
		return start_failed(l, &e);
	if (w->pidfd < 0 || l->background) {
		enum hook_answer answer = w->pidfd < 0 ? judge(l->j, status) : HOOK_OVER;

		forget(l->run, w);
		return answer;
	}
	w->slot = true;
	l->run->ncommands++;
	l->j->work->wait = WAIT_COMMAND;
	run_wait(l->run, l->j, w->pidfd, POLLIN, command_deadline(l->j));
	return HOOK_WAITS;
}

static enum hook_answer
run_argv(struct run *run, struct job *j, char *const *argv, bool background)
{
	const struct args *set = &j->work->plan.set;
	struct launch l = {
	    .run = run,
	    .j = j,
	    .set = set,
	    .argv = argv,
	    .background = background,
	    .in_jail = rows[j->work->walk.hook].in_jail,
	    .clean = args_bool(set, "exec.clean", false),
	};
	enum hook_answer answer;

	l.user = args_string(set, l.in_jail ? "exec.jail_user" : "exec.system_user");
	if (l.user != NULL && l.user[0] == '\0')
		l.user = NULL;
	j->work->walk.text = command_text(argv);
	if (j->work->walk.text == NULL) {
		warn_named(j->name, "out of memory");
		return HOOK_FAILED;
	}
	answer = start(&l);
	strv_done(&l.vars);
	return answer;
}

static enum hook_answer
run_text(struct run *run, struct job *j, const char *text)
{
	struct command c = {0};
	enum hook_answer answer;

	if (command_parse(text, &c) < 0) {
		warn_named(j->name, "out of memory");
		return HOOK_FAILED;
	}
	answer = c.argv.n > 0 ? run_argv(run, j, c.argv.s, c.background) : HOOK_OVER;
	strv_done(&c.argv);
	return answer;
}

static bool
slot_free(const struct run *run)
{
	return run->options->limit == 0 || run->ncommands < run->options->limit;
}

/* All that the list has left, until one must be waited for. */
static enum hook_answer
walk_list(struct run *run, struct job *j, const char *param)
{
	struct hook_walk *w = &j->work->walk;
	bool whole = j->work->plan.command_is_argv && w->hook == GAOL_HOOK_COMMAND && !w->ready;
	size_t n;
	char *const *list = args_list(&j->work->plan.set, param, &n);

	while (w->next < n) {
		enum hook_answer answer;

		if (!slot_free(run)) {
			run_queue(run, j, QUEUE_SLOT);
			return HOOK_WAITS;
		}
		if (whole) {
			w->next = n;
			answer = run_argv(run, j, list, false);
		} else {
			answer = run_text(run, j, list[w->next++]);
		}
		if (answer != HOOK_OVER)
			return answer;
	}
	return HOOK_OVER;
}

enum hook_answer
hook_continue(struct run *run, struct job *j)
{
	struct hook_walk *w = &j->work->walk;

	if (!w->ready) {
		enum hook_answer answer = walk_list(run, j, rows[w->hook].param);

		if (answer != HOOK_OVER)
			return answer;
		if (w->hook != GAOL_HOOK_COMMAND ||
		    args_find(&j->work->plan.set, "exec.ready") == NULL)
			return HOOK_OVER;
		ready_begin(j);
	}
	return walk_list(run, j, "exec.ready");
}

enum hook_answer
hook_begin(struct run *run, struct job *j, enum gaol_hook hook)
{
	j->work->walk = (struct hook_walk){.hook = hook, .pidfd = -EBADF};
	return hook_continue(run, j);
}

/* Ended by itself; the status of a child that somebody else reaped counts as failure. */
static int
reap(const struct hook_walk *w)
{
	int status;
	pid_t pid;

	do
		pid = waitpid(w->pid, &status, 0);
	while (pid < 0 && errno == EINTR);
	return pid == w->pid ? status : 1 << 8;
}

enum hook_answer
hook_ended(struct run *run, struct job *j, bool timed_out)
{
	struct hook_walk *w = &j->work->walk;
	enum hook_answer answer;
	int status = 0;

	if (!timed_out)
		status = reap(w);
	if (w->ready && (timed_out || status != 0)) {
		/* A try that hangs is worth nothing any more; other commands are left to
		 * themselves. */
		if (timed_out)
			(void)sys_pidfd_send_signal(w->pidfd, SIGKILL);
		return ready_failed(run, j);
	}
	if (timed_out) {
		warn_named(j->name, "%s: timed out", w->text);
		answer = HOOK_FAILED;
	} else {
		answer = judge(j, status);
	}
	forget(run, w);
	if (answer == HOOK_OVER && w->ready)
		w->retry_ms = READY_PAUSE_FIRST_MS;
	return answer == HOOK_OVER ? hook_continue(run, j) : answer;
}

void
hook_abandon(struct run *run, struct job *j)
{
	forget(run, &j->work->walk);
}
