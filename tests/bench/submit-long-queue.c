/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <glib/gstdio.h>
#include <stdio.h>
#include "roampost/queue-change.h"

/* What a long queue costs: 100,000 messages in 200 classes, all held. Prints how long it takes to
 * give all classes a new verdict, to count, to find what is next, and to hand over another message.
 *
 * usage: submit-long-queue [MESSAGES]   (in TMPDIR; on a RAM disk, filling it takes seconds) */

#define CLASSES 200

static RpQueue *agent, *writer;

static void
check(GError *error)
{
	if (error)
		g_error("%s", error->message);
}

static double
submit_some(int n)
{
	const char *const recipients[] = {"hanako@other.example"};
	const RpEnvelope envelope = {.sender = "taro@odn.example",
		.header_from = "taro@odn.example",
		.recipients = recipients,
		.n_recipients = 1};
	g_autofree char *content = g_strnfill(2048, 'x');
	g_autoptr(GError) error = NULL;
	gint64 start = g_get_monotonic_time();

	for (int i = 0; i < n; i++) {
		g_autoptr(RpSubmission) submission = rp_submission_new(writer);
		rp_submission_write(submission, content, 2048, &error);
		check(error);
		rp_submission_commit(submission, &envelope, NULL, &error);
		check(error);
	}
	return (double)(g_get_monotonic_time() - start) / n / 1000;
}

static void
apply(RpQueueChange *change)
{
	g_autoptr(GError) error = NULL;
	rp_queue_apply(agent, change, &error);
	check(error);
}

static double
plan_all(void)
{
	gint64 start = g_get_monotonic_time();
	guint n = 0;

	for (;;) {
		g_autoptr(GError) error = NULL;
		g_autoptr(GPtrArray) page = rp_queue_list_new(agent, 500, &error);
		check(error);
		if (page->len == 0)
			return (double)(g_get_monotonic_time() - start) / 1000;
		RpQueueChange *change = rp_queue_change_new(start);
		for (guint i = 0; i < page->len; i++) {
			const RpQueueMessage *message = page->pdata[i];
			g_autofree const char **scratch = NULL;
			g_autofree char *key = g_strdup_printf("key %u", n++ % CLASSES);
			RpMessageFacts facts;
			rp_queue_message_facts(message, &facts, &scratch);
			rp_change_classify(change, message->id, key, &facts);
		}
		apply(change);
	}
}

static gboolean
add_number(const RpQueueClass *class_, gpointer ids)
{
	g_array_append_val(ids, class_->id);
	return TRUE;
}

static GArray *
class_numbers(void)
{
	g_autoptr(GError) error = NULL;
	GArray *ids = g_array_new(FALSE, FALSE, sizeof(gint64));

	rp_queue_foreach_class(
		agent, RP_QUEUE_CLASS_NUMBERS, RP_CLASS_NEW, add_number, ids, &error);
	check(error);
	return ids;
}

static double
decide_all(RpClassVerdict verdict)
{
	gint64 start = g_get_monotonic_time();
	g_autoptr(GArray) classes = class_numbers();
	RpQueueChange *change = rp_queue_change_new(start);
	rp_change_write_verdict(change, 4, verdict, "odn",
		"0*\t\t[{\"set\":\"odn\",\"reason\":\"outside\",\"text\":\"...\"}]\n");
	for (guint i = 0; i < classes->len; i++)
		rp_change_give_verdict(change, g_array_index(classes, gint64, i), 4);
	apply(change);
	return (double)(g_get_monotonic_time() - start) / 1000;
}

static double
next_ones(guint *found)
{
	g_autoptr(GError) error = NULL;
	gint64 start = g_get_monotonic_time();
	g_autoptr(GArray) ids = class_numbers();
	RpQueueCursor cursor = RP_QUEUE_CURSOR_INIT;

	g_autoptr(GPtrArray) next = rp_queue_next(
		agent, (const gint64 *)(gpointer)ids->data, ids->len, &cursor, 20, &error);
	check(error);
	*found = next->len;
	return (double)(g_get_monotonic_time() - start) / 1000;
}

static double
count(RpQueueCounts *counts)
{
	g_autoptr(GError) error = NULL;
	gint64 start = g_get_monotonic_time();
	rp_queue_counts(agent, counts, &error);
	check(error);
	return (double)(g_get_monotonic_time() - start) / 1000;
}

static double
reclass_all(void)
{
	gint64 start = g_get_monotonic_time();
	RpQueueChange *change = rp_queue_change_new(start);
	rp_change_reclass_all(change);
	apply(change);
	return (double)(g_get_monotonic_time() - start) / 1000;
}

static long
memory_kib(void)
{
	g_autofree char *text = NULL;
	long size = 0, resident = 0;
	if (g_file_get_contents("/proc/self/statm", &text, NULL, NULL))
		sscanf(text, "%ld %ld", &size, &resident);
	return resident * 4;
}

static void
measure(int messages)
{
	RpQueueCounts counts;
	guint found;

	printf("handing over, queue empty:          %8.3f ms a message\n", submit_some(200));
	submit_some(messages - 400);
	printf("handing over, queue of %d:      %8.3f ms a message\n", messages, submit_some(200));
	printf("putting all into %d classes:       %8.1f ms\n", CLASSES, plan_all());
	printf("new verdicts for all classes, held: %8.3f ms\n", decide_all(RP_CLASS_HOLD));
	printf("counts:                             %8.3f ms", count(&counts));
	printf(" (%" G_GINT64_FORMAT " held)\n", counts.by_state[RP_MESSAGE_HELD]);
	printf("new verdicts for all classes, send: %8.3f ms\n", decide_all(RP_CLASS_SEND));
	printf("the next 20 to send:                %8.3f ms", next_ones(&found));
	printf(" (%u found)\n", found);
	printf("all to be classified again:         %8.3f ms\n", reclass_all());
	printf("resident memory:                    %8ld KiB\n", memory_kib());
}

int
main(int argc, char **argv)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *dir = g_dir_make_tmp("roampost-bench-XXXXXX", NULL);

	agent = rp_queue_open(dir, RP_QUEUE_AGENT, &error);
	check(error);
	writer = rp_queue_open(dir, RP_QUEUE_WRITER, &error);
	check(error);
	measure(argc > 1 ? atoi(argv[1]) : 100000);
	rp_queue_close(writer);
	rp_queue_close(agent);
	g_autofree char *command = g_strdup_printf("rm -r %s", dir);
	return system(command) != 0;
}
