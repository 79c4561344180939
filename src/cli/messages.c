/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "messages.h"

#include <string.h>

RpQueue *
rp_cli_read_queue(RpCli *cli, gboolean *failed)
{
	g_autoptr(GError) error = NULL;
	RpQueue *queue = rp_queue_open(NULL, RP_QUEUE_READER, &error);
	*failed = queue == NULL && !g_error_matches(error, RP_ERROR, RP_ERROR_NOT_FOUND);
	if (*failed)
		rp_cli_fail_error(cli, error);
	return queue;
}

RpQueue *
rp_cli_write_queue(RpCli *cli)
{
	g_autoptr(GError) error = NULL;
	rp_signals_as_errors();
	RpQueue *queue = rp_queue_open(NULL, RP_QUEUE_WRITER, &error);
	if (queue == NULL)
		rp_cli_fail_error(cli, error);
	return queue;
}

gboolean
rp_cli_resolve(RpCli *cli, RpQueue *queue, const char *text, RpMessageId *id)
{
	g_autoptr(GError) error = NULL;
	gboolean found = rp_queue_resolve(queue, text, id, &error);
	if (!found)
		rp_cli_fail_error(cli, error);
	return found;
}

gboolean
rp_cli_set_exists(RpCli *cli, const char *name)
{
	g_autoptr(RpConfig) config = rp_cli_load_config(cli);
	if (config == NULL)
		return FALSE;
	gboolean found = rp_catalogue_find_set(rp_config_catalogue(config), name) >= 0;
	if (!found)
		rp_cli_fail(cli, "there is no server set “%s”; `roampost sets` lists them", name);
	return found;
}

/* ---- one recipient ---- */

static void
write_reason(RpJson *json, const char *set, RpReason reason, const char *detail)
{
	const RpHoldReason hold = {.set = (char *)set, .reason = reason, .detail = (char *)detail};
	g_autofree char *sentence = rp_reason_sentence(&hold, NULL);
	rp_json_begin_object(json, NULL);
	rp_json_string(json, "set", set);
	rp_json_string(json, "reason", rp_reason_name(reason));
	rp_json_string(json, "text", sentence);
	rp_json_end_object(json);
}

/* The recipient's and the message's own holds stand before what the plan says. */
static char *
own_reasons(const RpQueueMessage *message, const RpQueueRecipient *recipient)
{
	GString *out = g_string_new(NULL);
	RpJson json;
	rp_json_init(&json, out);
	rp_json_begin_array(&json, NULL);
	if (message->user_hold)
		write_reason(&json, NULL, RP_REASON_USER, NULL);
	if (recipient->state == RP_RECIPIENT_REJECTED)
		write_reason(&json, recipient->set, RP_REASON_SERVER_REJECTED, recipient->reply);
	else if (message->hold_reason >= 0)
		write_reason(
			&json, recipient->set, (RpReason)message->hold_reason, message->hold_text);
	rp_json_end_array(&json);
	return g_string_free(out, FALSE);
}

static const char *
recipient_state(const RpQueueMessage *message, const RpQueueRecipient *recipient, gboolean goes)
{
	switch (recipient->state) {
	case RP_RECIPIENT_SENT:
		return "sent";
	case RP_RECIPIENT_DEAD:
		return "failed";
	case RP_RECIPIENT_REJECTED:
		return "held";
	case RP_RECIPIENT_PENDING:
		break;
	}
	/* Of a split message, those that have no way are held while the others go. */
	if (message->state == RP_MESSAGE_QUEUED && !goes)
		return "held";
	return rp_message_state_name(message->state);
}

void
rp_cli_recipient_init(
	RpCliRecipient *view, const RpQueueMessage *message, const RpQueueRecipient *recipient)
{
	g_autofree char *set = NULL;
	g_autofree char *planned = NULL;
	gboolean known =
		rp_class_text_find(message->class_reasons, recipient->address, &set, &planned);
	gboolean pending = recipient->state == RP_RECIPIENT_PENDING;
	gboolean rejected = recipient->state == RP_RECIPIENT_REJECTED;
	gboolean own = rejected || (pending && (message->user_hold || message->hold_reason >= 0));

	*view = (RpCliRecipient){.state = recipient_state(message, recipient, !known || set)};
	if (!pending && !rejected)
		view->set = g_strdup(recipient->set);
	else if (pending && set != NULL && strcmp(view->state, "held") != 0)
		view->set = g_steal_pointer(&set);
	if (own)
		view->reasons = own_reasons(message, recipient);
	else if (pending && planned != NULL)
		view->reasons = g_steal_pointer(&planned);
	else
		view->reasons = g_strdup("[]");
}

void
rp_cli_recipient_clear(RpCliRecipient *view)
{
	g_clear_pointer(&view->set, g_free);
	g_clear_pointer(&view->reasons, g_free);
}

static void
add_once(GPtrArray *sentences, const char *text)
{
	if (*text != '\0' && !g_ptr_array_find_with_equal_func(sentences, text, g_str_equal, NULL))
		g_ptr_array_add(sentences, g_strdup(text));
}

static char *
join(GPtrArray *sentences)
{
	g_ptr_array_add(sentences, NULL);
	return g_strjoinv(" ", (char **)sentences->pdata);
}

void
rp_cli_add_remedies(GPtrArray *ways, JsonObject *reason)
{
	JsonArray *array = rp_cli_member_array(reason, "to-free");
	for (guint i = 0; array != NULL && i < json_array_get_length(array); i++) {
		JsonNode *node = json_array_get_element(array, i);
		if (JSON_NODE_HOLDS_VALUE(node) && json_node_get_string(node) != NULL)
			add_once(ways, json_node_get_string(node));
	}
}

static gboolean
is_same_day(GDateTime *a, GDateTime *b)
{
	return g_date_time_get_day_of_year(a) == g_date_time_get_day_of_year(b) &&
	       g_date_time_get_year(a) == g_date_time_get_year(b);
}

/* "2026-11-24T13:31:27Z" as people here read it: with the day only where it is another one. */
static gboolean
replace_time(const GMatchInfo *match, GString *out, gpointer user)
{
	g_autofree char *text = g_match_info_fetch(match, 0);
	g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(text, NULL);
	g_autoptr(GDateTime) local = time != NULL ? g_date_time_to_local(time) : NULL;
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	const char *form = local != NULL && is_same_day(local, now) ? "%H:%M:%S" : "%F %H:%M";
	g_autofree char *shown = local != NULL ? g_date_time_format(local, form) : NULL;
	g_string_append(out, shown != NULL ? shown : text);
	return FALSE;
}

static char *
with_local_times(const char *text)
{
	g_autoptr(GRegex) times =
		g_regex_new("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ", 0, 0, NULL);
	char *shown = g_regex_replace_eval(times, text, -1, 0, 0, replace_time, NULL, NULL);
	return shown != NULL ? shown : g_strdup(text);
}

char *
rp_cli_remedies_text(const GPtrArray *ways)
{
	GString *text = g_string_new(NULL);
	for (guint i = 0; i < ways->len; i++) {
		g_autofree char *way = with_local_times(ways->pdata[i]);
		g_string_append_printf(text, "%s%s", i == 0 ? "To free it: " : ", or ", way);
	}
	if (ways->len > 0)
		g_string_append_c(text, '.');
	return g_string_free(text, FALSE);
}

static void
add_reasons(GPtrArray *sentences, GPtrArray *ways, const char *json)
{
	g_autoptr(JsonNode) root = json_from_string(json, NULL);
	if (root == NULL || !JSON_NODE_HOLDS_ARRAY(root))
		return;
	JsonArray *array = json_node_get_array(root);
	for (guint i = 0; i < json_array_get_length(array); i++) {
		JsonNode *node = json_array_get_element(array, i);
		if (!JSON_NODE_HOLDS_OBJECT(node))
			continue;
		JsonObject *reason = json_node_get_object(node);
		const char *code = rp_cli_member_string(reason, "reason", "");
		add_once(sentences, rp_cli_member_string(reason, "text", code));
		rp_cli_add_remedies(ways, reason);
	}
}

char *
rp_cli_recipient_text(const RpCliRecipient *view)
{
	g_autoptr(GPtrArray) sentences = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) ways = g_ptr_array_new_with_free_func(g_free);
	add_reasons(sentences, ways, view->reasons);
	g_autofree char *free_text = rp_cli_remedies_text(ways);
	add_once(sentences, free_text);
	return join(sentences);
}

/* ---- one message ---- */

static void
write_time(RpJson *json, const char *name, RpTime time)
{
	g_autofree char *text = time != 0 ? rp_time_format(time) : NULL;
	rp_json_string(json, name, text);
}

static void
write_recipient(RpJson *json, const RpQueueMessage *message, const RpQueueRecipient *recipient)
{
	g_auto(RpCliRecipient) view;
	rp_cli_recipient_init(&view, message, recipient);
	rp_json_begin_object(json, NULL);
	rp_json_string(json, "address", recipient->address);
	rp_json_string(json, "state", view.state);
	rp_json_string(json, "set", view.set);
	rp_json_raw(json, "reasons", view.reasons);
	rp_json_string(json, "reply", recipient->reply);
	rp_json_end_object(json);
}

void
rp_cli_message_write_json(RpJson *json, const RpQueueMessage *message)
{
	char id[RP_MESSAGE_ID_SIZE];
	const char *sets = message->state != RP_MESSAGE_HELD ? message->class_sets : NULL;
	rp_json_begin_object(json, NULL);
	rp_json_string(json, "id", rp_message_id_format(message->id, id));
	rp_json_string(json, "state", rp_message_state_name(message->state));
	rp_json_string(json, "sender", message->sender);
	rp_json_int(json, "size", message->size);
	write_time(json, "created", message->created);
	rp_json_string(json, "set", sets != NULL && *sets != '\0' ? sets : NULL);
	rp_json_string(json, "pin", message->pin);
	write_time(json, "next-try", message->next_try);
	rp_json_bool(json, "maybe-sent", (message->flags & RP_MESSAGE_MAYBE_SENT) != 0);
	rp_json_begin_array(json, "recipients");
	for (guint i = 0; i < message->recipients->len; i++)
		write_recipient(json, message, message->recipients->pdata[i]);
	rp_json_end_array(json);
	rp_json_end_object(json);
}

char *
rp_cli_age(RpTime time, RpTime now)
{
	return rp_span_format_human(ABS(now - time));
}

static gboolean
is_told(GPtrArray *sentences, const char *words)
{
	for (guint i = 0; i < sentences->len; i++)
		if (strstr(sentences->pdata[i], words) != NULL)
			return TRUE;
	return FALSE;
}

static void
add_reply(GPtrArray *sentences, const RpQueueRecipient *recipient)
{
	g_autofree char *text = NULL;
	const char *reply = recipient->reply;
	if (recipient->state == RP_RECIPIENT_DEAD)
		text = g_strdup_printf("%s was refused: %s", recipient->address,
			reply != NULL ? reply : "no reason was given");
	else if (recipient->state == RP_RECIPIENT_PENDING && reply != NULL &&
		 !is_told(sentences, reply))
		text = g_strdup_printf("The server said: %s", reply);
	if (text != NULL)
		add_once(sentences, text);
}

static gboolean
all_rejected(const RpQueueMessage *message)
{
	for (guint i = 0; i < message->recipients->len; i++)
		if (((RpQueueRecipient *)message->recipients->pdata[i])->state !=
			RP_RECIPIENT_REJECTED)
			return FALSE;
	return TRUE;
}

/* Where the others fared otherwise, it is said of whom a sentence is. */
static void
add_rejected(GPtrArray *sentences, const RpQueueRecipient *recipient, const RpCliRecipient *view)
{
	g_autofree char *why = rp_cli_recipient_text(view);
	g_autofree char *text = g_strdup_printf("To %s: %s", recipient->address, why);
	add_once(sentences, text);
}

char *
rp_cli_message_text(const RpQueueMessage *message)
{
	g_autoptr(GPtrArray) sentences = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) ways = g_ptr_array_new_with_free_func(g_free);
	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];
		g_auto(RpCliRecipient) view;
		rp_cli_recipient_init(&view, message, recipient);
		if (recipient->state == RP_RECIPIENT_REJECTED && !all_rejected(message))
			add_rejected(sentences, recipient, &view);
		else
			add_reasons(sentences, ways, view.reasons);
		add_reply(sentences, recipient);
	}
	g_autofree char *free_text = rp_cli_remedies_text(ways);
	add_once(sentences, free_text);
	if (message->state == RP_MESSAGE_DEFERRED && message->next_try != 0) {
		RpTime now = g_get_real_time();
		g_autofree char *span = rp_cli_age(message->next_try, now);
		g_autofree char *text = message->next_try > now
						? g_strdup_printf("Next try in %s.", span)
						: g_strdup("It is due to be tried again.");
		add_once(sentences, text);
	}
	if (message->flags & RP_MESSAGE_MAYBE_SENT)
		add_once(sentences,
			"It may have arrived already (the line or the agent ended before "
			"the server's answer).");
	return join(sentences);
}
