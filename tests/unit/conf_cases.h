/* The numbered tricky cases of jail.conf(5), used by the unit test and as seeds of the fuzzer. */
#ifndef GAOL_TESTS_CONF_CASES_H
#define GAOL_TESTS_CONF_CASES_H

#include <stddef.h>

struct conf_case {
	const char *name; /* case_N, or case_N and a letter where it has several texts */
	const char *text;
	const char *want; /* as conf_dump writes it */
};

extern const struct conf_case conf_cases[];
extern const size_t conf_ncases;

#endif
