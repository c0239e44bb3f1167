/* The first step of a creation: jid, name and ids, under the registry's lock. */
#ifndef GAOL_PRISON_CLAIM_H
#define GAOL_PRISON_CLAIM_H

#include "base/err.h"
#include "prison/op.h"

/* Fills op->rec, op->parent and op->lock from op->create, and writes the record. */
int claim(struct gaol_op *op, struct err *e);

/* Gives everything back; the record goes last. */
void claim_release(const struct instance *in, const struct record *rec);

#endif
