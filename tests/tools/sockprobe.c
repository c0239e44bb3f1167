/*
 * sockprobe OPERATION...: does one thing after another with one socket and prints
 * for each a line: "ok", an answer, or the errno's name.  What it means is judged by
 * the test.  After a failed operation it goes on, so that a test sees what a
 * stubborn program would reach; the status is 0 unless an operation is not known.
 *
 *	socket=FAMILY,TYPE,PROTO	tcp4, tcp6 (with SO_REUSEADDR), udp4, udp6
 *	bind=ADDR,PORT	connect=ADDR,PORT	listen	accept	disconnect
 *	send=ADDR,PORT	sendfrom=SOURCE,ADDR,PORT (control message)	write	recv
 *	pending (is there something to receive now?)
 *	echo (recv, and sent back to where it came from)
 *	pktinfo (the same, from where it came to, as the control message says)
 *	fastopen=ADDR,PORT (connects and sends, data in the SYN if it may)
 *	raw=SOURCE,ADDR (a UDP packet with its header made by hand)	ping=ADDR	name	peer
 *	set=LEVEL,OPTION,VALUE	device=NAME	join=GROUP,ADDR	sleep=MS
 *	multicast=ADDR (IP_MULTICAST_IF)
 *	ready=FILE (made)	wait=FILE (until it is there)
 *	abind=NAME	aconnect=NAME	asendto=NAME (of the abstract namespace of local sockets)
 *	uid=N	pass=PATH, take=PATH (the socket, over a unix socket at PATH)
 *	open=PATH,r|w|rw	mknod=PATH,c|b,MAJOR,MINOR
 *	cgroup=DIR (the process goes there)	fork (the child goes on)
 * GAOL_TEST_SLOW=N: on an emulated machine all times are N times as long.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define FIELDS 4
#define WAIT_MS 30000

static int sock = -1;
static int family;
static int slow = 1;

static int
say(const char *op, int rc)
{
	int num = errno;

	if (rc >= 0)
		(void)printf("%s: ok\n", op);
	else
		(void)printf("%s: %s\n", op, strerrorname_np(num));
	return rc;
}

static void
die(const char *what)
{
	(void)fprintf(stderr, "sockprobe: %s\n", what);
	exit(2);
}

static long
number(const char *s)
{
	char *end;
	long v = strtol(s, &end, 0);

	if (*s == '\0' || *end != '\0')
		die(s);
	return v;
}

/* The address in the family of the socket: IPv4 text on an IPv6 socket is refused here, mapped text
 * not. */
static socklen_t
address(const char *text, const char *port, struct sockaddr_storage *ret)
{
	struct sockaddr_in *in = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)ret;

	memset(ret, 0, sizeof(*ret));
	if (strchr(text, ':') == NULL) {
		in->sin_family = AF_INET;
		in->sin_port = htons((uint16_t)number(port));
		if (inet_pton(AF_INET, text, &in->sin_addr) != 1)
			die(text);
		return sizeof(*in);
	}
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons((uint16_t)number(port));
	if (inet_pton(AF_INET6, text, &in6->sin6_addr) != 1)
		die(text);
	return sizeof(*in6);
}

/* Ports that the kernel chose differ from run to run and are left out. */
static void
print_address(const char *op, const struct sockaddr_storage *ss)
{
	char text[INET6_ADDRSTRLEN] = "?";
	unsigned port = 0;

	if (ss->ss_family == AF_INET) {
		const struct sockaddr_in *in = (const struct sockaddr_in *)ss;

		(void)inet_ntop(AF_INET, &in->sin_addr, text, sizeof(text));
		port = ntohs(in->sin_port);
	} else if (ss->ss_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)ss;

		(void)inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof(text));
		port = ntohs(in6->sin6_port);
	}
	if (port > 0 && port < 32768)
		(void)printf("%s: %s %u\n", op, text, port);
	else
		(void)printf("%s: %s\n", op, text);
}

static void
op_socket(char *f[FIELDS])
{
	static const struct {
		const char *name;
		int value;
	} words[] = {{"inet", AF_INET}, {"inet6", AF_INET6}, {"unix", AF_UNIX},
	    {"stream", SOCK_STREAM}, {"dgram", SOCK_DGRAM}, {"raw", SOCK_RAW},
	    {"seqpacket", SOCK_SEQPACKET}};
	int v[3];

	for (int i = 0; i < 3; i++) {
		v[i] = -1;
		for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++)
			if (strcmp(f[i], words[w].name) == 0)
				v[i] = words[w].value;
		if (v[i] < 0)
			v[i] = (int)number(f[i]);
	}
	family = v[0];
	sock = socket(v[0], v[1] | SOCK_CLOEXEC, v[2]);
	say("socket", sock);
}

static bool
readable(int ms)
{
	struct pollfd p = {.fd = sock, .events = POLLIN};

	return poll(&p, 1, ms * slow) == 1;
}

static void
op_accept(void)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof(ss);
	int fd;

	if (!readable(WAIT_MS)) {
		(void)printf("accept: silence\n");
		return;
	}
	fd = accept4(sock, (struct sockaddr *)&ss, &len, SOCK_CLOEXEC);
	if (fd < 0) {
		say("accept", fd);
		return;
	}
	print_address("accept", &ss);
	(void)close(sock);
	sock = fd;
}

static void
op_recv(const char *op)
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof(ss);
	char buf[2048];
	ssize_t n;

	if (!readable(WAIT_MS)) {
		(void)printf("%s: silence\n", op);
		return;
	}
	n = recvfrom(sock, buf, sizeof(buf), 0, (struct sockaddr *)&ss, &len);
	if (n < 0)
		say(op, -1);
	else
		print_address(op, &ss);
	if (n >= 0 && op[0] == 'e' &&
	    sendto(sock, buf, (size_t)n, 0, (struct sockaddr *)&ss, len) < 0)
		say("answer", -1);
}

/* The control message that came says the destination, and as it is the source of the answer. */
static void
op_pktinfo(const char *op)
{
	struct sockaddr_storage from = {0}, at = {0};
	union {
		char buf[CMSG_SPACE(sizeof(struct in6_pktinfo))];
		struct cmsghdr align;
	} control;
	char byte;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr msg = {.msg_name = &from,
	    .msg_namelen = sizeof(from),
	    .msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	struct cmsghdr *c;

	if (!readable(WAIT_MS) || recvmsg(sock, &msg, 0) < 0 || (c = CMSG_FIRSTHDR(&msg)) == NULL) {
		(void)printf("%s: silence\n", op);
		return;
	}
	/* Without the interface: the route decides. */
	if (c->cmsg_level == IPPROTO_IP) {
		struct in_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof(info));
		at.ss_family = AF_INET;
		((struct sockaddr_in *)&at)->sin_addr = info.ipi_addr;
		info.ipi_ifindex = 0;
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	} else {
		struct in6_pktinfo info;

		memcpy(&info, CMSG_DATA(c), sizeof(info));
		at.ss_family = AF_INET6;
		((struct sockaddr_in6 *)&at)->sin6_addr = info.ipi6_addr;
		info.ipi6_ifindex = 0;
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	}
	print_address(op, &at);
	if (sendmsg(sock, &msg, 0) < 0)
		say("answer", -1);
}

static void
op_connect(char *f[FIELDS])
{
	struct sockaddr_storage ss;
	socklen_t len = address(f[0], f[1], &ss);
	/* A refused SYN is answered at once, a dropped one never: do not wait for minutes. */
	struct timeval tv = {.tv_sec = slow - 1, .tv_usec = 600000};

	(void)setsockopt(sock, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	say("connect", connect(sock, (struct sockaddr *)&ss, len));
}

static void
op_send(char *f[FIELDS])
{
	struct sockaddr_storage ss;
	socklen_t len = address(f[0], f[1], &ss);

	say("send", (int)sendto(sock, "x", 1, 0, (struct sockaddr *)&ss, len));
}

static void
op_fastopen(char *f[FIELDS])
{
	struct sockaddr_storage ss;
	socklen_t len = address(f[0], f[1], &ss);

	say("fastopen", (int)sendto(sock, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&ss, len));
}

static void
op_sendfrom(char *f[FIELDS])
{
	struct sockaddr_storage ss, src;
	union {
		char buf[CMSG_SPACE(sizeof(struct in6_pktinfo))];
		struct cmsghdr align;
	} control;
	char byte = 'x';
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control};
	struct cmsghdr *c;

	memset(&control, 0, sizeof(control));
	(void)address(f[0], "0", &src);
	/* "-": to whom the socket is connected. */
	if (strcmp(f[1], "-") != 0) {
		msg.msg_namelen = address(f[1], f[2], &ss);
		msg.msg_name = &ss;
	}
	if (src.ss_family == AF_INET) {
		struct in_pktinfo info = {.ipi_spec_dst = ((struct sockaddr_in *)&src)->sin_addr};

		msg.msg_controllen = CMSG_SPACE(sizeof(info));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = IPPROTO_IP;
		c->cmsg_type = IP_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	} else {
		struct in6_pktinfo info = {.ipi6_addr = ((struct sockaddr_in6 *)&src)->sin6_addr};

		msg.msg_controllen = CMSG_SPACE(sizeof(info));
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = IPPROTO_IPV6;
		c->cmsg_type = IPV6_PKTINFO;
		c->cmsg_len = CMSG_LEN(sizeof(info));
		memcpy(CMSG_DATA(c), &info, sizeof(info));
	}
	say("sendfrom", (int)sendmsg(sock, &msg, 0));
}

static void
op_raw(char *f[FIELDS])
{
	struct {
		struct iphdr ip;
		struct udphdr udp;
	} packet = {0};
	struct sockaddr_in to = {.sin_family = AF_INET};

	packet.ip.version = 4;
	packet.ip.ihl = 5;
	packet.ip.ttl = 64;
	packet.ip.protocol = IPPROTO_UDP;
	packet.ip.tot_len = htons(sizeof(packet));
	packet.udp.source = packet.udp.dest = htons(7777);
	packet.udp.len = htons(sizeof(packet.udp));
	if (inet_pton(AF_INET, f[0], &packet.ip.saddr) != 1 ||
	    inet_pton(AF_INET, f[1], &packet.ip.daddr) != 1)
		die("raw");
	to.sin_addr.s_addr = packet.ip.daddr;
	say("raw",
	    (int)sendto(sock, &packet, sizeof(packet), 0, (struct sockaddr *)&to, sizeof(to)));
}

static socklen_t
abstract(const char *name, struct sockaddr_un *ret)
{
	size_t len = strlen(name);

	if (len > sizeof(ret->sun_path) - 1)
		die(name);
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret->sun_path + 1, name, len);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + len);
}

static void
op_abstract(const char *op, char *f[FIELDS])
{
	struct sockaddr_un un;
	socklen_t len = abstract(f[0], &un);

	if (strcmp(op, "abind") == 0)
		say(op, bind(sock, (struct sockaddr *)&un, len));
	else if (strcmp(op, "aconnect") == 0)
		say(op, connect(sock, (struct sockaddr *)&un, len));
	else
		say(op, (int)sendto(sock, "x", 1, 0, (struct sockaddr *)&un, len));
}

/* The kernel fills in identifier and sum of an ICMP datagram socket's, of a raw one's nothing. */
static void
op_ping(char *f[FIELDS])
{
	const struct icmphdr echo = {.type = ICMP_ECHO, .checksum = htons(0xffff - 0x0800)};
	struct sockaddr_storage ss;
	socklen_t len = address(f[0], "0", &ss);

	say("ping", (int)sendto(sock, &echo, sizeof(echo), 0, (struct sockaddr *)&ss, len));
}

static void
op_name(const char *op, int (*get)(int, struct sockaddr *restrict, socklen_t *restrict))
{
	struct sockaddr_storage ss = {0};
	socklen_t len = sizeof(ss);

	if (get(sock, (struct sockaddr *)&ss, &len) < 0)
		say(op, -1);
	else
		print_address(op, &ss);
}

static void
op_join(char *f[FIELDS])
{
	struct ip_mreqn m = {0};

	if (inet_pton(AF_INET, f[0], &m.imr_multiaddr) != 1 ||
	    inet_pton(AF_INET, f[1], &m.imr_address) != 1)
		die("join");
	say("join", setsockopt(sock, IPPROTO_IP, IP_ADD_MEMBERSHIP, &m, sizeof(m)));
}

static void
op_multicast(char *f[FIELDS])
{
	struct in_addr a;

	if (inet_pton(AF_INET, f[0], &a) != 1)
		die("multicast");
	say("multicast", setsockopt(sock, IPPROTO_IP, IP_MULTICAST_IF, &a, sizeof(a)));
}

static void
op_pass(const char *path, bool take)
{
	struct sockaddr_un un = {.sun_family = AF_UNIX};
	union {
		char buf[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte = 0;
	struct iovec iov = {.iov_base = &byte, .iov_len = 1};
	struct msghdr msg = {.msg_iov = &iov,
	    .msg_iovlen = 1,
	    .msg_control = &control,
	    .msg_controllen = sizeof(control)};
	struct cmsghdr *c = NULL;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memset(&control, 0, sizeof(control));
	(void)snprintf(un.sun_path, sizeof(un.sun_path), "%s", path);
	if (take) {
		if (bind(fd, (struct sockaddr *)&un, sizeof(un)) < 0)
			die("take: bind");
		if (recvmsg(fd, &msg, MSG_CMSG_CLOEXEC) < 0 || (c = CMSG_FIRSTHDR(&msg)) == NULL)
			die("take: no descriptor");
		memcpy(&sock, CMSG_DATA(c), sizeof(sock));
	} else {
		c = CMSG_FIRSTHDR(&msg);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &sock, sizeof(sock));
		for (int i = 0; connect(fd, (struct sockaddr *)&un, sizeof(un)) < 0; i++) {
			if (i == 3000 * slow)
				die("pass: nobody takes it");
			(void)usleep(10000);
		}
		if (sendmsg(fd, &msg, 0) < 0)
			die("pass: sendmsg");
	}
	(void)close(fd);
	say(take ? "take" : "pass", 0);
}

static void
op_open(char *f[FIELDS])
{
	int mode = strcmp(f[1], "r") == 0 ? O_RDONLY : strcmp(f[1], "w") == 0 ? O_WRONLY : O_RDWR;
	int fd = open(f[0], mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);

	say("open", fd);
	if (fd >= 0)
		(void)close(fd);
}

static void
op_cgroup(const char *dir)
{
	char path[512];
	int fd;

	(void)snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, "0", 1) != 1)
		die(path);
	(void)close(fd);
}

static void
op_fork(void)
{
	int status;
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	if (pid == 0)
		return;
	(void)waitpid(pid, &status, 0);
	exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

static void
op_short(const char *op)
{
	char tcp[] = "stream", udp[] = "dgram", four[] = "inet", six[] = "inet6", zero[] = "0";
	char *f[FIELDS] = {op[3] == '4' ? four : six, op[0] == 't' ? tcp : udp, zero};

	int on = 1;

	op_socket(f);
	/* What an earlier operation of the test left in TIME_WAIT is not in the way. */
	if (op[0] == 't')
		(void)setsockopt(sock, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
}

static bool
run_socket_op(const char *op, char *f[FIELDS])
{
	struct sockaddr_storage ss;
	struct sockaddr unspec = {.sa_family = AF_UNSPEC};

	if (strcmp(op, "socket") == 0)
		op_socket(f);
	else if (strcmp(op, "tcp4") == 0 || strcmp(op, "tcp6") == 0 || strcmp(op, "udp4") == 0 ||
		 strcmp(op, "udp6") == 0)
		op_short(op);
	else if (strcmp(op, "bind") == 0) {
		socklen_t len = address(f[0], f[1], &ss);

		say(op, bind(sock, (struct sockaddr *)&ss, len));
	} else if (strcmp(op, "connect") == 0)
		op_connect(f);
	else if (strcmp(op, "listen") == 0)
		say(op, listen(sock, 16));
	else if (strcmp(op, "accept") == 0)
		op_accept();
	else if (strcmp(op, "disconnect") == 0)
		say(op, connect(sock, &unspec, sizeof(unspec)));
	else if (strcmp(op, "send") == 0)
		op_send(f);
	else if (strcmp(op, "fastopen") == 0)
		op_fastopen(f);
	else if (strcmp(op, "pktinfo") == 0)
		op_pktinfo(op);
	else if (strcmp(op, "sendfrom") == 0)
		op_sendfrom(f);
	else if (strcmp(op, "write") == 0)
		say(op, (int)send(sock, "x", 1, MSG_NOSIGNAL));
	else if (strcmp(op, "recv") == 0 || strcmp(op, "echo") == 0)
		op_recv(op);
	else if (strcmp(op, "pending") == 0)
		(void)printf("pending: %s\n", readable(0) ? "yes" : "no");
	else if (strcmp(op, "raw") == 0)
		op_raw(f);
	else if (strcmp(op, "abind") == 0 || strcmp(op, "aconnect") == 0 ||
		 strcmp(op, "asendto") == 0)
		op_abstract(op, f);
	else if (strcmp(op, "ping") == 0)
		op_ping(f);
	else if (strcmp(op, "name") == 0)
		op_name(op, getsockname);
	else if (strcmp(op, "peer") == 0)
		op_name(op, getpeername);
	else if (strcmp(op, "join") == 0)
		op_join(f);
	else if (strcmp(op, "multicast") == 0)
		op_multicast(f);
	else if (strcmp(op, "device") == 0)
		say(op,
		    setsockopt(sock, SOL_SOCKET, SO_BINDTODEVICE, f[0], (socklen_t)strlen(f[0])));
	else if (strcmp(op, "set") == 0) {
		int v = (int)number(f[2]);

		say(op, setsockopt(sock, (int)number(f[0]), (int)number(f[1]), &v, sizeof(v)));
	} else
		return false;
	return true;
}

static bool
run_op(const char *op, char *f[FIELDS])
{
	int fd;

	if (run_socket_op(op, f))
		return true;
	if (strcmp(op, "ready") == 0) {
		fd = open(f[0], O_CREAT | O_WRONLY | O_CLOEXEC, 0666);
		if (fd < 0)
			die(f[0]);
		(void)close(fd);
	} else if (strcmp(op, "wait") == 0) {
		for (int i = 0; access(f[0], F_OK) < 0; i++) {
			if (i == 6000 * slow)
				die(f[0]);
			(void)usleep(10000);
		}
	} else if (strcmp(op, "sleep") == 0)
		(void)usleep((useconds_t)number(f[0]) * 1000 * (useconds_t)slow);
	else if (strcmp(op, "uid") == 0) {
		if (setresgid((gid_t)number(f[0]), (gid_t)number(f[0]), (gid_t)number(f[0])) < 0 ||
		    setresuid((uid_t)number(f[0]), (uid_t)number(f[0]), (uid_t)number(f[0])) < 0)
			die("uid");
	} else if (strcmp(op, "pass") == 0)
		op_pass(f[0], false);
	else if (strcmp(op, "take") == 0)
		op_pass(f[0], true);
	else if (strcmp(op, "open") == 0)
		op_open(f);
	else if (strcmp(op, "mknod") == 0) {
		dev_t dev = makedev((unsigned)number(f[2]), (unsigned)number(f[3]));

		say(op, mknod(f[0], (f[1][0] == 'c' ? S_IFCHR : S_IFBLK) | 0600, dev));
	} else if (strcmp(op, "cgroup") == 0)
		op_cgroup(f[0]);
	else if (strcmp(op, "fork") == 0)
		op_fork();
	else
		return false;
	return true;
}

int
main(int argc, char **argv)
{
	const char *factor = getenv("GAOL_TEST_SLOW");

	if (factor != NULL)
		slow = (int)number(factor);
	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	for (int i = 1; i < argc; i++) {
		char empty[] = "";
		char *f[FIELDS] = {empty, empty, empty, empty};
		char *value = argv[i];
		const char *op = strsep(&value, "=");

		for (int n = 0; n < FIELDS && value != NULL; n++)
			f[n] = strsep(&value, ",");
		if (!run_op(op, f))
			die(op);
	}
	return 0;
}
