/* Who waits for whom: order of starts and stops, light edges, failures, loops. */
#include "jail/depend.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "unit.h"

#define NODES 6

/* A world in which each phase takes one turn, and what happens is written down. */
struct world {
	struct dep_graph g;
	enum dep_phase phase;
	char log[256];
	size_t n;
	int queue[64], head, tail;
	int fails; /* this one fails when its turn comes; -1: none */
	struct dep_events ev;
};

static void
say(struct world *w, const char *what, int node)
{
	w->n += (size_t)snprintf(w->log + w->n, sizeof(w->log) - w->n, "%s%c ", what, 'a' + node);
}

static void
on_activate(void *ctx, int node, enum dep_phase phase)
{
	struct world *w = ctx;

	CHECK(phase == w->phase);
	w->queue[w->tail++] = node;
}

static void
on_ready(void *ctx, int node)
{
	struct world *w = ctx;

	w->queue[w->tail++] = node;
}

static void
on_skipped(void *ctx, int node)
{
	say(ctx, "!", node);
}

static void
on_loop(void *ctx, int node)
{
	say(ctx, "loop ", node);
}

/* edges: "ab" a needs b, "ab." lightly; split at blanks. */
static void
begin(struct world *w, enum dep_phase phase, const char *edges)
{
	*w = (struct world){.phase = phase, .fails = -1};
	w->ev = (struct dep_events){on_activate, on_ready, on_skipped, w};
	CHECK_INT(dep_init(&w->g, NODES), 0);
	while (*edges != '\0') {
		bool light = edges[2] == '.';

		CHECK_INT(dep_add(&w->g, edges[0] - 'a', edges[1] - 'a', light), 0);
		edges += light ? 3 : 2;
		edges += *edges == ' ';
	}
}

static void
select_node(struct world *w, int node)
{
	w->g.nodes[node].coming |= w->phase;
	w->queue[w->tail++] = node;
}

static void
turn(struct world *w, int node)
{
	switch (dep_check(&w->g, node, w->phase, false, &w->ev)) {
	case DEP_GO:
		say(w, "", node);
		dep_done(&w->g, node, w->phase, node == w->fails, &w->ev);
		break;
	case DEP_FAIL:
		dep_done(&w->g, node, w->phase, true, &w->ev);
		break;
	case DEP_WAIT:
		break;
	}
}

static void
end(struct world *w, const char *want)
{
	while (w->head < w->tail)
		turn(w, w->queue[w->head++]);
	CHECK_STR(w->log, want);
	dep_free(&w->g);
}

static void
test_start(void)
{
	struct world w;

	begin(&w, DEP_START, "ab");
	select_node(&w, 0);
	end(&w, "b a ");
	/* A diamond: each once, the foot first. */
	begin(&w, DEP_START, "ab ac bd cd");
	for (int i = 0; i < 4; i++)
		select_node(&w, i);
	end(&w, "d b c a ");
	begin(&w, DEP_START, "ab bc cd");
	select_node(&w, 0);
	end(&w, "d c b a ");
	/* Whom nobody needs and nobody asked for stays out. */
	begin(&w, DEP_START, "ab cb");
	select_node(&w, 0);
	end(&w, "b a ");
}

static void
test_stop(void)
{
	struct world w;

	begin(&w, DEP_STOP, "ab");
	select_node(&w, 1);
	end(&w, "a b ");
	begin(&w, DEP_STOP, "ab");
	select_node(&w, 0);
	end(&w, "a ");
	begin(&w, DEP_STOP, "ab ac bd cd");
	select_node(&w, 3);
	end(&w, "a b c d ");
}

static void
test_failure(void)
{
	struct world w;

	begin(&w, DEP_START, "ab bc db");
	w.fails = 2;
	select_node(&w, 0);
	select_node(&w, 3);
	select_node(&w, 4);
	end(&w, "e c !b !a !d ");
	/* One that failed before anything began. */
	begin(&w, DEP_START, "ab");
	w.g.nodes[1].failed = true;
	select_node(&w, 0);
	end(&w, "!a ");
}

static void
test_light(void)
{
	struct world w;

	/* b waits for a only until a exists. */
	begin(&w, DEP_START, "ba.");
	select_node(&w, 1);
	turn(&w, w.queue[w.head++]);
	CHECK_INT(w.tail, 2);
	CHECK_INT(dep_check(&w.g, 0, DEP_START, false, &w.ev), DEP_GO);
	say(&w, "+", 0);
	dep_light_done(&w.g, 0, DEP_START, &w.ev);
	w.head = 2; /* a is still under way */
	end(&w, "+a b ");
	/* A full edge takes no notice. */
	begin(&w, DEP_START, "ba");
	select_node(&w, 1);
	turn(&w, w.queue[w.head++]);
	dep_light_done(&w.g, 0, DEP_START, &w.ev);
	CHECK_INT(w.tail, 2);
	dep_free(&w.g);
}

/* A modification waits for those that are coming anyway and brings in nobody. */
static void
test_order_only(void)
{
	struct world w;

	begin(&w, DEP_START, "ab ac");
	w.g.nodes[2].coming |= DEP_START;
	CHECK_INT(dep_check(&w.g, 0, DEP_START, true, &w.ev), DEP_WAIT);
	CHECK_INT(w.tail, 0);
	dep_done(&w.g, 2, DEP_START, false, &w.ev);
	CHECK_INT(w.tail, 1);
	CHECK_INT(dep_check(&w.g, 0, DEP_START, true, &w.ev), DEP_GO);
	dep_free(&w.g);
}

static void
check_loops(const char *edges, const char *want)
{
	struct world w;

	begin(&w, DEP_START, edges);
	CHECK_INT(dep_loops(&w.g, on_loop, &w), 0);
	CHECK_STR(w.log, want);
	dep_free(&w.g);
}

static void
test_loops(void)
{
	struct world w;

	check_loops("ab bc ca", "loop a ");
	check_loops("ab bc", "");
	check_loops("aa bc", "loop a ");
	/* The only edge of the file is not looked at. */
	check_loops("aa", "");
	check_loops("ab ba cd dc", "loop a loop c ");
	check_loops("ab ac bd cd", "");
	/* A loop further on than where the search begins. */
	check_loops("ab bc cb", "loop b ");
	begin(&w, DEP_START, "ab bc ca");
	CHECK_INT(dep_loops(&w.g, on_loop, &w), 0);
	w.n = 0;
	w.log[0] = '\0';
	for (int i = 1; i < 3; i++)
		select_node(&w, i);
	end(&w, "!c !b ");
}

int
main(void)
{
	test_start();
	test_stop();
	test_failure();
	test_light();
	test_order_only();
	test_loops();
	return UNIT_DONE();
}
