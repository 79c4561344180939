/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "tell-private.h"

#include <string.h>

/* Where the machine was: a record in the history each time that it is elsewhere, so that one can
 * see later why mail waited. */

/* Not yet known, or for a moment: nothing to be remembered. */
static gboolean
is_passing(const char *state)
{
	return strcmp(state, "starting") == 0 || strcmp(state, "checking") == 0;
}

static char *
describe(const char *state, const char *inside)
{
	return g_strdup_printf("%s\n%s", state, inside ? inside : "");
}

/* As an agent before this one left it. */
static char *
look_up_last(const RpTell *tell)
{
	const RpHistoryQuery query = {.events = 1u << RP_HISTORY_PLACE, .limit = 1};
	g_autoptr(GPtrArray) records = rp_queue_load_history(tell->ground->queue, &query, NULL);
	const RpHistoryRecord *last = records && records->len ? records->pdata[0] : NULL;

	return last ? describe(last->text ? last->text : "", last->provider) : g_strdup("");
}

void
rp_tell_note_place(RpTell *tell, GVariant *place)
{
	g_autofree const char **inside = NULL;
	g_autofree char *names = NULL;
	g_autofree char *now = NULL;
	const char *state = "starting";
	RpQueueChange *change;

	g_variant_lookup(place, "state", "&s", &state);
	if (is_passing(state))
		return;
	g_variant_lookup(place, "inside", "^a&s", &inside);
	names = g_strjoinv(", ", (char **)inside);
	now = describe(state, names);
	if (!tell->place_noted)
		tell->place_noted = look_up_last(tell);
	if (strcmp(now, tell->place_noted) == 0)
		return;
	g_free(tell->place_noted);
	tell->place_noted = g_steal_pointer(&now);
	change = rp_queue_change_new(rp_ground_now(tell->ground));
	rp_change_add_history(change,
		&(RpHistoryRecord){
			.event = RP_HISTORY_PLACE, .provider = names, .text = (char *)state});
	rp_queue_change_set_patience(change, RP_PATIENCE_FACT);
	rp_writes_apply(tell->ground->writes, change, NULL, NULL);
}
