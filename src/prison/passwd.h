/*
 * passwd(5) and group(5) of a jail.  Read as text through a descriptor of the jail's
 * root and parsed here, since NSS of the host would load what the host is configured
 * for, and NSS inside would run the jail's code with more than the jail has.  Pure.
 */
#ifndef GAOL_PRISON_PASSWD_H
#define GAOL_PRISON_PASSWD_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct passwd_entry {
	char *name;
	uid_t uid;
	gid_t gid;
	char *home;
	char *shell;
};

/* By name, or by uid where name is NULL.  0, -ENOENT, -ENOMEM.  Free with passwd_done. */
int passwd_find(const char *text, const char *name, uid_t uid, struct passwd_entry *ret);
void passwd_done(struct passwd_entry *p);

/* The groups of a user: gid first, then every group that names them.  *ret is malloc'ed. */
int passwd_groups(const char *text, const char *name, gid_t gid, gid_t **ret, size_t *ret_n);

#endif
