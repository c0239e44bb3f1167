#include "prison/raw.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/sys.h"
#include "broker/broker.h"
#include "config.h"
#include "prison/cgroup.h"
#include "prison/policy.h"
#include "prison/settings.h"

#define BROKERS ".b"
#define KILL_WAIT_MS 5000

bool
raw_wanted(const struct record *rec)
{
	return settings_bool(rec, "allow.raw_sockets") &&
	       strcmp(settings_text(rec, "vnet"), "new") != 0;
}

static void
socket_name(const struct record *rec, char buf[32])
{
	(void)snprintf(buf, 32, ".jail/%d.raw", rec->jid);
}

/* Through the descriptor: a path of ours, whatever lies at /run/jail. */
static int
socket_address(const struct instance *in, const struct record *rec, struct sockaddr_un *ret)
{
	char name[32];
	int n;

	socket_name(rec, name);
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	n = snprintf(ret->sun_path, sizeof(ret->sun_path), "/proc/self/fd/%d/%s", in->state, name);
	return n < 0 || (size_t)n >= sizeof(ret->sun_path) ? -ENAMETOOLONG : 0;
}

static int
listen_socket(const struct instance *in, const struct record *rec)
{
	cleanup_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un sun;
	char name[32];
	int r;

	r = socket_address(in, rec, &sun);
	if (fd < 0 || r < 0)
		return fd < 0 ? -errno : r;
	socket_name(rec, name);
	(void)unlinkat(in->state, name, 0);
	if (bind(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0 || listen(fd, 64) < 0)
		return -errno;
	return take_fd(&fd);
}

int
raw_connect(const struct instance *in, const struct record *rec)
{
	cleanup_fd int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	struct sockaddr_un sun;
	int r;

	r = socket_address(in, rec, &sun);
	if (fd < 0 || r < 0)
		return fd < 0 ? -errno : r;
	if (connect(fd, (struct sockaddr *)&sun, sizeof(sun)) < 0)
		return -errno;
	return take_fd(&fd);
}

int
raw_hand_over(int conn, int listener)
{
	char byte = 'l', control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	struct cmsghdr *c = CMSG_FIRSTHDR(&msg);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &listener, sizeof(listener));
	if (sendmsg(conn, &msg, MSG_NOSIGNAL) != 1)
		return -errno;
	return recv(conn, &byte, 1, 0) == 1 ? 0 : -EPIPE;
}

/* ---- the broker's cgroup -----------------------------------------------------------------------
 */

static void
cgroup_name(const struct record *rec, char buf[32])
{
	(void)snprintf(buf, 32, BROKERS "/%d", rec->jid);
}

static int
open_cgroup(const struct instance *in, const struct record *rec, bool make)
{
	char name[32];

	cgroup_name(rec, name);
	if (make && mkdirat(in->cgroup, BROKERS, 0755) < 0 && errno != EEXIST)
		return -errno;
	if (make && mkdirat(in->cgroup, name, 0755) < 0 && errno != EEXIST)
		return -errno;
	return path_open_strict(in->cgroup, name, O_RDONLY | O_DIRECTORY, 0);
}

static int
load_cgroup(struct instance *in, const struct record *rec, int cgroup, struct err *e)
{
	uint64_t id;
	int r;

	r = bpf_cgroup_id(cgroup, &id, e);
	return r < 0 ? r : policy_load_as(in, rec, id, e);
}

int
raw_reload(struct instance *in, const struct record *rec, struct err *e)
{
	cleanup_fd int cgroup = open_cgroup(in, rec, false);

	return cgroup < 0 ? 0 : load_cgroup(in, rec, cgroup, e);
}

/* ---- starting
 * ------------------------------------------------------------------------------------ */

struct starting {
	int fds[BROKER_FD_END]; /* by their numbers to be; -EBADF: none */
	int binary;
	char id[24];
	char flags[2];
};

static void
child_main(struct starting *s)
{
	char *argv[] = {(char[]){"gaol-broker"}, s->id, s->flags, NULL};
	char *envp[] = {NULL};
	sigset_t none;
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	(void)setsid();
	/* First all out of the way, then each to its place. */
	for (int i = BROKER_FD_SOCKET; i < BROKER_FD_END; i++)
		s->fds[i] = fcntl(s->fds[i], F_DUPFD_CLOEXEC, 64);
	s->binary = fcntl(s->binary, F_DUPFD_CLOEXEC, 64);
	for (int i = 0; i < 3; i++)
		(void)dup2(null, i);
	for (int i = BROKER_FD_SOCKET; i < BROKER_FD_END; i++)
		if (dup2(s->fds[i], i) < 0)
			_exit(1);
	(void)sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	(void)sys_execveat(s->binary, "", argv, envp, AT_EMPTY_PATH);
	_exit(1);
}

static int
clone_broker(struct starting *s, int cgroup, struct err *e)
{
	struct clone_args args = {.flags = CLONE_INTO_CGROUP, .cgroup = (uint64_t)cgroup};
	pid_t pid;

	/* No signal at its end: nobody waits for it but the kernel's first process, to which it
	 * falls. */
	pid = sys_clone3(&args);
	if (pid < 0)
		return err_errno(e, errno, "cannot start the broker of raw sockets");
	if (pid == 0)
		child_main(s);
	return 0;
}

static int
start_in(struct instance *in, const struct record *rec, int prison_cgroup, int cgroup, int userns,
    struct err *e)
{
	cleanup_fd int socket_fd = listen_socket(in, rec), events = cgroup_events(prison_cgroup);
	cleanup_fd int binary = open(BROKER_PATH, O_PATH | O_CLOEXEC), own = -EBADF;
	cleanup_fd int ready = -EBADF, ready_write = -EBADF;
	struct starting s = {.binary = binary};
	uint64_t allow;
	int fds[2], r;
	char byte;

	if (userns < 0)
		userns = own = open("/proc/self/ns/user", O_RDONLY | O_CLOEXEC);
	if (socket_fd < 0 || events < 0 || binary < 0 || userns < 0 || pipe2(fds, O_CLOEXEC) < 0)
		return err_errno(e, socket_fd < 0 ? -socket_fd : errno,
		    "cannot start the broker of raw sockets");
	ready = fds[0];
	ready_write = fds[1];
	r = policy_allow(in, rec, &allow, e);
	if (r < 0)
		return r;
	s.flags[0] = (allow & CRED_NODE_BPF) != 0 ? 'p' : '-';
	(void)snprintf(s.id, sizeof(s.id), "%" PRIu64, rec->cgroup_id);
	s.fds[BROKER_FD_SOCKET] = socket_fd;
	s.fds[BROKER_FD_EVENTS] = events;
	s.fds[BROKER_FD_USERNS] = userns;
	s.fds[BROKER_FD_PRISONS] = in->bpf.prisons;
	s.fds[BROKER_FD_READY] = ready_write;
	r = clone_broker(&s, cgroup, e);
	if (r < 0)
		return r;
	close_keep_errno(take_fd(&ready_write));
	/* Its end of the pipe closes when it listens, or when it dies; then nothing listens. */
	while (read(ready, &byte, 1) < 0 && errno == EINTR)
		;
	return 0;
}

/* A mount namespace without our bpffs does not have the program at hand: the loader pins it anew.
 */
static int
attach_egress(struct instance *in, int cgroup, struct err *e)
{
	int r = bpf_raw_attach(in->state, in->cgroup, cgroup, e);

	if (r != -ENOENT)
		return r;
	r = bpf_load_via(NULL, in->state, in->cgroup, 0, e);
	return r < 0 ? r : bpf_raw_attach(in->state, in->cgroup, cgroup, e);
}

int
raw_start(
    struct instance *in, const struct record *rec, int prison_cgroup, int userns, struct err *e)
{
	cleanup_fd int cgroup = open_cgroup(in, rec, true);
	int r;

	if (cgroup < 0)
		return err_errno(e, -cgroup, "cgroup %s/" BROKERS "/%d", in->cgroup_name, rec->jid);
	r = load_cgroup(in, rec, cgroup, e);
	if (r == 0)
		r = attach_egress(in, prison_cgroup, e);
	if (r == 0)
		r = attach_egress(in, cgroup, e);
	return r < 0 ? r : start_in(in, rec, prison_cgroup, cgroup, userns, e);
}

int
raw_stop(struct instance *in, const struct record *rec, struct err *e)
{
	cleanup_fd int cgroup = open_cgroup(in, rec, false);
	char name[32];
	uint64_t id;
	int r = 0;

	socket_name(rec, name);
	(void)unlinkat(in->state, name, 0);
	if (cgroup < 0)
		return 0;
	(void)cgroup_kill(cgroup);
	r = cgroup_wait_empty(cgroup, KILL_WAIT_MS);
	if (r < 0)
		return err_errno(e, -r, "cannot end the broker of raw sockets");
	if (bpf_cgroup_id(cgroup, &id, NULL) == 0)
		(void)bpf_prison_del(&in->bpf, id, NULL);
	cgroup_name(rec, name);
	if (unlinkat(in->cgroup, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return err_errno(e, errno, "cgroup %s/%s", in->cgroup_name, name);
	return 0;
}
