/*
 * What jailed root must not be able to do, one function a line of the walls.  Each
 * returns 0 if the kernel let it through, else the errno.  They are written so that
 * the call would succeed for root on the host, or fail there only for a reason that
 * is not a refusal; what succeeds is undone where it can be.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/netlink.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/swap.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/time.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <time.h>
#include <unistd.h>

#include "tools/init.h"

/* A raw system call's answer as the table wants it. */
#define CALL(...) (syscall(__VA_ARGS__) < 0 ? errno : 0)

const char *
errno_name(int num)
{
	const char *name = strerrorname_np(num);

	return name != NULL ? name : "?";
}

/* In a child, as namespaces and roots cannot be given back. */
static int
in_child(int (*fn)(void))
{
	int status;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	if (pid < 0)
		return errno;
	if (pid == 0)
		_exit(fn());
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return EIO;
	return WEXITSTATUS(status);
}

/* ---- mounts ---- */

static int
try_mount_tmpfs(void)
{
	if (mount("x", "/tmp", "tmpfs", 0, NULL) < 0)
		return errno;
	(void)umount2("/tmp", MNT_DETACH);
	return 0;
}

static int
try_mount_bind(void)
{
	if (mount("/etc", "/tmp", NULL, MS_BIND, NULL) < 0)
		return errno;
	(void)umount2("/tmp", MNT_DETACH);
	return 0;
}

static int
try_mount_proc(void)
{
	if (mount("proc", "/tmp", "proc", 0, NULL) < 0)
		return errno;
	(void)umount2("/tmp", MNT_DETACH);
	return 0;
}

static int
try_remount(void)
{
	return mount(NULL, "/", NULL, MS_REMOUNT | MS_BIND, NULL) < 0 ? errno : 0;
}

static int
try_remount_proc_sys(void)
{
	return mount(NULL, "/proc/sys", NULL, MS_REMOUNT | MS_BIND, NULL) < 0 ? errno : 0;
}

static int
try_umount_proc(void)
{
	return umount2("/proc", MNT_DETACH) < 0 ? errno : 0;
}

static int
try_umount_dev(void)
{
	return umount2("/dev", MNT_DETACH) < 0 ? errno : 0;
}

static int
try_umount_root(void)
{
	return umount2("/", MNT_DETACH) < 0 ? errno : 0;
}

static int
try_propagation(void)
{
	return mount(NULL, "/", NULL, MS_SHARED | MS_REC, NULL) < 0 ? errno : 0;
}

static int
try_pivot_root(void)
{
	return CALL(SYS_pivot_root, "/", "/");
}

static int
try_fsopen(void)
{
	return CALL(SYS_fsopen, "tmpfs", 0);
}

static int
try_fspick(void)
{
	return CALL(SYS_fspick, AT_FDCWD, "/", 0);
}

static int
try_open_tree_clone(void)
{
	return CALL(SYS_open_tree, AT_FDCWD, "/", OPEN_TREE_CLONE);
}

static int
try_mount_setattr(void)
{
	struct {
		uint64_t set, clear, propagation, userns;
	} attr = {.clear = MOUNT_ATTR_RDONLY};

	return CALL(SYS_mount_setattr, AT_FDCWD, "/", 0, &attr, sizeof(attr));
}

/* ---- namespaces ---- */

static int
unshare_child(int flag)
{
	int status;
	pid_t pid;

	(void)fflush(NULL);
	pid = fork();
	if (pid < 0)
		return errno;
	if (pid == 0)
		_exit(unshare(flag) < 0 ? errno : 0);
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return EIO;
	return WEXITSTATUS(status);
}

static int
try_unshare_mnt(void)
{
	return unshare_child(CLONE_NEWNS);
}

static int
try_unshare_user(void)
{
	return unshare_child(CLONE_NEWUSER);
}

static int
try_unshare_net(void)
{
	return unshare_child(CLONE_NEWNET);
}

static int
try_unshare_pid(void)
{
	return unshare_child(CLONE_NEWPID);
}

static int
try_unshare_ipc(void)
{
	return unshare_child(CLONE_NEWIPC);
}

static int
try_unshare_uts(void)
{
	return unshare_child(CLONE_NEWUTS);
}

static int
try_unshare_cgroup(void)
{
	return unshare_child(CLONE_NEWCGROUP);
}

static int
clone_flags(unsigned long flags)
{
	long pid = syscall(SYS_clone, flags | SIGCHLD, NULL, NULL, NULL, 0UL);

	if (pid < 0)
		return errno;
	if (pid == 0)
		_exit(0);
	(void)waitpid((pid_t)pid, NULL, 0);
	return 0;
}

static int
try_clone_user(void)
{
	return clone_flags(CLONE_NEWUSER);
}

static int
try_clone_mnt(void)
{
	return clone_flags(CLONE_NEWNS);
}

static int
try_clone3(void)
{
	struct clone_args args = {.exit_signal = SIGCHLD};
	long pid = syscall(SYS_clone3, &args, sizeof(args));

	if (pid < 0)
		return errno;
	if (pid == 0)
		_exit(0);
	(void)waitpid((pid_t)pid, NULL, 0);
	return 0;
}

static int
setns_child(void)
{
	int fd = open("/proc/self/ns/uts", O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return errno;
	return setns(fd, CLONE_NEWUTS) < 0 ? errno : 0;
}

static int
try_setns(void)
{
	return in_child(setns_child);
}

/* ---- devices ---- */

static int
try_mknod(const char *name, mode_t type, dev_t dev)
{
	(void)unlink(name);
	if (mknod(name, type | 0600, dev) < 0)
		return errno;
	(void)unlink(name);
	return 0;
}

static int
try_mknod_char(void)
{
	return try_mknod("/tmp/try-mem", S_IFCHR, makedev(1, 1));
}

static int
try_mknod_block(void)
{
	return try_mknod("/tmp/try-sda", S_IFBLK, makedev(8, 0));
}

/* For the device program: the test has put nodes there from outside. */
static int
open_node(const char *name)
{
	int fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return errno;
	(void)close(fd);
	return 0;
}

static int
try_smuggled_kmsg(void)
{
	return open_node("/smuggled/kmsg");
}

static int
try_smuggled_mem(void)
{
	return open_node("/smuggled/mem");
}

static int
try_smuggled_null(void)
{
	return open_node("/smuggled/null");
}

/* ---- the kernel ---- */

static int
try_init_module(void)
{
	return CALL(SYS_init_module, "", 0, "");
}

static int
try_finit_module(void)
{
	return CALL(SYS_finit_module, -1, "", 0);
}

static int
try_delete_module(void)
{
	return CALL(SYS_delete_module, "no-such-module", O_NONBLOCK);
}

static int
try_kexec_load(void)
{
	return CALL(SYS_kexec_load, 0UL, 0UL, NULL, 0UL);
}

/* LINUX_REBOOT_CMD_CAD_OFF changes nothing that matters, where it is allowed. */
static int
try_reboot(void)
{
	return CALL(SYS_reboot, 0xfee1dead, 672274793, 0, NULL);
}

static int
try_swapon(void)
{
	return swapon("/no-such-file", 0) < 0 ? errno : 0;
}

static int
try_acct(void)
{
	return acct(NULL) < 0 ? errno : 0;
}

static int
try_quotactl(void)
{
	return CALL(SYS_quotactl, 0x80000300u /* Q_QUOTAON, user */, "/dev/null", 0, NULL);
}

static int
try_settimeofday(void)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_REALTIME, &now);
	return clock_settime(CLOCK_REALTIME, &now) < 0 ? errno : 0;
}

static int
try_adjtimex(void)
{
	struct timex t = {.modes = ADJ_STATUS};

	return adjtimex(&t) < 0 ? errno : 0;
}

static int
try_dmesg(void)
{
	char buf[16];

	return CALL(SYS_syslog, 3, buf, sizeof(buf));
}

static int
try_dmesg_level(void)
{
	return CALL(SYS_syslog, 8, NULL, 7);
}

static int
try_iopl(void)
{
	return CALL(SYS_iopl, 3);
}

static int
try_ioperm(void)
{
	return CALL(SYS_ioperm, 0x80UL, 1UL, 1);
}

static int
try_bpf(void)
{
	union bpf_attr attr = {
	    .map_type = BPF_MAP_TYPE_ARRAY, .key_size = 4, .value_size = 4, .max_entries = 1};

	return CALL(SYS_bpf, BPF_MAP_CREATE, &attr, sizeof(attr));
}

static int
try_perf_event_open(void)
{
	struct perf_event_attr attr = {.type = PERF_TYPE_SOFTWARE, .size = sizeof(attr)};

	return CALL(SYS_perf_event_open, &attr, -1, 0, -1, 0UL);
}

static int
try_io_uring(void)
{
	struct io_uring_params p = {0};

	return CALL(SYS_io_uring_setup, 4, &p);
}

static int
try_keyctl(void)
{
	return CALL(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1);
}

static int
try_add_key(void)
{
	return CALL(SYS_add_key, "user", "gaol-try", "x", 1UL, KEY_SPEC_PROCESS_KEYRING);
}

static int
try_request_key(void)
{
	return CALL(SYS_request_key, "user", "gaol-try", NULL, 0);
}

static int
try_userfaultfd(void)
{
	return CALL(SYS_userfaultfd, O_CLOEXEC);
}

static int
try_open_by_handle_at(void)
{
	struct {
		struct file_handle h;
		unsigned char bytes[MAX_HANDLE_SZ];
	} f = {.h = {.handle_bytes = MAX_HANDLE_SZ}};
	int id, mnt = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (name_to_handle_at(AT_FDCWD, "/etc", &f.h, &id, 0) < 0)
		return errno;
	return open_by_handle_at(mnt, &f.h, O_RDONLY | O_CLOEXEC) < 0 ? errno : 0;
}

static int
try_fanotify(void)
{
	return CALL(SYS_fanotify_init, 0, O_RDONLY);
}

/* ---- PID 1 and other processes ---- */

static int
try_ptrace_1(void)
{
	return ptrace(PTRACE_SEIZE, 1, NULL, NULL) < 0 ? errno : 0;
}

static int
try_prlimit_1(void)
{
	struct rlimit r = {RLIM_INFINITY, RLIM_INFINITY};

	return prlimit(1, RLIMIT_CPU, &r, NULL) < 0 ? errno : 0;
}

static int
try_pidfd_getfd_1(void)
{
	int fd = (int)syscall(SYS_pidfd_open, 1, 0);

	if (fd < 0)
		return errno;
	return CALL(SYS_pidfd_getfd, fd, 0, 0);
}

static int
open_for(const char *name, int flags)
{
	int fd = open(name, flags | O_CLOEXEC);

	if (fd < 0)
		return errno;
	(void)close(fd);
	return 0;
}

static int
try_proc_1_root(void)
{
	return open_for("/proc/1/root/etc", O_RDONLY);
}

static int
try_proc_1_exe(void)
{
	return open_for("/proc/1/exe", O_RDONLY);
}

static int
try_proc_1_mem(void)
{
	return open_for("/proc/1/mem", O_RDWR);
}

static int
try_proc_1_environ(void)
{
	return open_for("/proc/1/environ", O_RDONLY);
}

static int
try_rlimit_raise(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0)
		return errno;
	r.rlim_max++;
	return setrlimit(RLIMIT_NOFILE, &r) < 0 ? errno : 0;
}

static int
try_oom_score(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC), num;

	if (fd < 0)
		return errno;
	num = write(fd, "-900", 4) < 0 ? errno : 0;
	(void)close(fd);
	return num;
}

static int
try_nice(void)
{
	return setpriority(PRIO_PROCESS, 0, -20) < 0 ? errno : 0;
}

/* ---- /proc ---- */

static int
try_sysctl(void)
{
	return open_for("/proc/sys/kernel/core_pattern", O_WRONLY);
}

static int
try_sysctl_vm(void)
{
	return open_for("/proc/sys/vm/swappiness", O_WRONLY);
}

static int
try_sysctl_max_user(void)
{
	return open_for("/proc/sys/user/max_user_namespaces", O_WRONLY);
}

static int
try_sysrq(void)
{
	return open_for("/proc/sysrq-trigger", O_WRONLY);
}

static int
try_proc_irq(void)
{
	return open_for("/proc/irq/default_smp_affinity", O_WRONLY);
}

/* Masked files are there and empty: ok means that something was read. */
static int
read_something(const char *name)
{
	int fd = open(name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	char c;
	ssize_t n;
	int num;

	if (fd < 0)
		return errno;
	n = read(fd, &c, 1);
	num = n > 0 ? 0 : n == 0 ? ENODATA : errno;
	(void)close(fd);
	return num;
}

static int
try_kcore(void)
{
	return read_something("/proc/kcore");
}

static int
try_keys(void)
{
	return read_something("/proc/keys");
}

static int
try_kallsyms(void)
{
	return read_something("/proc/kallsyms");
}

/* ---- files ---- */

static int
try_trusted_xattr(void)
{
	return setxattr("/tmp", "trusted.gaol", "x", 1, 0) < 0 ? errno : 0;
}

static int
try_immutable(void)
{
	int flags = 0x10 /* FS_IMMUTABLE_FL */, off = 0, num = 0;
	int fd = open("/root/try-immutable", O_RDONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0)
		return errno;
	if (ioctl(fd, _IOW('f', 2, long), &flags) < 0)
		num = errno;
	else
		(void)ioctl(fd, _IOW('f', 2, long), &off);
	(void)close(fd);
	(void)unlink("/root/try-immutable");
	return num;
}

/* The classical way out of a chroot: 0 if the directory reached is not our own root. */
static int
escape_child(void)
{
	struct stat before, after;

	if (stat("/", &before) < 0 || mkdir("/tmp/try-chroot", 0700) < 0)
		return errno;
	if (chroot("/tmp/try-chroot") < 0) {
		int num = errno;

		(void)rmdir("/tmp/try-chroot");
		return num;
	}
	for (int i = 0; i < 64; i++)
		if (chdir("..") < 0)
			return errno;
	if (chroot(".") < 0 || stat("/", &after) < 0)
		return errno;
	(void)rmdir("/tmp/try-chroot");
	return before.st_ino == after.st_ino && before.st_dev == after.st_dev ? EXDEV : 0;
}

static int
try_chroot_escape(void)
{
	return in_child(escape_child);
}

/* ---- terminals ---- */

static int
try_tiocsti(void)
{
	char c = 'x';

	return ioctl(0, TIOCSTI, &c) < 0 ? errno : 0;
}

/* The kernel looks at the low 32 bits only: so must the filter. */
static int
try_tiocsti_high(void)
{
	char c = 'x';

	return CALL(SYS_ioctl, 0, 0xdead00000000UL | TIOCSTI, &c);
}

static int
try_tioclinux(void)
{
	char c = 6;

	return ioctl(0, TIOCLINUX, &c) < 0 ? errno : 0;
}

/* ---- sockets ---- */

static int
open_socket(int family, int type, int protocol)
{
	int fd = socket(family, type | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return errno;
	(void)close(fd);
	return 0;
}

static int
try_socket_packet(void)
{
	return open_socket(AF_PACKET, SOCK_RAW, 0);
}

static int
try_socket_vsock(void)
{
	return open_socket(AF_VSOCK, SOCK_STREAM, 0);
}

static int
try_socket_alg(void)
{
	return open_socket(AF_ALG, SOCK_SEQPACKET, 0);
}

static int
try_socket_raw(void)
{
	return open_socket(AF_INET, SOCK_RAW, 1);
}

static int
try_socket_raw6(void)
{
	return open_socket(AF_INET6, SOCK_RAW, 58);
}

static int
try_socket_ping(void)
{
	return open_socket(AF_INET, SOCK_DGRAM, 1);
}

static int
try_socket_mptcp(void)
{
	return open_socket(AF_INET, SOCK_STREAM, 262);
}

static int
try_socket_sctp(void)
{
	return open_socket(AF_INET, SOCK_STREAM, 132);
}

static int
try_socket_bluetooth(void)
{
	return open_socket(AF_BLUETOOTH, SOCK_RAW, 1);
}

static int
try_socket_smc(void)
{
	return open_socket(43, SOCK_STREAM, 0);
}

static int
try_socket_xdp(void)
{
	return open_socket(44, SOCK_RAW, 0);
}

static int
try_socket_uevent(void)
{
	return open_socket(AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT);
}

static int
try_socket_diag(void)
{
	return open_socket(AF_NETLINK, SOCK_RAW, NETLINK_SOCK_DIAG);
}

static int
try_socket_generic(void)
{
	return open_socket(AF_NETLINK, SOCK_RAW, NETLINK_GENERIC);
}

static int
try_socket_unix(void)
{
	return open_socket(AF_UNIX, SOCK_STREAM, 0);
}

static int
try_socket_inet(void)
{
	return open_socket(AF_INET, SOCK_STREAM, 0);
}

static int
try_socket_inet6(void)
{
	return open_socket(AF_INET6, SOCK_STREAM, 0);
}

/* ---- names ---- */

static int
try_sethostname(void)
{
	char name[65] = {0};

	if (gethostname(name, 64) < 0)
		return errno;
	return sethostname(name, strlen(name)) < 0 ? errno : 0;
}

static int
try_setdomainname(void)
{
	char name[65] = {0};

	if (getdomainname(name, 64) < 0)
		return errno;
	return setdomainname(name, strlen(name)) < 0 ? errno : 0;
}

static int
try_personality(void)
{
	return CALL(SYS_personality, 0xffffffffUL);
}

/* ---- capabilities ---- */

static int
try_cap_regain(void)
{
	/* CAP_SYS_RESOURCE into the inheritable and ambient sets. */
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, 24, 0, 0) < 0 ? errno : 0;
}

static int
try_mlock(void)
{
	static char page[65536 * 256];

	if (mlock(page, sizeof(page)) < 0)
		return errno;
	(void)munlock(page, sizeof(page));
	return 0;
}

#define TRY(name)                 \
	{                         \
#name, try_##name \
	}

static const struct {
	const char *name;
	int (*fn)(void);
} tries[] = {
    TRY(mount_tmpfs),
    TRY(mount_bind),
    TRY(mount_proc),
    TRY(remount),
    TRY(remount_proc_sys),
    TRY(umount_proc),
    TRY(umount_dev),
    TRY(umount_root),
    TRY(propagation),
    TRY(pivot_root),
    TRY(fsopen),
    TRY(fspick),
    TRY(open_tree_clone),
    TRY(mount_setattr),
    TRY(unshare_mnt),
    TRY(unshare_user),
    TRY(unshare_net),
    TRY(unshare_pid),
    TRY(unshare_ipc),
    TRY(unshare_uts),
    TRY(unshare_cgroup),
    TRY(clone_user),
    TRY(clone_mnt),
    TRY(clone3),
    TRY(setns),
    TRY(mknod_char),
    TRY(mknod_block),
    TRY(smuggled_kmsg),
    TRY(smuggled_mem),
    TRY(smuggled_null),
    TRY(init_module),
    TRY(finit_module),
    TRY(delete_module),
    TRY(kexec_load),
    TRY(reboot),
    TRY(swapon),
    TRY(acct),
    TRY(quotactl),
    TRY(settimeofday),
    TRY(adjtimex),
    TRY(dmesg),
    TRY(dmesg_level),
    TRY(iopl),
    TRY(ioperm),
    TRY(bpf),
    TRY(perf_event_open),
    TRY(io_uring),
    TRY(keyctl),
    TRY(add_key),
    TRY(request_key),
    TRY(userfaultfd),
    TRY(open_by_handle_at),
    TRY(fanotify),
    TRY(ptrace_1),
    TRY(prlimit_1),
    TRY(pidfd_getfd_1),
    TRY(proc_1_root),
    TRY(proc_1_exe),
    TRY(proc_1_mem),
    TRY(proc_1_environ),
    TRY(rlimit_raise),
    TRY(oom_score),
    TRY(nice),
    TRY(sysctl),
    TRY(sysctl_vm),
    TRY(sysctl_max_user),
    TRY(sysrq),
    TRY(proc_irq),
    TRY(kcore),
    TRY(keys),
    TRY(kallsyms),
    TRY(trusted_xattr),
    TRY(immutable),
    TRY(chroot_escape),
    TRY(tiocsti),
    TRY(tiocsti_high),
    TRY(tioclinux),
    TRY(socket_packet),
    TRY(socket_vsock),
    TRY(socket_alg),
    TRY(socket_raw),
    TRY(socket_raw6),
    TRY(socket_ping),
    TRY(socket_mptcp),
    TRY(socket_sctp),
    TRY(socket_bluetooth),
    TRY(socket_smc),
    TRY(socket_xdp),
    TRY(socket_uevent),
    TRY(socket_diag),
    TRY(socket_generic),
    TRY(socket_unix),
    TRY(socket_inet),
    TRY(socket_inet6),
    TRY(sethostname),
    TRY(setdomainname),
    TRY(personality),
    TRY(cap_regain),
    TRY(mlock),
};

int
do_try(int argc, char **argv)
{
	bool all = argc == 2 && strcmp(argv[1], "all") == 0;
	int found = 0;

	for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]); i++) {
		bool wanted = all;
		int num;

		for (int k = 1; k < argc && !wanted; k++)
			wanted = strcmp(argv[k], tries[i].name) == 0;
		if (!wanted)
			continue;
		found++;
		num = tries[i].fn();
		(void)printf("%s: %s\n", tries[i].name, num == 0 ? "ok" : errno_name(num));
		(void)fflush(stdout);
	}
	/* A misspelt name must not look like a wall. */
	if (!all && found != argc - 1) {
		(void)fprintf(stderr, "try: a name is unknown\n");
		return 2;
	}
	return 0;
}
