/*
 * A command out of exec.*: how its text becomes an argument vector, and how one of
 * the host's is started.  Source: reference of jail(8), 4.3.
 */
#ifndef GAOL_JAIL_COMMAND_H
#define GAOL_JAIL_COMMAND_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

struct command {
	struct strv argv; /* empty: there was nothing but white space */
	bool background;  /* not waited for */
};

/* Pure: split at white space, or handed to /bin/sh if there is anything that needs one. */
int command_parse(const char *text, struct command *ret);

/* The words joined by blanks, for messages; malloc'ed. */
char *command_text(char *const *argv);

/* Whose environment and credentials a command of the host gets. */
struct command_host {
	char *const *argv;
	const char *user;	 /* exec.system_user, or NULL */
	const char *name;	 /* the jail's in messages of the child, or NULL */
	const char *const *vars; /* NAME=VALUE, added unless clean; NULL terminated */
	bool clean;		 /* exec.clean */
	bool background;	 /* a session of its own */
	int mounts;		 /* the mount namespace to run in, or -1: ours */
};

/*
 * Starts it; *ret_pidfd is readable when it ended, and *ret_pid is then to be
 * waited for.  What goes wrong in the child is said by the child, and shows as its
 * exit status 1; an error here is one of starting it or of the user.
 */
int command_spawn_host(const struct command_host *c, int *ret_pidfd, pid_t *ret_pid, struct err *e);

#endif
