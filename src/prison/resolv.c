#include "prison/resolv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "prison/mountfs.h"
#include "prison/settings.h"

#define HOST_FILE "/etc/resolv.conf"
/* systemd-resolved.service(8): the servers that the stub asks. */
#define BEHIND_STUB "/run/systemd/resolve/resolv.conf"
#define FILE_MAX (64u << 10)

/* ---- on the host ---------------------------------------------------------------------------- */

static bool
is(const struct record *rec, const char *name, const char *value)
{
	return strcmp(settings_text(rec, name), value) == 0;
}

static bool
has_network(const struct record *rec)
{
	return is(rec, "vnet", "new") || is(rec, "ip4", "inherit") || is(rec, "ip6", "inherit") ||
	       *settings_text(rec, "ip4.addr") != '\0' || *settings_text(rec, "ip6.addr") != '\0';
}

bool
resolv_is_local(const char *text)
{
	const char *line = text;

	for (; line != NULL; line = strchr(line, '\n')) {
		line += line != text;
		if (strncmp(line, "nameserver", 10) != 0 || (line[10] != ' ' && line[10] != '\t'))
			continue;
		line += 10 + strspn(line + 10, " \t");
		if (strncmp(line, "127.", 4) != 0 &&
		    (strncmp(line, "::1", 3) != 0 || strchr(" \t\r\n", line[3]) == NULL))
			return false;
	}
	return true;
}

int
resolv_read(const struct record *rec, char **ret, struct err *e)
{
	cleanup_free char *text = NULL;
	int r;

	*ret = NULL;
	if (!is(rec, "gaol.resolvconf", "inherit") || !has_network(rec))
		return 0;
	r = path_read(AT_FDCWD, HOST_FILE, FILE_MAX, &text, NULL);
	/* With the host's addresses the jail reaches what the host reaches. */
	if (r == 0 && resolv_is_local(text) && !is(rec, "ip4", "inherit")) {
		free(take_ptr(text));
		r = path_read(AT_FDCWD, BEHIND_STUB, FILE_MAX, &text, NULL);
		if (r == 0 && resolv_is_local(text))
			r = -ENOENT;
	}
	if (r == -ENOENT || r == -EFBIG)
		return 0;
	if (r < 0)
		return err_errno(e, -r, HOST_FILE);
	*ret = take_ptr(text);
	return 0;
}

/* ---- in the jail's mount namespace -------------------------------------------------------- */

/* As the jail's root, who alone may have a file there. */
static void
make_empty(int etc, uid_t id_base)
{
	int fd;

	(void)setfsgid(id_base);
	(void)setfsuid(id_base);
	fd = openat(etc, "resolv.conf", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
	(void)setfsuid(0);
	(void)setfsgid(0);
	close_keep_errno(fd);
}

/* A link as those of systemd-resolved and resolvconf, into the tmpfs that is the jail's run. */
static void
make_behind_link(const struct mount_place *at, int etc)
{
	cleanup_fd int dir = -EBADF, fd = -EBADF;
	char target[256], *name;
	ssize_t n = readlinkat(etc, "resolv.conf", target, sizeof(target) - 1);
	const char *below = target;

	if (n <= 0)
		return;
	target[n] = '\0';
	if (strncmp(below, "..", 2) == 0)
		below += 2;
	if (strncmp(below, "/run/", 5) != 0 || (name = strrchr(target, '/')) == NULL)
		return;
	*name++ = '\0';
	dir = path_mkdirs(at->root, below + 1, 0755);
	if (dir >= 0)
		fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644);
}

/* The file to cover, or a negative errno: somebody wrote it, or it is none of ours. */
static int
open_silent(const struct mount_place *at)
{
	cleanup_fd int etc = path_open_nolink(at->root, "etc", O_PATH | O_DIRECTORY, 0);
	cleanup_fd int fd = -EBADF;
	struct stat st;

	if (etc < 0)
		return etc;
	if (fstatat(etc, "resolv.conf", &st, AT_SYMLINK_NOFOLLOW) < 0)
		make_empty(etc, at->id_base);
	fd = path_open_in_root(at->root, "etc/resolv.conf", O_PATH, 0);
	if (fd == -ENOENT) {
		make_behind_link(at, etc);
		fd = path_open_in_root(at->root, "etc/resolv.conf", O_PATH, 0);
	}
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	return S_ISREG(st.st_mode) && st.st_size == 0 ? take_fd(&fd) : -EEXIST;
}

/* A file of a tmpfs of its own: a detached mount of just that. */
static int
make_file(const char *text, const struct mount_place *at)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID |
					      MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC};
	cleanup_fd int dir = -EBADF, fd = -EBADF, clone = -EBADF;
	char options[64];
	int r;

	(void)snprintf(
	    options, sizeof(options), "size=128k,uid=%u,gid=%u", at->id_base, at->id_base);
	dir = mountfs_new("tmpfs", options, 0);
	if (dir < 0)
		return dir;
	fd = openat(dir, "resolv.conf", O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0444);
	if (fd < 0 || fchown(fd, at->id_base, at->id_base) < 0)
		return -errno;
	r = path_write_all(fd, text, strlen(text));
	if (r < 0)
		return r;
	/* A mount of a file that somebody has open for writing cannot be made read-only. */
	close_keep_errno(take_fd(&fd));
	clone = open_tree(dir, "resolv.conf", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (clone < 0 || mount_setattr(clone, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return -errno;
	return take_fd(&clone);
}

int
resolv_place(const char *text, const struct mount_place *at, struct err *e)
{
	cleanup_fd int target = open_silent(at), file = -EBADF;

	if (target < 0)
		return 0;
	file = make_file(text, at);
	if (file < 0)
		return err_errno(e, -file, "gaol.resolvconf");
	if (move_mount(file, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_errno(e, errno, "gaol.resolvconf");
	return 0;
}
