/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/message-view.h"

#include "roampost/base.h"
#include "roampost/words.h"

/* What the history remembers as values for others: its records, and of them a message that is gone.
 */

static GVariant *
addresses(char *const *recipients)
{
	static const char *const none[] = {NULL};
	const char *const *list = recipients ? (const char *const *)recipients : none;

	return g_variant_new_strv(list, -1);
}

GVariant *
rp_history_view(const RpHistoryRecord *record, const RpCatalogue *catalogue)
{
	char id[RP_MESSAGE_ID_SIZE];
	GVariantBuilder dict;

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	rp_dict_add(&dict, "number", g_variant_new_uint64((guint64)record->number));
	rp_dict_add(&dict, "time", g_variant_new_int64(record->time));
	rp_dict_add_text(&dict, "id", record->id ? rp_message_id_format(record->id, id) : "");
	rp_dict_add(&dict, "created",
		g_variant_new_int64(record->id ? rp_message_id_time(record->id) : 0));
	rp_dict_add_text(&dict, "event", rp_history_event_name(record->event));
	rp_dict_add_text(&dict, "sender", record->sender);
	rp_dict_add_text(&dict, "sent-as", record->sent_as);
	rp_dict_add_text(&dict, "from-as", record->from_as);
	rp_dict_add_text(&dict, "subject", record->subject);
	rp_dict_add(&dict, "recipients", addresses(record->recipients));
	rp_dict_add(&dict, "n-recipients", g_variant_new_uint32(record->n_recipients));
	rp_dict_add_text(&dict, "set", record->set);
	rp_dict_add_text(&dict, "provider", record->provider);
	g_autofree char *titles =
		catalogue && record->provider
			? rp_catalogue_provider_titles(catalogue, record->provider)
			: g_strdup(record->provider);
	g_autofree char *text = rp_words_shown(record->text);

	rp_dict_add_text(&dict, "provider-title", titles);
	rp_dict_add_text(&dict, "text", text);
	rp_dict_add(&dict, "size", g_variant_new_uint64((guint64)MAX(record->size, 0)));
	return g_variant_builder_end(&dict);
}

/* ---- a message that is gone ---- */

/* What an event says of its recipients for good; NULL: nothing. */
static const char *
final_state(RpHistoryEvent event)
{
	switch (event) {
	case RP_HISTORY_SENT:
		return "sent";
	case RP_HISTORY_FAILED:
		return "failed";
	case RP_HISTORY_DELETED:
		return "deleted";
	case RP_HISTORY_HELD:
	case RP_HISTORY_DEFERRED:
	case RP_HISTORY_MAYBE_SENT:
	case RP_HISTORY_PLACE:
		return NULL;
	}
	return NULL;
}

static gboolean
is_named(const GPtrArray *records, guint after, const char *address)
{
	for (guint i = after; i < records->len; i++) {
		const RpHistoryRecord *record = records->pdata[i];

		if (final_state(record->event) && record->recipients &&
			g_strv_contains((const char *const *)record->recipients, address))
			return TRUE;
	}
	return FALSE;
}

static GVariant *
recipient_view(const RpHistoryRecord *record, const char *address)
{
	GVariantBuilder dict;

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	rp_dict_add_text(&dict, "address", address);
	rp_dict_add_text(&dict, "state", final_state(record->event));
	rp_dict_add_text(&dict, "set", record->set);
	rp_dict_add_text(&dict, "code", NULL);
	rp_dict_add_text(&dict, "reply", record->text);
	rp_dict_add_text(&dict, "sent-as", record->sent_as);
	rp_dict_add_text(&dict, "from-as", record->from_as);
	rp_dict_add(&dict, "time", g_variant_new_int64(record->time));
	rp_dict_add(&dict, "reasons", g_variant_new_array(G_VARIANT_TYPE_VARDICT, NULL, 0));
	return g_variant_builder_end(&dict);
}

/* By the last that is known of each. */
static GVariant *
recipients_view(const GPtrArray *records)
{
	GVariantBuilder array;

	g_variant_builder_init(&array, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = 0; i < records->len; i++) {
		const RpHistoryRecord *record = records->pdata[i];

		for (char **address = record->recipients;
			final_state(record->event) && address && *address; address++)
			if (!is_named(records, i + 1, *address))
				g_variant_builder_add_value(
					&array, recipient_view(record, *address));
	}
	return g_variant_builder_end(&array);
}

static gboolean
has_event(const GPtrArray *records, RpHistoryEvent event)
{
	for (guint i = 0; i < records->len; i++)
		if (((const RpHistoryRecord *)records->pdata[i])->event == event)
			return TRUE;
	return FALSE;
}

GVariant *
rp_message_gone_view(const GPtrArray *records)
{
	const RpHistoryRecord *last = records->pdata[records->len - 1];
	char id[RP_MESSAGE_ID_SIZE];
	GVariantBuilder dict;

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	rp_dict_add_text(&dict, "id", rp_message_id_format(last->id, id));
	rp_dict_add_text(
		&dict, "state", has_event(records, RP_HISTORY_DELETED) ? "deleted" : "sent");
	rp_dict_add_text(&dict, "sender", last->sender);
	rp_dict_add_text(&dict, "subject", last->subject);
	rp_dict_add(&dict, "size", g_variant_new_uint64((guint64)MAX(last->size, 0)));
	rp_dict_add(&dict, "created", g_variant_new_int64(rp_message_id_time(last->id)));
	rp_dict_add(&dict, "next-try", g_variant_new_int64(0));
	rp_dict_add_text(&dict, "set", last->set);
	rp_dict_add_text(&dict, "pin", NULL);
	rp_dict_add(&dict, "user-hold", g_variant_new_boolean(FALSE));
	rp_dict_add(&dict, "maybe-sent",
		g_variant_new_boolean(has_event(records, RP_HISTORY_MAYBE_SENT)));
	rp_dict_add(&dict, "recipients", recipients_view(records));
	return g_variant_builder_end(&dict);
}
