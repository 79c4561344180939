/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "change.h"
#include "commands.h"

#include "roampost/language.h"
#include "roampost/submit.h"

#include <string.h>
#include "roampost/mailbox.h"

/* Another sender, other recipients: what would free a message that no set takes as it is. */

static char *edit_from;
static char **edit_to;

const GOptionEntry rp_cmd_edit_options[] = {
	{"from", 0, 0, G_OPTION_ARG_STRING, &edit_from, N_("the new sender; <> for the empty one"),
		"ADDRESS"},
	{"to", 0, 0, G_OPTION_ARG_STRING_ARRAY, &edit_to,
		N_("the new recipients, in place of those not yet sent to"), "ADDRESS…"},
	{"like", 0, 0, G_OPTION_ARG_NONE, &rp_cli_with_like,
		N_("and all others that wait for the same reason, as “roampost queue” puts them "
		   "together"),
		NULL},
	G_OPTION_ENTRY_NULL,
};

/* One address for each of a caller's words or more, as in a header; none of them a name of this
 * machine, which no server could take. */
static gboolean
read_addresses(RpCli *cli, const char *text, GPtrArray *into)
{
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) addresses = rp_mailbox_list_read(text, -1, &error);

	if (addresses == NULL) {
		rp_cli_usage(cli, "%s", error->message);
		return FALSE;
	}
	for (char **address = addresses; *address != NULL; address++) {
		if (strchr(*address, '@') == NULL) {
			rp_cli_usage(cli, _("“%s” is no address: %s"), *address,
				rp_mailbox_result_text(RP_MAILBOX_NAME));
			return FALSE;
		}
		g_ptr_array_add(into, g_strdup(*address));
	}
	return TRUE;
}

/* `*sender` stays NULL where none was given. */
static gboolean
read_sender(RpCli *cli, char **sender)
{
	g_autoptr(GPtrArray) one = g_ptr_array_new_with_free_func(g_free);

	if (edit_from == NULL)
		return TRUE;
	if (*edit_from != '\0' && strcmp(edit_from, "<>") != 0 &&
		!read_addresses(cli, edit_from, one))
		return FALSE;
	if (one->len > 1) {
		rp_cli_usage(cli, _("“%s” is more than one address"), edit_from);
		return FALSE;
	}
	*sender = g_strdup(one->len > 0 ? one->pdata[0] : "");
	return TRUE;
}

/* The new recipients; NULL where none were given. */
static gboolean
read_recipients(RpCli *cli, char ***recipients)
{
	g_autoptr(GPtrArray) all = g_ptr_array_new_with_free_func(g_free);

	if (edit_to == NULL)
		return TRUE;
	for (char **to = edit_to; *to != NULL; to++)
		if (!read_addresses(cli, *to, all))
			return FALSE;
	if (all->len == 0) {
		rp_cli_usage(cli, _("--to: %s"), rp_mailbox_result_text(RP_MAILBOX_EMPTY));
		return FALSE;
	}
	g_ptr_array_set_free_func(all, NULL);
	g_ptr_array_add(all, NULL);
	*recipients = (char **)g_ptr_array_free(g_steal_pointer(&all), FALSE);
	return TRUE;
}

static char *new_sender;
static char **new_recipients;

static void
edit(RpQueueChange *change, RpMessageId id)
{
	rp_submit_edit(change, id, new_sender, (const char *const *)new_recipients);
}

/* Several may have had the same wrong sender; recipients are each message's own. */
int
rp_cmd_edit(RpCli *cli, int argc, char **argv)
{
	g_autofree char *sender = NULL;
	g_auto(GStrv) recipients = NULL;
	if (edit_from == NULL && edit_to == NULL)
		return rp_cli_usage(cli, _("edit: say what to change: --from or --to"));
	if (edit_to != NULL && (argc > 2 || rp_cli_with_like))
		return rp_cli_usage(
			cli, _("edit: --to gives one message its recipients: name one ID"));
	if (!read_sender(cli, &sender) || !read_recipients(cli, &recipients))
		return RP_EXIT_USAGE;
	new_sender = sender;
	new_recipients = recipients;
	g_auto(GStrv) words = rp_cli_like(cli, argv + 1);
	return words ? rp_cli_change_messages(cli, words, edit, NULL) : RP_EXIT_FAILED;
}
