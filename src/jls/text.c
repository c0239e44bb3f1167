#include "jls/text.h"

#include <string.h>

#define CONTINUES(c) (((unsigned char)(c)&0xc0) == 0x80)

size_t
text_utf8_len(const char *s)
{
	unsigned char a = (unsigned char)s[0], b;

	if (a == 0)
		return 0;
	if (a < 0x80)
		return 1;
	if (a < 0xc2 || a > 0xf4 || !CONTINUES(s[1]))
		return 0;
	b = (unsigned char)s[1];
	if (a < 0xe0)
		return 2;
	/* Longer than needed, surrogates, above U+10FFFF: Unicode 15, table 3-7. */
	if ((a == 0xe0 && b < 0xa0) || (a == 0xed && b > 0x9f) || (a == 0xf0 && b < 0x90) ||
	    (a == 0xf4 && b > 0x8f) || !CONTINUES(s[2]))
		return 0;
	if (a < 0xf0)
		return 3;
	return CONTINUES(s[3]) ? 4 : 0;
}

/* C0, DEL, C1 (U+0080 to U+009F, which some terminals obey as ESC and a letter), and what is not
 * UTF-8. */
static bool
terminal_obeys(const char *s, size_t len)
{
	unsigned char a = (unsigned char)s[0];

	return len == 0 || a < 0x20 || a == 0x7f ||
	       (a == 0xc2 && (unsigned char)s[1] >= 0x80 && (unsigned char)s[1] < 0xa0);
}

/* One character or ill-formed byte at *s in the form in which it is shown; returns its columns. */
static size_t
next_shown(const struct text_out *o, const char **s, bool lines, char buf[static 12])
{
	size_t len = text_utf8_len(*s), bytes = len > 0 ? len : 1, n = 0;

	if (o->escape && terminal_obeys(*s, len) && !(lines && (**s == '\n' || **s == '\t'))) {
		for (size_t i = 0; i < bytes; i++) {
			unsigned char c = (unsigned char)(*s)[i];

			buf[n++] = '\\';
			buf[n++] = (char)('0' + (c >> 6));
			buf[n++] = (char)('0' + ((c >> 3) & 7));
			buf[n++] = (char)('0' + (c & 7));
		}
		buf[n] = '\0';
		*s += bytes;
		return n;
	}
	memcpy(buf, *s, bytes);
	buf[bytes] = '\0';
	*s += bytes;
	return 1;
}

void
text_put(const struct text_out *o, const char *s, bool lines)
{
	char buf[12];

	if (!o->escape) {
		(void)fputs(s, o->file);
		return;
	}
	while (*s != '\0') {
		(void)next_shown(o, &s, lines, buf);
		(void)fputs(buf, o->file);
	}
}

void
text_field(const struct text_out *o, const char *s, size_t min, size_t max)
{
	char buf[12];
	size_t width = 0;

	while (*s != '\0') {
		size_t columns = next_shown(o, &s, false, buf);

		if (width + columns > max)
			break;
		(void)fputs(buf, o->file);
		width += columns;
	}
	for (; width < min; width++)
		(void)fputc(' ', o->file);
}

char
text_quote(const char *s)
{
	if (strchr(s, '\'') != NULL)
		return '"';
	if (strchr(s, '"') != NULL)
		return '\'';
	return strpbrk(s, " \t") != NULL ? '"' : '\0';
}
