/* Users and groups of the host, for the rules' `user` and `group`. */
#ifndef GAOL_PRISON_DEVIDS_H
#define GAOL_PRISON_DEVIDS_H

#include "prison/devrules.h"

/* By getpwnam(3) and its kin; FreeBSD's group wheel is group 0 where the host has none of that
 * name. */
extern const struct dev_ids devids_host;

#endif
