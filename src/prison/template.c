#include "prison/template.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"

#define PIN "template"
#define ANY_CPU (-1)

static int
open_pin(int pins)
{
	cleanup_fd int fd = openat(pins, PIN, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	struct statfs fs;

	if (fd < 0)
		return -errno;
	/* Without its mount the file is empty: a state directory seen from other mounts. */
	if (fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC)
		return -ENOENT;
	return take_fd(&fd);
}

static int
make_tmpfs(void)
{
	cleanup_fd int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);
	cleanup_fd int mnt = -EBADF, file = -EBADF;

	if (fs < 0 || fsconfig(fs, FSCONFIG_SET_STRING, "source", "gaol", 0) < 0 ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0", 0) < 0 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	mnt =
	    fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);
	if (mnt < 0)
		return -errno;
	file = openat(mnt, TEMPLATE_MASK_FILE, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0);
	if (file < 0 || mkdirat(mnt, TEMPLATE_MASK_DIR, 0) < 0)
		return -errno;
	/* A mount with a file open for writing does not become read-only. */
	close_keep_errno(take_fd(&file));
	if (mount_setattr(mnt, "", AT_EMPTY_PATH,
		&(struct mount_attr){.attr_set = MOUNT_ATTR_RDONLY}, sizeof(struct mount_attr)) < 0)
		return -errno;
	return take_fd(&mnt);
}

/* In a child: leave everything behind but the tmpfs, then wait to be pinned. */
static int
become_template(int cpu)
{
	cleanup_fd int mnt = -EBADF;
	cpu_set_t one;

	if (cpu != ANY_CPU) {
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		if (sched_setaffinity(0, sizeof(one), &one) < 0)
			return -errno;
	}
	if (unshare(CLONE_NEWNS) < 0 || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
		return -errno;
	mnt = make_tmpfs();
	if (mnt < 0)
		return mnt;
	if (move_mount(mnt, "", AT_FDCWD, "/proc", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
	    fchdir(mnt) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 ||
	    umount2(".", MNT_DETACH) < 0)
		return -errno;
	return 0;
}

static void
child_main(int cpu, int ready, int go)
{
	int r;
	char c;

	/* It may have died before we asked for that: then the pipe has ended, too. */
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	r = become_template(cpu);
	(void)!write(ready, &r, sizeof(r));
	(void)!read(go, &c, 1);
	_exit(0);
}

/* Binds the namespace to the file.  -ELOOP, -EINVAL: it counts as older than ours. */
static int
pin(int pins, const char *path)
{
	cleanup_fd int file = -EBADF, ns = -EBADF;

	file = openat(pins, PIN, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (file < 0)
		return -errno;
	ns = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (ns < 0)
		return -errno;
	if (move_mount(ns, "", file, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

/* The namespace of the child, pinned; or unpinned, where that is asked for. */
static int
keep(int pins, pid_t pid, bool unpinned)
{
	char path[64];
	int fd, r;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = unpinned ? 0 : pin(pins, path);
	if (r < 0) {
		close_keep_errno(fd);
		return r;
	}
	return fd;
}

static int
make_once(int pins, int cpu, bool unpinned)
{
	cleanup_fd int ready_r = -EBADF, ready_w = -EBADF, go_r = -EBADF, go_w = -EBADF;
	int fds[2], r = -EIO, status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	ready_r = fds[0];
	ready_w = fds[1];
	if (pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	go_r = fds[0];
	go_w = fds[1];
	pid = fork();
	if (pid < 0)
		return -errno;
	if (pid == 0) {
		(void)close(go_w);
		child_main(cpu, ready_w, go_r);
	}
	close_keep_errno(take_fd(&ready_w));
	if (read(ready_r, &r, sizeof(r)) != sizeof(r))
		r = -EIO;
	if (r == 0)
		r = keep(pins, pid, unpinned);
	close_keep_errno(take_fd(&go_w));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return r;
}

/*
 * A mount namespace can be bound only where the one that binds is older, which the
 * kernel (mnt_ns_loop, ELOOP) judges by their numbers.  6.18 gives numbers to each
 * processor in batches, so that a younger namespace can have a lower number: made
 * on the processor that made ours it has a higher one, and we find that by trying.
 * Where none can be bound this one serves without a pin: the next jail makes another.
 */
static int
make(int pins, struct err *e)
{
	int r = make_once(pins, ANY_CPU, false), cpus = get_nprocs_conf();

	/* -EINVAL: not a processor that we may run on. */
	for (int cpu = 0; (r == -ELOOP || r == -EINVAL) && cpu < cpus; cpu++)
		r = make_once(pins, cpu, false);
	if (r == -ELOOP || r == -EINVAL)
		r = make_once(pins, ANY_CPU, true);
	return r < 0 ? err_errno(e, -r, "cannot make the template of jails' mount namespaces") : r;
}

int
template_open(const struct instance *in, struct err *e)
{
	cleanup_fd int pins = -EBADF;
	int fd, lock;

	/* Under the lock only if there is something to make. */
	pins = openat(in->state, ".pins", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	fd = pins < 0 ? -ENOENT : open_pin(pins);
	if (fd >= 0)
		return fd;
	lock = instance_lock(in, e);
	if (lock < 0)
		return lock;
	close_keep_errno(pins);
	pins = instance_pins(in, e);
	fd = pins < 0 ? pins : open_pin(pins);
	if (pins >= 0 && fd < 0)
		fd = make(pins, e);
	instance_unlock(lock);
	return fd;
}
