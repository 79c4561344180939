/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "when.h"

#include "roampost/language.h"

#include <stdio.h>
#include <string.h>

/* Times as people write them on a command line. */

/* "08:30", "08:30:15": the next one. */
static GDateTime *
read_clock(const char *text, GDateTime *now)
{
	int year, month, day, hour, minute, second = 0, length = 0;

	if (sscanf(text, "%2d:%2d%n:%2d%n", &hour, &minute, &length, &second, &length) < 2 ||
		text[length] != '\0')
		return NULL;
	g_date_time_get_ymd(now, &year, &month, &day);
	g_autoptr(GDateTime) today = g_date_time_new_local(year, month, day, hour, minute, second);
	if (today == NULL)
		return NULL;
	return g_date_time_compare(today, now) > 0 ? g_steal_pointer(&today)
						   : g_date_time_add_days(today, 1);
}

/* As ISO 8601 has it: what people and other programs write between and behind it ("2026-11-30
 * 08:30", "2026-11-30 08:30:00 +0900") is put right. */
static char *
as_iso8601(const char *text)
{
	g_autoptr(GString) iso = g_string_new(text);
	char *blank = strchr(iso->str, ' ');
	char *clock;

	if (blank != NULL)
		*blank = 'T';
	g_string_ascii_up(iso);
	clock = strchr(iso->str, 'T');
	if (clock == NULL)
		return g_strconcat(iso->str, "T00:00:00", NULL);
	blank = strchr(clock, ' ');
	if (blank != NULL && strchr("+-Z", blank[1]) != NULL)
		g_string_erase(iso, blank - iso->str, 1);
	if (strlen(clock) >= strlen("T08:30") && clock[3] == ':' && clock[6] != ':')
		g_string_insert(iso, clock - iso->str + (gssize)strlen("T08:30"), ":00");
	return g_string_free(g_steal_pointer(&iso), FALSE);
}

/* Of here where no zone is named. */
static GDateTime *
read_date(const char *text)
{
	g_autoptr(GTimeZone) local = g_time_zone_new_local();
	g_autofree char *iso = as_iso8601(text);

	return g_date_time_new_from_iso8601(iso, local);
}

gboolean
rp_cli_read_when(const char *text, RpTime now, RpTime *when, GError **error)
{
	g_autoptr(GDateTime) utc = g_date_time_new_from_unix_utc(now / G_USEC_PER_SEC);
	g_autoptr(GDateTime) local = g_date_time_to_local(utc);
	g_autoptr(GDateTime) read = NULL;
	gint64 span;

	if (rp_span_parse(text, &span, NULL)) {
		*when = now + span;
		return TRUE;
	}
	read = read_clock(text, local);
	if (read == NULL)
		read = read_date(text);
	if (read == NULL) {
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
			_("“%s” is no time: write 90min, 2h, 3d or 1w, 08:30, 2026-11-30, "
			  "“2026-11-30 08:30”, or with a zone 2026-11-30T08:30+09:00"),
			text);
		return FALSE;
	}
	*when = g_date_time_to_unix(read) * G_USEC_PER_SEC;
	if (*when > now)
		return TRUE;
	g_set_error(error, RP_ERROR, RP_ERROR_INVALID, _("“%s” has passed already"), text);
	return FALSE;
}
