/*
 * The private half of --check: one jail looked at, and how a finding is said.  The
 * checks look and change nothing; each says what is wrong and what to write instead.
 */
#ifndef GAOL_JAIL_CHECKUP_H
#define GAOL_JAIL_CHECKUP_H

#include <stdbool.h>
#include <stddef.h>

#include "jail/args.h"
#include "jail/mounts.h"
#include "jail/names.h"

struct conf;
struct conf_jail;

struct checkup {
	struct conf *conf;
	struct conf_jail *jail;
	const char *name;
	struct args set;
	const char *path; /* NULL: not given, or not absolute */
	struct mounts mounts;
	struct names *said; /* findings so far: one in a line that many jails share is said once */
	struct strv *said_text;
	size_t errors, notes;
};

/*
 * at: the parameter that it is about, or NULL for the jail.  instead: the line to write
 * (or what to do), or NULL.  An error keeps the jail from starting or working; a note
 * is worth knowing.
 */
void check_error(struct checkup *c, const struct arg *at, const char *instead, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void check_note(struct checkup *c, const struct arg *at, const char *instead, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

/* A line made for `instead`: valid until the next call but one. */
const char *check_write(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* checkup_host.c */
void check_commands(struct checkup *c);
void check_interfaces(struct checkup *c);
void check_ports(struct checkup *c);

/* checkup_root.c */
void check_path(struct checkup *c);
void check_mounts(struct checkup *c);
void check_usr(struct checkup *c);

/*
 * Where a file of the jail is on the host: through its mounts, and through /usr where
 * /bin and its like are links.  Writes to buf; false if it is not there.
 */
bool check_find(const struct checkup *c, const char *inside, char *buf, size_t size);

#endif
