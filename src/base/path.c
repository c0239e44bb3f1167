#include "base/path.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/sys.h"

static int
open_how(int dirfd, const char *name, int flags, mode_t mode, uint64_t resolve)
{
	struct open_how how = {
	    .flags = (uint64_t)(unsigned)(flags | O_CLOEXEC),
	    .mode = (flags & (O_CREAT | O_TMPFILE)) ? mode : 0,
	    .resolve = resolve,
	};

	/* EAGAIN: a rename raced with "..", the kernel asks for another try. */
	for (int tries = 0; tries < 64; tries++) {
		int fd = sys_openat2(dirfd, name, &how);

		if (fd >= 0)
			return fd;
		if (errno != EAGAIN && errno != EINTR)
			return -errno;
	}
	return -EAGAIN;
}

int
path_open_strict(int dirfd, const char *name, int flags, mode_t mode)
{
	return open_how(dirfd, name, flags, mode,
	    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_XDEV);
}

int
path_open_nolink(int dirfd, const char *name, int flags, mode_t mode)
{
	return open_how(dirfd, name, flags, mode,
	    RESOLVE_BENEATH | RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
}

int
path_open_in_root(int dirfd, const char *name, int flags, mode_t mode)
{
	return open_how(dirfd, name, flags, mode, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
}

int
path_read_fd(int fd, size_t max, char **ret, size_t *ret_len)
{
	cleanup_free char *buf = NULL;
	size_t len = 0, size = 0;

	for (;;) {
		ssize_t n;

		if (len + 1 >= size) {
			char *p;

			size = size ? size * 2 : 4096;
			p = realloc(buf, size);
			if (p == NULL)
				return -ENOMEM;
			buf = p;
		}
		n = read(fd, buf + len, size - len - 1);
		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		if (n == 0)
			break;
		len += (size_t)n;
		if (len > max)
			return -EFBIG;
	}
	buf[len] = '\0';
	*ret = take_ptr(buf);
	if (ret_len != NULL)
		*ret_len = len;
	return 0;
}

int
path_read(int dirfd, const char *name, size_t max, char **ret, size_t *ret_len)
{
	cleanup_fd int fd = openat(dirfd, name, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -errno;
	return path_read_fd(fd, max, ret, ret_len);
}

int
path_read_untrusted(int dirfd, const char *name, size_t max, char **ret, size_t *ret_len)
{
	cleanup_fd int fd = -EBADF;
	struct stat st;

	fd = path_open_in_root(dirfd, name, O_RDONLY | O_NONBLOCK | O_NOCTTY, 0);
	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	return path_read_fd(fd, max, ret, ret_len);
}

int
path_write_all(int fd, const void *buf, size_t len)
{
	const char *p = buf;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0) {
			if (errno == EINTR)
				continue;
			return -errno;
		}
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
path_write_file(int dirfd, const char *name, const char *text)
{
	cleanup_fd int fd = openat(dirfd, name, O_WRONLY | O_CLOEXEC);
	size_t len = strlen(text);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = write(fd, text, len);
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

int
path_mkdirs(int dirfd, const char *name, mode_t mode)
{
	cleanup_fd int at = -EBADF;
	cleanup_free char *copy = strdup(name);
	char *rest = copy, *part;

	if (copy == NULL)
		return -ENOMEM;
	at = path_open_nolink(dirfd, ".", O_PATH | O_DIRECTORY, 0);
	if (at < 0)
		return at;
	while ((part = strsep(&rest, "/")) != NULL) {
		int next;

		if (*part == '\0' || strcmp(part, ".") == 0)
			continue;
		if (strcmp(part, "..") == 0)
			return -EINVAL;
		if (mkdirat(at, part, mode) < 0 && errno != EEXIST)
			return -errno;
		next = path_open_nolink(at, part, O_PATH | O_DIRECTORY, 0);
		if (next < 0)
			return next;
		close_keep_errno(at);
		at = next;
	}
	return take_fd(&at);
}
