/* Parameters that were given and do nothing here, as -v and --check say of them. */
#ifndef GAOL_JAIL_EFFECT_H
#define GAOL_JAIL_EFFECT_H

struct arg;
struct args;

/* Why this one has no effect, for people; NULL: it has one.  *ret_write: what would, or NULL. */
const char *effect_missing(const struct arg *a, const struct args *set, const char **ret_write);

#endif
