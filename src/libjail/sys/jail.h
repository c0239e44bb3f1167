/*
 * The system calls of FreeBSD's jail(2), jail_set(2), jail_get(2),
 * jail_attach(2) and jail_remove(2), as libjail gives them on Linux.
 * Jail descriptors (JAIL_USE_DESC and its kin, FreeBSD 15) do not exist here and
 * are not defined, so that #ifdef finds that out.
 */
#ifndef _SYS_JAIL_H_
#define _SYS_JAIL_H_

#include <netinet/in.h>
#include <stdint.h>
#include <sys/types.h>
#include <sys/uio.h>

#ifdef __cplusplus
extern "C" {
#endif
#pragma GCC visibility push(default)

/* The structure of jail(2). */
#define JAIL_API_VERSION 2

struct jail {
	uint32_t version; /* JAIL_API_VERSION */
	char *path;
	char *hostname;
	char *jailname; /* may be NULL */
	uint32_t ip4s;
	uint32_t ip6s;
	struct in_addr *ip4;
	struct in6_addr *ip6;
};

/* Its first form: one address, in the host's byte order; 0 means none. */
struct jail_v0 {
	uint32_t version; /* 0 */
	char *path;
	char *hostname;
	uint32_t ip_number;
};

/* Flags of jail_set and jail_get. */
#define JAIL_CREATE 0x01 /* make the jail; with JAIL_UPDATE: if it is not there */
#define JAIL_UPDATE 0x02 /* change a jail that is there */
#define JAIL_ATTACH 0x04 /* and enter it */
#define JAIL_DYING 0x08	 /* jail_get: dying jails too; jail_set: no effect, as since FreeBSD 15 */
#define JAIL_SET_MASK 0x0f
#define JAIL_GET_MASK 0x08

/* Values of the jailsys parameters (host, ip4, vnet ...). */
#define JAIL_SYS_DISABLE 0
#define JAIL_SYS_NEW 1
#define JAIL_SYS_INHERIT 2

/* The largest jid. */
#define JAIL_MAX 999999

/*
 * Each returns -1 and sets errno on failure; jail, jail_set and jail_get return
 * a jid, the others 0.  The iovecs come in pairs, name and value; a pair named
 * "errmsg" is a buffer for a sentence, written on failure only.
 *
 * jail_attach, and JAIL_ATTACH, are for processes of one thread: the namespaces
 * that they join are a thread's (setns(2)).  All but jail_get need root.
 */
int jail(struct jail *);
int jail_set(struct iovec *, unsigned int, int);
int jail_get(struct iovec *, unsigned int, int);
int jail_attach(int);
int jail_remove(int);

#pragma GCC visibility pop
#ifdef __cplusplus
}
#endif

#endif
