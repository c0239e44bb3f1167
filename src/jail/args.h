/*
 * The parameters of one jail as they were written: on the command line, where
 * repeating one adds to it, or in jail.conf after merging.  Pure.
 * Source: reference of jail(8), 1.3 and 2.4.
 */
#ifndef GAOL_JAIL_ARGS_H
#define GAOL_JAIL_ARGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "base/str.h"

struct param;

struct arg {
	char *name;		 /* as last spelled ("allow.nomount") */
	struct strv values;	 /* a list; scalars use the last */
	bool valued;		 /* false: it stood without a value ("persist;") */
	bool negated;		 /* spelled with `no` */
	const struct param *row; /* NULL: nobody knows it */
	const char *file;	 /* not ours; where in jail.conf, or NULL */
	int line;
};

struct args {
	struct arg *v;
	size_t n;
	size_t size;
};

#define ARGS_EMPTY ((struct args){0})

/* Adds one value; NULL: the parameter stood without one, which drops earlier values. */
int args_add(struct args *s, const char *name, const char *value);

/* A new parameter that is not among them yet, without values; NULL: no memory. */
struct arg *args_new(struct args *s, const char *name);

/* "name=value" or "name" from the command line, split at commas where the parameter says so. */
int args_add_argument(struct args *s, const char *argument);

/* By the name in the table; NULL: not given. */
struct arg *args_find(const struct args *s, const char *name);

/* The last value; NULL: not given, or without a value. */
const char *args_string(const struct args *s, const char *name);

/* All values and how many; n is 0 if it was not given. */
char *const *args_list(const struct args *s, const char *name, size_t *ret_n);

/* jail(8)'s own booleans and numbers; -EINVAL with FreeBSD's text for bad ones. */
int arg_bool(const struct arg *p, bool *ret, struct err *e);
int arg_int(const struct arg *p, int *ret, struct err *e);

/* The same for values that were checked before; def if not given. */
bool args_bool(const struct args *s, const char *name, bool def);
int args_int(const struct args *s, const char *name, int def);

/* True for jail(8)'s own (exec.start), false for what the prison knows and for unknown ones. */
bool arg_is_pseudo(const struct arg *p);

/* Equal, or equal but for a `no` in front of one component of one of them. */
bool arg_names_equal(const char *a, const char *b);

void args_done(struct args *s);

#endif
