/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampostd"
#include "options.h"

#include "roampost/config.h"
#include "roampost/language.h"

/* What roampostd is told as it begins. */

gboolean
rp_options_autostart_is_for_us(void)
{
	g_autoptr(RpConfigSources) sources = rp_config_sources_new();

	if (g_file_test("/run/systemd/system", G_FILE_TEST_EXISTS)) /* sd_booted(3) */
		return FALSE;
	for (char **file = sources->files; *file; file++)
		if (g_file_test(*file, G_FILE_TEST_EXISTS))
			return TRUE;
	return FALSE;
}

gboolean
rp_options_parse(int argc, char **argv, RpOptions *options)
{
	const GOptionEntry entries[] = {
		{"verbose", 'v', 0, G_OPTION_ARG_NONE, &options->verbose,
			_("Log every decision and every step"), NULL},
		{"version", 0, 0, G_OPTION_ARG_NONE, &options->version, _("Print the version"),
			NULL},
		{"autostart", 0, 0, G_OPTION_ARG_NONE, &options->autostart,
			_("Leave at once where systemd runs or nothing is configured"), NULL},
		{NULL},
	};
	g_autoptr(GOptionContext) context = g_option_context_new(
		_("- the agent: sends queued mail by the way that fits the place"));
	g_autoptr(GError) error = NULL;

	g_option_context_set_summary(context,
		_("One per user; stays in the foreground and logs to stderr. Started by D-Bus, by "
		  "its\n"
		  "systemd user unit, or by hand. “roampost status” shows what it does."));
	g_option_context_add_main_entries(context, entries, NULL);
	if (g_option_context_parse(context, &argc, &argv, &error) && argc == 1)
		return TRUE;
	g_printerr(_("roampostd: %s; see roampostd --help\n"),
		error ? error->message : _("it takes no arguments"));
	return FALSE;
}
