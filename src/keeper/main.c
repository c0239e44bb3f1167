/*
 * The keeper: PID 1 of a jail.  keeper.h says what it is for and what it is given,
 * table.h what it does when.  No libc: a jail that sleeps should cost little more than
 * its kernel objects.
 */
#include <asm/unistd.h>
#include <linux/bpf.h>
#include <linux/fcntl.h>
#include <linux/prctl.h>

#include "keeper/call.h"
#include "keeper/keeper.h"
#include "keeper/table.h"

/* The kernel's own numbers and shapes; its headers for them clash with libc's. */
#define E_NOENT 2
#define E_BUSY 16
#define E_NODEV 19
#define POLL_IN 0x0001
#define POLL_PRI 0x0002
#define SIG_CHLD 17
#define SIG_HUP 1
#define SIG_TERM 15
#define SIG_IGNORE 1
#define SA_NO_CLDWAIT 2
#define SIG_SETMASK_ 2

struct poll_entry {
	int fd;
	short events;
	short revents;
};

struct time_spec {
	long sec;
	long nsec;
};

struct kernel_sigaction {
	unsigned long handler;
	unsigned long flags;
	unsigned long restorer;
	unsigned long mask;
};

struct signal_info {
	unsigned signo;
	int error;
	int code;
	unsigned pid;
	char rest[112];
};

/* The head of union bpf_attr for map elements; all of it is set, as the kernel wants zeroes. */
struct map_attr {
	unsigned map_fd;
	unsigned pad;
	unsigned long long key;
	unsigned long long value;
	unsigned long long flags;
};

struct keeper {
	char **argv;
	int signals; /* signalfd */
	int removes;
	int unlinks;
};

void keeper_main(long *stack) __attribute__((noreturn));

static void
quit(void)
{
	for (;;)
		call1(__NR_exit_group, 0);
}

/*
 * First of all nothing inside may look into us; only then is the rest closed, with the
 * pipe on which jail(8) waits before it lets anybody in.
 */
static void
set_up(struct keeper *k)
{
	struct kernel_sigaction chld = {SIG_IGNORE, SA_NO_CLDWAIT, 0, 0};
	unsigned long heard = 1UL << (SIG_TERM - 1) | 1UL << (SIG_HUP - 1);

	call2(__NR_prctl, PR_SET_DUMPABLE, 0);
	/* Whatever tied the child that executed us to its parent. */
	call2(__NR_prctl, PR_SET_PDEATHSIG, 0);
	call2(__NR_prctl, PR_SET_NAME, (long)KEEPER_COMM);
	call4(__NR_rt_sigaction, SIG_CHLD, (long)&chld, 0, sizeof(chld.mask));
	call4(__NR_rt_sigprocmask, SIG_SETMASK_, (long)&heard, 0, sizeof(heard));
	call1(__NR_setsid, 0);
	call1(__NR_chdir, (long)"/");
	call3(__NR_close_range, 0, 2, 0);
	k->signals = (int)call4(__NR_signalfd4, -1, (long)&heard, sizeof(heard), 02000000 | 04000);
	call3(__NR_close_range, k->removes ? KEEPER_FD_READY : KEEPER_FD_PARENT, ~0U, 0);
}

static enum keeper_event
look(void)
{
	char text[128], persist;
	long n = call4(__NR_pread64, KEEPER_FD_EVENTS, (long)text, sizeof(text), 0);

	if (n == -E_NODEV)
		return KEEPER_GONE;
	if (keeper_read_events(text, n) == KEEPER_POPULATED)
		return KEEPER_POPULATED;
	/* In this order: whoever takes persist away writes first and looks afterwards. */
	if (call4(__NR_pread64, KEEPER_FD_LOCK, (long)&persist, 1, 0) == 1 &&
	    persist == KEEPER_PERSIST_NO)
		return KEEPER_EMPTY;
	return KEEPER_EMPTY_PERSISTENT;
}

/* Waits, at most so long (negative: for ever), then says what there is. */
static enum keeper_event
wait_and_look(struct keeper *k, int timeout_ms)
{
	struct poll_entry fds[2] = {{KEEPER_FD_EVENTS, POLL_PRI, 0}, {k->signals, POLL_IN, 0}};
	struct time_spec timeout = {timeout_ms / 1000, timeout_ms % 1000 * 1000000L};
	struct signal_info si;

	call5(__NR_ppoll, (long)fds, 2, timeout_ms < 0 ? 0 : (long)&timeout, 0, 0);
	if (call3(__NR_read, k->signals, (long)&si, sizeof(si)) == sizeof(si) &&
	    keeper_is_order(si.signo, si.code, si.pid))
		return KEEPER_TERM;
	return look();
}

static enum keeper_event
remove_cgroup(struct keeper *k)
{
	long r =
	    call3(__NR_unlinkat, KEEPER_FD_PARENT, (long)k->argv[KEEPER_ARG_CGROUP], AT_REMOVEDIR);

	if (r == 0)
		return KEEPER_REMOVED;
	if (r == -E_BUSY)
		return KEEPER_BUSY;
	return r == -E_NOENT ? KEEPER_GONE : KEEPER_FAILED;
}

/* Appends text, as far as there is room. */
static void
append(char *path, unsigned long size, const char *text)
{
	unsigned long n = 0;

	while (path[n] != '\0')
		n++;
	for (; *text != '\0' && n + 1 < size; text++)
		path[n++] = *text;
	path[n] = '\0';
}

/* A jail that was renamed finds another's number there, or nothing. */
static void
forget_name(struct keeper *k)
{
	const char *record = k->argv[KEEPER_ARG_RECORD];
	char path[272], target[16];
	long i, n;

	path[0] = '\0';
	append(path, sizeof(path), ".names/");
	append(path, sizeof(path), k->argv[KEEPER_ARG_LINK]);
	n = call4(
	    __NR_readlinkat, KEEPER_FD_STATE, (long)path, (long)target, (long)sizeof(target) - 1);
	if (n <= 0)
		return;
	target[n] = '\0';
	for (i = 0; target[i] == record[i]; i++)
		if (target[i] == '\0') {
			call3(__NR_unlinkat, KEEPER_FD_STATE, (long)path, 0);
			return;
		}
}

/*
 * After the jail's death.  The lock is held to the end: see keeper.h on successors.
 */
static void
forget(struct keeper *k)
{
	const char *record = k->argv[KEEPER_ARG_RECORD], *digit;
	char path[32] = ".jail/", root[32] = ".root/";
	unsigned long long key = 0;
	struct map_attr attr = {KEEPER_FD_MAP, 0, 0, 0, 0};
	char outside;

	for (digit = k->argv[KEEPER_ARG_KEY]; *digit != '\0'; digit++)
		key = key * 10 + (unsigned)(*digit - '0');
	attr.key = (unsigned long)&key;
	call3(__NR_bpf, BPF_MAP_DELETE_ELEM, (long)&attr, sizeof(attr));
	if (!k->unlinks || (call4(__NR_pread64, KEEPER_FD_LOCK, (long)&outside, 1, 1) == 1 &&
			       outside == KEEPER_OUTSIDE))
		return;
	forget_name(k);
	append(root, sizeof(root), record);
	call3(__NR_unlinkat, KEEPER_FD_STATE, (long)root, 0);
	append(path, sizeof(path), record);
	call3(__NR_unlinkat, KEEPER_FD_STATE, (long)record, 0);
	call3(__NR_unlinkat, KEEPER_FD_STATE, (long)path, 0);
}

void
keeper_main(long *stack)
{
	struct keeper k = {(char **)(stack + 1), -1, 0, 0};
	enum keeper_state state;
	enum keeper_event event;
	const char *flag;

	if (*stack < KEEPER_ARG_COUNT)
		quit();
	for (flag = k.argv[KEEPER_ARG_FLAGS]; *flag != '\0'; flag++) {
		k.removes |= *flag == KEEPER_FLAG_REMOVES;
		k.unlinks |= *flag == KEEPER_FLAG_UNLINKS;
	}
	set_up(&k);
	state = k.removes ? KEEPER_WATCHING : KEEPER_BARE;
	event = look();
	for (;;) {
		struct keeper_decision d = keeper_table[state][event];

		state = d.next;
		switch ((enum keeper_action)d.action) {
		case KEEPER_WAIT:
			event = wait_and_look(&k, -1);
			break;
		case KEEPER_KILL:
			call3(__NR_write, KEEPER_FD_KILL, (long)"1", 1);
			event = wait_and_look(&k, KEEPER_LINGER_MS);
			break;
		case KEEPER_LINGER:
			event = wait_and_look(&k, KEEPER_LINGER_MS);
			break;
		case KEEPER_RMDIR:
			event = remove_cgroup(&k);
			break;
		case KEEPER_FINISH:
			forget(&k);
			quit();
			break;
		case KEEPER_EXIT:
			quit();
			break;
		}
	}
}

CALL_START(keeper_main);
