/*
 * One jail and what is to be done with it, and the run of all of them: one process,
 * one event loop.  Each job walks through its own steps; they meet only where one
 * depends on another, or waits for a slot of -p.
 */
#ifndef GAOL_JAIL_JOB_H
#define GAOL_JAIL_JOB_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/queue.h>

#include "jail/depend.h"
#include "jail/form.h"
#include "jail/hook.h"
#include "jail/names.h"
#include "jail/plan.h"
#include "libjail/gaol.h"

struct conf;
struct conf_jail;
struct options;

enum job_flags {
	JOB_WILD = 1 << 0,   /* chosen by a wildcard or by "all" */
	JOB_DEPEND = 1 << 1, /* brought in by another one */
	JOB_FAILED = 1 << 2,
	JOB_LOADED = 1 << 3,   /* its parameters were taken over */
	JOB_SELECTED = 1 << 4, /* takes part */
	JOB_CLEANED = 1 << 5,  /* -C: done for it */
	JOB_COUNTED = 1 << 6,  /* in the numbers of the progress line */
};

enum job_queue {
	QUEUE_NONE,
	QUEUE_READY,  /* to be looked at */
	QUEUE_DEPEND, /* waits for another job */
	QUEUE_SLOT,   /* has a command to run and waits for -p */
	QUEUE_WAIT,   /* waits for a descriptor or a time */
	QUEUE_DONE,
};

enum job_stage {
	STAGE_NONE,
	STAGE_CREATE,
	STAGE_REMOVE,
	STAGE_CLEANUP, /* the second half of a removal, for a jail that is gone (-C) */
};

/* How an operation is walked: libjail's way, or one that only shows. */
struct engine {
	void (*next)(struct gaol_op *op, struct gaol_event *ret);
	void (*hook_done)(struct gaol_op *op, bool failed);
	int (*result)(const struct gaol_op *op);
	void (*free)(struct gaol_op *op);
};

extern const struct engine engine_real;

/* The part of a job that exists while it is worked on. */
struct work {
	struct plan plan;
	enum job_stage stage;
	const struct engine *engine;
	struct gaol_op *op;
	struct gaol_remove_spec remove;
	struct hook_walk walk;
	bool said_prepared;
	bool term_sent;
	enum { WAIT_NOTHING, WAIT_OP, WAIT_COMMAND, WAIT_PAUSE } wait;
	int wait_fd;	       /* -1: only the time */
	long long deadline_ms; /* CLOCK_MONOTONIC; 0: none */
	char *running_path;    /* of a jail without configuration, for JPATH */
};

struct job {
	TAILQ_ENTRY(job) link;
	enum job_queue queue;
	unsigned op;		/* enum op */
	unsigned flags;		/* enum job_flags */
	int node;		/* its number: in run.jobs and in the graph */
	int jid;		/* 0: not looked up yet; -1: does not run */
	const char *name;	/* in messages; NULL: none */
	char *own_name;		/* name, where it is not conf's */
	struct conf_jail *conf; /* NULL: not from the configuration */
	struct work *work;
};

TAILQ_HEAD(job_list, job);

struct run {
	const struct options *options;
	struct conf *conf; /* NULL: none was read */
	struct job **jobs;
	size_t njobs, jobs_size;
	struct names names; /* configured and running jails by name */
	struct dep_graph graph;
	struct dep_events events;
	struct job_list ready, slots, waiting;
	size_t nwork, nwork_max;	  /* operations under way, and how many there may be */
	size_t ncommands;		  /* external commands that run now */
	int epoll_fd;			  /* -1 until something is waited for */
	FILE *jid_out;			  /* -J */
	bool positional;		  /* the old form: -J writes it in another way */
	bool note_removed;		  /* `removed` is said without -v */
	bool failed;			  /* the exit status will be 1 */
	size_t nselected, ndone, nfailed; /* of the progress line */
	const char *progress_name;
};

/* ---- job.c ---- */

struct job *job_new(struct run *run);
void job_free(struct job *j);

/* Looks at a job that is ready: it starts, waits, or is done. */
void job_go(struct run *run, struct job *j);

/* What it waited for has come. */
void job_wake(struct run *run, struct job *j, bool timed_out);

void job_slot(struct run *run, struct job *j);

/* A signal ends the program: give up what can be given up. */
void job_interrupt(struct run *run, struct job *j);

void job_fail(struct run *run, struct job *j);

/* ---- run.c ---- */

void run_init(struct run *run, const struct options *o);
void run_done(struct run *run);

/* Works until nothing is left to do. */
void run_loop(struct run *run);

void run_queue(struct run *run, struct job *j, enum job_queue queue);

/* The job sleeps until fd (-1: none) has one of the events, or until the time (0: none). */
void run_wait(struct run *run, struct job *j, int fd, short events, long long deadline_ms);

long long run_now_ms(void);

/* A signal asks for the end. */
bool run_interrupted(void);

/* ---- select.c: which jails take part ---- */

/* Makes a job of every configured jail, and the edges between them.  -errno: no memory. */
int select_load(struct run *run);

/* One jail from the command line (param=value, positional).  It owns set from then on. */
int select_command_line(struct run *run, struct args *set, unsigned op);

/* target NULL: all.  running: -R.  -ENOENT: said `not found`. */
int select_target(struct run *run, const char *target, unsigned op, bool running);

void select_events(struct run *run);

#endif
