/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import-postfix.h"

#include <string.h>
#include "roampost/base.h"
#include "roampost/language.h"

/* What main.cf says (postconf(5)): its logical lines, and parameters with the references in them
 * resolved. */

#define MAX_EXPANSIONS 20

typedef struct {
	char *text;
	guint line;
} Parameter;

static void
parameter_free(gpointer data)
{
	Parameter *parameter = data;

	g_free(parameter->text);
	g_free(parameter);
}

void
rp_postfix_each_line(const char *text, RpPostfixLineFunc func, gpointer user_data)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", -1);
	g_autoptr(GString) whole = g_string_new(NULL);
	guint number = 0;

	for (guint i = 0; lines[i] != NULL; i++) {
		gboolean continues = lines[i][0] == ' ' || lines[i][0] == '\t';
		const char *line = g_strstrip(lines[i]);

		if (*line == '\0' || *line == '#')
			continue;
		if (!continues && whole->len > 0) {
			func(user_data, whole->str, number);
			g_string_truncate(whole, 0);
		}
		if (whole->len == 0)
			number = i + 1;
		else
			g_string_append_c(whole, ' ');
		g_string_append(whole, line);
		rp_wipe(lines[i], strlen(lines[i]));
	}
	if (whole->len > 0)
		func(user_data, whole->str, number);
	rp_wipe(whole->str, whole->len);
}

static void
read_parameter(gpointer user_data, char *line, guint number)
{
	RpPostfixConf *conf = user_data;
	char *equals = strchr(line, '=');
	Parameter *parameter;

	if (equals == NULL)
		return;
	*equals = '\0';
	parameter = g_new0(Parameter, 1);
	parameter->text = g_strdup(g_strstrip(equals + 1));
	parameter->line = number;
	g_hash_table_replace(conf->parameters, g_strdup(g_strstrip(line)), parameter);
}

guint
rp_postfix_line_of(const RpPostfixConf *conf, const char *name)
{
	const Parameter *parameter = g_hash_table_lookup(conf->parameters, name);

	return parameter != NULL ? parameter->line : 0;
}

const char *
rp_postfix_text(const RpPostfixConf *conf, const char *name)
{
	const Parameter *parameter = g_hash_table_lookup(conf->parameters, name);

	return parameter != NULL ? parameter->text : NULL;
}

/* What a parameter is that main.cf does not set, as far as that is in main.cf. */
static char *
default_of(const RpPostfixConf *conf, const char *name)
{
	const char *host = rp_postfix_text(conf, "myhostname");
	const char *dot = host != NULL ? strchr(host, '.') : NULL;

	if (strcmp(name, "config_directory") == 0)
		return g_strdup("/etc/postfix");
	if (strcmp(name, "default_database_type") == 0)
		return g_strdup("hash");
	if (strcmp(name, "mydomain") == 0 && dot != NULL && strchr(dot + 1, '.') != NULL)
		return g_strdup(dot + 1);
	return NULL;
}

static char *
value_of(const RpPostfixConf *conf, const char *name)
{
	const char *text = rp_postfix_text(conf, name);

	return text != NULL ? g_strdup(text) : default_of(conf, name);
}

/* A reference: $name, $(name), ${name}, and with {}, ${name?text} and ${name:text}. */
typedef struct {
	gsize start, end;
	char *name;
	char *text; /* of the conditional forms, or NULL */
	gboolean if_set;
} Reference;

static void
reference_clear(Reference *reference)
{
	g_free(reference->name);
	g_free(reference->text);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Reference, reference_clear)

const char *
rp_postfix_partner(const char *at)
{
	char open = *at, close = open == '{' ? '}' : ')';
	guint depth = 0;

	for (; *at != '\0'; at++) {
		depth += *at == open;
		depth -= *at == close;
		if (depth == 0)
			return at + 1;
	}
	return NULL;
}

static gsize
name_length(const char *text)
{
	gsize length = 0;

	while (g_ascii_isalnum(text[length]) || text[length] == '_')
		length++;
	return length;
}

/* FALSE: there is none, or one that can't be read, of which *broken then says so. */
static gboolean
find_reference(const char *text, Reference *reference, gboolean *broken)
{
	const char *dollar = strchr(text, '$');
	gboolean bracket = dollar != NULL && (dollar[1] == '{' || dollar[1] == '(');
	const char *name = dollar + 1 + bracket, *end, *rest;

	if (dollar == NULL)
		return FALSE;
	rest = name + name_length(name);
	end = bracket ? rp_postfix_partner(dollar + 1) : rest;
	if (end == NULL || rest == name || (bracket && rest != end - 1 && !strchr("?:", *rest))) {
		*broken = TRUE;
		return FALSE;
	}
	*reference = (Reference){.start = (gsize)(dollar - text),
		.end = (gsize)(end - text),
		.name = g_strndup(name, (gsize)(rest - name)),
		.if_set = *rest == '?'};
	if (bracket && rest != end - 1)
		reference->text = g_strndup(rest + 1, (gsize)(end - 1 - (rest + 1)));
	return TRUE;
}

/* Replaces one reference in the text; FALSE: no more. `of` is the parameter whose value it is. */
static gboolean
expand_one(RpPostfixConf *conf, const char *of, GString *text)
{
	g_auto(Reference) reference = {0};
	gboolean broken = FALSE;

	if (!find_reference(text->str, &reference, &broken)) {
		conf->is_undefined |= broken;
		if (broken)
			rp_import_remark(conf->import, rp_postfix_line_of(conf, of),
				_("%s can't be read: the $ in it begins no parameter's name"), of);
		return FALSE;
	}
	g_autofree char *value = value_of(conf, reference.name);
	gboolean is_set = value != NULL && *value != '\0';
	if (value == NULL && reference.text == NULL) {
		conf->is_undefined = TRUE;
		rp_import_remark(conf->import, rp_postfix_line_of(conf, of),
			_("%s: $%s is not set in this file"), of, reference.name);
	}
	g_string_erase(text, (gssize)reference.start, (gssize)(reference.end - reference.start));
	if (reference.text != NULL)
		g_string_insert(text, (gssize)reference.start,
			is_set == reference.if_set ? reference.text : "");
	else if (value != NULL)
		g_string_insert(text, (gssize)reference.start, value);
	return TRUE;
}

char *
rp_postfix_get(RpPostfixConf *conf, const char *name)
{
	GString *text = g_string_new(rp_postfix_text(conf, name));

	for (guint i = 0; i < MAX_EXPANSIONS && expand_one(conf, name, text);)
		i++;
	return g_string_free(text, FALSE);
}

gboolean
rp_postfix_is_yes(RpPostfixConf *conf, const char *name)
{
	g_autofree char *text = rp_postfix_get(conf, name);

	return g_ascii_strcasecmp(text, "yes") == 0;
}

void
rp_postfix_conf_init(RpPostfixConf *conf, RpImport *import, const char *main_cf,
	RpImportReadFile read_file, gpointer user_data)
{
	*conf = (RpPostfixConf){.import = import, .read_file = read_file, .user_data = user_data};
	conf->parameters = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, parameter_free);
	rp_postfix_each_line(main_cf, read_parameter, conf);
}

void
rp_postfix_conf_clear(RpPostfixConf *conf)
{
	g_hash_table_unref(conf->parameters);
}
