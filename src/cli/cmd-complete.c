/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"
#include "messages.h"
#include "output-private.h"

#include <stdio.h>
#include <string.h>

/* What the completion scripts ask while somebody types: the values that a word of the table of
 * commands stands for, a line each, with a TAB and what it is behind it. Without an agent, and
 * silent about what goes wrong: an error would end up in the line that is being typed. */

static void
say(const char *value, const char *what)
{
	g_autofree char *clean = rp_cli_clean(what, FALSE);

	printf("%s\t%s\n", value, clean);
}

static void
say_message(RpCli *cli, const RpQueueMessage *message, gpointer user)
{
	const RpQueueRecipient *first =
		message->recipients->len > 0 ? message->recipients->pdata[0] : NULL;
	char id[RP_MESSAGE_ID_SIZE];
	g_autofree char *what =
		g_strdup_printf("%s: %s → %s", rp_message_state_name(message->state),
			*message->sender ? message->sender : "<>", first ? first->address : "");

	say(rp_message_id_format(message->id, id), what);
}

static void
say_messages(RpCli *cli, RpConfig *config)
{
	g_autoptr(RpQueue) queue = rp_queue_open(NULL, RP_QUEUE_READER, NULL);

	if (queue)
		rp_cli_each_message(cli, queue, 0, say_message, NULL);
}

static void
say_sets(RpCli *cli, RpConfig *config)
{
	const RpCatalogue *catalogue = config ? rp_config_catalogue(config) : NULL;

	for (guint i = 0; catalogue && i < rp_catalogue_n_sets(catalogue); i++) {
		const RpServerSet *set = rp_catalogue_set(catalogue, i);
		const char *identity = set->identities[0];

		say(set->name, identity ? identity : _("server set"));
	}
}

static void
say_providers(RpCli *cli, RpConfig *config)
{
	const RpCatalogue *catalogue = config ? rp_config_catalogue(config) : NULL;

	for (guint i = 0; catalogue && i < rp_catalogue_n_providers(catalogue); i++) {
		const RpProvider *provider = rp_catalogue_provider(catalogue, i);

		say(provider->name, provider->title);
	}
}

static void
say_states(RpCli *cli, RpConfig *config)
{
	for (guint state = 0; state < RP_N_MESSAGE_STATES; state++)
		say(rp_message_state_name((RpMessageState)state), _("messages in this state"));
}

static void
say_commands(RpCli *cli, RpConfig *config)
{
	for (const RpCliCommand *command = cli->commands; command->name; command++)
		if (!(command->flags & RP_CLI_HIDDEN) && !strchr(command->name, ' '))
			say(command->name, command->summary);
}

static void
say_shells(RpCli *cli, RpConfig *config)
{
	say("bash", _("its completion script"));
	say("zsh", _("its completion script"));
	say("fish", _("its completion script"));
}

/* A word in small letters stands for itself. */
static void
say_values_of(RpCli *cli, RpConfig *config, const char *word)
{
	static const struct {
		const char *word;
		void (*say)(RpCli *cli, RpConfig *config);
	} sources[] = {
		{"ID", say_messages},
		{"SET", say_sets},
		{"PROVIDER", say_providers},
		{"STATE", say_states},
		{"COMMAND", say_commands},
		{"SHELL", say_shells},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(sources); i++)
		if (g_str_equal(sources[i].word, word))
			sources[i].say(cli, config);
	if (g_ascii_islower(*word))
		say(word, "");
}

int
rp_cmd_complete(RpCli *cli, int argc, char **argv)
{
	g_auto(GStrv) words = g_strsplit(argv[1], "|", -1);
	g_autoptr(RpConfigSources) sources = rp_config_sources_new();
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(RpConfig) config = rp_config_load(sources, &problems);

	for (char **word = words; *word; word++)
		say_values_of(cli, config, *word);
	return RP_EXIT_DONE;
}
