/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "commands.h"
#include "messages.h"

#include "roampost/config.h"
#include "roampost/language.h"
#include "roampost/policy.h"

#include <string.h>

/* The user chooses the set, for as long as we are here or, kept, until told otherwise. */

static gboolean keep;

const GOptionEntry rp_cmd_use_options[] = {
	{"keep", 0, 0, G_OPTION_ARG_NONE, &keep, N_("at every place, until “use auto”"), NULL},
	G_OPTION_ENTRY_NULL,
};

/* ---- mail of other senders ---- */

/* Mail that the set would not carry without that word, and carries with it. */
typedef struct {
	const RpCatalogue *catalogue;
	guint set;
	guint n;
	char *sender; /* of the first */
} Others;

/* Nothing of its own keeps it: it goes as soon as a set takes it. */
static gboolean
waits_for_a_set(const RpQueueMessage *message)
{
	return !message->pin && !message->user_hold && !message->not_before &&
	       message->hold_reason < 0;
}

static void
count_other(RpCli *cli, const RpQueueMessage *message, gpointer data)
{
	const char *from = message->header_from;
	const char *identity = from && *from ? from : message->sender;
	Others *others = data;

	if (!*identity || !waits_for_a_set(message) ||
		rp_policy_may_carry(others->catalogue, others->set, identity))
		return;
	others->n++;
	if (!others->sender)
		others->sender = g_strdup(identity);
}

static void
count_others(RpCli *cli, Others *others)
{
	gboolean failed;
	g_autoptr(RpQueue) queue = rp_cli_read_queue(cli, &failed);

	if (queue)
		rp_cli_each_message(cli, queue,
			1 << RP_MESSAGE_QUEUED | 1 << RP_MESSAGE_HELD | 1 << RP_MESSAGE_DEFERRED,
			count_other, others);
}

/* It is the user's word, and who it concerns is easily forgotten. */
static void
say_others(RpCli *cli, const Others *others, const char *set)
{
	g_autofree char *text = NULL;

	if (others->n == 0)
		return;
	text = g_strdup_printf(
		rp_text_n("%1$u mail of another sender waits (%2$s), and goes through “%3$s” too "
			  "where its rules allow it; “roampost use auto” ends that.",
			"%1$u mails of other senders wait (%2$s, for one), and go through “%3$s” "
			"too where its rules allow it; “roampost use auto” ends that.",
			others->n),
		others->n, others->sender, set);
	rp_cli_print_line(cli, 0, "%s\n", text);
}

int
rp_cmd_use(RpCli *cli, int argc, char **argv)
{
	if (keep && strcmp(argv[1], "auto") == 0)
		return rp_cli_usage(cli, _("use: “auto” can't be kept: it ends what is kept"));
	g_autoptr(RpBusClient) client = rp_cli_connect(cli);
	const RpCatalogue *catalogue = rp_cli_known_providers();
	gint set = catalogue ? rp_catalogue_find_set(catalogue, argv[1]) : -1;
	Others others = {.catalogue = catalogue, .set = (guint)MAX(set, 0)};

	if (client && set >= 0)
		count_others(cli, &others);
	gboolean good = client != NULL && rp_cli_agent_do(cli, client, "UseSet",
						  g_variant_new("(sb)", argv[1], keep));
	if (good)
		say_others(cli, &others, argv[1]);
	g_free(others.sender);
	return good ? RP_EXIT_DONE : RP_EXIT_FAILED;
}
