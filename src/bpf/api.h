/*
 * What the eBPF programs and the code that fills their maps both know: the keys
 * and values of the maps.  Compiled for the kernel and natively.  A change of any
 * size or meaning here changes BPF_LAYOUT, so that two versions of Gaol never read
 * each other's maps.
 *
 * All addresses are in network byte order, all ports in host byte order.  Zero in
 * every field is the most restrictive prison: no address, no device.
 */
/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef GAOL_BPF_API_H
#define GAOL_BPF_API_H

#include <linux/types.h>

#define BPF_LAYOUT 2

/* FreeBSD's limit per family (sys/kern/kern_jail.c, jail_max_af_ips). */
#define BPF_ADDRS_MAX 255

/*
 * Where the stand-ins for 127.0.0.1 and ::1 come from (gaol.loopback=private):
 * 127.64.0.0/10 and fd67:616f:6c00::/48.  Reserved: no jail lists an address out of
 * them, none reaches another's, and every hook that shows one says 127.0.0.1 or ::1.
 */
#define BPF_LOOP4_NET 0x7f400000U
#define BPF_LOOP4_MASK 0xffc00000U
#define BPF_LOOP6_NET0 0xfd67616fU
#define BPF_LOOP6_NET1 0x6c000000U
#define BPF_LOOP6_MASK1 0xffff0000U

/* Addresses in 127/8 that jails list.  A full map: those of the next jail are not reached by
 * others. */
#define BPF_LISTED_MAX 32768

/*
 * Wildcard TCP listeners of jails that have more addresses than the one that the kernel binds
 * them to: sockets with one port and one kind that can be told apart, for SO_REUSEPORT.
 */
#define BPF_SLOTS 8
#define BPF_LISTENERS_MAX 65536

/* Ranges of device numbers in one set. */
#define BPF_DEV_RULES_MAX 256

/* The maps' capacities.  A full map refuses the new jail (-E2BIG), nothing else changes. */
#define BPF_PRISONS_MAX 32768
#define BPF_DEVSETS_MAX 8192

/*
 * The deepest level, counted from the cgroup tree's own root, on which a prison is
 * looked for when the process's own cgroup is none.  The caller makes no child jail below it.
 */
#define BPF_LEVEL_MAX 32

enum bpf_prison_flags {
	BPF_PRISON_IP4_INHERIT = 1
				 << 0, /* unset: only the listed addresses; none listed: no IPv4 */
	BPF_PRISON_IP6_INHERIT = 1 << 1, /* the same for IPv6 */
	BPF_PRISON_VNET = 1 << 2,	 /* a network stack of its own: no rule about addresses */
	BPF_PRISON_RESERVED_PORTS = 1 << 3, /* allow.reserved_ports */
	BPF_PRISON_RAW_SOCKETS = 1 << 4,    /* allow.raw_sockets */
	BPF_PRISON_SOCKET_AF = 1 << 5,	    /* allow.socket_af */
	BPF_PRISON_NOSADDRSEL4 = 1 << 6,    /* ip4.nosaddrsel: the primary is always the source */
	BPF_PRISON_NOSADDRSEL6 = 1 << 7,    /* ip6.nosaddrsel */
	BPF_PRISON_LOOP_PRIVATE = 1 << 8,   /* gaol.loopback=private: loop4 and loop6 hold */
	BPF_PRISON_HOST = 1 << 9,	    /* no prison: a cgroup of the host's own (keepers) */
	BPF_PRISON_PORTS_SHARED = 1 << 10,  /* gaol.ports=shared: wildcards may be lifted */
};

/* Map "prisons": cgroup id (__u64, st_ino of the cgroup's directory) -> this. */
struct bpf_prison {
	__u32 jid;
	__u32 flags;	/* enum bpf_prison_flags */
	__u32 devset;	/* key in "devsets"; a missing set: every device is refused */
	__u16 n4;	/* number of addresses; above 1 the list is in "addrs4" */
	__u16 n6;	/* the same, "addrs6" */
	__u32 primary4; /* the first address; 0 if there is none */
	__u32 loop4;	/* the stand-in for 127.0.0.1 out of 127.64.0.0/10, or 0 */
	__u32 primary6[4];
	__u32 loop6[4];	    /* the stand-in for ::1, or all 0 */
	__u32 userns_level; /* depth of the jail's user namespace; the host's is 0
			       (gaol.userns=inherit) */
	__u32 pad;
};

/*
 * Map "listed": an address in 127/8 that some jail lists -> the cgroup id of that
 * jail, 0 if there may be several.  127/8 is closed to jails with a loopback of their own, but for
 * these.
 */

/*
 * Maps "dest4" (__be32) and "dest6" (struct bpf_addr6): an address -> the cgroup id
 * of the jail whose wildcard listeners are to be asked for it.  Only addresses that
 * the kernel's own binding does not reach: those behind the first and, in a jail with
 * gaol.ports=shared and a loopback of its own, all of them and the stand-ins.
 */

/*
 * Storage "wild" of a socket: its any-address was made the primary by bind; or, "lifted",
 * the stand-in at a port that nobody asked for, so that it meets no wildcard of the host.
 */
struct bpf_wild {
	__u64 cgid;
	__u16 families; /* enum bpf_wild_families */
	__u16 port;	/* lifted: the port that was asked for, host order; 0: not lifted */
	__u32 uid;	/* whose it is, as the host counts */
};

enum bpf_wild_families {
	BPF_WILD_4 = 1 << 0,
	BPF_WILD_6 = 1 << 1,
	BPF_WILD_ASKED_6 = 1 << 2, /* lifted: the any-address was that of IPv6 */
};

/*
 * Map "peers": at which of the jail's addresses (v4-mapped for IPv4) a client of a UDP server
 * on the any-address asked last, so that the answer comes from there.
 */
struct bpf_peer {
	__u64 cgid;
	__u32 addr[4]; /* the client's, v4-mapped for IPv4 */
	__u16 port;    /* the client's, host order */
	__u16 own;     /* the server's */
	__u32 pad;
};

/* Clients that wait for an answer; the oldest is forgotten, and answered from the primary. */
#define BPF_PEERS_MAX 16384

/* Map "listeners": which wildcard sockets listen on a jail's port. */
struct bpf_listener {
	__u64 cgid;
	__u16 port;   /* host order */
	__u16 family; /* 4 or 6 */
	__u32 slot;
};

/* Map "exacts": which sockets listen on just this address (v4-mapped for IPv4). */
struct bpf_exact {
	__u32 addr[4];
	__u16 port; /* host order */
	__u16 pad;
	__u32 slot;
};

/* Maps "addrs4", "addrs6": cgroup id -> all addresses of a prison that has several, primary first.
 */
struct bpf_addrs4 {
	__u32 n;
	__u32 addr[BPF_ADDRS_MAX];
};

struct bpf_addr6 {
	__u32 word[4];
};

struct bpf_addrs6 {
	__u32 n;
	__u32 pad;
	struct bpf_addr6 addr[BPF_ADDRS_MAX];
};

enum bpf_dev_type {
	BPF_DEV_BLOCK = 1, /* equal to BPF_DEVCG_DEV_* of linux/bpf.h */
	BPF_DEV_CHAR = 2,
};

enum bpf_dev_access {
	BPF_DEV_MKNOD = 1, /* equal to BPF_DEVCG_ACC_* of linux/bpf.h */
	BPF_DEV_READ = 2,
	BPF_DEV_WRITE = 4,
};

/* One range of device numbers.  All minors: 0 to ~0. */
struct bpf_dev_rule {
	__u16 type;   /* enum bpf_dev_type */
	__u16 access; /* enum bpf_dev_access; what several matching rules grant is added up */
	__u32 major;
	__u32 minor_first;
	__u32 minor_last;
};

/* Map "devsets": the number of a set (__u32) -> its rules. */
struct bpf_devset {
	__u32 n;
	__u32 pad;
	struct bpf_dev_rule rule[BPF_DEV_RULES_MAX];
};

#endif
