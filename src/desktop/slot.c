/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-desktop"

#include "desktop-private.h"

#include <glib/gstdio.h>

/* One cause's place on the screen, and the file in which all of them are noted: a key file with a
 * group a cause. */

#define DAEMON "daemon"

RpSlot *
rp_slot_new(const char *cause)
{
	RpSlot *slot = g_new0(RpSlot, 1);

	slot->cause = g_strdup(cause);
	return slot;
}

void
rp_slot_free(gpointer data)
{
	RpSlot *slot = data;

	g_clear_pointer(&slot->wanted, rp_notice_free);
	g_clear_pointer(&slot->told, rp_notice_free);
	g_free(slot->token);
	g_free(slot->cause);
	g_free(slot);
}

void
rp_slot_want(RpSlot *slot, const RpNotice *notice)
{
	RpNotice *copy = notice != NULL ? rp_notice_copy(notice) : NULL;

	g_clear_pointer(&slot->wanted, rp_notice_free);
	slot->wanted = copy;
}

void
rp_slot_set_told(RpSlot *slot, const RpNotice *notice)
{
	RpNotice *copy = notice != NULL ? rp_notice_copy(notice) : NULL;

	g_clear_pointer(&slot->told, rp_notice_free);
	slot->gone = 0;
	slot->told = copy;
	slot->unseen = FALSE;
}

/* ---- the file ---- */

/* Keys and labels in turn, as Notify has them. */
static GPtrArray *
load_actions(GKeyFile *keys, const char *group)
{
	GPtrArray *actions = rp_desktop_actions_new();
	g_auto(GStrv) words = g_key_file_get_string_list(keys, group, "actions", NULL, NULL);

	for (guint i = 0; words != NULL && words[i] != NULL && words[i + 1] != NULL; i += 2) {
		RpDesktopAction *action = rp_desktop_action_parse(words[i], words[i + 1]);

		if (action != NULL)
			g_ptr_array_add(actions, action);
	}
	return actions;
}

static void
save_actions(GKeyFile *keys, const RpSlot *slot)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < slot->told->actions->len; i++) {
		const RpDesktopAction *action = slot->told->actions->pdata[i];

		g_ptr_array_add(words, rp_desktop_action_key(action));
		g_ptr_array_add(words, g_strdup(action->label));
	}
	if (words->len > 0)
		g_key_file_set_string_list(keys, slot->cause, "actions",
			(const char *const *)words->pdata, words->len);
}

static RpSlot *
load_slot(GKeyFile *keys, const char *group)
{
	RpSlot *slot = rp_slot_new(group);
	RpNotice told = {.cause = slot->cause, .urgency = RP_URGENCY_NORMAL};

	slot->id = (guint32)g_key_file_get_uint64(keys, group, "id", NULL);
	slot->seen = g_key_file_get_boolean(keys, group, "seen", NULL);
	told.summary = g_key_file_get_string(keys, group, "summary", NULL);
	told.body = g_key_file_get_string(keys, group, "body", NULL);
	told.actions = load_actions(keys, group);
	if (told.summary != NULL && told.body != NULL)
		rp_slot_set_told(slot, &told);
	g_free(told.summary);
	g_free(told.body);
	g_ptr_array_unref(told.actions);
	return slot;
}

GPtrArray *
rp_slots_load(const char *file, char **daemon)
{
	GPtrArray *slots = g_ptr_array_new_with_free_func(rp_slot_free);
	g_autoptr(GKeyFile) keys = g_key_file_new();
	g_auto(GStrv) groups = NULL;

	*daemon = NULL;
	if (file == NULL || !g_key_file_load_from_file(keys, file, G_KEY_FILE_NONE, NULL))
		return slots;
	groups = g_key_file_get_groups(keys, NULL);
	for (guint i = 0; groups[i] != NULL; i++)
		if (g_str_equal(groups[i], DAEMON))
			*daemon = g_key_file_get_string(keys, DAEMON, "name", NULL);
		else
			g_ptr_array_add(slots, load_slot(keys, groups[i]));
	return slots;
}

static void
save_slot(GKeyFile *keys, const RpSlot *slot)
{
	g_key_file_set_uint64(keys, slot->cause, "id", slot->id);
	g_key_file_set_boolean(keys, slot->cause, "seen", slot->seen);
	if (slot->told == NULL || slot->unseen)
		return;
	g_key_file_set_string(keys, slot->cause, "summary", slot->told->summary);
	g_key_file_set_string(keys, slot->cause, "body", slot->told->body);
	save_actions(keys, slot);
}

void
rp_slots_save(const char *file, const GPtrArray *slots, const char *daemon)
{
	g_autoptr(GKeyFile) keys = g_key_file_new();
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	gsize length;

	if (file == NULL)
		return;
	if (daemon != NULL)
		g_key_file_set_string(keys, DAEMON, "name", daemon);
	for (guint i = 0; i < slots->len; i++)
		save_slot(keys, slots->pdata[i]);
	text = g_key_file_to_data(keys, &length, NULL);
	if (slots->len == 0)
		g_unlink(file);
	else if (!g_file_set_contents_full(
			 file, text, (gssize)length, G_FILE_SET_CONTENTS_CONSISTENT, 0600, &error))
		g_info("what is on the screen can't be noted: %s", error->message);
}
