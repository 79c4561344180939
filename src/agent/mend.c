/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "lane-private.h"

#include "roampost/base.h"
#include "roampost/convert.h"
#include "roampost/submit.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <sys/mman.h>
#include <unistd.h>

/* A message that a server can't be given as it is goes as a copy in which that is changed. The copy
 * is made beside the main loop, has no name, and goes with the load: the queue's own is never
 * changed. */

#define BLOCK 65536

struct RpMending {
	RpLoad *load; /* gone when the task is cancelled */
	GCancellable *cancellable;
	char *state_dir;
	RpMessageId id;
	char *from;
	guint what;
	/* What comes of it. */
	RpFd copy;
	gint64 size;
	char *trouble; /* why it can't be made, or NULL */
	RpConvertWhat about;
};

static void
mending_free(gpointer data)
{
	RpMending *mending = data;

	g_object_unref(mending->cancellable);
	g_free(mending->state_dir);
	g_free(mending->from);
	g_free(mending->trouble);
	rp_fd_clear(&mending->copy);
	g_free(mending);
}

/* ---- the thread ---- */

/* On the queue's disk, where large ones have room; else in memory. */
static RpFd
open_copy(const char *dir, GError **error)
{
	int fd = open(dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	if (fd < 0)
		fd = memfd_create("roampost-copy", MFD_CLOEXEC);
	if (fd < 0)
		rp_error_set_errno(error, errno, "a copy of a message");
	return fd;
}

static gboolean
write_out(RpMending *mending, GByteArray *out, GError **error)
{
	if (!rp_write_all(mending->copy, out->data, out->len)) {
		rp_error_set_errno(error, errno, "a copy of a message");
		return FALSE;
	}
	mending->size += out->len;
	g_byte_array_set_size(out, 0);
	return TRUE;
}

/* Once over the message: looks where there is no `out`. */
static gboolean
go_over(RpMending *mending, RpQueue *queue, RpConvert *mend, GByteArray *out, GError **error)
{
	g_autofree guint8 *block = g_malloc(BLOCK);
	gint64 offset = 0;
	gssize n;

	while ((n = rp_queue_read(queue, mending->id, offset, block, BLOCK, error)) > 0) {
		if (g_cancellable_set_error_if_cancelled(mending->cancellable, error))
			return FALSE;
		if (!out)
			rp_convert_scan(mend, block, (gsize)n);
		else
			rp_convert_write(mend, block, (gsize)n, out);
		if (out && !write_out(mending, out, error))
			return FALSE;
		offset += n;
	}
	return n == 0;
}

static gboolean
make_copy(RpMending *mending, GError **error)
{
	const RpConvertOptions options = {mending->what, mending->from, rp_submit_encode_field};
	/* A handle is its thread's. */
	g_autoptr(RpQueue) queue = rp_queue_open(mending->state_dir, RP_QUEUE_READER, error);
	g_autoptr(RpConvert) mend = rp_convert_new(&options);
	g_autoptr(GByteArray) out = g_byte_array_new();

	if (!queue || !go_over(mending, queue, mend, NULL, error))
		return FALSE;
	mending->trouble = g_strdup(rp_convert_check(mend, &mending->about));
	if (mending->trouble)
		return TRUE;
	mending->copy = open_copy(mending->state_dir, error);
	if (mending->copy < 0 || !go_over(mending, queue, mend, out, error))
		return FALSE;
	rp_convert_finish(mend, out);
	return write_out(mending, out, error);
}

static void
run(GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
	GError *error = NULL;

	if (make_copy(data, &error))
		g_task_return_boolean(task, TRUE);
	else
		g_task_return_error(task, error);
}

/* ---- the main context's side ---- */

static RpReason
reason_for(RpConvertWhat about)
{
	switch (about) {
	case RP_CONVERT_8BIT:
		return RP_REASON_NEEDS_8BITMIME;
	case RP_CONVERT_HEADER:
		return RP_REASON_NEEDS_SMTPUTF8;
	case RP_CONVERT_LINES:
		return RP_REASON_SERVER_REJECTED;
	}
	return RP_REASON_SERVER_REJECTED;
}

static void
refuse(RpLoad *load, const RpMending *mending)
{
	g_autofree char *text =
		mending->about == RP_CONVERT_LINES
			? g_strdup_printf(
				  "it has lines longer than servers take, and %s", mending->trouble)
			: g_strdup(mending->trouble);

	rp_outcome_not_mended(load->lane, load, reason_for(mending->about), text);
}

static void
settle_load(RpLoad *load, RpMending *mending, const GError *error)
{
	RpLane *lane = load->lane;
	char text[RP_MESSAGE_ID_SIZE];

	rp_message_id_format(load->id, text);
	if (!error && !mending->trouble) {
		g_message("%s: a copy is made for %s: %" G_GINT64_FORMAT
			  " octets, of %" G_GINT64_FORMAT,
			text, lane->set_name, mending->size, load->message->size);
		load->copy = rp_fd_steal(&mending->copy);
		load->copy_size = mending->size;
		load->mended |= mending->what;
		load->state = RP_LOAD_READY;
		rp_haul_next(lane);
		return;
	}
	g_queue_remove(&lane->loads, load);
	if (error) {
		g_warning("%s: a copy for %s can't be made: %s", text, lane->set_name,
			error->message);
		rp_outcome_not_mended(lane, load, -1, error->message);
	} else {
		refuse(load, mending);
	}
	rp_load_free(load);
	rp_haul_next(lane);
}

static void
on_done(GObject *source, GAsyncResult *result, gpointer user)
{
	RpMending *mending = g_task_get_task_data(G_TASK(result));
	g_autoptr(GError) error = NULL;

	g_task_propagate_boolean(G_TASK(result), &error);
	if (g_cancellable_is_cancelled(mending->cancellable))
		return; /* the load has gone */
	mending->load->mending = NULL;
	settle_load(mending->load, mending, error);
}

void
rp_load_mend(RpLoad *load, guint what)
{
	RpMending *mending = g_new0(RpMending, 1);
	g_autoptr(GTask) task = NULL;

	mending->load = load;
	mending->cancellable = g_cancellable_new();
	mending->state_dir = g_strdup(rp_queue_dir(load->lane->agent->queue));
	mending->id = load->id;
	mending->what = load->mended | what;
	mending->from = g_strdup(load->from);
	mending->copy = -1;
	rp_fd_clear(&load->copy);
	load->state = RP_LOAD_MENDING;
	load->mending = mending;
	task = g_task_new(NULL, NULL, on_done, NULL);
	g_task_set_task_data(task, mending, mending_free);
	g_task_run_in_thread(task, run);
}

void
rp_load_stop_mending(RpLoad *load)
{
	if (load->mending)
		g_cancellable_cancel(load->mending->cancellable);
	load->mending = NULL;
}
