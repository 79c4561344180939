/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* How long mail of our own is waited for, and that it tells once. Which mail it is:
 * tests/unit/proto/test-taken.c. */
#include "locate-private.h"

#include <string.h>

#define BEGIN ((RpTime)1790000000 * G_USEC_PER_SEC)

static void
note(RpSentMail *sent, guint number, RpTime now)
{
	g_autofree char *id = g_strdup_printf("<%u@taro.example>", number);
	RpTaken taken = {.message_id = id, .server = (char *)"mail.odn.example"};

	g_assert_true(rp_address_parse("192.168.1.7", &taken.local));
	rp_sent_mail_note(sent, &taken, now);
}

static gboolean
comes_back(RpSentMail *sent, guint number, RpTime now)
{
	g_autofree char *header = g_strdup_printf(
		"Received: from [192.168.1.7] ([203.0.113.7]) by mail.odn.example\r\n"
		"Message-ID: <%u@taro.example>\r\n\r\n",
		number);
	RpAddress seen_as, want;

	if (!rp_sent_mail_find(sent, header, strlen(header), now, &seen_as))
		return FALSE;
	g_assert_true(rp_address_parse("203.0.113.7", &want));
	g_assert_true(rp_address_equal(&seen_as, &want));
	return TRUE;
}

static void
test_once(void)
{
	RpSentMail *sent = rp_sent_mail_new();

	g_assert_false(rp_sent_mail_waits(sent, BEGIN));
	note(sent, 1, BEGIN);
	note(sent, 2, BEGIN);
	g_assert_false(comes_back(sent, 3, BEGIN));
	g_assert_true(comes_back(sent, 1, BEGIN));
	g_assert_false(comes_back(sent, 1, BEGIN));
	g_assert_true(rp_sent_mail_waits(sent, BEGIN));
	g_assert_true(comes_back(sent, 2, BEGIN + G_TIME_SPAN_HOUR));
	g_assert_false(rp_sent_mail_waits(sent, BEGIN));
	rp_sent_mail_free(sent);
}

/* In whatever order they come back: what the last one that was sent says counts. */
static void
test_order(void)
{
	RpSentMail *sent = rp_sent_mail_new();

	for (guint i = 1; i <= 3; i++)
		note(sent, i, BEGIN + i);
	g_assert_true(comes_back(sent, 2, BEGIN + 9));
	g_assert_false(comes_back(sent, 1, BEGIN + 9));
	g_assert_true(comes_back(sent, 3, BEGIN + 9));
	g_assert_false(rp_sent_mail_waits(sent, BEGIN + 9));
	rp_sent_mail_free(sent);
}

static void
test_time(void)
{
	RpSentMail *sent = rp_sent_mail_new();

	note(sent, 1, BEGIN);
	g_assert_true(rp_sent_mail_waits(sent, BEGIN + 3 * G_TIME_SPAN_HOUR));
	g_assert_false(rp_sent_mail_waits(sent, BEGIN + 3 * G_TIME_SPAN_HOUR + 1));
	g_assert_false(comes_back(sent, 1, BEGIN));
	note(sent, 2, BEGIN);
	g_assert_false(comes_back(sent, 2, BEGIN - 1)); /* the clock was put back */
	rp_sent_mail_free(sent);
}

static void
test_many(void)
{
	RpSentMail *sent = rp_sent_mail_new();

	for (guint i = 0; i < 40; i++)
		note(sent, i, BEGIN + i);
	for (guint i = 0; i < 40; i++)
		g_assert_cmpint(comes_back(sent, i, BEGIN + 50), ==, i >= 8);
	rp_sent_mail_free(sent);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/sent-mail/once", test_once);
	g_test_add_func("/sent-mail/order", test_order);
	g_test_add_func("/sent-mail/time", test_time);
	g_test_add_func("/sent-mail/many", test_many);
	return g_test_run();
}
