/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include "roampost/decision-json.h"
#include "roampost/notice.h"
#include "roampost/retry.h"

#include <string.h>

/* What people and programs read of decisions: notices, JSON; and how long waits are. */

#define CONFIG                                                                                     \
	"provider odn title=ODN net=203.0.113.0/24 nm=dial-up\nprovider sonet title=So-net "       \
	"net=198.51.100.0/24\n"                                                                    \
	"set odn provider=odn ids=taro@odn.example relay=inside local=odn.example\n"               \
	"set sonet provider=sonet ids=taro@sonet.example relay=inside;pop-login pop=pop3://pop "   \
	"carries=any"

static GPtrArray *
reasons_of(const char *set, RpReason reason, RpUnlockKind kind, const char *subject)
{
	GPtrArray *reasons = g_ptr_array_new_with_free_func((GDestroyNotify)rp_hold_reason_free);
	RpHoldReason *hold = rp_hold_reason_new(set, reason, NULL);

	g_ptr_array_add(hold->unlock, rp_unlock_new(kind, subject, FX_NOW));
	g_ptr_array_add(reasons, hold);
	return reasons;
}

/* "KEY: LABEL; KEY: LABEL" */
static void
assert_actions(const RpNotice *notice, const char *want)
{
	g_autoptr(GString) got = g_string_new(NULL);

	for (guint i = 0; i < notice->actions->len; i++) {
		const RpDesktopAction *action = notice->actions->pdata[i];
		g_autofree char *key = rp_desktop_action_key(action);
		g_autoptr(RpDesktopAction) again = rp_desktop_action_parse(key, action->label);

		g_string_append_printf(got, "%s%s: %s", i ? "; " : "", key, action->label);
		g_assert_cmpint(again->verb, ==, action->verb);
		g_assert_cmpstr(again->subject, ==, action->subject);
	}
	g_assert_cmpstr(got->str, ==, want);
}

static GPtrArray *
reasons_with(RpReason reason, RpUnlockKind kind, const char *subject)
{
	return reasons_of("odn", reason, kind, subject);
}

/* What a click can do, it offers; once, and what matters most first. */
static void
test_actions(void)
{
	static const struct {
		RpReason reason;
		RpUnlockKind unlock;
		const char *subject, *want;
	} rows[] = {
		{RP_REASON_OUTSIDE, RP_UNLOCK_ENTER, "odn",
			"dial odn: Connect to ODN; show: Show outbox"},
		/* nothing of it can be dialled; nobody knows it */
		{RP_REASON_OUTSIDE, RP_UNLOCK_ENTER, "sonet", "show: Show outbox"},
		{RP_REASON_OUTSIDE, RP_UNLOCK_ENTER, "gone", "show: Show outbox"},
		{RP_REASON_POP_UNAVAILABLE, RP_UNLOCK_POP_LOGIN, "sonet",
			"check sonet: Check mail with sonet; show: Show outbox"},
		{RP_REASON_PINNED, RP_UNLOCK_USE_AUTO, "auto",
			"use auto: Let the place decide; show: Show outbox"},
		{RP_REASON_PINNED, RP_UNLOCK_PIN_AUTO, "auto", "show: Show outbox"},
		{RP_REASON_METERED, RP_UNLOCK_UNMETERED, NULL, "show: Show outbox"},
	};
	g_autoptr(RpCatalogue) catalogue = fx_catalogue(CONFIG);

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(GPtrArray) reasons =
			reasons_with(rows[i].reason, rows[i].unlock, rows[i].subject);
		const RpNoticeGroup groups[] = {
			{reasons, 1, "a@x.example", NULL, 1}, {reasons, 1, "b@x.example", NULL, 1}};
		g_autoptr(RpNotice) notice = rp_notice_held(groups, 2, catalogue);

		assert_actions(notice, rows[i].want);
		rp_desktop_actions_prefer(
			notice->actions, RP_DO_OPEN_PAGE, "http://p.example/", NULL);
		g_autofree char *first = rp_desktop_action_key(notice->actions->pdata[0]);
		g_assert_cmpstr(first, ==, "open-page http://p.example/");
	}
	g_assert_null(rp_desktop_action_parse("", "x"));
	g_assert_null(rp_desktop_action_parse("dia odn", "x"));
	g_assert_null(rp_desktop_action_parse("dialled odn", "x"));
}

static void
test_held(void)
{
	g_autoptr(RpCatalogue) catalogue = fx_catalogue(CONFIG);
	g_autoptr(GPtrArray) outside = reasons_of("odn", RP_REASON_OUTSIDE, RP_UNLOCK_ENTER, "odn");
	g_autoptr(GPtrArray) unreachable =
		reasons_of("sonet", RP_REASON_UNREACHABLE, RP_UNLOCK_RETRY_AFTER, NULL);
	const RpNoticeGroup groups[] = {
		{unreachable, 1, "c@x.example", "Lunch", 1},
		{outside, 2, "b@other.example", "Tea", 3},
		{outside, 0, "z@other.example", NULL, 0},
	};
	const RpNoticeGroup turned[] = {groups[1], groups[0]};
	g_autoptr(RpNotice) notice = rp_notice_held(groups, 3, catalogue);
	g_autoptr(RpNotice) same = rp_notice_held(turned, 2, catalogue);
	g_autoptr(RpNotice) one = rp_notice_held(groups, 1, catalogue);

	g_assert_cmpstr(notice->summary, ==, "Mail is waiting");
	g_assert_cmpstr(notice->body, ==,
		"To b@other.example and others: odn's server takes this mail only from inside ODN, "
		"and this place is not inside it.\nTo free it: connect to ODN.\n\n"
		"To c@x.example, “Lunch”: sonet's server can't be reached from this place.");
	assert_actions(notice, "dial odn: Connect to ODN; show: Show outbox");
	assert_actions(one, "show: Show outbox");
	/* Where a set that learns was taken is a place of the user's, not a provider. */
	g_autoptr(GPtrArray) refused =
		reasons_of("odn", RP_REASON_REFUSED_HERE, RP_UNLOCK_ENTER, "home");
	const RpNoticeGroup elsewhere = {refused, 1, "d@x.example", NULL, 1};
	g_autoptr(RpNotice) at_home = rp_notice_held(&elsewhere, 1, catalogue);
	g_assert_nonnull(strstr(at_home->body, "connect to home"));
	assert_actions(at_home, "show: Show outbox");
	g_assert_cmpint(rp_notice_change(notice, same), ==, RP_NOTICE_KEEP);
	g_assert_cmpint(rp_notice_change(notice, one), ==, RP_NOTICE_SHOW);
	g_assert_cmpint(rp_notice_change(NULL, one), ==, RP_NOTICE_SHOW);
	g_assert_cmpint(rp_notice_change(one, NULL), ==, RP_NOTICE_CLOSE);
	g_assert_cmpint(rp_notice_change(NULL, NULL), ==, RP_NOTICE_KEEP);
	g_assert_null(rp_notice_held(NULL, 0, catalogue));
	g_assert_null(rp_notice_held(groups + 2, 1, catalogue));
	g_autoptr(RpNotice) copy = rp_notice_copy(notice);
	g_assert_cmpint(rp_notice_change(notice, copy), ==, RP_NOTICE_KEEP);
}

/* A command that can be pasted, where it is one mail's; of several the text stays as it is. */
static void
test_id(void)
{
	g_autoptr(RpCatalogue) catalogue = fx_catalogue(CONFIG);
	g_autoptr(GPtrArray) rejected =
		reasons_of("odn", RP_REASON_SERVER_REJECTED, RP_UNLOCK_USER_RELEASE, NULL);
	const RpNoticeGroup one = {rejected, 1, "c@x.example", NULL, 1, "37zcf2m120"};
	const RpNoticeGroup two = {rejected, 2, "c@x.example", NULL, 2, "37zcf2m120"};
	g_autoptr(RpNotice) of_one = rp_notice_held(&one, 1, catalogue);
	g_autoptr(RpNotice) of_two = rp_notice_held(&two, 1, catalogue);

	g_assert_true(g_str_has_suffix(
		of_one->body, "To free it: release it (roampost release 37zcf2m120)."));
	g_assert_true(g_str_has_suffix(of_two->body,
		"To free it: release it (roampost release ID) (“roampost queue” has the ids)."));
}

static void
test_held_many(void)
{
	g_autoptr(RpCatalogue) catalogue = fx_catalogue(CONFIG);
	g_autoptr(GPtrArray) outside = reasons_of("odn", RP_REASON_OUTSIDE, RP_UNLOCK_ENTER, "odn");
	RpNoticeGroup groups[5];

	for (guint i = 0; i < 5; i++)
		groups[i] = (RpNoticeGroup){outside, i + 1, "x@x.example", NULL, 1};
	g_autoptr(RpNotice) notice = rp_notice_held(groups, 5, catalogue);
	g_assert_true(g_str_has_suffix(notice->body, "\n\nAnd more for other reasons."));
	for (guint i = 0; i < 5; i++)
		groups[i].n_messages *= 300;
	g_autoptr(RpNotice) later = rp_notice_held(groups, 5, catalogue);
	g_assert_cmpint(rp_notice_change(notice, later), ==, RP_NOTICE_KEEP);
}

static void
test_failed(void)
{
	g_autoptr(RpNotice) failed =
		rp_notice_failed("b@x.example", "Lunch", "odn", "550 5.1.1 User unknown");
	g_assert_cmpstr(failed->summary, ==, "Mail can't be delivered");
	g_assert_cmpstr(failed->body, ==,
		"To b@x.example, “Lunch”: odn's server refused it for good: 550 5.1.1 User "
		"unknown\nThe message is kept: change the recipient, try again or delete it.");
	g_autoptr(RpNotice) bare = rp_notice_failed("b@x.example", NULL, NULL, NULL);
	g_autoptr(RpNotice) rejected = rp_notice_rejected("b@x.example", "Tea", "odn", "554 no");

	g_assert_cmpstr(rejected->summary, ==, "Mail waits for your decision");
	g_assert_true(g_str_has_prefix(
		rejected->body, "To b@x.example, “Tea”: odn's server rejected it: 554 no\n"));
	g_assert_true(
		g_str_has_prefix(bare->body, "To b@x.example: the server refused it for good\n"));
	g_autoptr(RpNotice) shared = rp_notice_copy(failed);
	rp_notice_add(shared, bare, 1);
	g_assert_cmpstr(shared->summary, ==, "Mail can't be delivered");
	g_assert_nonnull(strstr(shared->body, "550 5.1.1 User unknown"));
	for (guint n = 2; n < 4; n++)
		rp_notice_add(shared, bare, n);
	g_assert_true(g_str_has_suffix(shared->body, "\nAnd others; see: roampost queue"));
	g_autoptr(RpNotice) many = rp_notice_copy(shared);
	rp_notice_add(many, bare, 4);
	g_assert_cmpint(rp_notice_change(shared, many), ==, RP_NOTICE_KEEP);
	g_autoptr(RpNotice) login = rp_notice_set_failed(RP_FAILURE_AUTH_FAILED, "odn", NULL);
	g_assert_nonnull(strstr(login->body, "“roampost queue” says how"));
	for (guint i = RP_FAILURE_REFUSED; i <= RP_FAILURE_REJECTED; i++) {
		g_autoptr(RpNotice) notice =
			rp_notice_set_failed((RpFailureKind)i, "odn", "535 no");
		g_assert_nonnull(strstr(notice->summary, "odn"));
		g_assert_null(strchr(notice->summary, '%'));
		g_assert_cmpuint(strlen(notice->summary), <=, 30);
		g_assert_true(g_str_has_suffix(notice->body, "\nIt said: 535 no"));
		g_autoptr(RpNotice) whole =
			rp_notice_set_failed((RpFailureKind)i, "odn", "m:587 said: 535 no");
		g_assert_true(g_str_has_suffix(whole->body, ".\nm:587 said: 535 no"));
	}
}

static char *
decision_json(const FxRow *row)
{
	GString *out = g_string_new(NULL);
	RpJson json;
	FxCase c;

	fx_case_init(&c, row);
	g_autoptr(RpDecision) decision = rp_policy_decide(&c.situation, &c.message);
	rp_json_init(&json, out);
	rp_decision_write_json(&json, NULL, &c.situation, &c.message, decision);
	fx_case_clear(&c);
	return g_string_free(out, FALSE);
}

static void
without_blanks(char *text)
{
	char *to = text;

	for (; *text; text++) {
		if (*text != ' ' && *text != '\n')
			*to++ = *text;
	}
	*to = '\0';
}

static void
test_json(void)
{
	static const struct {
		FxRow row;
		const char *want;
	} cases[] = {
		{{.config = CONFIG,
			 .place = "ppp0 ppp 203.0.113.7",
			 .from = "taro@odn.example",
			 .to = "A@odn.example b@other.example"},
			"{\"verdict\":\"send\",\"inside\":[\"odn\"],\"recipients\":["
			"{\"address\":\"A@odn.example\",\"verdict\":\"send\",\"set\":\"odn\","
			"\"rule\":\"local\",\"steps\":[],\"family\":\"any\"},"
			"{\"address\":\"b@other.example\",\"verdict\":\"send\",\"set\":\"odn\","
			"\"rule\":\"inside\",\"steps\":[],\"family\":\"ipv4\"}]}"},
		{{.config = CONFIG,
			 .place = "ppp0 ppp 192.0.2.7",
			 .from = "x@x.example",
			 .to = "b@other.example"},
			"{\"verdict\":\"send\",\"inside\":[],\"recipients\":["
			"{\"address\":\"b@other.example\",\"verdict\":\"send\",\"set\":\"sonet\","
			"\"rule\":\"pop-login\",\"steps\":[\"pop-login\"],\"family\":\"any\"}]}"},
		{{.config = CONFIG,
			 .place = "ppp0 ppp 192.0.2.7",
			 .from = "taro@odn.example",
			 .to = "b@other.example",
			 .pin = "odn"},
			"{\"verdict\":\"hold\",\"inside\":[],\"recipients\":["
			"{\"address\":\"b@other.example\",\"verdict\":\"hold\",\"reasons\":["
			"{\"set\":\"odn\",\"reason\":\"outside\",\"unlock\":[{\"enter\":\"odn\"}]},"
			"{\"set\":\"odn\",\"reason\":\"pinned\",\"unlock\":[{\"pin\":\"auto\"}]"
			"}]"
			"}]}"},
		{{.config = CONFIG,
			 .place = "",
			 .from = "taro@odn.example",
			 .to = "b@other.example"},
			"{\"verdict\":\"hold\",\"inside\":[],\"recipients\":["
			"{\"address\":\"b@other.example\",\"verdict\":\"hold\",\"reasons\":["
			"{\"set\":null,\"reason\":\"offline\",\"unlock\":[]}]}]}"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = decision_json(&cases[i].row);

		without_blanks(got);
		g_assert_cmpstr(got, ==, cases[i].want);
	}
}

static void
test_reasons_json(void)
{
	static const struct {
		RpUnlockKind kind;
		const char *subject, *want;
	} unlocks[] = {
		{RP_UNLOCK_ENTER, "odn", "{\"enter\":\"odn\"}"},
		{RP_UNLOCK_POP_LOGIN, "odn", "{\"pop-login\":\"odn\"}"},
		{RP_UNLOCK_CREDENTIALS, "odn", "{\"credentials\":\"odn\"}"},
		{RP_UNLOCK_ALLOW_CARRY, "odn", "{\"allow-carry\":\"odn\"}"},
		{RP_UNLOCK_CHANGE_SENDER, "odn.example", "{\"change-sender\":\"odn.example\"}"},
		{RP_UNLOCK_OTHER_SENDER, "odn.example", "{\"other-sender\":\"odn.example\"}"},
		{RP_UNLOCK_UNMETERED, NULL, "{\"unmetered\":true}"},
		{RP_UNLOCK_USER_RELEASE, NULL, "{\"user\":\"release\"}"},
		{RP_UNLOCK_PIN_AUTO, "auto", "{\"pin\":\"auto\"}"},
		{RP_UNLOCK_USE_AUTO, "auto", "{\"use\":\"auto\"}"},
		{RP_UNLOCK_RETRY_AFTER, NULL, "{\"retry-after\":\"2025-11-24T16:00:00Z\"}"},
	};
	g_autoptr(RpCatalogue) catalogue = fx_catalogue(CONFIG);

	for (guint i = 0; i < G_N_ELEMENTS(unlocks); i++) {
		g_autoptr(GString) out = g_string_new(NULL);
		g_autoptr(GPtrArray) reasons = reasons_of(
			"odn", RP_REASON_UNREACHABLE, unlocks[i].kind, unlocks[i].subject);
		RpJson json;

		rp_json_init(&json, out);
		rp_hold_reasons_write_json(&json, NULL, reasons, catalogue,
			RP_REASON_JSON_TEXT | RP_REASON_JSON_UNLOCK);
		g_autofree char *way = rp_unlock_sentence(
			((const RpHoldReason *)reasons->pdata[0])->unlock->pdata[0], catalogue);
		without_blanks(way);
		g_autofree char *want = g_strdup_printf(
			"[{\"set\":\"odn\",\"reason\":\"unreachable\",\"text\":\"odn'sservercan'tbe"
			"reachedfromthisplace.\",\"unlock\":[%s],\"to-free\":[\"%s\"]}]",
			unlocks[i].want, way);
		without_blanks(out->str);
		g_assert_cmpstr(out->str, ==, want);
	}
	g_autoptr(GString) out = g_string_new(NULL);
	RpJson json;
	rp_json_init(&json, out);
	rp_hold_reasons_write_json(&json, NULL, NULL, NULL, RP_REASON_JSON_TEXT);
	g_assert_cmpstr(out->str, ==, "[]");
}

static void
test_retry(void)
{
	const RpSpan minute = G_TIME_SPAN_MINUTE;
	static const guint32 middle = G_MAXUINT32 / 2;
	RpSpan last = 0;

	for (guint count = 1; count < 40; count++) {
		RpSpan wait = rp_retry_deferred_wait(count, middle);
		RpSpan low = rp_retry_deferred_wait(count, 0);
		RpSpan high = rp_retry_deferred_wait(count, G_MAXUINT32);

		g_assert_cmpint(wait, >=, last);
		g_assert_cmpint(low, <, high);
		g_assert_cmpint(high, <=, 120 * minute);
		last = wait;
	}
	g_assert_cmpint(rp_retry_deferred_wait(1, 0), ==, minute * 3 / 4);
	g_assert_cmpint(rp_retry_deferred_wait(1, G_MAXUINT32), ==, minute * 5 / 4);
	g_assert_cmpint(rp_retry_deferred_wait(0, 0), ==, minute * 3 / 4);
	g_assert_cmpint(rp_retry_deferred_wait(4, 0), ==, 8 * minute * 3 / 4);
	g_assert_cmpint(rp_retry_deferred_wait(G_MAXUINT, G_MAXUINT32), ==, 120 * minute);
	g_assert_cmpint(
		rp_retry_failure_wait(RP_FAILURE_UNREACHABLE, 1, G_MAXUINT32), ==, minute * 5 / 4);
	g_assert_cmpint(
		rp_retry_failure_wait(RP_FAILURE_UNREACHABLE, 3, 0), ==, 4 * minute * 3 / 4);
	g_assert_cmpint(
		rp_retry_failure_wait(RP_FAILURE_UNREACHABLE, 99, G_MAXUINT32), ==, 60 * minute);
	g_assert_cmpint(rp_retry_failure_wait(RP_FAILURE_REFUSED, 1, 7), ==, G_TIME_SPAN_DAY);
	g_assert_cmpint(rp_retry_failure_wait(RP_FAILURE_REFUSED, 9, 7), ==, G_TIME_SPAN_DAY);
	g_assert_cmpint(rp_retry_failure_wait(RP_FAILURE_INTERCEPTED, 1, 0), ==, minute * 3 / 4);
	g_assert_cmpint(
		rp_retry_failure_wait(RP_FAILURE_INTERCEPTED, 99, G_MAXUINT32), ==, 60 * minute);
	g_assert_cmpint(
		rp_retry_failure_wait(RP_FAILURE_TLS_UNAVAILABLE, 1, 0), ==, minute * 3 / 4);
	g_assert_cmpint(rp_retry_failure_wait(RP_FAILURE_TLS_UNAVAILABLE, 99, G_MAXUINT32), ==,
		60 * minute);
	g_assert_cmpint(
		rp_retry_failure_wait(RP_FAILURE_POP_LOGIN_FAILED, 2, 0), ==, 30 * minute * 3 / 4);
	g_assert_cmpint(rp_retry_failure_wait(RP_FAILURE_AUTH_FAILED, 1, 7), ==, G_MAXINT64);
	g_assert_cmpint(rp_retry_time(FX_NOW, minute), ==, FX_NOW + minute);
	g_assert_cmpint(rp_retry_time(FX_NOW, G_MAXINT64), ==, G_MAXINT64);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/notice/held", test_held);
	g_test_add_func("/notice/actions", test_actions);
	g_test_add_func("/notice/held-many", test_held_many);
	g_test_add_func("/notice/id", test_id);
	g_test_add_func("/notice/failed", test_failed);
	g_test_add_func("/decision-json/decision", test_json);
	g_test_add_func("/decision-json/reasons", test_reasons_json);
	g_test_add_func("/retry", test_retry);
	return g_test_run();
}
