/*
 * One side of a conversation, and what it costs: `net serve OP ADDRESS PORT N READY` and
 * `net ask OP ADDRESS PORT N`.  Prints the CPU time of its own loop in microseconds
 * (user and system, getrusage(2)); loopback traffic is the work of those two.
 *
 *	connection	N times connect, accept, close
 *	question	N times 64 bytes there and back, by one TCP connection
 *	stream		N times 128 KiB, by one TCP connection
 *	datagram	N times 64 bytes there and back, by UDP
 *	send		N times 64 bytes by UDP, without an answer; what arrives is not counted
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define SMALL 64
#define LARGE (128 * 1024)

static char buf[LARGE];

static void
die(const char *what)
{
	(void)fprintf(stderr, "net: %s: %s\n", what, strerror(errno));
	exit(1);
}

static double
cpu_us(void)
{
	struct rusage u;

	(void)getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1e6 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* The other side waits on the same core. */
static void
pin(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(sysconf(_SC_NPROCESSORS_ONLN) - 1, &set);
	if (sched_setaffinity(0, sizeof(set), &set) < 0)
		die("sched_setaffinity");
}

static int
make_socket(int type)
{
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, 0), on = 1;
	struct timeval patience = {.tv_sec = 5};

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) < 0)
		die("socket");
	return fd;
}

static void
move_all(ssize_t (*move)(int, void *, size_t), int fd, size_t n)
{
	for (size_t done = 0; done < n;) {
		ssize_t r = move(fd, buf, n - done);

		if (r <= 0)
			die("conversation");
		done += (size_t)r;
	}
}

static ssize_t
put(int fd, void *p, size_t n)
{
	return write(fd, p, n);
}

static void
serve_tcp(int fd, const char *op, long n)
{
	int c, on = 1;

	if (strcmp(op, "connection") == 0) {
		for (long i = 0; i < n; i++) {
			c = accept(fd, NULL, NULL);
			if (c < 0 && errno != ECONNABORTED)
				die("accept");
			(void)close(c);
		}
		return;
	}
	c = accept(fd, NULL, NULL);
	if (c < 0)
		die("accept");
	(void)setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	for (long i = 0; i < n; i++) {
		if (strcmp(op, "stream") == 0) {
			move_all(read, c, LARGE);
		} else {
			move_all(read, c, SMALL);
			move_all(put, c, SMALL);
		}
	}
	(void)close(c);
}

static void
serve_udp(int fd, const char *op, long n)
{
	for (long i = 0; i < n; i++) {
		struct sockaddr_in from;
		socklen_t len = sizeof(from);
		ssize_t got = recvfrom(fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len);

		if (got < 0)
			die("recvfrom");
		if (strcmp(op, "send") == 0) {
			if (got == 1)
				return;
			i = 0;
			continue;
		}
		if (sendto(fd, buf, (size_t)got, 0, (struct sockaddr *)&from, len) != got)
			die("sendto");
	}
}

static void
ask_tcp(const struct sockaddr_in *to, const char *op, long n)
{
	const struct linger now = {.l_onoff = 1};
	int fd, on = 1;

	for (long i = 0; strcmp(op, "connection") == 0 && i < n; i++) {
		fd = make_socket(SOCK_STREAM);
		if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
			die("connect");
		/* A reset, so that no port stays in TIME_WAIT. */
		(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
		(void)close(fd);
	}
	if (strcmp(op, "connection") == 0)
		return;
	fd = make_socket(SOCK_STREAM);
	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		die("connect");
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	for (long i = 0; i < n; i++) {
		if (strcmp(op, "stream") == 0) {
			move_all(put, fd, LARGE);
		} else {
			move_all(put, fd, SMALL);
			move_all(read, fd, SMALL);
		}
	}
	(void)close(fd);
}

static void
ask_udp(const struct sockaddr_in *to, const char *op, long n)
{
	int fd = make_socket(SOCK_DGRAM);

	for (long i = 0; i < n; i++) {
		if (sendto(fd, buf, SMALL, 0, (const struct sockaddr *)to, sizeof(*to)) != SMALL)
			die("sendto");
		if (strcmp(op, "datagram") == 0 && recv(fd, buf, sizeof(buf), 0) != SMALL)
			die("recv");
	}
}

/* The server's queue may be full: until it has gone. */
static void
end_sending(const struct sockaddr_in *to)
{
	int fd = make_socket(SOCK_DGRAM);

	if (connect(fd, (const struct sockaddr *)to, sizeof(*to)) < 0)
		die("connect");
	for (int i = 0; i < 1000 && send(fd, buf, 1, 0) == 1; i++)
		(void)usleep(1000);
}

int
main(int argc, char **argv)
{
	bool serve = argc == 7 && strcmp(argv[1], "serve") == 0;
	struct sockaddr_in a = {.sin_family = AF_INET};
	const char *op;
	bool tcp;
	double before;
	long n;
	int fd;

	if ((!serve && argc != 6) || inet_pton(AF_INET, argv[3], &a.sin_addr) != 1) {
		(void)fputs("usage: net serve|ask OP ADDRESS PORT N [READY]\n", stderr);
		return 2;
	}
	op = argv[2];
	a.sin_port = htons((uint16_t)strtol(argv[4], NULL, 10));
	n = strtol(argv[5], NULL, 10);
	tcp = strcmp(op, "datagram") != 0 && strcmp(op, "send") != 0;
	pin();
	if (!serve) {
		before = cpu_us();
		(tcp ? ask_tcp : ask_udp)(&a, op, n);
		(void)printf("%.0f\n", cpu_us() - before);
		if (strcmp(op, "send") == 0)
			end_sending(&a);
		return 0;
	}
	fd = make_socket(tcp ? SOCK_STREAM : SOCK_DGRAM);
	if (bind(fd, (const struct sockaddr *)&a, sizeof(a)) < 0 || (tcp && listen(fd, 128) < 0))
		die("bind");
	(void)close(open(argv[6], O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	before = cpu_us();
	(tcp ? serve_tcp : serve_udp)(fd, op, n);
	(void)printf("%.0f\n", strcmp(op, "send") == 0 ? 0.0 : cpu_us() - before);
	return 0;
}
