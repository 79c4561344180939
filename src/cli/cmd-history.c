/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"
#include "history-picture.h"
#include "messages.h"

#include "roampost/language.h"
#include "roampost/mailbox.h"
#include "roampost/remedy.h"
#include "roampost/words.h"

/* What became of messages, those too that are gone; read from the queue, without an agent. */

static char *since_text;
static char *find_text;
static char *picture_file;
static int limit = 50;

const GOptionEntry rp_cmd_history_options[] = {
	{"since", 0, 0, G_OPTION_ARG_STRING, &since_text, N_("only what is younger, as 2h or 7d"),
		"SPAN"},
	{"find", 0, 0, G_OPTION_ARG_STRING, &find_text,
		N_("only what has TEXT in its subject, its addresses or the server's words"),
		"TEXT"},
	{"limit", 'n', 0, G_OPTION_ARG_INT, &limit, N_("the newest N only (50); 0 is all"), "N"},
	{"svg", 0, 0, G_OPTION_ARG_FILENAME, &picture_file,
		N_("draw it, the last 7d without --since, into FILE (- is standard output)"),
		"FILE"},
	G_OPTION_ENTRY_NULL,
};

static void
write_recipients(RpJson *json, char **recipients)
{
	rp_json_begin_array(json, "recipients");
	for (; recipients != NULL && *recipients != NULL; recipients++)
		rp_json_string(json, NULL, *recipients);
	rp_json_end_array(json);
}

static void
write_record(RpJson *json, const RpHistoryRecord *record)
{
	char id[RP_MESSAGE_ID_SIZE];
	g_autofree char *time = rp_time_format(record->time);
	rp_json_begin_object(json, NULL);
	rp_json_string(json, "time", time);
	rp_json_string(json, "event", rp_history_event_name(record->event));
	rp_json_string(json, "id", rp_message_id_format(record->id, id));
	rp_json_string(json, "sender", record->sender);
	rp_json_string(json, "subject", record->subject);
	write_recipients(json, record->recipients);
	rp_json_int(json, "n-recipients", record->n_recipients);
	rp_json_string(json, "set", record->set);
	rp_json_string(json, "provider", record->provider);
	rp_json_string(json, "text", record->text);
	rp_json_string(json, "sent-as", record->sent_as);
	rp_json_string(json, "from-as", record->from_as);
	rp_json_end_object(json);
}

static void
print_json(RpCli *cli, GPtrArray *records)
{
	g_autoptr(GString) out = g_string_new(NULL);
	RpJson json;
	rp_json_init(&json, out);
	rp_json_begin_array(&json, NULL);
	for (guint i = 0; records != NULL && i < records->len; i++)
		write_record(&json, records->pdata[i]);
	rp_json_end_array(&json);
	rp_cli_print_json(cli, out->str);
}

/* "to a@x.example", "to a@x.example and 3 more"; without names, of an older version, how many. */
static char *
format_recipients(const RpHistoryRecord *record)
{
	const char *named = record->recipients != NULL ? record->recipients[0] : NULL;
	g_autofree char *first = named != NULL ? rp_mailbox_shown(named) : NULL;
	guint others = record->n_recipients - 1;
	if (first == NULL)
		return g_strdup_printf(
			rp_text_n("%u recipient", "%u recipients", record->n_recipients),
			record->n_recipients);
	if (record->n_recipients > 1)
		return g_strdup_printf(
			rp_text_n("to %1$s and %2$u more", "to %1$s and %2$u more", others), first,
			others);
	return g_strdup_printf(_("to %s"), first);
}

/* Whose mail, and to whom. */
static char *
format_mail(const RpHistoryRecord *record)
{
	g_autofree char *recipients = format_recipients(record);
	const char *subject = record->subject != NULL ? record->subject : "";
	if (record->sender == NULL && *subject != '\0')
		return g_strdup_printf(_("“%1$s” %2$s"), subject, recipients);
	if (record->sender == NULL)
		return g_steal_pointer(&recipients);
	g_autofree char *sender =
		*record->sender != '\0' ? rp_mailbox_shown(record->sender) : g_strdup("<>");
	if (*subject != '\0')
		/* TRANSLATORS: subject, sender, and "to ...". */
		return g_strdup_printf(_("“%1$s” from %2$s %3$s"), subject, sender, recipients);
	return g_strdup_printf(_("from %1$s %2$s"), sender, recipients);
}

/* And as whose, where the set had another sender for it. */
static char *
format_sent(const RpHistoryRecord *record)
{
	g_autofree char *mail = format_mail(record);
	if (record->sent_as == NULL)
		return g_steal_pointer(&mail);
	g_autofree char *sender = rp_mailbox_shown(record->sent_as);
	return g_strdup_printf(record->from_as != NULL ? _("%1$s, sent as %2$s, in From too")
						       : _("%1$s, sent as %2$s"),
		mail, sender);
}

static char *
format_about(const RpHistoryRecord *record)
{
	g_autofree char *mail = format_sent(record);
	g_autofree char *general = rp_words_shown(record->text);
	char id[RP_MESSAGE_ID_SIZE];
	g_autofree char *text =
		general != NULL ? rp_remedy_with_id(general, rp_message_id_format(record->id, id))
				: NULL;
	return text != NULL && *text != '\0' ? g_strdup_printf(_("%1$s: %2$s"), mail, text)
					     : g_steal_pointer(&mail);
}

static void
add_row(RpCliTable *table, const RpHistoryRecord *record)
{
	char id[RP_MESSAGE_ID_SIZE];
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(record->time / G_USEC_PER_SEC);
	g_autoptr(GDateTime) local = g_date_time_to_local(utc);
	g_autofree char *time = g_date_time_format(local, "%m-%d %H:%M");
	const char *event = rp_history_event_name(record->event);
	g_autofree char *about = format_about(record);
	rp_cli_table_add(table, time, rp_message_id_format(record->id, id),
		rp_cli_state_word(event), record->set != NULL ? record->set : "", about);
	rp_cli_table_colour(table, 2, rp_cli_state_colour(event));
}

static void
print_people(RpCli *cli, GPtrArray *records)
{
	if (records == NULL || records->len == 0) {
		rp_cli_print(cli, find_text != NULL || since_text != NULL
					  ? _("The history has nothing like that.\n")
					  : _("There is no history yet.\n"));
		return;
	}
	g_autoptr(RpCliTable) table =
		rp_cli_table_new(_("TIME"), _("ID"), _("WHAT"), _("SET"), _("ABOUT"), NULL);
	for (guint i = 0; i < 3; i++)
		rp_cli_table_keep_whole(table, i);
	for (guint i = 0; i < records->len; i++)
		add_row(table, records->pdata[i]);
	rp_cli_table_print(cli, table);
}

int
rp_cmd_history(RpCli *cli, int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	gint64 span = 0;
	gboolean failed;
	if (since_text != NULL && !rp_span_parse(since_text, &span, &error))
		return rp_cli_usage(cli, "%s", error->message);
	if (limit < 0)
		return rp_cli_usage(cli, _("history: --limit is a number, 0 for all"));
	if (picture_file != NULL && cli->json)
		return rp_cli_usage(cli, _("history: either --svg or --json"));
	const RpHistoryQuery query = {
		.since = since_text != NULL ? g_get_real_time() - span : 0,
		.text = find_text,
		.limit = (guint)limit,
	};
	g_autoptr(RpQueue) queue = rp_cli_read_queue(cli, &failed);
	if (failed)
		return RP_EXIT_FAILED;
	if (picture_file != NULL)
		return rp_cli_draw_history(cli, queue, &query, picture_file);
	g_autoptr(GPtrArray) records =
		queue != NULL ? rp_queue_load_history(queue, &query, &error) : NULL;
	if (error != NULL)
		return rp_cli_fail_error(cli, error);
	if (cli->json)
		print_json(cli, records);
	else
		print_people(cli, records);
	return RP_EXIT_DONE;
}
