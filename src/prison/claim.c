#include "prison/claim.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "prison/family.h"
#include "prison/holders.h"
#include "prison/policy.h"
#include "prison/registry.h"
#include "prison/settings.h"
#include "prison/sweep.h"

static const char *
given(const struct gaol_create_spec *spec, const char *name)
{
	for (size_t i = spec->nparams; i > 0; i--)
		if (strcmp(spec->params[i - 1].name, name) == 0)
			return spec->params[i - 1].value;
	return NULL;
}

/* The jid that was asked for, or that the last part of the name is; 0: the next one. */
static int
wanted_jid(const struct gaol_create_spec *spec, const char *name, int *ret, struct err *e)
{
	const char *text = given(spec, "jid"), *last;
	int64_t jid = 0;
	uint64_t numeric;

	if (text != NULL && *text != '\0') {
		if (num_parse_i64(text, INT32_MIN, INT32_MAX, &jid) < 0)
			return err_set(e, EINVAL, "jid: non-integer value \"%s\"", text);
		if (jid < 0)
			return err_set(e, EINVAL, "negative jid");
		if (jid > REGISTRY_JID_MAX)
			return err_set(e, EINVAL, "jid %s: above %d", text, REGISTRY_JID_MAX);
	}
	last = name != NULL ? strrchr(name, '.') : NULL;
	last = last != NULL ? last + 1 : name;
	if (last != NULL && num_is_decimal(last)) {
		if (num_parse_u64(last, REGISTRY_JID_MAX, &numeric) < 0 || numeric == 0 ||
		    *last == '0' || (jid != 0 && (int64_t)numeric != jid))
			return err_set(e, EINVAL, "name cannot be numeric (unless it is the jid)");
		jid = (int64_t)numeric;
	}
	*ret = (int)jid;
	return 0;
}

static int
fill_record(struct gaol_op *op, const char *name, struct err *e)
{
	const struct gaol_create_spec *spec = op->create;
	char number[16];
	int r;

	if (name == NULL || *name == '\0') {
		(void)snprintf(number, sizeof(number), "%d", op->rec.jid);
		name = number;
	}
	r = settings_apply(&op->rec, op->parent.jid != 0 ? &op->parent : NULL, spec->params,
	    spec->nparams, false, e);
	if (r < 0)
		return r;
	if (record_set(&op->rec, "name", name) < 0)
		return err_errno(e, ENOMEM, "jail_set");
	op->want_persist = op->rec.persist;
	op->rec.persist = true;
	if (op->parent.jid != 0 && record_ledger_add(&op->rec, "parent %d", op->parent.jid) < 0)
		return err_errno(e, ENOMEM, "jail_set");
	return 0;
}

/* A name whose jail and lock are gone is nobody's. */
static int
claim_name(struct gaol_op *op, const char *name, struct err *e)
{
	struct record rec = {0};
	int owner = registry_name_owner(op->in, name), lock;

	if (owner > 0 && record_load(op->in->state, owner, &rec, NULL) == -ENOENT) {
		lock = registry_take_dead(op->in, owner);
		if (lock >= 0) {
			rec.jid = owner;
			registry_release_name(op->in, name, owner);
			registry_forget(op->in, &rec);
			close_keep_errno(lock);
		}
	}
	record_done(&rec);
	return registry_claim_name(op->in, name, op->rec.jid, e);
}

/* Its place among the cgroups: below the parent's, under its own jid. */
static int
name_cgroup(struct gaol_op *op, struct err *e)
{
	const char *above = "";

	if (op->parent.jid != 0 && (above = record_ledger_get(&op->parent, "cgroup", 0)) == NULL)
		return err_set(e, ENOENT, "the parent jail is gone");
	if (record_ledger_add(
		&op->rec, "cgroup %s%s%d", above, *above != '\0' ? "/" : "", op->rec.jid) < 0)
		return err_errno(e, ENOMEM, "jail_set");
	return 0;
}

/* Everything that must not change under us, in the order in which FreeBSD complains. */
static int
claim_locked(struct gaol_op *op, const char *name, int wanted, struct err *e)
{
	struct instance *in = op->in;
	int64_t ids;
	int r, jid;

	jid = registry_claim_jid(in, wanted, &op->lock, e);
	if (jid < 0)
		return jid;
	op->rec.jid = jid;
	op->rec.state = RECORD_CREATING;
	r = fill_record(op, name, e);
	if (r == 0)
		r = claim_name(op, record_get(&op->rec, "name"), e);
	if (r < 0) {
		/* The name is another's: only the lock file is ours. */
		record_unset(&op->rec, "name");
		return r;
	}
	r = family_check_limits(in, record_get(&op->rec, "name"), &op->parent, e);
	if (r == 0)
		r = family_check_addresses(in, &op->rec, &op->parent, e);
	if (r == 0)
		r = name_cgroup(op, e);
	if (r < 0)
		return r;
	if (policy_userns(&op->rec) == NS_USER_NEW) {
		ids = registry_claim_ids(in, jid, e);
		if (ids < 0)
			return (int)ids;
		if (record_ledger_add(&op->rec, "ids %" PRId64, ids) < 0)
			return err_errno(e, ENOMEM, "jail_set");
	}
	op->mark = registry_mark(in, jid, e);
	if (op->mark < 0 && op->mark != -EAGAIN)
		return op->mark;
	/* In this order: what is killed in between has a record, by which a sweep undoes it. */
	r = record_store(in->state, &op->rec, e);
	return r < 0 ? r : holders_add(in, &op->rec, e);
}

int
claim(struct gaol_op *op, struct err *e)
{
	const char *name = given(op->create, "name");
	int lock, r, wanted = 0;

	r = wanted_jid(op->create, name, &wanted, e);
	if (r < 0)
		return r;
	sweep_before_claim(op->in, name, wanted);
	lock = instance_lock(op->in, e);
	if (lock < 0)
		return lock;
	r = name != NULL ? family_load_parent(op->in, name, &op->parent, e) : 0;
	if (r == 0)
		r = claim_locked(op, name, wanted, e);
	if (r < 0) {
		if (op->lock >= 0) {
			holders_drop_locked(op->in, &op->rec);
			claim_release(op->in, &op->rec);
		}
		close_keep_errno(take_fd(&op->lock));
		record_done(&op->rec);
	}
	instance_unlock(lock);
	return r;
}

void
claim_release(const struct instance *in, const struct record *rec)
{
	const char *ids = record_ledger_get(rec, "ids", 0);
	uint64_t first;

	if (rec->jid == 0)
		return;
	if (ids != NULL && num_parse_u64(ids, UINT32_MAX, &first) == 0)
		registry_release_ids(in, (int64_t)first, rec->jid);
	registry_forget(in, rec);
}
