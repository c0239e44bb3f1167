#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>

#include "base/cleanup.h"
#include "base/num.h"
#include "base/path.h"
#include "base/sys.h"
#include "config.h"
#include "keeper/keeper.h"
#include "prison/cgroup.h"
#include "prison/claim.h"
#include "prison/datagrams.h"
#include "prison/enter.h"
#include "prison/family.h"
#include "prison/holders.h"
#include "prison/hostmount.h"
#include "prison/kill.h"
#include "prison/op.h"
#include "prison/policy.h"
#include "prison/raw.h"
#include "prison/registry.h"
#include "prison/remark.h"
#include "prison/resolv.h"
#include "prison/settings.h"
#include "prison/skeleton.h"
#include "prison/steps_net.h"
#include "prison/sweep.h"
#include "prison/template.h"

/* ---- claim ----------------------------------------------------------------------------- */

static int
claim_act(struct gaol_op *op, struct err *e)
{
	int r = claim(op, e);

	if (r == 0) {
		remark_parameters(op);
		remark_permissions(op);
	}
	return r;
}

static int
claim_undo(struct gaol_op *op, struct err *e)
{
	(void)e;
	/* The next command tries once more; what it cannot undo either is left for good. */
	if (!op->undo_failed || op->mode == OP_SWEEP) {
		holders_drop(op->in, &op->rec);
		claim_release(op->in, &op->rec);
	}
	close_keep_errno(take_fd(&op->lock));
	return 0;
}

/* ---- path, skeleton, mounts -------------------------------------------------------------- */

static int
prepare_mounts(struct gaol_op *op, struct err *e)
{
	const struct gaol_create_spec *spec = op->create;
	const char *path = record_get(&op->rec, "path");
	const struct mount_jail jail = {
	    .path = path != NULL ? path : "/",
	    .real_path = op->real_path,
	    .statefd = op->in->state,
	    .on_host = strcmp(settings_text(&op->rec, "gaol.mounts"), "host") == 0,
	};

	op->mounts = calloc(spec->nmounts + 1, sizeof(*op->mounts));
	if (op->mounts == NULL)
		return err_errno(e, ENOMEM, "mount");
	for (size_t i = 0; i < spec->nmounts; i++) {
		int r = mount_prepare(&spec->mounts[i], &jail, &op->mounts[i], e);

		if (r < 0)
			return r;
		op->nmounts++;
	}
	return 0;
}

/* Mounts come before exec.prestart; a path that such a command makes has none yet. */
static bool
path_later(const struct gaol_op *op)
{
	const char *path = record_get(&op->rec, "path");
	struct stat st;

	return op->create->nmounts == 0 && path != NULL && stat(path, &st) < 0;
}

/* Lines of `mount` and `mount.fstab`; what mount.devfs and its kin make is the jail's alone. */
static bool
has_lines(const struct gaol_create_spec *spec)
{
	for (size_t i = 0; i < spec->nmounts; i++)
		if (strcmp(spec->mounts[i].param, "mount") == 0 ||
		    strcmp(spec->mounts[i].param, "mount.fstab") == 0)
			return true;
	return false;
}

static int
mounts_act(struct gaol_op *op, struct err *e)
{
	const char *path;
	int r;

	if (op->real_path != NULL || path_later(op))
		return 0;
	path = record_get(&op->rec, "path");
	op->real_path = realpath(path != NULL ? path : "/", NULL);
	if (op->real_path == NULL)
		return err_errno(e, errno, "path %s", path);
	/* What is shown, and undone by, is the real path. */
	if (record_set(&op->rec, "path", op->real_path) < 0)
		return err_errno(e, ENOMEM, "path");
	r = prepare_mounts(op, e);
	if (r == 0 && strcmp(settings_text(&op->rec, "gaol.skeleton"), "auto") == 0)
		r = skeleton_make(op->in, &op->rec, op->real_path, op->mounts, op->nmounts, e);
	if (r == 0 && strcmp(settings_text(&op->rec, "gaol.mounts"), "host") == 0)
		r = hostmount_place(op, e);
	else if (r == 0 && op->create->host_commands && has_lines(op->create))
		r = hostmount_make_namespace(op, e);
	return r;
}

static int
mounts_undo(struct gaol_op *op, struct err *e)
{
	int r;

	close_keep_errno(take_fd(&op->host_namespace));
	hostmount_drop_namespace(op->in, &op->rec);
	r = hostmount_undo(op, e);
	if (r < 0) {
		(void)skeleton_undo(op->in, &op->rec, NULL);
		return r;
	}
	return skeleton_undo(op->in, &op->rec, e);
}

/* What is true only now that prestart has run. */
static int
root_act(struct gaol_op *op, struct err *e)
{
	cleanup_free char *real_path = NULL;
	const char *path;
	int r;

	if (!op->want_persist && !op->create->temporary_persist)
		return err_set(e, EINVAL, "new jail must persist or attach");
	if (op->real_path == NULL && (r = mounts_act(op, e)) < 0)
		return r;
	if (op->real_path == NULL) {
		path = record_get(&op->rec, "path");
		return err_errno(e, ENOENT, "path %s", path != NULL ? path : "/");
	}
	path = record_get(&op->rec, "path");
	remark_path(op, path);
	if (gaol_op_host_namespace(op) < 0)
		return root_open_tree(path, &real_path, &op->tree, e);
	/* With what the commands have mounted below path. */
	op->tree = hostmount_clone_tree(op->host_namespace, path, e);
	return op->tree < 0 ? op->tree : 0;
}

/* ---- cgroup and map ----------------------------------------------------------------------- */

static int
cgroup_act(struct gaol_op *op, struct err *e)
{
	char path[128];
	struct stat st;

	instance_controllers(op->in);
	if (registry_cgroup_path(&op->rec, path, sizeof(path)) < 0)
		return err_set(e, ENOENT, "the parent jail is gone");
	/* The record of the claim names it; its inode is written when the jail is published. */
	if (mkdirat(op->in->cgroup, path, 0755) < 0)
		return err_errno(e, errno, "cgroup %s/%s", op->in->cgroup_name, path);
	op->cgroup = path_open_strict(op->in->cgroup, path, O_RDONLY | O_DIRECTORY, 0);
	if (op->cgroup < 0 || fstat(op->cgroup, &st) < 0)
		return err_errno(e, errno, "cgroup %s/%s", op->in->cgroup_name, path);
	op->rec.cgroup_id = st.st_ino;
	return 0;
}

/* For how long a command that undoes the same jail is waited for: 2,500 times 2 ms. */
#define OTHERS_TRIES 2500
#define OTHERS_NS 2000000

/*
 * The jail is dead; several may have come to take away what is left: commands, sweeps.  One
 * does, whoever has its work mark and its lock, by the record as it is then: what the
 * others have read before may be another jail's by now.  False: somebody else has done it,
 * or is at it.
 */
static bool
become_undertaker(struct gaol_op *op)
{
	cleanup_record struct record now = {0};
	bool marked_before = op->mark >= 0;

	for (int tries = 0; tries < OTHERS_TRIES; tries++) {
		if (op->mark < 0)
			op->mark = registry_mark(op->in, op->rec.jid, NULL);
		if (op->mark >= 0 && op->lock < 0)
			op->lock = kill_keeper(op->in, &op->rec);
		if (op->mark >= 0 && op->lock < 0)
			op->lock = registry_take_dead(op->in, op->rec.jid);
		if (op->mark >= 0 && op->lock >= 0)
			break;
		(void)nanosleep(&(struct timespec){.tv_nsec = OTHERS_NS}, NULL);
	}
	if (op->mark < 0 || op->lock < 0)
		return false;
	if (record_load(op->in->state, op->rec.jid, &now, NULL) < 0) {
		registry_forget(op->in, &(struct record){.jid = op->rec.jid});
		/* Its keeper, which does so where nothing lies outside; hooks are still to be run.
		 */
		strv_done(&op->rec.ledger);
		return marked_before;
	}
	if (now.cgroup_id != 0 && now.cgroup_id != op->rec.cgroup_id)
		return false;
	now.cgroup_id = op->rec.cgroup_id;
	record_done(&op->rec);
	op->rec = now;
	now = (struct record){0};
	return true;
}

static int
cgroup_undo(struct gaol_op *op, struct err *e)
{
	bool was_jail = op->rec.state == RECORD_RUNNING, ours = op->lock >= 0;
	int r = kill_cgroup(op->in, &op->rec, e);

	if (r < 0)
		return r;
	op->dead = true;
	if (!ours && !become_undertaker(op))
		op->done = true;
	if (was_jail && (op->mode == OP_REMOVE || op->mode == OP_UNWIND))
		op_queue(op, &(struct gaol_event){.kind = GAOL_EVENT_REMOVED});
	return 0;
}

static int
map_act(struct gaol_op *op, struct err *e)
{
	int r = instance_bpf(op->in, e);

	if (r == 0 && op->in->bpf_loaded)
		remark_kernel(op);
	return r < 0 ? r : policy_load(op->in, &op->rec, e);
}

static int
map_undo(struct gaol_op *op, struct err *e)
{
	int r;

	if (op->rec.cgroup_id == 0)
		return 0;
	r = instance_bpf(op->in, e);
	return r < 0 ? r : policy_unload(op->in, &op->rec, e);
}

/* ---- namespaces and keeper ------------------------------------------------------------------ */

static bool
all_inherit_ipc(const struct record *rec)
{
	return strcmp(settings_text(rec, "sysvmsg"), "inherit") == 0 &&
	       strcmp(settings_text(rec, "sysvsem"), "inherit") == 0 &&
	       strcmp(settings_text(rec, "sysvshm"), "inherit") == 0;
}

static int
namespaces_act(struct gaol_op *op, struct err *e)
{
	const char *ids = record_ledger_get(&op->rec, "ids", 0);
	uint64_t base = 0;

	op->ns = (struct ns_spec){
	    .user = policy_userns(&op->rec),
	    .net = strcmp(settings_text(&op->rec, "vnet"), "new") == 0,
	    .ipc = !all_inherit_ipc(&op->rec),
	    .uts = strcmp(settings_text(&op->rec, "host"), "new") == 0,
	    .cgroup = op->cgroup,
	};
	if (op->ns.user == NS_USER_NEW &&
	    (ids == NULL || num_parse_u64(ids, UINT32_MAX, &base) < 0))
		return err_set(e, EINVAL, "no user ids were claimed");
	op->ns.id_base = (int64_t)base;
	op->id_base = (int64_t)base;
	return ns_holder_start(&op->ns, &op->holder, e);
}

static int
namespaces_undo(struct gaol_op *op, struct err *e)
{
	(void)e;
	ns_holder_done(&op->holder);
	return 0;
}

/* The ledger names something that only a command can take away. */
static bool
leaves_outside(const struct record *rec)
{
	/* Its broker sees the end by itself, but its cgroup stays. */
	if (raw_wanted(rec))
		return true;
	for (size_t i = 0; i < rec->ledger.n; i++)
		if (strncmp(rec->ledger.s[i], "alias ", 6) == 0 ||
		    strncmp(rec->ledger.s[i], "skel", 4) == 0 ||
		    strncmp(rec->ledger.s[i], "mount ", 6) == 0 ||
		    strcmp(rec->ledger.s[i], "hooks") == 0 ||
		    strcmp(rec->ledger.s[i], DATAGRAMS_LINE) == 0 ||
		    strncmp(rec->ledger.s[i], "vnet ", 5) == 0)
			return true;
	return false;
}

static int
publish(void *arg, pid_t keeper, struct err *e)
{
	struct gaol_op *op = arg;

	op->rec.keeper = keeper;
	op->rec.state = RECORD_RUNNING;
	registry_link_root(op->in, op->rec.jid, keeper);
	return record_store(op->in->state, &op->rec, e);
}

struct keeper_fds {
	int binary, events, kill, template, parent_pidfd;
};

static void
keeper_fds_done(struct keeper_fds *f)
{
	close_keep_errno(f->binary);
	close_keep_errno(f->events);
	close_keep_errno(f->kill);
	close_keep_errno(f->template);
	close_keep_errno(f->parent_pidfd);
}

static int
open_keeper_fds(struct gaol_op *op, struct keeper_fds *f, struct err *e)
{
	f->binary = open(KEEPER_PATH, O_PATH | O_CLOEXEC);
	if (f->binary < 0)
		return err_errno(e, errno, "%s", KEEPER_PATH);
	f->events = openat(op->cgroup, "cgroup.events", O_RDONLY | O_CLOEXEC);
	f->kill = openat(op->cgroup, "cgroup.kill", O_WRONLY | O_CLOEXEC);
	if (f->events < 0 || f->kill < 0)
		return err_errno(e, errno, "cgroup %s", op->in->cgroup_name);
	op->parent_cgroup = op->in->cgroup;
	if (op->parent.jid != 0) {
		op->parent_cgroup = registry_open_cgroup(op->in, &op->parent);
		if (op->parent_cgroup < 0)
			return err_set(e, ENOENT, "the parent jail is gone");
		f->parent_pidfd = sys_pidfd_open(op->parent.keeper, 0);
		if (f->parent_pidfd < 0 || registry_life(op->in, &op->parent) != REGISTRY_ALIVE)
			return err_set(e, ENOENT, "the parent jail is gone");
	}
	f->template = template_open(op->in, e);
	return f->template <0 ? f->template : 0;
}

static struct keeper_plan
plan_keeper(struct gaol_op *op, const struct keeper_fds *f, char link[static NAME_MAX + 1])
{
	const struct record *rec = &op->rec;
	bool removes = op->ns.user != NS_USER_INHERIT;

	if (registry_name_link(settings_text(rec, "name"), link, NAME_MAX + 1) < 0)
		*link = '\0';
	return (struct keeper_plan){
	    .root = {.path = settings_text(rec, "path"),
		.real_path = op->real_path,
		.tree = op->tree,
		.template = f->template,
		.mounts = op->mounts,
		.nmounts = op->nmounts,
		.run = strcmp(settings_text(rec, "gaol.skeleton"), "auto") == 0,
		.id_base = (uid_t)op->id_base},
	    .holder = &op->holder,
	    .holder_flags = ns_holder_flags(&op->ns),
	    .map_ids = op->ns.user == NS_USER_NEW,
	    .parent_pidfd = f->parent_pidfd,
	    .parent_flags = f->parent_pidfd < 0 ? 0 : CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWNET,
	    /* A new host name is empty until it is set, as on FreeBSD; not the host's. */
	    .hostname = op->ns.uts ? settings_text(rec, "host.hostname") : NULL,
	    .domainname = op->ns.uts ? settings_text(rec, "host.domainname") : NULL,
	    .keepers_cgroup = op->in->keepers,
	    .start = {.binary = f->binary,
		.lock = op->lock,
		.events = f->events,
		.removes = removes,
		.parent = removes ? op->parent_cgroup : -EBADF,
		.map = removes ? op->in->bpf.prisons : -EBADF,
		.state = removes ? op->in->state : -EBADF,
		.kill = removes ? f->kill : -EBADF,
		.unlinks = removes && !leaves_outside(rec),
		.ready = -EBADF,
		.jid = rec->jid,
		.link = link,
		.cgroup_id = rec->cgroup_id},
	    .publish = publish,
	    .publish_arg = op,
	    .pid = 0,
	    .pidfd = -EBADF,
	};
}

static int
keeper_act(struct gaol_op *op, struct err *e)
{
	struct keeper_fds f = {-EBADF, -EBADF, -EBADF, -EBADF, -EBADF};
	cleanup_free char *resolv = NULL;
	struct keeper_plan plan;
	char link[NAME_MAX + 1];
	int r;

	r = open_keeper_fds(op, &f, e);
	if (r == 0)
		r = resolv_read(&op->rec, &resolv, e);
	if (r == 0)
		r = ns_holder_wait(&op->holder, e);
	if (r == 0) {
		plan = plan_keeper(op, &f, link);
		plan.root.resolv = resolv;
		r = keeper_start(&plan, e);
		if (r == -EMEDIUMTYPE && root_open_pieces(&plan.root, e) == 0) {
			op->tree = plan.root.tree;
			r = keeper_start(&plan, e);
		}
		root_pieces_done(&plan.root);
		close_keep_errno(plan.pidfd);
	}
	keeper_fds_done(&f);
	if (op->parent_cgroup == op->in->cgroup)
		op->parent_cgroup = -EBADF;
	ns_holder_kill(&op->holder);
	if (r < 0) {
		op->rec.state = RECORD_CREATING;
		return r == -EMEDIUMTYPE ? -EINVAL : r;
	}
	/* Now the keeper alone holds the lock: with it the jail lives and dies. */
	close_keep_errno(take_fd(&op->lock));
	for (size_t i = 0; i < op->nmounts; i++)
		if (op->mounts[i].made_before)
			op_note(
			    op, "%s was mounted before and will stay", op->mounts[i].spec->target);
	op_queue(op, &(struct gaol_event){.kind = GAOL_EVENT_CREATED});
	return 0;
}

/* A directory without directories in it has no child jails; one that is gone had none. */
static bool
has_below(const struct gaol_op *op)
{
	char path[128];
	struct stat st;

	return registry_cgroup_path(&op->rec, path, sizeof(path)) == 0 &&
	       fstatat(op->in->cgroup, path, &st, AT_SYMLINK_NOFOLLOW) == 0 && st.st_nlink > 2;
}

/* Jails below go first, without their commands: their directories lie in ours. */
static int
remove_below(struct gaol_op *op, struct err *e)
{
	cleanup_free int *jids = NULL;
	size_t n;
	int r;

	if (!has_below(op))
		return 0;
	r = family_below(op->in, &op->rec, &jids, &n, e);
	for (size_t i = 0; i < n && r == 0; i++) {
		struct record rec = {0};
		struct gaol_op *child;

		if (record_load(op->in->state, jids[i], &rec, NULL) < 0)
			continue;
		registry_find_cgroup(op->in, &rec);
		child = op_new(op->in, OP_SWEEP, &rec);
		if (child == NULL)
			return err_errno(e, ENOMEM, "jail_remove");
		r = op_finish(child, e);
		gaol_op_free(child);
	}
	return r;
}

static int
keeper_undo(struct gaol_op *op, struct err *e)
{
	int r;

	if (op->rec.cgroup_id == 0)
		return 0;
	/*
	 * From here on it is no jail any more, also for the command after one that is killed here:
	 * a cgroup that was killed once takes nobody in (the kernel kills whoever is cloned into
	 * it).
	 */
	(void)record_store_state(op->in->state, op->rec.jid, RECORD_DYING, NULL);
	/* So that the keeper knows, too, that it shall not stay. */
	(void)registry_set_persist(op->in, op->rec.jid, false, NULL);
	r = kill_all(op->in, &op->rec, e);
	return r < 0 ? r : remove_below(op, e);
}

/* ---- SIGTERM and its grace ------------------------------------------------------------------- */

static bool
is_inside(const struct gaol_op *op, pid_t pid)
{
	cleanup_free char *text = NULL;
	char path[64], want[400], below[128];
	size_t len;

	(void)snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	if (registry_cgroup_path(&op->rec, below, sizeof(below)) < 0 ||
	    path_read(AT_FDCWD, path, 65536, &text, NULL) < 0)
		return false;
	(void)snprintf(want, sizeof(want), "/%s/%s\n", op->in->cgroup_name, below);
	len = strlen(text);
	return len >= strlen(want) && strstr(text, want) != NULL;
}

static void
send_term(const struct gaol_op *op, pid_t pid)
{
	cleanup_fd int pidfd = sys_pidfd_open(pid, 0);

	/* Looked at after the pidfd was taken: then it is that process, whatever the number
	 * becomes. */
	if (pidfd >= 0 && is_inside(op, pid))
		(void)sys_pidfd_send_signal(pidfd, SIGTERM);
}

static void
wait_more(struct gaol_op *op)
{
	long long now = monotonic_ms(), look = now + 250;

	/* With child jails `populated` does not tell: look again from time to time. */
	op_queue(op, &(struct gaol_event){.kind = GAOL_EVENT_WAIT,
			 .fd = op->events_fd,
			 .events = POLLPRI,
			 .deadline_ms = look < op->deadline_ms ? look : op->deadline_ms});
}

static int
term_undo(struct gaol_op *op, struct err *e)
{
	size_t n = 0;

	(void)e;
	if (op->mode != OP_REMOVE || op->remove.stop_timeout_s <= 0)
		return 0;
	if (op->cgroup < 0)
		op->cgroup = registry_open_cgroup(op->in, &op->rec);
	if (op->cgroup < 0)
		return 0;
	free(take_ptr(op->pids));
	if (cgroup_procs(op->cgroup, &op->pids, &n) < 0 || n == 0)
		return 0;
	if (!op->waiting) {
		for (size_t i = 0; i < n; i++)
			send_term(op, op->pids[i]);
		op->waiting = true;
		op->deadline_ms = monotonic_ms() + op->remove.stop_timeout_s * 1000LL;
		op->events_fd = cgroup_events(op->cgroup);
		op_queue(op,
		    &(struct gaol_event){.kind = GAOL_EVENT_TERM, .pids = op->pids, .npids = n});
		wait_more(op);
		return 1;
	}
	if (monotonic_ms() >= op->deadline_ms) {
		op_queue(op,
		    &(struct gaol_event){.kind = GAOL_EVENT_KILLED, .pids = op->pids, .npids = n});
		return 0;
	}
	wait_more(op);
	return 1;
}

/* ---- settle ------------------------------------------------------------------------------------
 */

static int
settle_act(struct gaol_op *op, struct err *e)
{
	int r;

	if (op->want_persist) {
		if (op->mark >= 0)
			registry_unmark(op->in, op->rec.jid);
		return 0;
	}
	/* As long as it dies it counts as somebody inside. */
	ns_holder_done(&op->holder);
	r = registry_set_persist(op->in, op->rec.jid, false, e);
	if (r < 0)
		return r;
	return sweep_if_empty(op->in, op->rec.jid, take_fd(&op->mark), e);
}

const struct step op_steps[] = {
    {"claim", claim_act, claim_undo, -1, -1},
    {"exec.prepare", NULL, NULL, GAOL_HOOK_PREPARE, GAOL_HOOK_RELEASE},
    {"aliases", aliases_act, aliases_undo, -1, -1},
    {"mounts", mounts_act, mounts_undo, -1, -1},
    {"exec.prestart", NULL, NULL, GAOL_HOOK_PRESTART, GAOL_HOOK_POSTSTOP},
    {"root", root_act, sockets_undo, -1, -1},
    {"cgroup", cgroup_act, cgroup_undo, -1, -1},
    {"map", map_act, map_undo, -1, -1},
    {"datagrams", datagrams_act, NULL, -1, -1},
    {"namespaces", namespaces_act, namespaces_undo, -1, -1},
    {"keeper", keeper_act, keeper_undo, -1, -1},
    {"raw", raw_act, NULL, -1, -1},
    {"exec.created", NULL, NULL, GAOL_HOOK_CREATED, -1},
    {"vnet", vnet_act, vnet_undo, -1, -1},
    {"term", NULL, term_undo, -1, -1},
    {"exec.start", NULL, NULL, GAOL_HOOK_START, GAOL_HOOK_STOP},
    {"command", NULL, NULL, GAOL_HOOK_COMMAND, -1},
    {"exec.poststart", NULL, NULL, GAOL_HOOK_POSTSTART, GAOL_HOOK_PRESTOP},
    {"settle", settle_act, NULL, -1, -1},
};
const size_t op_nsteps = ARRAY_SIZE(op_steps);
