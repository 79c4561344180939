/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy-private.h"

/* The class key: whatever of a message can make a difference to a decision, and nothing else.
 * Fields are separated by newlines, what is in them by tabs. */

static void
add_candidates(GString *key, const RpCatalogue *catalogue, const RpFolded *identity)
{
	RpOwners owners = rp_catalogue_owners(catalogue, identity);
	const GArray *lists[] = {
		owners.lists[0],
		owners.lists[1],
		owners.lists[2],
		rp_catalogue_carry_domain(catalogue, identity->domain),
	};

	/* those that carry any mail do so for every class */
	for (guint i = 0; i < G_N_ELEMENTS(lists); i++) {
		for (guint k = 0; lists[i] && k < lists[i]->len; k++) {
			guint set = g_array_index(lists[i], guint, k);
			gboolean owns = i < G_N_ELEMENTS(owners.lists);
			gboolean again = FALSE;

			for (guint before = 0; before < i; before++)
				again |= rp_set_list_has(lists[before], set);
			if (!again)
				g_string_append_printf(key, "%s%s\t", owns ? "own " : "carry ",
					rp_catalogue_set(catalogue, set)->name);
		}
	}
	g_string_append_c(key, '\n');
}

typedef gboolean (*Names)(const RpFailure *failure, const char *text);

static gboolean
names_sender(const RpFailure *failure, const char *sender)
{
	return failure->sender && g_ascii_strcasecmp(failure->sender, sender) == 0;
}

static gboolean
names_domain(const RpFailure *failure, const char *domain)
{
	return failure->recipient_domain &&
	       g_ascii_strcasecmp(failure->recipient_domain, domain) == 0;
}

static gboolean
any_failure(const GPtrArray *failures, Names names, const char *text)
{
	for (guint i = 0; failures && i < failures->len; i++) {
		if (names(failures->pdata[i], text))
			return TRUE;
	}
	return FALSE;
}

static void
add_sender(GString *key, const RpCatalogue *catalogue, const GPtrArray *failures,
	const RpFolded *sender)
{
	if (any_failure(failures, names_sender, sender->text))
		g_string_append_printf(key, "from %s\n", sender->text);
	else if (rp_catalogue_domain_sets(catalogue, sender->domain))
		g_string_append_printf(key, "from @%s\n", sender->domain);
	else if (!*sender->text && rp_catalogue_rewrites(catalogue))
		g_string_append(key, "from <>\n");
	else
		g_string_append(key, "from *\n");
}

/* The domain in lower case. */
static gboolean
is_named(const RpCatalogue *catalogue, const GPtrArray *failures,
	const RpObservations *observations, const char *domain)
{
	return rp_catalogue_domain_sets(catalogue, domain) ||
	       rp_catalogue_local_sets(catalogue, domain) ||
	       any_failure(failures, names_domain, domain) ||
	       rp_learning_names_domain(observations, domain);
}

static char *
recipient_class(const RpCatalogue *catalogue, const GPtrArray *failures,
	const RpObservations *observations, const char *address)
{
	g_auto(RpFolded) folded;

	rp_folded_init(&folded, address);
	return g_strdup(
		is_named(catalogue, failures, observations, folded.domain) ? folded.domain : "*");
}

gboolean
rp_policy_names_recipient_domain(const RpCatalogue *catalogue, const GPtrArray *failures,
	const RpObservations *observations, const char *domain)
{
	g_autofree char *lower = g_ascii_strdown(domain, -1);

	return is_named(catalogue, failures, observations, lower);
}

static void
add_run(GString *key, const char *class, guint length)
{
	if (length > 0)
		g_string_append_printf(key, "\t%s %u", class, length);
}

/* In their order, since plans are; equal neighbours as one with a count. */
static void
add_recipients(GString *key, const RpCatalogue *catalogue, const GPtrArray *failures,
	const RpObservations *observations, const RpMessageFacts *message)
{
	g_autofree char *last = NULL;
	guint length = 0;

	g_string_append(key, "to");
	for (guint i = 0; i < message->n_recipients; i++) {
		g_autofree char *class =
			recipient_class(catalogue, failures, observations, message->recipients[i]);

		if (g_strcmp0(class, last) != 0) {
			add_run(key, last, length);
			g_free(last);
			last = g_steal_pointer(&class);
			length = 0;
		}
		length++;
	}
	add_run(key, last, length);
}

char *
rp_policy_class_key(const RpCatalogue *catalogue, const GPtrArray *failures,
	const RpObservations *observations, gint64 metered_limit, const RpMessageFacts *message)
{
	GString *key = g_string_new(NULL);
	g_auto(RpFolded) sender;
	g_auto(RpFolded) identity;

	rp_folded_init(&sender, message->sender);
	rp_folded_init(&identity, message->header_from && *message->header_from
					  ? message->header_from
					  : message->sender);
	if (message->pin)
		g_string_append_printf(key, "pin %s\n", message->pin);
	if (metered_limit > 0 && message->size > metered_limit)
		g_string_append(key, "large\n");
	add_candidates(key, catalogue, &identity);
	add_sender(key, catalogue, failures, &sender);
	add_recipients(key, catalogue, failures, observations, message);
	return g_string_free(key, FALSE);
}
