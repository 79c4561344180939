/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/oauth.h"

#include <json-glib/json-glib.h>

/* What a body holds; NULL: no object. Borrows from the parser. */
JsonObject *rp_oauth_object(JsonParser *parser, const char *body);
/* NULL where it is no text. Borrows. */
const char *rp_oauth_text(JsonObject *object, const char *name);
/* A number, also as a text; where it is none, the fallback. */
gint64 rp_oauth_number(JsonObject *object, const char *name, gint64 fallback);
/* Visible ASCII alone, and some of it; NULL is not. */
gboolean rp_oauth_is_visible(const char *text);
/* What an answer means that has an error, or no object (NULL); *words is to be freed. */
RpOauthAnswer rp_oauth_error(guint status, JsonObject *object, char **words);

/* What a provider says of an error (RFC 6749 section 5.2), for the user: one line, bounded, and fit
 * for a terminal, whatever octets it has. The description may be NULL. */
char *rp_oauth_words(const char *error, const char *description);
