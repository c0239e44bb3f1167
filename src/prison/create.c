/* The API's way into the table of steps. */
#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "prison/op.h"
#include "prison/registry.h"
#include "prison/sweep.h"

int
gaol_create(const struct gaol_create_spec *spec, struct gaol_op **ret, struct err *e)
{
	struct instance *in;
	struct gaol_op *op;
	int r;

	r = instance_write(&in, e);
	if (r < 0)
		return r;
	op = op_new(in, OP_CREATE, NULL);
	if (op == NULL)
		return err_errno(e, ENOMEM, "jail_set");
	op->create = spec;
	*ret = op;
	return 0;
}

int
gaol_remove(const struct gaol_remove_spec *spec, struct gaol_op **ret, struct err *e)
{
	struct record rec = {0};
	struct instance *in;
	struct gaol_op *op;
	int r, mark;

	r = instance_write(&in, e);
	if (r < 0)
		return r;
	/* Before the look: whoever has the mark has the record as nobody else will change it. */
	mark = registry_mark(in, spec->jid, NULL);
	r = registry_load_alive(in, spec->jid, &rec, e);
	if (r < 0 && mark >= 0) {
		registry_unmark(in, spec->jid);
		close_keep_errno(mark);
	}
	if (r == -ENOENT) {
		/* What is not alive is gone; what it left goes now. */
		(void)sweep_one(in, spec->jid, NULL);
		return err_set(e, ENOENT, "jail %d not found", spec->jid);
	}
	if (r < 0)
		return r;
	op = op_new(in, OP_REMOVE, &rec);
	if (op == NULL) {
		record_done(&rec);
		close_keep_errno(mark);
		return err_errno(e, ENOMEM, "jail_remove");
	}
	op->remove = *spec;
	op->mark = mark;
	*ret = op;
	return 0;
}

int
gaol_sweep(struct err *e)
{
	struct instance *in;
	int r = instance_write(&in, e);

	return r < 0 ? r : sweep_all(in, e);
}
