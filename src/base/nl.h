/*
 * Route netlink: links and addresses of one network namespace.  The rules are
 * those of rtnetlink(7) as careful programs apply them: only the kernel is
 * believed, port and sequence are checked, every request is acknowledged, the
 * kernel's own sentence (NETLINK_EXT_ACK, Linux 4.12) is part of ours, dumps are
 * checked strictly (4.20) and taken again when they were torn (NLM_F_DUMP_INTR).
 *
 * Functions return 0 or more, or a negative errno with the sentence in *e.
 */
#ifndef GAOL_BASE_NL_H
#define GAOL_BASE_NL_H

#include <net/if.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct nl;
struct nlmsghdr;

/* A socket in the network namespace in which the caller is now; it stays there. */
int nl_open(struct nl **ret, struct err *e);
/* The same in the network namespace of a descriptor (/proc/PID/ns/net). */
int nl_open_in(int netns_fd, struct nl **ret, struct err *e);
void nl_close(struct nl *nl);

static inline void
nl_close_fn(struct nl **nl)
{
	nl_close(*nl);
}
#define cleanup_nl __attribute__((cleanup(nl_close_fn)))

struct nl_link {
	int index;
	unsigned flags; /* IFF_* */
	int master;	/* index, or 0 */
	char name[IFNAMSIZ];
	char kind[16]; /* "veth", "bridge" ...; "" for hardware and lo */
	char master_kind[16];
};

/* -ENODEV: "interface X does not exist". */
int nl_link_get(struct nl *nl, const char *ifname, struct nl_link *ret, struct err *e);
/* *ret is malloc'ed. */
int nl_link_list(struct nl *nl, struct nl_link **ret, size_t *ret_n, struct err *e);
/* Returns the index. */
int nl_link_index(struct nl *nl, const char *ifname, struct err *e);
int nl_link_set_up(struct nl *nl, int index, bool up, struct err *e);
int nl_link_rename(struct nl *nl, int index, const char *ifname, struct err *e);
/* Into the network namespace of the descriptor; newname NULL: as it is. */
int nl_link_set_netns(struct nl *nl, int index, int netns_fd, const char *newname, struct err *e);
/* master 0: out of its bridge. */
int nl_link_set_master(struct nl *nl, int index, int master, struct err *e);
/* peer_netns_fd < 0: both ends here.  -EEXIST: one of the names is taken. */
int nl_veth_create(
    struct nl *nl, const char *ifname, const char *peer, int peer_netns_fd, struct err *e);
/* Deletes a virtual link (and the other end of a veth). */
int nl_link_delete(struct nl *nl, int index, struct err *e);

/* One address of one interface, with all that the kernel tells about it. */
struct nl_addr {
	int index;
	int family; /* AF_INET, AF_INET6 */
	unsigned prefixlen;
	unsigned scope; /* RT_SCOPE_* */
	uint32_t flags; /* IFA_F_*; what the kernel sets itself is not sent back */
	uint8_t local[16];
	uint8_t address[16]; /* the peer's on point-to-point, else equal to local */
	uint8_t broadcast[16];
	bool has_broadcast;
	bool has_lifetime;
	uint32_t preferred_s, valid_s; /* UINT32_MAX: for ever */
	bool has_priority;
	uint32_t priority;    /* metric of the connected route */
	uint8_t proto;	      /* IFAPROT_* (Linux 5.18); 0: not told */
	char label[IFNAMSIZ]; /* IPv4; "" = the interface's name */
};

/* index 0: of all interfaces.  *ret is malloc'ed, in the kernel's order; NULL if there is none. */
int nl_addr_list(
    struct nl *nl, int family, int index, struct nl_addr **ret, size_t *ret_n, struct err *e);
/* -EEXIST: it was there before (not an accident: no sentence needed, but one is set). */
int nl_addr_add(struct nl *nl, const struct nl_addr *a, struct err *e);
/* -EADDRNOTAVAIL: it is not there. */
int nl_addr_del(struct nl *nl, const struct nl_addr *a, struct err *e);

/* A route, kept as the kernel's own message, for putting it back. */
struct nl_route {
	int oif; /* 0: none, or several next hops (then multipath) */
	bool multipath;
	uint8_t protocol; /* RTPROT_* */
	uint8_t scope;	  /* RT_SCOPE_* */
	bool has_prefsrc;
	uint8_t prefsrc[16];
	struct nlmsghdr *msg; /* RTM_NEWROUTE; owned */
};

/* Every route of the family in every table, those nearest (by scope) first. */
int nl_route_list(struct nl *nl, int family, struct nl_route **ret, size_t *ret_n, struct err *e);
void nl_routes_free(struct nl_route *routes, size_t n);

/*
 * Deletes an IPv4 address and puts others, and routes, back in the same datagram, so
 * that the gap is some microseconds.  Answers of -EEXIST for what is put back are
 * success, other failures are counted in *ret_failed.  *ret_gone (malloc'ed) lists what
 * the kernel says it deleted besides `del`, those of `back` too.  -ENOBUFS: it happened,
 * but some answers were lost; look at the result by nl_addr_list.
 */
int nl_addr_swap(struct nl *nl, const struct nl_addr *del, const struct nl_addr *back, size_t nback,
    const struct nl_route *routes, size_t nroutes, struct nl_addr **ret_gone, size_t *ret_ngone,
    unsigned *ret_failed, struct err *e);

/*
 * Closes the TCP and UDP sockets of this network namespace that have the local address (of
 * the family, in network order; for IPv4 the mapped form of IPv6, too) and were made in a cgroup
 * that wanted() accepts; their owners see ECONNABORTED (SOCK_DESTROY, Linux 4.5; the cgroup: 5.9).
 * -EOPNOTSUPP: the kernel was built without it.
 */
int nl_sockets_destroy(int family, const void *address, bool (*wanted)(uint64_t cgroup, void *arg),
    void *arg, struct err *e);

/*
 * Attaches an eBPF program (BPF_PROG_TYPE_SCHED_CLS) to what comes in by the interface, behind
 * filters of a higher priority.  There is one filter of that name (at most 60 bytes): with the
 * program of that id it is left, with any other replaced.  -ENOENT: the kernel has no clsact qdisc.
 */
int nl_tc_attach(
    struct nl *nl, int index, int prog, uint32_t prog_id, const char *name, struct err *e);
/* Takes it away, and the qdisc if nl_tc_attach made it and nobody else uses it.  None is no error.
 */
int nl_tc_detach(struct nl *nl, int index, const char *name, struct err *e);

#endif
