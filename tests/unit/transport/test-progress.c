/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-server.h"

/* How far a message is, over a real connection: what the server's machine has acknowledged. */

/* More than all buffers between two sockets hold. */
#define LARGE (32 << 20)

typedef struct {
	guint n;
	RpSmtpProgress progress;
} Seen;

static void
see(gpointer message, const RpSmtpProgress *progress, gpointer user)
{
	Seen *seen = user;

	seen->n++;
	seen->progress = *progress;
}

static gboolean
on_tick(gpointer user)
{
	return G_SOURCE_CONTINUE;
}

/* Until one message is there, and at this, and its octets do not move any more: the server has
 * stopped to read, or has all. */
static RpSmtpProgress
look_until(const FakeDelivery *run, RpSmtpAt at)
{
	guint tick = g_timeout_add(100, on_tick, NULL);
	Seen before = {0}, now = {0};

	do {
		before = now;
		g_main_context_iteration(NULL, TRUE);
		now = (Seen){0};
		rp_delivery_each_progress(run->delivery, see, &now);
	} while (!now.n || now.progress.at != at || now.progress.done != before.progress.done);
	g_source_remove(tick);
	g_assert_cmpuint(now.n, ==, 1);
	return now.progress;
}

static void
play(const char *script, gint64 size, RpSmtpAt at, gint64 least, gint64 most)
{
	guint16 port = fake_server(script);
	g_autoptr(RpServerSet) set = fake_set(port);
	FakeDelivery run = {.n_messages = 1, .size = size};
	RpSmtpProgress progress;

	fake_delivery_begin(&run, set, &fake_route, NULL);
	progress = look_until(&run, at);
	g_test_message("%s: %" G_GINT64_FORMAT " of %" G_GINT64_FORMAT, rp_smtp_at_name(at),
		progress.done, progress.total);
	g_assert_cmpint(progress.total, ==, size);
	g_assert_cmpint(progress.done, >=, least);
	g_assert_cmpint(progress.done, <=, most);
	fake_go(port);
	fake_delivery_wait(&run);
	g_assert_cmpstr(run.text->str, ==, "accepted, accepted | ok");
	fake_delivery_clear(&run);
}

static void
test_envelope(void)
{
	play("{\"hold\": [\"MAIL\"]}", 5000, RP_SMTP_AT_ENVELOPE, 0, 0);
}

/* What the server's machine took into its buffers has arrived; what waits here has not. */
static void
test_content(void)
{
	play("{\"hold\": [\"CONTENT\"]}", LARGE, RP_SMTP_AT_CONTENT, 1, LARGE - 1);
}

static void
test_answer(void)
{
	play("{\"hold\": [\".\"]}", 300000, RP_SMTP_AT_ANSWER, 300000, 300000);
	play("{\"ehlo\": [\"PIPELINING\", \"CHUNKING\"], \"hold\": [\".\"]}", 300000,
		RP_SMTP_AT_ANSWER, 300000, 300000);
}

/* Nothing can be asked of a session that is not up. */
static void
test_nothing(void)
{
	guint16 port = fake_server("{\"hold\": [\"EHLO\"]}");
	g_autoptr(RpServerSet) set = fake_set(port);
	FakeDelivery run = {.n_messages = 1};
	Seen seen = {0};

	fake_delivery_begin(&run, set, &fake_route, NULL);
	rp_delivery_each_progress(run.delivery, see, &seen);
	g_assert_cmpuint(seen.n, ==, 0);
	fake_go(port);
	fake_delivery_wait(&run);
	fake_delivery_clear(&run);
}

int
main(int argc, char **argv)
{
	int result;

	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/progress/nothing", test_nothing);
	g_test_add_func("/progress/envelope", test_envelope);
	g_test_add_func("/progress/content", test_content);
	g_test_add_func("/progress/answer", test_answer);
	result = g_test_run();
	fake_stop();
	return result;
}
