#include "prison/skeleton.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "prison/instance.h"
#include "prison/registry.h"

#define LIB64 "lib64"
#define LIB64_TARGET "usr/lib64"

static bool
exists(int root, const char *name)
{
	struct stat st;

	return fstatat(root, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
open_path(const char *path)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

/* The ledger says so before it is there. */
static int
intend(const struct instance *in, struct record *rec, const char *what, const char *name,
    struct err *e)
{
	if (record_ledger_add(rec, "%s %s", what, name) < 0)
		return err_errno(e, ENOMEM, "skeleton");
	return record_store(in->state, rec, e);
}

static int
make_dir(const struct instance *in, struct record *rec, int root, const char *name, struct err *e)
{
	int r;

	if (exists(root, name))
		return 0;
	r = intend(in, rec, "skeldir", name, e);
	if (r < 0)
		return r;
	if (mkdirat(root, name, 0755) < 0 && errno != EEXIST)
		return err_errno(e, errno, "%s/%s", record_get(rec, "path"), name);
	return 0;
}

/*
 * Programs name their loader as /lib64/ld-linux-x86-64.so.2.  Where usr is there or
 * will be mounted and has it, a link does.
 */
static int
make_lib64(const struct instance *in, struct record *rec, int root, const struct mount_item *mounts,
    size_t nmounts, struct err *e)
{
	struct stat st;
	bool found = fstatat(root, LIB64_TARGET, &st, 0) == 0;
	int r;

	if (exists(root, LIB64))
		return 0;
	for (size_t i = 0; i < nmounts; i++) {
		if (mounts[i].kind != MOUNT_BIND || mounts[i].outside)
			continue;
		if (strcmp(mounts[i].target, LIB64) == 0)
			return make_dir(in, rec, root, LIB64, e);
		if (strcmp(mounts[i].target, "usr") == 0 &&
		    fstatat(mounts[i].source, LIB64, &st, AT_SYMLINK_NOFOLLOW) == 0)
			found = true;
	}
	if (!found)
		return 0;
	r = intend(in, rec, "skellink", LIB64, e);
	if (r < 0)
		return r;
	if (symlinkat(LIB64_TARGET, root, LIB64) < 0 && errno != EEXIST)
		return err_errno(e, errno, "%s/%s", record_get(rec, "path"), LIB64);
	return 0;
}

int
skeleton_make(const struct instance *in, struct record *rec, const char *real_path,
    const struct mount_item *mounts, size_t nmounts, struct err *e)
{
	static const char *const always[] = {"run", "sys"};
	cleanup_fd int root = open_path(real_path);
	int r;

	if (root < 0)
		return err_errno(e, -root, "path %s", real_path);
	/* A root on a read-only file system is as it is: what it lacks is said where it is needed.
	 */
	if (faccessat(root, ".", W_OK, 0) < 0 && errno == EROFS)
		return 0;
	for (size_t i = 0; i < ARRAY_SIZE(always); i++)
		if ((r = make_dir(in, rec, root, always[i], e)) < 0)
			return r;
	for (size_t i = 0; i < nmounts; i++) {
		enum mount_kind kind = mounts[i].kind;

		if (((kind == MOUNT_PROC && strcmp(mounts[i].target, "proc") == 0) ||
			(kind == MOUNT_DEVFS && strcmp(mounts[i].target, "dev") == 0)) &&
		    (r = make_dir(in, rec, root, mounts[i].target, e)) < 0)
			return r;
	}
	return make_lib64(in, rec, root, mounts, nmounts, e);
}

/* Another jail that lives below the same path: its jid, or 0. */
static int
neighbour(const struct instance *in, const struct record *rec)
{
	cleanup_free int *jids = NULL;
	const char *path = record_get(rec, "path");
	size_t n;

	if (path == NULL || registry_jids(in, &jids, &n, NULL) < 0)
		return 0;
	for (size_t i = 0; i < n; i++) {
		cleanup_record struct record other = {0};
		const char *theirs;

		if (jids[i] == rec->jid || record_load(in->state, jids[i], &other, NULL) < 0)
			continue;
		theirs = record_get(&other, "path");
		if (theirs != NULL && strcmp(theirs, path) == 0 &&
		    registry_life(in, &other) != REGISTRY_DEAD)
			return other.jid;
	}
	return 0;
}

/*
 * rmdir would take the neighbour's mounts from it: it gets the duty instead.  Not one that
 * is being made, which writes its record as it knows it: then what is there stays.
 */
static bool
hand_over(const struct instance *in, struct record *rec)
{
	cleanup_record struct record other = {0};
	int jid, lock = instance_lock(in, NULL);
	bool done = false;

	if (lock < 0)
		return false;
	jid = neighbour(in, rec);
	if (jid > 0 && record_load(in->state, jid, &other, NULL) == 0 &&
	    registry_life(in, &other) != REGISTRY_ALIVE) {
		done = true;
	} else if (jid > 0 && other.jid == jid) {
		for (size_t i = 0; i < rec->ledger.n; i++)
			if (strncmp(rec->ledger.s[i], "skel", 4) == 0)
				(void)record_ledger_add(&other, "%s", rec->ledger.s[i]);
		done = registry_set_outside(in, jid) == 0 &&
		       record_store(in->state, &other, NULL) == 0;
	}
	instance_unlock(lock);
	return done;
}

static void
undo_one(int root, const char *line)
{
	char target[64];
	ssize_t n;

	/* Only what is as we made it: an empty directory, the very link. */
	if (strncmp(line, "skeldir ", 8) == 0) {
		(void)unlinkat(root, line + 8, AT_REMOVEDIR);
	} else if (strncmp(line, "skellink ", 9) == 0) {
		n = readlinkat(root, line + 9, target, sizeof(target) - 1);
		if (n > 0) {
			target[n] = '\0';
			if (strcmp(target, LIB64_TARGET) == 0)
				(void)unlinkat(root, line + 9, 0);
		}
	}
}

int
skeleton_undo(const struct instance *in, struct record *rec, struct err *e)
{
	const char *path = record_get(rec, "path");
	cleanup_fd int root = -EBADF;
	bool any = false;

	(void)e;
	for (size_t i = 0; i < rec->ledger.n; i++)
		any = any || strncmp(rec->ledger.s[i], "skel", 4) == 0;
	if (!any || path == NULL || hand_over(in, rec))
		return 0;
	root = open_path(path);
	/* A path that is gone took its skeleton along. */
	if (root < 0)
		return 0;
	for (size_t i = rec->ledger.n; i > 0; i--)
		if (strncmp(rec->ledger.s[i - 1], "skel", 4) == 0)
			undo_one(root, rec->ledger.s[i - 1]);
	return 0;
}
