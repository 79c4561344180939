/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ask.h"
#include "setup.h"

#include "roampost/language.h"
#include "roampost/serverset.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The user's own configuration file: a set is put in or taken out, the change is shown and then
 * written. */

#define SETS "server-set "

void
rp_setup_file_clear(RpSetupFile *file)
{
	g_clear_pointer(&file->named, g_free);
	g_clear_pointer(&file->file, g_free);
	g_clear_pointer(&file->before, rp_secret_free);
	g_clear_pointer(&file->edit, rp_config_edit_free);
	g_clear_pointer(&file->config, rp_config_unref);
	g_clear_pointer(&file->sets, g_strfreev);
}

gboolean
rp_setup_file_open(RpCli *cli, RpSetupFile *file)
{
	file->file = rp_cli_config_file(cli, &file->named);
	file->before = file->file ? rp_cli_read_config(cli, file->file) : NULL;
	if (!file->before)
		return FALSE;
	file->edit = rp_config_edit_new(file->before);
	file->sets = rp_config_edit_groups(file->edit, SETS);
	file->config = rp_cli_load_config(cli);
	return file->config != NULL;
}

/* ---- which set ---- */

/* The elements of a list as they stand in the file. */
static char **
list_in(const RpConfigEdit *edit, const char *group, const char *key)
{
	const char *value = rp_config_edit_get(edit, group, key);
	g_auto(GStrv) elements = g_strsplit(value ? value : "", ";", -1);
	g_autoptr(GStrvBuilder) list = g_strv_builder_new();

	for (char **element = elements; *element; element++)
		if (*g_strstrip(*element))
			g_strv_builder_add(list, *element);
	return g_strv_builder_end(list);
}

static gboolean
is_among(char **list, const char *text)
{
	for (char **element = list; *element; element++)
		if (g_ascii_strcasecmp(*element, text) == 0)
			return TRUE;
	return FALSE;
}

/* As the file is now, with what was put in and taken out so far: the name of the set that owns the
 * address, or NULL. */
static char *
owner_in_file(const RpSetupFile *file, const char *address)
{
	g_auto(GStrv) groups = rp_config_edit_groups(file->edit, SETS);

	for (char **group = groups; *group; group++) {
		g_auto(GStrv) identities = list_in(file->edit, *group, "identities");

		if (is_among(identities, address))
			return g_strdup(*group + strlen(SETS));
	}
	return NULL;
}

const RpServerSet *
rp_setup_owner(const RpSetupFile *file, const char *address)
{
	const RpCatalogue *catalogue = rp_config_catalogue(file->config);

	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++) {
		const RpServerSet *set = rp_catalogue_set(catalogue, i);

		if (is_among(set->identities, address))
			return set;
	}
	return NULL;
}

static const char *
nearest_address(const RpSetupFile *file, const char *address)
{
	const RpCatalogue *catalogue = rp_config_catalogue(file->config);
	g_autoptr(GPtrArray) all = g_ptr_array_new();

	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++) {
		char **identities = rp_catalogue_set(catalogue, i)->identities;

		for (; identities && *identities; identities++)
			g_ptr_array_add(all, *identities);
	}
	g_ptr_array_add(all, NULL);
	return rp_nearest(address, (const char *const *)all->pdata);
}

void
rp_setup_no_owner(RpCli *cli, const RpSetupFile *file, const char *address)
{
	const char *nearest = nearest_address(file, address);

	if (nearest)
		rp_cli_fail(cli,
			_("no server set of %2$s has the address %1$s: did you mean %3$s?"),
			address, file->named, nearest);
	else
		rp_cli_fail(
			cli, _("no server set of %2$s has the address %1$s"), address, file->named);
}

/* Somewhere else than in the sets of this file as it was, or in it as it is now. */
static gboolean
is_taken(gconstpointer user, const char *name)
{
	const RpSetupFile *file = user;
	g_autofree char *group = g_strconcat(SETS, name, NULL);

	return rp_config_edit_has_group(file->edit, group) ||
	       (rp_catalogue_find_set(rp_config_catalogue(file->config), name) >= 0 &&
		       !g_strv_contains((const char *const *)file->sets, group));
}

static char *
choose_name(const RpSetupFile *file, const RpSetupAccount *account)
{
	g_autofree char *here = owner_in_file(file, account->address);
	const RpServerSet *before = rp_setup_owner(file, account->address);

	if (account->name)
		return g_strdup(account->name);
	if (here)
		return g_steal_pointer(&here);
	return before ? g_strdup(before->name)
		      : rp_import_name_for(account->address, is_taken, file);
}

/* ---- putting in ---- */

static gboolean
is_of(const RpImportSet *set, const char *key)
{
	return rp_import_get(set, key) != NULL;
}

/* Where only the password is another, the lines about the rest stay as they were written. */
static gboolean
may_write(const RpSetupAccount *account, const char *key)
{
	return !account->new_password || strstr(key, "-password");
}

/* What said the same before, and would now contradict it. */
static void
drop_outdated(RpConfigEdit *edit, const char *group, const RpSetupAccount *account,
	const RpImportSet *set)
{
	static const char *const of_smtp[] = {"smtp-tls", "smtp-user", "smtp-auth", "smtp-password",
		"smtp-password-command", "smtp-password-from", NULL};
	static const char *const of_pop[] = {"pop-tls", "pop-user", "pop-auth", "pop-password",
		"pop-password-command", "pop-password-from", NULL};

	for (const char *const *key = of_smtp; *key; key++)
		if (!is_of(set, *key) && may_write(account, *key))
			rp_config_edit_set(edit, group, *key, NULL);
	for (const char *const *key = of_pop; is_of(set, "pop") && *key; key++)
		if (!is_of(set, *key) && may_write(account, *key))
			rp_config_edit_set(edit, group, *key, NULL);
}

/* A list that has it already stays as it is. */
static void
add_element(RpConfigEdit *edit, const char *group, const char *key, const char *element)
{
	const char *old = rp_config_edit_get(edit, group, key);
	g_auto(GStrv) elements = list_in(edit, group, key);
	g_autofree char *longer = NULL;

	if (is_among(elements, element))
		return;
	longer = *elements ? g_strconcat(old, g_str_has_suffix(old, ";") ? "" : ";", element, NULL)
			   : g_strdup(element);
	rp_config_edit_set(edit, group, key, longer);
}

/* ---- whose set it is ---- */

static gboolean
is_same_server(const char *one, const char *other, const char *scheme)
{
	RpEndpoint *a = one ? rp_endpoint_parse(one, scheme, NULL) : NULL;
	RpEndpoint *b = other ? rp_endpoint_parse(other, scheme, NULL) : NULL;
	gboolean same = a && b && g_ascii_strcasecmp(a->host, b->host) == 0 && a->port == b->port;

	rp_endpoint_free(a);
	rp_endpoint_free(b);
	return same;
}

/* A set that fetches nothing may begin to. */
static gboolean
is_same_login(const RpConfigEdit *edit, const char *group, const RpImportSet *set)
{
	const char *old_pop = rp_config_edit_get(edit, group, "pop");
	const char *new_pop = rp_import_get(set, "pop");

	if (!is_same_server(
		    rp_config_edit_get(edit, group, "smtp"), rp_import_get(set, "smtp"), "smtp") ||
		g_strcmp0(rp_config_edit_get(edit, group, "smtp-user"),
			rp_import_get(set, "smtp-user")) != 0)
		return FALSE;
	return !old_pop || !new_pop ||
	       (is_same_server(old_pop, new_pop, "pop3") &&
		       g_strcmp0(rp_config_edit_get(edit, group, "pop-user"),
			       rp_import_get(set, "pop-user")) == 0);
}

/* Another address' set is joined where it is the same mailbox; else that address' mail would go out
 * by this one's account. */
static gboolean
may_join(const RpSetupFile *file, const char *name, const RpSetupAccount *account,
	const RpImportSet *set)
{
	g_autofree char *group = g_strconcat(SETS, name, NULL);
	g_auto(GStrv) identities = list_in(file->edit, group, "identities");

	if (!is_taken(file, name))
		return TRUE;
	return is_among(identities, account->address) ||
	       (*identities && is_same_login(file->edit, group, set));
}

static void
say_taken(RpCli *cli, const RpSetupFile *file, const char *name, const RpSetupAccount *account)
{
	g_autofree char *group = g_strconcat(SETS, name, NULL);
	g_auto(GStrv) identities = list_in(file->edit, group, "identities");
	g_autofree char *owners = g_strjoinv(C_("list", ", "), identities);

	if (*owners)
		rp_cli_fail(cli,
			_("%1$s: the set %2$s belongs to %3$s, with another server or login: "
			  "choose another name"),
			account->address, name, owners);
	else
		rp_cli_fail(cli,
			_("%1$s: there is a set %2$s already, which is not this address' own: "
			  "choose another name"),
			account->address, name);
}

gboolean
rp_setup_file_may_add(RpCli *cli, const RpSetupFile *file, const RpSetupAccount *account,
	const RpSetupServers *servers)
{
	g_autofree char *name = choose_name(file, account);
	g_autofree char *group = g_strconcat(SETS, name, NULL);
	g_autoptr(RpImport) import = rp_import_new(account->address);
	const char *user = rp_config_edit_get(file->edit, group, "smtp-user");

	for (guint i = 0; i < servers->smtp->len; i++) {
		RpImportSet *set = rp_import_add_set(import, "new");

		/* The login finds out by which name, where none was said. */
		rp_import_set_smtp(set, servers->smtp->pdata[i]);
		rp_import_set(set, "smtp-user", account->user ? account->user : user);
		if (may_join(file, name, account, set))
			return TRUE;
	}
	say_taken(cli, file, name, account);
	return FALSE;
}

/* The file may have changed since the set was found in it. */
static gboolean
is_still_known(RpCli *cli, const RpSetupFile *file, const RpSetupAccount *account)
{
	g_autofree char *owner = owner_in_file(file, account->address);

	if (!account->new_password || owner)
		return TRUE;
	rp_setup_no_owner(cli, file, account->address);
	return FALSE;
}

static gboolean
has_full_identity(const RpSetupFile *file, const char *group)
{
	g_auto(GStrv) identities = list_in(file->edit, group, "identities");
	char **identity = identities;

	while (*identity && **identity == '@')
		identity++;
	return *identity != NULL;
}

/* Mail without a sender has been that address' own until now. A new set is written last, and
 * changes nothing about that; one that was written before that address' and had none of its own
 * would. */
static void
keep_default_identity(RpSetupFile *file, const char *group)
{
	const char *before = rp_config_agent(file->config)->default_identity;

	if (before && rp_config_edit_has_group(file->edit, group) &&
		!has_full_identity(file, group) &&
		!rp_config_edit_get(file->edit, "agent", "default-identity"))
		rp_config_edit_set(file->edit, "agent", "default-identity", before);
}

/* A provider of the set's name, written when its network was taught, is the set's own: also where
 * the set was taken out meanwhile. */
static void
name_provider(RpConfigEdit *edit, const char *group, const char *name)
{
	g_autofree char *provider = g_strconcat("provider ", name, NULL);

	if (!rp_config_edit_has_group(edit, group) && rp_config_edit_has_group(edit, provider))
		rp_config_edit_set(edit, group, "provider", name);
}

char *
rp_setup_file_add(RpCli *cli, RpSetupFile *file, const RpSetupAccount *account, const char *known,
	const RpSetupLogin *login)
{
	g_autoptr(RpImport) import = rp_import_new(account->address);
	RpImportSet *set = rp_import_add_set(import, "new");
	g_autofree char *name = known ? g_strdup(known) : choose_name(file, account);
	g_autofree char *group = g_strconcat(SETS, name, NULL);

	rp_setup_fill_set(set, account, login, FALSE);
	if (!is_still_known(cli, file, account))
		return NULL;
	if (!may_join(file, name, account, set)) {
		say_taken(cli, file, name, account);
		return NULL;
	}
	drop_outdated(file->edit, group, account, set);
	keep_default_identity(file, group);
	name_provider(file->edit, group, name);
	add_element(file->edit, group, "identities", account->address);
	for (guint i = 0; i < set->values->len; i++) {
		const RpImportValue *value = set->values->pdata[i];
		g_autoptr(RpSecret) escaped = rp_import_escape(value->value);

		if (strcmp(value->key, "identities") != 0 && may_write(account, value->key))
			rp_config_edit_set(file->edit, group, value->key, escaped);
	}
	return g_steal_pointer(&name);
}

void
rp_setup_file_carry(RpSetupFile *file, const char *name, const char *senders)
{
	g_autofree char *group = g_strconcat(SETS, name, NULL);
	const char *old = rp_config_edit_get(file->edit, group, "carries");

	/* “any” and “own” stand alone, or not at all. */
	if (g_strcmp0(old, "any") == 0 || strcmp(senders, "own") == 0)
		return;
	if (g_strcmp0(old, "own") == 0 || strcmp(senders, "any") == 0)
		rp_config_edit_set(file->edit, group, "carries", senders);
	else
		add_element(file->edit, group, "carries", senders);
}

gboolean
rp_setup_file_carries(const RpSetupFile *file, const char *name, const char *senders)
{
	g_autofree char *group = g_strconcat(SETS, name, NULL);
	g_auto(GStrv) old = list_in(file->edit, group, "carries");

	return is_among(old, "any") || is_among(old, senders);
}

/* ---- taking out ---- */

static void
take_out(RpSetupFile *file, const char *set, const char *address)
{
	g_autofree char *group = g_strconcat(SETS, set, NULL);
	g_auto(GStrv) identities = list_in(file->edit, group, "identities");
	g_autoptr(GString) left = g_string_new(NULL);

	for (char **identity = identities; *identity; identity++)
		if (g_ascii_strcasecmp(*identity, address) != 0)
			g_string_append_printf(left, "%s%s", left->len ? ";" : "", *identity);
	if (left->len)
		rp_config_edit_set(file->edit, group, "identities", left->str);
	else
		rp_config_edit_remove_group(file->edit, group);
}

/* Several sets may have it, which differ in their rules. */
gboolean
rp_setup_file_remove(RpCli *cli, RpSetupFile *file, const char *address)
{
	char *owner = owner_in_file(file, address);

	if (!owner) {
		if (rp_setup_owner(file, address))
			rp_cli_fail(cli, _("%s is in another file than %s: take it out there"),
				address, file->named);
		else
			rp_setup_no_owner(cli, file, address);
		return FALSE;
	}
	for (; owner; owner = owner_in_file(file, address)) {
		take_out(file, owner, address);
		g_free(owner);
	}
	return TRUE;
}

/* ---- writing ---- */

gboolean
rp_setup_file_confirm(
	RpCli *cli, const RpSetupFile *file, gboolean ask, gboolean with_password, gboolean dry_run)
{
	g_autofree char *difference = rp_config_edit_difference(file->edit);

	if (!rp_config_edit_is_changed(file->edit)) {
		rp_cli_print(cli, _("%s says all of this already.\n"), file->named);
		return !dry_run;
	}
	g_strdelimit(difference, "\033", '?'); /* rp_cli_print lets our own colours through */
	rp_cli_print(cli, "%s:\n%s", file->named, difference);
	fflush(stdout);
	if (dry_run)
		return FALSE;
	if (!ask || rp_cli_ask_yes(cli, TRUE, "%s",
			    with_password ? _("The password is in it now, not in the keyring. "
					      "Write this?")
					  : _("Write this?")))
		return TRUE;
	rp_cli_note(cli, _("nothing is written"));
	return FALSE;
}

RpReplaced
rp_setup_file_write(RpCli *cli, const RpSetupFile *file)
{
	g_autoptr(RpSecret) text = rp_config_edit_text(file->edit);

	return rp_config_edit_is_changed(file->edit)
		       ? rp_cli_replace_config(cli, file->file, file->before, text)
		       : RP_REPLACED;
}
