#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/seccomp.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/path.h"
#include "base/sys.h"
#include "bpf/bpf.h"
#include "broker/broker.h"

/* Descriptors that are polled: the two fixed ones, then filters' listeners. */
#define SLOTS_FIXED 2
#define SLOTS_MAX 4096
/* A process that connects and sends nothing must not keep the others waiting. */
#define GREETING_MS 200

struct broker {
	struct pollfd *slots;
	size_t n;
	uint64_t cgroup_id;
	bool packet;
	bool own_userns; /* the jail has one */
	dev_t userns_dev, netns_dev;
	ino_t userns, netns;
	int proc;
	struct bpf_fds bpf;
};

static bool
namespace_is(int dir, const char *name, dev_t dev, ino_t ino)
{
	struct stat st;

	return fstatat(dir, name, &st, 0) == 0 && st.st_dev == dev && st.st_ino == ino;
}

/*
 * In a user namespace of its own the asker's NET_RAW counts only here.  Without one
 * (gaol.userns=inherit) no jail has it, as it would count on the host: there root may.
 */
static bool
is_privileged(int dir, bool own_userns)
{
	cleanup_free char *text = NULL;
	unsigned uid, euid;
	char *line;

	if (path_read(dir, "status", 65536, &text, NULL) < 0)
		return false;
	if (!own_userns) {
		line = strstr(text, "\nUid:");
		return line != NULL && sscanf(line + 5, "%u %u", &uid, &euid) == 2 && euid == 0;
	}
	line = strstr(text, "\nCapEff:");
	if (line == NULL)
		return false;
	return (strtoull(line + 8, NULL, 16) & (UINT64_C(1) << CAP_NET_RAW)) != 0;
}

/*
 * Who asks is stopped in its call and its credentials are its thread's own: what is
 * read after the id was found valid cannot change while the id stays so.
 */
static bool
asker_may(const struct broker *b, int listener, const struct seccomp_notif *req)
{
	cleanup_fd int dir = -EBADF;
	char name[16];

	(void)snprintf(name, sizeof(name), "%u", req->pid);
	dir = openat(b->proc, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir < 0 || ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &req->id) < 0)
		return false;
	return namespace_is(dir, "ns/user", b->userns_dev, b->userns) &&
	       namespace_is(dir, "ns/net", b->netns_dev, b->netns) &&
	       is_privileged(dir, b->own_userns);
}

/* Off by jail -m acts at once: the map says what holds now. */
static bool
load_prison(const struct broker *b, struct bpf_prison *ret)
{
	return bpf_prison_get(&b->bpf, b->cgroup_id, ret, NULL) == 0 &&
	       (ret->flags & BPF_PRISON_RAW_SOCKETS) != 0;
}

/* Unbound, the route would choose the host's address as the source, and egress would refuse it. */
static int
bind_to_primary(int fd, int family, const struct bpf_prison *p)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = p->primary4};
	struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6};

	if (family == AF_INET && p->n4 > 0 && (p->flags & BPF_PRISON_IP4_INHERIT) == 0)
		return bind(fd, (struct sockaddr *)&sin, sizeof(sin));
	memcpy(&sin6.sin6_addr, p->primary6, sizeof(sin6.sin6_addr));
	if (family == AF_INET6 && p->n6 > 0 && (p->flags & BPF_PRISON_IP6_INHERIT) == 0)
		return bind(fd, (struct sockaddr *)&sin6, sizeof(sin6));
	return 0;
}

/* The socket that was asked for, or -1: let the kernel decide. */
static int
make_socket(const struct broker *b, const struct seccomp_notif *req)
{
	int family = (int)req->data.args[0], type = (int)req->data.args[1];
	int protocol = (int)req->data.args[2], kind = type & 0xf;
	cleanup_fd int fd = -EBADF;
	struct bpf_prison p;

	if (!load_prison(b, &p))
		return -1;
	if (family == AF_PACKET) {
		if (!b->packet)
			return -1;
	} else if ((family != AF_INET && family != AF_INET6) || kind != SOCK_RAW) {
		return -1;
	}
	fd = socket(family, (type & ~SOCK_CLOEXEC) | SOCK_CLOEXEC, protocol);
	if (fd < 0 || (family != AF_PACKET && bind_to_primary(fd, family, &p) < 0))
		return -1;
	return take_fd(&fd);
}

static void
answer(const struct broker *b, int listener)
{
	struct seccomp_notif req = {0};
	struct seccomp_notif_resp resp = {.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE};
	cleanup_fd int fd = -EBADF;

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &req) < 0)
		return;
	resp.id = req.id;
	if (asker_may(b, listener, &req))
		fd = make_socket(b, &req);
	if (fd >= 0) {
		struct seccomp_notif_addfd add = {
		    .id = req.id,
		    .flags = SECCOMP_ADDFD_FLAG_SEND,
		    .srcfd = (uint32_t)fd,
		    .newfd_flags = (req.data.args[1] & SOCK_CLOEXEC) != 0 ? O_CLOEXEC : 0,
		};

		/* It fails when the asker is gone: then there is nobody to answer. */
		(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_ADDFD, &add);
		return;
	}
	(void)ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

/* ---- listeners ------------------------------------------------------------------------------ */

static int
receive_listener(int conn)
{
	char byte, control[CMSG_SPACE(sizeof(int))] = {0};
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = control,
	    .msg_controllen = sizeof(control)};
	struct pollfd p = {.fd = conn, .events = POLLIN};
	struct cmsghdr *c;
	int fd = -1;

	if (poll(&p, 1, GREETING_MS) != 1 || recvmsg(conn, &msg, MSG_CMSG_CLOEXEC) != 1)
		return -1;
	c = CMSG_FIRSTHDR(&msg);
	if (c != NULL && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS &&
	    c->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(c), sizeof(fd));
	return fd;
}

static void
welcome(struct broker *b)
{
	cleanup_fd int conn = accept4(BROKER_FD_SOCKET, NULL, NULL, SOCK_CLOEXEC);
	int listener;

	if (conn < 0)
		return;
	listener = receive_listener(conn);
	if (listener < 0)
		return;
	if (b->n == SLOTS_MAX) {
		(void)close(listener);
		return;
	}
	b->slots[b->n++] = (struct pollfd){.fd = listener, .events = POLLIN};
	/* The answer says that it is held: only now may the program be executed. */
	(void)!send(conn, "k", 1, MSG_NOSIGNAL);
}

/* The last process under that filter has ended. */
static void
drop(struct broker *b, size_t i)
{
	(void)close(b->slots[i].fd);
	b->slots[i] = b->slots[--b->n];
}

static bool
jail_is_gone(void)
{
	char byte;

	/* Reading the file of a removed directory gives ENODEV. */
	return pread(BROKER_FD_EVENTS, &byte, 1, 0) < 0;
}

static void
serve(struct broker *b)
{
	for (;;) {
		if (poll(b->slots, b->n, -1) < 0 && errno != EINTR)
			return;
		if (jail_is_gone())
			return;
		for (size_t i = b->n; i > SLOTS_FIXED; i--) {
			short revents = b->slots[i - 1].revents;

			if ((revents & POLLIN) != 0)
				answer(b, b->slots[i - 1].fd);
			else if ((revents & (POLLHUP | POLLERR | POLLNVAL)) != 0)
				drop(b, i - 1);
		}
		if ((b->slots[0].revents & POLLIN) != 0)
			welcome(b);
	}
}

static int
look_at_namespaces(struct broker *b)
{
	struct stat st;

	if (fstat(BROKER_FD_USERNS, &st) < 0)
		return -1;
	b->userns_dev = st.st_dev;
	b->userns = st.st_ino;
	if (stat("/proc/self/ns/user", &st) < 0)
		return -1;
	b->own_userns = st.st_ino != b->userns || st.st_dev != b->userns_dev;
	if (stat("/proc/self/ns/net", &st) < 0)
		return -1;
	b->netns_dev = st.st_dev;
	b->netns = st.st_ino;
	b->proc = open("/proc", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return b->proc;
}

int
main(int argc, char *argv[])
{
	struct broker b = {.bpf = BPF_FDS_EMPTY};

	if (argc != 3 || num_parse_u64(argv[1], UINT64_MAX, &b.cgroup_id) < 0)
		return 1;
	b.packet = argv[2][0] == 'p';
	b.bpf.prisons = BROKER_FD_PRISONS;
	(void)prctl(PR_SET_NAME, "gaol-broker");
	(void)prctl(PR_SET_DUMPABLE, 0);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)sys_close_range(BROKER_FD_END, ~0U, 0);
	b.slots = calloc(SLOTS_MAX, sizeof(*b.slots));
	if (b.slots == NULL || chdir("/") < 0 || look_at_namespaces(&b) < 0)
		return 1;
	b.slots[b.n++] = (struct pollfd){.fd = BROKER_FD_SOCKET, .events = POLLIN};
	b.slots[b.n++] = (struct pollfd){.fd = BROKER_FD_EVENTS, .events = POLLPRI};
	(void)close(BROKER_FD_READY);
	serve(&b);
	return 0;
}
