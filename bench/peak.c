/*
 * Runs one command and prints a row of a table: its label, how long it took in seconds,
 * and the most memory that it held at a time in MiB (the command's own process tree, as
 * far as it was waited for).
 *
 *	peak LABEL COMMAND [ARGUMENT ...]
 */
#include <err.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

int
main(int argc, char **argv)
{
	posix_spawn_file_actions_t quiet;
	struct timespec a, b;
	struct rusage use;
	int status, r;
	pid_t pid;

	if (argc < 3) {
		(void)fputs("usage: peak label command [argument ...]\n", stderr);
		return 1;
	}
	if (posix_spawn_file_actions_init(&quiet) != 0 ||
	    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0) != 0)
		errx(1, "posix_spawn");
	(void)clock_gettime(CLOCK_MONOTONIC, &a);
	r = posix_spawnp(&pid, argv[2], &quiet, NULL, argv + 2, environ);
	if (r != 0)
		errx(1, "%s: %s", argv[2], strerror(r));
	if (wait4(pid, &status, 0, &use) != pid)
		err(1, "wait4");
	(void)clock_gettime(CLOCK_MONOTONIC, &b);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(1, "%s: %s failed (status %#x)", argv[1], argv[2], (unsigned)status);
	(void)printf("| %s | %.2f | %.0f |\n", argv[1],
	    (double)(b.tv_sec - a.tv_sec) + (double)(b.tv_nsec - a.tv_nsec) / 1e9,
	    (double)use.ru_maxrss / 1024);
	return fflush(stdout) == 0 ? 0 : 1;
}
