/*
 * jail.conf(5): text in, jails and their parameters out.  Pure but for the files
 * that are read.  No globals, no output, no exit; a struct conf is used by one
 * thread at a time.  The measure is FreeBSD's newest jail(8) and jail.conf(5).
 *
 * Everything returned belongs to the struct conf and lives until conf_free, but
 * for what conf_jail_release takes back.
 */
#ifndef GAOL_CONF_H
#define GAOL_CONF_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"

struct conf;
struct conf_jail;

/*
 * One problem.  The text is whole and safe for a terminal: control bytes and bytes
 * that are not UTF-8 are written as \n, \x1b; so is the source line (tabs stay).
 */
struct conf_message {
	const char *jail;   /* the block's name of the jail that fails by it; NULL: parse error */
	const char *file;   /* as opened; "STDIN" for standard input; NULL: in no file */
	int line;	    /* from 1; 0: none (unexpected EOF) */
	int file_column;    /* bytes from 1 within the file's line, for editors; 0: unknown */
	const char *source; /* that line, at most 400 bytes of it around the place, or NULL */
	int column;	    /* the place within source, bytes from 1, for a caret; 0: unknown */
	const char *text;   /* FreeBSD's, less "jail: ": "FILE line 3: x: syntax error", "f: ..." */
	bool warning;	    /* said, but nothing fails */
};

/* One parameter after merging and substitution. */
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

/*
 * The same from memory, which is copied (tests, fuzzer).  The name stands in messages
 * and is what includes are relative to; with NULL they are refused.
 */
int conf_parse(const char *name, const char *text, size_t len, struct conf **ret, struct err *e);

void conf_free(struct conf *c);

bool conf_failed(const struct conf *c);
/* The parse errors, as they were found. */
size_t conf_messages(const struct conf *c, const struct conf_message **ret);

/* Jails in file order; wildcards and globals are not jails. */
size_t conf_count(const struct conf *c);
struct conf_jail *conf_jail_at(struct conf *c, size_t i);
/* The first of that name, or NULL. */
struct conf_jail *conf_jail_find(struct conf *c, const char *block_name);

/* True if any statement of the file sets the parameter in this very spelling: is it worth asking
 * each jail? */
bool conf_mentions(const struct conf *c, const char *parameter);

/* `foo.*`, `*.bar`, `*`: a component that is a star makes a wildcard. */
bool conf_wild(const char *pattern);
/* A star in the middle stands for one component, one at the end for all that are left. */
bool conf_match(const char *pattern, const char *name);

const char *conf_jail_name(const struct conf_jail *j); /* the block's name */
/* True if the block's name is a number other than 0: then it is the jid. */
bool conf_jail_numeric(const struct conf_jail *j);
/* Where its block begins: all but text and warning are set, *ret lives as long as c. */
int conf_jail_where(struct conf_jail *j, struct conf_message *ret);

/*
 * Merges, substitutes and checks one jail; done at the first call, so that a file of
 * 100,000 jails costs what its text costs.  Returns false when the jail is failed; the
 * messages are then among conf_jail_messages, and its parameters are what could be made of them.
 */
bool conf_jail_resolve(struct conf_jail *j);

/*
 * FreeBSD says what is wrong with any jail whenever the file is read.  This resolves each
 * and keeps of it only failure and messages.  Returns the number of failed jails.
 */
size_t conf_resolve_all(struct conf *c);

/* Forgets the jail's parameters (not its messages); they are made anew when asked for. */
void conf_jail_release(struct conf_jail *j);

/* In order of first definition: `jid`, `name`, ...; a referenced one before the one that refers. */
size_t conf_jail_params(struct conf_jail *j, const struct conf_param **ret);

/*
 * The jail's parameter of that name, also where it is spelled with or without a `no` before
 * one of its components (the name in the answer tells); NULL if it has none.
 */
const struct conf_param *conf_jail_param(struct conf_jail *j, const char *name);

/*
 * For a message about a parameter out of conf_jail_params (an unknown one, say): file, line,
 * columns, source and jail are set, text is not.  What it points at lives as long as c.
 */
int conf_param_where(struct conf_jail *j, const struct conf_param *p, struct conf_message *ret);

size_t conf_jail_messages(struct conf_jail *j, const struct conf_message **ret);

/*
 * The value as jail(8) prints it (-e, -J, -v), malloc'ed; NULL: no memory.  Quoted if it is
 * empty or has a quote, blank or tab in it: by " unless it holds a " and no '.
 */
char *conf_quote(const char *value);
/* Whether it is printed as it is. */
bool conf_is_plain(const char *value);

#endif
