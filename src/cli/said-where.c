/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "messages.h"

#include "roampost/language.h"

/* What a server said, with where and when, once the machine has been elsewhere since: its words are
 * not of this place. Next door: why mail waits here (messages.c). */

static GPtrArray *places; /* what the history knows of them; the program ends with it */

/* Who said something before that many moves said it long ago, which is all that is said then. */
#define MOVES_MOST 64

void
rp_cli_note_places(GPtrArray *records)
{
	g_clear_pointer(&places, g_ptr_array_unref);
	places = records;
}

void
rp_cli_load_places(RpQueue *queue)
{
	const RpHistoryQuery query = {.events = 1u << RP_HISTORY_PLACE, .limit = MOVES_MOST};

	rp_cli_note_places(rp_queue_load_history(queue, &query, NULL));
}

/* Whether it was before the last move; `*inside` becomes the providers' names of then, borrowed,
 * NULL where none are known. */
static gboolean
is_of_before(RpTime time, const char **inside)
{
	const RpHistoryRecord *then = NULL, *last = NULL;

	for (guint i = 0; places && i < places->len; i++) {
		last = places->pdata[i];
		if (last->time <= time)
			then = last;
	}
	*inside = then && then->provider && *then->provider ? then->provider : NULL;
	return time && last && last->time > time;
}

char *
rp_cli_reply_text(const char *reply, RpTime time)
{
	const char *inside;

	if (!is_of_before(time, &inside))
		return g_strdup_printf(_("The server said: %s"), reply);
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(time / G_USEC_PER_SEC);
	g_autoptr(GDateTime) local = g_date_time_to_local(utc);
	g_autofree char *day = g_date_time_format(local, "%F");
	g_autofree char *titles = inside ? rp_cli_provider_titles(inside) : NULL;

	/* TRANSLATORS: a day, a provider's name, and the server's words. */
	return titles ? g_strdup_printf(_("On %1$s, inside %2$s, the server said: %3$s"), day,
				titles, reply)
		      : g_strdup_printf(
				_("On %1$s, at another place, the server said: %2$s"), day, reply);
}
