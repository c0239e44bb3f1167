/*
 * PID 1 of a test's PID namespace: starts the command given, reaps whatever becomes
 * its child, and ends as the command did.  Its end kills all that is left, so
 * that no test can leave a process on the machine.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	pid_t child, pid;
	int status;

	if (argc < 2) {
		(void)fprintf(stderr, "usage: pid1 command [argument ...]\n");
		return 2;
	}
	child = fork();
	if (child < 0) {
		perror("pid1: fork");
		return 126;
	}
	if (child == 0) {
		(void)execvp(argv[1], argv + 1);
		(void)fprintf(stderr, "pid1: %s: %s\n", argv[1], strerror(errno));
		_exit(127);
	}
	for (;;) {
		pid = waitpid(-1, &status, 0);
		if (pid < 0 && errno != EINTR)
			return 125;
		if (pid == child)
			return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	}
}
