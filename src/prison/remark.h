/* What a creation says about parameters that do less on Linux than their name says. */
#ifndef GAOL_PRISON_REMARK_H
#define GAOL_PRISON_REMARK_H

#include "prison/op.h"

/* Parameters without effect (-v), and those that only a later version obeys (always). */
void remark_parameters(struct gaol_op *op);

/* Permissions that were asked for and cannot hold with this gaol.userns. */
void remark_permissions(struct gaol_op *op);

/* A path that others on the host can search: a setuid file made inside is theirs to run (-v). */
void remark_path(struct gaol_op *op, const char *real_path);

/* What this kernel cannot close (-v). */
void remark_kernel(struct gaol_op *op);

#endif
