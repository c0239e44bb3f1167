/*
 * Operations that only show their steps: --dry-run, and the second half of a removal
 * for a jail that is gone already (-C).  They walk like libjail's.
 */
#ifndef GAOL_JAIL_SCRIPT_H
#define GAOL_JAIL_SCRIPT_H

#include "jail/job.h"

extern const struct engine engine_script;

/* -ENOMEM */
int script_create(const struct gaol_create_spec *spec, struct gaol_op **ret);
int script_remove(const struct gaol_remove_spec *spec, struct gaol_op **ret);

/* exec.poststop, a sweep of what the dead jail left (unless dry), exec.release. */
int script_cleanup(unsigned hooks, bool dry, struct gaol_op **ret);

#endif
