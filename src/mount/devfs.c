/*
 * mount.devfs, mount_devfs: the devices that a ruleset leaves visible, as one tmpfs
 * called devfs, so that one umount(8) takes it off.  pts, shm and mqueue in it are
 * empty: a jail mounts its own there when it starts.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "mount/args.h"
#include "prison/devnodes.h"
#include "prison/devstore.h"

struct devfs_mount {
	unsigned ruleset;
	uint64_t attrs;
	uint64_t clear; /* for an update */
	bool update;
};

static void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

/* As mount(8) of FreeBSD speaks for a file system that has no helper there. */
static void
die(const char *fmt, ...)
{
	va_list ap;

	(void)fprintf(stderr, "mount: ");
	va_start(ap, fmt);
	(void)vfprintf(stderr, fmt, ap);
	va_end(ap);
	(void)fputc('\n', stderr);
	exit(1);
}

static const struct {
	const char *word;
	uint64_t set;
	uint64_t clear;
} attr_words[] = {
    {"ro", MOUNT_ATTR_RDONLY, 0},
    {"norw", MOUNT_ATTR_RDONLY, 0},
    {"rw", 0, MOUNT_ATTR_RDONLY},
    {"noro", 0, MOUNT_ATTR_RDONLY},
    {"nosuid", MOUNT_ATTR_NOSUID, 0},
    {"suid", 0, MOUNT_ATTR_NOSUID},
    {"noexec", MOUNT_ATTR_NOEXEC, 0},
    {"exec", 0, MOUNT_ATTR_NOEXEC},
};

/* A number in front, whatever stands behind it: "4abc" is 4, as FreeBSD scans it. */
static unsigned
parse_ruleset(const char *text)
{
	char *end;
	long n;

	errno = 0;
	n = strtol(text, &end, 10);
	if (end == text || errno != 0 || n < 0 || n > DEV_NUM_MAX)
		die("devfs: invalid ruleset specification: %s", strerror(EINVAL));
	return (unsigned)n;
}

static bool
take_attr(struct devfs_mount *m, const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(attr_words); i++)
		if (strcmp(word, attr_words[i].word) == 0) {
			m->attrs = (m->attrs | attr_words[i].set) & ~attr_words[i].clear;
			m->clear = (m->clear | attr_words[i].clear) & ~attr_words[i].set;
			return true;
		}
	return false;
}

static void
take_option(struct devfs_mount *m, const char *word)
{
	if (take_attr(m, word) || mount_option_is_userland(word))
		return;
	if (strncmp(word, "ruleset=", 8) == 0)
		m->ruleset = parse_ruleset(word + 8);
	else if (strcmp(word, "ruleset") == 0)
		(void)parse_ruleset("");
	else if (strcmp(word, "remount") == 0 || strcmp(word, "update") == 0)
		m->update = true;
	else if (strcmp(word, "export") == 0)
		die("devfs: %s", strerror(EOPNOTSUPP));
	else if (strcmp(word, "from") != 0 && strncmp(word, "from=", 5) != 0)
		die("devfs: mount option <%s> is unknown: %s", word, strerror(EINVAL));
}

static int
open_store(void)
{
	cleanup_strv struct strv warnings = {0};
	struct err e = {0};
	int state = devstore_open_state(&e);

	if (state < 0 || devstore_ensure(state, &warnings, &e) < 0)
		die("devfs: %s", e.text);
	for (size_t i = 0; i < warnings.n; i++)
		(void)fprintf(stderr, "mount: devfs: %s\n", warnings.s[i]);
	return state;
}

/* FreeBSD makes an empty ruleset of an unknown number; what that means is worth a line. */
static void
warn_unknown(int state, unsigned ruleset)
{
	cleanup_dev_ruleset struct dev_ruleset set = {0};

	if (ruleset != 0 && devstore_get(state, ruleset, &set, NULL) == -ESRCH)
		(void)fprintf(stderr,
		    "mount: devfs: warning: ruleset %u has no rules: every device of this host is "
		    "visible\n",
		    ruleset);
}

static void
mount_new(const struct devfs_mount *m, int state, int target, const struct mount_args *a)
{
	cleanup_fd int mnt = -EBADF;
	struct err e = {0};

	mnt = devnodes_mount(state, m->ruleset, (unsigned)m->attrs, &e);
	if (mnt < 0)
		die("devfs: %s", e.text);
	if (!a->fake &&
	    move_mount(mnt, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		die("%s: %s", a->target, strerror(errno));
}

/* Ruleset 0 changes nothing; another becomes the current one and is applied to what is there. */
static void
update(const struct devfs_mount *m, int state, int target, const struct mount_args *a)
{
	struct mount_attr attr = {.attr_set = m->attrs, .attr_clr = m->clear};
	struct dev_mark mark;
	struct err e = {0};
	int r;

	if (devnodes_read_mark(target, &mark, NULL) < 0)
		die("%s: %s", a->target, strerror(EINVAL));
	if (a->fake)
		return;
	if (m->ruleset != 0) {
		mark.ruleset = m->ruleset;
		r = devnodes_mark(target, &mark, &e);
		if (r >= 0)
			r = devnodes_apply(state, target, m->ruleset, NULL, &e);
		if (r < 0 && r != -ESRCH)
			die("devfs: %s", e.text);
	}
	if (mount_setattr(target, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		die("%s: %s", a->target, strerror(errno));
}

int
main(int argc, char **argv)
{
	cleanup_mount_args struct mount_args a = {0};
	cleanup_fd int target = -EBADF, state = -EBADF;
	struct devfs_mount m = {.attrs = MOUNT_ATTR_NOSUID};

	if (!mount_args_parse(&a, "mount_devfs", argc, argv)) {
		(void)fprintf(stderr, "usage: mount_devfs [-u] [-o options] devfs mount-point\n");
		return 1;
	}
	m.update = a.update;
	for (size_t i = 0; i < a.options.n; i++)
		take_option(&m, a.options.s[i]);
	target = open(a.target, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (target < 0)
		die("%s: %s", a.target, strerror(errno));
	if (geteuid() != 0)
		die("%s: %s", a.target, strerror(EPERM));
	state = open_store();
	warn_unknown(state, m.ruleset);
	if (m.update)
		update(&m, state, target, &a);
	else
		mount_new(&m, state, target, &a);
	if (a.verbose)
		(void)printf("devfs on %s\n", a.target);
	return fflush(stdout) != 0;
}
