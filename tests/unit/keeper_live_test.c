/*
 * The keeper as it is installed, on real cgroups: each case makes a prison's directory,
 * starts a keeper in a PID namespace of its own, does something, and looks at what is
 * left.  Needs root and a cgroup2 mount; without them it is skipped (77).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/capability.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/sys.h"
#include "keeper/keeper.h"
#include "keeper/start.h"
#include "unit.h"

#define JID 7
#define SOON_MS 3000 /* everything that must happen happens within this */
#define NEVER_MS 120 /* what must not happen is waited for so long */

static const char *keeper_path;
static char cgroup_root[PATH_MAX]; /* <cgroup2>/keeper-test-PID */
static char state_path[64];

static int *shared; /* a page between us and our children */

struct scene {
	int parent;
	int prison;
	int state;
	int map;
	int lock_path_fd; /* a second open file of the lock file, to ask for its lock */
	uint64_t key;
	pid_t pid;
	int pidfd;
};

static void
die(const char *what)
{
	perror(what);
	exit(99);
}

static int
bpf(int cmd, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, cmd, attr, sizeof(*attr));
}

static bool
map_has(const struct scene *s)
{
	uint64_t key = s->key, value;
	union bpf_attr attr = {
	    .map_fd = (unsigned)s->map, .key = (uintptr_t)&key, .value = (uintptr_t)&value};

	return bpf(BPF_MAP_LOOKUP_ELEM, &attr) == 0;
}

static int
make_map(uint64_t key)
{
	union bpf_attr make = {
	    .map_type = BPF_MAP_TYPE_HASH, .key_size = 8, .value_size = 8, .max_entries = 8};
	union bpf_attr attr = {.key = (uintptr_t)&key, .value = (uintptr_t)&key};
	int fd = bpf(BPF_MAP_CREATE, &make);

	if (fd < 0)
		die("bpf map");
	attr.map_fd = (unsigned)fd;
	if (bpf(BPF_MAP_UPDATE_ELEM, &attr) < 0)
		die("bpf update");
	return fd;
}

static bool
exists(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static void
write_file(int dir, const char *name, const char *text)
{
	cleanup_fd int fd = openat(dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die(name);
}

static void
set_persist(struct scene *s, char c)
{
	if (pwrite(s->lock_path_fd, &c, 1, 0) != 1)
		die("persist");
}

/* A sleeping process, born in that cgroup directory; in_ns: in the keeper's PID namespace. */
static pid_t
enter(struct scene *s, int cgroup, bool in_ns, void (*act)(void))
{
	cleanup_fd int own = -EBADF;
	struct clone_args args = {
	    .flags = CLONE_INTO_CGROUP, .exit_signal = SIGCHLD, .cgroup = (uint64_t)cgroup};
	pid_t pid;

	own = open("/proc/self/ns/pid", O_RDONLY | O_CLOEXEC);
	if (in_ns && setns(s->pidfd, CLONE_NEWPID) < 0)
		return -errno;
	pid = sys_clone3(&args);
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (act != NULL)
			act();
		for (;;)
			(void)pause();
	}
	if (pid < 0)
		pid = -errno;
	if (in_ns && setns(own, CLONE_NEWPID) < 0)
		die("back to the PID namespace");
	return pid;
}

static void
end(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
}

static bool
ended(struct scene *s, int timeout_ms)
{
	struct pollfd p = {.fd = s->pidfd, .events = POLLIN};

	return poll(&p, 1, timeout_ms) == 1;
}

/* The keeper's exit status, or -1 if it did not end in time. */
static int
status_of(struct scene *s)
{
	int status = 0;

	if (!ended(s, SOON_MS))
		return -1;
	if (waitpid(s->pid, &status, 0) != s->pid)
		die("waitpid");
	s->pid = -1;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

enum { BARE = 1, KEEPS_RECORD = 2, NO_PTRACE = 4, RENAMED = 8 };

static void
start(struct scene *s, char persist, int flags)
{
	char text[2] = {persist, 0}, path[PATH_MAX], buf[8];
	struct clone_args args = {.flags = CLONE_NEWPID | CLONE_PIDFD, .exit_signal = SIGCHLD};
	struct stat st;
	int ready[2], lock;

	*s = (struct scene){.pid = -1};
	s->parent = open(cgroup_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (mkdirat(s->parent, "7", 0755) < 0)
		die("mkdir of the prison's cgroup");
	s->prison = openat(s->parent, "7", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fstat(s->prison, &st) < 0)
		die("fstat");
	s->key = st.st_ino;
	s->map = make_map(s->key);
	s->state = open(state_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	write_file(s->state, "7", "record\n");
	write_file(s->state, ".jail/7", text);
	if (symlinkat((flags & RENAMED) != 0 ? "8" : "7", s->state, ".names/seven") < 0)
		die("symlink");
	lock = openat(s->state, ".jail/7", O_RDONLY | O_CLOEXEC);
	s->lock_path_fd = openat(s->state, ".jail/7", O_RDWR | O_CLOEXEC);
	if (flock(lock, LOCK_EX | LOCK_NB) < 0 || pipe2(ready, O_CLOEXEC) < 0)
		die("lock");
	args.pidfd = (uintptr_t)&s->pidfd;
	s->pid = sys_clone3(&args);
	if (s->pid < 0)
		die("clone3");
	if (s->pid == 0) {
		struct keeper_start k = {
		    .binary = open(keeper_path, O_PATH | O_CLOEXEC),
		    .lock = lock,
		    .events = openat(s->prison, "cgroup.events", O_RDONLY | O_CLOEXEC),
		    .removes = (flags & BARE) == 0,
		    .parent = s->parent,
		    .map = s->map,
		    .state = s->state,
		    .kill = openat(s->prison, "cgroup.kill", O_WRONLY | O_CLOEXEC),
		    .unlinks = (flags & KEEPS_RECORD) == 0,
		    .ready = ready[1],
		    .jid = JID,
		    .link = "seven",
		    .cgroup_id = s->key,
		};

		(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* the keeper must undo this */
		if (flags & NO_PTRACE)
			(void)prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0);
		(void)keeper_exec(&k);
		perror("keeper_exec");
		_exit(99);
	}
	(void)close(ready[1]);
	(void)close(lock);
	if (read(ready[0], buf, sizeof(buf)) != 0)
		die("the ready pipe");
	(void)close(ready[0]);
	(void)snprintf(path, sizeof(path), "/proc/%d", (int)s->pid);
}

static void
finish(struct scene *s)
{
	if (s->pid > 0) {
		(void)kill(s->pid, SIGKILL);
		(void)waitpid(s->pid, NULL, 0);
	}
	(void)unlinkat(s->parent, "7/8", AT_REMOVEDIR);
	(void)unlinkat(s->parent, "7", AT_REMOVEDIR);
	(void)unlinkat(s->state, "7", 0);
	(void)unlinkat(s->state, ".jail/7", 0);
	(void)unlinkat(s->state, ".names/seven", 0);
	(void)close(s->parent);
	(void)close(s->prison);
	(void)close(s->map);
	(void)close(s->state);
	(void)close(s->lock_path_fd);
	(void)close(s->pidfd);
}

static void
check_nothing_left(struct scene *s)
{
	CHECK_INT(status_of(s), 0);
	CHECK(!exists(s->parent, "7"));
	CHECK(!map_has(s));
	CHECK(!exists(s->state, "7"));
	CHECK(!exists(s->state, ".jail/7"));
	CHECK(!exists(s->state, ".names/seven"));
}

static void
check_untouched(struct scene *s)
{
	CHECK(!ended(s, NEVER_MS));
	CHECK(exists(s->parent, "7"));
	CHECK(map_has(s));
	CHECK(exists(s->state, "7"));
	CHECK(exists(s->state, ".jail/7"));
	CHECK(exists(s->state, ".names/seven"));
}

static void
test_empty_dies(void)
{
	struct scene s;

	start(&s, '0', 0);
	check_nothing_left(&s);
	finish(&s);

	start(&s, '0', KEEPS_RECORD);
	CHECK_INT(status_of(&s), 0);
	CHECK(!exists(s.parent, "7"));
	CHECK(!map_has(&s));
	CHECK(exists(s.state, "7"));
	CHECK(exists(s.state, ".jail/7"));
	CHECK(exists(s.state, ".names/seven"));
	finish(&s);

	/* The name is another jail's by now. */
	start(&s, '0', RENAMED);
	CHECK_INT(status_of(&s), 0);
	CHECK(!exists(s.state, "7"));
	CHECK(exists(s.state, ".names/seven"));
	finish(&s);
}

static void
test_persistent_stays(void)
{
	struct scene s;
	pid_t pid;

	start(&s, '1', 0);
	check_untouched(&s);
	(void)kill(s.pid, SIGHUP);
	check_untouched(&s);
	/* Not told of the byte: the next change of population finds it ... */
	set_persist(&s, '0');
	check_untouched(&s);
	pid = enter(&s, s.prison, false, NULL);
	CHECK(pid > 0);
	end(pid);
	check_nothing_left(&s);
	finish(&s);

	/* ... or SIGHUP lets it look. */
	start(&s, '1', 0);
	set_persist(&s, '0');
	(void)kill(s.pid, SIGHUP);
	check_nothing_left(&s);
	finish(&s);

	/* Anything but '0' keeps it. */
	start(&s, 'x', 0);
	check_untouched(&s);
	finish(&s);
}

static void
test_last_process(void)
{
	struct scene s;
	pid_t a, b;

	start(&s, '1', 0);
	a = enter(&s, s.prison, true, NULL);
	b = enter(&s, s.prison, false, NULL);
	CHECK(a > 0 && b > 0);
	set_persist(&s, '0');
	end(a);
	check_untouched(&s);
	end(b);
	check_nothing_left(&s);
	CHECK_INT(enter(&s, s.prison, false, NULL), -ENOENT);
	finish(&s);
}

static char status_text[8192];

/* The value of a line of /proc/PID/status. */
static const char *
status_line(struct scene *s, const char *name)
{
	static char value[256];
	char path[64], *p;
	cleanup_fd int fd = -EBADF;
	ssize_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", (int)s->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	n = read(fd, status_text, sizeof(status_text) - 1);
	status_text[n > 0 ? n : 0] = '\0';
	p = strstr(status_text, name);
	if (p == NULL || sscanf(p + strlen(name), ":\t%255s", value) != 1)
		return "";
	return value;
}

/* The numbers of its open descriptors, ascending, as text. */
static void
descriptors(struct scene *s, char *buf, size_t size)
{
	bool open_fd[64] = {0};
	char path[64];
	struct dirent *d;
	size_t len = 0, i;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", (int)s->pid);
	dir = opendir(path);
	if (dir == NULL)
		die(path);
	while ((d = readdir(dir)) != NULL)
		if (d->d_name[0] != '.')
			open_fd[strtoul(d->d_name, NULL, 10) % 64] = true;
	(void)closedir(dir);
	buf[0] = '\0';
	for (i = 0; i < 64; i++)
		if (open_fd[i])
			len += (size_t)snprintf(buf + len, size - len, "%zu ", i);
}

static void
test_what_it_is(void)
{
	struct scene s;
	char path[64], target[256], fds[256];
	ssize_t n;

	start(&s, '1', 0);
	CHECK_STR(status_line(&s, "Name"), KEEPER_COMM);
	CHECK_STR(status_line(&s, "SigBlk"), "0000000000004001");
	CHECK_STR(status_line(&s, "SigIgn"), "0000000000010000");
	CHECK_STR(status_line(&s, "SigCgt"), "0000000000000000");
	/* Jailed root in the first user namespace must lack some of its capabilities. */
	CHECK(strtoull(status_line(&s, "CapPrm"), NULL, 16) & (1ULL << 21));
	descriptors(&s, fds, sizeof(fds));
	CHECK_STR(fds, "0 3 4 5 6 7 8 ");
	(void)snprintf(path, sizeof(path), "/proc/%d/fd/0", (int)s.pid);
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	CHECK_STR(target, "anon_inode:[signalfd]");
	(void)snprintf(path, sizeof(path), "/proc/%d/cwd", (int)s.pid);
	n = readlink(path, target, sizeof(target) - 1);
	target[n > 0 ? n : 0] = '\0';
	CHECK_STR(target, "/");
	CHECK_INT(getsid(s.pid), s.pid);
	finish(&s);

	start(&s, '1', BARE);
	descriptors(&s, fds, sizeof(fds));
	CHECK_STR(fds, "0 3 4 ");
	finish(&s);
}

/*
 * May a process with the same uid and the same capabilities look into it?  Only its not
 * being dumpable forbids that here: neither has CAP_SYS_PTRACE, which would allow it.
 */
static void
test_not_dumpable(void)
{
	struct scene s;
	char path[64], target[256];
	int status = 0;
	pid_t pid;

	start(&s, '1', NO_PTRACE);
	(void)snprintf(path, sizeof(path), "/proc/%d/root", (int)s.pid);
	CHECK(readlink(path, target, sizeof(target)) > 0);
	pid = fork();
	if (pid == 0) {
		char *argv[] = {
		    (char *)(uintptr_t) "/bin/sh", (char *)(uintptr_t) "-c", path, NULL};

		(void)prctl(PR_CAPBSET_DROP, CAP_SYS_PTRACE, 0, 0, 0);
		(void)snprintf(path, sizeof(path),
		    "readlink /proc/self/root && ! readlink /proc/%d/root", (int)s.pid);
		if (freopen("/dev/null", "w", stdout) == NULL)
			_exit(98);
		(void)execv("/bin/sh", argv);
		_exit(99);
	}
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status, 0);
	finish(&s);
}

/* Its starter ties itself to jail(8), which ends; the keeper must stay. */
static void
test_parent_dies(void)
{
	struct scene s = {0};
	pid_t pid = fork();

	if (pid == 0) {
		start(&s, '1', 0);
		shared[4] = s.pid;
		_exit(0);
	}
	(void)waitpid(pid, NULL, 0);
	s.pidfd = sys_pidfd_open(shared[4], 0);
	CHECK(s.pidfd >= 0);
	CHECK(!ended(&s, NEVER_MS));
	(void)sys_pidfd_send_signal(s.pidfd, SIGKILL);
	CHECK(ended(&s, SOON_MS));
	s.parent = open(cgroup_root, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s.state = open(state_path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	s.prison = s.map = s.lock_path_fd = -EBADF;
	finish(&s);
}

/*
 * Same uid, fewer capabilities, same user namespace: what jailed root is with inherit.
 * Being in the same PID namespace it names the keeper 1.
 */

static void
act_hostile(void)
{
	union sigval value = {0};
	siginfo_t forged = {.si_signo = SIGTERM, .si_code = SI_QUEUE};
	int pidfd = sys_pidfd_open(1, 0), sig;

	/*
	 * Every signal, with a sender of 0 where one can be written.  Each way gets its time:
	 * what is pending already swallows the next.
	 */
	for (sig = 1; sig < NSIG; sig++) {
		forged.si_signo = sig;
		forged.si_pid = 0;
		forged.si_code = SI_USER;
		if (syscall(SYS_rt_sigqueueinfo, 1, sig, &forged) == 0)
			shared[2]++;
		if (syscall(SYS_pidfd_send_signal, pidfd, sig, &forged, 0) == 0)
			shared[2]++;
		forged.si_code = SI_QUEUE;
		if (syscall(SYS_rt_sigqueueinfo, 1, sig, &forged) == 0)
			shared[3]++;
		(void)usleep(sig == SIGTERM ? 20000 : 0);
		(void)syscall(SYS_pidfd_send_signal, pidfd, sig, &forged, 0);
		(void)usleep(sig == SIGTERM ? 20000 : 0);
		(void)kill(1, sig);
		(void)sigqueue(1, sig, value);
		(void)syscall(SYS_tkill, 1, sig);
	}
	shared[0] = 1;
	_exit(0);
}

static void
act_orphans(void)
{
	int i;

	/* Forty children whose parent dies first, twenty of them already dead by then. */
	for (i = 0; i < 40; i++)
		if (fork() == 0) {
			if (i % 2 == 0)
				(void)usleep(20000);
			_exit(i);
		}
	(void)usleep(5000);
	_exit(0);
}

/* The processes of the keeper's PID namespace, zombies too. */
static int
population(struct scene *s)
{
	char path[64], link[64], own[64];
	struct dirent *d;
	int count = 0;
	DIR *proc = opendir("/proc");

	(void)snprintf(path, sizeof(path), "/proc/%d/ns/pid", (int)s->pid);
	own[readlink(path, own, sizeof(own) - 1)] = '\0';
	while ((d = readdir(proc)) != NULL) {
		ssize_t n;

		(void)snprintf(path, sizeof(path), "/proc/%.20s/ns/pid", d->d_name);
		n = readlink(path, link, sizeof(link) - 1);
		link[n > 0 ? n : 0] = '\0';
		if (n > 0 && strcmp(link, own) == 0)
			count++;
	}
	(void)closedir(proc);
	return count;
}

static void
test_signals(void)
{
	struct scene s;
	pid_t pid;
	int sig;

	start(&s, '1', 0);
	shared[0] = shared[2] = shared[3] = 0;
	pid = enter(&s, s.prison, true, act_hostile);
	CHECK(pid > 0);
	(void)waitpid(pid, NULL, 0);
	CHECK_INT(shared[0], 1);
	CHECK_INT(shared[2], 0);
	CHECK(shared[3] > 0); /* the forgery did arrive */
	check_untouched(&s);
	/* From outside, everything but the order (and KILL, STOP). */
	for (sig = 1; sig < NSIG; sig++)
		if (sig != SIGTERM && sig != SIGKILL && sig != SIGSTOP)
			(void)kill(s.pid, sig);
	check_untouched(&s);
	/* The order, persistent and populated as it is. */
	pid = enter(&s, s.prison, true, NULL);
	CHECK(pid > 0);
	(void)kill(s.pid, SIGTERM);
	CHECK_INT(waitpid(pid, &sig, 0), pid);
	CHECK(WIFSIGNALED(sig) && WTERMSIG(sig) == SIGKILL);
	check_nothing_left(&s);
	finish(&s);
}

static void
test_orphans(void)
{
	struct scene s;
	int tries;
	pid_t pid;

	start(&s, '1', 0);
	pid = enter(&s, s.prison, true, act_orphans);
	CHECK(pid > 0);
	(void)waitpid(pid, NULL, 0);
	for (tries = 0; tries < 100 && population(&s) != 1; tries++)
		(void)usleep(10000);
	CHECK_INT(population(&s), 1);
	finish(&s);
}

static void
test_child_jail(void)
{
	struct scene s;
	cleanup_fd int child = -EBADF;
	pid_t pid;

	/* A persistent child jail keeps its parent; a process of the child's is population. */
	start(&s, '1', 0);
	if (mkdirat(s.prison, "8", 0755) < 0)
		die("mkdir of the child");
	child = openat(s.prison, "8", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	pid = enter(&s, child, false, NULL);
	CHECK(pid > 0);
	set_persist(&s, '0');
	check_untouched(&s);
	end(pid);
	CHECK(!ended(&s, 3 * KEEPER_LINGER_MS));
	check_untouched(&s);
	/* No event tells of this. */
	CHECK_INT(unlinkat(s.prison, "8", AT_REMOVEDIR), 0);
	check_nothing_left(&s);
	finish(&s);
}

static void
test_removed_by_another(void)
{
	struct scene s;

	start(&s, '1', 0);
	CHECK_INT(unlinkat(s.parent, "7", AT_REMOVEDIR), 0);
	/* The kernel wakes nobody for this; a keeper that had not yet slept sees it by itself. */
	(void)kill(s.pid, SIGHUP);
	CHECK_INT(status_of(&s), 0);
	/* Then it is the other's to clean up. */
	CHECK(map_has(&s));
	CHECK(exists(s.state, "7"));
	CHECK(exists(s.state, ".jail/7"));
	finish(&s);
}

static void
test_bare(void)
{
	struct scene s;
	int status;
	pid_t pid;

	start(&s, '0', BARE);
	CHECK_INT(status_of(&s), 0);
	CHECK(exists(s.parent, "7"));
	CHECK(map_has(&s));
	CHECK(exists(s.state, "7"));
	CHECK_INT(flock(s.lock_path_fd, LOCK_EX | LOCK_NB), 0);
	finish(&s);

	/* It has nothing to kill with, but its own end kills all. */
	start(&s, '1', BARE);
	pid = enter(&s, s.prison, true, NULL);
	CHECK(pid > 0);
	(void)kill(s.pid, SIGTERM);
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	CHECK_INT(status_of(&s), 0);
	CHECK(exists(s.parent, "7"));
	finish(&s);
}

static void
test_lock(void)
{
	struct scene s;
	int tries, status;
	pid_t pid;

	start(&s, '1', 0);
	CHECK_INT(flock(s.lock_path_fd, LOCK_EX | LOCK_NB), -1);
	CHECK_INT(errno, EWOULDBLOCK);
	/* Killed, and held as a process by a child of ours that we do not reap yet. */
	pid = enter(&s, s.prison, true, NULL);
	CHECK(pid > 0);
	(void)kill(s.pid, SIGKILL);
	for (tries = 0; tries < 200 && flock(s.lock_path_fd, LOCK_EX | LOCK_NB) < 0; tries++)
		(void)usleep(5000);
	CHECK(tries < 200);
	CHECK(!ended(&s, NEVER_MS));
	CHECK_INT(waitpid(pid, &status, 0), pid);
	CHECK_INT(status_of(&s), 128 + SIGKILL);
	CHECK(exists(s.parent, "7"));
	finish(&s);
}

/* Either somebody got in, and the jail lives on, or it is dead and nobody gets in. */
static void
test_entry_race(void)
{
	int round, got_in = 0, refused = 0;

	for (round = 0; round < 150; round++) {
		struct scene s;
		pid_t a, b;

		start(&s, '1', 0);
		a = enter(&s, s.prison, false, NULL);
		set_persist(&s, '0');
		(void)kill(a, SIGKILL);
		b = enter(&s, s.prison, false, NULL);
		(void)waitpid(a, NULL, 0);
		if (b > 0) {
			got_in++;
			CHECK(exists(s.parent, "7"));
			CHECK(map_has(&s));
			end(b);
		} else {
			refused++;
			CHECK(b == -ENOENT || b == -ENODEV);
		}
		check_nothing_left(&s);
		finish(&s);
	}
	(void)printf("race: %d got in, %d came too late\n", got_in, refused);
}

static void
skip(const char *why)
{
	(void)printf("SKIP: %s\n", why);
	exit(77);
}

static void
find_cgroup2(void)
{
	char line[4096], where[2048], type[64];
	cleanup_file FILE *f = fopen("/proc/self/mounts", "re");

	while (f != NULL && fgets(line, sizeof(line), f) != NULL)
		if (sscanf(line, "%*s %2047s %63s", where, type) == 2 &&
		    strcmp(type, "cgroup2") == 0) {
			(void)snprintf(cgroup_root, sizeof(cgroup_root), "%s/keeper-test-%d", where,
			    (int)getpid());
			return;
		}
	skip("no cgroup2 is mounted");
}

int
main(int argc, char **argv)
{
	char jail_dir[128], names_dir[128];

	if (argc != 2)
		return 99;
	keeper_path = argv[1];
	if (geteuid() != 0)
		skip("must be root");
	find_cgroup2();
	/* A shell ignores these for what it starts in the background. */
	(void)signal(SIGINT, SIG_DFL);
	(void)signal(SIGQUIT, SIG_DFL);
	shared = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	(void)snprintf(state_path, sizeof(state_path), "/tmp/keeper-test-%d", (int)getpid());
	(void)snprintf(jail_dir, sizeof(jail_dir), "%s/.jail", state_path);
	(void)snprintf(names_dir, sizeof(names_dir), "%s/.names", state_path);
	if (mkdir(cgroup_root, 0755) < 0)
		skip("cannot make cgroups");
	if (mkdir(state_path, 0700) < 0 || mkdir(jail_dir, 0700) < 0 || mkdir(names_dir, 0700) < 0)
		die(state_path);
	test_empty_dies();
	test_persistent_stays();
	test_last_process();
	test_what_it_is();
	test_not_dumpable();
	test_parent_dies();
	test_signals();
	test_orphans();
	test_child_jail();
	test_removed_by_another();
	test_bare();
	test_lock();
	test_entry_race();
	(void)rmdir(jail_dir);
	(void)rmdir(names_dir);
	CHECK_INT(rmdir(state_path), 0);
	CHECK_INT(rmdir(cgroup_root), 0);
	return UNIT_DONE();
}
