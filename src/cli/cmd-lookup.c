/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"
#include "roampost/asn-file.h"
#include "roampost/language.h"

/* Which providers an address is of, by their prefixes and by the table of AS numbers: from files
 * alone, without an agent or a network. */

typedef struct {
	const RpCatalogue *catalogue;
	char *address;
	GArray *prefixes; /* of RpPrefixEntry */
	RpAsnResult found;
	guint32 asn;   /* 0: not known */
	char *as_name; /* or NULL */
} Answer;

static void
answer_clear(Answer *answer)
{
	g_free(answer->address);
	g_array_unref(answer->prefixes);
	g_free(answer->as_name);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Answer, answer_clear)

static void
answer_init(
	Answer *answer, const RpCatalogue *catalogue, RpAsnTable *asns, const RpAddress *address)
{
	*answer = (Answer){.catalogue = catalogue,
		.address = rp_address_format(address),
		.prefixes = g_array_new(FALSE, FALSE, sizeof(RpPrefixEntry)),
		.found = RP_ASN_NONE};
	rp_catalogue_lookup(catalogue, address, answer->prefixes);
	if (asns && rp_address_is_global(address))
		answer->found = rp_asn_table_look_up(asns, address, &answer->asn);
	if (answer->asn)
		answer->as_name = rp_asn_table_name(asns, address);
}

/* Those that are known by the AS, one after the other, from index `from` on; -1: no more. */
static gint
next_by_asn(const Answer *answer, guint from)
{
	for (; answer->asn && from < rp_catalogue_n_providers(answer->catalogue); from++)
		if (rp_provider_has_asn(
			    rp_catalogue_provider(answer->catalogue, from), answer->asn))
			return (gint)from;
	return -1;
}

static void
write_provider(RpJson *json, const char *provider, const char *by, const char *prefix)
{
	rp_json_begin_object(json, NULL);
	rp_json_string(json, "provider", provider);
	rp_json_string(json, "by", by);
	if (prefix)
		rp_json_string(json, "prefix", prefix);
	rp_json_end_object(json);
}

static void
write_json(RpJson *json, const Answer *answer)
{
	rp_json_begin_object(json, NULL);
	rp_json_string(json, "address", answer->address);
	rp_json_begin_array(json, "providers");
	for (guint i = 0; i < answer->prefixes->len; i++) {
		const RpPrefixEntry *entry = &g_array_index(answer->prefixes, RpPrefixEntry, i);
		g_autofree char *prefix = rp_prefix_format(&entry->prefix);

		write_provider(json, rp_catalogue_provider(answer->catalogue, entry->value)->name,
			"prefix", prefix);
	}
	for (gint i = next_by_asn(answer, 0); i >= 0; i = next_by_asn(answer, (guint)i + 1))
		write_provider(json, rp_catalogue_provider(answer->catalogue, (guint)i)->name,
			"asn", NULL);
	rp_json_end_array(json);
	if (answer->asn) {
		rp_json_int(json, "asn", answer->asn);
		rp_json_string(json, "as-name", answer->as_name);
	}
	rp_json_end_object(json);
}

static const char *
why_none(const Answer *answer)
{
	if (answer->found == RP_ASN_DAMAGED)
		return _("not known: the table of AS numbers is damaged there");
	if (!answer->asn)
		return _("in no provider's prefixes");
	return answer->as_name ? answer->as_name : "";
}

static void
add_rows(RpCliTable *table, const Answer *answer)
{
	g_autofree char *as = answer->asn ? g_strdup_printf("AS%u", answer->asn) : g_strdup("");
	gint by_asn = next_by_asn(answer, 0);

	if (answer->prefixes->len == 0 && by_asn < 0)
		rp_cli_table_add(table, answer->address, _("none"), as, why_none(answer));
	for (guint i = 0; i < answer->prefixes->len; i++) {
		const RpPrefixEntry *entry = &g_array_index(answer->prefixes, RpPrefixEntry, i);
		const RpProvider *provider = rp_catalogue_provider(answer->catalogue, entry->value);
		g_autofree char *prefix = rp_prefix_format(&entry->prefix);

		rp_cli_table_add(table, i == 0 ? answer->address : "", provider->name, prefix,
			provider->title);
	}
	for (gint i = by_asn; i >= 0; i = next_by_asn(answer, (guint)i + 1)) {
		const RpProvider *provider = rp_catalogue_provider(answer->catalogue, (guint)i);

		rp_cli_table_add(table,
			answer->prefixes->len == 0 && i == by_asn ? answer->address : "",
			provider->name, as, provider->title);
	}
}

/* Those that can be read, and the others by name. */
static guint
read_addresses(RpCli *cli, char **words, RpAddress *addresses)
{
	guint n = 0;

	for (; *words; words++)
		if (rp_address_parse(*words, &addresses[n]))
			n++;
		else
			rp_cli_fail(cli,
				_("“%s” is not an IP address (names are not resolved here)"),
				*words);
	return n;
}

static gboolean
look_up(RpCli *cli, const RpCatalogue *catalogue, RpAsnTable *asns, const RpAddress *addresses,
	guint n)
{
	g_autoptr(RpCliTable) table =
		rp_cli_table_new(_("ADDRESS"), _("PROVIDER"), _("PREFIX"), _("NAME"), NULL);
	g_autoptr(GString) out = g_string_new(NULL);
	gboolean good = TRUE;
	RpJson json;

	rp_json_init(&json, out);
	rp_json_begin_array(&json, NULL);
	for (guint i = 0; i < n; i++) {
		g_auto(Answer) answer;

		answer_init(&answer, catalogue, asns, &addresses[i]);
		write_json(&json, &answer);
		add_rows(table, &answer);
		good &= answer.found != RP_ASN_DAMAGED;
	}
	rp_json_end_array(&json);
	if (cli->json)
		rp_cli_print_json(cli, out->str);
	else
		rp_cli_table_print(cli, table);
	return good;
}

int
rp_cmd_lookup(RpCli *cli, int argc, char **argv)
{
	g_autofree RpAddress *addresses = g_new(RpAddress, argc);
	g_autoptr(RpConfig) config = NULL;

	if (argc == 2 && !rp_address_parse(argv[1], &addresses[0]))
		return rp_cli_usage(
			cli, _("“%s” is not an IP address (names are not resolved here)"), argv[1]);
	guint n = read_addresses(cli, argv + 1, addresses);
	if (!n)
		return RP_EXIT_USAGE;
	config = rp_cli_load_config(cli);
	if (config == NULL)
		return RP_EXIT_FAILED;
	g_autoptr(RpAsnFile) asns = rp_cli_asn_file(config);
	if (!look_up(cli, rp_config_catalogue(config), asns ? rp_asn_file_table(asns) : NULL,
		    addresses, n)) {
		rp_asn_file_table(asns); /* says so */
		return RP_EXIT_FAILED;
	}
	return n == (guint)argc - 1 ? RP_EXIT_DONE : RP_EXIT_USAGE;
}
