/*
 * The system call filter of every process in a jail: what capabilities and namespaces
 * cannot say.  One program for all of the machine's ABIs, compiled when Gaol is built
 * (seccomp-gen.c has the rules), in which each class of refusals ends in one
 * instruction; opening a class is changing that instruction.
 *
 * Always refused, whatever is opened:
 *	EPERM	TIOCSTI, TIOCLINUX (by the low 32 bits, as the kernel compares);
 *		unshare and clone with namespace flags, setns; keyctl, add_key,
 *		request_key; bpf, perf_event_open, userfaultfd, open_by_handle_at;
 *		prlimit64 on PID 1; kexec, modules, swap, acct
 *	ENOSYS	clone3 (its flags lie behind a pointer; libc falls back to clone),
 *		io_uring, the x32 ABI
 * i386 programs run under the same rules.  Their socketcall(2) hides the family
 * behind a pointer, so its socket() is refused (EPROTONOSUPPORT) unless every class
 * of sockets is open: i386 programs of a libc that knows only socketcall (glibc as Debian
 * builds it) have no sockets of their own making, others (musl, static Go) have.
 */
#ifndef GAOL_PRISON_SECCOMP_H
#define GAOL_PRISON_SECCOMP_H

/* What a jail may do beyond the closed filter (0). */
enum seccomp_open {
	/*
	 * What passes by the address rules: AF_PACKET, AF_XDP, the old AF_INET/SOCK_PACKET,
	 * AF_SMC, AF_RDS.  `bpf*` visible, or vnet.
	 */
	SECCOMP_OPEN_PACKET = 1 << 0,
	/* Families other than local, inet, inet6, and netlink's route: allow.socket_af. */
	SECCOMP_OPEN_FAMILIES = 1 << 1,
	/* Netlink protocols other than route and audit: vnet. */
	SECCOMP_OPEN_NETLINK = 1 << 2,
	/* Netlink's audit protocol: allow.setaudit. */
	SECCOMP_OPEN_AUDIT = 1 << 3,
	/* sethostname, setdomainname (EPERM): allow.set_hostname. */
	SECCOMP_OPEN_HOSTNAME = 1 << 4,
	/* System V IPC, each (ENOSYS): sysvmsg, sysvsem, sysvshm other than `disable`. */
	SECCOMP_OPEN_SYSVMSG = 1 << 5,
	SECCOMP_OPEN_SYSVSEM = 1 << 6,
	SECCOMP_OPEN_SYSVSHM = 1 << 7,
	/* syslog(2) (EPERM), whatever kernel.dmesg_restrict says: allow.read_msgbuf. */
	SECCOMP_OPEN_MSGBUF = 1 << 8,
	SECCOMP_OPEN_ALL = (1 << 9) - 1,
	/*
	 * Ask a listener about raw sockets, and about packet sockets where those are open.
	 * Not to be set without a listener's holder: raw sockets answer ENOSYS then.
	 */
	SECCOMP_NOTIFY_RAW = 1 << 9,
};

/*
 * Installs the filter in the calling thread.  It needs CAP_SYS_ADMIN in its own user
 * namespace, since no_new_privs stays off (su works in jails).  Async-signal-safe, no
 * memory.  Returns 0; with SECCOMP_NOTIFY_RAW the listener, a close-on-exec descriptor;
 * or a negative errno.
 */
int seccomp_install(unsigned open);

#endif
