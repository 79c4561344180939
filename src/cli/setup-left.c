/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "messages.h"
#include "setup.h"

#include "roampost/language.h"
#include "roampost/policy.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

/* What an address that was taken out leaves behind: mail that no server set may carry any more. */

typedef struct {
	const RpCatalogue *before, *now;
	guint n;
} Left;

static gboolean
has_way(const RpCatalogue *catalogue, const RpQueueMessage *message)
{
	if (message->pin)
		return rp_catalogue_find_set(catalogue, message->pin) >= 0;
	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++)
		if (rp_policy_may_carry(catalogue, i, message->sender))
			return TRUE;
	return FALSE;
}

static void
count(RpCli *cli, const RpQueueMessage *message, gpointer user)
{
	Left *left = user;

	(void)cli;
	left->n += has_way(left->before, message) && !has_way(left->now, message);
}

/* As it will be. NULL: it would be refused, which is said when it is written. */
static RpConfig *
load_edited(const RpSetupFile *file)
{
	g_autoptr(RpSecret) text = rp_config_edit_text(file->edit);
	g_auto(RpFd) fd = memfd_create("roampost-setup", MFD_CLOEXEC);
	g_autofree char *path = g_strdup_printf("/proc/self/fd/%d", fd);
	g_autoptr(GPtrArray) problems = NULL;

	if (fd < 0 || fchmod(fd, 0600) != 0 || !rp_write_all(fd, text, strlen(text)))
		return NULL;
	return rp_cli_load_config_with(path, &problems);
}

gboolean
rp_setup_say_left(RpCli *cli, const RpSetupFile *file)
{
	const guint waiting = ~(1u << RP_MESSAGE_FAILED);
	g_autoptr(RpConfig) now = load_edited(file);
	gboolean failed = FALSE;
	g_autoptr(RpQueue) queue = now ? rp_cli_read_queue(cli, &failed) : NULL;
	Left left = {rp_config_catalogue(file->config)};

	if (!now || !queue)
		return !failed;
	left.now = rp_config_catalogue(now);
	if (!rp_cli_each_message(cli, queue, waiting, count, &left))
		return FALSE;
	if (left.n)
		rp_cli_print(cli,
			rp_text_n("Once this is written, %u mail in the queue has no server set "
				  "any more, and waits "
				  "until one may carry it: “roampost queue” says what would free "
				  "it, “roampost delete ID” deletes it.\n",
				"Once this is written, %u mails in the queue have no server set "
				"any more, and wait until "
				"one may carry them: “roampost queue” says what would free them, "
				"“roampost delete ID…” deletes them.\n",
				left.n),
			left.n);
	return TRUE;
}
