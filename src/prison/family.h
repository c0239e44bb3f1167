/* Parents, children and neighbours: what a jail shares with the others of the registry. */
#ifndef GAOL_PRISON_FAMILY_H
#define GAOL_PRISON_FAMILY_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "prison/instance.h"
#include "prison/record.h"

/* The jid of the parent; 0: the host. */
int family_parent(const struct record *rec);

/* Loads the living jail that a dotted name stands below; ret->jid 0: the host. */
int family_load_parent(
    const struct instance *in, const char *name, struct record *ret, struct err *e);

/* children.max of every jail above: -EAGAIN, or -EPERM where the parent may have none. */
int family_check_limits(
    const struct instance *in, const char *name, const struct record *parent, struct err *e);

/* The living jails below one (its name and a dot in front of theirs), deepest first. */
int family_below(
    const struct instance *in, const struct record *rec, int **ret, size_t *ret_n, struct err *e);

/* Addresses against those of all other jails (FreeBSD's rules), and against the parent's. */
int family_check_addresses(const struct instance *in, const struct record *rec,
    const struct record *parent, struct err *e);

/*
 * Another jail that lives and lists this address: its jid, or 0.  Jails may share one
 * if each has only that one, and the alias must outlive whoever put it on.
 */
int family_sharing(
    const struct instance *in, const struct record *rec, int family, const char *address);

/* Adds a line to the ledger of jail `heir`.  True: what it names is the heir's duty now. */
bool family_bequeath(const struct instance *in, int heir, const char *line);

#endif
