/* Servers of UDP on the any-address of jails that have several addresses: see bpf_udp_attach. */
#ifndef GAOL_PRISON_DATAGRAMS_H
#define GAOL_PRISON_DATAGRAMS_H

#include "prison/instance.h"

struct err;

/* The ledger's line of a jail for which the program was attached. */
#define DATAGRAMS_LINE "datagrams"

/* After policy_load.  An error means that such servers hear the primary address only. */
int datagrams_attach(struct instance *in, struct err *e);

/* After policy_unload, and raw_stop: a broker's cgroup is in the map, too. */
int datagrams_release(struct instance *in, struct err *e);

#endif
