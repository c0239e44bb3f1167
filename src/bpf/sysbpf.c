#include "bpf/sysbpf.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int
sysbpf(enum bpf_cmd cmd, union bpf_attr *attr)
{
	long rc = syscall(SYS_bpf, cmd, attr, sizeof(*attr));

	return rc < 0 ? -errno : (int)rc;
}

static uint64_t
ptr(const void *p)
{
	return (uint64_t)(uintptr_t)p;
}

int
sysbpf_obj_get(const char *path)
{
	union bpf_attr attr;

	/* The kernel refuses what is not zero behind a command's own fields. */
	memset(&attr, 0, sizeof(attr));
	attr.pathname = ptr(path);
	return sysbpf(BPF_OBJ_GET, &attr);
}

int
sysbpf_obj_pin(int fd, const char *path)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.pathname = ptr(path);
	attr.bpf_fd = (uint32_t)fd;
	return sysbpf(BPF_OBJ_PIN, &attr);
}

int
sysbpf_map_lookup(int map, const void *key, void *value)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)map;
	attr.key = ptr(key);
	attr.value = ptr(value);
	return sysbpf(BPF_MAP_LOOKUP_ELEM, &attr);
}

int
sysbpf_map_update(int map, const void *key, const void *value, uint64_t flags)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)map;
	attr.key = ptr(key);
	attr.value = ptr(value);
	attr.flags = flags;
	return sysbpf(BPF_MAP_UPDATE_ELEM, &attr);
}

int
sysbpf_map_delete(int map, const void *key)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)map;
	attr.key = ptr(key);
	return sysbpf(BPF_MAP_DELETE_ELEM, &attr);
}

int
sysbpf_map_next(int map, const void *key, void *next)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_fd = (uint32_t)map;
	attr.key = ptr(key);
	attr.next_key = ptr(next);
	return sysbpf(BPF_MAP_GET_NEXT_KEY, &attr);
}

int
sysbpf_prog_by_id(uint32_t id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.prog_id = id;
	return sysbpf(BPF_PROG_GET_FD_BY_ID, &attr);
}

int
sysbpf_map_by_id(uint32_t id)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.map_id = id;
	return sysbpf(BPF_MAP_GET_FD_BY_ID, &attr);
}

static int
obj_info(int fd, void *info, size_t size)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.info.bpf_fd = (uint32_t)fd;
	attr.info.info_len = (uint32_t)size;
	attr.info.info = ptr(info);
	return sysbpf(BPF_OBJ_GET_INFO_BY_FD, &attr);
}

int
sysbpf_prog_info(int prog, struct bpf_prog_info *info)
{
	return obj_info(prog, info, sizeof(*info));
}

int
sysbpf_map_info(int map, struct bpf_map_info *info)
{
	return obj_info(map, info, sizeof(*info));
}

int
sysbpf_prog_query(int cgroup_fd, enum bpf_attach_type type, uint32_t ids[SYSBPF_PROGS_MAX])
{
	uint32_t flags[SYSBPF_PROGS_MAX];
	union bpf_attr attr;
	int rc;

	memset(&attr, 0, sizeof(attr));
	attr.query.target_fd = (uint32_t)cgroup_fd;
	attr.query.attach_type = type;
	attr.query.prog_ids = ptr(ids);
	/* Must be asked for where one type has many hooks (6.0), and is not known elsewhere. */
	if (type == BPF_LSM_CGROUP)
		attr.query.prog_attach_flags = ptr(flags);
	attr.query.prog_cnt = SYSBPF_PROGS_MAX;
	rc = sysbpf(BPF_PROG_QUERY, &attr);
	return rc < 0 ? rc : (int)attr.query.prog_cnt;
}

int
sysbpf_prog_attach(int cgroup_fd, enum bpf_attach_type type, int prog, int replace)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)prog;
	attr.attach_type = type;
	attr.attach_flags = BPF_F_ALLOW_MULTI;
	if (replace >= 0) {
		attr.attach_flags |= BPF_F_REPLACE;
		attr.replace_bpf_fd = (uint32_t)replace;
	}
	return sysbpf(BPF_PROG_ATTACH, &attr);
}

int
sysbpf_link_create(int target_fd, enum bpf_attach_type type, int prog)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.link_create.prog_fd = (uint32_t)prog;
	attr.link_create.target_fd = (uint32_t)target_fd;
	attr.link_create.attach_type = type;
	return sysbpf(BPF_LINK_CREATE, &attr);
}

int
sysbpf_prog_detach(int cgroup_fd, enum bpf_attach_type type, int prog)
{
	union bpf_attr attr;

	memset(&attr, 0, sizeof(attr));
	attr.target_fd = (uint32_t)cgroup_fd;
	attr.attach_bpf_fd = (uint32_t)prog;
	attr.attach_type = type;
	return sysbpf(BPF_PROG_DETACH, &attr);
}
