/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy-private.h"

/* What of a message can make a difference in one situation: not the names in it, as in a class key,
 * but the sets that these lead to. Thousands of classes, each for another domain, are then a few
 * questions. */

/* Numbers as characters, so that the key is text without NULs. */
static void
add_number(GString *key, guint number)
{
	if (number < 0x60)
		g_string_append_c(key, (char)(number + ' ')); /* nearly always */
	else
		g_string_append_unichar(key, number + ' ');
}

static void
add_sets(GString *key, const GArray *list)
{
	add_number(key, list ? list->len : 0);
	for (guint i = 0; list && i < list->len; i++)
		add_number(key, g_array_index(list, guint, i));
}

/* Two texts next to each other, and where the one ends. */
static void
add_text(GString *key, const char *text)
{
	g_string_append(key, text);
	g_string_append_c(key, '\n');
}

/* Those that are of one sender or one domain have numbers of their own: they keep them whatever
 * else fails or does no longer. */
static gboolean
next_named(const GPtrArray *failures, guint *at, const RpFailure **failure)
{
	for (; failures && *at < failures->len; ++*at) {
		*failure = failures->pdata[*at];
		if ((*failure)->sender || (*failure)->recipient_domain) {
			++*at;
			return TRUE;
		}
	}
	return FALSE;
}

static void
add_sender(GString *key, const RpSituation *situation, const RpFolded *sender)
{
	const RpFailure *failure;

	add_number(key, *sender->text != '\0');
	add_sets(key, rp_catalogue_domain_sets(situation->catalogue, sender->domain));
	for (guint at = 0, i = 0; next_named(situation->failures, &at, &failure); i++)
		if (failure->sender && g_ascii_strcasecmp(failure->sender, sender->text) == 0)
			add_number(key, i);
	g_string_append_c(key, '\n');
}

static void
add_recipient(GString *key, const RpSituation *situation, const char *address)
{
	const RpFailure *failure;
	g_auto(RpFolded) folded;

	rp_folded_init(&folded, address);
	add_sets(key, rp_catalogue_domain_sets(situation->catalogue, folded.domain));
	add_sets(key, rp_catalogue_local_sets(situation->catalogue, folded.domain));
	for (guint at = 0, i = 0; next_named(situation->failures, &at, &failure); i++) {
		const char *domain = failure->recipient_domain;

		if (domain && g_ascii_strcasecmp(domain, folded.domain) == 0)
			add_number(key, i);
	}
	if (rp_learning_names_domain(situation->observations, folded.domain))
		g_string_append_printf(key, "@%s", folded.domain);
	g_string_append_c(key, '\n');
}

void
rp_policy_likeness(GString *key, const RpSituation *situation, const RpMessageFacts *message)
{
	g_auto(RpFolded) sender;
	g_auto(RpFolded) identity;

	rp_folded_init(&sender, message->sender);
	rp_folded_init(&identity, rp_policy_identity(message));
	RpOwners owners = rp_catalogue_owners(situation->catalogue, &identity);

	g_string_truncate(key, 0);
	add_text(key, message->pin ? message->pin : "");
	add_number(key, situation->metered_limit > 0 && message->size > situation->metered_limit);
	for (guint i = 0; i < G_N_ELEMENTS(owners.lists); i++)
		add_sets(key, owners.lists[i]);
	add_sets(key, rp_catalogue_carry_domain(situation->catalogue, identity.domain));
	add_sender(key, situation, &sender);
	for (guint i = 0; i < message->n_recipients; i++)
		add_recipient(key, situation, message->recipients[i]);
}

void
rp_policy_likeness_basis(GString *text, const RpSituation *situation)
{
	const RpFailure *failure;

	g_string_printf(text, "%" G_GINT64_FORMAT " %u\n", situation->metered_limit,
		situation->observations ? rp_learning_names_version(situation->observations) : 0);
	for (guint at = 0; next_named(situation->failures, &at, &failure);) {
		add_text(text, failure->sender ? failure->sender : "");
		add_text(text, failure->recipient_domain ? failure->recipient_domain : "");
	}
}
