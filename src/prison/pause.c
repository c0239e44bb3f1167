#include "prison/pause.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "prison/instance.h"

#define PAUSE_FILE ".pause"

void
pause_load(const struct instance *in, struct pause *ret)
{
	ret->line = NULL;
	if (path_read(in->state, PAUSE_FILE, 256, &ret->line, NULL) == 0)
		ret->line[strcspn(ret->line, "\n")] = '\0';
}

void
pause_done(struct pause *p)
{
	free(p->line);
	p->line = NULL;
}

static bool
is_here(const struct instance *in, struct pause *p, const char *verb, const char *step,
    const char *when)
{
	char here[128];

	if (p->line == NULL)
		return false;
	(void)snprintf(here, sizeof(here), "%s %s %s", verb, step, when);
	if (strcmp(p->line, here) != 0)
		return false;
	pause_done(p);
	(void)unlinkat(in->state, PAUSE_FILE, 0);
	return true;
}

void
pause_at(const struct instance *in, struct pause *p, const char *verb, const char *step,
    const char *when)
{
	if (is_here(in, p, verb, step, when))
		(void)raise(SIGSTOP);
}

bool
pause_fails(const struct instance *in, struct pause *p, const char *verb, const char *step)
{
	return is_here(in, p, verb, step, "fail");
}
