/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which mail is our own that came back, and what its first server says of us. How fields are
 * written: tests/field/received. */
#include "roampost/received.h"

#include <string.h>

#define ID "Message-ID: <1@taro.example>\r\n"
#define OURS                                                                                       \
	"Received: from [192.168.1.7] (unknown [203.0.113.7])\r\n"                                 \
	"\tby mail.odn.example (Postfix) with ESMTP id 4F1\r\n"                                    \
	"\tfor <taro@odn.example>; Sun, 1 Mar 2026 12:00:00 +0000\r\n"
#define BOX                                                                                        \
	"Received: from mail.odn.example (mail.odn.example [198.51.100.1])\r\n"                    \
	"\tby box.odn.example with LMTP; Sun, 1 Mar 2026 12:00:01 +0000\r\n"
#define FORGED                                                                                     \
	"Received: from [192.168.1.7] (unknown [198.51.100.66])\r\n"                               \
	"\tby mail.odn.example (Postfix) with ESMTP id 4F0; Sun, 1 Mar 2026 11:59:59 +0000\r\n"
#define BY_LIST                                                                                    \
	"Received: from list.example (list.example [198.51.100.9])\r\n"                            \
	"\tby mail.odn.example (Postfix) with ESMTP id 4F2; Sun, 1 Mar 2026 12:00:02 +0000\r\n"
#define BY_EVIL                                                                                    \
	"Received: from evil.example (unknown [192.0.2.66])\r\n"                                   \
	"\tby mail.odn.example (Postfix) with ESMTP id 4F3; Sun, 1 Mar 2026 12:00:02 +0000\r\n"
#define BY_FILTER                                                                                  \
	"Received: from filter (localhost [127.0.0.1])\r\n"                                        \
	"\tby mail.odn.example (Postfix) with ESMTP id 4F4; Sun, 1 Mar 2026 12:00:02 +0000\r\n"
#define BY_PEER                                                                                    \
	"Received: from gate (gate [198.51.100.25])\r\n"                                           \
	"\tby mail.odn.example (Postfix) with ESMTP id 4F5; Sun, 1 Mar 2026 12:00:02 +0000\r\n"
#define BY_RELAY                                                                                   \
	"Received: from [192.168.1.7] (mx-3.odn.example [198.51.100.26])\r\n"                      \
	"\tby mail.odn.example (Postfix) with ESMTP id 4F6; Sun, 1 Mar 2026 12:00:02 +0000\r\n"
#define BY_FRONT                                                                                   \
	"Received: from mx-3.odn.example (mx-3.odn.example [198.51.100.26])\r\n"                   \
	"\tby mail.odn.example (Postfix) with ESMTP id 4F7; Sun, 1 Mar 2026 12:00:02 +0000\r\n"
#define RELAY_HAD_IT                                                                               \
	"Received: from [192.168.1.7] (unknown [203.0.113.7])\r\n"                                 \
	"\tby mx-3.odn.example (Postfix) with ESMTP id 4F8; Sun, 1 Mar 2026 12:00:01 +0000\r\n"
#define ELSEWHERE                                                                                  \
	"Received: from [192.168.1.7] (unknown [198.51.100.66])\r\n"                               \
	"\tby mail.evil.example (Postfix) with ESMTP id 4F0; Sun, 1 Mar 2026 11:59:59 +0000\r\n"
#define HIDDEN                                                                                     \
	"Received: from [192.168.1.7] by mail.odn.example with ESMTPA; Sun, 1 Mar 2026 12:00:00 "  \
	"+0000\r\n"
#define END "Subject: Lunch\r\n\r\nReceived: nothing\r\n"

static const struct {
	const char *name, *header, *want; /* "": it says nothing */
	const char *ehlo_name, *greeted;
} cases[] = {
	{"first-hop", OURS ID END, "203.0.113.7", NULL, NULL},
	{"below-a-delivery", BOX OURS ID END, "203.0.113.7", NULL, NULL},
	{"id-before-its-field", ID BOX OURS END, "203.0.113.7", NULL, NULL},
	{"the-topmost-counts", BOX OURS FORGED ID END, "203.0.113.7", NULL, NULL},
	{"a-list-sent-it-back", BY_LIST OURS ID END, "", NULL, NULL},
	{"below-a-stranger", BY_EVIL OURS ID END, "", NULL, NULL},
	{"from-its-own-filter", BY_FILTER OURS ID END, "203.0.113.7", NULL, NULL},
	{"from-its-own-queue",
		"Received: by mail.odn.example (Postfix, from userid 5)\r\n" OURS ID END,
		"203.0.113.7", NULL, NULL},
	{"from-its-own-address", BY_PEER OURS ID END, "203.0.113.7", NULL, NULL},
	{"a-relay-repeats-our-name", BY_RELAY RELAY_HAD_IT ID END, "", NULL, NULL},
	{"a-relay-of-the-name-it-greets-with", BY_FRONT RELAY_HAD_IT ID END, "203.0.113.7", NULL,
		"mx-3.odn.example"},
	{"our-name-is-the-server's",
		"Received: from mail.odn.example ([198.51.100.25]) by mail.odn.example\r\n"
		"Received: from mail.odn.example ([203.0.113.7]) by mail.odn.example\r\n" ID END,
		"203.0.113.7", "mail.odn.example", NULL},
	{"a-list-that-drops-fields", BY_LIST ID END, "", NULL, NULL},
	{"another-server", ELSEWHERE ID END, "", NULL, NULL},
	{"hidden", HIDDEN FORGED ID END, "", NULL, NULL},
	{"another-mail", OURS "Message-ID: <2@taro.example>\r\n" END, "", NULL, NULL},
	{"no-id", OURS END, "", NULL, NULL},
	{"id-in-the-text", OURS END ID, "", NULL, NULL},
	{"field-in-the-text", ID "\r\n" OURS END, "", NULL, NULL},
	{"cut", ID "Received: from [192.168.1.7] ([203.0.113.7]) by mail.odn.example", "", NULL,
		NULL},
	{"called-by-its-greeting",
		"Received: from [192.168.1.7] ([203.0.113.7]) by MTA5.odn.example. with SMTP\r\n" ID
			END,
		"203.0.113.7", NULL, "mta5.odn.example"},
	{"another-name", OURS ID END, "", "laptop.example", NULL},
	{"our-name", "Received: from Laptop.example ([203.0.113.7]) by mail.odn.example\r\n" ID END,
		"203.0.113.7", "laptop.example", NULL},
	{"as-qmail-writes-it",
		"Received: from unknown (HELO ?192.168.1.7?) (203.0.113.7)\r\n"
		"  by mail.odn.example with SMTP; 1 Mar 2026 12:00:00 -0000\r\n" ID END,
		"203.0.113.7", NULL, NULL},
	{"as-qmail-writes-a-name",
		"Received: from unknown (HELO my?pc) (203.0.113.7)\n"
		"  by mail.odn.example with SMTP; 1 Mar 2026 12:00:00 -0000\n" ID END,
		"203.0.113.7", "my_pc", NULL},
	{"of-no-link-we-knew",
		"Received: from [127.0.0.1] ([203.0.113.7]) by mail.odn.example\r\n" ID END,
		"203.0.113.7", NULL, NULL},
	{"lower-case-names",
		"RECEIVED: from [192.168.1.7] ([203.0.113.7]) by mail.odn.example\r\n"
		"message-id:\r\n <1@taro.example>\r\n" END,
		"203.0.113.7", NULL, NULL},
};

static RpTaken
make_taken(const char *ehlo_name, const char *greeted)
{
	RpTaken taken = {
		.message_id = (char *)"<1@taro.example>",
		.server = (char *)"mail.odn.example",
		.greeted = (char *)greeted,
		.ehlo_name = (char *)ehlo_name,
	};

	g_assert_true(rp_address_parse("192.168.1.7", &taken.local));
	g_assert_true(rp_address_parse("198.51.100.25", &taken.peer));
	return taken;
}

static void
test_case(gconstpointer data)
{
	guint i = GPOINTER_TO_UINT(data);
	const RpTaken made = make_taken(cases[i].ehlo_name, cases[i].greeted);
	g_autoptr(RpTaken) taken = rp_taken_copy(&made);
	/* Where it ends is known by its length alone. */
	gsize length = strlen(cases[i].header);
	g_autofree char *header = g_memdup2(cases[i].header, length);
	g_autofree char *text = NULL;
	RpAddress seen_as = {.family = RP_FAMILY_ANY};
	gboolean found = rp_taken_seen_as(taken, header, length, &seen_as);

	text = rp_address_format(&seen_as);
	g_assert_cmpstr(text, ==, cases[i].want);
	g_assert_cmpint(found, ==, *cases[i].want != '\0');
}

/* Whatever is cut off or written over: nothing is read that is not there. */
static void
test_random(void)
{
	static const char signs[] = "()[]\"\\;:@?\r\n\t \0ax";
	const RpTaken taken = make_taken(NULL, NULL);
	gsize most = strlen(BOX OURS ID END);

	for (guint i = 0; i < 20000; i++) {
		gsize length = (gsize)g_test_rand_int_range(0, (gint32)most + 1);
		g_autofree char *header = g_memdup2(BOX OURS ID END, length);
		RpAddress seen_as;

		for (guint k = 0; length && k < i % 5; k++)
			header[g_test_rand_int_range(0, (gint32)length)] =
				signs[g_test_rand_int_range(0, sizeof signs - 1)];
		rp_taken_seen_as(&taken, header, length, &seen_as);
	}
}

static void
test_bounded(void)
{
	const RpTaken taken = make_taken(NULL, NULL);
	g_autoptr(GString) header = g_string_new(ID "Received: from [192.168.1.7] (");
	RpAddress seen_as;

	for (guint i = 0; i < RP_RECEIVED_MOST; i++)
		g_string_append_c(header, i % 80 ? 'x' : ' ');
	g_string_append(header, ") ([203.0.113.7]) by mail.odn.example\r\n" END);
	g_assert_false(rp_taken_seen_as(&taken, header->str, header->len, &seen_as));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *path = g_strdup_printf("/taken/%s", cases[i].name);

		g_test_add_data_func(path, GUINT_TO_POINTER(i), test_case);
	}
	g_test_add_func("/taken/random", test_random);
	g_test_add_func("/taken/bounded", test_bounded);
	return g_test_run();
}
