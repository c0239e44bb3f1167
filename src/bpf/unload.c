/* Taking everything off again: for `quickstart clean` and before a change of layout. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "bpf/instance.h"
#include "bpf/sysbpf.h"

static int
detach_type(int cgroup_fd, enum bpf_attach_type type)
{
	uint32_t ids[SYSBPF_PROGS_MAX];
	int n = sysbpf_prog_query(cgroup_fd, type, ids);
	int rc = 0;

	/* Not a type of cgroup programs, or not known to this kernel. */
	if (n == -EINVAL)
		return 0;
	if (n < 0)
		return n;
	for (int i = 0; i < n && i < SYSBPF_PROGS_MAX; i++) {
		struct bpf_prog_info info = {0};
		int cleanup_fd prog = sysbpf_prog_by_id(ids[i]);
		int one;

		if (prog < 0 || sysbpf_prog_info(prog, &info) < 0)
			continue;
		if (strncmp(info.name, BPF_NAME_ANY, sizeof(BPF_NAME_ANY) - 1) != 0)
			continue;
		one = sysbpf_prog_detach(cgroup_fd, type, prog);
		if (one < 0 && rc == 0)
			rc = one;
	}
	return rc;
}

/* umount2(2) knows paths only; this one's last component is ours, and no link is followed there. */
static int
remove_bpffs(int statefd, uint64_t root_id)
{
	char dir[40], path[128];

	/* The link to the network namespace would live on in another copy of the mount. */
	bpf_pin_dir_name(root_id, dir);
	(void)snprintf(path, sizeof(path), "%s/%s/%s", BPF_PIN_DIR, dir, BPF_PROG_LOOKUP);
	(void)unlinkat(statefd, path, 0);
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%s", statefd, BPF_PIN_DIR);
	/* EINVAL: no mount (ours may have been made in another mount namespace). */
	while (umount2(path, MNT_DETACH | UMOUNT_NOFOLLOW) == 0)
		continue;
	if (errno != EINVAL && errno != ENOENT)
		return -errno;
	if (unlinkat(statefd, BPF_PIN_DIR, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return -errno;
	return 0;
}

int
bpf_unload(int statefd, int root_cgroup_fd, struct err *e)
{
	struct bpf_fds cleanup_bpf_fds fds = BPF_FDS_EMPTY;
	uint64_t root_id;
	size_t n = 0;
	int rc = bpf_cgroup_id(root_cgroup_fd, &root_id, e);

	if (rc < 0)
		return rc;

	if (bpf_open(statefd, root_cgroup_fd, &fds, e) == 0) {
		rc = bpf_prison_count(&fds, &n, e);
		if (rc < 0)
			return rc;
		if (n > 0)
			return err_set(e, EBUSY, "%zu jails are still known to the kernel", n);
	}
	for (int type = 0; type < __MAX_BPF_ATTACH_TYPE; type++) {
		rc = detach_type(root_cgroup_fd, (enum bpf_attach_type)type);
		if (rc < 0)
			return err_errno(e, -rc, "eBPF programs of the root cgroup");
	}
	rc = bpf_udp_detach(root_cgroup_fd, e);
	if (rc < 0)
		return rc;
	rc = remove_bpffs(statefd, root_id);
	return rc < 0 ? err_errno(e, -rc, "%s", BPF_PIN_DIR) : 0;
}
