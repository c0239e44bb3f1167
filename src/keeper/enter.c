/* The last image of ours before a jail's program; enter.h says why.  No libc: see the keeper. */
#include <asm/unistd.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>

#include "keeper/call.h"
#include "keeper/enter.h"

#define E_NOENT 2
#define E_ACCES 13
#define E_NOTDIR 20

void enter_main(long *stack) __attribute__((noreturn));

static int
execute(char **files, int n, char **argv, char **envp)
{
	int found = E_NOENT;

	for (int i = 0; i < n; i++) {
		long r = call3(__NR_execve, (long)files[i], (long)argv, (long)envp);

		if (r == -E_ACCES)
			found = E_ACCES;
		else if (r != -E_NOENT && r != -E_NOTDIR)
			return (int)-r;
	}
	return found;
}

void
enter_main(long *stack)
{
	long argc = *stack;
	char **argv = (char **)(stack + 1), **envp = argv + argc + 1;
	int n, error;

	/* Before anything else: nobody inside shall take the pipe. */
	call2(__NR_prctl, PR_SET_DUMPABLE, 0);
	call3(__NR_fcntl, ENTER_FD_REPORT, F_SETFD, FD_CLOEXEC);
	n = argc > ENTER_ARG_FILES ? argv[ENTER_ARG_FILES][0] - '0' : 0;
	if (n > 0 && argc > ENTER_ARG_FIRST + n) {
		error = execute(argv + ENTER_ARG_FIRST, n, argv + ENTER_ARG_FIRST + n, envp);
		call3(__NR_write, ENTER_FD_REPORT, (long)&error, sizeof(error));
	}
	for (;;)
		call1(__NR_exit_group, 1);
}

CALL_START(enter_main);
