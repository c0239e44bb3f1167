/* devfs(8): the options, the first word, and how it speaks. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config.h"
#include "devfs/devfs.h"
#include "prison/devstore.h"

static const char *program = "devfs";

void
set_program(const char *name)
{
	program = name;
}

void
usage(void)
{
	(void)fprintf(stderr, "usage: \tdevfs [-m mount-point] [-s ruleset] rule ...\n"
			      "\tdevfs [-m mount-point] ruleset ...\n");
	exit(1);
}

void
warning(const char *fmt, ...)
{
	va_list ap;

	(void)fprintf(stderr, "%s: ", program);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
}

void
fail(const char *fmt, ...)
{
	va_list ap;

	(void)fflush(stdout);
	(void)fprintf(stderr, "%s: ", program);
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(1);
}

/* The answers that FreeBSD's devfs(4) gives, in its words; all else has a sentence of its own. */
static const char *
answer_text(int num)
{
	switch (num) {
	case EIO:
	case EEXIST:
	case ENOENT:
	case ESRCH:
	case ENOTTY:
	case EPERM:
		return strerror(num);
	case ERANGE:
		return "Result too large";
	default:
		return NULL;
	}
}

void
fail_request(const char *request, int r, const struct err *e)
{
	const char *text = answer_text(-r);

	fail("%s: %s", request, text != NULL ? text : e->text);
}

/* Jailed root has CAP_SYS_ADMIN in a user namespace of its own, or nowhere. */
static bool
is_host_root(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];
	cleanup_free char *map = NULL;
	unsigned long inside, outside, count;

	if (geteuid() != 0 || syscall(SYS_capget, &header, data) < 0 ||
	    (data[0].effective & (1u << CAP_SYS_ADMIN)) == 0)
		return false;
	if (path_read(AT_FDCWD, "/proc/self/uid_map", 65536, &map, NULL) < 0)
		return false;
	return sscanf(map, "%lu %lu %lu", &inside, &outside, &count) == 3 && outside == 0 &&
	       count == 4294967295UL;
}

/* load: read the files if this boot has not yet; reload does that in any case. */
static void
open_store(struct devfs *d, bool load)
{
	cleanup_strv struct strv warnings = {0};
	struct err e = {0};
	int r;

	/* Rules are the host's alone: in a jail every request is refused, as on FreeBSD. */
	if (!is_host_root())
		fail("%s: %s", d->mount, strerror(EPERM));
	d->state = devstore_open_state(&e);
	if (d->state < 0)
		fail("%s", e.text);
	r = load ? devstore_ensure(d->state, &warnings, &e) : 0;
	if (r < 0)
		fail("%s", e.text);
	for (size_t i = 0; i < warnings.n; i++)
		warning("%s", warnings.s[i]);
	devstore_on_change(jails_refresh, NULL);
}

static const struct {
	const char *word;
	const char *program;
	int (*main)(struct devfs *d, int argc, char **argv);
} keywords[] = {
    {"rule", "devfs rule", rule_main},
    {"ruleset", "devfs ruleset", ruleset_main},
    /* Ours, for the service script: the shell of FreeBSD's reads the files itself. */
    {"reload", "devfs reload", reload_main},
    {"names", "devfs names", names_main},
};

/* Written output that did not reach its file is an error, too. */
static int
finish(int status)
{
	if (fflush(stdout) != 0 || ferror(stdout))
		fail("stdout: %s", strerror(errno));
	return status;
}

int
main(int argc, char **argv)
{
	struct devfs d = {.state = -EBADF, .mount = "/dev"};
	int c;

	while ((c = getopt(argc, argv, "+m:V")) != -1)
		switch (c) {
		case 'm':
			d.mount = optarg;
			break;
		case 'V':
			(void)printf("devfs (Gaol) %s\n", GAOL_VERSION);
			return finish(0);
		default:
			usage();
		}
	argc -= optind;
	argv += optind;
	if (argc < 1)
		usage();
	target_open(&d);
	for (size_t i = 0; i < ARRAY_SIZE(keywords); i++)
		if (strcmp(argv[0], keywords[i].word) == 0) {
			set_program(keywords[i].program);
			open_store(&d, keywords[i].main != reload_main);
			return finish(keywords[i].main(&d, argc, argv));
		}
	fail("unknown command: %s", argv[0]);
}
