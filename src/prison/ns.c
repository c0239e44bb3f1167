#include "prison/ns.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/sys.h"
#include "prison/mountfs.h"

#define HOLDER_STACK (16 * 1024)

struct holder_arg {
	int ready; /* write end of a pipe */
	int proc;  /* procfs of its own */
	bool user; /* there is a user namespace to limit */
	pid_t parent;
};

/*
 * Runs beside us in our memory: system calls without errno, nothing else.
 * Jailed root has CAP_SYS_ADMIN in its user namespace and could otherwise unshare its
 * mounts and mount in the copy, or regain every capability in a nested user
 * namespace.  The files act on the user namespace of the opener, so it must be us.
 */
static int
holder_main(void *p)
{
	static const char *const limits[] = {
	    "sys/user/max_mnt_namespaces",
	    "sys/user/max_user_namespaces",
	};
	const struct holder_arg *arg = p;
	char status = 0;

	(void)sys_raw4(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0);
	/* It may have died before we asked for that. */
	if (sys_raw4(SYS_getppid, 0, 0, 0, 0) != arg->parent)
		return 1;
	for (size_t i = 0; arg->user && i < ARRAY_SIZE(limits); i++) {
		long fd = sys_raw4(SYS_openat, arg->proc, (long)limits[i], O_WRONLY | O_CLOEXEC, 0);
		long n = fd < 0 ? fd : sys_raw4(SYS_write, fd, (long)"0", 1, 0);

		if (fd >= 0)
			(void)sys_raw4(SYS_close, fd, 0, 0, 0);
		if (n != 1)
			status = n < 0 && n > -127 ? (char)-n : EIO;
	}
	(void)sys_raw4(SYS_write, arg->ready, (long)&status, 1, 0);
	for (;;)
		(void)sys_raw4(SYS_ppoll, 0, 0, 0, 0);
	return 0;
}

static int
write_map(pid_t pid, const char *file, const char *map, struct err *e)
{
	char path[64];
	int r;

	(void)snprintf(path, sizeof(path), "/proc/%d/%s", pid, file);
	r = path_write_file(AT_FDCWD, path, map);
	return r < 0 ? err_errno(e, -r, "user namespace: %s", file) : 0;
}

static int
write_maps(const struct ns_spec *spec, pid_t pid, struct err *e)
{
	char map[64];
	int r;

	if (spec->user == NS_USER_NEW)
		(void)snprintf(map, sizeof(map), "0 %" PRId64 " 65536\n", spec->id_base);
	else
		(void)snprintf(map, sizeof(map), "0 0 4294967295\n");
	r = write_map(pid, "uid_map", map, e);
	return r < 0 ? r : write_map(pid, "gid_map", map, e);
}

/*
 * In one procfs the files of all user namespaces have the same name in the same directory,
 * and a look for one's own goes past everybody's: with 5,000 jails that took four times as long
 * as all the rest.  In a new one it is alone.
 */
static int
own_proc(struct err *e)
{
	int proc = mountfs_new("proc", NULL, 0);

	return proc < 0 ? err_errno(e, -proc, "proc") : proc;
}

int
ns_holder_flags(const struct ns_spec *spec)
{
	return CLONE_NEWCGROUP | (spec->uts ? CLONE_NEWUTS : 0) | (spec->ipc ? CLONE_NEWIPC : 0) |
	       (spec->net ? CLONE_NEWNET : 0);
}

static int
start(const struct ns_spec *spec, struct ns_holder *h, int ready_write, struct holder_arg *arg,
    struct err *e)
{
	struct clone_args args = {
	    .flags = (uint64_t)ns_holder_flags(spec) | CLONE_VM | CLONE_PIDFD | CLONE_INTO_CGROUP |
		     (spec->user == NS_USER_INHERIT ? 0 : (uint64_t)CLONE_NEWUSER),
	    .pidfd = (uint64_t)(uintptr_t)&h->pidfd,
	    /* Without a signal it is no child that a caller's own waitpid(-1) could find. */
	    .exit_signal = 0,
	    .stack = (uint64_t)(uintptr_t)h->stack,
	    .stack_size = HOLDER_STACK,
	    .cgroup = (uint64_t)spec->cgroup,
	};
	sigset_t all, old;
	long pid;

	arg->ready = ready_write;
	arg->user = spec->user != NS_USER_INHERIT;
	arg->parent = getpid();
	/* The child shares our memory: a handler of ours must never run in it. */
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	pid = sys_clone3_call(&args, holder_main, arg);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	if (pid == -ENOSPC || pid == -EUSERS)
		return err_set(e, (int)-pid,
		    "the kernel's limit of namespaces is reached (sysctl user.max_*_namespaces)");
	if (pid < 0)
		return err_errno(e, (int)-pid, "cannot make the jail's namespaces");
	h->pid = (pid_t)pid;
	return 0;
}

int
ns_holder_start(const struct ns_spec *spec, struct ns_holder *ret, struct err *e)
{
	cleanup_fd int ready_write = -EBADF, proc = own_proc(e);
	struct holder_arg *arg;
	int pipefd[2], r;

	*ret = NS_HOLDER_NONE;
	if (proc < 0)
		return proc;
	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return err_errno(e, errno, "pipe");
	ret->ready = pipefd[0];
	ready_write = pipefd[1];
	ret->stack = mmap(NULL, HOLDER_STACK, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	if (ret->stack == MAP_FAILED) {
		r = err_errno(e, errno, "mmap");
		ns_holder_done(ret);
		return r;
	}
	/* At the stack's far end: the holder outlives our frame. */
	arg = ret->stack;
	arg->proc = proc;
	r = start(spec, ret, ready_write, arg, e);
	if (r == 0 && spec->user != NS_USER_INHERIT) {
		char path[64];

		r = write_maps(spec, ret->pid, e);
		(void)snprintf(path, sizeof(path), "/proc/%d/ns/user", ret->pid);
		if (r == 0 && (ret->userns = open(path, O_RDONLY | O_CLOEXEC)) < 0)
			r = err_errno(e, errno, "%s", path);
	}
	if (r < 0)
		ns_holder_done(ret);
	return r;
}

int
ns_holder_wait(struct ns_holder *h, struct err *e)
{
	char status = 0;
	ssize_t n;

	/* Only the holder has the write end: its death is the end of the file. */
	do
		n = read(h->ready, &status, 1);
	while (n < 0 && errno == EINTR);
	close_keep_errno(take_fd(&h->ready));
	if (n == 1 && status == 0)
		return 0;
	return err_errno(e, n == 1 ? (unsigned char)status : EIO,
	    "cannot limit the jail's user namespace (/proc/sys/user)");
}

void
ns_holder_kill(struct ns_holder *h)
{
	if (h->pid > 0)
		(void)sys_pidfd_send_signal(h->pidfd, SIGKILL);
}

void
ns_holder_done(struct ns_holder *h)
{
	int saved = errno;

	ns_holder_kill(h);
	if (h->pid > 0) {
		siginfo_t info;

		while (
		    waitid(P_PIDFD, (id_t)h->pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR)
			;
	}
	close_keep_errno(take_fd(&h->pidfd));
	close_keep_errno(take_fd(&h->userns));
	close_keep_errno(take_fd(&h->ready));
	if (h->stack != NULL && h->stack != MAP_FAILED)
		(void)munmap(h->stack, HOLDER_STACK);
	h->stack = NULL;
	h->pid = -1;
	errno = saved;
}
