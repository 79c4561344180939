/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"
#include "find-servers.h"
#include "import.h"

#include "roampost/language.h"
#include "roampost/mailbox.h"

#include <string.h>

/* What a provider publishes of its servers, from a file or looked up, as a server set. */

static gboolean import_write;
static char *import_address;
static gboolean import_tell;
static char *import_ca;

const GOptionEntry rp_cmd_import_autoconfig_options[] = {
	{"write", 'w', 0, G_OPTION_ARG_NONE, &import_write,
		N_("append to the user's configuration instead of printing"), NULL},
	{"address", 0, 0, G_OPTION_ARG_STRING, &import_address,
		N_("whose servers they are: fills in the login's name"), "ADDRESS"},
	{"tell-address", 0, 0, G_OPTION_ARG_NONE, &import_tell, RP_FIND_TELL_TEXT, NULL},
	{"tls-ca-file", 0, 0, G_OPTION_ARG_FILENAME, &import_ca, RP_FIND_CA_TEXT, "FILE"},
	G_OPTION_ENTRY_NULL,
};

/* "@domain", or the whole address, as far as is known. */
static char *
whose(RpCli *cli, const char *named)
{
	g_autofree char *guess = g_strconcat("@", named, NULL);
	const char *given = import_address ? import_address : strchr(named, '@') ? named : guess;
	g_autofree char *clean = rp_find_address(given);

	if (!clean)
		rp_cli_fail(cli, _("“%s” is neither a domain, nor an address, nor a file"), given);
	return g_steal_pointer(&clean);
}

static RpAutoconfig *
read_file(RpCli *cli, const char *path, const char *address)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;
	RpAutoconfig *config;
	gsize length;

	if (!rp_file_read(path, &text, &length, &error)) {
		rp_cli_fail_error(cli, error);
		return NULL;
	}
	config = rp_autoconfig_read(text, length, address, &error);
	if (!config)
		rp_cli_fail(cli,
			_("%1$s: %2$s; “roampost setup” makes a server set from an address"), path,
			error->message);
	return config;
}

static int
finish(RpCli *cli, const char *source, const RpAutoconfig *config, const char *address)
{
	g_autoptr(RpImport) import = rp_import_new(source);

	rp_import_autoconfig(import, config, address);
	return rp_import_finish(cli, import, import_write);
}

static int
import_file(RpCli *cli, const char *path)
{
	g_autofree char *address = whose(cli, import_address ? import_address : "provider.example");
	g_autoptr(RpAutoconfig) config = address ? read_file(cli, path, address) : NULL;

	if (!config)
		return RP_EXIT_FAILED;
	if (!import_address)
		rp_cli_note(cli,
			_("whose address it is for is not known: “provider.example” stands for the "
			  "domain (--address fills it in)"));
	return finish(cli, path, config, address);
}

int
rp_cmd_import_autoconfig(RpCli *cli, int argc, char **argv)
{
	gboolean is_file = strchr(argv[1], '/') || g_file_test(argv[1], G_FILE_TEST_IS_REGULAR);
	g_autofree char *address = is_file ? NULL : whose(cli, argv[1]);
	g_autoptr(RpDiscovery) discovery = NULL;

	if (is_file)
		return import_file(cli, argv[1]);
	if (!address)
		return RP_EXIT_FAILED;
	discovery = rp_find_servers(cli, address, import_tell, import_ca);
	if (!discovery || !discovery->found)
		return RP_EXIT_FAILED;
	if (discovery->plain_dns)
		rp_cli_note(cli, _("nothing but DNS vouches for these hosts: look at them before "
				   "you give them a password"));
	return finish(cli, discovery->source, discovery->found, address);
}
