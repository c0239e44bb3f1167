/* jail_get(2). */
#include <errno.h>
#include <string.h>

#include "base/err.h"
#include "libjail/gaol.h"
#include "libjail/iov.h"
#include "libjail/jailp.h"

static bool
is_dying(struct gaol_jail *j)
{
	const char *dying = gaol_jail_value(j, "dying");

	return dying != NULL && strcmp(dying, "true") == 0;
}

static int
find_after(int after, int flags, struct gaol_jail **ret, struct err *e)
{
	int last = after, r;

	while ((r = gaol_get_next(last, ret, e)) == 0) {
		if ((flags & JAIL_DYING) || !is_dying(*ret))
			return 0;
		last = gaol_jail_jid(*ret);
		gaol_jail_free(*ret);
	}
	return r == -ENOENT ? err_set(e, ENOENT, "no jail after %d", after) : r;
}

static int
find_jid(int jid, int flags, struct gaol_jail **ret, struct err *e)
{
	int r = gaol_get(jid, ret, e);

	if (r < 0 || (flags & JAIL_DYING) || !is_dying(*ret))
		return r;
	gaol_jail_free(*ret);
	return err_set(e, ENOENT, "jail %d is dying", jid);
}

static int
find_name(const char *name, int flags, struct gaol_jail **ret, struct err *e)
{
	int jid = gaol_getid(name, e), r;

	if (jid < 0)
		return jid;
	r = gaol_get(jid, ret, e);
	if (r < 0 || (flags & JAIL_DYING) || !is_dying(*ret))
		return r;
	gaol_jail_free(*ret);
	return err_set(e, ENOENT, "jail \"%s\" is dying", name);
}

/* lastjid, else a jid that is not 0, else a name; *ret_by_name says that it was the name. */
static int
find_jail(struct iovec *iov, unsigned n, int flags, struct gaol_jail **ret, bool *ret_by_name,
    struct err *e)
{
	const char *name;
	int jid = 0, r;

	r = iov_int(iov, n, "lastjid", &jid, e);
	if (r < 0)
		return r;
	if (r > 0)
		return find_after(jid, flags, ret, e);
	r = iov_find(iov, n, "jid") == NULL ? 0 : iov_int(iov, n, "jid", &jid, e);
	if (r < 0)
		return r;
	if (r > 0 && jid != 0)
		return find_jid(jid, flags, ret, e);
	r = iov_text(iov, n, "name", &name, e);
	if (r < 0)
		return r;
	if (name == NULL || name[0] == '\0')
		return err_set(e, ENOENT, "no jail specified");
	*ret_by_name = true;
	return find_name(name, flags, ret, e);
}

/* A name that selected the jail may lie in memory that is not to be written. */
static int
put_values(struct iovec *iov, unsigned n, struct gaol_jail *j, bool by_name, struct err *e)
{
	for (unsigned i = 0; i < n; i += 2) {
		const char *name = iov[i].iov_base;
		int r;

		if (strcmp(name, "errmsg") == 0 || strcmp(name, "lastjid") == 0 ||
		    (by_name && strcmp(name, "name") == 0))
			continue;
		r = iov_put(&iov[i + 1], name, j, e);
		if (r < 0)
			return r;
	}
	return 0;
}

static int
get(struct iovec *iov, unsigned n, int flags, struct err *e)
{
	struct gaol_jail *j;
	bool by_name = false;
	int r = iov_check(iov, n, e), jid;

	if (r < 0)
		return r;
	if (flags & ~JAIL_GET_MASK)
		return err_set(e, EINVAL, "%s", "");
	r = find_jail(iov, n, flags, &j, &by_name, e);
	if (r < 0)
		return r;
	jid = gaol_jail_jid(j);
	r = put_values(iov, n, j, by_name, e);
	gaol_jail_free(j);
	return r < 0 ? r : jid;
}

int
jail_get(struct iovec *iov, unsigned int n, int flags)
{
	struct err e = {0};
	int r = get(iov, n, flags, &e);

	if (r >= 0)
		return r;
	/* Without pairs that hold there is no buffer to write to. */
	if (iov_check(iov, n, NULL) == 0)
		iov_set_errmsg(iov, n, e.text);
	errno = -r;
	return -1;
}
