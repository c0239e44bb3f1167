#include "prison/kill.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "keeper/keeper.h"
#include "prison/cgroup.h"
#include "prison/registry.h"

int
kill_all(const struct instance *in, const struct record *rec, struct err *e)
{
	cleanup_fd int cgroup = registry_open_cgroup(in, rec);
	int r;

	if (cgroup < 0)
		return 0;
	r = cgroup_kill(cgroup);
	if (r == 0)
		r = cgroup_wait_empty(cgroup, KILL_WAIT_MS);
	if (r == -ENODEV || r == -ENOENT)
		return 0;
	return r < 0 ? err_errno(e, -r, "cannot kill all processes") : 0;
}

int
kill_keeper(const struct instance *in, const struct record *rec)
{
	cleanup_fd int pidfd = -EBADF, lock = -EBADF;
	struct stat theirs, named;
	char name[16];

	if (rec->keeper <= 0)
		return -ESRCH;
	pidfd = sys_pidfd_open(rec->keeper, 0);
	if (pidfd < 0)
		return -errno;
	lock = (int)syscall(SYS_pidfd_getfd, pidfd, KEEPER_FD_LOCK, 0);
	if (lock < 0)
		return -errno;
	/* Whoever has the jail's lock file at that number is its keeper: the pid may be another's
	 * by now. */
	(void)snprintf(name, sizeof(name), "%d", rec->jid);
	if (fstat(lock, &theirs) < 0 || fstatat(in->locks, name, &named, AT_SYMLINK_NOFOLLOW) < 0 ||
	    theirs.st_ino != named.st_ino || theirs.st_dev != named.st_dev)
		return -ESRCH;
	(void)fcntl(lock, F_SETFD, FD_CLOEXEC);
	(void)sys_pidfd_send_signal(pidfd, SIGKILL);
	return take_fd(&lock);
}

int
kill_cgroup(const struct instance *in, const struct record *rec, struct err *e)
{
	char path[128];

	if (registry_cgroup_path(rec, path, sizeof(path)) < 0)
		return 0;
	for (int tries = 0; tries < 100; tries++) {
		cleanup_fd int cgroup = registry_open_cgroup(in, rec);
		int r;

		/* A directory of the same number that is not ours stays. */
		if (cgroup < 0)
			return 0;
		if (unlinkat(in->cgroup, path, AT_REMOVEDIR) == 0 || errno == ENOENT)
			return 0;
		if (errno != EBUSY)
			return err_errno(e, errno, "cgroup %s/%s", in->cgroup_name, path);
		/* Somebody entered between the kill and now. */
		r = kill_all(in, rec, e);
		if (r < 0)
			return r;
		(void)nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
	}
	return err_errno(e, EBUSY, "cgroup %s/%s", in->cgroup_name, path);
}
