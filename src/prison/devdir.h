/* The files of the store (devstore.h has the layout); private to devstore.c and devload.c. */
#ifndef GAOL_PRISON_DEVDIR_H
#define GAOL_PRISON_DEVDIR_H

#include <stddef.h>

#include "base/err.h"
#include "prison/devrules.h"

#define DEVDIR_STATE "/run/jail"
#define DEVDIR_NAME ".devfs"
#define DEVDIR_PATH DEVDIR_STATE "/" DEVDIR_NAME /* for messages */
#define DEVDIR_SETS "sets"
#define DEVDIR_NEW "sets.new"
#define DEVDIR_NAMES "names"
#define DEVDIR_SYSTEM "system"
#define DEVDIR_BAD_SUFFIX ".bad"
#define DEVDIR_CACHE_SUFFIX ".nodes"
#define DEVDIR_FILE_MAX ((size_t)16 << 20)

/* Opens .devfs, making it. */
int devdir_open(int state, int *ret, struct err *e);

/* how: LOCK_SH or LOCK_EX; waits. */
int devdir_lock(int base, int how, int *ret, struct err *e);

/* Writes a new file (0600) and renames it into place. */
int devdir_replace(int dir, const char *name, const char *text);

int devdir_read_all(int sets, struct dev_rulesets *ret, struct err *e);

/* A set without rules is removed, and so is what said that it could not be loaded. */
int devdir_write_set(int sets, const struct dev_ruleset *set, struct err *e);

/* -EINVAL with the reason, if the set could not be loaded. */
int devdir_check_bad(int sets, unsigned num, struct err *e);

int devdir_drop_caches(int sets, struct err *e);

/* Removes a directory of files. */
int devdir_remove(int base, const char *name);

/* devstore_reload without telling anybody (devload.c). */
int devload_locked(int state, const char *const *paths, struct strv *warnings, struct err *e);

#endif
