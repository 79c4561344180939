/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config-private.h"

#include "roampost/language.h"

#include <string.h>

/* One group's entries into its object: each value is read by the option table, and kept as
 * `config show` has it. */

static void
setting_free(gpointer data)
{
	RpConfigSetting *setting = data;

	g_free(setting->group);
	g_free(setting->value);
	g_free(setting->file);
	g_free(setting);
}

/* Each element as a URL is shown. */
static char *
without_keys(const char *list)
{
	g_auto(GStrv) parts = g_strsplit(list, ";", -1);

	for (char **part = parts; *part; part++) {
		char *shown = rp_url_shown(*part);

		g_free(*part);
		*part = shown;
	}
	return g_strjoinv(";", parts);
}

static char *
shown_value(const Option *option, const char *text)
{
	if ((option->flags & OPTION_SECRET) && *text != '\0')
		return g_strdup("****");
	return option->flags & OPTION_URLS ? without_keys(text) : g_strdup(text);
}

static void
add_setting(GPtrArray *settings, const Group *group, const Option *option, const Entry *entry,
	const char *text)
{
	RpConfigSetting *setting = g_new0(RpConfigSetting, 1);

	setting->group = g_strdup(group->title);
	setting->key = option->key;
	setting->value = shown_value(option, text);
	setting->file = entry ? g_strdup(entry->origin.file) : NULL;
	setting->line = entry ? entry->origin.line : 0;
	g_ptr_array_add(settings, setting);
}

const Entry *
written_entry(const Group *group, const Option *option)
{
	const Entry *entry = g_hash_table_lookup(group->entries, option);

	return entry && *entry->text != '\0' ? entry : NULL;
}

/* The value that counts, with its list where the option is one. */
static Value
effective_value(const Option *option, const Entry *entry)
{
	Value value = {.text = entry ? entry->text : option->fallback};

	if (option->flags & OPTION_LIST)
		value.list = entry ? g_strdupv(entry->list) : value_split(option->fallback);
	return value;
}

/* With blanks where a list has semicolons: each word by itself would be an element. */
static gboolean
is_several(const Option *option, const char *text, gpointer object)
{
	g_autofree char *divided = g_strdelimit(g_strdup(text), " \t", ';');
	g_auto(GStrv) words = value_split(divided);
	const Value value = {.text = text, .list = words};
	g_autoptr(GError) error = NULL;

	return g_strv_length(words) > 1 && option->type->parse(option, &value, object, &error);
}

/* What a value that can't be read is meant to be, nearly always. */
static const char *
form_hint(const Option *option, const char *text, gpointer object)
{
	if (strstr(text, " ;") || strstr(text, " #") || strstr(text, "\t;") || strstr(text, "\t#"))
		return _(" (a comment must stand on a line of its own)");
	if (wording_is_quoted(text))
		return _(" (leave the quotes out)");
	if ((option->flags & OPTION_LIST) &&
		(strchr(text, ',') || is_several(option, text, object)))
		return _(" (the elements of a list are separated by ;)");
	return "";
}

static void
complain(Reading *reading, const Group *group, const Option *option, const char *text,
	gpointer object, const GError *error)
{
	problem_add_key(reading, RP_CONFIG_ERROR, group, option->key, "%s%s", error->message,
		form_hint(option, text, object));
}

/* Each bad element by itself, or the list as a whole where none is bad alone. */
static void
complain_of_list(Reading *reading, const Group *group, const Option *option, const Value *value,
	gpointer object, const GError *whole)
{
	gboolean any = FALSE;

	for (char **element = value->list; *element; element++) {
		char *one[] = {*element, NULL};
		const Value alone = {.text = *element, .list = one};
		g_autoptr(GError) error = NULL;

		if (option->type->parse(option, &alone, object, &error))
			continue;
		complain(reading, group, option, *element, object, error);
		any = TRUE;
	}
	if (!any)
		complain(reading, group, option, value->text, object, whole);
}

gboolean
rp_config_check_set_value(const char *key, const char *text, GError **error)
{
	const Option *option = option_find(GROUP_SET, key);
	g_autoptr(RpServerSet) set = rp_server_set_new("");
	g_auto(GStrv) list = option->flags & OPTION_LIST ? value_split(text) : NULL;
	const Value value = {.text = text, .list = list};

	return wording_check(option, &value, error) &&
	       option->type->parse(option, &value, set, error);
}

static void
build_option(Reading *reading, const Group *group, const Option *option, gpointer object,
	GChecksum *revision, GPtrArray *settings)
{
	const Entry *entry = written_entry(group, option);
	Value value = effective_value(option, entry);
	g_auto(GStrv) list = value.list;
	g_autoptr(RpSecret) shown = list ? g_strjoinv(";", list) : g_strdup(value.text);
	g_autoptr(GError) error = NULL;

	if (!wording_check(option, &value, &error)) {
		problem_add_key(reading, RP_CONFIG_ERROR, group, option->key, "%s", error->message);
	} else if (!option->type->parse(option, &value, object, &error)) {
		if (list)
			complain_of_list(reading, group, option, &value, object, error);
		else
			complain(reading, group, option, value.text, object, error);
	} else {
		wording_warn(reading, group, option, &value);
	}
	if (option->flags & OPTION_REVISION) {
		g_checksum_update(revision, (const guchar *)option->key, -1);
		g_checksum_update(revision, (const guchar *)"=", 1);
		/* With the final NUL, so that no two sequences of values look alike. */
		g_checksum_update(revision, (const guchar *)shown, (gssize)strlen(shown) + 1);
	}
	add_setting(settings, group, option, entry, shown);
}

char *
build_object(Reading *reading, const Group *group, gpointer object, GPtrArray *settings)
{
	g_autoptr(GChecksum) revision = g_checksum_new(G_CHECKSUM_SHA256);

	for (guint i = 0; i < n_options; i++)
		if (options[i].group == group->kind)
			build_option(reading, group, &options[i], object, revision, settings);
	return g_strndup(g_checksum_get_string(revision), 16);
}

static RpConfigSetting *
find_setting(const GPtrArray *settings, const char *group, const char *key)
{
	for (guint i = settings->len; i-- > 0;) {
		RpConfigSetting *setting = settings->pdata[i];

		if (strcmp(setting->group, group) == 0 && strcmp(setting->key, key) == 0)
			return setting;
	}
	return NULL;
}

void
show_default(const GPtrArray *settings, const char *group, const char *key, const char *text)
{
	RpConfigSetting *setting = find_setting(settings, group, key);

	if (!setting || *setting->value != '\0')
		return;
	g_free(setting->value);
	setting->value = g_strdup(text);
}

GPtrArray *
settings_new(void)
{
	return g_ptr_array_new_with_free_func(setting_free);
}
