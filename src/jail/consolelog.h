/*
 * exec.consolelog: a file of the host to which the output of commands inside is
 * added, which may well lie below the jail's root, where the jail can put links.
 * Source: reference of jail(8), 4.10.
 */
#ifndef GAOL_JAIL_CONSOLELOG_H
#define GAOL_JAIL_CONSOLELOG_H

#include "base/err.h"

/*
 * Opens file for appending and makes it if it is not there.  path is the jail's root
 * on the host, or NULL.  Below it no link is followed, and the jail's own mounts are
 * seen, as they are the host's on FreeBSD.  A descriptor, or -errno with FreeBSD's text.
 */
int consolelog_open(const char *file, const char *path, int jid, struct err *e);

#endif
