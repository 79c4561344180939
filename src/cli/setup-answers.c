/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "find-servers.h"
#include "setup.h"

#include "roampost/language.h"
#include "roampost/mailbox.h"

#include <string.h>

/* An address with what was said of it beforehand: by options, which hold for all addresses that
 * are named, and by a file that has a group for each. */

/* ---- an account ---- */

void
rp_setup_account_free(gpointer data)
{
	RpSetupAccount *account = data;

	g_free(account->address);
	g_free(account->name);
	g_free(account->user);
	g_free(account->smtp);
	g_free(account->pop);
	g_free(account->password_file);
	g_free(account->password_command);
	g_free(account->password_store);
	g_free(account->fetch);
	g_free(account->ca_file);
	g_strfreev(account->accept_hosts);
	g_strfreev(account->carries);
	g_clear_pointer(&account->known_in, rp_config_unref);
	g_free(account);
}

/* The agent, which will read it, has another working directory. */
static void
make_absolute(char **path)
{
	g_autofree char *given = *path;

	*path = given ? g_canonicalize_filename(given, NULL) : NULL;
}

/* Looked at before anybody is asked for a password: what is written after a login is written. */
static gboolean
may_carry(char **carries, GError **error)
{
	g_autofree char *list = carries ? g_strjoinv(";", carries) : NULL;

	return !list || rp_config_check_set_value("carries", list, error);
}

static gboolean
is_asked_for(const GPtrArray *accounts, const char *address)
{
	for (guint i = 0; i < accounts->len; i++) {
		const RpSetupAccount *account = accounts->pdata[i];

		if (g_ascii_strcasecmp(account->address, address) == 0)
			return TRUE;
	}
	return FALSE;
}

/* As it is copied, too: "Taro <taro@odn.example>", "mailto:taro@odn.example". */
static char *
read_address(const char *text)
{
	char *address = rp_find_address(text);
	g_auto(GStrv) list = address ? NULL : rp_mailbox_list_read(text, -1, NULL);

	return list && list[0] && !list[1] ? rp_find_address(list[0]) : address;
}

RpSetupAccount *
rp_setup_account_new(
	RpCli *cli, const RpSetupAccount *given, const char *text, const GPtrArray *others)
{
	g_autofree char *address = read_address(text);
	g_autoptr(GError) error = NULL;
	RpSetupAccount *account;

	if (!address || *address == '@') {
		rp_cli_fail(cli, _("“%s” is no mail address: write it as taro@odn.example"), text);
		return NULL;
	}
	if (is_asked_for(others, address)) {
		rp_cli_fail(cli, _("“%s” is there twice: say each address once"), address);
		return NULL;
	}
	if (given->name && rp_config_set_name_fault(given->name)) {
		rp_cli_fail(cli, _("%1$s is “%2$s”: %3$s"), "--name", given->name,
			rp_config_set_name_fault(given->name));
		return NULL;
	}
	if (!may_carry(given->carries, &error)) {
		rp_cli_fail(cli, "%s: %s", "--carries", error->message);
		return NULL;
	}
	account = g_new0(RpSetupAccount, 1);
	account->address = g_steal_pointer(&address);
	account->name = g_strdup(given->name);
	account->user = g_strdup(given->user);
	account->smtp = g_strdup(given->smtp);
	account->pop = g_strdup(given->pop);
	account->password_file = g_strdup(given->password_file);
	account->password_command = g_strdup(given->password_command);
	account->password_store = g_strdup(given->password_store);
	account->fetch = g_strdup(given->fetch);
	account->ca_file = g_strdup(given->ca_file);
	make_absolute(&account->ca_file);
	account->accept_hosts = g_strdupv(given->accept_hosts);
	account->carries = g_strdupv(given->carries);
	account->machine_mail = given->machine_mail;
	account->tell_address = given->tell_address;
	account->untested = given->untested;
	account->no_login = given->no_login;
	account->new_password = given->new_password;
	return account;
}

/* ---- from a file ---- */

typedef enum { TEXT, LIST, YES_OR_NO } AnswerType;

typedef struct {
	const char *key;
	AnswerType type;
	gsize offset;
} AnswerRow;

static const AnswerRow rows[] = {
	{"name", TEXT, G_STRUCT_OFFSET(RpSetupAccount, name)},
	{"user", TEXT, G_STRUCT_OFFSET(RpSetupAccount, user)},
	{"smtp", TEXT, G_STRUCT_OFFSET(RpSetupAccount, smtp)},
	{"pop", TEXT, G_STRUCT_OFFSET(RpSetupAccount, pop)},
	{"fetch", TEXT, G_STRUCT_OFFSET(RpSetupAccount, fetch)},
	{"password-file", TEXT, G_STRUCT_OFFSET(RpSetupAccount, password_file)},
	{"password-command", TEXT, G_STRUCT_OFFSET(RpSetupAccount, password_command)},
	{"password-store", TEXT, G_STRUCT_OFFSET(RpSetupAccount, password_store)},
	{"tls-ca-file", TEXT, G_STRUCT_OFFSET(RpSetupAccount, ca_file)},
	{"accept-host", LIST, G_STRUCT_OFFSET(RpSetupAccount, accept_hosts)},
	{"carries", LIST, G_STRUCT_OFFSET(RpSetupAccount, carries)},
	{"machine-mail", YES_OR_NO, G_STRUCT_OFFSET(RpSetupAccount, machine_mail)},
	{"tell-address", YES_OR_NO, G_STRUCT_OFFSET(RpSetupAccount, tell_address)},
	{"no-login", YES_OR_NO, G_STRUCT_OFFSET(RpSetupAccount, no_login)},
	{"untested", YES_OR_NO, G_STRUCT_OFFSET(RpSetupAccount, untested)},
};

typedef struct {
	const char *path;
	GKeyFile *keys;
	const RpSetupAccount *given;
} Answers;

static gboolean
read_yes_or_no(
	RpCli *cli, const Answers *answers, const char *group, const char *key, gboolean *value)
{
	g_autofree char *text = g_key_file_get_string(answers->keys, group, key, NULL);

	*value = g_strcmp0(text, "yes") == 0;
	if (*value || g_strcmp0(text, "no") == 0)
		return TRUE;
	rp_cli_fail(cli, _("%1$s: [%2$s] %3$s is “%4$s”: write yes or no"), answers->path, group,
		key, text ? text : "");
	return FALSE;
}

static gboolean
read_value(RpCli *cli, const Answers *answers, const char *group, const AnswerRow *row,
	RpSetupAccount *account)
{
	gpointer field = G_STRUCT_MEMBER_P(account, row->offset);

	switch (row->type) {
	case TEXT:
		g_free(*(char **)field);
		*(char **)field = g_key_file_get_string(answers->keys, group, row->key, NULL);
		return TRUE;
	case LIST:
		g_strfreev(*(char ***)field);
		*(char ***)field =
			g_key_file_get_string_list(answers->keys, group, row->key, NULL, NULL);
		return TRUE;
	case YES_OR_NO:
		return read_yes_or_no(cli, answers, group, row->key, field);
	}
	g_assert_not_reached();
}

static gboolean
read_key(RpCli *cli, const Answers *answers, const char *group, const char *key,
	RpSetupAccount *account)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		if (strcmp(key, rows[i].key) == 0)
			return read_value(cli, answers, group, &rows[i], account);
	rp_cli_fail(cli, _("%s: [%s] %s is not known; roampost(1) lists the keys"), answers->path,
		group, key);
	return FALSE;
}

static gboolean
read_group(RpCli *cli, const Answers *answers, const char *group, GPtrArray *accounts)
{
	g_auto(GStrv) names = g_key_file_get_keys(answers->keys, group, NULL, NULL);
	RpSetupAccount *account = rp_setup_account_new(cli, answers->given, group, accounts);
	g_autoptr(GError) error = NULL;

	if (!account)
		return FALSE;
	g_ptr_array_add(accounts, account);
	for (char **name = names; name && *name; name++)
		if (!read_key(cli, answers, group, *name, account))
			return FALSE;
	make_absolute(&account->ca_file);
	if (!may_carry(account->carries, &error)) {
		rp_cli_fail(
			cli, "%s: [%s] %s: %s", answers->path, group, "carries", error->message);
		return FALSE;
	}
	if (!account->name || !rp_config_set_name_fault(account->name))
		return TRUE;
	rp_cli_fail(cli, _("%1$s: [%2$s] name is “%3$s”: %4$s"), answers->path, group,
		account->name, rp_config_set_name_fault(account->name));
	return FALSE;
}

gboolean
rp_setup_read_answers(
	RpCli *cli, const RpSetupAccount *given, const char *path, GPtrArray *accounts)
{
	g_autoptr(GKeyFile) keys = g_key_file_new();
	const Answers answers = {path, keys, given};
	g_autoptr(GError) error = NULL, failure = NULL;
	g_autofree char *text = NULL;
	gsize length = 0;

	if (!rp_file_read(path, &text, &length, &error)) {
		rp_cli_fail_error(cli, error);
		return FALSE;
	}
	if (!g_key_file_load_from_data(keys, text, length, G_KEY_FILE_NONE, &failure)) {
		rp_cli_fail(cli,
			_("%1$s is no file of answers (%2$s): write a line [taro@odn.example] for "
			  "each address, and KEY=VALUE below it"),
			path, failure->message);
		return FALSE;
	}
	g_auto(GStrv) groups = g_key_file_get_groups(keys, NULL);
	if (!*groups) {
		rp_cli_fail(cli,
			_("%s has no address: write a line [taro@odn.example] for each, and "
			  "KEY=VALUE below it"),
			path);
		return FALSE;
	}
	for (char **group = groups; *group; group++)
		if (!read_group(cli, &answers, *group, accounts))
			return FALSE;
	return TRUE;
}

void
rp_setup_fail(RpCli *cli, const RpSetupAccount *account)
{
	if (account->new_password)
		rp_cli_fail(cli, _("%s stays as it is: nothing is changed"), account->address);
	else
		rp_cli_fail(cli, _("%s is not set up: nothing of it is written"), account->address);
}
