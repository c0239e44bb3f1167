/* What this kernel has of what Gaol uses: each thing is tried, no version is compared. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "bpf/bpf.h"
#include "prison/api.h"
#include "prison/instance.h"
#include "prison/ns.h"

enum feature {
	F_CGROUP2,
	F_CGROUP_KILL,
	F_CONTROLLERS,
	F_PROGRAMS,
	F_UNIX,
	F_USERNS,
	F_IDMAP_ROOT,
	F_IDMAP_TMPFS,
	F_MQUEUE,
	F_TIOCSTI_CLOSED,
	F_SHARED_ROOT,
	F_COUNT,
};

static struct gaol_feature features[F_COUNT] = {
    [F_CGROUP2] = {"cgroup v2", false,
	"every jail is a directory there; without it there are no jails"},
    [F_CGROUP_KILL] = {"cgroup.kill", false,
	"a jail's processes are killed at once, whatever they do"},
    [F_CONTROLLERS] = {"cgroup controllers", false,
	"cpu, memory and pids can be limited; without them rctl has nothing to work with"},
    [F_PROGRAMS] = {"eBPF programs on cgroups", false,
	"addresses and devices of jails are enforced; without them there are no jails"},
    [F_UNIX] = {"eBPF programs on LSM hooks", false,
	"jails reach no abstract local sockets of the host or of each other; without them they do"},
    [F_USERNS] = {"user namespaces", false,
	"root of a jail is nobody on the host; without them only gaol.userns=inherit works"},
    [F_IDMAP_ROOT] = {"id-mapped mounts of /", false,
	"jails below / keep their owners on disk; where a file system has none: "
	"gaol.userns=identity"},
    [F_IDMAP_TMPFS] = {"id-mapped mounts of tmpfs", false,
	"a jail may lie on a tmpfs; without it (before Linux 6.3) such a jail needs "
	"gaol.userns=identity"},
    [F_MQUEUE] = {"POSIX message queues", false, "/dev/mqueue in jails with mount.devfs"},
    [F_TIOCSTI_CLOSED] = {"TIOCSTI closed by the kernel", false,
	"nobody can type into the administrator's terminal; jails are refused it in any case"},
    [F_SHARED_ROOT] = {"shared propagation of /", false,
	"what the host mounts below a jail's path later appears inside"},
};

static bool
idmaps(int tree, int userns)
{
	struct mount_attr attr = {.attr_set = MOUNT_ATTR_IDMAP, .userns_fd = (uint64_t)userns};

	return tree >= 0 && userns >= 0 &&
	       mount_setattr(tree, "", AT_EMPTY_PATH, &attr, sizeof(attr)) == 0;
}

static int
fresh_tmpfs(void)
{
	cleanup_fd int fs = fsopen("tmpfs", FSOPEN_CLOEXEC);

	if (fs < 0 || fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return -1;
	return fsmount(fs, FSMOUNT_CLOEXEC, 0);
}

static bool
file_system(const char *name)
{
	cleanup_fd int fs = fsopen(name, FSOPEN_CLOEXEC);

	return fs >= 0;
}

/* A holder in the root cgroup of the instance lends its user namespace for a moment. */
static void
try_maps(const struct instance *in)
{
	struct ns_spec spec = {.user = NS_USER_NEW, .id_base = 1879048192, .cgroup = in->keepers};
	struct ns_holder h = NS_HOLDER_NONE;
	cleanup_fd int root = open_tree(AT_FDCWD, "/", OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	cleanup_fd int tmpfs = fresh_tmpfs();

	features[F_USERNS].found =
	    ns_holder_start(&spec, &h, NULL) == 0 && ns_holder_wait(&h, NULL) == 0;
	features[F_IDMAP_ROOT].found = idmaps(root, h.userns);
	features[F_IDMAP_TMPFS].found = idmaps(tmpfs, h.userns);
	ns_holder_done(&h);
}

static bool
tiocsti_closed(void)
{
	cleanup_free char *text = NULL;

	return path_read(AT_FDCWD, "/proc/sys/dev/tty/legacy_tiocsti", 16, &text, NULL) == 0 &&
	       *text == '0';
}

/* The optional field "shared:N" of the line whose mount point is "/". */
static bool
root_is_shared(void)
{
	cleanup_free char *text = NULL;
	char *rest, *line;
	bool shared = false;

	if (path_read(AT_FDCWD, "/proc/self/mountinfo", 64u << 20, &text, NULL) < 0)
		return false;
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;) {
		char *point = line;

		for (int i = 0; i < 4 && point != NULL; i++)
			(void)strsep(&point, " ");
		if (point != NULL && strncmp(point, "/ ", 2) == 0)
			shared = strstr(point, " shared:") != NULL;
	}
	return shared;
}

static bool
all_controllers(const struct instance *in)
{
	cleanup_free char *on = NULL;

	instance_controllers(in);
	return path_read(in->cgroup, "cgroup.subtree_control", 4096, &on, NULL) == 0 &&
	       strstr(on, "cpu") != NULL && strstr(on, "memory") != NULL &&
	       strstr(on, "pids") != NULL;
}

int
gaol_features(const struct gaol_feature **ret, size_t *ret_n, struct err *e)
{
	struct instance *in;
	int r;

	r = instance_write(&in, e);
	if (r == -EPERM)
		return err_set(e, EPERM, "only root can try what the kernel has");
	features[F_CGROUP2].found = r == 0;
	if (r == 0) {
		features[F_CGROUP_KILL].found = faccessat(in->keepers, "cgroup.kill", F_OK, 0) == 0;
		features[F_CONTROLLERS].found = all_controllers(in);
		features[F_PROGRAMS].found = instance_bpf(in, e) == 0;
		features[F_UNIX].found =
		    features[F_PROGRAMS].found && bpf_unix_is_closed(in->cgroup);
		try_maps(in);
	}
	features[F_MQUEUE].found = file_system("mqueue");
	features[F_TIOCSTI_CLOSED].found = tiocsti_closed();
	features[F_SHARED_ROOT].found = root_is_shared();
	*ret = features;
	*ret_n = F_COUNT;
	return 0;
}
