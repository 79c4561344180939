/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "change.h"
#include "commands.h"
#include "messages.h"
#include "values.h"

#include "roampost/language.h"

#include <string.h>

/* What the user has held, or a server turned away, goes on. Of what waits for something else it is
 * said what that is, before, where a release would change nothing, and after it: silence would look
 * as if the mail went. */

/* What a server turned away is to be tried: the agent hears of it by the bell. */
static void
forget_rejections(RpQueueChange *change)
{
	rp_change_forget_failures(change, NULL, RP_FAILURE_REJECTED);
}

static gboolean
names_release(GVariant *reason)
{
	g_autoptr(GVariant) ways = rp_cli_value_array(reason, "unlock", "a(ss)");
	const char *kind;
	const char *subject;
	GVariantIter iter;

	g_variant_iter_init(&iter, ways);
	while (g_variant_iter_next(&iter, "(&s&s)", &kind, &subject))
		if (strcmp(kind, rp_unlock_kind_name(RP_UNLOCK_USER_RELEASE)) == 0 &&
			*subject == '\0')
			return TRUE;
	return FALSE;
}

/* One of its reasons is one that a release ends. */
static gboolean
can_be_released(const RpQueueMessage *message)
{
	g_autoptr(GVariant) view = rp_cli_message_view(message);
	g_autoptr(GVariant) recipients = rp_cli_value_array(view, "recipients", "aa{sv}");

	if (message->user_hold || message->not_before != 0)
		return TRUE;
	for (gsize i = 0; i < g_variant_n_children(recipients); i++) {
		g_autoptr(GVariant) recipient = g_variant_get_child_value(recipients, i);
		g_autoptr(GVariant) reasons = rp_cli_value_array(recipient, "reasons", "aa{sv}");

		for (gsize k = 0; k < g_variant_n_children(reasons); k++) {
			g_autoptr(GVariant) reason = g_variant_get_child_value(reasons, k);

			if (names_release(reason))
				return TRUE;
		}
	}
	return FALSE;
}

static void
say_why_not(RpCli *cli, const char *word, const RpQueueMessage *message)
{
	g_autofree char *why = rp_cli_message_text(message);

	g_autofree char *text =
		g_strdup_printf(_("%1$s is %2$s, and that is nothing that a release ends. %3$s"),
			word, rp_cli_state_word(rp_message_state_name(message->state)), why);

	rp_cli_fail(cli, "%s", g_strchomp(text));
}

/* Those that a release does something for, or of which it is not known: `*all` is FALSE where
 * others were left out, which has been said. */
static char **
releasable(RpCli *cli, RpQueue *queue, char **words, gboolean *all)
{
	g_autoptr(GStrvBuilder) some = g_strv_builder_new();

	for (*all = TRUE; *words != NULL; words++) {
		RpMessageId id;
		g_autoptr(RpQueueMessage) message = rp_queue_resolve(queue, *words, &id, NULL)
							    ? rp_queue_get(queue, id, NULL)
							    : NULL;

		if (message == NULL || can_be_released(message)) {
			g_strv_builder_add(some, *words);
			continue;
		}
		*all = FALSE;
		say_why_not(cli, *words, message);
	}
	return g_strv_builder_end(some);
}

/* An agent that runs has planned it anew when it answers. */
static int
release(RpCli *cli, char **words)
{
	g_autoptr(RpBusClient) client = rp_bus_client_new(NULL);

	if (client == NULL || !rp_bus_client_has_agent(client))
		return rp_cli_change_messages(cli, words, rp_change_release, forget_rejections);
	return rp_cli_agent_change(cli, client, "release", words) && rp_cli_print_held(cli, words)
		       ? RP_EXIT_DONE
		       : RP_EXIT_FAILED;
}

int
rp_cmd_release(RpCli *cli, int argc, char **argv)
{
	gboolean failed;
	gboolean all = TRUE;
	g_auto(GStrv) named = rp_cli_like(cli, argv + 1);
	if (named == NULL)
		return RP_EXIT_FAILED;
	g_autoptr(RpQueue) queue = rp_cli_read_queue(cli, &failed);
	g_auto(GStrv) some = queue != NULL ? releasable(cli, queue, named, &all) : NULL;
	char **words = some != NULL ? some : named;
	int status = *words != NULL ? release(cli, words) : RP_EXIT_DONE;

	return all && !failed ? status : RP_EXIT_FAILED;
}
