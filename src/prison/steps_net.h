/* Acts of op_steps (op.h) that are about the network. */
#ifndef GAOL_PRISON_STEPS_NET_H
#define GAOL_PRISON_STEPS_NET_H

#include "prison/op.h"

int aliases_act(struct gaol_op *op, struct err *e);
int aliases_undo(struct gaol_op *op, struct err *e);
int datagrams_act(struct gaol_op *op, struct err *e);
int raw_act(struct gaol_op *op, struct err *e);
/* What raw_act and datagrams_act left, when the jail is out of the map. */
int sockets_undo(struct gaol_op *op, struct err *e);
int vnet_act(struct gaol_op *op, struct err *e);
int vnet_undo(struct gaol_op *op, struct err *e);

#endif
