#include "conf/lex.h"

#include <errno.h>
#include <string.h>

void
lex_init(struct lex *lx, const char *text, uint32_t len)
{
	*lx = (struct lex){.text = text, .len = len, .line = 1};
}

void
lex_done(struct lex *lx)
{
	str_done(&lx->buf);
}

/* No locale: the language is ASCII whatever the administrator speaks. */
static bool
is_alnum(unsigned char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool
is_word(unsigned char c)
{
	return is_alnum(c) || (c != '\0' && strchr("_!%&()-.:<>?@[]^`|~", c) != NULL);
}

static bool
is_var_start(unsigned char c)
{
	return c == '_' || (is_alnum(c) && !(c >= '0' && c <= '9'));
}

static int
hex_digit(unsigned char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static unsigned char
byte_at(const struct lex *lx, uint32_t i)
{
	return i < lx->len ? (unsigned char)lx->text[i] : '\0';
}

static void
count_lines(struct lex *lx, uint32_t from, uint32_t to)
{
	const char *p = lx->text + from, *end = lx->text + to;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		lx->line++;
		p++;
	}
}

static uint32_t
end_of_line(const struct lex *lx, uint32_t i)
{
	const char *p = i < lx->len ? memchr(lx->text + i, '\n', lx->len - i) : NULL;

	return p != NULL ? (uint32_t)(p - lx->text) : lx->len;
}

/*
 * The escape whose backslash is at i: *ret_byte is what it means, -1 if nothing (a
 * newline that is taken out).  Returns where it ends.
 */
static uint32_t
escape(const struct lex *lx, uint32_t i, uint32_t end, int *ret_byte)
{
	static const char names[] = "abfnrtv", bytes[] = "\a\b\f\n\r\t\v";
	unsigned char c;
	const char *known;

	if (++i >= end) {
		*ret_byte = '\\';
		return i;
	}
	c = (unsigned char)lx->text[i++];
	if (c >= '0' && c <= '7') {
		int v = c - '0';

		for (int n = 1; n < 3 && i < end && lx->text[i] >= '0' && lx->text[i] <= '7'; n++)
			v = v * 8 + (lx->text[i++] - '0');
		*ret_byte = v & 0xff;
	} else if (c == 'x') {
		int v = 0;

		/* Without a digit it is a NUL, as it is in FreeBSD's. */
		for (int n = 0; n < 2 && i < end && hex_digit(byte_at(lx, i)) >= 0; n++)
			v = v * 16 + hex_digit(byte_at(lx, i++));
		*ret_byte = v;
	} else if (c == '\n') {
		*ret_byte = -1;
	} else if (c != '\0' && (known = strchr(names, c)) != NULL) {
		*ret_byte = bytes[known - names];
	} else {
		*ret_byte = c;
	}
	return i;
}

/* Where the quote that opened before `from` is closed; len if nowhere. */
static uint32_t
closing_quote(const struct lex *lx, uint32_t from, char quote)
{
	uint32_t i = from;

	while (i < lx->len && lx->text[i] != quote)
		i += lx->text[i] == '\\' ? 2 : 1;
	return i < lx->len ? i : lx->len;
}

static bool
starts_variable(const struct lex *lx, uint32_t i)
{
	return byte_at(lx, i) == '$' &&
	       (byte_at(lx, i + 1) == '{' || is_var_start(byte_at(lx, i + 1)));
}

/*
 * Decodes a quoted text up to `end`, or in "..." up to a variable.  A NUL cuts the
 * text between two dollars, as it ends FreeBSD's C strings.
 */
static int
decode(struct lex *lx, uint32_t end, bool variables)
{
	bool cut = false;
	int r = 0;

	while (lx->pos < end && r == 0) {
		char c = lx->text[lx->pos];
		uint32_t run = lx->pos;

		if (c == '\\') {
			int byte;

			lx->pos = escape(lx, lx->pos, end, &byte);
			cut = cut || byte == 0;
			if (byte >= 0 && !cut)
				r = str_addc(&lx->buf, (char)byte);
			continue;
		}
		if (c == '$' && variables) {
			if (starts_variable(lx, lx->pos))
				break;
			cut = false;
			r = str_addc(&lx->buf, c);
			lx->pos++;
			continue;
		}
		if (c == '\0')
			cut = true;
		while (run < end && lx->text[run] != '\\' && lx->text[run] != '\0' &&
		       (lx->text[run] != '$' || !variables))
			run++;
		if (run == lx->pos)
			run++;
		if (!cut)
			r = str_addn(&lx->buf, lx->text + lx->pos, run - lx->pos);
		lx->pos = run;
	}
	return r;
}

static int
piece(struct lex *lx, struct lex_token *t)
{
	t->type = LEX_PIECE;
	t->joined = lx->joined;
	t->text = str_get(&lx->buf);
	t->len = (uint32_t)lx->buf.len;
	lx->joined = true;
	return 0;
}

static int
error(struct lex *lx, struct lex_token *t, const char *what)
{
	t->type = LEX_ERROR;
	t->text = what;
	t->len = (uint32_t)strlen(what);
	lx->joined = false;
	return 0;
}

static int
variable(struct lex *lx, struct lex_token *t)
{
	bool braced = byte_at(lx, lx->pos + 1) == '{';
	uint32_t from = lx->pos + (braced ? 2 : 1), i = from;

	if (braced) {
		while (i < lx->len && lx->text[i] != '\n' && lx->text[i] != '{' &&
		       lx->text[i] != '}' && (lx->text[i] != '"' || !lx->quoted))
			i++;
		if (byte_at(lx, i) != '}') {
			lx->pos = i;
			t->end = i;
			return error(lx, t, "unterminated variable");
		}
	} else {
		while (is_alnum(byte_at(lx, i)) || byte_at(lx, i) == '_')
			i++;
	}
	t->type = LEX_VAR;
	t->joined = lx->joined;
	t->text = lx->text + from;
	/* A NUL ends a name as it ends a value. */
	t->len = (uint32_t)strnlen(lx->text + from, i - from);
	lx->pos = braced ? i + 1 : i;
	t->end = lx->pos;
	lx->joined = true;
	return 0;
}

/* The next part of "...", pos being before quote_end. */
static int
quoted_part(struct lex *lx, struct lex_token *t)
{
	uint32_t from = lx->pos;
	int r;

	if (starts_variable(lx, lx->pos))
		return variable(lx, t);
	r = decode(lx, lx->quote_end, true);
	if (r < 0)
		return r;
	count_lines(lx, from, lx->pos);
	t->end = lx->pos;
	return piece(lx, t);
}

static int
string(struct lex *lx, struct lex_token *t, char quote)
{
	uint32_t from = lx->pos + 1, close = closing_quote(lx, from, quote);
	int r;

	if (close == lx->len) {
		/* Most likely it was to end on its line, so what follows is read as usual. */
		t->end = lx->pos = end_of_line(lx, lx->pos);
		return error(lx, t, "unterminated string");
	}
	lx->pos = from;
	r = decode(lx, close, quote == '"');
	if (r < 0)
		return r;
	count_lines(lx, from, lx->pos);
	t->end = close + 1;
	if (lx->pos == close) {
		lx->pos = close + 1;
	} else {
		lx->quoted = true;
		lx->quote_end = close;
	}
	return piece(lx, t);
}

static int
word(struct lex *lx, struct lex_token *t)
{
	uint32_t i = lx->pos;
	int r;

	while (is_word(byte_at(lx, i)))
		i++;
	if (i == lx->pos)
		i++;
	r = str_addn(&lx->buf, lx->text + lx->pos, i - lx->pos);
	if (r < 0)
		return r;
	t->end = lx->pos = i;
	return piece(lx, t);
}

static int
bare_escape(struct lex *lx, struct lex_token *t)
{
	uint32_t from = lx->pos;
	int byte, r = 0;

	lx->pos = escape(lx, lx->pos, lx->len, &byte);
	count_lines(lx, from, lx->pos);
	if (byte > 0)
		r = str_addc(&lx->buf, (char)byte);
	t->end = lx->pos;
	return r < 0 ? r : piece(lx, t);
}

static int
punctuation(struct lex *lx, struct lex_token *t, enum lex_type type, uint32_t len)
{
	t->type = type;
	t->end = lx->pos += len;
	lx->joined = false;
	return 0;
}

static int
bad(struct lex *lx, struct lex_token *t)
{
	uint32_t i = lx->pos + 1;

	/* Words of other alphabets are shown whole, not byte by byte. */
	if (byte_at(lx, lx->pos) >= 0x80)
		while (byte_at(lx, i) >= 0x80)
			i++;
	return punctuation(lx, t, LEX_BAD, i - lx->pos);
}

/* Skips blanks and comments, which end a string.  False: an unterminated comment is at pos. */
static bool
skip(struct lex *lx)
{
	for (; lx->pos < lx->len; lx->joined = false) {
		unsigned char c = byte_at(lx, lx->pos), next = byte_at(lx, lx->pos + 1);

		if (c == '\n') {
			lx->line++;
			lx->pos++;
		} else if (c == ' ' || c == '\t' || c == '\r') {
			lx->pos++;
		} else if (c == '#' || (c == '/' && next == '/')) {
			lx->pos = end_of_line(lx, lx->pos);
		} else if (c == '/' && next == '*') {
			const char *from = lx->text + lx->pos + 2;
			const char *end = memmem(from, lx->len - lx->pos - 2, "*/", 2);

			if (end == NULL)
				return false;
			count_lines(lx, lx->pos, (uint32_t)(end - lx->text));
			lx->pos = (uint32_t)(end - lx->text) + 2;
		} else {
			break;
		}
	}
	return true;
}

int
lex_next(struct lex *lx, struct lex_token *t)
{
	unsigned char c;

	*t = (struct lex_token){0};
	lx->buf.len = 0;
	if (lx->buf.s != NULL)
		lx->buf.s[0] = '\0';
	if (lx->quoted && lx->pos >= lx->quote_end) {
		lx->quoted = false;
		lx->pos = lx->quote_end + 1;
	}
	t->off = lx->pos;
	t->line = lx->line;
	if (lx->quoted)
		return quoted_part(lx, t);
	if (!skip(lx)) {
		t->off = lx->pos;
		t->line = lx->line;
		t->end = lx->pos = lx->len;
		return error(lx, t, "unterminated comment");
	}
	t->off = lx->pos;
	t->line = lx->line;
	t->end = lx->pos;
	if (lx->pos >= lx->len)
		return 0;
	c = byte_at(lx, lx->pos);
	switch (c) {
	case '{':
		return punctuation(lx, t, LEX_OPEN, 1);
	case '}':
		return punctuation(lx, t, LEX_CLOSE, 1);
	case ';':
		return punctuation(lx, t, LEX_SEMI, 1);
	case ',':
		return punctuation(lx, t, LEX_COMMA, 1);
	case '=':
		return punctuation(lx, t, LEX_SET, 1);
	case '+':
		if (byte_at(lx, lx->pos + 1) == '=')
			return punctuation(lx, t, LEX_APPEND, 2);
		return word(lx, t);
	case '"':
	case '\'':
		return string(lx, t, (char)c);
	case '\\':
		return bare_escape(lx, t);
	case '$':
		return starts_variable(lx, lx->pos) ? variable(lx, t) : word(lx, t);
	case '*':
	case '/':
		return word(lx, t);
	default:
		return is_word(c) ? word(lx, t) : bad(lx, t);
	}
}
