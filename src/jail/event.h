/* What an operation reports, said as jail(8) says it.  Source: reference of jail(8), 1.6. */
#ifndef GAOL_JAIL_EVENT_H
#define GAOL_JAIL_EVENT_H

#include <stdbool.h>

struct gaol_event;
struct job;
struct run;

/* Is a note like `created` due?  Jails of the command line are silent without -v. */
bool event_notes(const struct job *j);

/* Whatever is not a wait, a hook or the end. */
void event_tell(struct run *run, struct job *j, const struct gaol_event *ev);

/* At -v, once: the addresses and mounts that were made by now. */
void event_prepared(struct job *j);

/* At -v: a jail that was to live as long as its commands no longer persists. */
void event_nopersist(const struct job *j);

#endif
