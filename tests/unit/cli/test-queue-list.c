/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "messages.h"
#include "output-private.h"
#include "queue-list.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* What `queue` prints on terminals of different widths, and where there is none. */

#define NOW (G_GINT64_CONSTANT(1764000000) * G_USEC_PER_SEC)
#define OUTSIDE                                                                                    \
	"*\t\t[{\"set\":\"odn\",\"reason\":\"outside\",\"text\":\"ODN takes it from inside.\","    \
	"\"to-free\":[\"connect to ODN\"]}]\n"

typedef struct {
	RpMessageState state;
	const char *sender, *to, *subject, *class_reasons, *reply;
	gint64 size;
	RpSpan age, next_try;
} Row;

static const Row rows[] = {
	{RP_MESSAGE_HELD, "taro@odn.example", "a@x.example", "お知らせ：来週の予定", OUTSIDE, NULL,
		2048, 90 * G_USEC_PER_SEC},
	{RP_MESSAGE_DEFERRED, "taro@odn.example", "b@y.example", NULL, NULL, "451 4.3.0 later",
		12 << 20, 2 * G_TIME_SPAN_HOUR, 5 * G_TIME_SPAN_MINUTE},
	{RP_MESSAGE_HELD, "a-very-long-name-indeed@somewhere.else.example",
		"c@x.example d@x.example \346\227\245\346\234\254@\344\276\213\343\201\210."
		"\343\203\206\343\202\271\343\203\210",
		"A subject that goes on for longer than there is room on a narrow terminal",
		OUTSIDE, NULL, 700, 3 * G_TIME_SPAN_DAY},
	{RP_MESSAGE_QUEUED, "", "e@x.example", "bounce", NULL, NULL, 5000, G_USEC_PER_SEC},
};

static RpQueueMessage *
message_new(const Row *row, guint number)
{
	RpQueueMessage *message = g_new0(RpQueueMessage, 1);
	g_auto(GStrv) to = g_strsplit(row->to, " ", -1);

	message->id = (RpMessageId)number + 1;
	message->state = row->state;
	message->sender = g_strdup(row->sender);
	message->subject = g_strdup(row->subject);
	message->size = row->size;
	message->created = NOW - row->age;
	message->next_try = row->next_try ? NOW + row->next_try : 0;
	message->hold_reason = -1;
	message->class_reasons = g_strdup(row->class_reasons);
	message->recipients = g_ptr_array_new();
	for (guint i = 0; to[i]; i++) {
		RpQueueRecipient *recipient = g_new0(RpQueueRecipient, 1);

		recipient->address = g_strdup(to[i]);
		recipient->reply = g_strdup(row->reply);
		g_ptr_array_add(message->recipients, recipient);
	}
	return message;
}

static void
message_free(RpQueueMessage *message)
{
	for (guint i = 0; i < message->recipients->len; i++) {
		RpQueueRecipient *recipient = message->recipients->pdata[i];

		g_free(recipient->address);
		g_free(recipient->reply);
		g_free(recipient);
	}
	g_ptr_array_unref(message->recipients);
	g_free(message->sender);
	g_free(message->subject);
	g_free(message->class_reasons);
	g_free(message);
}

/* Standard output goes into a file meanwhile. */
static char *
print_at(guint width)
{
	g_autofree char *path = g_build_filename(g_get_tmp_dir(), "roampost-list-XXXXXX", NULL);
	int file = g_mkstemp(path), output = dup(STDOUT_FILENO);
	RpCli cli = {.width = width};
	RpCliQueueList *list = rp_cli_queue_list_new(&cli, NOW);
	char *text = NULL;

	fflush(stdout);
	dup2(file, STDOUT_FILENO);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		RpQueueMessage *message = message_new(&rows[i], i);

		rp_cli_queue_list_add(list, message);
		message_free(message);
	}
	rp_cli_queue_list_end(list);
	fflush(stdout);
	dup2(output, STDOUT_FILENO);
	close(output);
	close(file);
	g_assert_true(g_file_get_contents(path, &text, NULL, NULL));
	g_unlink(path);
	return text;
}

typedef struct {
	guint width;
	const char *want;
} Form;

static const Form forms[] = {
	{40, "0000000001  held  1 min  2K\n"
	     "  taro@odn.example → a@x.example\n"
	     "  “お知らせ：来週の予定”\n"
	     "0000000003  held  3 days  700\n"
	     "  a-very-long-name-indeed@somewhere.else\n"
	     "  .example → c@x.example, d@x.example,\n"
	     "  日本@例え.テスト\n"
	     "  “A subject that goes on for longer\n"
	     "  than there is room on a narrow\n"
	     "  terminal”\n"
	     "  These 2: ODN takes it from inside. To\n"
	     "  free it: connect to ODN.\n"
	     "0000000002  deferred  2 h  12M\n"
	     "  taro@odn.example → b@y.example\n"
	     "  Next try: in 5 min\n"
	     "  The server said: 451 4.3.0 later\n"
	     "0000000004  queued  1 s  5K\n"
	     "  <> → e@x.example\n"
	     "  “bounce”\n"},
	{80, "ID             AGE  SIZE  STATE     NEXT TRY  FROM → TO\n"
	     "0000000001   1 min    2K  held                taro@odn.example → a@x.example\n"
	     "            “お知らせ：来週の予定”\n"
	     "0000000003  3 days   700  held                a-very-long-name… → c@x.example +2\n"
	     "            “A subject that goes on for longer than there is room on a narrow\n"
	     "            terminal”\n"
	     "            These 2: ODN takes it from inside. To free it: connect to ODN.\n"
	     "0000000002     2 h   12M  deferred  in 5 min  taro@odn.example → b@y.example\n"
	     "            The server said: 451 4.3.0 later\n"
	     "0000000004     1 s    5K  queued              <> → e@x.example\n"
	     "            “bounce”\n"},
	{200, "ID             AGE  SIZE  STATE     NEXT TRY  FROM → TO                             "
	      "                           SUBJECT\n"
	      "0000000001   1 min    2K  held                taro@odn.example → a@x.example        "
	      "                           “お知らせ：来週の予定”\n"
	      "0000000003  3 days   700  held                "
	      "a-very-long-name-indeed@somewhere.else.example → c@x.example +2  “A subject that "
	      "goes on for longer than there is room on a narrow terminal”\n"
	      "            These 2: ODN takes it from inside. To free it: connect to ODN.\n"
	      "0000000002     2 h   12M  deferred  in 5 min  taro@odn.example → b@y.example\n"
	      "            The server said: 451 4.3.0 later\n"
	      "0000000004     1 s    5K  queued              <> → e@x.example                      "
	      "                           “bounce”\n"},
	{RP_CLI_NO_LIMIT,
		"ID             AGE  SIZE  STATE     NEXT TRY  FROM → TO  SUBJECT\n"
		"0000000001   1 min    2K  held                taro@odn.example → a@x.example  "
		"“お知らせ：来週の予定”\n"
		"0000000003  3 days   700  held                "
		"a-very-long-name-indeed@somewhere.else.example → c@x.example, d@x.example, "
		"日本@例え.テスト  “A subject that goes on for longer than there is room on a "
		"narrow terminal”\n"
		"            These 2: ODN takes it from inside. To free it: connect to ODN.\n"
		"0000000002     2 h   12M  deferred  in 5 min  taro@odn.example → b@y.example\n"
		"            The server said: 451 4.3.0 later\n"
		"0000000004     1 s    5K  queued              <> → e@x.example  “bounce”\n"},
};

static void
test_form(gconstpointer data)
{
	const Form *form = data;
	g_autofree char *got = print_at(form->width);
	g_auto(GStrv) lines = g_strsplit(got, "\n", -1);

	for (char **line = lines; *line; line++)
		g_assert_cmpuint(rp_cli_text_width(*line), <=, form->width);
	g_assert_cmpstr(got, ==, form->want);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	for (guint i = 0; i < G_N_ELEMENTS(forms); i++) {
		g_autofree char *path = g_strdup_printf("/cli/queue-list/%u", forms[i].width);

		g_test_add_data_func(path, &forms[i], test_form);
	}
	return g_test_run();
}
