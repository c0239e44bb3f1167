#include "prison/devids.h"

#include <grp.h>
#include <pwd.h>
#include <string.h>

static bool
host_uid(const char *name, uid_t *ret)
{
	const struct passwd *pw = getpwnam(name);

	if (pw == NULL)
		return false;
	*ret = pw->pw_uid;
	return true;
}

static bool
host_gid(const char *name, gid_t *ret)
{
	const struct group *gr = getgrnam(name);

	if (gr != NULL) {
		*ret = gr->gr_gid;
		return true;
	}
	if (strcmp(name, "wheel") != 0)
		return false;
	*ret = 0;
	return true;
}

static const char *
host_user(uid_t uid)
{
	const struct passwd *pw = getpwuid(uid);

	return pw != NULL ? pw->pw_name : NULL;
}

static const char *
host_group(gid_t gid)
{
	const struct group *gr = getgrgid(gid);

	return gr != NULL ? gr->gr_name : NULL;
}

const struct dev_ids devids_host = {
    .uid = host_uid,
    .gid = host_gid,
    .user = host_user,
    .group = host_group,
};
