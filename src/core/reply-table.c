/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "reply-private.h"

/* What servers say, and what they mean by it. A server writes its own sentences, and changes them
 * from one version to the next; what they have in common is which words stand together. Real
 * replies with the software they are from are in tests/field/replies. */

#define ENVELOPE RP_STAGES(MAIL, DATA) /* a 5xx after the final dot: content_refused in reply.c */
#define MAIL RP_STAGES(MAIL, CONTENT)
#define SESSION RP_STAGES(BANNER, DATA)
#define OPENING RP_STAGES(BANNER, STARTTLS)
#define AT(stage) RP_STAGES(stage, stage)
#define REFUSED_5XX 500, 599
#define ANY_CODE 0, RP_ANY_NUMBER, RP_ANY_NUMBER

/* Groups of words, for the patterns below (reply-private.h says how they are read). */
#define NO                                                                                         \
	"no/not/denied/denies/deny/disallow*/dont/doesnt/isnt/wont/cant/cannot/arent/unable/"      \
	"prohibit*/forbid*/reject*/refus*/restrict*/illegal/unauthori*/never/invalid/without/"     \
	"fail*/block*/unacceptable/disabled"
#define WHO "user/users/recipient/mailbox/account/addressee/alias/person/customer/mail_box/address"
#define LOGIN                                                                                      \
	"authenticate/authentication/authenticated/authentification/authorization/auth/login/log/" \
	"logon/logged"
#define SENDER                                                                                     \
	"sender/senders/envelope_from/mail_from/mailfrom/from_address/from_header/from_field/"     \
	"from_domain/envelope_domain/sender_domain/return_path/originator"
#define RELAYING                                                                                   \
	"relaying/relay_denied/relay_access/relay_not/relay_is/for_relay/to_relay/may_not_relay"
#define BY_CONTENT                                                                                 \
	"as_spam/is_spam/spam_message/spam_content/spam_detected/spam_score/suspected_spam/"       \
	"considered_spam/classified_spam/as_junk/as_unsolicited/is_unsolicited/virus/malware"
/* A temporary reply that says itself that the next one will be another. */
#define FOR_NOW                                                                                    \
	"!temporar*/greylist*/graylist*/grey_list*/gray_list*/again/later/seconds/minutes/"        \
	"moment/busy"
#define MATCH                                                                                      \
	"match/mismatch*/equal/equals/same/identical/differ/differs/different/correspond/"         \
	"corresponds"

const RpReplyRow rp_reply_table[] = {
	/* The sender's, whatever is said beside it: RFC 3463 section 3.2. */
	{MAIL, REFUSED_5XX, 5, 1, 7, NULL, RP_REPLY_POLICY, RP_REFUSAL_SENDER},
	{MAIL, REFUSED_5XX, 5, 1, 8, NULL, RP_REPLY_POLICY, RP_REFUSAL_SENDER},

	/* Our address's: RFC 7372. Their words speak of authentication, and mean SPF and names. */
	{SESSION, 550, 554, 5, 7, 23, NULL, RP_REPLY_POLICY, RP_REFUSAL_ADDRESS},
	{SESSION, 550, 554, 5, 7, 24, NULL, RP_REPLY_POLICY, RP_REFUSAL_ADDRESS},
	{SESSION, 550, 554, 5, 7, 25, NULL, RP_REPLY_POLICY, RP_REFUSAL_ADDRESS},
	{SESSION, 550, 554, 5, 7, 26, NULL, RP_REPLY_POLICY, RP_REFUSAL_ADDRESS},

	/* The recipient's own wish (Exchange), in words of logins, or of access. */
	{AT(RCPT), REFUSED_5XX, ANY_CODE,
		"~sendernotauthenticatedfor|~restrictedtogroup|~restrictedtorecipients|"
		"~resolver.rst.authrequired",
		RP_REPLY_DEAD_RECIPIENT, RP_REFUSAL_NONE},
	{AT(RCPT), 550, 550, 5, 4, 1, "recipient reject*", RP_REPLY_DEAD_RECIPIENT,
		RP_REFUSAL_NONE},

	/* Whom a list of Postfix's does not have, whatever it is called ("relay recipient table"),
	 * and what another server said of the recipient when it was asked. */
	{AT(RCPT), REFUSED_5XX, ANY_CODE,
		"user/recipient/address unknown_in table|undeliverable_address",
		RP_REPLY_DEAD_RECIPIENT, RP_REFUSAL_NONE},
	/* The sender's domain proves too little (Microsoft), in words of authentication. */
	{ENVELOPE, REFUSED_5XX, 5, 7, 515, NULL, RP_REPLY_POLICY, RP_REFUSAL_SENDER},

	/* Credentials: only from 535 and 534, or a -ERR that says so. */
	{AT(AUTH), 534, 535, ANY_CODE,
		"authentication fail*/unsuccessful/invalid/failure !temporary/temporarily/exceeded|"
		"incorrect/invalid/bad/wrong authentication/login/password/username/user/"
		"credentials|"
		"specific_password required|password not_accepted|log_in web_browser|"
		"basic_authentication disabled|smtpclientauthentication disabled",
		RP_REPLY_CREDENTIALS, RP_REFUSAL_NONE},
	{AT(AUTH), 0, 0, ANY_CODE,
		"~[in-use]|~[sys/temp]|~[login-delay]|mailbox/maildrop locked/busy|"
		"unable lock|lock busy|locked_by/already_locked|temporar*",
		RP_REPLY_TRY_LATER, RP_REFUSAL_NONE}, /* RFC 2449, RFC 3206 */
	{AT(AUTH), 0, 0, ANY_CODE,
		"~[auth]|authentication failed|"
		"invalid/wrong/incorrect/bad password/login/username|username_or_password|"
		"user_name_or_password|login_failed",
		RP_REPLY_CREDENTIALS, RP_REFUSAL_NONE},

	/* So much for today, for everything that goes by this login. A recipient's mailbox that is
	 * over its quota, and a message over its size, speak of storage and size. */
	{RP_STAGES(AUTH, CONTENT), 400, 599, ANY_CODE,
		"daily/hourly/monthly/day/hour/24/24h/today/month "
		"limit*/quota*/maximum/max/exceed*/reached/only/too_many "
		"!size/storage/mailbox/connections/recipient_is/inbox|"
		"sending/outgoing/outbound/submission "
		"limit*/quota*/credits/allowance exceed*/reached/over !size/storage/rate/thread|"
		"credits exceed*/exhausted/used|~submissionquotaexceeded|"
		"messaging_limit*/messaging_quota*/mailing_limit*/mailing_quota*/relay_limit*/"
		"relay_quota* "
		"exceed*/reached/over "
		"!size/storage/rate/mailbox/inbox/connection/connections/session/recipient|"
		"send_limit/your_mail_limit/your_email_limit/your_message_limit exceed*/reached "
		"!size/rate/session/connection|"
		"message_count/mail_count/email_count quota*/limit* exceed*/reached "
		"!size/storage/mailbox/inbox/session/connection/recipient|"
		"outgoing/outbound maximum/max/number emails/mails/messages exceed*/reached "
		"!size/session/connection/recipient|"
		"youve_exceeded/youve_reached/you_have_exceeded/you_have_reached/you_exceeded/"
		"you_reached limit/limits/quota*/allowance "
		"!size/storage/rate/mailbox/inbox/connection/connections/session/concurrent/"
		"simultaneous/thread/recipient/recipients/attempts/login",
		RP_REPLY_LIMIT, RP_REFUSAL_NONE},
	/* Too much at a time, by a rate or by the number of connections. A recipient who gets too
	 * much, or a session that had enough, is another matter. */
	{MAIL, 400, 599, ANY_CODE,
		"rate/ratelimit/rate_limited limit*/ratelimit exceed*/reached|"
		"sending_rate/submission_rate exceed*|thread_limit exceed*|"
		"too_many_emails/too_many_mails/too_many_messages "
		"!session/connection/recipient/recipients/mailbox/inbox/user/quota|"
		"emails/mails/messages/you_are_sending/youre_sending "
		"too_fast/too_quickly/per_second !recipient/receiving|"
		"slow_down !recipient|"
		"concurrent/simultaneous/too_many connections/sessions",
		RP_REPLY_SLOW_DOWN, RP_REFUSAL_NONE},
	{MAIL, REFUSED_5XX, 5, 4, 5, NULL, RP_REPLY_LIMIT, RP_REFUSAL_NONE}, /* Google */

	/* A 5xx that is for the moment. */
	{ENVELOPE, REFUSED_5XX, ANY_CODE,
		"greylist*/graylist*/greylisting|receiving rate prevents|temporarily deferred",
		RP_REPLY_TRY_LATER, RP_REFUSAL_NONE},

	/* A POP login would open the server: before relaying, whose words stand beside these. */
	{SESSION, 400, 599, ANY_CODE,
		"pop/pop3/imap before/after/first/authenticat*/authoriz*/login/logon/log/required "
		"!disabled/server_is|"
		"check/receive/retrieve/download/fetch/pick_up "
		"mail/email/mails/emails/messages/mailbox first/before",
		RP_REPLY_POLICY, RP_REFUSAL_POP_FIRST},

	/* Encryption or a login would. */
	{SESSION, REFUSED_5XX, ANY_CODE,
		"starttls must/issue/first/required/use/need|"
		"encryption/tls/ssl/encrypted required/requires/must/needed/only|"
		"without_encryption/without_tls/without_ssl/without_starttls/without_encrypted/"
		"without_an_encrypted/without_using_tls/without_using_ssl/without_using_starttls|"
		"unencrypted/non_encrypted/not_encrypted/insecure/non_secure/cleartext/plaintext "
		"connection/connections/session/sessions/channel " NO "|"
		"unencrypted/cleartext/plaintext authentication/auth/login/logins " NO,
		RP_REPLY_POLICY, RP_REFUSAL_TLS},

	{SESSION, 400, 499, ANY_CODE, "starttls must/issue/first/required !temporar*/later",
		RP_REPLY_POLICY, RP_REFUSAL_TLS},

	/* Whose mail may not come from here, by what its domain says (SPF, DKIM, DMARC). */
	{ENVELOPE, REFUSED_5XX, ANY_CODE,
		"spf/dmarc fail*/policy/reject*/softfail/not/violat*/not_permitted|~openspf|"
		"not_designate permitted_sender",
		RP_REPLY_POLICY, RP_REFUSAL_ADDRESS},

	/* Our address is on a list, or in a range that is to use its provider's server. */
	{SESSION, REFUSED_5XX, ANY_CODE,
		"~spamhaus|~spamcop|~sorbs|~barracuda|blocked_using|"
		"dnsbl/rbl/spamrats/uceprotect/blocklist/block_list/blacklist/blacklisted/"
		"blocklisted/block_listed/blackhole|"
		"block*/list*/reject* open_relay/open_relays/open_proxy/open_proxies|"
		"dynamic/dialup/dial_up/residential/generic "
		"ip/ips/address/addresses/pool/range/host",
		RP_REPLY_POLICY, RP_REFUSAL_ADDRESS},

	/* "If MAIL FROM is local then you must authenticate": who is told to log in has no wrong
	 * sender, unless the login must be the sender's. */
	{ENVELOPE, REFUSED_5XX, ANY_CODE,
		"must_authenticate/must_first_authenticate/must_be_authenticated/must_log/"
		"must_login/must_first_log/must_be_logged/need_to_authenticate/need_to_log/"
		"needs_to_authenticate/have_to_authenticate/have_to_log/please_authenticate/"
		"please_log/please_login !dkim/" MATCH,
		RP_REPLY_POLICY, RP_REFUSAL_AUTH},

	/* The sender is not one this login, or this network, may use. One that must match the
	 * login is told so in words of logins; "relay denied (... MAIL FROM)" is of relaying. */
	{MAIL, REFUSED_5XX, ANY_CODE,
		SENDER " " MATCH " !recipient/" RELAYING "|" SENDER
		       " reject*/denied/denies/owned/verif*/unvalidated/fake/must/equal/match/same/"
		       "mismatch*/permitted/"
		       "unroutable/allowed/refused "
		       "!recipient/authenticated/unauthenticated/" RELAYING "|" SENDER
		       " not_in/not_within/not_from/not_part/not_belong/doesnt_belong/isnt_in/"
		       "isnt_from/outside domain/domains !recipient/" RELAYING "|" SENDER
		       " not_local/isnt_local/not_hosted/isnt_hosted/not_handled/not_served "
		       "!recipient/" RELAYING "|"
		       "send_as/sends_as/send_from/sending_as "
		       "not/permission*/allowed/denied/unauthorized|"
		       "from/sender one_of your_addresses|address/identity/identities/domain "
		       "not_verified/unverified|sender not_exist/not_resolve/not_valid|"
		       "~sendasdenied",
		RP_REPLY_POLICY, RP_REFUSAL_SENDER},
	{ENVELOPE, REFUSED_5XX, ANY_CODE,
		"sender not_logged_in|" SENDER " invalid/unknown/bad !" RELAYING, RP_REPLY_POLICY,
		RP_REFUSAL_SENDER},
	{ENVELOPE, REFUSED_5XX, ANY_CODE,
		LOGIN " required/require/requires/must/need/needs/first/please/before/without|"
		      "not/wasnt/arent/isnt authenticated/logged_in|anonymous not/allowed/denied|"
		      "unauthenticated/unauthenticate",
		RP_REPLY_POLICY, RP_REFUSAL_AUTH},
	{OPENING, REFUSED_5XX, ANY_CODE,
		LOGIN " required/require/requires/must/need/needs/first|not authenticated",
		RP_REPLY_POLICY, RP_REFUSAL_AUTH},
	{ENVELOPE, 400, 499, ANY_CODE,
		"please/must/need authenticate/authentication/login/auth !later/temporar*",
		RP_REPLY_POLICY, RP_REFUSAL_AUTH},

	/* Our address, said in other words. */
	{SESSION, REFUSED_5XX, ANY_CODE,
		"client_host/host/ip/server/connection blocked/listed/banned/reject* !relay*|"
		"not authorized send email/mail directly|"
		"use your isp/isps/providers/provider !authentication|reverse_dns/rdns/fcrdns|"
		"ptr record/records/lookup|cannot/cant/fail* find/resolve/verify your_hostname|"
		"bad/poor/low reputation|your_ip|connecting_ip|client_host_rejected|"
		"ip not_allowed/denied/not_accepted/unauthorized|not_accepted ip|"
		"no_access ip|invalid_ip|ip_check error/fail*|ip hangup|"
		"unauthorized ip/ip_address",
		RP_REPLY_POLICY, RP_REFUSAL_ADDRESS},

	/* Google, of a session without a login, behind the content. */
	{AT(CONTENT), REFUSED_5XX, ANY_CODE, "use smtp_relay your isp/provider/service_provider",
		RP_REPLY_POLICY, RP_REFUSAL_ADDRESS},

	/* Whoever turns a session away in words of relaying has heard of no sender yet: it is where
	 * we are. */
	{OPENING, REFUSED_5XX, ANY_CODE, "relay/relays/relayed/relaying " NO, RP_REPLY_POLICY,
		RP_REFUSAL_ADDRESS},

	/* Relaying. 454 is what Postfix answers in its soft-bounce mode; greylisting says it too.
	 */
	{ENVELOPE, 450, 454, ANY_CODE,
		"relay/relaying denied/prohibited/disallowed/not_permitted/not_allowed " FOR_NOW,
		RP_REPLY_POLICY, RP_REFUSAL_RELAY},
	{ENVELOPE, REFUSED_5XX, ANY_CODE,
		"relay/relays/relayed/relaying " NO " !" BY_CONTENT
		"|forwarding denied|i_cannot_deliver mail|"
		"rcpthosts|not gateway|not local_host|local_user/local_users only|"
		"domain not/isnt local/hosted/handled/allowed/accepted/served !exist*|"
		"not/non_local local_domain/local_recipient/local_recipients|"
		"dont/not accept/handle/deliver mail/email that_domain/this_domain/domain",
		RP_REPLY_POLICY, RP_REFUSAL_RELAY},
	/* In Japanese, which has no blanks between words. */
	{ENVELOPE, REFUSED_5XX, ANY_CODE,
		"~リレーは|~リレーが|~リレーを|~リレーで|~中継は|~中継が|~中継を|~中継で",
		RP_REPLY_POLICY, RP_REFUSAL_RELAY},
	{MAIL, REFUSED_5XX, ANY_CODE,
		"~ドメインからの送信|~アドレスからの送信|~送信元ドメイン|~送信元アドレス|"
		"~送信元メールアドレス|~送信者アドレス",
		RP_REPLY_POLICY, RP_REFUSAL_SENDER},
	/* After the content too (Zoho): another message would fare no better. What is said of a
	 * relay that the message came through is of the message. */
	{AT(CONTENT), 450, 454, ANY_CODE,
		"relaying_denied/relaying_prohibited/relaying_not_allowed/relaying_is_not_allowed/"
		"relay_denied/relay_access_denied/relay_not_permitted/relay_not_allowed " FOR_NOW,
		RP_REPLY_POLICY, RP_REFUSAL_RELAY},
	{AT(CONTENT), REFUSED_5XX, ANY_CODE,
		"relaying_denied/relaying_disallowed/relaying_prohibited/relaying_forbidden/"
		"relaying_not_allowed/relaying_not_permitted/relaying_is_denied/"
		"relaying_is_not_allowed/relay_denied/relay_access_denied/relay_not_permitted/"
		"relay_not_allowed/relay_is_not_allowed/not_permitted_to_relay/"
		"not_allowed_to_relay/unable_to_relay/credentials_for_relay",
		RP_REPLY_POLICY, RP_REFUSAL_RELAY},

	/* Dead recipients, and mailboxes that can't take more. */
	{AT(RCPT), REFUSED_5XX, ANY_CODE,
		WHO
		" unknown/invalid/illegal/nonexist*/non_existent/not_found/not_exist/"
		"doesnt_exist/not_known/unrouteable/unroutable/undeliverable/not_valid/"
		"unrecognized/no_longer/not_recognized/not_listed/not_here "
		"!sender/your/message/policy|"
		"no_such user/recipient/mailbox/person/address/account/alias/domain/host/"
		"local|" WHO
		" not_a_member/not_member/isnt_a_member/not_belong/doesnt_belong/not_part/"
		"not_in_this/not_in_our "
		"domain/domains/server/system/host !sender/you/your/list/group|"
		"no mailbox_here/mailbox_by|unknown_local_part/local_part_unknown|"
		"recipient* not/no_valid/couldnt/cannot found/verified/recipients|"
		"not_have account/an_account/a_mailbox|doesnt_have account/an_account/a_mailbox|"
		"domain/host not_found/not_exist/doesnt_exist/unknown|"
		"not our_customer|cant_accept/cannot_accept "
		"user|does_not_exist|doesnt_exist|path_no_exist|"
		"cant/cannot find mailbox",
		RP_REPLY_DEAD_RECIPIENT, RP_REFUSAL_NONE},
	{AT(RCPT), REFUSED_5XX, ANY_CODE,
		WHO
		" disabled/inactive/inactivated/deactivated/suspended/closed/discontinued/expired/"
		"locked/blocked/not_activated/frozen !your/sender/client/ip|"
		"mailbox/account/inbox/storage/recipient/user full/quota/exceeded|"
		"over_quota|quota_exceeded|exceed* storage/quota",
		RP_REPLY_DEAD_RECIPIENT, RP_REFUSAL_NONE},
	{MAIL, 552, 554, ANY_CODE,
		"too_big/too_large|size exceed*/exceeds/larger|maximum_message_size|message larger",
		RP_REPLY_MESSAGE, RP_REFUSAL_SIZE},
	{MAIL, 552, 554, 5, 3, 4, "message exceed*", RP_REPLY_MESSAGE, RP_REFUSAL_SIZE},
	{ENVELOPE, 552, 554, ANY_CODE, "message exceed*", RP_REPLY_MESSAGE, RP_REFUSAL_NONE},

	/* Enhanced codes. */
	{AT(AUTH), 534, 535, 5, 7, 8, NULL, RP_REPLY_CREDENTIALS, RP_REFUSAL_NONE},
	{AT(AUTH), 534, 535, 5, 7, 3, NULL, RP_REPLY_CREDENTIALS, RP_REFUSAL_NONE},
	{AT(AUTH), 534, 535, 5, 7, 9, NULL, RP_REPLY_CREDENTIALS, RP_REFUSAL_NONE},
	{AT(AUTH), 534, 535, 5, 7, 139, NULL, RP_REPLY_CREDENTIALS, RP_REFUSAL_NONE},
	{SESSION, 530, 530, 5, 7, 0, NULL, RP_REPLY_POLICY, RP_REFUSAL_AUTH},
	{SESSION, 530, 530, 5, 7, 57, NULL, RP_REPLY_POLICY, RP_REFUSAL_AUTH},
	{ENVELOPE, 550, 554, 5, 7, 54, NULL, RP_REPLY_POLICY, RP_REFUSAL_RELAY},
	{ENVELOPE, 550, 554, 5, 7, 64, NULL, RP_REPLY_POLICY, RP_REFUSAL_RELAY},
	{ENVELOPE, 550, 554, 5, 7, 60, NULL, RP_REPLY_POLICY, RP_REFUSAL_SENDER},
	{AT(RCPT), 550, 554, 5, 1, 1, NULL, RP_REPLY_DEAD_RECIPIENT, RP_REFUSAL_NONE},
	{AT(RCPT), 550, 554, 5, 1, 2, NULL, RP_REPLY_DEAD_RECIPIENT, RP_REFUSAL_NONE},
	{AT(RCPT), 550, 554, 5, 1, 3, NULL, RP_REPLY_DEAD_RECIPIENT, RP_REFUSAL_NONE},
	{AT(RCPT), 550, 554, 5, 1, 10, NULL, RP_REPLY_DEAD_RECIPIENT,
		RP_REFUSAL_NONE}, /* RFC 7505 */
	{AT(RCPT), REFUSED_5XX, 5, 2, 1, NULL, RP_REPLY_DEAD_RECIPIENT, RP_REFUSAL_NONE},
	{AT(RCPT), REFUSED_5XX, 5, 2, 2, NULL, RP_REPLY_DEAD_RECIPIENT, RP_REFUSAL_NONE},
	{MAIL, REFUSED_5XX, 5, 3, 4, NULL, RP_REPLY_MESSAGE, RP_REFUSAL_SIZE},

	/* Basic codes. 521 and a 5xx at the banner are about us or about nobody: unknown. */
	{RP_STAGES_ANY, 400, 499, ANY_CODE, NULL, RP_REPLY_TRY_LATER, RP_REFUSAL_NONE},
	{AT(AUTH), 534, 535, ANY_CODE, NULL, RP_REPLY_CREDENTIALS, RP_REFUSAL_NONE},
	{SESSION, 530, 530, ANY_CODE, NULL, RP_REPLY_POLICY, RP_REFUSAL_AUTH},
	{AT(RCPT), 552, 552, ANY_CODE, NULL, RP_REPLY_TRY_LATER,
		RP_REFUSAL_NONE}, /* RFC 5321 section 4.5.3.1.10: too many recipients */
	{ENVELOPE, 552, 552, ANY_CODE, NULL, RP_REPLY_MESSAGE, RP_REFUSAL_NONE},
};

const gsize rp_reply_table_size = G_N_ELEMENTS(rp_reply_table);
