/*
 * The eBPF half of a prison, for src/prison.  Programs attached once to an
 * instance's root cgroup judge sockets, addresses and devices of every process
 * below it by what these functions put into their maps; a jail costs map updates,
 * never a program load.  Raw bpf(2) only: no libbpf on this side.
 *
 * A cgroup id is st_ino of the cgroup's directory.  Every cgroup below the root
 * needs an entry of its own or of an ancestor below the root: without one its
 * processes get no inet socket (EPERM) and no device.  Processes in the root
 * itself and outside it are the host's and are not judged.
 *
 * All functions return 0 or a negative errno and set *e (base/err.h).
 */
#ifndef GAOL_BPF_BPF_H
#define GAOL_BPF_BPF_H

#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bpf/api.h"

struct err;

/*
 * pinned: found by their pins, so that all works.  If false, programs were found
 * through the cgroup only: bpf_load_via would make new pins, without which raw
 * sockets cannot be allowed, and wildcard listeners may serve primary addresses only.
 */
struct bpf_fds {
	int prisons;
	int addrs4;
	int addrs6;
	int devsets;
	int listed;
	int dest4;
	int dest6;
	bool pinned;
};

#define BPF_FDS_EMPTY \
	((struct bpf_fds){-EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF, -EBADF, false})

void bpf_fds_close(struct bpf_fds *fds);
#define cleanup_bpf_fds __attribute__((cleanup(bpf_fds_close)))

enum bpf_load_flags {
	BPF_LOAD_VERBOSE = 1 << 0, /* the loader writes the verifier's log to stderr */
};

/*
 * Opens the maps of the instance whose state directory and root cgroup these
 * are: by their pins, else through the programs attached to the root cgroup (a
 * command may live in a mount namespace without our bpffs).  -ENOENT: the
 * programs are not (or not all) there; call bpf_load_via, then this again.  The
 * caller owns the descriptors (bpf_fds_close).  Needs CAP_BPF and CAP_SYS_ADMIN.
 */
int bpf_open(int statefd, int root_cgroup_fd, struct bpf_fds *ret, struct err *e);

/*
 * Runs the loader and waits for it: mounts the private bpffs on <statefd>/.bpf if
 * there is none, loads, attaches to the root cgroup (the attachment lives as long
 * as the cgroup, whatever becomes of pins), pins.  Idempotent; two at once
 * serialise by a lock on the root cgroup's directory.  loader NULL: the
 * installed one (GAOL_LIBEXECDIR "/gaol-load").
 */
int bpf_load_via(
    const char *loader, int statefd, int root_cgroup_fd, unsigned flags, struct err *e);

struct bpf_addrs {
	const struct in_addr *v4; /* primary first */
	size_t n4;
	const struct in6_addr *v6;
	size_t n6;
};

/*
 * Inserts or replaces a prison.  n4, n6, primary4 and primary6 of *p are ignored
 * and taken from addrs (NULL: no addresses).  A broker's cgroup is a second call
 * with its own id.  -E2BIG: the map is full, or more than BPF_ADDRS_MAX addresses.
 * A replacement that fails half way leaves the smaller of both sets of rights.
 */
int bpf_prison_put(const struct bpf_fds *fds, uint64_t cgid, const struct bpf_prison *p,
    const struct bpf_addrs *addrs, struct err *e);

/*
 * The stand-ins for 127.0.0.1 and ::1 of a jail with gaol.loopback=private, into
 * p->loop4 and p->loop6.  The second must be put on lo (/128, no duplicate-address check) by the
 * caller, who leaves it out (all zero) where lo has no IPv6.  Two jids that differ by a multiple of
 * 4194304 share the first.
 */
void bpf_loop_standins(uint32_t jid, struct bpf_prison *p);

/* Marks a cgroup below the root (and what is below it) as the host's own: keepers. */
int bpf_prison_put_host(const struct bpf_fds *fds, uint64_t cgid, struct err *e);

/* Replaces the addresses of a prison that is there.  -ENOENT: it is not. */
int bpf_addrs_set(
    const struct bpf_fds *fds, uint64_t cgid, const struct bpf_addrs *addrs, struct err *e);

/* -ENOENT: no such prison (then *e is set too, but it may be no failure for the caller). */
int bpf_prison_get(const struct bpf_fds *fds, uint64_t cgid, struct bpf_prison *ret, struct err *e);

/* Removes the prison and its address lists.  One that is not there is no error. */
int bpf_prison_del(const struct bpf_fds *fds, uint64_t cgid, struct err *e);

/*
 * The same where its keeper may have removed the prison, and that alone: its flags,
 * stand-ins and addresses are given.
 */
int bpf_prison_del_known(const struct bpf_fds *fds, uint64_t cgid, const struct bpf_prison *p,
    const struct bpf_addrs *addrs, struct err *e);

/* The number of prisons, those of the host's own cgroups not counted. */
int bpf_prison_count(const struct bpf_fds *fds, size_t *ret, struct err *e);

/*
 * Calls fn for each entry, the host's own cgroups too; it may delete the entry it
 * is given.  For the sweep, which removes what no live jail owns.  A non-zero return of
 * fn ends the walk and is returned.
 */
int bpf_prison_walk(const struct bpf_fds *fds,
    int (*fn)(uint64_t cgid, const struct bpf_prison *p, void *arg), void *arg, struct err *e);

/*
 * Replaces a whole device set in one step; jails that use its number obey it at
 * once.  Jails may share a set.  -E2BIG: more than BPF_DEV_RULES_MAX ranges.
 */
int bpf_devset_put(const struct bpf_fds *fds, uint32_t devset, const struct bpf_dev_rule *rules,
    size_t n, struct err *e);

/* One that is not there is no error. */
int bpf_devset_del(const struct bpf_fds *fds, uint32_t devset, struct err *e);

/*
 * True if jails reach no abstract local sockets but their own: not every kernel takes the programs
 * that see to it.
 */
bool bpf_unix_is_closed(int root_cgroup_fd);

/*
 * For a jail with allow.raw_sockets, and for its broker's cgroup: crafted packets
 * leave only with the jail's own source.  Idempotent; cgroup_fd is a directory below
 * the root.  -ENOENT: the program is not pinned in this mount namespace; bpf_load_via pins it.
 */
int bpf_raw_attach(int statefd, int root_cgroup_fd, int cgroup_fd, struct err *e);

/* None attached is no error. */
int bpf_raw_detach(int cgroup_fd, struct err *e);

/*
 * Servers of UDP on the any-address are bound to the jail's primary address.  In a jail that has
 * more than one, a program on all interfaces of the caller's network namespace brings them the
 * rest, and costs every packet some nanoseconds: it is there only while such a jail is.
 */
bool bpf_udp_is_wanted(const struct bpf_prison *p);

/*
 * After the prison is in the map.  Idempotent, and needed once more for interfaces that
 * were made later.  -ENOENT: the program is not pinned in this mount namespace
 * (bpf_load_via pins it).  -EOPNOTSUPP: the kernel has no clsact qdisc.
 */
int bpf_udp_attach(int statefd, int root_cgroup_fd, struct err *e);

/* After a prison that wanted it has left the map: takes it from all interfaces unless another wants
 * it. */
int bpf_udp_release(const struct bpf_fds *fds, int root_cgroup_fd, struct err *e);

/*
 * Detaches every program of Gaol's from the root cgroup and the interfaces, and takes the bpffs
 * away. -EBUSY while a prison is left.  Nothing there to unload is success.
 */
int bpf_unload(int statefd, int root_cgroup_fd, struct err *e);

/* The id of the cgroup whose directory this is. */
int bpf_cgroup_id(int cgroup_fd, uint64_t *ret, struct err *e);

#endif
