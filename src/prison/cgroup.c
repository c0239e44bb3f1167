#include "prison/cgroup.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/path.h"

#define LOOK_MS 15

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
