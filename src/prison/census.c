#include "prison/census.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/path.h"
#include "prison/registry.h"

/* A line of /proc/locks has about 60 bytes. */
#define LOCKS_MAX (64u << 20)

static int
by_key(const void *a, const void *b)
{
	uint64_t x = ((const struct census_pair *)a)->key, y = ((const struct census_pair *)b)->key;

	return (x > y) - (x < y);
}

static bool
add(struct census_list *l, uint64_t key, uint64_t value)
{
	if (l->n == l->size) {
		size_t size = l->size ? l->size * 2 : 64;
		struct census_pair *list = reallocarray(l->list, size, sizeof(*list));

		if (list == NULL)
			return false;
		l->list = list;
		l->size = size;
	}
	l->list[l->n++] = (struct census_pair){key, value};
	return true;
}

static void
sort(struct census_list *l)
{
	if (l->n > 1)
		qsort(l->list, l->n, sizeof(*l->list), by_key);
}

/* The value of a key; 0, which is no inode, if it is not there. */
static uint64_t
find(const struct census_list *l, uint64_t key)
{
	struct census_pair wanted = {key, 0}, *p;

	p = l->n == 0 ? NULL : bsearch(&wanted, l->list, l->n, sizeof(*l->list), by_key);
	return p == NULL ? 0 : p->value;
}

/* The entries of a directory that are jids.  tmpfs and cgroupfs give in d_ino what fstat gives. */
static void
read_directory(int dirfd, struct census_list *ret)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;
	uint64_t jid;

	if (dir == NULL) {
		close_keep_errno(fd);
		return;
	}
	while ((entry = readdir(dir)) != NULL)
		if (num_parse_u64(entry->d_name, REGISTRY_JID_MAX, &jid) == 0 &&
		    !add(ret, jid, entry->d_ino))
			break;
	(void)closedir(dir);
	sort(ret);
}

/* "7: FLOCK  ADVISORY  WRITE 4711 00:2f:123 0 EOF", proc_locks(5). */
static void
read_locks(dev_t device, struct census_list *ret)
{
	cleanup_free char *text = NULL;
	char *rest, *line;

	if (path_read(AT_FDCWD, "/proc/locks", LOCKS_MAX, &text, NULL) < 0)
		return;
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;) {
		unsigned major, minor;
		uint64_t inode;

		if (sscanf(line, "%*u: FLOCK ADVISORY WRITE %*d %x:%x:%" SCNu64, &major, &minor,
			&inode) == 3 &&
		    makedev(major, minor) == device && !add(ret, inode, inode))
			break;
	}
	sort(ret);
}

void
census_take(const struct instance *in, struct census *ret)
{
	struct stat st;

	*ret = (struct census){.privileged = geteuid() == 0};
	read_directory(in->cgroup, &ret->cgroups);
	if (!ret->privileged || fstat(in->locks, &st) < 0)
		return;
	read_directory(in->locks, &ret->locks);
	read_locks(st.st_dev, &ret->held);
}

void
census_done(struct census *c)
{
	free(c->cgroups.list);
	free(c->locks.list);
	free(c->held.list);
	*c = (struct census){0};
}

bool
census_alive(const struct census *c, const struct record *rec)
{
	uint64_t lock;

	/* The inode says that it is this jail's: a child's directory lies elsewhere. */
	if (rec->state != RECORD_RUNNING || rec->cgroup_id == 0 ||
	    find(&c->cgroups, (uint64_t)rec->jid) != rec->cgroup_id)
		return false;
	if (!c->privileged)
		return true;
	lock = find(&c->locks, (uint64_t)rec->jid);
	return lock != 0 && find(&c->held, lock) != 0;
}
