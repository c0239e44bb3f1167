/* --check: the jail's root directory and what is mounted below it. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "jail/checkup.h"
#include "libjail/gaol.h"

/* linux/magic.h has only one of them. */
#define FS_OVERLAY 0x794c7630
#define FS_NFS 0x6969

/* ---- files of the jail on the host ---------------------------------------------------------- */

static bool
is_bind(const struct gaol_mount *m)
{
	return strcmp(m->type, "nullfs") == 0 || strcmp(m->type, "bind") == 0;
}

/* The length of the prefix if path is dir or lies below it, else 0. */
static size_t
prefix_of(const char *dir, const char *path)
{
	size_t n = strlen(dir);

	while (n > 1 && dir[n - 1] == '/')
		n--;
	return strncmp(dir, path, n) == 0 && (path[n] == '/' || path[n] == '\0') ? n : 0;
}

/* The path on the host as the first n mounts show it; false: in a file system made afresh. */
static bool
through_mounts(const struct checkup *c, size_t nmounts, const char *host, char *buf, size_t size)
{
	const struct gaol_mount *best = NULL;
	size_t longest = 0;
	int n;

	for (size_t i = 0; i < nmounts; i++) {
		size_t len = prefix_of(c->mounts.v[i].target, host);

		if (len >= longest && len > 0) {
			longest = len;
			best = &c->mounts.v[i];
		}
	}
	if (best != NULL && !is_bind(best))
		return false;
	n = best == NULL ? snprintf(buf, size, "%s", host)
			 : snprintf(buf, size, "%s%s", best->source, host + longest);
	return n >= 0 && (size_t)n < size;
}

bool
check_find(const struct checkup *c, const char *inside, char *buf, size_t size)
{
	static const char *const prefixes[] = {"", "/usr"};
	char host[PATH_MAX];
	struct stat st;

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++) {
		int n = snprintf(host, sizeof(host), "%s%s%s",
		    strcmp(c->path, "/") == 0 ? "" : c->path, prefixes[i], inside);

		/* A link counts as being there: where it leads is the jail's matter. */
		if (n >= 0 && (size_t)n < sizeof(host) &&
		    through_mounts(c, c->mounts.n, host, buf, size) && lstat(buf, &st) == 0)
			return true;
	}
	return false;
}

/* ---- the root ---------------------------------------------------------------------------------
 */

static void
check_idmap(struct checkup *c, const struct arg *a)
{
	const char *userns = args_string(&c->set, "gaol.userns");
	struct statfs fs;

	if ((userns != NULL && strcasecmp(userns, "new") != 0) || statfs(c->path, &fs) < 0)
		return;
	if (fs.f_type == FS_OVERLAY || fs.f_type == FS_NFS)
		check_error(c, a, "gaol.userns = identity;",
		    "%s lies on %s, which cannot be id-mapped", c->path,
		    fs.f_type == FS_NFS ? "NFS" : "overlay");
}

/*
 * A setuid program that jailed root makes there is one for every user of the host.
 * The root itself stays open: the jail's own users must be able to search it.
 */
static void
check_reach(struct checkup *c, const struct arg *a)
{
	cleanup_free char *above = strdup(c->path);
	char *slash;
	struct stat st;

	if (above == NULL || strcmp(c->path, "/") == 0)
		return;
	for (;;) {
		if (stat(above, &st) < 0 || !(st.st_mode & S_IXOTH))
			return;
		slash = strrchr(above, '/');
		if (slash == NULL || slash == above)
			break;
		*slash = '\0';
	}
	(void)snprintf(above, strlen(c->path) + 1, "%s", c->path);
	slash = strrchr(above, '/');
	*slash = '\0';
	check_note(c, a,
	    above[0] != '\0' ? check_write("chmod 0700 %s", above)
			     : "a path below a directory of mode 0700",
	    "every user of the host can search %s, and so run what root of the jail makes there",
	    c->path);
}

void
check_path(struct checkup *c)
{
	const struct arg *a = args_find(&c->set, "path");
	struct stat st;

	if (c->path == NULL)
		return;
	if (c->path[0] != '/') {
		check_error(c, a, check_write("path = \"/%s\";", c->path),
		    "%s: not an absolute pathname", c->path);
		c->path = NULL;
	} else if (stat(c->path, &st) < 0) {
		check_error(
		    c, a, check_write("mkdir -p %s", c->path), "%s: %s", c->path, strerror(errno));
		c->path = NULL;
	} else if (!S_ISDIR(st.st_mode)) {
		check_error(c, a, NULL, "%s: %s", c->path, strerror(ENOTDIR));
		c->path = NULL;
	} else {
		check_idmap(c, a);
		check_reach(c, a);
	}
}

/* ---- mounts -------------------------------------------------------------------------------------
 */

static const struct {
	const char *freebsd;
	const char *instead;
} types[] = {
    {"ufs", "the file system mounted on the host, and its directory with type nullfs"},
    {"ffs", "the file system mounted on the host, and its directory with type nullfs"},
    {"unionfs", "an overlay mounted on the host, and its directory with type nullfs"},
    {"unionfs_fuse", "an overlay mounted on the host, and its directory with type nullfs"},
    {"mfs", "type tmpfs"},
    {"md", "type tmpfs"},
    {"smbfs", "type cifs on the host, and its directory with type nullfs"},
    {"fusefs", "the file system mounted on the host, and its directory with type nullfs"},
};

static void
check_type(struct checkup *c, const struct arg *a, const struct gaol_mount *m)
{
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (strcmp(m->type, types[i].freebsd) == 0)
			check_error(c, a, types[i].instead, "%s: no type %s in jails of Linux",
			    m->target, m->type);
}

/* jail(8) makes these itself where they are missing. */
static bool
is_skeleton(const struct checkup *c, const char *target)
{
	static const char *const names[] = {"dev", "proc", "run", "sys", "lib64"};
	const char *rest = target + prefix_of(c->path, target);

	while (*rest == '/')
		rest++;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(rest, names[i]) == 0)
			return true;
	return false;
}

/* The place of mount i, as the mounts before it show it. */
static void
check_target(struct checkup *c, const struct arg *a, size_t i)
{
	const char *target = c->mounts.v[i].target;
	char host[PATH_MAX];
	struct stat st;

	if (!through_mounts(c, i, target, host, sizeof(host)))
		return;
	if (lstat(host, &st) < 0) {
		if (!is_skeleton(c, target))
			check_error(c, a, check_write("mkdir -p %s", host), "%s: %s", target,
			    strerror(errno));
	} else if (S_ISLNK(st.st_mode)) {
		check_error(c, a, check_write("rm %s; mkdir %s", host, host),
		    "%s is a symbolic link", target);
	}
}

static void
check_places(struct checkup *c, const struct arg *a, size_t i)
{
	const struct gaol_mount *m = &c->mounts.v[i];
	const char *mode = args_string(&c->set, "gaol.mounts");
	struct stat st;

	if (is_bind(m) && stat(m->source, &st) < 0)
		check_error(c, a, check_write("mkdir -p %s", m->source), "%s: %s", m->source,
		    strerror(errno));
	if (c->path == NULL)
		return;
	if (strcmp(c->path, "/") == 0 || prefix_of(c->path, m->target) > 0)
		check_target(c, a, i);
	else if (mode == NULL || strcasecmp(mode, "host") != 0)
		check_error(c, a, "gaol.mounts = host;", "%s lies outside the jail's path %s",
		    m->target, c->path);
}

/* The parameter that a mount came from. */
static const struct arg *
origin(const struct checkup *c, const struct gaol_mount *m)
{
	return args_find(&c->set, m->param);
}

void
check_mounts(struct checkup *c)
{
	struct err e = {0};

	/* A root that is not there yet makes no line wrong. */
	if (mounts_collect(&c->set, args_string(&c->set, "path"), 1, &c->mounts, &e) < 0) {
		const struct arg *a = args_find(&c->set, "mount.fstab");

		check_error(c, a != NULL ? a : args_find(&c->set, "mount"), NULL, "%s", e.text);
		return;
	}
	for (size_t i = 0; i < c->mounts.n; i++) {
		const struct arg *a = origin(c, &c->mounts.v[i]);

		/* mount.devfs and its kin are made by jail(8) itself. */
		if (strcmp(c->mounts.v[i].param, "mount") != 0 &&
		    strcmp(c->mounts.v[i].param, "mount.fstab") != 0)
			continue;
		check_type(c, a, &c->mounts.v[i]);
		check_places(c, a, i);
	}
}

/* ---- merged /usr
 * ---------------------------------------------------------------------------------- */

static bool
is_read_only(const struct gaol_mount *m)
{
	cleanup_free char *copy = strdup(m->options != NULL ? m->options : "");
	char *rest = copy, *word;
	bool ro = false;

	while (rest != NULL && (word = strsep(&rest, ",")) != NULL) {
		if (strcmp(word, "ro") == 0 || strcmp(word, "rdonly") == 0)
			ro = true;
		if (strcmp(word, "rw") == 0)
			ro = false;
	}
	return ro;
}

static const struct gaol_mount *
mount_on(const struct checkup *c, const char *name)
{
	char target[PATH_MAX];
	int n = snprintf(target, sizeof(target), "%s/%s", c->path, name);

	for (size_t i = c->mounts.n; i-- > 0 && n >= 0 && (size_t)n < sizeof(target);)
		if (strcmp(c->mounts.v[i].target, target) == 0)
			return &c->mounts.v[i];
	return NULL;
}

/*
 * /bin is /usr/bin here: made read-only by itself it can still be written through /usr, and
 * packages with files in /bin cannot be installed.
 */
void
check_usr(struct checkup *c)
{
	static const char *const dirs[] = {"bin", "lib", "sbin"};
	const struct gaol_mount *usr, *m, *first = NULL;
	cleanup_str struct str names = STR_EMPTY;
	char real[PATH_MAX];

	if (c->path == NULL || (usr = mount_on(c, "usr")) == NULL || is_read_only(usr))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(dirs); i++) {
		m = mount_on(c, dirs[i]);
		if (m == NULL || !is_read_only(m) || realpath(m->source, real) == NULL ||
		    prefix_of(usr->source, real) == 0)
			continue;
		if (str_addf(&names, "%s%s", names.len > 0 ? ", " : "", dirs[i]) < 0)
			return;
		if (first == NULL)
			first = m;
	}
	if (first != NULL)
		check_note(c, origin(c, first),
		    check_write("drop the %s lines: usr covers them", str_get(&names)),
		    "%s is read-only, but lies in %s, which is writable: it can be changed by "
		    "/usr, and packages with files there cannot be installed",
		    first->target, usr->source);
}
