/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"
#include "roampost/language.h"

#include <string.h>

/* Spans, sizes and times as people write them in the
 * configuration, and back as the programs print them. */

typedef struct {
	const char *name;
	gint64 factor;
} Unit;

static const Unit span_units[] = {
	{"us", 1},
	{"ms", 1000},
	{"s", G_USEC_PER_SEC},
	{"min", 60 * (gint64)G_USEC_PER_SEC},
	{"h", 3600 * (gint64)G_USEC_PER_SEC},
	{"d", 86400 * (gint64)G_USEC_PER_SEC},
};

/* What people write besides: an M may be a month, or a megabyte. */
static const Unit span_words[] = {
	{"sec", G_USEC_PER_SEC},
	{"second", G_USEC_PER_SEC},
	{"seconds", G_USEC_PER_SEC},
	{"mins", 60 * (gint64)G_USEC_PER_SEC},
	{"minute", 60 * (gint64)G_USEC_PER_SEC},
	{"minutes", 60 * (gint64)G_USEC_PER_SEC},
	{"hour", 3600 * (gint64)G_USEC_PER_SEC},
	{"hours", 3600 * (gint64)G_USEC_PER_SEC},
	{"day", 86400 * (gint64)G_USEC_PER_SEC},
	{"days", 86400 * (gint64)G_USEC_PER_SEC},
	{"w", 7 * 86400 * (gint64)G_USEC_PER_SEC},
	{"week", 7 * 86400 * (gint64)G_USEC_PER_SEC},
	{"weeks", 7 * 86400 * (gint64)G_USEC_PER_SEC},
};
static const Unit small_m = {"m", 60 * (gint64)G_USEC_PER_SEC};

static const Unit size_units[] = {
	{"", 1},
	{"K", G_GINT64_CONSTANT(1) << 10},
	{"M", G_GINT64_CONSTANT(1) << 20},
	{"G", G_GINT64_CONSTANT(1) << 30},
	{"T", G_GINT64_CONSTANT(1) << 40},
};

/* Reads "NUMBER UNIT", blanks around and between allowed. FALSE: no number, no such unit, or more
 * than 63 bits. A bare number leaves *unit empty. */
static gboolean
parse_number(const char *text, gint64 *number, const char **unit)
{
	char *end;
	guint64 value;

	while (g_ascii_isspace(*text))
		text++;
	if (!g_ascii_isdigit(*text))
		return FALSE;
	value = g_ascii_strtoull(text, &end, 10);
	if (value > G_MAXINT64)
		return FALSE;
	while (g_ascii_isspace(*end))
		end++;
	*number = (gint64)value;
	*unit = end;
	return TRUE;
}

static const Unit *
find_unit(const Unit *units, gsize n_units, const char *name)
{
	g_autofree char *word = g_strchomp(g_strdup(name));

	for (gsize i = 0; i < n_units; i++)
		if (g_ascii_strcasecmp(units[i].name, word) == 0)
			return &units[i];
	return NULL;
}

static gboolean
multiply(gint64 number, const Unit *unit, gint64 *result)
{
	if (!unit || number > G_MAXINT64 / unit->factor)
		return FALSE;
	*result = number * unit->factor;
	return TRUE;
}

static const Unit *
find_span_unit(const char *name)
{
	const Unit *unit = find_unit(span_units, G_N_ELEMENTS(span_units), name);

	if (strcmp(name, "m") == 0)
		return &small_m;
	return unit ? unit : find_unit(span_words, G_N_ELEMENTS(span_words), name);
}

/* One number and its unit, and where what follows begins. */
static gboolean
parse_part(const char **text, gint64 *part)
{
	g_autofree char *name = NULL;
	const char *unit, *end;
	gint64 number;

	if (!parse_number(*text, &number, &unit))
		return FALSE;
	for (end = unit; g_ascii_isalpha(*end);)
		end++;
	name = g_strndup(unit, (gsize)(end - unit));
	while (g_ascii_isspace(*end))
		end++;
	*text = end;
	return multiply(number, find_span_unit(name), part);
}

/* "2h", "1h30min", "1 day 2 hours". */
static gboolean
parse_parts(const char *text, gint64 *span)
{
	gint64 sum = 0, part;

	do {
		if (!parse_part(&text, &part) || part > G_MAXINT64 - sum)
			return FALSE;
		sum += part;
	} while (*text != '\0');
	*span = sum;
	return TRUE;
}

gboolean
rp_span_parse(const char *text, gint64 *span, GError **error)
{
	const char *unit;
	gint64 number;

	if (parse_number(text, &number, &unit) && number == 0 && *unit == '\0') {
		*span = 0;
		return TRUE;
	}
	if (parse_parts(text, span))
		return TRUE;
	g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
		_("“%s” is not a time: write a number and its unit, as in 90s, 10min, 2h, 1d or "
		  "1w"),
		text);
	return FALSE;
}

gboolean
rp_size_parse(const char *text, gint64 *size, GError **error)
{
	const char *unit;
	gint64 number;

	if (parse_number(text, &number, &unit) &&
		multiply(number, find_unit(size_units, G_N_ELEMENTS(size_units), unit), size))
		return TRUE;
	g_set_error(error, RP_ERROR, RP_ERROR_INVALID,
		_("“%s” is not a size: write a number of octets, or with a unit, as in 512K, 10M "
		  "or "
		  "1G"),
		text);
	return FALSE;
}

/* With the largest unit that loses nothing. */
static char *
format_exact(const Unit *units, gsize n_units, gint64 value)
{
	gsize i = n_units - 1;

	if (value == 0)
		return g_strdup("0");
	while (i > 0 && value % units[i].factor != 0)
		i--;
	return g_strdup_printf("%" G_GINT64_FORMAT "%s", value / units[i].factor, units[i].name);
}

char *
rp_span_format(gint64 span)
{
	return format_exact(span_units, G_N_ELEMENTS(span_units), span);
}

char *
rp_size_format(gint64 size)
{
	return format_exact(size_units, G_N_ELEMENTS(size_units), size);
}

/* Of more days nobody has an idea. */
#define YEARS_FROM (2 * 365)

char *
rp_span_format_human(gint64 span)
{
	gint64 seconds = MAX(span, 0) / G_USEC_PER_SEC;
	int minutes = (int)(seconds / 60 % 60), hours = (int)(seconds / 3600 % 24);
	int days = (int)MIN(seconds / 86400, G_MAXINT);

	if (seconds < 60)
		return g_strdup_printf(_("%d s"), (int)seconds);
	if (seconds < 3600)
		return g_strdup_printf(_("%d min"), minutes);
	if (days == 0 && minutes == 0)
		return g_strdup_printf(_("%d h"), hours);
	if (days == 0)
		return g_strdup_printf(_("%1$d h %2$d min"), hours, minutes);
	if (days == 1 && hours > 0)
		return g_strdup_printf(_("%1$d day %2$d h"), days, hours);
	if (days >= YEARS_FROM)
		return g_strdup_printf(
			rp_text_n("%d year", "%d years", (guint64)(days / 365)), days / 365);
	return g_strdup_printf(rp_text_n("%d day", "%d days", (guint64)days), days);
}

char *
rp_time_format(gint64 time)
{
	gint64 seconds = time / G_USEC_PER_SEC - (time % G_USEC_PER_SEC < 0 ? 1 : 0);
	g_autoptr(GDateTime) date = g_date_time_new_from_unix_utc(seconds);

	if (!date) /* beyond the years 1 to 9999 */
		return g_strdup(time < 0 ? "0001-01-01T00:00:00Z" : "9999-12-31T23:59:59Z");
	return g_date_time_format(date, "%Y-%m-%dT%H:%M:%SZ");
}
