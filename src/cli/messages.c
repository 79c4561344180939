/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "messages.h"

#include "values.h"

#include "roampost/config.h"
#include "roampost/language.h"
#include "roampost/message-view.h"
#include "roampost/remedy.h"

#include <string.h>

/* A message of the queue in sentences: where it is, why, and what would free it. With it how
 * commands find the message that is meant. */

RpQueue *
rp_cli_read_queue(RpCli *cli, gboolean *failed)
{
	g_autoptr(GError) error = NULL;
	RpQueue *queue = rp_queue_open(NULL, RP_QUEUE_READER, &error);
	*failed = queue == NULL && !g_error_matches(error, RP_ERROR, RP_ERROR_NOT_FOUND);
	if (*failed)
		rp_cli_fail_error(cli, error);
	if (queue)
		rp_cli_load_places(queue);
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
rp_cli_is_paused(RpQueue *queue)
{
	g_autoptr(GPtrArray) facts = rp_queue_load_set_facts(queue, NULL);
	for (guint i = 0; facts != NULL && i < facts->len; i++) {
		const RpSetFact *fact = facts->pdata[i];
		if (*fact->set == '\0' && g_str_equal(fact->name, RP_FACT_PAUSED))
			return TRUE;
	}
	return FALSE;
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
		rp_cli_fail(
			cli, _("there is no server set “%s”; “roampost sets” lists them"), name);
	return found;
}

/* ---- one recipient ---- */

static void
add_once(GPtrArray *sentences, const char *text)
{
	if (*text != '\0' && !g_ptr_array_find_with_equal_func(sentences, text, g_str_equal, NULL))
		g_ptr_array_add(sentences, g_strdup(text));
}

/* A server's words end as they like. */
static void
end_sentence(GString *text)
{
	if (text->len && g_ascii_isalnum(text->str[text->len - 1]))
		g_string_append_c(text, '.');
}

static char *
join(const GPtrArray *sentences)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < sentences->len; i++) {
		end_sentence(text);
		rp_text_add_sentence(text, sentences->pdata[i]);
	}
	return g_string_free(text, FALSE);
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

char *
rp_cli_with_local_times(const char *text)
{
	g_autoptr(GRegex) times =
		g_regex_new("\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\dZ", 0, 0, NULL);
	char *shown = g_regex_replace_eval(times, text, -1, 0, 0, replace_time, NULL, NULL);
	return shown != NULL ? shown : g_strdup(text);
}

char *
rp_cli_remedies_text(const GPtrArray *ways)
{
	g_autofree char *all = ways->len > 0 ? rp_cli_with_local_times(ways->pdata[0]) : NULL;
	for (guint i = 1; i < ways->len; i++) {
		g_autofree char *before = all;
		g_autofree char *way = rp_cli_with_local_times(ways->pdata[i]);
		/* TRANSLATORS: lists: "connect to ODN, or release it". */
		all = g_strdup_printf(C_("remedies", "%1$s, or %2$s"), before, way);
	}
	return all ? g_strdup_printf(_("To free it: %s."), all) : g_strdup("");
}

char *
rp_cli_of_no_message(const char *remedies)
{
	g_auto(GStrv) parts = g_strsplit(remedies, "roampost retry ID", -1);
	return g_strjoinv("roampost forget failures", parts);
}

static void
add_ways(GPtrArray *ways, GVariant *reason)
{
	g_autoptr(GVariant) array = rp_cli_value_array(reason, "to-free", "as");
	GVariantIter iter;
	const char *way;
	g_variant_iter_init(&iter, array);
	while (g_variant_iter_next(&iter, "&s", &way))
		add_once(ways, way);
}

static void
add_reasons(GPtrArray *sentences, GPtrArray *ways, GVariant *recipient)
{
	g_autoptr(GVariant) reasons = rp_cli_value_array(recipient, "reasons", "aa{sv}");
	for (gsize i = 0; i < g_variant_n_children(reasons); i++) {
		g_autoptr(GVariant) reason = g_variant_get_child_value(reasons, i);
		const char *text = rp_cli_value_text(reason, "text");
		const char *code = rp_cli_value_text(reason, "reason");
		g_autofree char *local = rp_cli_with_local_times(text != NULL   ? text
								 : code != NULL ? code
										: "");
		add_once(sentences, local);
		add_ways(ways, reason);
	}
}

char *
rp_cli_recipient_text(GVariant *recipient)
{
	g_autoptr(GPtrArray) sentences = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) ways = g_ptr_array_new_with_free_func(g_free);
	add_reasons(sentences, ways, recipient);
	g_autofree char *free_text = rp_cli_remedies_text(ways);
	add_once(sentences, free_text);
	return join(sentences);
}

/* ---- one message ---- */

/* What many messages share is worked out once; the program ends with it. */
GVariant *
rp_cli_message_view(const RpQueueMessage *message)
{
	static RpMessageViews *views;
	static RpConfig *config; /* NULL where it has errors: then no other set is known */

	if (views == NULL) {
		views = rp_message_views_new();
		config = rp_config_load_or_error(NULL);
	}
	return g_variant_ref_sink(
		rp_message_view(views, message, config ? rp_config_catalogue(config) : NULL));
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

/* Without a link nobody has answered here: the last words were said at another place. */
static void
add_reply(GPtrArray *sentences, const RpQueueRecipient *recipient, gboolean offline)
{
	g_autofree char *text = NULL;
	const char *reply = recipient->reply;
	if (recipient->state == RP_RECIPIENT_DEAD)
		text = g_strdup_printf(_("%1$s was refused: %2$s"), recipient->address,
			reply != NULL ? reply : _("no reason was given"));
	else if (recipient->state == RP_RECIPIENT_PENDING && reply != NULL && !offline &&
		 !is_told(sentences, reply))
		text = rp_cli_reply_text(reply, recipient->time);
	if (text != NULL)
		add_once(sentences, text);
}

/* What is said of one or several of the recipients. */
typedef struct {
	char *text;
	GString *names; /* the first of them */
	guint n;
} Said;

#define NAMED_MOST 3

static void
said_clear(gpointer data)
{
	Said *said = data;

	g_free(said->text);
	g_string_free(said->names, TRUE);
}

static void
say_of(GArray *all, const char *text, const char *recipient)
{
	Said *said = NULL;

	for (guint i = 0; i < all->len && said == NULL; i++)
		if (strcmp(g_array_index(all, Said, i).text, text) == 0)
			said = &g_array_index(all, Said, i);
	if (said == NULL) {
		g_array_append_vals(all, &(Said){g_strdup(text), g_string_new(NULL), 0}, 1);
		said = &g_array_index(all, Said, all->len - 1);
	}
	if (said->n++ < NAMED_MOST)
		g_string_append_printf(
			said->names, "%s%s", said->n > 1 ? C_("list", ", ") : "", recipient);
}

/* Of whom, where it is not so for all. */
static char *
said_text(const Said *said, guint n_recipients)
{
	g_autofree char *names = NULL;

	if (said->n == n_recipients)
		return g_strdup(said->text);
	names = said->n > NAMED_MOST
			? g_strdup_printf(rp_text_n("%s (and %u more)", "%s (and %u more)",
						  said->n - NAMED_MOST),
				  said->names->str, said->n - NAMED_MOST)
			: g_strdup(said->names->str);
	return g_strdup_printf(_("To %1$s: %2$s"), names, said->text);
}

/* Why they wait, which what is being sent does no longer; what is said of the same ones stands
 * together. */
static void
add_whys(GPtrArray *sentences, GPtrArray *ways, const RpQueueMessage *message, GVariant *views)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Said));

	g_array_set_clear_func(all, said_clear);
	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];
		g_autoptr(GPtrArray) own = g_ptr_array_new_with_free_func(g_free);
		g_autoptr(GVariant) view = g_variant_get_child_value(views, i);

		if (message->state == RP_MESSAGE_SENDING &&
			recipient->state == RP_RECIPIENT_PENDING)
			continue;
		add_reasons(own, ways, view);
		for (guint k = 0; k < own->len; k++)
			say_of(all, own->pdata[k], recipient->address);
	}
	for (guint i = 0; i < all->len; i++) {
		const Said *said = &g_array_index(all, Said, i);
		const Said *before = i > 0 ? said - 1 : NULL;
		g_autofree char *text = before != NULL && said->n == before->n &&
							g_string_equal(said->names, before->names)
						? g_strdup(said->text)
						: said_text(said, message->recipients->len);

		add_once(sentences, text);
	}
}

static void
add_next_try(GPtrArray *sentences, const RpQueueMessage *message)
{
	RpTime now = g_get_real_time();
	g_autofree char *span = rp_cli_age(message->next_try, now);
	g_autofree char *text = message->next_try > now
					? g_strdup_printf(_("Next try in %s."), span)
					: g_strdup(_("It is due to be tried again."));

	add_once(sentences, text);
}

const char *
rp_cli_refused_remedy(void)
{
	return _("It is kept: send it to another address (roampost edit ID --to ADDRESS), try it "
		 "again "
		 "(roampost retry ID), or delete it (roampost delete ID).");
}

static gboolean
was_refused(const RpQueueMessage *message)
{
	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];

		if (recipient->state == RP_RECIPIENT_DEAD)
			return TRUE;
	}
	return FALSE;
}

static char *
make_text(const RpQueueMessage *message, gboolean with_next_try)
{
	g_autoptr(GPtrArray) sentences = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) ways = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GVariant) view = rp_cli_message_view(message);
	g_autoptr(GVariant) recipients = rp_cli_value_array(view, "recipients", "aa{sv}");
	gboolean offline = rp_queue_message_is_held_for(message, RP_REASON_OFFLINE);
	add_whys(sentences, ways, message, recipients);
	for (guint i = 0; i < message->recipients->len; i++)
		add_reply(sentences, message->recipients->pdata[i], offline);
	g_autofree char *free_text = rp_cli_remedies_text(ways);
	add_once(sentences, free_text);
	if (message->state == RP_MESSAGE_FAILED && was_refused(message))
		add_once(sentences, rp_cli_refused_remedy());
	if (with_next_try && message->state == RP_MESSAGE_DEFERRED && message->next_try)
		add_next_try(sentences, message);
	if (message->flags & RP_MESSAGE_MAYBE_SENT)
		add_once(sentences,
			_("It may have arrived already (the line or the agent ended before "
			  "the server's answer)."));
	return join(sentences);
}

/* It waits for a plan, and nothing has become of it yet. */
static gboolean
has_no_words(const RpQueueMessage *message)
{
	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];
		if (recipient->state != RP_RECIPIENT_PENDING || recipient->reply != NULL)
			return FALSE;
	}
	return message->state == RP_MESSAGE_QUEUED && message->class_reasons == NULL &&
	       !message->user_hold && !message->not_before && message->hold_reason < 0 &&
	       !(message->flags & RP_MESSAGE_MAYBE_SENT);
}

/* Nothing but what the plan says of its class is to be said: the same for thousands of others. */
static gboolean
says_its_class_alone(const RpQueueMessage *message)
{
	const RpQueueRecipient *recipient =
		message->recipients->len == 1 ? message->recipients->pdata[0] : NULL;

	return recipient && recipient->state == RP_RECIPIENT_PENDING && !recipient->reply &&
	       message->state == RP_MESSAGE_HELD && message->class_reasons && !message->user_hold &&
	       !message->not_before && message->hold_reason < 0 &&
	       !(message->flags & RP_MESSAGE_MAYBE_SENT);
}

/* Classes that are remembered; with more than that it begins anew. */
#define CLASSES_MOST 1024

/* What is said of such messages: worked out once. */
typedef struct {
	char *text;
	char *reasons; /* JSON */
} ClassSaid;

static void
class_said_free(gpointer data)
{
	ClassSaid *said = data;
	g_free(said->text);
	g_free(said->reasons);
	g_free(said);
}

static char *
reasons_json(const RpQueueMessage *message)
{
	g_autoptr(GVariant) view = rp_cli_message_view(message);
	g_autoptr(GVariant) recipients = rp_cli_value_array(view, "recipients", "aa{sv}");
	g_autoptr(GVariant) recipient = g_variant_get_child_value(recipients, 0);
	g_autoptr(GVariant) reasons = rp_cli_value_array(recipient, "reasons", "aa{sv}");
	GString *out = g_string_new(NULL);
	RpJson json;
	rp_json_init(&json, out);
	rp_cli_reasons_write_json(&json, NULL, reasons);
	return g_string_free(out, FALSE);
}

/* NULL: there is more to say of this one. */
static const ClassSaid *
class_said(const RpQueueMessage *message)
{
	static GHashTable
		*known; /* "DOMAIN LF class_reasons" -> ClassSaid; the program ends with it */
	const RpQueueRecipient *recipient;
	const char *at;
	if (!says_its_class_alone(message))
		return NULL;
	if (known == NULL)
		known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, class_said_free);
	recipient = message->recipients->pdata[0];
	at = strrchr(recipient->address, '@');
	g_autofree char *key =
		g_strconcat(at != NULL ? at + 1 : "", "\n", message->class_reasons, NULL);
	ClassSaid *said = g_hash_table_lookup(known, key);
	if (said != NULL)
		return said;
	if (g_hash_table_size(known) >= CLASSES_MOST)
		g_hash_table_remove_all(known);
	said = g_new(ClassSaid, 1);
	*said = (ClassSaid){make_text(message, TRUE), reasons_json(message)};
	g_hash_table_insert(known, g_steal_pointer(&key), said);
	return said;
}

static char *
message_text(const RpQueueMessage *message, gboolean with_next_try)
{
	const ClassSaid *said;
	g_autofree char *own = NULL;

	if (has_no_words(message))
		return g_strdup("");
	said = class_said(message);
	own = said ? NULL : make_text(message, with_next_try);
	return rp_remedy_with_sender(
		said ? said->text : own, message->header_from, message->sender);
}

char *
rp_cli_message_text(const RpQueueMessage *message)
{
	char id[RP_MESSAGE_ID_SIZE];
	g_autofree char *general = message_text(message, TRUE);

	return rp_remedy_with_id(general, rp_message_id_format(message->id, id));
}

char *
rp_cli_message_reason(const RpQueueMessage *message)
{
	return message_text(message, FALSE);
}

static void
write_held_recipient(RpJson *json, const RpQueueMessage *message, const ClassSaid *said)
{
	const RpQueueRecipient *recipient = message->recipients->pdata[0];
	rp_json_begin_array(json, "recipients");
	rp_json_begin_object(json, NULL);
	rp_json_string(json, "address", recipient->address);
	rp_json_string(json, "state", rp_message_state_name(message->state));
	rp_json_null(json, "set");
	rp_json_raw(json, "reasons", said->reasons);
	rp_json_null(json, "reply");
	rp_json_null(json, "sent-as");
	rp_json_null(json, "from-as");
	rp_json_end_object(json);
	rp_json_end_array(json);
}

static const char *
shown_subject(const RpQueueMessage *message)
{
	return message->subject != NULL ? message->subject : "";
}

/* As values.c writes the view of one, without making it. */
static void
write_held(RpJson *json, const RpQueueMessage *message, const ClassSaid *said)
{
	char id[RP_MESSAGE_ID_SIZE];
	rp_json_begin_object(json, NULL);
	rp_json_string(json, "id", rp_message_id_format(message->id, id));
	rp_json_string(json, "state", rp_message_state_name(message->state));
	rp_json_string(json, "sender", message->sender);
	rp_json_string(json, "subject", *shown_subject(message) ? shown_subject(message) : NULL);
	rp_json_int(json, "size", message->size);
	rp_cli_time_write_json(json, "created", message->created);
	rp_json_null(json, "set");
	rp_json_string(json, "pin", message->pin);
	rp_cli_time_write_json(json, "next-try", message->next_try);
	rp_json_bool(json, "maybe-sent", FALSE);
	write_held_recipient(json, message, said);
	rp_json_end_object(json);
}

void
rp_cli_message_write_json(RpJson *json, const RpQueueMessage *message)
{
	const ClassSaid *said = class_said(message);
	if (said != NULL) {
		write_held(json, message, said);
		return;
	}
	g_autoptr(GVariant) view = rp_cli_message_view(message);
	rp_cli_message_value_write_json(json, view);
}
