/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "ask.h"
#include "commands.h"
#include "import.h"

#include "roampost/config-edit.h"
#include "roampost/language.h"

/* The user says whose network this is, where nothing that is configured tells; of a provider that
 * is not configured either that is all there is to say, so that it is written down by the way. */

static gboolean learn_new;

const GOptionEntry rp_cmd_learn_options[] = {
	{"new", 0, 0, G_OPTION_ARG_NONE, &learn_new,
		N_("write [provider PROVIDER] into the configuration where it is not there"), NULL},
	G_OPTION_ENTRY_NULL,
};

static const char *
nearest_provider(const RpCatalogue *catalogue, const char *name)
{
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (guint i = 0; i < rp_catalogue_n_providers(catalogue); i++)
		g_ptr_array_add(names, rp_catalogue_provider(catalogue, i)->name);
	g_ptr_array_add(names, NULL);
	return rp_nearest(name, (const char *const *)names->pdata);
}

/* FALSE after saying why it is not to be written, and how it would be. */
static gboolean
may_write(RpCli *cli, const RpCatalogue *catalogue, const char *name, const char *file)
{
	const char *nearest = nearest_provider(catalogue, name);
	/* Mistyped, it would be written beside the set that was meant. */
	const char *set = nearest || rp_catalogue_find_set(catalogue, name) >= 0
				  ? NULL
				  : rp_cli_nearest_set(catalogue, name);

	if (learn_new)
		return TRUE;
	if (rp_cli_is_interactive(cli) && !nearest && !set)
		return rp_cli_ask_yes(cli, TRUE,
			_("There is no provider “%1$s” yet. Shall [provider %1$s] be written into "
			  "%2$s?"),
			name, file);
	if (nearest)
		rp_cli_fail(cli,
			_("there is no provider “%1$s”: did you mean “%3$s”? “roampost learn --new "
			  "%1$s” writes [provider %1$s] into %2$s"),
			name, file, nearest);
	else if (set)
		rp_cli_fail(cli,
			_("there is no provider “%1$s”: did you mean that of the server set "
			  "“%3$s”? "
			  "“roampost learn --new %3$s” writes [provider %3$s] into %2$s"),
			name, file, set);
	else
		rp_cli_fail(cli,
			_("there is no provider “%1$s”: “roampost learn --new %1$s” writes "
			  "[provider %1$s] into %2$s"),
			name, file);
	return FALSE;
}

/* A set of the name that names nobody is the provider's own: without it nothing of the set's mail
 * hangs on being there. TRUE: it names him now. */
static gboolean
name_in_set(RpConfigEdit *edit, const char *name)
{
	g_autofree char *set = g_strconcat("server-set ", name, NULL);

	if (!rp_config_edit_has_group(edit, set) || rp_config_edit_get(edit, set, "provider"))
		return FALSE;
	rp_config_edit_set(edit, set, "provider", name);
	return TRUE;
}

static RpReplaced
write_once(RpCli *cli, const char *name, const char *file, gboolean known, gboolean *in_set)
{
	g_autofree char *group = g_strconcat("provider ", name, NULL);
	g_autoptr(RpSecret) before = rp_cli_read_config(cli, file);
	g_autoptr(RpConfigEdit) edit = before ? rp_config_edit_new(before) : NULL;
	g_autoptr(RpSecret) text = NULL;

	if (!before)
		return RP_REPLACE_FAILED;
	if (!known)
		rp_config_edit_set(edit, group, "name", name);
	*in_set = name_in_set(edit, name);
	if (known && !*in_set)
		return RP_REPLACED;
	text = rp_config_edit_text(edit);
	return rp_cli_replace_config(cli, file, before, text);
}

static gboolean
write_provider(RpCli *cli, const RpCatalogue *catalogue, const char *name)
{
	const char *fault = rp_config_set_name_fault(name);
	gboolean known = rp_catalogue_find_provider(catalogue, name) >= 0;
	g_autofree char *named = NULL, *file = NULL;
	RpReplaced replaced = RP_REPLACE_CHANGED;
	gboolean in_set = FALSE;

	if (fault) {
		rp_cli_fail(cli, _("“%1$s” can't be a provider: %2$s"), name, fault);
		return FALSE;
	}
	file = rp_cli_config_file(cli, &named);
	if (!file || !may_write(cli, catalogue, name, named))
		return FALSE;
	while (replaced == RP_REPLACE_CHANGED)
		replaced = write_once(cli, name, file, known, &in_set);
	if (replaced == RP_REPLACED && known && in_set)
		rp_cli_print(cli, _("Into [server-set %1$s] provider=%1$s is written (%2$s).\n"),
			name, named);
	else if (replaced == RP_REPLACED && !known)
		rp_cli_print(cli,
			in_set ? _("[provider %1$s] is written into %2$s, and provider=%1$s into "
				   "[server-set %1$s].\n")
			       : _("[provider %1$s] is written into %2$s.\n"),
			name, named);
	return replaced == RP_REPLACED;
}

/* In other capitals it is the same one, or the agent says which ones it may be. */
static gboolean
is_called(const RpCatalogue *catalogue, const char *name)
{
	g_autofree char *several = NULL;

	return rp_catalogue_called_provider(catalogue, name, &several) >= 0 || several;
}

/* Before anything is written or asked: the agent looks at the place before the name, so that one
 * which it does not know yet is all that is wrong. FALSE after saying what is wrong besides. */
static gboolean
has_learnable_place(RpCli *cli, RpBusClient *client, const char *name)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(GVariant) reply =
		rp_bus_client_call(client, "Learn", g_variant_new("(s)", name), "()", &error);

	if (reply || g_error_matches(error, RP_ERROR, RP_ERROR_NOT_FOUND))
		return TRUE;
	rp_cli_fail_error(cli, error);
	return FALSE;
}

static gboolean
learn(RpCli *cli, RpBusClient *client, const char *name)
{
	return rp_cli_agent_do(cli, client, "Learn", g_variant_new("(s)", name));
}

/* The agent sees the file by itself, but not at once. Beside one that is called so in other
 * capitals its name is another's until it is written, and the place is not asked for. */
static gboolean
write_and_learn(RpCli *cli, RpBusClient *client, const RpCatalogue *catalogue, const char *name)
{
	gboolean other =
		rp_catalogue_find_provider(catalogue, name) < 0 && is_called(catalogue, name);

	return (other || has_learnable_place(cli, client, name)) &&
	       write_provider(cli, catalogue, name) &&
	       rp_cli_agent_do(cli, client, "Reload", NULL) && learn(cli, client, name);
}

int
rp_cmd_learn(RpCli *cli, int argc, char **argv)
{
	g_autoptr(RpBusClient) client = rp_cli_connect(cli);
	g_autoptr(RpConfig) config = client ? rp_cli_load_config(cli) : NULL;
	const RpCatalogue *catalogue = config ? rp_config_catalogue(config) : NULL;
	gboolean good = FALSE;

	if (catalogue && !learn_new && is_called(catalogue, argv[1]))
		good = learn(cli, client, argv[1]);
	else if (catalogue)
		good = write_and_learn(cli, client, catalogue, argv[1]);
	return good ? RP_EXIT_DONE : RP_EXIT_FAILED;
}
