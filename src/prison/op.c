#include "prison/op.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/cleanup.h"
#include "prison/hostmount.h"
#include "prison/registry.h"

#define DYING_TRIES 10
#define DYING_NS 2000000

void
op_queue(struct gaol_op *op, const struct gaol_event *ev)
{
	struct gaol_event *slot;

	/* Steps queue at most a few before the caller is asked; a note more is dropped, no error.
	 */
	if (op->queue_n == OP_QUEUE)
		return;
	slot = &op->queue[(op->queue_first + op->queue_n++) % OP_QUEUE];
	*slot = *ev;
	slot->jid = op->rec.jid;
	slot->unwinding = op->mode == OP_UNWIND;
	slot->step = op->row < op_nsteps ? op_steps[op->row].name : NULL;
}

void
op_queue_error(struct gaol_op *op, const struct err *e)
{
	size_t at = (op->queue_first + op->queue_n) % OP_QUEUE;

	if (op->queue_n == OP_QUEUE)
		return;
	free(op->errors[at]);
	op->errors[at] = malloc(sizeof(*e));
	if (op->errors[at] == NULL)
		return;
	*op->errors[at] = *e;
	op_queue(op, &(struct gaol_event){.kind = GAOL_EVENT_ERROR, .error = op->errors[at]});
}

__attribute__((format(printf, 3, 0))) static void
say(struct gaol_op *op, bool always, const char *fmt, va_list ap)
{
	size_t at = (op->queue_first + op->queue_n) % OP_QUEUE;

	if (op->queue_n == OP_QUEUE)
		return;
	free(op->notes[at]);
	if (vasprintf(&op->notes[at], fmt, ap) < 0) {
		op->notes[at] = NULL;
		return;
	}
	op_queue(op,
	    &(struct gaol_event){.kind = GAOL_EVENT_NOTE, .note = op->notes[at], .always = always});
}

void
op_note(struct gaol_op *op, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(op, false, fmt, ap);
	va_end(ap);
}

void
op_warn(struct gaol_op *op, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	say(op, true, fmt, ap);
	va_end(ap);
}

/* What another jail has left to this one since its record was written. */
static int
keep_bequests(struct record *rec, const struct record *stored)
{
	for (size_t i = 0; i < stored->ledger.n; i++) {
		const char *line = stored->ledger.s[i];

		if ((strncmp(line, "alias ", 6) == 0 || strncmp(line, "skel", 4) == 0) &&
		    !record_ledger_has(rec, line) && record_ledger_add(rec, "%s", line) < 0)
			return -ENOMEM;
	}
	return 0;
}

int
op_store(struct gaol_op *op, struct err *e)
{
	cleanup_record struct record stored = {0};
	int lock, r;

	/* Nobody but us writes the record of a jail that is not there yet. */
	if (op->rec.state != RECORD_RUNNING)
		return record_store(op->in->state, &op->rec, e);
	lock = instance_lock(op->in, e);
	if (lock < 0)
		return lock;
	r = record_load(op->in->state, op->rec.jid, &stored, e);
	if (r == -ENOENT)
		r = err_set(e, ENOENT, "jail %d not found", op->rec.jid);
	if (r == 0 && keep_bequests(&op->rec, &stored) < 0)
		r = err_errno(e, ENOMEM, "jail_set");
	if (r == 0)
		r = record_store(op->in->state, &op->rec, e);
	instance_unlock(lock);
	return r;
}

int
op_intend(struct gaol_op *op, const char *line, struct err *e)
{
	if (record_ledger_add(&op->rec, "%s", line) < 0)
		return err_errno(e, ENOMEM, "jail_set");
	return op_store(op, e);
}

struct gaol_op *
op_new(struct instance *in, enum op_mode mode, struct record *rec)
{
	struct gaol_op *op = calloc(1, sizeof(*op));

	if (op == NULL)
		return NULL;
	op->mode = mode;
	op->in = in;
	op->lock = op->mark = op->host_namespace = op->tree = op->cgroup = op->parent_cgroup =
	    op->events_fd = -EBADF;
	op->holder = NS_HOLDER_NONE;
	if (rec != NULL) {
		op->rec = *rec;
		*rec = (struct record){0};
	}
	if (mode != OP_CREATE)
		op->row = op_nsteps;
	if (mode == OP_CREATE || mode == OP_REMOVE)
		pause_load(in, &op->pause);
	return op;
}

static void
fail(struct gaol_op *op, int r, const struct err *e)
{
	if (op->result == 0)
		op->result = r;
	if (e != NULL)
		op_queue_error(op, e);
}

static void
turn_back(struct gaol_op *op)
{
	op->mode = OP_UNWIND;
}

static void
forward(struct gaol_op *op)
{
	const struct step *s = &op_steps[op->row];
	struct err e = {0};
	int r;

	if (s->hook >= 0 && (op->create->hooks & (1u << s->hook)) != 0 && !op->in_hook) {
		op->in_hook = true;
		op_queue(op,
		    &(struct gaol_event){.kind = GAOL_EVENT_HOOK, .hook = (enum gaol_hook)s->hook});
		return;
	}
	op->in_hook = false;
	if (op->element == 0)
		pause_at(op->in, &op->pause, "create", s->name, "before");
	if (pause_fails(op->in, &op->pause, "create", s->name))
		r = err_set(&e, EIO, "%s: made to fail", s->name);
	else
		r = s->act != NULL ? s->act(op, &e) : 0;
	if (r == 1)
		return;
	if (r < 0) {
		fail(op, r, &e);
		turn_back(op);
		/* The failed row too: its undo knows from the ledger what of it was made. */
		op->row++;
		op->element = 0;
		return;
	}
	pause_at(op->in, &op->pause, "create", s->name, "after");
	/* The act may have turned the walk round (a jail that expired). */
	if (op->mode != OP_CREATE)
		return;
	op->element = 0;
	if (++op->row == op_nsteps)
		op->done = true;
}

/* Walks the row below op->row; rows count down from op_nsteps. */
static void
backward(struct gaol_op *op)
{
	const struct step *s;
	struct err e = {0};
	int r;

	if (op->row == 0) {
		op->done = true;
		return;
	}
	s = &op_steps[op->row - 1];
	if (op->mode == OP_REMOVE && s->undo_hook >= 0 &&
	    (op->remove.hooks & (1u << s->undo_hook)) != 0 && !op->in_hook) {
		op->in_hook = true;
		op_queue(op, &(struct gaol_event){
				 .kind = GAOL_EVENT_HOOK, .hook = (enum gaol_hook)s->undo_hook});
		return;
	}
	op->in_hook = false;
	if (!op->waiting)
		pause_at(op->in, &op->pause, "remove", s->name, "before");
	if (pause_fails(op->in, &op->pause, "remove", s->name))
		r = err_set(&e, EIO, "%s: made to fail", s->name);
	else
		r = s->undo != NULL ? s->undo(op, &e) : 0;
	if (r == 1)
		return;
	if (r == 0)
		pause_at(op->in, &op->pause, "remove", s->name, "after");
	if (r < 0) {
		fail(op, r, &e);
		/* What still lives is left alone; after its death everything else is undone all the
		 * same. */
		if (!op->dead && (op->mode == OP_REMOVE || op->mode == OP_SWEEP)) {
			op->done = true;
			return;
		}
		op->undo_failed = true;
	}
	op->element = 0;
	op->row--;
}

void
gaol_op_next(struct gaol_op *op, struct gaol_event *ret)
{
	while (op->queue_n == 0 && !op->done) {
		if (op->mode == OP_CREATE)
			forward(op);
		else
			backward(op);
	}
	if (op->queue_n == 0) {
		*ret = (struct gaol_event){.kind = GAOL_EVENT_DONE, .jid = op->rec.jid};
		return;
	}
	*ret = op->queue[op->queue_first];
	op->queue_first = (op->queue_first + 1) % OP_QUEUE;
	op->queue_n--;
}

/*
 * Whether the jail ended by itself while it was being stopped, which is what its commands
 * failed of.  A keeper that was killed lets go of its lock a moment later.
 */
static bool
died_meanwhile(const struct gaol_op *op)
{
	for (int tries = 0; tries < DYING_TRIES; tries++) {
		if (registry_life(op->in, &op->rec) == REGISTRY_DEAD)
			return true;
		(void)nanosleep(&(struct timespec){.tv_nsec = DYING_NS}, NULL);
	}
	return false;
}

void
gaol_op_hook_done(struct gaol_op *op, bool failed)
{
	if (!failed || !op->in_hook)
		return;
	if (op->result == 0)
		op->result = -ECANCELED;
	op->in_hook = false;
	if (op->mode == OP_CREATE) {
		turn_back(op);
		op->element = 0;
	} else if (op->dead) {
		op->in_hook = true; /* done with; the walk goes on past it */
	} else if (died_meanwhile(op)) {
		/* It is to be removed, and it is: nothing runs in there any more. */
		op->result = 0;
		op->remove.hooks &= ~(1u << GAOL_HOOK_STOP);
		op->in_hook = true;
	} else {
		/* The jail keeps running. */
		op->done = true;
	}
}

int
gaol_op_result(const struct gaol_op *op)
{
	return op->result;
}

int
gaol_op_host_namespace(struct gaol_op *op)
{
	if (op->host_namespace < 0)
		op->host_namespace = hostmount_open_namespace(op->in, &op->rec);
	return op->host_namespace < 0 ? -1 : op->host_namespace;
}

int
gaol_op_jid(const struct gaol_op *op)
{
	return op->rec.jid;
}

int
op_finish(struct gaol_op *op, struct err *e)
{
	struct gaol_event ev;

	for (;;) {
		gaol_op_next(op, &ev);
		switch (ev.kind) {
		case GAOL_EVENT_DONE:
			return op->result;
		case GAOL_EVENT_ERROR:
			if (e != NULL && e->num == 0)
				*e = *ev.error;
			break;
		case GAOL_EVENT_HOOK:
			gaol_op_hook_done(op, false);
			break;
		case GAOL_EVENT_CREATED:
		case GAOL_EVENT_REMOVED:
		case GAOL_EVENT_TERM:
		case GAOL_EVENT_KILLED:
		case GAOL_EVENT_WAIT:
		case GAOL_EVENT_NOTE:
			break;
		}
	}
}

void
gaol_op_free(struct gaol_op *op)
{
	if (op == NULL)
		return;
	if (!op->done && op->mode == OP_CREATE && op->row > 0) {
		turn_back(op);
		op->element = 0;
		(void)op_finish(op, NULL);
	} else if (!op->done && op->mode == OP_UNWIND) {
		(void)op_finish(op, NULL);
	}
	pause_done(&op->pause);
	ns_holder_done(&op->holder);
	for (size_t i = 0; i < op->nmounts; i++)
		mount_item_done(&op->mounts[i]);
	free(op->mounts);
	free(op->real_path);
	free(op->pids);
	for (size_t i = 0; i < OP_QUEUE; i++) {
		free(op->notes[i]);
		free(op->errors[i]);
	}
	close_keep_errno(op->tree);
	close_keep_errno(op->cgroup);
	close_keep_errno(op->parent_cgroup);
	close_keep_errno(op->events_fd);
	close_keep_errno(op->lock);
	close_keep_errno(op->mark);
	close_keep_errno(op->host_namespace);
	record_done(&op->rec);
	record_done(&op->parent);
	free(op);
}

const char *const *
gaol_step_names(void)
{
	static const char *names[64];

	for (size_t i = 0; i < op_nsteps && i < ARRAY_SIZE(names) - 1; i++)
		names[i] = op_steps[i].name;
	return names;
}
