/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "tell-private.h"

#include "roampost/language.h"
#include "roampost/remedy.h"

/* What the icon in the panel shows: made anew when something has changed, at most twice a second,
 * and only while a panel shows it. */

#define PAUSE (500 * G_TIME_SPAN_MILLISECOND)
/* Held messages in the menu; the window has all. */
#define LISTED_MOST 10

static void
on_wanted(gpointer user)
{
	rp_tell_note_tray(user);
}

static void
on_refused(const RpDesktopAction *action, const char *sentence, gpointer user)
{
	g_auto(RpLanguageScope) scope = rp_language_enter(rp_language_own());
	const RpTell *tell = user;
	g_autoptr(RpNotice) notice = rp_notice_refused(action, sentence);

	rp_notifier_announce(tell->notifier, notice);
}

static const RpTrayEvents events = {.wanted = on_wanted, .refused = on_refused};

void
rp_tell_tray_init(RpTell *tell)
{
	tell->tray_at = G_MAXINT64;
	rp_tell_tray_configure(tell);
}

void
rp_tell_tray_configure(RpTell *tell)
{
	gboolean wanted = rp_ground_options(tell->ground)->tray;

	if (wanted && !tell->tray)
		tell->tray = rp_tray_item_new(&events, tell);
	else if (!wanted)
		rp_tell_tray_clear(tell);
}

void
rp_tell_tray_clear(RpTell *tell)
{
	g_clear_pointer(&tell->tray, rp_tray_item_free);
	tell->tray_at = G_MAXINT64;
}

void
rp_tell_note_tray(RpTell *tell)
{
	RpTime now = rp_ground_now(tell->ground);

	if (!tell->tray || !rp_tray_item_is_wanted(tell->tray) || tell->tray_at != G_MAXINT64)
		return;
	tell->tray_at = rp_tell_next_time(now, tell->tray_last, PAUSE);
	rp_timer_changed(tell->ground->timer);
}

/* ---- what is so now ---- */

static char *
join_titles(const RpCatalogue *catalogue, const GPtrArray *providers)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < providers->len; i++) {
		gint index = rp_catalogue_find_provider(catalogue, providers->pdata[i]);

		g_string_append_printf(text, "%s%s", i ? C_("list", ", ") : "",
			rp_catalogue_provider(catalogue, (guint)index)->title);
	}
	return g_string_free(text, FALSE);
}

static char *
place_words(const RpTell *tell, const GPtrArray *inside)
{
	const RpWhereabouts *whereabouts = tell->ground->whereabouts;

	if (!rp_whereabouts_is_known(whereabouts))
		return g_strdup(_("Looking at the network"));
	if (rp_tell_is_at_portal(tell))
		return g_strdup(_("Behind a portal"));
	if (!rp_whereabouts_is_online(whereabouts))
		return g_strdup(_("Offline"));
	if (!inside->len)
		return g_strdup(_("Inside no provider"));
	g_autofree char *titles = join_titles(rp_ground_catalogue(tell->ground), inside);
	return g_strdup_printf(_("Inside %s"), titles);
}

/* Providers (names, borrowed) that it is true of. */
static GPtrArray *
providers_that(const RpTell *tell, gboolean (*is_so)(const RpTell *, const RpProvider *, guint))
{
	const RpCatalogue *catalogue = rp_ground_catalogue(tell->ground);
	GPtrArray *names = g_ptr_array_new();

	for (guint i = 0; i < rp_catalogue_n_providers(catalogue); i++) {
		const RpProvider *provider = rp_catalogue_provider(catalogue, i);

		if (is_so(tell, provider, i))
			g_ptr_array_add(names, provider->name);
	}
	return names;
}

static gboolean
is_inside(const RpTell *tell, const RpProvider *provider, guint index)
{
	return rp_place_is_inside(rp_whereabouts_place(tell->ground->whereabouts), index);
}

static gboolean
is_dialled(const RpTell *tell, const RpProvider *provider, guint index)
{
	return tell->queries->has_dialled(provider, tell->user);
}

/* ---- held mail ---- */

/* Rows of the menu, and what they point to. */
typedef struct {
	GArray *held;     /* of RpTrayHeld */
	GPtrArray *texts; /* owned */
} RpTrayRows;

static const char *
keep(RpTrayRows *rows, char *text)
{
	g_ptr_array_add(rows->texts, text);
	return text;
}

static char *
reason_of(const RpTell *tell, const RpQueueMessage *message, const RpQueueRecipient *recipient)
{
	const RpCatalogue *catalogue = rp_ground_catalogue(tell->ground);
	g_autoptr(RpHoldReason) reason = NULL;
	g_autofree char *code = NULL;
	char *sentence = NULL;

	if (message->user_hold)
		reason = rp_hold_reason_new(NULL, RP_REASON_USER, NULL);
	else if (message->hold_reason >= 0)
		reason = rp_hold_reason_new(
			recipient->set, (RpReason)message->hold_reason, message->hold_text);
	if (reason)
		return rp_reason_sentence(reason, catalogue);
	rp_tell_first_reason(tell, message, &code, &sentence);
	return sentence ? sentence : g_strdup(_("It is about to be planned."));
}

static void
add_row(const RpTell *tell, const RpQueueMessage *message, RpTrayRows *rows)
{
	const RpQueueRecipient *recipient = rp_queue_message_find(message, RP_RECIPIENT_REJECTED);
	char id[RP_MESSAGE_ID_SIZE];

	if (!recipient)
		recipient = rp_queue_message_find(message, RP_RECIPIENT_PENDING);
	if (!recipient)
		return;
	rp_message_id_format(message->id, id);
	g_autofree char *general = reason_of(tell, message, recipient);
	RpTrayHeld row = {
		.id = keep(rows, g_strdup(id)),
		.subject = keep(rows, g_strdup(message->subject)),
		.recipient = keep(rows, g_strdup(recipient->address)),
		.reason = keep(rows, rp_remedy_with_id(general, id)),
		.by_user = message->user_hold || message->hold_reason >= 0,
	};
	g_array_append_val(rows->held, row);
}

static void
add_held(const RpTell *tell, RpTrayState *state, RpTrayRows *rows)
{
	g_autoptr(GPtrArray) messages =
		rp_queue_list(tell->ground->queue, 1u << RP_MESSAGE_HELD, 0, LISTED_MOST, NULL);

	for (guint i = 0; messages && i < messages->len; i++)
		add_row(tell, messages->pdata[i], rows);
	state->held = (const RpTrayHeld *)rows->held->data;
	state->n_listed = rows->held->len;
}

/* ---- all of it ---- */

static void
add_counts(const RpTell *tell, RpTrayState *state)
{
	RpQueueCounts counts = {0};

	rp_queue_counts(tell->ground->queue, &counts, NULL);
	state->n_held = (guint)counts.by_state[RP_MESSAGE_HELD];
	state->is_paused = rp_ground_is_paused(tell->ground);
	state->is_sending = counts.by_state[RP_MESSAGE_SENDING] > 0;
	state->n_waiting =
		(guint)(counts.by_state[RP_MESSAGE_QUEUED] + counts.by_state[RP_MESSAGE_SENDING] +
			counts.by_state[RP_MESSAGE_DEFERRED] + counts.by_state[RP_MESSAGE_HELD]);
}

static const char *
trouble_of(const RpTell *tell)
{
	if (tell->disk_fails)
		return _("The queue can't be written: is the disk full?");
	return tell->config_problems->len ? _("The configuration has errors: roampost config check")
					  : NULL;
}

static void
show(RpTell *tell)
{
	g_auto(RpLanguageScope) scope = rp_language_enter(rp_language_own());
	g_autoptr(GPtrArray) inside = providers_that(tell, is_inside);
	g_autoptr(GPtrArray) dialled = providers_that(tell, is_dialled);
	g_autofree char *place = place_words(tell, inside);
	g_autoptr(GArray) held = g_array_new(FALSE, FALSE, sizeof(RpTrayHeld));
	g_autoptr(GPtrArray) texts = g_ptr_array_new_with_free_func(g_free);
	RpTrayRows rows = {held, texts};
	RpTrayState state = {
		.place = place,
		.is_offline = !rp_whereabouts_is_online(tell->ground->whereabouts),
		.has_outbox = rp_tray_item_has_outbox(tell->tray),
		.trouble = trouble_of(tell),
		.current_set = tell->current_set && *tell->current_set ? tell->current_set : NULL,
		.override = rp_whereabouts_override(tell->ground->whereabouts)->set,
		.catalogue = rp_ground_catalogue(tell->ground),
	};

	g_ptr_array_add(inside, NULL);
	g_ptr_array_add(dialled, NULL);
	state.inside = (const char *const *)inside->pdata;
	state.dialled = (const char *const *)dialled->pdata;
	add_counts(tell, &state);
	add_held(tell, &state, &rows);
	rp_tray_item_show(tell->tray, rp_tray_view_new(&state));
}

void
rp_tell_tray_due(RpTell *tell, RpTime now)
{
	if (tell->tray_at > now)
		return;
	tell->tray_at = G_MAXINT64;
	tell->tray_last = now;
	show(tell);
}
