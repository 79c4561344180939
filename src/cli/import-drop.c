/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "import.h"

#include "roampost/language.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* Of what was imported only what is good: what would drive a terminal, or what the configuration
 * refuses, is taken out, and said. */

/* The sets as a configuration of their own, or its problems, of RpConfigProblem. */
static RpConfig *
load(const RpImport *import, GPtrArray **problems)
{
	g_autoptr(RpSecret) text = rp_import_text(import);
	g_auto(RpFd) fd = memfd_create("roampost-import", MFD_CLOEXEC);
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	g_autoptr(RpConfigSources) sources = rp_config_sources_new_for_file(path);

	if (fd < 0 || fchmod(fd, 0600) != 0 || !rp_write_all(fd, text, strlen(text))) {
		*problems = g_ptr_array_new();
		return NULL;
	}
	return rp_config_load(sources, problems);
}

RpConfig *
rp_import_load(const RpImport *import)
{
	g_autoptr(GPtrArray) problems = NULL;

	return load(import, &problems);
}

static gint
find_set(const RpImport *import, const char *group)
{
	for (guint i = 0; group != NULL && i < import->sets->len; i++)
		if (g_str_has_prefix(group, "server-set ") &&
			strcmp(((RpImportSet *)import->sets->pdata[i])->name,
				group + strlen("server-set ")) == 0)
			return (gint)i;
	return -1;
}

static gboolean
take_out(RpImportSet *set, const char *key)
{
	for (guint i = 0; i < set->values->len; i++) {
		const RpImportValue *value = set->values->pdata[i];

		if (strcmp(value->key, key) != 0)
			continue;
		g_ptr_array_remove_index(set->values, i);
		return TRUE;
	}
	return FALSE;
}

/* TRUE: something is taken out. Without its server a set is nothing. */
static gboolean
drop_value(RpImport *import, guint index, const char *key, const char *why)
{
	RpImportSet *set = import->sets->pdata[index];
	gboolean whole = strcmp(key, "smtp") == 0;

	rp_import_remark(import, 0,
		whole ? _("%s of [server-set %s] is not carried over, and so the set is not: %s")
		      : _("%s of [server-set %s] is not carried over: %s"),
		key, set->name, why);
	if (whole) {
		g_ptr_array_remove_index(import->sets, index);
		return TRUE;
	}
	return take_out(set, key);
}

static gboolean
drop(RpImport *import, const RpConfigProblem *problem)
{
	gint index = find_set(import, problem->group);

	return index >= 0 && problem->key != NULL &&
	       drop_value(import, (guint)index, problem->key, problem->message);
}

/* A tab is written as two characters, and harms nobody. */
static gboolean
is_harmless(const char *text)
{
	for (const char *at = text; *at != '\0'; at = g_utf8_next_char(at))
		if (*at != '\t' && !rp_is_neutral(g_utf8_get_char(at)))
			return FALSE;
	return TRUE;
}

static const char *
find_harmful(const RpImportSet *set)
{
	for (guint i = 0; i < set->values->len; i++) {
		const RpImportValue *value = set->values->pdata[i];

		if (!is_harmless(value->value))
			return value->key;
	}
	return NULL;
}

void
rp_import_drop_harmful(RpImport *import)
{
	for (guint i = import->sets->len; i-- > 0;) {
		const char *key;

		while (i < import->sets->len && (key = find_harmful(import->sets->pdata[i])))
			drop_value(import, i, key, _("it has control characters in it"));
	}
}

void
rp_import_drop_bad(RpImport *import)
{
	gboolean dropped = TRUE;

	while (dropped && import->sets->len > 0) {
		g_autoptr(GPtrArray) problems = NULL;

		rp_config_unref(load(import, &problems));

		dropped = FALSE;
		for (guint i = 0; !dropped && i < problems->len; i++) {
			const RpConfigProblem *problem = problems->pdata[i];

			dropped = problem->severity == RP_CONFIG_ERROR && drop(import, problem);
		}
	}
}
