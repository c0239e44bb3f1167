/* Text on its way to a terminal or a file: widths in characters, nothing that a terminal obeys. */
#ifndef GAOL_JLS_TEXT_H
#define GAOL_JLS_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Bytes of the UTF-8 character at s; 0 if there is none (an ill-formed byte, or the end). */
size_t text_utf8_len(const char *s);

/*
 * Where the text goes.  With `escape` what a terminal would obey is shown as
 * \ooo: names and host names come out of jails.
 */
struct text_out {
	FILE *file;
	bool escape;
};

/* As it is, newlines too if `lines` (meta, env: several lines are what they hold). */
void text_put(const struct text_out *o, const char *s, bool lines);

/* At least `min` characters (blanks behind), at most `max`. */
void text_field(const struct text_out *o, const char *s, size_t min, size_t max);

/* The quote that jls -q and jail -e put around a value; '\0': none. */
char text_quote(const char *s);

#endif
