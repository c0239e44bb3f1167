/* Which command line is which: jail(8)'s order of decisions. */
#include "jail/form.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "unit.h"

enum { R = 1 << 8, C = 1 << 9, E = 1 << 10, N = 1 << 11 };

static const struct row {
	unsigned what;	  /* enum op, and R: -R, C: -C, E: -e, N: -n or its like */
	const char *args; /* split at blanks; "" is none */
	enum form want;
} rows[] = {
    {0, "", FORM_USAGE},
    {0, "/j h 10.0.0.1 /bin/sh", FORM_POSITIONAL},
    {0, "/j h 10.0.0.1 /bin/sh -c x=y", FORM_POSITIONAL},
    {N, "/j h 10.0.0.1 /bin/sh", FORM_POSITIONAL},
    {0, "/j h 10.0.0.1", FORM_USAGE},
    {0, "j h 10.0.0.1 /bin/sh", FORM_USAGE},
    {C, "/j h 10.0.0.1 /bin/sh", FORM_USAGE},
    {E, "", FORM_EXHIBIT},
    {E, "a", FORM_USAGE},
    {E | OP_START, "", FORM_USAGE},
    {E | OP_SET, "", FORM_USAGE},
    {E | OP_STOP, "", FORM_USAGE},
    {E | C, "", FORM_USAGE},
    {E | N, "", FORM_USAGE},
    {OP_STOP, "", FORM_USAGE},
    {OP_STOP, "a", FORM_REMOVE},
    {OP_STOP, "a b *", FORM_REMOVE},
    {OP_STOP, "a=b", FORM_USAGE},
    {OP_STOP | R, "a=b", FORM_REMOVE},
    {OP_STOP | R, "a", FORM_REMOVE},
    {OP_STOP | C, "a", FORM_REMOVE},
    {OP_STOP | N, "a", FORM_USAGE},
    {OP_STOP | R | N, "a", FORM_USAGE},
    {OP_START, "", FORM_CONFIG},
    {OP_START, "a", FORM_CONFIG},
    {OP_START, "persist", FORM_CONFIG},
    {OP_START, "a b", FORM_PARAMS},
    {OP_START, "name=a", FORM_PARAMS},
    {OP_START | N, "persist path=/j", FORM_PARAMS},
    {OP_START | N, "a", FORM_USAGE},
    {OP_START | R, "name=a", FORM_USAGE},
    {OP_START | C, "name=a", FORM_USAGE},
    {OP_START | OP_STOP, "name=a persist", FORM_PARAMS},
    {OP_START | OP_STOP, "a", FORM_CONFIG},
    {OP_START | OP_STOP | R, "a", FORM_USAGE},
    {OP_START | C, "a", FORM_CONFIG},
    {OP_START | OP_SET, "", FORM_CONFIG},
    {OP_SET | OP_STOP, "a", FORM_CONFIG},
    {OP_START | OP_SET | OP_STOP, "", FORM_CONFIG},
    {OP_SET, "name=a persist", FORM_PARAMS},
};

static enum form
decide(const struct row *row)
{
	char copy[64];
	char *argv[8];
	char *rest = copy;
	struct form_question q = {
	    .op = row->what & 7u,
	    .ignore_conf = row->what & R,
	    .cleanup = row->what & C,
	    .exhibit = row->what & E,
	    .command_line = row->what & N,
	    .argv = argv,
	};

	(void)snprintf(copy, sizeof(copy), "%s", row->args);
	while (copy[0] != '\0' && rest != NULL)
		argv[q.argc++] = strsep(&rest, " ");
	return form_decide(&q);
}

int
main(void)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		if (decide(&rows[i]) != rows[i].want)
			(void)fprintf(stderr, "row %zu (%s):\n", i, rows[i].args);
		CHECK_INT(decide(&rows[i]), rows[i].want);
	}
	return UNIT_DONE();
}
