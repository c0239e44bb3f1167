/*
 * The pausing child that carries a new jail's UTS, IPC, cgroup, network and user
 * namespaces until the keeper holds them (kernel-notes: section 1).
 */
#ifndef GAOL_PRISON_NS_H
#define GAOL_PRISON_NS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"

enum ns_user {
	NS_USER_NEW,	  /* ids 0..65535 mapped to a range of the host's */
	NS_USER_IDENTITY, /* a user namespace whose map changes nothing */
	NS_USER_INHERIT,  /* none */
};

struct ns_spec {
	enum ns_user user;
	int64_t id_base; /* NS_USER_NEW: the host's id of the jail's 0 */
	bool net;	 /* vnet: a network namespace of its own */
	bool ipc;	 /* a new IPC namespace (sysv* inherit: none) */
	bool uts;	 /* a new UTS namespace (host=inherit: none) */
	int cgroup;	 /* the prison's directory, the root of its cgroup namespace */
};

struct ns_holder {
	pid_t pid;
	int pidfd;
	int userns; /* its user namespace, or -EBADF */
	int ready;  /* it writes a byte here when its work is done */
	void *stack;
};

#define NS_HOLDER_NONE \
	((struct ns_holder){.pid = -1, .pidfd = -EBADF, .userns = -EBADF, .ready = -EBADF})

/*
 * The holder pauses in the prison's cgroup until ns_holder_kill, ns_holder_done or our
 * death.  It still limits its user namespace when this returns: on a machine with two
 * processors the caller goes on beside it, and calls ns_holder_wait before anything of the
 * jail's runs in its namespaces.  ret stays where it is until ns_holder_done.
 */
int ns_holder_start(const struct ns_spec *spec, struct ns_holder *ret, struct err *e);
int ns_holder_wait(struct ns_holder *h, struct err *e);

/* The CLONE_NEW* that joiners pass to setns with the holder's pidfd. */
int ns_holder_flags(const struct ns_spec *spec);

/* Its end is not waited for: that costs as much as its start. */
void ns_holder_kill(struct ns_holder *h);

/* Kills and reaps; may be called twice. */
void ns_holder_done(struct ns_holder *h);

#endif
