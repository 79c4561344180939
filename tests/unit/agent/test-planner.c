/* SPDX-License-Identifier: GPL-3.0-or-later */
/* What is planned and announced, and when. */
#include "fixture.h"

static void
test_plans_at_once(Fixture *f, gconstpointer data)
{
	RpMessageId id;

	network(f, "192.0.2.1");
	id = submit(f, "taro@odn.example", "b@odn.example");
	assert_state(f, id, "gone");
}

int
main(int argc, char **argv)
{
	fixture_init(&argc, &argv);
	ADD("planner/plans-at-once", test_plans_at_once);
	return g_test_run();
}
