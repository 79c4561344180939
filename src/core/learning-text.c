/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learning-private.h"

#include "roampost/base.h"
#include "roampost/language.h"

#include <string.h>

/* What was learned, in words, and from what. */

/* The answers of one kind in one class, to one vector. */
typedef struct {
	const RpObservation *newest;
	guint count;
	gboolean wide; /* of several recipient domains */
} Told;

/* "at ODN with a login, after a POP login": where, and what was tried. */
static char *
tried_text(const RpObservation *newest, gboolean at_mail, const RpCatalogue *catalogue)
{
	static const struct {
		RpVector bit;
		const char *words; /* %s: what stands before */
	} rows[] = {
		{RP_VECTOR_AUTH, N_("{before} with a login")},
		{RP_VECTOR_POP_LOGIN, N_("{before} after a POP login")},
		{RP_VECTOR_SENDER_DOMAIN, N_("{before} from its own domain")},
		{RP_VECTOR_RECIPIENT_DOMAIN, N_("{before} to its own domain")},
	};
	guint vector = at_mail ? newest->vector & ~RP_VECTOR_RECIPIENT_DOMAIN : newest->vector;
	char *text = rp_vantage_text(&newest->from, catalogue);

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		GString *longer = g_string_new(rp_text(rows[i].words));

		if (vector & rows[i].bit) {
			g_string_replace(longer, "{before}", text, 1);
			g_free(text);
			text = g_strdup(longer->str);
		}
		g_string_free(longer, TRUE);
	}
	return text;
}

static char *
times_text(guint count)
{
	if (count == 1)
		return g_strdup(_("once"));
	if (count == 2)
		return g_strdup(_("twice"));
	return g_strdup_printf(rp_text_n("%u time", "%u times", count), count);
}

/* Not taken: what the server said, where it said something. */
static char *
refused_text(const Told *told, const char *tried, const char *time)
{
	const RpObservation *newest = told->newest;
	gboolean at_mail = !*newest->domain;

	/* One domain's refusal is its own alone, until there is another's. */
	if (!at_mail && !told->wide)
		return g_strdup_printf(
			newest->said == RP_SAID_UNCLEAR
				? _("refused in words that say nothing at %1$s to %2$s at %3$s")
				: _("refused at %1$s to %2$s at %3$s"),
			tried, newest->domain, time);
	if (newest->said == RP_SAID_UNCLEAR)
		return g_strdup_printf(
			at_mail ? _("refused in words that say nothing at %1$s, to whomever, at "
				    "%2$s")
				: _("refused in words that say nothing at %1$s, at %2$s"),
			tried, time);
	return g_strdup_printf(at_mail ? _("refused at %1$s, to whomever, at %2$s")
				       : _("refused at %1$s, at %2$s"),
		tried, time);
}

static char *
told_sentence(const Told *told, const RpCatalogue *catalogue)
{
	const RpObservation *newest = told->newest;
	g_autofree char *tried = tried_text(newest, !*newest->domain, catalogue);
	g_autofree char *time = rp_time_format(newest->at);
	g_autofree char *times = times_text(told->count);

	if (newest->said == RP_SAID_TAKEN)
		return g_strdup_printf(_("taken at %1$s, %2$s, last at %3$s"), tried, times, time);
	g_autofree char *refused = refused_text(told, tried, time);
	return newest->words ? g_strdup_printf(_("%1$s: “%2$s”"), refused, newest->words)
			     : g_steal_pointer(&refused);
}

static Told *
find_told(GArray *all, const RpSetLearning *learning, const RpObservation *row)
{
	for (guint i = 0; i < all->len; i++) {
		Told *told = &g_array_index(all, Told, i);

		if (told->newest->said == row->said && told->newest->vector == row->vector &&
			rp_learning_is_here(learning, row, &told->newest->from))
			return told;
	}
	return NULL;
}

char **
rp_learning_sentences(
	const RpObservations *observations, const char *set, const RpCatalogue *catalogue)
{
	const RpSetLearning *learning = rp_observations_set(observations, set);
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Told));
	GPtrArray *lines = g_ptr_array_new();

	for (guint i = learning ? learning->rows->len : 0; i-- > 0;) {
		const RpObservation *row = learning->rows->pdata[i];
		Told *told = find_told(all, learning, row);

		if (told) {
			told->count += row->count;
			told->wide |= !g_str_equal(told->newest->domain, row->domain);
		} else {
			g_array_append_vals(all, &(Told){row, row->count, FALSE}, 1);
		}
	}
	for (guint i = 0; i < all->len; i++)
		g_ptr_array_add(lines, told_sentence(&g_array_index(all, Told, i), catalogue));
	g_ptr_array_add(lines, NULL);
	return (char **)g_ptr_array_free(lines, FALSE);
}

char *
rp_knowledge_text(const RpKnowledge *knowledge, const RpCatalogue *catalogue)
{
	const RpObservation *by = knowledge->by;

	if (!by)
		return g_strdup(_("nothing is known of it here"));
	return told_sentence(&(Told){by, by->count, FALSE}, catalogue);
}
