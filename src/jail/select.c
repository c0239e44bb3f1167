#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "conf/conf.h"
#include "jail/job.h"
#include "jail/message.h"
#include "jail/options.h"
#include "jail/progress.h"

/* ---- what depends.c tells ---------------------------------------------------------------- */

static void
activate_start(struct run *run, struct job *j)
{
	if (j->queue == QUEUE_NONE || j->queue == QUEUE_DONE) {
		j->op = OP_START;
		j->flags |= JOB_DEPEND | JOB_SELECTED;
		j->jid = 0;
		progress_selected(run, j);
		run_queue(run, j, QUEUE_READY);
	} else {
		/* It is being stopped for somebody: up again after that. */
		j->op |= OP_START;
	}
}

static bool
runs(struct job *j)
{
	const char *name = conf_jail_name(j->conf);
	struct err e = {0};

	if (j->jid == 0)
		j->jid = gaol_getid(name, &e);
	return j->jid > 0;
}

static void
activate_stop(struct run *run, struct job *j)
{
	if (j->queue == QUEUE_NONE || j->queue == QUEUE_DONE) {
		j->op = OP_STOP;
		j->flags |= JOB_DEPEND | JOB_SELECTED;
		j->jid = 0;
		progress_selected(run, j);
		run_queue(run, j, QUEUE_READY);
	} else if (!runs(j)) {
		dep_done(&run->graph, j->node, DEP_STOP, false, &run->events);
	} else {
		/* It was to be changed or started; now it has to go down before. */
		j->op = OP_STOP | OP_START;
		dep_unwait(&run->graph, j->node);
		run_queue(run, j, QUEUE_READY);
	}
}

static void
on_activate(void *ctx, int node, enum dep_phase phase)
{
	struct run *run = ctx;

	if (phase == DEP_START)
		activate_start(run, run->jobs[node]);
	else
		activate_stop(run, run->jobs[node]);
}

static void
on_ready(void *ctx, int node)
{
	struct run *run = ctx;
	struct job *j = run->jobs[node];

	if (j->queue == QUEUE_DEPEND)
		run_queue(run, j, QUEUE_READY);
}

static void
on_skipped(void *ctx, int node)
{
	struct run *run = ctx;
	struct job *j = run->jobs[node];

	if (!(j->flags & JOB_DEPEND) && message_verbose >= 0 && !run_interrupted())
		warn_named(j->name, "skipped");
	j->flags |= JOB_FAILED;
}

void
select_events(struct run *run)
{
	run->events = (struct dep_events){
	    .activate = on_activate, .ready = on_ready, .skipped = on_skipped, .ctx = run};
}

/* ---- the configuration ------------------------------------------------------------------------
 */

static void
load_fails(struct run *run, struct job *j)
{
	j->flags |= JOB_FAILED;
	run->graph.nodes[j->node].failed = true;
}

/* The job and its name; nothing of its parameters yet. */
static int
name_jail(struct run *run, size_t i)
{
	struct job *j = job_new(run);

	if (j == NULL)
		return -ENOMEM;
	j->conf = conf_jail_at(run->conf, i);
	j->name = conf_jail_name(j->conf);
	return names_add(&run->names, j->name, j->node);
}

static int
add_depends(struct run *run, struct job *j)
{
	const struct conf_param *p = conf_jail_param(j->conf, "depend");
	size_t n = p != NULL ? p->nvalues : 0;
	int r = 0;

	for (size_t i = 0; r == 0 && i < n; i++) {
		int other = names_find(&run->names, p->values[i], strlen(p->values[i]));

		if (other < 0) {
			warn_named(j->name, "depends on undefined jail \"%s\"", p->values[i]);
			load_fails(run, j);
		} else {
			r = dep_add(&run->graph, j->node, other, false);
		}
	}
	return r;
}

/* a.b waits for a, if a is known. */
static int
add_light(struct run *run, const struct job *j)
{
	const char *dot = strrchr(j->name, '.');
	int parent;

	if (dot == NULL || dot == j->name)
		return 0;
	parent = names_find(&run->names, j->name, (size_t)(dot - j->name));
	return parent >= 0 ? dep_add(&run->graph, j->node, parent, true) : 0;
}

/*
 * FreeBSD says what is wrong with any jail whenever the file is read.  Each is
 * resolved for that and forgotten again: most of a big file is not wanted.
 */
static int
load_jail(struct run *run, struct job *j)
{
	const struct conf_message *m;
	size_t n;
	int r = 0;

	if (!conf_jail_resolve(j->conf))
		load_fails(run, j);
	n = conf_jail_messages(j->conf, &m);
	for (size_t k = 0; k < n; k++)
		warn_conf(&m[k]);
	if (conf_mentions(run->conf, "depend"))
		r = add_depends(run, j);
	if (r == 0)
		r = add_light(run, j);
	conf_jail_release(j->conf);
	return r;
}

static void
on_loop(void *ctx, int node)
{
	struct run *run = ctx;
	struct job *j = run->jobs[node];

	warn_named(j->name, "dependency loop");
	load_fails(run, j);
}

int
select_load(struct run *run)
{
	size_t n = conf_count(run->conf);
	int r = dep_grow(&run->graph, n);

	for (size_t i = 0; r == 0 && i < n; i++)
		r = name_jail(run, i);
	for (size_t i = 0; r == 0 && i < n; i++)
		r = load_jail(run, run->jobs[i]);
	return r == 0 ? dep_loops(&run->graph, on_loop, run) : r;
}

/* ---- one of the command line
 * --------------------------------------------------------------------- */

/* Its dependencies are no configured jails but running ones. */
static bool
depends_run(const struct job *j)
{
	size_t n;
	char *const *list = args_list(&j->work->plan.set, "depend", &n);
	bool all = true;

	for (size_t i = 0; i < n; i++) {
		struct err e = {0};

		if (gaol_getid(list[i], &e) > 0)
			continue;
		warn_named(j->name, "depends on nonexistent jail \"%s\"", list[i]);
		all = false;
	}
	return all;
}

static void
choose_job(struct run *run, struct job *j, unsigned op, unsigned flags)
{
	struct dep_node *node = &run->graph.nodes[j->node];

	if (j->flags & JOB_SELECTED)
		return;
	j->op = op;
	j->flags |= flags | JOB_SELECTED;
	/* A modification that may turn out to be a restart stops nobody before it knows. */
	if (op & (OP_START | OP_SET))
		node->coming |= DEP_START;
	if ((op & OP_STOP) && !(op & OP_SET))
		node->coming |= DEP_STOP;
	progress_selected(run, j);
	run_queue(run, j, QUEUE_READY);
}

int
select_command_line(struct run *run, struct args *set, unsigned op)
{
	struct job *j = job_new(run);

	if (j == NULL || dep_grow(&run->graph, run->njobs) < 0)
		return -ENOMEM;
	j->work = calloc(1, sizeof(*j->work));
	if (j->work == NULL)
		return -ENOMEM;
	j->work->walk.pidfd = j->work->wait_fd = -EBADF;
	j->work->plan.set = *set;
	j->work->plan.command_is_argv = true;
	*set = ARGS_EMPTY;
	if (!depends_run(j))
		load_fails(run, j);
	choose_job(run, j, op, 0);
	return 0;
}

/* ---- targets
 * ---------------------------------------------------------------------------------------- */

static int
select_all(struct run *run, unsigned op)
{
	bool backwards = op == OP_STOP;

	for (size_t i = 0; i < run->njobs; i++)
		choose_job(run, run->jobs[backwards ? run->njobs - 1 - i : i], op, JOB_WILD);
	return 0;
}

static int
select_matching(struct run *run, const char *pattern, unsigned op)
{
	for (size_t i = 0; i < run->njobs; i++) {
		struct job *j = run->jobs[op == OP_STOP ? run->njobs - 1 - i : i];

		if (conf_match(pattern, j->name))
			choose_job(run, j, op, JOB_WILD);
	}
	return 0;
}

/* A running jail that no configuration names (or, with -R, is asked for). */
static int
add_running(struct run *run, struct gaol_jail *running, unsigned flags)
{
	const char *name = gaol_jail_value(running, "name");
	char jid[16];
	struct job *j;
	int known = name != NULL ? names_find(&run->names, name, strlen(name)) : -1;

	(void)snprintf(jid, sizeof(jid), "%d", gaol_jail_jid(running));
	/* A block whose name is a number has a jail of that jid, whatever its name. */
	if (known < 0)
		known = names_find(&run->names, jid, strlen(jid));
	if (known >= 0) {
		choose_job(run, run->jobs[known], OP_STOP, flags);
		return 0;
	}
	j = job_new(run);
	if (j == NULL || dep_grow(&run->graph, run->njobs) < 0)
		return -ENOMEM;
	j->own_name = strdup(name != NULL ? name : jid);
	j->work = calloc(1, sizeof(*j->work));
	if (j->own_name == NULL || j->work == NULL)
		return -ENOMEM;
	j->work->walk.pidfd = j->work->wait_fd = -EBADF;
	j->name = j->own_name;
	if (args_add(&j->work->plan.set, "jid", jid) < 0 ||
	    names_add(&run->names, j->name, j->node) < 0)
		return -ENOMEM;
	choose_job(run, j, OP_STOP, flags);
	return 0;
}

/* Children before their parents, as removing a parent takes them along. */
static int
order_running(struct run *run)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < run->njobs; i++)
		if (run->jobs[i]->conf == NULL)
			r = add_light(run, run->jobs[i]);
	return r;
}

static int
select_running(struct run *run, const char *pattern)
{
	struct gaol_jail **all = NULL;
	struct err e = {0};
	size_t n = 0;
	int r = gaol_get_all(&all, &n, &e);

	if (r < 0) {
		warn_plain("%s", e.text);
		return r;
	}
	for (size_t i = n; i-- > 0;) {
		const char *name = gaol_jail_value(all[i], "name");

		if (r == 0 && name != NULL && conf_match(pattern, name))
			r = add_running(run, all[i], JOB_WILD);
		gaol_jail_free(all[i]);
	}
	free(all);
	return r == 0 ? order_running(run) : r;
}

/* By name or jid; a jid may be that of a configured jail, whose exec.stop then runs. */
static int
select_running_one(struct run *run, const char *target)
{
	struct gaol_jail *running = NULL;
	struct err e = {0};
	uint64_t number;
	int jid, r;

	if (num_is_decimal(target))
		jid = num_parse_u64(target, INT32_MAX, &number) == 0 ? (int)number : -1;
	else
		jid = gaol_getid(target, &e);
	if (jid <= 0 || gaol_get(jid, &running, &e) < 0)
		return -ENOENT;
	r = add_running(run, running, 0);
	gaol_jail_free(running);
	return r;
}

static int
select_one(struct run *run, const char *target, unsigned op)
{
	int node = names_find(&run->names, target, strlen(target));
	int r = -ENOENT;

	if (node >= 0) {
		choose_job(run, run->jobs[node], op, 0);
		return 0;
	}
	if (op == OP_STOP)
		r = select_running_one(run, target);
	if (r == -ENOENT)
		warn_plain("\"%s\" not found", target);
	return r;
}

int
select_target(struct run *run, const char *target, unsigned op, bool running)
{
	if (target == NULL)
		return select_all(run, op);
	if (running && conf_wild(target))
		return select_running(run, target);
	if (strcmp(target, "*") == 0)
		return select_all(run, op);
	if (conf_wild(target))
		return select_matching(run, target, op);
	return select_one(run, target, op);
}
