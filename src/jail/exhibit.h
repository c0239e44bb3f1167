/* Jails printed as text: -e, and the records of -J.  Source: reference of jail(8), 1.7, 1.8. */
#ifndef GAOL_JAIL_EXHIBIT_H
#define GAOL_JAIL_EXHIBIT_H

#include <stdbool.h>
#include <stdio.h>

struct conf;
struct plan;

/* One line a configured jail.  -ENOMEM. */
int exhibit_conf(struct conf *c, const char *sep);

/* One record of -J; positional is the old form's. */
int exhibit_record(FILE *to, const struct plan *p, int jid, bool positional);

#endif
