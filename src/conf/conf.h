/*
 * jail.conf(5): text in, jails and their parameters out.  Pure but for .include,
 * which reads files through a callback.  No globals, no output, no exit.  The
 * measure is FreeBSD's newest jail(8): reference jail.md, section 2.
 */
#ifndef GAOL_CONF_H
#define GAOL_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct conf;
struct conf_jail;

/* One problem; file and line are where it stands, column (1..) and the text of the line for a
 * caret. */
struct conf_message {
	const char *jail;   /* the jail that fails by it, or NULL for a parse error */
	const char *file;   /* "STDIN" for standard input; NULL where only the jail is known */
	int line;	    /* 0: none (unexpected EOF) */
	int column;	    /* bytes from 1; 0: unknown */
	const char *source; /* the offending line without its newline, or NULL */
	const char *text;   /* FreeBSD's wording without "jail: " ("/etc/jail.conf line 3: x: syntax
			       error") */
	bool warning;	    /* said, but nothing fails */
};

/* One parameter after merging and, in conf_jail_params, after substitution. */
struct conf_param {
	const char *name;	   /* as last spelled ("allow.nomount") */
	const char *const *values; /* NULL terminated; values == NULL: stood without a value */
	size_t nvalues;
	const char *file; /* where it was last set */
	int line;
};

/*
 * Reads the file and all that it includes; "-" is standard input.  Returns 0 with
 * *ret also when there are errors in the text: conf_messages tells, and conf_failed
 * is true if nothing may be executed.  -errno: the file cannot be read, no memory.
 */
int conf_load(const char *file, struct conf **ret, struct err *e);

/* The same from memory (tests, fuzzer).  Includes are refused when name is NULL. */
int conf_parse(const char *name, const char *text, size_t len, struct conf **ret, struct err *e);

void conf_free(struct conf *c);

bool conf_failed(const struct conf *c);
size_t conf_messages(const struct conf *c, const struct conf_message **ret);

/* Jails in file order; wildcards and globals are not jails. */
size_t conf_count(const struct conf *c);
struct conf_jail *conf_jail_at(struct conf *c, size_t i);
struct conf_jail *conf_jail_find(struct conf *c, const char *block_name);

/* `a`, `foo.*`, `*`: 1 if the name matches the wildcard (reference 2.8). */
bool conf_wild(const char *pattern);
bool conf_match(const char *pattern, const char *name);

const char *conf_jail_name(const struct conf_jail *j); /* the block's name */

/*
 * Merges, substitutes and checks one jail; done at the first call, so that a file of
 * 100,000 jails costs what its text costs.  Returns false when the jail is failed; the
 * messages are then among conf_jail_messages.
 */
bool conf_jail_resolve(struct conf_jail *j);
size_t conf_jail_params(struct conf_jail *j, const struct conf_param **ret);
const struct conf_param *conf_jail_param(struct conf_jail *j, const char *name);
size_t conf_jail_messages(struct conf_jail *j, const struct conf_message **ret);

/* The value quoted as jail(8)'s own printer does (reference 5.6), malloc'ed. */
char *conf_quote(const char *value);

#endif
