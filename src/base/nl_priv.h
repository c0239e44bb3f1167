/* What nl.c lends to the other netlink files of this folder, and to nobody else. */
#ifndef GAOL_BASE_NL_PRIV_H
#define GAOL_BASE_NL_PRIV_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/nl.h"
#include "base/nlmsg.h"

/* The largest piece that the kernel puts into one datagram of a dump. */
#define NL_RECV_SIZE 32768

struct nl {
	int sock;
	uint32_t port;
	uint32_t seq;
	char buf[NL_RECV_SIZE];
};

/* A request under construction; all but the batches fit. */
struct nl_request {
	union {
		struct nlmsghdr hdr;
		char buf[1024];
	};
};

/* Called for each message of an answer that is data; a negative errno is the result. */
typedef int (*nl_data_fn)(const struct nlmsghdr *nlh, void *arg);

/* Of a protocol other than NETLINK_ROUTE. */
int nl_open_protocol(int protocol, struct nl **ret, struct err *e);
struct nlmsghdr *nl_request_init(struct nl_request *q, uint16_t type, uint16_t flags);
int nl_send(struct nl *nl, const void *buf, size_t len);
/* One datagram from the kernel into nl->buf; its length, or a negative errno. */
ssize_t nl_recv(struct nl *nl);
/* 0 for an acknowledgement, else the error with the kernel's sentence in *e. */
int nl_answer_error(const struct nlmsghdr *nlh, struct err *e);
/* Sends, and reads the answers: those that are data for fn, which may be NULL. */
int nl_talk(struct nl *nl, struct nlmsghdr *nlh, nl_data_fn fn, void *arg, struct err *e);
/*
 * Two requests in one datagram, which no signal parts: the first error of them, or 0.  The second
 * is tried even if the first fails.
 */
int nl_talk_both(struct nl *nl, struct nlmsghdr *first, struct nlmsghdr *second, struct err *e);
/* A dump, again while the kernel says that it was torn; restart(arg) forgets what came. */
int nl_dump(struct nl *nl, struct nlmsghdr *nlh, nl_data_fn fn, void (*restart)(void *), void *arg,
    struct err *e);

int nl_addr_read(const struct nlmsghdr *nlh, struct nl_addr *ret);
/* Appends header and attributes; at most NL_ADDR_MSG_MAX bytes with the netlink header. */
void nl_addr_put(struct nlmsghdr *nlh, const struct nl_addr *a, bool for_delete);
#define NL_ADDR_MSG_MAX 256

#endif
