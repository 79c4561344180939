/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "when.h"

#include "roampost/language.h"

#include <stdio.h>
#include <string.h>

/* Times as people write them on a command line. */

/* "08:30": the next one. */
static GDateTime *
read_clock(const char *text, GDateTime *now)
{
	int year, month, day, hour, minute, length = 0;

	if (sscanf(text, "%2d:%2d%n", &hour, &minute, &length) != 2 || text[length] != '\0')
		return NULL;
	g_date_time_get_ymd(now, &year, &month, &day);
	g_autoptr(GDateTime) today = g_date_time_new_local(year, month, day, hour, minute, 0);
	if (today == NULL)
		return NULL;
	return g_date_time_compare(today, now) > 0 ? g_steal_pointer(&today)
						   : g_date_time_add_days(today, 1);
}

/* "2026-11-30", "2026-11-30 08:30", or as ISO 8601 has it; of here where no zone is named. */
static GDateTime *
read_date(const char *text)
{
	g_autoptr(GTimeZone) local = g_time_zone_new_local();
	g_autofree char *iso = g_strdup(text);
	char *blank = strchr(iso, ' ');

	if (blank != NULL)
		*blank = 'T';
	g_autofree char *full = strchr(iso, 'T') == NULL ? g_strconcat(iso, "T00:00:00", NULL)
				: strlen(iso) == strlen("2026-11-30T08:30")
					? g_strconcat(iso, ":00", NULL)
					: g_strdup(iso);
	return g_date_time_new_from_iso8601(full, local);
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
			_("“%s” is no time: write 2h, 08:30, 2026-11-30 or “2026-11-30 08:30”"),
			text);
		return FALSE;
	}
	*when = g_date_time_to_unix(read) * G_USEC_PER_SEC;
	if (*when > now)
		return TRUE;
	g_set_error(error, RP_ERROR, RP_ERROR_INVALID, _("“%s” has passed already"), text);
	return FALSE;
}
