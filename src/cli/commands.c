/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"

#include "roampost/language.h"

/* The one table. Order is that of the usage. */

#define ANY (-1)

/* clang-format off */
const RpCliCommand rp_cli_commands[] = {
	{"status", "", 0, 0, N_("place, current server set, what the queue holds"),
		N_("First whether an agent runs and what stops all mail; then each server set that can't send until "
		"something is mended (a refused password), or that waits, and why mail is held or has failed, with "
		"the command that helps.\n\n"
		"Works without an agent, and starts none: then it tells what the queue holds, "
		"and whether there is an agent that the bus of this session does not lead to, or one that "
		"waits for the queue's disk."),
		NULL, RP_CLI_JSON | RP_CLI_QUEUE, rp_cmd_status},
	{"doctor", "", 0, 0, N_("what is well here and what is not, with what to do about it"),
		N_("A line for each thing that mail depends on: good, warning or bad, and below it a command "
		"that mends it, or shows what has to be mended. It looks at the configuration, the session "
		"bus, the agent and what starts it, the keyring, NetworkManager, the place, pppd's hooks, "
		"the clock, the disk, the queue, the machine's sendmail and what becomes of cron's mail, and "
		"logs in at each server, as the agent would. It needs no agent, changes nothing and sends "
		"nothing. The exit status is 1 when something is bad."),
		NULL, RP_CLI_JSON, rp_cmd_doctor},
	{"where", "", 0, 0, N_("links, addresses, and the providers they are inside of"),
		NULL, NULL, RP_CLI_JSON, rp_cmd_where},
	{"sets", "", 0, 0, N_("every server set: usable here, and how, or why not"),
		N_("Of a set whose rules are learned (relay=auto) also what was learned, and from what. "
		"“roampost forget --set SET” begins anew."),
		rp_cmd_sets_options, RP_CLI_JSON, rp_cmd_sets},
	{"use", "SET|auto", 1, 1, N_("send through this server set until the place changes"),
		N_("“roampost use auto” goes back to the choice by place. All mail goes through it, that of "
		"other senders too, whatever its carries= says; how many such mails wait is said. What is "
		"to stay back is held (roampost hold), or has a set of its own (roampost pin). A set never "
		"breaks the rules of its own provider: what it can't carry from here is held."),
		rp_cmd_use_options, 0, rp_cmd_use},
	{"queue", "[STATE…]", 0, ANY, N_("the messages that are not sent yet, and why"),
		N_("States: queued, held, sending, deferred, failed. What waits for the same reason stands "
		"together, and the reason below it. On a narrow terminal a message takes several "
		"lines, on a wide one (120 columns) one line with its subject; where the output is no "
		"terminal nothing is cut. Works without an agent."),
		NULL, RP_CLI_JSON | RP_CLI_QUEUE, rp_cmd_queue},
	{"show", "ID", 1, 1, N_("one message"),
		N_("The beginning of an id is enough where it is the only one. Of a message that has left "
		"the queue the history (roampost history) knows what became of it, not its content."),
		rp_cmd_show_options, RP_CLI_JSON | RP_CLI_QUEUE, rp_cmd_show},
	{"explain", "ID", 1, 1, N_("why a message goes the way it goes, or does not go"),
		N_("The decision table: every server set, every alternative of its rules, every term."),
		NULL, RP_CLI_JSON | RP_CLI_QUEUE, rp_cmd_explain},
	{"flush", "[ID…]", 0, ANY, N_("send now what can go from here"),
		N_("With --wait it tells what is sent, and at the end what is left and why; the exit "
		"status is then 1 when something asked for is still held or deferred, or has failed, "
		"and at once when the queue can't be written."),
		rp_cmd_flush_options, RP_CLI_QUEUE, rp_cmd_flush},
	{"check", "[SET…]", 0, ANY, N_("check mail: POP login, fetch, then send"),
		N_("Without names, all server sets that have a POP server. What is fetched and where it "
		"goes say fetch, keep-days, max-size, maildir and mda in roampost.conf(5). With --wait "
		"it tells how each check went and what is still held; the exit status is then 1 when a "
		"check failed."),
		rp_cmd_check_options, 0, rp_cmd_check},
	{"pause", "", 0, 0, N_("send nothing, at any place, until “roampost resume”"),
		N_("What is being sent is sent to its end. Mail can be handed over as ever. Works without an "
		"agent."),
		NULL, RP_CLI_QUEUE, rp_cmd_pause},
	{"resume", "", 0, 0, N_("let mail go again after “roampost pause”"), NULL, NULL, RP_CLI_QUEUE, rp_cmd_resume},
	{"submit", "RCPT…", 1, ANY, N_("queue the message on standard input, print its id"),
		N_("Done when the message is on the disk. Works without an agent. With --json the "
		"answer has the id, null where there was nothing to queue, and local: the maildir or "
		"the delivery command that mail for this machine's own names was given to, or null."),
		rp_cmd_submit_options, RP_CLI_JSON | RP_CLI_QUEUE, rp_cmd_submit},
	{"hold", "ID…", 1, ANY, N_("keep messages until they are released"),
		NULL, rp_cmd_like_options, RP_CLI_QUEUE, rp_cmd_hold},
	{"release", "ID…", 1, ANY, N_("let messages go that you hold, or that wait for your word"),
		N_("One that a server can't be given in the form it takes goes as it is. Of one that waits for "
		"something else it is said what that is, before it or, where an agent runs, after it."),
		rp_cmd_like_options, RP_CLI_QUEUE, rp_cmd_release},
	{"retry", "ID…", 1, ANY, N_("try messages again; forget what failed"),
		N_("Also what failed at this place and at others for other messages may be tried again. What is "
		"not to go before a time (--not-before) goes now; what you put on hold stays so: “roampost release "
		"ID” lets it go."),
		rp_cmd_like_options, RP_CLI_QUEUE, rp_cmd_retry},
	{"delete", "ID…", 1, ANY, N_("delete messages for good"),
		N_("Asks on a terminal alone: a script deletes at once."), rp_cmd_like_options, RP_CLI_QUEUE, rp_cmd_delete},
	{"pin", "ID… SET|auto", 2, ANY, N_("send messages through this server set only"),
		N_("“roampost pin ID auto” takes the pin away."),
		rp_cmd_like_options, RP_CLI_QUEUE, rp_cmd_pin},
	{"edit", "ID…", 1, ANY, N_("change the sender of messages, or the recipients of one"),
		N_("A new sender goes into the envelope and into the From header, which keeps its name. "
		"New recipients take the place of those that have not been sent to; one that has been "
		"sent to does not get it twice. "
		"Both are written as in a header: with a name, or several recipients with commas "
		"between them. The ID stands before --to, which takes all the words behind it: "
		"“roampost edit ID --to ADDRESS”."),
		rp_cmd_edit_options, RP_CLI_QUEUE, rp_cmd_edit},
	{"learn", "PROVIDER", 1, 1, N_("record that this place is inside PROVIDER"),
		N_("It is known again by its connection, its gateway or its public prefix, never by a "
		"private address. “roampost forget --provider PROVIDER” undoes it.\n\n"
		"One that the configuration does not have yet is written into it, by --new or where a "
		"terminal is asked: its name, which is all there has to be said. A server set of this name "
		"in the same file that names no provider gets provider=PROVIDER, with --new also of a provider "
		"that is there."),
		rp_cmd_learn_options, 0, rp_cmd_learn},
	{"dial", "PROVIDER…", 1, ANY, N_("activate the providers' NetworkManager connections"),
		N_("Of each the first of its nm-connections that exists, all at once, but for those that "
		"need the same modem or port. What is up already, or was dialled before, stays up. "
		"Returns when the place is inside them: roampost flush --wait can follow. A provider is "
		"called by its group's name or by its name=, in any capitals."),
		NULL, 0, rp_cmd_dial},
	{"hangup", "", 0, 0, N_("deactivate what was dialled"),
		N_("Also by an agent that has ended since; not a line that somebody else has taken down and "
		"up again."),
		NULL, 0, rp_cmd_hangup},
	{"forget", "PROVIDER|SET|failures", 1, 1,
		N_("forget what was learned of a provider or a set, or what failed"),
		N_("Of a provider what “roampost learn” has taught; of a server set what its server's answers "
		"have (relay=auto), and in whose name it greets: one that was renamed is taken as it is. Where "
		"both have the name it has to be said which is meant."),
		rp_cmd_forget_options, 0, rp_cmd_forget},
	{"watch", "", 0, 0, N_("what happens, as it happens, until interrupted"),
		N_("On a terminal it is a view: place and server set, how far each message is that is being "
		"sent, what waits and why, what happened last. It follows the terminal's size; q ends it, "
		"Ctrl-L draws it anew. Elsewhere, and with --lines, it is a line each time. With --json "
		"each line is an object: time, signal, arguments."),
		rp_cmd_watch_options, RP_CLI_JSON, rp_cmd_watch},
	{"history", "", 0, 0, N_("what was sent, held and failed, and where"),
		N_("Kept for as long as history= says, 400 days where it says nothing. Works without an agent.\n\n"
		"With --svg it is a picture: the places where the machine was as a band, below it each "
		"message with its waiting as a line and what happened as marks; more is said where one "
		"points. Browsers show it on dark pages too, and it can be printed."),
		rp_cmd_history_options, RP_CLI_JSON | RP_CLI_QUEUE, rp_cmd_history},
	{"simulate", "", 0, 0, N_("what would happen to a message at a place"),
		N_("Makes the agent's decision for any place and message, without an agent: reads the "
		"configuration, and what servers have said to the agent (“roampost sets”), prints the plan, "
		"touches nothing. With --observed that stands in the place of what they have said.\n\n"
		"With --batch every line of standard input is a question, as in {\"at\": "
		"[\"203.0.113.7\"], \"from\": \"taro@odn.example\", \"to\": [\"b@other.example\"]}; its "
		"members are named as the options are, and pop-logins is an object of sets and ages "
		"in seconds. A line that is no question is answered by {\"error\": …, \"line\": …}."),
		rp_cmd_simulate_options, RP_CLI_JSON, rp_cmd_simulate},
	{"lookup", "ADDRESS…", 1, ANY, N_("which providers contain an address, by which prefix or AS"),
		N_("The AS is looked up in the table of AS numbers, where there is one."), NULL, RP_CLI_JSON, rp_cmd_lookup},
	{"providers update", "[FILE|URL…]", 0, ANY, N_("make the table of AS numbers anew"),
		N_("asn= of a provider is looked up in it. FILE or URL is a table as iptoasn, DB-IP, MaxMind, "
		"IPinfo, IP2Location or CAIDA publish it, as CSV, TSV or MaxMind DB, packed by gzip or not; "
		"several make one table. Of ranges that overlap the narrowest counts. Without one it is "
		"what asn-source in roampost.conf(5) says.\n\n"
		"From a URL, which must be https://, nothing is taken that asn-trust does not vouch for; a "
		"file is held against it where it says something. What has not changed since (by its "
		"ETag) is not fetched again. A line that can't be read refuses all of it. The table is "
		"replaced at once or not at all, and the agent sees that by itself."),
		NULL, RP_CLI_JSON, rp_cmd_providers_update},
	{"password", "SET", 1, 1, N_("put a server set's password into the keyring"),
		N_("Into the Secret Service of this session (gnome-keyring, KWallet, KeePassXC), under the "
		"attributes host (of the set's first server), service (smtp or pop3) and user, as msmtp and "
		"mpop look for it; both logins get the same one unless --smtp or --pop says which. It is asked for on the "
		"terminal and not shown, or read from standard input. Mail that waited for it goes at once. "
		"smtp-password-from=secret-service in roampost.conf(5) is how the set gets it. A set that logs in "
		"with a token has roampost login instead, and of one that has its secret from netrc, a credential, "
		"a command or the configuration it is said where to change it: nothing is stored that nobody uses."),
		rp_cmd_password_options, 0, rp_cmd_password},
	{"setup", "[ADDRESS…]", 0, ANY, N_("set up mail addresses: find the servers, test the login, write it down"),
		N_("Looks up the servers of each address as Thunderbird does (roampost import autoconfig), asks for "
		"the password, logs in from here (nothing is sent), and shows what it would write into the user's "
		"configuration, of which everything else stays as it is. Then it starts the agent, offers to become "
		"the sendmail of git and mutt, and sends a test mail where that is wanted. Run again it changes what "
		"is there; --remove takes addresses out, and with them the passwords that it stored for them. "
		"Asks on a terminal alone; every answer can be given by an option. Where the input ends (Ctrl-D) before "
		"all is answered, nothing is written. What root's programs send goes to whom the machine's configuration "
		"names (system-mail-user): as root it is asked whether that is to be root where nobody is named, and "
		"where another user is, nothing is set up.\n\n"
		"The password goes into the keyring of the desktop (roampost password), as soon as what is written is "
		"agreed to; where there is no keyring it goes into the configuration, which is said. Where there is one that "
		"takes nothing (it is locked, say), it is asked whether the password may go there; without a terminal, "
		"or with --yes, --password-store file says so.\n\n"
		"FILE of --from-file is a key file: a group for each address, [taro@odn.example], with the keys name, "
		"user, smtp, pop, fetch, password-file, password-command, password-store, tls-ca-file, accept-host and "
		"carries (lists), machine-mail, tell-address, no-login and untested (yes or no), which mean what the options of "
		"these names do.\n\n"
		"Of several addresses each is tried, and it is said what became of it; the exit status is 1 where one is "
		"not set up. An address joins another one's set (name) where server and login are the same, and is refused "
		"where they are not. Where the file is changed by somebody else before it is written, the change is made "
		"again to what it says then, and shown again.\n\n"
		"A provider that takes tokens (OAuth2) alone gets no password, and none is asked for: the set names who "
		"gives the token where the configuration has its group ([oauth google], say), and “roampost login SET” "
		"gets the first one; else it is that of the account in GNOME's settings, where these have the address, or "
		"it is said what is missing. The addresses there can be chosen by their number.\n\n"
		"A server that offers no login is set up without one, which is said: from where it takes mail is learned from "
		"its answers (relay=auto). Enter alone at the question for the password says that it wants none; --no-login "
		"says so even of a server that offers a login to others. The password of a POP server is still asked for.\n\n"
		"A server that nothing but DNS names, and that is not within the address's domain, is shown "
		"and gets no password until that is confirmed (--accept-host).\n\n"
		"--new-password changes the password of an address that the configuration has: it is tried where its set "
		"logs in, nothing is looked up, and every other line stays. The new one is kept where the old one is, in the "
		"keyring or in the configuration, unless --password-store says otherwise.\n\n"
		"--converse is for programs that have a window, as roampost-outbox does: instead of what would be printed "
		"they get lines of JSON, {\"kind\": K, \"text\": T}, on standard output, and where a terminal would be asked "
		"they answer with a line on standard input. K is output, note or failure where something is said; ask, "
		"secret, confirm or proceed where a line is wanted, which for the last two is y or n (a terminal would take "
		"no, or yes, of one that is empty). The exit status says how it ended."),
		rp_cmd_setup_options, 0, rp_cmd_setup},
	{"login", "SET", 1, 1, N_("log in at the provider of a server set's tokens"),
		N_("For a set with smtp-password-from=oauth:NAME. A browser is started, which comes back to this "
		"machine; where it can't, its last address is pasted here. --device prints a code to be typed on "
		"another device instead, where the provider has that; while the provider fails, it is asked "
		"less and less often, and that is said. The tokens go into the keyring, or where there is none into "
		"a file that only you can read, which is said; that they can be stored is seen before the login "
		"begins. The agent renews them by itself; mail that waited for them goes at once."),
		rp_cmd_login_options, 0, rp_cmd_login},
	{"config check", "[FILE]", 0, 1, N_("list everything that is wrong with the configuration"),
		N_("Reads the configuration, or FILE alone, and lists all errors and warnings with file, "
		"line, group and key. The exit status is 1 when there is an error."),
		NULL, RP_CLI_JSON, rp_cmd_config_check},
	{"config show", "", 0, 0, N_("show every option's value and where it comes from"),
		N_("Passwords are shown as ****."),
		NULL, RP_CLI_JSON, rp_cmd_config_show},
	{"import autoconfig", "DOMAIN|FILE", 1, 1, N_("make a server set out of what a provider publishes"),
		N_("Looks up the provider's servers as Thunderbird does, by HTTPS alone and by DNS, or reads a "
		"document of Mozilla's autoconfig. DOMAIN may be an address. Who is asked learns the "
		"domain: the provider, and where it says nothing autoconfig.thunderbird.net "
		"(autoconfig in roampost.conf(5) says who). "
		"Prints, writes and remarks as “roampost import msmtprc” does."),
		rp_cmd_import_autoconfig_options, 0, rp_cmd_import_autoconfig},
	{"import msmtprc", "[FILE]", 0, 1, N_("make server sets out of msmtp's accounts"),
		N_("Prints them as configuration, or appends them to the user's file with --write; what "
		"cannot be carried over is said line by line. A password is carried over only where "
		"the source has it in clear; the configuration must then have mode 0600, and --write "
		"gives it that. Without FILE it is ~/.msmtprc, ~/.config/msmtp/config or /etc/msmtprc."),
		rp_cmd_import_options, 0, rp_cmd_import_msmtprc},
	{"import online-accounts", "", 0, 0, N_("make server sets out of the accounts in GNOME's settings"),
		N_("Asks GNOME Online Accounts by the session bus. An account with tokens logs in by them, "
		"which GNOME goes on to renew; a password it keeps for itself, and “roampost password SET” asks "
		"for it anew. Accounts without SMTP are named. "
		"Prints, writes and remarks as “roampost import msmtprc” does."),
		rp_cmd_import_options, 0, rp_cmd_import_online_accounts},
	{"import postfix", "[DIR]", 0, 1, N_("make server sets out of Postfix's relay hosts"),
		N_("Reads main.cf in DIR (or DIR is that file) or in /etc/postfix, and the tables it names: relayhost, "
		"sender_dependent_relayhost_maps, smtp_sasl_password_maps. Prints, writes and remarks "
		"as “roampost import msmtprc” does."),
		rp_cmd_import_options, 0, rp_cmd_import_postfix},
	{"import thunderbird", "[PROFILE]", 0, 1, N_("make server sets out of Thunderbird's accounts"),
		N_("PROFILE is the profile's folder, its prefs.js, or the folder of all profiles (by default "
		"~/.thunderbird), of which the one that Thunderbird opens is taken. Passwords stay where "
		"they are. "
		"Prints, writes and remarks as “roampost import msmtprc” does."),
		rp_cmd_import_options, 0, rp_cmd_import_thunderbird},
	{"completion", "SHELL", 1, 1, N_("print a completion script: bash, zsh or fish"),
		N_("They are installed too. For this session: eval \"$(roampost completion bash)\", the same "
		"with zsh, or roampost completion fish | source."),
		NULL, 0, rp_cmd_completion},
	{"complete", "WORD", 1, 1, N_("print what a word of the commands' usage can be"),
		N_("For the completion scripts."), NULL, RP_CLI_HIDDEN, rp_cmd_complete},
	{"help", "[COMMAND]", 0, 2, N_("list the commands, or say more about one"),
		NULL, NULL, 0, rp_cmd_help},
	{NULL},
};
/* clang-format on */
