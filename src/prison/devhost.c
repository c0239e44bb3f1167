#include "prison/devhost.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"

#define DEPTH_MAX 8
#define ENTRIES_MAX 65536

/* A directory changed so recently may change again without another time to show for it. */
#define FRESH_NS 50000000LL

/* What every jail's /dev is made of besides the host's devices, and devices whose mode is
 * FreeBSD's. */
static const struct devhost_entry fixed[] = {
    {"null", NULL, DEV_CHAR, 1, 3, 0666, 0, 0, false},
    {"zero", NULL, DEV_CHAR, 1, 5, 0666, 0, 0, false},
    {"full", NULL, DEV_CHAR, 1, 7, 0666, 0, 0, false},
    {"random", NULL, DEV_CHAR, 1, 8, 0666, 0, 0, false},
    {"urandom", NULL, DEV_CHAR, 1, 9, 0666, 0, 0, false},
    /* FreeBSD looks the controlling terminal up by this name whatever the rules say. */
    {"tty", NULL, DEV_CHAR, 5, 0, 0666, 0, 0, true},
    {"fd", "/proc/self/fd", DEV_LINK, 0, 0, 0777, 0, 0, false},
    {"stdin", "/proc/self/fd/0", DEV_LINK, 0, 0, 0777, 0, 0, false},
    {"stdout", "/proc/self/fd/1", DEV_LINK, 0, 0, 0777, 0, 0, false},
    {"stderr", "/proc/self/fd/2", DEV_LINK, 0, 0, 0777, 0, 0, false},
    /* Where the jail's own syslog daemon listens. */
    {"log", "/run/log", DEV_LINK, 0, 0, 0777, 0, 0, false},
    {"ptmx", "pts/ptmx", DEV_LINK, 0, 0, 0777, 0, 0, false},
    {"pts", NULL, DEV_DIR, 0, 0, 0755, 0, 0, false},
    {"pts/", NULL, DEV_GRANT, 0, 0, 0, 0, 0, false},
    /* Mount points that Linux programs cannot do without and FreeBSD does not know. */
    {"shm", NULL, DEV_DIR, 0, 0, 01777, 0, 0, true},
    {"mqueue", NULL, DEV_DIR, 0, 0, 01777, 0, 0, true},
    {"bpf", NULL, DEV_GRANT, 0, 0, 0, 0, 0, false},
    {"pf", NULL, DEV_GRANT, 0, 0, 0, 0, 0, false},
};

static void
entry_done(struct devhost_entry *entry)
{
	free((void *)(uintptr_t)entry->name);
	for (size_t i = 1; i < entry->nnames; i++)
		free((void *)(uintptr_t)entry->names[i].name);
}

void
devhost_done(struct devhost *h)
{
	for (size_t i = 0; i < h->n; i++)
		entry_done(&h->entries[i]);
	free(h->entries);
	for (size_t i = 0; i < h->ndirs; i++)
		free(h->dirs[i].name);
	free(h->dirs);
	*h = (struct devhost){0};
}

/* Fills in the names, the Linux one first. */
static int
entry_name(struct devhost_entry *entry, const char *name)
{
	size_t n = 0;
	int r;

	entry->name = strdup(name);
	if (entry->name == NULL)
		return -ENOMEM;
	entry->names[0].name = entry->name;
	entry->names[0].flags = devnames_flags(name, entry->kind);
	r = devnames_aliases(name, entry->kind, &entry->names[1], DEVHOST_NAMES_MAX - 1, &n);
	entry->nnames = 1 + n;
	if (entry->kind == DEV_GRANT && strcmp(name, "pf") != 0)
		entry->names[0].flags = DEVMATCH_FAMILY;
	return r;
}

/* A directory has each name once, so that only what stands first can be there already. */
static bool
have_entry(const struct devhost *h, const char *name)
{
	for (size_t i = 0; i < h->n && i < ARRAY_SIZE(fixed); i++)
		if (strcmp(h->entries[i].name, name) == 0)
			return true;
	return false;
}

static int
add_new(struct devhost *h, const struct devhost_entry *entry)
{
	struct devhost_entry *p, copy = *entry;
	int r;

	if (h->n >= ENTRIES_MAX)
		return -E2BIG;
	if ((h->n & (h->n - 1)) == 0) {
		p = reallocarray(h->entries, h->n != 0 ? h->n * 2 : 1, sizeof(*p));
		if (p == NULL)
			return -ENOMEM;
		h->entries = p;
	}
	copy.nnames = 0;
	r = entry_name(&copy, entry->name);
	if (r < 0) {
		entry_done(&copy);
		return r;
	}
	copy.types |= devnames_types(copy.name, copy.kind, copy.major, copy.minor);
	h->entries[h->n] = copy;
	h->n++;
	return 0;
}

int
devhost_add(struct devhost *h, const struct devhost_entry *entry)
{
	return have_entry(h, entry->name) ? 0 : add_new(h, entry);
}

int
devhost_fixed(struct devhost *ret, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(fixed); i++) {
		struct devhost_entry entry = fixed[i];

		if (strcmp(entry.name, "pts/") == 0)
			entry.types = DEV_TYPE_TTY;
		if (add_new(ret, &entry) < 0)
			return err_errno(e, ENOMEM, "/dev");
	}
	return 0;
}

static int
compare_entries(const void *a, const void *b)
{
	const struct devhost_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

void
devhost_sort(struct devhost *h)
{
	if (h->n > 0)
		qsort(h->entries, h->n, sizeof(*h->entries), compare_entries);
	/* They were moved, and the first name is kept by pointer only. */
	for (size_t i = 0; i < h->n; i++)
		h->entries[i].names[0].name = h->entries[i].name;
}

size_t
devhost_find(const struct devhost *h, const char *name)
{
	size_t lo = 0, hi = h->n;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(h->entries[mid].name, name);

		if (c == 0)
			return mid;
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return h->n;
}

/* Links of udev's, and what a jail has of its own. */
static bool
is_left_out(const char *name)
{
	static const char *const names[] = {
	    "block", "char", "disk", "fd", "hugepages", "mqueue", "pts", "shm"};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(name, names[i]) == 0)
			return true;
	return false;
}

struct scan {
	struct devhost *h;
	dev_t dev; /* of /dev: what is mounted in it is not entered */
	struct timespec now;
};

static int
add_dir_time(struct scan *s, const char *name, const struct stat *st)
{
	struct devhost *h = s->h;
	struct devhost_dir *p = reallocarray(h->dirs, h->ndirs + 1, sizeof(*p));
	long long age_ns;

	if (p == NULL)
		return -ENOMEM;
	h->dirs = p;
	p[h->ndirs].name = strdup(name);
	if (p[h->ndirs].name == NULL)
		return -ENOMEM;
	p[h->ndirs].mtime = st->st_mtim;
	age_ns = (s->now.tv_sec - st->st_mtim.tv_sec) * 1000000000LL +
		 (s->now.tv_nsec - st->st_mtim.tv_nsec);
	if (age_ns >= 0 && age_ns < FRESH_NS)
		p[h->ndirs].mtime = (struct timespec){0};
	h->ndirs++;
	return 0;
}

/* FreeBSD's mode where programs of a jail count on it and the kernel's first one is 0600. */
static mode_t
node_mode(const char *name, mode_t mode)
{
	return strcmp(name, "fuse") == 0 ? 0666 : mode & 0777;
}

static int
scan_node(struct scan *s, const char *name, const struct stat *st)
{
	struct devhost_entry entry = {
	    .name = name,
	    .kind = S_ISBLK(st->st_mode) ? DEV_BLOCK : DEV_CHAR,
	    .major = major(st->st_rdev),
	    .minor = minor(st->st_rdev),
	    .mode = node_mode(name, st->st_mode),
	    .uid = st->st_uid,
	    .gid = st->st_gid,
	};

	/* BSD-style pseudo terminals (majors 2 and 3) are the host's; 5:2 is pts/ptmx in a jail. */
	if (entry.kind == DEV_CHAR &&
	    (entry.major == 2 || entry.major == 3 || (entry.major == 5 && entry.minor == 2)))
		return 0;
	return devhost_add(s->h, &entry);
}

static int scan_dir(struct scan *s, int parent, const char *base, const char *name, int depth);

/* One name in a directory; path is the same relative to /dev. */
static int
scan_entry(struct scan *s, int dirfd, const char *base, const char *path, int depth)
{
	struct stat st;

	if (strlen(path) > 255 || strpbrk(path, "\n") != NULL)
		return 0;
	if (fstatat(dirfd, base, &st, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT) < 0)
		return errno == ENOENT ? 0 : -errno;
	if (S_ISCHR(st.st_mode) || S_ISBLK(st.st_mode))
		return scan_node(s, path, &st);
	if (!S_ISDIR(st.st_mode) || st.st_dev != s->dev || depth >= DEPTH_MAX)
		return 0;
	if (depth == 0 && is_left_out(path))
		return 0;
	return scan_dir(s, dirfd, base, path, depth + 1);
}

static int
scan_read(struct scan *s, int fd, const char *name, int depth)
{
	struct dirent *d;
	DIR *dir = fdopendir(fd);
	int r = 0;

	if (dir == NULL) {
		r = -errno;
		(void)close(fd);
		return r;
	}
	while (r >= 0 && (d = readdir(dir)) != NULL) {
		cleanup_str struct str path = STR_EMPTY;

		if (strcmp(d->d_name, ".") == 0 || strcmp(d->d_name, "..") == 0 ||
		    d->d_type == DT_LNK || d->d_type == DT_REG || d->d_type == DT_SOCK)
			continue;
		r = strcmp(name, ".") == 0 ? str_add(&path, d->d_name)
					   : str_addf(&path, "%s/%s", name, d->d_name);
		if (r >= 0)
			r = scan_entry(s, fd, d->d_name, str_get(&path), depth);
	}
	(void)closedir(dir);
	return r;
}

static int
scan_dir(struct scan *s, int parent, const char *base, const char *name, int depth)
{
	struct devhost_entry entry = {.name = name, .kind = DEV_DIR, .mode = 0755};
	cleanup_fd int fd = openat(parent, base, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct stat st;
	int r;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	if (fstat(fd, &st) < 0)
		return -errno;
	if (depth == 0)
		s->dev = st.st_dev;
	else if (st.st_dev != s->dev)
		return 0;
	r = add_dir_time(s, name, &st);
	if (r >= 0 && depth > 0)
		r = devhost_add(s->h, &entry);
	return r < 0 ? r : scan_read(s, take_fd(&fd), name, depth);
}

int
devhost_scan(struct devhost *ret, struct err *e)
{
	struct devhost h = {0};
	struct scan s = {.h = &h};
	int r;

	(void)clock_gettime(CLOCK_REALTIME, &s.now);
	r = devhost_fixed(&h, e);
	if (r >= 0) {
		r = scan_dir(&s, AT_FDCWD, "/dev", ".", 0);
		if (r < 0)
			r = err_errno(e, -r, "/dev");
	}
	if (r < 0) {
		devhost_done(&h);
		return r;
	}
	devhost_sort(&h);
	*ret = h;
	return 0;
}
