/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/notice.h"

#include "words-private.h"

#include "roampost/language.h"
#include "roampost/remedy.h"
#include "roampost/words.h"

#include <string.h>

/* What a notification says, and when it is worth showing another: many held messages become a
 * few groups with their remedies. */

enum { MOST_NAMED = 3, MOST_REMEDIES = 3 };

static RpNotice *
notice_new(char *cause, char *summary, char *body, RpUrgency urgency, const char *category)
{
	RpNotice *notice = g_new(RpNotice, 1);

	*notice = (RpNotice){cause, summary, body, urgency, category, rp_desktop_actions_new()};
	return notice;
}

RpNotice *
rp_notice_copy(const RpNotice *notice)
{
	RpNotice *copy = notice_new(g_strdup(notice->cause), g_strdup(notice->summary),
		g_strdup(notice->body), notice->urgency, notice->category);

	g_ptr_array_unref(copy->actions);
	copy->actions = rp_desktop_actions_copy(notice->actions);
	return copy;
}

void
rp_notice_free(RpNotice *notice)
{
	if (!notice)
		return;
	g_free(notice->cause);
	g_free(notice->summary);
	g_free(notice->body);
	g_clear_pointer(&notice->actions, g_ptr_array_unref);
	g_free(notice);
}

/* "wait until ..." is no remedy, and its time would change the text with every failure. */
static gboolean
is_remedy(const RpUnlock *unlock)
{
	return unlock->kind != RP_UNLOCK_RETRY_AFTER;
}

/* Of the group's remedies each once, in their order. */
static GPtrArray *
remedies(const RpNoticeGroup *group, const RpCatalogue *catalogue)
{
	GPtrArray *texts = g_ptr_array_new_with_free_func(g_free);

	for (guint i = 0; i < group->reasons->len; i++) {
		const RpHoldReason *reason = group->reasons->pdata[i];

		for (guint k = 0; reason->unlock && k < reason->unlock->len; k++) {
			const RpUnlock *unlock = reason->unlock->pdata[k];
			g_autofree char *text = rp_unlock_sentence(unlock, catalogue);

			if (texts->len < MOST_REMEDIES && is_remedy(unlock) &&
				!g_ptr_array_find_with_equal_func(texts, text, g_str_equal, NULL))
				g_ptr_array_add(texts, g_steal_pointer(&text));
		}
	}
	return texts;
}

/* Its words with what they leave open, where they are of one message alone. */
static char *
of_this_message(const RpNoticeGroup *group, const char *words)
{
	if (group->n_messages != 1 || !group->id)
		return g_strdup(words);
	g_autofree char *named = rp_remedy_with_id(words, group->id);
	return group->identity ? rp_remedy_with_sender(named, group->identity, NULL)
			       : g_steal_pointer(&named);
}

static void
add_remedies(GString *body, const RpNoticeGroup *group, const RpCatalogue *catalogue)
{
	g_autoptr(GPtrArray) texts = remedies(group, catalogue);

	g_autofree char *all = texts->len ? g_strdup(texts->pdata[0]) : NULL;

	for (guint i = 1; i < texts->len; i++) {
		g_autofree char *before = all;

		all = g_strdup_printf(i + 1 < texts->len ? C_("remedies", "%1$s, %2$s")
							 : C_("remedies", "%1$s, or %2$s"),
			before, (const char *)texts->pdata[i]);
	}
	if (!all)
		return;
	g_autofree char *named = of_this_message(group, all);
	/* Of several none is named: the text stays while they come and go. */
	g_string_append_printf(body,
		strstr(named, " ID") ? _("\nTo free it: %s (“roampost queue” has the ids).")
		: strstr(named, RP_REMEDY_DOMAIN)
			? _("\nTo free it: %s (“roampost queue” has the domains).")
			: _("\nTo free it: %s."),
		named);
}

/* To whom, and about what: "To a@b.example, “Hello”", to be freed. */
static char *
mail_words(const char *recipient, gboolean and_others, const char *subject)
{
	if (subject && *subject)
		return g_strdup_printf(
			and_others ? _("To %1$s and others, “%2$s”") : _("To %1$s, “%2$s”"),
			recipient, subject);
	return g_strdup_printf(and_others ? _("To %s and others") : _("To %s"), recipient);
}

static void
add_group(GString *body, const RpNoticeGroup *group, const RpCatalogue *catalogue)
{
	g_autofree char *general = rp_reason_sentence(group->reasons->pdata[0], catalogue);
	g_autofree char *why = of_this_message(group, general);

	if (body->len > 0)
		g_string_append(body, "\n\n");
	if (group->recipient) {
		g_autofree char *mail = mail_words(group->recipient, group->n_recipients > 1,
			group->n_messages == 1 ? group->subject : NULL);

		g_string_append_printf(body, _("%1$s: %2$s"), mail, why);
	} else {
		g_string_append(body, why);
	}
	add_remedies(body, group, catalogue);
}

static const char *
first_reason_set(const RpNoticeGroup *group)
{
	return ((const RpHoldReason *)group->reasons->pdata[0])->set;
}

/* By what is said, whatever the numbers are: the text stays while mail comes and goes. */
static int
compare_groups(const void *a, const void *b)
{
	const RpNoticeGroup *x = *(const RpNoticeGroup *const *)a;
	const RpNoticeGroup *y = *(const RpNoticeGroup *const *)b;
	const RpHoldReason *x_reason = x->reasons->pdata[0], *y_reason = y->reasons->pdata[0];

	if (x_reason->reason != y_reason->reason)
		return x_reason->reason < y_reason->reason ? -1 : 1;
	int order = g_strcmp0(first_reason_set(x), first_reason_set(y));
	return order ? order : g_strcmp0(x->recipient, y->recipient);
}

static GPtrArray *
sorted_groups(const RpNoticeGroup *groups, gsize n_groups)
{
	GPtrArray *sorted = g_ptr_array_new();

	for (gsize i = 0; i < n_groups; i++) {
		if (groups[i].n_messages == 0 || !groups[i].reasons || groups[i].reasons->len == 0)
			continue;
		g_ptr_array_add(sorted, (gpointer)&groups[i]);
	}
	g_ptr_array_sort(sorted, compare_groups);
	return sorted;
}

static void
add_actions(GPtrArray *actions, const RpNoticeGroup *group, const RpCatalogue *catalogue)
{
	for (guint i = 0; i < group->reasons->len; i++) {
		const RpHoldReason *reason = group->reasons->pdata[i];

		for (guint k = 0; reason->unlock && k < reason->unlock->len; k++)
			rp_desktop_actions_add_unlock(actions, reason->unlock->pdata[k], catalogue);
	}
}

RpNotice *
rp_notice_held(const RpNoticeGroup *groups, gsize n_groups, const RpCatalogue *catalogue)
{
	g_autoptr(GPtrArray) sorted = sorted_groups(groups, n_groups);

	if (sorted->len == 0)
		return NULL;
	GString *body = g_string_new(NULL);
	for (guint i = 0; i < sorted->len && i < MOST_NAMED; i++)
		add_group(body, sorted->pdata[i], catalogue);
	if (sorted->len > MOST_NAMED)
		g_string_append(body, _("\n\nAnd more for other reasons."));
	RpNotice *notice = notice_new(g_strdup(RP_NOTICE_HELD), g_strdup(_("Mail is waiting")),
		g_string_free(body, FALSE), RP_URGENCY_NORMAL, "email");
	for (guint i = 0; i < sorted->len && i < MOST_NAMED; i++)
		add_actions(notice->actions, sorted->pdata[i], catalogue);
	rp_desktop_actions_add(notice->actions, RP_DO_SHOW_OUTBOX, "", NULL);
	return notice;
}

RpNotice *
rp_notice_disk(void)
{
	return notice_new(g_strdup("disk"), g_strdup(_("Mail waits for disk space")),
		g_strdup(_(
			"The queue can't be written, and nothing is sent before it can. Make room "
			"on its disk; it goes on by itself, at once with “roampost flush”.")),
		RP_URGENCY_NORMAL, "device.error");
}

RpNotice *
rp_notice_no_room(void)
{
	return notice_new(g_strdup("room"), g_strdup(_("No room for mail")),
		g_strdup(_("The queue's disk has no room for a mail that a program handed over: it "
			   "was "
			   "not taken, and the program was told so. Make room there (“roampost "
			   "doctor” shows what fills it); then send it once more.")),
		RP_URGENCY_NORMAL, "device.error");
}

RpNotice *
rp_notice_sent(void)
{
	return notice_new(g_strdup("sent"), g_strdup(_("Waiting mail has been sent")), g_strdup(""),
		RP_URGENCY_LOW, "email");
}

RpNotice *
rp_notice_refused(const RpDesktopAction *action, const char *sentence)
{
	return notice_new(g_strdup("refused"), g_strdup_printf(_("%s: not done"), action->label),
		g_strdup(sentence), RP_URGENCY_NORMAL, "email");
}

/* One that is about mail which waits for the user: he is shown it. */
static RpNotice *
notice_to_decide(const char *cause, const char *summary, char *body, const char *category)
{
	RpNotice *notice =
		notice_new(g_strdup(cause), g_strdup(summary), body, RP_URGENCY_NORMAL, category);

	rp_desktop_actions_add(notice->actions, RP_DO_SHOW_OUTBOX, "", NULL);
	return notice;
}

/* Of whose server it is, and its words; both may be NULL. To be freed. */
static char *
refused_words(const char *set, const char *text)
{
	if (set && text)
		return g_strdup_printf(_("%1$s's server refused it for good: %2$s"), set, text);
	if (set)
		return g_strdup_printf(_("%s's server refused it for good"), set);
	if (text)
		return g_strdup_printf(_("the server refused it for good: %s"), text);
	return g_strdup(_("the server refused it for good"));
}

RpNotice *
rp_notice_failed(const char *recipient, const char *subject, const char *set, const char *text)
{
	g_autofree char *mail = mail_words(recipient, FALSE, subject);
	g_autofree char *shown = text && *text ? rp_words_shown(text) : NULL;
	g_autofree char *what = refused_words(set, shown);
	/* TRANSLATORS: which mail, and what happened to it. */
	char *body = g_strdup_printf(_("%1$s: %2$s\nThe message is kept: change the recipient, try "
				       "again or delete it."),
		mail, what);

	return notice_to_decide("failed", _("Mail can't be delivered"), body, "email.bounced");
}

RpNotice *
rp_notice_rejected(const char *recipient, const char *subject, const char *set, const char *text)
{
	g_autofree char *mail = mail_words(recipient, FALSE, subject);
	g_autofree char *what =
		text && *text ? g_strdup_printf(_("%1$s's server rejected it: %2$s"), set, text)
			      : g_strdup_printf(_("%s's server rejected it"), set);
	char *body =
		g_strdup_printf(_("%1$s: %2$s\nThe other recipients are not concerned. Release "
				  "it, try again, change the recipient or delete it."),
			mail, what);

	return notice_to_decide("rejected", _("Mail waits for your decision"), body, "email");
}

/* Several of one kind share a notice, whose text stays from the fourth on. */
void
rp_notice_add(RpNotice *notice, const RpNotice *other, guint n_before)
{
	GString *body;

	if (n_before > MOST_NAMED)
		return;
	body = g_string_new(NULL);
	g_string_append_printf(body, "%s\n", notice->body);
	if (n_before < MOST_NAMED)
		g_string_append_printf(body, "\n%s\n", other->body);
	else
		g_string_append(body, _("\nAnd others; see: roampost queue"));
	g_free(notice->body);
	notice->body = g_string_free(body, FALSE);
}

static const struct {
	const char *summary; /* %s: the set */
	const char *remedy;
	RpUrgency urgency;
} set_failures[] = {
	[RP_FAILURE_REFUSED] = {N_("%s refuses mail from here"),
		N_("It waits, or goes by another server set that may carry it."), RP_URGENCY_LOW},
	[RP_FAILURE_POP_LOGIN_FAILED] = {N_("%s: POP login failed"),
		N_("Mail that needs it waits. Check the user name and password."),
		RP_URGENCY_NORMAL},
	[RP_FAILURE_TLS_UNAVAILABLE] = {N_("%s: no encryption here"),
		N_("Nothing is sent to it from this place."), RP_URGENCY_NORMAL},
	[RP_FAILURE_UNREACHABLE] = {N_("%s: server out of reach"),
		N_("It is tried again by itself."), RP_URGENCY_LOW},
	[RP_FAILURE_INTERCEPTED] = {N_("%s: a false server answers"),
		N_("Something on this network poses as its server. No password and no mail was "
		   "sent "
		   "to it. Mail waits, and it is tried again by itself."),
		RP_URGENCY_CRITICAL},
	[RP_FAILURE_KEYRING_LOCKED] = {N_("%s: keyring locked"),
		N_("Its password is in the keyring. Nothing is sent through it until that is "
		   "unlocked."),
		RP_URGENCY_NORMAL},
	[RP_FAILURE_REJECTED] = {N_("%s turns us away"), N_("Mail for it waits for your decision."),
		RP_URGENCY_NORMAL},
	[RP_FAILURE_AUTH_FAILED] = {N_("%s: login refused"),
		N_("Nothing is sent through it until its user name or password is put right: "
		   "“roampost queue” says how."),
		RP_URGENCY_CRITICAL},
};

/* Where the detail tells more than the kind. */
static const char *
remedy_for(RpFailureKind kind, const char *detail)
{
	static const char *const logins[RP_N_UNLOCK_KINDS] = {
		[RP_UNLOCK_LOGIN_ALLOWED] = N_("Nothing is sent through it until logins by SMTP "
					       "are allowed for its mailbox."),
		[RP_UNLOCK_BY_TOKEN] = N_("Nothing is sent through it until it logs in by a "
					  "token: its server takes no password any more."),
	};
	const char *login =
		kind == RP_FAILURE_AUTH_FAILED ? logins[rp_refused_login_unlock(detail)] : NULL;

	if (login)
		return login;
	if (kind == RP_FAILURE_TLS_UNAVAILABLE && rp_tells_of_own_files(detail))
		return N_("Nothing is sent through it until that is put right.");
	if (kind == RP_FAILURE_AUTH_FAILED && rp_tells_of_refused_token(detail))
		return N_("Nothing is sent through it until it has a new token.");
	if (kind == RP_FAILURE_INTERCEPTED && rp_tells_of_given_password(detail))
		return N_(
			"Something on this network poses as its server, and its POP password, "
			"which goes without encryption, may have gone to it: change that. No mail "
			"was sent to it. Only if the server greets so on a network that you trust, "
			"say there: roampost forget --set %s");
	if (kind == RP_FAILURE_INTERCEPTED && rp_tells_of_new_greeting(detail))
		return N_(
			"Its server greets under another name: something on this network may "
			"pose as it. No password and no mail was sent to it. Only if it greets so "
			"on a network that you trust, say there: roampost forget --set %s");
	if (kind == RP_FAILURE_INTERCEPTED && rp_tells_of_dates(detail))
		return N_("By this machine's clock its server's certificate is not valid now: the "
			  "clock is wrong, or the certificate has run out. No password and no mail "
			  "was sent to it. Mail waits, and it is tried again by itself.");
	return set_failures[kind].remedy;
}

static const char *
summary_for(RpFailureKind kind, const char *detail)
{
	if (kind == RP_FAILURE_INTERCEPTED && rp_tells_of_dates(detail))
		return N_("%s: certificate not valid now");
	return set_failures[kind].summary;
}

static char *
with_set(const char *words, const char *set)
{
	GString *text = g_string_new(rp_text(words));

	g_string_replace(text, "%s", set, 1);
	return g_string_free(text, FALSE);
}

RpNotice *
rp_notice_set_failed(RpFailureKind kind, const char *set, const char *detail)
{
	g_autofree char *remedy = with_set(remedy_for(kind, detail), set);
	g_autofree char *shown = detail && *detail ? rp_words_shown(detail) : NULL;
	char *body = !shown ? g_strdup(remedy)
		     : rp_words_are_reply(detail)
			     ? g_strdup_printf(_("%1$s\nIt said: %2$s"), remedy, shown)
			     : g_strconcat(remedy, "\n", shown, NULL);
	RpNotice *notice = notice_new(g_strdup_printf("%s %s", rp_failure_kind_name(kind), set),
		with_set(summary_for(kind, detail), set), body, set_failures[kind].urgency,
		"network.error");

	rp_desktop_actions_add(notice->actions, RP_DO_SHOW_OUTBOX, "", NULL);
	return notice;
}

RpNoticeChange
rp_notice_change(const RpNotice *shown, const RpNotice *wanted)
{
	if (!wanted)
		return shown ? RP_NOTICE_CLOSE : RP_NOTICE_KEEP;
	if (shown && g_strcmp0(shown->summary, wanted->summary) == 0 &&
		g_strcmp0(shown->body, wanted->body) == 0 &&
		rp_desktop_actions_equal(shown->actions, wanted->actions))
		return RP_NOTICE_KEEP;
	return RP_NOTICE_SHOW;
}
