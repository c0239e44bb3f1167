/*
 * The rulesets of this instance, in <state>/.devfs:
 *
 *	lock		flock(2): shared to read several sets, exclusive to change
 *	sets/N		ruleset N, one rule a line (devrules_format_stored)
 *	sets/N.bad	why ruleset N could not be loaded (and never was)
 *	sets/N.nodes	what N leaves visible on this host (a cache, devnodes.h)
 *	sets/names	NAME=N, from devfs.rules
 *	system		the ruleset of the host's /dev
 *
 * `sets` appears by one rename when the files were read, and is exchanged as a whole
 * when they are read again: no reader ever sees half of an edit.  A file in it is
 * replaced by rename, and every change drops all caches.
 *
 * state is a descriptor of the state directory (O_RDONLY or O_PATH).  Each function
 * loads the files first if this boot has not yet: that is devstore_ensure, which a
 * caller need not call.
 */
#ifndef GAOL_PRISON_DEVSTORE_H
#define GAOL_PRISON_DEVSTORE_H

#include "base/err.h"
#include "base/str.h"
#include "prison/devrules.h"

/*
 * Loads <datadir>/gaol/defaults/devfs.rules and /etc/devfs.rules, once a boot.
 * *warnings (may be NULL) gets one line "FILE:LINE: ..." for each thing that was wrong;
 * a set with such a line is not loaded, the others are, and this is no error.
 */
int devstore_ensure(int state, struct strv *warnings, struct err *e);

/*
 * Reads the files again (paths NULL: the two above), in one step.  Sets that are no
 * longer in the files stay, as on FreeBSD; of a set with a mistake the one in force stays.
 */
int devstore_reload(int state, const char *const *paths, struct strv *warnings, struct err *e);

/* -ESRCH: no such set.  -EINVAL: it could not be loaded; the sentence says why, with file and line.
 */
int devstore_get(int state, unsigned num, struct dev_ruleset *ret, struct err *e);

/* All sets, for evaluation. */
int devstore_get_all(int state, struct dev_rulesets *ret, struct err *e);

/*
 * -EIO: set 0; -EEXIST: the number is taken; -ESRCH: the included set is not there;
 * -ELOOP: a cycle; -ERANGE: no number is left.
 */
int devstore_add(int state, unsigned num, const struct dev_rule *r, struct err *e);

/* -ENOENT: no such rule, or no such set. */
int devstore_del(int state, unsigned num, unsigned rule, struct err *e);

/* A set that is not there is no error. */
int devstore_delset(int state, unsigned num, struct err *e);

/* The number of a name from devfs.rules.  -ENOENT: no such name. */
int devstore_number(int state, const char *name, unsigned *ret, struct err *e);

/* All names, as lines NAME=N. */
int devstore_names(int state, struct strv *ret, struct err *e);

/* The ruleset of the host's own /dev; 0: none. */
int devstore_system_get(int state, unsigned *ret, struct err *e);
int devstore_system_set(int state, unsigned num, struct err *e);

/*
 * What one change means for running jails: called, outside the lock, after every
 * change of a set, so that the device program obeys at once.  Prison sets it.
 */
typedef void (*devstore_changed_fn)(int state, void *arg);
void devstore_on_change(devstore_changed_fn fn, void *arg);

/* -EINVAL, with file and line: the set could not be loaded. */
int devstore_check(int state, unsigned num, struct err *e);

/* The caches; used by devnodes.c only.  -ENOENT: there is none.  Takes no lock, loads nothing. */
int devstore_cache_read(int state, unsigned num, char **ret);
int devstore_cache_drop(int state, struct err *e);

/*
 * Calls fn with all sets and stores the text that it makes as N's cache, all under
 * the lock, so that no change is missed.  The text is in *ret too.
 */
typedef int (*devstore_compute_fn)(
    const struct dev_rulesets *all, unsigned num, void *arg, struct str *ret, struct err *e);
int devstore_cache_make(
    int state, unsigned num, devstore_compute_fn fn, void *arg, struct str *ret, struct err *e);

/* Opens the state directory of this mount namespace, making it (0755) if it is not there. */
int devstore_open_state(struct err *e);

#endif
