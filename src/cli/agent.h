/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"

#include "roampost/bus.h"

/* Talking to the agent, and waiting for what it does. */

/* A connection to the session bus; NULL after saying that there is none. */
RpBusClient *rp_cli_connect(RpCli *cli);
/* The text that a method of the agent returns; NULL after saying why there is none. */
char *rp_cli_agent_text(RpCli *cli, const char *method, GVariant *arguments);
/* Prints the text that a method returns: as JSON, or by the renderer. The exit status. */
typedef gboolean (*RpCliRender)(RpCli *cli, const char *json, GError **error);
int rp_cli_agent_show(RpCli *cli, const char *method, GVariant *arguments, RpCliRender render);
/* A method that returns nothing; FALSE after saying what went wrong. */
gboolean rp_cli_agent_do(RpCli *cli, RpBusClient *client, const char *method, GVariant *arguments);

/* What was heard while waiting. */
typedef struct {
	GHashTable *checks; /* set -> "": done, error text; those not done are absent */
	guint n_failed;     /* messages that failed meanwhile */
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
/* Reached when nothing is queued or being sent: of the messages named in `data` (a char **), or of
 * all when it is NULL. */
gboolean rp_cli_all_done(RpBusClient *client, const RpCliWait *wait, gpointer data, GError **error);
