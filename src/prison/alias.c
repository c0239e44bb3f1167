/* Aliases: addresses on the host's interfaces while a jail lives. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/nl.h"
#include "base/num.h"
#include "base/path.h"
#include "prison/addr.h"
#include "prison/api.h"

#define STATE_DIR "/run/jail" /* as instance.h has it, which drags in more than this file needs */

/* What an alias comes to, before its interface is known. */
struct plan {
	struct nl_addr a;
	bool set_up;
	bool has_scope;
	bool no_broadcast; /* given as "broadcast 0.0.0.0" or not fitting: none of our own */
};

static unsigned
family_bits(int family)
{
	return family == AF_INET6 ? 128 : 32;
}

/* ---- words ---- */

struct word_ctx {
	struct plan *p;
	const char *word;
	const char *value; /* the next word, if the word takes one */
	struct err *e;
};

static int
word_error(const struct word_ctx *c, const char *what)
{
	return err_set(c->e, EINVAL, "%s %s: %s", c->word, c->value, what);
}

static int
word_nothing(struct word_ctx *c)
{
	(void)c;
	return 0;
}

static int
word_up(struct word_ctx *c)
{
	c->p->set_up = true;
	return 0;
}

/* Dotted or, as ifconfig(8) prints it, hexadecimal. */
static int
word_netmask(struct word_ctx *c)
{
	struct in_addr dotted;
	uint32_t mask;

	if (strncmp(c->value, "0x", 2) == 0) {
		char *end;
		unsigned long v;

		errno = 0;
		v = strtoul(c->value + 2, &end, 16);
		if (*end != '\0' || end == c->value + 2 || errno != 0 || v > UINT32_MAX ||
		    strchr("+- \t", c->value[2]) != NULL)
			return word_error(c, "bad netmask");
		mask = (uint32_t)v;
	} else if (inet_pton(AF_INET, c->value, &dotted) == 1) {
		mask = ntohl(dotted.s_addr);
	} else {
		return word_error(c, "bad netmask");
	}
	/* A mask with a hole has no length, and Linux knows lengths only. */
	if ((~mask & (~mask + 1)) != 0)
		return word_error(c, "a netmask must be ones followed by zeros");
	c->p->a.prefixlen = (unsigned)__builtin_popcount(mask);
	return 0;
}

static int
word_prefixlen(struct word_ctx *c)
{
	uint64_t n;

	if (num_parse_u64(c->value, family_bits(c->p->a.family), &n) < 0)
		return word_error(c, "bad prefix length");
	c->p->a.prefixlen = (unsigned)n;
	return 0;
}

static int
word_broadcast(struct word_ctx *c)
{
	if (inet_pton(AF_INET, c->value, c->p->a.broadcast) != 1)
		return word_error(c, "not an IPv4 address");
	c->p->a.has_broadcast = true;
	return 0;
}

/* The other end of a point-to-point link, with a prefix length of its own or not. */
static int
word_peer(struct word_ctx *c)
{
	char text[INET6_ADDRSTRLEN + 4];
	char *slash;
	uint64_t n;

	if ((size_t)snprintf(text, sizeof(text), "%s", c->value) >= sizeof(text))
		return word_error(c, "not an address");
	slash = strchr(text, '/');
	if (slash != NULL) {
		*slash = '\0';
		if (num_parse_u64(slash + 1, family_bits(c->p->a.family), &n) < 0)
			return word_error(c, "bad prefix length");
		c->p->a.prefixlen = (unsigned)n;
	}
	if (inet_pton(c->p->a.family, text, c->p->a.address) != 1)
		return word_error(
		    c, c->p->a.family == AF_INET6 ? "not an IPv6 address" : "not an IPv4 address");
	c->p->no_broadcast = true;
	return 0;
}

static int
word_label(struct word_ctx *c)
{
	if (strlen(c->value) >= sizeof(c->p->a.label))
		return word_error(c, "a label has at most 15 characters");
	(void)snprintf(c->p->a.label, sizeof(c->p->a.label), "%s", c->value);
	return 0;
}

static int
word_scope(struct word_ctx *c)
{
	static const struct {
		const char *name;
		unsigned scope;
	} scopes[] = {
	    {"global", RT_SCOPE_UNIVERSE},
	    {"site", RT_SCOPE_SITE},
	    {"link", RT_SCOPE_LINK},
	    {"host", RT_SCOPE_HOST},
	};
	uint64_t n;

	c->p->has_scope = true;
	for (size_t i = 0; i < ARRAY_SIZE(scopes); i++) {
		if (strcmp(c->value, scopes[i].name) == 0) {
			c->p->a.scope = scopes[i].scope;
			return 0;
		}
	}
	if (num_parse_u64(c->value, RT_SCOPE_NOWHERE - 1, &n) < 0)
		return word_error(c, "not one of global, site, link, host, 0 to 254");
	c->p->a.scope = (unsigned)n;
	return 0;
}

static int
word_metric(struct word_ctx *c)
{
	uint64_t n;

	if (num_parse_u64(c->value, UINT32_MAX, &n) < 0)
		return word_error(c, "not a metric");
	c->p->a.priority = (uint32_t)n;
	c->p->a.has_priority = n != 0;
	return 0;
}

static void
lifetime_default(struct plan *p)
{
	if (p->a.has_lifetime)
		return;
	p->a.has_lifetime = true;
	p->a.preferred_s = p->a.valid_s = UINT32_MAX;
}

static int
parse_lifetime(struct word_ctx *c, uint32_t *ret)
{
	uint64_t n;

	lifetime_default(c->p);
	if (strcmp(c->value, "infty") == 0 || strcmp(c->value, "forever") == 0) {
		*ret = UINT32_MAX;
		return 0;
	}
	if (num_parse_u64(c->value, UINT32_MAX - 1, &n) < 0)
		return word_error(c, "not a number of seconds");
	*ret = (uint32_t)n;
	return 0;
}

static int
word_pltime(struct word_ctx *c)
{
	return parse_lifetime(c, &c->p->a.preferred_s);
}

static int
word_vltime(struct word_ctx *c)
{
	return parse_lifetime(c, &c->p->a.valid_s);
}

static int
word_deprecated(struct word_ctx *c)
{
	lifetime_default(c->p);
	c->p->a.preferred_s = 0;
	return 0;
}

static int
word_noprefixroute(struct word_ctx *c)
{
	c->p->a.flags |= IFA_F_NOPREFIXROUTE;
	return 0;
}

#define ONLY_INET 1
#define ONLY_INET6 2
#define BOTH 3

static const struct word {
	const char *name;
	unsigned families;
	bool has_value;
	int (*read)(struct word_ctx *c);
} words[] = {
    {"alias", BOTH, false, word_nothing},
    {"add", BOTH, false, word_nothing},
    {"up", BOTH, false, word_up},
    {"netmask", ONLY_INET, true, word_netmask},
    {"prefixlen", BOTH, true, word_prefixlen},
    {"broadcast", ONLY_INET, true, word_broadcast},
    {"peer", BOTH, true, word_peer},
    {"label", ONLY_INET, true, word_label},
    {"scope", BOTH, true, word_scope},
    {"metric", BOTH, true, word_metric},
    {"pltime", BOTH, true, word_pltime},
    {"vltime", BOTH, true, word_vltime},
    {"deprecated", BOTH, false, word_deprecated},
    {"noprefixroute", BOTH, false, word_noprefixroute},
    /* There is never a wait for duplicates. */
    {"nodad", ONLY_INET6, false, word_nothing},
    {"no_dad", ONLY_INET6, false, word_nothing},
};

static const struct word *
find_word(const char *name, int family)
{
	unsigned bit = family == AF_INET6 ? ONLY_INET6 : ONLY_INET;

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(words[i].name, name) == 0 && (words[i].families & bit))
			return &words[i];
	return NULL;
}

static char *
next_word(char **rest)
{
	char *word;

	do
		word = strsep(rest, " \t");
	while (word != NULL && word[0] == '\0');
	return word;
}

static int
read_words(struct plan *p, const char *extra, struct err *e)
{
	cleanup_free char *copy = strdup(extra);
	char *rest = copy, *name;
	bool first = true;

	if (copy == NULL)
		return err_errno(e, ENOMEM, "%s", extra);
	for (name = next_word(&rest); name != NULL; name = next_word(&rest), first = false) {
		struct word_ctx c = {.p = p, .word = name, .e = e};
		const struct word *w = find_word(name, p->a.family);
		struct addr ignored;
		int r;

		/* ifconfig IF inet ADDR DEST: the first word may be the other end. */
		if (w == NULL && first && addr_parse(p->a.family, name, &ignored)) {
			c.word = "peer";
			c.value = name;
			r = word_peer(&c);
			if (r < 0)
				return r;
			continue;
		}
		if (w == NULL)
			return err_set(e, EINVAL,
			    "%s: not something that an %s address can have on Linux", name,
			    p->a.family == AF_INET6 ? "inet6" : "inet");
		if (w->has_value) {
			c.value = next_word(&rest);
			if (c.value == NULL)
				return err_set(e, EINVAL, "%s: its value is missing", name);
		}
		r = w->read(&c);
		if (r < 0)
			return r;
	}
	return 0;
}

/* ---- plans ---- */

static int
plan_addr(struct plan *p, int family, const char *address, int prefixlen, struct err *e)
{
	*p = (struct plan){0};
	p->a.family = family;
	if (inet_pton(family, address, p->a.local) != 1)
		return err_set(e, EINVAL, "not an %s address: %s",
		    family == AF_INET6 ? "IPv6" : "IPv4", address);
	memcpy(p->a.address, p->a.local, sizeof(p->a.address));
	if (prefixlen > (int)family_bits(family))
		return err_set(e, EINVAL, "%s: /%d is no prefix length", address, prefixlen);
	p->a.prefixlen = prefixlen < 0 ? family_bits(family) : (unsigned)prefixlen;
	return 0;
}

static int
plan_alias(struct plan *p, const struct gaol_alias *a, struct err *e)
{
	int r = plan_addr(p, a->family, a->address, a->prefixlen, e);

	if (r < 0)
		return r;
	if (a->extra != NULL) {
		r = read_words(p, a->extra, e);
		if (r < 0)
			return err_wrap(e, "%s", a->address);
	}
	if (p->a.has_lifetime && p->a.valid_s == 0)
		return err_set(
		    e, EINVAL, "%s: vltime 0 would take the address off at once", a->address);
	/* vltime alone bounds both. */
	if (p->a.has_lifetime && p->a.preferred_s == UINT32_MAX)
		p->a.preferred_s = p->a.valid_s;
	if (p->a.has_lifetime && p->a.preferred_s > p->a.valid_s)
		return err_set(e, EINVAL, "%s: pltime is longer than vltime", a->address);
	if (a->family == AF_INET6)
		p->a.flags |= IFA_F_NODAD;
	/* As ip-address(8) does: what begins with 127 never leaves the host. */
	if (!p->has_scope && a->family == AF_INET && p->a.local[0] == 127)
		p->a.scope = RT_SCOPE_HOST;
	return 0;
}

/* What FreeBSD's in_control does for interfaces that have a broadcast address. */
static void
plan_broadcast(struct plan *p, const struct nl_link *l)
{
	if (p->a.family != AF_INET || p->a.has_broadcast || p->no_broadcast ||
	    p->a.prefixlen > 30 || !(l->flags & IFF_BROADCAST))
		return;
	for (unsigned i = 0; i < 32; i++) {
		if (i < p->a.prefixlen)
			p->a.broadcast[i / 8] |= p->a.local[i / 8] & (0x80 >> (i % 8));
		else
			p->a.broadcast[i / 8] |= (uint8_t)(0x80 >> (i % 8));
	}
	p->a.has_broadcast = true;
}

int
addr_alias_check(const struct gaol_alias *a, struct err *e)
{
	struct plan p;
	int r = plan_alias(&p, a, e);

	return r < 0 ? r : (int)p.a.prefixlen;
}

/* ---- looking ---- */

/*
 * The entry that addr_alias_add made: the one without a peer, else one with.  Only
 * the length that is in the ledger counts, so that an address which the administrator
 * has put there with another length is never taken for ours.
 */
static const struct nl_addr *
find_alias(const struct nl_addr *all, size_t n, const struct nl_addr *want)
{
	const struct nl_addr *with_peer = NULL;

	for (size_t i = 0; i < n; i++) {
		if (memcmp(all[i].local, want->local, sizeof(want->local)) != 0 ||
		    all[i].prefixlen != want->prefixlen)
			continue;
		if (memcmp(all[i].local, all[i].address, sizeof(all[i].local)) == 0)
			return &all[i];
		with_peer = &all[i];
	}
	return with_peer;
}

int
addr_alias_there(const struct gaol_alias *a, struct err *e)
{
	cleanup_nl struct nl *nl = NULL;
	cleanup_free struct nl_addr *all = NULL;
	struct plan p;
	size_t n;
	int index, r;

	r = plan_alias(&p, a, e);
	if (r < 0)
		return r;
	r = nl_open(&nl, e);
	if (r < 0)
		return r;
	index = nl_link_index(nl, a->ifname, e);
	if (index < 0)
		return index;
	r = nl_addr_list(nl, a->family, index, &all, &n, e);
	if (r < 0)
		return err_wrap(e, "interface %s", a->ifname);
	/* IPv6 knows an address once, whatever the length. */
	for (size_t i = 0; a->family == AF_INET6 && i < n; i++)
		if (memcmp(all[i].local, p.a.local, sizeof(p.a.local)) == 0)
			return 1;
	return find_alias(all, n, &p.a) != NULL ? 1 : 0;
}

/* ---- one at a time ---- */

/*
 * Between the list of siblings and the deletion no other of our commands may take one of
 * them off: it would be put back.  The lock lies in the state directory, where only root
 * can open it; without that directory there is nobody to wait for.
 */
static int
alias_lock(struct err *e)
{
	cleanup_fd int dir = open(STATE_DIR, O_PATH | O_DIRECTORY | O_CLOEXEC);
	cleanup_fd int lock = -EBADF;

	if (dir < 0)
		return errno == ENOENT ? -EBADF : err_errno(e, errno, "%s", STATE_DIR);
	lock = openat(dir, ".alias", O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	/* Not root: the kernel will refuse the rest with better words. */
	if (lock < 0)
		return errno == EACCES ? -EBADF : err_errno(e, errno, "%s/.alias", STATE_DIR);
	while (flock(lock, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_errno(e, errno, "%s/.alias", STATE_DIR);
	return take_fd(&lock);
}

/* ---- adding ---- */

/* The cause that the kernel's number does not tell. */
static int
explain_add(const struct gaol_alias *a, unsigned prefixlen, int r, struct err *e)
{
	char name[96];
	cleanup_free char *text = NULL;

	if (a->family == AF_INET6) {
		(void)snprintf(
		    name, sizeof(name), "/proc/sys/net/ipv6/conf/%s/disable_ipv6", a->ifname);
		if (path_read(AT_FDCWD, name, 64, &text, NULL) < 0)
			return err_set(e, -r, "interface %s: %s/%u: IPv6 is not there", a->ifname,
			    a->address, prefixlen);
		if (text[0] == '1')
			return err_set(e, -r,
			    "interface %s: %s/%u: IPv6 is switched off (sysctl "
			    "net.ipv6.conf.%s.disable_ipv6=0 switches it on)",
			    a->ifname, a->address, prefixlen, a->ifname);
	}
	return err_wrap(e, "interface %s: %s/%u", a->ifname, a->address, prefixlen);
}

int
addr_alias_add(const struct gaol_alias *a, bool *ret_was_there, struct err *e)
{
	cleanup_fd int lock = -EBADF;
	cleanup_nl struct nl *nl = NULL;
	bool was_there = false;
	struct nl_link link;
	struct plan p;
	int r;

	r = plan_alias(&p, a, e);
	if (r < 0)
		return r;
	lock = alias_lock(e);
	if (lock < 0 && lock != -EBADF)
		return lock;
	r = nl_open(&nl, e);
	if (r < 0)
		return r;
	r = nl_link_get(nl, a->ifname, &link, e);
	if (r < 0)
		return r;
	p.a.index = link.index;
	plan_broadcast(&p, &link);
	r = nl_addr_add(nl, &p.a, e);
	if (r == -EEXIST)
		was_there = true;
	else if (r < 0)
		return explain_add(a, p.a.prefixlen, r, e);
	if (p.set_up && !(link.flags & IFF_UP)) {
		r = nl_link_set_up(nl, link.index, true, e);
		if (r < 0) {
			/* All or nothing, as the caller's ledger counts the whole alias. */
			if (!was_there)
				(void)nl_addr_del(nl, &p.a, NULL);
			return err_wrap(e, "interface %s: up", a->ifname);
		}
	}
	*ret_was_there = was_there;
	return 0;
}

/* ---- removing ---- */

static bool
same_network(const struct nl_addr *a, const struct nl_addr *b)
{
	if (a->prefixlen != b->prefixlen)
		return false;
	for (unsigned i = 0; i < a->prefixlen; i++)
		if ((a->address[i / 8] ^ b->address[i / 8]) & (0x80 >> (i % 8)))
			return false;
	return true;
}

/* The kernel's rule (net/ipv4/devinet.c): a primary takes its secondaries with it. */
static bool
falls_with(const struct nl_addr *del, const struct nl_addr *a)
{
	return a != del && (a->flags & IFA_F_SECONDARY) && same_network(del, a);
}

static bool
same_address(const struct nl_addr *a, const struct nl_addr *b)
{
	return a->prefixlen == b->prefixlen && memcmp(a->local, b->local, sizeof(a->local)) == 0 &&
	       memcmp(a->address, b->address, sizeof(a->address)) == 0;
}

static bool
promotes(const char *ifname)
{
	const char *const where[] = {"all", ifname};
	bool found = false;

	for (size_t i = 0; i < ARRAY_SIZE(where); i++) {
		cleanup_free char *text = NULL;
		char name[96];

		(void)snprintf(
		    name, sizeof(name), "/proc/sys/net/ipv4/conf/%s/promote_secondaries", where[i]);
		/* Unreadable counts as 0: putting back what is still there does no harm. */
		if (path_read(AT_FDCWD, name, 64, &text, NULL) >= 0 && text[0] == '1')
			found = true;
	}
	return found;
}

/* What must be there again after the deletion. */
struct lost {
	struct nl_addr *back;
	size_t nback;
	struct nl_route *routes;
	size_t nroutes;
};

static void
lost_done(struct lost *l)
{
	free(l->back);
	nl_routes_free(l->routes, l->nroutes);
}
#define cleanup_lost __attribute__((cleanup(lost_done)))

/*
 * A route falls if its preferred source does, or with the last address of its
 * interface.  The kernel makes its own again.
 */
static bool
route_falls(const struct nl_route *r, const struct lost *l, int index, bool all_go)
{
	if (r->protocol == RTPROT_KERNEL)
		return false;
	if (all_go && (r->oif == index || r->multipath))
		return true;
	for (size_t i = 0; r->has_prefsrc && i < l->nback; i++)
		if (memcmp(r->prefsrc, l->back[i].local, 4) == 0)
			return true;
	return false;
}

static int
find_lost(struct nl *nl, const struct nl_addr *all, size_t n, const struct nl_addr *del,
    struct lost *ret, struct err *e)
{
	size_t kept = 0;
	bool all_go;
	int r;

	ret->back = calloc(n, sizeof(*ret->back));
	if (ret->back == NULL)
		return err_errno(e, ENOMEM, "netlink");
	for (size_t i = 0; i < n; i++)
		if (falls_with(del, &all[i]))
			ret->back[ret->nback++] = all[i];
	if (ret->nback == 0)
		return 0;
	all_go = ret->nback + 1 == n;
	r = nl_route_list(nl, AF_INET, &ret->routes, &ret->nroutes, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < ret->nroutes; i++) {
		if (route_falls(&ret->routes[i], ret, del->index, all_go))
			ret->routes[kept++] = ret->routes[i];
		else
			free(ret->routes[i].msg);
	}
	ret->nroutes = kept;
	return 0;
}

/*
 * Looks whether what had to stay is there, and puts it back if not: an address that came
 * between list and deletion, or an answer that got lost.
 */
static int
put_back_missing(struct nl *nl, const struct nl_addr *want, size_t nwant, struct err *e)
{
	cleanup_free struct nl_addr *now = NULL;
	size_t n;
	int r;

	if (nwant == 0)
		return 0;
	r = nl_addr_list(nl, want[0].family, want[0].index, &now, &n, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < nwant; i++) {
		char buf[INET6_ADDRSTRLEN];
		bool found = false;

		for (size_t k = 0; k < n && !found; k++)
			found = same_address(&want[i], &now[k]);
		if (found)
			continue;
		r = nl_addr_add(nl, &want[i], e);
		if (r < 0 && r != -EEXIST)
			return err_wrap(e,
			    "the address %s/%u of the same subnet could not be put back",
			    inet_ntop(want[i].family, want[i].local, buf, sizeof(buf)),
			    want[i].prefixlen);
	}
	return 0;
}

static int
delete_and_keep(struct nl *nl, const struct nl_addr *del, const struct lost *l, struct err *e)
{
	cleanup_free struct nl_addr *gone = NULL;
	size_t ngone = 0;
	unsigned failed = 0;
	int r, r2;

	r = nl_addr_swap(
	    nl, del, l->back, l->nback, l->routes, l->nroutes, &gone, &ngone, &failed, e);
	if (r < 0 && r != -ENOBUFS)
		return r;
	r = put_back_missing(nl, l->back, l->nback, e);
	r2 = put_back_missing(nl, gone, ngone, r < 0 ? NULL : e);
	return r < 0 ? r : r2;
}

static int
delete_entry(struct nl *nl, const char *ifname, const struct nl_addr *all, size_t n,
    const struct nl_addr *del, struct err *e)
{
	cleanup_lost struct lost l = {0};
	int r;

	if (del->family == AF_INET && !(del->flags & IFA_F_SECONDARY) && !promotes(ifname)) {
		r = find_lost(nl, all, n, del, &l, e);
		if (r < 0)
			return r;
		/* Also without a sibling: one may come before the deletion does. */
		return delete_and_keep(nl, del, &l, e);
	}
	return nl_addr_del(nl, del, e);
}

int
addr_alias_del(const char *ifname, int family, const char *address, int prefixlen, struct err *e)
{
	cleanup_fd int lock = -EBADF;
	cleanup_nl struct nl *nl = NULL;
	cleanup_free struct nl_addr *all = NULL;
	const struct nl_addr *del;
	struct nl_link link;
	struct plan p;
	size_t n;
	int r;

	r = plan_addr(&p, family, address, prefixlen, e);
	if (r < 0)
		return r;
	lock = alias_lock(e);
	if (lock < 0 && lock != -EBADF)
		return lock;
	r = nl_open(&nl, e);
	if (r < 0)
		return r;
	r = nl_link_get(nl, ifname, &link, e);
	/* An interface that is gone took its addresses along. */
	if (r == -ENODEV)
		return 0;
	if (r < 0)
		return r;
	p.a.index = link.index;
	/* IPv6 has no secondaries, and lo may have thousands. */
	if (family == AF_INET6) {
		r = nl_addr_del(nl, &p.a, e);
	} else {
		r = nl_addr_list(nl, family, link.index, &all, &n, e);
		if (r < 0)
			return err_wrap(e, "interface %s", ifname);
		del = find_alias(all, n, &p.a);
		if (del == NULL)
			return 0;
		r = delete_entry(nl, ifname, all, n, del, e);
	}
	if (r == -EADDRNOTAVAIL || r == -ENODEV)
		return 0;
	if (r < 0)
		return err_wrap(e, "interface %s: %s/%u", ifname, address, p.a.prefixlen);
	return 0;
}
