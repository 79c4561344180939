/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"
#include "output-private.h"

#include "roampost/doctor.h"
#include "roampost/language.h"
#include "roampost/module.h"

/* What is well and what is not, on a page. The looking is done by src/doctor. */

#define HEALTH_WIDTH 8
#define CHECK_WIDTH 16
#define INDENT (HEALTH_WIDTH + 1 + CHECK_WIDTH)
/* On a terminal that leaves less than so many columns beside the names, the text stands below them.
 */
#define NARROWEST 32
#define INDENT_BELOW 2

static const RpColour colours[RP_N_HEALTHS] = {
	[RP_HEALTH_GOOD] = RP_COLOUR_GOOD,
	[RP_HEALTH_WARNING] = RP_COLOUR_WAIT,
	[RP_HEALTH_BAD] = RP_COLOUR_BAD,
};
static const char *const words[RP_N_HEALTHS] = {
	[RP_HEALTH_GOOD] = "good",
	[RP_HEALTH_WARNING] = "warning",
	[RP_HEALTH_BAD] = "bad",
};
static const char *const shown[RP_N_HEALTHS] = {
	[RP_HEALTH_GOOD] = N_("good"),
	[RP_HEALTH_WARNING] = N_("warning"),
	[RP_HEALTH_BAD] = N_("bad"),
};

/* Its name, and where there is room for it beside that, the first of the lines; how many of them.
 */
static guint
print_head(RpCli *cli, const RpFinding *finding, const char *name, char *const *lines)
{
	g_autofree char *health = rp_cli_pad(rp_text(shown[finding->health]), HEALTH_WIDTH, FALSE);
	g_autofree char *padded = lines ? rp_cli_pad(name, CHECK_WIDTH, FALSE) : NULL;
	g_auto(GStrv) names = rp_cli_wrap(name, rp_cli_text_columns(cli, HEALTH_WIDTH + 1));

	rp_cli_print(cli, "%s%s%s %s%s\n", rp_cli_colour(cli, colours[finding->health]), health,
		rp_cli_colour(cli, RP_COLOUR_NONE), lines ? padded : names[0],
		lines ? lines[0] : "");
	for (char **more = names + 1; !lines && *more; more++)
		rp_cli_print(cli, "%*s%s\n", HEALTH_WIDTH + 1, "", *more);
	return lines ? 1 : 0;
}

static void
print_finding(RpCli *cli, const RpFinding *finding)
{
	const char *name = finding->subject ? finding->subject : rp_text(finding->check);
	gboolean below = cli->width < INDENT + NARROWEST || rp_cli_text_width(name) >= CHECK_WIDTH;
	int indent = below ? INDENT_BELOW : INDENT;
	g_autofree char *clean = rp_cli_clean(finding->text, FALSE);
	g_auto(GStrv) lines = rp_cli_wrap(clean, rp_cli_text_columns(cli, (guint)indent));
	guint n = print_head(cli, finding, name, below ? NULL : lines);

	for (char **line = lines + n; *line; line++)
		rp_cli_print(cli, "%*s%s\n", indent, "", *line);
	/* Not wrapped: it is to be copied. */
	if (finding->remedy)
		rp_cli_print(cli, "%*s%s%s%s\n", indent, "", rp_cli_colour(cli, RP_COLOUR_BOLD),
			finding->remedy, rp_cli_colour(cli, RP_COLOUR_NONE));
}

static void
print_json(RpCli *cli, const GPtrArray *findings, RpHealth worst)
{
	g_autoptr(GString) out = g_string_new(NULL);
	RpJson json;

	rp_json_init(&json, out);
	rp_json_begin_object(&json, NULL);
	rp_json_string(&json, "verdict", words[worst]);
	rp_json_begin_array(&json, "findings");
	for (guint i = 0; i < findings->len; i++) {
		const RpFinding *finding = findings->pdata[i];
		rp_json_begin_object(&json, NULL);
		rp_json_string(&json, "check", finding->check);
		rp_json_string(&json, "subject", finding->subject);
		rp_json_string(&json, "verdict", words[finding->health]);
		rp_json_string(&json, "text", finding->text);
		rp_json_string(&json, "remedy", finding->remedy);
		rp_json_end_object(&json);
	}
	rp_json_end_array(&json);
	rp_json_end_object(&json);
	rp_cli_print_json(cli, out->str);
}

int
rp_cmd_doctor(RpCli *cli, int argc, char **argv)
{
	RpExamine examine = (RpExamine)rp_module_function(RP_DOCTOR_MODULE, RP_DOCTOR_FUNCTION);
	RpHealth worst = RP_HEALTH_GOOD;

	if (!examine)
		return rp_cli_fail(cli, _("the module %s can't be loaded: install roampost anew"),
			RP_DOCTOR_MODULE);
	g_autoptr(GPtrArray) findings = examine();
	for (guint i = 0; i < findings->len; i++)
		worst = MAX(worst, ((RpFinding *)findings->pdata[i])->health);
	if (cli->json)
		print_json(cli, findings, worst);
	for (guint i = 0; !cli->json && i < findings->len; i++)
		print_finding(cli, findings->pdata[i]);
	return worst == RP_HEALTH_BAD ? RP_EXIT_FAILED : RP_EXIT_DONE;
}
