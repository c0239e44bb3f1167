/* `mount+=LINE` and `mount-=TARGET` of the command line: mounts of a jail that runs. */
#ifndef GAOL_JAIL_LIVE_H
#define GAOL_JAIL_LIVE_H

#include <stdbool.h>
#include <stddef.h>

struct options;

/* Whether the word is one of the two. */
bool live_is(const char *word);

/*
 * In the order in which they were typed, up to the first that fails (it is said, and what
 * was done before stays).  name: in messages; NULL: none.  With --dry-run only shown.
 */
int live_apply(const struct options *o, int jid, const char *name);

#endif
