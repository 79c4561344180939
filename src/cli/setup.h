/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"
#include "import.h"

#include "roampost/autoconfig.h"
#include "roampost/config-edit.h"
#include "roampost/probe.h"

/* `roampost setup` in its rooms: servers, login, what is written, and what is done then. */

/* One address, and what was said of it beforehand; all but the address may be NULL. */
typedef struct {
	char *address;
	char *name; /* of the set */
	char *user;
	char *smtp, *pop; /* URLs */
	char *password_file;
	char *password_command;
	char *password_store;
	char *fetch;
	char *ca_file;
	char **accept_hosts;
	char **carries;        /* "@odn.example": other senders that its set takes */
	gboolean machine_mail; /* and what programs here send as NAME@ this machine */
	gboolean tell_address;
	gboolean untested;
	gboolean no_login;        /* its SMTP server takes mail without one */
	gboolean new_password;    /* the servers stay as the configuration has them */
	const RpServerSet *known; /* of which it is then, or NULL */
	RpConfig *known_in;       /* what keeps it */
} RpSetupAccount;

/* `given` with this address, which may be written as it stands in a mail; NULL after saying that it
 * is none, or is among `others` (of RpSetupAccount) already, or what is wrong with what is given.
 */
RpSetupAccount *rp_setup_account_new(
	RpCli *cli, const RpSetupAccount *given, const char *text, const GPtrArray *others);
void rp_setup_account_free(gpointer account);
/* The accounts of a key file, each `given` with what its group says; FALSE after saying what is
 * wrong. */
gboolean rp_setup_read_answers(
	RpCli *cli, const RpSetupAccount *given, const char *path, GPtrArray *accounts);

/* The user's file, and how it changes. */
typedef struct {
	char *named, *file; /* as people name it; the file itself where that is a link */
	char *before;       /* its text as it was read, which is what is replaced */
	RpConfig *config;   /* all of the configuration, as it was before */
	char **sets;        /* the groups of sets that were in the file */
	RpConfigEdit *edit;
} RpSetupFile;

void rp_setup_file_clear(RpSetupFile *file);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpSetupFile, rp_setup_file_clear)

/* What is known of its servers: of RpMailServer, the best first. */
typedef struct {
	GPtrArray *smtp, *pop;
	gboolean pop_is_named; /* and not one of the usual names */
	gboolean nowhere;      /* there are none, as far as can be seen from here */
	char *source;          /* who named them, or NULL: the user */
} RpSetupServers;

void rp_setup_servers_clear(RpSetupServers *servers);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpSetupServers, rp_setup_servers_clear)

/* Looks them up and has those confirmed that need it; FALSE after saying why there are none. */
gboolean rp_setup_find(RpCli *cli, const RpSetupAccount *account, RpSetupServers *servers);

/* What rp_setup_find does, of an address that the configuration has already: of its set. FALSE
 * after saying why its password can't be changed here. */
gboolean rp_setup_find_known(
	RpCli *cli, const RpSetupFile *file, RpSetupAccount *account, RpSetupServers *servers);
/* Its servers were not found: the set that has the address stays, and how its servers are said.
 * FALSE: there is none. */
gboolean rp_setup_note_known(RpCli *cli, const RpSetupFile *file, const char *address);

/* The ones that the login was good with, and with what. */
typedef struct {
	RpMailServer *smtp;
	RpMailServer *pop;      /* NULL: it is not used */
	char *secret;           /* NULL: there is none, or a command prints it */
	gboolean in_keyring;    /* where it is to be kept, see rp_setup_is_in_keyring */
	gboolean nothing_typed; /* at the question for the password: there may be none */
	const char *giver; /* of tokens, which the login is by instead of a password; or NULL */
} RpSetupLogin;

void rp_setup_login_clear(RpSetupLogin *login);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpSetupLogin, rp_setup_login_clear)

/* Asks for the password where there is one, and logs in from here; FALSE after saying why that did
 * not go. What takes a token and no password is left out of `servers`; where that is all of them,
 * the login is by a token, and is not tried. */
gboolean rp_setup_log_in(RpCli *cli, const RpSetupFile *file, const RpSetupAccount *account,
	const RpSetupServers *servers, RpSetupLogin *login);

typedef enum {
	RP_SETUP_NO_TOKENS,      /* the servers that are left take a password */
	RP_SETUP_TOKENS,         /* `login` has the servers, and who gives the tokens */
	RP_SETUP_TOKENS_LACKING, /* what is missing has been said */
} RpSetupTokens;
/* Whether the servers take a token alone; of the others those that do are taken out. */
RpSetupTokens rp_setup_tokens(RpCli *cli, const RpSetupFile *file, const RpSetupAccount *account,
	const RpSetupServers *servers, RpSetupLogin *login);
/* The password into `login`: asked for, or read, unless a command prints it, or nothing was typed.
 * FALSE after saying why there is none. */
gboolean rp_setup_get_password(RpCli *cli, const RpSetupAccount *account, RpSetupLogin *login);
/* For the login at such a server the password is kept in the keyring, and not in the configuration:
 * a new one stays where the old one of that login is. */
gboolean rp_setup_is_in_keyring(
	const RpSetupAccount *account, const RpSetupLogin *login, RpMailKind kind);
/* The configuration of this one set, for a session. NULL after saying why there is none. */
RpConfig *rp_setup_config(RpCli *cli, const RpSetupAccount *account, const RpSetupLogin *login);
/* The set that these are: `for_session` with the password itself, wherever it will be kept. */
void rp_setup_fill_set(RpImportSet *set, const RpSetupAccount *account, const RpSetupLogin *login,
	gboolean for_session);
/* Tries them at once. FALSE: it can't be tried here, which is said. */
gboolean rp_setup_probe(RpCli *cli, const RpConfig *config, gboolean pop, RpProbeReport *reports);

/* What a session leads to. */
typedef enum {
	RP_SETUP_GOOD,
	RP_SETUP_NEXT_SERVER,
	RP_SETUP_NEXT_PASSWORD,
	RP_SETUP_GIVE_UP,
} RpSetupStep;

/* A session with the SMTP or POP server of `login`. `report` has no detail where there was none,
 * which has been said then; else the detail is to be freed. */
RpSetupStep rp_setup_try(RpCli *cli, const RpSetupAccount *account, const RpSetupLogin *login,
	gboolean pop, RpProbeReport *report);
/* What came of it, and what helps, unless something else is tried next (`helpless`). */
void rp_setup_say(
	RpCli *cli, const RpMailServer *server, const RpProbeReport *report, gboolean helpless);

/* ---- what GNOME's settings have ---- */

/* The addresses there that send mail, as a rule none; owned, of char *. Blocks as
 * rp_online_accounts_list. */
GPtrArray *rp_setup_desktop_addresses(void);
/* What is typed, or the one of these whose number is; NULL as rp_cli_ask. */
char *rp_setup_ask_address(RpCli *cli, const GPtrArray *addresses);

typedef enum {
	RP_SETUP_DESKTOP_GIVES,  /* tokens for the address */
	RP_SETUP_DESKTOP_LAPSED, /* the same, once its user has logged in there again */
	RP_SETUP_DESKTOP_MAY,    /* once it has the account */
	RP_SETUP_DESKTOP_NONE,   /* it has no such accounts */
} RpSetupDesktop;
RpSetupDesktop rp_setup_desktop_gives(const char *address);
/* Who gives those, as configuration names it. */
#define RP_SETUP_DESKTOP_GIVER "online-accounts"

/* ---- servers without a login ---- */

/* The session failed for the login alone, and the server may do without. */
gboolean rp_setup_may_be_bare(const RpSetupAccount *account, const RpProbeReport *report);
/* Adds the server as one without a login; `report` of a session with it, or NULL. */
void rp_setup_add_bare(GPtrArray *bare, const RpMailServer *server, const RpProbeReport *report);
/* The first of them that answers, and offers no login (or with --no-login any), as login->smtp. */
RpSetupStep rp_setup_try_bare(
	RpCli *cli, const RpSetupAccount *account, GPtrArray *bare, RpSetupLogin *login);

/* ---- the user's file ---- */

/* FALSE after saying why it can't be read, or is not right as it is. */
gboolean rp_setup_file_open(RpCli *cli, RpSetupFile *file);
/* Whether that can be done with one of these servers, for who asks before the login: FALSE after
 * saying whose its set is. */
gboolean rp_setup_file_may_add(RpCli *cli, const RpSetupFile *file, const RpSetupAccount *account,
	const RpSetupServers *servers);
/* Puts the account in, as the set of this name, or where it is NULL one that is found for it; the
 * set's name, to be freed. NULL after saying why not. */
char *rp_setup_file_add(RpCli *cli, RpSetupFile *file, const RpSetupAccount *account,
	const char *name, const RpSetupLogin *login);
/* Takes the address out, and each set where it was the only one; FALSE after saying that no set has
 * it. */
gboolean rp_setup_file_remove(RpCli *cli, RpSetupFile *file, const char *address);
/* Has the set of this name take mail of the other senders too ("@odn.example"). */
void rp_setup_file_carry(RpSetupFile *file, const char *name, const char *senders);
/* It says so already. */
gboolean rp_setup_file_carries(const RpSetupFile *file, const char *name, const char *senders);
/* Shows what changes; `with_password`: one is in it that was, or was to be, in the keyring. FALSE:
 * it is not to be written, because it is a dry run or the user said so.
 */
gboolean rp_setup_file_confirm(RpCli *cli, const RpSetupFile *file, gboolean ask,
	gboolean with_password, gboolean dry_run);
/* Says that no set owns the address, and which one may be meant. */
void rp_setup_no_owner(RpCli *cli, const RpSetupFile *file, const char *address);
/* In any file, as they were: the set that owns the address, borrowed, or NULL. */
const RpServerSet *rp_setup_owner(const RpSetupFile *file, const char *address);
/* As rp_cli_replace_config; what says all of it already is left as it is. */
RpReplaced rp_setup_file_write(RpCli *cli, const RpSetupFile *file);

/* ---- whose mail it is besides ---- */

/* Where the mail goes that this account hands to roampost's sendmail. */
typedef enum {
	RP_SETUP_MAIL_OWN,         /* into the queue that is set up */
	RP_SETUP_MAIL_BECOMES_OWN, /* the same, once rp_setup_take_own_mail has written it */
	RP_SETUP_MAIL_REFUSED,     /* nowhere, which has been said */
	RP_SETUP_MAIL_ANOTHERS,    /* into another user's, which has been said, and who it is */
} RpSetupOwnMail;

/* Root and system accounts are asked, or told, before anything is written; `may_write`: they may
 * agree to what rp_setup_take_own_mail does. */
RpSetupOwnMail rp_setup_own_mail(RpCli *cli, gboolean may_write);
/* Names this account in the machine's configuration (system-mail-user). FALSE after saying why not.
 */
gboolean rp_setup_take_own_mail(RpCli *cli);

/* What the options say of each RpSetupDone, into the file; at a terminal what they leave open and
 * matters here is asked. */
void rp_setup_carry(
	RpCli *cli, RpSetupFile *file, const GPtrArray *all_done, RpSetupOwnMail own_mail);

/* Says that nothing has come of it. */
void rp_setup_fail(RpCli *cli, const RpSetupAccount *account);

/* ---- where passwords are kept ---- */

/* An account whose login was good, on its way into the file. */
typedef struct {
	const RpSetupAccount *account; /* borrowed */
	char *set;
	RpSetupLogin login;
	gboolean stored; /* in the keyring, which is not asked again then */
} RpSetupDone;

void rp_setup_done_free(gpointer done);

typedef enum {
	RP_SETUP_STORED,         /* all that was to be */
	RP_SETUP_STORED_IN_FILE, /* the keyring did not take one: the file has it now, unwritten */
	RP_SETUP_NOT_STORED,     /* it was to be nowhere else; why has been said */
} RpSetupStored;

/* FALSE after saying why the password can't be kept where the user said, before it is asked for. */
gboolean rp_setup_may_store(RpCli *cli, const RpSetupAccount *account);
/* Where it is kept: as is said, else a new password in the file where the old one is there, else in
 * the keyring where there is one. `ask`: the user is shown what is written, and can say no; else a
 * password that was in the keyring does not leave it. FALSE as above. */
gboolean rp_setup_choose_store(RpCli *cli, const RpSetupFile *file, const RpSetupAccount *account,
	RpSetupLogin *login, gboolean ask);
/* Of one of RpSetupDone the file is to have the password that was in the keyring. */
gboolean rp_setup_leaves_keyring(const RpSetupFile *file, const GPtrArray *all_done);
/* Puts the passwords of RpSetupDone into the keyring that are to be there; with `ask` those it does
 * not take go into the file, which is to be shown then. */
RpSetupStored rp_setup_store_all(RpCli *cli, RpSetupFile *file, GPtrArray *all_done, gboolean ask);

/* Once the file is written: takes those out of the keyring that `before` had from there and that
 * nothing has any more, as far as roampost stored them; each is said. FALSE after saying which one
 * is still there. */
gboolean rp_setup_forget_passwords(RpCli *cli, const RpConfig *before);

/* Once the file is written: of new passwords it is said where they are now. */
void rp_setup_say_stored(RpCli *cli, const RpSetupFile *file, const GPtrArray *all_done);

/* ---- mail of an address that was taken out ---- */

/* Says, before the file is written, how much waits that no set may carry then, and some of what is
 * there might. FALSE after saying why that can't be seen. */
gboolean rp_setup_say_left(RpCli *cli, const RpSetupFile *file);

/* ---- what is done then ---- */

gboolean rp_setup_agent_runs(void);
/* Sees to it that the agent runs, now and at each login. FALSE after saying why not. */
gboolean rp_setup_start_agent(RpCli *cli);
/* It is one of rp_setup_programs, or "none"; FALSE after saying which there are. */
gboolean rp_setup_may_program(RpCli *cli, const char *program);
/* Makes roampost the sendmail of one of rp_setup_programs. Likewise; what is done is said. */
gboolean rp_setup_program(RpCli *cli, const char *program);
/* It is here, and roampost is not its sendmail yet. */
gboolean rp_setup_program_wants(const char *program);
extern const char *const rp_setup_programs[];
/* Sends the address a mail and waits until it is taken; before it, where there is a session bus,
 * the agent makes the POP login of `pop_set` (NULL: none). */
gboolean rp_setup_test_mail(RpCli *cli, const char *address, char *pop_set);

/* What options say of it. */
typedef struct {
	RpSetupOwnMail own_mail; /* no option: found */
	char **sendmail_of;      /* of whom, or "none"; NULL: it is asked */
	gboolean no_agent;
	gboolean test_mail; /* FALSE: it is asked */
} RpSetupThen;

/* All of it, for each RpSetupDone. FALSE after saying what did not work. */
gboolean rp_setup_finish(RpCli *cli, const RpSetupThen *then, const GPtrArray *all_done);
