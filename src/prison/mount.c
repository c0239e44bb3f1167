#include "prison/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/path.h"
#include "base/str.h"
#include "prison/loop.h"
#include "prison/template.h"

/* FreeBSD's names of types and Linux's, and what they become. */
static const struct {
	const char *name;
	enum mount_kind kind;
} types[] = {
    {"nullfs", MOUNT_BIND},
    {"bind", MOUNT_BIND},
    {"tmpfs", MOUNT_TMPFS},
    {"procfs", MOUNT_PROC},
    {"linprocfs", MOUNT_PROC},
    {"proc", MOUNT_PROC},
    {"linsysfs", MOUNT_SYSFS},
    {"sysfs", MOUNT_SYSFS},
    {"devfs", MOUNT_DEVFS},
    {"fdescfs", MOUNT_NOTHING},
    {"zfs", MOUNT_BIND},
};

/* Types of FreeBSD that Linux has under another name or not at all, and what to write. */
static const struct {
	const char *name, *advice;
} refused[] = {
    {"ufs", "Linux cannot mount ufs read-write; use ext4 or xfs"},
    {"ffs", "Linux cannot mount ffs read-write; use ext4 or xfs"},
    {"unionfs", "mount an overlay on the host and write its directory with type nullfs"},
    {"overlay", "mount the overlay on the host and write its directory with type nullfs"},
    {"mfs", "use tmpfs"},
    {"smbfs", "use cifs, mounted on the host, and its directory with type nullfs"},
};

/* Types that both have, under two names. */
static const struct {
	const char *freebsd, *here;
} renamed[] = {
    {"ext2fs", "ext4"},
    {"msdosfs", "vfat"},
    {"cd9660", "iso9660"},
};

static const struct {
	const char *word;
	uint64_t set, clear;
} flags[] = {
    {"ro", MOUNT_ATTR_RDONLY, 0},
    {"rdonly", MOUNT_ATTR_RDONLY, 0},
    {"rw", 0, MOUNT_ATTR_RDONLY},
    {"noro", 0, MOUNT_ATTR_RDONLY},
    {"rq", 0, MOUNT_ATTR_RDONLY},
    {"nosuid", MOUNT_ATTR_NOSUID, 0},
    {"suid", 0, MOUNT_ATTR_NOSUID},
    {"noexec", MOUNT_ATTR_NOEXEC, 0},
    {"exec", 0, MOUNT_ATTR_NOEXEC},
    {"nodev", MOUNT_ATTR_NODEV, 0},
    {"dev", 0, MOUNT_ATTR_NODEV},
    {"noatime", MOUNT_ATTR_NOATIME, 0},
    {"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0},
    /* What fstab(5) says for other readers, and FreeBSD's nullfs cache. */
    {"noauto", 0, 0},
    {"late", 0, 0},
    {"failok", 0, 0},
    {"nocache", 0, 0},
    {"cache", 0, 0},
    {"defaults", 0, 0},
    {"xx", 0, 0},
    {"sw", 0, 0},
};

static bool
take_flag(const char *word, uint64_t *set)
{
	for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
		if (strcmp(word, flags[i].word) == 0) {
			*set = (*set & ~flags[i].clear) | flags[i].set;
			return true;
		}
	return false;
}

/* FreeBSD's tmpfs words, and those that Linux has too. */
static int
tmpfs_option(char *word, struct str *out, const struct gaol_mount *spec, struct err *e)
{
	static const struct {
		const char *freebsd, *linux_name;
	} names[] = {
	    {"size", "size"},
	    {"mode", "mode"},
	    {"uid", NULL},
	    {"gid", NULL},
	    {"inodes", "nr_inodes"},
	    {"nr_inodes", "nr_inodes"},
	    {"nr_blocks", "nr_blocks"},
	    {"maxfilesize", ""},
	    {"export", ""},
	};
	char *value = strchr(word, '=');

	if (value != NULL)
		*value++ = '\0';
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(word, names[i].freebsd) != 0)
			continue;
		if (names[i].linux_name == NULL)
			return err_set(e, EINVAL,
			    "%s: %s: tmpfs option %s: files belong to root of the jail",
			    spec->param, spec->target, word);
		if (*names[i].linux_name == '\0')
			return 0;
		if (value == NULL || *value == '\0')
			return err_set(e, EINVAL, "%s: %s: tmpfs option %s needs a value",
			    spec->param, spec->target, word);
		return str_addf(
		    out, "%s%s=%s", out->len > 0 ? "," : "", names[i].linux_name, value);
	}
	return err_set(
	    e, EINVAL, "%s: %s: unknown tmpfs option %s", spec->param, spec->target, word);
}

bool
mount_on_host(enum mount_kind kind)
{
	return kind == MOUNT_BIND || kind == MOUNT_TMPFS || kind == MOUNT_OTHER;
}

static int
parse_options(
    const struct gaol_mount *spec, struct mount_item *item, unsigned *ret_ruleset, struct err *e)
{
	cleanup_free char *copy = strdup(spec->options != NULL ? spec->options : "");
	cleanup_str struct str rest = STR_EMPTY;
	char *words = copy, *word;
	int r;

	if (copy == NULL)
		return err_errno(e, ENOMEM, "%s", spec->param);
	while ((word = strsep(&words, ",")) != NULL) {
		uint64_t n;

		if (*word == '\0' || take_flag(word, &item->attr_set))
			continue;
		if (strcmp(word, "X-mount.mkdir") == 0) {
			item->make_target = true;
			continue;
		}
		r = 0;
		if (item->kind == MOUNT_TMPFS)
			r = tmpfs_option(word, &rest, spec, e);
		else if (item->kind == MOUNT_DEVFS && strncmp(word, "ruleset=", 8) == 0) {
			if (num_parse_u64(word + 8, 65535, &n) < 0)
				return err_set(e, EINVAL,
				    "%s: %s: devfs: invalid ruleset specification: Invalid "
				    "argument",
				    spec->param, spec->target);
			*ret_ruleset = (unsigned)n;
		} else if (item->kind == MOUNT_OTHER)
			r = str_addf(&rest, "%s%s", rest.len > 0 ? "," : "", word);
		else if (item->kind == MOUNT_DEVFS)
			return err_set(e, EINVAL,
			    "%s: %s: devfs: mount option <%s> is unknown: Invalid argument",
			    spec->param, spec->target, word);
		/* nullfs and the pseudo file systems take any word, as FreeBSD's do. */
		if (r < 0)
			return r;
	}
	item->options = str_take(&rest);
	return item->options != NULL ? 0 : err_errno(e, ENOMEM, "%s", spec->param);
}

const char *
mount_below(const char *target, const char *path)
{
	size_t len = strlen(path);

	while (len > 0 && path[len - 1] == '/')
		len--;
	if (strncmp(target, path, len) != 0 || (target[len] != '/' && target[len] != '\0'))
		return NULL;
	target += len;
	while (*target == '/')
		target++;
	return target;
}

/* As on FreeBSD a target outside the jail may be reached through links: nobody inside made them. */
static int
find_outside(const struct gaol_mount *spec, struct mount_item *item, struct err *e)
{
	cleanup_free char *real_path = realpath(spec->target, NULL);

	if (real_path == NULL)
		return err_errno(e, errno, "%s: %s", spec->param, spec->target);
	item->outside = true;
	item->target = strdup(real_path + 1);
	return item->target != NULL ? 0 : err_errno(e, ENOMEM, "%s", spec->param);
}

static int
find_target(const struct gaol_mount *spec, const struct mount_jail *jail, struct mount_item *item,
    struct err *e)
{
	const char *rel;
	size_t len;

	if (*spec->target != '/')
		return err_set(
		    e, EINVAL, "%s: %s: not an absolute pathname", spec->param, spec->target);
	rel = mount_below(spec->target, jail->path);
	if (rel == NULL)
		rel = mount_below(spec->target, jail->real_path);
	if (rel == NULL && jail->on_host && mount_on_host(item->kind))
		return find_outside(spec, item, e);
	if (rel == NULL)
		return err_set(e, EINVAL,
		    "%s: %s: outside the jail's path %s; only gaol.mounts=host can mount there",
		    spec->param, spec->target, jail->path);
	item->target = strdup(rel);
	if (item->target == NULL)
		return err_errno(e, ENOMEM, "%s", spec->param);
	for (len = strlen(item->target); len > 0 && item->target[len - 1] == '/'; len--)
		item->target[len - 1] = '\0';
	return 0;
}

static int
find_kind(const struct gaol_mount *spec, struct mount_item *item, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(spec->type, types[i].name) == 0) {
			item->kind = types[i].kind;
			return 0;
		}
	for (size_t i = 0; i < ARRAY_SIZE(refused); i++)
		if (strcmp(spec->type, refused[i].name) == 0)
			return err_set(e, EOPNOTSUPP,
			    "%s: %s: type %s cannot be mounted in a jail: %s", spec->param,
			    spec->target, spec->type, refused[i].advice);
	item->kind = MOUNT_OTHER;
	return 0;
}

static int
open_source(const struct gaol_mount *spec, struct mount_item *item, struct err *e)
{
	struct stat st;

	/* Not recursive: like nullfs, it shows one file system and what its mounts cover. */
	item->source = open_tree(AT_FDCWD, spec->source, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (item->source < 0)
		return err_errno(e, errno, "%s: %s", spec->param, spec->source);
	if (fstat(item->source, &st) < 0)
		return err_errno(e, errno, "%s: %s", spec->param, spec->source);
	if (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode))
		return err_set(e, EINVAL, "%s: %s: must be either a file or directory", spec->param,
		    spec->source);
	item->directory = S_ISDIR(st.st_mode);
	/* Later mounts below the source never appear in it, also where "/" is shared. */
	if (mount_setattr(item->source, "", AT_EMPTY_PATH,
		&(struct mount_attr){.propagation = MS_PRIVATE}, sizeof(struct mount_attr)) < 0)
		return err_errno(e, errno, "%s: %s", spec->param, spec->source);
	return 0;
}

static int
config_options(int fs, char *options)
{
	char *word;

	while ((word = strsep(&options, ",")) != NULL) {
		char *value = strchr(word, '=');

		if (*word == '\0')
			continue;
		if (value != NULL)
			*value++ = '\0';
		if (fsconfig(fs, value != NULL ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, word,
			value, 0) < 0)
			return -errno;
	}
	return 0;
}

/*
 * The path for fsopen's `source`: as written, or that of a loop device where an image was
 * named.  *ret_loop keeps the device until the mount does.
 */
static int
find_device(const struct gaol_mount *spec, uint64_t attr_set, char buf[static LOOP_PATH_SIZE],
    const char **ret, int *ret_loop, struct err *e)
{
	bool read_only = (attr_set & MOUNT_ATTR_RDONLY) != 0;
	cleanup_fd int file = -EBADF;
	struct stat st;

	*ret = spec->source;
	if (stat(spec->source, &st) < 0 || !S_ISREG(st.st_mode))
		return 0;
	file = open(spec->source, (read_only ? O_RDONLY : O_RDWR) | O_NOCTTY | O_CLOEXEC);
	if (file < 0)
		return err_errno(e, errno, "%s: %s", spec->param, spec->source);
	*ret_loop = loop_attach(file, read_only, buf);
	if (*ret_loop < 0)
		return err_errno(
		    e, -*ret_loop, "%s: %s: no loop device for it", spec->param, spec->source);
	*ret = buf;
	return 0;
}

static const char *
own_name(const char *type)
{
	for (size_t i = 0; i < ARRAY_SIZE(renamed); i++)
		if (strcmp(type, renamed[i].freebsd) == 0)
			return renamed[i].here;
	return type;
}

/* A file system of the kernel's that is none of the usual: mounted from where its device is. */
static int
open_other(const struct gaol_mount *spec, struct mount_item *item, struct err *e)
{
	cleanup_fd int fs = fsopen(own_name(spec->type), FSOPEN_CLOEXEC), loop = -EBADF;
	char buf[LOOP_PATH_SIZE];
	const char *device;
	int r;

	if (fs < 0 && errno == ENODEV)
		return err_set(e, ENODEV, "%s: %s: unknown file system type %s", spec->param,
		    spec->target, spec->type);
	if (fs < 0)
		return err_errno(e, errno, "%s: %s: %s", spec->param, spec->target, spec->type);
	r = find_device(spec, item->attr_set, buf, &device, &loop, e);
	if (r < 0)
		return r;
	if (fsconfig(fs, FSCONFIG_SET_STRING, "source", device, 0) < 0 ||
	    ((item->attr_set & MOUNT_ATTR_RDONLY) != 0 &&
		fsconfig(fs, FSCONFIG_SET_FLAG, "ro", NULL, 0) < 0) ||
	    config_options(fs, item->options) < 0 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return err_errno(e, errno, "%s: %s: %s", spec->param, spec->target, spec->source);
	item->source = fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NODEV);
	item->directory = true;
	return item->source < 0 ? err_errno(e, errno, "%s: %s", spec->param, spec->target) : 0;
}

/*
 * zfs on Linux has datasets that are mounted already, by name: what is bound is that mount.
 */
static int
open_dataset(const struct gaol_mount *spec, struct mount_item *item, struct err *e)
{
	cleanup_free char *text = NULL, *point = NULL;
	struct gaol_mount there = *spec;
	int r = path_read(AT_FDCWD, "/proc/self/mountinfo", 64u << 20, &text, NULL);

	if (r == 0)
		r = mount_find_dataset(text, spec->source, &point);
	if (r < 0 && r != -ENOENT)
		return err_errno(e, -r, "/proc/self/mountinfo");
	if (r < 0)
		return err_set(e, ENOENT,
		    "%s: %s: no dataset %s is mounted on the host: zfs mount %s", spec->param,
		    spec->target, spec->source, spec->source);
	there.source = point;
	return open_source(&there, item, e);
}

int
mount_prepare(const struct gaol_mount *spec, const struct mount_jail *jail, struct mount_item *ret,
    struct err *e)
{
	struct mount_item item = {.spec = spec, .source = -EBADF, .directory = true};
	unsigned ruleset = 4;
	int r;

	r = find_kind(spec, &item, e);
	if (r == 0)
		r = find_target(spec, jail, &item, e);
	if (r == 0)
		r = parse_options(spec, &item, &ruleset, e);
	if (r == 0 && item.kind == MOUNT_BIND)
		r = strcmp(spec->type, "zfs") == 0 ? open_dataset(spec, &item, e)
						   : open_source(spec, &item, e);
	if (r == 0 && item.kind == MOUNT_OTHER)
		r = open_other(spec, &item, e);
	if (r == 0 && item.kind == MOUNT_DEVFS) {
		r = devnodes_visible(jail->statefd, ruleset, &item.nodes, &item.nnodes, e);
		if (r < 0)
			(void)err_wrap(e, "%s", spec->param);
	}
	if (r < 0) {
		mount_item_done(&item);
		return r;
	}
	item.ruleset = ruleset;
	*ret = item;
	return 0;
}

void
mount_item_done(struct mount_item *item)
{
	close_keep_errno(item->source);
	free(item->target);
	free(item->options);
	free(item->nodes);
	*item = (struct mount_item){.source = -EBADF};
}

/* ---- in the jail's mount namespace ------------------------------------------------------- */

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

/* A new superblock of a kernel file system, detached. */
static int
fresh(const char *type, char *options, uint64_t attrs)
{
	cleanup_fd int fs = fsopen(type, FSOPEN_CLOEXEC);
	int r, mnt;

	if (fs < 0)
		return -errno;
	/* Shown by mount(8) inside; nothing reads it. */
	(void)fsconfig(fs, FSCONFIG_SET_STRING, "source", type, 0);
	r = config_options(fs, options);
	if (r < 0)
		return r;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	mnt = fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)attrs);
	return mnt < 0 ? -errno : mnt;
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
	mnt = fresh("tmpfs", text, attrs);
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
	    fresh("proc", NULL, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
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
	mnt = fresh(type, options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
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
	mnt = fresh("tmpfs", options, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
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
	cleanup_fd int mnt = fresh("sysfs", NULL,
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

void
mount_unescape(char *s)
{
	char *to = s;

	while (*s != '\0') {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' && s[2] <= '7' &&
		    s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)(((s[1] - '0') << 6) | ((s[2] - '0') << 3) | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

int
mount_find_dataset(char *mountinfo, const char *dataset, char **ret)
{
	char *rest = mountinfo, *line;

	*ret = NULL;
	while ((line = strsep(&rest, "\n")) != NULL) {
		char *fields[6], *word;
		size_t n = 0;

		while (n < ARRAY_SIZE(fields) && (fields[n] = strsep(&line, " ")) != NULL)
			n++;
		/* Of one that is bound elsewhere in part (its root is not "/"), not the part. */
		if (n < ARRAY_SIZE(fields) || strcmp(fields[3], "/") != 0)
			continue;
		while ((word = strsep(&line, " ")) != NULL && strcmp(word, "-") != 0)
			;
		if ((word = strsep(&line, " ")) == NULL || strcmp(word, "zfs") != 0 ||
		    (word = strsep(&line, " ")) == NULL)
			continue;
		mount_unescape(word);
		if (strcmp(word, dataset) != 0)
			continue;
		mount_unescape(fields[4]);
		*ret = strdup(fields[4]);
		return *ret != NULL ? 0 : -ENOMEM;
	}
	return -ENOENT;
}
