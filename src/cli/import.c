/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import.h"
#include "roampost/config.h"
#include "roampost/language.h"

#include <string.h>

/* What importers share: the sets that they find, remarks about what has no counterpart here, and
 * both as a configuration file. */

static void
value_free(gpointer data)
{
	RpImportValue *value = data;

	g_free(value->key);
	if (value->secret)
		rp_secret_free(value->value);
	else
		g_free(value->value);
	g_free(value);
}

static void
set_free(gpointer data)
{
	RpImportSet *set = data;

	g_free(set->name);
	g_ptr_array_unref(set->values);
	g_free(set);
}

RpImport *
rp_import_new(const char *source)
{
	RpImport *import = g_new0(RpImport, 1);

	import->source = g_strdup(source);
	import->sets = g_ptr_array_new_with_free_func(set_free);
	import->remarks = g_ptr_array_new_with_free_func(g_free);
	return import;
}

void
rp_import_free(RpImport *import)
{
	if (import == NULL)
		return;
	g_ptr_array_unref(import->sets);
	g_ptr_array_unref(import->remarks);
	g_free(import->source);
	g_free(import);
}

void
rp_import_remark(RpImport *import, guint line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *what = g_strdup_vprintf(format, args);
	va_end(args);
	g_autofree char *said = line > 0 ? g_strdup_printf("%s:%u: %s", import->source, line, what)
					 : g_strdup_printf("%s: %s", import->source, what);
	g_autofree char *remark = rp_text_neutral(said, -1); /* it quotes the source */
	if (!g_ptr_array_find_with_equal_func(import->remarks, remark, g_str_equal, NULL))
		g_ptr_array_add(import->remarks, g_steal_pointer(&remark));
}

/* ---- sets ---- */

static gboolean
is_taken(gconstpointer user, const char *name)
{
	const RpImport *import = user;

	for (guint i = 0; i < import->sets->len; i++)
		if (strcmp(((RpImportSet *)import->sets->pdata[i])->name, name) == 0)
			return TRUE;
	return FALSE;
}

/* Names go into command lines and lists, and some words mean something there. */
static char *
fit_name(const char *wanted, RpImportTaken taken, gconstpointer user)
{
	g_autofree char *valid = rp_text_neutral(wanted, -1);
	g_autofree char *base = g_strdelimit(g_strstrip(valid), " ?;=/[]#", '-');
	char *name = g_strdup(*base != '\0' ? base : "imported");

	valid = NULL; /* it is `base` now */
	for (guint n = 2; rp_config_set_name_fault(name) || taken(user, name); n++) {
		g_free(name);
		name = g_strdup_printf("%s-%u", base, n);
	}
	return name;
}

RpImportSet *
rp_import_add_set(RpImport *import, const char *name)
{
	RpImportSet *set = g_new0(RpImportSet, 1);

	set->name = fit_name(name, is_taken, import);
	set->values = g_ptr_array_new_with_free_func(value_free);
	g_ptr_array_add(import->sets, set);
	return set;
}

char *
rp_import_name_for(const char *address, RpImportTaken taken, gconstpointer user)
{
	const char *domain = strrchr(address, '@') + 1;
	g_autofree char *label = g_strndup(domain, strcspn(domain, "."));

	return fit_name(label, taken, user);
}

RpImportSet *
rp_import_add_set_for(RpImport *import, const char *address)
{
	g_autofree char *name = rp_import_name_for(address, is_taken, import);

	return rp_import_add_set(import, name);
}

static RpImportValue *
find_value(const RpImportSet *set, const char *key)
{
	for (guint i = 0; i < set->values->len; i++) {
		RpImportValue *value = set->values->pdata[i];

		if (strcmp(value->key, key) == 0)
			return value;
	}
	return NULL;
}

void
rp_import_set(RpImportSet *set, const char *key, const char *text)
{
	RpImportValue *value = find_value(set, key);

	if (text == NULL || *text == '\0')
		return;
	if (value == NULL) {
		value = g_new0(RpImportValue, 1);
		value->key = g_strdup(key);
		g_ptr_array_add(set->values, value);
	}
	g_free(value->value);
	value->value = g_strdup(text);
}

void
rp_import_set_secret(RpImportSet *set, const char *key, const char *text)
{
	rp_import_set(set, key, text);
	RpImportValue *value = find_value(set, key);
	if (value == NULL)
		return;
	value->secret = TRUE;
}

gboolean
rp_import_has_secrets(const RpImport *import)
{
	for (guint i = 0; i < import->sets->len; i++) {
		const RpImportSet *set = import->sets->pdata[i];

		for (guint j = 0; j < set->values->len; j++)
			if (((const RpImportValue *)set->values->pdata[j])->secret)
				return TRUE;
	}
	return FALSE;
}

void
rp_import_add(RpImportSet *set, const char *key, const char *element)
{
	const char *old = rp_import_get(set, key);
	g_auto(GStrv) elements = g_strsplit(old != NULL ? old : "", ";", -1);
	g_autofree char *longer = NULL;

	if (element == NULL || *element == '\0' ||
		g_strv_contains((const char *const *)elements, element))
		return;
	longer = old != NULL ? g_strconcat(old, ";", element, NULL) : g_strdup(element);
	rp_import_set(set, key, longer);
}

const char *
rp_import_get(const RpImportSet *set, const char *key)
{
	const RpImportValue *value = find_value(set, key);

	return value != NULL ? value->value : NULL;
}

void
rp_import_set_server(
	RpImportSet *set, const char *protocol, const char *host, guint port, RpImportTls tls)
{
	static const char *const words[] = {
		[RP_IMPORT_NO_TLS] = "off",
		[RP_IMPORT_STARTTLS] = NULL, /* required is the default */
		[RP_IMPORT_TRY_STARTTLS] = "opportunistic",
		[RP_IMPORT_TLS] = NULL,
	};
	gboolean is_pop = strcmp(protocol, "pop") == 0;
	const char *brackets = strchr(host, ':') != NULL && *host != '[' ? "[]" : "";
	g_autofree char *colon_port = port > 0 ? g_strdup_printf(":%u", port) : g_strdup("");
	g_autofree char *url = g_strdup_printf("%s%s://%.1s%s%s%s", is_pop ? "pop3" : "smtp",
		tls == RP_IMPORT_TLS ? "s" : "", brackets, host, *brackets != '\0' ? "]" : "",
		colon_port);
	g_autofree char *key = g_strconcat(protocol, "-tls", NULL);

	rp_import_set(set, protocol, url);
	rp_import_set(set, key, words[tls]);
}

/* ---- as text ---- */

/* As GLib's key files read it back. */
char *
rp_import_escape(const char *text)
{
	g_autoptr(GString) out = g_string_sized_new(2 * strlen(text) + 1);
	gboolean leading = TRUE;

	for (const char *c = text; *c != '\0'; c++) {
		if (*c == '\\')
			g_string_append(out, "\\\\");
		else if (*c == '\n')
			g_string_append(out, "\\n");
		else if (*c == '\r')
			g_string_append(out, "\\r");
		else if (*c == '\t')
			g_string_append(out, "\\t");
		else if (*c == ' ' && (leading || c[1] == '\0'))
			g_string_append(out, "\\s");
		else
			g_string_append_c(out, *c);
		leading &= *c == ' ';
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

char *
rp_import_text(const RpImport *import)
{
	GString *out = g_string_new(NULL);

	for (guint i = 0; i < import->sets->len; i++) {
		const RpImportSet *set = import->sets->pdata[i];

		g_string_append_printf(out, "%s[server-set %s]\n", i > 0 ? "\n" : "", set->name);
		for (guint j = 0; j < set->values->len; j++) {
			const RpImportValue *value = set->values->pdata[j];

			g_autoptr(RpSecret) escaped = rp_import_escape(value->value);

			g_string_append_printf(out, "%s=%s\n", value->key, escaped);
		}
	}
	return g_string_free(out, FALSE);
}
