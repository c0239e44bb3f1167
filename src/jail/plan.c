#include "jail/plan.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "conf/conf.h"
#include "jail/address.h"
#include "jail/form.h"
#include "jail/hook.h"
#include "jail/message.h"
#include "prison/param.h"

static const struct family {
	int af;
	const char *param;
} families[2] = {
    {AF_INET, "ip4.addr"},
    {AF_INET6, "ip6.addr"},
};

static int
no_memory(const struct plan *p)
{
	warn_named(p->name, "out of memory");
	return -ENOMEM;
}

/* ---- jail(8)'s own values ------------------------------------------------------------- */

static int
check_pseudo(const struct plan *p)
{
	int result = 0;

	for (size_t i = 0; i < p->set.n; i++) {
		const struct arg *s = &p->set.v[i];
		struct err e = {0};
		bool yes;
		int number, r = 0;

		if (!arg_is_pseudo(s))
			continue;
		if (s->row->type == PARAM_BOOL)
			r = arg_bool(s, &yes, &e);
		else if (s->row->type == PARAM_INT)
			r = arg_int(s, &number, &e);
		if (r < 0) {
			warn_named(p->name, "%s", e.text);
			result = -EINVAL;
		}
	}
	return result;
}

/* Relative ones are the command line's only; what runs later needs the whole. */
static int
find_path(struct plan *p, unsigned op)
{
	const char *path = args_string(&p->set, "path");

	if (path == NULL || path[0] == '\0')
		return 0;
	if (path[0] == '/') {
		p->path = strdup(path);
	} else if (p->name != NULL) {
		if (!(op & OP_START))
			return 0;
		warn_named(p->name, "path %s: not an absolute pathname", path);
		return -EINVAL;
	} else {
		cleanup_free char *cwd = getcwd(NULL, 0);

		if (cwd == NULL || asprintf(&p->path, "%s/%s", cwd, path) < 0)
			p->path = NULL;
	}
	return p->path != NULL ? 0 : no_memory(p);
}

/* ---- addresses -------------------------------------------------------------------------- */

static int
add_resolved(struct plan *p, const struct addrinfo *ai)
{
	char text[INET6_ADDRSTRLEN];
	const void *raw;
	const char *name;

	if (ai->ai_family == AF_INET) {
		raw = &((const struct sockaddr_in *)(const void *)ai->ai_addr)->sin_addr;
		name = "ip4.addr";
	} else if (ai->ai_family == AF_INET6) {
		raw = &((const struct sockaddr_in6 *)(const void *)ai->ai_addr)->sin6_addr;
		name = "ip6.addr";
	} else {
		return 0;
	}
	if (inet_ntop(ai->ai_family, raw, text, sizeof(text)) == NULL)
		return 0;
	return args_add(&p->set, name, text);
}

/* ip_hostname: what host.hostname resolves to, added to the addresses. */
static int
resolve_hostname(struct plan *p, unsigned op)
{
	const char *host = args_string(&p->set, "host.hostname");
	struct addrinfo hints = {.ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	int r;

	if (!args_bool(&p->set, "ip_hostname", false) || host == NULL)
		return 0;
	/* A plain stop needs them for the interface only. */
	if (op == OP_STOP && args_find(&p->set, "interface") == NULL)
		return 0;
	r = getaddrinfo(host, NULL, &hints, &found);
	if (r != 0) {
		warn_named(p->name, "host.hostname %s: %s", host, gai_strerror(r));
		return -EINVAL;
	}
	for (const struct addrinfo *ai = found; r == 0 && ai != NULL; ai = ai->ai_next)
		r = add_resolved(p, ai);
	freeaddrinfo(found);
	return r < 0 ? no_memory(p) : 0;
}

/* Takes what it needs from a; an alias only where an interface is known. */
static int
add_alias(struct plan *p, int af, struct address *a)
{
	const char *ifname = a->ifname != NULL ? a->ifname : args_string(&p->set, "interface");
	struct gaol_alias *alias = &p->aliases[p->create.naliases];
	struct err e = {0};

	if (ifname == NULL || ifname[0] == '\0' || a->literal[0] == '\0')
		return 0;
	*alias = (struct gaol_alias){
	    .family = af, .ifname = ifname, .address = a->literal, .extra = a->extra};
	if (address_prefixlen(af, a, &alias->prefixlen, &e) < 0) {
		warn_named(p->name, "%s", e.text);
		return -EINVAL;
	}
	if (a->ifname != NULL && strv_take(&p->owned, take_ptr(a->ifname)) < 0)
		return -ENOMEM;
	if (a->extra != NULL && strv_take(&p->owned, take_ptr(a->extra)) < 0)
		return -ENOMEM;
	if (strv_take(&p->owned, take_ptr(a->literal)) < 0)
		return -ENOMEM;
	p->create.naliases++;
	return 0;
}

static int
add_address(struct plan *p, size_t which, const char *text)
{
	struct address a = {0};
	int r = address_split(text, &a);

	if (r == 0)
		r = strv_add(&p->addr[which], a.literal);
	if (r == 0)
		r = add_alias(p, families[which].af, &a);
	address_done(&a);
	return r;
}

static char *
join(const struct strv *v)
{
	cleanup_str struct str s = STR_EMPTY;

	for (size_t i = 0; i < v->n; i++)
		if ((i > 0 && str_addc(&s, ',') < 0) || str_add(&s, v->s[i]) < 0)
			return NULL;
	return str_take(&s);
}

static int
split_addresses(struct plan *p)
{
	size_t n[2], total;
	char *const *list[2];
	int result = 0;

	for (size_t f = 0; f < 2; f++)
		list[f] = args_list(&p->set, families[f].param, &n[f]);
	total = n[0] + n[1];
	if (total == 0)
		return 0;
	p->aliases = calloc(total, sizeof(*p->aliases));
	if (p->aliases == NULL)
		return no_memory(p);
	for (size_t f = 0; f < 2; f++) {
		for (size_t i = 0; i < n[f]; i++) {
			int r = add_address(p, f, list[f][i]);

			if (r == -ENOMEM)
				return no_memory(p);
			if (r < 0)
				result = r;
		}
		p->addr_joined[f] = join(&p->addr[f]);
		if (p->addr_joined[f] == NULL)
			return no_memory(p);
	}
	p->create.aliases = p->aliases;
	return result;
}

/* ---- what the prison takes ------------------------------------------------------------------ */

static const char *
kernel_value(const struct plan *p, const struct arg *s)
{
	if (!s->valued)
		return NULL;
	if (s->row != NULL && s->row->type == PARAM_IP4)
		return p->addr_joined[0];
	if (s->row != NULL && s->row->type == PARAM_IP6)
		return p->addr_joined[1];
	if (p->path != NULL && strcmp(s->name, "path") == 0)
		return p->path;
	return s->values.n > 0 ? s->values.s[s->values.n - 1] : NULL;
}

/* For a person at a terminal: the line of the file, and what was probably meant. */
static void
suggest(const struct plan *p, const struct arg *s)
{
	const char *near = s->row == NULL ? param_nearest(s->name) : NULL;
	const struct conf_param *params;
	struct conf_message where;
	size_t n;

	if (!message_on_terminal())
		return;
	n = p->conf != NULL ? conf_jail_params(p->conf, &params) : 0;
	for (size_t i = 0; i < n; i++)
		if (strcmp(params[i].name, s->name) == 0 &&
		    conf_param_where(p->conf, &params[i], &where) == 0)
			warn_where(&where);
	if (near != NULL)
		warn_hint("did you mean %s?", near);
}

/* At -v; of the others libjail says it. */
static void
say_no_effect(const struct plan *p)
{
	for (size_t i = 0; message_verbose > 0 && i < p->set.n; i++)
		if (arg_is_pseudo(&p->set.v[i]) && (p->set.v[i].row->flags & PARAM_NOEFFECT))
			note_named(p->name, "%s has no effect on Linux", p->set.v[i].row->name);
}

/* All that is not jail(8)'s own, each checked, so that every bad one is said. */
static int
import_params(struct plan *p)
{
	int result = 0;

	p->params = calloc(p->set.n + 1, sizeof(*p->params));
	if (p->params == NULL)
		return no_memory(p);
	for (size_t i = 0; i < p->set.n; i++) {
		const struct arg *s = &p->set.v[i];
		struct gaol_param *k = &p->params[p->create.nparams];
		struct err e = {0};

		if (arg_is_pseudo(s))
			continue;
		*k = (struct gaol_param){.name = s->name, .value = kernel_value(p, s)};
		if (gaol_check_param(k, &e) < 0) {
			warn_named(p->name, "%s", e.text);
			suggest(p, s);
			result = -EINVAL;
		}
		p->create.nparams++;
	}
	p->create.params = p->params;
	return result;
}

static int
make_create(struct plan *p)
{
	size_t n;

	p->create.mounts = p->mounts.v;
	p->create.nmounts = p->mounts.n;
	p->create.hooks = hook_mask(&p->set, true);
	p->create.host_commands = hook_sees_mounts(&p->set);
	p->create.temporary_persist = hook_needs_persist(&p->set);
	p->create.vnet_interfaces =
	    (const char *const *)(const void *)args_list(&p->set, "vnet.interface", &n);
	return import_params(p);
}

int
plan_make(struct plan *p, unsigned op)
{
	struct err e = {0};
	int r = check_pseudo(p);

	if (r == 0)
		r = find_path(p, op);
	if (r == 0)
		r = resolve_hostname(p, op);
	if (r == 0)
		r = split_addresses(p);
	if (r < 0)
		return r;
	r = mounts_collect(&p->set, p->path, (op & OP_START) != 0, &p->mounts, &e);
	if (r < 0) {
		warn_named(p->name, "%s", e.text);
		return r;
	}
	if (!(op & (OP_START | OP_SET)))
		return 0;
	say_no_effect(p);
	return make_create(p);
}

/* ---- changing a running jail ------------------------------------------------------------------
 */

static const struct param *
row_of(const struct gaol_param *k)
{
	return param_find(k->name, NULL, NULL);
}

size_t
plan_update_params(const struct plan *p, struct gaol_param *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < p->create.nparams; i++) {
		const struct param *row = row_of(&p->create.params[i]);

		if (row != NULL && ((row->flags & PARAM_TUN) || strcmp(row->name, "jid") == 0))
			continue;
		ret[n++] = p->create.params[i];
	}
	return n;
}

const char *
plan_differs(const struct plan *p, struct gaol_jail *running)
{
	for (size_t i = 0; i < p->create.nparams; i++) {
		const struct gaol_param *k = &p->create.params[i];
		const struct param *row = row_of(k);
		struct err e = {0};

		if (row == NULL || !(row->flags & PARAM_TUN) || strcmp(row->name, "jid") == 0)
			continue;
		if (gaol_differs(running, k, &e) != 0)
			return k->name;
	}
	return NULL;
}

/* ---- what -v shows ----------------------------------------------------------------------------
 */

char *
plan_params_text(const struct gaol_param *params, size_t n)
{
	cleanup_str struct str s = STR_EMPTY;

	for (size_t i = 0; i < n; i++) {
		cleanup_free char *quoted = NULL;

		if (str_addf(&s, "%s%s", i > 0 ? " " : "", params[i].name) < 0)
			return NULL;
		if (params[i].value == NULL)
			continue;
		quoted = conf_quote(params[i].value);
		if (quoted == NULL || str_addf(&s, "=%s", quoted) < 0)
			return NULL;
	}
	return str_take(&s);
}

static void
say_alias(const struct plan *p, const struct gaol_alias *a)
{
	int whole = a->family == AF_INET ? 32 : 128;

	note_named(p->name, "add %s/%d%s%s on %s", a->address,
	    a->prefixlen < 0 ? whole : a->prefixlen, a->extra != NULL ? " " : "",
	    a->extra != NULL ? a->extra : "", a->ifname);
}

static void
say_mount(const struct plan *p, const struct gaol_mount *m)
{
	note_named(p->name, "mount -t %s%s%s %s %s", m->type, m->options != NULL ? " -o " : "",
	    m->options != NULL ? m->options : "", m->source, m->target);
}

void
plan_say_prepared(const struct plan *p)
{
	for (size_t i = 0; i < p->create.naliases; i++)
		say_alias(p, &p->create.aliases[i]);
	for (size_t i = 0; i < p->create.nmounts; i++)
		say_mount(p, &p->create.mounts[i]);
}

void
plan_done(struct plan *p)
{
	args_done(&p->set);
	free(p->path);
	for (size_t f = 0; f < 2; f++) {
		strv_done(&p->addr[f]);
		free(p->addr_joined[f]);
	}
	mounts_done(&p->mounts);
	strv_done(&p->owned);
	free(p->aliases);
	free(p->params);
	*p = (struct plan){0};
}
