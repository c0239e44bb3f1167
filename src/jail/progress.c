#include "jail/progress.h"

#include <stdio.h>

#include "jail/job.h"
#include "jail/message.h"

/* Below this the messages themselves are progress enough. */
#define MANY 8

static void
show(const struct run *run)
{
	char line[80];

	if (run->nselected <= MANY || message_verbose < 0 || !message_on_terminal())
		return;
	if (run->ndone == run->nselected) {
		message_progress(NULL);
		return;
	}
	(void)snprintf(line, sizeof(line), "%zu done, %zu failed, %zu left: %.30s",
	    run->ndone - run->nfailed, run->nfailed, run->nselected - run->ndone,
	    run->progress_name != NULL ? run->progress_name : "");
	message_progress(line);
}

void
progress_selected(struct run *run, struct job *j)
{
	if (j->flags & JOB_COUNTED)
		return;
	j->flags |= JOB_COUNTED;
	run->nselected++;
}

void
progress_started(struct run *run, const struct job *j)
{
	run->progress_name = j->name;
	show(run);
}

void
progress_finished(struct run *run, struct job *j)
{
	if (!(j->flags & JOB_COUNTED))
		return;
	/* Brought in again later, it counts again. */
	j->flags &= ~(unsigned)JOB_COUNTED;
	run->ndone++;
	if (j->flags & JOB_FAILED)
		run->nfailed++;
	show(run);
}
