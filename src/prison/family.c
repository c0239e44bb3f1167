#include "prison/family.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "prison/addr.h"
#include "prison/holders.h"
#include "prison/registry.h"
#include "prison/settings.h"

int
family_parent(const struct record *rec)
{
	const char *text = record_ledger_get(rec, "parent", 0);
	uint64_t jid;

	return text == NULL || num_parse_u64(text, REGISTRY_JID_MAX, &jid) < 0 ? 0 : (int)jid;
}

int
family_load_parent(const struct instance *in, const char *name, struct record *ret, struct err *e)
{
	const char *dot = strrchr(name, '.');
	cleanup_free char *parent = NULL;
	int jid, r;

	*ret = (struct record){0};
	if (dot == NULL)
		return 0;
	parent = strndup(name, (size_t)(dot - name));
	if (parent == NULL)
		return err_errno(e, ENOMEM, "jail_set");
	jid = registry_find(in, parent, e);
	r = jid < 0 ? jid : registry_load_alive(in, jid, ret, e);
	return r < 0 ? err_set(e, ENOENT, "jail \"%s\" not found", parent) : 0;
}

/* Every jail above counts all that are below it, at any depth. */
int
family_check_limits(
    const struct instance *in, const char *name, const struct record *parent, struct err *e)
{
	cleanup_free char *above = strdup(name);
	char *dot;

	if (above == NULL)
		return err_errno(e, ENOMEM, "jail_set");
	if (parent->jid != 0 && settings_int(parent, "children.max") == 0)
		return err_errno(e, EPERM, "jail_set");
	while ((dot = strrchr(above, '.')) != NULL) {
		cleanup_record struct record rec = {0};
		int n, jid;

		*dot = '\0';
		jid = registry_find(in, above, NULL);
		if (jid < 0 || record_load(in->state, jid, &rec, NULL) < 0)
			return err_set(e, ENOENT, "jail \"%s\" not found", above);
		n = registry_count_below(in, above, e);
		if (n < 0)
			return n;
		if (n >= settings_int(&rec, "children.max"))
			return err_set(e, EAGAIN, "prison limit exceeded");
	}
	return 0;
}

struct named {
	int jid;
	size_t depth;
};

static int
deepest_first(const void *a, const void *b)
{
	const struct named *x = a, *y = b;

	return (x->depth < y->depth) - (x->depth > y->depth);
}

int
family_below(
    const struct instance *in, const struct record *rec, int **ret, size_t *ret_n, struct err *e)
{
	const char *name = record_get(rec, "name");
	cleanup_free int *jids = NULL, *out = NULL;
	cleanup_free struct named *found = NULL;
	size_t n, nfound = 0;
	int r;

	r = registry_jids(in, &jids, &n, e);
	if (r < 0)
		return r;
	found = calloc(n + 1, sizeof(*found));
	out = calloc(n + 1, sizeof(*out));
	if (found == NULL || out == NULL)
		return err_errno(e, ENOMEM, "jail_get");
	for (size_t i = 0; i < n && name != NULL; i++) {
		cleanup_record struct record other = {0};
		const char *theirs;
		size_t len = strlen(name);

		if (jids[i] == rec->jid || record_load(in->state, jids[i], &other, NULL) < 0)
			continue;
		theirs = record_get(&other, "name");
		if (theirs == NULL || strncmp(theirs, name, len) != 0 || theirs[len] != '.')
			continue;
		found[nfound].jid = jids[i];
		for (const char *s = theirs; *s != '\0'; s++)
			found[nfound].depth += *s == '.';
		nfound++;
	}
	qsort(found, nfound, sizeof(*found), deepest_first);
	for (size_t i = 0; i < nfound; i++)
		out[i] = found[i].jid;
	*ret = take_ptr(out);
	*ret_n = nfound;
	return 0;
}

/* ---- addresses ---------------------------------------------------------------------------- */

static const struct {
	int family;
	const char *mode, *list;
} families[] = {
    {AF_INET, "ip4", "ip4.addr"},
    {AF_INET6, "ip6", "ip6.addr"},
};

struct everyone {
	struct addr_jail *jails;
	struct addr_list *lists;
	size_t n;
};

static void
everyone_done(struct everyone *all)
{
	for (size_t i = 0; i < all->n; i++)
		addr_list_done(&all->lists[i]);
	free(all->lists);
	free(all->jails);
	*all = (struct everyone){0};
}

static int
load_everyone(const struct instance *in, size_t f, int except, struct everyone *ret, struct err *e)
{
	cleanup_free int *jids = NULL;
	size_t n;
	int r;

	r = registry_jids(in, &jids, &n, e);
	if (r < 0)
		return r;
	ret->jails = calloc(n + 1, sizeof(*ret->jails));
	ret->lists = calloc(n + 1, sizeof(*ret->lists));
	if (ret->jails == NULL || ret->lists == NULL)
		return err_errno(e, ENOMEM, "jail_set");
	for (size_t i = 0; i < n; i++) {
		cleanup_record struct record rec = {0};
		struct addr_jail *j = &ret->jails[ret->n];

		/* Those being made count as well: two at once must not get the same address. */
		if (jids[i] == except || record_load(in->state, jids[i], &rec, NULL) < 0 ||
		    registry_life(in, &rec) == REGISTRY_DEAD)
			continue;
		r = addr_list_parse(families[f].family, families[f].list,
		    settings_text(&rec, families[f].list), &ret->lists[ret->n], e);
		if (r < 0)
			return r;
		j->jid = rec.jid;
		j->parent = family_parent(&rec);
		j->vnet = strcmp(settings_text(&rec, "vnet"), "new") == 0;
		j->restricted = strcmp(settings_text(&rec, families[f].mode), "inherit") != 0;
		j->list = &ret->lists[ret->n++];
	}
	return 0;
}

/* Jails clash over an address that both list: without another one there no rule is asked. */
static bool
is_alone(const struct instance *in, int family, const struct addr_list *mine, int jid)
{
	for (size_t i = 0; i < mine->n; i++) {
		cleanup_free int *jids = NULL;
		size_t n;

		if (holders_find(in, family, &mine->a[i], &jids, &n, NULL) < 0)
			return false;
		for (size_t k = 0; k < n; k++)
			if (jids[k] != jid)
				return false;
	}
	return true;
}

static int
check_family(const struct instance *in, size_t f, const struct record *rec,
    const struct record *parent, struct err *e)
{
	cleanup_addr_list struct addr_list mine = {0}, theirs = {0};
	struct everyone all = {0};
	int r;

	r = addr_list_parse(
	    families[f].family, families[f].list, settings_text(rec, families[f].list), &mine, e);
	if (r < 0 || mine.n == 0)
		return r;
	if (parent->jid != 0 && strcmp(settings_text(parent, families[f].mode), "inherit") != 0) {
		r = addr_list_parse(families[f].family, families[f].list,
		    settings_text(parent, families[f].list), &theirs, e);
		if (r == 0)
			r = addr_list_check_parent(
			    families[f].family, families[f].list, &mine, &theirs, e);
		if (r < 0)
			return r;
	}
	if (is_alone(in, families[f].family, &mine, rec->jid))
		return 0;
	r = load_everyone(in, f, rec->jid, &all, e);
	if (r == 0)
		r = addr_overlap(
		    families[f].family, all.jails, all.n, rec->jid, parent->jid, &mine, e);
	everyone_done(&all);
	return r;
}

int
family_check_addresses(
    const struct instance *in, const struct record *rec, const struct record *parent, struct err *e)
{
	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		int r = check_family(in, f, rec, parent, e);

		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- inheritance -------------------------------------------------------------------------- */

static bool
lists(const struct record *rec, int family, const struct addr *a)
{
	const char *param = family == AF_INET ? "ip4.addr" : "ip6.addr";
	cleanup_addr_list struct addr_list l = {0};

	return addr_list_parse(family, param, settings_text(rec, param), &l, NULL) == 0 &&
	       addr_list_has(&l, a);
}

bool
family_has_line(const struct instance *in, const struct record *rec, const char *line, int family,
    const char *address)
{
	cleanup_free int *jids = NULL;
	struct addr a;
	size_t n;

	if (!addr_parse(family, address, &a) || holders_find(in, family, &a, &jids, &n, NULL) < 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		cleanup_record struct record other = {0};

		if (jids[i] != rec->jid && record_load(in->state, jids[i], &other, NULL) == 0 &&
		    record_ledger_has(&other, line))
			return true;
	}
	return false;
}

/*
 * Whoever takes the heir down reads its ledger again under the lock that our caller
 * holds.  One that was gone by the time its record was written is left to the next sweep.
 */
static bool
give_line(const struct instance *in, int heir, const char *line)
{
	cleanup_record struct record rec = {0};
	int lock = instance_lock(in, NULL);
	bool done = false;

	if (lock < 0)
		return false;
	if (registry_load_alive(in, heir, &rec, NULL) == 0 &&
	    record_ledger_add(&rec, "%s", line) == 0 && registry_set_outside(in, heir) == 0 &&
	    record_store(in->state, &rec, NULL) == 0) {
		done = registry_life(in, &rec) == REGISTRY_ALIVE;
		if (!done)
			close_keep_errno(registry_mark(in, heir, NULL));
	}
	instance_unlock(lock);
	return done;
}

bool
family_bequeath(const struct instance *in, const struct record *rec, const char *line, int family,
    const char *address)
{
	cleanup_free int *jids = NULL;
	struct addr a;
	int heir = 0;
	size_t n;

	if (!addr_parse(family, address, &a) || holders_find(in, family, &a, &jids, &n, NULL) < 0)
		return false;
	for (size_t i = 0; i < n; i++) {
		cleanup_record struct record other = {0};

		if (jids[i] == rec->jid || record_load(in->state, jids[i], &other, NULL) < 0)
			continue;
		if (record_ledger_has(&other, line))
			return true;
		if (heir == 0 && lists(&other, family, &a) &&
		    registry_life(in, &other) == REGISTRY_ALIVE)
			heir = other.jid;
	}
	return heir != 0 && give_line(in, heir, line);
}
