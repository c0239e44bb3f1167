/* What musl's header of this name lacks before 1.2.5: statx(2). */
#ifndef GAOL_MUSL_SYS_STAT_H
#define GAOL_MUSL_SYS_STAT_H

#include_next <sys/stat.h>

#ifndef STATX_TYPE
#include <linux/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline int
statx(int dir, const char *path, int flags, unsigned mask, struct statx *ret)
{
	return (int)syscall(SYS_statx, dir, path, flags, mask, ret);
}
#endif

#endif
