#include "prison/instance.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "config.h"

#define ROOT_CGROUP_DEFAULT "gaol"

static struct instance the_instance = {
    .state = -EBADF,
    .locks = -EBADF,
    .names = -EBADF,
    .work = -EBADF,
    .cgroup = -EBADF,
    .keepers = -EBADF,
};
static bool can_read, can_write;

static bool
is_cgroup2(const char *path)
{
	struct statfs fs;

	return statfs(path, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

/* Where cgroup2 is mounted: the two usual places first, then whatever mountinfo shows. */
static int
find_cgroup_mount(char *ret, size_t size, struct err *e)
{
	static const char *const usual[] = {"/sys/fs/cgroup", "/sys/fs/cgroup/unified"};
	cleanup_free char *text = NULL;
	char *rest, *line;
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(usual); i++)
		if (is_cgroup2(usual[i])) {
			(void)snprintf(ret, size, "%s", usual[i]);
			return 0;
		}
	r = path_read(AT_FDCWD, "/proc/self/mountinfo", 64u << 20, &text, NULL);
	if (r < 0)
		return err_errno(e, -r, "/proc/self/mountinfo");
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;) {
		char *type = strstr(line, " - cgroup2 "), *point = line;

		if (type == NULL)
			continue;
		for (int i = 0; i < 4 && point != NULL; i++) {
			point = strchr(point, ' ');
			point = point != NULL ? point + 1 : NULL;
		}
		if (point == NULL)
			continue;
		point[strcspn(point, " ")] = '\0';
		if (strlen(point) < size && is_cgroup2(point)) {
			(void)snprintf(ret, size, "%s", point);
			return 0;
		}
	}
	return err_set(e, ENOENT,
	    "no cgroup2 file system is mounted, and jails need one: mount -t cgroup2 none "
	    "/sys/fs/cgroup");
}

/* The file that names another root cgroup is how a test gets an instance of its own. */
static int
read_cgroup_name(int state, char *ret, size_t size, struct err *e)
{
	cleanup_free char *text = NULL;
	int r;

	r = path_read(state, ".cgroup", 255, &text, NULL);
	if (r == -ENOENT) {
		(void)snprintf(ret, size, "%s", ROOT_CGROUP_DEFAULT);
		return 0;
	}
	if (r < 0)
		return err_errno(e, -r, INSTANCE_STATE_DIR "/.cgroup");
	text[strcspn(text, "\n")] = '\0';
	if (*text == '\0' || *text == '/' || strstr(text, "..") != NULL || strlen(text) >= size)
		return err_set(
		    e, EINVAL, INSTANCE_STATE_DIR "/.cgroup: %s: not the name of a cgroup", text);
	(void)snprintf(ret, size, "%s", text);
	return 0;
}

static int
open_state(struct err *e)
{
	struct stat st;

	if (the_instance.state >= 0)
		return 0;
	the_instance.state =
	    open(INSTANCE_STATE_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (the_instance.state < 0)
		return err_errno(e, errno, INSTANCE_STATE_DIR);
	/* Records decide what root's commands undo: nobody else may write them. */
	if (fstat(the_instance.state, &st) < 0 || st.st_uid != 0 || (st.st_mode & 022) != 0) {
		(void)close(take_fd(&the_instance.state));
		return err_set(e, EPERM,
		    INSTANCE_STATE_DIR ": must belong to root and be writable by root only");
	}
	return 0;
}

static int
open_cgroup(bool make, struct err *e)
{
	struct instance *in = &the_instance;
	cleanup_fd int mount = -EBADF;
	int r;

	if (in->cgroup >= 0)
		return 0;
	r = find_cgroup_mount(in->cgroup_mount, sizeof(in->cgroup_mount), e);
	if (r < 0)
		return r;
	r = read_cgroup_name(in->state, in->cgroup_name, sizeof(in->cgroup_name), e);
	if (r < 0)
		return r;
	mount = open(in->cgroup_mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mount < 0)
		return err_errno(e, errno, "%s", in->cgroup_mount);
	if (make && mkdirat(mount, in->cgroup_name, 0755) < 0 && errno != EEXIST)
		return err_errno(e, errno, "%s/%s", in->cgroup_mount, in->cgroup_name);
	in->cgroup =
	    openat(mount, in->cgroup_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (in->cgroup < 0)
		return err_errno(e, errno, "%s/%s", in->cgroup_mount, in->cgroup_name);
	return 0;
}

int
instance_read(const struct instance **ret, struct err *e)
{
	int r;

	if (!can_read) {
		r = open_state(e);
		if (r < 0)
			return r;
		r = open_cgroup(false, e);
		if (r < 0)
			return r;
		can_read = true;
	}
	*ret = &the_instance;
	return 0;
}

static int
state_subdir(const char *name, int *ret, struct err *e)
{
	int fd;

	fd = openat(the_instance.state, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0 && errno == ENOENT) {
		if (mkdirat(the_instance.state, name, 0700) < 0 && errno != EEXIST)
			return err_errno(e, errno, INSTANCE_STATE_DIR "/%s", name);
		fd = openat(
		    the_instance.state, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	if (fd < 0)
		return err_errno(e, errno, INSTANCE_STATE_DIR "/%s", name);
	*ret = fd;
	return 0;
}

/* Reads one file and writes only what is missing: a write to subtree_control is not free. */
static void
enable_controllers(int dir)
{
	static const char *const wanted[] = {"cpu", "cpuset", "io", "memory", "pids"};
	cleanup_free char *have = NULL, *on = NULL;

	if (path_read(dir, "cgroup.controllers", 4096, &have, NULL) < 0 ||
	    path_read(dir, "cgroup.subtree_control", 4096, &on, NULL) < 0)
		return;
	for (size_t i = 0; i < ARRAY_SIZE(wanted); i++) {
		char word[16];

		if (strstr(have, wanted[i]) == NULL || strstr(on, wanted[i]) != NULL)
			continue;
		(void)snprintf(word, sizeof(word), "+%s", wanted[i]);
		(void)path_write_file(dir, "cgroup.subtree_control", word);
	}
}

void
instance_controllers(const struct instance *in)
{
	cleanup_fd int root = open(in->cgroup_mount, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	/* Without them jails run, but rctl has nothing to work with; rctl says so itself. */
	if (root >= 0)
		enable_controllers(root);
	enable_controllers(in->cgroup);
}

int
instance_write(struct instance **ret, struct err *e)
{
	struct instance *in = &the_instance;
	int r;

	if (!can_write) {
		if (geteuid() != 0)
			return err_errno(e, EPERM, "jail_set");
		if (mkdir(INSTANCE_STATE_DIR, 0755) == 0)
			(void)chmod(INSTANCE_STATE_DIR, 0755); /* whatever the umask says */
		else if (errno != EEXIST)
			return err_errno(e, errno, INSTANCE_STATE_DIR);
		r = open_state(e);
		if (r < 0)
			return r;
		r = open_cgroup(true, e);
		if (r < 0)
			return r;
		can_read = true;
		if ((r = state_subdir(".jail", &in->locks, e)) < 0 ||
		    (r = state_subdir(".names", &in->names, e)) < 0 ||
		    (r = state_subdir(".work", &in->work, e)) < 0)
			return r;
		if (mkdirat(in->cgroup, ".k", 0755) < 0 && errno != EEXIST)
			return err_errno(e, errno, "%s/%s/.k", in->cgroup_mount, in->cgroup_name);
		in->keepers =
		    openat(in->cgroup, ".k", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (in->keepers < 0)
			return err_errno(e, errno, "%s/%s/.k", in->cgroup_mount, in->cgroup_name);
		can_write = true;
	}
	*ret = in;
	return 0;
}

static int
lock_file(const struct instance *in, const char *name, struct err *e)
{
	cleanup_fd int fd =
	    openat(in->state, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_errno(e, errno, INSTANCE_STATE_DIR "/%s", name);
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_errno(e, errno, INSTANCE_STATE_DIR "/%s", name);
	return take_fd(&fd);
}

int
instance_lock(const struct instance *in, struct err *e)
{
	return lock_file(in, ".lock", e);
}

int
instance_lock_aliases(const struct instance *in, struct err *e)
{
	return lock_file(in, ".aliases", e);
}

void
instance_unlock(int lock)
{
	/* One open file description, one lock: closing is unlocking. */
	close_keep_errno(lock);
}

/* Keepers are the host's; a loader that was killed may have left them unknown, and so refused. */
static int
know_keepers(struct instance *in, struct err *e)
{
	struct bpf_prison known;
	uint64_t keepers;
	int r;

	r = bpf_cgroup_id(in->keepers, &keepers, e);
	if (r < 0 || bpf_prison_get(&in->bpf, keepers, &known, NULL) == 0)
		return r;
	return bpf_prison_put_host(&in->bpf, keepers, e);
}

int
instance_bpf(struct instance *in, struct err *e)
{
	int r;

	if (in->bpf_open)
		return 0;
	r = bpf_open(in->state, in->cgroup, &in->bpf, e);
	if (r == -ENOENT || (r == 0 && !in->bpf.pinned)) {
		if (r == 0)
			bpf_fds_close(&in->bpf);
		r = bpf_load_via(NULL, in->state, in->cgroup, 0, e);
		in->bpf_loaded = r == 0;
		if (r == 0)
			r = bpf_open(in->state, in->cgroup, &in->bpf, e);
	}
	if (r == 0)
		r = know_keepers(in, e);
	in->bpf_open = r == 0;
	return r;
}

/* ---- pins of namespaces ---------------------------------------------------------------- */

#define PINS ".pins"

static bool
is_mount_root(int fd)
{
	struct statx st;

	return statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) == 0 &&
	       (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

static int
mount_pins(const struct instance *in)
{
	struct mount_attr private = {.propagation = MS_PRIVATE};
	cleanup_fd int fs = fsopen("tmpfs", FSOPEN_CLOEXEC), mnt = -EBADF, target = -EBADF;

	if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "source", "gaol", 0) < 0 ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0700", 0) < 0 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	mnt =
	    fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	target = openat(in->state, PINS, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (mnt < 0 || target < 0 ||
	    move_mount(mnt, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) <
		0 ||
	    mount_setattr(mnt, "", AT_EMPTY_PATH, &private, sizeof(private)) < 0)
		return -errno;
	return 0;
}

static int
open_pins(const struct instance *in)
{
	cleanup_fd int fd =
	    openat(in->state, PINS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return is_mount_root(fd) ? take_fd(&fd) : -ENOENT;
}

int
instance_pins(const struct instance *in, struct err *e)
{
	int fd = open_pins(in), r;

	if (fd >= 0)
		return fd;
	if (mkdirat(in->state, PINS, 0700) < 0 && errno != EEXIST)
		return err_errno(e, errno, INSTANCE_STATE_DIR "/" PINS);
	r = mount_pins(in);
	fd = r < 0 ? r : open_pins(in);
	return fd < 0 ? err_errno(e, -fd, INSTANCE_STATE_DIR "/" PINS) : fd;
}
