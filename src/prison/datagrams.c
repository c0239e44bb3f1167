#include "prison/datagrams.h"

#include <errno.h>

#include "base/err.h"
#include "bpf/bpf.h"

int
datagrams_attach(struct instance *in, struct err *e)
{
	int r = bpf_udp_attach(in->state, in->cgroup, e);

	/* A mount namespace without our bpffs does not have the program at hand. */
	if (r != -ENOENT)
		return r;
	r = bpf_load_via(NULL, in->state, in->cgroup, 0, e);
	return r < 0 ? r : bpf_udp_attach(in->state, in->cgroup, e);
}

int
datagrams_release(struct instance *in, struct err *e)
{
	return bpf_udp_release(&in->bpf, in->cgroup, e);
}
