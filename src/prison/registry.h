/*
 * Which jails there are: jids, names, id ranges, and which of them live.
 *
 * A jail lives while its lock file (.jail/N) is locked, by the command that creates
 * it and from then on by its keeper, and, once it runs, while the cgroup directory of
 * the recorded inode exists.  A record whose lock is free is what a killed command or
 * keeper left: registry_take_dead hands it to whoever will undo it.
 */
#ifndef GAOL_PRISON_REGISTRY_H
#define GAOL_PRISON_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "prison/instance.h"
#include "prison/record.h"

#define REGISTRY_JID_MAX 999999

/* Host ids of a jail's user namespace: 65,536 from one allocator, settled in design. */
#define REGISTRY_IDS 65536u

/* All jids with a record, ascending; *ret is malloc'ed.  No locks. */
int registry_jids(const struct instance *in, int **ret, size_t *ret_n, struct err *e);

enum registry_life {
	REGISTRY_ALIVE,
	REGISTRY_BUSY,	/* being created or taken down by a command that lives */
	REGISTRY_DYING, /* being killed; by whom the work mark tells */
	REGISTRY_DEAD,	/* left behind: nobody holds it */
};

/* rec comes from record_load.  Without privilege only the cgroup is looked at. */
enum registry_life registry_life(const struct instance *in, const struct record *rec);

/* Loads a jail that lives; -ENOENT (no sentence) for all others. */
int registry_load_alive(const struct instance *in, int jid, struct record *ret, struct err *e);

/* The living jail of that full name: its jid, or -ENOENT (no sentence). */
int registry_find(const struct instance *in, const char *name, struct err *e);

/*
 * The path of a jail's cgroup below the instance's root cgroup ("3", or "3/7" of a
 * child jail), from the record.
 */
int registry_cgroup_path(const struct record *rec, char *buf, size_t size);

/* Opens it, checking the inode.  Returns a descriptor; -ENOENT: gone. */
int registry_open_cgroup(const struct instance *in, const struct record *rec);

/* The inode of a directory that was made and not yet recorded: only whoever holds the jail's lock.
 */
void registry_find_cgroup(const struct instance *in, struct record *rec);

/* ---- under instance_lock -------------------------------------------------------- */

/*
 * Chooses a jid (wanted 0: the next one), makes and locks its lock file with the
 * persist byte in it.  Returns the jid, *ret_lock the descriptor.  -EEXIST.
 */
int registry_claim_jid(const struct instance *in, int wanted, int *ret_lock, struct err *e);
int registry_claim_name(const struct instance *in, const char *name, int jid, struct err *e);
void registry_release_name(const struct instance *in, const char *name, int jid);
/* A name as the name of its link in .names; -ENAMETOOLONG, -EINVAL. */
int registry_name_link(const char *name, char *buf, size_t size);
/* The jid that a name points to, whatever its state; -ENOENT. */
int registry_name_owner(const struct instance *in, const char *name);

/* A free range of host ids: its first, or a negative errno. */
int64_t registry_claim_ids(const struct instance *in, int jid, struct err *e);
void registry_release_ids(const struct instance *in, int64_t first, int jid);

/* ---- the end of a jail ------------------------------------------------------------ */

/* Locks the lock file of a jail nobody holds: a descriptor, -EAGAIN if somebody does. */
int registry_take_dead(const struct instance *in, int jid);

/* Record, name, lock file, work mark: the last act of undoing. */
void registry_forget(const struct instance *in, const struct record *rec);

/*
 * Every name that points to a jid without a record: what a command leaves that is killed
 * between the two.  Costs what the list of names is long.
 */
void registry_forget_names(const struct instance *in, int jid);

/*
 * .root/JID: the files of a jail that runs, as it sees them, for reading from the host.  Through
 * its keeper's /proc entry.
 */
#define REGISTRY_ROOTS ".root"
void registry_link_root(const struct instance *in, int jid, pid_t keeper);
void registry_unlink_root(const struct instance *in, int jid);

/* How many jails with a record there are below the one of that name, at any depth. */
int registry_count_below(const struct instance *in, const char *name, struct err *e);

/* The persist byte where the keeper reads it, and in the record. */
int registry_set_persist(const struct instance *in, int jid, bool persist, struct err *e);

/* Tells the keeper that the record names things outside now, before it does: see keeper.h. */
int registry_set_outside(const struct instance *in, int jid);

/*
 * Marks a jail as being worked on, so that the next command finds what a killed one
 * left.  Returns a descriptor that holds the mark's lock for as long as the worker lives;
 * -EAGAIN (no sentence): another works on it.
 */
int registry_mark(const struct instance *in, int jid, struct err *e);
void registry_unmark(const struct instance *in, int jid);

#endif
