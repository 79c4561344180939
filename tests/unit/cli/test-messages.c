/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "messages.h"

#include "roampost/decision-json.h"
#include "roampost/remedy.h"

#include <string.h>

/* A message of the queue as `queue --json` prints it: what the plan says of its recipients, its own
 * hold, what servers said. */

#define REASON(set, reason)                                                                        \
	"[{\"set\":\"" set "\",\"reason\":\"" reason "\",\"text\":\"Text of " set ".\"}]"
#define FREED(domain, set, reason, way)                                                            \
	domain "\t\t[{\"set\":\"" set "\",\"reason\":\"" reason "\",\"text\":\"Text of " set       \
	       ".\",\"to-free\":[\"" way "\"]}]\n"
#define SENT_BY(domain, set) domain "\t" set "\t[]\n"
#define HELD(domain, set, reason) domain "\t\t" REASON(set, reason) "\n"

typedef struct {
	const char *name;
	RpMessageState state;
	const char *class_sets;
	const char *class_reasons;
	gboolean user_hold;
	gint hold_reason;
	const char *hold_text;
	RpRecipientState states[2];
	const char *replies[2];
	/* for the two recipients a@odn.example and b@other.example: state, set or -, reason codes
	 */
	const char *want[2];
	const char *want_set;
	const char *want_text; /* of the message, NULL: not looked at */
} Row;

static const Row rows[] = {
	{"unplanned", RP_MESSAGE_QUEUED, NULL, NULL, FALSE, -1, NULL, {0}, {0},
		{"queued - ", "queued - "}, NULL, ""},
	{"sent by one", RP_MESSAGE_QUEUED, "odn", SENT_BY("*", "odn"), FALSE, -1, NULL, {0}, {0},
		{"queued odn ", "queued odn "}, "odn", ""},
	{"held by the plan", RP_MESSAGE_HELD, NULL, HELD("*", "odn", "outside"), FALSE, -1, NULL,
		{0}, {0}, {"held - outside", "held - outside"}, NULL, "Text of odn."},
	{"held, and what would free it", RP_MESSAGE_HELD, NULL,
		FREED("odn.example", "odn", "outside", "connect to ODN")
			FREED("*", "sonet", "pop-unavailable", "check mail with sonet"),
		FALSE, -1, NULL, {0}, {0}, {"held - outside", "held - pop-unavailable"}, NULL,
		"To a@odn.example: Text of odn. To b@other.example: Text of sonet. To free it: "
		"connect to ODN, or check mail with "
		"sonet."},
	{"offline after a refusal at another place", RP_MESSAGE_HELD, NULL,
		HELD("*", "odn", "offline"), FALSE, -1, NULL, {0}, {"554 relay denied", NULL},
		{"held - offline", "held - offline"}, NULL, "Text of odn."},
	{"a time is one of this place", RP_MESSAGE_HELD, NULL,
		FREED("*", "odn", "unreachable", "wait until 2026-01-05T23:31:27Z"), FALSE, -1,
		NULL, {0}, {0}, {"held - unreachable", "held - unreachable"}, NULL,
		"Text of odn. To free it: wait until 2026-01-06 08:31."},
	{"split", RP_MESSAGE_QUEUED, "odn",
		SENT_BY("odn.example", "odn") HELD("*", "sonet", "outside"), FALSE, -1, NULL, {0},
		{0}, {"queued odn ", "held - outside"}, "odn",
		"To b@other.example: Text of sonet."},
	{"being sent, while the plan holds what comes next", RP_MESSAGE_SENDING, NULL,
		HELD("*", "odn", "paused"), FALSE, -1, NULL, {0}, {0},
		{"sending - paused", "sending - paused"}, NULL, ""},
	{"half is sent", RP_MESSAGE_HELD, NULL, HELD("*", "sonet", "outside"), FALSE, -1, NULL,
		{RP_RECIPIENT_SENT, 0}, {"250 ok", NULL}, {"sent x ", "held - outside"}, NULL,
		"To b@other.example: Text of sonet."},
	{"the user's hold goes before the plan", RP_MESSAGE_HELD, "odn", SENT_BY("*", "odn"), TRUE,
		-1, NULL, {0}, {0}, {"held - user", "held - user"}, NULL, NULL},
	{"the server's word", RP_MESSAGE_HELD, "odn", SENT_BY("*", "odn"), FALSE,
		RP_REASON_SERVER_REJECTED, "550 no", {0}, {"550 no", NULL},
		{"held - server-rejected", "held - server-rejected"}, NULL, NULL},
	{"a dead recipient", RP_MESSAGE_FAILED, NULL, NULL, FALSE, -1, NULL,
		{RP_RECIPIENT_SENT, RP_RECIPIENT_DEAD}, {"250 ok", "550 unknown"},
		{"sent x ", "failed x "}, NULL,
		"b@other.example was refused: 550 unknown. It is kept: send it to another address "
		"(roampost edit 0000000001 --to ADDRESS), try it again (roampost retry "
		"0000000001), or delete it "
		"(roampost delete 0000000001)."},
	{"one is rejected, the other goes on", RP_MESSAGE_QUEUED, "odn", SENT_BY("*", "odn"), FALSE,
		-1, NULL, {RP_RECIPIENT_REJECTED, 0}, {"554 no", NULL},
		{"held - server-rejected", "queued odn "}, "odn",
		"To a@odn.example: x's server rejected this mail in words that do not say whether "
		"it can ever go; it waits for your decision. (It said: 554 no) To free it: release "
		"it "
		"(roampost release 0000000001)."},
	{"one is rejected, the other is sent", RP_MESSAGE_HELD, NULL, NULL, FALSE,
		RP_REASON_SERVER_REJECTED, "554 no", {RP_RECIPIENT_REJECTED, RP_RECIPIENT_SENT},
		{"554 no", "250 ok"}, {"held - server-rejected", "sent x "}, NULL,
		"To a@odn.example: x's server rejected this mail in words that do not say whether "
		"it can ever go; it "
		"waits for your decision. (It said: 554 no) To free it: release it "
		"(roampost release 0000000001)."},
	{"rejected, and on hold", RP_MESSAGE_HELD, NULL, NULL, TRUE, -1, NULL,
		{RP_RECIPIENT_REJECTED, 0}, {"554 no", NULL},
		{"held - userserver-rejected", "held - user"}, NULL, NULL},
	{"deferred", RP_MESSAGE_DEFERRED, "odn", SENT_BY("*", "odn"), FALSE, -1, NULL, {0},
		{"451 later", NULL}, {"deferred odn ", "deferred odn "}, "odn",
		"The server said: 451 later. It is due to be tried again."},
	{"deferred, each recipient by its own reply", RP_MESSAGE_DEFERRED, "odn",
		SENT_BY("*", "odn"), FALSE, -1, "450 first", {0}, {"450 first", "451 second"},
		{"deferred odn deferred", "deferred odn deferred"}, "odn",
		"To a@odn.example: odn's server put it off. (It said: 450 first) To "
		"b@other.example: odn's server put it off. (It said: 451 second) To free it: try "
		"it now (roampost flush). It is due to be tried again."},
	{"deferred by the session, after an older reply", RP_MESSAGE_DEFERRED, "odn",
		SENT_BY("*", "odn"), FALSE, -1, "421 too busy", {0}, {"450 greylisted", NULL},
		{"deferred odn deferred", "deferred odn deferred"}, "odn",
		"odn's server put it off. (It said: 421 too busy) The server said: 450 greylisted. "
		"To free it: try it now (roampost flush). It is due to be tried again."},
};

static RpQueueMessage *
message_new(const Row *row)
{
	static const char *const addresses[2] = {"a@odn.example", "b@other.example"};
	RpQueueMessage *message = g_new0(RpQueueMessage, 1);
	message->id = 1;
	message->state = row->state;
	message->sender = g_strdup("taro@odn.example");
	message->size = 2048;
	message->created = 1;
	message->user_hold = row->user_hold;
	message->hold_reason = row->hold_reason;
	message->hold_text = g_strdup(row->hold_text);
	message->next_try = row->state == RP_MESSAGE_DEFERRED ? 1 : 0;
	message->class_sets = g_strdup(row->class_sets);
	message->class_reasons = g_strdup(row->class_reasons);
	message->recipients = g_ptr_array_new();
	for (guint i = 0; i < 2; i++) {
		RpQueueRecipient *recipient = g_new0(RpQueueRecipient, 1);
		recipient->address = g_strdup(addresses[i]);
		recipient->state = row->states[i];
		recipient->set = row->replies[i] != NULL ? g_strdup("x") : NULL;
		recipient->reply = g_strdup(row->replies[i]);
		g_ptr_array_add(message->recipients, recipient);
	}
	return message;
}

static void
message_free(RpQueueMessage *message)
{
	for (guint i = 0; i < message->recipients->len; i++) {
		RpQueueRecipient *recipient = message->recipients->pdata[i];
		g_free(recipient->address);
		g_free(recipient->set);
		g_free(recipient->reply);
		g_free(recipient);
	}
	g_ptr_array_unref(message->recipients);
	g_free(message->sender);
	g_free(message->hold_text);
	g_free(message->class_sets);
	g_free(message->class_reasons);
	g_free(message);
}

static void
check_recipient(JsonObject *recipient, const char *want)
{
	g_autoptr(GString) got = g_string_new(NULL);
	JsonArray *reasons = rp_cli_member_array(recipient, "reasons");
	g_string_printf(got, "%s %s ", rp_cli_member_string(recipient, "state", "?"),
		rp_cli_member_string(recipient, "set", "-"));
	for (guint i = 0; i < json_array_get_length(reasons); i++)
		g_string_append(got, rp_cli_member_string(json_array_get_object_element(reasons, i),
					     "reason", "?"));
	g_assert_cmpstr(got->str, ==, want);
}

static void
test_row(gconstpointer data)
{
	const Row *row = data;
	RpQueueMessage *message = message_new(row);
	g_autoptr(GString) out = g_string_new(NULL);
	RpJson json;
	rp_json_init(&json, out);
	rp_cli_message_write_json(&json, message);
	g_autoptr(JsonNode) root = json_from_string(out->str, NULL);
	JsonObject *object = json_node_get_object(root);
	g_assert_cmpstr(rp_cli_member_string(object, "set", NULL), ==, row->want_set);
	JsonArray *recipients = rp_cli_member_array(object, "recipients");
	for (guint i = 0; i < 2; i++)
		check_recipient(json_array_get_object_element(recipients, i), row->want[i]);
	g_autofree char *text = rp_cli_message_text(message);
	if (row->want_text != NULL)
		g_assert_cmpstr(text, ==, row->want_text);
	message_free(message);
}

/* A time is given without its day only when it is today's. */
static void
test_days(void)
{
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	for (gint years = -4; years <= 4; years++) {
		g_autoptr(GDateTime) then = g_date_time_add_years(now, years);
		g_autoptr(GDateTime) utc = g_date_time_to_utc(then);
		g_autofree char *time = g_date_time_format(utc, "%FT%TZ");
		g_autofree char *reasons = g_strdup_printf(
			"*\t\t[{\"set\":\"odn\",\"reason\":\"unreachable\",\"text\":\"T.\","
			"\"to-free\":[\"wait until %s\"]}]\n",
			time);
		const Row row = {"", RP_MESSAGE_HELD, NULL, reasons, FALSE, -1, NULL, {0}, {0},
			{NULL}, NULL, NULL};
		RpQueueMessage *message = message_new(&row);
		g_autofree char *text = rp_cli_message_text(message);
		g_autofree char *day = g_date_time_format(then, "%F ");
		g_assert_cmpint(strstr(text, day) != NULL, ==, years != 0);
		message_free(message);
	}
}

/* ---- what servers said, and where ---- */

#define DAY(n) ((G_GINT64_CONSTANT(1764000000) + 86400 * (n)) * G_USEC_PER_SEC)

static RpHistoryRecord *
place_new(RpTime time, const char *state, const char *inside)
{
	RpHistoryRecord *record = g_new0(RpHistoryRecord, 1);

	record->time = time;
	record->event = RP_HISTORY_PLACE;
	record->text = g_strdup(state);
	record->provider = g_strdup(inside);
	return record;
}

static char *
text_of_reply(RpTime time)
{
	const Row row = {"", RP_MESSAGE_HELD, NULL, HELD("*", "odn", "outside"), FALSE, -1, NULL,
		{0}, {"554 relay denied", "554 relay denied"}, {NULL}, NULL, NULL};
	RpQueueMessage *message = message_new(&row);
	char *text;

	for (guint i = 0; i < message->recipients->len; i++)
		((RpQueueRecipient *)message->recipients->pdata[i])->time = time;
	text = rp_cli_message_text(message);
	message_free(message);
	return text;
}

/* Nobody takes the words of another place's server for an answer that was given here. */
static void
test_said_elsewhere(void)
{
	static const struct {
		RpTime time;
		const char *want;
	} said[] = {
		{0, "The server said: 554 relay denied"},
		{DAY(-1), "On 2025-11-24, at another place, the server said: 554 relay denied"},
		{DAY(1), "On 2025-11-26, inside sonet, the server said: 554 relay denied"},
		{DAY(3), "On 2025-11-28, at another place, the server said: 554 relay denied"},
		{DAY(5), "The server said: 554 relay denied"},
	};
	GPtrArray *records = g_ptr_array_new_with_free_func((GDestroyNotify)rp_history_record_free);

	g_ptr_array_add(records, place_new(DAY(0), "online", "sonet"));
	g_ptr_array_add(records, place_new(DAY(2), "online", NULL));
	g_ptr_array_add(records, place_new(DAY(4), "online", "odn"));
	rp_cli_note_places(records);
	for (guint i = 0; i < G_N_ELEMENTS(said); i++) {
		g_autofree char *text = text_of_reply(said[i].time);
		g_autofree char *want = g_strconcat("Text of odn. ", said[i].want, NULL);

		g_assert_cmpstr(text, ==, want);
	}
	rp_cli_note_places(NULL);
}

/* ---- what the plan wrote down comes out as it was written ---- */

static char *
reasons_json(RpUnlockKind kind, const char *subject, RpTime time)
{
	g_autoptr(GPtrArray) reasons =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_hold_reason_free);
	RpHoldReason *reason = rp_hold_reason_new("odn", RP_REASON_UNREACHABLE, "450 \"no\"");
	GString *out = g_string_new(NULL);
	RpJson json;
	g_ptr_array_add(reason->unlock, rp_unlock_new(kind, subject, time));
	g_ptr_array_add(reason->unlock, rp_unlock_new(RP_UNLOCK_ENTER, "odn", 0));
	g_ptr_array_add(reasons, reason);
	g_ptr_array_add(reasons, rp_hold_reason_new(NULL, RP_REASON_OFFLINE, NULL));
	rp_json_init(&json, out);
	rp_hold_reasons_write_json(
		&json, NULL, reasons, NULL, RP_REASON_JSON_TEXT | RP_REASON_JSON_UNLOCK);
	return g_string_free(out, FALSE);
}

static void
test_reasons(void)
{
	static const struct {
		RpUnlockKind kind;
		const char *subject;
		RpTime time;
	} kinds[] = {
		{RP_UNLOCK_ENTER, "sonet", 0},
		{RP_UNLOCK_POP_LOGIN, "sonet", 0},
		{RP_UNLOCK_CREDENTIALS, "sonet", 0},
		{RP_UNLOCK_ALLOW_CARRY, "sonet", 0},
		{RP_UNLOCK_CHANGE_SENDER, "odn.example", 0},
		{RP_UNLOCK_OTHER_SENDER, "odn.example", 0},
		{RP_UNLOCK_UNMETERED, NULL, 0},
		{RP_UNLOCK_USER_RELEASE, NULL, 0},
		{RP_UNLOCK_RETRY_AFTER, NULL, G_GINT64_CONSTANT(1764000000) * G_USEC_PER_SEC},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(kinds); i++) {
		g_autofree char *want =
			reasons_json(kinds[i].kind, kinds[i].subject, kinds[i].time);
		g_autofree char *planned = g_strconcat("*\t\t", want, "\n", NULL);
		const Row row = {"", RP_MESSAGE_HELD, NULL, planned, FALSE, -1, NULL, {0}, {0},
			{NULL, NULL}, NULL, NULL};
		RpQueueMessage *message = message_new(&row);
		g_autoptr(GString) out = g_string_new(NULL);
		RpJson json;
		rp_json_init(&json, out);
		rp_cli_message_write_json(&json, message);
		if (strstr(out->str, want) == NULL)
			g_error("%s is not in %s", want, out->str);
		message_free(message);
	}
}

/* In commands alone, whatever language stands around them. */
static void
test_id(void)
{
	static const struct {
		const char *id, *text, *want;
	} cases[] = {
		{"37zcf2m120", "release it (roampost release ID).",
			"release it (roampost release 37zcf2m120)."},
		{"37zcf2m120", "roampost edit ID --to ADDRESS。roampost retry ID",
			"roampost edit 37zcf2m120 --to ADDRESS。roampost retry 37zcf2m120"},
		{"37zcf2m120", "ID of roampost retry IDS", "ID of roampost retry IDS"},
		/* to whom else is asked of each */
		{"a b", "roampost edit ID --to ADDRESS。roampost retry ID",
			"roampost edit ID --to ADDRESS。roampost retry a b"},
		{"--like a", "roampost edit ID --from ADDRESS",
			"roampost edit --like a --from ADDRESS"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *got = rp_remedy_with_id(cases[i].text, cases[i].id);

		g_assert_cmpstr(got, ==, cases[i].want);
	}
}

int
main(int argc, char **argv)
{
	g_setenv("TZ", "JST-9", TRUE);
	g_test_init(&argc, &argv, NULL);
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strconcat("/cli/messages/", rows[i].name, NULL);
		g_test_add_data_func(path, &rows[i], test_row);
	}
	g_test_add_func("/cli/messages/days", test_days);
	g_test_add_func("/messages/said-elsewhere", test_said_elsewhere);
	g_test_add_func("/cli/messages/id", test_id);
	g_test_add_func("/cli/messages/reasons", test_reasons);
	return g_test_run();
}
