#include "prison/devnodes.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"

unsigned
devnodes_grants(const struct dev_node *nodes, size_t n)
{
	static const struct {
		const char *name;
		unsigned grant;
	} table[] = {
	    {"bpf", DEV_GRANT_BPF},
	    {"pf", DEV_GRANT_PF},
	    {"pts/", DEV_GRANT_PTS},
	    {"mem", DEV_GRANT_MEM},
	    {"kmem", DEV_GRANT_MEM},
	    {"port", DEV_GRANT_MEM},
	};
	unsigned grants = 0;

	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < ARRAY_SIZE(table); j++)
			if (strcmp(nodes[i].name, table[j].name) == 0)
				grants |= table[j].grant;
	return grants;
}

bool
devnodes_allows_bpf(const struct dev_node *nodes, size_t n)
{
	return (devnodes_grants(nodes, n) & DEV_GRANT_BPF) != 0;
}

/* ---- device numbers --------------------------------------------------------- */

static const struct bpf_dev_rule always_open[] = {
    {BPF_DEV_CHAR, BPF_DEV_READ | BPF_DEV_WRITE, 5, 0, 0},     /* tty */
    {BPF_DEV_CHAR, BPF_DEV_READ | BPF_DEV_WRITE, 5, 2, 2},     /* pts/ptmx */
    {BPF_DEV_CHAR, BPF_DEV_READ | BPF_DEV_WRITE, 136, 0, ~0u}, /* pts/N */
};

static int
compare_ranges(const void *a, const void *b)
{
	const struct bpf_dev_rule *x = a, *y = b;

	if (x->type != y->type)
		return x->type < y->type ? -1 : 1;
	if (x->major != y->major)
		return x->major < y->major ? -1 : 1;
	if (x->minor_first != y->minor_first)
		return x->minor_first < y->minor_first ? -1 : 1;
	return 0;
}

/* The ranges are sorted; those that touch become one.  Returns how many are left. */
static size_t
join_ranges(struct bpf_dev_rule *r, size_t n)
{
	size_t out = 0;

	for (size_t i = 1; i < n; i++) {
		struct bpf_dev_rule *last = &r[out];

		if (r[i].type == last->type && r[i].major == last->major &&
		    (r[i].minor_first <= last->minor_last ||
			r[i].minor_first == last->minor_last + 1)) {
			if (r[i].minor_last > last->minor_last)
				last->minor_last = r[i].minor_last;
		} else {
			r[++out] = r[i];
		}
	}
	return n != 0 ? out + 1 : 0;
}

int
devnodes_devices(
    const struct dev_node *nodes, size_t n, struct bpf_dev_rule **ret, size_t *ret_n, struct err *e)
{
	struct bpf_dev_rule *r;
	size_t out = ARRAY_SIZE(always_open);

	r = calloc(n + out, sizeof(*r));
	if (r == NULL)
		return err_errno(e, ENOMEM, "devices");
	memcpy(r, always_open, sizeof(always_open));
	for (size_t i = 0; i < n; i++) {
		if (nodes[i].kind != DEV_CHAR && nodes[i].kind != DEV_BLOCK)
			continue;
		r[out++] = (struct bpf_dev_rule){
		    .type = nodes[i].kind == DEV_CHAR ? BPF_DEV_CHAR : BPF_DEV_BLOCK,
		    .access = BPF_DEV_READ | BPF_DEV_WRITE,
		    .major = nodes[i].major,
		    .minor_first = nodes[i].minor,
		    .minor_last = nodes[i].minor,
		};
	}
	qsort(r, out, sizeof(*r), compare_ranges);
	*ret_n = join_ranges(r, out);
	*ret = r;
	return 0;
}

/* ---- the nodes of a fresh devfs ---------------------------------------------- */

static int
make_node(int dirfd, const struct dev_node *d)
{
	mode_t type = d->kind == DEV_BLOCK ? S_IFBLK : S_IFCHR;
	int r = 0;

	switch (d->kind) {
	case DEV_CHAR:
	case DEV_BLOCK:
		r = mknodat(dirfd, d->name, type | d->mode, makedev(d->major, d->minor));
		break;
	case DEV_LINK:
		r = symlinkat(d->target, dirfd, d->name);
		break;
	case DEV_DIR:
		r = mkdirat(dirfd, d->name, d->mode);
		break;
	case DEV_GRANT:
		break;
	}
	return r < 0 ? -errno : 0;
}

int
devnodes_populate(int dirfd, const struct dev_node *nodes, size_t n, uid_t uid_base, gid_t gid_base,
    struct err *e)
{
	mode_t mask = umask(0);
	int r = 0;

	for (size_t i = 0; r >= 0 && i < n; i++) {
		const struct dev_node *d = &nodes[i];
		uid_t uid = uid_base + d->uid;
		gid_t gid = gid_base + d->gid;

		r = make_node(dirfd, d);
		if (r >= 0 && d->kind != DEV_GRANT && (uid != 0 || gid != 0) &&
		    fchownat(dirfd, d->name, uid, gid, AT_SYMLINK_NOFOLLOW) < 0)
			r = -errno;
		if (r < 0)
			(void)err_errno(e, -r, "dev/%s", d->name);
	}
	(void)umask(mask);
	return r;
}

/* ---- the mark ---------------------------------------------------------------- */

#define MARK_NAME "trusted.gaol.devfs"

int
devnodes_mark(int dirfd, const struct dev_mark *m, struct err *e)
{
	/* The descriptor of fsmount(2) is O_PATH, and attributes want a real one. */
	cleanup_fd int root = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char text[64];
	int len;

	if (root < 0)
		return err_errno(e, errno, "devfs");
	len = snprintf(text, sizeof(text), "%u %u %u", m->ruleset, m->uid_base, m->gid_base);
	if (fsetxattr(root, MARK_NAME, text, (size_t)len, 0) < 0)
		return err_errno(e, errno, "devfs: " MARK_NAME);
	return 0;
}

static int
parse_mark(char *text, struct dev_mark *ret)
{
	uint64_t v[3];
	char *field;

	for (size_t i = 0; i < ARRAY_SIZE(v); i++) {
		field = strsep(&text, " ");
		if (field == NULL || num_parse_u64(field, UINT32_MAX, &v[i]) < 0)
			return -EINVAL;
	}
	if (v[0] > DEV_NUM_MAX)
		return -EINVAL;
	*ret = (struct dev_mark){(unsigned)v[0], (uid_t)v[1], (gid_t)v[2]};
	return 0;
}

int
devnodes_read_mark(int dirfd, struct dev_mark *ret, struct err *e)
{
	cleanup_fd int root = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	char text[64];
	ssize_t len;

	if (root < 0)
		return err_errno(e, errno == ENOTDIR ? ENOTTY : errno, "devfs");
	len = fgetxattr(root, MARK_NAME, text, sizeof(text) - 1);
	if (len < 0)
		return err_errno(
		    e, errno == ENODATA || errno == EOPNOTSUPP ? ENOTTY : errno, "devfs");
	text[len] = '\0';
	return parse_mark(text, ret) < 0 ? err_errno(e, ENOTTY, "devfs") : 0;
}

/* ---- a whole devfs ------------------------------------------------------------- */

static int
configure(int fs, struct err *e)
{
	static const char *const options[][2] = {
	    {"source", "devfs"},
	    {"mode", "0755"},
	    /* Nodes take no blocks; what a jail may leave here besides is kept small. */
	    {"size", "1m"},
	    {"nr_inodes", "16k"},
	};

	for (size_t i = 0; i < ARRAY_SIZE(options); i++)
		if (fsconfig(fs, FSCONFIG_SET_STRING, options[i][0], options[i][1], 0) < 0)
			return err_errno(e, errno, "devfs: %s", options[i][0]);
	if (fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return err_errno(e, errno, "devfs");
	return 0;
}

static int
fill(int mnt, int state, unsigned ruleset, struct err *e)
{
	const struct dev_mark mark = {.ruleset = ruleset};
	cleanup_free struct dev_node *nodes = NULL;
	size_t n;
	int r;

	r = devnodes_visible(state, ruleset, &nodes, &n, e);
	if (r >= 0)
		r = devnodes_populate(mnt, nodes, n, 0, 0, e);
	if (r >= 0)
		r = devnodes_mark(mnt, &mark, e);
	return r;
}

int
devnodes_mount(int state, unsigned ruleset, unsigned mount_attrs, struct err *e)
{
	cleanup_fd int fs = fsopen("tmpfs", FSOPEN_CLOEXEC), mnt = -EBADF;
	int r;

	if (fs < 0)
		return err_errno(e, errno, "devfs");
	r = configure(fs, e);
	if (r < 0)
		return r;
	mnt = fsmount(fs, FSMOUNT_CLOEXEC, 0);
	if (mnt < 0)
		return err_errno(e, errno, "devfs");
	r = fill(mnt, state, ruleset, e);
	if (r < 0)
		return r;
	if (mount_attrs != 0) {
		struct mount_attr attr = {.attr_set = mount_attrs};

		/* Only now: it may be read-only. */
		if (mount_setattr(mnt, "", AT_EMPTY_PATH, &attr, sizeof(attr)) < 0)
			return err_errno(e, errno, "devfs");
	}
	return take_fd(&mnt);
}
