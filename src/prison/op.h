/*
 * Creating and removing a jail: one table of steps, each with its undo, walked
 * forwards to create, backwards to unwind and to remove.  What an undo needs it reads
 * from the record, whose ledger was written before the step acted: so a sweep after a
 * crash is the same walk.
 */
#ifndef GAOL_PRISON_OP_H
#define GAOL_PRISON_OP_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "prison/api.h"
#include "prison/instance.h"
#include "prison/ns.h"
#include "prison/pause.h"
#include "prison/record.h"
#include "prison/root.h"

enum op_mode {
	OP_CREATE,
	OP_UNWIND, /* of a failed creation */
	OP_REMOVE,
	OP_EXPIRE, /* the last process is gone and the jail does not persist */
	OP_SWEEP,  /* what a killed command or keeper left */
};

/* More than any one step says. */
#define OP_QUEUE 64

struct gaol_op {
	enum op_mode mode;
	struct instance *in;
	const struct gaol_create_spec *create;
	struct gaol_remove_spec remove;
	struct record rec;
	struct record parent; /* jid 0: the host is the parent */
	bool want_persist;    /* rec.persist is true as long as it is being made */
	int lock;	      /* the jail's lock file */
	int mark;	      /* the lock of its work mark */
	size_t row;	      /* the row to be walked next */
	size_t element;	      /* in a row that is a list */
	bool in_hook;
	bool waiting; /* SIGTERM was sent */
	long long deadline_ms;
	bool dead;	  /* the cgroup is gone: removal can no longer stop */
	bool undo_failed; /* something was left: the record stays for the next sweep */
	bool done;
	int result;
	struct pause pause;

	/* Of a creation under way. */
	char *real_path;
	int tree;
	struct mount_item *mounts;
	size_t nmounts;
	int cgroup;
	int parent_cgroup;
	int host_namespace; /* hostmount.h, opened when asked for */
	int events_fd;
	struct ns_spec ns;
	struct ns_holder holder;
	int64_t id_base;

	/* What the caller is told, in order. */
	struct gaol_event queue[OP_QUEUE];
	struct err *errors[OP_QUEUE];
	char *notes[OP_QUEUE];
	size_t queue_first, queue_n;
	pid_t *pids;
};

struct step {
	const char *name;
	/* 0: done; 1: call again (a list, or waiting: an event was queued); negative: failed. */
	int (*act)(struct gaol_op *op, struct err *e);
	int (*undo)(struct gaol_op *op, struct err *e);
	int hook, undo_hook; /* enum gaol_hook, or -1 */
};

/* The table (steps.c). */
extern const struct step op_steps[];
extern const size_t op_nsteps;

void op_queue(struct gaol_op *op, const struct gaol_event *ev);
void op_note(struct gaol_op *op, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The same for what must never be passed over in silence. */
void op_warn(struct gaol_op *op, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void op_queue_error(struct gaol_op *op, const struct err *e);

/* Writes the record. */
int op_store(struct gaol_op *op, struct err *e);
/* Says in the record what the next act will leave, before it is there. */
int op_intend(struct gaol_op *op, const char *line, struct err *e);

/* An op over a record that is taken over (moved out of *rec). */
struct gaol_op *op_new(struct instance *in, enum op_mode mode, struct record *rec);

/* Walks to the end, telling nobody. */
int op_finish(struct gaol_op *op, struct err *e);

#endif
