/* bpf(2) as it is: each returns what it says or a negative errno. */
#ifndef GAOL_BPF_SYSBPF_H
#define GAOL_BPF_SYSBPF_H

#include <linux/bpf.h>
#include <stddef.h>
#include <stdint.h>

/* Programs on one cgroup that we look at; the kernel allows 64 (BPF_CGROUP_MAX_PROGS). */
#define SYSBPF_PROGS_MAX 64

int sysbpf_obj_get(const char *path);
int sysbpf_obj_pin(int fd, const char *path);
int sysbpf_map_lookup(int map, const void *key, void *value);
int sysbpf_map_update(int map, const void *key, const void *value, uint64_t flags);
int sysbpf_map_delete(int map, const void *key);

/* key NULL: the first.  -ENOENT: no more. */
int sysbpf_map_next(int map, const void *key, void *next);

int sysbpf_prog_by_id(uint32_t id);
int sysbpf_map_by_id(uint32_t id);
int sysbpf_prog_info(int prog, struct bpf_prog_info *info);
int sysbpf_map_info(int map, struct bpf_map_info *info);

/* The programs attached to this very cgroup, not its ancestors'.  Returns their number. */
int sysbpf_prog_query(int cgroup_fd, enum bpf_attach_type type, uint32_t ids[SYSBPF_PROGS_MAX]);

/* replace: the descriptor of an attached program whose place prog takes, or negative: beside all
 * others. */
int sysbpf_prog_attach(int cgroup_fd, enum bpf_attach_type type, int prog, int replace);
/* The attachment lives as long as the descriptor or a pin of it. */
int sysbpf_link_create(int target_fd, enum bpf_attach_type type, int prog);

int sysbpf_prog_detach(int cgroup_fd, enum bpf_attach_type type, int prog);

#endif
