/*
 * What a jail's parameters ask for, checked and in the form in which libjail takes
 * it: parameters, addresses for interfaces, mounts.  Messages are printed here, as
 * all of them are to be seen, not only the first.
 * Source: reference of jail(8), 4.1.
 */
#ifndef GAOL_JAIL_PLAN_H
#define GAOL_JAIL_PLAN_H

#include <stdbool.h>

#include "base/str.h"
#include "jail/args.h"
#include "jail/mounts.h"
#include "libjail/gaol.h"

struct conf_jail;

struct plan {
	struct args set;
	const char *name;	/* in messages; NULL: a jail of the command line */
	struct conf_jail *conf; /* to show its lines; NULL */
	bool command_is_argv;	/* `command` holds the words of one command */

	char *path;	     /* absolute; NULL: not given */
	struct strv addr[2]; /* what is left of ip4.addr, ip6.addr for the prison */
	char *addr_joined[2];
	struct mounts mounts;
	struct strv owned;
	struct gaol_alias *aliases;
	struct gaol_param *params;
	struct gaol_create_spec create;
};

/* op: enum op.  -EINVAL: said why. */
int plan_make(struct plan *p, unsigned op);

/* The parameters that an update sets: all but those fixed at creation.  Returns how many. */
size_t plan_update_params(const struct plan *p, struct gaol_param *ret);

/*
 * The first parameter that only a creation can set and that differs; NULL: none.
 * Reads the running jail.
 */
const char *plan_differs(const struct plan *p, struct gaol_jail *running);

/* "p1=v1 p2", as -v shows a jail_set; malloc'ed. */
char *plan_params_text(const struct gaol_param *params, size_t n);

/* At -v: what was done before exec.prestart without an external command. */
void plan_say_prepared(const struct plan *p);

void plan_done(struct plan *p);

#endif
