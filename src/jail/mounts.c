#include "jail/mounts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "base/str.h"
#include "jail/args.h"
#include "libjail/gaol.h"

#define BLANKS " \t\n\r\v\f"

/* A file of mounts is a page or two; this is a bound, not a budget. */
#define FSTAB_MAX (16u << 20)

/* devfs_ruleset of a jail that names none. */
#define RULESET_DEFAULT "4"

/* ---- escapes ---------------------------------------------------------------------- */

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static size_t
unvis_octal(const char *s, char *ret)
{
	unsigned value = 0;
	size_t n = 0;

	while (n < 3 && s[n] >= '0' && s[n] <= '7')
		value = value * 8 + (unsigned)(s[n++] - '0');
	*ret = (char)value;
	return n;
}

static size_t
unvis_hex(const char *s, char *ret)
{
	int value = 0;
	size_t n = 0;

	while (n < 2 && hex_value(s[n]) >= 0)
		value = value * 16 + hex_value(s[n++]);
	*ret = (char)value;
	return n;
}

/* "^C" behind the backslash, or behind "M" with the eighth bit. */
static size_t
unvis_control(const char *s, char *ret)
{
	if (s[0] != '^' || s[1] == '\0')
		return 0;
	*ret = s[1] == '?' ? 0x7f : (char)(s[1] & 0x1f);
	return 2;
}

static size_t
unvis_meta(const char *s, char *ret)
{
	size_t n;

	if (s[0] == '-' && s[1] != '\0') {
		*ret = (char)(s[1] | 0x80);
		return 2;
	}
	n = unvis_control(s, ret);
	*ret = (char)(*ret | 0x80);
	return n;
}

/*
 * One escape, s standing behind the backslash.  Returns how many bytes it took, 0 if
 * it is none.  *ret_any is false for the one that stands for nothing.
 */
static size_t
unvis_one(const char *s, char *ret, bool *ret_any)
{
	static const char from[] = "snrtabvfE", to[] = " \n\r\t\a\b\v\f\033";
	const char *simple = strchr(from, s[0]);
	size_t n;

	*ret_any = true;
	if (s[0] == '\0')
		return 0;
	if (s[0] >= '0' && s[0] <= '7')
		return unvis_octal(s, ret);
	if (simple != NULL) {
		*ret = to[simple - from];
		return 1;
	}
	switch (s[0]) {
	case 'x':
		n = unvis_hex(s + 1, ret);
		return n != 0 ? n + 1 : 0;
	case '^':
		return unvis_control(s, ret);
	case 'M':
		n = unvis_meta(s + 1, ret);
		return n != 0 ? n + 1 : 0;
	case '$':
		*ret_any = false;
		return 1;
	default:
		*ret = s[0];
		return s[0] > ' ' && s[0] < 0x7f ? 1 : 0;
	}
}

int
mount_unvis(const char *text, char **ret)
{
	char *out = malloc(strlen(text) + 1);
	size_t n = 0;

	if (out == NULL)
		return -ENOMEM;
	while (*text != '\0') {
		bool any = true;
		char c = *text++;

		if (c == '\\') {
			size_t used = unvis_one(text, &c, &any);

			/* A NUL would end the name early and hide the rest of it. */
			if (used == 0 || (any && c == '\0')) {
				free(out);
				return -EINVAL;
			}
			text += used;
		}
		if (any)
			out[n++] = c;
	}
	out[n] = '\0';
	*ret = out;
	return 0;
}

/* ---- lines --------------------------------------------------------------------------- */

/* The next word of the line, malloc'ed; *s moves behind it.  0: no more. */
static int
next_word(const char **s, char **ret)
{
	const char *word = *s + strspn(*s, BLANKS);
	size_t n = strcspn(word, BLANKS);

	*s = word + n;
	if (n == 0)
		return 0;
	*ret = strndup(word, n);
	return *ret != NULL ? 1 : -ENOMEM;
}

/* The words as they stand; returns how many there are, four at most. */
static int
split_line(const char *line, char *words[4])
{
	int n = 0;

	while (n < 4) {
		int r = next_word(&line, &words[n]);

		if (r < 0)
			return r;
		if (r == 0)
			break;
		n++;
	}
	return n;
}

/* The line without the blanks around it, as it stands in messages. */
static int
line_error(struct err *e, const char *param, const char *line, const char *what)
{
	size_t n;

	line += strspn(line, BLANKS);
	n = strlen(line);
	while (n > 0 && strchr(BLANKS, line[n - 1]) != NULL)
		n--;
	return err_set(e, EINVAL, "%s: %.*s: %s", param, (int)n, line, what);
}

int
mount_line_parse(const char *param, const char *line, struct mount_line *ret, struct err *e)
{
	struct mount_line l = {0};
	char *words[4] = {NULL};
	int n = split_line(line, words);
	int r = n < 0 ? n : 0;

	if (n == 1 || n == 2)
		r = line_error(e, param, line, "missing information");
	if (n >= 3) {
		l.type = take_ptr(words[2]);
		l.options = take_ptr(words[3]);
		r = mount_unvis(words[0], &l.source);
		if (r == 0)
			r = mount_unvis(words[1], &l.target);
		if (r == -EINVAL)
			r = line_error(e, param, line, "fstab parse error");
		else if (r == 0 && l.target[0] != '/')
			r = err_set(e, EINVAL, "%s: %s: not an absolute pathname", param, l.target);
	}
	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		free(words[i]);
	if (r < 0) {
		if (r == -ENOMEM)
			(void)err_set(e, ENOMEM, "out of memory");
		mount_line_done(&l);
		return r;
	}
	*ret = l;
	return 0;
}

void
mount_line_done(struct mount_line *l)
{
	free(l->source);
	free(l->target);
	free(l->type);
	free(l->options);
	*l = (struct mount_line){0};
}

/* ---- the list ------------------------------------------------------------------------- */

/* Takes s in any case; NULL stays NULL. */
static int
own(struct mounts *m, char *s)
{
	if (s == NULL)
		return 0;
	if (m->nowned == m->owned_size) {
		size_t size = m->owned_size == 0 ? 16 : m->owned_size * 2;
		char **v = reallocarray(m->owned, size, sizeof(*v));

		if (v == NULL) {
			free(s);
			return -ENOMEM;
		}
		m->owned = v;
		m->owned_size = size;
	}
	m->owned[m->nowned++] = s;
	return 0;
}

static int
add_mount(struct mounts *m, const struct gaol_mount *mount)
{
	if (m->n == m->size) {
		size_t size = m->size == 0 ? 8 : m->size * 2;
		struct gaol_mount *v = reallocarray(m->v, size, sizeof(*v));

		if (v == NULL)
			return -ENOMEM;
		m->v = v;
		m->size = size;
	}
	m->v[m->n++] = *mount;
	return 0;
}

/* Takes the strings in any case. */
static int
add_owned(struct mounts *m, const char *param, struct mount_line *l)
{
	struct gaol_mount mount = {
	    .param = param,
	    .source = l->source,
	    .target = l->target,
	    .type = l->type,
	    .options = l->options,
	};
	int r = own(m, take_ptr(l->source));

	if (r == 0)
		r = own(m, take_ptr(l->target));
	if (r == 0)
		r = own(m, take_ptr(l->type));
	if (r == 0)
		r = own(m, take_ptr(l->options));
	if (r == 0)
		r = add_mount(m, &mount);
	mount_line_done(l);
	return r;
}

static int
add_line(struct mounts *m, const char *param, const char *line, struct err *e)
{
	struct mount_line l = {0};
	int r = mount_line_parse(param, line, &l, e);

	if (r < 0 || l.source == NULL)
		return r;
	r = add_owned(m, param, &l);
	return r < 0 ? err_set(e, -r, "out of memory") : 0;
}

static int
add_fstab(struct mounts *m, const char *file, int lines, struct err *e)
{
	cleanup_free char *text = NULL;
	char *rest, *line;
	int r = path_read(AT_FDCWD, file, FSTAB_MAX, &text, NULL);

	if (r < 0)
		return err_errno(e, -r, "mount.fstab: %s", file);
	rest = text;
	while (lines && r == 0 && (line = strsep(&rest, "\n")) != NULL) {
		line[strcspn(line, "#")] = '\0';
		r = add_line(m, "mount.fstab", line, e);
	}
	return r;
}

/* PATH/NAME, without a second slash where path is "/". */
static char *
below(const char *path, const char *name)
{
	size_t n = path != NULL ? strlen(path) : 0;
	char *s;

	while (n > 0 && path[n - 1] == '/')
		n--;
	return asprintf(&s, "%.*s/%s", (int)n, path != NULL ? path : "", name) < 0 ? NULL : s;
}

static bool
has_target(const struct mounts *m, const char *target)
{
	for (size_t i = 0; i < m->n; i++)
		if (strcmp(m->v[i].target, target) == 0)
			return true;
	return false;
}

/* mount.devfs, mount.fdescfs, mount.procfs: the parameter, the place, on without being asked for.
 */
static const struct special {
	const char *param;
	const char *type;
	const char *place;
	bool by_default;
	bool ruleset;
} specials[] = {
    {"mount.devfs", "devfs", "dev", false, true},
    {"mount.fdescfs", "fdescfs", "dev/fd", false, false},
    /* On by default, as Linux's programs cannot do without. */
    {"mount.procfs", "procfs", "proc", true, false},
};

static int
special_options(const struct special *s, const struct args *set, char **ret)
{
	const char *ruleset = args_string(set, "devfs_ruleset");

	if (!s->ruleset)
		return 0;
	if (ruleset == NULL || ruleset[0] == '\0')
		ruleset = RULESET_DEFAULT;
	return asprintf(ret, "ruleset=%s", ruleset) < 0 ? -ENOMEM : 0;
}

static int
add_special(struct mounts *m, const struct special *s, const struct args *set, const char *path,
    struct err *e)
{
	bool asked = args_find(set, s->param) != NULL;
	struct mount_line l = {0};

	if (!args_bool(set, s->param, s->by_default))
		return 0;
	if (asked && path == NULL)
		return err_set(e, EINVAL, "%s: no jail root path defined", s->param);
	l.target = below(path, s->place);
	l.source = strdup(s->type);
	l.type = strdup(s->type);
	if (l.target == NULL || l.source == NULL || l.type == NULL ||
	    special_options(s, set, &l.options) < 0) {
		mount_line_done(&l);
		return err_set(e, ENOMEM, "out of memory");
	}
	/* Nobody asked for a second one above the administrator's own line. */
	if (!asked && has_target(m, l.target)) {
		mount_line_done(&l);
		return 0;
	}
	return add_owned(m, s->param, &l) < 0 ? err_set(e, ENOMEM, "out of memory") : 0;
}

static int
collect(const struct args *set, const char *path, int lines, struct mounts *m, struct err *e)
{
	size_t nlines, nfiles;
	char *const *line = args_list(set, "mount", &nlines);
	char *const *file = args_list(set, "mount.fstab", &nfiles);
	int r = 0;

	for (size_t i = 0; lines && r == 0 && i < nlines; i++)
		r = add_line(m, "mount", line[i], e);
	for (size_t i = 0; r == 0 && i < nfiles; i++)
		if (file[i][0] != '\0')
			r = add_fstab(m, file[i], lines, e);
	for (size_t i = 0; lines && r == 0 && i < ARRAY_SIZE(specials); i++)
		r = add_special(m, &specials[i], set, path, e);
	return r;
}

int
mounts_collect(
    const struct args *set, const char *path, int lines, struct mounts *ret, struct err *e)
{
	struct mounts m = {0};
	int r = collect(set, path, lines, &m, e);

	if (r < 0) {
		mounts_done(&m);
		return r;
	}
	*ret = m;
	return 0;
}

void
mounts_done(struct mounts *m)
{
	for (size_t i = 0; i < m->nowned; i++)
		free(m->owned[i]);
	free(m->owned);
	free(m->v);
	*m = (struct mounts){0};
}
