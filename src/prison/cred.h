/*
 * What root is inside a jail: capabilities and system call filter from the jail's
 * permissions, and the one place where a process that enters puts them on.  Starting
 * and entering use the same code.
 */
#ifndef GAOL_PRISON_CRED_H
#define GAOL_PRISON_CRED_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* gaol.userns */
enum cred_userns {
	CRED_USERNS_NEW,
	CRED_USERNS_IDENTITY,
	CRED_USERNS_INHERIT,
};

/* Permissions that are privileges on Linux. */
#define CRED_SUSER (UINT64_C(1) << 0) /* allow.suser: without it uid 0 has no capability at all */
#define CRED_SET_HOSTNAME (UINT64_C(1) << 1)
#define CRED_RESERVED_PORTS (UINT64_C(1) << 2)
#define CRED_RAW_SOCKETS (UINT64_C(1) << 3) /* asked for by the broker */
#define CRED_CHFLAGS (UINT64_C(1) << 4)
#define CRED_MLOCK (UINT64_C(1) << 5)
#define CRED_READ_MSGBUF (UINT64_C(1) << 6)
#define CRED_ADJTIME (UINT64_C(1) << 7) /* Linux has one capability for slewing and stepping */
#define CRED_SETTIME (UINT64_C(1) << 8)
#define CRED_SETAUDIT (UINT64_C(1) << 9)
#define CRED_SOCKET_AF (UINT64_C(1) << 10)
#define CRED_MOUNT (UINT64_C(1) << 11)
#define CRED_QUOTAS (UINT64_C(1) << 12)
#define CRED_EXTATTR (UINT64_C(1) << 13)
#define CRED_ROUTING (UINT64_C(1) << 14)
/* What is not called allow.*, but decides privileges too. */
#define CRED_VNET (UINT64_C(1) << 15)	 /* vnet=new */
#define CRED_SYSVMSG (UINT64_C(1) << 16) /* other than disable */
#define CRED_SYSVSEM (UINT64_C(1) << 17)
#define CRED_SYSVSHM (UINT64_C(1) << 18)
#define CRED_NODE_BPF (UINT64_C(1) << 19) /* the ruleset shows bpf* */
#define CRED_NODE_MEM (UINT64_C(1) << 20) /* the ruleset shows mem or kmem */

/* The bit of "allow.mlock" and its kin; 0: that parameter is no privilege here. */
uint64_t cred_allow_bit(const char *param);

/* The name of one bit ("allow.mlock", "vnet", "devfs_ruleset"), for messages. */
const char *cred_allow_name(uint64_t bit);

/* The bounding set of the jail, 1 << CAP_x; root's permitted and effective sets too. */
uint64_t cred_capabilities(enum cred_userns mode, uint64_t allow);

/* The bits of enum seccomp_open. */
unsigned cred_filter(enum cred_userns mode, uint64_t allow);

/*
 * Those of `allow` that cannot hold with this mode, because the kernel grants them in
 * its first user namespace only, or because they would hand over the host.  Said at start.
 */
uint64_t cred_ineffective(enum cred_userns mode, uint64_t allow);

struct cred {
	uid_t uid; /* as seen inside */
	gid_t gid;
	const gid_t *groups; /* the supplementary groups, all of them */
	size_t ngroups;
	uint64_t capabilities; /* from cred_capabilities */
	unsigned filter;       /* from cred_filter, SECCOMP_NOTIFY_RAW added where a broker waits */
	int pdeathsig;	       /* 0: none */
	/*
	 * With pdeathsig: a pidfd of the parent, which may have died before the signal was
	 * asked for; -EBADF: not checked.
	 */
	int parent_pidfd;
	int ret_listener; /* out: with SECCOMP_NOTIFY_RAW the listener, else -EBADF */
};

enum cred_step {
	CRED_STEP_NONE,
	CRED_STEP_BOUNDING,
	CRED_STEP_AMBIENT,
	CRED_STEP_GROUPS,
	CRED_STEP_GID,
	CRED_STEP_FILTER,
	CRED_STEP_UID,
	CRED_STEP_CAPABILITIES,
	CRED_STEP_PDEATHSIG,
	CRED_STEP_VERIFY,
};

/*
 * In the child, as uid 0 with all capabilities of its user namespace (after the last
 * setns), before exec.  Async-signal-safe, no memory.  Returns 0, or a negative errno and
 * the step that failed (never NONE); the process must exit then.  -EPROTO at VERIFY: what
 * the kernel reads back is not what was set.  -ESRCH at PDEATHSIG: the parent is gone.
 * no_new_privs and securebits stay as they are.
 */
int cred_apply(struct cred *c, enum cred_step *ret_step);

/* "setting the groups", ... for "cannot enter: <step>: <strerror>". */
const char *cred_step_name(enum cred_step step);

#endif
