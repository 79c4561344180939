/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "outbox-private.h"

#include "roampost/base.h"

#include <json-glib/json-glib.h>
#include <signal.h>
#include <string.h>

/* `roampost setup --converse` at the other end of two pipes: what it says and asks, a line of JSON
 * each, and the answers, a line each. The program itself, and not its parts: what is found, tried,
 * written and refused is then one thing, and a password is in a process that ends. */

struct RpConversation {
	const RpConversationEvents *events;
	gpointer user;
	GCancellable *cancellable;
	GSubprocess *program;
	GDataInputStream *lines;
};

static void read_next(RpConversation *conversation);

/* As the user's shell finds it, else as it was installed with this one. */
static char *
find_program(void)
{
	char *found = g_find_program_in_path("roampost");

	return found ? found : g_build_filename(RP_BINDIR, "roampost", NULL);
}

/* ---- what it says ---- */

static const char *const kinds[] = {
	[RP_SAYS_OUTPUT] = "output",
	[RP_SAYS_NOTE] = "note",
	[RP_SAYS_FAILURE] = "failure",
	[RP_ASKS_TEXT] = "ask",
	[RP_ASKS_SECRET] = "secret",
	[RP_ASKS_PROCEED] = "proceed",
	[RP_ASKS_CONFIRM] = "confirm",
};

/* Lines that are no such thing are passed over. */
static void
take_line(RpConversation *conversation, const char *line)
{
	g_autoptr(JsonNode) root = json_from_string(line, NULL);
	JsonObject *object =
		root && JSON_NODE_HOLDS_OBJECT(root) ? json_node_get_object(root) : NULL;
	const char *kind =
		object ? json_object_get_string_member_with_default(object, "kind", "") : "";

	for (guint i = 0; i < G_N_ELEMENTS(kinds); i++)
		if (g_str_equal(kind, kinds[i]))
			conversation->events->said((RpSays)i,
				json_object_get_string_member_with_default(object, "text", ""),
				conversation->user);
}

static void
on_ended(GObject *source, GAsyncResult *result, gpointer user)
{
	RpConversation *conversation = user;
	g_autoptr(GError) error = NULL;

	g_subprocess_wait_finish(G_SUBPROCESS(source), result, &error);
	if (!g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		conversation->events->ended(
			g_subprocess_get_successful(conversation->program), conversation->user);
}

static void
on_line(GObject *source, GAsyncResult *result, gpointer user)
{
	RpConversation *conversation = user;
	g_autoptr(GError) error = NULL;
	g_autofree char *line = g_data_input_stream_read_line_finish_utf8(
		G_DATA_INPUT_STREAM(source), result, NULL, &error);

	if (g_error_matches(error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
		return;
	if (!line) {
		g_subprocess_wait_async(
			conversation->program, conversation->cancellable, on_ended, conversation);
		return;
	}
	read_next(conversation);
	take_line(conversation, line);
}

static void
read_next(RpConversation *conversation)
{
	g_data_input_stream_read_line_async(conversation->lines, G_PRIORITY_DEFAULT,
		conversation->cancellable, on_line, conversation);
}

/* ---- the program ---- */

RpConversation *
rp_conversation_start(const char *const *arguments, const RpConversationEvents *events,
	gpointer user, GError **error)
{
	g_autoptr(GPtrArray) words = g_ptr_array_new();
	g_autofree char *path = find_program();
	GSubprocess *program;

	g_ptr_array_add(words, path);
	g_ptr_array_add(words, (gpointer) "setup");
	g_ptr_array_add(words, (gpointer) "--converse");
	for (; *arguments; arguments++)
		g_ptr_array_add(words, (gpointer)*arguments);
	g_ptr_array_add(words, NULL);
	program = g_subprocess_newv((const char *const *)words->pdata,
		G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE, error);
	if (!program)
		return NULL;
	RpConversation *conversation = g_new0(RpConversation, 1);
	conversation->events = events;
	conversation->user = user;
	conversation->program = program;
	conversation->cancellable = g_cancellable_new();
	conversation->lines = g_data_input_stream_new(g_subprocess_get_stdout_pipe(program));
	read_next(conversation);
	return conversation;
}

/* One that is asked for is waited for, and is shorter than the pipe: this does not block. */
void
rp_conversation_answer(RpConversation *conversation, const char *answer)
{
	g_autoptr(RpSecret) line = g_strconcat(answer, "\n", NULL);

	g_output_stream_write_all(g_subprocess_get_stdin_pipe(conversation->program), line,
		strlen(line), NULL, conversation->cancellable, NULL);
}

void
rp_conversation_free(RpConversation *conversation)
{
	if (!conversation)
		return;
	g_cancellable_cancel(conversation->cancellable);
	g_subprocess_send_signal(conversation->program, SIGTERM);
	g_object_unref(conversation->cancellable);
	g_object_unref(conversation->lines);
	g_object_unref(conversation->program);
	g_free(conversation);
}
