/* What devfs(8) has to do with running jails. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/path.h"
#include "devfs/devfs.h"
#include "libjail/gaol.h"

/* All running jails; no instance: none. */
struct jails {
	struct gaol_jail **j;
	size_t n;
};

static void
jails_done(struct jails *all)
{
	for (size_t i = 0; i < all->n; i++)
		gaol_jail_free(all->j[i]);
	free(all->j);
}

#define cleanup_jails __attribute__((cleanup(jails_done)))

static int
jails_get(struct jails *ret, struct err *e)
{
	int r = gaol_get_all(&ret->j, &ret->n, e);

	if (r < 0)
		*ret = (struct jails){0};
	return r == -ENOENT ? 0 : r;
}

/* Is this directory where the jail has its /dev, as its path shows it from the host? */
static bool
is_dev_of(struct gaol_jail *j, const char *real)
{
	const char *path = gaol_jail_value(j, "path");
	size_t len = path != NULL ? strlen(path) : 0;

	if (len > 0 && path[len - 1] == '/')
		len--;
	return path != NULL && strncmp(real, path, len) == 0 && strcmp(real + len, "/dev") == 0;
}

static int
add_dev(struct gaol_jail *j, struct target *t, struct err *e)
{
	cleanup_fd int root = gaol_open_root(gaol_jail_jid(j), e), dev = -EBADF;
	struct dev_mark mark;

	/* It may have died since. */
	if (root < 0)
		return 0;
	dev = path_open_nolink(root, "dev", O_PATH | O_DIRECTORY, 0);
	if (dev < 0 || devnodes_read_mark(dev, &mark, NULL) < 0)
		return 0;
	if (target_add(t, dev) < 0)
		return err_errno(e, ENOMEM, "jails");
	(void)take_fd(&dev);
	return 0;
}

int
jails_open_dev(const char *path, struct target *t, struct err *e)
{
	cleanup_jails struct jails all = {0};
	cleanup_free char *real = realpath(path, NULL);
	int r;

	if (real == NULL)
		return err_errno(e, errno, "%s", path);
	r = jails_get(&all, e);
	for (size_t i = 0; r >= 0 && i < all.n; i++)
		if (is_dev_of(all.j[i], real))
			r = add_dev(all.j[i], t, e);
	return r;
}

int
jails_used_rulesets(bool used[DEV_NUM_MAX + 1], struct err *e)
{
	cleanup_jails struct jails all = {0};
	int r = jails_get(&all, e);

	for (size_t i = 0; r >= 0 && i < all.n; i++) {
		const char *value = gaol_jail_value(all.j[i], "devfs_ruleset");
		unsigned num;

		if (value != NULL && devrules_parse_num(value, &num) == 0)
			used[num] = true;
	}
	return r;
}

void
jails_refresh(int state, void *arg)
{
	struct err e = {0};

	(void)state;
	(void)arg;
	/* The rules are changed; that a jail still obeys the old ones must not pass in silence. */
	if (gaol_devices_refresh(&e) < 0)
		fail("running jails keep the devices they had: %s", e.text);
}
