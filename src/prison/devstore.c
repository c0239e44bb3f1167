#include "prison/devstore.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "prison/devdir.h"

static devstore_changed_fn changed_fn;
static void *changed_arg;

void
devstore_on_change(devstore_changed_fn fn, void *arg)
{
	changed_fn = fn;
	changed_arg = arg;
}

static void
tell_change(int state)
{
	if (changed_fn != NULL)
		changed_fn(state, changed_arg);
}

int
devstore_reload(int state, const char *const *paths, struct strv *warnings, struct err *e)
{
	int r = devload_locked(state, paths, warnings, e);

	if (r >= 0)
		tell_change(state);
	return r;
}

/* The lock, the directory of the sets, and what is in it, for one operation. */
struct txn {
	int state;
	int base; /* .devfs */
	int lock;
	int sets;
	struct dev_rulesets all;
};

#define TXN_EMPTY                                              \
	{                                                      \
		.base = -EBADF, .lock = -EBADF, .sets = -EBADF \
	}

static void
txn_done(struct txn *t)
{
	devrules_sets_done(&t->all);
	close_keep_errno(take_fd(&t->sets));
	close_keep_errno(take_fd(&t->lock));
	close_keep_errno(take_fd(&t->base));
}

#define cleanup_txn __attribute__((cleanup(txn_done)))

/* how: LOCK_SH or LOCK_EX. */
static int
txn_begin(struct txn *t, int state, int how, struct err *e)
{
	int r;

	r = devstore_ensure(state, NULL, e);
	if (r < 0)
		return r;
	t->state = state;
	r = devdir_open(state, &t->base, e);
	if (r >= 0)
		r = devdir_lock(t->base, how, &t->lock, e);
	if (r < 0)
		return r;
	t->sets = openat(t->base, DEVDIR_SETS, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (t->sets < 0)
		return err_errno(e, errno, DEVDIR_PATH "/" DEVDIR_SETS);
	return devdir_read_all(t->sets, &t->all, e);
}

int
devstore_get(int state, unsigned num, struct dev_ruleset *ret, struct err *e)
{
	cleanup_txn struct txn t = TXN_EMPTY;
	struct dev_ruleset *set;
	int r;

	r = txn_begin(&t, state, LOCK_SH, e);
	if (r < 0)
		return r;
	r = devdir_check_bad(t.sets, num, e);
	if (r < 0)
		return r;
	set = devrules_sets_find(&t.all, num);
	if (set == NULL)
		return err_errno(e, ESRCH, "ruleset %u", num);
	*ret = *set;
	set->rules = NULL;
	set->n = 0;
	return 0;
}

int
devstore_get_all(int state, struct dev_rulesets *ret, struct err *e)
{
	cleanup_txn struct txn t = TXN_EMPTY;
	int r;

	r = txn_begin(&t, state, LOCK_SH, e);
	if (r < 0)
		return r;
	*ret = t.all;
	t.all = (struct dev_rulesets){0};
	return 0;
}

int
devstore_check(int state, unsigned num, struct err *e)
{
	cleanup_txn struct txn t = TXN_EMPTY;
	int r;

	r = txn_begin(&t, state, LOCK_SH, e);
	return r < 0 ? r : devdir_check_bad(t.sets, num, e);
}

/* An edit: the set is written, and all caches are gone, before the lock is given back. */
static int
txn_commit(struct txn *t, const struct dev_ruleset *set, struct err *e)
{
	int r;

	r = devdir_drop_caches(t->sets, e);
	if (r < 0)
		return r;
	r = devdir_write_set(t->sets, set, e);
	if (r < 0)
		return r;
	txn_done(t);
	tell_change(t->state);
	return 0;
}

int
devstore_add(int state, unsigned num, const struct dev_rule *rule, struct err *e)
{
	cleanup_txn struct txn t = TXN_EMPTY;
	struct dev_ruleset *set;
	int r;

	if (num == 0)
		return err_errno(e, EIO, "ruleset 0");
	r = txn_begin(&t, state, LOCK_EX, e);
	if (r < 0)
		return r;
	if ((rule->has & DEV_HAS_INCLUDE) != 0) {
		r = devrules_check_include(&t.all, num, rule->include, e);
		if (r < 0)
			return r;
	}
	set = devrules_sets_get(&t.all, num);
	r = set != NULL ? devrules_insert(set, rule, NULL) : -ENOMEM;
	if (r < 0)
		return err_errno(e, -r, "ruleset %u", num);
	return txn_commit(&t, set, e);
}

int
devstore_del(int state, unsigned num, unsigned rule, struct err *e)
{
	cleanup_txn struct txn t = TXN_EMPTY;
	struct dev_ruleset *set;
	int r;

	r = txn_begin(&t, state, LOCK_EX, e);
	if (r < 0)
		return r;
	set = devrules_sets_find(&t.all, num);
	if (set == NULL || devrules_remove(set, rule) < 0)
		return err_errno(e, ENOENT, "ruleset %u, rule %u", num, rule);
	return txn_commit(&t, set, e);
}

int
devstore_delset(int state, unsigned num, struct err *e)
{
	cleanup_txn struct txn t = TXN_EMPTY;
	struct dev_ruleset *set;
	int r;

	r = txn_begin(&t, state, LOCK_EX, e);
	if (r < 0)
		return r;
	set = devrules_sets_find(&t.all, num);
	if (set == NULL)
		return 0;
	devrules_set_done(set);
	return txn_commit(&t, set, e);
}

int
devstore_names(int state, struct strv *ret, struct err *e)
{
	cleanup_txn struct txn t = TXN_EMPTY;
	cleanup_free char *text = NULL;
	char *rest, *line;
	int r;

	r = txn_begin(&t, state, LOCK_SH, e);
	if (r < 0)
		return r;
	r = path_read(t.sets, DEVDIR_NAMES, DEVDIR_FILE_MAX, &text, NULL);
	if (r == -ENOENT)
		return 0;
	if (r < 0)
		return err_errno(e, -r, DEVDIR_PATH "/" DEVDIR_SETS "/" DEVDIR_NAMES);
	for (rest = text; (line = strsep(&rest, "\n")) != NULL;)
		if (*line != '\0' && strv_add(ret, line) < 0)
			return err_errno(e, ENOMEM, "rulesets");
	return 0;
}

int
devstore_number(int state, const char *name, unsigned *ret, struct err *e)
{
	cleanup_strv struct strv names = {0};
	size_t len = strlen(name);
	int r;

	r = devstore_names(state, &names, e);
	if (r < 0)
		return r;
	for (size_t i = 0; i < names.n; i++)
		if (strncmp(names.s[i], name, len) == 0 && names.s[i][len] == '=')
			return devrules_parse_num(names.s[i] + len + 1, ret);
	return err_set(e, ENOENT, "%s: no ruleset of this name in devfs.rules", name);
}

int
devstore_system_get(int state, unsigned *ret, struct err *e)
{
	cleanup_txn struct txn t = TXN_EMPTY;
	cleanup_free char *text = NULL;
	int r;

	r = txn_begin(&t, state, LOCK_SH, e);
	if (r < 0)
		return r;
	r = path_read(t.base, DEVDIR_SYSTEM, 64, &text, NULL);
	if (r == -ENOENT) {
		*ret = 0;
		return 0;
	}
	if (r >= 0) {
		text[strcspn(text, "\n")] = '\0';
		r = devrules_parse_num(text, ret);
	}
	return r < 0 ? err_errno(e, -r, DEVDIR_PATH "/" DEVDIR_SYSTEM) : 0;
}

int
devstore_system_set(int state, unsigned num, struct err *e)
{
	cleanup_txn struct txn t = TXN_EMPTY;
	char text[16];
	int r;

	r = txn_begin(&t, state, LOCK_EX, e);
	if (r < 0)
		return r;
	(void)snprintf(text, sizeof(text), "%u\n", num);
	r = devdir_replace(t.base, DEVDIR_SYSTEM, text);
	return r < 0 ? err_errno(e, -r, DEVDIR_PATH "/" DEVDIR_SYSTEM) : 0;
}

int
devstore_cache_read(int state, unsigned num, char **ret)
{
	char name[64];

	(void)snprintf(name, sizeof(name), ".devfs/" DEVDIR_SETS "/%u" DEVDIR_CACHE_SUFFIX, num);
	return path_read(state, name, DEVDIR_FILE_MAX, ret, NULL);
}

int
devstore_cache_drop(int state, struct err *e)
{
	cleanup_txn struct txn t = TXN_EMPTY;
	int r;

	r = txn_begin(&t, state, LOCK_EX, e);
	return r < 0 ? r : devdir_drop_caches(t.sets, e);
}

int
devstore_cache_make(
    int state, unsigned num, devstore_compute_fn fn, void *arg, struct str *ret, struct err *e)
{
	cleanup_txn struct txn t = TXN_EMPTY;
	char name[32];
	int r;

	r = txn_begin(&t, state, LOCK_EX, e);
	if (r < 0)
		return r;
	r = devdir_check_bad(t.sets, num, e);
	if (r < 0)
		return r;
	r = fn(&t.all, num, arg, ret, e);
	if (r < 0)
		return r;
	/* Only a cache: on a full file system the next one computes again. */
	(void)snprintf(name, sizeof(name), "%u" DEVDIR_CACHE_SUFFIX, num);
	(void)devdir_replace(t.sets, name, str_get(ret));
	return 0;
}

int
devstore_open_state(struct err *e)
{
	cleanup_fd int fd = -EBADF;
	bool made = mkdir(DEVDIR_STATE, 0755) == 0;
	struct stat st;

	if (!made && errno != EEXIST)
		return err_errno(e, errno, DEVDIR_STATE);
	fd = open(DEVDIR_STATE, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return err_errno(e, errno, DEVDIR_STATE);
	/* Whatever the umask: anybody may list jails. */
	if (made && fchmod(fd, 0755) < 0)
		return err_errno(e, errno, DEVDIR_STATE);
	if (fstat(fd, &st) < 0)
		return err_errno(e, errno, DEVDIR_STATE);
	if (st.st_uid != 0 || (st.st_mode & 022) != 0)
		return err_set(
		    e, EPERM, DEVDIR_STATE ": must belong to root and be writable by root only");
	return take_fd(&fd);
}
