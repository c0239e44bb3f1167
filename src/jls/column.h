/* The parameters that jls was asked for, in the order in which they are printed. */
#ifndef GAOL_JLS_COLUMN_H
#define GAOL_JLS_COLUMN_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct gaol_jail;
struct param;

struct column {
	const char *name; /* as it was asked for */
	const struct param *param;
	const struct param *group; /* the jailsys parameter in front of the first dot, or NULL */
	bool named;		   /* asked for by name: flags print as numbers, as FreeBSD's do */
	bool negated;		   /* "nopersist" */
	bool keyed;		   /* "meta.KEY" */
};

struct columns {
	struct column *list;
	size_t n;
};

/* A name or "all"; a name that is there already stays where it is.  name must outlive the columns.
 */
int columns_add(struct columns *c, const char *name, struct err *e);
void columns_done(struct columns *c);

/* The text of a column without quotes; NULL: a key that is not set.  Valid until the jail is freed.
 */
const char *column_text(const struct column *c, struct gaol_jail *j);

bool column_is_bool(const struct column *c); /* prints as a word of its own with -n */
bool column_is_list(const struct column *c); /* addresses */

/* jls -s: cannot be given to jail(8), or means nothing as its group is not the jail's own. */
bool column_skipped(const struct column *c, struct gaol_jail *j);

#endif
