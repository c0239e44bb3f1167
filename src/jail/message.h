/*
 * What jail(8) says.  Notes go to stdout, all else to stderr behind "jail: ".  A
 * message is one write, so that jails that start together never mix their lines,
 * and on a terminal no control byte of a name or a path gets through.
 */
#ifndef GAOL_JAIL_MESSAGE_H
#define GAOL_JAIL_MESSAGE_H

#include <stdbool.h>
#include <stdio.h>

struct conf_message;
struct str;

/* -1: -q or -i; 1: -v. */
extern int message_verbose;

/* "jail: NAME: text"; name may be NULL. */
void warn_named(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* "jail: text" */
void warn_plain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* A further line under a message, only where a person looks at a terminal. */
void warn_hint(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* "NAME: text" on stdout. */
void note_named(const char *name, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* A message of the parser; on a terminal the line and a caret stand under it. */
void warn_conf(const struct conf_message *m);

/* Only where it is: the file, its line and a caret.  Nothing if this is no terminal. */
void warn_where(const struct conf_message *m);

/* The progress line at the foot of a terminal; NULL takes it away. */
void message_progress(const char *line);

bool message_on_terminal(void);

/* Adds text with its control bytes made visible (\n and \t stay). */
int message_visible(struct str *out, const char *text);

/* Writes what is left; false and a message if stdout could not be written. */
bool message_finish(void);

#endif
