/*
 * Files below a directory that somebody else may write to.  No function of this
 * project takes a path inside a jail: it takes a descriptor and a name, and the
 * kernel resolves the name beneath the descriptor (openat2(2), Linux 5.6).
 * Each returns a descriptor or a negative errno.
 */
#ifndef GAOL_PATH_H
#define GAOL_PATH_H

#include <stddef.h>
#include <sys/types.h>

struct err;

/* Strict: beneath dirfd, through no symlink at all, no mount point crossed for what we made. */
int path_open_strict(int dirfd, const char *name, int flags, mode_t mode);

/* Beneath dirfd, through no symlink; mount points may be crossed. */
int path_open_nolink(int dirfd, const char *name, int flags, mode_t mode);

/* dirfd is the root: symlinks (absolute ones too) are followed within it, as a chroot would. */
int path_open_in_root(int dirfd, const char *name, int flags, mode_t mode);

/*
 * Reads a whole regular file that others may write: not blocked by a fifo, at
 * most max bytes (-EFBIG above).  *ret is malloc'ed and NUL terminated; *ret_len
 * may be NULL.
 */
int path_read_untrusted(int dirfd, const char *name, size_t max, char **ret, size_t *ret_len);

/* Reads all of a trusted file (procfs, our own state). */
int path_read(int dirfd, const char *name, size_t max, char **ret, size_t *ret_len);

/* Reads from an open descriptor until its end. */
int path_read_fd(int fd, size_t max, char **ret, size_t *ret_len);

/* Writes all of it or fails. */
int path_write_all(int fd, const void *buf, size_t len);

/* Opens, writes all of it in one write(2), closes: for procfs and cgroupfs. */
int path_write_file(int dirfd, const char *name, const char *text);

/* mkdir -p beneath dirfd, component by component, through no symlink.  Returns the last, O_PATH. */
int path_mkdirs(int dirfd, const char *name, mode_t mode);

#endif
