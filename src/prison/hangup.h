/* Sockets of addresses that a running jail loses. */
#ifndef GAOL_PRISON_HANGUP_H
#define GAOL_PRISON_HANGUP_H

#include "base/err.h"
#include "prison/instance.h"
#include "prison/record.h"

/*
 * Closes the jail's sockets, and those of the jails below, that have an address which `was` lists
 * and `now` does not: their peers would wait for nothing.  Where the kernel cannot, they are left.
 */
int hangup_removed(
    const struct instance *in, const struct record *was, const struct record *now, struct err *e);

#endif
