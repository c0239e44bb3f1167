#include "prison/mountfs.h"

#include <errno.h>
#include <string.h>
#include <sys/mount.h>

#include "base/cleanup.h"

int
mountfs_options(int fs, char *options)
{
	char *word;

	while ((word = strsep(&options, ",")) != NULL) {
		char *value = strchr(word, '=');

		if (*word == '\0')
			continue;
		if (value != NULL)
			*value++ = '\0';
		if (fsconfig(fs, value != NULL ? FSCONFIG_SET_STRING : FSCONFIG_SET_FLAG, word,
			value, 0) < 0)
			return -errno;
	}
	return 0;
}

int
mountfs_new(const char *type, char *options, uint64_t attrs)
{
	cleanup_fd int fs = fsopen(type, FSOPEN_CLOEXEC);
	int r, mnt;

	if (fs < 0)
		return -errno;
	/* Shown by mount(8) inside; nothing reads it. */
	(void)fsconfig(fs, FSCONFIG_SET_STRING, "source", type, 0);
	r = mountfs_options(fs, options);
	if (r < 0)
		return r;
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -errno;
	mnt = fsmount(fs, FSMOUNT_CLOEXEC, (unsigned)attrs);
	return mnt < 0 ? -errno : mnt;
}
