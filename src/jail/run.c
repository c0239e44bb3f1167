#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "conf/conf.h"
#include "jail/job.h"
#include "jail/message.h"
#include "jail/options.h"

/*
 * How many descriptors one operation may hold at a time, and how many are somebody
 * else's.  More operations than the limit allows wait for their turn.
 */
#define FDS_PER_WORK 8
#define FDS_KEPT 64

#define EVENTS_AT_ONCE 64

static volatile sig_atomic_t interrupted_by;
static int interrupt_fd = -EBADF;

/* ---- signals --------------------------------------------------------------------------- */

static void
on_signal(int sig)
{
	int saved = errno;
	uint64_t one = 1;

	/* Asked twice: do not tidy up, end.  The next command sweeps what is left. */
	if (interrupted_by != 0) {
		(void)signal(sig, SIG_DFL);
		(void)raise(sig);
	}
	interrupted_by = sig;
	if (interrupt_fd >= 0 && write(interrupt_fd, &one, sizeof(one)) < 0)
		errno = saved;
	errno = saved;
}

static void
on_pipe(int sig)
{
	(void)sig;
}

bool
run_interrupted(void)
{
	return interrupted_by != 0;
}

/*
 * Handlers rather than a blocked mask or an ignored signal: exec gives what we
 * start the defaults back by itself.
 */
static void
catch_signals(void)
{
	static const int ends[] = {SIGINT, SIGTERM, SIGHUP, SIGQUIT};
	struct sigaction end = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct sigaction lost = {.sa_handler = on_pipe, .sa_flags = SA_RESTART};

	(void)sigaction(SIGPIPE, &lost, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++) {
		struct sigaction before;

		/* nohup's SIGHUP and a background job's SIGINT stay ignored. */
		if (sigaction(ends[i], &end, &before) == 0 && before.sa_handler == SIG_IGN)
			(void)sigaction(ends[i], &before, NULL);
	}
}

/* So that a signal ends the wait, also one that came just before. */
static void
watch_signals(const struct run *run)
{
	struct epoll_event ev = {.events = EPOLLIN, .data.ptr = NULL};

	interrupt_fd = eventfd(interrupted_by != 0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (interrupt_fd >= 0)
		(void)epoll_ctl(run->epoll_fd, EPOLL_CTL_ADD, interrupt_fd, &ev);
}

/* ---- life -------------------------------------------------------------------------------- */

static size_t
work_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) < 0 || r.rlim_cur < FDS_KEPT + 8 * FDS_PER_WORK)
		return 8;
	if (r.rlim_cur > 1u << 20)
		return (1u << 20) / FDS_PER_WORK;
	return (size_t)(r.rlim_cur - FDS_KEPT) / FDS_PER_WORK;
}

void
run_init(struct run *run, const struct options *o)
{
	*run = (struct run){.options = o, .epoll_fd = -EBADF, .nwork_max = work_limit()};
	TAILQ_INIT(&run->ready);
	TAILQ_INIT(&run->slots);
	TAILQ_INIT(&run->waiting);
	select_events(run);
}

void
run_done(struct run *run)
{
	for (size_t i = 0; i < run->njobs; i++)
		job_free(run->jobs[i]);
	free(run->jobs);
	names_done(&run->names);
	dep_free(&run->graph);
	conf_free(run->conf);
	close_keep_errno(run->epoll_fd);
	close_keep_errno(interrupt_fd);
	/* Everything is tidy; now end as the one who asked expects it. */
	if (interrupted_by != 0) {
		(void)fflush(NULL);
		(void)signal(interrupted_by, SIG_DFL);
		(void)raise(interrupted_by);
	}
}

long long
run_now_ms(void)
{
	struct timespec t = {0};

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* ---- queues ------------------------------------------------------------------------------- */

static struct job_list *
list_of(struct run *run, enum job_queue queue)
{
	switch (queue) {
	case QUEUE_READY:
		return &run->ready;
	case QUEUE_SLOT:
		return &run->slots;
	case QUEUE_WAIT:
		return &run->waiting;
	case QUEUE_NONE:
	case QUEUE_DEPEND:
	case QUEUE_DONE:
		return NULL;
	}
	return NULL;
}

static void
stop_polling(struct run *run, struct job *j)
{
	struct work *w = j->work;

	if (w->wait_fd >= 0)
		(void)epoll_ctl(run->epoll_fd, EPOLL_CTL_DEL, w->wait_fd, NULL);
	w->wait_fd = -EBADF;
	w->deadline_ms = 0;
}

static void
leave_queue(struct run *run, struct job *j)
{
	struct job_list *old = list_of(run, j->queue);

	if (j->queue == QUEUE_WAIT)
		stop_polling(run, j);
	if (old != NULL)
		TAILQ_REMOVE(old, j, link);
	j->queue = QUEUE_NONE;
}

void
run_queue(struct run *run, struct job *j, enum job_queue queue)
{
	struct job_list *list = list_of(run, queue);

	leave_queue(run, j);
	j->queue = queue;
	if (list != NULL)
		TAILQ_INSERT_TAIL(list, j, link);
}

/* ---- waiting ------------------------------------------------------------------------------- */

static void
open_epoll(struct run *run)
{
	if (run->epoll_fd >= 0)
		return;
	run->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (run->epoll_fd < 0) {
		warn_plain("epoll_create1: %s", strerror(errno));
		exit(1);
	}
	watch_signals(run);
}

void
run_wait(struct run *run, struct job *j, int fd, short events, long long deadline_ms)
{
	/* poll's and epoll's bits are the same in Linux's ABI. */
	struct epoll_event ev = {.events = (uint32_t)(unsigned short)events, .data.ptr = j};
	struct work *w = j->work;

	open_epoll(run);
	run_queue(run, j, QUEUE_WAIT);
	w->deadline_ms = deadline_ms;
	w->wait_fd = fd;
	if (fd >= 0 && epoll_ctl(run->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0) {
		/* What cannot be polled is always ready; without memory, look again soon. */
		w->deadline_ms = run_now_ms() + (errno == EPERM ? 0 : 100);
		w->wait_fd = -EBADF;
	}
}

static long long
first_deadline(const struct run *run)
{
	const struct job *j;
	long long first = 0;

	TAILQ_FOREACH(j, &run->waiting, link)
	if (j->work->deadline_ms != 0 && (first == 0 || j->work->deadline_ms < first))
		first = j->work->deadline_ms;
	return first;
}

static int
epoll_timeout(const struct run *run)
{
	long long first = first_deadline(run), now;

	if (first == 0)
		return -1;
	now = run_now_ms();
	if (first <= now)
		return 0;
	return first - now > INT32_MAX ? INT32_MAX : (int)(first - now);
}

static void
wake(struct run *run, struct job *j, bool timed_out)
{
	/* Out of the queue first: what it does next may wait again. */
	run_queue(run, j, QUEUE_NONE);
	job_wake(run, j, timed_out);
}

static void
wake_late(struct run *run)
{
	long long now = run_now_ms();
	struct job *j, *next;

	for (j = TAILQ_FIRST(&run->waiting); j != NULL; j = next) {
		next = TAILQ_NEXT(j, link);
		/* Waking one never takes another out of this list. */
		if (j->work->deadline_ms != 0 && j->work->deadline_ms <= now)
			wake(run, j, true);
	}
}

static void
interrupt_all(struct run *run)
{
	static bool done;

	if (done)
		return;
	done = true;
	message_progress(NULL);
	for (size_t i = 0; i < run->njobs; i++) {
		struct job *j = run->jobs[i];

		if (j->queue == QUEUE_WAIT || j->queue == QUEUE_SLOT)
			job_interrupt(run, j);
		else if (j->queue == QUEUE_DEPEND)
			run_queue(run, j, QUEUE_READY);
	}
}

static void
wait_and_wake(struct run *run)
{
	struct epoll_event events[EVENTS_AT_ONCE];
	int n = epoll_wait(run->epoll_fd, events, EVENTS_AT_ONCE, epoll_timeout(run));

	for (int i = 0; i < n; i++) {
		struct job *j = events[i].data.ptr;

		if (j != NULL && j->queue == QUEUE_WAIT)
			wake(run, j, false);
	}
	wake_late(run);
	if (interrupted_by != 0)
		interrupt_all(run);
}

/* ---- the loop -------------------------------------------------------------------------------- */

static bool
slot_free(const struct run *run)
{
	return run->options->limit == 0 || run->ncommands < run->options->limit;
}

static bool
run_one(struct run *run)
{
	struct job *j = TAILQ_FIRST(&run->slots);

	if (j != NULL && slot_free(run)) {
		run_queue(run, j, QUEUE_NONE);
		job_slot(run, j);
		return true;
	}
	j = TAILQ_FIRST(&run->ready);
	if (j != NULL && run->nwork < run->nwork_max) {
		run_queue(run, j, QUEUE_NONE);
		job_go(run, j);
		return true;
	}
	return false;
}

void
run_loop(struct run *run)
{
	catch_signals();
	for (;;) {
		while (run_one(run))
			;
		if (TAILQ_EMPTY(&run->waiting))
			break;
		wait_and_wake(run);
	}
}
