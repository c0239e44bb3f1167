/*
 * Which jails list an address, so that a claim does not read every record: one symbolic
 * link an address in .addr of the state directory, whose target is jids.  A jail is
 * entered under the instance_lock under which its record comes to say the address, and
 * stays until it is gone, also where `jail -m` has taken the address away.  So a jail may
 * be named in vain, and then its record tells; one that lives is never missing.
 */
#ifndef GAOL_PRISON_HOLDERS_H
#define GAOL_PRISON_HOLDERS_H

#include <stddef.h>

#include "base/err.h"
#include "prison/addr.h"
#include "prison/instance.h"
#include "prison/record.h"

/* Under instance_lock: every address of the record's lists. */
int holders_add(const struct instance *in, const struct record *rec, struct err *e);

/*
 * What was missed is dropped by the next who is entered there.  The first takes
 * instance_lock, the second is called under it.
 */
void holders_drop(const struct instance *in, const struct record *rec);
void holders_drop_locked(const struct instance *in, const struct record *rec);

/* The jails that may have the address, the caller's too: malloc'ed. */
int holders_find(const struct instance *in, int family, const struct addr *a, int **ret,
    size_t *ret_n, struct err *e);

#endif
