/* What root may do, mode by mode and permission by permission: the tables. */
#include <linux/capability.h>
#include <stdint.h>

#include "prison/cred.h"
#include "prison/seccomp.h"
#include "unit.h"

#define CAP(name) (UINT64_C(1) << CAP_##name)

static const enum cred_userns modes[] = {
    CRED_USERNS_NEW, CRED_USERNS_IDENTITY, CRED_USERNS_INHERIT};

static const uint64_t everywhere = CAP(CHOWN) | CAP(DAC_OVERRIDE) | CAP(FOWNER) | CAP(FSETID) |
				   CAP(KILL) | CAP(SETGID) | CAP(SETUID) | CAP(SETPCAP) |
				   CAP(SETFCAP) | CAP(SYS_CHROOT) | CAP(SYS_NICE) | CAP(IPC_OWNER) |
				   CAP(LEASE);
static const uint64_t only_new = CAP(DAC_READ_SEARCH) | CAP(SYS_PTRACE) | CAP(SYS_ADMIN);

/* In no mode, with no permission at all. */
static const uint64_t never =
    CAP(SYS_RESOURCE) | CAP(SYS_MODULE) | CAP(MKNOD) | CAP(BPF) | CAP(PERFMON) | CAP(SYS_BOOT) |
    CAP(SYS_PACCT) | CAP(SYS_TTY_CONFIG) | CAP(MAC_ADMIN) | CAP(MAC_OVERRIDE) | CAP(WAKE_ALARM) |
    CAP(BLOCK_SUSPEND) | CAP(AUDIT_READ) | CAP(CHECKPOINT_RESTORE) | CAP(NET_BROADCAST);

static void
test_base(void)
{
	CHECK_INT(cred_capabilities(CRED_USERNS_NEW, CRED_SUSER), everywhere | only_new);
	CHECK_INT(cred_capabilities(CRED_USERNS_IDENTITY, CRED_SUSER), everywhere);
	CHECK_INT(cred_capabilities(CRED_USERNS_INHERIT, CRED_SUSER), everywhere);
}

/* new, identity, inherit: what each permission adds to the capabilities and the filter. */
static const struct {
	const char *name;
	uint64_t bit;
	uint64_t caps[3];
	unsigned filter[3];
	unsigned ineffective; /* 1: new, 2: identity, 4: inherit */
} rows[] = {
    {"allow.suser", CRED_SUSER, {0}, {0}, 0},
    {"allow.set_hostname", CRED_SET_HOSTNAME, {0}, {SECCOMP_OPEN_HOSTNAME, 0, 0}, 6},
    {"allow.reserved_ports", CRED_RESERVED_PORTS,
	{CAP(NET_BIND_SERVICE), CAP(NET_BIND_SERVICE), CAP(NET_BIND_SERVICE)}, {0}, 0},
    {"allow.raw_sockets", CRED_RAW_SOCKETS, {CAP(NET_RAW), CAP(NET_RAW), 0}, {0}, 0},
    {"allow.chflags", CRED_CHFLAGS, {0, 0, CAP(LINUX_IMMUTABLE)}, {0}, 3},
    {"allow.mlock", CRED_MLOCK, {0, 0, CAP(IPC_LOCK)}, {0}, 3},
    {"allow.read_msgbuf", CRED_READ_MSGBUF, {0, 0, CAP(SYSLOG)}, {0, 0, SECCOMP_OPEN_MSGBUF}, 3},
    {"allow.adjtime", CRED_ADJTIME, {0, 0, CAP(SYS_TIME)}, {0}, 3},
    {"allow.settime", CRED_SETTIME, {0, 0, CAP(SYS_TIME)}, {0}, 3},
    {"allow.setaudit", CRED_SETAUDIT, {0, 0, CAP(AUDIT_WRITE) | CAP(AUDIT_CONTROL)},
	{0, 0, SECCOMP_OPEN_AUDIT}, 3},
    {"allow.socket_af", CRED_SOCKET_AF, {0},
	{SECCOMP_OPEN_FAMILIES, SECCOMP_OPEN_FAMILIES, SECCOMP_OPEN_FAMILIES}, 0},
    {"allow.mount", CRED_MOUNT, {0}, {0}, 6},
    {"allow.quotas", CRED_QUOTAS, {0}, {0}, 7},
    {"allow.extattr", CRED_EXTATTR, {0}, {0}, 7},
    {"allow.routing", CRED_ROUTING, {0}, {0}, 7},
    {"vnet", CRED_VNET, {CAP(NET_ADMIN) | CAP(NET_RAW), CAP(NET_ADMIN) | CAP(NET_RAW), 0},
	{SECCOMP_OPEN_PACKET | SECCOMP_OPEN_NETLINK, SECCOMP_OPEN_PACKET | SECCOMP_OPEN_NETLINK, 0},
	4},
    {"sysvmsg", CRED_SYSVMSG, {0},
	{SECCOMP_OPEN_SYSVMSG, SECCOMP_OPEN_SYSVMSG, SECCOMP_OPEN_SYSVMSG}, 0},
    {"sysvsem", CRED_SYSVSEM, {0},
	{SECCOMP_OPEN_SYSVSEM, SECCOMP_OPEN_SYSVSEM, SECCOMP_OPEN_SYSVSEM}, 0},
    {"sysvshm", CRED_SYSVSHM, {0},
	{SECCOMP_OPEN_SYSVSHM, SECCOMP_OPEN_SYSVSHM, SECCOMP_OPEN_SYSVSHM}, 0},
    {"devfs_ruleset (bpf*)", CRED_NODE_BPF, {0},
	{SECCOMP_OPEN_PACKET, SECCOMP_OPEN_PACKET, SECCOMP_OPEN_PACKET}, 0},
    {"devfs_ruleset (mem)", CRED_NODE_MEM, {0, 0, CAP(SYS_RAWIO)}, {0}, 3},
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static void
test_rows(void)
{
	uint64_t all = 0;
	size_t i, m;

	for (i = 0; i < ROWS; i++) {
		CHECK_INT(all & rows[i].bit, 0);
		all |= rows[i].bit;
		CHECK_STR(cred_allow_name(rows[i].bit), rows[i].name);
		CHECK_INT(cred_allow_bit(rows[i].name), rows[i].bit);
		for (m = 0; m < 3; m++) {
			uint64_t base = cred_capabilities(modes[m], CRED_SUSER);

			CHECK_INT(cred_capabilities(modes[m], CRED_SUSER | rows[i].bit),
			    base | rows[i].caps[m]);
			CHECK_INT(cred_filter(modes[m], rows[i].bit), rows[i].filter[m]);
			CHECK_INT(cred_ineffective(modes[m], rows[i].bit),
			    rows[i].ineffective & 1U << m ? rows[i].bit : 0);
			/* Without allow.suser there is nothing to add to. */
			if (rows[i].bit != CRED_SUSER)
				CHECK_INT(cred_capabilities(modes[m], rows[i].bit), 0);
		}
	}
	/* Every bit up to the last has its row. */
	CHECK_INT(all, (UINT64_C(1) << ROWS) - 1);
	for (m = 0; m < 3; m++)
		CHECK_INT(cred_capabilities(modes[m], all) & never, 0);
	CHECK_INT(cred_capabilities(CRED_USERNS_INHERIT, all) &
		      (only_new | CAP(NET_ADMIN) | CAP(NET_RAW)),
	    0);
	CHECK_INT(cred_capabilities(CRED_USERNS_IDENTITY, all) & only_new, 0);
	CHECK_INT(cred_filter(CRED_USERNS_NEW, all) & SECCOMP_NOTIFY_RAW, 0);
}

static void
test_names(void)
{
	CHECK_INT(cred_allow_bit("allow.nomlock"), 0);
	CHECK_INT(cred_allow_bit("persist"), 0);
	CHECK_INT(cred_allow_bit(""), 0);
	CHECK_STR(cred_allow_name(0), "?");
	CHECK_STR(cred_allow_name(CRED_MLOCK | CRED_CHFLAGS), "?");
	CHECK_STR(cred_step_name(CRED_STEP_FILTER), "installing the system call filter");
}

int
main(void)
{
	test_base();
	test_rows();
	test_names();
	return UNIT_DONE();
}
