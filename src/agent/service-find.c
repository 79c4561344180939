/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service-private.h"

#include "roampost/language.h"
#include "roampost/message-view.h"

#include <string.h>

/* Find and History: what is looked for, by what it is like. */

#define PAGE_SIZE 1000

static guint
page_size(guint32 limit)
{
	return limit && limit < PAGE_SIZE ? limit : PAGE_SIZE;
}

/* ---- the queue ---- */

typedef struct {
	guint states;
	GHashTable *ids; /* RpMessageId; NULL: any */
	const char *set; /* NULL: any */
	char *folded;    /* text to be found; NULL: any */
	RpMessageId after;
	guint limit;
} RpFind;

static void
find_clear(RpFind *find)
{
	g_clear_pointer(&find->ids, g_hash_table_unref);
	g_clear_pointer(&find->folded, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpFind, find_clear)

static gboolean
read_ids(RpFind *find, RpAgent *agent, RpBusCall *call, const char *const *ids)
{
	if (!rp_args_named(call, ids, RP_ARGS_ID_LONGEST))
		return FALSE;
	find->ids = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
	for (; *ids; ids++) {
		g_autoptr(GError) error = NULL;
		RpMessageId id;

		/* One that has left is not found, and no error: that is what is asked. */
		if (rp_queue_resolve(agent->ground.queue, *ids, &id, &error))
			g_hash_table_add(find->ids, g_memdup2(&id, sizeof id));
		else if (!g_error_matches(error, RP_ERROR, RP_ERROR_NOT_FOUND)) {
			rp_bus_call_fail(call, g_steal_pointer(&error));
			return FALSE;
		}
	}
	return TRUE;
}

/* FALSE: the call is answered. */
static gboolean
read_find(RpFind *find, RpAgent *agent, RpBusCall *call, GVariant *options)
{
	g_autofree const char **states = NULL;
	g_autofree const char **ids = NULL;
	const char *text = NULL;

	g_variant_lookup(options, "states", "^a&s", &states);
	g_variant_lookup(options, "ids", "^a&s", &ids);
	g_variant_lookup(options, "set", "&s", &find->set);
	g_variant_lookup(options, "text", "&s", &text);
	if (text)
		find->folded = g_utf8_casefold(text, -1);
	return (!states || rp_args_states(call, states, &find->states)) &&
	       (!ids || read_ids(find, agent, call, ids));
}

static gboolean
has_text(const char *hay, const char *folded)
{
	g_autofree char *text = hay ? g_utf8_casefold(hay, -1) : NULL;

	return text && strstr(text, folded);
}

static gboolean
speaks_of(const RpQueueMessage *message, const char *folded)
{
	gboolean found = has_text(message->subject, folded) || has_text(message->sender, folded) ||
			 has_text(message->hold_text, folded);

	for (guint i = 0; !found && i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];

		found = has_text(recipient->address, folded) || has_text(recipient->reply, folded);
	}
	return found;
}

/* Pinned to it, going by it, or held because of it. */
static gboolean
concerns_set(GVariant *view, const char *set)
{
	g_autoptr(GVariant) recipients =
		g_variant_lookup_value(view, "recipients", G_VARIANT_TYPE("aa{sv}"));
	const char *named = "";

	if ((g_variant_lookup(view, "set", "&s", &named) && g_str_equal(named, set)) ||
		(g_variant_lookup(view, "pin", "&s", &named) && g_str_equal(named, set)))
		return TRUE;
	for (gsize i = 0; i < g_variant_n_children(recipients); i++) {
		g_autoptr(GVariant) recipient = g_variant_get_child_value(recipients, i);
		g_autoptr(GVariant) reasons =
			g_variant_lookup_value(recipient, "reasons", G_VARIANT_TYPE("aa{sv}"));

		if (g_variant_lookup(recipient, "set", "&s", &named) && g_str_equal(named, set))
			return TRUE;
		for (gsize k = 0; k < g_variant_n_children(reasons); k++) {
			g_autoptr(GVariant) reason = g_variant_get_child_value(reasons, k);

			if (g_variant_lookup(reason, "set", "&s", &named) &&
				g_str_equal(named, set))
				return TRUE;
		}
	}
	return FALSE;
}

static gboolean
fits(const RpFind *find, const RpQueueMessage *message, GVariant *view)
{
	return (!find->ids || g_hash_table_contains(find->ids, &message->id)) &&
	       (!find->folded || speaks_of(message, find->folded)) &&
	       (!find->set || concerns_set(view, find->set));
}

/* Up to the limit; `*more`: there is one more that fits. FALSE with an error. */
static gboolean
collect(const RpFind *find, RpAgent *agent, GVariantBuilder *found, gboolean *more, GError **error)
{
	RpMessageId after = find->after;
	guint n = 0;

	for (*more = FALSE; !*more;) {
		g_autoptr(GPtrArray) page =
			rp_queue_list(agent->ground.queue, find->states, after, PAGE_SIZE, error);

		if (!page)
			return FALSE;
		for (guint i = 0; i < page->len && !*more; i++) {
			const RpQueueMessage *message = page->pdata[i];
			g_autoptr(GVariant) view =
				g_variant_ref_sink(rp_tell_message(agent->tell, message));

			after = message->id;
			if (!fits(find, message, view))
				continue;
			*more = n == find->limit;
			if (n++ < find->limit)
				g_variant_builder_add_value(found, view);
		}
		if (page->len < PAGE_SIZE)
			return TRUE;
	}
	return TRUE;
}

void
rp_service_find(RpBusCall *call, GVariant *arguments, gpointer data)
{
	RpAgent *agent = data;
	g_autoptr(GVariant) options = NULL;
	g_auto(RpFind) find = {0};
	GVariantBuilder found;
	GError *error = NULL;
	const char *after;
	guint32 limit;
	gboolean more;

	g_variant_get(arguments, "(@a{sv}&su)", &options, &after, &limit);
	find.limit = page_size(limit);
	if (!rp_args_after(call, after, &find.after) || !read_find(&find, agent, call, options))
		return;
	g_variant_builder_init(&found, G_VARIANT_TYPE("aa{sv}"));
	if (!collect(&find, agent, &found, &more, &error)) {
		g_variant_builder_clear(&found);
		rp_bus_call_fail(call, error);
		return;
	}
	rp_bus_call_return(
		call, g_variant_new("(aa{sv}tb)", &found, rp_tell_revision(agent->tell), more));
}

/* ---- the history ---- */

static gboolean
read_events(RpBusCall *call, const char *const *names, guint *mask)
{
	for (*mask = 0; *names; names++) {
		RpHistoryEvent event;

		if (!rp_history_event_from_name(*names, &event)) {
			rp_bus_call_refuse(call, RP_ERROR_INVALID,
				_("“%s” is no event; there are sent, held, failed, deferred, "
				  "deleted, maybe-sent and place"),
				*names);
			return FALSE;
		}
		*mask |= 1u << event;
	}
	return TRUE;
}

/* Of the whole id: what has left the queue has no other. */
static gboolean
read_id(RpAgent *agent, RpBusCall *call, const char *text, RpMessageId *id)
{
	GError *error = NULL;

	if (rp_queue_resolve_gone(agent->ground.queue, text, id, &error))
		return TRUE;
	rp_bus_call_fail(call, error);
	return FALSE;
}

static gboolean
read_query(RpAgent *agent, RpBusCall *call, GVariant *options, RpHistoryQuery *query)
{
	g_autofree const char **events = NULL;
	const char *id = NULL;

	g_variant_lookup(options, "since", "x", &query->since);
	g_variant_lookup(options, "until", "x", &query->until);
	g_variant_lookup(options, "set", "&s", &query->set);
	g_variant_lookup(options, "text", "&s", &query->text);
	g_variant_lookup(options, "id", "&s", &id);
	g_variant_lookup(options, "events", "^a&s", &events);
	return (!id || read_id(agent, call, id, &query->id)) &&
	       (!events || read_events(call, events, &query->events));
}

void
rp_service_history(RpBusCall *call, GVariant *arguments, gpointer data)
{
	RpAgent *agent = data;
	g_autoptr(GVariant) options = NULL;
	g_autoptr(GPtrArray) records = NULL;
	RpHistoryQuery query = {0};
	GVariantBuilder array;
	GError *error = NULL;
	guint64 before;
	guint32 limit;

	g_variant_get(arguments, "(@a{sv}tu)", &options, &before, &limit);
	query.before = (gint64)MIN(before, G_MAXINT64);
	query.limit = page_size(limit);
	if (!read_query(agent, call, options, &query))
		return;
	records = rp_queue_load_history(agent->ground.queue, &query, &error);
	if (!records) {
		rp_bus_call_fail(call, error);
		return;
	}
	g_variant_builder_init(&array, G_VARIANT_TYPE("aa{sv}"));
	for (guint i = records->len; i-- > 0;)
		g_variant_builder_add_value(&array,
			rp_history_view(records->pdata[i], rp_ground_catalogue(&agent->ground)));
	rp_bus_call_return(call, g_variant_new("(aa{sv})", &array));
}
