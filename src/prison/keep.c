/* The child that builds a jail's root, writes its record and becomes its keeper. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/sys.h"
#include "prison/root.h"

#define CHILD_STACK (256 * 1024)

struct child {
	struct keeper_plan *plan;
	struct err *e;
	int result;
};

static int
join_namespaces(const struct keeper_plan *plan, struct err *e)
{
	if (plan->parent_pidfd >= 0 && plan->parent_flags != 0 &&
	    setns(plan->parent_pidfd, plan->parent_flags) < 0)
		return err_errno(e, errno, "cannot join the parent jail's namespaces");
	/* Still with the host's credentials: only the namespaces belong to the jail's users. */
	if (setns(plan->holder->pidfd, plan->holder_flags) < 0)
		return err_errno(e, errno, "cannot join the jail's namespaces");
	if (plan->hostname != NULL && sethostname(plan->hostname, strlen(plan->hostname)) < 0)
		return err_errno(e, errno, "host.hostname %s", plan->hostname);
	if (plan->domainname != NULL &&
	    setdomainname(plan->domainname, strlen(plan->domainname)) < 0)
		return err_errno(e, errno, "host.domainname %s", plan->domainname);
	return 0;
}

/*
 * Our number as the host sees it: whoever cloned us may sit in another PID namespace and
 * see another.  The host's procfs is still in sight.
 */
static int
own_pid(pid_t *ret, struct err *e)
{
	char text[16];
	uint64_t pid;
	ssize_t n = readlink("/proc/self", text, sizeof(text) - 1);

	if (n < 0)
		return err_errno(e, errno, "/proc/self");
	text[n] = '\0';
	if (num_parse_u64(text, INT32_MAX, &pid) < 0)
		return err_set(e, EIO, "/proc/self: not a number");
	*ret = (pid_t)pid;
	return 0;
}

static int
child_main(void *arg)
{
	struct child *c = arg;
	struct keeper_plan *plan = c->plan;
	int r;

	/* Until it is published nobody else would end what a killed command began. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	r = own_pid(&plan->pid, c->e);
	if (r == 0)
		r = join_namespaces(plan, c->e);
	if (r == 0)
		r = root_build(&plan->root, plan->map_ids ? plan->holder->userns : -EBADF, c->e);
	if (r == 0)
		r = plan->publish(plan->publish_arg, plan->pid, c->e);
	if (r == 0) {
		/* Overwritten only if the exec fails; success is this memory left alone. */
		c->result = 0;
		(void)prctl(PR_SET_PDEATHSIG, 0);
		r = keeper_exec(&plan->start);
		(void)err_errno(c->e, -r, "cannot execute the keeper");
	}
	c->result = r;
	return 1;
}

static int
start_here(struct keeper_plan *plan, struct err *e)
{
	struct child c = {.plan = plan, .e = e, .result = -EIO};
	struct clone_args args = {
	    .flags = CLONE_NEWPID | CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_INTO_CGROUP,
	    .pidfd = (uint64_t)(uintptr_t)&plan->pidfd,
	    .exit_signal = SIGCHLD,
	    .stack_size = CHILD_STACK,
	    .cgroup = (uint64_t)plan->keepers_cgroup,
	};
	sigset_t all, old;
	siginfo_t info;
	void *stack;
	long pid;

	stack = mmap(NULL, CHILD_STACK, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	if (stack == MAP_FAILED)
		return err_errno(e, errno, "mmap");
	args.stack = (uint64_t)(uintptr_t)stack;
	(void)err_set(e, EIO, "the keeper died before it stood");
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	/*
	 * CLONE_VFORK: we stop until it has executed the keeper or ended, so it may use our memory
	 * (and so no page table is copied, and its error is simply there).
	 */
	pid = sys_clone3_call(&args, child_main, &c);
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	(void)munmap(stack, CHILD_STACK);
	if (pid == -EAGAIN || pid == -ENOSPC)
		return err_set(e, (int)-pid,
		    "the kernel's limit of processes or namespaces is reached (sysctl "
		    "kernel.pid_max, "
		    "kernel.threads-max, user.max_pid_namespaces)");
	if (pid < 0)
		return err_errno(e, (int)-pid, "cannot start the keeper");
	if (c.result < 0) {
		(void)sys_pidfd_send_signal(plan->pidfd, SIGKILL);
		while (waitid(P_PIDFD, (id_t)plan->pidfd, &info, WEXITED | __WALL) < 0 &&
		       errno == EINTR)
			;
		close_keep_errno(take_fd(&plan->pidfd));
	}
	return c.result;
}

/* ---- below another jail ---------------------------------------------------------------------- */

struct between {
	struct keeper_plan *plan;
	struct err *e;
	int result;
};

static int
between_main(void *arg)
{
	struct between *b = arg;

	b->result = start_here(b->plan, b->e);
	return 0;
}

/*
 * A child jail's processes are seen by its parent: its PID namespace lies in the
 * parent's.  The kernel makes one only below the namespace of the caller, so a
 * process in between is needed; the keeper becomes an orphan of the parent's keeper.
 */
static int
start_below(struct keeper_plan *plan, struct err *e)
{
	cleanup_fd int here = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC), pidfd = -EBADF;
	struct between b = {.plan = plan, .e = e, .result = -EIO};
	struct clone_args args = {
	    .flags = CLONE_VM | CLONE_VFORK | CLONE_FILES | CLONE_PIDFD,
	    .pidfd = (uint64_t)(uintptr_t)&pidfd,
	    .exit_signal = SIGCHLD,
	    .stack_size = CHILD_STACK,
	};
	sigset_t all, old;
	siginfo_t info;
	void *stack;
	long pid;

	if (here < 0)
		return err_errno(e, errno, "/proc/self/ns/pid");
	stack = mmap(NULL, CHILD_STACK, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0);
	if (stack == MAP_FAILED)
		return err_errno(e, errno, "mmap");
	args.stack = (uint64_t)(uintptr_t)stack;
	(void)sigfillset(&all);
	(void)sigprocmask(SIG_SETMASK, &all, &old);
	(void)err_set(e, EIO, "the keeper died before it stood");
	pid = setns(plan->parent_pidfd, CLONE_NEWPID) < 0
		  ? -errno
		  : sys_clone3_call(&args, between_main, &b);
	if (setns(here, CLONE_NEWPID) < 0 && b.result == 0)
		b.result = err_errno(e, errno, "cannot leave the parent jail's processes");
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	(void)munmap(stack, CHILD_STACK);
	if (pid < 0)
		return err_errno(e, (int)-pid, "cannot join the parent jail's processes");
	while (waitid(P_PIDFD, (id_t)pidfd, &info, WEXITED | __WALL) < 0 && errno == EINTR)
		;
	return b.result;
}

int
keeper_start(struct keeper_plan *plan, struct err *e)
{
	return plan->parent_pidfd < 0 ? start_here(plan, e) : start_below(plan, e);
}
