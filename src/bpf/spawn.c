/* Running the loader: the one place where this library starts a program. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/sys.h"
#include "bpf/bpf.h"
#include "bpf/load/load.h"
#include "config.h"

/* Only async-signal-safe calls: the caller may have threads.  Ends in exec or _exit. */
static _Noreturn void
child_exec(const char *loader, const int fds[3], int verbose)
{
	char verbose_arg[] = "-v";
	char name[] = "gaol-load";
	char *argv[] = {name, verbose ? verbose_arg : NULL, NULL};
	char *envp[] = {NULL};
	struct err e = {0};
	int high[3];
	sigset_t none;

	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	/* Out of the way first: one of the three may sit on a number that another is to get. */
	for (int i = 0; i < 3; i++)
		high[i] = fcntl(fds[i], F_DUPFD_CLOEXEC, LOAD_FD_LAST + 1);
	for (int i = 0; i < 3; i++)
		if (high[i] < 0 || dup2(high[i], LOAD_FD_STATE + i) < 0)
			_exit(1);
	(void)sys_close_range(LOAD_FD_LAST + 1, ~0U, 0);
	(void)execve(loader, argv, envp);
	(void)err_errno(&e, errno, "%s", loader);
	(void)!write(LOAD_FD_ERR, &e, sizeof(e));
	_exit(1);
}

/* The loader ends by writing one struct err, num 0 for success; silence is a loader that died. */
static int
read_verdict(int fd, struct err *ret)
{
	size_t got = 0;

	while (got < sizeof(*ret)) {
		ssize_t n = read(fd, (char *)ret + got, sizeof(*ret) - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			return -EPIPE;
		got += (size_t)n;
	}
	ret->text[sizeof(ret->text) - 1] = '\0';
	return 0;
}

int
bpf_load_via(const char *loader, int statefd, int root_cgroup_fd, unsigned flags, struct err *e)
{
	struct err verdict;
	int pipefd[2], rc;
	pid_t pid;

	if (loader == NULL)
		loader = GAOL_LIBEXECDIR "/gaol-load";
	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return err_errno(e, errno, "pipe");

	int cleanup_fd rd = pipefd[0];
	int cleanup_fd wr = pipefd[1];

	pid = fork();
	if (pid < 0)
		return err_errno(e, errno, "fork");
	if (pid == 0) {
		const int fds[3] = {statefd, root_cgroup_fd, wr};

		child_exec(loader, fds, (flags & BPF_LOAD_VERBOSE) != 0);
	}
	close_keep_errno(take_fd(&wr));
	rc = read_verdict(rd, &verdict);
	/* The verdict is in the pipe; with SIGCHLD ignored there is no status to be had. */
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	if (rc < 0)
		return err_set(e, EIO, "%s ended without a word", loader);
	if (verdict.num != 0)
		return err_set(e, verdict.num, "%s", verdict.text);
	return 0;
}
