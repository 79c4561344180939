/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config-private.h"

#include <string.h>

/* What has been read so far: groups, and the entries written in them. */

void
entry_free(Entry *entry)
{
	rp_secret_free(entry->text);
	g_strfreev(entry->list);
	g_free(entry);
}

static void
group_free(gpointer data)
{
	Group *group = data;

	g_free(group->title);
	g_free(group->name);
	g_hash_table_unref(group->entries);
	g_free(group);
}

Group *
group_new(GroupKind kind, const char *name, char *title)
{
	Group *group = g_new0(Group, 1);

	group->kind = kind;
	group->name = g_strdup(name);
	group->title = title;
	group->entries = g_hash_table_new_full(NULL, NULL, NULL, (GDestroyNotify)entry_free);
	return group;
}

Reading *
reading_new(GPtrArray *problems)
{
	Reading *reading = g_new0(Reading, 1);

	reading->problems = problems;
	reading->files = g_ptr_array_new_with_free_func(g_free);
	reading->groups = g_hash_table_new_full(g_str_hash, g_str_equal, NULL, group_free);
	return reading;
}

void
reading_free(Reading *reading)
{
	if (!reading)
		return;
	g_ptr_array_unref(reading->files);
	g_hash_table_unref(reading->groups);
	g_free(reading);
}

static gint
compare_groups(gconstpointer a, gconstpointer b)
{
	const Group *left = *(Group *const *)a, *right = *(Group *const *)b;

	return strcmp(left->name, right->name);
}

GPtrArray *
reading_groups(const Reading *reading, GroupKind kind)
{
	GPtrArray *groups = g_ptr_array_new();
	GHashTableIter iter;
	gpointer group;

	g_hash_table_iter_init(&iter, reading->groups);
	while (g_hash_table_iter_next(&iter, NULL, &group))
		if (((Group *)group)->kind == kind)
			g_ptr_array_add(groups, group);
	g_ptr_array_sort(groups, compare_groups);
	return groups;
}

const Entry *
group_entry(const Group *group, const char *key)
{
	const Option *option = option_find(group->kind, key);

	return option ? g_hash_table_lookup(group->entries, option) : NULL;
}
