#include "prison/sweep.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "prison/cgroup.h"
#include "prison/op.h"
#include "prison/registry.h"

/* Up to this number of records each creation looks at all of them; it costs next to nothing. */
#define SMALL_REGISTRY 8

/* How long a command that may be dying is waited for: 50 times 5 ms. */
#define BUSY_TRIES 50
#define BUSY_NS 5000000

/* Undoes a record; lock and work mark become the walk's, if they are ours. */
static int
undo(struct instance *in, enum op_mode mode, struct record *rec, int lock, int mark, struct err *e)
{
	struct gaol_op *op;
	int r;

	registry_find_cgroup(in, rec);
	op = op_new(in, mode, rec);

	if (op == NULL) {
		close_keep_errno(lock);
		close_keep_errno(mark);
		return err_errno(e, ENOMEM, "jail_remove");
	}
	op->lock = lock;
	op->mark = mark;
	r = op_finish(op, e);
	gaol_op_free(op);
	return r;
}

/* Its keeper lives, but whoever was removing it may not. */
static int
finish_dying(struct instance *in, struct record *rec, struct err *e)
{
	int mark = registry_mark(in, rec->jid, NULL);

	return mark < 0 ? 0 : undo(in, OP_SWEEP, rec, -EBADF, mark, e);
}

int
sweep_one(struct instance *in, int jid, struct err *e)
{
	cleanup_record struct record rec = {0};
	int lock, mark, r;

	r = record_load(in->state, jid, &rec, e);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0) {
		switch (registry_life(in, &rec)) {
		case REGISTRY_ALIVE:
		case REGISTRY_BUSY:
			return 0;
		case REGISTRY_DYING:
			return finish_dying(in, &rec, e);
		case REGISTRY_DEAD:
			break;
		}
	}
	lock = registry_take_dead(in, jid);
	if (lock < 0)
		return 0;
	/* A removal that is about to take the lock goes on by itself. */
	mark = registry_mark(in, jid, NULL);
	if (mark < 0) {
		close_keep_errno(lock);
		return 0;
	}
	/* Between the look and the lock it may have been undone, or made and killed. */
	record_done(&rec);
	if (record_load(in->state, jid, &rec, e) == 0)
		return undo(in, OP_SWEEP, &rec, lock, mark, e);
	record_done(&rec);
	rec = (struct record){.jid = jid};
	registry_forget_names(in, jid);
	registry_forget(in, &rec);
	close_keep_errno(lock);
	close_keep_errno(mark);
	return 0;
}

static void
sweep_dir(struct instance *in, int dirfd, size_t most)
{
	int fd = openat(dirfd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), jids[257];
	size_t n = 0;
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);
	struct dirent *entry;

	if (dir == NULL) {
		close_keep_errno(fd);
		return;
	}
	while (n <= most && n < ARRAY_SIZE(jids) && (entry = readdir(dir)) != NULL) {
		uint64_t jid;

		if (num_parse_u64(entry->d_name, REGISTRY_JID_MAX, &jid) == 0 && jid > 0)
			jids[n++] = (int)jid;
	}
	(void)closedir(dir);
	for (size_t i = 0; i < n && n <= most; i++)
		(void)sweep_one(in, jids[i], NULL);
}

/*
 * A jail that is being made or taken down.  If its command was killed, what is left of
 * that dies with it, but not in the same instant: it gets a moment.
 */
static void
sweep_busy(struct instance *in, int jid)
{
	for (int tries = 0; tries < BUSY_TRIES; tries++) {
		cleanup_record struct record rec = {0};
		enum registry_life life;

		if (record_load(in->state, jid, &rec, NULL) < 0)
			break;
		life = registry_life(in, &rec);
		if (life == REGISTRY_ALIVE)
			return;
		if (life == REGISTRY_DEAD)
			break;
		(void)nanosleep(&(struct timespec){.tv_nsec = BUSY_NS}, NULL);
	}
	(void)sweep_one(in, jid, NULL);
}

void
sweep_before_claim(struct instance *in, const char *name, int jid)
{
	int owner = name != NULL ? registry_name_owner(in, name) : -ENOENT;

	sweep_dir(in, in->work, 256);
	sweep_dir(in, in->state, SMALL_REGISTRY);
	/* A lock file is all that a command leaves which is killed before its record is written. */
	sweep_dir(in, in->locks, SMALL_REGISTRY);
	if (owner > 0)
		sweep_busy(in, owner);
	if (jid > 0)
		sweep_busy(in, jid);
}

int
sweep_all(struct instance *in, struct err *e)
{
	cleanup_free int *jids = NULL;
	size_t n;
	int r;

	sweep_dir(in, in->work, 256);
	sweep_dir(in, in->locks, 256);
	r = registry_jids(in, &jids, &n, e);
	for (size_t i = 0; i < n && r == 0; i++)
		(void)sweep_one(in, jids[i], NULL);
	return r;
}

/* 1: it is empty, and nobody enters any more. */
static int
ends(struct instance *in, const struct record *rec)
{
	cleanup_fd int cgroup = registry_open_cgroup(in, rec);
	char path[128];

	if (cgroup < 0)
		return 1;
	if (cgroup_populated(cgroup) == 1)
		return 0;
	/* Atomic against entry: whoever came since keeps the jail alive. */
	return registry_cgroup_path(rec, path, sizeof(path)) == 0 &&
	       (unlinkat(in->cgroup, path, AT_REMOVEDIR) == 0 || errno != EBUSY);
}

int
sweep_if_empty(struct instance *in, int jid, int mark, struct err *e)
{
	cleanup_record struct record rec = {0};
	int r = record_load(in->state, jid, &rec, e);

	if (r == 0 && ends(in, &rec))
		return undo(in, OP_EXPIRE, &rec, -EBADF, mark, e);
	if (mark >= 0)
		registry_unmark(in, jid);
	close_keep_errno(mark);
	return r == -ENOENT ? 0 : r;
}
