/*
 * Which of jail(8)'s command lines is this one?  Pure.
 * Source: reference of jail(8), 1.2.
 */
#ifndef GAOL_JAIL_FORM_H
#define GAOL_JAIL_FORM_H

#include <stdbool.h>

enum op {
	OP_START = 1 << 0, /* -c */
	OP_SET = 1 << 1,   /* -m */
	OP_STOP = 1 << 2,  /* -r, -R */
};

enum form {
	FORM_USAGE,	 /* none of them */
	FORM_EXHIBIT,	 /* -e */
	FORM_POSITIONAL, /* path hostname addresses command ... */
	FORM_REMOVE,	 /* -r or -R with names */
	FORM_PARAMS,	 /* one jail from param=value */
	FORM_CONFIG,	 /* jails of the configuration file */
};

struct form_question {
	unsigned op;
	bool ignore_conf;  /* -R */
	bool cleanup;	   /* -C */
	bool exhibit;	   /* -e */
	bool command_line; /* one of -h -l -n -s -u -U, which need a command line jail */
	int argc;
	char *const *argv;
};

enum form form_decide(const struct form_question *q);

#endif
