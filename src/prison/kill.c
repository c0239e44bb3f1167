#include "prison/kill.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sys.h"
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

void
kill_keeper(const struct instance *in, const struct record *rec)
{
	cleanup_fd int pidfd = -EBADF, lock = -EBADF;
	char name[16];

	if (rec->keeper <= 0)
		return;
	pidfd = sys_pidfd_open(rec->keeper, 0);
	if (pidfd < 0)
		return;
	/*
	 * While somebody holds the lock of a jail that is published, its keeper lives, and lived
	 * when we opened the pidfd: then the number was still its own.
	 */
	(void)snprintf(name, sizeof(name), "%d", rec->jid);
	lock = openat(in->locks, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_SH | LOCK_NB) == 0)
		return;
	(void)sys_pidfd_send_signal(pidfd, SIGKILL);
}

int
kill_cgroup(const struct instance *in, const struct record *rec, struct err *e)
{
	char path[128];

	if (registry_cgroup_path(rec, path, sizeof(path)) < 0)
		return 0;
	if (rec->cgroup_id == 0) {
		/* Whether it is ours was never written down: an empty one may go, no other. */
		(void)unlinkat(in->cgroup, path, AT_REMOVEDIR);
		return 0;
	}
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
