#include "prison/mount.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/path.h"
#include "base/str.h"
#include "prison/loop.h"
#include "prison/mountfs.h"

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
	    mountfs_options(fs, item->options) < 0 ||
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
