/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import-postfix.h"

#include <string.h>
#include "roampost/base.h"
#include "roampost/language.h"

/* Postfix's lookup tables, read as the text that postmap made them of. */

static void
pair_free(gpointer data)
{
	RpPostfixPair *pair = data;

	g_free(pair->key);
	rp_secret_free(pair->value);
	g_free(pair);
}

static void
read_pair(gpointer user_data, char *line, guint number)
{
	GPtrArray *pairs = user_data;
	char *value = line + strcspn(line, " \t");
	RpPostfixPair *pair = g_new0(RpPostfixPair, 1);

	pair->line = number;
	if (*value != '\0')
		*value++ = '\0';
	pair->key = g_strdup(line);
	pair->value = g_strdup(g_strstrip(value));
	g_ptr_array_add(pairs, pair);
}

/* A table's text may be a password, even where it is no file's name: nothing of it is shown but its
 * type. */
static const char *
type_of(const char *table)
{
	static const char *const known[] = {"cidr", "environ", "fail", "inline", "internal", "ldap",
		"memcache", "mysql", "nis", "nisplus", "pcre", "pgsql", "pipemap", "proxy",
		"randmap", "regexp", "socketmap", "sqlite", "static", "tcp", "unionmap", "unix"};

	for (gsize i = 0; i < G_N_ELEMENTS(known); i++)
		if (g_str_has_prefix(table, known[i]) && table[strlen(known[i])] == ':')
			return known[i];
	return NULL;
}

/* FALSE: what it says is not known now. */
static gboolean
read_table(RpPostfixConf *conf, const char *parameter, const char *table, GPtrArray *pairs)
{
	static const char *const types[] = {
		"hash", "texthash", "btree", "lmdb", "cdb", "dbm", "sdbm", NULL};
	const char *real = g_str_has_prefix(table, "proxy:") ? table + strlen("proxy:") : table;
	g_auto(GStrv) parts = g_strsplit(real, ":", 2);
	guint line = rp_postfix_line_of(conf, parameter);

	if (parts[0] == NULL || parts[1] == NULL || !g_strv_contains(types, parts[0])) {
		const char *type = type_of(real);

		if (type != NULL)
			rp_import_remark(conf->import, line,
				_("%s: a table of the type %s is not carried over: only tables "
				  "that are made of a text file are"),
				parameter, type);
		else
			rp_import_remark(conf->import, line,
				_("%s: a table is not carried over: only tables that are made of "
				  "a text file are"),
				parameter);
		return FALSE;
	}
	g_autofree char *text = conf->read_file(parts[1], conf->user_data);
	if (text == NULL) {
		rp_import_remark(conf->import, line,
			_("%s: %s can't be read; run this as a user who may"), parameter, parts[1]);
		return FALSE;
	}
	rp_postfix_each_line(text, read_pair, pairs);
	rp_wipe(text, strlen(text));
	return TRUE;
}

/* The next of a list that commas and blanks separate, but for those in braces; NULL: no more. Free
 * with g_free. */
static char *
next_table(const char **at)
{
	const char *begin = *at + strspn(*at, ", \t");
	const char *end = begin;

	while (*end != '\0' && strchr(", \t", *end) == NULL) {
		const char *partner = *end == '{' ? rp_postfix_partner(end) : NULL;

		end = partner != NULL ? partner : end + 1;
	}
	*at = end;
	return end > begin ? g_strndup(begin, (gsize)(end - begin)) : NULL;
}

GPtrArray *
rp_postfix_read_tables(RpPostfixConf *conf, const char *parameter, gboolean *complete)
{
	GPtrArray *pairs = g_ptr_array_new_with_free_func(pair_free);
	const char *text = rp_postfix_text(conf, parameter);
	/* A password that stands here may have a $ in it. */
	gboolean in_place = text != NULL &&
			    (strstr(text, "static:") != NULL || strstr(text, "inline:") != NULL);
	g_autofree char *value = in_place ? g_strdup(text) : rp_postfix_get(conf, parameter);
	const char *at = value;
	char *table;

	*complete = TRUE;
	while ((table = next_table(&at)) != NULL) {
		*complete &= read_table(conf, parameter, table, pairs);
		rp_secret_free(table);
	}
	return pairs;
}

const char *
rp_postfix_lookup(const GPtrArray *pairs, const char *key)
{
	for (guint i = 0; i < pairs->len; i++) {
		const RpPostfixPair *pair = pairs->pdata[i];

		if (g_ascii_strcasecmp(pair->key, key) == 0)
			return pair->value;
	}
	return NULL;
}
