#include "jail/message.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/str.h"
#include "conf/conf.h"

int message_verbose;

/* What stands at the foot of the terminal now. */
static char *progress;

bool
message_on_terminal(void)
{
	static int known = -1;

	if (known < 0)
		known = isatty(STDERR_FILENO);
	return known == 1;
}

/* How many bytes of valid UTF-8 that is no control character begin here; 0: none. */
static size_t
utf8_printable(const unsigned char *s)
{
	size_t n = s[0] >= 0xf0 && s[0] < 0xf5 ? 4 : s[0] >= 0xe0 ? 3 : 2;
	unsigned code;

	if (s[0] < 0xc2 || s[0] >= 0xf5)
		return 0;
	code = s[0] & (0xffu >> (n + 1));
	for (size_t i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return 0;
		code = code << 6 | (s[i] & 0x3fu);
	}
	/* The C1 controls, overlong forms, surrogates, and what turns the direction of writing. */
	if (code < 0xa0 || (n == 3 && code < 0x800) ||
	    (n == 4 && (code < 0x10000 || code > 0x10ffff)))
		return 0;
	if ((code >= 0xd800 && code < 0xe000) || (code >= 0x202a && code <= 0x202e) ||
	    (code >= 0x2066 && code <= 0x2069))
		return 0;
	return n;
}

int
message_visible(struct str *out, const char *text)
{
	const unsigned char *s = (const unsigned char *)text;
	int r = 0;

	while (*s != '\0' && r == 0) {
		size_t n = 1;

		if (*s >= 0x80)
			n = utf8_printable(s);
		else if ((*s < 0x20 && *s != '\n' && *s != '\t') || *s == 0x7f)
			n = 0;
		r = n != 0 ? str_addn(out, (const char *)s, n) : str_addf(out, "\\%03o", *s);
		s += n != 0 ? n : 1;
	}
	return r;
}

static void emit(FILE *to, const char *prefix, const char *name, const char *fmt, va_list ap)
    __attribute__((format(printf, 4, 0)));

/* One write; if there is no memory for the line it goes out in pieces. */
static void
emit(FILE *to, const char *prefix, const char *name, const char *fmt, va_list ap)
{
	cleanup_str struct str line = STR_EMPTY;
	cleanup_str struct str shown = STR_EMPTY;
	cleanup_free char *text = NULL;
	bool terminal = to == stderr ? message_on_terminal() : isatty(fileno(to)) == 1;

	if (vasprintf(&text, fmt, ap) < 0) {
		text = NULL;
		(void)fprintf(to, "%sout of memory\n", prefix);
		return;
	}
	if (str_addf(&line, "%s%s%s%s\n", prefix, name != NULL ? name : "",
		name != NULL ? ": " : "", text) < 0 ||
	    (terminal && message_visible(&shown, line.s) < 0)) {
		(void)fprintf(to, "%sout of memory\n", prefix);
		return;
	}
	if (progress != NULL)
		(void)fputs("\r\033[K", stderr);
	(void)fputs(terminal ? shown.s : line.s, to);
	if (progress != NULL) {
		(void)fflush(to);
		(void)fputs(progress, stderr);
	}
}

void
warn_named(const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(stderr, "jail: ", name, fmt, ap);
	va_end(ap);
}

void
warn_plain(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(stderr, "jail: ", NULL, fmt, ap);
	va_end(ap);
}

void
warn_hint(const char *fmt, ...)
{
	va_list ap;

	if (!message_on_terminal())
		return;
	va_start(ap, fmt);
	emit(stderr, "      ", NULL, fmt, ap);
	va_end(ap);
}

void
note_named(const char *name, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	emit(stdout, "", name, fmt, ap);
	va_end(ap);
}

/* The line with tabs made single blanks, so that the caret stands where it should. */
static void
show_caret(const struct conf_message *m)
{
	cleanup_free char *line = strdup(m->source);
	size_t column = m->column > 0 ? (size_t)m->column - 1 : 0;
	size_t width = 0;

	if (line == NULL)
		return;
	for (char *p = line; *p != '\0'; p++) {
		if (*p == '\t' || *p == '\n')
			*p = ' ';
		/* A byte that continues a character takes no column. */
		if ((size_t)(p - line) < column && ((unsigned char)*p & 0xc0) != 0x80)
			width++;
	}
	warn_hint("%s", line);
	if (m->column > 0)
		warn_hint("%*s^", (int)width, "");
}

void
warn_conf(const struct conf_message *m)
{
	warn_plain("%s", m->text);
	if (m->source != NULL && message_on_terminal())
		show_caret(m);
}

void
warn_where(const struct conf_message *m)
{
	if (m->file != NULL && m->line > 0)
		warn_hint("%s line %d:", m->file, m->line);
	if (m->source != NULL && message_on_terminal())
		show_caret(m);
}

void
message_progress(const char *line)
{
	cleanup_str struct str shown = STR_EMPTY;

	if (line == NULL && progress == NULL)
		return;
	if (!message_on_terminal())
		return;
	if (progress != NULL)
		(void)fputs("\r\033[K", stderr);
	free(progress);
	progress = NULL;
	if (line != NULL && message_visible(&shown, line) == 0)
		progress = str_take(&shown);
	if (progress != NULL)
		(void)fputs(progress, stderr);
}

bool
message_finish(void)
{
	message_progress(NULL);
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	if (errno == EPIPE)
		return false;
	warn_plain("standard output: %s", strerror(errno));
	return false;
}
