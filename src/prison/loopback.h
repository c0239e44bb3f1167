/*
 * The ::1 of a jail with a loopback of its own (gaol.loopback=private): a stand-in address
 * on the host's lo, as the kernel takes no IPv6 address that is on no interface.
 */
#ifndef GAOL_PRISON_LOOPBACK_H
#define GAOL_PRISON_LOOPBACK_H

#include <netinet/in.h>
#include <stdbool.h>

#include "prison/api.h"
#include "prison/record.h"

struct loopback {
	char address[INET6_ADDRSTRLEN];
	struct gaol_alias alias; /* points to address */
	char line[96];		 /* as the ledger has it */
};

/* False: this jail has none. */
bool loopback_of(const struct record *rec, struct loopback *ret);

/* Whether a line of the ledger is such a one: it is no other jail's, by its number. */
bool loopback_is_line(const struct record *rec, const char *line);

#endif
