#include "conf/intern.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a */
static uint32_t
hash_of(const char *s, size_t len)
{
	uint32_t h = 2166136261U;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619U;
	return h ^ h >> 15;
}

static uint32_t
probe(const struct intern *t, const char *s, size_t len, uint32_t hash)
{
	uint32_t i = hash & (t->nslots - 1);

	for (; t->slots[i] != 0; i = (i + 1) & (t->nslots - 1)) {
		const struct intern_entry *e = &t->entries[t->slots[i] - 1];

		if (e->hash == hash && e->len == len && memcmp(e->s, s, len) == 0)
			break;
	}
	return i;
}

uint32_t
intern_find(const struct intern *t, const char *s, size_t len)
{
	if (t->nslots == 0)
		return INTERN_NONE;
	/* A free slot holds 0, which is one less than the first number: NONE. */
	return t->slots[probe(t, s, len, hash_of(s, len))] - 1;
}

static int
grow(struct intern *t)
{
	uint32_t nslots = t->nslots == 0 ? 64 : t->nslots * 2;
	struct intern_entry *entries;
	uint32_t *slots;

	if (nslots > UINT32_MAX / 4)
		return -ENOMEM;
	entries = reallocarray(t->entries, nslots / 2, sizeof(*entries));
	if (entries == NULL)
		return -ENOMEM;
	t->entries = entries;
	t->size = nslots / 2;
	slots = calloc(nslots, sizeof(*slots));
	if (slots == NULL)
		return -ENOMEM;
	for (uint32_t n = 0; n < t->n; n++) {
		uint32_t i = entries[n].hash & (nslots - 1);

		while (slots[i] != 0)
			i = (i + 1) & (nslots - 1);
		slots[i] = n + 1;
	}
	free(t->slots);
	t->slots = slots;
	t->nslots = nslots;
	return 0;
}

int
intern_add(struct intern *t, const char *s, size_t len, uint32_t *ret)
{
	uint32_t hash = hash_of(s, len), i;
	char *copy;
	int r;

	if (len >= UINT32_MAX)
		return -ENOMEM;
	if (t->nslots != 0) {
		i = probe(t, s, len, hash);
		if (t->slots[i] != 0) {
			*ret = t->slots[i] - 1;
			return 0;
		}
	}
	/* Kept half empty. */
	if (t->n >= t->nslots / 2) {
		r = grow(t);
		if (r < 0)
			return r;
	}
	copy = arena_copy(t->mem, s, len);
	if (copy == NULL)
		return -ENOMEM;
	i = probe(t, s, len, hash);
	t->entries[t->n] = (struct intern_entry){.s = copy, .len = (uint32_t)len, .hash = hash};
	t->slots[i] = t->n + 1;
	*ret = t->n++;
	return 0;
}

void
intern_done(struct intern *t)
{
	free(t->entries);
	free(t->slots);
	*t = (struct intern){0};
}
