/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-queue"
#include "queue-private.h"

#include "roampost/language.h"

#include <errno.h>
#include <glib-unix.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

/* An open file stays what it was when another takes its name: an agent would go on with a queue
 * that nobody else sees. The kernel tells when a name goes, or gets another file. */

#define GONE_SELF (IN_DELETE_SELF | IN_MOVE_SELF | IN_UNMOUNT)
#define GONE_FILE (IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO)

typedef struct {
	RpQueue *queue;
	RpQueueReplacedFunc func;
	gpointer user;
} Watch;

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
watch(RpQueue *queue)
{
	g_autofree char *real = realpath(queue->dir, NULL);

	if (inotify_add_watch(queue->replaced, queue->dir, GONE_FILE | GONE_SELF | IN_ONLYDIR) < 0)
		return FALSE;
	watch_way(queue->replaced, queue->dir);
	if (real && !g_str_equal(real, queue->dir))
		watch_way(queue->replaced, real);
	return TRUE;
}

static gboolean
on_events(gint fd, GIOCondition condition, gpointer data)
{
	const Watch *watched = data;
	gboolean lost = read_events(fd);

	g_source_set_ready_time(watched->queue->replaced_source, -1);
	/* A link that was turned, and leads to the same folder, is watched anew. */
	if (!lost && rp_db_is_there(watched->queue->db) && watch(watched->queue))
		return G_SOURCE_CONTINUE;
	watched->func(watched->user);
	return G_SOURCE_REMOVE;
}

static void
stop(RpQueue *queue)
{
	if (!queue->replaced_source)
		return;
	g_source_destroy(queue->replaced_source);
	g_clear_pointer(&queue->replaced_source, g_source_unref);
	rp_fd_clear(&queue->replaced);
}

void
rp_queue_set_replaced(RpQueue *queue, RpQueueReplacedFunc func, gpointer user)
{
	Watch *watched;

	stop(queue);
	if (!func)
		return;
	queue->replaced = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (queue->replaced < 0 || !watch(queue)) {
		g_info("%s is not watched: %s", queue->dir, rp_text_errno(errno));
		rp_fd_clear(&queue->replaced);
		return;
	}
	watched = g_new(Watch, 1);
	*watched = (Watch){queue, func, user};
	queue->replaced_source = g_unix_fd_source_new(queue->replaced, G_IO_IN);
	g_source_set_callback(queue->replaced_source, G_SOURCE_FUNC(on_events), watched, g_free);
	/* What happened before it was watched is looked for once. */
	g_source_set_ready_time(queue->replaced_source, 0);
	g_source_attach(queue->replaced_source, g_main_context_get_thread_default());
}
