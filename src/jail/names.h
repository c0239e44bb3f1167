/* Names to numbers: which jail is called so.  Grows; the first of two equal names stays. */
#ifndef GAOL_JAIL_NAMES_H
#define GAOL_JAIL_NAMES_H

#include <stddef.h>

struct names_slot {
	const char *name; /* not ours; NULL: free */
	int number;
};

struct names {
	struct names_slot *slots;
	size_t n;
	size_t size; /* a power of two, or 0 */
};

/* name must live as long as the map. */
int names_add(struct names *m, const char *name, int number);

/* The number of the first len bytes of name; -1: not there. */
int names_find(const struct names *m, const char *name, size_t len);

void names_done(struct names *m);

#endif
