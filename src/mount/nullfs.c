/*
 * mount_nullfs(8), mount.nullfs: a directory, or a file, seen in a second place.
 * A bind mount of one file system only, private: what is mounted below the source
 * afterwards never shows in it, also where "/" is shared.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "mount/args.h"

#define PROGRAM "mount_nullfs"

/* FreeBSD's exit status for what is wrong with the arguments; 1 is the kernel's refusal. */
#define EXIT_ARGUMENT 64

struct nullfs {
	uint64_t attrs; /* MOUNT_ATTR_* to set */
	bool nocover;	/* the mount point must not be the root of a mount */
	bool emptydir;	/* it must be empty */
	bool update;
};

/*
 * Words that cancel an earlier one of the list only: flags of the mount that the
 * source lies on stay in force, as those of FreeBSD's lower layer do.
 */
static const struct {
	const char *word;
	uint64_t set;
	uint64_t clear;
} attr_words[] = {
    {"ro", MOUNT_ATTR_RDONLY, 0},
    {"rdonly", MOUNT_ATTR_RDONLY, 0},
    {"norw", MOUNT_ATTR_RDONLY, 0},
    {"rw", 0, MOUNT_ATTR_RDONLY},
    {"noro", 0, MOUNT_ATTR_RDONLY},
    {"nosuid", MOUNT_ATTR_NOSUID, 0},
    {"suid", 0, MOUNT_ATTR_NOSUID},
    {"noexec", MOUNT_ATTR_NOEXEC, 0},
    {"exec", 0, MOUNT_ATTR_NOEXEC},
    {"nodev", MOUNT_ATTR_NODEV, 0},
    {"dev", 0, MOUNT_ATTR_NODEV},
    {"noatime", MOUNT_ATTR_NOATIME, 0},
    {"atime", 0, MOUNT_ATTR_NOATIME},
    {"nodiratime", MOUNT_ATTR_NODIRATIME, 0},
    {"diratime", 0, MOUNT_ATTR_NODIRATIME},
    {"nosymfollow", MOUNT_ATTR_NOSYMFOLLOW, 0},
    {"symfollow", 0, MOUNT_ATTR_NOSYMFOLLOW},
};

/* A word that nobody knows is taken without a word, as FreeBSD's does. */
static void
take_option(struct nullfs *n, const char *word)
{
	for (size_t i = 0; i < ARRAY_SIZE(attr_words); i++)
		if (strcmp(word, attr_words[i].word) == 0) {
			n->attrs |= attr_words[i].set;
			n->attrs &= ~attr_words[i].clear;
			return;
		}
	if (strcmp(word, "nocover") == 0)
		n->nocover = true;
	else if (strcmp(word, "emptydir") == 0)
		n->emptydir = true;
	else if (strcmp(word, "remount") == 0 || strcmp(word, "update") == 0)
		n->update = true;
}

static void
die(int status, const char *path, int num)
{
	(void)fprintf(stderr, PROGRAM ": %s: %s\n", path, strerror(num));
	exit(status);
}

/* Holds what a path means now; all that follows is done on the descriptor. */
static int
hold(const char *path, struct stat *st)
{
	int fd = open(path, O_PATH | O_CLOEXEC);

	if (fd < 0 || fstat(fd, st) < 0)
		die(EXIT_ARGUMENT, path, errno);
	return fd;
}

static bool
is_mount_root(int fd)
{
	struct statx stx;

	return statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx) == 0 &&
	       (stx.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0;
}

static bool
is_empty_dir(int fd)
{
	int dirfd = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = dirfd >= 0 ? fdopendir(dirfd) : NULL;
	struct dirent *d;
	bool empty = true;

	if (dir == NULL) {
		close_keep_errno(dirfd);
		return false;
	}
	while (empty && (d = readdir(dir)) != NULL)
		empty = strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0;
	(void)closedir(dir);
	return empty;
}

/* What FreeBSD's kernel refuses.  0, or an errno. */
static int
refusal(const struct nullfs *n, const struct stat *source, int fd, const struct stat *target)
{
	bool root = is_mount_root(fd);

	if (n->update)
		return EOPNOTSUPP;
	/* An exact repeat: a jail that was not stopped to the end, mount -a once more. */
	if (root && source->st_dev == target->st_dev && source->st_ino == target->st_ino)
		return EDEADLK;
	if (n->nocover && root)
		return EBUSY;
	if (n->emptydir && S_ISDIR(target->st_mode) && !is_empty_dir(fd))
		return ENOTEMPTY;
	/* Files: no second name by which the covered one stays in sight, no stack of them. */
	if (S_ISREG(target->st_mode) && root)
		return EBUSY;
	if (S_ISREG(target->st_mode) && target->st_nlink != 1)
		return EINVAL;
	return 0;
}

static int
bind_private(const struct nullfs *n, int source, int target, bool fake)
{
	struct mount_attr attr = {.attr_set = n->attrs, .propagation = MS_PRIVATE};
	cleanup_fd int tree = -EBADF;

	/* The times of access are one field of three values, not a flag. */
	if ((n->attrs & MOUNT_ATTR_NOATIME) != 0)
		attr.attr_clr = MOUNT_ATTR__ATIME;
	tree = open_tree(source, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (tree < 0 || mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
		return errno;
	if (fake)
		return 0;
	if (move_mount(tree, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return errno;
	return 0;
}

static void
check_types(const struct mount_args *a, const struct stat *source, const struct stat *target)
{
	if (!S_ISDIR(source->st_mode) && !S_ISREG(source->st_mode)) {
		(void)fprintf(
		    stderr, PROGRAM ": %s: must be either a file or directory\n", a->source);
		exit(EXIT_ARGUMENT);
	}
	if ((source->st_mode & S_IFMT) != (target->st_mode & S_IFMT)) {
		(void)fprintf(stderr, PROGRAM ": %s: must be same type as %s (file or directory)\n",
		    a->target, a->source);
		exit(EXIT_ARGUMENT);
	}
}

int
main(int argc, char **argv)
{
	cleanup_mount_args struct mount_args a = {0};
	cleanup_fd int source = -EBADF, target = -EBADF;
	cleanup_free char *real = NULL;
	struct stat source_st, target_st;
	struct nullfs n = {0};
	int num;

	if (!mount_args_parse(&a, PROGRAM, argc, argv)) {
		(void)fprintf(stderr, "usage: " PROGRAM " [-o options] target mount-point\n");
		return EXIT_ARGUMENT;
	}
	n.update = a.update;
	for (size_t i = 0; i < a.options.n; i++)
		take_option(&n, a.options.s[i]);
	target = hold(a.target, &target_st);
	source = hold(a.source, &source_st);
	check_types(&a, &source_st, &target_st);
	real = realpath(a.target, NULL);
	num = refusal(&n, &source_st, target, &target_st);
	if (num == 0)
		num = bind_private(&n, source, target, a.fake);
	if (num != 0)
		die(1, real != NULL ? real : a.target, num);
	if (a.verbose)
		(void)printf("%s on %s\n", a.source, a.target);
	return fflush(stdout) != 0;
}
