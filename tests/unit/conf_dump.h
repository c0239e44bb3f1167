/* A struct conf as text: to be compared, and to be read again. */
#ifndef GAOL_TESTS_CONF_DUMP_H
#define GAOL_TESTS_CONF_DUMP_H

#include <stdbool.h>

#include "base/str.h"

struct conf;

/*
 * One line a jail, "NAME: p=[v],[v] q", and under it one for each of its messages,
 * "! TEXT".  Parse errors alone where there are some.  No memory: the program ends.
 */
void conf_dump(struct conf *c, struct str *out);

/*
 * A jail.conf that means what c means, resolved and without variables or wildcards.
 * Returns false if it cannot be: a jail is failed, or has one parameter twice.
 */
bool conf_print(struct conf *c, struct str *out);

#endif
