/* The egress program: attached per jail, since it costs something on every packet. */
#include <errno.h>
#include <fcntl.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "bpf/instance.h"
#include "bpf/sysbpf.h"

static const struct hook egress = {BPF_PROG_EGRESS, BPF_CGROUP_INET_EGRESS, true};

int
bpf_raw_attach(int statefd, int root_cgroup_fd, int cgroup_fd, struct err *e)
{
	uint64_t root_id;
	int rc = bpf_cgroup_id(root_cgroup_fd, &root_id, e);

	if (rc < 0)
		return rc;

	int cleanup_fd attached = bpf_find_prog(cgroup_fd, &egress);

	if (attached >= 0)
		return 0;
	if (attached != -ENOENT)
		return err_errno(e, -attached, "eBPF programs of the jail's cgroup");

	int cleanup_fd prog = bpf_open_pin_in(statefd, root_id, egress.name);

	if (prog < 0)
		return err_set(e, ENOENT, "the eBPF program for raw sockets is not loaded");
	rc = sysbpf_prog_attach(cgroup_fd, egress.type, prog, -EBADF);
	return rc < 0 ? err_errno(e, -rc, "attaching eBPF program %s", egress.name) : 0;
}

int
bpf_raw_detach(int cgroup_fd, struct err *e)
{
	int cleanup_fd prog = bpf_find_prog(cgroup_fd, &egress);
	int rc;

	if (prog == -ENOENT)
		return 0;
	rc = prog < 0 ? prog : sysbpf_prog_detach(cgroup_fd, egress.type, prog);
	return rc < 0 ? err_errno(e, -rc, "detaching eBPF program %s", egress.name) : 0;
}
