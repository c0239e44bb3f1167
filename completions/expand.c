/*
 * Fills the completions from the table of parameters, so that a new row is
 * completed at once: a line that is @PARAMETERS@ becomes the parameters that
 * jls(8) prints, one that is @ALL_PARAMETERS@ those that jail(8) takes.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "prison/param.h"

static void
print_names(bool all)
{
	char no[64];

	for (size_t i = 0; i < param_count; i++) {
		const struct param *p = &param_table[i];

		if (!all && (p->flags & PARAM_PSEUDO))
			continue;
		if (all && (p->flags & PARAM_RDONLY))
			continue;
		(void)printf("\t%s\n", p->name);
		if (all && p->type == PARAM_BOOL && param_noname(p->name, no, sizeof(no)))
			(void)printf("\t%s\n", no);
	}
}

int
main(int argc, char **argv)
{
	cleanup_file FILE *f = argc == 2 ? fopen(argv[1], "re") : NULL;
	cleanup_free char *line = NULL;
	size_t size = 0;

	if (f == NULL) {
		(void)fprintf(stderr, "usage: expand template\n");
		return 1;
	}
	while (getline(&line, &size, f) >= 0) {
		if (strcmp(line, "@PARAMETERS@\n") == 0)
			print_names(false);
		else if (strcmp(line, "@ALL_PARAMETERS@\n") == 0)
			print_names(true);
		else
			(void)fputs(line, stdout);
	}
	return ferror(f) || fflush(stdout) != 0 ? 1 : 0;
}
