/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "question.h"
#include "roampost/decision-json.h"
#include "roampost/language.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* simulate --batch: a question a line in, an answer a line out. What has been asked is answered
 * before more is waited for, so that a program can ask one question after the other. */

enum { CHUNK = 65536, DEEPEST = 64 };

typedef struct {
	RpSimulator *simulator;
	const RpCatalogue *catalogue;
	JsonParser *parser;
	RpQuestion *question;
	GString *out;
	guint line;
	guint n_bad;
} Batch;

/* A question is two levels deep. json-glib reads a level of brackets with a level of the stack. */
static gboolean
is_too_deep(const char *text, gssize length)
{
	gssize depth = 0;

	for (gssize i = 0; i < length && depth <= DEEPEST; i++)
		depth += (text[i] == '[' || text[i] == '{') - (text[i] == ']' || text[i] == '}');
	return depth > DEEPEST;
}

static gboolean
read_line(Batch *batch, const char *text, gssize length, GError **error)
{
	g_autoptr(GError) theirs = NULL;
	JsonNode *root;

	if (is_too_deep(text, length)) {
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID, _("brackets in brackets, too many"));
		return FALSE;
	}
	if (!json_parser_load_from_data(batch->parser, text, length, &theirs)) {
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("not a JSON object (%s): write one a line, such as {\"from\": "
			  "\"taro@odn.example\"}"),
			theirs->message);
		return FALSE;
	}
	root = json_parser_get_root(batch->parser);
	if (root == NULL || !JSON_NODE_HOLDS_OBJECT(root)) {
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID, _("not a JSON object"));
		return FALSE;
	}
	rp_question_reset(batch->question);
	return rp_cli_question_read_json(batch->question, json_node_get_object(root), error) &&
	       rp_cli_question_check(batch->question, batch->catalogue, error);
}

static gboolean
answer_line(Batch *batch, const char *text, gssize length)
{
	g_autoptr(GError) error = NULL;
	RpJson json;

	g_string_truncate(batch->out, 0);
	rp_json_init(&json, batch->out);
	if (read_line(batch, text, length, &error)) {
		g_autoptr(RpDecision) decision = NULL;
		RpSituation situation;
		RpMessageFacts message;

		rp_simulator_ask(batch->simulator, batch->question, &situation, &message);
		decision = rp_policy_decide(&situation, &message);
		rp_decision_write_json(&json, NULL, &situation, &message, decision);
	} else {
		rp_json_begin_object(&json, NULL);
		rp_json_string(&json, "error", error->message);
		rp_json_int(&json, "line", batch->line);
		rp_json_end_object(&json);
	}
	g_string_append_c(batch->out, '\n');
	fwrite(batch->out->str, 1, batch->out->len, stdout);
	return error == NULL;
}

/* Answers the whole lines in the buffer, and drops them from it. */
static void
answer_lines(Batch *batch, GString *input)
{
	char *line = input->str;
	char *end = input->str + input->len;
	char *newline;

	while ((newline = memchr(line, '\n', (gsize)(end - line))) != NULL) {
		batch->line++;
		*newline = '\0';
		if (line[strspn(line, " \t\r")] != '\0' &&
			!answer_line(batch, line, newline - line))
			batch->n_bad++;
		line = newline + 1;
	}
	g_string_erase(input, 0, line - input->str);
}

/* FALSE with errno. */
static gboolean
answer_everything(Batch *batch)
{
	g_autoptr(GString) input = g_string_sized_new(2 * CHUNK);
	gssize n;

	do {
		gsize old = input->len;

		g_string_set_size(input, old + CHUNK);
		do
			n = read(STDIN_FILENO, input->str + old, CHUNK);
		while (n < 0 && errno == EINTR);
		g_string_set_size(input, old + (gsize)MAX(n, 0));
		if (n == 0 && input->len > 0) /* the last line may lack its end */
			g_string_append_c(input, '\n');
		answer_lines(batch, input);
		fflush(stdout);
	} while (n > 0 && !ferror(stdout));
	return n >= 0;
}

int
rp_cli_answer_batch(RpCli *cli, RpConfig *config, RpTime now)
{
	g_autoptr(RpAsnFile) asns = rp_cli_asn_file(config);
	g_auto(RpCliHeard) heard = {NULL};
	rp_cli_heard_load(&heard, config, asns, now);
	const RpSimulatorGround ground = rp_cli_simulator_ground(config, asns, &heard, now);
	g_autoptr(RpSimulator) simulator = rp_simulator_new(&ground);
	g_autoptr(RpQuestion) question = rp_question_new();
	g_autoptr(JsonParser) parser = json_parser_new();
	g_autoptr(GString) out = g_string_new(NULL);
	Batch batch = {.simulator = simulator,
		.catalogue = rp_config_catalogue(config),
		.parser = parser,
		.question = question,
		.out = out};

	if (!answer_everything(&batch))
		return rp_cli_fail(
			cli, _("standard input can't be read: %s"), rp_text_errno(errno));
	if (batch.n_bad > 0)
		return rp_cli_fail(cli,
			_("%u of %u lines were no question: the answers that have an “error” say "
			  "why"),
			batch.n_bad, batch.line);
	return RP_EXIT_DONE;
}
