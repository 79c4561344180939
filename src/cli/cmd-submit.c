/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"
#include "messages.h"
#include "when.h"

#include "roampost/language.h"
#include "roampost/submit.h"
#include "roampost/wake.h"

#include <stdio_ext.h>
#include <string.h>
#include <unistd.h>

/* A message from standard input into the queue; its id is all that comes out. */

static char *submit_from;
static char *submit_set;
static gboolean submit_hold;
static char *submit_not_before;

const GOptionEntry rp_cmd_submit_options[] = {
	{"from", 'f', 0, G_OPTION_ARG_STRING, &submit_from,
		N_("the envelope sender; <> for the empty one"), "ADDRESS"},
	{"set", 0, 0, G_OPTION_ARG_STRING, &submit_set, N_("send it through this server set only"),
		"SET"},
	{"hold", 0, 0, G_OPTION_ARG_NONE, &submit_hold, N_("keep it until “roampost release”"),
		NULL},
	{"not-before", 0, 0, G_OPTION_ARG_STRING, &submit_not_before,
		N_("keep it until then: 2h, 08:30, “2026-11-30 08:30” of here, or with a zone "
		   "2026-11-30T08:30+09:00"),
		"TIME"},
	G_OPTION_ENTRY_NULL,
};

static void
print_id(RpCli *cli, RpMessageId number, const char *local_place)
{
	char id[RP_MESSAGE_ID_SIZE];
	rp_message_id_format(number, id);
	if (!cli->json) {
		if (number != 0)
			rp_cli_print(cli, "%s\n", id);
		if (local_place != NULL)
			rp_cli_note(cli, _("what is for a name of this machine went to %s"),
				local_place);
		return;
	}
	g_autoptr(GString) out = g_string_new(NULL);
	RpJson json;
	rp_json_init(&json, out);
	rp_json_begin_object(&json, NULL);
	rp_json_string(&json, "id", number != 0 ? id : NULL);
	rp_json_string(&json, "local", local_place);
	rp_json_end_object(&json);
	rp_cli_print_json(cli, out->str);
}

/* It is stored: that nobody reads its id does not undo that, and the exit status says so. */
static void
forgive_output(RpCli *cli)
{
	if (fflush(stdout) == 0)
		return;
	rp_cli_note(cli, _("the message is in the queue; its id could not be written"));
	__fpurge(stdout);
	clearerr(stdout);
}

int
rp_cmd_submit(RpCli *cli, int argc, char **argv)
{
	g_autofree char *local_place = NULL;
	RpSubmitRequest request = {
		.sender = g_strcmp0(submit_from, "<>") == 0 ? "" : submit_from,
		.recipients = (const char *const *)argv + 1,
		.pin = submit_set,
		.hold = submit_hold,
		.local_place = &local_place,
	};
	g_autoptr(GError) error = NULL;
	RpMessageId id = 0;
	if (submit_not_before != NULL && !rp_cli_read_when(submit_not_before, g_get_real_time(),
						 &request.not_before, &error))
		return rp_cli_usage(cli, _("submit: --not-before: %s"), error->message);
	if (submit_set != NULL && !rp_cli_set_exists(cli, submit_set))
		return RP_EXIT_FAILED;
	if (submit_from != NULL && strchr(submit_from, '@') == NULL &&
		strcmp(submit_from, "<>") != 0)
		return rp_cli_usage(cli,
			_("submit: --from %s: write an address, or <> for the empty sender"),
			*submit_from != '\0' ? submit_from : "\"\"");
	if (isatty(STDIN_FILENO))
		rp_cli_note(cli, _("reading the message from the terminal; end it with Ctrl-D"));
	rp_signals_as_errors();
	if (!rp_submit_fd(&request, STDIN_FILENO, &id, &error))
		return rp_cli_fail_error(cli, error);
	print_id(cli, id, local_place);
	forgive_output(cli);
	rp_wake_agent();
	return RP_EXIT_DONE;
}
