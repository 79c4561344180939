/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tell-private.h"

#include "roampost/base.h"
#include "roampost/decision-json.h"

#include <json-glib/json-glib.h>
#include <string.h>

static void
note_first(RpMessageId id, const char *set, gpointer user)
{
	RpMessageId *first = user;

	if (!*first)
		*first = id;
}

RpMessageId
rp_tell_sending(const RpTell *tell)
{
	RpMessageId first = 0;

	tell->queries->each_active(note_first, &first, tell->user);
	return first;
}

const char *
rp_tell_override(const RpTell *tell)
{
	const RpOverride *override = rp_whereabouts_override(tell->ground->whereabouts);

	return override->set ? override->set : "auto";
}

static const char *
provider_name(const RpTell *tell, const RpInside *inside)
{
	return rp_catalogue_provider(rp_ground_catalogue(tell->ground), inside->provider)->name;
}

/* Each provider once, in the catalogue's order. */
static GPtrArray *
inside_names(const RpTell *tell)
{
	GPtrArray *names = g_ptr_array_new();

	for (guint i = 0; i < rp_whereabouts_place(tell->ground->whereabouts)->inside->len; i++) {
		const RpInside *inside = &g_array_index(
			rp_whereabouts_place(tell->ground->whereabouts)->inside, RpInside, i);

		if (rp_place_is_inside(
			    rp_whereabouts_place(tell->ground->whereabouts), inside->provider) &&
			!g_ptr_array_find(names, provider_name(tell, inside), NULL))
			g_ptr_array_add(names, (gpointer)provider_name(tell, inside));
	}
	g_ptr_array_add(names, NULL);
	return names;
}

GVariant *
rp_tell_render_place(const RpTell *tell)
{
	g_autoptr(GPtrArray) names = inside_names(tell);
	GVariantDict dict;

	g_variant_dict_init(&dict, NULL);
	g_variant_dict_insert(
		&dict, "online", "b", rp_whereabouts_is_online(tell->ground->whereabouts));
	g_variant_dict_insert_value(&dict, "inside",
		g_variant_new_strv((const char *const *)names->pdata, (gssize)names->len - 1));
	g_variant_dict_insert(
		&dict, "key", "s", rp_whereabouts_place(tell->ground->whereabouts)->key);
	return g_variant_dict_end(&dict);
}

/* ---- messages ---- */

static void
insert_time(GVariantDict *dict, const char *key, RpTime time)
{
	g_autofree char *text = time ? rp_time_format(time) : g_strdup("");

	g_variant_dict_insert(dict, key, "s", text);
}

static const char *
text_member(JsonObject *object, const char *name)
{
	JsonNode *node = json_object_get_member(object, name);
	const char *text = node && JSON_NODE_HOLDS_VALUE(node) ? json_node_get_string(node) : NULL;

	return text ? text : "";
}

static GVariant *
reason_variant(const char *set, const char *reason, const char *text)
{
	GVariantDict dict;

	g_variant_dict_init(&dict, NULL);
	g_variant_dict_insert(&dict, "set", "s", set);
	g_variant_dict_insert(&dict, "reason", "s", reason);
	g_variant_dict_insert(&dict, "text", "s", text);
	return g_variant_dict_end(&dict);
}

static void
add_class_reasons(GVariantBuilder *builder, const char *reasons_json)
{
	g_autoptr(JsonNode) root = json_from_string(reasons_json, NULL);
	JsonArray *array = root && JSON_NODE_HOLDS_ARRAY(root) ? json_node_get_array(root) : NULL;

	for (guint i = 0; array && i < json_array_get_length(array); i++) {
		JsonObject *object = json_array_get_object_element(array, i);

		g_variant_builder_add_value(builder,
			reason_variant(text_member(object, "set"), text_member(object, "reason"),
				text_member(object, "text")));
	}
}

static GVariant *
own_reason(const RpTell *tell, const char *set, RpReason why, const char *words)
{
	g_autoptr(RpHoldReason) reason = rp_hold_reason_new(set, why, words);
	g_autofree char *sentence = rp_reason_sentence(reason, rp_ground_catalogue(tell->ground));

	return reason_variant(set ? set : "", rp_reason_name(reason->reason), sentence);
}

/* Why this recipient waits: the message's own hold goes before the plan's reasons. */
static GVariant *
recipient_reasons(const RpTell *tell, const RpQueueMessage *message,
	const RpQueueRecipient *recipient, const char *reasons_json)
{
	GVariantBuilder builder;

	gboolean pending = recipient->state == RP_RECIPIENT_PENDING;
	gboolean rejected = recipient->state == RP_RECIPIENT_REJECTED;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("aa{sv}"));
	if (message->user_hold && (pending || rejected))
		g_variant_builder_add_value(&builder,
			reason_variant("", rp_reason_name(RP_REASON_USER), "You put it on hold."));
	if (rejected)
		g_variant_builder_add_value(
			&builder, own_reason(tell, recipient->set, RP_REASON_SERVER_REJECTED,
					  recipient->reply));
	else if (pending && message->hold_reason >= 0)
		g_variant_builder_add_value(
			&builder, own_reason(tell, recipient->set, (RpReason)message->hold_reason,
					  message->hold_text));
	if (pending)
		add_class_reasons(&builder, reasons_json ? reasons_json : "[]");
	return g_variant_builder_end(&builder);
}

static const char *
recipient_state(const RpQueueMessage *message, const RpQueueRecipient *recipient, gboolean planned)
{
	static const char *const final[RP_N_RECIPIENT_STATES] = {
		[RP_RECIPIENT_SENT] = "sent",
		[RP_RECIPIENT_DEAD] = "failed",
		[RP_RECIPIENT_REJECTED] = "held",
	};

	if (recipient->state != RP_RECIPIENT_PENDING)
		return final[recipient->state];
	if (message->state == RP_MESSAGE_QUEUED && !planned)
		return "held";
	return rp_message_state_name(message->state);
}

/* That has it, or will have it; the one that rejected it is among the reasons. */
static const char *
recipient_set(const RpQueueRecipient *recipient, const char *planned)
{
	const char *set = NULL;

	switch (recipient->state) {
	case RP_RECIPIENT_SENT:
	case RP_RECIPIENT_DEAD:
		set = recipient->set ? recipient->set : planned;
		break;
	case RP_RECIPIENT_PENDING:
		set = planned;
		break;
	case RP_RECIPIENT_REJECTED:
		break;
	}
	return set ? set : "";
}

static GVariant *
recipient_variant(
	const RpTell *tell, const RpQueueMessage *message, const RpQueueRecipient *recipient)
{
	g_autofree char *set = NULL;
	g_autofree char *reasons = NULL;
	GVariantDict dict;
	gboolean known =
		rp_class_text_find(message->class_reasons, recipient->address, &set, &reasons);

	g_variant_dict_init(&dict, NULL);
	g_variant_dict_insert(&dict, "address", "s", recipient->address);
	g_variant_dict_insert(
		&dict, "state", "s", recipient_state(message, recipient, !known || set));
	g_variant_dict_insert(&dict, "set", "s", recipient_set(recipient, set));
	g_variant_dict_insert(&dict, "reply", "s", recipient->reply ? recipient->reply : "");
	g_variant_dict_insert_value(
		&dict, "reasons", recipient_reasons(tell, message, recipient, reasons));
	return g_variant_dict_end(&dict);
}

GVariant *
rp_tell_message(const RpTell *tell, const RpQueueMessage *message)
{
	char text[RP_MESSAGE_ID_SIZE];
	GVariantBuilder recipients;
	GVariantDict dict;

	g_variant_builder_init(&recipients, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < message->recipients->len; i++)
		g_variant_builder_add_value(&recipients,
			recipient_variant(tell, message, message->recipients->pdata[i]));
	g_variant_dict_init(&dict, NULL);
	g_variant_dict_insert(&dict, "id", "s", rp_message_id_format(message->id, text));
	g_variant_dict_insert(&dict, "state", "s", rp_message_state_name(message->state));
	g_variant_dict_insert(&dict, "sender", "s", message->sender);
	g_variant_dict_insert(&dict, "size", "t", (guint64)message->size);
	insert_time(&dict, "created", message->created);
	g_variant_dict_insert(&dict, "set", "s", message->class_sets ? message->class_sets : "");
	insert_time(&dict, "next-try", message->next_try);
	g_variant_dict_insert(
		&dict, "maybe-sent", "b", (message->flags & RP_MESSAGE_MAYBE_SENT) != 0);
	g_variant_dict_insert_value(&dict, "recipients", g_variant_builder_end(&recipients));
	return g_variant_dict_end(&dict);
}

/* ---- JSON ---- */

static char *
finish(GString *out)
{
	return g_string_free(out, FALSE);
}

static void
write_counts(RpTell *tell, RpJson *json)
{
	RpQueueCounts counts = {0};

	rp_queue_counts(tell->ground->queue, &counts, NULL);
	rp_json_begin_object(json, "counts");
	for (guint state = 0; state < RP_N_MESSAGE_STATES; state++)
		rp_json_int(json, rp_message_state_name(state), counts.by_state[state]);
	rp_json_end_object(json);
}

char *
rp_tell_status(RpTell *tell)
{
	GString *out = g_string_new(NULL);
	g_autoptr(GPtrArray) names = inside_names(tell);
	RpMessageId sending = rp_tell_sending(tell);
	char text[RP_MESSAGE_ID_SIZE];
	RpJson json;

	rp_json_init(&json, out);
	rp_json_begin_object(&json, NULL);
	rp_json_begin_object(&json, "place");
	rp_json_bool(&json, "online", rp_whereabouts_is_online(tell->ground->whereabouts));
	rp_json_strv(&json, "inside", (const char *const *)names->pdata);
	rp_json_string(&json, "key", rp_whereabouts_place(tell->ground->whereabouts)->key);
	rp_json_end_object(&json);
	rp_json_string(&json, "current-set",
		tell->current_set && *tell->current_set ? tell->current_set : NULL);
	rp_json_string(&json, "override",
		rp_whereabouts_override(tell->ground->whereabouts)->set
			? rp_whereabouts_override(tell->ground->whereabouts)->set
			: "auto");
	write_counts(tell, &json);
	rp_json_string(&json, "sending", sending ? rp_message_id_format(sending, text) : NULL);
	rp_json_begin_array(&json, "config-refused");
	for (guint i = 0; i < tell->refused_config->len; i++)
		rp_json_string(&json, NULL, tell->refused_config->pdata[i]);
	rp_json_end_array(&json);
	rp_json_bool(&json, "agent", TRUE);
	rp_json_end_object(&json);
	return finish(out);
}

static void
write_link(RpJson *json, const RpLink *link)
{
	rp_json_begin_object(json, NULL);
	rp_json_string(json, "interface", link->interface);
	rp_json_string(json, "kind", rp_link_kind_name(link->kind));
	rp_json_begin_array(json, "addresses");
	for (guint i = 0; i < link->addresses->len; i++) {
		g_autofree char *text =
			rp_address_format(&g_array_index(link->addresses, RpAddress, i));

		rp_json_string(json, NULL, text);
	}
	rp_json_end_array(json);
	rp_json_string(json, "nm-connection", link->connection_id);
	rp_json_string(json, "ssid", link->ssid);
	rp_json_string(json, "ppp-peer", link->ppp_peer);
	rp_json_string(json, "gateway", link->gateway_hwaddr);
	rp_json_bool(json, "metered", link->metered);
	rp_json_string(json, "connectivity", rp_connectivity_name(link->connectivity));
	rp_json_bool(json, "default-route", link->default_route_ipv4 || link->default_route_ipv6);
	rp_json_end_object(json);
}

static void
write_inside(RpJson *json, const RpTell *tell, const RpInside *inside)
{
	const RpLink *link =
		rp_whereabouts_network(tell->ground->whereabouts)->links->pdata[inside->link];

	rp_json_begin_object(json, NULL);
	rp_json_string(json, "provider", provider_name(tell, inside));
	rp_json_string(json, "by", rp_evidence_name(inside->evidence));
	rp_json_string(json, "link", link->interface);
	rp_json_string(json, "family", rp_family_name(inside->family));
	rp_json_end_object(json);
}

char *
rp_tell_where(const RpTell *tell)
{
	GString *out = g_string_new(NULL);
	RpJson json;

	rp_json_init(&json, out);
	rp_json_begin_object(&json, NULL);
	rp_json_begin_array(&json, "links");
	for (guint i = 0; i < rp_whereabouts_network(tell->ground->whereabouts)->links->len; i++)
		write_link(
			&json, rp_whereabouts_network(tell->ground->whereabouts)->links->pdata[i]);
	rp_json_end_array(&json);
	rp_json_begin_array(&json, "public-addresses");
	for (guint i = 0;
		i < rp_whereabouts_network(tell->ground->whereabouts)->public_addresses->len; i++) {
		g_autofree char *text = rp_address_format(&g_array_index(
			rp_whereabouts_network(tell->ground->whereabouts)->public_addresses,
			RpPublicAddress, i)
								   .address);

		rp_json_string(&json, NULL, text);
	}
	rp_json_end_array(&json);
	rp_json_begin_array(&json, "inside");
	for (guint i = 0; i < rp_whereabouts_place(tell->ground->whereabouts)->inside->len; i++) {
		const RpInside *inside = &g_array_index(
			rp_whereabouts_place(tell->ground->whereabouts)->inside, RpInside, i);

		if (rp_place_is_inside(
			    rp_whereabouts_place(tell->ground->whereabouts), inside->provider))
			write_inside(&json, tell, inside);
	}
	rp_json_end_array(&json);
	rp_json_end_object(&json);
	return finish(out);
}

char *
rp_tell_sets(const RpTell *tell)
{
	GString *out = g_string_new(NULL);
	RpSituation situation;
	RpJson json;

	rp_ground_situation(tell->ground, &situation);
	rp_json_init(&json, out);
	rp_sets_write_json(&json, NULL, &situation, tell->current_set);
	return finish(out);
}

char *
rp_tell_explanation(const RpTell *tell, const RpQueueMessage *message)
{
	GString *out = g_string_new(NULL);
	g_autofree const char **scratch = NULL;
	g_autoptr(GArray) rows = NULL;
	RpSituation situation;
	RpMessageFacts facts;
	RpJson json;

	rp_ground_situation(tell->ground, &situation);
	rp_queue_message_facts(message, &facts, &scratch);
	rows = rp_policy_explain(&situation, &facts);
	rp_json_init(&json, out);
	rp_explain_write_json(&json, NULL, &situation, &facts, rows);
	return finish(out);
}
