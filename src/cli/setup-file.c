/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ask.h"
#include "setup.h"

#include "roampost/language.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The user's own configuration file: a set is put in or taken out, the change is shown and then
 * written. */

void
rp_setup_file_clear(RpSetupFile *file)
{
	g_clear_pointer(&file->named, g_free);
	g_clear_pointer(&file->file, g_free);
	g_clear_pointer(&file->edit, rp_config_edit_free);
}

gboolean
rp_setup_file_open(RpCli *cli, RpSetupFile *file)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpSecret) text = NULL;

	file->file = rp_cli_config_file(cli, &file->named);
	if (!file->file)
		return FALSE;
	if (!g_file_get_contents(file->file, &text, NULL, &error) &&
		!g_error_matches(error, G_FILE_ERROR, G_FILE_ERROR_NOENT)) {
		rp_cli_fail_error(cli, error);
		return FALSE;
	}
	file->edit = rp_config_edit_new(text ? text : "");
	return TRUE;
}

/* ---- which set ---- */

/* The set that owns the address, borrowed from the configuration, or NULL. */
static const RpServerSet *
find_owner(RpCatalogue *catalogue, const char *address)
{
	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++) {
		const RpServerSet *set = rp_catalogue_set(catalogue, i);

		for (char **identity = set->identities; *identity; identity++)
			if (g_ascii_strcasecmp(*identity, address) == 0)
				return set;
	}
	return NULL;
}

static gboolean
is_free(const RpSetupFile *file, RpCatalogue *catalogue, const char *name)
{
	g_autofree char *group = g_strconcat("server-set ", name, NULL);

	return rp_catalogue_find_set(catalogue, name) < 0 &&
	       !rp_config_edit_has_group(file->edit, group);
}

/* Of taro@odn.example "odn", or "odn-2" where that is another's. */
static char *
new_name(const RpSetupFile *file, RpCatalogue *catalogue, const char *address)
{
	const char *domain = strrchr(address, '@') + 1;
	g_autofree char *base = g_strndup(domain, strcspn(domain, "."));
	char *name = g_strdup(base);

	for (guint n = 2; !is_free(file, catalogue, name); n++) {
		g_free(name);
		name = g_strdup_printf("%s-%u", base, n);
	}
	return name;
}

static char *
choose_name(RpCli *cli, const RpSetupFile *file, const RpSetupAccount *account)
{
	g_autoptr(RpConfig) config = rp_cli_load_config(cli);
	RpCatalogue *catalogue = config ? rp_config_catalogue(config) : NULL;
	const RpServerSet *owner = config ? find_owner(catalogue, account->address) : NULL;

	if (!config)
		return NULL;
	if (account->name)
		return g_strdup(account->name);
	return owner ? g_strdup(owner->name) : new_name(file, catalogue, account->address);
}

/* ---- putting in ---- */

static gboolean
is_of(const RpImportSet *set, const char *key)
{
	return rp_import_get(set, key) != NULL;
}

/* What said the same before, and would now contradict it. */
static void
drop_outdated(RpConfigEdit *edit, const char *group, const RpImportSet *set)
{
	static const char *const of_smtp[] = {"smtp-tls", "smtp-user", "smtp-auth", "smtp-password",
		"smtp-password-command", "smtp-password-from", NULL};
	static const char *const of_pop[] = {"pop-tls", "pop-user", "pop-auth", "pop-password",
		"pop-password-command", "pop-password-from", NULL};

	for (const char *const *key = of_smtp; *key; key++)
		if (!is_of(set, *key))
			rp_config_edit_set(edit, group, *key, NULL);
	for (const char *const *key = of_pop; is_of(set, "pop") && *key; key++)
		if (!is_of(set, *key))
			rp_config_edit_set(edit, group, *key, NULL);
}

/* A list that has it already stays as it is. */
static void
add_identity(RpConfigEdit *edit, const char *group, const char *address)
{
	const char *old = rp_config_edit_get(edit, group, "identities");
	g_auto(GStrv) elements = g_strsplit(old ? old : "", ";", -1);
	g_autofree char *longer = NULL;

	for (char **element = elements; *element; element++)
		if (g_ascii_strcasecmp(g_strstrip(*element), address) == 0)
			return;
	longer = old && *old
			 ? g_strconcat(old, g_str_has_suffix(old, ";") ? "" : ";", address, NULL)
			 : g_strdup(address);
	rp_config_edit_set(edit, group, "identities", longer);
}

char *
rp_setup_file_add(RpCli *cli, RpSetupFile *file, const RpSetupAccount *account, const char *known,
	const RpSetupLogin *login)
{
	g_autoptr(RpImport) import = rp_import_new(account->address);
	RpImportSet *set = rp_import_add_set(import, "new");
	g_autofree char *name = known ? g_strdup(known) : choose_name(cli, file, account);
	g_autofree char *group = name ? g_strconcat("server-set ", name, NULL) : NULL;

	if (!name)
		return NULL;
	rp_setup_fill_set(import, set, account, login, FALSE);
	drop_outdated(file->edit, group, set);
	add_identity(file->edit, group, account->address);
	for (guint i = 0; i < set->values->len; i++) {
		const RpImportValue *value = set->values->pdata[i];
		g_autoptr(RpSecret) escaped = rp_import_escape(value->value);

		if (strcmp(value->key, "identities") != 0)
			rp_config_edit_set(file->edit, group, value->key, escaped);
	}
	return g_steal_pointer(&name);
}

/* ---- taking out ---- */

gboolean
rp_setup_file_remove(RpCli *cli, RpSetupFile *file, const char *address)
{
	g_autoptr(RpConfig) config = rp_cli_load_config(cli);
	const RpServerSet *owner = config ? find_owner(rp_config_catalogue(config), address) : NULL;
	g_autofree char *group = owner ? g_strconcat("server-set ", owner->name, NULL) : NULL;
	g_autoptr(GString) left = g_string_new(NULL);

	if (!config)
		return FALSE;
	if (!owner || !rp_config_edit_has_group(file->edit, group)) {
		rp_cli_fail(cli,
			owner ? _("%s is in another file than %s: take it out there")
			      : _("no server set of %2$s has the address %1$s"),
			address, file->named);
		return FALSE;
	}
	for (char **identity = owner->identities; *identity; identity++)
		if (g_ascii_strcasecmp(*identity, address) != 0)
			g_string_append_printf(left, "%s%s", left->len ? ";" : "", *identity);
	if (left->len)
		rp_config_edit_set(file->edit, group, "identities", left->str);
	else
		rp_config_edit_remove_group(file->edit, group);
	return TRUE;
}

/* ---- writing ---- */

gboolean
rp_setup_file_confirm(RpCli *cli, const RpSetupFile *file, gboolean ask, gboolean dry_run)
{
	g_autofree char *difference = rp_config_edit_difference(file->edit);

	if (!rp_config_edit_is_changed(file->edit)) {
		rp_cli_print(cli, _("%s says all of this already.\n"), file->named);
		return !dry_run;
	}
	rp_cli_print(cli, "%s:\n%s", file->named, difference);
	fflush(stdout);
	if (dry_run)
		return FALSE;
	if (!ask || rp_cli_ask_yes(cli, TRUE, _("Write this?")))
		return TRUE;
	rp_cli_note(cli, _("nothing is written"));
	return FALSE;
}

gboolean
rp_setup_file_write(RpCli *cli, const RpSetupFile *file)
{
	g_autoptr(RpSecret) text = rp_config_edit_text(file->edit);

	return !rp_config_edit_is_changed(file->edit) ||
	       rp_cli_replace_config(cli, file->file, text);
}
