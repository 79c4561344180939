/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import.h"

#include "roampost/language.h"

#include <string.h>

/* Sets that the user's file has by that name are not written again: what the user changed there
 * stays; and another account's is not lost without a word. */

static gboolean
has_identity(char **identities, const char *wanted)
{
	const char *domain = strrchr(wanted, '@');

	for (char **at = identities; *at; at++) {
		const char *identity = g_strstrip(*at);

		if (g_ascii_strcasecmp(identity, wanted) == 0 ||
			(domain && g_ascii_strcasecmp(identity, domain) == 0))
			return TRUE;
	}
	return FALSE;
}

/* The identities of both, where those of the file's set are all others: it is another account. */
static gboolean
is_another(GKeyFile *keys, const char *group, const RpImportSet *set)
{
	g_auto(GStrv) there = g_key_file_get_string_list(keys, group, "identities", NULL, NULL);
	const char *value = rp_import_get(set, "identities");
	g_auto(GStrv) ours = g_strsplit(value ? value : "", ";", -1);

	if (!there || !*there || !*ours)
		return FALSE;
	for (char **at = ours; *at; at++)
		if (has_identity(there, *at))
			return FALSE;
	return TRUE;
}

static void
note_existing(
	RpCli *cli, GKeyFile *keys, const char *group, const RpImportSet *set, const char *file)
{
	g_autofree char *there = NULL;

	if (!is_another(keys, group, set)) {
		rp_cli_note(cli, _("[%s] is in %s already and is left as it is"), group, file);
		return;
	}
	there = g_key_file_get_string(keys, group, "identities", NULL);
	rp_cli_note(cli,
		_("[%1$s] is in %2$s already, for %3$s, and is left as it is; for %4$s print the "
		  "set without --write, and add it under another name"),
		group, file, there, rp_import_get(set, "identities"));
}

void
rp_import_drop_existing(RpCli *cli, RpImport *import, const char *old, const char *file)
{
	g_autoptr(GKeyFile) keys = g_key_file_new();

	if (g_str_has_prefix(old, "\xef\xbb\xbf")) /* the mark of UTF-8 that some editors make */
		old += 3;
	if (!g_key_file_load_from_data(keys, old, strlen(old), G_KEY_FILE_NONE, NULL))
		return;
	for (guint i = import->sets->len; i-- > 0;) {
		const RpImportSet *set = import->sets->pdata[i];
		g_autofree char *group = g_strconcat("server-set ", set->name, NULL);

		if (!g_key_file_has_group(keys, group))
			continue;
		note_existing(cli, keys, group, set, file);
		g_ptr_array_remove_index(import->sets, i);
	}
}
