/* What bpf_load_via and the loader agree on: the descriptors that the loader starts with. */
#ifndef GAOL_BPF_LOAD_LOAD_H
#define GAOL_BPF_LOAD_LOAD_H

enum {
	LOAD_FD_STATE = 3,  /* the instance's state directory */
	LOAD_FD_CGROUP = 4, /* its root cgroup's directory */
	LOAD_FD_ERR = 5,    /* takes one struct err at the end */
	LOAD_FD_LAST = LOAD_FD_ERR,
};

#endif
