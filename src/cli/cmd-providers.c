/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"
#include "roampost/asn-file.h"
#include "roampost/language.h"
#include "roampost/queue-change.h"
#include "table-source.h"

#include <string.h>

/* The table of AS numbers, made anew of what its sources have. The agent sees by itself that the
 * file is another one. */

/* What is there now, and what is to be. */
typedef struct {
	RpCli *cli;
	const RpAgentOptions *options;
	char **sources;
	char *path;
	RpAsnFacts was;
} Update;

static RpAsnFacts
read_facts(const char *path)
{
	g_autoptr(RpAsnFile) file = rp_asn_file_new(path, NULL, NULL);
	RpAsnTable *table = g_file_test(path, G_FILE_TEST_EXISTS) ? rp_asn_file_table(file) : NULL;

	return table ? rp_asn_table_facts(table) : (RpAsnFacts){.form = "none"};
}

/* geoipupdate's file is not ours to replace. */
static gboolean
is_others(const Update *update, GError **error)
{
	if (!g_str_equal(update->was.form, "MaxMind DB"))
		return FALSE;
	g_set_error(error, RP_ERROR, RP_ERROR_STATE,
		_("%s, which asn-table names, is a MaxMind DB: who put it there updates it, and "
		  "the agent reads it as it is; without asn-table one is kept beside the queue"),
		update->path);
	return TRUE;
}

/* Of what has been fetched; NULL: it is no table. */
static GByteArray *
compile(const Update *update, RpTableSource *const *sources, GError **error)
{
	g_autoptr(RpAsnRows) rows = rp_asn_rows_new();
	g_autofree char *note = rp_table_note(update->options->asn_trust, sources);

	for (guint i = 0; sources[i]; i++) {
		if (rp_asn_rows_read(
			    rows, sources[i]->octets->data, sources[i]->octets->len, error))
			continue;
		g_prefix_error(error, "%s: ", sources[i]->shown);
		return NULL;
	}
	if (rp_asn_rows_n(rows) > 0)
		return rp_asn_rows_compile(rows, g_get_real_time() / G_USEC_PER_SEC, note);
	g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
		_("%s: there is no range of addresses in it: the table stays as it is"),
		sources[0]->shown);
	return NULL;
}

static void
tell(const Update *update, const RpAsnFacts *now, gboolean changed)
{
	g_autoptr(GString) out = g_string_new(NULL);
	gint64 n = (gint64)now->n_ipv4 + now->n_ipv6;
	gint64 before = (gint64)update->was.n_ipv4 + update->was.n_ipv6;
	RpJson json;

	if (update->cli->json) {
		rp_json_init(&json, out);
		rp_json_begin_object(&json, NULL);
		rp_json_string(&json, "file", update->path);
		rp_json_bool(&json, "changed", changed);
		rp_json_int(&json, "ipv4", now->n_ipv4);
		rp_json_int(&json, "ipv6", now->n_ipv6);
		rp_json_int(&json, "names", now->n_names);
		rp_json_end_object(&json);
		rp_cli_print_json(update->cli, out->str);
		return;
	}
	rp_cli_print(update->cli,
		changed ? _("%s: %u ranges of IPv4, %u of IPv6, %u systems by name\n")
			: _("%s: %u ranges of IPv4, %u of IPv6, %u systems by name; nothing has "
			    "changed\n"),
		update->path, now->n_ipv4, now->n_ipv6, now->n_names);
	if (changed && n < before - before / 10)
		rp_cli_note(update->cli,
			_("the table has become smaller: it had %1$.0f ranges, and now %2$.0f"),
			(double)before, (double)n);
}

static int
replace(const Update *update, RpTableSource *const *sources)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GByteArray) table = compile(update, sources, &error);

	if (!table || !rp_asn_file_replace(update->path, table, &error))
		return rp_cli_fail_error(update->cli, error);
	RpAsnFacts now = read_facts(update->path);
	tell(update, &now, TRUE);
	g_free(now.note);
	return RP_EXIT_DONE;
}

static int
fail_to_fetch(const Update *update, const GError *error)
{
	if (!g_error_matches(error, RP_ERROR, RP_ERROR_UNAVAILABLE))
		return rp_cli_fail_error(update->cli, error);
	return rp_cli_fail(update->cli,
		_("%s; the table stays as it is: try it again later, or name a file that another "
		  "program has fetched"),
		error->message);
}

static int
run(const Update *update)
{
	g_autoptr(GPtrArray) sources = g_ptr_array_new_with_free_func(rp_table_source_free);
	gboolean unchanged = FALSE;
	g_autoptr(GError) error = NULL;

	if (is_others(update, &error) ||
		!rp_table_sources_fetch(update->sources, update->options->asn_trust,
			update->was.note, sources, &unchanged, &error))
		return fail_to_fetch(update, error);
	if (unchanged) {
		tell(update, &update->was, FALSE);
		return RP_EXIT_DONE;
	}
	g_ptr_array_add(sources, NULL);
	return replace(update, (RpTableSource *const *)sources->pdata);
}

int
rp_cmd_providers_update(RpCli *cli, int argc, char **argv)
{
	g_autoptr(RpConfig) config = rp_cli_load_config(cli);
	Update update = {.cli = cli};
	int status;

	if (config == NULL)
		return RP_EXIT_FAILED;
	update.options = rp_config_agent(config);
	update.sources = argc > 1 ? argv + 1 : update.options->asn_source;
	if (!*update.sources)
		return rp_cli_usage(
			cli, _("name a file or an https:// URL, or write asn-source= in "
			       "roampost.conf"));
	g_autofree char *state = rp_queue_state_dir(NULL);
	update.path = rp_asn_file_choose(update.options->asn_table, state);
	if (!update.path)
		return rp_cli_fail(
			cli, _("you have no home directory, so there is no place for the "
			       "table: write asn-table= in roampost.conf"));
	update.was = read_facts(update.path);
	status = run(&update);
	g_free(update.was.note);
	g_free(update.path);
	return status;
}
