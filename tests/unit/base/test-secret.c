/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"

#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>

/* What the kernel says of the memory of secrets, and of a process that has some. */

/* The line VmFlags of the mapping that begins there. */
static char *
flags_of(const char *secret)
{
	g_autofree char *maps = NULL;
	g_autofree char *begin = g_strdup_printf("%lx-", (gulong)secret);
	const char *at, *end;

	g_assert_true(g_file_get_contents("/proc/self/smaps", &maps, NULL, NULL));
	at = strstr(maps, begin);
	at = at ? strstr(at, "VmFlags:") : NULL;
	end = at ? strchr(at, '\n') : NULL;
	return end ? g_strndup(at, (gsize)(end - at)) : g_strdup("");
}

static void
test_memory(void)
{
	g_autoptr(RpSecret) secret = rp_secret_dup("geheim");
	g_autofree char *flags = flags_of(secret);
	struct rlimit limit;

	g_assert_cmpstr(secret, ==, "geheim");
	g_assert_nonnull(strstr(flags, " dd")); /* not dumped */
	g_assert_nonnull(strstr(flags, " wf")); /* wiped in a child */
	g_assert_cmpint(getrlimit(RLIMIT_MEMLOCK, &limit), ==, 0);
	if (limit.rlim_cur >= 64 * 1024)
		g_assert_nonnull(strstr(flags, " lo"));
}

static void
test_both_heaps(void)
{
	char *plain = g_strdup("geheim");
	char *ours = rp_secret_take(g_strdup("geheim"));

	g_assert_null(rp_secret_dup(NULL));
	rp_secret_free(NULL);
	rp_secret_free(plain);
	g_assert_cmpstr(ours, ==, "geheim");
	rp_secret_free(ours);
	for (guint i = 0; i < 3000; i++) /* nothing is left locked */
		rp_secret_free(rp_secret_alloc(9000));
}

static void
test_guard(void)
{
	struct rlimit limit;

	rp_secret_guard_process();
	g_assert_cmpint(prctl(PR_GET_DUMPABLE), ==, 0);
	g_assert_cmpint(getrlimit(RLIMIT_CORE, &limit), ==, 0);
	g_assert_cmpuint(limit.rlim_cur, ==, 0);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/secret/memory", test_memory);
	g_test_add_func("/secret/both-heaps", test_both_heaps);
	g_test_add_func("/secret/guard", test_guard);
	return g_test_run();
}
