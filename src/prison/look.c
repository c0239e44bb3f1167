/* jail_get(2): what there is, as text. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "prison/api.h"
#include "prison/census.h"
#include "prison/family.h"
#include "prison/instance.h"
#include "prison/param.h"
#include "prison/registry.h"
#include "prison/settings.h"
#include "prison/sweep.h"

/* The longest text of osrelease (FreeBSD's OSRELEASELEN, less its NUL). */
#define OSRELEASE_MAX 31

struct gaol_jail {
	struct record rec;
	const struct instance *in;
	long children;	 /* jails below; -1: not counted yet */
	char number[24]; /* the last computed value */
	char *text;	 /* the last value of a meta.KEY, or osrelease */
};

static struct gaol_jail *
wrap(const struct instance *in, struct record *rec)
{
	struct gaol_jail *j = calloc(1, sizeof(*j));

	if (j == NULL) {
		record_done(rec);
		return NULL;
	}
	j->rec = *rec;
	j->in = in;
	j->children = -1;
	*rec = (struct record){0};
	return j;
}

/* Root's look also puts right what it finds dead; others only judge. */
static const struct instance *
look(struct err *e, int *ret_r)
{
	const struct instance *in = NULL;
	struct instance *writable;

	if (geteuid() == 0) {
		*ret_r =
		    access(INSTANCE_STATE_DIR, F_OK) < 0 ? -ENOENT : instance_write(&writable, e);
		return *ret_r < 0 ? NULL : writable;
	}
	*ret_r = instance_read(&in, e);
	return in;
}

/* A name whose jail is not alive: what it left goes now, if we may. */
static void
sweep_name(const char *name)
{
	struct instance *in;
	int owner;

	if (geteuid() != 0 || access(INSTANCE_STATE_DIR, F_OK) < 0 || instance_write(&in, NULL) < 0)
		return;
	owner = registry_name_owner(in, name);
	if (owner > 0)
		(void)sweep_one(in, owner, NULL);
}

int
gaol_getid(const char *jail, struct err *e)
{
	const struct instance *in;
	uint64_t jid;
	int r;

	if (num_is_decimal(jail)) {
		cleanup_record struct record rec = {0};

		if (num_parse_u64(jail, INT32_MAX, &jid) < 0)
			return err_set(e, ENOENT, "jail %s not found", jail);
		if (jid == 0)
			return 0;
		in = look(e, &r);
		if (in != NULL)
			r = registry_load_alive(in, (int)jid, &rec, e);
		return r == -ENOENT ? err_set(e, ENOENT, "jail %s not found", jail)
		       : r < 0	    ? r
				    : (int)jid;
	}
	in = look(e, &r);
	if (in != NULL)
		r = registry_find(in, jail, e);
	if (r == -ENOENT)
		sweep_name(jail);
	return r == -ENOENT ? err_set(e, ENOENT, "jail \"%s\" not found", jail) : r;
}

int
gaol_get(int jid, struct gaol_jail **ret, struct err *e)
{
	struct record rec = {0};
	const struct instance *in;
	int r;

	in = look(e, &r);
	if (in != NULL)
		r = registry_load_alive(in, jid, &rec, e);
	if (r == -ENOENT)
		return err_set(e, ENOENT, "jail %d not found", jid);
	if (r < 0)
		return r;
	*ret = wrap(in, &rec);
	return *ret == NULL ? err_errno(e, ENOMEM, "jail_get") : 0;
}

static int
by_name(const void *a, const void *b)
{
	const char *x = record_get(&(*(struct gaol_jail *const *)a)->rec, "name");
	const char *y = record_get(&(*(struct gaol_jail *const *)b)->rec, "name");

	return strcmp(x != NULL ? x : "", y != NULL ? y : "");
}

static int
is_named(const void *key, const void *element)
{
	const char *name = record_get(&(*(struct gaol_jail *const *)element)->rec, "name");

	return strcmp(key, name != NULL ? name : "");
}

/* Counts once for all, since each for itself would look at all the others. */
static void
count_children(struct gaol_jail **all, size_t n)
{
	cleanup_free struct gaol_jail **sorted = calloc(n + 1, sizeof(struct gaol_jail *));

	if (sorted == NULL)
		return;
	for (size_t i = 0; i < n; i++) {
		sorted[i] = all[i];
		all[i]->children = 0;
	}
	qsort(sorted, n, sizeof(struct gaol_jail *), by_name);
	for (size_t i = 0; i < n; i++) {
		const char *name = record_get(&all[i]->rec, "name");

		for (const char *dot = name; dot != NULL; dot = strchr(dot + 1, '.')) {
			cleanup_free char *above =
			    *dot == '.' ? strndup(name, (size_t)(dot - name)) : NULL;
			struct gaol_jail **found =
			    above == NULL
				? NULL
				: bsearch(above, sorted, n, sizeof(struct gaol_jail *), is_named);

			if (found != NULL)
				(*found)->children++;
		}
	}
}

int
gaol_get_all(struct gaol_jail ***ret, size_t *ret_n, struct err *e)
{
	cleanup_free int *jids = NULL;
	const struct instance *in;
	struct census census = {0};
	struct gaol_jail **all;
	size_t n = 0, found = 0;
	int r;

	in = look(e, &r);
	if (in != NULL)
		r = registry_jids(in, &jids, &n, e);
	if (r < 0 && r != -ENOENT)
		return r;
	all = calloc(n + 1, sizeof(struct gaol_jail *));
	if (all == NULL)
		return err_errno(e, ENOMEM, "jail_get");
	if (n > 0)
		census_take(in, &census);
	for (size_t i = 0; i < n; i++) {
		struct record rec = {0};
		struct instance *writable;

		r = record_load(in->state, jids[i], &rec, NULL);
		if (r < 0)
			continue;
		switch (census_alive(&census, &rec) ? REGISTRY_ALIVE : registry_life(in, &rec)) {
		case REGISTRY_ALIVE:
			all[found] = wrap(in, &rec);
			if (all[found] != NULL)
				found++;
			break;
		case REGISTRY_DYING:
		case REGISTRY_DEAD:
			record_done(&rec);
			if (geteuid() == 0 && instance_write(&writable, NULL) == 0)
				(void)sweep_one(writable, jids[i], NULL);
			break;
		case REGISTRY_BUSY:
			record_done(&rec);
			break;
		}
	}
	census_done(&census);
	count_children(all, found);
	*ret = all;
	*ret_n = found;
	return 0;
}

int
gaol_get_next(int after, struct gaol_jail **ret, struct err *e)
{
	cleanup_free int *jids = NULL;
	const struct instance *in;
	size_t n = 0;
	int r;

	in = look(e, &r);
	if (in != NULL)
		r = registry_jids(in, &jids, &n, e);
	if (r < 0 && r != -ENOENT)
		return r;
	for (size_t i = 0; i < n; i++) {
		struct record rec = {0};

		if (jids[i] <= after || registry_load_alive(in, jids[i], &rec, NULL) < 0)
			continue;
		*ret = wrap(in, &rec);
		return *ret == NULL ? err_errno(e, ENOMEM, "jail_get") : 0;
	}
	return err_set(e, ENOENT, "no jail after %d", after);
}

int
gaol_jail_jid(const struct gaol_jail *j)
{
	return j->rec.jid;
}

pid_t
gaol_jail_keeper(const struct gaol_jail *j)
{
	return j->rec.keeper;
}

const char *
gaol_jail_cgroup(const struct gaol_jail *j)
{
	const char *below = record_ledger_get(&j->rec, "cgroup", 0);

	return below != NULL ? below : "";
}

static const char *
key_value(struct gaol_jail *j, const char *name, const char *key)
{
	const char *text = settings_text(&j->rec, name);
	size_t len = strlen(key);

	for (const char *line = text; line != NULL && *line != '\0';) {
		const char *end = strchrnul(line, '\n');

		if (strncmp(line, key, len) == 0 && line[len] == '=') {
			free(j->text);
			j->text = strndup(line + len + 1, (size_t)(end - line) - len - 1);
			return j->text;
		}
		line = *end == '\n' ? end + 1 : NULL;
	}
	return NULL;
}

static const char *
number(struct gaol_jail *j, long v)
{
	(void)snprintf(j->number, sizeof(j->number), "%ld", v);
	return j->number;
}

static long
count_below(const struct gaol_jail *j)
{
	cleanup_free int *jids = NULL;
	size_t n = 0;

	if (j->children >= 0)
		return j->children;
	return family_below(j->in, &j->rec, &jids, &n, NULL) < 0 ? 0 : (long)n;
}

/* Of a jail with host=inherit: the parent's own names, or those of whom it has them from. */
static const char *
inherited_host(struct gaol_jail *j, const char *name)
{
	cleanup_record struct record above = {0};
	struct utsname host;
	const char *text = "";
	int parent = family_parent(&j->rec);

	while (parent != 0) {
		record_done(&above);
		if (record_load(j->in->state, parent, &above, NULL) < 0 ||
		    strcmp(settings_text(&above, "host"), "inherit") != 0)
			break;
		parent = family_parent(&above);
	}
	if (parent != 0)
		text = settings_text(&above, name);
	else if (uname(&host) < 0)
		text = "";
	else if (strcmp(name, "host.hostname") == 0)
		text = host.nodename;
	else if (strcmp(name, "host.domainname") == 0 && strcmp(host.domainname, "(none)") != 0)
		text = host.domainname;
	else if (strcmp(name, "host.hostid") == 0)
		return number(j, gethostid() & 0xffffffffL);
	free(j->text);
	j->text = strdup(text);
	return j->text;
}

/* The host's release, which is every jail's on Linux: what jls -s shows jail(8) must take again. */
static const char *
release(struct gaol_jail *j, bool as_number)
{
	struct utsname host;
	unsigned major = 0, minor = 0;

	if (uname(&host) < 0)
		return "1";
	if (as_number) {
		(void)sscanf(host.release, "%u.%u", &major, &minor);
		return number(j, (long)major * 100000 + (long)minor * 1000);
	}
	free(j->text);
	j->text = strndup(host.release, OSRELEASE_MAX);
	return j->text;
}

/* What was never set shows the table's default, or nothing of its type. */
static const char *
default_value(struct gaol_jail *j, const struct param *p)
{
	if (strcmp(p->name, "osrelease") == 0 || strcmp(p->name, "osreldate") == 0)
		return release(j, p->type == PARAM_INT);
	switch (p->type) {
	case PARAM_INT:
	case PARAM_ULONG:
		return "0";
	case PARAM_BOOL:
		return "false";
	case PARAM_JAILSYS:
		return "disable";
	case PARAM_STRING:
	case PARAM_IP4:
	case PARAM_IP6:
	case PARAM_LIST:
	case PARAM_CHOICE:
		break;
	}
	return "";
}

const char *
gaol_jail_value(struct gaol_jail *j, const char *name)
{
	const char *key, *value;
	const struct param *p = param_find(name, NULL, &key);

	if (p == NULL || (p->flags & PARAM_PSEUDO) != 0)
		return NULL;
	if (key != NULL)
		return key_value(j, p->name, key);
	if (strcmp(p->name, "jid") == 0)
		return number(j, j->rec.jid);
	if (strcmp(p->name, "parent") == 0)
		return number(j, family_parent(&j->rec));
	if (strcmp(p->name, "children.cur") == 0)
		return number(j, count_below(j));
	/* The CPU set of a jail is its cgroup's: one a jail, so the jid names it. */
	if (strcmp(p->name, "cpuset.id") == 0)
		return number(j, j->rec.jid);
	if (strcmp(p->name, "persist") == 0)
		return j->rec.persist ? "true" : "false";
	if (strncmp(p->name, "host.", 5) == 0 &&
	    strcmp(settings_text(&j->rec, "host"), "inherit") == 0)
		return inherited_host(j, p->name);
	value = settings_shown(&j->rec, p->name);
	return *value == '\0' && record_get(&j->rec, p->name) == NULL ? default_value(j, p) : value;
}

void
gaol_jail_free(struct gaol_jail *j)
{
	if (j == NULL)
		return;
	record_done(&j->rec);
	free(j->text);
	free(j);
}
