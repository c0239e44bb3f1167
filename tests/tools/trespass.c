/*
 * trespass DIRECTORY...: as jailed root, tries to change everything below each directory,
 * and prints what succeeded.  What it says nothing of was refused.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

static unsigned long tried;

static void
succeeded(const char *how, const char *path)
{
	printf("%s: %s\n", how, path);
}

static void
try_one(const char *path, const struct stat *st)
{
	char other[PATH_MAX];
	int fd;

	tried++;
	(void)snprintf(other, sizeof(other), "%.4000s.t", path);
	if (S_ISREG(st->st_mode) && (fd = open(path, O_WRONLY | O_NOFOLLOW)) >= 0) {
		succeeded("opened for writing", path);
		(void)close(fd);
	}
	if (!S_ISLNK(st->st_mode) && chmod(path, st->st_mode & 07777) == 0)
		succeeded("chmod", path);
	if (lchown(path, 0, 0) == 0)
		succeeded("chown", path);
	if (rename(path, other) == 0) {
		succeeded("renamed", path);
		(void)rename(other, path);
	}
	if (link(path, other) == 0) {
		succeeded("linked", path);
		(void)unlink(other);
	}
	if (lsetxattr(path, "user.trespass", "1", 1, 0) == 0)
		succeeded("setxattr", path);
	if (S_ISDIR(st->st_mode) &&
	    (mount(NULL, path, NULL, MS_REMOUNT | MS_BIND, NULL) == 0 ||
		mount("none", path, "tmpfs", 0, NULL) == 0 || umount2(path, MNT_DETACH) == 0))
		succeeded("mounted", path);
}

static void
walk(const char *path)
{
	struct dirent *entry;
	struct stat st;
	DIR *dir;

	if (lstat(path, &st) < 0)
		return;
	try_one(path, &st);
	if (!S_ISDIR(st.st_mode) || (dir = opendir(path)) == NULL)
		return;
	while ((entry = readdir(dir)) != NULL) {
		char below[PATH_MAX];

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (snprintf(below, sizeof(below), "%s/%s", path, entry->d_name) <
		    (int)sizeof(below))
			walk(below);
	}
	(void)closedir(dir);
}

int
main(int argc, char *argv[])
{
	for (int i = 1; i < argc; i++)
		walk(argv[i]);
	/* A walk over nothing must not look like one that was refused everywhere. */
	printf("tried %s\n", tried > 1000 ? "over a thousand paths" : "too few paths");
	return 0;
}
