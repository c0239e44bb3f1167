/*
 * The broker of a jail with allow.raw_sockets: it makes the raw and packet sockets that
 * the kernel refuses to a user namespace, after asking what the asker may do.
 *
 * It runs in the host's namespaces and in a cgroup of its own (.b/N) with the jail's
 * entry in the map of prisons, so that the sockets it makes obey the jail's addresses.
 * It only adds: whatever it does not grant it lets the kernel decide.  It ends by
 * itself when the jail's cgroup is gone.
 *
 * Every process that enters such a jail gets a system call filter with a listener
 * (seccomp_unotify(2), Linux 5.14 for SECCOMP_ADDFD_FLAG_SEND), which it sends to the
 * broker through a socket before it executes anything.
 */
#ifndef GAOL_BROKER_BROKER_H
#define GAOL_BROKER_BROKER_H

#define BROKER_PATH GAOL_LIBEXECDIR "/broker"

/* Descriptors at their numbers. */
enum broker_fd {
	BROKER_FD_SOCKET = 3,  /* SOCK_SEQPACKET, listening: who connects sends listeners */
	BROKER_FD_EVENTS = 4,  /* cgroup.events of the prison's directory */
	BROKER_FD_USERNS = 5,  /* the jail's user namespace, or the host's */
	BROKER_FD_PRISONS = 6, /* the map of prisons */
	BROKER_FD_READY = 7,   /* closed when it listens */
	BROKER_FD_END = 8,
};

/* argv[1]: the prison's cgroup id, decimal.  argv[2]: 'p' where packet sockets are granted, else
 * "-". */

#endif
