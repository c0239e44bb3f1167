/*
 * What our commands need and FreeBSD's API cannot carry (they reach it through
 * libjail's <gaol.h>): a creation or a removal
 * walked step by step, with mounts, aliases and hooks; a process started inside;
 * a look at the registry.  Parameters go in and out as text, in the form that
 * jail(8) reads and jls(8) prints.
 *
 * Errors: functions return a negative errno and fill *e (base/err.h).  Nothing
 * here prints or exits.  Not thread safe.
 */
#ifndef GAOL_PRISON_API_H
#define GAOL_PRISON_API_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

/* What libjail.so exports as GAOL_PRIVATE. */
#pragma GCC visibility push(default)

/* One parameter as text; value NULL = it stood without a value ("persist"). */
struct gaol_param {
	const char *name;
	const char *value;
};

/* ---- looking ---------------------------------------------------------------- */

/* A snapshot of one running jail.  Free with gaol_jail_free. */
struct gaol_jail;

/* Like jail_getid(3): digits are a jid, all else a name.  -ENOENT: `jail "x" not found`. */
int gaol_getid(const char *jail, struct err *e);

int gaol_get(int jid, struct gaol_jail **ret, struct err *e);

/* The jail with the smallest jid above `after` (start with 0).  -ENOENT: no more. */
int gaol_get_next(int after, struct gaol_jail **ret, struct err *e);

/* All jails, ascending jid, one pass over the registry.  Free each and the array. */
int gaol_get_all(struct gaol_jail ***ret, size_t *ret_n, struct err *e);

int gaol_jail_jid(const struct gaol_jail *j);

/*
 * The value of a parameter of the table in its exported form ("true", "new",
 * "10.0.0.1,10.0.0.2", "" ...), computed ones too (jid, parent, dying,
 * children.cur, cpuset.id).  NULL: not a parameter, or a meta.KEY that is unset.
 * Valid until the jail is freed.
 */
const char *gaol_jail_value(struct gaol_jail *j, const char *param);

/* Keeper's pid (for display), cgroup path below the cgroup2 mount. */
pid_t gaol_jail_keeper(const struct gaol_jail *j);
const char *gaol_jail_cgroup(const struct gaol_jail *j);

void gaol_jail_free(struct gaol_jail *j);

/* ---- changing --------------------------------------------------------------- */

/* Checks and converts without touching anything: unknown names, bad values. */
int gaol_check_param(const struct gaol_param *p, struct err *e);

/* jail_set(JAIL_UPDATE) of a running jail: everything or nothing. */
int gaol_update(int jid, const struct gaol_param *params, size_t n, struct err *e);

/*
 * -m: does the given value of a create-only parameter differ from the running
 * jail's?  1 it does, 0 it does not (or may be changed).
 */
int gaol_differs(struct gaol_jail *j, const struct gaol_param *p, struct err *e);

/* ---- creating and removing --------------------------------------------------- */

/* One address to put on an interface before, and take off after. */
struct gaol_alias {
	int family; /* AF_INET or AF_INET6 */
	const char *ifname;
	const char *address;   /* literal, without a mask */
	int prefixlen;	       /* -1: 32 or 128 */
	const char *extra;     /* further words ("broadcast 10.0.0.255"), or NULL */
	const char *broadcast; /* reserved for the parser of `extra`; NULL */
};

/* One mount, from `mount`, a line of `mount.fstab`, or mount.devfs and its kin. */
struct gaol_mount {
	const char
	    *param; /* the parameter to name in messages: "mount", "mount.fstab", "mount.devfs" */
	const char *source;  /* decoded */
	const char *target;  /* decoded; absolute host path, below `path` or elsewhere */
	const char *type;    /* as written: nullfs, tmpfs, devfs, procfs, linprocfs ... */
	const char *options; /* comma separated, or NULL */
};

/*
 * One mount more in a jail that runs: nullfs, tmpfs, or a file system of the kernel's.  It is in
 * the jail's mount namespace only, and ends with the jail.  -EEXIST: it is there already.
 */
int gaol_mount(int jid, const struct gaol_mount *m, struct err *e);

/* Takes off what is mounted at a host path below the jail's.  -EBUSY: somebody is in there. */
int gaol_unmount(int jid, const char *target, struct err *e);

/* The rows at which the caller acts.  Order of creation; removal uses the second half. */
enum gaol_hook {
	GAOL_HOOK_PREPARE,
	GAOL_HOOK_PRESTART,
	GAOL_HOOK_CREATED,
	GAOL_HOOK_START,
	GAOL_HOOK_COMMAND,
	GAOL_HOOK_POSTSTART,
	GAOL_HOOK_PRESTOP,
	GAOL_HOOK_STOP,
	GAOL_HOOK_POSTSTOP,
	GAOL_HOOK_RELEASE,
	GAOL_HOOK_COUNT,
};

struct gaol_create_spec {
	const struct gaol_param *params; /* kernel parameters only; path, name, jid among them */
	size_t nparams;
	const struct gaol_alias *aliases; /* list order; IPv4 go on before IPv6 */
	size_t naliases;
	const struct gaol_mount *mounts; /* in the order in which they are made */
	size_t nmounts;
	const char *const *vnet_interfaces; /* NULL terminated, or NULL */
	unsigned hooks;			    /* 1u << GAOL_HOOK_x: return there */
	/*
	 * There will be commands: create persistent, and drop that at the end unless
	 * `persist` is among the parameters.
	 */
	bool temporary_persist;
	/*
	 * Commands of the host are configured (exec.prestart ... exec.poststop): they see the
	 * mounts of `mount` and `mount.fstab` at their host paths; gaol_op_host_namespace.
	 */
	bool host_commands;
};

struct gaol_remove_spec {
	int jid;
	unsigned hooks;
	int stop_timeout_s; /* after SIGTERM; 0: none is sent */
};

struct gaol_op;

enum gaol_event_kind {
	GAOL_EVENT_DONE,    /* over; gaol_op_result tells how */
	GAOL_EVENT_HOOK,    /* run the commands of event.hook, then gaol_op_hook_done */
	GAOL_EVENT_CREATED, /* the jail exists: print its jid or "created" */
	GAOL_EVENT_REMOVED, /* it is gone (also while unwinding) */
	GAOL_EVENT_TERM,    /* SIGTERM was sent to event.pids */
	GAOL_EVENT_KILLED,  /* event.pids were still there at the end and got SIGKILL */
	GAOL_EVENT_WAIT, /* poll event.fd for event.events until event.deadline_ms (CLOCK_MONOTONIC)
			  */
	GAOL_EVENT_ERROR, /* event.error: print it; the walk goes on (unwinding, or past it) */
	GAOL_EVENT_NOTE, /* event.note: something worth saying at -v (no effect, made before ...) */
};

struct gaol_event {
	enum gaol_event_kind kind;
	int jid;
	enum gaol_hook hook;
	const pid_t *pids; /* owned by the op, until the next call */
	size_t npids;
	int fd;
	short events;
	long long deadline_ms;
	const struct err *error;
	const char *note;
	bool always; /* GAOL_EVENT_NOTE: say it without -v, too: a permission that cannot hold */
	const char *step; /* name of the row of the table, for -v and --dry-run */
	bool unwinding;
};

/* spec and all it points to must live until gaol_op_free. */
int gaol_create(const struct gaol_create_spec *spec, struct gaol_op **ret, struct err *e);
int gaol_remove(const struct gaol_remove_spec *spec, struct gaol_op **ret, struct err *e);

/*
 * Walks on to the next event.  After GAOL_EVENT_HOOK the next call must be
 * gaol_op_hook_done.  Never blocks for longer than the kernel needs.
 */
void gaol_op_next(struct gaol_op *op, struct gaol_event *ret);

/* failed: creation unwinds; a removal before the jail is gone stops there, after that it goes on.
 */
void gaol_op_hook_done(struct gaol_op *op, bool failed);

/* 0, or the negative errno of the first failure. */
int gaol_op_result(const struct gaol_op *op);
int gaol_op_jid(const struct gaol_op *op);

/*
 * A descriptor of the mount namespace in which commands of the host shall run, so that
 * they see the jail's mounts; -1: the host's own.  Owned by the op.
 */
int gaol_op_host_namespace(struct gaol_op *op);

/* An op that is not done is unwound first. */
void gaol_op_free(struct gaol_op *op);

/* The names of the table's rows in order, NULL terminated: for --steps and the tests that kill. */
const char *const *gaol_step_names(void);

/* ---- running inside ----------------------------------------------------------- */

enum gaol_user_from {
	GAOL_USER_NONE, /* ids, groups as they are: root inside */
	GAOL_USER_JAIL, /* name looked up in the jail's /etc/passwd and /etc/group */
	GAOL_USER_HOST, /* name looked up in the host's databases, before entering */
};

enum gaol_spawn_flags {
	GAOL_SPAWN_CLEAN = 1 << 0, /* exec.clean, jexec -l: PATH, TERM, USER, HOME, SHELL only */
	GAOL_SPAWN_CHDIR_HOME = 1 << 1,
	GAOL_SPAWN_SHELL = 1 << 2,  /* argv is NULL: $SHELL (or /bin/sh) -i */
	GAOL_SPAWN_SETSID = 1 << 3, /* background commands */
	GAOL_SPAWN_FOREGROUND =
	    1 << 4, /* own process group and the terminal (kernel notes, section 4) */
	GAOL_SPAWN_SETUSERENV =
	    1 << 5, /* set USER, HOME, SHELL from the user's entry (current uid if none) */
};

struct gaol_spawn {
	int jid;
	char *const *argv;
	char *const *envp;	   /* the base environment; CLEAN starts from TERM in it */
	const char *const *setenv; /* NAME=VALUE set last, NULL terminated; may be NULL */
	const char *cwd;	   /* inside; NULL: "/" */
	enum gaol_user_from user_from;
	const char *user; /* NULL with GAOL_USER_NONE */
	unsigned flags;
	int stdio[3]; /* -1: inherit */
};

/*
 * Starts a process in the jail's cgroup, namespaces, user namespace, with the
 * credentials and filters of jailed root or the user.  *ret_pidfd is readable when it
 * ended; *ret_pid is our child, to be waited for.  An exec that fails is reported
 * here (-ENOENT, "exec CMD: No such file or directory"), not by an exit status.
 */
int gaol_spawn(const struct gaol_spawn *s, int *ret_pidfd, pid_t *ret_pid, struct err *e);

/* gaol_spawn and wait with the terminal's job control; returns the wait status (>= 0). */
int gaol_run(const struct gaol_spawn *s, struct err *e);

/* This process itself enters (jail_attach(2)): its namespaces, cgroup and credentials become the
 * jail's. */
int gaol_attach(int jid, struct err *e);

/* A descriptor (O_PATH) of the jail's root directory, for reading files in it with base/path.h. */
int gaol_open_root(int jid, struct err *e);

/* ---- the host ------------------------------------------------------------------ */

/* One line of `jail --doctor`. */
struct gaol_feature {
	const char *name;
	bool found;
	const char *meaning; /* what works because of it, or does not without it */
};

/* Tries each feature, never compares versions.  *ret is static. */
int gaol_features(const struct gaol_feature **ret, size_t *ret_n, struct err *e);

/*
 * devfs(8): the rules have changed, and running jails may open now what they leave
 * visible, and nothing else.  Descriptors that are open stay so.
 */
int gaol_devices_refresh(struct err *e);

/* Puts right what killed commands and keepers left.  Root only; every command calls it first. */
int gaol_sweep(struct err *e);

#pragma GCC visibility pop

#endif
