/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "words-private.h"

#include "roampost/language.h"

/* Reasons and remedies as sentences for the person who wonders why the mail is not going. They are
 * stored with the messages of a class, in English, and found again by words.c. */

const char *const rp_policy_words[RP_N_POLICY_WORDS] = {
	[RP_REASON_OFFLINE] = N_("No link is up; mail waits for a network."),
	[RP_REASON_PORTAL] =
		N_("This network wants a log-in on its web page first; mail waits until it "
		   "lets traffic through."),
	[RP_REASON_OUTSIDE] =
		N_("{set}'s server takes this mail only from inside {provider}, and this "
		   "place is not inside it."),
	[RP_REASON_SENDER_DOMAIN] =
		N_("{set}'s server takes this mail only from a sender in {domains}, "
		   "and the sender is in another domain."),
	[RP_REASON_RECIPIENT_DOMAIN] =
		N_("{set}'s server takes mail from here only for recipients in "
		   "{domains}, and this one is in another domain."),
	[RP_REASON_POP_UNAVAILABLE] =
		N_("{set}'s server takes this mail only after a POP login, and "
		   "{set} has no POP server configured."),
	[RP_REASON_POP_LOGIN_FAILED] =
		N_("{set}'s server takes this mail only after a POP login, and "
		   "that login failed here."),
	[RP_REASON_AUTH_MISSING] =
		N_("{set}'s server takes this mail only after a login, and {set} has "
		   "no user name configured."),
	[RP_REASON_AUTH_FAILED] = N_("{set}'s server does not accept its user name and password."),
	[RP_REASON_KEYRING_LOCKED] = N_("{set}'s password is in your keyring, which is locked."),
	[RP_REASON_TLS_UNAVAILABLE] =
		N_("No encrypted connection came about with {set}'s server here, and {set} "
		   "sends nothing without one."),
	[RP_REASON_INTERCEPTED] = N_(
		"Something on this network answers in place of {set}'s server, or its certificate "
		"is not one that this machine trusts (if it is self-signed, see tls-ca-file and "
		"tls-fingerprint); no password and no mail is sent to it."),
	[RP_REASON_NO_SET_FOR_SENDER] =
		N_("No server set owns this sender's address or may carry mail "
		   "for it; roampost edit ID --from ADDRESS gives it another."),
	[RP_REASON_REFUSED_HERE] = N_("{set}'s server refused such mail from this place."),
	[RP_REASON_UNREACHABLE] = N_("{set}'s server can't be reached from this place."),
	[RP_REASON_SERVER_REJECTED] =
		N_("{set}'s server rejected this mail in words that do not say "
		   "whether it can ever go; it waits for your decision."),
	[RP_REASON_NEEDS_8BITMIME] =
		N_("{set}'s server takes no 8-bit mail, and this message can't be "
		   "converted without breaking it."),
	[RP_REASON_NEEDS_SMTPUTF8] =
		N_("{set}'s server takes no internationalized addresses, and this "
		   "message needs them."),
	[RP_REASON_METERED] =
		N_("The message is larger than what may go over a metered link, and it "
		   "would go by one."),
	[RP_REASON_PINNED] = N_("It is to go by {set} and no other server set, as you chose."),
	[RP_REASON_USER] = N_("It is on hold because you said so."),
	[RP_REASON_PAUSED] = N_("Nothing is sent at all, because you said so."),
	[RP_REASON_NOT_BEFORE] = N_("It is not to go yet, as you said."),
	[RP_REASON_TOO_LARGE] = N_("The mail is larger than {set}'s server takes."),

	[RP_WORDS_UNLOCK + RP_UNLOCK_ENTER] = N_("connect to {provider}"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_POP_LOGIN] =
		N_("check mail with {set} (roampost check {set})"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_CREDENTIALS] = N_("give {set} its user name and password"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_ALLOW_CARRY] =
		N_("let {set} carry this sender's mail (write {detail} into [server-set {set}])"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_CHANGE_SENDER] =
		N_("change the sender to an address in {domains} "
		   "(roampost edit ID --from ADDRESS)"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_OTHER_SENDER] =
		N_("change the sender to another address in {domains} "
		   "(roampost edit ID --from ADDRESS)"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_UNMETERED] = N_("connect by a link that is not metered"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_USER_RELEASE] = N_("release it (roampost release ID)"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_RETRY_AFTER] = N_("wait until {time} (or roampost retry ID)"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_PIN_AUTO] =
		N_("let any server set take it (roampost pin ID auto)"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_USE_AUTO] = N_("let the place decide (roampost use auto)"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_USER_RESUME] = N_("let mail go again (roampost resume)"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_KEYRING] =
		N_("unlock your keyring, by logging in to the desktop or in the keyring's "
		   "program"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_CLIENT] =
		N_("put right what [oauth {set}] says (client-id, client-secret, scopes, "
		   "token-endpoint)"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_LOGIN_ALLOWED] =
		N_("have SMTP logins allowed for {set}'s mailbox, by who administers its mail "
		   "(Microsoft 365: “Authenticated SMTP”), and say roampost retry ID"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_BY_TOKEN] =
		N_("have {set} log in by a token: write smtp-auth=xoauth2 and "
		   "smtp-password-from=oauth:NAME instead of its password, and say roampost login "
		   "{set}"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_SMALLER] =
		N_("hand a smaller one over and delete this one (roampost delete ID), or say "
		   "roampost retry ID once {set}'s server takes more"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_PIN] = N_("send it through {set} (roampost pin ID {set})"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_TEACH] =
		N_("connect to {provider} and say there that this is it (roampost learn {set})"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_WRITE] =
		N_("write {detail} in place of the line that is there (roampost doctor has the "
		   "command)"),
	[RP_WORDS_UNLOCK + RP_UNLOCK_FILES] = N_("put that right, and say roampost retry ID"),
	[RP_WORDS_LINK_NOT_YET] = N_("The link is not used yet: {detail}."),
	[RP_WORDS_NOT_BEFORE_TIME] = N_("It is not to go before {detail}, as you said."),
	[RP_WORDS_PUT_OFF] = N_("It is put off: {detail}."),
	[RP_WORDS_SERVER_PUT_OFF] = N_("{set}'s server put it off."),
	[RP_WORDS_A_SERVER_PUT_OFF] = N_("The server put it off."),
	[RP_WORDS_DEFERRED_REMEDY] = N_("try it now (roampost flush)"),
	[RP_WORDS_SERVER_REFUSED_NOW] =
		N_("{set}'s server refused it for now, and it is tried again."),
	[RP_WORDS_A_SERVER_REFUSED_NOW] =
		N_("The server refused it for now, and it is tried again."),
	[RP_WORDS_NOT_OPEN] =
		N_("{set}'s server refused it from here although a POP login was made ({time}); it "
		   "may not know of that yet, and is asked again for some minutes."),
	[RP_WORDS_A_SERVER_NOT_OPEN] =
		N_("The server refused it from here although a POP login was made ({time}); it may "
		   "not know of that yet, and is asked again for some minutes."),
	[RP_WORDS_STAYS_SHUT] =
		N_("{set}'s server refuses such mail from this place, also after a POP login "
		   "({time})."),
	[RP_WORDS_ENTER_OWN] =
		N_("connect to the network of {set}'s own provider, where its server may take it"),
	[RP_WORDS_WITHOUT_TLS] =
		N_("{set}'s server wants an encrypted connection, and smtp-tls=off stands for "
		   "{set}: smtp-tls=required is what helps."),
	[RP_WORDS_WITHOUT_POP] =
		N_("{set}'s server wants a POP login first, and no pop= stands for {set}: its POP "
		   "server with pop-user and a password is what helps."),
	[RP_WORDS_ANOTHER_GREETING] = N_("{set}'s server greets under another name than it did: "
					 "something on this network may "
					 "answer in its place, and no password and no mail is sent "
					 "to it. Where it answers itself mail goes again. Only if "
					 "it greets so on a network that you trust, say there: "
					 "roampost forget --set {set}."),
	[RP_WORDS_NOT_VALID_NOW] =
		N_("{set}'s server has a certificate that is not valid at the time that this "
		   "machine's clock shows: the clock is wrong (“timedatectl” shows it, “sudo "
		   "timedatectl set-ntp true” has it set), or the certificate has run out, which "
		   "is its operator's to mend; no password and no mail is sent to it."),
	[RP_WORDS_ANOTHER_SERVER] = N_("Something on this network answers in place of {set}'s "
				       "server; no password and no mail is "
				       "sent to it."),
	[RP_WORDS_TOKEN_REFUSED] = N_("{set}'s server does not accept its token."),
	[RP_WORDS_OWN_PASSWORD] =
		N_("give {set} its new password, where that has changed (roampost setup {detail} "
		   "--new-password); where it is right, try again (roampost retry ID)"),
	[RP_WORDS_NEW_TOKEN] = N_("fetch a new token for {set}, into where "
				  "smtp-password-from or smtp-password-command has it from, and "
				  "say roampost retry ID"),
	[RP_WORDS_NEW_PASSWORD] = N_("see to it that the command gives {set}'s password, and say "
				     "roampost retry ID"),
	[RP_WORDS_KEYRING_PASSWORD] =
		N_("store {set}'s password, where it is missing or has changed (roampost password "
		   "{set}); where it is right, try again (roampost retry ID)"),
	[RP_WORDS_NEW_LOGIN] = N_("log in (roampost login {set})"),
	[RP_WORDS_DESKTOP_LOGIN] = N_("log in where the desktop keeps its accounts "
				      "(gnome-control-center online-accounts)"),
	[RP_WORDS_NETRC_PASSWORD] =
		N_("put {set}'s password right in {detail}, and say roampost retry ID"),
	[RP_WORDS_CREDENTIAL_PASSWORD] =
		N_("have systemd give the agent {set}'s new password (systemctl --user edit "
		   "roampost, then systemctl --user restart roampost), and say roampost retry ID"),
	[RP_WORDS_NO_LOGIN] =
		N_("{set} is to log in, and its server has no login that it can use here; "
		   "without one nothing is sent."),
	[RP_WORDS_TOKEN_MISSING] = N_("{set} can't log in: {detail}."),
	[RP_WORDS_PASSWORD_MISSING] = N_("The password for {set} could not be had: {detail}."),
	[RP_WORDS_OWN_CERTIFICATE] =
		N_("No session with {set}'s server comes about as its certificate is now: "
		   "{detail}."),
	[RP_WORDS_AUTHORITIES] =
		N_("Whether it is {set}'s server that answers can't be told, and nothing is sent "
		   "to it: {detail}."),
	[RP_WORDS_HANGS_UP] =
		N_("{set}'s server, or something before it, ends each connection before mail can "
		   "be sent."),
	[RP_WORDS_ENCRYPTION_FAILED] = N_("{set}'s server offers encryption, and none came about "
					  "with it; what it offers is never "
					  "left out, unless smtp-tls=off says so."),
	[RP_WORDS_TURNED_AWAY] = N_("{set}'s server turns us away here in words that do not say "
				    "why; what would go by it waits "
				    "for your decision, or for another place."),
	[RP_WORDS_NOT_TO_BE_GIVEN] =
		N_("{set}'s server can't be given this mail as it is; it waits for your decision."),
	[RP_WORDS_OUTSIDE_NOWHERE] =
		N_("{set}'s server takes this mail only from inside its provider, and "
		   "{set} names no provider."),
	[RP_WORDS_OUTSIDE_UNKNOWN] =
		N_("{set}'s server takes this mail only from inside {provider}, and whether this "
		   "place is inside it is not known, since nobody has told the address that the "
		   "world sees behind this router. Where you know that it is, say: roampost "
		   "learn, with the provider's name."),
	[RP_WORDS_OUTSIDE_ANYWHERE] =
		N_("{set}'s server takes this mail only from inside {provider}, and nothing says "
		   "where that is. Where you are inside it, say: roampost learn, with the "
		   "provider's name."),
	[RP_WORDS_OUTSIDE_HEARSAY] = N_(
		"{set}'s server takes this mail only from inside {provider}. This place seems "
		"to be, but anybody could make up what says so, and {set}'s password could be "
		"read on the way: it is not shown here. With smtp-tls=required (pop-tls=required "
		"for a POP login) it could not; or where you know that this is {provider}, say: "
		"roampost learn, with the provider's name."),
	[RP_WORDS_OUTSIDE_OPEN] =
		N_("{set}'s server takes this mail only from inside {provider}. This place seems "
		   "to be, but anybody could set up its Wi-Fi, which has no key, and {set}'s "
		   "password could be read on the way: it is not shown here. With "
		   "smtp-tls=required (pop-tls=required for a POP login) it could not; another "
		   "network of {provider} would do too."),
	[RP_WORDS_PINNED_TO_NOTHING] = N_("It is to go by {set} and no other server set, as you "
					  "chose, and there is no {set} any more."),
	[RP_WORDS_CONFIG_REFUSED] =
		N_("Nothing is sent until the configuration is mended: {detail} (roampost config "
		   "check)."),
	[RP_WORDS_PASSWORD_GIVEN] =
		N_("Something on this network answers in place of {set}'s server, and {set}'s POP "
		   "password, which goes without encryption, may have gone to it: change that. No "
		   "mail is sent to it. Only if its server greets so on a network that you trust, "
		   "say there: roampost forget --set {set}."),
	[RP_WORDS_LIKE_PORTAL] =
		N_("Something else answers here for your mail servers, as where a log-in on a web "
		   "page comes first: {detail}. Mail waits until they answer themselves."),
	[RP_WORDS_LIKE_PORTAL_NAME] =
		N_("Something else answers here for your mail servers, as where a log-in on a web "
		   "page comes first: {detail}. Mail waits until they answer themselves. Only if a "
		   "server greets so on a network that you trust too, say there: roampost forget "
		   "--set, "
		   "with its server set's name."),
	[RP_WORDS_UNPROVEN_NAME] =
		N_("Who answers here in place of {set}'s server did not greet under its name, so "
		   "{set}'s POP password, which goes without encryption, was not given. With "
		   "pop-tls=required it needs no name; on a network that you trust, say "
		   "roampost forget --set {set}."),
	[RP_WORDS_UNPROVEN_TLS] =
		N_("Who answers here in place of {set}'s server did not prove itself by TLS, so "
		   "{set}'s POP password, which goes without encryption, was not given. Another "
		   "network may lead to the server; with pop-tls=required the POP server proves "
		   "itself."),
	[RP_WORDS_ENTER_GATEWAY] = N_("return to the network behind the router {provider}"),
	[RP_WORDS_ENTER_PREFIX] = N_("return to the network {provider}"),
	[RP_WORDS_NO_SETS] = N_("No server set is configured (roampost setup makes one)."),
};

/* What stands in the place of a name that is not there. */
const char *const rp_policy_stand_ins[] = {
	RP_WORDS_THE_SET,
	RP_WORDS_ITS_PROVIDER,
	RP_WORDS_ITS_DOMAINS,
	NULL,
};
