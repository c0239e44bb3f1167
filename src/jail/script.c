#include "jail/script.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

/* One thing to report; hooks only if the mask has them. */
struct script_row {
	enum gaol_event_kind kind;
	enum gaol_hook hook;
	bool sweep;
};

/* The order of creation and of removal: reference of jail(8), 4.2 and 4.5. */
static const struct script_row create_rows[] = {
    {.kind = GAOL_EVENT_HOOK, .hook = GAOL_HOOK_PREPARE},
    {.kind = GAOL_EVENT_HOOK, .hook = GAOL_HOOK_PRESTART},
    {.kind = GAOL_EVENT_CREATED},
    {.kind = GAOL_EVENT_HOOK, .hook = GAOL_HOOK_CREATED},
    {.kind = GAOL_EVENT_HOOK, .hook = GAOL_HOOK_START},
    {.kind = GAOL_EVENT_HOOK, .hook = GAOL_HOOK_COMMAND},
    {.kind = GAOL_EVENT_HOOK, .hook = GAOL_HOOK_POSTSTART},
    {.kind = GAOL_EVENT_DONE},
};

static const struct script_row remove_rows[] = {
    {.kind = GAOL_EVENT_HOOK, .hook = GAOL_HOOK_PRESTOP},
    {.kind = GAOL_EVENT_HOOK, .hook = GAOL_HOOK_STOP},
    {.kind = GAOL_EVENT_REMOVED},
    {.kind = GAOL_EVENT_HOOK, .hook = GAOL_HOOK_POSTSTOP},
    {.kind = GAOL_EVENT_HOOK, .hook = GAOL_HOOK_RELEASE},
    {.kind = GAOL_EVENT_DONE},
};

static const struct script_row cleanup_rows[] = {
    {.kind = GAOL_EVENT_HOOK, .hook = GAOL_HOOK_POSTSTOP},
    {.kind = GAOL_EVENT_ERROR, .sweep = true},
    {.kind = GAOL_EVENT_HOOK, .hook = GAOL_HOOK_RELEASE},
    {.kind = GAOL_EVENT_DONE},
};

struct script {
	const struct script_row *row;
	unsigned hooks;
	int jid;
	bool dry;
	bool removing; /* what fails after the jail is gone does not stop the walk */
	bool stopped;
	int result;
	struct err error;
};

/* libjail's operation is opaque, and only the engine that made one looks into it. */
static struct script *
script_of(const struct gaol_op *op)
{
	return (struct script *)(uintptr_t)op;
}

static int
script_new(const struct script *model, struct gaol_op **ret)
{
	struct script *s = malloc(sizeof(*s));

	if (s == NULL)
		return -ENOMEM;
	*s = *model;
	*ret = (struct gaol_op *)(void *)s;
	return 0;
}

int
script_create(const struct gaol_create_spec *spec, struct gaol_op **ret)
{
	return script_new(
	    &(struct script){.row = create_rows, .hooks = spec->hooks, .dry = true}, ret);
}

int
script_remove(const struct gaol_remove_spec *spec, struct gaol_op **ret)
{
	return script_new(&(struct script){.row = remove_rows,
			      .hooks = spec->hooks,
			      .jid = spec->jid,
			      .dry = true,
			      .removing = true},
	    ret);
}

int
script_cleanup(unsigned hooks, bool dry, struct gaol_op **ret)
{
	return script_new(
	    &(struct script){.row = cleanup_rows, .hooks = hooks, .dry = dry, .removing = true},
	    ret);
}

static bool
is_silent(struct script *s, const struct script_row *row)
{
	if (row->kind == GAOL_EVENT_HOOK)
		return !(s->hooks & (1u << row->hook));
	if (!row->sweep)
		return false;
	if (s->dry || gaol_sweep(&s->error) >= 0)
		return true;
	s->result = -s->error.num;
	return false;
}

static void
script_next(struct gaol_op *op, struct gaol_event *ret)
{
	struct script *s = script_of(op);

	while (is_silent(s, s->row))
		s->row++;
	*ret = (struct gaol_event){
	    .kind = s->stopped ? GAOL_EVENT_DONE : s->row->kind,
	    .hook = s->row->hook,
	    .jid = s->jid,
	    .error = &s->error,
	    .step = "",
	};
	if (ret->kind != GAOL_EVENT_DONE)
		s->row++;
}

static void
script_hook_done(struct gaol_op *op, bool failed)
{
	struct script *s = script_of(op);

	if (!failed)
		return;
	s->result = -ECANCELED;
	if (!s->removing)
		s->stopped = true;
}

static int
script_result(const struct gaol_op *op)
{
	return script_of(op)->result;
}

static void
script_free(struct gaol_op *op)
{
	free(script_of(op));
}

const struct engine engine_script = {
    .next = script_next,
    .hook_done = script_hook_done,
    .result = script_result,
    .free = script_free,
};
