/*
 * gaol-load: loads the eBPF programs of one instance, attaches them to its root
 * cgroup and pins their maps.  Started by bpf_load_via only, with the descriptors of
 * load.h.  The only program of ours that knows libbpf.
 *
 * Two at once take turns by a lock on the root cgroup's directory, which all
 * mount namespaces share.  Attached programs stay as long as the cgroup; the
 * order is attach, then pin, and the pin directory appears by a rename: whoever
 * finds it finds a loaded instance.  A loader that died half way has left some
 * programs attached: the next one takes over their maps and fills the gaps.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "bpf/instance.h"
#include "bpf/load/load.h"
#include "bpf/sysbpf.h"
#include "gaol.skel.h"

static bool verbose;

/* libbpf's last warning: with it a refusal says which program and why. */
static char last_warning[512];

__attribute__((format(printf, 2, 0))) static int
print_libbpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	va_list copy;

	if (level == LIBBPF_WARN) {
		va_copy(copy, ap);
		(void)vsnprintf(last_warning, sizeof(last_warning), fmt, copy);
		va_end(copy);
		last_warning[strcspn(last_warning, "\n")] = '\0';
	}
	return verbose ? vfprintf(stderr, fmt, ap) : 0;
}

static int
mount_bpffs(int statefd, struct err *e)
{
	int cleanup_fd fs = fsopen("bpf", FSOPEN_CLOEXEC);

	if (fs < 0)
		return err_errno(e, errno, "bpffs: fsopen");
	if (fsconfig(fs, FSCONFIG_SET_STRING, "source", "gaol", 0) < 0 ||
	    fsconfig(fs, FSCONFIG_SET_STRING, "mode", "0700", 0) < 0 ||
	    fsconfig(fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return err_errno(e, errno, "bpffs: fsconfig");

	int cleanup_fd mnt =
	    fsmount(fs, FSMOUNT_CLOEXEC, MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC);

	if (mnt < 0)
		return err_errno(e, errno, "bpffs: fsmount");
	if (move_mount(mnt, "", statefd, BPF_PIN_DIR, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		return err_errno(e, errno, "bpffs: move_mount on %s", BPF_PIN_DIR);
	return 0;
}

/* The directory .bpf, with our bpffs mounted on it. */
static int
open_bpffs(int statefd, struct err *e)
{
	for (int mounted = 0;; mounted++) {
		struct statfs sfs;

		if (mkdirat(statefd, BPF_PIN_DIR, 0700) < 0 && errno != EEXIST)
			return err_errno(e, errno, "mkdir %s", BPF_PIN_DIR);

		int cleanup_fd fd =
		    openat(statefd, BPF_PIN_DIR, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

		if (fd < 0 || fstatfs(fd, &sfs) < 0)
			return err_errno(e, errno, "%s", BPF_PIN_DIR);
		if (sfs.f_type == BPF_FS_MAGIC)
			return take_fd(&fd);
		if (mounted > 0)
			return err_set(e, EINVAL, "%s is no bpffs after mounting one", BPF_PIN_DIR);

		int rc = mount_bpffs(statefd, e);

		if (rc < 0)
			return rc;
	}
}

/* Maps that exist already are used again, so that no jail and no listener is forgotten. */
static int
reuse_maps(struct bpf_object *obj, const struct attached *old, struct err *e)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, obj)
	{
		int i = bpf_map_index(bpf_map__name(map));
		int rc;

		if (i < 0 || old->map[i] < 0)
			continue;
		rc = bpf_map__reuse_fd(map, old->map[i]);
		if (rc < 0)
			return err_errno(e, -rc, "eBPF map %s", bpf_map__name(map));
	}
	return 0;
}

static int
attach_all(struct bpf_object *obj, int cgroup_fd, const struct attached *old, struct err *e)
{
	for (size_t i = 0; i < HOOK_COUNT; i++) {
		struct bpf_program *prog = bpf_object__find_program_by_name(obj, hooks[i].name);
		int rc;

		if (prog == NULL)
			return err_set(e, ENOENT, "no eBPF program %s", hooks[i].name);
		if (bpf_program__fd(prog) < 0)
			continue;
		rc = sysbpf_prog_attach(
		    cgroup_fd, hooks[i].type, bpf_program__fd(prog), old->prog[i]);
		if (rc < 0)
			return err_errno(
			    e, -rc, "attaching eBPF program %s to the root cgroup", hooks[i].name);
	}
	return 0;
}

static int
load_error(struct err *e, int rc)
{
	if (access("/sys/kernel/btf/vmlinux", R_OK) < 0)
		return err_set(e, -rc,
		    "the kernel carries no type information (/sys/kernel/btf/vmlinux, "
		    "CONFIG_DEBUG_INFO_BTF): the eBPF programs cannot be loaded");
	if (rc == -EPERM)
		return err_set(e, EPERM,
		    "the kernel does not let us load eBPF programs: CAP_BPF, CAP_NET_ADMIN and "
		    "CAP_PERFMON are needed (%s)",
		    last_warning);
	return err_errno(e, -rc, "loading the eBPF programs failed (%s)", last_warning);
}

/* What is pinned: maps, programs that single jails or interfaces get, the link to the network
 * namespace. */
struct pins {
	int map[BPF_MAPS_PINNED];
	int egress;
	int udp;
	int lookup;
};

static void
pins_init(struct pins *p)
{
	for (size_t i = 0; i < BPF_MAPS_PINNED; i++)
		p->map[i] = -EBADF;
	p->egress = p->udp = p->lookup = -EBADF;
}

static void
pins_done(struct pins *p)
{
	for (size_t i = 0; i < BPF_MAPS_PINNED; i++)
		close_keep_errno(take_fd(&p->map[i]));
	close_keep_errno(take_fd(&p->egress));
	close_keep_errno(take_fd(&p->udp));
	close_keep_errno(take_fd(&p->lookup));
}

static int
keep_fd(int fd, const char *name, int *ret, struct err *e)
{
	*ret = fcntl(fd, F_DUPFD_CLOEXEC, LOAD_FD_LAST + 1);
	return *ret < 0 ? err_errno(e, errno, "%s", name) : 0;
}

/* There is no other way to attach this type of program than a link. */
static int
link_lookup(int prog, int *ret, struct err *e)
{
	int cleanup_fd netns = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	if (netns < 0)
		return err_errno(e, errno, "/proc/self/ns/net");
	*ret = sysbpf_link_create(netns, BPF_SK_LOOKUP, prog);
	return *ret < 0 ? err_errno(e, -*ret, "attaching eBPF program %s", BPF_PROG_LOOKUP) : 0;
}

static int
keep_pins(const struct gaol *skel, struct pins *pins, struct err *e)
{
	struct bpf_map *map;
	int rc =
	    keep_fd(bpf_program__fd(skel->progs.gaol2_egress), BPF_PROG_EGRESS, &pins->egress, e);

	if (rc == 0)
		rc = keep_fd(bpf_program__fd(skel->progs.gaol2_udp), BPF_PROG_UDP, &pins->udp, e);
	if (rc == 0)
		rc = link_lookup(bpf_program__fd(skel->progs.gaol2_lookup), &pins->lookup, e);
	for (map = bpf_object__next_map(skel->obj, NULL); rc == 0 && map != NULL;
	     map = bpf_object__next_map(skel->obj, map)) {
		const char *name = bpf_map__name(map);
		int i = bpf_map_index(name);

		if (i >= 0 && i < BPF_MAPS_PINNED)
			rc = keep_fd(bpf_map__fd(map), name, &pins->map[i], e);
	}
	return rc;
}

static bool
is_attached_elsewhere(const char *name)
{
	return strcmp(name, BPF_PROG_EGRESS) == 0 || strcmp(name, BPF_PROG_UDP) == 0 ||
	       strcmp(name, BPF_PROG_LOOKUP) == 0;
}

static bool
is_optional(const char *name)
{
	for (size_t i = 0; i < HOOK_COUNT; i++)
		if (strcmp(name, hooks[i].name) == 0)
			return hooks[i].optional;
	return false;
}

/* NULL, and *e, if the kernel refuses it. */
static struct gaol *
load_object(uint64_t root_id, const struct attached *old, bool with_optional, struct err *e)
{
	struct gaol *skel = gaol__open();
	struct bpf_program *prog;
	int rc;

	if (skel == NULL) {
		(void)err_errno(e, errno, "opening the eBPF object");
		return NULL;
	}
	skel->rodata->root_id = root_id;
	for (prog = bpf_object__next_program(skel->obj, NULL); prog != NULL;
	     prog = bpf_object__next_program(skel->obj, prog)) {
		const char *name = bpf_program__name(prog);
		bool needed = !old->complete || is_attached_elsewhere(name);

		(void)bpf_program__set_autoload(
		    prog, needed && (with_optional || !is_optional(name)));
	}
	rc = reuse_maps(skel->obj, old, e);
	if (rc == 0) {
		rc = gaol__load(skel);
		if (rc < 0)
			(void)load_error(e, rc);
	}
	if (rc == 0)
		return skel;
	gaol__destroy(skel);
	return NULL;
}

/*
 * Loads and attaches what is missing.  Where all is attached and only the pins
 * were lost, that is the programs alone which nothing at the root names.
 */
static int
load_programs(
    int cgroup_fd, uint64_t root_id, const struct attached *old, struct pins *pins, struct err *e)
{
	struct gaol *skel = load_object(root_id, old, true, e);
	int rc = 0;

	if (skel == NULL) {
		*e = (struct err){0};
		skel = load_object(root_id, old, false, e);
	}
	if (skel == NULL)
		return -e->num;
	if (!old->complete)
		rc = attach_all(skel->obj, cgroup_fd, old, e);
	if (rc == 0)
		rc = keep_pins(skel, pins, e);
	gaol__destroy(skel);
	return rc;
}

/* Removes one directory of pins.  One that is not there is no error. */
static int
remove_pins(int bpffs, const char *dir)
{
	int cleanup_fd fd = openat(bpffs, dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	for (size_t i = 0; i < BPF_MAPS_PINNED; i++)
		if (unlinkat(fd, bpf_map_names[i], 0) < 0 && errno != ENOENT)
			return -errno;
	if (unlinkat(fd, BPF_PROG_EGRESS, 0) < 0 && errno != ENOENT)
		return -errno;
	if (unlinkat(fd, BPF_PROG_UDP, 0) < 0 && errno != ENOENT)
		return -errno;
	if (unlinkat(fd, BPF_PROG_LOOKUP, 0) < 0 && errno != ENOENT)
		return -errno;
	return unlinkat(bpffs, dir, AT_REMOVEDIR) < 0 ? -errno : 0;
}

static const char fresh[] = "new";

static int
pin_one(int bpffs, int fd, const char *name, struct err *e)
{
	char path[128];
	int rc;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%s/%s", bpffs, fresh, name);
	rc = sysbpf_obj_pin(fd, path);
	return rc < 0 ? err_errno(e, -rc, "pinning %s", name) : 0;
}

static int
pin_all(int bpffs, uint64_t root_id, struct pins *pins, struct err *e)
{
	char dir[40];
	int rc;

	bpf_pin_dir_name(root_id, dir);
	rc = remove_pins(bpffs, fresh);
	if (rc == 0)
		rc = remove_pins(bpffs, dir);
	if (rc < 0)
		return err_errno(e, -rc, "%s: old pins", BPF_PIN_DIR);
	if (mkdirat(bpffs, fresh, 0700) < 0)
		return err_errno(e, errno, "%s/%s", BPF_PIN_DIR, fresh);
	rc = pin_one(bpffs, pins->egress, BPF_PROG_EGRESS, e);
	if (rc == 0)
		rc = pin_one(bpffs, pins->udp, BPF_PROG_UDP, e);
	if (rc == 0)
		rc = pin_one(bpffs, pins->lookup, BPF_PROG_LOOKUP, e);
	for (size_t i = 0; rc == 0 && i < BPF_MAPS_PINNED; i++)
		rc = pin_one(bpffs, pins->map[i], bpf_map_names[i], e);
	if (rc == 0 && renameat(bpffs, fresh, bpffs, dir) < 0)
		rc = err_errno(e, errno, "%s/%s", BPF_PIN_DIR, dir);
	return rc;
}

static bool
is_pinned(int bpffs, uint64_t root_id)
{
	struct bpf_fds cleanup_bpf_fds pinned = BPF_FDS_EMPTY;
	int cleanup_fd egress = bpf_open_pin(bpffs, root_id, BPF_PROG_EGRESS);
	int cleanup_fd udp = bpf_open_pin(bpffs, root_id, BPF_PROG_UDP);
	int cleanup_fd lookup = bpf_open_pin(bpffs, root_id, BPF_PROG_LOOKUP);

	return egress >= 0 && udp >= 0 && lookup >= 0 &&
	       bpf_open_pinned(bpffs, root_id, &pinned) == 0;
}

static int
load_attached(int bpffs, uint64_t root_id, struct attached *old, struct err *e)
{
	struct pins pins;
	int rc;

	pins_init(&pins);
	if (old->complete && is_pinned(bpffs, root_id))
		return 0;
	rc = load_programs(LOAD_FD_CGROUP, root_id, old, &pins, e);
	if (rc == 0)
		rc = pin_all(bpffs, root_id, &pins, e);
	pins_done(&pins);
	return rc;
}

static int
load_instance(struct err *e)
{
	struct attached old;
	uint64_t root_id;
	int rc;

	/*
	 * Opened anew: the descriptor that we were given is the caller's too, and a lock on it
	 * would last as long as the caller.
	 */
	int cleanup_fd lock = openat(LOAD_FD_CGROUP, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (lock < 0 || flock(lock, LOCK_EX) < 0)
		return err_errno(e, errno, "root cgroup: flock");
	rc = bpf_cgroup_id(LOAD_FD_CGROUP, &root_id, e);
	if (rc < 0)
		return rc;

	int cleanup_fd bpffs = open_bpffs(LOAD_FD_STATE, e);

	if (bpffs < 0)
		return bpffs;
	rc = attached_find(LOAD_FD_CGROUP, &old, e);
	if (rc < 0)
		return rc;
	rc = load_attached(bpffs, root_id, &old, e);
	attached_done(&old);
	return rc;
}

int
main(int argc, char **argv)
{
	struct err e = {0};
	struct stat st;
	int rc;

	verbose = argc == 2 && strcmp(argv[1], "-v") == 0;
	if ((argc != 1 && !verbose) || fstat(LOAD_FD_ERR, &st) < 0 || !S_ISFIFO(st.st_mode)) {
		(void)fprintf(stderr, "gaol-load: started by jail(8), not by hand\n");
		return 1;
	}
	libbpf_set_print(print_libbpf);
	rc = load_instance(&e);
	return write(LOAD_FD_ERR, &e, sizeof(e)) == (ssize_t)sizeof(e) && rc == 0 ? 0 : 1;
}
