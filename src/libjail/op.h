/* A creation or removal walked to its end without anybody who runs commands in between. */
#ifndef GAOL_LIBJAIL_OP_H
#define GAOL_LIBJAIL_OP_H

#include "libjail/gaol.h"

/* Returns the jid, or the first error. */
int op_create(const struct gaol_create_spec *spec, struct err *e);

/* Kills all processes without SIGTERM first, as jail_remove(2) does. */
int op_remove(int jid, struct err *e);

#endif
