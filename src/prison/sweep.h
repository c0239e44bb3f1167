/*
 * Putting right what killed commands and keepers left: the same undo as a removal,
 * driven by the record.
 */
#ifndef GAOL_PRISON_SWEEP_H
#define GAOL_PRISON_SWEEP_H

#include <stddef.h>

#include "base/err.h"
#include "prison/instance.h"

/* One jail, if nobody holds it and it is dead; otherwise nothing happens. */
int sweep_one(struct instance *in, int jid, struct err *e);

/* What stands in the way of a new jail, and what an interrupted command left. */
void sweep_before_claim(struct instance *in, const char *name, int jid);

/* Every record: costs what the registry is long. */
int sweep_all(struct instance *in, struct err *e);

/*
 * After persist was taken away: removes the jail at once if nothing runs in it.  The
 * work mark, where the caller has it (else -EBADF), becomes this function's.
 */
int sweep_if_empty(struct instance *in, int jid, int mark, struct err *e);

#endif
