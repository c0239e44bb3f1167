/*
 * Ownership of descriptors and memory within one function.  A variable marked
 * cleanup_fd or cleanup_free is given back when its scope ends, unless it was
 * handed on by take_fd or take_ptr.  Always initialise it: -EBADF or NULL.
 * Kernel-visible state (mounts, cgroups, records) is never undone this way: that
 * is the table of steps in prison/.
 */
#ifndef GAOL_CLEANUP_H
#define GAOL_CLEANUP_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static inline void
close_keep_errno(int fd)
{
	int saved = errno;

	/* Never retried: on Linux the number is free even after EINTR. */
	if (fd >= 0)
		(void)close(fd);
	errno = saved;
}

static inline void
cleanup_fd_fn(int *fd)
{
	close_keep_errno(*fd);
}

static inline void
cleanup_free_fn(void *p)
{
	int saved = errno;

	free(*(void **)p);
	errno = saved;
}

static inline void
cleanup_file_fn(FILE **f)
{
	int saved = errno;

	if (*f != NULL)
		(void)fclose(*f);
	errno = saved;
}

#define cleanup_fd __attribute__((cleanup(cleanup_fd_fn)))
#define cleanup_free __attribute__((cleanup(cleanup_free_fn)))
#define cleanup_file __attribute__((cleanup(cleanup_file_fn)))

/* The caller of take_fd becomes the owner of the descriptor. */
static inline int
take_fd(int *fd)
{
	int taken = *fd;

	*fd = -EBADF;
	return taken;
}

#define take_ptr(p)                         \
	__extension__({                     \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#endif
