/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "values-private.h"

#include "roampost/language.h"

#include <string.h>
#include <unistd.h>

/* Files and commands that the configuration names: whether they are there, and what they are to be.
 * Looked at by who checks, never by who loads: a file may come later (a stick, a home that is
 * unlocked), and a configuration that an agent refused for that would be no help. */

typedef struct {
	GPtrArray *problems;
	const RpConfigSetting *setting;
	const Option *option;
} Look;

static void find(const Look *look, const char *format, ...) G_GNUC_PRINTF(2, 3);

static void
find(const Look *look, const char *format, ...)
{
	RpConfigProblem *problem = g_new0(RpConfigProblem, 1);
	va_list args;

	va_start(args, format);
	problem->message = g_strdup_vprintf(format, args);
	va_end(args);
	problem->severity = RP_CONFIG_WARNING;
	problem->file = g_strdup(look->setting->file);
	problem->line = look->setting->line;
	problem->group = g_strdup(look->setting->group);
	problem->key = g_strdup(look->setting->key);
	g_ptr_array_add(look->problems, problem);
}

static char *
whole_path(const char *written)
{
	return g_str_has_prefix(written, "~/") ? rp_config_below_home(written) : g_strdup(written);
}

/* ---- files ---- */

/* What is in it; NULL after saying why that can't be had. It may be a key. */
static char *
read_named(const Look *look, const char *written)
{
	g_autofree char *path = whole_path(written);
	g_autoptr(GError) error = NULL;
	char *text = NULL;

	if (rp_file_read(path, &text, NULL, &error))
		return rp_secret_take(text);
	find(look, "%s", error->message);
	return NULL;
}

/* Of a PEM block it can be told without a library whether it is ASN.1 at all. */
static gboolean
is_whole(const char *begin)
{
	const char *text = strchr(begin, '\n');
	const char *end = text ? strstr(text, "-----END ") : NULL;
	g_autofree char *base64 = end ? g_strndup(text, (gsize)(end - text)) : NULL;
	gsize length = 0;

	if (!base64)
		return FALSE;
	g_autofree guchar *der = g_base64_decode(base64, &length);
	return length > 1 && der[0] == 0x30;
}

static const char *
find_certificate(const char *text)
{
	const char *begin = strstr(text, "-----BEGIN CERTIFICATE-----");

	return begin ? begin : strstr(text, "-----BEGIN TRUSTED CERTIFICATE-----");
}

static void
look_for_certificate(const Look *look, const char *written)
{
	g_autoptr(RpSecret) text = read_named(look, written);
	const char *begin = text ? find_certificate(text) : NULL;

	if (text && !begin)
		find(look,
			_("there is no certificate in %1$s: it has to be in PEM form "
			  "(“-----BEGIN CERTIFICATE-----”), which “openssl x509 -inform DER -in "
			  "%1$s” makes of another"),
			written);
	else if (text && !is_whole(begin))
		find(look, _("the certificate in %s is damaged"), written);
}

static void
look_for_key(const Look *look, const char *written)
{
	g_autoptr(RpSecret) text = read_named(look, written);

	if (text && !strstr(text, "PRIVATE KEY-----"))
		find(look, _("there is no private key in PEM form in %s"), written);
}

static void
look_at_certificate(const Look *look, const char *written)
{
	if (g_str_has_prefix(written, "pkcs11:"))
		return;
	if (g_str_has_suffix(look->setting->key, "-key"))
		look_for_key(look, written);
	else
		look_for_certificate(look, written);
}

static void
look_at_file(const Look *look, const char *written)
{
	g_autofree char *path = whole_path(written);

	if (access(path, R_OK) == 0 && !g_file_test(path, G_FILE_TEST_IS_DIR))
		return; /* a pipe too, which is not to be emptied */
	rp_secret_free(read_named(look, written));
}

/* One that is not there yet is made when it is needed. */
static void
look_at_folder(const Look *look, const char *written)
{
	g_autofree char *path = whole_path(written);

	if (!g_file_test(path, G_FILE_TEST_EXISTS))
		return;
	if (!g_file_test(path, G_FILE_TEST_IS_DIR))
		find(look, _("%s is no folder"), written);
	else if (access(path, W_OK | X_OK) != 0)
		find(look, _("nothing can be written into %1$s: look at its mode (ls -ld %1$s)"),
			written);
}

static void
look_at_path(const Look *look, const char *written)
{
	if (look->option->flags & OPTION_CERTIFICATES)
		look_for_certificate(look, written);
	else if (look->option->flags & OPTION_FOLDER)
		look_at_folder(look, written);
	else
		look_at_file(look, written);
}

static void
look_at_sources(const Look *look, const char *written)
{
	g_auto(GStrv) sources = value_split(written);

	for (char **source = sources; *source; source++)
		if (!strstr(*source, "://"))
			look_at_file(look, *source);
}

/* A socket is made; its folder is not. */
static void
look_at_socket(const Look *look, const char *written)
{
	g_autofree char *path = whole_path(written);
	g_autofree char *folder = g_path_get_dirname(path);

	if (*path == '/' && !g_file_test(folder, G_FILE_TEST_IS_DIR))
		find(look, _("there is no folder %s, so nothing can listen there"), folder);
}

static void
look_at_source_of_password(const Look *look, const char *written)
{
	if (g_str_equal(written, "netrc"))
		look_at_file(look, "~/.netrc");
	else if (g_str_has_prefix(written, "netrc:"))
		look_at_file(look, written + strlen("netrc:"));
}

/* ---- commands ---- */

/* The program that a shell would start first; NULL: that takes a shell to tell. To be freed. */
static char *
first_program(const char *command)
{
	static const char *const own[] = {".", ":", "[", "case", "cd", "command", "echo", "eval",
		"exec", "export", "for", "if", "printf", "read", "set", "test", "trap", "umask",
		"unset", "until", "while", NULL};
	g_autofree char *word = g_strndup(command, strcspn(command, " \t"));

	if (!*word || strpbrk(word, "|&;<>()$`\\\"'*?[]#=%{}!") || g_strv_contains(own, word))
		return NULL;
	return g_str_has_prefix(word, "~/") ? rp_config_below_home(word)
	       : *word == '~'               ? NULL
					    : g_steal_pointer(&word);
}

static void
look_at_command(const Look *look, const char *written)
{
	g_autofree char *program = first_program(written);

	if (!program)
		return;
	g_autofree char *found = g_find_program_in_path(program);
	if (found)
		return;
	if (!strchr(program, '/'))
		find(look, _("there is no program “%s” on the PATH"), program);
	else if (g_file_test(program, G_FILE_TEST_EXISTS))
		find(look, _("%1$s can't be run: chmod +x %1$s"), program);
	else
		find(look, _("there is no program %s"), program);
}

/* ---- all of them ---- */

static const struct {
	const OptionType *type;
	void (*look)(const Look *look, const char *written);
} types[] = {
	{&type_path, look_at_path},
	{&type_certificate, look_at_certificate},
	{&type_command, look_at_command},
	{&type_password_from, look_at_source_of_password},
	{&type_table_sources, look_at_sources},
	{&type_listen, look_at_socket},
};

static const Option *
option_of(const RpConfigSetting *setting)
{
	gsize length = strcspn(setting->group, " ");

	for (guint i = 0; i < n_options; i++) {
		const char *kind = group_kind_name(options[i].group);

		if (strlen(kind) == length && strncmp(kind, setting->group, length) == 0 &&
			g_str_equal(options[i].key, setting->key))
			return &options[i];
	}
	return NULL;
}

/* What is only a default need not be there. */
void
rp_config_look_at_files(const RpConfig *config, GPtrArray *problems)
{
	const GPtrArray *settings = rp_config_settings(config);

	for (guint i = 0; i < settings->len; i++) {
		const RpConfigSetting *setting = settings->pdata[i];
		const Look look = {problems, setting, option_of(setting)};
		g_autofree char *written = g_strstrip(g_strdup(setting->value));

		if (!setting->file || !look.option || !*written)
			continue;
		for (gsize k = 0; k < G_N_ELEMENTS(types); k++)
			if (types[k].type == look.option->type)
				types[k].look(&look, written);
	}
}
