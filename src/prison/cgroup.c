#include "prison/cgroup.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/path.h"

#define LOOK_MS 15

/* Jails in jails; the kernel allows more only if somebody raised cgroup.max.depth. */
#define DEPTH_MAX 64

long long
monotonic_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int
read_populated(int events)
{
	char buf[128];
	ssize_t n = pread(events, buf, sizeof(buf) - 1, 0);

	if (n < 0)
		return -errno;
	buf[n] = '\0';
	return strstr(buf, "populated 1") != NULL;
}

int
cgroup_events(int cgroup)
{
	int fd = openat(cgroup, "cgroup.events", O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int
cgroup_populated(int cgroup)
{
	cleanup_fd int fd = cgroup_events(cgroup);

	if (fd < 0)
		return fd == -ENOENT ? -ENODEV : fd;
	return read_populated(fd);
}

int
cgroup_kill(int cgroup)
{
	return path_write_file(cgroup, "cgroup.kill", "1");
}

int
cgroup_procs(int cgroup, pid_t **ret, size_t *ret_n)
{
	cleanup_free char *text = NULL;
	cleanup_free pid_t *pids = NULL;
	size_t n = 0, lines = 0;
	char *rest, *line;
	int r;

	r = path_read(cgroup, "cgroup.procs", 64u << 20, &text, NULL);
	if (r < 0)
		return r;
	for (const char *s = text; *s != '\0'; s++)
		lines += *s == '\n';
	pids = calloc(lines + 1, sizeof(*pids));
	if (pids == NULL)
		return -ENOMEM;
	for (rest = text; (line = strsep(&rest, "\n")) != NULL && n < lines;) {
		uint64_t pid;

		if (num_parse_u64(line, INT32_MAX, &pid) == 0 && pid > 0)
			pids[n++] = (pid_t)pid;
	}
	*ret = take_ptr(pids);
	*ret_n = n;
	return 0;
}

struct ids {
	uint64_t *v;
	size_t n, size;
};

static int
add_ids(struct ids *ids, int cgroup, int depth)
{
	cleanup_fd int fd = openat(cgroup, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *entry;
	struct stat st;
	DIR *dir;
	int r = 0;

	if (fd < 0 || fstat(fd, &st) < 0)
		return errno == ENOENT || errno == ENODEV ? 0 : -errno;
	if (ids->n == ids->size) {
		size_t size = ids->size != 0 ? ids->size * 2 : 8;
		uint64_t *v = reallocarray(ids->v, size, sizeof(*v));

		if (v == NULL)
			return -ENOMEM;
		ids->v = v;
		ids->size = size;
	}
	ids->v[ids->n++] = st.st_ino;
	dir = depth > 0 ? fdopendir(fd) : NULL;
	if (dir == NULL)
		return 0;
	(void)take_fd(&fd);
	while (r == 0 && (entry = readdir(dir)) != NULL) {
		cleanup_fd int below = -EBADF;

		if (entry->d_type != DT_DIR || *entry->d_name == '.')
			continue;
		below = openat(
		    dirfd(dir), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0)
			r = add_ids(ids, below, depth - 1);
	}
	(void)closedir(dir);
	return r;
}

int
cgroup_ids(int cgroup, uint64_t **ret, size_t *ret_n)
{
	struct ids ids = {0};
	int r = add_ids(&ids, cgroup, DEPTH_MAX);

	if (r < 0) {
		free(ids.v);
		return r;
	}
	*ret = ids.v;
	*ret_n = ids.n;
	return 0;
}

int
cgroup_wait_empty(int cgroup, int timeout_ms)
{
	long long deadline = monotonic_ms() + timeout_ms;
	cleanup_fd int fd = cgroup_events(cgroup);

	if (fd < 0)
		return fd == -ENOENT || fd == -ENODEV ? 0 : fd;
	for (;;) {
		struct pollfd p = {.fd = fd, .events = POLLPRI};
		long long left;
		int r = read_populated(fd);

		/* The keeper may have removed the directory: that is empty, too. */
		if (r == 0 || r == -ENODEV)
			return 0;
		if (r < 0)
			return r;
		left = deadline - monotonic_ms();
		if (left <= 0)
			return -ETIMEDOUT;
		/*
		 * The kernel tells of a change 10 ms late if it told of one just before, and not at
		 * all if the keeper has removed the directory by then.
		 */
		if (poll(&p, 1, left < LOOK_MS ? (int)left : LOOK_MS) < 0 && errno != EINTR)
			return -errno;
	}
}
