/*
 * The rows of creation and removal at which commands run, and the walk through the
 * commands of one of them.  Source: reference of jail(8), 4.2 to 4.5.
 */
#ifndef GAOL_JAIL_HOOK_H
#define GAOL_JAIL_HOOK_H

#include <stdbool.h>
#include <sys/types.h>

#include "libjail/gaol.h"

struct job;
struct plan;
struct run;
struct args;

/* Where a job stands in the commands of one hook. */
struct hook_walk {
	enum gaol_hook hook;
	bool ready;  /* in exec.ready, behind the hook's own commands */
	size_t next; /* the element to run next */
	int pidfd;   /* -1: nothing runs */
	pid_t pid;
	char *text;	       /* what runs, for messages */
	bool slot;	       /* it counts against -p */
	long long ready_by_ms; /* exec.ready must succeed until then; 0: no limit */
	long long retry_ms;    /* the pause before the next try */
	struct err trouble;    /* the last try of exec.ready could not even start */
};

enum hook_answer {
	HOOK_OVER, /* all of them succeeded */
	HOOK_FAILED,
	HOOK_WAITS, /* the job waits for a process, a pause, or a slot */
};

/* Which hooks these parameters use: 1u << GAOL_HOOK_x; those of a creation, or of a removal. */
unsigned hook_mask(const struct args *set, bool creating);

/* Is there a command of the host that runs while the jail's mounts are there? */
bool hook_sees_mounts(const struct args *set);

/* Commands of the creation, present even if empty, keep the jail until they are done. */
bool hook_needs_persist(const struct args *set);

/* "exec.prestart" */
const char *hook_param(enum gaol_hook hook);

/* Does it run inside, or on the host? */
bool hook_in_jail(enum gaol_hook hook);

enum hook_answer hook_begin(struct run *run, struct job *j, enum gaol_hook hook);

/* A slot became free, or the pause is over. */
enum hook_answer hook_continue(struct run *run, struct job *j);

/* The process ended, or (timed_out) its time is over. */
enum hook_answer hook_ended(struct run *run, struct job *j, bool timed_out);

/* The program is to end: what runs is not waited for any longer. */
void hook_abandon(struct run *run, struct job *j);

#endif
