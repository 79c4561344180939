/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

#include <pwd.h>
#include <unistd.h>

static void
test_same(void)
{
	const struct passwd *entry = getpwuid(geteuid());
	g_autofree char *name = rp_account_name();
	g_autofree char *home = rp_account_home();

	g_assert_cmpstr(name, ==, entry ? entry->pw_name : NULL);
	g_assert_cmpstr(home, ==, entry ? entry->pw_dir : NULL);
}

/* What the C library keeps for all threads is not touched: another's answer stays what it was. */
static void
test_no_statics(void)
{
	const struct passwd *other = getpwuid(65534);
	g_autofree char *before = other ? g_strdup(other->pw_name) : NULL;
	g_autofree char *name = NULL;
	g_autofree char *home = NULL;

	if (!other || geteuid() == 65534) {
		g_test_skip("there is no other user");
		return;
	}
	name = rp_account_name();
	home = rp_account_home();
	g_assert_cmpstr(other->pw_name, ==, before);
	g_assert_cmpuint(other->pw_uid, ==, 65534);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/account/same", test_same);
	g_test_add_func("/account/no-statics", test_no_statics);
	return g_test_run();
}
