#include "conf/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN sizeof(void *)
#define CHUNK_MIN ((size_t)1024)
#define CHUNK_MAX ((size_t)1 << 20)

struct arena_chunk {
	struct arena_chunk *next;
	char data[];
};

static int
add_chunk(struct arena *a, size_t size)
{
	size_t room = a->next < CHUNK_MIN ? CHUNK_MIN : a->next;
	struct arena_chunk *chunk;

	/* Doubling, so that a jail's handful of values takes one small chunk and a file's few big
	 * ones. */
	a->next = room < CHUNK_MAX ? room * 2 : room;
	if (room < size)
		room = size;
	if (room > SIZE_MAX - sizeof(*chunk))
		return -1;
	chunk = malloc(sizeof(*chunk) + room);
	if (chunk == NULL)
		return -1;
	chunk->next = a->chunks;
	a->chunks = chunk;
	a->at = chunk->data;
	a->left = room;
	return 0;
}

static void *
take(struct arena *a, size_t size)
{
	char *p;

	if (size > a->left && add_chunk(a, size) < 0)
		return NULL;
	p = a->at;
	a->at += size;
	a->left -= size;
	return p;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	size_t skip = (size_t)(-(uintptr_t)a->at) & (ALIGN - 1);

	if (size == 0)
		size = 1;
	if (a->left > 0 && skip <= a->left) {
		a->at += skip;
		a->left -= skip;
	} else {
		a->left = 0;
	}
	return take(a, size);
}

char *
arena_copy(struct arena *a, const char *s, size_t len)
{
	char *p;

	if (len == SIZE_MAX)
		return NULL;
	p = take(a, len + 1);
	if (p == NULL)
		return NULL;
	if (len > 0)
		memcpy(p, s, len);
	p[len] = '\0';
	return p;
}

void
arena_done(struct arena *a)
{
	struct arena_chunk *next;

	for (struct arena_chunk *c = a->chunks; c != NULL; c = next) {
		next = c->next;
		free(c);
	}
	*a = (struct arena){0};
}
