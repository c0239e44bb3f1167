#include "jail/names.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* FNV-1a. */
static uint64_t
hash(const char *s, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)s[i]) * 0x100000001b3u;
	return h;
}

/* Where the name is, or where it would go. */
static struct names_slot *
find_slot(const struct names *m, const char *name, size_t len)
{
	size_t i = hash(name, len) & (m->size - 1);

	while (m->slots[i].name != NULL &&
	       (strncmp(m->slots[i].name, name, len) != 0 || m->slots[i].name[len] != '\0'))
		i = (i + 1) & (m->size - 1);
	return &m->slots[i];
}

static int
grow(struct names *m)
{
	struct names bigger = {.n = m->n, .size = m->size == 0 ? 64 : m->size * 2};

	bigger.slots = calloc(bigger.size, sizeof(*bigger.slots));
	if (bigger.slots == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < m->size; i++)
		if (m->slots[i].name != NULL)
			*find_slot(&bigger, m->slots[i].name, strlen(m->slots[i].name)) =
			    m->slots[i];
	free(m->slots);
	*m = bigger;
	return 0;
}

int
names_add(struct names *m, const char *name, int number)
{
	struct names_slot *slot;

	if (m->n >= m->size / 2) {
		int r = grow(m);

		if (r < 0)
			return r;
	}
	slot = find_slot(m, name, strlen(name));
	if (slot->name == NULL) {
		*slot = (struct names_slot){name, number};
		m->n++;
	}
	return 0;
}

int
names_find(const struct names *m, const char *name, size_t len)
{
	const struct names_slot *slot;

	if (m->size == 0)
		return -1;
	slot = find_slot(m, name, len);
	return slot->name != NULL ? slot->number : -1;
}

void
names_done(struct names *m)
{
	free(m->slots);
	*m = (struct names){0};
}
