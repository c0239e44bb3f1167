/* The program for UDP servers of several addresses: on the interfaces, while a jail wants it. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/nl.h"
#include "bpf/decide/udp.h"
#include "bpf/instance.h"
#include "bpf/sysbpf.h"

bool
bpf_udp_is_wanted(const struct bpf_prison *p)
{
	return udp_is_wanted(p);
}

/*
 * Who attaches has put his prison into the map before, who detaches has taken it away before,
 * and looks for others under the lock: so the program is there if anybody wants it.
 */
static int
lock(int root_cgroup_fd, struct err *e)
{
	int cleanup_fd fd = openat(root_cgroup_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || flock(fd, LOCK_EX) < 0)
		return err_errno(e, errno, "root cgroup: flock");
	return take_fd(&fd);
}

/* What comes in by a port of a bridge or a bond comes in by the bridge or the bond again. */
static bool
is_port(const struct nl_link *l)
{
	static const char *const kinds[] = {"bridge", "bond", "team", "openvswitch"};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (strcmp(l->master_kind, kinds[i]) == 0)
			return true;
	return false;
}

/*
 * Each that it can be done with; the first failure is the result.  The name is the instance's
 * own: another may have its filter on the same interfaces.
 */
static int
each_link(int prog, uint32_t prog_id, uint64_t root_id, struct err *e)
{
	char name[40];
	cleanup_nl struct nl *nl = NULL;
	cleanup_free struct nl_link *links = NULL;
	size_t n = 0;
	int first = 0, rc = nl_open(&nl, e);

	(void)snprintf(name, sizeof(name), "gaol_udp.%" PRIu64, root_id);
	if (rc == 0)
		rc = nl_link_list(nl, &links, &n, e);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < n; i++) {
		struct err one = {0};

		rc = 0;
		if (prog < 0)
			rc = nl_tc_detach(nl, links[i].index, name, &one);
		else if (!is_port(&links[i]))
			rc = nl_tc_attach(nl, links[i].index, prog, prog_id, name, &one);
		/* Gone meanwhile. */
		if (rc == 0 || rc == -ENODEV || first < 0)
			continue;
		/* -ENOENT is said of a program that is not pinned; here it is a kernel without
		 * clsact. */
		first = err_set(e, rc == -ENOENT ? EOPNOTSUPP : -rc, "interface %s: %s",
		    links[i].name, one.text);
	}
	return first;
}

int
bpf_udp_attach(int statefd, int root_cgroup_fd, struct err *e)
{
	struct bpf_prog_info info = {0};
	uint64_t root_id;
	int rc = bpf_cgroup_id(root_cgroup_fd, &root_id, e);

	if (rc < 0)
		return rc;

	int cleanup_fd prog = bpf_open_pin_in(statefd, root_id, BPF_PROG_UDP);

	if (prog < 0)
		return err_set(e, ENOENT, "the eBPF program for UDP servers is not loaded");
	rc = sysbpf_prog_info(prog, &info);
	if (rc < 0)
		return err_errno(e, -rc, "eBPF program %s", BPF_PROG_UDP);

	int cleanup_fd held = lock(root_cgroup_fd, e);

	return held < 0 ? held : each_link(prog, info.id, root_id, e);
}

int
bpf_udp_detach(int root_cgroup_fd, struct err *e)
{
	uint64_t root_id;
	int rc = bpf_cgroup_id(root_cgroup_fd, &root_id, e);

	return rc < 0 ? rc : each_link(-EBADF, 0, root_id, e);
}

static int
look(uint64_t cgid, const struct bpf_prison *p, void *arg)
{
	bool *wanted = arg;

	(void)cgid;
	*wanted = udp_is_wanted(p);
	return *wanted;
}

int
bpf_udp_release(const struct bpf_fds *fds, int root_cgroup_fd, struct err *e)
{
	bool wanted = false;
	int cleanup_fd held = lock(root_cgroup_fd, e);
	int rc;

	if (held < 0)
		return held;
	rc = bpf_prison_walk(fds, look, &wanted, e);
	return rc < 0 ? rc : wanted ? 0 : bpf_udp_detach(root_cgroup_fd, e);
}
