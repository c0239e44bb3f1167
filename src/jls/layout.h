/*
 * The forms in which jls prints a jail.  Widths, order and rules are FreeBSD's,
 * as scripts cut columns: jls(8).
 */
#ifndef GAOL_JLS_LAYOUT_H
#define GAOL_JLS_LAYOUT_H

#include "jls/column.h"
#include "jls/text.h"

struct gaol_jail;

enum layout_flags {
	LAYOUT_HEADER = 1 << 0,	 /* -h */
	LAYOUT_NAMEVAL = 1 << 1, /* -n */
	LAYOUT_QUOTED = 1 << 2,	 /* -q */
	LAYOUT_SKIP = 1 << 3,	 /* -s */
	LAYOUT_VERBOSE = 1 << 4, /* -v */
	LAYOUT_NAME = 1 << 5,	 /* -N */
	LAYOUT_DEFAULT = 1 << 6, /* no parameters were asked for */
};

struct layout {
	unsigned flags;
	struct columns columns; /* empty with LAYOUT_DEFAULT or LAYOUT_VERBOSE */
	struct text_out out;
};

void layout_text_header(const struct layout *l);
void layout_text_jail(const struct layout *l, struct gaol_jail *j);

/* The document that libxo(3) makes of the same calls, in one line or, `pretty`, in many. */
void layout_json(const struct layout *l, struct gaol_jail *const *jails, size_t n, bool pretty);

#endif
