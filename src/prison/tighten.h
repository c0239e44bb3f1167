/*
 * What is taken from a jail is taken from all jails below it (kern_jail_set): levels
 * rise, limits and permissions go, addresses are lost.
 */
#ifndef GAOL_PRISON_TIGHTEN_H
#define GAOL_PRISON_TIGHTEN_H

#include <stdbool.h>

#include "prison/instance.h"
#include "prison/record.h"

/* Pure: brings one jail `depth` levels below to what the change allows; *ret_changed says if it had
 * to. */
int tighten(struct record *rec, const struct record *was, const struct record *now, int depth,
    bool *ret_changed);

/* The same for all below, records and policies.  Under instance_lock, after `now` was stored. */
int tighten_below(
    struct instance *in, const struct record *was, const struct record *now, struct err *e);

#endif
