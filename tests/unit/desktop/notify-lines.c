/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/notifier.h"

/* Drives the desktop notifier from standard input, for tests with real notification daemons:
 * "show SUMMARY|BODY", "page SUMMARY|URL" (with a button that opens it), "resume SUMMARY|BODY"
 * (with one that lets mail go again), "announce SUMMARY|BODY", "over SUMMARY|BODY" (need not be
 * read), "close"; the end of input ends it.
 * "\n" in a body is a new line. */

static void
obey(RpNotifier *notifier, const char *line)
{
	g_autoptr(GPtrArray) screen = g_ptr_array_new();
	g_auto(GStrv) words = g_strsplit(line, " ", 2);
	if (words[1] == NULL) {
		rp_notifier_show(notifier, screen);
		return;
	}
	g_auto(GStrv) texts = g_strsplit(words[1], "|", 2);
	g_autofree char *body = g_strcompress(texts[1]);
	g_autoptr(GPtrArray) actions = rp_desktop_actions_new();
	if (g_str_equal(words[0], "page"))
		rp_desktop_actions_add(actions, RP_DO_OPEN_PAGE, texts[1], NULL);
	if (g_str_equal(words[0], "resume"))
		rp_desktop_actions_add(actions, RP_DO_RESUME, "", NULL);
	RpNotice notice = {.cause = (char *)RP_NOTICE_HELD,
		.summary = texts[0],
		.body = body,
		.urgency = g_str_equal(words[0], "over") ? RP_URGENCY_LOW : RP_URGENCY_NORMAL,
		.category = "email",
		.actions = actions};
	g_ptr_array_add(screen, &notice);
	if (!g_str_equal(words[0], "announce") && !g_str_equal(words[0], "over"))
		rp_notifier_show(notifier, screen);
	else
		rp_notifier_announce(notifier, &notice);
}

typedef struct {
	RpNotifier *notifier;
	GMainLoop *loop;
} Driver;

static gboolean
on_input(GIOChannel *channel, GIOCondition condition, gpointer data)
{
	Driver *driver = data;
	g_autofree char *line = NULL;
	if (g_io_channel_read_line(channel, &line, NULL, NULL, NULL) != G_IO_STATUS_NORMAL) {
		g_main_loop_quit(driver->loop);
		return G_SOURCE_REMOVE;
	}
	obey(driver->notifier, g_strchomp(line));
	return G_SOURCE_CONTINUE;
}

int
main(void)
{
	g_autoptr(GMainLoop) loop = g_main_loop_new(NULL, FALSE);
	g_autoptr(RpNotifier) notifier = rp_desktop_notifier_new(NULL);
	Driver driver = {notifier, loop};
	GIOChannel *channel = g_io_channel_unix_new(0);
	g_io_add_watch(channel, G_IO_IN | G_IO_HUP, on_input, &driver);
	g_main_loop_run(loop);
	g_io_channel_unref(channel);
	return 0;
}
