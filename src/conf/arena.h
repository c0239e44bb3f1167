/* Memory that is given back all at once. */
#ifndef GAOL_CONF_ARENA_H
#define GAOL_CONF_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;
	char *at;
	size_t left;
	size_t next; /* size of the chunk to come; 0: the smallest */
};

/* Aligned for pointers, not cleared.  NULL: no memory. */
void *arena_alloc(struct arena *a, size_t size);

/* NUL terminated. */
char *arena_copy(struct arena *a, const char *s, size_t len);

void arena_done(struct arena *a);

#endif
