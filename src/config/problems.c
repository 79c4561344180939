/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config-private.h"

#include "roampost/base.h"
#include "roampost/language.h"

#include <string.h>

/* What is wrong, with file and line, in the order in which one would go through the files. */

void
rp_config_problem_free(RpConfigProblem *problem)
{
	if (!problem)
		return;
	g_free(problem->file);
	g_free(problem->group);
	g_free(problem->key);
	g_free(problem->message);
	g_free(problem);
}

char *
rp_config_problem_format(const RpConfigProblem *problem)
{
	g_autoptr(GString) text = g_string_new(NULL);

	if (problem->file)
		g_string_append(text, problem->file);
	if (problem->file && problem->line > 0)
		g_string_append_printf(text, ":%u", problem->line);
	if (text->len > 0)
		g_string_append(text, ": ");
	if (problem->severity == RP_CONFIG_WARNING)
		g_string_append(text, _("warning: "));
	if (problem->group)
		g_string_append_printf(text, "[%s] ", problem->group);
	if (problem->key)
		g_string_append_printf(text, "%s: ", problem->key);
	g_string_append(text, problem->message);
	return rp_text_neutral(text->str, -1); /* it quotes the file */
}

guint
rp_config_count_problems(const GPtrArray *problems, RpConfigSeverity severity)
{
	guint n = 0;

	for (guint i = 0; i < problems->len; i++)
		n += ((RpConfigProblem *)problems->pdata[i])->severity == severity;
	return n;
}

static void
add(Reading *reading, RpConfigSeverity severity, const Origin *origin, const char *group,
	const char *key, char *message)
{
	RpConfigProblem *problem = g_new0(RpConfigProblem, 1);

	problem->severity = severity;
	problem->file = origin ? g_strdup(origin->file) : NULL;
	problem->line = origin ? origin->line : 0;
	problem->group = g_strdup(group);
	problem->key = g_strdup(key);
	problem->message = message;
	g_ptr_array_add(reading->problems, problem);
}

void
problem_add(Reading *reading, RpConfigSeverity severity, const Origin *origin, const char *group,
	const char *key, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	add(reading, severity, origin, group, key, g_strdup_vprintf(format, args));
	va_end(args);
}

void
problem_add_key(Reading *reading, RpConfigSeverity severity, const Group *group, const char *key,
	const char *format, ...)
{
	const Entry *entry = group_entry(group, key);
	va_list args;

	va_start(args, format);
	add(reading, severity, entry ? &entry->origin : &group->origin, group->title, key,
		g_strdup_vprintf(format, args));
	va_end(args);
}

static guint
file_rank(const GPtrArray *files, const char *file)
{
	for (guint i = 0; i < files->len; i++)
		if (g_strcmp0(files->pdata[i], file) == 0)
			return i;
	return files->len;
}

static gint
compare_problems(gconstpointer a, gconstpointer b, gpointer data)
{
	const RpConfigProblem *left = *(RpConfigProblem *const *)a;
	const RpConfigProblem *right = *(RpConfigProblem *const *)b;
	guint left_rank = file_rank(data, left->file), right_rank = file_rank(data, right->file);

	if (left_rank != right_rank)
		return left_rank < right_rank ? -1 : 1;
	return left->line == right->line ? 0 : left->line < right->line ? -1 : 1;
}

void
problems_sort(GPtrArray *problems, const GPtrArray *files)
{
	g_ptr_array_sort_with_data(problems, compare_problems, (gpointer)files);
}
