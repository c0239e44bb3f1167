/*
 * The record of one jail: a text file named by the jid in the state directory.
 *
 *	gaol 1 JID CGROUP-INODE KEEPER-PID STATE PERSIST
 *	name=value        parameters that were set (newline and backslash escaped)
 *	+kind words       the ledger: what was left in the system, in the order made
 *
 * The header has fixed width, so that the persist byte can be changed in place
 * (that works on a full file system too); all else is changed by writing a new file
 * and renaming it.  Lines of other kinds are kept as they are, so that an older or
 * newer version can remove a running jail.
 */
#ifndef GAOL_PRISON_RECORD_H
#define GAOL_PRISON_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/err.h"
#include "base/str.h"

enum record_state {
	RECORD_CREATING = 'C',
	RECORD_RUNNING = 'R',
	RECORD_DYING = 'D', /* its processes are being killed: nobody enters any more */
};

struct record_param {
	char *name;
	char *value;
};

struct record {
	int jid;
	uint64_t cgroup_id; /* inode of the prison's cgroup directory; 0 before it is made */
	pid_t keeper;	    /* 0 before it runs */
	enum record_state state;
	bool persist;
	struct record_param *params;
	size_t nparams;
	struct strv ledger; /* without the '+' */
	struct strv other;  /* lines of a later version */
};

/* Pure: text to record and back.  *ret is empty before; free with record_done in any case. */
int record_parse(const char *text, struct record *ret, struct err *e);
int record_format(const struct record *rec, struct str *ret);

/* -ENOENT: no such jail (no sentence is set then). */
int record_load(int state, int jid, struct record *ret, struct err *e);

/* Writes a new file and renames it into place. */
int record_store(int state, const struct record *rec, struct err *e);

/* Change one byte of the file in place: that needs no room. */
int record_store_persist(int state, int jid, bool persist, struct err *e);
int record_store_state(int state, int jid, enum record_state to, struct err *e);

const char *record_get(const struct record *rec, const char *name); /* NULL: not set */
int record_set(struct record *rec, const char *name, const char *value);
void record_unset(struct record *rec, const char *name);

int record_ledger_add(struct record *rec, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
/* The words behind `kind ` of the nth ledger line of that kind, or NULL. */
const char *record_ledger_get(const struct record *rec, const char *kind, size_t nth);
bool record_ledger_has(const struct record *rec, const char *line);
void record_ledger_drop(struct record *rec, const char *line);

int record_copy(const struct record *rec, struct record *ret);
void record_done(struct record *rec);

#define cleanup_record __attribute__((cleanup(record_done)))

#endif
