/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import-msmtp.h"
#include "roampost/language.h"

#include <string.h>

/* msmtp's configuration file: a command a line, grouped by `account`, with `defaults` before. */

static void
setting_free(gpointer data)
{
	RpMsmtpSetting *setting = data;

	rp_secret_free(setting->argument);
	g_free(setting);
}

static void
account_free(gpointer data)
{
	RpMsmtpAccount *account = data;

	g_hash_table_unref(account->settings);
	g_array_unref(account->evals);
	g_free(account->alias_of);
	g_free(account->name);
	g_free(account);
}

static GHashTable *
settings_new(void)
{
	return g_hash_table_new_full(g_str_hash, g_str_equal, g_free, setting_free);
}

static void
settings_put(GHashTable *settings, const char *command, const char *argument, guint line)
{
	RpMsmtpSetting *setting = g_new0(RpMsmtpSetting, 1);
	char *key = g_strdup(command);

	setting->command = key;
	setting->argument = g_strdup(argument);
	setting->line = line;
	g_hash_table_replace(settings, key, setting);
}

static void
settings_copy(GHashTable *to, GHashTable *from)
{
	GHashTableIter iter;
	gpointer value;

	g_hash_table_iter_init(&iter, from);
	while (g_hash_table_iter_next(&iter, NULL, &value)) {
		const RpMsmtpSetting *setting = value;

		settings_put(to, setting->command, setting->argument, setting->line);
	}
}

const char *
rp_msmtp_get(const RpMsmtpAccount *account, const char *command)
{
	const RpMsmtpSetting *setting = g_hash_table_lookup(account->settings, command);

	return setting != NULL && *setting->argument != '\0' ? setting->argument : NULL;
}

guint
rp_msmtp_line_of(const RpMsmtpAccount *account, const char *command)
{
	const RpMsmtpSetting *setting = g_hash_table_lookup(account->settings, command);

	return setting != NULL ? setting->line : account->line;
}

gboolean
rp_msmtp_is_on(const RpMsmtpAccount *account, const char *command, gboolean fallback)
{
	const RpMsmtpSetting *setting = g_hash_table_lookup(account->settings, command);

	/* A switch without an argument is on. A comment behind it is none to msmtp, but meant. */
	return setting != NULL ? strcspn(setting->argument, " \t#") != strlen("off") ||
					 !g_str_has_prefix(setting->argument, "off")
			       : fallback;
}

/* ---- reading ---- */

const RpMsmtpAccount *
rp_msmtp_conf_find(const RpMsmtpConf *conf, const char *name)
{
	for (guint i = 0; i < conf->accounts->len; i++)
		if (strcmp(((RpMsmtpAccount *)conf->accounts->pdata[i])->name, name) == 0)
			return conf->accounts->pdata[i];
	return NULL;
}

static RpMsmtpAccount *
add_account(RpMsmtpConf *conf, const char *name, guint line)
{
	RpMsmtpAccount *account = g_new0(RpMsmtpAccount, 1);

	account->name = g_strdup(name);
	account->line = line;
	account->settings = settings_new();
	account->evals = g_array_new(FALSE, FALSE, sizeof(guint));
	g_ptr_array_add(conf->accounts, account);
	conf->current = account;
	conf->has_begun = TRUE;
	return account;
}

static void
inherit(RpMsmtpAccount *account, GHashTable *settings, const GArray *evals)
{
	settings_copy(account->settings, settings);
	g_array_append_vals(account->evals, evals->data, evals->len);
}

/* account NAME [: PARENT[,PARENT]...] */
static void
begin_account(RpMsmtpConf *conf, const char *argument, guint line)
{
	g_auto(GStrv) parts = g_strsplit(argument, ":", 2);
	g_auto(GStrv) parents =
		g_strsplit(parts[0] != NULL && parts[1] != NULL ? parts[1] : "", ",", -1);
	RpMsmtpAccount *account =
		add_account(conf, parts[0] != NULL ? g_strstrip(parts[0]) : "", line);

	inherit(account, conf->defaults, conf->evals);
	for (char **parent = parents; *parent != NULL; parent++) {
		const RpMsmtpAccount *found = rp_msmtp_conf_find(conf, g_strstrip(*parent));

		if (found != NULL)
			inherit(account, found->settings, found->evals);
		else
			rp_import_remark(
				conf->import, line, _("there is no account “%s” above"), *parent);
	}
	if (strcmp(account->name, "default") == 0 && parents[0] != NULL && parents[1] == NULL &&
		rp_msmtp_conf_find(conf, parents[0]) != NULL)
		account->alias_of = g_strdup(parents[0]);
}

static char *
unquote(char *argument)
{
	gsize length = strlen(argument);

	if (length >= 2 && argument[0] == '"' && argument[length - 1] == '"') {
		argument[length - 1] = '\0';
		return argument + 1;
	}
	return argument;
}

static void
put_command(RpMsmtpConf *conf, const char *command, const char *argument, guint number)
{
	RpMsmtpAccount *account = conf->current;

	if (account != NULL)
		g_clear_pointer(&account->alias_of, g_free);
	if (strcmp(command, "eval") == 0)
		g_array_append_val(account != NULL ? account->evals : conf->evals, number);
	else
		settings_put(account != NULL ? account->settings : conf->defaults, command,
			argument, number);
}

static void
read_line(RpMsmtpConf *conf, char *line, guint number)
{
	char *argument = line + strcspn(line, " \t");

	if (*line == '\0' || *line == '#')
		return;
	if (*argument != '\0')
		*argument++ = '\0';
	argument = unquote(g_strstrip(argument));
	if (strcmp(line, "defaults") == 0) {
		conf->current = NULL;
		conf->has_begun = TRUE;
	} else if (strcmp(line, "account") == 0) {
		begin_account(conf, argument, number);
	} else {
		/* What stands before any account is of the one called default. */
		if (!conf->has_begun)
			add_account(conf, "default", number);
		put_command(conf, line, argument, number);
	}
}

/* A file of defaults alone is one account. */
static void
take_defaults(RpMsmtpConf *conf)
{
	if (conf->accounts->len > 0 || !g_hash_table_contains(conf->defaults, "host"))
		return;
	inherit(add_account(conf, "default", 0), conf->defaults, conf->evals);
	rp_import_remark(
		conf->import, 0, _("there is no account here: the defaults are taken for one"));
}

void
rp_msmtp_conf_init(RpMsmtpConf *conf, RpImport *import, const char *text)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);

	*conf = (RpMsmtpConf){.import = import, .defaults = settings_new()};
	conf->accounts = g_ptr_array_new_with_free_func(account_free);
	conf->evals = g_array_new(FALSE, FALSE, sizeof(guint));
	for (guint i = 0; lines[i] != NULL; i++) {
		read_line(conf, g_strstrip(lines[i]), i + 1);
		rp_wipe(lines[i], strlen(lines[i]));
	}
	take_defaults(conf);
}

void
rp_msmtp_conf_clear(RpMsmtpConf *conf)
{
	g_ptr_array_unref(conf->accounts);
	g_array_unref(conf->evals);
	g_hash_table_unref(conf->defaults);
}
