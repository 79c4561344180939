/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/policy.h"

#include "roampost/base.h"

#include <string.h>

/* Reasons and remedies as sentences for the person who wonders why the mail is not going. Templates
 * with named places, whole sentences each, so that they can be translated. */

typedef struct {
	const char *set;
	const char *provider;
	const char *domains;
	const char *time;
} Names;

static const char *
name_of(const Names *names, const char *place, gsize length)
{
	const struct {
		const char *place;
		const char *value;
	} known[] = {
		{"set", names->set},
		{"provider", names->provider},
		{"domains", names->domains},
		{"time", names->time},
	};

	for (guint i = 0; i < G_N_ELEMENTS(known); i++) {
		if (strlen(known[i].place) == length && strncmp(known[i].place, place, length) == 0)
			return known[i].value ? known[i].value : "?";
	}
	return "?";
}

static char *
fill(const char *template, const Names *names)
{
	GString *text = g_string_new(NULL);

	while (*template) {
		gsize plain = strcspn(template, "{");

		g_string_append_len(text, template, (gssize)plain);
		template += plain;
		if (*template != '{')
			break;
		gsize length = strcspn(template + 1, "}");
		g_string_append(text, name_of(names, template + 1, length));
		template += 1 + length + (template[1 + length] == '}');
	}
	return g_string_free(text, FALSE);
}

static const char *const reason_templates[RP_N_REASONS] = {
	[RP_REASON_OFFLINE] = "No link is up; mail waits for a network.",
	[RP_REASON_PORTAL] =
		"This network wants a log-in on its web page first; mail waits until it "
		"lets traffic through.",
	[RP_REASON_OUTSIDE] =
		"{set}'s server takes this mail only from inside {provider}, and this "
		"place is not inside it.",
	[RP_REASON_SENDER_DOMAIN] =
		"{set}'s server takes this mail only from a sender in {domains}, "
		"and the sender is in another domain.",
	[RP_REASON_RECIPIENT_DOMAIN] = "{set}'s server takes mail from here only for recipients in "
				       "{domains}, and this one is in another domain.",
	[RP_REASON_POP_UNAVAILABLE] = "{set}'s server takes this mail only after a POP login, and "
				      "{set} has no POP server configured.",
	[RP_REASON_POP_LOGIN_FAILED] = "{set}'s server takes this mail only after a POP login, and "
				       "that login failed here.",
	[RP_REASON_AUTH_MISSING] =
		"{set}'s server takes this mail only after a login, and {set} has "
		"no user name configured.",
	[RP_REASON_AUTH_FAILED] = "{set}'s server does not accept its user name and password.",
	[RP_REASON_KEYRING_LOCKED] = "{set}'s password is in your keyring, which is locked.",
	[RP_REASON_TLS_UNAVAILABLE] =
		"No encrypted connection came about with {set}'s server here, and {set} "
		"sends nothing without one.",
	[RP_REASON_INTERCEPTED] =
		"Something on this network answers in place of {set}'s server, or its certificate "
		"is not one that this machine trusts (if it is self-signed, see tls-ca-file and "
		"tls-fingerprint); no password and no mail is sent to it.",
	[RP_REASON_NO_SET_FOR_SENDER] =
		"No server set owns this sender's address or may carry mail "
		"for it.",
	[RP_REASON_REFUSED_HERE] = "{set}'s server refused such mail from this place.",
	[RP_REASON_UNREACHABLE] = "{set}'s server can't be reached from this place.",
	[RP_REASON_SERVER_REJECTED] = "{set}'s server rejected this mail in words that do not say "
				      "whether it can ever go; it waits for your decision.",
	[RP_REASON_NEEDS_8BITMIME] =
		"{set}'s server takes no 8-bit mail, and this message can't be "
		"converted without breaking it.",
	[RP_REASON_NEEDS_SMTPUTF8] =
		"{set}'s server takes no internationalized addresses, and this "
		"message needs them.",
	[RP_REASON_METERED] = "The message is larger than what may go over a metered link, and no "
			      "other link is up.",
	[RP_REASON_PINNED] = "It is to go by {set} and no other server set, as you chose.",
	[RP_REASON_USER] = "It is on hold because you said so.",
	[RP_REASON_PAUSED] = "Nothing is sent at all, because you said so.",
	[RP_REASON_NOT_BEFORE] = "It is not to go yet, as you said.",
};

static const char another_greeting[] =
	"{set}'s server greets under another name than it did: something on this network may "
	"answer in its place, and no password and no mail is sent to it. If that is its new name, "
	"say roampost forget {set}.";
static const char another_server[] =
	"Something on this network answers in place of {set}'s server; no password and no mail is "
	"sent to it.";
static const char token_refused[] = "{set}'s server does not accept its token.";
static const char own_password[] =
	"put {set}'s user name and password right, or, where they are, say "
	"roampost retry ID";
static const char new_token[] = "fetch a new token for {set}, into where smtp-password or "
				"smtp-password-command has it from, and say roampost retry ID";
static const char new_password[] = "see to it that the command gives {set}'s password, and say "
				   "roampost retry ID";
static const char keyring_password[] = "store {set}'s password: roampost password {set}";
static const char new_login[] = "log in again: roampost login {set}";
static const char no_login[] =
	"{set} is to log in, and its server has no login that it can use here; "
	"without one nothing is sent.";
static const char password_missing[] = "The password for {set} could not be had: ";
static const char encryption_failed[] =
	"{set}'s server offers encryption, and none came about with it; what it offers is never "
	"left out, unless smtp-tls=off says so.";
static const char turned_away[] =
	"{set}'s server turns us away here in words that do not say why; what would go by it waits "
	"for your decision, or for another place.";
static const char not_to_be_given[] =
	"{set}'s server can't be given this mail as it is; it waits for your decision.";
static const char outside_nowhere[] =
	"{set}'s server takes this mail only from inside its provider, and "
	"{set} names no provider.";
static const char pinned_to_nothing[] = "It is to go by {set} and no other server set, as you "
					"chose, and there is no {set} any more.";

static const char *
provider_title(const RpCatalogue *catalogue, const char *name)
{
	gint index = catalogue ? rp_catalogue_find_provider(catalogue, name) : -1;

	return index < 0 ? name : rp_catalogue_provider(catalogue, (guint)index)->title;
}

static const RpServerSet *
find_set(const RpCatalogue *catalogue, const char *name)
{
	gint index = catalogue ? rp_catalogue_find_set(catalogue, name) : -1;

	return index < 0 ? NULL : rp_catalogue_set(catalogue, (guint)index);
}

/* "a.example", "a.example or b.example", "a.example, b.example or c.example". */
static char *
list_domains(char *const *domains)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; domains[i]; i++)
		g_string_append_printf(text, "%s%s",
			i == 0           ? ""
			: domains[i + 1] ? ", "
					 : " or ",
			domains[i]);
	return g_string_free(text, FALSE);
}

static gboolean
is_reply(const char *detail)
{
	return g_ascii_isdigit(detail[0]) && g_ascii_isdigit(detail[1]) &&
	       g_ascii_isdigit(detail[2]) && (detail[3] == ' ' || detail[3] == '-');
}

/* "HOST:PORT said: 550 ...": the words of transport/session-verdict.c. */
static gboolean
tells_of_reply(const char *detail)
{
	return is_reply(detail) || strstr(detail, " said: ") != NULL;
}

/* The words of proto/sasl-words.c: what was refused is no password. */
static gboolean
tells_of_token(const char *detail)
{
	return detail && strstr(detail, "its token is refused") != NULL;
}

/* The words of transport/password.c and of secrets/: then no server was asked. */
static gboolean
tells_of_password(const char *detail)
{
	return detail && (g_str_has_prefix(detail, "the password ") ||
				 g_str_has_prefix(detail, "the token "));
}

gboolean
rp_failure_is_of_password(const RpFailure *failure)
{
	return failure->kind == RP_FAILURE_AUTH_FAILED && tells_of_password(failure->detail);
}

/* The words of transport/session-verdict.c. */
gboolean
rp_tells_of_new_greeting(const char *detail)
{
	return detail && strstr(detail, ", now it greets with: ") != NULL;
}

/* No certificate can be at fault. */
static gboolean
has_no_tls(const RpServerSet *set)
{
	return set && set->smtp_tls == RP_TLS_OFF && (!set->pop || set->pop_tls == RP_TLS_OFF);
}

/* The words of transport/port-probe.c for a blocked port: no server refused anything. */
static gboolean
tells_of_port(const char *detail)
{
	return detail && g_str_has_prefix(detail, "port ");
}

/* The words of proto/sasl-words.c: it was not asked to take any mail. */
static gboolean
tells_of_no_login(const char *detail)
{
	return detail &&
	       (strstr(detail, ": offers no login") || strstr(detail, ": does not offer ") ||
		       strstr(detail, "; no login is left"));
}

char *
rp_reason_sentence(const RpHoldReason *reason, const RpCatalogue *catalogue)
{
	const RpServerSet *set = find_set(catalogue, reason->set);
	const char *template = reason_templates[reason->reason];
	g_autofree char *domains = set && set->domains[0] ? list_domains(set->domains)
							  : g_strdup("the provider's own domains");
	Names names = {
		.set = reason->set ? reason->set : "the set",
		.provider = set && set->provider ? provider_title(catalogue, set->provider)
						 : "its provider",
		.domains = domains,
	};

	if (reason->reason == RP_REASON_OFFLINE && reason->detail)
		return g_strdup_printf("The link is not used yet: %s.", reason->detail);
	if (reason->reason == RP_REASON_NOT_BEFORE && reason->detail)
		return g_strdup_printf("It is not to go before %s, as you said.", reason->detail);
	if (reason->reason == RP_REASON_OUTSIDE && set && !set->provider)
		template = outside_nowhere;
	if (reason->reason == RP_REASON_SERVER_REJECTED && reason->detail &&
		!tells_of_reply(reason->detail))
		template = not_to_be_given; /* it was not asked */
	else if (reason->reason == RP_REASON_SERVER_REJECTED && reason->detail &&
		 !is_reply(reason->detail))
		template = turned_away;
	if (reason->reason == RP_REASON_INTERCEPTED && rp_tells_of_new_greeting(reason->detail))
		template = another_greeting;
	else if (reason->reason == RP_REASON_INTERCEPTED && has_no_tls(set))
		template = another_server;
	if (reason->reason == RP_REASON_TLS_UNAVAILABLE && set &&
		set->smtp_tls == RP_TLS_OPPORTUNISTIC)
		template = encryption_failed;
	if (reason->reason == RP_REASON_PINNED && catalogue && !set)
		template = pinned_to_nothing;
	if (reason->reason == RP_REASON_AUTH_FAILED && tells_of_password(reason->detail)) {
		g_autofree char *before = fill(password_missing, &names);

		return g_strdup_printf("%s%s.", before, reason->detail);
	}
	if (reason->reason == RP_REASON_AUTH_FAILED && tells_of_token(reason->detail))
		template = token_refused;
	if (reason->reason == RP_REASON_REFUSED_HERE && tells_of_port(reason->detail))
		template = reason_templates[RP_REASON_UNREACHABLE];
	if (reason->reason == RP_REASON_REFUSED_HERE && tells_of_no_login(reason->detail))
		template = no_login;
	g_autofree char *sentence = fill(template, &names);
	if (reason->detail && *reason->detail && reason->reason != RP_REASON_KEYRING_LOCKED)
		return g_strdup_printf("%s (%s%s)", sentence,
			is_reply(reason->detail) ? "It said: " : "", reason->detail);
	return g_steal_pointer(&sentence);
}

char *
rp_deferral_sentence(const char *set, const char *why)
{
	if (is_reply(why))
		return g_strdup_printf("%s%s server put it off. (It said: %s)",
			set && *set ? set : "The", set && *set ? "'s" : "", why);
	return g_strdup_printf("It is put off: %s.", why);
}

static const char *const unlock_templates[] = {
	[RP_UNLOCK_ENTER] = "connect to {provider}",
	[RP_UNLOCK_POP_LOGIN] = "check mail with {set} (roampost check {set})",
	[RP_UNLOCK_CREDENTIALS] = "give {set} its user name and password",
	[RP_UNLOCK_ALLOW_CARRY] = "let {set} carry this sender's mail (carries= of its group)",
	[RP_UNLOCK_CHANGE_SENDER] = "change the sender to an address in {domains} "
				    "(roampost edit ID --from ADDRESS)",
	[RP_UNLOCK_OTHER_SENDER] = "change the sender to another address in {domains} "
				   "(roampost edit ID --from ADDRESS)",
	[RP_UNLOCK_UNMETERED] = "connect by a link that is not metered",
	[RP_UNLOCK_USER_RELEASE] = "release it (roampost release ID)",
	[RP_UNLOCK_RETRY_AFTER] = "wait until {time} (or roampost retry ID)",
	[RP_UNLOCK_PIN_AUTO] = "let any server set take it (roampost pin ID auto)",
	[RP_UNLOCK_USE_AUTO] = "let the place decide (roampost use auto)",
	[RP_UNLOCK_USER_RESUME] = "let mail go again (roampost resume)",
	[RP_UNLOCK_KEYRING] =
		"unlock your keyring, by logging in to the desktop or in the keyring's "
		"program",
};

/* What its secret is. */
static gboolean
has_token(const RpServerSet *set)
{
	return set && (set->smtp_auth == RP_AUTH_XOAUTH2 || set->smtp_auth == RP_AUTH_OAUTHBEARER);
}

static gboolean
has_user(const RpServerSet *set)
{
	return set && set->smtp_login.user;
}

static gboolean
has_source(const RpServerSet *set, RpPasswordFrom from)
{
	return set && (set->smtp_login.from == from || set->pop_login.from == from);
}

static gboolean
has_command(const RpServerSet *set)
{
	return set && (set->smtp_login.password_command || set->pop_login.password_command);
}

char *
rp_unlock_sentence(const RpUnlock *unlock, const RpCatalogue *catalogue)
{
	g_autofree char *time =
		unlock->kind == RP_UNLOCK_RETRY_AFTER ? rp_time_format(unlock->time) : NULL;
	Names names = {
		.set = unlock->subject,
		.provider = unlock->subject ? provider_title(catalogue, unlock->subject) : NULL,
		.domains = unlock->subject,
		.time = time,
	};

	if (unlock->kind == RP_UNLOCK_CREDENTIALS &&
		has_source(find_set(catalogue, unlock->subject), RP_PASSWORD_FROM_OAUTH))
		return fill(new_login, &names);
	if (unlock->kind == RP_UNLOCK_CREDENTIALS &&
		has_source(find_set(catalogue, unlock->subject), RP_PASSWORD_FROM_SECRET_SERVICE))
		return fill(keyring_password, &names);
	if (unlock->kind == RP_UNLOCK_CREDENTIALS &&
		has_token(find_set(catalogue, unlock->subject)))
		return fill(new_token, &names);
	/* Nobody sees that a command would say something else now: accounts are not locked by
	 * trying. */
	if (unlock->kind == RP_UNLOCK_CREDENTIALS &&
		has_command(find_set(catalogue, unlock->subject)))
		return fill(new_password, &names);
	if (unlock->kind == RP_UNLOCK_CREDENTIALS && has_user(find_set(catalogue, unlock->subject)))
		return fill(own_password, &names);
	return fill(unlock_templates[unlock->kind], &names);
}
