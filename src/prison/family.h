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

/* ---- who else has an alias --------------------------------------------------------------- */

/* Under instance_lock_aliases: another jail, in whatever state, has this line in its ledger too. */
bool family_has_line(const struct instance *in, const struct record *rec, const char *line,
    int family, const char *address);

/*
 * Under instance_lock_aliases: finds the alias another owner.  Jails may share an address if each
 * has only that one, and the alias outlives whoever put it on: it stays if another
 * ledger names it; a jail that lives and lists the address gets the line.  False: it has
 * no owner any more.
 */
bool family_bequeath(const struct instance *in, const struct record *rec, const char *line,
    int family, const char *address);

#endif
