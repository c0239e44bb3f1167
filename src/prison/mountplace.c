/* Mounts put in place, in the jail's mount namespace (or the host's, with gaol.mounts=host). */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "prison/mount.h"
#include "prison/mountfs.h"

static int
set_attrs(int mnt, uint64_t set)
{
	struct mount_attr attr = {.attr_set = set};

	/* relatime, strictatime and noatime are one field: noatime replaces it. */
	if (set & MOUNT_ATTR_NOATIME)
		attr.attr_clr = MOUNT_ATTR__ATIME;
	if (set == 0)
		return 0;
	return mount_setattr(mnt, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

static int
attach(int mnt, int target)
{
	if (move_mount(mnt, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

int
mount_target(int root, const char *rel, const char *param, const char *shown, struct err *e)
{
	int fd = path_open_nolink(root, *rel != '\0' ? rel : ".", O_PATH, 0);

	if (fd == -ELOOP)
		return err_set(e, ELOOP, "%s: %s is a symbolic link", param, shown);
	if (fd < 0)
		return err_errno(e, -fd, "%s: %s", param, shown);
	return fd;
}

int
mount_tmpfs(
    const struct mount_place *at, int target, const char *options, uint64_t attrs, int *ret_mount)
{
	char text[512];
	cleanup_fd int mnt = -EBADF;
	int r;

	/* Owned by the jail's root by number: works on kernels that cannot map ids on tmpfs. */
	if ((size_t)snprintf(text, sizeof(text), "uid=%u,gid=%u%s%s", at->id_base, at->id_base,
		*options != '\0' ? "," : "", options) >= sizeof(text))
		return -E2BIG;
	mnt = mountfs_new("tmpfs", text, attrs);
	if (mnt < 0)
		return mnt;
	r = attach(mnt, target);
	if (r < 0)
		return r;
	if (ret_mount != NULL)
		*ret_mount = take_fd(&mnt);
	return 0;
}

/* The same directory with the same rights in place already counts as made. */
static int
repeats(const struct mount_item *item, int target, bool *ret)
{
	struct statx there, mine;
	struct statfs fs;

	*ret = false;
	if (statx(target, "", AT_EMPTY_PATH, STATX_INO | STATX_TYPE, &there) < 0 ||
	    statx(item->source, "", AT_EMPTY_PATH, STATX_INO | STATX_TYPE, &mine) < 0)
		return -errno;
	if ((there.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0 || there.stx_ino != mine.stx_ino ||
	    there.stx_dev_major != mine.stx_dev_major || there.stx_dev_minor != mine.stx_dev_minor)
		return 0;
	if (fstatfs(target, &fs) < 0)
		return -errno;
	if (((fs.f_flags & ST_RDONLY) != 0) != ((item->attr_set & MOUNT_ATTR_RDONLY) != 0))
		return -EDEADLK;
	*ret = true;
	return 0;
}

static int
place_bind(struct mount_item *item, const struct mount_place *at, int target)
{
	struct mount_attr map = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)at->userns};
	int r;

	if (item->kind == MOUNT_BIND && *item->target != '\0') {
		r = repeats(item, target, &item->made_before);
		if (r < 0 || item->made_before)
			return r;
	}
	if (at->userns >= 0 &&
	    mount_setattr(item->source, "", AT_EMPTY_PATH, &map, sizeof(map)) < 0)
		return errno == EINVAL ? -EXDEV : -errno; /* EXDEV: cannot be id-mapped */
	r = set_attrs(item->source, item->attr_set);
	return r < 0 ? r : attach(item->source, target);
}

static int
cover(const struct mount_place *at, int dir, const char *name)
{
	cleanup_fd int target = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	cleanup_fd int mask = -EBADF;
	struct stat st;

	if (target < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(target, &st) < 0)
		return -errno;
	/* Nobody in the jail is the host's root, and a group or others have no right to it. */
	if (at->id_base != 0 && st.st_uid == 0 && st.st_gid == 0 && (st.st_mode & 0077) == 0)
		return 0;
	mask = open_tree(S_ISDIR(st.st_mode) ? at->mask_dir : at->mask_file, "",
	    OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (mask < 0)
		return -errno;
	return attach(mask, target);
}

static int
make_readonly(int dir, const char *name)
{
	cleanup_fd int target = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	cleanup_fd int clone = -EBADF;
	int r;

	if (target < 0)
		return errno == ENOENT ? 0 : -errno;
	clone = open_tree(target, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (clone < 0)
		return -errno;
	r = set_attrs(
	    clone, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	return r < 0 ? r : attach(clone, target);
}

int
mount_proc(const struct mount_place *at, int target, struct err *e)
{
	/* sys: uid 0 of the host's user namespace (inherit, identity) could write the host's. */
	static const char *const readonly[] = {
	    "sys", "sysrq-trigger", "irq", "bus", "fs", "dynamic_debug", "mtrr"};
	static const char *const covered[] = {"kcore", "keys", "key-users", "kallsyms",
	    "timer_list", "sched_debug", "kmsg", "kpagecount", "kpageflags", "kpagecgroup",
	    "latency_stats", "scsi", "acpi", "vmallocinfo", "slabinfo", "pagetypeinfo", "modules"};
	cleanup_fd int mnt =
	    mountfs_new("proc", NULL, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	int r;

	if (mnt < 0)
		return err_errno(e, -mnt, "proc");
	r = attach(mnt, target);
	if (r < 0)
		return err_errno(e, -r, "proc");
	for (size_t i = 0; i < ARRAY_SIZE(readonly); i++)
		if ((r = make_readonly(mnt, readonly[i])) < 0)
			return err_errno(e, -r, "proc/%s", readonly[i]);
	for (size_t i = 0; i < ARRAY_SIZE(covered); i++)
		if ((r = cover(at, mnt, covered[i])) < 0)
			return err_errno(e, -r, "proc/%s", covered[i]);
	return 0;
}

/* A kernel file system whose root shows the host's root as its owner: give it to the jail's. */
static int
place_owned(
    const struct mount_place *at, int dir, const char *name, const char *type, char *options)
{
	cleanup_fd int mnt = -EBADF, target = openat(dir, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);

	if (target < 0)
		return errno == ENOENT ? 0 : -errno;
	mnt = mountfs_new(type, options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	/* A kernel without POSIX message queues has no mqueue: nothing to mount. */
	if (mnt == -ENODEV && strcmp(type, "mqueue") == 0)
		return 0;
	if (mnt < 0)
		return mnt;
	if (fchownat(mnt, "", at->id_base, at->id_base, AT_EMPTY_PATH) < 0)
		return -errno;
	return attach(mnt, target);
}

static int
place_dev(struct mount_item *item, const struct mount_place *at, int target, struct err *e)
{
	cleanup_fd int mnt = -EBADF, shm = -EBADF;
	struct dev_mark mark = {
	    .ruleset = item->ruleset, .uid_base = at->id_base, .gid_base = at->id_base};
	char options[96];
	int r;

	/* Nodes take no blocks; what a jail may leave here besides is kept small. */
	(void)snprintf(options, sizeof(options), "mode=755,size=1m,nr_inodes=16k,uid=%u,gid=%u",
	    at->id_base, at->id_base);
	mnt = mountfs_new("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
	if (mnt < 0)
		return err_errno(e, -mnt, "devfs");
	r = devnodes_populate(mnt, item->nodes, item->nnodes, at->id_base, at->id_base, e);
	if (r == 0)
		r = devnodes_mark(mnt, &mark, e);
	if (r < 0)
		return r;
	r = attach(mnt, target);
	if (r == 0) {
		(void)snprintf(
		    options, sizeof(options), "ptmxmode=0666,mode=620,gid=%u", at->id_base + 5);
		r = place_owned(at, mnt, "pts", "devpts", options);
	}
	if (r == 0)
		r = place_owned(at, mnt, "mqueue", "mqueue", NULL);
	shm = openat(mnt, "shm", O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (r == 0 && shm >= 0)
		r = mount_tmpfs(at, shm, "mode=1777", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, NULL);
	if (r == 0 && (item->attr_set & MOUNT_ATTR_RDONLY) != 0)
		r = set_attrs(mnt, MOUNT_ATTR_RDONLY);
	return r < 0 ? err_errno(e, -r, "devfs") : 0;
}

static int
place_sysfs(int target)
{
	cleanup_fd int mnt = mountfs_new("sysfs", NULL,
	    MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);

	return mnt < 0 ? mnt : attach(mnt, target);
}

static int
place_error(const struct mount_item *item, int r, struct err *e)
{
	const struct gaol_mount *spec = item->spec;

	if (r == -EXDEV)
		return err_set(e, EINVAL,
		    "%s: %s: the file system of %s cannot be id-mapped; use gaol.userns=identity",
		    spec->param, spec->target, spec->source);
	return err_errno(e, -r, "%s: %s", spec->param, spec->target);
}

/*
 * X-mount.mkdir.  As the jail's root, to whom the host's root is nobody where ids are
 * mapped, and no further than that user may write.
 */
static int
make_target(const struct mount_item *item, const struct mount_place *at, struct err *e)
{
	const struct gaol_mount *spec = item->spec;
	cleanup_fd int made = path_open_nolink(at->root, item->target, O_PATH, 0);

	if (made != -ENOENT)
		return 0;
	if (!item->directory)
		return err_set(e, ENOENT, "%s: %s: only a directory can be made: %s is a file",
		    spec->param, spec->target, spec->source);
	(void)setfsgid(at->id_base);
	(void)setfsuid(at->id_base);
	made = path_mkdirs(at->root, item->target, 0755);
	(void)setfsuid(0);
	(void)setfsgid(0);
	return made < 0 ? err_errno(e, -made, "%s: %s", spec->param, spec->target) : 0;
}

int
mount_place(struct mount_item *item, const struct mount_place *at, struct err *e)
{
	const struct gaol_mount *spec = item->spec;
	cleanup_fd int target = -EBADF;
	struct stat st;
	int r = 0;

	if (item->kind == MOUNT_NOTHING)
		return 0;
	if (item->make_target && (r = make_target(item, at, e)) < 0)
		return r;
	target = mount_target(at->root, item->target, spec->param, spec->target, e);
	if (target < 0)
		return target;
	if (fstat(target, &st) < 0)
		return err_errno(e, errno, "%s: %s", spec->param, spec->target);
	if (item->directory != S_ISDIR(st.st_mode))
		return err_set(e, EINVAL, "%s: %s: must be same type as %s (file or directory)",
		    spec->param, spec->target, spec->source);
	switch (item->kind) {
	case MOUNT_BIND:
	case MOUNT_OTHER:
		r = place_bind(item, at, target);
		break;
	case MOUNT_TMPFS:
		r = mount_tmpfs(at, target, item->options, item->attr_set | MOUNT_ATTR_NODEV, NULL);
		break;
	case MOUNT_PROC:
		r = mount_proc(at, target, e);
		return r < 0 ? err_wrap(e, "%s: %s", spec->param, spec->target) : 0;
	case MOUNT_SYSFS:
		r = place_sysfs(target);
		break;
	case MOUNT_DEVFS:
		r = place_dev(item, at, target, e);
		return r < 0 ? err_wrap(e, "%s: %s", spec->param, spec->target) : 0;
	case MOUNT_NOTHING:
		break;
	}
	return r < 0 ? place_error(item, r, e) : 0;
}
