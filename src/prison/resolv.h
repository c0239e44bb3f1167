/*
 * gaol.resolvconf=inherit: the host's nameservers for a jail whose resolv.conf(5) says nothing, as
 * it is missing, empty, or a link that leads nowhere.
 */
#ifndef GAOL_PRISON_RESOLV_H
#define GAOL_PRISON_RESOLV_H

#include <stdbool.h>

#include "base/err.h"
#include "prison/mount.h"
#include "prison/record.h"

/*
 * What the jail shall read, malloc'ed in *ret; NULL: nothing, as it has no network, or the
 * host has no nameserver that it could reach.  Where the host asks a stub of its own
 * (127.0.0.53), those that systemd-resolved asks.
 */
int resolv_read(const struct record *rec, char **ret, struct err *e);

/* Whether all nameservers of the text are of the loopback.  Pure. */
bool resolv_is_local(const char *text);

/*
 * In the jail's mount namespace: shows the text, read-only, in place of the jail's file.  Nothing
 * is written through a link, and what somebody wrote wins.  A file that is missing is made, empty.
 */
int resolv_place(const char *text, const struct mount_place *at, struct err *e);

#endif
