#include "jail/event.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/str.h"
#include "jail/job.h"
#include "jail/message.h"
#include "jail/options.h"

/* Is a note like `created` due?  Jails of the command line are silent without -v. */
bool
event_notes(const struct job *j)
{
	return message_verbose > 0 || (message_verbose == 0 && j->name != NULL);
}

static void
say_jail_set(const struct job *j, int num)
{
	const struct plan *p = &j->work->plan;
	cleanup_free char *text = NULL;

	if (message_verbose <= 0)
		return;
	text = plan_params_text(p->create.params, p->create.nparams);
	note_named(j->name, "jail_set(JAIL_CREATE) %s%s%s", text != NULL ? text : "",
	    num != 0 ? ": " : "", num != 0 ? strerror(num) : "");
}

void
event_prepared(struct job *j)
{
	if (j->work->said_prepared || j->work->stage != STAGE_CREATE)
		return;
	j->work->said_prepared = true;
	if (message_verbose > 0)
		plan_say_prepared(&j->work->plan);
}

static void
on_created(struct run *run, struct job *j, const struct gaol_event *ev)
{
	j->jid = ev->jid;
	event_prepared(j);
	say_jail_set(j, 0);
	if (run->options->flags & OPTION_PRINT_JID)
		note_named(NULL, "%d", j->jid);
	else if (event_notes(j))
		note_named(j->name, "created");
	dep_light_done(&run->graph, j->node, DEP_START, &run->events);
}

static void
on_removed(struct run *run, struct job *j, const struct gaol_event *ev)
{
	bool say;

	if (ev->unwinding)
		say = event_notes(j);
	else if (j->op & OP_START)
		say = message_verbose > 0;
	else
		say = message_verbose > 0 ||
		      (message_verbose == 0 && run->note_removed && j->name != NULL);
	if (say)
		note_named(j->name, "removed");
	if (!ev->unwinding)
		dep_light_done(&run->graph, j->node, DEP_STOP, &run->events);
}

static void
on_term(struct job *j, const struct gaol_event *ev)
{
	cleanup_str struct str s = STR_EMPTY;

	j->work->term_sent = true;
	if (message_verbose <= 0)
		return;
	for (size_t i = 0; i < ev->npids; i++)
		if (str_addf(&s, " %d", (int)ev->pids[i]) < 0)
			return;
	note_named(j->name, "sent SIGTERM to:%s", str_get(&s));
}

/* The name of a process for people: a dead one has none left, or is not there. */
static void
add_process(struct str *s, pid_t pid)
{
	char path[32];
	cleanup_free char *comm = NULL;

	(void)snprintf(path, sizeof(path), "/proc/%d/comm", (int)pid);
	(void)str_addf(s, " %d", (int)pid);
	if (path_read(AT_FDCWD, path, 64, &comm, NULL) < 0)
		return;
	comm[strcspn(comm, "\n")] = '\0';
	(void)str_addf(s, " (%s)", comm);
}

static void
on_killed(const struct job *j, const struct gaol_event *ev)
{
	cleanup_str struct str s = STR_EMPTY;

	/* Where no SIGTERM was asked for, being killed is what was asked for. */
	if (message_verbose < 0 || ev->npids == 0 || !j->work->term_sent)
		return;
	for (size_t i = 0; i < ev->npids; i++)
		add_process(&s, ev->pids[i]);
	warn_named(j->name, "killed after stop.timeout:%s", str_get(&s));
}

/* The steps that are one system call on FreeBSD. */
static bool
is_jail_set(const char *step)
{
	static const char *const steps[] = {
	    "claim", "root", "cgroup", "map", "namespaces", "keeper", "raw", "vnet"};

	for (size_t i = 0; step != NULL && i < ARRAY_SIZE(steps); i++)
		if (strcmp(step, steps[i]) == 0)
			return true;
	return false;
}

static void
on_error(struct job *j, const struct gaol_event *ev)
{
	if (j->work->stage == STAGE_CREATE && !ev->unwinding && ev->error->num != 0 &&
	    is_jail_set(ev->step))
		say_jail_set(j, ev->error->num);
	warn_named(j->name, "%s", ev->error->text);
}

void
event_nopersist(const struct job *j)
{
	const struct plan *p = &j->work->plan;

	if (message_verbose > 0 && p->create.temporary_persist &&
	    !args_bool(&p->set, "persist", false))
		note_named(j->name, "jail_set(JAIL_UPDATE) jid=%d nopersist", j->jid);
}

/* What is not a wait, a hook or the end. */
void
event_tell(struct run *run, struct job *j, const struct gaol_event *ev)
{
	switch (ev->kind) {
	case GAOL_EVENT_CREATED:
		on_created(run, j, ev);
		break;
	case GAOL_EVENT_REMOVED:
		on_removed(run, j, ev);
		break;
	case GAOL_EVENT_TERM:
		on_term(j, ev);
		break;
	case GAOL_EVENT_KILLED:
		on_killed(j, ev);
		break;
	case GAOL_EVENT_ERROR:
		on_error(j, ev);
		break;
	case GAOL_EVENT_NOTE:
		if (ev->always && message_verbose >= 0)
			warn_named(j->name, "%s", ev->note);
		else if (message_verbose > 0)
			note_named(j->name, "%s", ev->note);
		break;
	case GAOL_EVENT_DONE:
	case GAOL_EVENT_HOOK:
	case GAOL_EVENT_WAIT:
		break;
	}
}
