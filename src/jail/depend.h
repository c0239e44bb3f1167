/*
 * Which jail waits for which.  Pure: numbers in, answers and callbacks out; who runs
 * and how is not its business.  Source: reference of jail(8), 4.7.
 *
 * A jail goes through at most two phases, a stop and a start (a restart has both).
 * In a start (and in a modification) it waits for those that it depends on, in a stop
 * for those that depend on it.  A light edge (a.b to a) is satisfied as soon as
 * the other one exists, or is gone.
 */
#ifndef GAOL_JAIL_DEPEND_H
#define GAOL_JAIL_DEPEND_H

#include <stdbool.h>
#include <stddef.h>

enum dep_phase {
	DEP_START = 1 << 0,
	DEP_STOP = 1 << 1,
};

struct dep_edge {
	int from; /* waits in a start */
	int to;
	bool light;
	unsigned waiting; /* phases in which somebody waits over it */
	int next_out;	  /* the next with this from, -1: none */
	int next_in;	  /* the next with this to */
};

struct dep_node {
	int out, in; /* lists of edges in the order of adding; -1: none */
	int out_last, in_last;
	int pending;
	unsigned done;	 /* phases that it has behind it */
	unsigned light;	 /* phases that are done as far as light edges go */
	unsigned coming; /* phases that it will go through */
	bool failed;
	int color; /* of dep_loops */
};

struct dep_graph {
	struct dep_node *nodes;
	size_t nnodes;
	struct dep_edge *edges;
	size_t nedges, edges_size;
};

/* What the owner of the jails is told. */
struct dep_events {
	/* Somebody waits for this one, and it is not coming by itself. */
	void (*activate)(void *ctx, int node, enum dep_phase phase);
	/* The last of those it waited for is done, or one failed (then `failed` is set). */
	void (*ready)(void *ctx, int node);
	/* It fails because one it waited for did. */
	void (*skipped)(void *ctx, int node);
	void *ctx;
};

enum dep_answer {
	DEP_GO,
	DEP_WAIT, /* dep_events.ready comes later */
	DEP_FAIL, /* one that it needs has failed; skipped was called */
};

int dep_init(struct dep_graph *g, size_t nnodes);
int dep_grow(struct dep_graph *g, size_t nnodes);
int dep_add(struct dep_graph *g, int from, int to, bool light);
void dep_free(struct dep_graph *g);

/*
 * Calls loop once for one member of each loop, after marking it failed.  Not done
 * for a single edge (FreeBSD's rule: one jail that depends on itself, and no other
 * edge in the file, is silently never started).
 */
int dep_loops(struct dep_graph *g, void (*loop)(void *ctx, int node), void *ctx);

/*
 * May this one go?  only_order: a modification, which waits for what is coming
 * anyway and brings nothing in.
 */
enum dep_answer dep_check(struct dep_graph *g, int node, enum dep_phase phase, bool only_order,
    const struct dep_events *ev);

/* It exists now, or is gone now: enough for light edges. */
void dep_light_done(
    struct dep_graph *g, int node, enum dep_phase phase, const struct dep_events *ev);

void dep_done(
    struct dep_graph *g, int node, enum dep_phase phase, bool failed, const struct dep_events *ev);

/* It stops waiting: its plans have changed. */
void dep_unwait(struct dep_graph *g, int node);

#endif
