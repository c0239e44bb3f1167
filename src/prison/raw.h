/*
 * Raw sockets: starting and ending a jail's broker, and telling it of each process
 * that enters.  broker/broker.h says what it is.
 */
#ifndef GAOL_PRISON_RAW_H
#define GAOL_PRISON_RAW_H

#include <stdbool.h>

#include "base/err.h"
#include "prison/instance.h"
#include "prison/record.h"

/* Does this jail get raw sockets by a broker?  (vnet jails have them without.) */
bool raw_wanted(const struct record *rec);

/* Starts the broker of a jail that lives; userns: the jail's, or -EBADF for the host's. */
int raw_start(
    struct instance *in, const struct record *rec, int prison_cgroup, int userns, struct err *e);

/* Ends it and takes away its cgroup, map entry and socket.  Nothing there is no error. */
int raw_stop(struct instance *in, const struct record *rec, struct err *e);

/* The map entry of the broker's cgroup follows the jail's. */
int raw_reload(struct instance *in, const struct record *rec, struct err *e);

/* A connection to the broker, or a negative errno where none listens. */
int raw_connect(const struct instance *in, const struct record *rec);

/* In the child, under its filter: hands the listener over and waits until it is held. */
int raw_hand_over(int conn, int listener);

#endif
