#include "prison/registry.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/path.h"
#include "keeper/keeper.h"

/* A lock that is held is asked for again so often, and after so long. */
#define LOOKERS_TRIES 4
#define LOOKERS_NS 500000

/* Host id ranges (design): 65,536 a jail, none above what a kernel id can be. */
static const struct {
	int64_t first, last;
} id_spans[] = {
    {1879048192, 2147352575},
    {2147483648, 4294901759},
};

static void
jid_name(int jid, char buf[16])
{
	(void)snprintf(buf, 16, "%d", jid);
}

static int
compare_int(const void *a, const void *b)
{
	int x = *(const int *)a, y = *(const int *)b;

	return (x > y) - (x < y);
}

int
registry_jids(const struct instance *in, int **ret, size_t *ret_n, struct err *e)
{
	cleanup_free int *jids = NULL;
	size_t n = 0, size = 0;
	struct dirent *entry;
	int fd;
	DIR *dir;

	fd = openat(in->state, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	dir = fd < 0 ? NULL : fdopendir(fd);
	if (dir == NULL) {
		close_keep_errno(fd);
		return err_errno(e, errno, INSTANCE_STATE_DIR);
	}
	while ((entry = readdir(dir)) != NULL) {
		uint64_t jid;

		if (num_parse_u64(entry->d_name, REGISTRY_JID_MAX, &jid) < 0 || jid == 0)
			continue;
		if (n == size) {
			int *p = reallocarray(jids, size ? size * 2 : 64, sizeof(*p));

			if (p == NULL) {
				(void)closedir(dir);
				return err_errno(e, ENOMEM, INSTANCE_STATE_DIR);
			}
			jids = p;
			size = size ? size * 2 : 64;
		}
		jids[n++] = (int)jid;
	}
	(void)closedir(dir);
	if (n > 0)
		qsort(jids, n, sizeof(*jids), compare_int);
	*ret = take_ptr(jids);
	*ret_n = n;
	return 0;
}

int
registry_cgroup_path(const struct record *rec, char *buf, size_t size)
{
	const char *path = record_ledger_get(rec, "cgroup", 0);
	int n;

	if (path == NULL)
		return -ENOENT;
	n = snprintf(buf, size, "%s", path);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

int
registry_open_cgroup(const struct instance *in, const struct record *rec)
{
	cleanup_fd int fd = -EBADF;
	char path[128];
	struct stat st;
	int r;

	r = registry_cgroup_path(rec, path, sizeof(path));
	if (r < 0)
		return r;
	fd = path_open_strict(in->cgroup, path, O_RDONLY | O_DIRECTORY, 0);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	/* Another directory under the same number is not this jail. */
	if (st.st_ino != rec->cgroup_id)
		return -ENOENT;
	return take_fd(&fd);
}

void
registry_find_cgroup(const struct instance *in, struct record *rec)
{
	char path[128];
	struct stat st;

	/* Nobody but the holder of this jid makes a directory of that name. */
	if (rec->cgroup_id == 0 && registry_cgroup_path(rec, path, sizeof(path)) == 0 &&
	    fstatat(in->cgroup, path, &st, AT_SYMLINK_NOFOLLOW) == 0)
		rec->cgroup_id = st.st_ino;
}

static bool
cgroup_exists(const struct instance *in, const struct record *rec)
{
	char path[128];
	struct stat st;

	return registry_cgroup_path(rec, path, sizeof(path)) == 0 &&
	       fstatat(in->cgroup, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	       st.st_ino == rec->cgroup_id;
}

/* 1: somebody holds it; 0: free or missing; -EACCES: we may not know. */
static int
lock_held(const struct instance *in, int jid)
{
	cleanup_fd int fd = -EBADF;
	char name[24];

	(void)snprintf(name, sizeof(name), ".jail/%d", jid);
	fd = openat(in->state, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == EACCES ? -EACCES : 0;
	if (flock(fd, LOCK_SH | LOCK_NB) == 0)
		return 0;
	return 1;
}

enum registry_life
registry_life(const struct instance *in, const struct record *rec)
{
	bool cgroup = cgroup_exists(in, rec);
	int held = lock_held(in, rec->jid);

	if (rec->state == RECORD_DYING)
		return held == 0 ? REGISTRY_DEAD : REGISTRY_DYING;
	if (held == -EACCES)
		return rec->state == RECORD_RUNNING && cgroup ? REGISTRY_ALIVE : REGISTRY_BUSY;
	if (held == 0)
		return REGISTRY_DEAD;
	return rec->state == RECORD_RUNNING && cgroup ? REGISTRY_ALIVE : REGISTRY_BUSY;
}

int
registry_load_alive(const struct instance *in, int jid, struct record *ret, struct err *e)
{
	int r = record_load(in->state, jid, ret, e);

	if (r < 0)
		return r;
	if (registry_life(in, ret) != REGISTRY_ALIVE) {
		record_done(ret);
		return -ENOENT;
	}
	return 0;
}

/*
 * A name as a file name: a jail may have any name, so '/' and '%' are written in hex,
 * and so is a dot in front ("." and ".." are taken).
 */
int
registry_name_link(const char *name, char *buf, size_t size)
{
	size_t n = 0;

	for (const char *s = name; *s != '\0'; s++) {
		bool hex = *s == '/' || *s == '%' || (*s == '.' && s == name);

		if (n + (hex ? 3 : 1) >= size)
			return -ENAMETOOLONG;
		if (hex)
			n += (size_t)snprintf(
			    buf + n, size - n, "%%%02X", (unsigned)(unsigned char)*s);
		else
			buf[n++] = *s;
	}
	if (n == 0)
		return -EINVAL;
	buf[n] = '\0';
	return 0;
}

int
registry_name_owner(const struct instance *in, const char *name)
{
	char file[NAME_MAX + 1], target[16];
	uint64_t jid;
	ssize_t n;
	int r;

	r = registry_name_link(name, file, sizeof(file));
	if (r < 0)
		return -ENOENT;
	n = readlinkat(in->names, file, target, sizeof(target) - 1);
	if (n < 0)
		return -ENOENT;
	target[n] = '\0';
	return num_parse_u64(target, REGISTRY_JID_MAX, &jid) < 0 ? -ENOENT : (int)jid;
}

/* For those who may not see .names: every record says its name. */
static int
find_by_scan(const struct instance *in, const char *name, struct err *e)
{
	cleanup_free int *jids = NULL;
	size_t n;
	int r;

	r = registry_jids(in, &jids, &n, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		cleanup_record struct record rec = {0};
		const char *have;

		if (registry_load_alive(in, jids[i], &rec, e) < 0)
			continue;
		have = record_get(&rec, "name");
		if (have != NULL && strcmp(have, name) == 0)
			return jids[i];
	}
	return -ENOENT;
}

int
registry_find(const struct instance *in, const char *name, struct err *e)
{
	cleanup_record struct record rec = {0};
	const char *have;
	int jid;

	if (in->names < 0)
		return find_by_scan(in, name, e);
	jid = registry_name_owner(in, name);
	if (jid < 0 || registry_load_alive(in, jid, &rec, e) < 0)
		return -ENOENT;
	have = record_get(&rec, "name");
	return have != NULL && strcmp(have, name) == 0 ? jid : -ENOENT;
}

/* ---- claiming ---------------------------------------------------------------------- */

static int
read_last_jid(const struct instance *in)
{
	cleanup_free char *text = NULL;
	uint64_t jid;

	if (path_read(in->state, ".lastjid", 32, &text, NULL) < 0)
		return 0;
	text[strcspn(text, "\n")] = '\0';
	return num_parse_u64(text, REGISTRY_JID_MAX, &jid) < 0 ? 0 : (int)jid;
}

/* Overwritten in place: one short write, valid at any moment, and it works on a full /run. */
static void
write_last_jid(const struct instance *in, int jid)
{
	cleanup_fd int fd =
	    openat(in->state, ".lastjid", O_WRONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	char text[16];
	int n = snprintf(text, sizeof(text), "%06d\n", jid);

	if (fd >= 0)
		(void)!pwrite(fd, text, (size_t)n, 0);
}

/*
 * Opens and locks the file of a jid; -EAGAIN when somebody holds it.  Whoever
 * held it before may have unlinked it meanwhile: a lock on a file without a name
 * is none.
 */
static int
lock_file(int dir, int jid)
{
	char name[16];

	jid_name(jid, name);
	for (int tries = 0;;) {
		cleanup_fd int fd =
		    openat(dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
		struct stat mine, there;

		if (fd < 0)
			return -errno;
		if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
			if (errno != EWOULDBLOCK)
				return -errno;
			/* Somebody may only be looking (lock_held): that is over at once. */
			if (++tries == LOOKERS_TRIES)
				return -EAGAIN;
			(void)nanosleep(&(struct timespec){.tv_nsec = LOOKERS_NS}, NULL);
			continue;
		}
		if (fstat(fd, &mine) < 0)
			return -errno;
		if (fstatat(dir, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
		    there.st_ino == mine.st_ino)
			return take_fd(&fd);
	}
}

/* Makes the lock file of a jid: the descriptor, or -EEXIST. */
static int
make_lock(const struct instance *in, int jid, struct err *e)
{
	cleanup_fd int fd = -EBADF;
	char name[16];
	struct stat st;

	jid_name(jid, name);
	/* A directory without a record: jails whose state directory was lost run on in theirs. */
	if (fstatat(in->state, name, &st, AT_SYMLINK_NOFOLLOW) == 0 ||
	    fstatat(in->cgroup, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		return -EEXIST;
	fd = lock_file(in->locks, jid);
	if (fd == -EAGAIN)
		return -EEXIST;
	if (fd < 0)
		return err_errno(e, -fd, INSTANCE_STATE_DIR "/.jail/%s", name);
	/* "1": nothing goes by itself while the jail is being made. */
	if (pwrite(fd, "1", 1, 0) != 1) {
		int num = errno;

		(void)unlinkat(in->locks, name, 0);
		return err_errno(e, num, INSTANCE_STATE_DIR "/.jail/%s", name);
	}
	return take_fd(&fd);
}

int
registry_claim_jid(const struct instance *in, int wanted, int *ret_lock, struct err *e)
{
	int last, fd;

	if (wanted != 0) {
		fd = make_lock(in, wanted, e);
		if (fd == -EEXIST)
			return err_set(e, EEXIST, "jail %d already exists", wanted);
		if (fd < 0)
			return fd;
		*ret_lock = fd;
		return wanted;
	}
	last = read_last_jid(in);
	for (int tried = 0; tried < REGISTRY_JID_MAX; tried++) {
		last = last >= REGISTRY_JID_MAX ? 1 : last + 1;
		fd = make_lock(in, last, e);
		if (fd == -EEXIST)
			continue;
		if (fd < 0)
			return fd;
		write_last_jid(in, last);
		*ret_lock = fd;
		return last;
	}
	return err_set(e, EAGAIN, "no available jail IDs");
}

int
registry_claim_name(const struct instance *in, const char *name, int jid, struct err *e)
{
	char file[NAME_MAX + 1], target[16];
	int r;

	r = registry_name_link(name, file, sizeof(file));
	if (r < 0)
		return err_errno(e, -r, "jail_set");
	jid_name(jid, target);
	if (symlinkat(target, in->names, file) == 0)
		return 0;
	if (errno == EEXIST)
		return err_set(e, EEXIST, "jail \"%s\" already exists", name);
	return err_errno(e, errno, INSTANCE_STATE_DIR "/.names/%s", file);
}

void
registry_release_name(const struct instance *in, const char *name, int jid)
{
	char file[NAME_MAX + 1];

	/* Only what is still ours: the name may have been given to another jail since. */
	if (registry_name_link(name, file, sizeof(file)) == 0 &&
	    registry_name_owner(in, name) == jid)
		(void)unlinkat(in->names, file, 0);
}

/*
 * .ids is an array of the jids that own each range.  A range is free when its owner
 * has no record and no lock file any more, so that a crash between two writes can
 * only make a range look taken for as long as its owner is not swept.
 */
static int64_t
span_first(size_t index)
{
	for (size_t i = 0; i < ARRAY_SIZE(id_spans); i++) {
		size_t n = (size_t)((id_spans[i].last - id_spans[i].first + 1) / REGISTRY_IDS);

		if (index < n)
			return id_spans[i].first + (int64_t)index * REGISTRY_IDS;
		index -= n;
	}
	return -1;
}

static bool
owner_gone(const struct instance *in, uint32_t jid)
{
	char name[16];
	struct stat st;

	jid_name((int)jid, name);
	return fstatat(in->state, name, &st, AT_SYMLINK_NOFOLLOW) < 0 &&
	       fstatat(in->locks, name, &st, AT_SYMLINK_NOFOLLOW) < 0;
}

struct subid {
	int64_t first, count;
};

/* What useradd gave to users for their own containers must not be given to jails. */
static size_t
read_subids(struct subid *ret, size_t max)
{
	static const char *const files[] = {"/etc/subuid", "/etc/subgid"};
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		cleanup_free char *text = NULL;
		char *rest, *line;

		if (path_read(AT_FDCWD, files[i], 1u << 20, &text, NULL) < 0)
			continue;
		for (rest = text; (line = strsep(&rest, "\n")) != NULL && n < max;) {
			uint64_t first, count;
			char *start, *len;

			(void)strsep(&line, ":");
			start = line != NULL ? strsep(&line, ":") : NULL;
			len = line;
			if (start == NULL || len == NULL ||
			    num_parse_u64(start, UINT32_MAX, &first) < 0 ||
			    num_parse_u64(len, UINT32_MAX, &count) < 0)
				continue;
			if ((int64_t)(first + count) > id_spans[0].first)
				ret[n++] = (struct subid){(int64_t)first, (int64_t)count};
		}
	}
	return n;
}

static bool
overlaps(const struct subid *subids, size_t n, int64_t first)
{
	for (size_t i = 0; i < n; i++)
		if (first < subids[i].first + subids[i].count &&
		    subids[i].first < first + (int64_t)REGISTRY_IDS)
			return true;
	return false;
}

int64_t
registry_claim_ids(const struct instance *in, int jid, struct err *e)
{
	struct subid subids[256];
	size_t nsubids, total = 0, start;
	cleanup_fd int fd = -EBADF;
	uint32_t owner = 0;

	for (size_t i = 0; i < ARRAY_SIZE(id_spans); i++)
		total += (size_t)((id_spans[i].last - id_spans[i].first + 1) / REGISTRY_IDS);
	fd = openat(in->state, ".ids", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return err_errno(e, errno, INSTANCE_STATE_DIR "/.ids");
	nsubids = read_subids(subids, ARRAY_SIZE(subids));
	/* A range is not used again at once: begin behind the last one given, kept in slot 0. */
	if (pread(fd, &owner, sizeof(owner), 0) != sizeof(owner) || owner >= total)
		owner = 0;
	start = owner;
	for (size_t tried = 0; tried < total; tried++) {
		size_t index = (start + tried) % total;
		off_t at = (off_t)((index + 1) * sizeof(owner));
		int64_t first = span_first(index);
		uint32_t value = (uint32_t)jid, next = (uint32_t)(index + 1);

		owner = 0;
		if (pread(fd, &owner, sizeof(owner), at) != sizeof(owner))
			owner = 0;
		if ((owner != 0 && !owner_gone(in, owner)) || overlaps(subids, nsubids, first))
			continue;
		if (pwrite(fd, &value, sizeof(value), at) != sizeof(value))
			return err_errno(e, errno, INSTANCE_STATE_DIR "/.ids");
		(void)!pwrite(fd, &next, sizeof(next), 0);
		return first;
	}
	return err_set(e, EAGAIN, "no range of 65536 user ids is free");
}

void
registry_release_ids(const struct instance *in, int64_t first, int jid)
{
	cleanup_fd int fd = openat(in->state, ".ids", O_RDWR | O_NOFOLLOW | O_CLOEXEC);
	uint32_t owner;
	size_t index = 0;

	if (fd < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(id_spans); i++) {
		if (first >= id_spans[i].first && first <= id_spans[i].last) {
			index += (size_t)((first - id_spans[i].first) / REGISTRY_IDS);
			break;
		}
		index += (size_t)((id_spans[i].last - id_spans[i].first + 1) / REGISTRY_IDS);
	}
	if (pread(fd, &owner, sizeof(owner), (off_t)((index + 1) * sizeof(owner))) ==
		sizeof(owner) &&
	    owner == (uint32_t)jid) {
		owner = 0;
		(void)!pwrite(fd, &owner, sizeof(owner), (off_t)((index + 1) * sizeof(owner)));
	}
}

/* ---- the end ------------------------------------------------------------------------- */

int
registry_take_dead(const struct instance *in, int jid)
{
	return lock_file(in->locks, jid);
}

static void
root_link(int jid, char buf[static 32])
{
	(void)snprintf(buf, 32, REGISTRY_ROOTS "/%d", jid);
}

void
registry_link_root(const struct instance *in, int jid, pid_t keeper)
{
	char link[32], target[32];

	root_link(jid, link);
	(void)snprintf(target, sizeof(target), "/proc/%d/root", keeper);
	/* A convenience: nothing depends on it. */
	if (symlinkat(target, in->state, link) == 0)
		return;
	if (errno == ENOENT)
		(void)mkdirat(in->state, REGISTRY_ROOTS, 0700);
	else
		(void)unlinkat(in->state, link, 0);
	(void)!symlinkat(target, in->state, link);
}

void
registry_unlink_root(const struct instance *in, int jid)
{
	char link[32];

	root_link(jid, link);
	(void)unlinkat(in->state, link, 0);
}

void
registry_forget(const struct instance *in, const struct record *rec)
{
	const char *name = record_get(rec, "name");
	char file[16];

	char fresh[24];

	jid_name(rec->jid, file);
	(void)snprintf(fresh, sizeof(fresh), "%s.new", file);
	if (name != NULL)
		registry_release_name(in, name, rec->jid);
	(void)unlinkat(in->state, file, 0);
	/* A record that was being written. */
	(void)unlinkat(in->locks, fresh, 0);
	registry_unlink_root(in, rec->jid);
	(void)unlinkat(in->locks, file, 0);
	registry_unmark(in, rec->jid);
}

void
registry_forget_names(const struct instance *in, int jid)
{
	int fd = openat(in->names, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	char wanted[16];

	if (dir == NULL) {
		close_keep_errno(fd);
		return;
	}
	jid_name(jid, wanted);
	while ((entry = readdir(dir)) != NULL) {
		char target[16];
		ssize_t n = readlinkat(in->names, entry->d_name, target, sizeof(target) - 1);

		if (n <= 0)
			continue;
		target[n] = '\0';
		if (strcmp(target, wanted) == 0)
			(void)unlinkat(in->names, entry->d_name, 0);
	}
	(void)closedir(dir);
}

int
registry_count_below(const struct instance *in, const char *name, struct err *e)
{
	int fd = openat(in->names, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), n = 0, r;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	char above[NAME_MAX + 1];
	struct dirent *entry;
	size_t len;

	if (dir == NULL) {
		close_keep_errno(fd);
		return err_errno(e, errno, INSTANCE_STATE_DIR "/.names");
	}
	r = registry_name_link(name, above, sizeof(above));
	len = r < 0 ? 0 : strlen(above);
	while (r == 0 && (entry = readdir(dir)) != NULL) {
		cleanup_record struct record rec = {0};
		char target[16];
		uint64_t jid;
		ssize_t got;

		if (strncmp(entry->d_name, above, len) != 0 || entry->d_name[len] != '.')
			continue;
		got = readlinkat(in->names, entry->d_name, target, sizeof(target) - 1);
		target[got < 0 ? 0 : got] = '\0';
		if (num_parse_u64(target, REGISTRY_JID_MAX, &jid) == 0 &&
		    record_load(in->state, (int)jid, &rec, NULL) == 0 &&
		    registry_life(in, &rec) != REGISTRY_DEAD)
			n++;
	}
	(void)closedir(dir);
	return r < 0 ? err_errno(e, -r, "jail_set") : n;
}

int
registry_set_persist(const struct instance *in, int jid, bool persist, struct err *e)
{
	cleanup_fd int fd = -EBADF;
	char name[16];
	int r;

	r = record_store_persist(in->state, jid, persist, e);
	if (r < 0)
		return r;
	jid_name(jid, name);
	fd = openat(in->locks, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, persist ? "1" : "0", 1, 0) != 1)
		return err_errno(e, errno, INSTANCE_STATE_DIR "/.jail/%s", name);
	return 0;
}

int
registry_set_outside(const struct instance *in, int jid)
{
	const char byte = KEEPER_OUTSIDE;
	cleanup_fd int fd = -EBADF;
	char name[16];

	jid_name(jid, name);
	fd = openat(in->locks, name, O_WRONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 || pwrite(fd, &byte, 1, 1) != 1)
		return -errno;
	return 0;
}

int
registry_mark(const struct instance *in, int jid, struct err *e)
{
	int fd = lock_file(in->work, jid);

	if (fd < 0 && fd != -EAGAIN)
		return err_errno(e, -fd, INSTANCE_STATE_DIR "/.work/%d", jid);
	return fd;
}

void
registry_unmark(const struct instance *in, int jid)
{
	char name[16];

	jid_name(jid, name);
	(void)unlinkat(in->work, name, 0);
}
