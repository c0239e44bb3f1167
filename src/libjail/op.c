#include "libjail/op.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <time.h>

static int
ms_until(long long deadline_ms)
{
	struct timespec now;
	long long left;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	left = deadline_ms - (now.tv_sec * 1000LL + now.tv_nsec / 1000000);
	return left < 0 ? 0 : left > INT_MAX ? INT_MAX : (int)left;
}

static int
walk(struct gaol_op *op, struct err *e)
{
	struct gaol_event event;
	struct err first = {0};
	int r;

	for (;;) {
		gaol_op_next(op, &event);
		switch (event.kind) {
		case GAOL_EVENT_DONE:
			r = gaol_op_result(op);
			if (r < 0 && first.num != 0)
				return err_set(e, -r, "%s", first.text);
			return r < 0 ? err_set(e, -r, "%s", "") : gaol_op_jid(op);
		case GAOL_EVENT_ERROR:
			if (first.num == 0 && event.error != NULL)
				first = *event.error;
			break;
		case GAOL_EVENT_WAIT:
			(void)poll(&(struct pollfd){event.fd, event.events, 0}, 1,
			    ms_until(event.deadline_ms));
			break;
		case GAOL_EVENT_HOOK:
			/* None was asked for. */
			gaol_op_hook_done(op, false);
			break;
		case GAOL_EVENT_CREATED:
		case GAOL_EVENT_REMOVED:
		case GAOL_EVENT_TERM:
		case GAOL_EVENT_KILLED:
		case GAOL_EVENT_NOTE:
			break;
		}
	}
}

int
op_create(const struct gaol_create_spec *spec, struct err *e)
{
	struct gaol_op *op;
	int r = gaol_create(spec, &op, e);

	if (r < 0)
		return r;
	r = walk(op, e);
	gaol_op_free(op);
	return r;
}

int
op_remove(int jid, struct err *e)
{
	const struct gaol_remove_spec spec = {.jid = jid};
	struct gaol_op *op;
	int r = gaol_remove(&spec, &op, e);

	if (r < 0)
		return r;
	r = walk(op, e);
	gaol_op_free(op);
	return r < 0 ? r : 0;
}
