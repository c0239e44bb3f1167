/*
 * One line at the foot of a terminal while many jails start or stop: how many are
 * done, failed and left, and which one is worked on.  Nothing where nobody looks.
 */
#ifndef GAOL_JAIL_PROGRESS_H
#define GAOL_JAIL_PROGRESS_H

struct job;
struct run;

void progress_selected(struct run *run, struct job *j);
void progress_started(struct run *run, const struct job *j);
void progress_finished(struct run *run, struct job *j);

#endif
