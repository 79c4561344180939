/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/simulate.h"

#include "roampost/base.h"
#include "roampost/language.h"

/* A made-up place and a made-up message: what is asked, without an answer. */

static void
pop_login_clear(gpointer data)
{
	g_free(((RpQuestionPopLogin *)data)->set);
}

static void
observed_clear(gpointer data)
{
	RpQuestionObserved *observed = data;

	g_free(observed->set);
	g_free(observed->domain);
}

RpQuestion *
rp_question_new(void)
{
	RpQuestion *question = g_new0(RpQuestion, 1);

	question->at = g_array_new(FALSE, FALSE, sizeof(RpAddress));
	question->pop_logins = g_array_new(FALSE, FALSE, sizeof(RpQuestionPopLogin));
	g_array_set_clear_func(question->pop_logins, pop_login_clear);
	question->observed = g_array_new(FALSE, FALSE, sizeof(RpQuestionObserved));
	g_array_set_clear_func(question->observed, observed_clear);
	question->to = g_ptr_array_new_with_free_func(g_free);
	return question;
}

void
rp_question_reset(RpQuestion *question)
{
	g_array_set_size(question->at, 0);
	g_array_set_size(question->pop_logins, 0);
	g_array_set_size(question->observed, 0);
	g_ptr_array_set_size(question->to, 0);
	g_clear_pointer(&question->nm_connection, g_free);
	g_clear_pointer(&question->ssid, g_free);
	g_clear_pointer(&question->from, g_free);
	g_clear_pointer(&question->header_from, g_free);
	g_clear_pointer(&question->use, g_free);
	question->size = 0;
	question->metered = question->portal = FALSE;
}

void
rp_question_free(RpQuestion *question)
{
	if (question == NULL)
		return;
	rp_question_reset(question);
	g_array_unref(question->at);
	g_array_unref(question->pop_logins);
	g_array_unref(question->observed);
	g_ptr_array_unref(question->to);
	g_free(question);
}

gboolean
rp_question_add_address(RpQuestion *question, const char *text, GError **error)
{
	RpAddress address;

	if (!rp_address_parse(text, &address)) {
		g_set_error(
			error, RP_ERROR, RP_ERROR_INVALID, _("“%s” is not an IP address"), text);
		return FALSE;
	}
	g_array_append_val(question->at, address);
	return TRUE;
}

void
rp_question_add_pop_login(RpQuestion *question, const char *set, RpSpan age)
{
	RpQuestionPopLogin login = {g_strdup(set), age};

	g_array_append_val(question->pop_logins, login);
}

RpMessageFacts
rp_question_message(const RpQuestion *question, const char *default_identity)
{
	const char *from = question->from ? question->from : default_identity;

	if (!from || g_str_equal(from, "<>"))
		from = "";
	return (RpMessageFacts){
		.sender = from,
		.header_from = question->header_from ? question->header_from
			       : *from               ? from
						     : NULL,
		.recipients = (const char *const *)question->to->pdata,
		.n_recipients = question->to->len,
		.size = question->size,
	};
}
