#include "prison/hostmount.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/path.h"
#include "prison/template.h"

static int
open_dir(const char *path, struct err *e)
{
	int fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? err_errno(e, errno, "path %s", path) : fd;
}

/* ---- gaol.mounts=host --------------------------------------------------------------------- */

static int
place_one(struct gaol_op *op, struct mount_item *item, const struct mount_place *at, struct err *e)
{
	cleanup_str struct str line = STR_EMPTY;
	int r;

	if (str_addf(&line, "mount %s%s", item->outside ? "/" : "", item->target) < 0 ||
	    record_ledger_add(&op->rec, "%s", str_get(&line)) < 0)
		return err_errno(e, ENOMEM, "mount");
	r = record_store(op->in->state, &op->rec, e);
	if (r == 0)
		r = mount_place(item, at, e);
	if (r < 0 || item->made_before) {
		record_ledger_drop(&op->rec, str_get(&line));
		(void)record_store(op->in->state, &op->rec, NULL);
	}
	item->placed = r == 0;
	return r;
}

int
hostmount_place(struct gaol_op *op, struct err *e)
{
	cleanup_fd int root = open_dir(op->real_path, e), host_root = open_dir("/", e);
	struct mount_place at = {.userns = -EBADF, .mask_file = -EBADF, .mask_dir = -EBADF};
	int r = root < 0 ? root : host_root < 0 ? host_root : 0;

	for (size_t i = 0; i < op->nmounts && r == 0; i++) {
		at.root = op->mounts[i].outside ? host_root : root;
		if (mount_on_host(op->mounts[i].kind))
			r = place_one(op, &op->mounts[i], &at, e);
	}
	return r;
}

static int
unmount_one(int root, const char *path, const char *rel, struct err *e)
{
	cleanup_fd int fd = path_open_nolink(root, *rel != '\0' ? rel : ".", O_PATH, 0);
	char link[64];
	struct statx st;

	if (fd < 0)
		return err_errno(e, -fd, "mount: %s/%s", path, rel);
	if (statx(fd, "", AT_EMPTY_PATH, STATX_TYPE, &st) < 0 ||
	    (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) == 0)
		return err_set(e, EINVAL, "mount: %s/%s: not a mount point", path, rel);
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	/* Lazily: the jail is dead, and a shell of the administrator in there must not keep it. */
	if (umount2(link, MNT_DETACH) < 0)
		return err_errno(e, errno, "mount: %s/%s", path, rel);
	return 0;
}

int
hostmount_undo(struct gaol_op *op, struct err *e)
{
	const char *path = record_get(&op->rec, "path");
	cleanup_fd int root = -EBADF, host_root = -EBADF;
	int first = 0;

	for (size_t i = op->rec.ledger.n; i > 0; i--) {
		const char *target = op->rec.ledger.s[i - 1];
		struct err one = {0};
		int r;

		if (strncmp(target, "mount ", 6) != 0)
			continue;
		target += 6;
		if (root < 0 && (root = open_dir(path, e)) < 0)
			return root;
		if (host_root < 0 && (host_root = open_dir("/", e)) < 0)
			return host_root;
		r = *target == '/' ? unmount_one(host_root, "", target + 1, &one)
				   : unmount_one(root, path, target, &one);
		if (r < 0 && first == 0) {
			first = r;
			*e = one;
		}
	}
	return first;
}

/* ---- the namespace of the host's commands ------------------------------------------------------
 */

struct holding_mount {
	char *point; /* where it is mounted */
	bool shared;
};

/* The mount in which path lies, by its id in mountinfo. */
static int
find_holding(int path_fd, struct holding_mount *ret)
{
	cleanup_free char *text = NULL;
	char *rest, *line;
	struct statx st;
	int r;

	if (statx(path_fd, "", AT_EMPTY_PATH, STATX_MNT_ID, &st) < 0)
		return -errno;
	r = path_read(AT_FDCWD, "/proc/self/mountinfo", 64u << 20, &text, NULL);
	if (r < 0)
		return r;
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;) {
		char *fields[6];
		uint64_t id;
		size_t n = 0;

		while (n < ARRAY_SIZE(fields) && (fields[n] = strsep(&line, " ")) != NULL)
			n++;
		if (n < ARRAY_SIZE(fields) || num_parse_u64(fields[0], UINT64_MAX, &id) < 0 ||
		    id != st.stx_mnt_id)
			continue;
		mount_unescape(fields[4]);
		ret->point = strdup(fields[4]);
		ret->shared = line != NULL && strncmp(line, "shared:", 7) == 0;
		return ret->point != NULL ? 0 : -ENOMEM;
	}
	return -ENOENT;
}

/*
 * Lays a clone of path over path in this namespace, and only here, although the
 * mount M below it is shared: M is taken out of its peer group for the moment of
 * attaching, then put back, so that what hooks mount elsewhere still reaches the host.
 */
static int
lay_tree(const char *path, struct err *e)
{
	struct mount_attr slave = {.propagation = MS_SLAVE}, private = {.propagation = MS_PRIVATE};
	cleanup_fd int below = open_dir(path, e), holding = -EBADF, group = -EBADF, tree = -EBADF;
	struct holding_mount m = {0};
	int r;

	if (below < 0)
		return below;
	r = find_holding(below, &m);
	if (r < 0)
		return err_errno(e, -r, "path %s: its mount", path);
	if (!m.shared) {
		r = err_set(e, EOPNOTSUPP,
		    "path %s lies on a mount that is not shared, so that commands of the host "
		    "cannot see "
		    "mounts of the jail's own: write gaol.mounts = host;",
		    path);
		free(m.point);
		return r;
	}
	holding = open(m.point, O_PATH | O_CLOEXEC);
	free(m.point);
	if (holding < 0 ||
	    (group = open_tree(holding, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH)) <
		0 ||
	    (tree = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE)) <
		0)
		return err_errno(e, errno, "path %s", path);
	/* Slave first: a private mount has no master, and would miss what the host mounts later. */
	if (mount_setattr(tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &slave, sizeof(slave)) < 0 ||
	    mount_setattr(holding, "", AT_EMPTY_PATH, &private, sizeof(private)) < 0 ||
	    move_mount(tree, "", below, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) <
		0 ||
	    move_mount(group, "", holding, "",
		MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH | MOVE_MOUNT_SET_GROUP) < 0)
		return err_errno(e, errno, "path %s: mounts for commands of the host", path);
	return 0;
}

static int
fill_namespace(struct gaol_op *op, struct err *e)
{
	struct mount_place at = {.userns = -EBADF, .mask_file = -EBADF, .mask_dir = -EBADF};
	cleanup_fd int root = -EBADF;
	int r;

	r = lay_tree(op->real_path, e);
	if (r < 0)
		return r;
	root = open_dir(op->real_path, e);
	if (root < 0)
		return root;
	at.root = root;
	for (size_t i = 0; i < op->nmounts && r == 0; i++)
		if (mount_on_host(op->mounts[i].kind))
			r = mount_place(&op->mounts[i], &at, e);
	return r;
}

static void
pin_name(const struct record *rec, char buf[32])
{
	(void)snprintf(buf, 32, "host.%d", rec->jid);
}

static int
pin_namespace(const struct instance *in, const struct record *rec, pid_t pid)
{
	cleanup_fd int pins = instance_pins(in, NULL), file = -EBADF, ns = -EBADF;
	char name[32], path[64];

	if (pins < 0)
		return pins;
	pin_name(rec, name);
	file = openat(pins, name, O_RDONLY | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	(void)snprintf(path, sizeof(path), "/proc/%d/ns/mnt", pid);
	ns = open_tree(AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (file < 0 || ns < 0 ||
	    move_mount(ns, "", file, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return -errno;
	return 0;
}

struct report {
	int result;
	struct err e;
};

/*
 * On some processor the namespace counts as younger than ours and can be pinned
 * (template.c).  It is filled only then: a source can be attached once.
 */
static void
child_main(struct gaol_op *op, pid_t parent, int cpu, int sock)
{
	struct report rep = {0};
	cpu_set_t one;
	char c;

	/* It may have died before we asked for that. */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	if (cpu >= 0) {
		CPU_ZERO(&one);
		CPU_SET(cpu, &one);
		(void)sched_setaffinity(0, sizeof(one), &one);
	}
	if (unshare(CLONE_NEWNS) < 0)
		rep.result = err_errno(&rep.e, errno, "mounts for commands of the host");
	(void)!write(sock, &rep, sizeof(rep));
	if (rep.result < 0 || read(sock, &c, 1) != 1)
		_exit(1);
	rep.result = fill_namespace(op, &rep.e);
	(void)!write(sock, &rep, sizeof(rep));
	_exit(0);
}

static int
receive(int sock, struct err *e)
{
	struct report rep;

	if (read(sock, &rep, sizeof(rep)) != (ssize_t)sizeof(rep))
		return err_set(e, EIO, "mounts for commands of the host: the child died");
	if (rep.result < 0)
		*e = rep.e;
	return rep.result;
}

/* 0, -ELOOP (try another processor), or another negative errno with the sentence. */
static int
make_once(struct gaol_op *op, int cpu, struct err *e)
{
	cleanup_fd int ours = -EBADF, theirs = -EBADF;
	pid_t pid, parent = getpid();
	int fds[2], status, r;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return err_errno(e, errno, "socketpair");
	ours = fds[0];
	theirs = fds[1];
	pid = fork();
	if (pid < 0)
		return err_errno(e, errno, "fork");
	if (pid == 0) {
		(void)close(ours);
		child_main(op, parent, cpu, theirs);
	}
	close_keep_errno(take_fd(&theirs));
	r = receive(ours, e);
	if (r == 0 && (r = pin_namespace(op->in, &op->rec, pid)) < 0)
		(void)err_errno(e, -r, "mounts for commands of the host");
	if (r == 0)
		r = write(ours, "g", 1) == 1
			? receive(ours, e)
			: err_errno(e, errno, "mounts for commands of the host");
	close_keep_errno(take_fd(&ours));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return r;
}

int
hostmount_make_namespace(struct gaol_op *op, struct err *e)
{
	long cpus = sysconf(_SC_NPROCESSORS_CONF);
	int r;

	if (record_ledger_add(&op->rec, "hooks") < 0)
		return err_errno(e, ENOMEM, "mount");
	r = record_store(op->in->state, &op->rec, e);
	if (r == 0)
		r = make_once(op, -1, e);
	for (int cpu = 0; r == -ELOOP && cpu < cpus; cpu++)
		r = make_once(op, cpu, e);
	for (size_t i = 0; i < op->nmounts && r == 0; i++)
		op->mounts[i].placed = mount_on_host(op->mounts[i].kind);
	return r;
}

static int
open_pins(const struct instance *in)
{
	int fd = openat(in->state, ".pins", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int
hostmount_open_namespace(const struct instance *in, const struct record *rec)
{
	cleanup_fd int pins = -EBADF, fd = -EBADF;
	struct statfs fs;
	char name[32];

	if (!record_ledger_has(rec, "hooks") || (pins = open_pins(in)) < 0)
		return -ENOENT;
	pin_name(rec, name);
	fd = openat(pins, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (fstatfs(fd, &fs) < 0 || fs.f_type != NSFS_MAGIC)
		return -ENOENT;
	return take_fd(&fd);
}

void
hostmount_drop_namespace(const struct instance *in, const struct record *rec)
{
	cleanup_fd int pins = -EBADF, fd = -EBADF;
	char name[32], link[64];

	if (!record_ledger_has(rec, "hooks") || (pins = open_pins(in)) < 0)
		return;
	pin_name(rec, name);
	fd = openat(pins, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return;
	(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	(void)umount2(link, MNT_DETACH);
	(void)unlinkat(pins, name, 0);
}

int
hostmount_clone_tree(int namespace_fd, const char *path, struct err *e)
{
	cleanup_fd int ours = -EBADF, theirs = -EBADF;
	int fds[2], status, r = -EIO, tree = -EBADF;
	char control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {.iov_base = &r, .iov_len = sizeof(r)};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	struct cmsghdr *c;
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return err_errno(e, errno, "socketpair");
	ours = fds[0];
	theirs = fds[1];
	pid = fork();
	if (pid < 0)
		return err_errno(e, errno, "fork");
	c = CMSG_FIRSTHDR(&msg);
	if (pid == 0) {
		r = setns(namespace_fd, CLONE_NEWNS) < 0 ? -errno : 0;
		if (r == 0)
			tree = open_tree(
			    AT_FDCWD, path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
		if (r == 0 && tree < 0)
			r = -errno;
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &tree, sizeof(tree));
		if (r < 0)
			msg.msg_controllen = 0;
		(void)sendmsg(theirs, &msg, 0);
		_exit(0);
	}
	close_keep_errno(take_fd(&theirs));
	if (recvmsg(ours, &msg, MSG_CMSG_CLOEXEC) != (ssize_t)sizeof(r))
		r = -EIO;
	c = CMSG_FIRSTHDR(&msg);
	if (r == 0 && c != NULL && c->cmsg_type == SCM_RIGHTS)
		memcpy(&tree, CMSG_DATA(c), sizeof(tree));
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (r == 0 && tree < 0)
		r = -EIO;
	return r < 0 ? err_errno(e, -r, "path %s", path) : tree;
}
