/* jail_attach(2): the calling process itself goes in. */
#include <errno.h>
#include <sched.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/path.h"
#include "prison/api.h"
#include "prison/enter.h"

/*
 * A process cannot change its own PID namespace, so only its children see the jail's
 * processes and nothing else; and it has to be moved into the cgroup, which takes
 * the kernel 10 ms.  Our commands never do this: they start children inside.
 */
static int
go_in(struct enter_doors *d, struct enter_user *u, struct err *e)
{
	enum cred_step step = CRED_STEP_NONE;
	int r;

	r = path_write_file(d->cgroup, "cgroup.procs", "0");
	if (r < 0)
		return r == -ENODEV || r == -ENOENT
			   ? err_set(e, ENOENT, "jail %d not found", d->rec.jid)
			   : err_errno(e, -r, "jail_attach");
	if (setns(d->keeper, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC |
				 CLONE_NEWCGROUP | CLONE_NEWNET) < 0 ||
	    (d->userns >= 0 && setns(d->userns, CLONE_NEWUSER) < 0) || chdir("/") < 0)
		return err_errno(e, errno, "jail_attach");
	r = cred_apply(&u->cred, &step);
	return r < 0 ? err_errno(e, -r, "jail_attach: %s", cred_step_name(step)) : 0;
}

int
gaol_attach(int jid, struct err *e)
{
	const struct gaol_spawn s = {.jid = jid, .user_from = GAOL_USER_NONE};
	struct enter_user user = {0};
	struct enter_doors doors;
	struct instance *in;
	int r;

	r = instance_write(&in, e);
	if (r == 0)
		r = enter_open(in, jid, &doors, e);
	if (r < 0)
		return r;
	r = enter_user(in, &doors, &s, &user, e);
	if (r == 0) {
		/* It stays so: the image is the host's. */
		(void)prctl(PR_SET_DUMPABLE, 0);
		r = go_in(&doors, &user, e);
		enter_user_done(&user);
	}
	enter_close(&doors);
	return r;
}
