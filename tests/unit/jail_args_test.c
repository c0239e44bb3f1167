/* Parameters as the command line gives them: repeating, splitting, `no`, booleans, numbers. */
#include "jail/args.h"

#include "base/cleanup.h"
#include "prison/param.h"
#include "unit.h"

/* All of them in order: "name=v1|v2" or "name", joined by blanks. */
static void
check(const char *const *args, size_t nargs, const char *want)
{
	struct args set = ARGS_EMPTY;
	char got[512] = "";
	size_t n = 0;

	for (size_t i = 0; i < nargs; i++)
		CHECK_INT(args_add_argument(&set, args[i]), 0);
	for (size_t i = 0; i < set.n; i++) {
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%s%s", i > 0 ? " " : "",
		    set.v[i].name, set.v[i].valued ? "=" : "");
		for (size_t k = 0; k < set.v[i].values.n; k++)
			n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%s", k > 0 ? "|" : "",
			    set.v[i].values.s[k]);
	}
	CHECK_STR(got, want);
	args_done(&set);
}

#define ARGS(want, ...)                                           \
	do {                                                      \
		static const char *const args_[] = {__VA_ARGS__}; \
		check(args_, ARRAY_SIZE(args_), want);            \
	} while (0)

static void
test_arguments(void)
{
	ARGS("name=x persist", "name=x", "persist");
	ARGS("ip4.addr=10.0.0.1|10.0.0.2", "ip4.addr=10.0.0.1", "ip4.addr=10.0.0.2");
	ARGS("ip4.addr=10.0.0.1|10.0.0.2 vnet.interface=e0a|e0b", "ip4.addr=10.0.0.1,10.0.0.2",
	    "vnet.interface=e0a,e0b");
	ARGS("ip4.addr=", "ip4.addr=");
	/* Commands keep their commas. */
	ARGS("exec.start=echo a,b", "exec.start=echo a,b");
	ARGS("persist", "persist=1", "persist");
	ARGS("securelevel=1|2", "securelevel=1", "securelevel=2");
	ARGS("allow.nomount", "allow.mount", "allow.nomount");
	ARGS("allow.mount", "noallow.mount", "allow.mount");
	ARGS("a=b=c", "a=b=c");
	ARGS("meta.a=1 meta=t meta.b=2", "meta.a=1", "meta=t", "meta.b=2");
}

static void
test_names(void)
{
	CHECK(arg_names_equal("allow.mount", "allow.nomount"));
	CHECK(arg_names_equal("noallow.mount", "allow.mount"));
	CHECK(arg_names_equal("allow.nomount.devfs", "allow.mount.devfs"));
	CHECK(arg_names_equal("persist", "nopersist"));
	CHECK(!arg_names_equal("persist", "persists"));
	CHECK(!arg_names_equal("allow.mount", "allow.nomount.devfs"));
	CHECK(!arg_names_equal("noallow.mount", "allow.nomount"));
}

static const struct bool_row {
	const char *argument;
	const char *name; /* in the table */
	int want;	  /* -1: an error */
} bools[] = {
    {"exec.clean", "exec.clean", 1},
    {"exec.clean=true", "exec.clean", 1},
    {"exec.clean=TRUE", "exec.clean", 1},
    {"exec.clean=7", "exec.clean", 1},
    {"exec.clean=-1", "exec.clean", 1},
    {"exec.clean=0", "exec.clean", 0},
    {"exec.clean=false", "exec.clean", 0},
    {"exec.clean=", "exec.clean", 0},
    {"exec.clean=no", "exec.clean", -1},
    {"exec.clean=on", "exec.clean", -1},
    {"exec.noclean", "exec.clean", 0},
    {"exec.noclean=false", "exec.clean", 1},
    {"mount.nodevfs", "mount.devfs", 0},
    /* FreeBSD's trap: only the last component is looked at. */
    {"nomount.devfs", "mount.devfs", 1},
    {"noexec.clean", "exec.clean", 1},
    {"nomount.procfs=0", "mount.procfs", 0},
};

static void
test_bools(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(bools); i++) {
		struct args set = ARGS_EMPTY;
		struct err e = {0};
		const struct arg *p;
		bool value = false;
		int got = -1;

		CHECK_INT(args_add_argument(&set, bools[i].argument), 0);
		p = args_find(&set, bools[i].name);
		CHECK(p != NULL && arg_is_pseudo(p));
		if (p != NULL && arg_bool(p, &value, &e) == 0)
			got = value;
		if (got != bools[i].want)
			(void)fprintf(stderr, "%s:\n", bools[i].argument);
		CHECK_INT(got, bools[i].want);
		args_done(&set);
	}
}

static void
test_ints(void)
{
	struct args set = ARGS_EMPTY;
	struct err e = {0};
	int value = 0;

	CHECK_INT(args_int(&set, "stop.timeout", 10), 10);
	CHECK_INT(args_add(&set, "stop.timeout", "30"), 0);
	CHECK_INT(args_int(&set, "stop.timeout", 10), 30);
	CHECK_INT(args_add(&set, "exec.timeout", "5x"), 0);
	CHECK(arg_int(args_find(&set, "exec.timeout"), &value, &e) < 0);
	CHECK_STR(e.text, "exec.timeout: non-integer value \"5x\"");
	CHECK_INT(args_add(&set, "exec.fib", ""), 0);
	CHECK(arg_int(args_find(&set, "exec.fib"), &value, &e) < 0);
	CHECK_STR(e.text, "exec.fib: non-integer value \"\"");
	args_done(&set);
}

static void
test_unknown(void)
{
	struct args set = ARGS_EMPTY;

	CHECK_INT(args_add(&set, "noallow.mount", NULL), 0);
	CHECK(set.v[0].row == NULL);
	CHECK_INT(args_add(&set, "foo", NULL), 0);
	CHECK(set.v[1].row == NULL && !arg_is_pseudo(&set.v[1]));
	args_done(&set);
}

int
main(void)
{
	test_arguments();
	test_names();
	test_bools();
	test_ints();
	test_unknown();
	return UNIT_DONE();
}
