/* The steps that are about the network: addresses, raw sockets, a stack of the jail's own. */
#include "prison/steps_net.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "prison/addr.h"
#include "prison/datagrams.h"
#include "prison/enter.h"
#include "prison/family.h"
#include "prison/loopback.h"
#include "prison/policy.h"
#include "prison/raw.h"
#include "prison/registry.h"
#include "prison/settings.h"
#include "prison/vnet.h"

/* ---- aliases --------------------------------------------------------------------------- */

static int
alias_line(const struct gaol_alias *a, int prefixlen, char *buf, size_t size)
{
	int n = snprintf(buf, size, "alias %s %s %d %s", a->family == AF_INET ? "inet" : "inet6",
	    a->address, prefixlen, a->ifname);

	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

/* IPv4 go on before IPv6, each in list order: the nth alias of that order, or NULL. */
static const struct gaol_alias *
nth_alias(const struct gaol_create_spec *spec, size_t nth)
{
	static const int order[] = {AF_INET, AF_INET6};

	for (size_t f = 0; f < ARRAY_SIZE(order); f++)
		for (size_t i = 0; i < spec->naliases; i++)
			if (spec->aliases[i].family == order[f] && nth-- == 0)
				return &spec->aliases[i];
	return NULL;
}

/*
 * What was there before is the administrator's and stays, and a sweep must never find it
 * in a ledger, not even for a moment; unless it is another jail's alias: then it is ours too.
 */
static int
put_on(struct gaol_op *op, const struct gaol_alias *a, const char *line, bool *ret_stays,
    struct err *e)
{
	bool was_there = false;
	int r;

	*ret_stays = false;
	r = addr_alias_there(a, e);
	if (r < 0)
		return r;
	if (r == 1 && !family_has_line(op->in, &op->rec, line, a->family, a->address)) {
		*ret_stays = true;
		return 0;
	}
	r = op_intend(op, line, e);
	if (r == 0)
		r = addr_alias_add(a, &was_there, e);
	if (r == 0 && was_there && !family_has_line(op->in, &op->rec, line, a->family, a->address))
		*ret_stays = true;
	if (r < 0 || *ret_stays) {
		record_ledger_drop(&op->rec, line);
		if (op_store(op, NULL) < 0 && r == 0)
			return err_set(e, EIO, "cannot keep the record of alias %s", a->address);
	}
	return r;
}

/* Last, the jail's own ::1; without IPv6 on the host it has none. */
static int
own_loopback(struct gaol_op *op, struct err *e)
{
	struct loopback own;
	struct err why = {0};
	bool was_there;
	int r;

	if (!loopback_of(&op->rec, &own))
		return 0;
	r = op_intend(op, own.line, e);
	if (r < 0 || addr_alias_add(&own.alias, &was_there, &why) == 0)
		return r;
	record_ledger_drop(&op->rec, own.line);
	op_note(op, "the jail has no ::1: %s", why.text);
	return op_store(op, e);
}

int
aliases_act(struct gaol_op *op, struct err *e)
{
	const struct gaol_alias *a = nth_alias(op->create, op->element);
	bool stays;
	char line[256];
	int r, prefixlen, lock;

	if (a == NULL)
		return own_loopback(op, e);
	prefixlen = addr_alias_check(a, e);
	if (prefixlen < 0)
		return prefixlen;
	r = alias_line(a, prefixlen, line, sizeof(line));
	if (r < 0)
		return err_errno(e, -r, "interface %s", a->ifname);
	lock = instance_lock_aliases(op->in, e);
	if (lock < 0)
		return lock;
	r = put_on(op, a, line, &stays, e);
	instance_unlock(lock);
	if (r < 0)
		return r;
	if (stays)
		op_note(op, "%s was on %s before and will stay", a->address, a->ifname);
	op->element++;
	return 1;
}

static int
alias_undo(const struct gaol_op *op, const char *line, struct err *e)
{
	cleanup_free char *copy = strdup(line);
	char *rest = copy, *family, *address, *prefix;
	uint64_t prefixlen;
	int af;

	if (copy == NULL)
		return err_errno(e, ENOMEM, "%s", line);
	(void)strsep(&rest, " ");
	family = strsep(&rest, " ");
	address = strsep(&rest, " ");
	prefix = strsep(&rest, " ");
	if (rest == NULL || num_parse_u64(prefix, 128, &prefixlen) < 0)
		return 0;
	af = strcmp(family, "inet") == 0 ? AF_INET : AF_INET6;
	if (!loopback_is_line(&op->rec, line) &&
	    family_bequeath(op->in, &op->rec, line, af, address))
		return 0;
	return addr_alias_del(rest, af, address, (int)prefixlen, e);
}

int
aliases_undo(struct gaol_op *op, struct err *e)
{
	cleanup_record struct record now = {0};
	int first = 0, lock;

	if (!settings_has_address(&op->rec) && record_ledger_get(&op->rec, "alias", 0) == NULL)
		return 0;
	lock = instance_lock_aliases(op->in, e);
	if (lock < 0)
		return lock;
	/* Read again: another jail may have left us an alias. */
	if (record_load(op->in->state, op->rec.jid, &now, NULL) < 0) {
		instance_unlock(lock);
		return 0;
	}
	for (size_t i = now.ledger.n; i > 0; i--) {
		cleanup_free char *line = strdup(now.ledger.s[i - 1]);
		struct err one = {0};
		int r;

		if (line != NULL && strncmp(line, "alias ", 6) != 0)
			continue;
		r = line != NULL ? alias_undo(op, line, &one) : err_errno(&one, ENOMEM, "alias");
		if (r == 0)
			record_ledger_drop(&now, line);
		if (r < 0 && first == 0) {
			first = r;
			*e = one;
		}
	}
	/* A line that stayed would make another jail leave the address to us. */
	(void)record_store(op->in->state, &now, NULL);
	instance_unlock(lock);
	return first;
}

/* ---- servers of UDP ---------------------------------------------------------------------------
 */

int
datagrams_act(struct gaol_op *op, struct err *e)
{
	struct err why = {0};
	int r;

	if (!policy_wants_datagrams(op->in, &op->rec))
		return 0;
	r = op_intend(op, DATAGRAMS_LINE, e);
	if (r < 0 || datagrams_attach(op->in, &why) == 0)
		return r;
	op_note(op, "servers of UDP on the any-address hear the first address only: %s", why.text);
	return 0;
}

/* ---- raw sockets ------------------------------------------------------------------------------
 */

int
raw_act(struct gaol_op *op, struct err *e)
{
	struct enter_doors doors;
	int r;

	if (!raw_wanted(&op->rec))
		return 0;
	r = op_intend(op, "raw", e);
	if (r == 0)
		r = enter_open(op->in, op->rec.jid, &doors, e);
	if (r < 0)
		return r;
	r = raw_start(op->in, &op->rec, op->cgroup, doors.userns, e);
	enter_close(&doors);
	return r;
}

int
sockets_undo(struct gaol_op *op, struct err *e)
{
	bool raw = record_ledger_has(&op->rec, "raw");
	bool datagrams = record_ledger_has(&op->rec, DATAGRAMS_LINE);
	int r = raw || datagrams ? instance_bpf(op->in, e) : 0;

	if (r == 0 && raw)
		r = raw_stop(op->in, &op->rec, e);
	if (r == 0 && datagrams)
		r = datagrams_release(op->in, e);
	return r;
}

/* ---- vnet ---------------------------------------------------------------------------------------
 */

static int
epair_act(struct gaol_op *op, struct err *e)
{
	const char *bridge = settings_text(&op->rec, "gaol.epair");
	char line[32];
	int r;

	if (*bridge == '\0')
		return 0;
	(void)snprintf(line, sizeof(line), "epair epair%da", op->rec.jid);
	r = op_intend(op, line, e);
	if (r == 0)
		r = vnet_epair(&op->rec, line + 6, bridge, e);
	if (r < 0) {
		record_ledger_drop(&op->rec, line);
		(void)op_store(op, NULL);
	}
	return r;
}

int
vnet_act(struct gaol_op *op, struct err *e)
{
	const char *const *all = op->create->vnet_interfaces;
	const char *ifname = all != NULL ? all[op->element] : NULL;
	cleanup_str struct str line = STR_EMPTY;
	int r;

	if (strcmp(settings_text(&op->rec, "vnet"), "new") != 0) {
		if (ifname != NULL)
			return err_set(e, EINVAL,
			    "vnet.interface %s: the jail has no network stack of its own; write "
			    "vnet;",
			    ifname);
		if (*settings_text(&op->rec, "gaol.epair") != '\0')
			return err_set(e, EINVAL,
			    "gaol.epair: the jail has no network stack of its own; write vnet;");
		return 0;
	}
	if (op->element == 0 &&
	    ((r = vnet_loopback_up(&op->rec, e)) < 0 || (r = epair_act(op, e)) < 0))
		return r;
	if (ifname == NULL)
		return 0;
	if (str_addf(&line, "vnet %s", ifname) < 0)
		return err_errno(e, ENOMEM, "vnet.interface");
	r = op_intend(op, str_get(&line), e);
	if (r == 0)
		r = vnet_give(&op->rec, ifname, e);
	if (r < 0) {
		record_ledger_drop(&op->rec, str_get(&line));
		(void)op_store(op, NULL);
		return r;
	}
	op->element++;
	return 1;
}

int
vnet_undo(struct gaol_op *op, struct err *e)
{
	const char *epair = record_ledger_get(&op->rec, "epair", 0);

	/* At once; with the stack the kernel would do it a moment later. */
	if (epair != NULL)
		(void)vnet_epair_delete(epair, e);
	/* With its keeper the jail's stack is gone, and what was in it is the kernel's doing. */
	if (record_ledger_get(&op->rec, "vnet", 0) == NULL ||
	    registry_life(op->in, &op->rec) != REGISTRY_ALIVE)
		return 0;
	for (size_t i = op->rec.ledger.n; i > 0; i--) {
		const char *line = op->rec.ledger.s[i - 1];
		struct err one = {0};
		int r;

		if (strncmp(line, "vnet ", 5) != 0)
			continue;
		r = vnet_take(&op->rec, line + 5, &one);
		if (r < 0)
			op_queue_error(op, &one);
	}
	return 0;
}
