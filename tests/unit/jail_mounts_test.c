/* Lines of fstab as jail(8) reads them, and the mounts of a jail in their order. */
#include "jail/mounts.h"

#include <stdlib.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "jail/args.h"
#include "libjail/gaol.h"
#include "unit.h"

static const struct row {
	const char *line;
	const char *source, *target, *type, *options;
	const char *error;
} rows[] = {
    {"/a /j/x nullfs rw", "/a", "/j/x", "nullfs", "rw", NULL},
    {"/usr/ports\t/j/w/usr/ports nullfs ro,noauto 0 0", "/usr/ports", "/j/w/usr/ports", "nullfs",
	"ro,noauto", NULL},
    {"tmpfs /j/w/tmp tmpfs", "tmpfs", "/j/w/tmp", "tmpfs", NULL, NULL},
    {"", NULL, NULL, NULL, NULL, NULL},
    {" \t\f\v\r ", NULL, NULL, NULL, NULL, NULL},
    {"/a\\040b /j/w/x nullfs rw", "/a b", "/j/w/x", "nullfs", "rw", NULL},
    {"a\\sb\\\\c /t\\t\\x41\\^A\\M-a\\$e\\& x", "a b\\c",
	"/t\tA\001\xe1"
	"e&",
	"x", NULL, NULL},
    {"/a", NULL, NULL, NULL, NULL, "mount: /a: missing information"},
    {"/a /b  ", NULL, NULL, NULL, NULL, "mount: /a /b: missing information"},
    {"b j/w/x nullfs rw", NULL, NULL, NULL, NULL, "mount: j/w/x: not an absolute pathname"},
    {"/a b /j/w/x nullfs", NULL, NULL, NULL, NULL, "mount: b: not an absolute pathname"},
    {"/a\\ /j x y", NULL, NULL, NULL, NULL, "mount: /a\\ /j x y: fstab parse error"},
    {"/a\\x /j x y", NULL, NULL, NULL, NULL, "mount: /a\\x /j x y: fstab parse error"},
    /* Would cut the name short. */
    {"/a\\000b /j x y", NULL, NULL, NULL, NULL, "mount: /a\\000b /j x y: fstab parse error"},
};

static void
test_lines(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct mount_line l = {0};
		struct err e = {0};
		int r = mount_line_parse("mount", rows[i].line, &l, &e);

		CHECK_STR(r < 0 ? e.text : NULL, rows[i].error);
		CHECK_STR(l.source, rows[i].source);
		CHECK_STR(l.target, rows[i].target);
		CHECK_STR(l.type, rows[i].type);
		CHECK_STR(l.options, rows[i].options);
		mount_line_done(&l);
	}
}

static void
check_list(const struct args *set, const char *path, int lines, const char *want)
{
	struct mounts m = {0};
	struct err e = {0};
	char got[2048] = "";
	size_t n = 0;

	if (mounts_collect(set, path, lines, &m, &e) < 0)
		(void)snprintf(got, sizeof(got), "error %s", e.text);
	for (size_t i = 0; i < m.n; i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s: %s %s %s %s\n", m.v[i].param,
		    m.v[i].source, m.v[i].target, m.v[i].type,
		    m.v[i].options != NULL ? m.v[i].options : "-");
	CHECK_STR(got, want);
	mounts_done(&m);
}

static void
test_list(void)
{
	char file[] = "/tmp/jail_mounts_test.XXXXXX";
	static const char text[] =
	    "# a comment\n/c /j/c nullfs ro # behind\n\n/d\\043 /j/d nullfs\n";
	struct args set = ARGS_EMPTY;
	int fd = mkstemp(file);

	CHECK(fd >= 0 && write(fd, text, sizeof(text) - 1) == (ssize_t)sizeof(text) - 1);
	(void)close(fd);
	check_list(&set, "/j/", 1, "mount.procfs: procfs /j/proc procfs -\n");
	check_list(&set, NULL, 1, "mount.procfs: procfs /proc procfs -\n");
	check_list(&set, "/", 1, "mount.procfs: procfs /proc procfs -\n");
	CHECK_INT(args_add(&set, "mount.fdescfs", NULL), 0);
	CHECK_INT(args_add(&set, "mount.devfs", NULL), 0);
	CHECK_INT(args_add(&set, "mount.fstab", ""), 0);
	CHECK_INT(args_add(&set, "mount.fstab", file), 0);
	CHECK_INT(args_add(&set, "mount", "/a /j/a nullfs rw"), 0);
	CHECK_INT(args_add(&set, "mount", "/b /j/b nullfs"), 0);
	check_list(&set, "/j", 1,
	    "mount: /a /j/a nullfs rw\nmount: /b /j/b nullfs -\n"
	    "mount.fstab: /c /j/c nullfs ro\nmount.fstab: /d# /j/d nullfs -\n"
	    "mount.devfs: devfs /j/dev devfs ruleset=4\nmount.fdescfs: fdescfs /j/dev/fd fdescfs "
	    "-\n"
	    "mount.procfs: procfs /j/proc procfs -\n");
	check_list(&set, NULL, 1, "error mount.devfs: no jail root path defined");
	/* A stop wants the file to be there, and nothing else. */
	check_list(&set, "/j", 0, "");
	(void)unlink(file);
	(void)snprintf(file, sizeof(file), "/nonexistent/fstab");
	args_done(&set);
	CHECK_INT(args_add(&set, "mount.fstab", file), 0);
	check_list(
	    &set, "/j", 0, "error mount.fstab: /nonexistent/fstab: No such file or directory");
	args_done(&set);
}

static void
test_special(void)
{
	struct args set = ARGS_EMPTY;

	CHECK_INT(args_add(&set, "devfs_ruleset", "1000"), 0);
	CHECK_INT(args_add(&set, "mount.devfs", "1"), 0);
	CHECK_INT(args_add(&set, "mount.noprocfs", NULL), 0);
	check_list(&set, "/j", 1, "mount.devfs: devfs /j/dev devfs ruleset=1000\n");
	args_done(&set);
	/* The administrator's own line stands in for the default. */
	CHECK_INT(args_add(&set, "mount", "proc /j/proc linprocfs rw"), 0);
	check_list(&set, "/j", 1, "mount: proc /j/proc linprocfs rw\n");
	/* Spelled out, there are two. */
	CHECK_INT(args_add(&set, "mount.procfs", NULL), 0);
	check_list(&set, "/j", 1,
	    "mount: proc /j/proc linprocfs rw\nmount.procfs: procfs /j/proc procfs -\n");
	args_done(&set);
}

int
main(void)
{
	test_lines();
	test_list();
	test_special();
	return UNIT_DONE();
}
