/* The keeper's decisions: the whole table, and the two judgements that feed it. */
#include <signal.h>
#include <stdbool.h>
#include <string.h>

#include "keeper/table.h"
#include "unit.h"

/* Exactly what each state answers to each event, written down a second time. */
static const struct {
	enum keeper_state state;
	enum keeper_event event;
	enum keeper_state next;
	enum keeper_action action;
} wanted[] = {
    {KEEPER_WATCHING, KEEPER_POPULATED, KEEPER_WATCHING, KEEPER_WAIT},
    {KEEPER_WATCHING, KEEPER_EMPTY_PERSISTENT, KEEPER_WATCHING, KEEPER_WAIT},
    {KEEPER_WATCHING, KEEPER_EMPTY, KEEPER_WATCHING, KEEPER_RMDIR},
    {KEEPER_WATCHING, KEEPER_GONE, KEEPER_WATCHING, KEEPER_EXIT},
    {KEEPER_WATCHING, KEEPER_TERM, KEEPER_REMOVING, KEEPER_KILL},
    {KEEPER_WATCHING, KEEPER_REMOVED, KEEPER_WATCHING, KEEPER_FINISH},
    {KEEPER_WATCHING, KEEPER_BUSY, KEEPER_WATCHING, KEEPER_LINGER},
    {KEEPER_WATCHING, KEEPER_FAILED, KEEPER_WATCHING, KEEPER_EXIT},
    {KEEPER_REMOVING, KEEPER_POPULATED, KEEPER_REMOVING, KEEPER_KILL},
    {KEEPER_REMOVING, KEEPER_EMPTY_PERSISTENT, KEEPER_REMOVING, KEEPER_RMDIR},
    {KEEPER_REMOVING, KEEPER_EMPTY, KEEPER_REMOVING, KEEPER_RMDIR},
    {KEEPER_REMOVING, KEEPER_GONE, KEEPER_REMOVING, KEEPER_EXIT},
    {KEEPER_REMOVING, KEEPER_TERM, KEEPER_REMOVING, KEEPER_KILL},
    {KEEPER_REMOVING, KEEPER_REMOVED, KEEPER_REMOVING, KEEPER_FINISH},
    {KEEPER_REMOVING, KEEPER_BUSY, KEEPER_REMOVING, KEEPER_LINGER},
    {KEEPER_REMOVING, KEEPER_FAILED, KEEPER_REMOVING, KEEPER_EXIT},
    {KEEPER_BARE, KEEPER_POPULATED, KEEPER_BARE, KEEPER_WAIT},
    {KEEPER_BARE, KEEPER_EMPTY_PERSISTENT, KEEPER_BARE, KEEPER_WAIT},
    {KEEPER_BARE, KEEPER_EMPTY, KEEPER_BARE, KEEPER_EXIT},
    {KEEPER_BARE, KEEPER_GONE, KEEPER_BARE, KEEPER_EXIT},
    {KEEPER_BARE, KEEPER_TERM, KEEPER_BARE, KEEPER_EXIT},
    {KEEPER_BARE, KEEPER_REMOVED, KEEPER_BARE, KEEPER_EXIT},
    {KEEPER_BARE, KEEPER_BUSY, KEEPER_BARE, KEEPER_EXIT},
    {KEEPER_BARE, KEEPER_FAILED, KEEPER_BARE, KEEPER_EXIT},
};

static void
test_table(void)
{
	bool seen[KEEPER_STATE_COUNT][KEEPER_EVENT_COUNT] = {0};
	size_t i;

	for (i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		const struct keeper_decision *d = &keeper_table[wanted[i].state][wanted[i].event];

		CHECK_INT(d->next, wanted[i].next);
		CHECK_INT(d->action, wanted[i].action);
		CHECK(!seen[wanted[i].state][wanted[i].event]);
		seen[wanted[i].state][wanted[i].event] = true;
	}
	CHECK_INT(i, KEEPER_STATE_COUNT * KEEPER_EVENT_COUNT);
}

/* An entry that was forgotten would be all zeroes, which is WATCHING and WAIT. */
static void
test_no_way_back(void)
{
	int state, event;

	for (state = KEEPER_REMOVING; state <= KEEPER_BARE; state++)
		for (event = 0; event < KEEPER_EVENT_COUNT; event++)
			CHECK_INT(keeper_table[state][event].next, state);
}

static enum keeper_event
said(const char *text)
{
	return keeper_read_events(text, (long)strlen(text));
}

static void
test_events(void)
{
	CHECK_INT(said("populated 0\nfrozen 0\n"), KEEPER_EMPTY);
	CHECK_INT(said("populated 1\nfrozen 0\n"), KEEPER_POPULATED);
	CHECK_INT(said("frozen 1\npopulated 0\n"), KEEPER_EMPTY);
	CHECK_INT(said("frozen 0\npopulated 1\n"), KEEPER_POPULATED);
	/* Nothing is removed for a text that is not understood. */
	CHECK_INT(said(""), KEEPER_POPULATED);
	CHECK_INT(said("populated 0"), KEEPER_POPULATED);
	CHECK_INT(said("populated 00\n"), KEEPER_POPULATED);
	CHECK_INT(said("unpopulated 0\n"), KEEPER_POPULATED);
	CHECK_INT(keeper_read_events("populated 0\n", -5), KEEPER_POPULATED);
	CHECK_INT(keeper_read_events("populated 0\n", 11), KEEPER_POPULATED);
}

static void
test_orders(void)
{
	CHECK(keeper_is_order(SIGTERM, SI_USER, 0));
	CHECK(!keeper_is_order(SIGTERM, SI_USER, 2));
	/* sigqueue(3) from inside, with a sender of its choice. */
	CHECK(!keeper_is_order(SIGTERM, SI_QUEUE, 0));
	CHECK(!keeper_is_order(SIGTERM, SI_TKILL, 0));
	CHECK(!keeper_is_order(SIGTERM, SI_KERNEL, 0));
	CHECK(!keeper_is_order(SIGHUP, SI_USER, 0));
}

int
main(void)
{
	test_table();
	test_no_way_back();
	test_events();
	test_orders();
	return UNIT_DONE();
}
