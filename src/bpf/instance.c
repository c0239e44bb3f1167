/*
 * Finding what is loaded.  Pins are the short way, one call a map; the cgroup is
 * the truth, since a program stays attached as long as the cgroup lives, whatever
 * became of the mount that held the pins.
 */
#include "bpf/instance.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/path.h"
#include "bpf/sysbpf.h"

const char *const bpf_map_names[BPF_MAPS] = {
    BPF_MAP_PRISONS,
    BPF_MAP_ADDRS4,
    BPF_MAP_ADDRS6,
    BPF_MAP_DEVSETS,
    BPF_MAP_LISTED,
    BPF_MAP_DEST4,
    BPF_MAP_DEST6,
    BPF_MAP_WILD,
    BPF_MAP_LISTENERS,
    BPF_MAP_EXACTS,
    BPF_MAP_PEERS,
};

int
bpf_map_index(const char *name)
{
	for (int i = 0; i < BPF_MAPS; i++)
		if (strcmp(name, bpf_map_names[i]) == 0)
			return i;
	return -ENOENT;
}

int *
bpf_fds_slot(struct bpf_fds *fds, size_t index)
{
	int *slots[BPF_MAPS_PINNED] = {&fds->prisons, &fds->addrs4, &fds->addrs6, &fds->devsets,
	    &fds->listed, &fds->dest4, &fds->dest6};

	return slots[index];
}

void
bpf_fds_close(struct bpf_fds *fds)
{
	for (size_t i = 0; i < BPF_MAPS_PINNED; i++)
		close_keep_errno(*bpf_fds_slot(fds, i));
	*fds = BPF_FDS_EMPTY;
}

int
bpf_cgroup_id(int cgroup_fd, uint64_t *ret, struct err *e)
{
	struct stat st;

	if (fstat(cgroup_fd, &st) < 0)
		return err_errno(e, errno, "cgroup directory: fstat");
	*ret = st.st_ino;
	return 0;
}

void
bpf_pin_dir_name(uint64_t root_id, char buf[static 40])
{
	(void)snprintf(buf, 40, "v%d-%" PRIu64, BPF_LAYOUT, root_id);
}

int
bpf_open_pin(int bpffs, uint64_t root_id, const char *name)
{
	char dir[40], path[128];

	bpf_pin_dir_name(root_id, dir);
	/* BPF_OBJ_GET takes a directory's descriptor only from 6.5 on. */
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/%s/%s", bpffs, dir, name);
	return sysbpf_obj_get(path);
}

int
bpf_open_pin_in(int statefd, uint64_t root_id, const char *name)
{
	int cleanup_fd bpffs =
	    openat(statefd, BPF_PIN_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return bpffs < 0 ? -ENOENT : bpf_open_pin(bpffs, root_id, name);
}

int
bpf_open_pinned(int bpffs, uint64_t root_id, struct bpf_fds *ret)
{
	struct bpf_fds cleanup_bpf_fds fds = BPF_FDS_EMPTY;

	for (size_t i = 0; i < BPF_MAPS_PINNED; i++) {
		int fd = bpf_open_pin(bpffs, root_id, bpf_map_names[i]);

		if (fd < 0)
			return fd;
		*bpf_fds_slot(&fds, i) = fd;
	}
	fds.pinned = true;
	*ret = fds;
	fds = BPF_FDS_EMPTY;
	return 0;
}

/* Notes the maps of one program.  1: one of them is another than an earlier program's. */
static int
note_maps(int prog, int maps[BPF_MAPS], uint32_t ids[BPF_MAPS])
{
	uint32_t prog_maps[32] = {0};
	struct bpf_prog_info info = {
	    .map_ids = (uint64_t)(uintptr_t)prog_maps, .nr_map_ids = ARRAY_SIZE(prog_maps)};
	int rc = sysbpf_prog_info(prog, &info);

	if (rc < 0)
		return rc;
	for (size_t i = 0; i < info.nr_map_ids && i < ARRAY_SIZE(prog_maps); i++) {
		struct bpf_map_info map_info = {0};
		int cleanup_fd fd = sysbpf_map_by_id(prog_maps[i]);
		int n;

		if (fd < 0)
			return fd;
		rc = sysbpf_map_info(fd, &map_info);
		if (rc < 0)
			return rc;
		n = bpf_map_index(map_info.name);
		if (n < 0)
			continue;
		if (maps[n] < 0) {
			maps[n] = take_fd(&fd);
			ids[n] = prog_maps[i];
		} else if (ids[n] != prog_maps[i]) {
			return 1;
		}
	}
	return 0;
}

int
bpf_find_prog(int cgroup_fd, const struct hook *hook)
{
	uint32_t ids[SYSBPF_PROGS_MAX];
	int n = sysbpf_prog_query(cgroup_fd, hook->type, ids);

	if (n < 0)
		return n;
	for (int i = 0; i < n && i < SYSBPF_PROGS_MAX; i++) {
		struct bpf_prog_info info = {0};
		int cleanup_fd prog = sysbpf_prog_by_id(ids[i]);

		/* Somebody else's may have been detached meanwhile. */
		if (prog == -ENOENT)
			continue;
		if (prog < 0)
			return prog;
		if (sysbpf_prog_info(prog, &info) == 0 && strcmp(info.name, hook->name) == 0)
			return take_fd(&prog);
	}
	return -ENOENT;
}

void
attached_done(struct attached *a)
{
	for (size_t i = 0; i < HOOK_COUNT; i++)
		close_keep_errno(take_fd(&a->prog[i]));
	for (size_t i = 0; i < BPF_MAPS; i++)
		close_keep_errno(take_fd(&a->map[i]));
}

int
attached_find(int root_cgroup_fd, struct attached *ret, struct err *e)
{
	uint32_t map_ids[BPF_MAPS] = {0};

	ret->complete = true;
	for (size_t i = 0; i < HOOK_COUNT; i++)
		ret->prog[i] = -EBADF;
	for (size_t i = 0; i < BPF_MAPS; i++)
		ret->map[i] = -EBADF;
	for (size_t i = 0; i < HOOK_COUNT; i++) {
		int rc = bpf_find_prog(root_cgroup_fd, &hooks[i]);

		/* A kernel that does not even know the type. */
		if (rc == -EINVAL && hooks[i].optional)
			rc = -ENOENT;
		if (rc >= 0) {
			ret->prog[i] = rc;
			rc = note_maps(rc, ret->map, map_ids);
		}
		if (rc == -ENOENT && hooks[i].optional)
			continue;
		if (rc == -ENOENT || rc > 0) {
			ret->complete = false;
		} else if (rc < 0) {
			attached_done(ret);
			return err_errno(
			    e, -rc, "eBPF program %s of the root cgroup", hooks[i].name);
		}
	}
	for (size_t i = 0; i < BPF_MAPS; i++)
		if (ret->map[i] < 0)
			ret->complete = false;
	return 0;
}

bool
bpf_unix_is_closed(int root_cgroup_fd)
{
	cleanup_free char *modules = NULL;

	for (size_t i = 0; i < HOOK_COUNT; i++) {
		int cleanup_fd prog = -EBADF;

		if (!hooks[i].optional)
			continue;
		prog = bpf_find_prog(root_cgroup_fd, &hooks[i]);
		if (prog < 0)
			return false;
	}
	/* Attached is not called: the module must be among those that are asked. */
	return path_read(AT_FDCWD, "/sys/kernel/security/lsm", 4096, &modules, NULL) < 0 ||
	       strstr(modules, "bpf") != NULL;
}

/*
 * Pins in this mount namespace may outlive an unload that was done in another.  It
 * takes all programs away, so looking for those of one type is enough.
 */
static bool
is_attached(int root_cgroup_fd)
{
	uint32_t ids[SYSBPF_PROGS_MAX];

	return sysbpf_prog_query(root_cgroup_fd, hooks[HOOK_COUNT - 1].type, ids) > 0;
}

int
bpf_open(int statefd, int root_cgroup_fd, struct bpf_fds *ret, struct err *e)
{
	struct attached a;
	uint64_t root_id;
	int rc = bpf_cgroup_id(root_cgroup_fd, &root_id, e);

	if (rc < 0)
		return rc;

	int cleanup_fd bpffs =
	    openat(statefd, BPF_PIN_DIR, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	if (bpffs >= 0 && is_attached(root_cgroup_fd) && bpf_open_pinned(bpffs, root_id, ret) == 0)
		return 0;
	rc = attached_find(root_cgroup_fd, &a, e);
	if (rc < 0)
		return rc;
	if (a.complete) {
		*ret = BPF_FDS_EMPTY;
		for (size_t i = 0; i < BPF_MAPS_PINNED; i++)
			*bpf_fds_slot(ret, i) = take_fd(&a.map[i]);
	} else {
		rc = err_set(e, ENOENT, "the eBPF programs are not loaded");
	}
	attached_done(&a);
	return rc;
}
