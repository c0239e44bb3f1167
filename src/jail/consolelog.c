#include "jail/consolelog.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "libjail/gaol.h"

/* A fifo or a terminal in its place must not hold jail(8), nor become its terminal. */
#define OPEN_FLAGS (O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
#define OPEN_MODE 0600

/* The part of file below the jail's root; NULL: it lies elsewhere. */
static const char *
below_root(const char *file, const char *path)
{
	size_t n = path != NULL ? strlen(path) : 0;

	while (n > 0 && path[n - 1] == '/')
		n--;
	if (path == NULL || strncmp(file, path, n) != 0 || file[n] != '/')
		return NULL;
	file += n;
	while (*file == '/')
		file++;
	return *file != '\0' ? file : NULL;
}

/* Finds the link that made the open fail, to name it; file ends with name. */
static int
say_link(int root, const char *file, const char *name, int num, struct err *e)
{
	cleanup_free char *prefix = strdup(name);
	size_t before = strlen(file) - strlen(name);

	if (prefix == NULL)
		return err_set(e, ENOMEM, "out of memory");
	for (char *p = prefix;; p++) {
		char end = *p;
		struct stat st;

		if (end != '/' && end != '\0')
			continue;
		*p = '\0';
		if (fstatat(root, prefix, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(st.st_mode))
			return err_set(e, ELOOP, "exec.consolelog: %.*s%s is a symbolic link",
			    (int)before, file, prefix);
		*p = end;
		if (end == '\0')
			break;
	}
	return err_errno(e, num, "exec.consolelog: %s", file);
}

/*
 * Through the id-mapped root of a jail the host's root may write but not create
 * (EOVERFLOW: its id has no counterpart there), so the file is made as the owner of
 * the root directory.
 */
static int
create_as_owner(int root, const char *name)
{
	struct stat st;
	int uid, gid, fd;

	if (fstat(root, &st) < 0)
		return -errno;
	gid = setfsgid(st.st_gid);
	uid = setfsuid(st.st_uid);
	fd = path_open_nolink(root, name, OPEN_FLAGS, OPEN_MODE);
	(void)setfsuid((uid_t)uid);
	(void)setfsgid((gid_t)gid);
	return fd;
}

static int
open_below(int root, const char *file, const char *name, struct err *e)
{
	int fd = path_open_nolink(root, name, OPEN_FLAGS, OPEN_MODE);

	if (fd == -EOVERFLOW || fd == -EACCES)
		fd = create_as_owner(root, name);
	if (fd == -ELOOP)
		return say_link(root, file, name, ELOOP, e);
	return fd < 0 ? err_errno(e, -fd, "open %s", file) : fd;
}

/* Non-blocking was for the open only: the commands expect to wait. */
static int
finish(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags >= 0)
		(void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	return fd;
}

int
consolelog_open(const char *file, const char *path, int jid, struct err *e)
{
	cleanup_fd int root = -EBADF;
	const char *name;
	int fd;

	if (file[0] != '/')
		return err_set(e, EINVAL, "exec.consolelog: %s: not an absolute pathname", file);
	name = below_root(file, path);
	if (name == NULL) {
		fd = open(file, OPEN_FLAGS, OPEN_MODE);
		return fd < 0 ? err_errno(e, errno, "open %s", file) : finish(fd);
	}
	root = gaol_open_root(jid, e);
	if (root < 0)
		return root;
	fd = open_below(root, file, name, e);
	return fd < 0 ? fd : finish(fd);
}
