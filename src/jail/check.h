/*
 * jail --check: all that is wrong with a configuration file, and, jail by jail, what
 * will not work on this host and what to write instead.
 */
#ifndef GAOL_JAIL_CHECK_H
#define GAOL_JAIL_CHECK_H

/* Returns the exit status: 0 if nothing was found that keeps a jail from working. */
int check_conf(const char *file);

#endif
