/* Messages: texts that are safe to show, and the line that they are about. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "conf/impl.h"
#include "conf/vec.h"

/* Of the offending line, as much as a person can look at. */
#define SOURCE_MAX 400
#define SOURCE_BEFORE 200

/* Length of the UTF-8 character at s, and its code point; 0: not UTF-8. */
static size_t
utf8_char(const unsigned char *s, size_t len, uint32_t *ret)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = s[0] < 0x80	 ? 1
		   : s[0] < 0xc2 ? 0
		   : s[0] < 0xe0 ? 2
		   : s[0] < 0xf0 ? 3
		   : s[0] < 0xf5 ? 4
				 : 0;
	uint32_t c;

	if (n == 0 || n > len)
		return 0;
	c = n == 1 ? s[0] : s[0] & (0xffU >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s[i] & 0x3fU);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*ret = c;
	return n;
}

/* C0, DEL and C1 command a terminal; the others make a line read other than it is, or cannot be
 * seen. */
static bool
is_harmful(uint32_t c)
{
	static const uint32_t ranges[][2] = {{0, 0x1f}, {0x7f, 0x9f}, {0x200b, 0x200b},
	    {0x200e, 0x200f}, {0x2028, 0x202e}, {0x2060, 0x2069}, {0xfeff, 0xfeff}};

	for (size_t i = 0; i < ARRAY_SIZE(ranges); i++)
		if (c >= ranges[i][0] && c <= ranges[i][1])
			return true;
	return false;
}

static int
escape_bytes(struct str *out, const unsigned char *s, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		if (s[i] == '\n')
			r = str_add(out, "\\n");
		else if (s[i] == '\t')
			r = str_add(out, "\\t");
		else if (s[i] == '\r')
			r = str_add(out, "\\r");
		else
			r = str_addf(out, "\\x%02x", s[i]);
	}
	return r;
}

int
conf_message_escape(struct str *out, const char *text, size_t len, size_t max)
{
	const unsigned char *s = (const unsigned char *)text;
	bool more = len > max;
	int r = 0;

	while (len > 0 && r == 0) {
		uint32_t c = 0;
		size_t n = utf8_char(s, len, &c);
		bool harmful = n == 0 || is_harmful(c);

		if (n == 0)
			n = 1;
		if (more && n > max)
			break;
		r = harmful ? escape_bytes(out, s, n) : str_addn(out, (const char *)s, n);
		s += n;
		len -= n;
		max -= n < max ? n : max;
	}
	if (r == 0 && more)
		r = str_add(out, "...");
	return r;
}

/* Line starts, so that a hundred thousand messages do not each count lines. */
static int
index_lines(struct source *s)
{
	if (s->lines != NULL)
		return 0;
	s->nlines = 0;
	for (uint32_t size = 0, i = 0;;) {
		const char *end;
		int r = VEC_ROOM(s->lines, s->nlines, size);

		if (r < 0)
			return r;
		s->lines[s->nlines++] = i;
		end = memchr(s->text + i, '\n', s->len - i);
		if (end == NULL)
			return 0;
		i = (uint32_t)(end - s->text) + 1;
	}
}

static uint32_t
line_of(const struct source *s, uint32_t off)
{
	uint32_t low = 0, high = s->nlines;

	while (high - low > 1) {
		uint32_t middle = low + (high - low) / 2;

		if (s->lines[middle] <= off)
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* Escapes but keeps tabs, which a caret's line is padded with. */
static int
escape_line(struct str *out, const char *s, size_t len)
{
	int r = 0;

	while (len > 0 && r == 0) {
		size_t n = 0;

		while (n < len && s[n] != '\t')
			n++;
		r = conf_message_escape(out, s, n, n);
		if (r == 0 && n < len) {
			r = str_addc(out, '\t');
			n++;
		}
		s += n;
		len -= n;
	}
	return r;
}

static bool
is_middle(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

int
conf_message_place(struct conf *c, struct arena *mem, struct place at, struct conf_message *ret)
{
	struct source *s = &c->sources[at.source];
	cleanup_str struct str out = STR_EMPTY;
	uint32_t line, start, end, from, to;
	char *copy;
	int r;

	r = index_lines(s);
	if (r < 0)
		return r;
	if (at.off > s->len)
		at.off = s->len;
	line = line_of(s, at.off);
	start = s->lines[line];
	end = line + 1 < s->nlines ? s->lines[line + 1] - 1 : s->len;
	from = at.off - start > SOURCE_BEFORE ? at.off - SOURCE_BEFORE : start;
	to = end - from > SOURCE_MAX ? from + SOURCE_MAX : end;
	while (from < at.off && is_middle(s->text[from]))
		from++;
	while (to < end && to > at.off && is_middle(s->text[to]))
		to--;
	r = escape_line(&out, s->text + from, at.off - from);
	ret->column = (int)out.len + 1;
	if (r == 0)
		r = escape_line(&out, s->text + at.off, to - at.off);
	if (r < 0)
		return r;
	copy = arena_copy(mem, str_get(&out), out.len);
	if (copy == NULL)
		return -ENOMEM;
	ret->source = copy;
	ret->file = s->shown;
	ret->line = (int)line + 1;
	ret->file_column = (int)(at.off - start) + 1;
	return 0;
}

int
conf_message_add(struct messages *m, const struct conf_message *message, const char *text)
{
	int r = VEC_ROOM(m->list, m->n, m->size);
	char *copy;

	if (r < 0)
		return r;
	copy = arena_copy(&m->mem, text, strlen(text));
	if (copy == NULL)
		return -ENOMEM;
	m->list[m->n] = *message;
	m->list[m->n++].text = copy;
	return 0;
}

void
conf_messages_done(struct messages *m)
{
	arena_done(&m->mem);
	free(m->list);
	*m = (struct messages){0};
}
