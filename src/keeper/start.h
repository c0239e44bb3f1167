/*
 * From the child that has built the jail's root to the keeper that stays in it.
 */
#ifndef GAOL_KEEPER_START_H
#define GAOL_KEEPER_START_H

#include <stdbool.h>
#include <stdint.h>

/* Descriptors of any number, close-on-exec or not; -EBADF: none. */
struct keeper_start {
	int binary; /* KEEPER_PATH, O_PATH or O_RDONLY */
	int lock;
	int events;
	bool removes; /* parent, map, state and kill are given: not with gaol.userns=inherit */
	int parent;
	int map;
	int state;
	int kill;
	bool unlinks; /* the ledger names nothing outside the jail */
	int ready;    /* write end of a pipe; its end of file says that the keeper stands */
	int jid;
	const char *link; /* of its name, below .names of the state directory */
	uint64_t cgroup_id;
};

/*
 * Puts the descriptors at their numbers and executes the keeper.  Only
 * async-signal-safe calls: made for the time between clone and exec.  Returns a negative
 * errno on failure; s->ready then is where the pipe is now, for the error's text.
 */
int keeper_exec(struct keeper_start *s);

#endif
