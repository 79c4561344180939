/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "find-servers.h"

#include "roampost/language.h"
#include "roampost/mailbox.h"

#include <stdio.h>
#include <string.h>

/* The look-up as people see it. */

char *
rp_find_address(const char *text)
{
	const char *at = strrchr(text, '@');
	g_autofree char *whole = NULL;
	g_autofree char *domain = NULL;

	if (!at || at[1] == '[' || rp_mailbox_read_domain(at + 1, &domain) != RP_MAILBOX_GOOD)
		return NULL;
	if (at > text && rp_mailbox_read(text, &whole) != RP_MAILBOX_GOOD)
		return NULL;
	/* The local part is the provider's to read, and stays as it is. */
	g_autofree char *local = g_strndup(text, (gsize)(at - text));
	g_autofree char *lower = g_ascii_strdown(domain, -1);
	return g_strconcat(local, "@", lower, NULL);
}

static void
print_tried(RpCli *cli, const RpDiscovery *discovery)
{
	for (guint i = 0; i < discovery->tried->len; i++)
		rp_cli_note(cli, "  %s", (const char *)discovery->tried->pdata[i]);
}

static void
say_nothing_found(RpCli *cli, const RpDiscovery *discovery, const char *domain)
{
	rp_cli_note(cli, _("no servers were found for %s:"), domain);
	print_tried(cli, discovery);
	if (discovery->address_wanted)
		rp_cli_note(
			cli, _("the provider's server wants to know the address: --tell-address "
			       "tells it"));
	if (discovery->http_untried)
		rp_cli_note(cli, _("Thunderbird would ask the provider without HTTPS too; "
				   "roampost does not, since anyone on the way could answer that"));
}

/* Who is no server of the domain's own, from the URLs that are asked; "" for none. Free with
 * g_free. */
static char *
third_parties(char *const *sources)
{
	g_autoptr(GString) out = g_string_new(NULL);

	for (; *sources; sources++) {
		const char *host = *sources + strlen("https://");
		g_autofree char *name = g_strndup(host, strcspn(host, "/?#:"));

		if (!strstr(name, "%EMAILDOMAIN%"))
			g_string_append_printf(out, "%s%s", out->len ? C_("list", ", ") : "", name);
	}
	return g_string_free(g_steal_pointer(&out), FALSE);
}

static void
announce(RpCli *cli, const RpDiscoveryQuestion *question)
{
	const char *domain = strrchr(question->address, '@') + 1;
	g_autofree char *others = third_parties(question->sources);

	if (*others == '\0' && question->tell_address)
		rp_cli_note(cli,
			_("looking up the servers of %s: its own are asked, which learn the "
			  "address"),
			domain);
	else if (*others == '\0')
		rp_cli_note(cli,
			_("looking up the servers of %s: its own are asked, which learn the "
			  "domain"),
			domain);
	else
		rp_cli_note(cli,
			question->tell_address
				? _("looking up the servers of %s: its own are asked, then %s, "
				    "which learn the address")
				: _("looking up the servers of %s: its own are asked, then %s, "
				    "which learn the domain"),
			domain, others);
}

gboolean
rp_find_may_read_ca(RpCli *cli, const char *file)
{
	g_autoptr(GError) error = NULL;
	g_autofree char *text = NULL;

	if (!file || rp_file_read(file, &text, NULL, &error))
		return TRUE;
	rp_cli_fail_error(cli, error);
	return FALSE;
}

RpDiscovery *
rp_find_servers(RpCli *cli, const char *address, gboolean tell_address, const char *ca_file)
{
	g_autoptr(RpConfig) config = rp_cli_load_config(cli);
	RpDiscoveryQuestion question = {.address = address, .tell_address = tell_address};
	RpDiscovery *discovery;

	if (!config || !rp_find_may_read_ca(cli, ca_file))
		return NULL;
	question.sources = rp_config_setup(config)->autoconfig;
	announce(cli, &question);
	discovery = rp_discovery_run(&question, &rp_discovery_world, (gpointer)ca_file);
	if (!discovery->found && rp_find_obstacle())
		rp_cli_fail(cli, "%s", rp_find_obstacle());
	else if (discovery->nothing_resolved)
		rp_cli_fail(cli,
			_("nothing could be resolved from here, for no DNS server answers: see to "
			  "this network's first (/etc/resolv.conf names them), and run it again"));
	else if (!discovery->found)
		say_nothing_found(cli, discovery, strrchr(address, '@') + 1);
	return discovery;
}
