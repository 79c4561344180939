/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"

/* Which providers' prefixes an address is in: from the
 * configuration alone, without an agent or a network. */

static void
write_json(RpJson *json, const char *address, const RpCatalogue *catalogue, const GArray *found)
{
	rp_json_begin_object(json, NULL);
	rp_json_string(json, "address", address);
	rp_json_begin_array(json, "providers");
	for (guint i = 0; i < found->len; i++) {
		const RpPrefixEntry *entry = &g_array_index(found, RpPrefixEntry, i);
		g_autofree char *prefix = rp_prefix_format(&entry->prefix);

		rp_json_begin_object(json, NULL);
		rp_json_string(
			json, "provider", rp_catalogue_provider(catalogue, entry->value)->name);
		rp_json_string(json, "by", "prefix");
		rp_json_string(json, "prefix", prefix);
		rp_json_end_object(json);
	}
	rp_json_end_array(json);
	rp_json_end_object(json);
}

static void
add_rows(RpCliTable *table, const char *address, const RpCatalogue *catalogue, const GArray *found)
{
	if (found->len == 0)
		rp_cli_table_add(table, address, "none", "", "in no provider's prefixes");
	for (guint i = 0; i < found->len; i++) {
		const RpPrefixEntry *entry = &g_array_index(found, RpPrefixEntry, i);
		const RpProvider *provider = rp_catalogue_provider(catalogue, entry->value);
		g_autofree char *prefix = rp_prefix_format(&entry->prefix);

		rp_cli_table_add(
			table, i == 0 ? address : "", provider->name, prefix, provider->title);
	}
}

int
rp_cmd_lookup(RpCli *cli, int argc, char **argv)
{
	g_autoptr(RpCliTable) table =
		rp_cli_table_new("ADDRESS", "PROVIDER", "PREFIX", "NAME", NULL);
	g_autoptr(GString) out = g_string_new(NULL);
	g_autoptr(RpConfig) config = NULL;
	g_autofree RpAddress *addresses = g_new(RpAddress, argc);
	RpJson json;

	for (int i = 1; i < argc; i++)
		if (!rp_address_parse(argv[i], &addresses[i]))
			return rp_cli_usage(cli,
				"“%s” is not an IP address (names are not resolved here)", argv[i]);
	config = rp_cli_load_config(cli);
	if (config == NULL)
		return RP_EXIT_FAILED;
	const RpCatalogue *catalogue = rp_config_catalogue(config);
	rp_json_init(&json, out);
	rp_json_begin_array(&json, NULL);
	for (int i = 1; i < argc; i++) {
		g_autoptr(GArray) found = g_array_new(FALSE, FALSE, sizeof(RpPrefixEntry));
		g_autofree char *address = rp_address_format(&addresses[i]);

		rp_catalogue_lookup(catalogue, &addresses[i], found);
		write_json(&json, address, catalogue, found);
		add_rows(table, address, catalogue, found);
	}
	rp_json_end_array(&json);
	if (cli->json)
		rp_cli_print_json(cli, out->str);
	else
		rp_cli_table_print(cli, table);
	return RP_EXIT_DONE;
}
