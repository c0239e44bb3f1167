/*
 * For tests, which must stop a command at each step to kill it there.  A file .pause
 * in the state directory (root's alone) says where, in one line:
 *
 *	create|remove STEP before|after|fail
 *
 * The next command that comes there removes the file and stops itself (SIGSTOP), or
 * with `fail` finds that the step failed.  Looked for once an operation.
 */
#ifndef GAOL_PRISON_PAUSE_H
#define GAOL_PRISON_PAUSE_H

#include <stdbool.h>

struct instance;

struct pause {
	char *line; /* NULL: nowhere */
};

void pause_load(const struct instance *in, struct pause *ret);
void pause_done(struct pause *p);

/* Stops this process if that is the place. */
void pause_at(const struct instance *in, struct pause *p, const char *verb, const char *step,
    const char *when);

/* True once, if the step shall fail. */
bool pause_fails(const struct instance *in, struct pause *p, const char *verb, const char *step);

#endif
