#include "prison/devdir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"

int
devdir_open(int state, int *ret, struct err *e)
{
	int fd;

	fd = openat(state, DEVDIR_NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		if (mkdirat(state, DEVDIR_NAME, 0700) < 0 && errno != EEXIST)
			return err_errno(e, errno, DEVDIR_PATH);
		fd = openat(state, DEVDIR_NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0)
		return err_errno(e, errno, DEVDIR_PATH);
	*ret = fd;
	return 0;
}

int
devdir_lock(int base, int how, int *ret, struct err *e)
{
	cleanup_fd int fd = openat(base, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_errno(e, errno, DEVDIR_PATH "/lock");
	while (flock(fd, how) < 0)
		if (errno != EINTR)
			return err_errno(e, errno, DEVDIR_PATH "/lock");
	*ret = take_fd(&fd);
	return 0;
}

int
devdir_replace(int dir, const char *name, const char *text)
{
	cleanup_fd int fd = -EBADF;
	char temp[64];
	int r;

	/* One writer at a time, by the lock: the name needs not be unique. */
	(void)snprintf(temp, sizeof(temp), "%s.tmp", name);
	fd = openat(dir, temp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return -errno;
	r = path_write_all(fd, text, strlen(text));
	if (r >= 0 && renameat(dir, temp, dir, name) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dir, temp, 0);
	return r;
}

static int
read_set(int sets, const char *name, unsigned num, struct dev_rulesets *all, struct err *e)
{
	struct dev_ruleset *set = devrules_sets_get(all, num);
	cleanup_free char *text = NULL;
	char *rest, *line;
	int r;

	if (set == NULL)
		return err_errno(e, ENOMEM, "rulesets");
	r = path_read(sets, name, DEVDIR_FILE_MAX, &text, NULL);
	if (r < 0)
		return err_errno(e, -r, DEVDIR_PATH "/" DEVDIR_SETS "/%s", name);
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;) {
		struct dev_rule rule;

		if (*line == '\0')
			continue;
		r = devrules_parse_stored(line, &rule, e);
		if (r >= 0)
			r = devrules_insert(set, &rule, NULL);
		if (r < 0)
			return err_set(e, EINVAL, DEVDIR_PATH "/" DEVDIR_SETS "/%s: not a rule: %s",
			    name, line);
	}
	return 0;
}

int
devdir_read_all(int sets, struct dev_rulesets *ret, struct err *e)
{
	struct dirent *d;
	DIR *dir;
	int fd, r = 0;

	fd = openat(sets, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd >= 0 ? fdopendir(fd) : NULL;
	if (dir == NULL) {
		r = err_errno(e, errno, DEVDIR_PATH "/" DEVDIR_SETS);
		close_keep_errno(fd);
		return r;
	}
	while (r >= 0 && (d = readdir(dir)) != NULL) {
		unsigned num;

		if (devrules_parse_num(d->d_name, &num) == 0 && num != 0)
			r = read_set(sets, d->d_name, num, ret, e);
	}
	(void)closedir(dir);
	return r;
}

int
devdir_write_set(int sets, const struct dev_ruleset *set, struct err *e)
{
	cleanup_str struct str text = STR_EMPTY;
	char name[32];
	int r = 0;

	(void)snprintf(name, sizeof(name), "%u" DEVDIR_BAD_SUFFIX, set->num);
	if (unlinkat(sets, name, 0) < 0 && errno != ENOENT)
		return err_errno(e, errno, DEVDIR_PATH "/" DEVDIR_SETS "/%s", name);
	(void)snprintf(name, sizeof(name), "%u", set->num);
	if (set->n == 0) {
		if (unlinkat(sets, name, 0) < 0 && errno != ENOENT)
			return err_errno(e, errno, DEVDIR_PATH "/" DEVDIR_SETS "/%s", name);
		return 0;
	}
	for (size_t i = 0; r >= 0 && i < set->n; i++) {
		r = devrules_format_stored(&set->rules[i], &text);
		if (r >= 0)
			r = str_addc(&text, '\n');
	}
	if (r >= 0)
		r = devdir_replace(sets, name, str_get(&text));
	return r < 0 ? err_errno(e, -r, DEVDIR_PATH "/" DEVDIR_SETS "/%s", name) : 0;
}

int
devdir_check_bad(int sets, unsigned num, struct err *e)
{
	cleanup_free char *why = NULL;
	char name[32];
	int r;

	(void)snprintf(name, sizeof(name), "%u" DEVDIR_BAD_SUFFIX, num);
	r = path_read(sets, name, DEVDIR_FILE_MAX, &why, NULL);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_errno(e, -r, DEVDIR_PATH "/" DEVDIR_SETS "/%s", name);
	why[strcspn(why, "\n")] = '\0';
	return err_set(e, EINVAL, "ruleset %u could not be loaded: %s", num, why);
}

static bool
has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n >= m && strcmp(s + n - m, suffix) == 0;
}

/* Unlinks the files of a directory whose names end so. */
static int
unlink_files(int dirfd, const char *suffix)
{
	struct dirent *d;
	DIR *dir;
	int fd, r = 0;

	fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	dir = fdopendir(fd);
	if (dir == NULL) {
		r = -errno;
		(void)close(fd);
		return r;
	}
	while (r >= 0 && (d = readdir(dir)) != NULL)
		if (d->d_type != DT_DIR && has_suffix(d->d_name, suffix) &&
		    unlinkat(dirfd, d->d_name, 0) < 0 && errno != ENOENT)
			r = -errno;
	(void)closedir(dir);
	return r;
}

int
devdir_drop_caches(int sets, struct err *e)
{
	int r = unlink_files(sets, DEVDIR_CACHE_SUFFIX);

	return r < 0 ? err_errno(e, -r, DEVDIR_PATH "/" DEVDIR_SETS) : 0;
}

int
devdir_remove(int base, const char *name)
{
	cleanup_fd int fd = openat(base, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	r = unlink_files(fd, "");
	if (r < 0)
		return r;
	return unlinkat(base, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}
