/* Each distinct string once, by number: 0, 1, 2 ... in order of first sight. */
#ifndef GAOL_CONF_INTERN_H
#define GAOL_CONF_INTERN_H

#include <stddef.h>
#include <stdint.h>

#include "conf/arena.h"

#define INTERN_NONE UINT32_MAX

struct intern_entry {
	const char *s; /* NUL terminated, in the arena */
	uint32_t len;
	uint32_t hash;
};

struct intern {
	struct arena *mem; /* not owned */
	struct intern_entry *entries;
	uint32_t n;
	uint32_t size;
	uint32_t *slots; /* number + 1; 0 is free */
	uint32_t nslots; /* a power of two, or 0 */
};

/* 0 or -ENOMEM. */
int intern_add(struct intern *t, const char *s, size_t len, uint32_t *ret);

/* INTERN_NONE: never added. */
uint32_t intern_find(const struct intern *t, const char *s, size_t len);

static inline const char *
intern_str(const struct intern *t, uint32_t id)
{
	return t->entries[id].s;
}

void intern_done(struct intern *t);

#endif
