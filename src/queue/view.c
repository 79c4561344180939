/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/message-view.h"

#include "roampost/base.h"
#include "roampost/decision-variant.h"
#include "roampost/language.h"
#include "roampost/words.h"

#include <json-glib/json-glib.h>
#include <string.h>

/* Messages as values for others. What the plan says of recipients stands in the queue as text, the
 * same for a whole class: it is read once for all who have it. */

/* Classes' texts that are remembered; with more than that it begins anew. */
#define TEXTS_MOST 256

typedef struct {
	char *set; /* NULL: it is held */
	GVariant *reasons;
} RpSaid;

struct RpMessageViews {
	GHashTable *said; /* "LANGUAGE DOMAIN LF class_reasons" -> RpSaid */
};

static void
said_free(gpointer data)
{
	RpSaid *said = data;

	g_free(said->set);
	g_variant_unref(said->reasons);
	g_free(said);
}

RpMessageViews *
rp_message_views_new(void)
{
	RpMessageViews *views = g_new0(RpMessageViews, 1);

	views->said = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, said_free);
	return views;
}

void
rp_message_views_free(RpMessageViews *views)
{
	if (!views)
		return;
	g_hash_table_unref(views->said);
	g_free(views);
}

/* ---- the plan's reasons, from the queue's text ---- */

static const char *
text_of(JsonNode *node)
{
	const char *text = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;

	return text ? text : "";
}

static JsonArray *
array_member(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);

	return node && JSON_NODE_HOLDS_ARRAY(node) ? json_node_get_array(node) : NULL;
}

/* One {"enter": "odn"}, as decision-json.h has them. */
static void
add_unlock(GVariantBuilder *builder, JsonNode *node, RpTime *retry_after)
{
	JsonObject *object = JSON_NODE_HOLDS_OBJECT(node) ? json_node_get_object(node) : NULL;
	g_autoptr(GList) kinds = object ? json_object_get_members(object) : NULL;
	const char *kind = kinds ? kinds->data : NULL;
	const char *subject = kind ? text_of(json_object_get_member(object, kind)) : NULL;
	RpUnlockKind known;

	if (!kind || !rp_unlock_kind_from_name(kind, &known))
		return;
	if (known == RP_UNLOCK_RETRY_AFTER) {
		g_autoptr(GDateTime) time = g_date_time_new_from_iso8601(subject, NULL);

		*retry_after = time ? g_date_time_to_unix(time) * G_USEC_PER_SEC : 0;
	}
	if (known == RP_UNLOCK_RETRY_AFTER || g_str_equal(subject, "release"))
		subject = "";
	g_variant_builder_add(builder, "(ss)", kind, subject);
}

static GVariant *
unlock_variant(JsonArray *array, RpTime *retry_after)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("a(ss)"));
	for (guint i = 0; i < json_array_get_length(array); i++)
		add_unlock(&builder, json_array_get_element(array, i), retry_after);
	return g_variant_builder_end(&builder);
}

/* Stored in English. */
static void
add_words(GVariantBuilder *builder, JsonNode *node)
{
	g_autofree char *shown = rp_words_shown(text_of(node));

	g_variant_builder_add(builder, "s", shown);
}

static GVariant *
texts_variant(JsonArray *array)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE_STRING_ARRAY);
	for (guint i = 0; i < json_array_get_length(array); i++)
		add_words(&builder, json_array_get_element(array, i));
	return g_variant_builder_end(&builder);
}

static GVariant *
planned_reason(JsonObject *object)
{
	JsonArray *unlock = array_member(object, "unlock");
	JsonArray *to_free = array_member(object, "to-free");
	RpTime retry_after = 0;
	GVariant *ways = unlock ? unlock_variant(unlock, &retry_after) : NULL;
	g_autofree char *text = rp_words_shown(text_of(json_object_get_member(object, "text")));

	return rp_reason_variant(text_of(json_object_get_member(object, "set")),
		text_of(json_object_get_member(object, "reason")), text, ways, retry_after,
		to_free ? texts_variant(to_free) : NULL);
}

static GVariant *
planned_reasons(const char *json)
{
	g_autoptr(JsonNode) root = json ? json_from_string(json, NULL) : NULL;
	JsonArray *array = root && JSON_NODE_HOLDS_ARRAY(root) ? json_node_get_array(root) : NULL;
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; array && i < json_array_get_length(array); i++) {
		JsonNode *node = json_array_get_element(array, i);

		if (JSON_NODE_HOLDS_OBJECT(node))
			g_variant_builder_add_value(
				&builder, planned_reason(json_node_get_object(node)));
	}
	return g_variant_builder_end(&builder);
}

/* What the plan says of the recipient; NULL: nothing. */
static const RpSaid *
said_of(RpMessageViews *views, const char *class_reasons, const char *recipient)
{
	const char *at = strrchr(recipient, '@');
	g_autofree char *key = NULL;
	g_autofree char *set = NULL;
	g_autofree char *json = NULL;
	RpSaid *said;

	if (!class_reasons)
		return NULL;
	key = g_strdup_printf(
		"%p %s\n%s", (const void *)rp_language_current(), at ? at + 1 : "", class_reasons);
	said = g_hash_table_lookup(views->said, key);
	if (said || !rp_class_text_find(class_reasons, recipient, &set, &json))
		return said;
	if (g_hash_table_size(views->said) >= TEXTS_MOST)
		g_hash_table_remove_all(views->said);
	said = g_new(RpSaid, 1);
	*said = (RpSaid){g_steal_pointer(&set), g_variant_ref_sink(planned_reasons(json))};
	g_hash_table_insert(views->said, g_steal_pointer(&key), said);
	return said;
}

/* ---- recipients ---- */

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

/* That has it, or will have it; the one that rejected it is among the reasons. */
static const char *
recipient_set(const RpQueueRecipient *recipient, const char *state, const char *planned)
{
	switch (recipient->state) {
	case RP_RECIPIENT_SENT:
	case RP_RECIPIENT_DEAD:
		return recipient->set;
	case RP_RECIPIENT_PENDING:
		return g_str_equal(state, "held") ? NULL : planned;
	case RP_RECIPIENT_REJECTED:
		break;
	}
	return NULL;
}

/* Remedies: as kinds with what they are about, and as words. */
static void
init_ways(GVariantBuilder *unlock, GVariantBuilder *to_free)
{
	g_variant_builder_init(unlock, G_VARIANT_TYPE("a(ss)"));
	g_variant_builder_init(to_free, G_VARIANT_TYPE_STRING_ARRAY);
}

static void
add_way(GVariantBuilder *unlock, GVariantBuilder *to_free, const RpUnlock *way,
	const RpCatalogue *catalogue)
{
	g_autofree char *words = rp_unlock_sentence(way, catalogue);

	g_variant_builder_add(
		unlock, "(ss)", rp_unlock_kind_name(way->kind), way->subject ? way->subject : "");
	g_variant_builder_add(to_free, "s", words);
}

static void
add_own_reason(GVariantBuilder *array, const RpHoldReason *hold, const RpQueueMessage *message,
	const RpCatalogue *catalogue)
{
	g_autofree char *sentence = rp_reason_sentence(hold, catalogue);
	RpTime until = hold->reason == RP_REASON_NOT_BEFORE ? message->not_before : 0;
	RpUnlock ways[RP_OWN_WAYS];
	/* The time frees nothing that is on hold as well. */
	guint n = rp_reason_own_ways(
		hold, message->user_hold ? 0 : until, catalogue, message->sender, ways);
	GVariantBuilder unlock, to_free;

	init_ways(&unlock, &to_free);
	for (guint i = 0; i < n; i++)
		add_way(&unlock, &to_free, &ways[i], catalogue);
	g_variant_builder_add_value(array,
		rp_reason_variant(hold->set, rp_reason_name(hold->reason), sentence,
			g_variant_builder_end(&unlock), until, g_variant_builder_end(&to_free)));
}

/* The recipient's and the message's own holds: with one of them, it does not matter what the plan
 * says. */
static GVariant *
own_reasons(const RpQueueMessage *message, const RpQueueRecipient *recipient,
	const RpCatalogue *catalogue)
{
	GVariantBuilder array;

	g_variant_builder_init(&array, G_VARIANT_TYPE("aa{sv}"));
	if (message->user_hold)
		add_own_reason(
			&array, &(RpHoldReason){.reason = RP_REASON_USER}, message, catalogue);
	if (message->not_before) {
		g_autofree char *time = rp_time_format(message->not_before);
		const RpHoldReason hold = {.reason = RP_REASON_NOT_BEFORE, .detail = time};

		add_own_reason(&array, &hold, message, catalogue);
	}
	if (recipient->state == RP_RECIPIENT_REJECTED)
		add_own_reason(&array,
			&(RpHoldReason){
				recipient->set, RP_REASON_SERVER_REJECTED, NULL, recipient->reply},
			message, catalogue);
	else if (message->hold_reason >= 0)
		add_own_reason(&array,
			&(RpHoldReason){recipient->set, (RpReason)message->hold_reason, NULL,
				message->hold_text},
			message, catalogue);
	return g_variant_builder_end(&array);
}

/* Where what put the message off is what the server said of a recipient, it may have said another
 * thing of this one. What it said of the session is no recipient's: their replies are older. */
static const char *
deferral_text(const RpQueueMessage *message, const RpQueueRecipient *recipient)
{
	for (guint i = 0; recipient->reply && i < message->recipients->len; i++) {
		const RpQueueRecipient *other = message->recipients->pdata[i];

		if (g_strcmp0(other->reply, message->hold_text) == 0)
			return recipient->reply;
	}
	return message->hold_text;
}

/* It is put off: why, and what ends the wait. */
static GVariant *
deferral(const RpQueueMessage *message, const RpQueueRecipient *recipient, const RpSaid *said,
	const RpCatalogue *catalogue)
{
	const char *set = said ? said->set : NULL;
	const char *text = deferral_text(message, recipient);
	g_autofree char *sentence = rp_deferral_sentence(set, text);
	g_autofree char *remedy = rp_deferral_remedy();
	RpUnlock ways[RP_OWN_WAYS];
	guint n = rp_deferral_ways(set, text, catalogue, ways);
	GVariantBuilder array, unlock, to_free;

	g_variant_builder_init(&array, G_VARIANT_TYPE("aa{sv}"));
	init_ways(&unlock, &to_free);
	for (guint i = 0; i < n; i++)
		add_way(&unlock, &to_free, &ways[i], catalogue);
	if (!n)
		g_variant_builder_add(&to_free, "s", remedy);
	g_variant_builder_add_value(&array,
		rp_reason_variant(set, RP_DEFERRED, sentence, g_variant_builder_end(&unlock), 0,
			g_variant_builder_end(&to_free)));
	return g_variant_builder_end(&array);
}

static GVariant *
recipient_reasons(const RpQueueMessage *message, const RpQueueRecipient *recipient,
	const RpSaid *said, const RpCatalogue *catalogue)
{
	gboolean pending = recipient->state == RP_RECIPIENT_PENDING;

	if (recipient->state == RP_RECIPIENT_REJECTED ||
		(pending &&
			(message->user_hold || message->not_before || message->hold_reason >= 0)))
		return own_reasons(message, recipient, catalogue);
	if (pending && message->state == RP_MESSAGE_DEFERRED && message->hold_text)
		return deferral(message, recipient, said, catalogue);
	if (pending && said)
		return said->reasons;
	return g_variant_new_array(G_VARIANT_TYPE_VARDICT, NULL, 0);
}

/* "550" of "550 5.1.1 no such user". */
static char *
reply_code(const char *reply)
{
	gboolean has_code =
		reply && strspn(reply, "0123456789") == 3 && (reply[3] == ' ' || reply[3] == '\0');

	return g_strndup(has_code ? reply : "", 3);
}

static GVariant *
recipient_view(RpMessageViews *views, const RpQueueMessage *message,
	const RpQueueRecipient *recipient, const RpCatalogue *catalogue)
{
	const RpSaid *said = said_of(views, message->class_reasons, recipient->address);
	const char *state = recipient_state(message, recipient, !said || said->set);
	g_autofree char *code = reply_code(recipient->reply);
	GVariantBuilder dict;

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	rp_dict_add_text(&dict, "address", recipient->address);
	rp_dict_add_text(&dict, "state", state);
	rp_dict_add_text(&dict, "set", recipient_set(recipient, state, said ? said->set : NULL));
	rp_dict_add_text(&dict, "code", code);
	rp_dict_add_text(&dict, "reply", recipient->reply);
	rp_dict_add_text(&dict, "sent-as", recipient->sent_as);
	rp_dict_add_text(&dict, "from-as", recipient->from_as);
	rp_dict_add(&dict, "time", g_variant_new_int64(recipient->time));
	rp_dict_add(&dict, "reasons", recipient_reasons(message, recipient, said, catalogue));
	return g_variant_builder_end(&dict);
}

GVariant *
rp_message_view(RpMessageViews *views, const RpQueueMessage *message, const RpCatalogue *catalogue)
{
	char id[RP_MESSAGE_ID_SIZE];
	GVariantBuilder dict, recipients;

	g_variant_builder_init(&recipients, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < message->recipients->len; i++)
		g_variant_builder_add_value(&recipients,
			recipient_view(views, message, message->recipients->pdata[i], catalogue));
	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	rp_dict_add_text(&dict, "id", rp_message_id_format(message->id, id));
	rp_dict_add_text(&dict, "state", rp_message_state_name(message->state));
	rp_dict_add_text(&dict, "sender", message->sender);
	rp_dict_add_text(&dict, "subject", message->subject);
	rp_dict_add(&dict, "size", g_variant_new_uint64((guint64)message->size));
	rp_dict_add(&dict, "created", g_variant_new_int64(message->created));
	rp_dict_add(&dict, "next-try",
		g_variant_new_int64(MAX(message->next_try, message->not_before)));
	rp_dict_add_text(
		&dict, "set", message->state == RP_MESSAGE_HELD ? NULL : message->class_sets);
	rp_dict_add_text(&dict, "pin", message->pin);
	rp_dict_add(&dict, "user-hold", g_variant_new_boolean(message->user_hold));
	rp_dict_add(&dict, "maybe-sent",
		g_variant_new_boolean((message->flags & RP_MESSAGE_MAYBE_SENT) != 0));
	rp_dict_add(&dict, "recipients", g_variant_builder_end(&recipients));
	return g_variant_builder_end(&dict);
}
