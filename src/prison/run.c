/* gaol_run: a command inside, and the terminal's job control around it. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "prison/api.h"

/* 0, 1 and 2 are one terminal, and we are in its foreground: not in a pipeline. */
static bool
have_terminal(const int stdio[3])
{
	struct stat first, other;

	if (!isatty(STDIN_FILENO) || fstat(STDIN_FILENO, &first) < 0)
		return false;
	for (int i = 0; i < 3; i++) {
		if (stdio[i] >= 0)
			return false;
		if (fstat(i, &other) < 0 || other.st_rdev != first.st_rdev || !isatty(i))
			return false;
	}
	return tcgetpgrp(STDIN_FILENO) == getpgrp();
}

static void
take_terminal_back(void)
{
	struct sigaction ignore = {.sa_handler = SIG_IGN}, old;

	/* From the background tcsetpgrp would stop us. */
	(void)sigaction(SIGTTOU, &ignore, &old);
	(void)tcsetpgrp(STDIN_FILENO, getpgrp());
	(void)sigaction(SIGTTOU, &old, NULL);
}

/* The command was stopped: stop with it, and continue it when we are continued. */
static void
stop_along(pid_t pid)
{
	take_terminal_back();
	(void)kill(0, SIGSTOP);
	(void)tcsetpgrp(STDIN_FILENO, pid);
	(void)kill(-pid, SIGCONT);
}

static void
forward(int signals, pid_t pid, bool foreground)
{
	/* spawn.c may have given it a group of its own, which the keys do not reach. */
	bool reached = foreground || getpgid(pid) == getpgrp();
	struct signalfd_siginfo si;

	while (read(signals, &si, sizeof(si)) == (ssize_t)sizeof(si)) {
		/*
		 * What the terminal's keys sent has reached the command by itself, and our
		 * children are none of its business.
		 */
		if ((si.ssi_code == SI_KERNEL && reached) || si.ssi_signo == SIGCHLD)
			continue;
		(void)kill(pid, (int)si.ssi_signo);
	}
}

static int
wait_for(int pidfd, pid_t pid, int signals, bool foreground)
{
	struct pollfd fds[2] = {
	    {.fd = pidfd, .events = POLLIN},
	    {.fd = signals, .events = POLLIN},
	};
	siginfo_t info;

	for (;;) {
		int options = WEXITED | __WALL | WNOHANG | (foreground ? WSTOPPED : 0);

		info.si_pid = 0;
		/* Without a group of its own no WSTOPPED: the key stops both, and an old report
		 * would stop us again. */
		if (waitid(P_PIDFD, (id_t)pidfd, &info, options) < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (info.si_pid != 0 && info.si_code == CLD_STOPPED) {
			stop_along(pid);
			continue;
		}
		if (info.si_pid != 0)
			break;
		/* A stop does not make a pidfd readable: SIGCHLD does wake the signalfd. */
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return -errno;
		forward(signals, pid, foreground);
	}
	if (info.si_code == CLD_EXITED)
		return (info.si_status & 0xff) << 8;
	return info.si_status & 0x7f;
}

int
gaol_run(const struct gaol_spawn *given, struct err *e)
{
	static const int forwarded[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM,
	    SIGWINCH, SIGCONT, SIGCHLD};
	struct gaol_spawn s = *given;
	cleanup_fd int pidfd = -EBADF, signals = -EBADF;
	sigset_t set, old;
	pid_t pid;
	int r;

	if (have_terminal(s.stdio))
		s.flags |= GAOL_SPAWN_FOREGROUND;
	(void)sigemptyset(&set);
	for (size_t i = 0; i < ARRAY_SIZE(forwarded); i++)
		(void)sigaddset(&set, forwarded[i]);
	(void)sigprocmask(SIG_BLOCK, &set, &old);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	r = signals < 0 ? err_errno(e, errno, "signalfd") : gaol_spawn(&s, &pidfd, &pid, e);
	if (r == 0) {
		bool foreground = (s.flags & GAOL_SPAWN_FOREGROUND) != 0;

		r = wait_for(pidfd, pid, signals, foreground);
		if (foreground)
			take_terminal_back();
		if (r < 0)
			(void)err_errno(e, -r, "waitid");
	}
	(void)sigprocmask(SIG_SETMASK, &old, NULL);
	/* A shell script around us must see that Ctrl-C ended the command. */
	if (r >= 0 && (s.flags & GAOL_SPAWN_FOREGROUND) != 0 && WIFSIGNALED(r) &&
	    (WTERMSIG(r) == SIGINT || WTERMSIG(r) == SIGQUIT))
		(void)kill(0, WTERMSIG(r));
	return r;
}
