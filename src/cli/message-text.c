/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message-text.h"

#include "reasons.h"
#include "values.h"

#include "roampost/language.h"
#include "roampost/remedy.h"

#include <string.h>

/* A message of the queue in sentences: where it is, why, and what would free it. What many messages
 * are told alike is worked out once. */

static gboolean
is_told(GPtrArray *sentences, const char *words)
{
	for (guint i = 0; i < sentences->len; i++)
		if (strstr(sentences->pdata[i], words) != NULL)
			return TRUE;
	return FALSE;
}

/* Without a link nobody has answered here: the last words were said at another place. */
static void
add_reply(GPtrArray *sentences, const RpQueueRecipient *recipient, gboolean offline)
{
	g_autofree char *text = NULL;
	const char *reply = recipient->reply;
	if (recipient->state == RP_RECIPIENT_DEAD)
		text = g_strdup_printf(_("%1$s was refused: %2$s"), recipient->address,
			reply != NULL ? reply : _("no reason was given"));
	else if (recipient->state == RP_RECIPIENT_PENDING && reply != NULL && !offline &&
		 !is_told(sentences, reply))
		text = rp_cli_reply_text(reply, recipient->time);
	if (text != NULL)
		rp_cli_add_sentence(sentences, text);
}

/* What is said of one or several of the recipients. */
typedef struct {
	char *text;
	GString *names; /* the first of them */
	guint n;
} Said;

#define NAMED_MOST 3

static void
said_clear(gpointer data)
{
	Said *said = data;

	g_free(said->text);
	g_string_free(said->names, TRUE);
}

static void
say_of(GArray *all, const char *text, const char *recipient)
{
	Said *said = NULL;

	for (guint i = 0; i < all->len && said == NULL; i++)
		if (strcmp(g_array_index(all, Said, i).text, text) == 0)
			said = &g_array_index(all, Said, i);
	if (said == NULL) {
		g_array_append_vals(all, &(Said){g_strdup(text), g_string_new(NULL), 0}, 1);
		said = &g_array_index(all, Said, all->len - 1);
	}
	if (said->n++ < NAMED_MOST)
		g_string_append_printf(
			said->names, "%s%s", said->n > 1 ? C_("list", ", ") : "", recipient);
}

/* Of whom, where it is not so for all. */
static char *
said_text(const Said *said, guint n_recipients)
{
	g_autofree char *names = NULL;

	if (said->n == n_recipients)
		return g_strdup(said->text);
	names = said->n > NAMED_MOST
			? g_strdup_printf(rp_text_n("%s (and %u more)", "%s (and %u more)",
						  said->n - NAMED_MOST),
				  said->names->str, said->n - NAMED_MOST)
			: g_strdup(said->names->str);
	return g_strdup_printf(_("To %1$s: %2$s"), names, said->text);
}

/* Why they wait, which what is being sent does no longer; what is said of the same ones stands
 * together. */
static void
add_whys(GPtrArray *sentences, GPtrArray *ways, const RpQueueMessage *message, GVariant *views)
{
	g_autoptr(GArray) all = g_array_new(FALSE, FALSE, sizeof(Said));

	g_array_set_clear_func(all, said_clear);
	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];
		g_autoptr(GPtrArray) own = g_ptr_array_new_with_free_func(g_free);
		g_autoptr(GVariant) view = g_variant_get_child_value(views, i);

		if (message->state == RP_MESSAGE_SENDING &&
			recipient->state == RP_RECIPIENT_PENDING)
			continue;
		rp_cli_add_reasons(own, ways, view);
		for (guint k = 0; k < own->len; k++)
			say_of(all, own->pdata[k], recipient->address);
	}
	for (guint i = 0; i < all->len; i++) {
		const Said *said = &g_array_index(all, Said, i);
		const Said *before = i > 0 ? said - 1 : NULL;
		g_autofree char *text = before != NULL && said->n == before->n &&
							g_string_equal(said->names, before->names)
						? g_strdup(said->text)
						: said_text(said, message->recipients->len);

		rp_cli_add_sentence(sentences, text);
	}
}

static void
add_next_try(GPtrArray *sentences, const RpQueueMessage *message)
{
	RpTime now = g_get_real_time();
	g_autofree char *span = rp_cli_age(message->next_try, now);
	g_autofree char *text = message->next_try > now
					? g_strdup_printf(_("Next try in %s."), span)
					: g_strdup(_("It is due to be tried again."));

	rp_cli_add_sentence(sentences, text);
}

const char *
rp_cli_refused_remedy(void)
{
	return _("It is kept: send it to another address (roampost edit ID --to ADDRESS), try it "
		 "again "
		 "(roampost retry ID), or delete it (roampost delete ID).");
}

static gboolean
was_refused(const RpQueueMessage *message)
{
	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];

		if (recipient->state == RP_RECIPIENT_DEAD)
			return TRUE;
	}
	return FALSE;
}

static char *
make_text(const RpQueueMessage *message, gboolean with_next_try)
{
	g_autoptr(GPtrArray) sentences = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GPtrArray) ways = g_ptr_array_new_with_free_func(g_free);
	g_autoptr(GVariant) view = rp_cli_message_view(message);
	g_autoptr(GVariant) recipients = rp_cli_value_array(view, "recipients", "aa{sv}");
	gboolean offline = rp_queue_message_is_held_for(message, RP_REASON_OFFLINE);
	add_whys(sentences, ways, message, recipients);
	for (guint i = 0; i < message->recipients->len; i++)
		add_reply(sentences, message->recipients->pdata[i], offline);
	g_autofree char *free_text = rp_cli_remedies_text(ways);
	rp_cli_add_sentence(sentences, free_text);
	if (message->state == RP_MESSAGE_FAILED && was_refused(message))
		rp_cli_add_sentence(sentences, rp_cli_refused_remedy());
	if (with_next_try && message->state == RP_MESSAGE_DEFERRED && message->next_try)
		add_next_try(sentences, message);
	if (message->flags & RP_MESSAGE_MAYBE_SENT)
		rp_cli_add_sentence(sentences,
			_("It may have arrived already (the line or the agent ended before "
			  "the server's answer)."));
	return rp_cli_join_sentences(sentences);
}

/* It waits for a plan, and nothing has become of it yet. */
static gboolean
has_no_words(const RpQueueMessage *message)
{
	for (guint i = 0; i < message->recipients->len; i++) {
		const RpQueueRecipient *recipient = message->recipients->pdata[i];
		if (recipient->state != RP_RECIPIENT_PENDING || recipient->reply != NULL)
			return FALSE;
	}
	return message->state == RP_MESSAGE_QUEUED && message->class_reasons == NULL &&
	       !message->user_hold && !message->not_before && message->hold_reason < 0 &&
	       !(message->flags & RP_MESSAGE_MAYBE_SENT);
}

/* Nothing but what the plan says of its class is to be said: the same for thousands of others. */
static gboolean
says_its_class_alone(const RpQueueMessage *message)
{
	const RpQueueRecipient *recipient =
		message->recipients->len == 1 ? message->recipients->pdata[0] : NULL;

	return recipient && recipient->state == RP_RECIPIENT_PENDING && !recipient->reply &&
	       message->state == RP_MESSAGE_HELD && message->class_reasons && !message->user_hold &&
	       !message->not_before && message->hold_reason < 0 &&
	       !(message->flags & RP_MESSAGE_MAYBE_SENT);
}

/* Classes that are remembered; with more than that it begins anew. */
#define CLASSES_MOST 1024

static void
class_said_free(gpointer data)
{
	RpCliClassSaid *said = data;
	g_free(said->text);
	g_free(said->reasons);
	g_free(said);
}

static char *
reasons_json(const RpQueueMessage *message)
{
	g_autoptr(GVariant) view = rp_cli_message_view(message);
	g_autoptr(GVariant) recipients = rp_cli_value_array(view, "recipients", "aa{sv}");
	g_autoptr(GVariant) recipient = g_variant_get_child_value(recipients, 0);
	g_autoptr(GVariant) reasons = rp_cli_value_array(recipient, "reasons", "aa{sv}");
	GString *out = g_string_new(NULL);
	RpJson json;
	rp_json_init(&json, out);
	rp_cli_reasons_write_json(&json, NULL, reasons);
	return g_string_free(out, FALSE);
}

const RpCliClassSaid *
rp_cli_class_said(const RpQueueMessage *message)
{
	static GHashTable
		*known; /* "DOMAIN LF class_reasons" -> RpCliClassSaid; the program ends with it */
	const RpQueueRecipient *recipient;
	const char *at;
	if (!says_its_class_alone(message))
		return NULL;
	if (known == NULL)
		known = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, class_said_free);
	recipient = message->recipients->pdata[0];
	at = strrchr(recipient->address, '@');
	g_autofree char *key =
		g_strconcat(at != NULL ? at + 1 : "", "\n", message->class_reasons, NULL);
	RpCliClassSaid *said = g_hash_table_lookup(known, key);
	if (said != NULL)
		return said;
	if (g_hash_table_size(known) >= CLASSES_MOST)
		g_hash_table_remove_all(known);
	said = g_new(RpCliClassSaid, 1);
	*said = (RpCliClassSaid){make_text(message, TRUE), reasons_json(message)};
	g_hash_table_insert(known, g_steal_pointer(&key), said);
	return said;
}

static char *
message_text(const RpQueueMessage *message, gboolean with_next_try)
{
	const RpCliClassSaid *said;
	g_autofree char *own = NULL;

	if (has_no_words(message))
		return g_strdup("");
	said = rp_cli_class_said(message);
	own = said ? NULL : make_text(message, with_next_try);
	return rp_remedy_with_sender(
		said ? said->text : own, message->header_from, message->sender);
}

char *
rp_cli_message_text(const RpQueueMessage *message)
{
	char id[RP_MESSAGE_ID_SIZE];
	g_autofree char *general = message_text(message, TRUE);

	return rp_remedy_with_id(general, rp_message_id_format(message->id, id));
}

char *
rp_cli_message_reason(const RpQueueMessage *message)
{
	return message_text(message, FALSE);
}
