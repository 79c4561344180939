/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "output-private.h"

#include "roampost/language.h"

/* The labels in front of what `status` and `show` print: their one list, which says how wide their
 * column is in the language of the day, and the words of states. */

#define GAP 1

static const char *const labels[] = {
	N_("Place"),
	N_("Server set"),
	N_("Not usable"),
	N_("Queue"),
	N_("Config"),
	N_("Problem"),
	N_("Paused"),
	N_("Sending"),
	N_("Waiting"),
	N_("Agent"),
	N_("Message"),
	N_("State"),
	N_("Subject"),
	N_("From"),
	N_("From header"),
	N_("To"),
	N_("Size"),
	N_("Handed over"),
	N_("Pinned to"),
	N_("Next try"),
	N_("Note"),
};

/* By their names, which programs and commands know them by. */
typedef struct {
	const char *name;
	const char *meaning;
	const char *word;
} Word;

static const Word states[] = {
	{"queued", NC_("state", "queued")},
	{"held", NC_("state", "held")},
	{"sending", NC_("state", "sending")},
	{"deferred", NC_("state", "deferred")},
	{"failed", NC_("state", "failed")},
	{"sent", NC_("state", "sent")},
	{"deleted", NC_("state", "deleted")},
	{"maybe-sent", NC_("state", "maybe-sent")},
	{"send", NC_("verdict", "send")},
	{"hold", NC_("verdict", "hold")},
	{"split", NC_("verdict", "split")},
	{NULL, NULL, NULL},
};

static const Word connectivities[] = {
	{"unknown", NC_("online", "unknown")},
	{"none", NC_("online", "none")},
	{"portal", NC_("online", "portal")},
	{"limited", NC_("online", "limited")},
	{"full", NC_("online", "full")},
	{NULL, NULL, NULL},
};

static const Word kinds[] = {
	{"other", NC_("link", "other")},
	{"ppp", NC_("link", "ppp")},
	{"wifi", NC_("link", "wifi")},
	{"ethernet", NC_("link", "ethernet")},
	{"cellular", NC_("link", "cellular")},
	{"vpn", NC_("link", "vpn")},
	{NULL, NULL, NULL},
};

static const Word evidences[] = {
	{"prefix", NC_("evidence", "prefix")},
	{"public-address", NC_("evidence", "public-address")},
	{"nm-connection", NC_("evidence", "nm-connection")},
	{"ssid", NC_("evidence", "ssid")},
	{"dns-domain", NC_("evidence", "dns-domain")},
	{"dhcp-option", NC_("evidence", "dhcp-option")},
	{"ppp-peer", NC_("evidence", "ppp-peer")},
	{"operator", NC_("evidence", "operator")},
	{"gateway", NC_("evidence", "gateway")},
	{"asn", NC_("evidence", "asn")},
	{"reachable", NC_("evidence", "reachable")},
	{NULL, NULL, NULL},
};

/* What is not in the table stays as it is. */
static const char *
word_of(const Word *words, const char *name)
{
	if (name == NULL)
		return "";
	while (words->name != NULL && !g_str_equal(words->name, name))
		words++;
	return words->name != NULL ? rp_text_meant(words->meaning, words->word) : name;
}

const char *
rp_cli_state_word(const char *state)
{
	return word_of(states, state);
}

const char *
rp_cli_connectivity_word(const char *connectivity)
{
	return word_of(connectivities, connectivity);
}

const char *
rp_cli_link_word(const char *kind)
{
	return word_of(kinds, kind);
}

const char *
rp_cli_evidence_word(const char *evidence)
{
	return word_of(evidences, evidence);
}

char *
rp_cli_list_or(char *const *words)
{
	g_autofree char *all = g_strdup(words[0] != NULL ? words[0] : "");

	for (guint i = 1; words[0] != NULL && words[i] != NULL; i++) {
		char *longer = g_strdup_printf(words[i + 1] != NULL ? C_("list", "%1$s, %2$s")
								    : C_("list", "%1$s or %2$s"),
			all, words[i]);

		g_free(all);
		all = longer;
	}
	return g_steal_pointer(&all);
}

char *
rp_cli_place_text(const char *state, const char *inside)
{
	g_autofree char *titles = NULL;

	if (g_str_equal(state, "starting"))
		return g_strdup(_("not known yet: the agent has just started"));
	if (g_str_equal(state, "checking"))
		return g_strdup(_("waiting for NetworkManager's check"));
	if (g_str_equal(state, "portal"))
		return g_strdup(_("behind a portal: log in with a browser"));
	if (!g_str_equal(state, "online"))
		return g_strdup(_("offline"));
	if (!*inside)
		return g_strdup(_("online, inside no provider that is known"));
	titles = rp_cli_provider_titles(inside);
	return g_strdup_printf(_("inside %s"), titles);
}

guint
rp_cli_label_width(void)
{
	guint width = 0;

	for (gsize i = 0; i < G_N_ELEMENTS(labels); i++)
		width = MAX(width, rp_cli_text_width(rp_text(labels[i])) + GAP);
	return width;
}

void
rp_cli_print_label(RpCli *cli, const char *label)
{
	g_autofree char *padded = rp_cli_pad(rp_text(label), rp_cli_label_width(), FALSE);

	rp_cli_print(cli, "%s", padded);
}

void
rp_cli_print_labelled(RpCli *cli, const char *label, const char *text)
{
	rp_cli_print_paragraphs(cli, rp_cli_label_width(), rp_text(label), text);
}
