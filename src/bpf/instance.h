/*
 * Where an instance's programs and maps are found: shared by the library and the
 * loader, not for src/prison.
 */
#ifndef GAOL_BPF_INSTANCE_H
#define GAOL_BPF_INSTANCE_H

#include <stdbool.h>

#include "bpf/bpf.h"
#include "bpf/hooks.h"

/* All maps, those of struct bpf_fds first, in its order. */
#define BPF_MAPS 11
#define BPF_MAPS_PINNED 7

extern const char *const bpf_map_names[BPF_MAPS];

struct attached {
	int prog[HOOK_COUNT]; /* by hook; negative: not attached */
	int map[BPF_MAPS];    /* by name; negative where no program names it */
	bool complete;	      /* every hook has its program, and all of them one set of maps */
};

/* The index of a map's name; negative: none of ours. */
int bpf_map_index(const char *name);

/* The descriptor in fds of a map with an index below BPF_MAPS_PINNED. */
int *bpf_fds_slot(struct bpf_fds *fds, size_t index);

/* "<layout>-<cgroup id>": a directory below .bpf.  The id makes pins of a root cgroup that was
 * removed and made anew worthless, as they are. */
void bpf_pin_dir_name(uint64_t root_id, char buf[static 40]);

/* Opens one pin by its name.  -ENOENT, or what else the kernel says of a thing that is none. */
int bpf_open_pin(int bpffs, uint64_t root_id, const char *name);

/* The same from the state directory.  -ENOENT too where our bpffs is not mounted. */
int bpf_open_pin_in(int statefd, uint64_t root_id, const char *name);

/* Opens the pinned maps; bpffs is the mount's directory.  -ENOENT: not all are there. */
int bpf_open_pinned(int bpffs, uint64_t root_id, struct bpf_fds *ret);

/* The program of the hook's name among those on this cgroup.  -ENOENT: none. */
int bpf_find_prog(int cgroup_fd, const struct hook *hook);

/* The program for UDP servers, from all interfaces of this network namespace. */
int bpf_udp_detach(int root_cgroup_fd, struct err *e);

/* What of ours is attached to the cgroup.  The caller closes (attached_done). */
int attached_find(int root_cgroup_fd, struct attached *ret, struct err *e);
void attached_done(struct attached *a);

#endif
