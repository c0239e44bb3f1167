/*
 * What a jail's parameters mean together: FreeBSD's rules of kern_jail_set, over
 * records.  Pure: no system calls.
 */
#ifndef GAOL_PRISON_SETTINGS_H
#define GAOL_PRISON_SETTINGS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "prison/api.h"
#include "prison/record.h"

/*
 * Checks the parameters against each other, the table and the parent (NULL: the host)
 * and puts them into rec.  Everything or nothing.  jid and name are only checked for
 * form: the registry decides about them.  updating: rec is a running jail.
 */
int settings_apply(struct record *rec, const struct record *parent, const struct gaol_param *params,
    size_t n, bool updating, struct err *e);

/* The value in force: the record's, else the table's default, else "". */
const char *settings_text(const struct record *rec, const char *name);
bool settings_bool(const struct record *rec, const char *name);
/* Does it list an address of either family? */
bool settings_has_address(const struct record *rec);
int64_t settings_int(const struct record *rec, const char *name);

/*
 * As jail_get(2) answers: ip4 and ip6 of every restricted jail read back as
 * "disable" (the kernel has one bit for new and disable).
 */
const char *settings_shown(const struct record *rec, const char *name);

#endif
