/* The command line of jail(8).  Source: reference of jail(8), 1.1. */
#ifndef GAOL_JAIL_OPTIONS_H
#define GAOL_JAIL_OPTIONS_H

#include <stdbool.h>

#include "jail/args.h"

enum option_flags {
	OPTION_IGNORE_CONF = 1 << 0,  /* -R */
	OPTION_CLEANUP = 1 << 1,      /* -C */
	OPTION_DYING = 1 << 2,	      /* -d: has no effect any more, and says so */
	OPTION_COMMAND_LINE = 1 << 3, /* -h -l -n -s -u -U: no configuration file */
	OPTION_PRINT_JID = 1 << 4,    /* -i */
	OPTION_DRY_RUN = 1 << 5,
	OPTION_CONF_GIVEN = 1 << 6, /* -f */
};

/* What to do if it is not a matter of jails. */
enum mode {
	MODE_JAILS,
	MODE_VERSION,
	MODE_DOCTOR,
	MODE_STEPS,
	MODE_CHECK,
	MODE_HELP,
};

struct options {
	unsigned op; /* enum op */
	unsigned flags;
	enum mode mode;
	int verbose;		 /* -q, -i: -1; -v: 1; the last wins */
	const char *conf_file;	 /* -f */
	const char *exhibit_sep; /* -e; NULL: not given */
	const char *jid_file;	 /* -J; NULL */
	unsigned long limit;	 /* -p; 0: none */
	const char **live;	 /* mount+=, mount-= */
	size_t nlive;
	struct args preset; /* what -h -l -n -s -u -U stand for */
	int argc;	    /* what follows the options */
	char **argv;
};

#define CONF_FILE_DEFAULT "/etc/jail.conf"

/* -EINVAL: a wrong option was said; the usage is due.  -ENOMEM. */
int options_parse(int argc, char **argv, struct options *ret);

void options_usage(void);

#endif
