/* The devfs that a command works on. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "devfs/devfs.h"
#include "prison/devstore.h"

int
target_add(struct target *t, int fd)
{
	int *p = reallocarray(t->fds, t->nfds + 1, sizeof(*p));

	if (p == NULL)
		return -ENOMEM;
	t->fds = p;
	p[t->nfds++] = fd;
	return 0;
}

static bool
is_host_dev(int fd)
{
	struct stat a, b;

	return fstat(fd, &a) == 0 && stat("/dev", &b) == 0 && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

void
target_open(struct devfs *d)
{
	cleanup_fd int fd = open(d->mount, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct target *t = &d->target;
	struct dev_mark mark;
	struct err e = {0};

	if (fd < 0)
		fail("open: %s: %s", d->mount, strerror(errno));
	if (devnodes_read_mark(fd, &mark, NULL) == 0) {
		t->kind = TARGET_MOUNT;
		if (target_add(t, take_fd(&fd)) < 0)
			fail("%s: %s", d->mount, strerror(ENOMEM));
		return;
	}
	if (is_host_dev(fd)) {
		t->kind = TARGET_HOST;
		return;
	}
	if (geteuid() == 0 && jails_open_dev(d->mount, t, &e) < 0)
		fail("%s", e.text);
	t->kind = t->nfds > 0 ? TARGET_MOUNT : TARGET_NONE;
}

unsigned
target_ruleset(const struct devfs *d)
{
	struct dev_mark mark = {0};
	struct err e = {0};
	unsigned num = 0;

	if (d->ruleset != 0)
		return d->ruleset;
	if (d->target.kind == TARGET_MOUNT && devnodes_read_mark(d->target.fds[0], &mark, &e) < 0)
		fail("%s: %s", d->mount, e.text);
	if (d->target.kind == TARGET_HOST && devstore_system_get(d->state, &num, &e) < 0)
		fail("%s", e.text);
	return d->target.kind == TARGET_MOUNT ? mark.ruleset : num;
}

int
target_apply(const struct devfs *d, unsigned ruleset, const struct dev_rule *rule, struct err *e)
{
	const struct target *t = &d->target;
	int r = 0;

	if (t->kind == TARGET_NONE)
		return err_errno(e, ENOTTY, "%s", d->mount);
	if (t->kind == TARGET_HOST)
		return devnodes_apply_host(d->state, ruleset, rule, e);
	for (size_t i = 0; r >= 0 && i < t->nfds; i++)
		r = devnodes_apply(d->state, t->fds[i], ruleset, rule, e);
	return r;
}

int
target_set_ruleset(struct devfs *d, unsigned ruleset, struct err *e)
{
	const struct target *t = &d->target;
	int r = 0;

	if (t->kind == TARGET_NONE)
		return err_errno(e, ENOTTY, "%s", d->mount);
	if (t->kind == TARGET_HOST)
		return devstore_system_set(d->state, ruleset, e);
	for (size_t i = 0; r >= 0 && i < t->nfds; i++) {
		struct dev_mark mark;

		r = devnodes_read_mark(t->fds[i], &mark, e);
		mark.ruleset = ruleset;
		if (r >= 0)
			r = devnodes_mark(t->fds[i], &mark, e);
	}
	return r;
}

/* One line of mountinfo: the ruleset of a devfs of ours, or 0. */
static unsigned
mount_ruleset(char *line)
{
	cleanup_fd int fd = -EBADF;
	struct dev_mark mark;
	char *point = line, *to, *from;

	if (strstr(line, " - tmpfs devfs ") == NULL)
		return 0;
	for (int i = 0; i < 4 && point != NULL; i++) {
		point = strchr(point, ' ');
		point = point != NULL ? point + 1 : NULL;
	}
	if (point == NULL)
		return 0;
	point[strcspn(point, " ")] = '\0';
	/* Blanks, tabs, newlines and backslashes stand there as \ooo. */
	for (from = to = point; *from != '\0'; from++) {
		unsigned c;

		if (*from == '\\' && sscanf(from + 1, "%3o", &c) == 1 && strlen(from) >= 4) {
			*to++ = (char)c;
			from += 3;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	fd = open(point, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || devnodes_read_mark(fd, &mark, NULL) < 0)
		return 0;
	return mark.ruleset;
}

int
target_used_rulesets(const struct devfs *d, bool used[DEV_NUM_MAX + 1], struct err *e)
{
	cleanup_free char *mounts = NULL;
	char *rest, *line;
	unsigned num;
	int r;

	r = devstore_system_get(d->state, &num, e);
	if (r < 0)
		return r;
	used[num] = true;
	r = path_read(AT_FDCWD, "/proc/self/mountinfo", (size_t)64 << 20, &mounts, NULL);
	if (r < 0)
		return err_errno(e, -r, "/proc/self/mountinfo");
	for (rest = mounts; (line = strsep(&rest, "\n")) != NULL;)
		used[mount_ruleset(line)] = true;
	return jails_used_rulesets(used, e);
}
