/*
 * One instance of Gaol: the state directory /run/jail, the root cgroup and the
 * pinned programs, together.  Chosen by mount namespace, never by environment or
 * option: whoever mounts another tmpfs on /run/jail has another instance.
 */
#ifndef GAOL_PRISON_INSTANCE_H
#define GAOL_PRISON_INSTANCE_H

#include <limits.h>
#include <stdbool.h>

#include "base/err.h"
#include "bpf/bpf.h"

#define INSTANCE_STATE_DIR "/run/jail"

struct instance {
	int state;		/* the state directory */
	int locks;		/* .jail: one lock file a jail */
	int names;		/* .names: name -> jid, as symbolic links */
	int work;		/* .work: the jids whose creation or removal is under way */
	int cgroup;		/* the root cgroup, e.g. <cgroup2>/gaol */
	int keepers;		/* .k in it */
	char cgroup_mount[256]; /* where cgroup2 is mounted */
	char cgroup_name[256];	/* the root cgroup's path below that mount */
	bool bpf_open;
	bool bpf_loaded; /* by this command, the first since the host's start */
	struct bpf_fds bpf;
};

/*
 * The instance of this mount namespace, opened once a process.  For reading: -ENOENT
 * when there is no state directory yet (then there are no jails).
 */
int instance_read(const struct instance **ret, struct err *e);

/* For changing: root only; makes directories and root cgroup where they are missing. */
int instance_write(struct instance **ret, struct err *e);

/* Adds the eBPF maps, running the loader if nothing is loaded. */
int instance_bpf(struct instance *in, struct err *e);

/*
 * A directory for pins of mount namespaces (files on which they are bound): a mount of
 * our own without propagation, as the kernel refuses to copy such binds to the peers of
 * a shared one.  Made if missing.  The caller owns the descriptor.
 */
int instance_pins(const struct instance *in, struct err *e);

/* The registry's lock, for jid, name and id range only; never held over anything slow. */
int instance_lock(const struct instance *in, struct err *e);
void instance_unlock(int lock);

/*
 * Held over a look at an interface and at who has its aliases, and what is done after
 * it: without it a jail that comes would rely on an address that one that goes takes
 * away.  instance_lock may be taken while it is held, not before.  instance_unlock.
 */
int instance_lock_aliases(const struct instance *in, struct err *e);

/* The controllers that limits need, in the root and in ours (kernel-notes: systemd may take them
 * back). */
void instance_controllers(const struct instance *in);

#endif
