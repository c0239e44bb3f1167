/* Interfaces that move into a jail's own network stack, and back (vnet.interface). */
#ifndef GAOL_PRISON_VNET_H
#define GAOL_PRISON_VNET_H

#include "base/err.h"
#include "prison/record.h"

/* lo of a new stack is down, and what listens on 127.0.0.1 inside would not answer. */
int vnet_loopback_up(const struct record *rec, struct err *e);

int vnet_give(const struct record *rec, const char *ifname, struct err *e);

/*
 * Takes it back before the stack goes: the kernel returns hardware by itself, but a veth
 * would be deleted.  One that was renamed or deleted inside is an error that names it.
 */
int vnet_take(const struct record *rec, const char *ifname, struct err *e);

/*
 * gaol.epair: a pair of virtual Ethernet interfaces, `ifname` on the host, where it becomes a port
 * of the bridge, and VNET_EPAIR_INSIDE in the jail; both are up then.  -EEXIST: ifname is somebody
 * else's; otherwise what was made of it is taken away on failure.
 */
#define VNET_EPAIR_INSIDE "epair0b"
int vnet_epair(const struct record *rec, const char *ifname, const char *bridge, struct err *e);

/* The host's end, and with it the other.  One that is gone is no error. */
int vnet_epair_delete(const char *ifname, struct err *e);

#endif
