/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"

#include "roampost/bus.h"

/* Talking to the agent, and waiting for what it does. */

/* A connection to the session bus; NULL after saying that there is none. */
RpBusClient *rp_cli_connect(RpCli *cli);
/* The only value that a method of the agent returns, of the type; NULL after saying why there is
 * none. To be unreferenced, like the next. */
GVariant *rp_cli_agent_call(RpCli *cli, const char *method, GVariant *arguments, const char *type);
/* All properties of the agent, one that has just been started once it has looked at the network, as
 * long as that takes no more than a few seconds. */
GVariant *rp_cli_agent_properties(RpCli *cli);
/* By its properties: it still looks at the network. */
gboolean rp_cli_agent_is_starting(GVariant *properties);
/* Prints a JSON text as it is, or by the renderer. The exit status. */
typedef gboolean (*RpCliRender)(RpCli *cli, const char *json, GError **error);
int rp_cli_show(RpCli *cli, const char *json, RpCliRender render);
/* Change with these messages; FALSE after saying what went wrong, and what was refused. */
gboolean rp_cli_agent_change(RpCli *cli, RpBusClient *client, const char *verb, char **ids);
/* "flush" of what was handed over just now: what has left the queue already needs none, and is
 * nothing that went wrong. */
gboolean rp_cli_agent_flush_new(RpCli *cli, RpBusClient *client, char **ids);
/* A method that returns nothing; FALSE after saying what went wrong. */
gboolean rp_cli_agent_do(RpCli *cli, RpBusClient *client, const char *method, GVariant *arguments);

/* systemd of this user's session is there to start it. systemctl(1) says the same where it can't
 * connect, in words that help nobody. */
gboolean rp_cli_has_user_manager(void);
/* What starts an agent here, where the bus does not. */
const char *rp_cli_start_command(void);
/* Has an agent that runs read the configuration, and plan by it: until this returns it may still go
 * by what was there before. FALSE after saying why it has not; one that is started later reads it.
 */
gboolean rp_cli_agent_takes_config(RpCli *cli);
/* To an agent that runs, and where none does to nobody: passwords or tokens were stored, so that
 * what failed is tried again. */
void rp_cli_agent_hears_of_passwords(void);

/* What was heard while waiting. */
typedef struct {
	GHashTable *checks; /* set -> "": done, error text; those not done are absent */
	guint n_failed;     /* messages that failed meanwhile */
	char *disk;         /* why the queue can't be written; NULL: it can */
} RpCliWait;

void rp_cli_wait_init(RpCliWait *wait);
void rp_cli_wait_clear(RpCliWait *wait);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(RpCliWait, rp_cli_wait_clear)

/* Whether that which is waited for has come; an error ends the waiting. */
typedef gboolean (*RpCliReached)(
	RpBusClient *client, const RpCliWait *wait, gpointer data, GError **error);

/* Waits until it has, telling what happens to messages meanwhile; the client has subscribed before
 * the call whose effects these are. FALSE after saying what went wrong. */
gboolean rp_cli_wait(
	RpCli *cli, RpBusClient *client, RpCliWait *wait, RpCliReached reached, gpointer data);
/* Has the agent make the sets' POP logins (and fetch, where they do), and waits until it has; for a
 * client that hears signals. FALSE: one of them failed, which is said. */
gboolean rp_cli_check_sets(RpCli *cli, RpBusClient *client, RpCliWait *wait, char **sets);
/* Reached when nothing is queued or being sent: of the messages named in `data` (a char **), or of
 * all when it is NULL. */
gboolean rp_cli_all_done(RpBusClient *client, const RpCliWait *wait, gpointer data, GError **error);
