#include "jls/json.h"

#include <string.h>

#include "jls/text.h"

static void
escaped(struct json *w, const char *s, size_t len)
{
	const char *end = s + len;

	(void)fputc('"', w->file);
	while (s < end) {
		size_t n = text_utf8_len(s);

		if (n == 0 || n > (size_t)(end - s)) {
			(void)fputs("\\ufffd", w->file);
			s++;
			continue;
		}
		if (*s == '"' || *s == '\\')
			(void)fprintf(w->file, "\\%c", *s);
		else if (*s == '\n')
			(void)fputs("\\n", w->file);
		else if (*s == '\r')
			(void)fputs("\\r", w->file);
		else if (*s == '\t')
			(void)fputs("\\t", w->file);
		else if ((unsigned char)*s < 0x20 || *s == 0x7f)
			(void)fprintf(w->file, "\\u%04x", (unsigned)*s);
		else
			(void)fwrite(s, 1, n, w->file);
		s += n;
	}
	(void)fputc('"', w->file);
}

/* libxo puts a blank before and after the name of a container, and none around a leaf's. */
static void
begin(struct json *w, const char *name, bool container)
{
	if (w->more)
		(void)fputs(container && name != NULL && !w->pretty ? ", " : ",", w->file);
	if (w->pretty && w->depth > 0)
		(void)fprintf(w->file, "\n%*s", 2 * w->depth, "");
	if (name != NULL) {
		escaped(w, name, strlen(name));
		(void)fputs(container || w->pretty ? ": " : ":", w->file);
	}
	w->more = true;
}

void
json_open(struct json *w, const char *name, char bracket)
{
	begin(w, name, true);
	(void)fputc(bracket, w->file);
	w->depth++;
	w->more = false;
}

void
json_close(struct json *w, char bracket)
{
	w->depth--;
	if (w->pretty && w->more)
		(void)fprintf(w->file, "\n%*s", 2 * w->depth, "");
	(void)fputc(bracket, w->file);
	w->more = true;
	if (w->depth == 0)
		(void)fputc('\n', w->file);
}

void
json_version(struct json *w, const char *version)
{
	begin(w, "__version", true);
	escaped(w, version, strlen(version));
}

void
json_string_n(struct json *w, const char *name, const char *value, size_t len)
{
	begin(w, name, false);
	escaped(w, value, len);
}

void
json_string(struct json *w, const char *name, const char *value)
{
	json_string_n(w, name, value, strlen(value));
}

void
json_bare(struct json *w, const char *name, const char *value)
{
	begin(w, name, false);
	(void)fputs(value, w->file);
}

void
json_list(struct json *w, const char *name, const char *commas)
{
	json_open(w, name, '[');
	while (*commas != '\0') {
		size_t len = strcspn(commas, ",");

		json_string_n(w, NULL, commas, len);
		commas += len;
		if (*commas == ',')
			commas++;
	}
	json_close(w, ']');
}
