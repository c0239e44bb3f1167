#include "prison/root.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/str.h"
#include "prison/instance.h"
#include "prison/resolv.h"
#include "prison/template.h"

int
root_open_tree(const char *path, char **ret_real_path, int *ret_tree, struct err *e)
{
	cleanup_free char *real_path = NULL;
	cleanup_fd int tree = -EBADF;
	struct stat st;

	real_path = realpath(path, NULL);
	if (real_path == NULL)
		return err_errno(e, errno, "path %s", path);
	tree = open_tree(AT_FDCWD, real_path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_RECURSIVE);
	if (tree < 0)
		return err_errno(e, errno, "path %s", path);
	if (fstat(tree, &st) < 0)
		return err_errno(e, errno, "path %s", path);
	if (!S_ISDIR(st.st_mode))
		return err_errno(e, ENOTDIR, "path %s", path);
	*ret_real_path = take_ptr(real_path);
	*ret_tree = take_fd(&tree);
	return 0;
}

static int
add_piece(struct root_plan *plan, const char *mount_point)
{
	size_t len = strlen(plan->real_path);
	cleanup_fd int tree = -EBADF;
	struct root_piece *p;

	if (strcmp(plan->real_path, "/") == 0)
		len = 0;
	if (strncmp(mount_point, plan->real_path, len) != 0 || mount_point[len] != '/')
		return 0;
	tree = open_tree(AT_FDCWD, mount_point, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		return errno == EACCES || errno == ENOENT ? 0 : -errno;
	p = reallocarray(plan->pieces, plan->npieces + 1, sizeof(*p));
	if (p == NULL)
		return -ENOMEM;
	plan->pieces = p;
	p[plan->npieces].rel = strdup(mount_point + len + 1);
	if (p[plan->npieces].rel == NULL)
		return -ENOMEM;
	p[plan->npieces++].tree = take_fd(&tree);
	return 0;
}

int
root_open_pieces(struct root_plan *plan, struct err *e)
{
	cleanup_free char *text = NULL;
	char *rest, *line;
	int r;

	close_keep_errno(plan->tree);
	plan->tree = open_tree(AT_FDCWD, plan->real_path, OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (plan->tree < 0)
		return err_errno(e, errno, "path %s", plan->path);
	r = path_read(AT_FDCWD, "/proc/self/mountinfo", 64u << 20, &text, NULL);
	if (r < 0)
		return err_errno(e, -r, "/proc/self/mountinfo");
	/* In mountinfo's order parents come before what is mounted on them. */
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;) {
		char *field = line;

		for (int i = 0; i < 4 && field != NULL; i++)
			(void)strsep(&field, " ");
		if (field == NULL)
			continue;
		field[strcspn(field, " ")] = '\0';
		mount_unescape(field);
		r = add_piece(plan, field);
		if (r < 0)
			return err_errno(e, -r, "path %s: %s", plan->path, field);
	}
	return 0;
}

void
root_pieces_done(struct root_plan *plan)
{
	for (size_t i = 0; i < plan->npieces; i++) {
		free(plan->pieces[i].rel);
		close_keep_errno(plan->pieces[i].tree);
	}
	free(plan->pieces);
	plan->pieces = NULL;
	plan->npieces = 0;
}

/* ---- in the child ------------------------------------------------------------------------- */

static int
id_map(int tree, int userns, unsigned flags)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns};

	if (userns < 0)
		return 0;
	return mount_setattr(tree, "", AT_EMPTY_PATH | flags, &attr, sizeof(attr)) < 0 ? -errno : 0;
}

static int
attach_root(struct root_plan *plan, int userns, struct err *e)
{
	struct mount_attr slave = {.propagation = MS_SLAVE};
	unsigned recursive = plan->npieces > 0 ? 0 : AT_RECURSIVE;
	int r;

	/* What the host mounts below path later appears inside; nothing goes the other way. */
	if (mount_setattr(plan->tree, "", AT_EMPTY_PATH | AT_RECURSIVE, &slave, sizeof(slave)) < 0)
		return err_errno(e, errno, "path %s", plan->path);
	r = id_map(plan->tree, userns, recursive);
	if (r == -EINVAL && plan->npieces == 0)
		return err_set(e, EMEDIUMTYPE,
		    "path %s: its file system cannot be id-mapped; use gaol.userns=identity",
		    plan->path);
	if (r == -EINVAL)
		return err_set(e, EINVAL,
		    "path %s: its file system cannot be id-mapped; use gaol.userns=identity",
		    plan->path);
	if (r < 0)
		return err_errno(e, -r, "path %s: id-mapped mount", plan->path);
	if (move_mount(plan->tree, "", AT_FDCWD, "/", MOVE_MOUNT_F_EMPTY_PATH) < 0 ||
	    fchdir(plan->tree) < 0 || chroot(".") < 0)
		return err_errno(e, errno, "path %s", plan->path);
	return 0;
}

static int
attach_pieces(struct root_plan *plan, int userns, struct err *e)
{
	struct mount_attr slave = {.propagation = MS_SLAVE};

	for (size_t i = 0; i < plan->npieces; i++) {
		const struct root_piece *p = &plan->pieces[i];
		cleanup_fd int target = path_open_nolink(plan->tree, p->rel, O_PATH, 0);
		int r;

		if (target < 0)
			continue; /* covered by another mount */
		(void)mount_setattr(p->tree, "", AT_EMPTY_PATH, &slave, sizeof(slave));
		r = id_map(p->tree, userns, 0);
		/* proc, sysfs, devpts and their kin take no map: a jail has its own, or shows
		 * nobody. */
		if (r < 0 && r != -EINVAL)
			return err_errno(e, -r, "path %s/%s: id-mapped mount", plan->path, p->rel);
		if (move_mount(p->tree, "", target, "",
			MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0) {
			/* A pin of a mount namespace cannot lie in one as old: below "/" are ours.
			 */
			if (errno == ELOOP)
				continue;
			return err_errno(e, errno, "path %s/%s", plan->path, p->rel);
		}
	}
	return 0;
}

/* A tmpfs of the jail's own on run, with what Debian's tmpfiles would make at boot. */
static int
make_run(const struct root_plan *plan, const struct mount_place *at, struct err *e)
{
	cleanup_fd int target = path_open_nolink(plan->tree, "run", O_PATH | O_DIRECTORY, 0);
	cleanup_fd int mnt = -EBADF;
	int r;

	if (target < 0)
		return 0;
	r = mount_tmpfs(at, target, "mode=755", MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, &mnt);
	if (r < 0)
		return err_errno(e, -r, "run");
	if (mkdirat(mnt, "lock", 0) < 0 ||
	    fchownat(mnt, "lock", at->id_base, at->id_base, AT_SYMLINK_NOFOLLOW) < 0 ||
	    fchmodat(mnt, "lock", 01777, 0) < 0)
		return err_errno(e, errno, "run/lock");
	return 0;
}

/* A jail that contains the host's state directory must not see it. */
static int
hide_state(const struct root_plan *plan, const struct mount_place *at, struct err *e)
{
	static const char state[] = INSTANCE_STATE_DIR;
	size_t len = strlen(plan->real_path);
	cleanup_fd int target = -EBADF, mask = -EBADF;

	if (strcmp(plan->real_path, "/") == 0)
		len = 0;
	if (strncmp(state, plan->real_path, len) != 0 || (state[len] != '/' && state[len] != '\0'))
		return 0;
	if (state[len] == '\0')
		return err_set(
		    e, EINVAL, "path %s: the state directory of Gaol cannot be a jail", plan->path);
	target = path_open_nolink(plan->tree, state + len + 1, O_PATH | O_DIRECTORY, 0);
	if (target < 0)
		return 0;
	mask = open_tree(at->mask_dir, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
	if (mask < 0 ||
	    move_mount(mask, "", target, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
		return err_errno(e, errno, "%s in the jail", state);
	return 0;
}

static bool
is_empty(int root, const char *name)
{
	cleanup_fd int fd = path_open_nolink(root, name, O_RDONLY | O_DIRECTORY, 0);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	bool empty = dir != NULL;

	if (dir == NULL)
		return false;
	(void)take_fd(&fd);
	while (empty && (entry = readdir(dir)) != NULL)
		empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
	(void)closedir(dir);
	return empty;
}

/*
 * bin, lib and sbin of a merged /usr are links into it.  A root where they are empty
 * directories, because a base that was not merged had mounts there, gets usr's.
 */
static int
show_merged(const struct root_plan *plan, struct err *e)
{
	static const struct {
		const char *name, *inside;
	} dirs[] = {{"bin", "usr/bin"}, {"sbin", "usr/sbin"}, {"lib", "usr/lib"}};

	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		cleanup_fd int target =
		    path_open_nolink(plan->tree, dirs[i].name, O_PATH | O_DIRECTORY, 0);
		cleanup_fd int source =
		    path_open_nolink(plan->tree, dirs[i].inside, O_PATH | O_DIRECTORY, 0);
		cleanup_fd int clone = -EBADF;
		struct statx st;

		if (target < 0 || source < 0 ||
		    statx(target, "", AT_EMPTY_PATH, STATX_TYPE, &st) < 0 ||
		    (st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0 ||
		    !is_empty(plan->tree, dirs[i].name))
			continue;
		clone = open_tree(source, "", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | AT_EMPTY_PATH);
		if (clone < 0 || move_mount(clone, "", target, "",
				     MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH) < 0)
			return err_errno(e, errno, "path %s/%s", plan->path, dirs[i].name);
	}
	return 0;
}

int
root_build(struct root_plan *plan, int userns, struct err *e)
{
	cleanup_fd int mask_file = -EBADF, mask_dir = -EBADF;
	struct mount_place at;
	int r;

	if (setns(plan->template, CLONE_NEWNS) < 0 || unshare(CLONE_NEWNS) < 0)
		return err_errno(e, errno, "cannot make the jail's mount namespace");
	mask_file = open("/" TEMPLATE_MASK_FILE, O_PATH | O_CLOEXEC);
	mask_dir = open("/" TEMPLATE_MASK_DIR, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (mask_file < 0 || mask_dir < 0)
		return err_errno(e, errno, "cannot make the jail's mount namespace");
	if ((r = attach_root(plan, userns, e)) < 0 || (r = attach_pieces(plan, userns, e)) < 0)
		return r;
	at = (struct mount_place){.root = plan->tree,
	    .userns = userns,
	    .id_base = plan->id_base,
	    .mask_file = mask_file,
	    .mask_dir = mask_dir};
	if (plan->run && (r = make_run(plan, &at, e)) < 0)
		return r;
	if ((r = hide_state(plan, &at, e)) < 0)
		return r;
	for (size_t i = 0; i < plan->nmounts; i++)
		if (!plan->mounts[i].placed && (r = mount_place(&plan->mounts[i], &at, e)) < 0)
			return r;
	if (plan->run && (r = show_merged(plan, e)) < 0)
		return r;
	if (plan->resolv != NULL && (r = resolv_place(plan->resolv, &at, e)) < 0)
		return r;
	/* The mounts above may have covered the directory that was "/". */
	if (fchdir(plan->tree) < 0)
		return err_errno(e, errno, "path %s", plan->path);
	return 0;
}
