/*
 * Runs commands in turns and compares how long they take.
 *
 *	turns [-n ROUNDS] [-w ROUNDS] LABEL COMMAND [ARGUMENT ...] [, LABEL COMMAND ...] ...
 *
 * In every round each command runs once, in an order shuffled anew, so that whatever
 * else the machine does hits all alike.  The first -w rounds are not counted.  Prints a
 * row of a Markdown table for each: median, quartiles, minimum in milliseconds, and the
 * ratio of medians to the first.  A command that fails ends it all: a fast failure is not
 * a result.
 */
#include <err.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONTENDERS 16

struct contender {
	const char *label;
	char **argv; /* NULL terminated */
	double *ms;
};

static struct contender contenders[MAX_CONTENDERS];
static int ncontenders;

extern char **environ;

static double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static double
run_once(const struct contender *c, posix_spawn_file_actions_t *quiet)
{
	double start = now_ms();
	int status, r;
	pid_t pid;

	r = posix_spawnp(&pid, c->argv[0], quiet, NULL, c->argv, environ);
	if (r != 0)
		errx(1, "%s: %s: %s", c->label, c->argv[0], strerror(r));
	if (waitpid(pid, &status, 0) != pid)
		err(1, "waitpid");
	start = now_ms() - start;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		errx(1, "%s: %s failed (status %#x)", c->label, c->argv[0], (unsigned)status);
	return start;
}

static void
shuffle(int *order, int n)
{
	int i, j, t;

	for (i = n - 1; i > 0; i--) {
		j = (int)(random() % (i + 1));
		t = order[i];
		order[i] = order[j];
		order[j] = t;
	}
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static void
print_rows(int rounds)
{
	double base = 0;
	int i;

	for (i = 0; i < ncontenders; i++) {
		double *v = contenders[i].ms;

		qsort(v, (size_t)rounds, sizeof(*v), compare);
		if (i == 0)
			base = v[rounds / 2];
		(void)printf("| %s | %.2f | %.2f - %.2f | %.2f | %.2f |\n", contenders[i].label,
		    v[rounds / 2], v[rounds / 4], v[rounds * 3 / 4], v[0], v[rounds / 2] / base);
	}
}

/* Splits at lone commas. */
static void
read_contenders(int argc, char **argv, int rounds)
{
	int i = 0;

	while (i < argc) {
		struct contender *c = &contenders[ncontenders++];

		if (ncontenders > MAX_CONTENDERS)
			errx(1, "more than %d commands", MAX_CONTENDERS);
		c->label = argv[i++];
		c->argv = argv + i;
		while (i < argc && strcmp(argv[i], ",") != 0)
			i++;
		if (c->argv == argv + i)
			errx(1, "%s: no command", c->label);
		if (i < argc)
			argv[i++] = NULL;
		c->ms = calloc((size_t)rounds, sizeof(double));
		if (c->ms == NULL)
			err(1, "calloc");
	}
}

static int
count(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (*text == '\0' || *end != '\0' || n < 0 || n > 1000000)
		errx(1, "%s: not a number of rounds", text);
	return (int)n;
}

int
main(int argc, char **argv)
{
	posix_spawn_file_actions_t quiet;
	int order[MAX_CONTENDERS], rounds = 100, warm = 5, opt, i, r;

	while ((opt = getopt(argc, argv, "+n:w:")) != -1)
		switch (opt) {
		case 'n':
			rounds = count(optarg);
			break;
		case 'w':
			warm = count(optarg);
			break;
		default:
			rounds = 0;
		}
	if (rounds == 0 || optind == argc) {
		(void)fputs("usage: turns [-n rounds] [-w rounds] label command [argument ...] "
			    "[, label command ...]\n",
		    stderr);
		return 1;
	}
	read_contenders(argc - optind, argv + optind, rounds);
	if (posix_spawn_file_actions_init(&quiet) != 0 ||
	    posix_spawn_file_actions_addopen(&quiet, 0, "/dev/null", O_RDONLY, 0) != 0 ||
	    posix_spawn_file_actions_addopen(&quiet, 1, "/dev/null", O_WRONLY, 0) != 0)
		errx(1, "posix_spawn");
	for (i = 0; i < ncontenders; i++)
		order[i] = i;
	for (r = -warm; r < rounds; r++) {
		shuffle(order, ncontenders);
		for (i = 0; i < ncontenders; i++) {
			double ms = run_once(&contenders[order[i]], &quiet);

			if (r >= 0)
				contenders[order[i]].ms[r] = ms;
		}
	}
	print_rows(rounds);
	return fflush(stdout) == 0 ? 0 : 1;
}
