/* jail_set(JAIL_UPDATE) of a running jail. */
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "prison/addr.h"
#include "prison/api.h"
#include "prison/datagrams.h"
#include "prison/enter.h"
#include "prison/family.h"
#include "prison/hangup.h"
#include "prison/holders.h"
#include "prison/instance.h"
#include "prison/loopback.h"
#include "prison/param.h"
#include "prison/policy.h"
#include "prison/raw.h"
#include "prison/registry.h"
#include "prison/settings.h"
#include "prison/sweep.h"
#include "prison/tighten.h"

int
gaol_check_param(const struct gaol_param *in, struct err *e)
{
	enum param_spelling spelling;
	const char *key;
	const struct param *p = param_find(in->name, &spelling, &key);
	cleanup_free char *value = NULL;

	if (p == NULL || (p->flags & PARAM_RDONLY) != 0)
		return err_set(e, EINVAL, "unknown parameter: %s", in->name);
	if (key != NULL)
		return 0;
	return param_normalize(p, spelling, in->value, &value, e);
}

int
gaol_differs(struct gaol_jail *j, const struct gaol_param *in, struct err *e)
{
	enum param_spelling spelling;
	const char *key, *have;
	const struct param *p = param_find(in->name, &spelling, &key);
	cleanup_free char *value = NULL, *real_path = NULL;
	int r;

	if (p == NULL)
		return err_set(e, EINVAL, "unknown parameter: %s", in->name);
	if ((p->flags & PARAM_TUN) == 0)
		return 0;
	r = param_normalize(p, spelling, in->value, &value, e);
	if (r < 0)
		return r;
	if (strcmp(p->name, "path") == 0) {
		/* The record has the real path. */
		real_path = realpath(value, NULL);
		if (real_path != NULL && strcmp(real_path, gaol_jail_value(j, "path")) == 0)
			return 0;
	}
	have = gaol_jail_value(j, p->name);
	/* A restricted jail reads back as "disable", and was given as "new". */
	if ((strcmp(p->name, "ip4") == 0 || strcmp(p->name, "ip6") == 0) &&
	    strcmp(value, "new") == 0)
		return strcmp(have, "disable") != 0;
	return have == NULL || strcmp(have, value) != 0;
}

/* In a child, since a process cannot come back from a user's namespaces by itself as safely. */
static int
set_names_inside(struct instance *in, const struct record *rec, struct err *e)
{
	const char *host = settings_text(rec, "host.hostname");
	const char *domain = settings_text(rec, "host.domainname");
	struct enter_doors doors;
	int r, status;
	pid_t pid;

	r = enter_open(in, rec->jid, &doors, e);
	if (r < 0)
		return r;
	pid = fork();
	if (pid == 0) {
		if (setns(doors.keeper, CLONE_NEWUTS) < 0 || sethostname(host, strlen(host)) < 0 ||
		    setdomainname(domain, strlen(domain)) < 0)
			_exit(errno & 0xff);
		_exit(0);
	}
	if (pid < 0)
		r = err_errno(e, errno, "host.hostname");
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (pid > 0 && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		r = err_errno(
		    e, WIFEXITED(status) ? WEXITSTATUS(status) : EIO, "host.hostname %s", host);
	enter_close(&doors);
	return r;
}

static bool
same(const struct record *a, const struct record *b, const char *name)
{
	return strcmp(settings_text(a, name), settings_text(b, name)) == 0;
}

/* A new name changes the beginning of those of all jails below. */
static int
rename_below(struct instance *in, const struct record *was, const char *name, struct err *e)
{
	cleanup_free int *jids = NULL;
	size_t n = 0, len = strlen(record_get(was, "name"));
	int r = family_below(in, was, &jids, &n, e);

	for (size_t i = 0; i < n && r == 0; i++) {
		cleanup_record struct record rec = {0};
		cleanup_str struct str full = STR_EMPTY;
		cleanup_free char *old = NULL;

		if (record_load(in->state, jids[i], &rec, NULL) < 0)
			continue;
		old = strdup(record_get(&rec, "name"));
		if (old == NULL || str_addf(&full, "%s%s", name, old + len) < 0)
			return err_errno(e, ENOMEM, "jail_set");
		r = registry_claim_name(in, str_get(&full), rec.jid, e);
		if (r == 0 && record_set(&rec, "name", str_get(&full)) < 0)
			r = err_errno(e, ENOMEM, "jail_set");
		if (r == 0)
			r = record_store(in->state, &rec, e);
		if (r == 0)
			registry_release_name(in, old, rec.jid);
	}
	return r;
}

static int
check_name(const struct record *was, struct record *now, struct err *e)
{
	const char *old = record_get(was, "name"), *name = record_get(now, "name");
	const char *old_dot = strrchr(old, '.'), *dot = strrchr(name, '.');
	size_t old_len = old_dot != NULL ? (size_t)(old_dot - old) : 0;
	size_t len = dot != NULL ? (size_t)(dot - name) : 0;

	if (*name == '\0')
		return record_set(now, "name", old) < 0 ? err_errno(e, ENOMEM, "jail_set") : 0;
	if (len != old_len || strncmp(old, name, len) != 0)
		return err_set(e, EINVAL, "cannot change jail's parent");
	return 0;
}

static int
update_locked(struct instance *in, const struct record *was, struct record *now,
    const struct gaol_param *params, size_t n, struct err *e)
{
	cleanup_record struct record parent = {0};
	int parent_jid = family_parent(was);
	struct loopback own;
	bool renamed;
	int r;

	if (parent_jid != 0)
		(void)record_load(in->state, parent_jid, &parent, NULL);
	r = settings_apply(now, parent.jid != 0 ? &parent : NULL, params, n, true, e);
	if (r == 0)
		r = check_name(was, now, e);
	if (r == 0)
		r = family_check_addresses(in, now, &parent, e);
	if (r == 0)
		r = holders_add(in, now, e);
	if (r == 0 && loopback_of(now, &own) && !record_ledger_has(now, own.line) &&
	    record_ledger_add(now, "%s", own.line) < 0)
		r = err_errno(e, ENOMEM, "gaol.loopback");
	if (r == 0 && policy_wants_datagrams(in, now) && !record_ledger_has(now, DATAGRAMS_LINE) &&
	    record_ledger_add(now, DATAGRAMS_LINE) < 0)
		r = err_errno(e, ENOMEM, "ip4.addr");
	/* A broker's cgroup has to be found again, whatever happens next. */
	if (r == 0 && raw_wanted(now) && !record_ledger_has(now, "raw") &&
	    record_ledger_add(now, "raw") < 0)
		r = err_errno(e, ENOMEM, "allow.raw_sockets");
	if (r < 0)
		return r;
	renamed = !same(was, now, "name");
	if (renamed && (r = registry_claim_name(in, record_get(now, "name"), now->jid, e)) < 0)
		return r;
	/* Its keeper knows neither the broker nor the address nor the new name. */
	if ((renamed || now->ledger.n > was->ledger.n) &&
	    (r = registry_set_outside(in, now->jid)) < 0)
		r = err_errno(e, -r, INSTANCE_STATE_DIR "/.jail/%d", now->jid);
	if (r == 0)
		r = record_store(in->state, now, e);
	if (r < 0) {
		if (renamed)
			registry_release_name(in, record_get(now, "name"), now->jid);
		return r;
	}
	if (renamed) {
		registry_release_name(in, record_get(was, "name"), now->jid);
		r = rename_below(in, was, record_get(now, "name"), e);
	}
	if (r == 0)
		r = tighten_below(in, was, now, e);
	if (r == 0 && now->persist != was->persist)
		r = registry_set_persist(in, now->jid, now->persist, e);
	return r;
}

/* On: a broker, for those who enter from now on.  Off acts at once, by the map; it stays idle. */
static int
follow_raw(struct instance *in, const struct record *was, const struct record *now, struct err *e)
{
	struct enter_doors doors;
	int r;

	if (record_ledger_has(was, "raw"))
		return raw_reload(in, now, e);
	if (!raw_wanted(now))
		return 0;
	r = enter_open(in, now->jid, &doors, e);
	if (r < 0)
		return r;
	r = raw_start(in, now, doors.cgroup, doors.userns, e);
	enter_close(&doors);
	return r;
}

/* As at the start: without the program such servers hear the first address only. */
static int
follow_datagrams(
    struct instance *in, const struct record *was, const struct record *now, struct err *e)
{
	if (policy_wants_datagrams(in, now)) {
		(void)datagrams_attach(in, NULL);
		return 0;
	}
	return policy_wants_datagrams(in, was) ? datagrams_release(in, e) : 0;
}

/* The first address of the jail brings it a ::1; without IPv6 on the host it has none. */
static void
follow_loopback(const struct record *was, const struct record *now)
{
	struct loopback own;
	bool was_there;

	if (loopback_of(now, &own) && !record_ledger_has(was, own.line))
		(void)addr_alias_add(&own.alias, &was_there, NULL);
}

int
gaol_update(int jid, const struct gaol_param *params, size_t n, struct err *e)
{
	cleanup_record struct record was = {0}, now = {0};
	struct instance *in;
	int r, lock;

	r = instance_write(&in, e);
	if (r == 0)
		r = instance_bpf(in, e);
	if (r < 0)
		return r;
	lock = instance_lock(in, e);
	if (lock < 0)
		return lock;
	r = registry_load_alive(in, jid, &was, e);
	if (r == -ENOENT)
		r = err_set(e, ENOENT, "jail %d not found", jid);
	if (r == 0 && record_copy(&was, &now) < 0)
		r = err_errno(e, ENOMEM, "jail_set");
	if (r == 0)
		r = update_locked(in, &was, &now, params, n, e);
	instance_unlock(lock);
	/* It may have died between the look and the new record: that must not come back. */
	if (r == 0 && registry_life(in, &now) != REGISTRY_ALIVE) {
		(void)sweep_one(in, jid, NULL);
		return err_set(e, ENOENT, "jail %d not found", jid);
	}
	if (r == 0) {
		follow_loopback(&was, &now);
		r = policy_load(in, &now, e);
	}
	/* No new socket gets what is gone by now. */
	if (r == 0)
		r = hangup_removed(in, &was, &now, e);
	if (r == 0)
		r = follow_raw(in, &was, &now, e);
	if (r == 0)
		r = follow_datagrams(in, &was, &now, e);
	if (r == 0 && (!same(&was, &now, "host.hostname") || !same(&was, &now, "host.domainname")))
		r = set_names_inside(in, &now, e);
	if (r == 0 && was.persist && !now.persist)
		r = sweep_if_empty(in, jid, -EBADF, e);
	return r;
}
