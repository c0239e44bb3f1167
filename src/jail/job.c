#include "jail/job.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "conf/conf.h"
#include "jail/event.h"
#include "jail/exhibit.h"
#include "jail/live.h"
#include "jail/message.h"
#include "jail/options.h"
#include "jail/progress.h"
#include "jail/script.h"

#define STOP_TIMEOUT_S 10

const struct engine engine_real = {
    .next = gaol_op_next,
    .hook_done = gaol_op_hook_done,
    .result = gaol_op_result,
    .free = gaol_op_free,
};

static void advance(struct run *run, struct job *j);

/* ---- life --------------------------------------------------------------------------- */

struct job *
job_new(struct run *run)
{
	struct job *j;

	if (run->njobs == run->jobs_size) {
		size_t size = run->jobs_size == 0 ? 16 : run->jobs_size * 2;
		struct job **v = reallocarray(run->jobs, size, sizeof(struct job *));

		if (v == NULL)
			return NULL;
		run->jobs = v;
		run->jobs_size = size;
	}
	j = calloc(1, sizeof(*j));
	if (j == NULL)
		return NULL;
	j->node = (int)run->njobs;
	run->jobs[run->njobs++] = j;
	return j;
}

static void
free_work(struct job *j)
{
	struct work *w = j->work;

	if (w == NULL)
		return;
	if (w->op != NULL)
		w->engine->free(w->op);
	plan_done(&w->plan);
	free(w->running_path);
	free(w);
	j->work = NULL;
}

void
job_free(struct job *j)
{
	free_work(j);
	free(j->own_name);
	free(j);
}

static struct work *
new_work(void)
{
	struct work *w = calloc(1, sizeof(*w));

	if (w != NULL)
		w->walk.pidfd = w->wait_fd = -EBADF;
	return w;
}

static int
take_param(struct args *set, const struct conf_param *c)
{
	struct arg *s = args_new(set, c->name);
	int r = s == NULL ? -ENOMEM : 0;

	if (r < 0)
		return r;
	s->file = c->file;
	s->line = c->line;
	s->valued = c->values != NULL;
	for (size_t i = 0; r == 0 && i < c->nvalues; i++)
		r = strv_add(&s->values, c->values[i]);
	return r;
}

static int
load(struct job *j)
{
	const struct conf_param *params;
	size_t n;
	int r = 0;

	if (j->flags & JOB_LOADED)
		return 0;
	j->flags |= JOB_LOADED;
	if (j->work == NULL)
		j->work = new_work();
	if (j->work == NULL) {
		warn_named(j->name, "out of memory");
		return -ENOMEM;
	}
	j->work->plan.name = j->name;
	if (j->conf != NULL) {
		j->work->plan.conf = j->conf;
		n = conf_jail_params(j->conf, &params);
		for (size_t i = 0; r == 0 && i < n; i++)
			r = take_param(&j->work->plan.set, &params[i]);
		conf_jail_release(j->conf);
	}
	if (r < 0) {
		warn_named(j->name, "out of memory");
		return r;
	}
	return plan_make(&j->work->plan, j->op);
}

/* ---- messages with the name in quotes --------------------------------------------------- */

static void
warn_quoted(const struct job *j, const char *with_name, const char *without)
{
	const char *name = j->name;

	if (name == NULL && j->work != NULL)
		name = args_string(&j->work->plan.set, "jid");
	if (name == NULL && j->work != NULL)
		name = args_string(&j->work->plan.set, "name");
	if (name != NULL)
		warn_plain("\"%s\" %s", name, with_name);
	else
		warn_plain("%s", without);
}

/* ---- done ----------------------------------------------------------------------------------- */

static void
finish(struct run *run, struct job *j)
{
	if (j->work != NULL && j->work->stage != STAGE_NONE)
		run->nwork--;
	free_work(j);
	j->flags &= ~(unsigned)JOB_LOADED;
	run_queue(run, j, QUEUE_DONE);
	progress_finished(run, j);
}

static void
record(struct run *run, const struct job *j, int jid)
{
	if (run->jid_out != NULL && j->work != NULL)
		(void)exhibit_record(run->jid_out, &j->work->plan, jid, run->positional);
}

void
job_fail(struct run *run, struct job *j)
{
	if (j->work != NULL && j->work->stage == STAGE_CREATE)
		record(run, j, -1);
	j->flags |= JOB_FAILED;
	run->failed = true;
	finish(run, j);
	dep_done(&run->graph, j->node, DEP_START, true, &run->events);
	dep_done(&run->graph, j->node, DEP_STOP, true, &run->events);
}

static void
start_done(struct run *run, struct job *j)
{
	record(run, j, j->jid);
	finish(run, j);
	dep_done(&run->graph, j->node, DEP_START, false, &run->events);
}

/* The operation of this stage is over and its memory can go. */
static void
end_stage(struct run *run, struct job *j)
{
	struct work *w = j->work;

	if (w->op != NULL)
		w->engine->free(w->op);
	w->op = NULL;
	if (w->stage != STAGE_NONE)
		run->nwork--;
	w->stage = STAGE_NONE;
}

static void
stop_done(struct run *run, struct job *j)
{
	if (!(j->op & OP_START)) {
		finish(run, j);
		dep_done(&run->graph, j->node, DEP_STOP, false, &run->events);
		return;
	}
	/* The second half of a restart. */
	j->op &= ~(unsigned)OP_STOP;
	j->jid = (run->options->flags & OPTION_DRY_RUN) ? -1 : 0;
	end_stage(run, j);
	run_queue(run, j, QUEUE_READY);
	dep_done(&run->graph, j->node, DEP_STOP, false, &run->events);
}

/* ---- which jail is it -------------------------------------------------------------------------
 */

static int
find_running(const struct job *j)
{
	const char *jid = args_string(&j->work->plan.set, "jid");
	const char *name = args_string(&j->work->plan.set, "name");
	struct gaol_jail *running = NULL;
	struct err e = {0};
	uint64_t number;
	int found;

	if (jid == NULL) {
		found = name != NULL ? gaol_getid(name, &e) : -1;
		return found > 0 ? found : -1;
	}
	if (num_parse_u64(jid, INT32_MAX, &number) < 0 || gaol_get((int)number, &running, &e) < 0)
		return -1;
	gaol_jail_free(running);
	return (int)number;
}

/* The first create-only parameter that differs; NULL: none, or the jail has just gone. */
static const char *
differing(const struct job *j)
{
	struct gaol_jail *running;
	const char *name;
	struct err e = {0};

	if (gaol_get(j->jid, &running, &e) < 0)
		return NULL;
	name = plan_differs(&j->work->plan, running);
	gaol_jail_free(running);
	return name;
}

/* -cm, -mr and -cmr become what fits the jail's state. */
static int
choose(struct job *j)
{
	unsigned op = j->op;

	if (!(op & OP_SET) || op == OP_SET)
		return 0;
	if (j->jid < 0) {
		if (!(op & OP_START)) {
			warn_quoted(j, "not found", "no jail specified");
			return -ENOENT;
		}
		j->op = OP_START;
	} else if ((op & OP_STOP) && differing(j) != NULL) {
		j->op = OP_STOP | OP_START;
	} else {
		j->op = OP_SET;
	}
	return 0;
}

/* ---- beginning an operation
 * ---------------------------------------------------------------------- */

static void
begin(struct run *run, struct job *j, enum job_stage stage, int error, const struct err *e)
{
	struct work *w = j->work;

	w->stage = stage;
	w->said_prepared = w->term_sent = false;
	run->nwork++;
	progress_started(run, j);
	if (error < 0) {
		warn_named(j->name, "%s", e->num != 0 ? e->text : strerror(-error));
		job_fail(run, j);
		return;
	}
	advance(run, j);
}

static void
begin_create(struct run *run, struct job *j)
{
	struct work *w = j->work;
	struct err e = {0};
	int r;

	if (run->options->flags & OPTION_DRY_RUN) {
		w->engine = &engine_script;
		r = script_create(&w->plan.create, &w->op);
	} else {
		w->engine = &engine_real;
		r = gaol_create(&w->plan.create, &w->op, &e);
	}
	begin(run, j, STAGE_CREATE, r, &e);
}

/* Hooks want JPATH, which only the jail itself knows if no configuration does. */
static void
learn_path(struct job *j)
{
	struct gaol_jail *running;
	struct err e = {0};
	const char *path;

	if (j->work->plan.path != NULL || j->work->remove.hooks == 0 ||
	    gaol_get(j->jid, &running, &e) < 0)
		return;
	path = gaol_jail_value(running, "path");
	if (path != NULL)
		j->work->running_path = strdup(path);
	gaol_jail_free(running);
}

static void
begin_remove(struct run *run, struct job *j)
{
	struct work *w = j->work;
	struct err e = {0};
	int r;

	w->remove = (struct gaol_remove_spec){
	    .jid = j->jid,
	    .hooks = hook_mask(&w->plan.set, false),
	    .stop_timeout_s = args_int(&w->plan.set, "stop.timeout", STOP_TIMEOUT_S),
	};
	learn_path(j);
	if (run->options->flags & OPTION_DRY_RUN) {
		w->engine = &engine_script;
		r = script_remove(&w->remove, &w->op);
	} else {
		w->engine = &engine_real;
		r = gaol_remove(&w->remove, &w->op, &e);
	}
	if (r == -ENOENT && (j->flags & (JOB_DEPEND | JOB_WILD))) {
		/* It went by itself in between. */
		stop_done(run, j);
		return;
	}
	begin(run, j, STAGE_REMOVE, r, &e);
}

static void
begin_cleanup(struct run *run, struct job *j)
{
	struct work *w = j->work;
	struct err e = {0};
	int r;

	j->flags |= JOB_CLEANED;
	w->engine = &engine_script;
	r = script_cleanup(
	    hook_mask(&w->plan.set, false), (run->options->flags & OPTION_DRY_RUN) != 0, &w->op);
	begin(run, j, STAGE_CLEANUP, r, &e);
}

/* ---- walking through it
 * ----------------------------------------------------------------------------- */

static void
on_done(struct run *run, struct job *j)
{
	struct work *w = j->work;
	enum job_stage stage = w->stage;
	bool good = w->engine->result(w->op) >= 0 && !(j->flags & JOB_FAILED);

	if (!good) {
		job_fail(run, j);
		return;
	}
	if (stage == STAGE_CREATE) {
		event_nopersist(j);
		start_done(run, j);
	} else if (stage == STAGE_CLEANUP && (j->op & OP_START)) {
		end_stage(run, j);
		run_queue(run, j, QUEUE_READY);
	} else {
		stop_done(run, j);
	}
}

static void
hook_answered(struct job *j, enum hook_answer answer)
{
	/* A failing exec.poststop does not stop a removal, but counts. */
	if (answer == HOOK_FAILED && j->work->stage != STAGE_CREATE)
		j->flags |= JOB_FAILED;
	j->work->engine->hook_done(j->work->op, answer == HOOK_FAILED);
}

static void
advance(struct run *run, struct job *j)
{
	for (;;) {
		struct work *w = j->work;
		struct gaol_event ev = {0};
		enum hook_answer answer;

		w->engine->next(w->op, &ev);
		switch (ev.kind) {
		case GAOL_EVENT_DONE:
			on_done(run, j);
			return;
		case GAOL_EVENT_WAIT:
			w->wait = WAIT_OP;
			run_wait(run, j, ev.fd, ev.events, ev.deadline_ms);
			return;
		case GAOL_EVENT_HOOK:
			if (ev.hook != GAOL_HOOK_PREPARE)
				event_prepared(j);
			answer = hook_begin(run, j, ev.hook);
			if (answer == HOOK_WAITS)
				return;
			hook_answered(j, answer);
			break;
		case GAOL_EVENT_CREATED:
		case GAOL_EVENT_REMOVED:
		case GAOL_EVENT_TERM:
		case GAOL_EVENT_KILLED:
		case GAOL_EVENT_ERROR:
		case GAOL_EVENT_NOTE:
			event_tell(run, j, &ev);
			break;
		}
	}
}

static void
resume(struct run *run, struct job *j, enum hook_answer answer)
{
	if (answer == HOOK_WAITS)
		return;
	hook_answered(j, answer);
	advance(run, j);
}

void
job_wake(struct run *run, struct job *j, bool timed_out)
{
	switch (j->work->wait) {
	case WAIT_OP:
		advance(run, j);
		break;
	case WAIT_COMMAND:
		resume(run, j, hook_ended(run, j, timed_out));
		break;
	case WAIT_PAUSE:
		resume(run, j, hook_continue(run, j));
		break;
	case WAIT_NOTHING:
		break;
	}
}

void
job_slot(struct run *run, struct job *j)
{
	resume(run, j, hook_continue(run, j));
}

void
job_interrupt(struct run *run, struct job *j)
{
	if (j->queue == QUEUE_WAIT && j->work->wait == WAIT_OP)
		return;
	run_queue(run, j, QUEUE_NONE);
	hook_abandon(run, j);
	resume(run, j, HOOK_FAILED);
}

/* ---- a job that is ready
 * ------------------------------------------------------------------------------ */

/* True: go on.  False: it waits, or has failed. */
static bool
dependencies_allow(struct run *run, struct job *j, enum dep_phase phase)
{
	switch (dep_check(&run->graph, j->node, phase, j->op == OP_SET, &run->events)) {
	case DEP_GO:
		return true;
	case DEP_WAIT:
		run_queue(run, j, QUEUE_DEPEND);
		return false;
	case DEP_FAIL:
		job_fail(run, j);
		return false;
	}
	return false;
}

static void
go_start(struct run *run, struct job *j)
{
	if (j->jid > 0 && !(j->flags & (JOB_DEPEND | JOB_WILD))) {
		warn_quoted(j, "already exists", "already exists");
		job_fail(run, j);
		return;
	}
	if (!dependencies_allow(run, j, DEP_START))
		return;
	if (j->jid > 0)
		start_done(run, j);
	else if ((run->options->flags & OPTION_CLEANUP) && !(j->flags & (JOB_CLEANED | JOB_DEPEND)))
		begin_cleanup(run, j);
	else
		begin_create(run, j);
}

static int
update(struct run *run, struct job *j)
{
	const struct plan *p = &j->work->plan;
	cleanup_free struct gaol_param *params = calloc(p->create.nparams + 1, sizeof(*params));
	cleanup_free char *text = NULL;
	struct err e = {0};
	size_t n;
	int r = 0;

	if (params == NULL)
		return -ENOMEM;
	n = plan_update_params(p, params);
	if (!(run->options->flags & OPTION_DRY_RUN))
		r = gaol_update(j->jid, params, n, &e);
	if (message_verbose > 0) {
		text = plan_params_text(params, n);
		note_named(j->name, "jail_set(JAIL_UPDATE) jid=%d%s%s%s%s", j->jid,
		    n > 0 ? " " : "", text != NULL ? text : "", r < 0 ? ": " : "",
		    r < 0 ? strerror(-r) : "");
	}
	if (r < 0)
		warn_named(j->name, "%s", e.text);
	return r < 0 ? r : live_apply(run->options, j->jid, j->name);
}

static void
go_set(struct run *run, struct job *j)
{
	const char *fixed;

	if (j->jid < 0 && !(j->flags & JOB_DEPEND)) {
		warn_quoted(j, "not found", "no jail specified");
		job_fail(run, j);
		return;
	}
	if (!dependencies_allow(run, j, DEP_START))
		return;
	if (!(j->flags & JOB_DEPEND)) {
		fixed = differing(j);
		if (fixed != NULL)
			warn_named(j->name, "%s cannot be changed after creation", fixed);
		if (fixed != NULL || update(run, j) < 0) {
			job_fail(run, j);
			return;
		}
		if (event_notes(j))
			note_named(j->name, "updated");
	}
	finish(run, j);
	dep_done(&run->graph, j->node, DEP_START, false, &run->events);
}

static void
go_stop(struct run *run, struct job *j)
{
	bool absence_is_fine = j->flags & (JOB_DEPEND | JOB_WILD);

	if (!dependencies_allow(run, j, DEP_STOP))
		return;
	if (j->jid > 0) {
		begin_remove(run, j);
		return;
	}
	if ((run->options->flags & OPTION_CLEANUP) && j->conf != NULL &&
	    !(j->flags & (JOB_CLEANED | JOB_DEPEND))) {
		begin_cleanup(run, j);
		return;
	}
	if (absence_is_fine) {
		stop_done(run, j);
		return;
	}
	if (message_verbose >= 0)
		warn_quoted(j, "not found", "no jail specified");
	job_fail(run, j);
}

void
job_go(struct run *run, struct job *j)
{
	if (run_interrupted())
		j->flags |= JOB_FAILED;
	if ((j->flags & JOB_FAILED) || run->graph.nodes[j->node].failed || load(j) < 0) {
		job_fail(run, j);
		return;
	}
	if (j->jid == 0)
		j->jid = find_running(j);
	if (choose(j) < 0) {
		job_fail(run, j);
		return;
	}
	if (j->op & OP_STOP)
		go_stop(run, j);
	else if (j->op & OP_START)
		go_start(run, j);
	else
		go_set(run, j);
}
