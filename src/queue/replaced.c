/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-queue"
#include "queue-private.h"

#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* An open file stays what it was when another takes its name: an agent would go on with a queue
 * that nobody else sees. The kernel tells when a name goes, or gets another file. */

#define GONE_SELF (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)
#define GONE_FILE (IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

/* Where the kernel does not tell: until then mail is handed to whom nobody serves. */
#define LOOK_S 30

/* SQLite takes the log away itself, but never while somebody has the database open. */
static gboolean
is_ours(const char *name)
{
	static const char *const names[] = {"queue.db", "queue.db-wal", "queue.db-shm",
		"agent.lock", "bell", "turn", "incoming", NULL};

	return g_strv_contains(names, name);
}

/* What a name on the way means for the files is seen by looking. */
static gboolean
read_events(int fd)
{
	char buffer[4096] __attribute__((aligned(__alignof__(struct inotify_event))));
	gboolean lost = FALSE;
	ssize_t n;

	while ((n = read(fd, buffer, sizeof buffer)) > 0)
		for (const char *at = buffer; at < buffer + n;) {
			const struct inotify_event *event = (gconstpointer)at;

			lost |= event->len && is_ours(event->name);
			at += sizeof *event + event->len;
		}
	return lost;
}

/* The folder is named by a path each part of which may be moved, or be a link that is turned. */
static void
watch_way(int fd, const char *path)
{
	g_autofree char *part = g_strdup(path);

	for (char *end = part + 1;; *end++ = '/') {
		end += strcspn(end, "/");
		gboolean last = *end == '\0';

		*end = '\0';
		inotify_add_watch(fd, part, GONE_SELF | IN_DONT_FOLLOW | IN_MASK_ADD);
		if (last)
			return;
	}
}

static gboolean
watch(int fd, gpointer user)
{
	const RpQueue *queue = user;
	g_autofree char *real = realpath(queue->dir, NULL);

	if (inotify_add_watch(fd, queue->dir, GONE_FILE | GONE_SELF | IN_ONLYDIR) < 0)
		return FALSE;
	watch_way(fd, queue->dir);
	if (real && !g_str_equal(real, queue->dir))
		watch_way(fd, real);
	return TRUE;
}

static gboolean
look(gint fd, GIOCondition condition, gpointer user)
{
	RpQueue *queue = user;
	gboolean lost = fd >= 0 && read_events(fd);

	if (fd >= 0)
		g_source_set_ready_time(queue->replaced_source, -1);
	/* A link that was turned, and leads to the same folder, is watched anew. */
	if (!lost && rp_db_is_there(queue->db) && (fd < 0 || watch(fd, queue)))
		return G_SOURCE_CONTINUE;
	queue->on_replaced(queue->replaced_user);
	return G_SOURCE_REMOVE;
}

void
rp_queue_set_replaced(RpQueue *queue, RpQueueReplacedFunc func, gpointer user)
{
	static const RpInotify kind = {
		"whether the queue's folder is replaced", LOOK_S, watch, look};

	rp_source_clear(&queue->replaced_source);
	rp_fd_clear(&queue->replaced);
	queue->on_replaced = func;
	queue->replaced_user = user;
	if (!func)
		return;
	queue->replaced_source = rp_inotify_attach(&queue->replaced, &kind, queue);
	/* What happened before it was watched is looked for once. */
	if (queue->replaced >= 0)
		g_source_set_ready_time(queue->replaced_source, 0);
}
