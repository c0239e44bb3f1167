/* Sockets of the tests' userland: what programs in a jail see of their addresses. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tools/init.h"

struct endpoint {
	union {
		struct sockaddr sa;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	};
	socklen_t len;
};

static int
parse(const char *addr, const char *port, struct endpoint *ep)
{
	uint16_t p = htons((uint16_t)strtoul(port, NULL, 10));

	memset(ep, 0, sizeof(*ep));
	if (inet_pton(AF_INET, addr, &ep->in.sin_addr) == 1) {
		ep->in.sin_family = AF_INET;
		ep->in.sin_port = p;
		ep->len = sizeof(ep->in);
		return 0;
	}
	if (inet_pton(AF_INET6, addr, &ep->in6.sin6_addr) == 1) {
		ep->in6.sin6_family = AF_INET6;
		ep->in6.sin6_port = p;
		ep->len = sizeof(ep->in6);
		return 0;
	}
	(void)fprintf(stderr, "%s: not an address\n", addr);
	return -1;
}

static const char *
address(const struct endpoint *ep, char *buf, size_t size)
{
	const void *a = ep->sa.sa_family == AF_INET6 ? (const void *)&ep->in6.sin6_addr
						     : (const void *)&ep->in.sin_addr;

	return inet_ntop(ep->sa.sa_family, a, buf, (socklen_t)size);
}

static void
print_ends(int fd, const char *arrow, const struct endpoint *peer)
{
	struct endpoint local = {.len = sizeof(local.in6)};
	char a[INET6_ADDRSTRLEN], b[INET6_ADDRSTRLEN];

	(void)getsockname(fd, &local.sa, &local.len);
	(void)printf(
	    "%s %s %s\n", address(&local, a, sizeof(a)), arrow, address(peer, b, sizeof(b)));
	(void)fflush(stdout);
}

static int
failed(const char *what)
{
	(void)fprintf(stderr, "%s: %s\n", what, errno_name(errno));
	return 1;
}

static int
bound(const struct endpoint *ep, int type)
{
	int fd = socket(ep->sa.sa_family, type | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0) {
		(void)failed("socket");
		return -1;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, &ep->sa, ep->len) < 0) {
		(void)failed("bind");
		(void)close(fd);
		return -1;
	}
	return fd;
}

static int
tcp_listen(const struct endpoint *ep, long count)
{
	int fd = bound(ep, SOCK_STREAM);

	if (fd < 0)
		return 1;
	if (listen(fd, 16) < 0)
		return failed("listen");
	(void)printf("listening\n");
	(void)fflush(stdout);
	for (long i = 0; i < count; i++) {
		struct endpoint peer = {.len = sizeof(peer.in6)};
		int c = accept(fd, &peer.sa, &peer.len);
		char buf[512];
		ssize_t n;

		if (c < 0)
			return failed("accept");
		print_ends(c, "<-", &peer);
		n = read(c, buf, sizeof(buf));
		if (n > 0 && write(c, buf, (size_t)n) != n)
			return failed("write");
		(void)close(c);
	}
	return 0;
}

static int
tcp_connect(const struct endpoint *ep, const char *text)
{
	int fd = socket(ep->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct endpoint peer = {.len = sizeof(peer.in6)};
	char buf[512];
	ssize_t n;

	if (fd < 0)
		return failed("socket");
	if (connect(fd, &ep->sa, ep->len) < 0)
		return failed("connect");
	(void)getpeername(fd, &peer.sa, &peer.len);
	print_ends(fd, "->", &peer);
	if (write(fd, text, strlen(text)) < 0 || shutdown(fd, SHUT_WR) < 0)
		return failed("write");
	while ((n = read(fd, buf, sizeof(buf))) > 0)
		(void)printf("%.*s\n", (int)n, buf);
	return n < 0 ? failed("read") : 0;
}

int
do_tcp(int argc, char **argv)
{
	struct endpoint ep;

	if (argc < 4 || parse(argv[2], argv[3], &ep) < 0)
		return 2;
	if (strcmp(argv[1], "listen") == 0)
		return tcp_listen(&ep, argc > 4 ? strtol(argv[4], NULL, 10) : 1);
	if (strcmp(argv[1], "connect") == 0)
		return tcp_connect(&ep, argc > 4 ? argv[4] : "hello");
	return 2;
}

static int
udp_listen(const struct endpoint *ep, long count)
{
	int fd = bound(ep, SOCK_DGRAM);

	if (fd < 0)
		return 1;
	(void)printf("listening\n");
	(void)fflush(stdout);
	for (long i = 0; i < count; i++) {
		struct endpoint peer = {.len = sizeof(peer.in6)};
		char buf[512];
		ssize_t n = recvfrom(fd, buf, sizeof(buf), 0, &peer.sa, &peer.len);

		if (n < 0)
			return failed("recvfrom");
		print_ends(fd, "<-", &peer);
		if (sendto(fd, buf, (size_t)n, 0, &peer.sa, peer.len) < 0)
			return failed("sendto");
	}
	return 0;
}

static int
udp_send(const struct endpoint *ep, const char *text)
{
	struct endpoint peer = {.len = sizeof(peer.in6)};
	int fd = socket(ep->sa.sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct timeval limit = {.tv_sec = 3};
	char buf[512];
	ssize_t n;

	if (fd < 0)
		return failed("socket");
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	if (sendto(fd, text, strlen(text), 0, &ep->sa, ep->len) < 0)
		return failed("sendto");
	n = recvfrom(fd, buf, sizeof(buf), 0, &peer.sa, &peer.len);
	if (n < 0)
		return failed("recvfrom");
	print_ends(fd, "->", &peer);
	(void)printf("%.*s\n", (int)n, buf);
	return 0;
}

int
do_udp(int argc, char **argv)
{
	struct endpoint ep;

	if (argc < 4 || parse(argv[2], argv[3], &ep) < 0)
		return 2;
	if (strcmp(argv[1], "listen") == 0)
		return udp_listen(&ep, argc > 4 ? strtol(argv[4], NULL, 10) : 1);
	if (strcmp(argv[1], "send") == 0 && argc > 4)
		return udp_send(&ep, argv[4]);
	return 2;
}
