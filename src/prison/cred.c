#include "prison/cred.h"

#include <errno.h>
#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <stdbool.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "prison/seccomp.h"

#define CAP(name) (UINT64_C(1) << CAP_##name)

/*
 * What FreeBSD gives root in every jail (prison_priv_check), in Linux's terms; and what
 * has no counterpart there but belongs to being root: SETPCAP and SETFCAP (dpkg sets
 * file capabilities, daemons shed theirs), LEASE.  Not here, for all of them reach
 * beyond the jail: SYS_RESOURCE (it lifts the jail's limits), SYS_MODULE, MKNOD, BPF,
 * PERFMON, SYS_BOOT, SYS_RAWIO and their like.
 */
#define ALWAYS                                                                                  \
	(CAP(CHOWN) | CAP(DAC_OVERRIDE) | CAP(FOWNER) | CAP(FSETID) | CAP(KILL) | CAP(SETGID) | \
	    CAP(SETUID) | CAP(SETPCAP) | CAP(SETFCAP) | CAP(SYS_CHROOT) | CAP(SYS_NICE) |       \
	    CAP(IPC_OWNER) | CAP(LEASE))

/*
 * Only where a user namespace of the jail's own, mapped to ids that are nobody on the
 * host, stands behind them.  DAC_READ_SEARCH opens files by handle, outside the root;
 * SYS_PTRACE takes the keeper's descriptors; SYS_ADMIN is the host.
 */
#define ONLY_NEW (CAP(DAC_READ_SEARCH) | CAP(SYS_PTRACE) | CAP(SYS_ADMIN))

/*
 * One row a permission.  The capability is given where the mode is not among those in
 * which it cannot hold.
 */
static const struct permission {
	const char *name;
	uint64_t bit;
	uint64_t capabilities;
	unsigned filter;
	unsigned not_in; /* 1 << enum cred_userns */
} permissions[] = {
#define NEW (1U << CRED_USERNS_NEW)
#define IDENTITY (1U << CRED_USERNS_IDENTITY)
#define INHERIT (1U << CRED_USERNS_INHERIT)
    {"allow.suser", CRED_SUSER, 0, 0, 0},
    /* sethostname wants SYS_ADMIN, in the user namespace that owns the UTS namespace. */
    {"allow.set_hostname", CRED_SET_HOSTNAME, 0, SECCOMP_OPEN_HOSTNAME, IDENTITY | INHERIT},
    {"allow.reserved_ports", CRED_RESERVED_PORTS, CAP(NET_BIND_SERVICE), 0, 0},
    /* A broker makes them; cred_capabilities has what it asks for. */
    {"allow.raw_sockets", CRED_RAW_SOCKETS, 0, 0, 0},
    {"allow.chflags", CRED_CHFLAGS, CAP(LINUX_IMMUTABLE), 0, NEW | IDENTITY},
    {"allow.mlock", CRED_MLOCK, CAP(IPC_LOCK), 0, NEW | IDENTITY},
    {"allow.read_msgbuf", CRED_READ_MSGBUF, CAP(SYSLOG), SECCOMP_OPEN_MSGBUF, NEW | IDENTITY},
    {"allow.adjtime", CRED_ADJTIME, CAP(SYS_TIME), 0, NEW | IDENTITY},
    {"allow.settime", CRED_SETTIME, CAP(SYS_TIME), 0, NEW | IDENTITY},
    {"allow.setaudit", CRED_SETAUDIT, CAP(AUDIT_WRITE) | CAP(AUDIT_CONTROL), SECCOMP_OPEN_AUDIT,
	NEW | IDENTITY},
    {"allow.socket_af", CRED_SOCKET_AF, 0, SECCOMP_OPEN_FAMILIES, 0},
    /* SYS_ADMIN again, in the user namespace that owns the mount namespace. */
    {"allow.mount", CRED_MOUNT, 0, 0, IDENTITY | INHERIT},
    /* SYS_ADMIN or NET_ADMIN of the host, which no jail gets. */
    {"allow.quotas", CRED_QUOTAS, 0, 0, NEW | IDENTITY | INHERIT},
    {"allow.extattr", CRED_EXTATTR, 0, 0, NEW | IDENTITY | INHERIT},
    {"allow.routing", CRED_ROUTING, 0, 0, NEW | IDENTITY | INHERIT},
    /*
     * Without a user namespace NET_ADMIN would be the host's: rtnetlink acts on any
     * network namespace that has an id in ours (IFLA_TARGET_NETNSID), as the host's
     * gets one from a veth pair (tried: RTM_DELLINK took an interface from it).
     */
    {"vnet", CRED_VNET, CAP(NET_ADMIN) | CAP(NET_RAW), SECCOMP_OPEN_PACKET | SECCOMP_OPEN_NETLINK,
	INHERIT},
    {"sysvmsg", CRED_SYSVMSG, 0, SECCOMP_OPEN_SYSVMSG, 0},
    {"sysvsem", CRED_SYSVSEM, 0, SECCOMP_OPEN_SYSVSEM, 0},
    {"sysvshm", CRED_SYSVSHM, 0, SECCOMP_OPEN_SYSVSHM, 0},
    {"devfs_ruleset (bpf*)", CRED_NODE_BPF, 0, SECCOMP_OPEN_PACKET, 0},
    {"devfs_ruleset (mem)", CRED_NODE_MEM, CAP(SYS_RAWIO), 0, NEW | IDENTITY},
#undef NEW
#undef IDENTITY
#undef INHERIT
};

uint64_t
cred_allow_bit(const char *param)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(permissions); i++)
		if (strcmp(permissions[i].name, param) == 0)
			return permissions[i].bit;
	return 0;
}

const char *
cred_allow_name(uint64_t bit)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(permissions); i++)
		if (permissions[i].bit == bit)
			return permissions[i].name;
	return "?";
}

static bool
holds(const struct permission *p, enum cred_userns mode)
{
	return (p->not_in & 1U << mode) == 0;
}

uint64_t
cred_capabilities(enum cred_userns mode, uint64_t allow)
{
	uint64_t caps = ALWAYS | (mode == CRED_USERNS_NEW ? ONLY_NEW : 0);
	size_t i;

	if ((allow & CRED_SUSER) == 0)
		return 0;
	/*
	 * What a broker asks for before it makes a raw socket, and what Debian's ping has on its
	 * file.  On the host's stack it counts nowhere else; without a user namespace it would,
	 * packet sockets among it, so there the broker asks for root.
	 */
	if (allow & CRED_RAW_SOCKETS && mode != CRED_USERNS_INHERIT)
		caps |= CAP(NET_RAW);
	for (i = 0; i < ARRAY_SIZE(permissions); i++)
		if (allow & permissions[i].bit && holds(&permissions[i], mode))
			caps |= permissions[i].capabilities;
	return caps;
}

unsigned
cred_filter(enum cred_userns mode, uint64_t allow)
{
	unsigned open = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(permissions); i++)
		if (allow & permissions[i].bit && holds(&permissions[i], mode))
			open |= permissions[i].filter;
	return open;
}

uint64_t
cred_ineffective(enum cred_userns mode, uint64_t allow)
{
	uint64_t bits = 0;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(permissions); i++)
		if (allow & permissions[i].bit && !holds(&permissions[i], mode))
			bits |= permissions[i].bit;
	return bits;
}

/* ---- putting them on ---------------------------------------------------------- */

static int
capset_raw(uint64_t effective, uint64_t permitted)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {
	    {.effective = (uint32_t)effective, .permitted = (uint32_t)permitted},
	    {.effective = (uint32_t)(effective >> 32), .permitted = (uint32_t)(permitted >> 32)},
	};

	return syscall(SYS_capset, &h, d) < 0 ? -errno : 0;
}

static int
capget_raw(uint64_t *effective, uint64_t *permitted, uint64_t *inheritable)
{
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {0};

	if (syscall(SYS_capget, &h, d) < 0)
		return -errno;
	*effective = d[0].effective | (uint64_t)d[1].effective << 32;
	*permitted = d[0].permitted | (uint64_t)d[1].permitted << 32;
	*inheritable = d[0].inheritable | (uint64_t)d[1].inheritable << 32;
	return 0;
}

/*
 * The bounding set as the kernel has it, or an errno.  Ends at the first number that this
 * kernel does not know: it may know more than our headers.
 */
static int
bounding_set(uint64_t *ret)
{
	uint64_t set = 0;
	int cap, r;

	for (cap = 0; cap < 64; cap++) {
		r = prctl(PR_CAPBSET_READ, cap, 0, 0, 0);
		if (r < 0)
			break;
		if (r > 0)
			set |= UINT64_C(1) << cap;
	}
	if (cap <= CAP_SETFCAP)
		return -EPROTO;
	*ret = set;
	return 0;
}

static int
drop_bounding(uint64_t keep)
{
	int cap;

	for (cap = 0; cap < 64; cap++)
		if ((keep & UINT64_C(1) << cap) == 0 && prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) < 0) {
			/* One more than the kernel has; `verify` sees what is left. */
			if (errno == EINVAL && cap > CAP_SETFCAP)
				break;
			return -errno;
		}
	return 0;
}

/* What this process can have at most: the caller itself may lack some (a container's root). */
static int
limit_to_own(uint64_t *caps)
{
	uint64_t effective, permitted, inheritable;
	int r = capget_raw(&effective, &permitted, &inheritable);

	if (r == 0)
		*caps &= permitted;
	return r;
}

static int
verify_ids(const struct cred *c)
{
	gid_t rg, eg, sg;
	uid_t ru, eu, su;

	if (getresuid(&ru, &eu, &su) < 0 || getresgid(&rg, &eg, &sg) < 0)
		return -errno;
	if (ru != c->uid || eu != c->uid || su != c->uid)
		return -EPROTO;
	if (rg != c->gid || eg != c->gid || sg != c->gid)
		return -EPROTO;
	/* How many, not which: reading them would need room for 65,536. */
	return getgroups(0, NULL) == (int)c->ngroups ? 0 : -EPROTO;
}

static int
verify(const struct cred *c, uint64_t root_caps)
{
	uint64_t effective, permitted, inheritable, bounding;
	uint64_t want = c->uid == 0 ? root_caps : 0;
	int r;

	r = verify_ids(c);
	if (r < 0)
		return r;
	r = capget_raw(&effective, &permitted, &inheritable);
	if (r < 0)
		return r;
	/* The kernel keeps the ambient set within the inheritable one. */
	if (effective != want || permitted != want || inheritable != 0)
		return -EPROTO;
	r = bounding_set(&bounding);
	if (r < 0)
		return r;
	if (bounding & ~c->capabilities)
		return -EPROTO;
	return prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == 2 ? 0 : -EPROTO; /* SECCOMP_MODE_FILTER */
}

static int
set_pdeathsig(const struct cred *c)
{
	struct pollfd p = {.fd = c->parent_pidfd, .events = POLLIN};

	if (c->pdeathsig == 0)
		return 0;
	if (prctl(PR_SET_PDEATHSIG, c->pdeathsig, 0, 0, 0) < 0)
		return -errno;
	/* getppid(2) says 0 for a parent outside the PID namespace, alive or not. */
	if (c->parent_pidfd >= 0 && poll(&p, 1, 0) == 1)
		return -ESRCH;
	return 0;
}

/*
 * The order: what needs SETPCAP, SETGID and SYS_ADMIN (a filter without no_new_privs) is
 * done while they are there.  Leaving uid 0 takes capabilities away, but only from the
 * uid that is 0 in this user namespace: host root, who enters a mapped one, is none of its
 * ids and keeps them.  So capset decides in every case.  The filter lets pass all that
 * comes after it.
 */
int
cred_apply(struct cred *c, enum cred_step *ret_step)
{
	uint64_t caps = c->capabilities;
	int r;

	c->ret_listener = -EBADF;
	*ret_step = CRED_STEP_BOUNDING;
	r = drop_bounding(caps);
	if (r < 0)
		return r;
	*ret_step = CRED_STEP_AMBIENT;
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0)
		return -errno;
	*ret_step = CRED_STEP_GROUPS;
	if (setgroups(c->ngroups, c->groups) < 0)
		return -errno;
	*ret_step = CRED_STEP_GID;
	if (setresgid(c->gid, c->gid, c->gid) < 0)
		return -errno;
	*ret_step = CRED_STEP_FILTER;
	r = seccomp_install(c->filter);
	if (r < 0)
		return r;
	if (c->filter & SECCOMP_NOTIFY_RAW)
		c->ret_listener = r;
	*ret_step = CRED_STEP_UID;
	if (setresuid(c->uid, c->uid, c->uid) < 0)
		return -errno;
	*ret_step = CRED_STEP_CAPABILITIES;
	r = limit_to_own(&caps);
	if (r == 0)
		r = c->uid == 0 ? capset_raw(caps, caps) : capset_raw(0, 0);
	if (r < 0)
		return r;
	/* The kernel forgets it whenever ids change. */
	*ret_step = CRED_STEP_PDEATHSIG;
	r = set_pdeathsig(c);
	if (r < 0)
		return r;
	*ret_step = CRED_STEP_VERIFY;
	return verify(c, caps);
}

const char *
cred_step_name(enum cred_step step)
{
	switch (step) {
	case CRED_STEP_NONE:
		return "nothing";
	case CRED_STEP_BOUNDING:
		return "limiting the capabilities";
	case CRED_STEP_AMBIENT:
		return "clearing the ambient capabilities";
	case CRED_STEP_GROUPS:
		return "setting the groups";
	case CRED_STEP_GID:
		return "setting the group";
	case CRED_STEP_FILTER:
		return "installing the system call filter";
	case CRED_STEP_UID:
		return "setting the user";
	case CRED_STEP_CAPABILITIES:
		return "setting the capabilities";
	case CRED_STEP_PDEATHSIG:
		return "tying it to the command that started it";
	case CRED_STEP_VERIFY:
		return "verifying the credentials";
	}
	return "an unknown step";
}
