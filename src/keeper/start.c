#include "keeper/start.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <unistd.h>

#include "base/sys.h"
#include "keeper/keeper.h"

/* Above every fixed number, so that moving one descriptor never covers another. */
#define SCRATCH 32

static char *
decimal(uint64_t n, char buf[static 24])
{
	char *p = buf + 23;

	*p = '\0';
	do {
		*--p = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	return p;
}

/*
 * Nothing but SIGCHLD is touched.  exec resets the handlers, an ignored signal harms no
 * keeper, and the mask is its own to set: opened here, the caller's handlers could run in
 * a memory that a vfork child shares with it.
 */
static void
ignore_children(void)
{
	struct sigaction sa = {.sa_handler = SIG_IGN};

	/* Inherited by the keeper: no orphan may die unreaped before it says so itself. */
	(void)sigaction(SIGCHLD, &sa, NULL);
}

int
keeper_exec(struct keeper_start *s)
{
	const int fds[] = {
	    s->lock,
	    s->events,
	    s->removes ? s->parent : -EBADF,
	    s->removes ? s->map : -EBADF,
	    s->removes ? s->state : -EBADF,
	    s->removes ? s->kill : -EBADF,
	    s->ready,
	};
	enum { COUNT = sizeof(fds) / sizeof(fds[0]) };
	int moved[COUNT], binary, i;
	char name[] = "jail", jid[24], key[24], flags[] = "-\0";
	char none[] = "";
	char *number = decimal((uint64_t)(unsigned)s->jid, jid);
	char *argv[KEEPER_ARG_COUNT + 1] = {
	    [KEEPER_ARG_NAME] = name,
	    [KEEPER_ARG_CGROUP] = number,
	    [KEEPER_ARG_RECORD] = number,
	    [KEEPER_ARG_KEY] = decimal(s->cgroup_id, key),
	    [KEEPER_ARG_LINK] = s->link != NULL ? (char *)(uintptr_t)s->link : none,
	    [KEEPER_ARG_FLAGS] = flags,
	};
	char *env[] = {NULL};

	_Static_assert(KEEPER_FD_LOCK + COUNT == KEEPER_FD_END, "one number a descriptor");
	if (s->removes)
		flags[0] = KEEPER_FLAG_REMOVES;
	if (s->removes && s->unlinks)
		flags[1] = KEEPER_FLAG_UNLINKS;
	binary = fcntl(s->binary, F_DUPFD_CLOEXEC, SCRATCH);
	if (binary < 0)
		return -errno;
	for (i = 0; i < COUNT; i++) {
		moved[i] = fds[i] < 0 ? -EBADF : fcntl(fds[i], F_DUPFD_CLOEXEC, SCRATCH);
		if (fds[i] >= 0 && moved[i] < 0)
			return -errno;
	}
	for (i = 0; i < COUNT; i++) {
		if (moved[i] < 0) {
			(void)close(KEEPER_FD_LOCK + i);
			continue;
		}
		if (dup3(moved[i], KEEPER_FD_LOCK + i, 0) < 0)
			return -errno;
		if (KEEPER_FD_LOCK + i == KEEPER_FD_READY)
			s->ready = KEEPER_FD_READY;
	}
	/* The copies and all others go with exec, or in the caller's exit. */
	if (sys_close_range(KEEPER_FD_END, ~0U, CLOSE_RANGE_CLOEXEC) < 0)
		return -errno;
	ignore_children();
	(void)sys_execveat(binary, "", argv, env, AT_EMPTY_PATH);
	return -errno;
}
