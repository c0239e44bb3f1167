/* From devfs.rules to the store, in one step. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config.h"
#include "prison/devconf.h"
#include "prison/devdir.h"
#include "prison/devids.h"
#include "prison/devstore.h"

static const char *const default_paths[] = {
    GAOL_DATADIR "/defaults/devfs.rules",
    "/etc/devfs.rules",
    NULL,
};

/*
 * A file of the administrator's that is not there is no rules.  Without those that come with Gaol
 * a jail would see every device.
 */
static int
read_rules(const char *path, struct devconf *c, char **ret, struct err *e)
{
	size_t len;
	int r;

	r = path_read(AT_FDCWD, path, DEVDIR_FILE_MAX, ret, &len);
	if (r == -ENOENT && path != default_paths[0])
		return 0;
	if (r < 0)
		return err_errno(e, -r, "%s", path);
	if (strlen(*ret) != len) {
		cleanup_str struct str warning = STR_EMPTY;

		if (str_addf(&warning, "%s: a NUL byte; what is behind it is left out", path) < 0 ||
		    strv_add(&c->warnings, str_get(&warning)) < 0)
			return err_errno(e, ENOMEM, "%s", path);
	}
	return 0;
}

#define PATHS_MAX 32

/* Reads each file once, so that both passes see the same. */
static int
parse_files(struct devconf *c, const char *const *paths, struct err *e)
{
	char *texts[PATHS_MAX] = {NULL};
	size_t n = 0;
	int r = 0;

	for (; r >= 0 && paths[n] != NULL; n++) {
		if (n == PATHS_MAX) {
			r = err_set(e, E2BIG, "more than %d files of rules", PATHS_MAX);
			break;
		}
		r = read_rules(paths[n], c, &texts[n], e);
		if (r >= 0 && texts[n] != NULL)
			r = devconf_scan(c, texts[n], e);
	}
	for (size_t i = 0; r >= 0 && i < n; i++)
		if (texts[i] != NULL)
			r = devconf_feed(c, paths[i], texts[i], e);
	for (size_t i = 0; i < n && i < PATHS_MAX; i++)
		free(texts[i]);
	return r;
}

static int
write_names(int dir, const struct devconf *c)
{
	cleanup_str struct str text = STR_EMPTY;

	for (size_t i = 0; i < c->nnames; i++)
		if (str_addf(&text, "%s=%u\n", c->names[i].name, c->names[i].num) < 0)
			return -ENOMEM;
	return devdir_replace(dir, DEVDIR_NAMES, str_get(&text));
}

static int
write_all(int dir, const struct devconf *c, struct err *e)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < c->sets.n; i++)
		r = devdir_write_set(dir, &c->sets.sets[i], e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < c->nbad; i++) {
		char name[32];

		(void)snprintf(name, sizeof(name), "%u" DEVDIR_BAD_SUFFIX, c->bad[i].num);
		r = devdir_replace(dir, name, c->bad[i].why);
		if (r < 0)
			return err_errno(e, -r, DEVDIR_PATH "/%s", name);
	}
	r = write_names(dir, c);
	return r < 0 ? err_errno(e, -r, DEVDIR_PATH "/" DEVDIR_NAMES) : 0;
}

/* A directory beside the one in force, then both change places. */
static int
install(int base, const struct devconf *c, struct err *e)
{
	cleanup_fd int dir = -EBADF;
	int r;

	r = devdir_remove(base, DEVDIR_NEW);
	if (r >= 0 && mkdirat(base, DEVDIR_NEW, 0700) < 0)
		r = -errno;
	if (r >= 0) {
		dir = openat(base, DEVDIR_NEW, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		r = dir < 0 ? -errno : 0;
	}
	if (r < 0)
		return err_errno(e, -r, DEVDIR_PATH "/" DEVDIR_NEW);
	r = write_all(dir, c, e);
	if (r < 0) {
		(void)devdir_remove(base, DEVDIR_NEW);
		return r;
	}
	if (renameat2(base, DEVDIR_NEW, base, DEVDIR_SETS, RENAME_EXCHANGE) == 0) {
		(void)devdir_remove(base, DEVDIR_NEW);
		return 0;
	}
	if (errno != ENOENT || renameat(base, DEVDIR_NEW, base, DEVDIR_SETS) < 0)
		return err_errno(e, errno, DEVDIR_PATH "/" DEVDIR_SETS);
	return 0;
}

/* Under the lock.  Bad sets of before that are not in the files any more are forgotten. */
static int
load(int base, const char *const *paths, struct strv *warnings, struct err *e)
{
	cleanup_dev_rulesets struct dev_rulesets old = {0};
	cleanup_devconf struct devconf c = {0};
	cleanup_fd int sets = -EBADF;
	int r = 0;

	sets = openat(base, DEVDIR_SETS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (sets >= 0)
		r = devdir_read_all(sets, &old, e);
	else if (errno != ENOENT)
		r = err_errno(e, errno, DEVDIR_PATH "/" DEVDIR_SETS);
	if (r >= 0)
		r = devconf_init(&c, &old, &devids_host, e);
	if (r >= 0)
		r = parse_files(&c, paths != NULL ? paths : default_paths, e);
	if (r >= 0)
		r = install(base, &c, e);
	for (size_t i = 0; r >= 0 && warnings != NULL && i < c.warnings.n; i++)
		if (strv_add(warnings, c.warnings.s[i]) < 0)
			r = err_errno(e, ENOMEM, "devfs.rules");
	return r;
}

int
devstore_ensure(int state, struct strv *warnings, struct err *e)
{
	cleanup_fd int base = -EBADF, lock = -EBADF;
	struct stat st;
	int r;

	if (fstatat(state, DEVDIR_NAME "/" DEVDIR_SETS, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	r = devdir_open(state, &base, e);
	if (r >= 0)
		r = devdir_lock(base, LOCK_EX, &lock, e);
	if (r < 0)
		return r;
	/* Somebody else may have been faster. */
	if (fstatat(base, DEVDIR_SETS, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	return load(base, NULL, warnings, e);
}

int
devload_locked(int state, const char *const *paths, struct strv *warnings, struct err *e)
{
	cleanup_fd int base = -EBADF, lock = -EBADF;
	int r;

	r = devdir_open(state, &base, e);
	if (r >= 0)
		r = devdir_lock(base, LOCK_EX, &lock, e);
	return r < 0 ? r : load(base, paths, warnings, e);
}
