/* Mounts put into a jail that runs, and taken off again. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/path.h"
#include "prison/api.h"
#include "prison/enter.h"
#include "prison/instance.h"
#include "prison/mount.h"
#include "prison/settings.h"

struct work {
	struct mount_item *item; /* to place */
	const char *target;	 /* or to take off: below the jail's root */
	const char *shown;
	struct mount_place at;
};

struct report {
	int result;
	struct err e;
};

static int
place(struct work *w, struct err *e)
{
	int r = mount_place(w->item, &w->at, e);

	if (r == 0 && w->item->made_before)
		return err_set(e, EEXIST, "mount: %s: is mounted already", w->shown);
	return r;
}

/*
 * Not by descriptor, which would itself keep the mount busy: by a name in a directory that was
 * reached through no link, and is none itself.
 */
static int
take_off(const struct work *w, struct err *e)
{
	cleanup_free char *above = strdup(w->target);
	char *slash = above != NULL ? strrchr(above, '/') : NULL;
	const char *name = slash != NULL ? slash + 1 : w->target;
	cleanup_fd int dir = -EBADF;

	if (above == NULL)
		return err_errno(e, ENOMEM, "mount");
	if (slash != NULL)
		*slash = '\0';
	dir = mount_target(w->at.root, slash != NULL ? above : "", "mount", w->shown, e);
	if (dir < 0)
		return dir;
	if (fchdir(dir) == 0 && umount2(name, UMOUNT_NOFOLLOW) == 0)
		return 0;
	if (errno == EINVAL)
		return err_set(e, EINVAL, "mount: %s: not a mount point", w->shown);
	return err_errno(e, errno, "mount: %s", w->shown);
}

/* With the host's credentials in the jail's mount namespace; nobody inside can see it. */
static void
child_main(struct work *w, int keeper, pid_t parent, int report)
{
	struct report rep = {0};

	if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent)
		_exit(1);
	if (setns(keeper, CLONE_NEWNS) < 0 ||
	    (w->at.root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) < 0)
		rep.result = err_errno(&rep.e, errno, "cannot enter the jail's mounts");
	else
		rep.result = w->item != NULL ? place(w, &rep.e) : take_off(w, &rep.e);
	(void)!write(report, &rep, sizeof(rep));
	_exit(0);
}

static int
act_inside(const struct enter_doors *d, struct work *w, struct err *e)
{
	cleanup_fd int from = -EBADF, to = -EBADF;
	pid_t pid, parent = getpid();
	struct report rep;
	int pipefd[2], status;
	ssize_t n;

	if (pipe2(pipefd, O_CLOEXEC) < 0)
		return err_errno(e, errno, "pipe");
	from = pipefd[0];
	to = pipefd[1];
	pid = fork();
	if (pid == 0)
		child_main(w, d->keeper, parent, to);
	if (pid < 0)
		return err_errno(e, errno, "fork");
	close_keep_errno(take_fd(&to));
	do
		n = read(from, &rep, sizeof(rep));
	while (n < 0 && errno == EINTR);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (n != (ssize_t)sizeof(rep))
		return err_set(e, EIO, "mount: the child died");
	if (rep.result < 0 && e != NULL)
		*e = rep.e;
	return rep.result;
}

int
gaol_mount(int jid, const struct gaol_mount *m, struct err *e)
{
	struct instance *in;
	struct enter_doors d;
	struct mount_item item = {.source = -EBADF};
	struct work w = {.item = &item, .shown = m->target};
	struct mount_jail jail = {0};
	uint64_t base = 0;
	const char *ids;
	int r = instance_write(&in, e);

	if (r == 0)
		r = enter_open(in, jid, &d, e);
	if (r < 0)
		return r;
	jail.path = jail.real_path = settings_text(&d.rec, "path");
	jail.statefd = in->state;
	r = mount_prepare(m, &jail, &item, e);
	if (r == 0 && !mount_on_host(item.kind))
		r = err_set(e, EOPNOTSUPP,
		    "%s: %s: type %s cannot be mounted in a jail that runs already", m->param,
		    m->target, m->type);
	ids = record_ledger_get(&d.rec, "ids", 0);
	if (r == 0 && ids != NULL && num_parse_u64(ids, UINT32_MAX, &base) < 0)
		r = err_set(e, EIO, "jail %d: its record has no user ids", jid);
	w.at = (struct mount_place){.root = -EBADF,
	    .userns = ids != NULL ? d.userns : -EBADF,
	    .id_base = (uid_t)base,
	    .mask_file = -EBADF,
	    .mask_dir = -EBADF};
	if (r == 0)
		r = act_inside(&d, &w, e);
	mount_item_done(&item);
	enter_close(&d);
	return r;
}

int
gaol_unmount(int jid, const char *target, struct err *e)
{
	struct instance *in;
	struct enter_doors d;
	struct work w = {.shown = target};
	int r = instance_write(&in, e);

	if (r == 0)
		r = enter_open(in, jid, &d, e);
	if (r < 0)
		return r;
	w.target = mount_below(target, settings_text(&d.rec, "path"));
	if (w.target == NULL || *w.target == '\0')
		r = err_set(e, EINVAL, "mount: %s: not below the jail's path %s", target,
		    settings_text(&d.rec, "path"));
	/* What covers parts of it is what keeps the host's secrets. */
	else if (strncmp(w.target, "proc/", 5) == 0)
		r = err_set(e, EPERM, "mount: %s: what covers parts of /proc stays", target);
	else
		r = act_inside(&d, &w, e);
	enter_close(&d);
	return r;
}
