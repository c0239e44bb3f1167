/*
 * Writes JSON as libxo(3) lays it out, so that what compared FreeBSD's output
 * byte for byte still can.  Escapes all that JSON needs; what is not UTF-8 becomes
 * U+FFFD.
 */
#ifndef GAOL_JLS_JSON_H
#define GAOL_JLS_JSON_H

#include <stdbool.h>
#include <stdio.h>

struct json {
	FILE *file;
	bool pretty;
	int depth;
	bool more; /* a member of the open container was written */
};

/* name is NULL in a list, and for the outermost container. */
void json_open(struct json *w, const char *name, char bracket);
void json_close(struct json *w, char bracket);

/* The member that libxo puts first. */
void json_version(struct json *w, const char *version);

void json_string(struct json *w, const char *name, const char *value);
void json_string_n(struct json *w, const char *name, const char *value, size_t len);
/* A number, or true and false: as it is. */
void json_bare(struct json *w, const char *name, const char *value);
/* "a,b" as a list of strings. */
void json_list(struct json *w, const char *name, const char *commas);

#endif
