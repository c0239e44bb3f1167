/* Rules on a devfs that is in use: nodes appear, disappear, change owner and mode. */
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/sys.h"
#include "prison/devnodes.h"
#include "prison/devstore.h"
#include "prison/devview.h"

struct apply {
	int root;
	struct dev_mark mark;
	struct devhost host;
	struct devview_state *state;
	bool *present;
};

/* ---- what is there -------------------------------------------------------------- */

/* The directory of a name, through no link and no mount; *base is the last component. */
static int
open_parent(int root, const char *name, const char **base)
{
	const char *slash = strrchr(name, '/');
	cleanup_free char *dir = NULL;

	*base = slash != NULL ? slash + 1 : name;
	if (slash == NULL)
		return path_open_strict(root, ".", O_PATH | O_DIRECTORY, 0);
	dir = strndup(name, (size_t)(slash - name));
	if (dir == NULL)
		return -ENOMEM;
	return path_open_strict(root, dir, O_PATH | O_DIRECTORY, 0);
}

static bool
is_entry(const struct devhost_entry *d, const struct stat *st)
{
	switch (d->kind) {
	case DEV_CHAR:
		return S_ISCHR(st->st_mode) && st->st_rdev == makedev(d->major, d->minor);
	case DEV_BLOCK:
		return S_ISBLK(st->st_mode) && st->st_rdev == makedev(d->major, d->minor);
	case DEV_LINK:
		return S_ISLNK(st->st_mode);
	case DEV_DIR:
		return S_ISDIR(st->st_mode);
	case DEV_GRANT:
		break;
	}
	return false;
}

/*
 * Holds the entry's node, checked on the descriptor: only what is the very device is
 * ever changed or removed, whatever a jail put in its place.  -ENOENT: it is not there.
 */
static int
open_entry(int root, const struct devhost_entry *d, int *ret_parent, struct stat *st)
{
	cleanup_fd int parent = -EBADF, fd = -EBADF;
	const char *base;

	parent = open_parent(root, d->name, &base);
	if (parent < 0)
		return parent == -ENOTDIR || parent == -ELOOP || parent == -EXDEV ? -ENOENT
										  : parent;
	/* What is mounted there (pts, shm) is not the devfs's. */
	fd = path_open_strict(parent, base, O_PATH | O_NOFOLLOW, 0);
	if (fd < 0)
		return fd == -EXDEV ? -ENOENT : fd;
	if (fstat(fd, st) < 0)
		return -errno;
	if (!is_entry(d, st))
		return -ENOENT;
	if (ret_parent != NULL)
		*ret_parent = take_fd(&parent);
	return take_fd(&fd);
}

static int
look(struct apply *a)
{
	for (size_t i = 0; i < a->host.n; i++) {
		struct stat st;
		int fd = open_entry(a->root, &a->host.entries[i], NULL, &st);

		if (fd < 0 && fd != -ENOENT)
			return fd;
		a->present[i] = fd >= 0;
		if (fd < 0)
			continue;
		(void)close(fd);
		a->state[i].uid = st.st_uid - a->mark.uid_base;
		a->state[i].gid = st.st_gid - a->mark.gid_base;
		a->state[i].mode = st.st_mode & 07777;
	}
	return 0;
}

/*
 * Whether an absent node was hidden itself, or only stood in a hidden directory, is
 * told by the rules of the mount: they put the nodes there.
 */
static void
take_present(struct apply *a)
{
	for (size_t i = 0; i < a->host.n; i++) {
		if (a->host.entries[i].kind == DEV_GRANT)
			continue;
		if (a->present[i]) {
			a->state[i].hidden = false;
		} else {
			const char *slash = strrchr(a->host.entries[i].name, '/');
			cleanup_free char *dir = NULL;
			size_t parent = a->host.n;

			if (slash != NULL)
				dir = strndup(a->host.entries[i].name,
				    (size_t)(slash - a->host.entries[i].name));
			if (dir != NULL)
				parent = devhost_find(&a->host, dir);
			if (parent == a->host.n || a->present[parent])
				a->state[i].hidden = true;
		}
	}
}

/* ---- making it so ----------------------------------------------------------------- */

/*
 * On an id-mapped mount only an id that is mapped may create, and the host's root is
 * none.  Taking it as file system id drops the capabilities of file systems, of which
 * mknod needs one back.
 */
static int
become(uid_t uid, gid_t gid)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	(void)setfsgid(gid);
	(void)setfsuid(uid);
	if (syscall(SYS_capget, &header, data) < 0)
		return -errno;
	data[0].effective = data[0].permitted;
	data[1].effective = data[1].permitted;
	return syscall(SYS_capset, &header, data) < 0 ? -errno : 0;
}

static int
create(struct apply *a, const struct devhost_entry *d, const struct devview_state *s)
{
	cleanup_fd int parent = -EBADF;
	const char *base;
	mode_t mask;
	int r = 0;

	parent = open_parent(a->root, d->name, &base);
	if (parent < 0)
		return parent;
	mask = umask(0);
	r = become(a->mark.uid_base, a->mark.gid_base);
	if (r < 0)
		goto out;
	if (d->kind == DEV_DIR)
		r = mkdirat(parent, base, s->mode);
	else if (d->kind == DEV_LINK)
		r = symlinkat(d->target, parent, base);
	else
		r = mknodat(parent, base, (d->kind == DEV_BLOCK ? S_IFBLK : S_IFCHR) | s->mode,
		    makedev(d->major, d->minor));
	/* A jail may have put something of its own there: that is its loss only. */
	if (r < 0)
		r = errno == EEXIST ? 0 : -errno;
out:
	(void)become(0, 0);
	(void)umask(mask);
	return r;
}

static int
chmod_fd(int fd, mode_t mode)
{
	char path[32];

	/* fchmodat2 with AT_EMPTY_PATH is Linux 6.6's; this is the way before. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return chmod(path, mode) < 0 ? -errno : 0;
}

static int
set_owner_and_mode(int root, const struct dev_mark *mark, const struct devhost_entry *d,
    const struct devview_state *s)
{
	cleanup_fd int fd = -EBADF;
	struct stat st;
	uid_t uid = mark->uid_base + s->uid;
	gid_t gid = mark->gid_base + s->gid;

	fd = open_entry(root, d, NULL, &st);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if ((st.st_uid != uid || st.st_gid != gid) && fchownat(fd, "", uid, gid, AT_EMPTY_PATH) < 0)
		return -errno;
	if (d->kind != DEV_LINK && (st.st_mode & 07777) != s->mode)
		return chmod_fd(fd, s->mode);
	return 0;
}

static int
hide(struct apply *a, const struct devhost_entry *d)
{
	cleanup_fd int parent = -EBADF, fd = -EBADF;
	const char *slash = strrchr(d->name, '/');
	struct stat st;

	fd = open_entry(a->root, d, &parent, &st);
	if (fd < 0)
		return fd == -ENOENT ? 0 : fd;
	if (unlinkat(parent, slash != NULL ? slash + 1 : d->name,
		d->kind == DEV_DIR ? AT_REMOVEDIR : 0) == 0)
		return 0;
	/* A directory with files of the jail's own stays, and so does one that is mounted on. */
	if (errno == ENOENT || (d->kind == DEV_DIR && (errno == ENOTEMPTY || errno == EBUSY)))
		return 0;
	return -errno;
}

/* Away first, from the leaves; then what appears, directories before what is in them. */
static int
make_it_so(struct apply *a, struct err *e)
{
	const struct devhost_entry *d;
	int r;

	for (size_t i = a->host.n; i-- > 0;) {
		d = &a->host.entries[i];
		if (!a->present[i] || a->state[i].reachable || d->kind == DEV_GRANT)
			continue;
		r = hide(a, d);
		if (r < 0)
			return err_errno(e, -r, "dev/%s", d->name);
	}
	for (size_t i = 0; i < a->host.n; i++) {
		d = &a->host.entries[i];
		if (!a->state[i].reachable || d->kind == DEV_GRANT)
			continue;
		r = a->present[i] ? 0 : create(a, d, &a->state[i]);
		if (r >= 0)
			r = set_owner_and_mode(a->root, &a->mark, d, &a->state[i]);
		if (r < 0)
			return err_errno(e, -r, "dev/%s", d->name);
	}
	return 0;
}

/* ---- the two entries ---------------------------------------------------------------- */

static int
make_plan(const struct dev_rulesets *all, unsigned ruleset, const struct dev_rule *rule,
    struct devmatch_plan **ret, struct err *e)
{
	if (rule == NULL) {
		if (ruleset == 0 || devrules_sets_find(all, ruleset) == NULL)
			return err_errno(e, ESRCH, "ruleset %u", ruleset);
		return devmatch_plan(all, ruleset, ret, e);
	}
	if ((rule->has & DEV_HAS_INCLUDE) != 0 && devrules_sets_find(all, rule->include) == NULL)
		return err_errno(e, ESRCH, "ruleset %u", rule->include);
	return devmatch_plan_rule(all, rule, ret, e);
}

static int
prepare(struct apply *a, int state, struct err *e)
{
	int r;

	/* What is to be applied may be a device that has just come. */
	r = devstore_cache_drop(state, e);
	if (r >= 0)
		r = devhost_scan(&a->host, e);
	if (r < 0)
		return r;
	r = devview_start(&a->host, &a->state);
	a->present = calloc(a->host.n + 1, sizeof(*a->present));
	return r < 0 || a->present == NULL ? err_errno(e, ENOMEM, "/dev") : 0;
}

static void
apply_done(struct apply *a)
{
	devhost_done(&a->host);
	free(a->state);
	free(a->present);
}

static int
run_on_mount(
    struct apply *a, const struct dev_rulesets *all, struct devmatch_plan *plan, struct err *e)
{
	struct devmatch_plan *own;
	int r;

	r = devmatch_plan(all, a->mark.ruleset, &own, e);
	if (r < 0)
		return r;
	devview_apply(&a->host, own, a->state);
	devmatch_plan_free(own);
	r = look(a);
	if (r < 0)
		return err_errno(e, -r, "devfs");
	take_present(a);
	devview_apply(&a->host, plan, a->state);
	devview_resolve(&a->host, a->state);
	return make_it_so(a, e);
}

int
devnodes_apply(int state, int dirfd, unsigned ruleset, const struct dev_rule *rule, struct err *e)
{
	cleanup_dev_rulesets struct dev_rulesets all = {0};
	struct devmatch_plan *plan = NULL;
	struct apply a = {.root = dirfd};
	int r;

	r = devnodes_read_mark(dirfd, &a.mark, e);
	if (r >= 0)
		r = devstore_get_all(state, &all, e);
	if (r >= 0)
		r = make_plan(&all, ruleset, rule, &plan, e);
	if (r < 0)
		return r;
	r = prepare(&a, state, e);
	if (r >= 0)
		r = run_on_mount(&a, &all, plan, e);
	devmatch_plan_free(plan);
	apply_done(&a);
	return r;
}

/* What a jail's /dev has and the host's has not, or has otherwise, is no concern of rules there. */
static bool
is_of_host(const struct devhost_entry *d)
{
	return d->kind == DEV_CHAR || d->kind == DEV_BLOCK;
}

static int
run_on_host(struct apply *a, struct devmatch_plan *plan, struct err *e)
{
	static const struct dev_mark none = {0};
	int r;

	r = look(a);
	if (r < 0)
		return err_errno(e, -r, "/dev");
	devview_apply(&a->host, plan, a->state);
	for (size_t i = 0; i < a->host.n; i++)
		if (is_of_host(&a->host.entries[i]) && a->present[i] && a->state[i].hidden)
			return err_set(e, EOPNOTSUPP,
			    "/dev/%s: Operation not supported: hiding it from the host's own /dev "
			    "would "
			    "take it from every program of the host",
			    a->host.entries[i].name);
	for (size_t i = 0; i < a->host.n; i++) {
		if (!is_of_host(&a->host.entries[i]))
			continue;
		r = set_owner_and_mode(a->root, &none, &a->host.entries[i], &a->state[i]);
		if (r < 0)
			return err_errno(e, -r, "/dev/%s", a->host.entries[i].name);
	}
	return 0;
}

int
devnodes_apply_host(int state, unsigned ruleset, const struct dev_rule *rule, struct err *e)
{
	cleanup_dev_rulesets struct dev_rulesets all = {0};
	cleanup_fd int root = open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct devmatch_plan *plan = NULL;
	struct apply a = {.root = root};
	int r;

	if (root < 0)
		return err_errno(e, errno, "/dev");
	r = devstore_get_all(state, &all, e);
	if (r >= 0)
		r = make_plan(&all, ruleset, rule, &plan, e);
	if (r < 0)
		return r;
	r = prepare(&a, state, e);
	if (r >= 0)
		r = run_on_host(&a, plan, e);
	devmatch_plan_free(plan);
	apply_done(&a);
	return r;
}
