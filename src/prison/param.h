/*
 * Every parameter that a jail can have: one row each, and nothing else in the
 * project knows a parameter's type.  The parser, libjail, jls, the manual and the
 * completions read this table.  Pure: no system calls.  Source: FreeBSD
 * jail(8), sys/kern/kern_jail.c (security.jail.param.*), and gaol(7) for ours.
 */
#ifndef GAOL_PRISON_PARAM_H
#define GAOL_PRISON_PARAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum param_type {
	PARAM_INT,
	PARAM_ULONG,
	PARAM_STRING,
	PARAM_BOOL,
	PARAM_JAILSYS, /* disable 0, new 1, inherit 2 */
	PARAM_IP4,     /* list of struct in_addr */
	PARAM_IP6,     /* list of struct in6_addr */
	PARAM_LIST,    /* list of strings; only jail(8)'s own parameters */
	PARAM_CHOICE,  /* one of the words in `choices`; only gaol.* */
};

enum param_flags {
	PARAM_PSEUDO = 1 << 0,	 /* jail(8)'s own: never passed to jail_set */
	PARAM_RDONLY = 1 << 1,	 /* cannot be set */
	PARAM_TUN = 1 << 2,	 /* only at creation */
	PARAM_NOEFFECT = 1 << 3, /* kept and shown, but does nothing on Linux; -v says so */
	PARAM_KEYVALUE = 1 << 4, /* meta, env: NAME.KEY addresses one line */
	PARAM_CMDSPLIT = 1 << 5, /* jail(8) splits it at commas on the command line */
	PARAM_HOST = 1 << 6,	 /* runs on the host (exec.*) */
	PARAM_GAOL = 1 << 7,	 /* ours, not FreeBSD's */
	PARAM_KEY = 1 << 8,	 /* jid, name: selects the jail on update */
};

struct param {
	const char *name;
	enum param_type type;
	unsigned flags;
	const char *def; /* default as text; NULL = none, or inherited from the parent */
	int64_t min,
	    max; /* PARAM_INT; for PARAM_STRING max is the longest text in bytes (0: no limit) */
	const char *choices; /* PARAM_CHOICE: words joined by '|' */
	const char *doc;     /* one line for the manual and the completions */
};

/* The table, sorted by name (strcmp). */
extern const struct param param_table[];
extern const size_t param_count;

enum param_spelling {
	PARAM_PLAIN,
	PARAM_NO, /* the name was spelled with `no` before its last component */
};

/*
 * Finds the row of a name as an administrator may write it: exactly, with `no`
 * in front of the last component of a boolean, or meta.KEY/env.KEY.  NULL: nobody
 * knows it.  *ret_spelling and *ret_key (the KEY part, or NULL) may be NULL.
 */
const struct param *param_find(
    const char *name, enum param_spelling *ret_spelling, const char **ret_key);

/* Exactly this name, no other spelling. */
const struct param *param_exact(const char *name);

/* The known name that was probably meant, or NULL when nothing is near. */
const char *param_nearest(const char *name);

/*
 * Checks a value and brings it into the form in which it is stored and shown:
 * booleans "true"/"false", jailsys "disable"/"new"/"inherit", addresses by
 * inet_ntop joined with commas, integers in decimal.  value NULL: the parameter
 * stood without a value.  spelling PARAM_NO inverts a boolean.  *ret is malloc'ed.
 * The errors have libjail's texts (reference: jailparam_import).
 */
int param_normalize(const struct param *p, enum param_spelling spelling, const char *value,
    char **ret, struct err *e);

/* The name in its negative form ("allow.nomount").  Writes to buf; false if it does not fit. */
bool param_noname(const char *name, char *buf, size_t size);

/* jailsys words. */
int param_jailsys_from_text(const char *text); /* -1: not one of them */

#endif
