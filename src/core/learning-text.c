/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "learning-private.h"

#include "roampost/base.h"

#include <string.h>

/* What was learned, in words, and from what. */

/* The answers of one kind in one class, to one vector. */
typedef struct {
	const RpObservation *newest;
	guint count;
} Told;

static char *
with_text(guint vector)
{
	static const struct {
		RpVector bit;
		const char *words;
	} rows[] = {
		{RP_VECTOR_AUTH, "with a login"},
		{RP_VECTOR_POP_LOGIN, "after a POP login"},
		{RP_VECTOR_SENDER_DOMAIN, "from its own domain"},
		{RP_VECTOR_RECIPIENT_DOMAIN, "to its own domain"},
	};
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		if (vector & rows[i].bit)
			g_string_append_printf(text, " %s", rows[i].words);
	return g_string_free(text, FALSE);
}

static char *
times_text(guint count)
{
	return count == 1   ? g_strdup("once")
	       : count == 2 ? g_strdup("twice")
			    : g_strdup_printf("%u times", count);
}

static const char *
said_words(RpServerSaid said)
{
	switch (said) {
	case RP_SAID_TAKEN:
		return "taken";
	case RP_SAID_REFUSED:
		return "refused";
	case RP_SAID_UNCLEAR:
		return "refused in words that say nothing";
	}
	return "";
}

static char *
told_sentence(const Told *told)
{
	const RpObservation *newest = told->newest;
	g_autofree char *where = rp_vantage_text(&newest->from);
	gboolean at_mail = !*newest->domain;
	g_autofree char *with =
		with_text(at_mail ? newest->vector & ~RP_VECTOR_RECIPIENT_DOMAIN : newest->vector);
	g_autofree char *time = rp_time_format(newest->at);
	g_autofree char *times = times_text(told->count);

	if (newest->said == RP_SAID_TAKEN)
		return g_strdup_printf("taken at %s%s, %s, last on %s", where, with, times, time);
	return g_strdup_printf("%s at %s%s%s on %s%s%s%s", said_words(newest->said), where, with,
		at_mail ? ", to whomever" : "", time, newest->words ? ": '" : "",
		newest->words ? newest->words : "", newest->words ? "'" : "");
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
rp_learning_sentences(const RpObservations *observations, const char *set)
{
	const RpSetLearning *learning = rp_observations_set(observations, set);
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Told));
	GPtrArray *lines = g_ptr_array_new();

	for (guint i = learning ? learning->rows->len : 0; i-- > 0;) {
		const RpObservation *row = learning->rows->pdata[i];
		Told *told = find_told(all, learning, row);

		if (told)
			told->count += row->count;
		else
			g_array_append_vals(all, &(Told){row, row->count}, 1);
	}
	for (guint i = 0; i < all->len; i++)
		g_ptr_array_add(lines, told_sentence(&g_array_index(all, Told, i)));
	g_ptr_array_add(lines, NULL);
	return (char **)g_ptr_array_free(lines, FALSE);
}

char *
rp_knowledge_text(const RpKnowledge *knowledge)
{
	const RpObservation *by = knowledge->by;

	if (!by)
		return g_strdup("nothing is known of it here");
	return told_sentence(&(Told){by, by->count});
}
