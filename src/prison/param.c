#include "prison/param.h"

#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "base/num.h"
#include "base/str.h"

/* Longer than any name; what does not fit is no parameter. */
#define NAME_MAX_LEN 64

/* FreeBSD's security.jail.jail_max_af_ips. */
#define ADDRESSES_MAX 255

static const char *const jailsys_words[] = {"disable", "new", "inherit"};
static const char *const bool_words[] = {"false", "true"};

/* ---- names -------------------------------------------------------------------- */

const struct param *
param_exact(const char *name)
{
	size_t low = 0, high = param_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int order = strcmp(name, param_table[mid].name);

		if (order == 0)
			return &param_table[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

/* meta.KEY and env.KEY: everything behind the first dot is the key, dots too. */
static const struct param *
find_keyvalue(const char *name, const char **ret_key)
{
	char group[NAME_MAX_LEN];
	const char *dot = strchr(name, '.');
	const struct param *p;

	if (dot == NULL || dot[1] == '\0' || (size_t)(dot - name) >= sizeof(group))
		return NULL;
	memcpy(group, name, (size_t)(dot - name));
	group[dot - name] = '\0';
	p = param_exact(group);
	if (p == NULL || !(p->flags & PARAM_KEYVALUE))
		return NULL;
	*ret_key = dot + 1;
	return p;
}

/* The boolean whose negative form this is. */
static const struct param *
find_negated(const char *name)
{
	char plain[NAME_MAX_LEN];
	const char *last = strrchr(name, '.');
	const struct param *p;
	int n;

	last = last == NULL ? name : last + 1;
	if (strncmp(last, "no", 2) != 0)
		return NULL;
	n = snprintf(plain, sizeof(plain), "%.*s%s", (int)(last - name), name, last + 2);
	if (n < 0 || (size_t)n >= sizeof(plain))
		return NULL;
	p = param_exact(plain);
	return p != NULL && p->type == PARAM_BOOL ? p : NULL;
}

const struct param *
param_find(const char *name, enum param_spelling *ret_spelling, const char **ret_key)
{
	enum param_spelling spelling = PARAM_PLAIN;
	const char *key = NULL;
	const struct param *p;

	p = param_exact(name);
	if (p == NULL)
		p = find_keyvalue(name, &key);
	if (p == NULL) {
		p = find_negated(name);
		spelling = PARAM_NO;
	}
	if (p == NULL)
		return NULL;
	if (ret_spelling != NULL)
		*ret_spelling = spelling;
	if (ret_key != NULL)
		*ret_key = key;
	return p;
}

bool
param_noname(const char *name, char *buf, size_t size)
{
	const char *last = strrchr(name, '.');
	int n;

	last = last == NULL ? name : last + 1;
	n = snprintf(buf, size, "%.*sno%s", (int)(last - name), name, last);
	return n >= 0 && (size_t)n < size;
}

/*
 * How many single letters must be added, dropped, replaced or swapped with their
 * neighbour to turn a into b.  Both are shorter than NAME_MAX_LEN.
 */
static size_t
edit_distance(const char *a, const char *b)
{
	size_t rows[3][NAME_MAX_LEN + 1];
	size_t *before = rows[0], *above = rows[1], *row = rows[2];
	size_t na = strlen(a), nb = strlen(b);

	for (size_t j = 0; j <= nb; j++)
		above[j] = j;
	for (size_t i = 1; i <= na; i++) {
		size_t *spare = before;

		row[0] = i;
		for (size_t j = 1; j <= nb; j++) {
			size_t best = above[j - 1] + (a[i - 1] != b[j - 1]);

			if (above[j] + 1 < best)
				best = above[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}
		before = above;
		above = row;
		row = spare;
	}
	return above[nb];
}

/* Names of which this is the last component: "raw_sockets" means allow.raw_sockets. */
static const char *
only_ending(const char *name)
{
	const char *found = NULL;

	for (size_t i = 0; i < param_count; i++) {
		const char *dot = strrchr(param_table[i].name, '.');

		if (dot == NULL || strcmp(dot + 1, name) != 0)
			continue;
		if (found != NULL)
			return NULL;
		found = param_table[i].name;
	}
	return found;
}

const char *
param_nearest(const char *name)
{
	size_t len = strlen(name), limit, best;
	const char *found;

	if (len < 2 || len >= NAME_MAX_LEN)
		return NULL;
	found = only_ending(name);
	if (found != NULL)
		return found;
	/* One slip in a short word, at most three in a long one; more is another word. */
	limit = len < 5 ? 1 : len < 12 ? 2 : 3;
	best = limit + 1;
	for (size_t i = 0; i < param_count; i++) {
		size_t d = edit_distance(name, param_table[i].name);

		if (d < best) {
			best = d;
			found = param_table[i].name;
		}
	}
	return found;
}

/* ---- values ------------------------------------------------------------------- */

static int
give(const char *text, char **ret, struct err *e)
{
	char *copy = strdup(text);

	if (copy == NULL)
		return err_errno(e, ENOMEM, "parameter value");
	*ret = copy;
	return 0;
}

/* FreeBSD takes any beginning of a word, in either case ("" is the first), or a number. */
static int
word_or_number(const char *const *words, size_t nwords, const char *text, int64_t *ret)
{
	size_t len = strlen(text);

	for (size_t i = 0; i < nwords; i++) {
		if (len <= strlen(words[i]) && strncasecmp(text, words[i], len) == 0) {
			*ret = (int64_t)i;
			return 0;
		}
	}
	return num_parse_i64(text, INT32_MIN, INT32_MAX, ret);
}

int
param_jailsys_from_text(const char *text)
{
	for (size_t i = 0; i < ARRAY_SIZE(jailsys_words); i++)
		if (strcmp(text, jailsys_words[i]) == 0)
			return (int)i;
	return -1;
}

static int
normalize_bool(const struct param *p, enum param_spelling spelling, const char *value, char **ret,
    struct err *e)
{
	char noname[NAME_MAX_LEN];
	const char *shown = p->name;
	int64_t v = 1;

	if (value != NULL && word_or_number(bool_words, 2, value, &v) < 0) {
		if (spelling == PARAM_NO && param_noname(p->name, noname, sizeof(noname)))
			shown = noname;
		return err_set(e, EINVAL, "%s: unknown boolean value \"%s\"", shown, value);
	}
	return give(bool_words[(v != 0) != (spelling == PARAM_NO)], ret, e);
}

static int
normalize_jailsys(const struct param *p, const char *value, char **ret, struct err *e)
{
	int64_t v = 1;

	if (value != NULL && (word_or_number(jailsys_words, 3, value, &v) < 0 || v < 0 || v > 2))
		return err_set(e, EINVAL, "%s: unknown jailsys value \"%s\"", p->name, value);
	return give(jailsys_words[v], ret, e);
}

/* A parameter of jail(8)'s own that stands without a value keeps its default. */
static const char *
value_when_alone(const struct param *p, const char *otherwise)
{
	return (p->flags & PARAM_PSEUDO) && p->def != NULL ? p->def : otherwise;
}

/* FreeBSD's kernel answers a number out of range with a bare EINVAL; say more where it says
 * nothing. */
static int
int_out_of_range(const struct param *p, const char *value, struct err *e)
{
	if (strcmp(p->name, "jid") == 0 && value[0] == '-')
		return err_set(e, EINVAL, "negative jid");
	return err_set(e, EINVAL, "%s: %s is out of range (%" PRId64 " to %" PRId64 ")", p->name,
	    value, p->min, p->max);
}

static int
normalize_int(const struct param *p, const char *value, char **ret, struct err *e)
{
	char text[32];
	int64_t v;
	int r;

	/* libjail sends an empty value where none is given, and that is no number. */
	if (value == NULL)
		value = value_when_alone(p, "");
	r = num_parse_i64(value, p->min, p->max, &v);
	if (r == -ERANGE)
		return int_out_of_range(p, value, e);
	if (r < 0)
		return err_set(e, EINVAL, "%s: non-integer value \"%s\"", p->name, value);
	if (v == 0 && strcmp(p->name, "osreldate") == 0)
		return err_set(e, EINVAL, "osreldate cannot be 0");
	(void)snprintf(text, sizeof(text), "%" PRId64, v);
	return give(text, ret, e);
}

static int
normalize_ulong(const struct param *p, const char *value, char **ret, struct err *e)
{
	char text[32];
	uint64_t v;
	int r;

	if (value == NULL)
		value = "";
	r = num_parse_u64(value, UINT64_MAX, &v);
	if (r == -ERANGE)
		return err_set(e, EINVAL, "%s: %s is out of range (0 to %" PRIu64 ")", p->name,
		    value, UINT64_MAX);
	if (r < 0)
		return err_set(e, EINVAL, "%s: non-integer value \"%s\"", p->name, value);
	(void)snprintf(text, sizeof(text), "%" PRIu64, v);
	return give(text, ret, e);
}

static int
normalize_string(const struct param *p, const char *value, char **ret, struct err *e)
{
	size_t len;

	if (value == NULL)
		value = value_when_alone(p, "");
	len = strlen(value);
	if (strcmp(p->name, "osrelease") == 0 && (len == 0 || len > (size_t)p->max))
		return err_set(e, len == 0 ? EINVAL : ENAMETOOLONG,
		    "osrelease string must be 1-31 bytes long");
	if (p->max > 0 && len > (size_t)p->max)
		return err_errno(e, (p->flags & PARAM_KEYVALUE) ? EFBIG : ENAMETOOLONG,
		    "%s: longer than %" PRId64 " bytes", p->name, p->max);
	return give(value, ret, e);
}

static int
normalize_choice(const struct param *p, const char *value, char **ret, struct err *e)
{
	const char *word = p->choices;

	if (value == NULL)
		return give(p->def, ret, e);
	for (;;) {
		size_t len = strcspn(word, "|");

		if (strlen(value) == len && strncmp(value, word, len) == 0)
			return give(value, ret, e);
		if (word[len] == '\0')
			return err_set(e, EINVAL, "%s: unknown value \"%s\" (one of %s)", p->name,
			    value, p->choices);
		word += len + 1;
	}
}

/* ---- addresses ---------------------------------------------------------------- */

/* One address in network order; IPv4 uses the first four bytes, the rest is 0. */
struct address {
	unsigned char bytes[16];
};

struct family {
	int af;
	size_t size;
	const char *label;
};

static const struct family ip4_family = {AF_INET, sizeof(struct in_addr), "IPv4"};
static const struct family ip6_family = {AF_INET6, sizeof(struct in6_addr), "IPv6"};

static int
address_order(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct address));
}

/* Those that stand for every or no host can be nobody's own. */
static bool
address_is_special(const struct family *f, const struct address *a)
{
	static const unsigned char zero[16], ones[4] = {255, 255, 255, 255};

	return memcmp(a->bytes, zero, f->size) == 0 ||
	       (f->af == AF_INET && memcmp(a->bytes, ones, sizeof(ones)) == 0);
}

static int
parse_addresses(const struct param *p, const struct family *f, char *text, struct address *list,
    size_t *ret_n, struct err *e)
{
	size_t n = 0;
	char *word;

	while ((word = strsep(&text, ",")) != NULL) {
		struct address a = {0};

		if (inet_pton(f->af, word, a.bytes) != 1)
			return err_set(
			    e, EINVAL, "%s: not an %s address: %s", p->name, f->label, word);
		if (address_is_special(f, &a))
			return err_set(
			    e, EINVAL, "%s: %s cannot be the address of a jail", p->name, word);
		for (size_t i = 0; i < n; i++)
			if (address_order(&list[i], &a) == 0)
				return err_set(e, EINVAL, "%s: %s is there twice", p->name, word);
		if (n == ADDRESSES_MAX)
			return err_set(e, EINVAL, "too many %s addresses", f->label);
		list[n++] = a;
	}
	*ret_n = n;
	return 0;
}

/* The first stays first, as it is the primary one; the kernel of FreeBSD sorts the rest. */
static int
normalize_addresses(
    const struct param *p, const struct family *f, const char *value, char **ret, struct err *e)
{
	struct address list[ADDRESSES_MAX];
	char text[INET6_ADDRSTRLEN];
	cleanup_free char *copy = NULL;
	cleanup_str struct str out = STR_EMPTY;
	size_t n;
	int r;

	if (value == NULL || value[0] == '\0' || strcmp(value, "-") == 0)
		return give("", ret, e);
	r = give(value, &copy, e);
	if (r < 0)
		return r;
	r = parse_addresses(p, f, copy, list, &n, e);
	if (r < 0)
		return r;
	qsort(list + 1, n - 1, sizeof(list[0]), address_order);
	for (size_t i = 0; i < n; i++) {
		(void)inet_ntop(f->af, list[i].bytes, text, sizeof(text));
		if (str_addf(&out, "%s%s", i > 0 ? "," : "", text) < 0)
			return err_errno(e, ENOMEM, "%s", p->name);
	}
	return give(str_get(&out), ret, e);
}

int
param_normalize(const struct param *p, enum param_spelling spelling, const char *value, char **ret,
    struct err *e)
{
	switch (p->type) {
	case PARAM_BOOL:
		return normalize_bool(p, spelling, value, ret, e);
	case PARAM_JAILSYS:
		return normalize_jailsys(p, value, ret, e);
	case PARAM_INT:
		return normalize_int(p, value, ret, e);
	case PARAM_ULONG:
		return normalize_ulong(p, value, ret, e);
	case PARAM_STRING:
		return normalize_string(p, value, ret, e);
	case PARAM_IP4:
		return normalize_addresses(p, &ip4_family, value, ret, e);
	case PARAM_IP6:
		return normalize_addresses(p, &ip6_family, value, ret, e);
	case PARAM_CHOICE:
		return normalize_choice(p, value, ret, e);
	case PARAM_LIST:
		return give(value == NULL ? "" : value, ret, e);
	}
	return err_set(e, EINVAL, "unknown type for %s", p->name);
}
