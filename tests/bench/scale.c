/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* What a long queue costs the agent: a real queue and a real agent, servers by script. Prints how
 * long it takes to classify it, to start on it, to plan it anew at another place (until the plan is
 * on the disk and said), and to send it, and how much memory the agent has of its own.
 *
 * usage: bench-scale MESSAGES [CLASSES]   (in TMPDIR; on a RAM disk, filling it takes seconds) */

#define AT_ONCE 500

static double
ms_since(gint64 start)
{
	return (double)(g_get_monotonic_time() - start) / 1000;
}

/* What the process has used of a core: other work on the machine does not change it. */
static double
cpu_ms(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (double)used.tv_sec * 1000 + (double)used.tv_nsec / 1e6;
}

static void
check(GError *error)
{
	if (error)
		g_error("%s", error->message);
}

/* Of the process, in KiB: what it shares with nobody. */
static long
private_memory(void)
{
	g_autofree char *text = NULL;
	long sum = 0;

	if (!g_file_get_contents("/proc/self/smaps_rollup", &text, NULL, NULL))
		return 0;
	for (const char *at = text; (at = strstr(at, "Private_Dirty")); at++)
		sum += strtol(strchr(at, ':') + 1, NULL, 10);
	return sum;
}

static void
submit_some(Fixture *f, guint first, guint n, guint classes)
{
	g_autofree RpSubmissionEnd *ends = g_new0(RpSubmissionEnd, n);
	g_autofree char *content = g_strnfill(2048, 'x');
	g_autofree const char **lists = g_new0(const char *, n);

	for (guint i = 0; i < n; i++) {
		g_autoptr(GError) error = NULL;
		char *sender = g_strdup_printf("user%u@big.example", (first + i) % 10000);

		lists[i] = classes > 1 ? g_strdup_printf("x@d%u.example", (first + i) % classes)
				       : g_strdup("x@else.example");
		ends[i].submission = rp_submission_new(f->reader);
		rp_submission_write(ends[i].submission, content, 2048, &error);
		check(error);
		ends[i].envelope = (RpEnvelope){.sender = sender,
			.header_from = sender,
			.recipients = &lists[i],
			.n_recipients = 1};
	}
	rp_submission_commit_all(ends, n);
	for (guint i = 0; i < n; i++) {
		check(ends[i].error);
		g_free((char *)ends[i].envelope.sender);
		g_free((char *)lists[i]);
		rp_submission_free(ends[i].submission);
	}
}

/* A set of its own for so many recipients' domains, each of which is a class then. */
static char *
more_config(guint classes)
{
	GString *text =
		g_string_new("[server-set own]\nidentities=@big.example\nrelay=inside\n"
			     "provider=odn\nsmtp=smtp://127.0.0.1:1\nsmtp-tls=off\n"
			     "[server-set many]\nrelay=inside\nprovider=sonet\n"
			     "smtp=smtp://127.0.0.1:9\nsmtp-tls=off\nidentities=z@z.example\n"
			     "domains=");

	for (guint i = 0; i < MAX(classes, 2); i++)
		g_string_append_printf(text, "d%u.example;", i);
	g_string_append(text, "\n");
	return g_string_free(text, FALSE);
}

static double
move_to(Fixture *f, const char *address)
{
	gint64 start = g_get_monotonic_time();

	network(f, address);
	return ms_since(start);
}

static void
run(guint n, guint classes)
{
	Fixture f = {0};
	g_autofree char *more = more_config(classes);
	gint64 start;
	double again[6], sum = 0, used, took;

	set_up(&f, NULL);
	{
		g_autoptr(RpConfig) config = load_config(&f, more);

		rp_agent_set_config(f.agent, config);
	}
	start = g_get_monotonic_time();
	for (guint i = 0; i < n; i += AT_ONCE)
		submit_some(&f, i, MIN(AT_ONCE, n - i), classes);
	printf("%u messages, %u classes: submitted in %.3f ms each\n", n, classes,
		ms_since(start) / n);
	start = g_get_monotonic_time();
	network(&f, "192.0.2.1");
	printf("  classified and planned in %.0f ms\n", ms_since(start));
	used = cpu_ms();
	for (guint i = 0; i < G_N_ELEMENTS(again); i++)
		again[i] = move_to(&f, i % 2 ? "192.0.2.1" : NULL);
	used = cpu_ms() - used;
	for (guint i = 0; i < G_N_ELEMENTS(again); i++)
		sum += again[i];
	printf("  another place: planned anew in %.1f ms, %.1f ms of a core\n",
		sum / G_N_ELEMENTS(again), used / G_N_ELEMENTS(again));
	rp_agent_free(f.agent);
	start = g_get_monotonic_time();
	start_with(&f, more);
	printf("  started in %.1f ms\n", ms_since(start));
	printf("  first plan after %.1f ms\n", move_to(&f, "192.0.2.1"));
	start = g_get_monotonic_time();
	g_ptr_array_unref(rp_queue_list(f.reader, 0, 0, 1000, NULL));
	printf("  a page of 1,000 in %.1f ms\n", ms_since(start));
	printf("  private memory %ld KiB\n", private_memory());
	settle_limit = 3600;
	used = cpu_ms();
	took = move_to(&f, "203.0.113.7");
	printf("  sent in %.4f ms each, %.4f ms of a core\n", took / n, (cpu_ms() - used) / n);
	g_assert_cmpuint(f.fake->sent->len, ==, n);
	tear_down(&f, NULL);
}

static void
say_nothing(const char *domain, GLogLevelFlags level, const char *text, gpointer data)
{
	if (level & (G_LOG_LEVEL_WARNING | G_LOG_LEVEL_CRITICAL))
		fprintf(stderr, "%s\n", text);
}

int
main(int argc, char **argv)
{
	guint n = argc > 1 ? (guint)atoi(argv[1]) : 10000;
	guint classes = argc > 2 ? (guint)atoi(argv[2]) : 1;

	g_unsetenv("DBUS_SESSION_BUS_ADDRESS");
	g_setenv("XDG_RUNTIME_DIR", "/nonexistent", TRUE);
	g_log_set_default_handler(say_nothing, NULL);
	setlinebuf(stdout);
	run(n, classes);
	return EXIT_SUCCESS;
}
