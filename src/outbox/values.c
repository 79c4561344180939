/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox-private.h"

#include "roampost/remedy.h"

#include <glib/gi18n.h>

/* What is in the agent's values, and how people read it. Readers pass over members of another type:
 * another version's agent may have them. */

const char *
rp_outbox_text(GVariant *dict, const char *key)
{
	const char *text = "";

	g_variant_lookup(dict, key, "&s", &text);
	return text;
}

/* Sizes are t, times x. */
guint64
rp_outbox_number(GVariant *dict, const char *key)
{
	guint64 size = 0;
	gint64 time = 0;

	if (g_variant_lookup(dict, key, "t", &size))
		return size;
	g_variant_lookup(dict, key, "x", &time);
	return (guint64)MAX(time, 0);
}

gboolean
rp_outbox_flag(GVariant *dict, const char *key)
{
	gboolean flag = FALSE;

	g_variant_lookup(dict, key, "b", &flag);
	return flag;
}

GVariant *
rp_outbox_list(GVariant *dict, const char *key)
{
	GVariant *list = g_variant_lookup_value(dict, key, G_VARIANT_TYPE("aa{sv}"));

	return list ? list
		    : g_variant_ref_sink(g_variant_new_array(G_VARIANT_TYPE_VARDICT, NULL, 0));
}

char *
rp_outbox_subject(GVariant *message)
{
	const char *subject = rp_outbox_text(message, "subject");

	return g_strdup(*subject ? subject : _("(no subject)"));
}

static char *
recipients_of(GVariant *message)
{
	g_autoptr(GVariant) recipients = rp_outbox_list(message, "recipients");
	gsize n = g_variant_n_children(recipients);
	g_autoptr(GVariant) first = n ? g_variant_get_child_value(recipients, 0) : NULL;
	const char *address = first ? rp_outbox_text(first, "address") : "";

	if (n <= 1)
		return g_strdup(address);
	return g_strdup_printf(
		ngettext("%s and %u other", "%s and %u others", n - 1), address, (guint)(n - 1));
}

static char *
time_of(GVariant *message)
{
	gint64 created = (gint64)rp_outbox_number(message, "created") / G_USEC_PER_SEC;
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(created);
	g_autoptr(GDateTime) now = g_date_time_new_now_local();
	gboolean today = time &&
			 g_date_time_get_day_of_year(time) == g_date_time_get_day_of_year(now) &&
			 g_date_time_get_year(time) == g_date_time_get_year(now);

	return time ? g_date_time_format(time, today ? "%H:%M" : "%x %H:%M") : g_strdup("");
}

char *
rp_outbox_summary(GVariant *message)
{
	g_autofree char *recipients = recipients_of(message);
	g_autofree char *size = g_format_size(rp_outbox_number(message, "size"));
	g_autofree char *time = time_of(message);

	return g_strdup_printf(_("To %s · %s · %s"), recipients, size, time);
}

const char *
rp_outbox_state(GVariant *message)
{
	static const struct {
		const char *state, *words;
	} states[] = {
		{"queued", N_("About to be sent")},
		{"sending", N_("Being sent")},
		{"held", N_("Held")},
		{"deferred", N_("Waits for its next try")},
		{"failed", N_("Can't be delivered")},
	};
	const char *state = rp_outbox_text(message, "state");

	for (guint i = 0; i < G_N_ELEMENTS(states); i++)
		if (g_str_equal(states[i].state, state))
			return _(states[i].words);
	return "";
}

static void
add_reasons(GString *text, GVariant *recipient)
{
	g_autoptr(GVariant) reasons = rp_outbox_list(recipient, "reasons");

	for (gsize i = 0; i < g_variant_n_children(reasons); i++) {
		g_autoptr(GVariant) reason = g_variant_get_child_value(reasons, i);
		const char *sentence = rp_outbox_text(reason, "text");

		if (*sentence && !strstr(text->str, sentence))
			g_string_append_printf(text, "%s%s", text->len ? "\n" : "", sentence);
	}
}

/* What a server said last, where no reason is told. */
static void
add_reply(GString *text, GVariant *recipient)
{
	const char *reply = rp_outbox_text(recipient, "reply");

	if (!text->len && *reply)
		g_string_append_printf(text, "%s %s", rp_outbox_text(recipient, "code"), reply);
}

char *
rp_outbox_reasons(GVariant *message)
{
	g_autoptr(GVariant) recipients = rp_outbox_list(message, "recipients");
	GString *text = g_string_new(NULL);

	for (gsize i = 0; i < g_variant_n_children(recipients); i++) {
		g_autoptr(GVariant) recipient = g_variant_get_child_value(recipients, i);

		add_reasons(text, recipient);
		add_reply(text, recipient);
	}
	g_autofree char *general = g_string_free(text, FALSE);
	return rp_remedy_with_id(general, rp_outbox_text(message, "id"));
}

char *
rp_outbox_place(GVariant *place)
{
	const char *state = place ? rp_outbox_text(place, "state") : "";
	g_autofree const char **inside = NULL;
	g_autofree char *titles = NULL;

	if (!place)
		return g_strdup("");
	if (g_str_equal(state, "offline"))
		return g_strdup(_("Offline"));
	if (g_str_equal(state, "portal"))
		return g_strdup(_("Behind a portal"));
	if (g_str_equal(state, "starting") || g_str_equal(state, "checking"))
		return g_strdup(_("Looking at the network"));
	if (!g_variant_lookup(place, "titles", "^a&s", &inside) || !inside[0])
		return g_strdup(_("Inside no provider"));
	titles = g_strjoinv(C_("list", ", "), (char **)inside);
	return g_strdup_printf(_("Inside %s"), titles);
}
