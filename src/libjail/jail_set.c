/* jail_set(2): a creation walked without hooks, or an update. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "libjail/gaol.h"
#include "libjail/iov.h"
#include "libjail/jailp.h"
#include "libjail/op.h"

static void outside_main(int jid, bool persist, int fd) __attribute__((noreturn));

/* ---- entering what was just made ---------------------------------------------------------- */

/*
 * What is inside can no longer change a jail, and half inside neither.  A child
 * that stays outside removes the jail if the entering failed, and else takes the
 * persistence away by which a jail without `persist` was kept until somebody is
 * in it.
 */
struct outside {
	pid_t pid;
	int told; /* our end of the pipe */
};

static void
outside_main(int jid, bool persist, int fd)
{
	const struct gaol_param nopersist = {"nopersist", NULL};
	struct err e;
	char entered;
	ssize_t n;

	do
		n = read(fd, &entered, 1);
	while (n < 0 && errno == EINTR);
	if (n == 1)
		_exit(!persist && gaol_update(jid, &nopersist, 1, &e) < 0);
	_exit(op_remove(jid, &e) < 0);
}

static int
outside_start(struct outside *o, int jid, bool persist, struct err *e)
{
	int fds[2];

	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(e, errno, "pipe2");
	o->pid = fork();
	if (o->pid < 0) {
		close_keep_errno(fds[0]);
		close_keep_errno(fds[1]);
		return err_errno(e, errno, "fork");
	}
	if (o->pid == 0) {
		(void)close(fds[1]);
		outside_main(jid, persist, fds[0]);
	}
	(void)close(fds[0]);
	o->told = fds[1];
	return 0;
}

/* True if it did what it had to. */
static bool
outside_end(struct outside *o, bool entered)
{
	int status;
	pid_t r;

	if (entered && write(o->told, "", 1) != 1)
		entered = false;
	(void)close(o->told);
	do
		r = waitpid(o->pid, &status, 0);
	while (r < 0 && errno == EINTR);
	/* A program that ignores SIGCHLD gets no status; the work is done all the same. */
	return r < 0 || (WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

/* FreeBSD's kernel has one sentence for all that goes wrong here; ours says what it was, too. */
static int
attach(int jid, struct err *e)
{
	int r = gaol_attach(jid, e);

	return r < 0 ? err_wrap(e, "attach failed") : 0;
}

static int
attach_new(int jid, bool persist, struct err *e)
{
	struct outside o = {-1, -1};
	int r = outside_start(&o, jid, persist, e);

	if (r < 0) {
		(void)op_remove(jid, NULL);
		return r;
	}
	r = attach(jid, e);
	if (!outside_end(&o, r == 0) && r == 0)
		return err_set(e, EIO, "attach failed: the jail stays persistent");
	return r;
}

/* ---- creating ------------------------------------------------------------------------------- */

static int
create(struct iov_params *params, int flags, struct err *e)
{
	bool persist = iov_params_has(params, "persist");
	struct gaol_create_spec spec = {0};
	int jid, r;

	if (!persist && !(flags & JAIL_ATTACH))
		return err_set(e, EINVAL, "new jail must persist or attach");
	r = iov_params_set(params, "persist", e);
	if (r < 0)
		return r;
	spec.params = params->list;
	spec.nparams = params->n;
	jid = op_create(&spec, e);
	if (jid < 0 || !(flags & JAIL_ATTACH))
		return jid;
	r = attach_new(jid, persist, e);
	return r < 0 ? r : jid;
}

/* ---- updating ------------------------------------------------------------------------------- */

static int
update(int jid, const struct iov_params *params, int flags, struct err *e)
{
	int r = gaol_update(jid, params->list, params->n, e);

	if (r == 0 && (flags & JAIL_ATTACH))
		r = attach(jid, e);
	return r < 0 ? r : jid;
}

/* The jail that jid, else name, says. */
static int
find_named(struct iovec *iov, unsigned n, struct err *e)
{
	struct gaol_jail *j;
	const char *name;
	int jid = 0, r;

	r = iov_int(iov, n, "jid", &jid, e);
	if (r < 0)
		return r;
	if (jid < 0)
		return err_set(e, EINVAL, "negative jid");
	if (jid > 0) {
		r = gaol_get(jid, &j, e);
		if (r < 0)
			return r;
		gaol_jail_free(j);
		return jid;
	}
	r = iov_text(iov, n, "name", &name, e);
	if (r < 0)
		return r;
	if (name == NULL || name[0] == '\0')
		return err_set(e, ENOENT, "update specified no jail");
	return gaol_getid(name, e);
}

static int
create_or_update(struct iovec *iov, unsigned n, int flags, struct iov_params *params, struct err *e)
{
	int jid;

	if (!(flags & JAIL_UPDATE))
		return create(params, flags, e);
	jid = find_named(iov, n, e);
	if (jid > 0)
		return update(jid, params, flags, e);
	if (jid == -ENOENT && (flags & JAIL_CREATE))
		return create(params, flags, e);
	return jid == 0 ? err_set(e, ENOENT, "update specified no jail") : jid;
}

static int
set(struct iovec *iov, unsigned n, int flags, struct err *e)
{
	struct iov_params params = {0};
	int r = iov_check(iov, n, e);

	if (r < 0)
		return r;
	if (geteuid() != 0)
		return err_set(e, EPERM, "%s", "");
	if (flags & ~JAIL_SET_MASK)
		return err_set(e, EINVAL, "%s", "");
	if (!(flags & (JAIL_CREATE | JAIL_UPDATE)))
		return err_set(e, EINVAL, "no valid operation (create or update)");
	r = iov_params(iov, n, &params, e);
	if (r == 0)
		r = create_or_update(iov, n, flags, &params, e);
	iov_params_done(&params);
	return r;
}

int
jail_set(struct iovec *iov, unsigned int n, int flags)
{
	struct err e = {0};
	int r = set(iov, n, flags, &e);

	if (r >= 0)
		return r;
	/* Without pairs that hold there is no buffer to write to. */
	if (iov_check(iov, n, NULL) == 0)
		iov_set_errmsg(iov, n, e.text);
	errno = -r;
	return -1;
}
