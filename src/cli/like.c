/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "change.h"
#include "commands.h"

#include "roampost/language.h"

/* Of one message to all that wait for the same: what `queue` says below many can't name them all.
 */

gboolean rp_cli_with_like;

const GOptionEntry rp_cmd_like_options[] = {
	{"like", 0, 0, G_OPTION_ARG_NONE, &rp_cli_with_like,
		N_("and all others that wait for the same reason, as “roampost queue” puts them "
		   "together"),
		NULL},
	G_OPTION_ENTRY_NULL,
};

typedef struct {
	GHashTable *reasons; /* why the named ones wait, "" for no reason */
	GStrvBuilder *all;
} Search;

static void
note_reason(RpQueue *queue, const char *word, const Search *search)
{
	RpMessageId id;
	g_autoptr(RpQueueMessage) message =
		rp_queue_resolve(queue, word, &id, NULL) ? rp_queue_get(queue, id, NULL) : NULL;

	char *reason = message ? rp_cli_message_reason(message) : NULL;

	if (reason && *reason) {
		g_hash_table_add(search->reasons, reason);
		return; /* it is found among them */
	}
	g_strv_builder_add(search->all, word);
	g_free(reason);
}

static void
add_if_alike(RpCli *cli, const RpQueueMessage *message, gpointer user)
{
	const Search *search = user;
	g_autofree char *reason = rp_cli_message_reason(message);
	char id[RP_MESSAGE_ID_SIZE];

	if (*reason && g_hash_table_contains(search->reasons, reason))
		g_strv_builder_add(search->all, rp_message_id_format(message->id, id));
}

char **
rp_cli_like(RpCli *cli, char **words)
{
	gboolean failed = FALSE;
	g_autoptr(RpQueue) queue = rp_cli_with_like ? rp_cli_read_queue(cli, &failed) : NULL;
	g_autoptr(GStrvBuilder) all = g_strv_builder_new();
	g_autoptr(GHashTable) reasons =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Search search = {reasons, all};

	if (failed)
		return NULL;
	if (!queue)
		return g_strdupv(words);
	for (char **word = words; *word; word++)
		note_reason(queue, *word, &search);
	if (!rp_cli_each_message(cli, queue, 0, add_if_alike, &search))
		return NULL;
	return g_strv_builder_end(all);
}
