#include "prison/enter.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/nsfs.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/sys.h"
#include "prison/policy.h"
#include "prison/registry.h"

#define DATABASE_MAX (4u << 20)

static int
not_found(int jid, struct err *e)
{
	return err_set(e, ENOENT, "jail %d not found", jid);
}

/* A keeper that dies between two looks has no files in /proc any more. */
static bool
died(int num)
{
	return num == ENOENT || num == ESRCH;
}

/* The cgroup namespace is always the jail's own, and so owned by its user namespace. */
static int
open_userns(const struct record *rec, struct err *e)
{
	cleanup_fd int ns = -EBADF;
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/cgroup", rec->keeper);
	ns = open(path, O_RDONLY | O_CLOEXEC);
	if (ns < 0)
		return died(errno) ? not_found(rec->jid, e) : err_errno(e, errno, "%s", path);
	fd = ioctl(ns, NS_GET_USERNS);
	return fd < 0 ? err_errno(e, errno, "%s", path) : fd;
}

int
enter_open(struct instance *in, int jid, struct enter_doors *ret, struct err *e)
{
	struct enter_doors d = {
	    .keeper = -EBADF, .cgroup = -EBADF, .userns = -EBADF, .self = -EBADF, .pid_ns = -EBADF};
	int r;

	r = registry_load_alive(in, jid, &d.rec, e);
	if (r < 0)
		return r == -ENOENT ? not_found(jid, e) : r;
	d.keeper = sys_pidfd_open(d.rec.keeper, 0);
	/* Alive after the pidfd was taken: then it is the keeper's. */
	if (d.keeper < 0 || registry_life(in, &d.rec) != REGISTRY_ALIVE)
		r = not_found(jid, e);
	if (r == 0 && policy_userns(&d.rec) != NS_USER_INHERIT) {
		d.userns = open_userns(&d.rec, e);
		r = d.userns < 0 ? d.userns : 0;
	}
	if (r == 0 && (d.cgroup = registry_open_cgroup(in, &d.rec)) < 0)
		r = not_found(jid, e);
	if (r == 0) {
		d.self = sys_pidfd_open(getpid(), 0);
		d.pid_ns = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
		if (d.self < 0 || d.pid_ns < 0)
			r = err_errno(e, errno, "/proc/self/ns/pid");
	}
	if (r < 0) {
		enter_close(&d);
		return r;
	}
	*ret = d;
	return 0;
}

void
enter_close(struct enter_doors *d)
{
	close_keep_errno(d->keeper);
	close_keep_errno(d->cgroup);
	close_keep_errno(d->userns);
	close_keep_errno(d->self);
	close_keep_errno(d->pid_ns);
	d->keeper = d->cgroup = d->userns = d->self = d->pid_ns = -EBADF;
	record_done(&d->rec);
}

int
enter_root(const struct enter_doors *d, struct err *e)
{
	char path[64];
	int fd;

	(void)snprintf(path, sizeof(path), "/proc/%d/root", d->rec.keeper);
	fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 && died(errno))
		return not_found(d->rec.jid, e);
	return fd < 0 ? err_errno(e, errno, "%s", path) : fd;
}

/* ---- who ------------------------------------------------------------------------------------ */

static int
no_user(const char *name, uid_t uid, struct err *e)
{
	return name != NULL ? err_set(e, ENOENT, "%s: no such user", name)
			    : err_set(e, ENOENT, "unknown uid %u", uid);
}

static int
jail_user(const struct enter_doors *d, const char *name, struct enter_user *u, struct err *e)
{
	cleanup_fd int root = enter_root(d, e);
	cleanup_free char *passwd = NULL, *group = NULL;
	size_t n = 0;
	int r;

	if (root < 0)
		return root;
	r = path_read_untrusted(root, "etc/passwd", DATABASE_MAX, &passwd, NULL);
	if (r == 0)
		r = passwd_find(passwd, name, 0, &u->entry);
	if (r < 0)
		return no_user(name, 0, e);
	u->known = true;
	if (path_read_untrusted(root, "etc/group", DATABASE_MAX, &group, NULL) < 0)
		group = strdup("");
	if (group == NULL)
		return err_errno(e, ENOMEM, "%s", u->entry.name);
	r = passwd_groups(group, u->entry.name, u->entry.gid, &u->groups, &n);
	if (r < 0)
		return err_errno(e, -r, "initgroups %s", u->entry.name);
	u->cred.ngroups = n;
	return 0;
}

static int
host_user(const char *name, struct enter_user *u, struct err *e)
{
	const struct passwd *pw;
	int n = 256;

	errno = 0;
	pw = name != NULL ? getpwnam(name) : getpwuid(getuid());
	if (pw == NULL)
		return errno != 0 && errno != ENOENT ? err_errno(e, errno, "getpwnam %s", name)
						     : no_user(name, getuid(), e);
	u->entry = (struct passwd_entry){.name = strdup(pw->pw_name),
	    .uid = pw->pw_uid,
	    .gid = pw->pw_gid,
	    .home = strdup(pw->pw_dir),
	    .shell = strdup(pw->pw_shell)};
	u->known = true;
	u->groups = calloc((size_t)n, sizeof(*u->groups));
	if (u->groups == NULL || u->entry.name == NULL || u->entry.home == NULL ||
	    u->entry.shell == NULL)
		return err_errno(e, ENOMEM, "%s", name);
	if (getgrouplist(u->entry.name, u->entry.gid, u->groups, &n) < 0) {
		gid_t *more = reallocarray(u->groups, (size_t)n, sizeof(*more));

		if (more == NULL)
			return err_errno(e, ENOMEM, "%s", name);
		u->groups = more;
		if (getgrouplist(u->entry.name, u->entry.gid, u->groups, &n) < 0)
			return err_set(e, EINVAL, "initgroups %s: too many groups", name);
	}
	u->cred.ngroups = (size_t)n;
	return 0;
}

int
enter_user(struct instance *in, const struct enter_doors *d, const struct gaol_spawn *s,
    struct enter_user *ret, struct err *e)
{
	static const unsigned wants_entry =
	    GAOL_SPAWN_CLEAN | GAOL_SPAWN_SETUSERENV | GAOL_SPAWN_CHDIR_HOME;
	enum cred_userns mode = policy_cred_userns(&d->rec);
	struct enter_user u = {0};
	uint64_t allow;
	int r = 0;

	if (s->user_from == GAOL_USER_HOST)
		r = host_user(s->user, &u, e);
	else if (s->user_from == GAOL_USER_JAIL || (s->flags & wants_entry) != 0)
		r = jail_user(d, s->user_from == GAOL_USER_JAIL ? s->user : NULL, &u, e);
	if (r == 0)
		r = policy_allow(in, &d->rec, &allow, e);
	if (r < 0) {
		enter_user_done(&u);
		return r;
	}
	if (u.known && s->user != NULL) {
		u.cred.uid = u.entry.uid;
		u.cred.gid = u.entry.gid;
	}
	u.cred.groups = u.groups;
	u.cred.capabilities = cred_capabilities(mode, allow);
	u.cred.filter = cred_filter(mode, allow);
	u.cred.parent_pidfd = -EBADF;
	u.cred.ret_listener = -EBADF;
	*ret = u;
	return 0;
}

void
enter_user_done(struct enter_user *u)
{
	free(u->groups);
	u->groups = NULL;
	passwd_done(&u->entry);
}

/* ---- environment ------------------------------------------------------------------------------
 */

static const char *
lookup(char *const *env, const char *name)
{
	size_t len = strlen(name);

	for (; env != NULL && *env != NULL; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

/* Sets or replaces NAME=VALUE. */
static int
put(struct strv *env, const char *pair)
{
	size_t len = strcspn(pair, "=");

	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->s[i], pair, len) == 0 && env->s[i][len] == '=') {
			char *copy = strdup(pair);

			if (copy == NULL)
				return -ENOMEM;
			free(env->s[i]);
			env->s[i] = copy;
			return 0;
		}
	return strv_add(env, pair);
}

static int
put_value(struct strv *env, const char *name, const char *value)
{
	cleanup_str struct str pair = STR_EMPTY;
	int r = str_addf(&pair, "%s=%s", name, value);

	return r < 0 ? r : put(env, str_get(&pair));
}

int
enter_environment(
    const struct gaol_spawn *s, const struct enter_user *u, struct strv *ret, struct err *e)
{
	static const unsigned sets_user = GAOL_SPAWN_CLEAN | GAOL_SPAWN_SETUSERENV;
	const char *term = lookup(s->envp, "TERM");
	int r = 0;

	if ((s->flags & GAOL_SPAWN_CLEAN) != 0) {
		r = strv_add(ret, "PATH=/bin:/usr/bin");
		if (r == 0 && term != NULL)
			r = put_value(ret, "TERM", term);
	} else {
		for (char *const *p = s->envp; r == 0 && p != NULL && *p != NULL; p++)
			r = strv_add(ret, *p);
	}
	if (r == 0 && u->known && ((s->flags & sets_user) != 0 || s->user != NULL)) {
		r = put_value(ret, "USER", u->entry.name);
		if (r == 0)
			r = put_value(ret, "HOME", u->entry.home);
		if (r == 0)
			r = put_value(
			    ret, "SHELL", *u->entry.shell != '\0' ? u->entry.shell : "/bin/sh");
	}
	for (const char *const *p = s->setenv; r == 0 && p != NULL && *p != NULL; p++)
		r = put(ret, *p);
	/* An empty list must still end. */
	if (r == 0 && ret->s == NULL && (r = strv_add(ret, "PATH=/bin:/usr/bin")) == 0)
		r = 0;
	return r < 0 ? err_errno(e, -r, "environment") : 0;
}
