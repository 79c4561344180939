/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "cli.h"

/* Why mail waits, as people read it. Sentences and ways are lists of char *. */

/* The sentences of a recipient's reasons, each once, joined by blanks; "" for none. */
char *rp_cli_recipient_text(GVariant *recipient);
/* The words for what would free it, from the agent's JSON, each once; and of them one sentence, "To
 * free it: ..., or ...", or "". */
void rp_cli_add_remedies(GPtrArray *ways, JsonObject *reason);
char *rp_cli_remedies_text(const GPtrArray *ways);
/* Such words where they are of no message: what is tried again for one is tried again for all. Free
 * with g_free. */
char *rp_cli_of_no_message(const char *remedies);
/* Adds it, where it is not empty and not there yet. */
void rp_cli_add_sentence(GPtrArray *sentences, const char *text);
/* One text of them. Free with g_free. */
char *rp_cli_join_sentences(const GPtrArray *sentences);
/* The recipient's reasons, with local times, and the ways to free it. */
void rp_cli_add_reasons(GPtrArray *sentences, GPtrArray *ways, GVariant *recipient);
/* Times as rp_time_format has them become those of people here. Free with g_free. */
char *rp_cli_with_local_times(const char *text);
