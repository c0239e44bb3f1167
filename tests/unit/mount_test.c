/* What the mounts of jails read of mountinfo. */
#include "prison/mount.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"
#include "unit.h"

static const char mountinfo[] =
    "22 28 0:20 / /proc rw,nosuid - proc proc rw\n"
    "30 28 0:40 /part /elsewhere rw shared:9 - zfs tank/data rw,xattr\n"
    "31 28 0:40 / /srv/with\\040blank rw shared:9 master:2 - zfs tank/data rw,xattr\n"
    "32 28 0:41 / /more rw - zfs tank/data/more rw\n"
    "33 28 0:42 / /odd rw - zfs tank/a\\040b rw\n"
    "34 28 0:43 / /fake rw - ext4 tank/fake rw\n"
    "35 28 0:44 / /cut rw - zfs\n"
    "36 28\n"
    "\n";

static void
check(const char *dataset, int want, const char *where)
{
	cleanup_free char *text = strdup(mountinfo), *found = NULL;

	CHECK_INT(mount_find_dataset(text, dataset, &found), want);
	CHECK_STR(found, where);
}

int
main(void)
{
	check("tank/data", 0, "/srv/with blank");
	check("tank/data/more", 0, "/more");
	check("tank/a b", 0, "/odd");
	check("tank/fake", -ENOENT, NULL);
	check("tank", -ENOENT, NULL);
	check("", -ENOENT, NULL);
	CHECK_STR(mount_below("/j/w/x", "/j/w/"), "x");
	CHECK_STR(mount_below("/j/w//x/", "/j/w"), "x/");
	CHECK_STR(mount_below("/j/w", "/j/w"), "");
	CHECK_STR(mount_below("/j/wx", "/j/w"), NULL);
	CHECK_STR(mount_below("/x", "/"), "x");
	return UNIT_DONE();
}
