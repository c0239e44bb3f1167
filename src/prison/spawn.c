/* gaol_spawn and gaol_attach: the way in. */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/sys.h"
#include "config.h"
#include "keeper/enter.h"
#include "prison/cgroup.h"
#include "prison/enter.h"
#include "prison/policy.h"
#include "prison/raw.h"
#include "prison/registry.h"
#include "prison/seccomp.h"

#define CHILD_STACK (256 * 1024)
/* Above the numbers that the program in between is given. */
#define SCRATCH 16
/* After this a program that has not said that it could not be executed counts as started. */
#define REPORT_MS 3000
#define JOINED_FIRST (CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP | CLONE_NEWNET)

struct child {
	const struct gaol_spawn *s;
	struct enter_doors *doors;
	struct enter_user *user;
	char *const *argv;
	char *const *envp;
	const char *cwd;
	struct strv enter; /* arguments of the program in between, where one is needed */
	int enter_binary;  /* it, read-only, or -EBADF */
	int report, report_write;
	int result;
	const char *where; /* what failed, for the message */
	int broker;	   /* a connection to the jail's broker, or -EBADF */
	enum cred_step step;
};

static int
failed(struct child *c, const char *where)
{
	c->result = -errno;
	c->where = where;
	return 1;
}

static const char *
lookup(char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (; *env != NULL; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

/* execvp(3) with the PATH of the new environment, not of ours. */
static void
search_and_exec(struct child *c)
{
	const char *file = c->argv[0], *path = lookup(c->envp, "PATH");
	char candidate[4096];
	int found = ENOENT;

	if (strchr(file, '/') != NULL || *file == '\0') {
		(void)execve(file, c->argv, c->envp);
		return;
	}
	for (path = path != NULL ? path : "/bin:/usr/bin"; path != NULL;) {
		const char *end = strchrnul(path, ':');
		int n = snprintf(candidate, sizeof(candidate), "%.*s%s%s", (int)(end - path), path,
		    end == path ? "" : "/", file);

		if (n > 0 && (size_t)n < sizeof(candidate)) {
			(void)execve(candidate, c->argv, c->envp);
			if (errno == EACCES)
				found = EACCES;
			else if (errno != ENOENT && errno != ENOTDIR)
				return;
		}
		path = *end == ':' ? end + 1 : NULL;
	}
	errno = found;
}

/* ---- the program in between (keeper/enter.h) ---------------------------------------------- */

/* The files that search_and_exec would try. */
static int
add_files(struct child *c, size_t *ret_n)
{
	const char *file = c->argv[0], *path = lookup(c->envp, "PATH");
	int r = 0;

	*ret_n = 1;
	if (strchr(file, '/') != NULL || *file == '\0')
		return strv_add(&c->enter, file);
	*ret_n = 0;
	for (path = path != NULL ? path : "/bin:/usr/bin";
	     path != NULL && r == 0 && *ret_n < ENTER_FILES_MAX; (*ret_n)++) {
		cleanup_str struct str one = STR_EMPTY;
		const char *end = strchrnul(path, ':');

		r = str_addf(
		    &one, "%.*s%s%s", (int)(end - path), path, end == path ? "" : "/", file);
		if (r == 0)
			r = strv_add(&c->enter, str_get(&one));
		path = *end == ':' ? end + 1 : NULL;
	}
	return r;
}

static int
prepare_enter(struct child *c, struct err *e)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY};
	size_t n = 0;
	int fds[2], r;

	r = strv_add(&c->enter, "gaol-enter");
	if (r == 0)
		r = strv_add(&c->enter, "0");
	if (r == 0)
		r = add_files(c, &n);
	for (char *const *p = c->argv; r == 0 && *p != NULL; p++)
		r = strv_add(&c->enter, *p);
	if (r < 0)
		return err_errno(e, -r, "exec %s", c->argv[0]);

	c->enter.s[ENTER_ARG_FILES][0] = (char)('0' + n);
	/* A mount of its own that cannot be written to, whatever the rights of the file. */
	c->enter_binary = open_tree(AT_FDCWD, ENTER_PATH, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (c->enter_binary < 0 ||
	    mount_setattr(c->enter_binary, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return err_errno(e, errno, "%s", ENTER_PATH);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(e, errno, "pipe");
	c->report = fds[0];
	c->report_write = fds[1];
	return 0;
}

static void
enter_and_exec(struct child *c)
{
	int binary = fcntl(c->enter_binary, F_DUPFD_CLOEXEC, SCRATCH);
	int report = fcntl(c->report_write, F_DUPFD_CLOEXEC, SCRATCH);

	if (binary >= 0 && report >= 0 && dup3(report, ENTER_FD_REPORT, 0) >= 0)
		(void)sys_execveat(binary, "", c->enter.s, c->envp, AT_EMPTY_PATH);
}

/*
 * Whether a program of the jail runs.  Not for ever: a stopped one, or one that has taken
 * the pipe, must not hold us.
 */
static void
await_report(struct child *c, int pidfd)
{
	struct pollfd fds[2] = {
	    {.fd = c->report, .events = POLLIN}, {.fd = pidfd, .events = POLLIN}};
	long long now = monotonic_ms(), until = now + REPORT_MS;
	int error;

	close_keep_errno(take_fd(&c->report_write));
	for (; now < until; now = monotonic_ms())
		if (poll(fds, 2, (int)(until - now)) > 0)
			break;
	if ((fds[0].revents & POLLIN) == 0 ||
	    read(c->report, &error, sizeof(error)) != (ssize_t)sizeof(error) || error <= 0)
		return;
	(void)sys_pidfd_send_signal(pidfd, SIGKILL);
	c->result = -error;
	c->where = "exec";
}

static int
set_stdio(const struct gaol_spawn *s)
{
	int fds[3];

	/* First out of the way of each other. */
	for (int i = 0; i < 3; i++) {
		fds[i] = s->stdio[i] < 0 ? -1 : fcntl(s->stdio[i], F_DUPFD_CLOEXEC, 3);
		if (s->stdio[i] >= 0 && fds[i] < 0)
			return -1;
	}
	for (int i = 0; i < 3; i++)
		if (fds[i] >= 0 && dup2(fds[i], i) < 0)
			return -1;
	return 0;
}

/* Handlers are gone by CLONE_CLEAR_SIGHAND; what was ignored stays so, as for any command. */
static void
reset_signals(void)
{
	sigset_t none;

	(void)signal(SIGPIPE, SIG_DFL);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/*
 * A pipe or a terminal of the host's root is nobody's inside, and opening /dev/stdout
 * anew fails.  Pipes can be given away; terminals stay.
 */
static void
give_pipes(const struct child *c)
{
	const char *ids = record_ledger_get(&c->doors->rec, "ids", 0);
	uint64_t base;

	if (ids == NULL || num_parse_u64(ids, UINT32_MAX, &base) < 0)
		return;
	/* The numbers may come from the jail's passwd: others than its own are refused later. */
	if (c->user->cred.uid >= REGISTRY_IDS || c->user->cred.gid >= REGISTRY_IDS)
		return;
	for (int i = 0; i < 3; i++) {
		struct statfs fs;

		/* Not a fifo, which is a file of the host's. */
		if (fstatfs(i, &fs) == 0 && fs.f_type == PIPEFS_MAGIC)
			(void)!fchown(
			    i, (uid_t)base + c->user->cred.uid, (gid_t)base + c->user->cred.gid);
	}
}

/*
 * Whoever sends a signal to its own group reaches processes of the host in it: the script
 * around jexec, jail(8) and what else that starts.  Ids that are nobody outside stop that;
 * elsewhere a group of its own does, but for a program that may want to read from a terminal,
 * which only the group in its foreground can.
 */
static bool
wants_own_group(const struct child *c)
{
	return policy_userns(&c->doors->rec) != NS_USER_NEW &&
	       (c->s->flags & (GAOL_SPAWN_SETSID | GAOL_SPAWN_FOREGROUND)) == 0 &&
	       !isatty(STDIN_FILENO);
}

static int
child_main(void *arg)
{
	struct child *c = arg;
	const struct gaol_spawn *s = c->s;
	int r;

	if ((s->flags & GAOL_SPAWN_SETSID) != 0 && setsid() < 0)
		return failed(c, "setsid");
	if (set_stdio(s) < 0)
		return failed(c, "dup2");
	if (setns(c->doors->keeper, JOINED_FIRST) < 0)
		return failed(c, "jail_attach");
	give_pipes(c);
	/* The user namespace comes last: joining the others needs the host's capabilities. */
	if (c->doors->userns >= 0 && setns(c->doors->userns, CLONE_NEWUSER) < 0)
		return failed(c, "jail_attach");
	/* Changes of credentials may undo it where fs.suid_dumpable is 1. */
	(void)prctl(PR_SET_DUMPABLE, 0);
	if ((s->flags & GAOL_SPAWN_FOREGROUND) != 0 &&
	    (setpgid(0, 0) < 0 || tcsetpgrp(STDIN_FILENO, getpgrp()) < 0))
		return failed(c, "tcsetpgrp");
	if (wants_own_group(c) && setpgid(0, 0) < 0)
		return failed(c, "setpgid");
	r = cred_apply(&c->user->cred, &c->step);
	if (r < 0) {
		errno = -r;
		return failed(c, cred_step_name(c->step));
	}
	(void)prctl(PR_SET_DUMPABLE, 0);
	if (c->broker >= 0 && c->user->cred.ret_listener >= 0 &&
	    (r = raw_hand_over(c->broker, c->user->cred.ret_listener)) < 0) {
		errno = -r;
		return failed(c, "broker of raw sockets");
	}
	if (chdir(c->cwd) < 0)
		return failed(c, "chdir");
	if (sys_close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return failed(c, "close_range");
	reset_signals();
	c->result = 0;
	if (c->enter_binary >= 0)
		enter_and_exec(c);
	else
		search_and_exec(c);
	return failed(c, c->enter_binary >= 0 ? ENTER_PATH : "exec");
}

static int
say(const struct child *c, struct err *e)
{
	int num = -c->result;

	/* A jail that dies while somebody enters answers in many ways: they all mean this. */
	if (strcmp(c->where, "jail_attach") == 0 && (num == ESRCH || num == ENOENT))
		return err_set(e, ENOENT, "jail %d not found", c->doors->rec.jid);
	if (strcmp(c->where, "jail_attach") == 0)
		return err_errno(e, num, "jail_attach");
	if (strcmp(c->where, "chdir") == 0)
		return err_errno(e, num, "chdir %s", c->cwd);
	if (strcmp(c->where, "exec") == 0)
		return err_errno(e, num, "exec %s", c->argv[0]);
	return err_errno(e, num, "cannot enter: %s", c->where);
}

/* In the jail's PID namespace and cgroup from its first instruction. */
static int
clone_child(struct child *c, int *ret_pidfd, pid_t *ret_pid, struct err *e)
{
	pid_t pid = 0;
	int pidfd = -EBADF;
	struct clone_args args = {
	    .flags = CLONE_VM | CLONE_VFORK | CLONE_CLEAR_SIGHAND | CLONE_PIDFD |
		     CLONE_PARENT_SETTID | CLONE_INTO_CGROUP,
	    .pidfd = (uint64_t)(uintptr_t)&pidfd,
	    .parent_tid = (uint64_t)(uintptr_t)&pid,
	    .exit_signal = SIGCHLD,
	    .stack_size = CHILD_STACK,
	    .cgroup = (uint64_t)c->doors->cgroup,
	};
	sigset_t all, old;
	siginfo_t info;
	void *stack;
	long r;

	stack = mmap(NULL, CHILD_STACK, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	if (stack == MAP_FAILED)
		return err_errno(e, errno, "mmap");
	args.stack = (uint64_t)(uintptr_t)stack;
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	if (setns(c->doors->keeper, CLONE_NEWPID) < 0) {
		r = -errno;
	} else {
		r = sys_clone3_call(&args, child_main, c);
		/* Children of ours that are not for the jail must not land there. */
		if (setns(c->doors->pid_ns, CLONE_NEWPID) < 0)
			c->result = c->result < 0 ? c->result : 0;
	}
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	(void)munmap(stack, CHILD_STACK);
	/* ENOMEM: its PID 1 died in between; ENODEV, ENOENT: its cgroup was removed. */
	if (r == -ESRCH || r == -ENOMEM || r == -ENODEV || r == -ENOENT)
		return err_set(e, ENOENT, "jail %d not found", c->doors->rec.jid);
	if (r < 0)
		return err_errno(e, (int)-r, "jail_attach");
	if (c->result == 0 && c->enter_binary >= 0)
		await_report(c, pidfd);
	if (c->result < 0) {
		while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR)
			;
		close_keep_errno(pidfd);
		return say(c, e);
	}
	*ret_pidfd = pidfd;
	*ret_pid = pid;
	return 0;
}

static int
spawn_with(struct instance *in, const struct gaol_spawn *s, struct enter_doors *doors,
    int *ret_pidfd, pid_t *ret_pid, struct err *e)
{
	struct enter_user user = {0};
	cleanup_strv struct strv env = {0};
	char *shell_argv[] = {NULL, (char[]){"-i"}, NULL};
	struct child c = {.s = s,
	    .doors = doors,
	    .user = &user,
	    .result = -EIO,
	    .where = "clone",
	    .enter_binary = -EBADF,
	    .report = -EBADF,
	    .report_write = -EBADF,
	    .broker = -EBADF};
	int r;

	r = enter_user(in, doors, s, &user, e);
	if (r == 0)
		r = enter_environment(s, &user, &env, e);
	if (r == 0) {
		const char *shell;

		c.envp = env.s;
		c.argv = s->argv;
		if (s->argv == NULL || (s->flags & GAOL_SPAWN_SHELL) != 0) {
			shell = lookup(env.s, "SHELL");
			shell_argv[0] = (char *)(uintptr_t)(shell != NULL ? shell : "/bin/sh");
			c.argv = shell_argv;
		}
		c.cwd = s->cwd != NULL						? s->cwd
			: (s->flags & GAOL_SPAWN_CHDIR_HOME) != 0 && user.known ? user.entry.home
										: "/";
		if ((s->flags & GAOL_SPAWN_SETSID) == 0) {
			user.cred.pdeathsig = SIGKILL;
			user.cred.parent_pidfd = doors->self;
		}
		/* Where the host's files are another's than the jail's root, ours are safe. */
		if (policy_userns(&doors->rec) != NS_USER_NEW)
			r = prepare_enter(&c, e);
		/* Without a broker that listens there are no raw sockets; the jail runs all the
		 * same. */
		if (r == 0 && raw_wanted(&doors->rec) &&
		    (c.broker = raw_connect(in, &doors->rec)) >= 0)
			user.cred.filter |= SECCOMP_NOTIFY_RAW;
		if (r == 0)
			r = clone_child(&c, ret_pidfd, ret_pid, e);
		close_keep_errno(c.broker);
		close_keep_errno(c.enter_binary);
		close_keep_errno(c.report);
		close_keep_errno(c.report_write);
		strv_done(&c.enter);
	}
	enter_user_done(&user);
	return r;
}

int
gaol_spawn(const struct gaol_spawn *s, int *ret_pidfd, pid_t *ret_pid, struct err *e)
{
	struct enter_doors doors;
	struct instance *in;
	int r, dumpable;

	r = instance_write(&in, e);
	if (r == 0)
		r = enter_open(in, s->jid, &doors, e);
	if (r < 0)
		return r;
	/* The child is inside with our memory until it executes: nobody there may look at it. */
	dumpable = prctl(PR_GET_DUMPABLE);
	(void)prctl(PR_SET_DUMPABLE, 0);
	r = spawn_with(in, s, &doors, ret_pidfd, ret_pid, e);
	if (dumpable == 1)
		(void)prctl(PR_SET_DUMPABLE, 1);
	enter_close(&doors);
	return r;
}

int
gaol_open_root(int jid, struct err *e)
{
	struct enter_doors doors;
	struct instance *in;
	int r;

	r = instance_write(&in, e);
	if (r == 0)
		r = enter_open(in, jid, &doors, e);
	if (r < 0)
		return r;
	r = enter_root(&doors, e);
	enter_close(&doors);
	return r;
}
