/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent.h"
#include "messages.h"
#include "values.h"

#include "roampost/language.h"

#include <sys/statvfs.h>

/* That the queue's disk stops all mail. No message can have that for its reason: it would have to
 * be written there. */

/* With more room than this no write of the queue fails for want of it. */
#define ROOMY (64 << 20)

/* Where it is not, the agent need not be asked. */
static gboolean
may_fail(const char *dir)
{
	struct statvfs room;

	if (rp_queue_dir_try(dir, FALSE) != 0)
		return TRUE;
	return statvfs(dir, &room) == 0 && room.f_blocks && room.f_bavail * room.f_frsize < ROOMY;
}

/* Its Problems, or NULL: there is none to be asked. None is started. */
static GVariant *
ask_agent(void)
{
	g_autoptr(RpBusClient) client = rp_bus_client_new(NULL);

	if (!client || !rp_bus_client_has_agent(client))
		return NULL;
	return rp_bus_client_get(client, "Problems", "aa{sv}", NULL);
}

void
rp_cli_note_disk(RpCli *cli, const RpQueue *queue)
{
	g_autoptr(GVariant) problems = NULL;

	if (!rp_queue_has_agent(queue) || !may_fail(rp_queue_dir(queue)))
		return;
	problems = ask_agent();
	for (gsize i = 0; problems && i < g_variant_n_children(problems); i++) {
		g_autoptr(GVariant) problem = g_variant_get_child_value(problems, i);
		g_autofree char *text = rp_cli_problem_text(problem);

		if (g_strcmp0(rp_cli_value_text(problem, "code"), "disk") == 0)
			rp_cli_note_above(cli, text);
	}
}

char *
rp_cli_disk_trouble(RpQueue *queue)
{
	g_autoptr(GError) error = NULL;
	gint64 room;

	if (!rp_queue_takes_mail(queue, &error))
		return g_strdup(error->message);
	room = rp_queue_room_for_mail(queue);
	if (room >= RP_QUEUE_LARGE_MAIL)
		return NULL;
	g_autofree char *size = g_format_size((guint64)room);
	/* TRANSLATORS: a size, and a folder. */
	return g_strdup_printf(_("mail of more than %1$s may be refused: make room on the disk of "
				 "%2$s (“roampost doctor” shows what fills it)"),
		size, rp_queue_dir(queue));
}
