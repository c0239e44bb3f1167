/*
 * What the keeper does, as a table: [state][event] -> next state and action.  Complete
 * by construction, and compiled natively too, for the unit test.
 */
#ifndef GAOL_KEEPER_TABLE_H
#define GAOL_KEEPER_TABLE_H

enum keeper_state {
	KEEPER_WATCHING, /* may remove its jail */
	KEEPER_REMOVING, /* was told to remove it, persistent or not */
	KEEPER_BARE,	 /* has no descriptor to remove it with: gaol.userns=inherit */
	KEEPER_STATE_COUNT,
};

enum keeper_event {
	KEEPER_POPULATED,
	KEEPER_EMPTY_PERSISTENT,
	KEEPER_EMPTY,
	KEEPER_GONE,	/* somebody else has removed the directory, before or in this moment */
	KEEPER_TERM,	/* SIGTERM from outside */
	KEEPER_REMOVED, /* our rmdir succeeded */
	KEEPER_BUSY,	/* it did not: somebody entered, or a child jail is there */
	KEEPER_FAILED,	/* it did not, for a reason that will not go away */
	KEEPER_EVENT_COUNT,
};

enum keeper_action {
	KEEPER_WAIT,   /* for an event, for ever; then look */
	KEEPER_LINGER, /* for an event or KEEPER_LINGER_MS; then look */
	KEEPER_KILL,   /* all that is in the cgroup; then as KEEPER_LINGER */
	KEEPER_RMDIR,
	KEEPER_FINISH, /* map entry, record, lock file; exit */
	KEEPER_EXIT,   /* leaves the rest to the next command's sweep; in a PID namespace
			  the exit of PID 1 also kills everybody else */
};

struct keeper_decision {
	unsigned char next;
	unsigned char action;
};

#define KEEPER_D(n, a)                 \
	{                              \
		KEEPER_##n, KEEPER_##a \
	}

static const struct keeper_decision keeper_table[KEEPER_STATE_COUNT][KEEPER_EVENT_COUNT] = {
    [KEEPER_WATCHING] =
	{
	    [KEEPER_POPULATED] = KEEPER_D(WATCHING, WAIT),
	    [KEEPER_EMPTY_PERSISTENT] = KEEPER_D(WATCHING, WAIT),
	    [KEEPER_EMPTY] = KEEPER_D(WATCHING, RMDIR),
	    [KEEPER_GONE] = KEEPER_D(WATCHING, EXIT),
	    [KEEPER_TERM] = KEEPER_D(REMOVING, KILL),
	    [KEEPER_REMOVED] = KEEPER_D(WATCHING, FINISH),
	    /* The removal of an empty child jail raises no event here, hence not WAIT. */
	    [KEEPER_BUSY] = KEEPER_D(WATCHING, LINGER),
	    [KEEPER_FAILED] = KEEPER_D(WATCHING, EXIT),
	},
    [KEEPER_REMOVING] =
	{
	    /* Those who were on their way in when the last kill went out. */
	    [KEEPER_POPULATED] = KEEPER_D(REMOVING, KILL),
	    [KEEPER_EMPTY_PERSISTENT] = KEEPER_D(REMOVING, RMDIR),
	    [KEEPER_EMPTY] = KEEPER_D(REMOVING, RMDIR),
	    [KEEPER_GONE] = KEEPER_D(REMOVING, EXIT),
	    [KEEPER_TERM] = KEEPER_D(REMOVING, KILL),
	    [KEEPER_REMOVED] = KEEPER_D(REMOVING, FINISH),
	    [KEEPER_BUSY] = KEEPER_D(REMOVING, LINGER),
	    [KEEPER_FAILED] = KEEPER_D(REMOVING, EXIT),
	},
    [KEEPER_BARE] =
	{
	    [KEEPER_POPULATED] = KEEPER_D(BARE, WAIT),
	    [KEEPER_EMPTY_PERSISTENT] = KEEPER_D(BARE, WAIT),
	    [KEEPER_EMPTY] = KEEPER_D(BARE, EXIT),
	    [KEEPER_GONE] = KEEPER_D(BARE, EXIT),
	    [KEEPER_TERM] = KEEPER_D(BARE, EXIT),
	    /* It never calls rmdir. */
	    [KEEPER_REMOVED] = KEEPER_D(BARE, EXIT),
	    [KEEPER_BUSY] = KEEPER_D(BARE, EXIT),
	    [KEEPER_FAILED] = KEEPER_D(BARE, EXIT),
	},
};

#undef KEEPER_D

/*
 * What the text of cgroup.events says: KEEPER_EMPTY, or KEEPER_POPULATED for everything
 * else, as nothing may be removed on account of a text that is not understood.
 */
static inline enum keeper_event
keeper_read_events(const char *text, long len)
{
	static const char word[] = "populated 0\n";
	long i, j;

	for (i = 0; i + (long)sizeof(word) - 1 <= len; i++) {
		if (i > 0 && text[i - 1] != '\n')
			continue;
		for (j = 0; j < (long)sizeof(word) - 1 && text[i + j] == word[j]; j++)
			;
		if (j == (long)sizeof(word) - 1)
			return KEEPER_EMPTY;
	}
	return KEEPER_POPULATED;
}

/*
 * Does this signal come from outside the jail's PID namespace, by kill(2)?  A process
 * inside can write any si_pid into a queued signal, but not this si_code: the kernel
 * keeps codes from 0 up to itself.
 */
static inline int
keeper_is_order(unsigned signo, int code, unsigned pid)
{
	return signo == 15 /* SIGTERM */ && code == 0 /* SI_USER */ && pid == 0;
}

#endif
