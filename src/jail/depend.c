#include "jail/depend.h"

#include <errno.h>
#include <stdlib.h>

#include "base/cleanup.h"

static const struct dep_node node_empty = {.out = -1, .in = -1, .out_last = -1, .in_last = -1};

int
dep_grow(struct dep_graph *g, size_t nnodes)
{
	struct dep_node *nodes;

	if (nnodes <= g->nnodes)
		return 0;
	nodes = reallocarray(g->nodes, nnodes, sizeof(*nodes));
	if (nodes == NULL)
		return -ENOMEM;
	for (size_t i = g->nnodes; i < nnodes; i++)
		nodes[i] = node_empty;
	g->nodes = nodes;
	g->nnodes = nnodes;
	return 0;
}

int
dep_init(struct dep_graph *g, size_t nnodes)
{
	*g = (struct dep_graph){0};
	return dep_grow(g, nnodes);
}

static int
edge_space(struct dep_graph *g)
{
	size_t size = g->edges_size == 0 ? 16 : g->edges_size * 2;
	struct dep_edge *edges;

	if (g->nedges < g->edges_size)
		return 0;
	edges = reallocarray(g->edges, size, sizeof(*edges));
	if (edges == NULL)
		return -ENOMEM;
	g->edges = edges;
	g->edges_size = size;
	return 0;
}

int
dep_add(struct dep_graph *g, int from, int to, bool light)
{
	struct dep_node *f = &g->nodes[from], *t = &g->nodes[to];
	int index = (int)g->nedges;
	int r = edge_space(g);

	if (r < 0)
		return r;
	g->edges[index] = (struct dep_edge){
	    .from = from, .to = to, .light = light, .next_out = -1, .next_in = -1};
	if (f->out_last >= 0)
		g->edges[f->out_last].next_out = index;
	else
		f->out = index;
	f->out_last = index;
	if (t->in_last >= 0)
		g->edges[t->in_last].next_in = index;
	else
		t->in = index;
	t->in_last = index;
	g->nedges++;
	return 0;
}

void
dep_free(struct dep_graph *g)
{
	free(g->nodes);
	free(g->edges);
	*g = (struct dep_graph){0};
}

/* ---- loops ------------------------------------------------------------------------- */

enum color { WHITE, ON_PATH, FINISHED };

/* A walk in depth with a stack of its own: a chain may be as long as the file. */
struct walk {
	int *path; /* nodes from the start to here */
	int *edge; /* the edge to look at next, of each */
	size_t depth;
};

static void
walk_push(struct dep_graph *g, struct walk *w, int node)
{
	g->nodes[node].color = ON_PATH;
	w->path[w->depth] = node;
	w->edge[w->depth] = g->nodes[node].out;
	w->depth++;
}

static void
walk_from(struct dep_graph *g, struct walk *w, int start, void (*loop)(void *, int), void *ctx)
{
	walk_push(g, w, start);
	while (w->depth > 0) {
		int here = w->path[w->depth - 1];
		int e = w->edge[w->depth - 1];
		struct dep_node *to;

		if (e < 0 || g->nodes[here].failed) {
			g->nodes[here].color = FINISHED;
			w->depth--;
			continue;
		}
		w->edge[w->depth - 1] = g->edges[e].next_out;
		to = &g->nodes[g->edges[e].to];
		if (to->failed || to->color == FINISHED)
			continue;
		if (to->color == ON_PATH) {
			/* One member out, and the loop is none any more. */
			to->failed = true;
			loop(ctx, g->edges[e].to);
		} else {
			walk_push(g, w, g->edges[e].to);
		}
	}
}

int
dep_loops(struct dep_graph *g, void (*loop)(void *ctx, int node), void *ctx)
{
	cleanup_free int *path = NULL;
	cleanup_free int *edge = NULL;
	struct walk w = {0};

	if (g->nedges < 2)
		return 0;
	path = calloc(g->nnodes, sizeof(*path));
	edge = calloc(g->nnodes, sizeof(*edge));
	if (path == NULL || edge == NULL)
		return -ENOMEM;
	w.path = path;
	w.edge = edge;
	for (size_t i = 0; i < g->nnodes; i++)
		if (g->nodes[i].color == WHITE && !g->nodes[i].failed)
			walk_from(g, &w, (int)i, loop, ctx);
	return 0;
}

/* ---- waiting ------------------------------------------------------------------------- */

static int
first_edge(const struct dep_graph *g, int node, enum dep_phase phase)
{
	return phase == DEP_START ? g->nodes[node].out : g->nodes[node].in;
}

static int
next_edge(const struct dep_edge *e, enum dep_phase phase)
{
	return phase == DEP_START ? e->next_out : e->next_in;
}

/* The one waited for over this edge. */
static int
other_end(const struct dep_edge *e, enum dep_phase phase)
{
	return phase == DEP_START ? e->to : e->from;
}

static int
waiter_end(const struct dep_edge *e, enum dep_phase phase)
{
	return phase == DEP_START ? e->from : e->to;
}

static bool
any_failed(const struct dep_graph *g, int node, enum dep_phase phase)
{
	for (int i = first_edge(g, node, phase); i >= 0; i = next_edge(&g->edges[i], phase))
		if (g->nodes[other_end(&g->edges[i], phase)].failed)
			return true;
	return false;
}

static bool
satisfied(const struct dep_node *o, const struct dep_edge *e, enum dep_phase phase)
{
	return ((e->light ? o->done | o->light : o->done) & phase) != 0;
}

enum dep_answer
dep_check(struct dep_graph *g, int node, enum dep_phase phase, bool only_order,
    const struct dep_events *ev)
{
	if (g->nodes[node].failed)
		return DEP_FAIL;
	if (any_failed(g, node, phase)) {
		g->nodes[node].failed = true;
		ev->skipped(ev->ctx, node);
		return DEP_FAIL;
	}
	for (int i = first_edge(g, node, phase); i >= 0; i = next_edge(&g->edges[i], phase)) {
		int other = other_end(&g->edges[i], phase);
		struct dep_node *o = &g->nodes[other];

		if (satisfied(o, &g->edges[i], phase))
			continue;
		if (!(o->coming & phase)) {
			if (only_order)
				continue;
			o->coming |= phase;
			ev->activate(ev->ctx, other, phase);
			/* It may have turned out to be where it should be already. */
			if (satisfied(o, &g->edges[i], phase))
				continue;
		}
		if (!(g->edges[i].waiting & phase)) {
			g->edges[i].waiting |= phase;
			g->nodes[node].pending++;
		}
	}
	return g->nodes[node].pending > 0 ? DEP_WAIT : DEP_GO;
}

static void
release(struct dep_graph *g, struct dep_edge *e, enum dep_phase phase, bool failed,
    const struct dep_events *ev)
{
	int waiter = waiter_end(e, phase);
	struct dep_node *w = &g->nodes[waiter];

	if (!(e->waiting & phase))
		return;
	e->waiting &= ~(unsigned)phase;
	if (failed && !w->failed) {
		w->failed = true;
		ev->skipped(ev->ctx, waiter);
	}
	if (--w->pending == 0)
		ev->ready(ev->ctx, waiter);
}

/* Those who wait for node stand at the other side of its edges. */
static void
release_all(struct dep_graph *g, int node, enum dep_phase phase, bool only_light, bool failed,
    const struct dep_events *ev)
{
	int i = phase == DEP_START ? g->nodes[node].in : g->nodes[node].out;

	while (i >= 0) {
		struct dep_edge *e = &g->edges[i];
		int next = phase == DEP_START ? e->next_in : e->next_out;

		if (!only_light || e->light)
			release(g, e, phase, failed, ev);
		i = next;
	}
}

void
dep_light_done(struct dep_graph *g, int node, enum dep_phase phase, const struct dep_events *ev)
{
	g->nodes[node].light |= phase;
	release_all(g, node, phase, true, false, ev);
}

void
dep_done(
    struct dep_graph *g, int node, enum dep_phase phase, bool failed, const struct dep_events *ev)
{
	struct dep_node *n = &g->nodes[node];

	n->coming &= ~(unsigned)phase;
	if (failed)
		n->failed = true;
	else
		n->done |= phase;
	release_all(g, node, phase, false, failed, ev);
}

void
dep_unwait(struct dep_graph *g, int node)
{
	static const enum dep_phase phases[] = {DEP_START, DEP_STOP};

	for (size_t p = 0; p < ARRAY_SIZE(phases); p++)
		for (int i = first_edge(g, node, phases[p]); i >= 0;
		     i = next_edge(&g->edges[i], phases[p]))
			g->edges[i].waiting &= ~(unsigned)phases[p];
	g->nodes[node].pending = 0;
}
