/*
 * cred_apply on the running kernel: what a process has afterwards, what every call that
 * the filter names answers then, and that the same call answers something else before.
 * Each case is a child of its own, in each of the three modes.  Needs root; else 77.
 */
#include <asm/unistd.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pty.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "prison/cred.h"
#include "prison/seccomp.h"
#include "unit.h"

#define BASE 1000000 /* the first host id of the mapped ones */

static const char *self; /* this program, for exec */
static char scratch[64];

/* ---- children ---------------------------------------------------------------- */

static void
write_text(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0) {
		perror(path);
		exit(99);
	}
	(void)close(fd);
}

static void
write_maps(pid_t pid, const char *map)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/uid_map", (int)pid);
	write_text(path, map);
	(void)snprintf(path, sizeof(path), "/proc/%d/gid_map", (int)pid);
	write_text(path, map);
}

/* Runs act in a child with the namespaces of that mode; its checks count as ours. */
static void
in_mode(enum cred_userns mode, void (*act)(enum cred_userns mode))
{
	struct clone_args args = {.flags = CLONE_NEWUTS | CLONE_NEWIPC, .exit_signal = SIGCHLD};
	int go[2], status = 0;
	pid_t pid;
	char c;

	if (mode != CRED_USERNS_INHERIT)
		args.flags |= CLONE_NEWUSER;
	if (pipe2(go, O_CLOEXEC) < 0)
		exit(99);
	(void)fflush(NULL);
	pid = sys_clone3(&args);
	if (pid == 0) {
		unit_failed = 0;
		(void)close(go[1]);
		(void)!read(go[0], &c, 1);
		act(mode);
		_exit(unit_failed == 0 ? 0 : 1);
	}
	if (pid < 0) {
		perror("clone3");
		exit(99);
	}
	if (mode == CRED_USERNS_NEW)
		write_maps(pid, "0 1000000 65536\n");
	if (mode == CRED_USERNS_IDENTITY)
		write_maps(pid, "0 0 4294967295\n");
	(void)close(go[0]);
	(void)close(go[1]);
	(void)waitpid(pid, &status, 0);
	CHECK_INT(status, 0);
}

static const enum cred_userns modes[] = {
    CRED_USERNS_NEW, CRED_USERNS_IDENTITY, CRED_USERNS_INHERIT};

static void
in_all_modes(void (*act)(enum cred_userns mode))
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(modes); i++)
		in_mode(modes[i], act);
}

static int
apply_as(enum cred_userns mode, uint64_t allow, uid_t uid, unsigned more)
{
	static const gid_t groups[] = {4, 24};
	struct cred c = {
	    .uid = uid,
	    .gid = uid,
	    .groups = groups,
	    .ngroups = 2,
	    .capabilities = cred_capabilities(mode, allow),
	    .filter = cred_filter(mode, allow) | more,
	    .pdeathsig = SIGKILL,
	    .parent_pidfd = -EBADF,
	};
	enum cred_step step;
	int r = cred_apply(&c, &step);

	if (r < 0)
		(void)fprintf(stderr, "%s: %s\n", cred_step_name(step), strerror(-r));
	CHECK_INT(step, CRED_STEP_VERIFY);
	return r == 0 && more & SECCOMP_NOTIFY_RAW ? c.ret_listener : r;
}

/* ---- what it has ------------------------------------------------------------- */

static uint64_t
status_set(const char *name)
{
	char text[8192], *p;
	int fd = open("/proc/self/status", O_RDONLY | O_CLOEXEC);
	ssize_t n = read(fd, text, sizeof(text) - 1);

	(void)close(fd);
	text[n > 0 ? n : 0] = '\0';
	p = strstr(text, name);
	return p == NULL ? ~UINT64_C(0) : strtoull(p + strlen(name) + 1, NULL, 16);
}

/* The capabilities that this machine's root has itself: a container may lack some. */
static uint64_t own_caps;

static void
act_root(enum cred_userns mode)
{
	uint64_t want = cred_capabilities(mode, CRED_SUSER | CRED_RESERVED_PORTS | CRED_MLOCK);
	gid_t groups[8];

	if (mode == CRED_USERNS_INHERIT)
		want &= own_caps;
	CHECK_INT(apply_as(mode, CRED_SUSER | CRED_RESERVED_PORTS | CRED_MLOCK, 0, 0), 0);
	CHECK_INT(status_set("CapPrm:"), want);
	CHECK_INT(status_set("CapEff:"), want);
	CHECK_INT(status_set("CapBnd:"), want);
	CHECK_INT(status_set("CapInh:"), 0);
	CHECK_INT(status_set("CapAmb:"), 0);
	CHECK_INT(status_set("NoNewPrivs:"), 0);
	CHECK_INT(status_set("Seccomp:"), 2);
	CHECK_INT(prctl(PR_GET_SECUREBITS, 0, 0, 0, 0), 0);
	CHECK_INT(getgroups(8, groups), 2);
	CHECK_INT(groups[0], 4);
	CHECK_INT(groups[1], 24);
	int sig = 0;
	CHECK_INT(prctl(PR_GET_PDEATHSIG, &sig), 0);
	CHECK_INT(sig, SIGKILL);
	/* Nothing brings one back. */
	struct __user_cap_header_struct h = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct d[2] = {{~0U, ~0U, 0}, {~0U, ~0U, 0}};
	CHECK_INT(syscall(SYS_capset, &h, d), -1);
	CHECK_INT(errno, EPERM);
}

static void
act_user(enum cred_userns mode)
{
	CHECK_INT(apply_as(mode, CRED_SUSER, 1234, 0), 0);
	CHECK_INT(getuid(), 1234);
	CHECK_INT(getegid(), 1234);
	CHECK_INT(status_set("CapPrm:"), 0);
	CHECK_INT(status_set("CapEff:"), 0);
	CHECK_INT(status_set("CapInh:"), 0);
	CHECK_INT(status_set("Seccomp:"), 2);
	CHECK_INT(setuid(0), -1);
	int sig = 0;
	CHECK_INT(prctl(PR_GET_PDEATHSIG, &sig), 0);
	CHECK_INT(sig, SIGKILL);
}

static void
act_no_suser(enum cred_userns mode)
{
	CHECK_INT(apply_as(mode, CRED_RESERVED_PORTS | CRED_VNET, 0, 0), 0);
	CHECK_INT(getuid(), 0);
	CHECK_INT(status_set("CapPrm:"), 0);
	CHECK_INT(status_set("CapBnd:"), 0);
}

/*
 * su: a setuid program of the jail's root, started by a user; it reports through its exit
 * status.  The copy belongs to the id that is 0 inside.
 */
static void
act_setuid(enum cred_userns mode)
{
	char path[128], option[] = "--setuid";
	char *argv[] = {path, option, NULL}, *env[] = {NULL};
	int status = 0;
	pid_t pid;

	(void)snprintf(path, sizeof(path), "%s/%s", scratch,
	    mode == CRED_USERNS_NEW ? "setuid-mapped" : "setuid-root");
	pid = fork();
	if (pid == 0) {
		if (apply_as(mode, CRED_SUSER, 1234, 0) < 0)
			_exit(90);
		(void)execve(path, argv, env);
		perror(path);
		_exit(91);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFEXITED(status));
	CHECK_INT(WEXITSTATUS(status), 42);
}

/* In the program that act_setuid starts: is it root, with exactly the bounding set? */
static int
setuid_program(void)
{
	if (geteuid() != 0 || getuid() != 1234)
		return 1;
	if (status_set("CapPrm:") != status_set("CapBnd:") || status_set("CapPrm:") == 0)
		return 2;
	if (status_set("CapPrm:") & (1ULL << CAP_SYS_RESOURCE | 1ULL << CAP_SYS_MODULE))
		return 3;
	/* The filter came along. */
	errno = 0;
	if (unshare(CLONE_NEWNS) == 0 || errno != EPERM)
		return 4;
	return status_set("Seccomp:") == 2 ? 42 : 5;
}

static void
act_parent_dead(enum cred_userns mode)
{
	struct cred c = {.capabilities = cred_capabilities(mode, CRED_SUSER), .pdeathsig = SIGKILL};
	enum cred_step step;
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	c.parent_pidfd = sys_pidfd_open(pid, 0);
	(void)waitpid(pid, NULL, 0);
	CHECK_INT(cred_apply(&c, &step), -ESRCH);
	CHECK_INT(step, CRED_STEP_PDEATHSIG);
}

/* Without the privilege it fails at the step that says so, instead of half of it. */
static void
act_unprivileged(enum cred_userns mode)
{
	struct cred c = {
	    .capabilities = cred_capabilities(mode, CRED_SUSER), .parent_pidfd = -EBADF};
	enum cred_step step;

	CHECK_INT(
	    setresuid(0, 0, 0), 0); /* from host root, who is not mapped, it would drop nothing */
	CHECK_INT(setresuid(1000, 1000, 1000), 0);
	CHECK_INT(cred_apply(&c, &step), -EPERM);
	CHECK_INT(step, CRED_STEP_BOUNDING);
}

/* ---- every call --------------------------------------------------------------- */

/* The errno of a call, 0 if it succeeded. */
static int
error_of(long r)
{
	return r < 0 ? errno : 0;
}

static int pty_fd = -1;
static int handle_mount_fd = -1;

static int
try_tiocsti(void)
{
	return error_of(ioctl(pty_fd, TIOCSTI, "x"));
}

static int
try_tiocsti_high(void)
{
	return error_of(syscall(SYS_ioctl, pty_fd, 0xffffffff00000000UL | TIOCSTI, "x"));
}

static int
try_tioclinux(void)
{
	char c = 6;

	return error_of(ioctl(pty_fd, TIOCLINUX, &c));
}

static int
try_unshare(void)
{
	return error_of(unshare(CLONE_NEWUTS));
}

static int
try_unshare_user(void)
{
	return error_of(unshare(CLONE_NEWUSER));
}

static int
try_setns(void)
{
	return error_of(setns(open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC), 0));
}

static int
try_clone_newns(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUTS | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return error_of(pid);
}

static int
try_clone3(void)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	pid_t pid = sys_clone3(&args);

	if (pid == 0)
		_exit(0);
	return error_of(pid);
}

static int
try_io_uring(void)
{
	char params[120] = {0};

	return error_of(syscall(425, 4, params));
}

static int
try_keyctl(void)
{
	return error_of(syscall(SYS_keyctl, 0 /* GET_KEYRING_ID */, -3, 0));
}

static int
try_add_key(void)
{
	return error_of(
	    syscall(SYS_add_key, "user", "gaol-test", "x", 1, -2 /* process keyring */));
}

static int
try_request_key(void)
{
	return error_of(syscall(SYS_request_key, "user", "gaol-test-absent", NULL, 0));
}

static int
try_bpf(void)
{
	return error_of(syscall(SYS_bpf, 99, NULL, 0));
}

static int
try_open_by_handle(void)
{
	_Alignas(struct file_handle) char buf[sizeof(struct file_handle) + 128];
	struct file_handle *h = (void *)buf;
	int id;

	h->handle_bytes = 128;
	if (name_to_handle_at(AT_FDCWD, scratch, h, &id, 0) < 0)
		return 1000 + errno; /* this one must work */
	return error_of(open_by_handle_at(handle_mount_fd, h, O_RDONLY));
}

static int
try_prlimit_init(void)
{
	struct rlimit64 l;

	return error_of(prlimit64(1, RLIMIT_NOFILE, NULL, &l));
}

static int
try_prlimit_self(void)
{
	struct rlimit64 l;

	return error_of(prlimit64(0, RLIMIT_NOFILE, NULL, &l));
}

static int
try_perf(void)
{
	char attr[128] = {0};

	return error_of(syscall(SYS_perf_event_open, attr, 0, -1, -1, 0));
}

static int
try_userfaultfd(void)
{
	return error_of(syscall(SYS_userfaultfd, O_CLOEXEC | 1));
}

static int
try_kexec(void)
{
	return error_of(syscall(SYS_kexec_load, 0, 0, NULL, 0xffff0000));
}

static int
try_module(void)
{
	return error_of(syscall(SYS_finit_module, -1, "", 0));
}

static int
try_swapoff(void)
{
	return error_of(syscall(SYS_swapoff, NULL));
}

static int
try_sethostname(void)
{
	return error_of(sethostname("test", 4));
}

static int
try_syslog(void)
{
	return error_of(syscall(SYS_syslog, 9 /* size unread */, NULL, 0));
}

static int
try_shmget(void)
{
	return error_of(shmget(IPC_PRIVATE, 4096, IPC_CREAT | 0600));
}

static int
try_semget(void)
{
	return error_of(semget(IPC_PRIVATE, 1, IPC_CREAT | 0600));
}

static int
try_msgget(void)
{
	return error_of(msgget(IPC_PRIVATE, IPC_CREAT | 0600));
}

static int
try_packet(void)
{
	return error_of(socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0));
}

static int
try_old_packet(void)
{
	return error_of(socket(AF_INET, SOCK_PACKET | SOCK_CLOEXEC, 0));
}

static int
try_alg(void)
{
	return error_of(socket(AF_ALG, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
}

static int
try_vsock(void)
{
	return error_of(socket(AF_VSOCK, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int
try_uevent(void)
{
	return error_of(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_KOBJECT_UEVENT));
}

static int
try_audit(void)
{
	return error_of(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_AUDIT));
}

static int
try_route(void)
{
	return error_of(socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
}

static int
try_inet(void)
{
	return error_of(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
}

static int
try_unix_pair(void)
{
	int sv[2];

	return error_of(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv));
}

static int
try_fork(void)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	return error_of(pid);
}

#ifdef __x86_64__
/*
 * The same process may call by the 32-bit door, whatever it was compiled for.  Pointers
 * must lie below 4 GiB: low is a page there.
 */
static char *low;

static long
int80(long nr, long a, long b, long c)
{
	long ret;

	__asm__ volatile("int $0x80"
			 : "=a"(ret)
			 : "a"(nr), "b"(a), "c"(b), "d"(c), "S"(0L), "D"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
	if (ret < 0) {
		errno = (int)-ret;
		return -1;
	}
	return ret;
}

static int
try_32_unshare(void)
{
	return error_of(int80(310, CLONE_NEWUTS, 0, 0));
}

static int
try_32_socketcall(void)
{
	uint32_t args[3] = {AF_PACKET, SOCK_RAW, 0};

	memcpy(low, args, sizeof(args));
	return error_of(int80(102, 1, (long)low, 0));
}

static int
try_32_socket(void)
{
	return error_of(int80(359, AF_PACKET, SOCK_RAW, 0));
}

static int
try_32_shmget(void)
{
	return error_of(int80(117, 23 /* SHMGET */, IPC_PRIVATE, 4096));
}

static int
try_32_tiocsti(void)
{
	memcpy(low, "x", 2);
	return error_of(int80(54, pty_fd, TIOCSTI, (long)low));
}

static int
try_x32(void)
{
	return error_of(syscall(0x40000000 + 39)); /* getpid */
}
#endif

enum { NEVER_ALLOWED = -1, ALWAYS_ALLOWED = -2 };

/*
 * Closed, the call gives `refused`; before, and with `open` (a bit, or never, or always),
 * it gives anything else.  A call that the kernel itself answers like that before is
 * no witness, and is named.
 */
static const struct trial {
	const char *name;
	int (*call)(void);
	int refused;
	int open;
} trials[] = {
    {"TIOCSTI", try_tiocsti, EPERM, NEVER_ALLOWED},
    {"TIOCSTI, high bits", try_tiocsti_high, EPERM, NEVER_ALLOWED},
    {"TIOCLINUX", try_tioclinux, EPERM, NEVER_ALLOWED},
    {"unshare(NEWUTS)", try_unshare, EPERM, NEVER_ALLOWED},
    {"unshare(NEWUSER)", try_unshare_user, EPERM, NEVER_ALLOWED},
    {"setns", try_setns, EPERM, NEVER_ALLOWED},
    {"clone(NEWUTS)", try_clone_newns, EPERM, NEVER_ALLOWED},
    {"clone3", try_clone3, ENOSYS, NEVER_ALLOWED},
    {"io_uring_setup", try_io_uring, ENOSYS, NEVER_ALLOWED},
    {"keyctl", try_keyctl, EPERM, NEVER_ALLOWED},
    {"add_key", try_add_key, EPERM, NEVER_ALLOWED},
    {"request_key", try_request_key, EPERM, NEVER_ALLOWED},
    {"bpf", try_bpf, EPERM, NEVER_ALLOWED},
    {"open_by_handle_at", try_open_by_handle, EPERM, NEVER_ALLOWED},
    {"prlimit of 1", try_prlimit_init, EPERM, NEVER_ALLOWED},
    {"prlimit of self", try_prlimit_self, EPERM, ALWAYS_ALLOWED},
    {"perf_event_open", try_perf, EPERM, NEVER_ALLOWED},
    {"userfaultfd", try_userfaultfd, EPERM, NEVER_ALLOWED},
    {"kexec_load", try_kexec, EPERM, NEVER_ALLOWED},
    {"finit_module", try_module, EPERM, NEVER_ALLOWED},
    {"swapoff", try_swapoff, EPERM, NEVER_ALLOWED},
    {"sethostname", try_sethostname, EPERM, SECCOMP_OPEN_HOSTNAME},
    {"syslog", try_syslog, EPERM, SECCOMP_OPEN_MSGBUF},
    {"shmget", try_shmget, ENOSYS, SECCOMP_OPEN_SYSVSHM},
    {"semget", try_semget, ENOSYS, SECCOMP_OPEN_SYSVSEM},
    {"msgget", try_msgget, ENOSYS, SECCOMP_OPEN_SYSVMSG},
    {"AF_PACKET", try_packet, EPROTONOSUPPORT, SECCOMP_OPEN_PACKET},
    {"AF_INET SOCK_PACKET", try_old_packet, EPROTONOSUPPORT, SECCOMP_OPEN_PACKET},
    {"AF_ALG", try_alg, EPROTONOSUPPORT, SECCOMP_OPEN_FAMILIES},
    {"AF_VSOCK", try_vsock, EPROTONOSUPPORT, SECCOMP_OPEN_FAMILIES},
    {"NETLINK_KOBJECT_UEVENT", try_uevent, EPROTONOSUPPORT, SECCOMP_OPEN_NETLINK},
    {"NETLINK_AUDIT", try_audit, EPROTONOSUPPORT, SECCOMP_OPEN_AUDIT},
    {"NETLINK_ROUTE", try_route, EPROTONOSUPPORT, ALWAYS_ALLOWED},
    {"AF_INET", try_inet, EPROTONOSUPPORT, ALWAYS_ALLOWED},
    {"socketpair", try_unix_pair, EPROTONOSUPPORT, ALWAYS_ALLOWED},
    {"fork", try_fork, EPERM, ALWAYS_ALLOWED},
#ifdef __x86_64__
    {"i386 unshare", try_32_unshare, EPERM, NEVER_ALLOWED},
    {"i386 socketcall", try_32_socketcall, EPROTONOSUPPORT, SECCOMP_OPEN_ALL},
    {"i386 socket", try_32_socket, EPROTONOSUPPORT, SECCOMP_OPEN_PACKET},
    {"i386 ipc", try_32_shmget, ENOSYS, SECCOMP_OPEN_SYSVSHM},
    {"i386 TIOCSTI", try_32_tiocsti, EPERM, NEVER_ALLOWED},
    {"x32", try_x32, ENOSYS, NEVER_ALLOWED},
#endif
};

static int no_witness;

/* The answer in a child with this filter; -1: with none. */
static int
answer(const struct trial *t, int open)
{
	int pipe_fd[2], got = -1;
	pid_t pid;

	if (pipe2(pipe_fd, O_CLOEXEC) < 0)
		exit(99);
	pid = fork();
	if (pid == 0) {
		/* A terminal of its own: TIOCSTI without privilege acts on that only. */
		(void)setsid();
		(void)ioctl(pty_fd, TIOCSCTTY, 0);
		/* What int $0x80 is where it is off, and a sanitizer would report. */
		(void)signal(SIGSEGV, SIG_DFL);
		if (open >= 0 && seccomp_install((unsigned)open) != 0)
			_exit(1);
		got = t->call();
		(void)!write(pipe_fd[1], &got, sizeof(got));
		_exit(0);
	}
	(void)close(pipe_fd[1]);
	(void)!read(pipe_fd[0], &got, sizeof(got));
	(void)close(pipe_fd[0]);
	(void)waitpid(pid, NULL, 0);
	return got;
}

#define SAY(t, what, got)                                              \
	do {                                                           \
		(void)fprintf(stderr, "%s: %s: %s\n", (t)->name, what, \
		    (got) > 0 && (got) < 1000 ? strerror(got)          \
		    : (got) == 0	      ? "success"              \
					      : "?");                               \
		unit_failed++;                                         \
	} while (0)

static void
run_trial(const struct trial *t)
{
	int before = answer(t, -1), closed = answer(t, 0);
	int all = answer(t, SECCOMP_OPEN_ALL), got;

	if (t->open == ALWAYS_ALLOWED) {
		if (before != 0 || closed != 0 || all != 0)
			SAY(t, "must always work", closed);
		return;
	}
	if (before == -1) {
		/* The child died of it: int $0x80 where the 32-bit ABI is switched off. */
		(void)printf("no witness: %s cannot be made on this kernel\n", t->name);
		no_witness++;
		return;
	}
	if (before == t->refused) {
		(void)printf("no witness: %s gives the same without the filter: %s\n", t->name,
		    strerror(before));
		no_witness++;
	}
	if (closed != t->refused)
		SAY(t, "closed", closed);
	if (t->open == NEVER_ALLOWED) {
		if (all != t->refused)
			SAY(t, "with all open", all);
		return;
	}
	got = answer(t, t->open);
	if (got != before)
		SAY(t, "opened", got);
	got = answer(t, SECCOMP_OPEN_ALL & ~t->open);
	if (got != t->refused)
		SAY(t, "with all others open", got);
}

/* Host root first, whom nothing else refuses anything. */
static void
test_calls(void)
{
	int master;
	size_t i;

	if (openpty(&master, &pty_fd, NULL, NULL, NULL) < 0) {
		perror("openpty");
		exit(99);
	}
	handle_mount_fd = open(scratch, O_RDONLY | O_CLOEXEC);
#ifdef __x86_64__
	low = mmap(
	    NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
#endif
	for (i = 0; i < ARRAY_SIZE(trials); i++)
		run_trial(&trials[i]);
	/* i386 may be off, x32 is off in most kernels, and containers lack this or that. */
	CHECK(no_witness <= 12);
}

/* Inside a user namespace the filter goes in as well, and is in force. */
static void
act_filter(enum cred_userns mode)
{
	CHECK_INT(apply_as(mode, CRED_SUSER, 0, 0), 0);
	CHECK_INT(try_unshare(), EPERM);
	CHECK_INT(try_clone3(), ENOSYS);
	CHECK_INT(try_shmget(), ENOSYS);
	CHECK_INT(try_packet(), EPROTONOSUPPORT);
	CHECK_INT(try_fork(), 0);
	CHECK_INT(try_inet(), 0);
}

static void
act_hostname(enum cred_userns mode)
{
	CHECK_INT(apply_as(mode, CRED_SUSER | CRED_SET_HOSTNAME, 0, 0), 0);
	/* Can it hold?  Where cred_ineffective says no, it must really be no. */
	CHECK_INT(try_sethostname() == 0,
	    (cred_ineffective(mode, CRED_SET_HOSTNAME) & CRED_SET_HOSTNAME) == 0);
}

/* The listener sees a raw socket, answers for it, and nothing else comes to it. */
static void
act_notify(enum cred_userns mode)
{
	struct seccomp_notif req = {0};
	struct seccomp_notif_resp resp = {.error = -ENFILE};
	struct pollfd p = {.events = POLLIN};
	int sv[2], listener = -1, status = 0;
	char buf[CMSG_SPACE(sizeof(int))] = {0}, c = 0;
	struct iovec iov = {.iov_base = &c, .iov_len = 1};
	struct msghdr m = {
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = buf, .msg_controllen = sizeof(buf)};
	pid_t pid;

	CHECK_INT(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sv), 0);
	pid = fork();
	if (pid == 0) {
		struct cmsghdr *h = CMSG_FIRSTHDR(&m);

		listener = apply_as(mode, CRED_SUSER | CRED_RAW_SOCKETS, 0, SECCOMP_NOTIFY_RAW);
		if (listener < 0 || !(fcntl(listener, F_GETFD) & FD_CLOEXEC))
			_exit(1);
		h->cmsg_level = SOL_SOCKET;
		h->cmsg_type = SCM_RIGHTS;
		h->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(h), &listener, sizeof(int));
		if (sendmsg(sv[1], &m, 0) != 1 || try_inet() != 0 ||
		    try_packet() != EPROTONOSUPPORT)
			_exit(2);
		if (socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, 1) >= 0 || errno != ENFILE)
			_exit(3);
		_exit(42);
	}
	CHECK_INT(recvmsg(sv[0], &m, MSG_CMSG_CLOEXEC), 1);
	memcpy(&p.fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(int));
	CHECK_INT(poll(&p, 1, 5000), 1);
	CHECK_INT(ioctl(p.fd, SECCOMP_IOCTL_NOTIF_RECV, &req), 0);
	CHECK_INT(req.data.args[0], AF_INET);
	CHECK_INT(req.data.args[1], SOCK_RAW | SOCK_CLOEXEC);
	resp.id = req.id;
	CHECK_INT(ioctl(p.fd, SECCOMP_IOCTL_NOTIF_SEND, &resp), 0);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(WEXITSTATUS(status), 42);
}

/* ---- the whole ------------------------------------------------------------------ */

static void
copy_self(const char *name, uid_t owner)
{
	char path[128], buf[65536];
	int in = open(self, O_RDONLY | O_CLOEXEC), out;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "%s/%s", scratch, name);
	out = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	while ((n = read(in, buf, sizeof(buf))) > 0)
		(void)!write(out, buf, (size_t)n);
	if (in < 0 || out < 0 || fchown(out, owner, owner) < 0 || fchmod(out, 04755) < 0) {
		perror(path);
		exit(99);
	}
	(void)close(in);
	(void)close(out);
}

int
main(int argc, char **argv)
{
	char path[128];

	if (argc == 2 && strcmp(argv[1], "--setuid") == 0)
		_exit(setuid_program()); /* no sanitizer's last words: we are not its user */
	self = "/proc/self/exe";
	if (geteuid() != 0) {
		(void)printf("SKIP: must be root\n");
		return 77;
	}
	/* Shared memory and queues that the trials make go with the process. */
	if (unshare(CLONE_NEWIPC) < 0) {
		perror("unshare");
		return 99;
	}
	own_caps = status_set("CapPrm:");
	(void)umask(022);
	(void)snprintf(scratch, sizeof(scratch), "/tmp/cred-test-%d", (int)getpid());
	if (mkdir(scratch, 0755) < 0) {
		perror(scratch);
		return 99;
	}
	copy_self("setuid-root", 0);
	copy_self("setuid-mapped", BASE);
	in_all_modes(act_root);
	in_all_modes(act_user);
	in_all_modes(act_no_suser);
	in_all_modes(act_setuid);
	in_all_modes(act_parent_dead);
	in_all_modes(act_unprivileged);
	in_all_modes(act_filter);
	in_all_modes(act_hostname);
	in_all_modes(act_notify);
	test_calls();
	(void)snprintf(path, sizeof(path), "%s/setuid-root", scratch);
	(void)unlink(path);
	(void)snprintf(path, sizeof(path), "%s/setuid-mapped", scratch);
	(void)unlink(path);
	CHECK_INT(rmdir(scratch), 0);
	return UNIT_DONE();
}
