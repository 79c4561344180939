/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "status.h"

#include "messages.h"
#include "reasons.h"

#include "roampost/language.h"
#include "roampost/remedy.h"

/* Why mail waits, as `status` says it: by reason and by set, with what helps, and shorter than the
 * queue. */

/* ---- sets ---- */

/* With what helps. To be freed. */
static char *
trouble_text(JsonObject *trouble)
{
	g_autoptr(GPtrArray) ways = g_ptr_array_new_with_free_func(g_free);
	GString *text = g_string_new(rp_cli_member_string(trouble, "text", ""));

	rp_cli_add_remedies(ways, trouble);
	g_autofree char *remedies = rp_cli_remedies_text(ways);
	g_autofree char *of_all = rp_cli_of_no_message(remedies);
	rp_text_add_sentence(text, of_all);
	return g_string_free(text, FALSE);
}

static void
print_set_line(RpCli *cli, const char *label, const char *set, const char *text)
{
	g_autofree char *local = rp_cli_with_local_times(text);
	g_autofree char *line = g_strdup_printf(_("%1$s: %2$s"), set, local);

	rp_cli_print_labelled(cli, label, line);
}

static guint
length_of(JsonArray *array)
{
	return array != NULL ? json_array_get_length(array) : 0;
}

void
rp_cli_print_not_usable(RpCli *cli, JsonObject *status)
{
	JsonArray *sets = rp_cli_member_array(status, "not-usable");

	for (guint i = 0; i < length_of(sets); i++) {
		JsonObject *set = json_array_get_object_element(sets, i);
		g_autofree char *text = trouble_text(set);

		print_set_line(cli, "Not usable", rp_cli_member_string(set, "set", ""), text);
	}
}

void
rp_cli_print_waiting(RpCli *cli, JsonObject *status)
{
	JsonArray *sets = rp_cli_member_array(status, "waiting");

	for (guint i = 0; i < length_of(sets); i++) {
		JsonObject *set = json_array_get_object_element(sets, i);

		print_set_line(cli, "Waiting", rp_cli_member_string(set, "set", ""),
			rp_cli_member_string(set, "text", ""));
	}
}

/* ---- mail ---- */

/* So many of the oldest are looked at, and so many reasons are said: status is quick, whatever
 * waits. */
enum { MOST_READ = 500, MOST_REASONS = 3 };

typedef struct {
	char *reason;
	RpMessageState state;
	guint n;
	char first[RP_MESSAGE_ID_SIZE];
} Why;

static void
why_free(gpointer data)
{
	Why *why = data;

	g_free(why->reason);
	g_free(why);
}

static void
add_why(GPtrArray *whys, const RpQueueMessage *message)
{
	g_autofree char *reason = rp_cli_message_reason(message);
	Why *why = NULL;

	if (!*reason)
		return;
	for (guint i = 0; i < whys->len && !why; i++) {
		Why *other = whys->pdata[i];

		if (other->state == message->state && g_str_equal(other->reason, reason))
			why = other;
	}
	if (!why) {
		why = g_new0(Why, 1);
		why->reason = g_steal_pointer(&reason);
		why->state = message->state;
		rp_message_id_format(message->id, why->first);
		g_ptr_array_add(whys, why);
	}
	why->n++;
}

/* The set of which this has been said; NULL: of none. */
static const char *
said_of(JsonObject *status, const Why *why)
{
	JsonArray *sets = rp_cli_member_array(status, "not-usable");

	for (guint i = 0; i < length_of(sets); i++) {
		JsonObject *set = json_array_get_object_element(sets, i);
		const char *text = rp_cli_member_string(set, "text", "");

		if (*text && g_str_has_prefix(why->reason, text))
			return rp_cli_member_string(set, "set", "");
	}
	return NULL;
}

/* How many, and of which state: "2 held". To be freed. */
static char *
count_text(const Why *why, gboolean all)
{
	const char *state = rp_cli_state_word(rp_message_state_name(why->state));
	g_autofree char *number = g_strdup_printf("%u", why->n);

	/* TRANSLATORS: a number and a state: "at least 2 held". */
	return all ? g_strdup_printf(C_("count", "%1$s %2$s"), number, state)
		   : g_strdup_printf(_("at least %1$s %2$s"), number, state);
}

static void
print_why(RpCli *cli, JsonObject *status, const Why *why, gboolean all)
{
	const char *set = said_of(status, why);
	g_autofree char *ids = g_strconcat(why->n > 1 ? "--like " : "", why->first, NULL);
	g_autofree char *reason = rp_remedy_with_id(why->reason, ids);
	g_autofree char *count = count_text(why, all);
	/* TRANSLATORS: how many in which state, and why: "2 held: ODN takes ...". */
	g_autofree char *text = set ? g_strdup_printf(_("%1$s because of %2$s"), count, set)
				    : g_strdup_printf(_("%1$s: %2$s"), count, reason);

	rp_cli_print_wrapped(cli, rp_cli_label_width(), text);
}

/* What the lines of the sets do not say: their waits are told there, with the time. */
static guint
states_to_tell(JsonObject *status)
{
	guint states = 1u << RP_MESSAGE_HELD | 1u << RP_MESSAGE_FAILED;

	return length_of(rp_cli_member_array(status, "waiting"))
		       ? states
		       : states | 1u << RP_MESSAGE_DEFERRED;
}

void
rp_cli_print_why(RpCli *cli, JsonObject *status)
{
	gboolean failed;
	g_autoptr(RpQueue) queue = rp_cli_read_queue(cli, &failed);
	g_autoptr(GPtrArray) whys = g_ptr_array_new_with_free_func(why_free);
	g_autoptr(GPtrArray) page =
		queue ? rp_queue_list(queue, states_to_tell(status), 0, MOST_READ, NULL) : NULL;

	for (guint i = 0; page && i < page->len; i++)
		add_why(whys, page->pdata[i]);
	for (guint i = 0; i < MIN(whys->len, MOST_REASONS); i++)
		print_why(cli, status, whys->pdata[i], page->len < MOST_READ);
	if (whys->len > MOST_REASONS)
		rp_cli_print_wrapped(cli, rp_cli_label_width(),
			_("and others for other reasons: “roampost queue” says which"));
}
