/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/autoconfig.h"

/* A server while its element is being read. */
typedef struct RpServerDraft RpServerDraft;

/* `type`: the attribute, or NULL. */
RpServerDraft *rp_server_draft_new(gboolean outgoing, const char *type, guint line);
void rp_server_draft_free(RpServerDraft *draft);
/* It speaks what is nothing of ours: IMAP, Exchange, … */
gboolean rp_server_draft_is_foreign(const RpServerDraft *draft);
/* An element within it, and its text. */
void rp_server_draft_add(RpServerDraft *draft, const char *element, const char *text, guint line);
/* NULL: it can't be used, and why. */
RpMailServer *rp_server_draft_finish(
	const RpServerDraft *draft, const char *address, GError **error);
