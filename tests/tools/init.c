/*
 * A whole userland in one static program, for root directories that are made in
 * milliseconds.  Called by one of its names (or as `init NAME ...`); prints what it
 * sees, so that the test outside can compare.  try.c holds what must be refused.
 */
#include "tools/init.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

int
complain(const char *what)
{
	(void)fprintf(stderr, "%s: %s\n", what, strerror(errno));
	return 1;
}

static int
do_true(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 0;
}

static int
do_false(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return 1;
}

static int
do_exit(int argc, char **argv)
{
	return argc > 1 ? (int)strtol(argv[1], NULL, 10) : 0;
}

static int
do_echo(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		(void)printf("%s%s", i > 1 ? " " : "", argv[i]);
	(void)putchar('\n');
	return 0;
}

static int
do_env(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (char **e = environ; *e != NULL; e++)
		(void)puts(*e);
	return 0;
}

static int
copy_fd(int fd)
{
	char buf[4096];
	ssize_t n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		if (fwrite(buf, 1, (size_t)n, stdout) != (size_t)n)
			return -1;
	return (int)n;
}

static int
do_cat(int argc, char **argv)
{
	int status = 0;

	if (argc == 1)
		return copy_fd(0) < 0 ? complain("stdin") : 0;
	for (int i = 1; i < argc; i++) {
		int fd = open(argv[i], O_RDONLY | O_CLOEXEC);

		if (fd < 0 || copy_fd(fd) < 0)
			status = complain(argv[i]);
		if (fd >= 0)
			(void)close(fd);
	}
	return status;
}

/* write FILE TEXT: in one write(2), appending if the file is there. */
static int
do_write(int argc, char **argv)
{
	int fd;

	if (argc != 3)
		return 2;
	fd = open(argv[1], O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	if (fd < 0)
		return complain(argv[1]);
	if (dprintf(fd, "%s\n", argv[2]) < 0)
		return complain(argv[1]);
	return close(fd) < 0 ? complain(argv[1]) : 0;
}

static int
do_sleep(int argc, char **argv)
{
	double s = argc > 1 ? strtod(argv[1], NULL) : 1e9;
	struct timespec t = {.tv_sec = (time_t)s, .tv_nsec = (long)((s - (double)(time_t)s) * 1e9)};

	while (nanosleep(&t, &t) < 0 && errno == EINTR)
		;
	return 0;
}

/* A service that does not hear SIGTERM. */
static int
do_ignore(int argc, char **argv)
{
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	return do_sleep(argc, argv);
}

/* daemon COMMAND...: forks twice into a session of its own, as daemons do. */
static int
do_daemon(int argc, char **argv)
{
	int null;

	if (argc < 2)
		return 2;
	(void)fflush(NULL);
	switch (fork()) {
	case -1:
		return complain("fork");
	case 0:
		break;
	default:
		return 0;
	}
	(void)setsid();
	if (fork() != 0)
		_exit(0);
	null = open("/dev/null", O_RDWR);
	if (null >= 0) {
		(void)dup2(null, 0);
		(void)dup2(null, 1);
		(void)dup2(null, 2);
	}
	(void)execvp(argv[1], argv + 1);
	_exit(127);
}

static int
do_id(int argc, char **argv)
{
	gid_t groups[256];
	int n = getgroups(256, groups);

	(void)argc;
	(void)argv;
	(void)printf("uid=%u gid=%u groups=", geteuid(), getegid());
	for (int i = 0; i < n; i++)
		(void)printf("%s%u", i ? "," : "", groups[i]);
	(void)putchar('\n');
	return 0;
}

static int
do_hostname(int argc, char **argv)
{
	struct utsname u;

	if (argc > 1)
		return sethostname(argv[1], strlen(argv[1])) < 0 ? complain("sethostname") : 0;
	if (uname(&u) < 0)
		return complain("uname");
	(void)puts(u.nodename);
	return 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int
do_ls(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : ".";
	char *names[4096];
	size_t n = 0;
	struct dirent *d;
	DIR *dp = opendir(dir);

	if (dp == NULL)
		return complain(dir);
	while ((d = readdir(dp)) != NULL && n < 4096)
		if (d->d_name[0] != '.')
			names[n++] = strdup(d->d_name);
	(void)closedir(dp);
	qsort(names, n, sizeof(names[0]), by_name);
	for (size_t i = 0; i < n; i++)
		(void)puts(names[i]);
	return 0;
}

/* stat FILE...: type and mode in octal, owner, device numbers; links are not followed. */
static int
do_stat(int argc, char **argv)
{
	int status = 0;

	for (int i = 1; i < argc; i++) {
		struct stat st;

		if (lstat(argv[i], &st) < 0) {
			status = complain(argv[i]);
			continue;
		}
		(void)printf("%s %o %u:%u %u,%u\n", argv[i], st.st_mode, st.st_uid, st.st_gid,
		    (unsigned)(st.st_rdev >> 8), (unsigned)(st.st_rdev & 0xff));
	}
	return status;
}

static int
do_touch(int argc, char **argv)
{
	int fd;

	for (int i = 1; i < argc; i++) {
		fd = open(argv[i], O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		if (fd < 0)
			return complain(argv[i]);
		(void)close(fd);
	}
	return 0;
}

static int
do_rm(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (remove(argv[i]) < 0)
			return complain(argv[i]);
	return 0;
}

static int
do_mkdir(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (mkdir(argv[i], 0755) < 0)
			return complain(argv[i]);
	return 0;
}

static int
do_chmod(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	return chmod(argv[2], (mode_t)strtoul(argv[1], NULL, 8)) < 0 ? complain(argv[2]) : 0;
}

static int
do_kill(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	if (kill((pid_t)strtol(argv[2], NULL, 10), (int)strtol(argv[1], NULL, 10)) < 0)
		return complain(argv[2]);
	return 0;
}

/* ps: pid, parent, command name of all that /proc shows. */
static int
do_ps(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	for (int pid = 1; pid < 4194304; pid++) {
		char name[64], line[512], comm[64];
		int ppid;
		FILE *f;

		/* Numbers of a jail are small; a gap of this size is the end. */
		if (pid > 65536)
			break;
		(void)snprintf(name, sizeof(name), "/proc/%d/stat", pid);
		f = fopen(name, "re");
		if (f == NULL)
			continue;
		if (fgets(line, sizeof(line), f) != NULL &&
		    sscanf(line, "%*d (%63[^)]) %*c %d", comm, &ppid) == 2)
			(void)printf("%d %d %s\n", pid, ppid, comm);
		(void)fclose(f);
	}
	return 0;
}

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} commands[] = {
    {"true", do_true},
    {"false", do_false},
    {"exit", do_exit},
    {"echo", do_echo},
    {"env", do_env},
    {"cat", do_cat},
    {"write", do_write},
    {"sleep", do_sleep},
    {"ignore", do_ignore},
    {"daemon", do_daemon},
    {"id", do_id},
    {"hostname", do_hostname},
    {"ls", do_ls},
    {"stat", do_stat},
    {"touch", do_touch},
    {"rm", do_rm},
    {"mkdir", do_mkdir},
    {"chmod", do_chmod},
    {"kill", do_kill},
    {"ps", do_ps},
    {"try", do_try},
    {"tcp", do_tcp},
    {"udp", do_udp},
};

int
main(int argc, char **argv)
{
	const char *name = strrchr(argv[0], '/');

	name = name != NULL ? name + 1 : argv[0];
	if (strcmp(name, "init") == 0 && argc > 1) {
		argv++;
		argc--;
		name = argv[0];
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(name, commands[i].name) == 0) {
			int status = commands[i].run(argc, argv);

			if (fflush(stdout) != 0)
				return complain("stdout");
			return status;
		}
	}
	/* The list of names, for env.subr, which links each. */
	if (argc == 1) {
		for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
			(void)puts(commands[i].name);
		return 0;
	}
	(void)fprintf(stderr, "init: %s: unknown\n", name);
	return 127;
}
