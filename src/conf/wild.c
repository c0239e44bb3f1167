#include "conf/wild.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "conf/conf.h"
#include "conf/vec.h"

struct wild_node {
	uint32_t star;	/* by a `*` that is not the last component; 0: none */
	uint32_t exact; /* items of patterns that end here; number + 1 */
	uint32_t rest;	/* items of patterns that end here by a `*` */
};

struct wild_edge {
	uint32_t node; /* from + 1; 0 is free */
	uint32_t part;
	uint32_t to;
};

struct wild_item {
	uint32_t value;
	uint32_t next; /* number + 1 */
};

static bool
is_star(const char *s, size_t len)
{
	return len == 1 && *s == '*';
}

bool
conf_wild(const char *pattern)
{
	for (const char *p = pattern;; p++) {
		size_t len = strcspn(p, ".");

		if (is_star(p, len))
			return true;
		p += len;
		if (*p == '\0')
			return false;
	}
}

bool
conf_match(const char *pattern, const char *name)
{
	for (;; pattern++, name++) {
		size_t plen = strcspn(pattern, "."), nlen = strcspn(name, ".");
		bool star = is_star(pattern, plen);

		if (star && pattern[plen] == '\0')
			return true;
		if (!star && (plen != nlen || memcmp(pattern, name, plen) != 0))
			return false;
		pattern += plen;
		name += nlen;
		if (*pattern == '\0' || *name == '\0')
			return *pattern == *name;
	}
}

static struct wild_edge *
find_edge(const struct wild *w, uint32_t node, uint32_t part)
{
	uint32_t mask = w->edges_size - 1;
	uint32_t i = (node * 2654435761U ^ part * 2246822519U) & mask;

	while (w->edges[i].node != 0 && (w->edges[i].node != node + 1 || w->edges[i].part != part))
		i = (i + 1) & mask;
	return &w->edges[i];
}

static int
grow_edges(struct wild *w)
{
	struct wild_edge *old = w->edges;
	uint32_t old_size = w->edges_size, size = old_size == 0 ? 32 : old_size * 2;

	if (size > UINT32_MAX / 4)
		return -ENOMEM;
	w->edges = calloc(size, sizeof(*w->edges));
	if (w->edges == NULL) {
		w->edges = old;
		return -ENOMEM;
	}
	w->edges_size = size;
	for (uint32_t i = 0; i < old_size; i++)
		if (old[i].node != 0)
			*find_edge(w, old[i].node - 1, old[i].part) = old[i];
	free(old);
	return 0;
}

static int
add_node(struct wild *w, uint32_t *ret)
{
	int r = VEC_ROOM(w->nodes, w->nnodes, w->nodes_size);

	if (r < 0)
		return r;
	w->nodes[w->nnodes] = (struct wild_node){0};
	*ret = w->nnodes++;
	return 0;
}

static int
step_part(struct wild *w, uint32_t node, const char *s, size_t len, uint32_t *ret)
{
	struct wild_edge *edge;
	uint32_t part, to;
	int r;

	r = intern_add(&w->parts, s, len, &part);
	if (r == 0 && w->nedges >= w->edges_size / 2)
		r = grow_edges(w);
	if (r < 0)
		return r;
	edge = find_edge(w, node, part);
	if (edge->node == 0) {
		r = add_node(w, &to);
		if (r < 0)
			return r;
		*edge = (struct wild_edge){.node = node + 1, .part = part, .to = to};
		w->nedges++;
	}
	*ret = edge->to;
	return 0;
}

static int
step_star(struct wild *w, uint32_t node, uint32_t *ret)
{
	uint32_t to;
	int r;

	if (w->nodes[node].star == 0) {
		r = add_node(w, &to);
		if (r < 0)
			return r;
		w->nodes[node].star = to;
	}
	*ret = w->nodes[node].star;
	return 0;
}

int
wild_add(struct wild *w, struct arena *mem, const char *pattern, uint32_t value)
{
	uint32_t node = 0, *list = NULL;
	int r = 0;

	w->parts.mem = mem;
	if (w->nnodes == 0)
		r = add_node(w, &node);
	for (const char *p = pattern; r == 0; p++) {
		size_t len = strcspn(p, ".");
		bool last = p[len] == '\0';

		if (last && is_star(p, len)) {
			list = &w->nodes[node].rest;
			break;
		}
		r = is_star(p, len) ? step_star(w, node, &node) : step_part(w, node, p, len, &node);
		if (last) {
			list = &w->nodes[node].exact;
			break;
		}
		p += len;
	}
	if (r == 0)
		r = VEC_ROOM(w->items, w->nitems, w->items_size);
	if (r < 0)
		return r;
	w->items[w->nitems] = (struct wild_item){.value = value, .next = *list};
	*list = ++w->nitems;
	return 0;
}

static int
call_items(const struct wild *w, uint32_t item, int (*fn)(uint32_t, void *), void *arg)
{
	int r = 0;

	for (; item != 0 && r == 0; item = w->items[item - 1].next)
		r = fn(w->items[item - 1].value, arg);
	return r;
}

int
wild_match(struct wild *w, const char *name, int (*fn)(uint32_t value, void *arg), void *arg)
{
	uint32_t nnow = 1, nthen, part;
	int r;

	if (w->nnodes == 0)
		return 0;
	r = VEC_ROOM(w->now, 0, w->now_size);
	if (r < 0)
		return r;
	w->now[0] = 0;
	for (const char *p = name;; p++) {
		size_t len = strcspn(p, ".");
		uint32_t *swap, swap_size;

		part = intern_find(&w->parts, p, len);
		nthen = 0;
		for (uint32_t i = 0; i < nnow; i++) {
			uint32_t node = w->now[i];

			r = call_items(w, w->nodes[node].rest, fn, arg);
			if (r == 0)
				r = VEC_ROOM(w->then, nthen + 1, w->then_size);
			if (r < 0)
				return r;
			if (w->nodes[node].star != 0)
				w->then[nthen++] = w->nodes[node].star;
			if (part != INTERN_NONE) {
				const struct wild_edge *edge = find_edge(w, node, part);

				if (edge->node != 0)
					w->then[nthen++] = edge->to;
			}
		}
		swap = w->now;
		swap_size = w->now_size;
		w->now = w->then;
		w->now_size = w->then_size;
		w->then = swap;
		w->then_size = swap_size;
		nnow = nthen;
		p += len;
		if (nnow == 0 || *p == '\0')
			break;
	}
	for (uint32_t i = 0; i < nnow && r == 0; i++)
		r = call_items(w, w->nodes[w->now[i]].exact, fn, arg);
	return r;
}

void
wild_done(struct wild *w)
{
	intern_done(&w->parts);
	free(w->nodes);
	free(w->edges);
	free(w->items);
	free(w->now);
	free(w->then);
	*w = (struct wild){0};
}
