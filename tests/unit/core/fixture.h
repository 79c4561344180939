/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/policy.h"

/* Catalogues, places and situations out of a few words of text, and decisions back into text, so
 * that a test is a table.
 *
 * A configuration is lines "provider NAME key=value..." and "set NAME key=value...". Lists are
 * separated by commas, alternatives of a relay by semicolons; keys are those of the configuration,
 * shortened where the parser below says so.
 *
 * A place is links separated by ";", each "INTERFACE KIND word...": addresses, the words default,
 * default4, default6, metered, portal, none, limited, full, extends, idle, and key=value, pref=,
 * route= and held= (ADDRESS or ADDRESS@INTERFACE) as often as need be. When no link says default,
 * the first is the default of both families. "" is no link at all. */

RpCatalogue *fx_catalogue(const char *text);
RpNetwork *fx_network(const char *text);
RpPlace *fx_place(const char *text, const RpCatalogue *catalogue);

/* "SET=AGE" or "SET=AGE@SOURCE" or "SET=AGE!PLACE", blanks between; age in seconds. */
GPtrArray *fx_logins(const char *text, const char *place_key, RpTime now);
/* "KIND SET [rule=R] [sender=S] [domain=D] [place=P] [revision=R] [until=SECONDS] [detail=WORD]",
 * separated by ";". `until` is in seconds from now; without it never. */
GPtrArray *fx_failures(const char *text, const char *place_key, RpTime now);

#define FX_NOW (G_GINT64_CONSTANT(1764000000) * G_USEC_PER_SEC)

typedef struct {
	const char *name;
	const char *config;
	const char *place;
	const char *from; /* envelope sender */
	const char *to;   /* blanks between recipients */
	const char *want;
	const char *header_from;
	const char *logins;
	const char *failures;
	const char *override;
	const char *pin;
	RpChoose choose;
	gint64 metered_limit;
	gboolean paused;
	gint64 size;
} FxRow;

typedef struct {
	RpCatalogue *catalogue;
	RpPlace *place;
	GPtrArray *logins;
	GPtrArray *failures;
	RpSituation situation;
	RpMessageFacts message;
	char **recipients;
} FxCase;

void fx_case_init(FxCase *c, const FxRow *row);
void fx_case_clear(FxCase *c);

/* "send odn/inside/ipv4" a recipient, "+pop" where a POP login comes first, "hold set:reason(unlock
 * unlock)[detail] ..." where it is held; recipients separated by " | ", the verdict before all. */
char *fx_decision_text(
	const RpDecision *decision, const RpCatalogue *catalogue, const RpPlace *place);
char *fx_decide(const FxRow *row);
