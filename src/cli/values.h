/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"

#include "roampost/meter.h"

/* The values of org.roampost.Agent1 as the JSON that the command line prints. Programs rely on its
 * form, whatever the bus has: times in RFC 3339, null where nothing is known. */

/* A member of an a{sv}: NULL where it is absent, of another type, or "". Lives as long as the
 * value. */
const char *rp_cli_value_text(GVariant *dict, const char *name);
gboolean rp_cli_value_flag(GVariant *dict, const char *name);
/* 0 where it is absent. */
gint64 rp_cli_value_time(GVariant *dict, const char *name);
/* An array of the type (never NULL, empty where it is absent), to be unreferenced. */
GVariant *rp_cli_value_array(GVariant *dict, const char *name, const char *type);

/* Codes of Problems: of the configuration that is written, while the last good one or none is in
 * force. */
#define RP_CLI_CONFIG "config"
#define RP_CLI_NO_CONFIG "no-config"
/* What one of the agent's Problems is, in the language of this program. Free with g_free. */
char *rp_cli_problem_text(GVariant *problem);
/* By the agent's properties: the configuration is not in force as it is written. Says so, with the
 * first error and what to do, on stderr. TRUE: none is in force in its place. */
gboolean rp_cli_note_config(RpCli *cli, GVariant *properties);
/* RpTime; 0 is null. */
void rp_cli_time_write_json(RpJson *json, const char *name, gint64 time);
void rp_cli_reasons_write_json(RpJson *json, const char *name, GVariant *reasons);
/* A message as rp_message_view makes it. */
void rp_cli_message_value_write_json(RpJson *json, GVariant *message);
/* The rows of Explain. */
void rp_cli_explain_write_json(RpJson *json, const char *name, GVariant *rows);
/* The property Sets, and of all properties those that `where` and `status` show, with the rates of
 * messages that the meter knows by their ids (NULL: none), and beside the agent's problems that of
 * the disk (NULL: none). Free with g_free. */
char *rp_cli_sets_json(GVariant *sets);
char *rp_cli_where_json(GVariant *properties);
char *rp_cli_status_json(GVariant *properties, const RpMeter *meter, const char *disk);
