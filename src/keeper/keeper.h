/*
 * What the keeper, PID 1 of every jail, is given when it is executed, and what it
 * does with it.  Shared by the keeper itself, which has no libc, and by prison, which
 * starts it through keeper_exec (start.h).
 *
 * The keeper holds the jail's namespaces and its lock, lets orphans reap themselves,
 * and waits for the jail to become empty.  Then, unless the persist byte is '1', it
 * removes the prison's cgroup directory: that rmdir is the moment of death.  After it
 * come the map entry and, where allowed, the name, the record and the lock file, in this
 * order: nobody else takes over a name while its link is there and the lock is held.
 *
 * Whoever sweeps a dead jail takes the flock of its lock file first.  While the keeper
 * has it, it may be about to unlink the record of that jid, and that must not be the
 * record of a successor.  A killed keeper has let go of it at once, even where its
 * process cannot end yet because somebody outside does not reap a child.
 *
 * A keeper asleep learns of nothing but changes of population: not of a new persist
 * byte, not of the removal of an empty child jail (there it looks again after
 * KEEPER_LINGER_MS), not of an rmdir by somebody else.  SIGHUP makes it look again.  So
 * persist is taken away by writing the byte and then sending SIGHUP; a command that
 * removes the directory itself kills the keeper first, or sends SIGHUP afterwards.
 * Anybody may send it: it carries no authority.
 *
 * SIGTERM means "remove this jail" when it comes from outside the jail's PID
 * namespace, and no more than SIGHUP else.  Stop commands are not run: it is the
 * emergency exit, for service managers that hold the keeper's pid.  Its own exit status
 * is 0 in every case.  All other signals but KILL and STOP from outside are ignored.
 *
 * It keeps every capability that it was started with, on purpose: a process may trace
 * another of the same uid only if it has all of the other's capabilities.  It also is
 * not dumpable from its first instruction but one.
 */
#ifndef GAOL_KEEPER_KEEPER_H
#define GAOL_KEEPER_KEEPER_H

/* Installed name; open it O_PATH|O_CLOEXEC on the host, before the chroot. */
#define KEEPER_PATH GAOL_LIBEXECDIR "/keeper"

/*
 * Descriptors at their numbers.  With gaol.userns=inherit only the first two are
 * there, so that nothing can be stolen that leads out of the jail.
 */
enum keeper_fd {
	KEEPER_FD_LOCK = 3,   /* .jail/N, flock'ed LOCK_EX by this open file; read access; persist,
				 KEEPER_OUTSIDE */
	KEEPER_FD_EVENTS = 4, /* cgroup.events of the prison's directory, O_RDONLY */
	KEEPER_FD_PARENT = 5, /* the cgroup directory in which the prison's lies */
	KEEPER_FD_MAP = 6,    /* the BPF map of prisons, key: cgroup id as u64 */
	KEEPER_FD_STATE = 7,  /* the state directory */
	KEEPER_FD_KILL = 8,   /* cgroup.kill of the prison's directory, O_WRONLY */
	KEEPER_FD_READY = 9, /* a pipe: closed once nothing inside can touch the keeper; optional */
	KEEPER_FD_END = 10,  /* it closes all from here on, and 0 to 2 */
};

enum keeper_arg {
	KEEPER_ARG_NAME,   /* "jail", for ps */
	KEEPER_ARG_CGROUP, /* name of the prison's directory in KEEPER_FD_PARENT: the jid in decimal
			    */
	KEEPER_ARG_RECORD, /* name of the record in KEEPER_FD_STATE, and of the lock file in .jail
			      there */
	KEEPER_ARG_KEY,	   /* cgroup id in decimal */
	KEEPER_ARG_LINK,   /* file name in .names of the state directory; empty: none */
	KEEPER_ARG_FLAGS,  /* the letters below, or "-" */
	KEEPER_ARG_COUNT,
};

/* Descriptors 5 to 8 are there.  Without it the keeper closes them unseen. */
#define KEEPER_FLAG_REMOVES 'r'
/* The ledger names nothing outside the jail: name, record and lock file may go with it. */
#define KEEPER_FLAG_UNLINKS 'u'

#define KEEPER_PERSIST_YES '1'
#define KEEPER_PERSIST_NO '0' /* only exactly this lets a jail die */

/*
 * The second byte of the lock file, where there is one: something outside has been added
 * to the ledger since, and name, record and lock file stay for whoever undoes that.  Read
 * after the rmdir: whoever writes it and then still sees the directory was in time.
 */
#define KEEPER_OUTSIDE '+'

#define KEEPER_COMM "gaol-keeper"

/* Milliseconds until it looks again where no event may come: a child jail is in the way. */
#define KEEPER_LINGER_MS 250

#endif
