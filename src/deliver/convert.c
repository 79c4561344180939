/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-agent"

#include "convert.h"

#include "roampost/base.h"
#include "roampost/convert.h"
#include "roampost/submit.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <sys/mman.h>
#include <unistd.h>

/* A message that a server can't be given as it is goes as a copy in which that is changed. The copy
 * is made beside the main loop, has no name, and goes with it: the queue's own is never
 * changed. */

#define BLOCK 65536

struct RpConversion {
	RpConversionDone done;
	gpointer user;
	GCancellable *cancellable;
	char *state_dir;
	RpMessageId id;
	char *from;
	/* What comes of it. */
	RpConverted converted;
};

static void
conversion_free(gpointer data)
{
	RpConversion *conversion = data;

	g_object_unref(conversion->cancellable);
	g_free(conversion->state_dir);
	g_free(conversion->from);
	g_free(conversion->converted.trouble);
	rp_fd_clear(&conversion->converted.copy);
	g_free(conversion);
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
write_out(RpConversion *conversion, GByteArray *out, GError **error)
{
	if (!rp_write_all(conversion->converted.copy, out->data, out->len)) {
		rp_error_set_errno(error, errno, "a copy of a message");
		return FALSE;
	}
	conversion->converted.size += out->len;
	g_byte_array_set_size(out, 0);
	return TRUE;
}

/* Once over the message: looks where there is no `out`. */
static gboolean
go_over(RpConversion *conversion, RpQueue *queue, RpConvert *convert, GByteArray *out,
	GError **error)
{
	g_autofree guint8 *block = g_malloc(BLOCK);
	gint64 offset = 0;
	gssize n;

	while ((n = rp_queue_read(queue, conversion->id, offset, block, BLOCK, error)) > 0) {
		if (g_cancellable_set_error_if_cancelled(conversion->cancellable, error))
			return FALSE;
		if (!out)
			rp_convert_scan(convert, block, (gsize)n);
		else
			rp_convert_write(convert, block, (gsize)n, out);
		if (out && !write_out(conversion, out, error))
			return FALSE;
		offset += n;
	}
	return n == 0;
}

static gboolean
make_copy(RpConversion *conversion, GError **error)
{
	const RpConvertOptions options = {
		conversion->converted.what, conversion->from, rp_submit_encode_field};
	/* A handle is its thread's. */
	g_autoptr(RpQueue) queue = rp_queue_open(conversion->state_dir, RP_QUEUE_READER, error);
	g_autoptr(RpConvert) convert = rp_convert_new(&options);
	g_autoptr(GByteArray) out = g_byte_array_new();

	if (!queue || !go_over(conversion, queue, convert, NULL, error))
		return FALSE;
	conversion->converted.trouble =
		g_strdup(rp_convert_check(convert, &conversion->converted.about));
	if (conversion->converted.trouble)
		return TRUE;
	conversion->converted.copy = open_copy(conversion->state_dir, error);
	if (conversion->converted.copy < 0 || !go_over(conversion, queue, convert, out, error))
		return FALSE;
	rp_convert_finish(convert, out);
	return write_out(conversion, out, error);
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

static void
on_done(GObject *source, GAsyncResult *result, gpointer user)
{
	RpConversion *conversion = g_task_get_task_data(G_TASK(result));
	g_autoptr(GError) error = NULL;

	g_task_propagate_boolean(G_TASK(result), &error);
	if (!g_cancellable_is_cancelled(conversion->cancellable))
		conversion->done(&conversion->converted, error, conversion->user);
}

RpConversion *
rp_conversion_start(const char *state_dir, RpMessageId id, guint what, const char *from,
	RpConversionDone done, gpointer user)
{
	RpConversion *conversion = g_new0(RpConversion, 1);
	g_autoptr(GTask) task = NULL;

	conversion->done = done;
	conversion->user = user;
	conversion->cancellable = g_cancellable_new();
	conversion->state_dir = g_strdup(state_dir);
	conversion->id = id;
	conversion->from = g_strdup(from);
	conversion->converted.what = what;
	conversion->converted.copy = -1;
	task = g_task_new(NULL, NULL, on_done, NULL);
	g_task_set_task_data(task, conversion, conversion_free);
	g_task_run_in_thread(task, run);
	return conversion;
}

void
rp_conversion_cancel(RpConversion *conversion)
{
	if (conversion)
		g_cancellable_cancel(conversion->cancellable);
}
