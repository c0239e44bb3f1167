/* Wildcard names, found by the name that they match at the cost of that name, however many there
 * are. */
#ifndef GAOL_CONF_WILD_H
#define GAOL_CONF_WILD_H

#include <stddef.h>
#include <stdint.h>

#include "conf/intern.h"

struct wild_node;
struct wild_edge;
struct wild_item;

/* A tree by component. */
struct wild {
	struct intern parts;
	struct wild_node *nodes; /* [0] is the root */
	uint32_t nnodes, nodes_size;
	struct wild_edge *edges; /* hash table */
	uint32_t nedges, edges_size;
	struct wild_item *items;
	uint32_t nitems, items_size;
	uint32_t *now, *then; /* nodes reached */
	uint32_t now_size, then_size;
};

/* value: handed back by wild_match.  0 or -ENOMEM. */
int wild_add(struct wild *w, struct arena *mem, const char *pattern, uint32_t value);

/* Calls fn with the value of each pattern that matches; fn and this return 0 or -ENOMEM. */
int wild_match(struct wild *w, const char *name, int (*fn)(uint32_t value, void *arg), void *arg);

void wild_done(struct wild *w);

#endif
