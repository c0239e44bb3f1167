#include "prison/devrules.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/num.h"

#define IDS_MAX 0xfffffffeu

/* In the order in which `show` prints them. */
static const struct {
	const char *word;
	unsigned type;
} type_words[] = {
    {"disk", DEV_TYPE_DISK},
    {"mem", DEV_TYPE_MEM},
    {"tape", DEV_TYPE_TAPE},
    {"tty", DEV_TYPE_TTY},
};

int
devrules_parse_num(const char *text, unsigned *ret)
{
	uint64_t n = 0;

	if (*text != '\0' && num_parse_u64(text, DEV_NUM_MAX, &n) < 0)
		return -EINVAL;
	*ret = (unsigned)n;
	return 0;
}

static int
parse_type(const char *word, struct dev_rule *r, struct err *e)
{
	for (size_t i = 0; i < ARRAY_SIZE(type_words); i++)
		if (strcmp(word, type_words[i].word) == 0) {
			r->types |= type_words[i].type;
			r->has |= DEV_HAS_TYPE;
			return 0;
		}
	return err_set(e, EINVAL, "unknown type: %s", word);
}

static int
parse_path(const char *word, struct dev_rule *r)
{
	size_t len = strlen(word);

	if (len >= sizeof(r->path)) {
		len = sizeof(r->path) - 1;
		r->truncated = true;
	}
	memcpy(r->path, word, len);
	r->path[len] = '\0';
	r->has |= DEV_HAS_PATH;
	return 0;
}

static int
parse_id(const char *word, unsigned *ret, struct err *e)
{
	uint64_t n;

	if (num_parse_u64(word, IDS_MAX, &n) < 0)
		return err_set(e, EINVAL, "error converting to integer: %s", word);
	*ret = (unsigned)n;
	return 0;
}

static int
parse_user(const char *word, const struct dev_ids *ids, struct dev_rule *r, struct err *e)
{
	r->has |= DEV_HAS_USER;
	if (ids != NULL && ids->uid != NULL && ids->uid(word, &r->uid))
		return 0;
	return parse_id(word, &r->uid, e);
}

static int
parse_group(const char *word, const struct dev_ids *ids, struct dev_rule *r, struct err *e)
{
	r->has |= DEV_HAS_GROUP;
	if (ids != NULL && ids->gid != NULL && ids->gid(word, &r->gid))
		return 0;
	return parse_id(word, &r->gid, e);
}

/* The conditions, which all stand before the first action.  Returns how many words they were. */
static int
parse_conditions(char *const *w, size_t n, struct dev_rule *r, struct err *e)
{
	size_t i;

	for (i = 0; i < n; i += 2) {
		bool path = strcmp(w[i], "path") == 0;
		int res;

		if (!path && strcmp(w[i], "type") != 0)
			break;
		if (i + 1 == n)
			return err_set(e, EINVAL, "expecting argument for %s", w[i]);
		res = path ? parse_path(w[i + 1], r) : parse_type(w[i + 1], r, e);
		if (res < 0)
			return res;
	}
	return (int)i;
}

/* An action that has an operand. */
static int
parse_operand(const char *action, const char *word, const struct dev_ids *ids, mode_t mask,
    struct dev_rule *r, struct err *e)
{
	if (strcmp(action, "user") == 0)
		return parse_user(word, ids, r, e);
	if (strcmp(action, "group") == 0)
		return parse_group(word, ids, r, e);
	if (strcmp(action, "mode") == 0) {
		r->has |= DEV_HAS_MODE;
		if (devrules_parse_mode(word, mask, &r->mode) < 0)
			return err_set(e, EINVAL, "invalid mode: %s", word);
		return 0;
	}
	r->has |= DEV_HAS_INCLUDE;
	if (devrules_parse_num(word, &r->include) < 0)
		return err_set(e, EINVAL, "error converting to number: %s", word);
	return 0;
}

static bool
has_operand(const char *action)
{
	return strcmp(action, "user") == 0 || strcmp(action, "group") == 0 ||
	       strcmp(action, "mode") == 0 || strcmp(action, "include") == 0;
}

static int
parse_actions(char *const *w, size_t n, const struct dev_ids *ids, mode_t mask, struct dev_rule *r,
    struct err *e)
{
	for (size_t i = 0; i < n; i++) {
		int res;

		if (strcmp(w[i], "hide") == 0) {
			r->has |= DEV_HAS_HIDE;
			continue;
		}
		if (strcmp(w[i], "unhide") == 0) {
			r->has |= DEV_HAS_UNHIDE;
			continue;
		}
		if (!has_operand(w[i]))
			return err_set(e, EINVAL, "unknown argument: %s", w[i]);
		if (i + 1 == n)
			return err_set(e, EINVAL, "expecting argument for %s", w[i]);
		res = parse_operand(w[i], w[i + 1], ids, mask, r, e);
		if (res < 0)
			return res;
		i++;
	}
	return 0;
}

int
devrules_parse(char *const *words, size_t n, const struct dev_ids *ids, mode_t mask,
    struct dev_rule *ret, struct err *e)
{
	struct dev_rule r = {0};
	int conds, res;

	if (n == 0)
		return err_set(e, EINVAL, "unexpected end of rulespec");
	if (devrules_parse_num(words[0], &r.num) == 0) {
		words++;
		n--;
	}
	conds = parse_conditions(words, n, &r, e);
	if (conds < 0)
		return conds;
	res = parse_actions(words + conds, n - (size_t)conds, ids, mask, &r, e);
	if (res < 0)
		return res;
	*ret = r;
	return 0;
}

static int
format_id(struct str *ret, const char *action, const char *name, unsigned id)
{
	if (name != NULL)
		return str_addf(ret, " %s %s", action, name);
	return str_addf(ret, " %s %u", action, id);
}

/* Blanks and what else would break a line apart become \ooo; nothing at all becomes \-. */
static int
format_escaped(const char *s, struct str *ret)
{
	int res = *s == '\0' ? str_add(ret, "\\-") : 0;

	for (; res >= 0 && *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c <= ' ' || c == 0x7f || c == '\\')
			res = str_addf(ret, "\\%03o", c);
		else
			res = str_addc(ret, *s);
	}
	return res;
}

static void
unescape(char *s)
{
	char *to = s;

	while (*s != '\0') {
		if (s[0] == '\\' && s[1] == '-') {
			s += 2;
		} else if (s[0] == '\\' && strspn(s + 1, "01234567") >= 3) {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 | (s[3] - '0'));
			s += 4;
		} else {
			*to++ = *s++;
		}
	}
	*to = '\0';
}

static int
split_words(const char *line, bool escaped, struct strv *ret)
{
	cleanup_free char *copy = strdup(line);
	char *rest = copy, *word;

	if (copy == NULL)
		return -ENOMEM;
	while ((word = strsep(&rest, " \t")) != NULL) {
		if (*word == '\0')
			continue;
		if (escaped)
			unescape(word);
		if (strv_add(ret, word) < 0)
			return -ENOMEM;
	}
	return 0;
}

static int
parse_line(const char *line, bool escaped, const struct dev_ids *ids, mode_t mask,
    struct dev_rule *ret, struct err *e)
{
	cleanup_strv struct strv words = {0};

	if (split_words(line, escaped, &words) < 0)
		return err_errno(e, ENOMEM, "rule");
	return devrules_parse(words.s, words.n, ids, mask, ret, e);
}

int
devrules_parse_line(
    const char *line, const struct dev_ids *ids, mode_t mask, struct dev_rule *ret, struct err *e)
{
	return parse_line(line, false, ids, mask, ret, e);
}

int
devrules_parse_stored(const char *line, struct dev_rule *ret, struct err *e)
{
	return parse_line(line, true, NULL, 0, ret, e);
}

static int
format_conditions(const struct dev_rule *r, bool escaped, struct str *ret)
{
	int res = 0;

	for (size_t i = 0; res >= 0 && i < ARRAY_SIZE(type_words); i++)
		if ((r->types & type_words[i].type) != 0)
			res = str_addf(ret, " type %s", type_words[i].word);
	if (res >= 0 && (r->has & DEV_HAS_PATH) != 0) {
		res = str_add(ret, " path ");
		if (res >= 0)
			res = escaped ? format_escaped(r->path, ret) : str_add(ret, r->path);
	}
	return res;
}

static int
format_rule(const struct dev_rule *r, const struct dev_ids *ids, bool escaped, struct str *ret)
{
	const char *user = NULL, *group = NULL;
	int res;

	res = str_addf(ret, "%u", r->num);
	if (res >= 0)
		res = format_conditions(r, escaped, ret);
	if (res >= 0 && (r->has & DEV_HAS_HIDE) != 0)
		res = str_add(ret, " hide");
	if (res >= 0 && (r->has & DEV_HAS_UNHIDE) != 0)
		res = str_add(ret, " unhide");
	if (res >= 0 && (r->has & DEV_HAS_USER) != 0) {
		if (ids != NULL && ids->user != NULL)
			user = ids->user(r->uid);
		res = format_id(ret, "user", user, r->uid);
	}
	if (res >= 0 && (r->has & DEV_HAS_GROUP) != 0) {
		if (ids != NULL && ids->group != NULL)
			group = ids->group(r->gid);
		res = format_id(ret, "group", group, r->gid);
	}
	if (res >= 0 && (r->has & DEV_HAS_MODE) != 0)
		res = str_addf(ret, " mode %o", (unsigned)r->mode);
	if (res >= 0 && (r->has & DEV_HAS_INCLUDE) != 0)
		res = str_addf(ret, " include %u", r->include);
	return res;
}

int
devrules_format(const struct dev_rule *r, const struct dev_ids *ids, struct str *ret)
{
	return format_rule(r, ids, false, ret);
}

int
devrules_format_stored(const struct dev_rule *r, struct str *ret)
{
	return format_rule(r, NULL, true, ret);
}
