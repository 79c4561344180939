/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "submit-private.h"

#include <string.h>
#include "roampost/language.h"
#include "roampost/mailbox.h"

/* To whom it goes and from whom it is: what the caller names and what the header says, each
 * address read and checked. */

void
rp_targets_init(RpTargets *targets)
{
	*targets = (RpTargets){.addresses = g_ptr_array_new_with_free_func(g_free),
		.seen = g_hash_table_new(rp_mailbox_hash, rp_mailbox_equal),
		.notify = g_ptr_array_new_with_free_func(g_free),
		.original = g_ptr_array_new_with_free_func(g_free)};
}

void
rp_targets_clear(RpTargets *targets)
{
	g_clear_pointer(&targets->seen, g_hash_table_unref);
	g_clear_pointer(&targets->addresses, g_ptr_array_unref);
	g_clear_pointer(&targets->notify, g_ptr_array_unref);
	g_clear_pointer(&targets->original, g_ptr_array_unref);
}

/* NULL: it can be no address. In lists the reader says it itself. */
static char *
read_exact(const char *text, GError **error)
{
	char *address;
	RpMailboxResult result = rp_mailbox_read(text, &address);

	if (!address) {
		g_autofree char *shown = g_strescape(text, NULL);
		g_set_error(error, RP_ERROR, RP_ERROR_INVALID, _("“%s” is not a mail address: %s"),
			shown, rp_mailbox_result_text(result));
	}
	return address;
}

static gboolean
add_address(RpTargets *targets, char *address)
{
	for (const char *c = address; *c; c++)
		targets->utf8 |= (*c & 0x80) != 0;
	if (g_hash_table_contains(targets->seen, address)) {
		g_free(address);
	} else {
		g_hash_table_add(targets->seen, address);
		g_ptr_array_add(targets->addresses, address);
		g_ptr_array_add(targets->notify, g_strdup(targets->next_notify));
		g_ptr_array_add(targets->original, g_strdup(targets->next_original));
	}
	return TRUE;
}

/* Takes an address, or the name of a user. */
static gboolean
add_read(RpTargets *targets, char *address, RpIdentity *identity, GError **error)
{
	if (strchr(address, '@') && !rp_identity_is_here(identity, address))
		return add_address(targets, address);
	g_autofree char *name = address;
	if (strchr(name, '@'))
		*strrchr(name, '@') = '\0';
	const char *domain = rp_identity_qualify_domain(identity);
	if (!domain) {
		gboolean ours = rp_identity_takes(identity, name, error);
		targets->local |= ours;
		return ours;
	}
	g_autofree char *whole = g_strconcat(name, "@", domain, NULL);
	char *qualified = read_exact(whole, error);
	return qualified && add_address(targets, qualified);
}

gboolean
rp_targets_add_exact(
	RpTargets *targets, const char *recipient, RpIdentity *identity, GError **error)
{
	char *address = read_exact(recipient, error);

	return address && add_read(targets, address, identity, error);
}

static gboolean
add_list(RpTargets *targets, char **addresses, RpIdentity *identity, GError **error)
{
	for (char **address = addresses; *address; address++)
		if (!add_read(targets, g_strdup(*address), identity, error))
			return FALSE;
	return TRUE;
}

gboolean
rp_targets_add(RpTargets *targets, const char *recipient, RpIdentity *identity, GError **error)
{
	/* "Taro <taro@odn.example>" and "a@b, c@d" are lists; so is a group, which may be empty
	 * (RFC 5322 section 3.4). */
	g_auto(GStrv) addresses = rp_mailbox_list_read(recipient, -1, error);

	if (!addresses)
		return FALSE;
	if (!*addresses && !strchr(recipient, ':'))
		return rp_targets_add_exact(targets, "", identity, error);
	return add_list(targets, addresses, identity, error);
}

gboolean
rp_targets_add_field(
	RpTargets *targets, const RpMessageField *field, RpIdentity *identity, GError **error)
{
	g_auto(GStrv) addresses = rp_mailbox_list_read(field->value, (gssize)field->length, error);

	if (addresses && add_list(targets, addresses, identity, error))
		return TRUE;
	g_prefix_error(error, "%s: ", field->name);
	return FALSE;
}

char *
rp_submit_sender_exact(const char *address, RpIdentity *identity, GError **error)
{
	if (*address == '\0')
		return g_strdup("");
	g_autofree char *sender = read_exact(address, error);
	if (sender && (!strchr(sender, '@') || rp_identity_is_here(identity, sender)))
		return g_strdup(rp_identity_address(identity));
	return g_steal_pointer(&sender);
}

char *
rp_submit_sender(const char *text, RpIdentity *identity, GError **error)
{
	if (*text == '\0' || strcmp(text, "<>") == 0)
		return g_strdup("");
	g_auto(GStrv) addresses = rp_mailbox_list_read(text, -1, error);
	if (!addresses)
		return NULL;
	/* None or several of them: it is said of the whole. */
	return rp_submit_sender_exact(
		g_strv_length(addresses) == 1 ? addresses[0] : text, identity, error);
}

char *
rp_submit_refuse_recipient(const char *recipient)
{
	const char *at = strrchr(recipient, '@');
	g_auto(RpTargets) targets = {0};
	g_autoptr(RpIdentity) identity = NULL;
	g_autoptr(GError) error = NULL;

	if (at && strchr(at, '.'))
		return NULL;
	identity = rp_identity_new(NULL);
	rp_targets_init(&targets);
	if (rp_targets_add_exact(&targets, recipient, identity, &error) ||
		!g_error_matches(error, RP_ERROR, RP_ERROR_NO_USER))
		return NULL;
	return g_strdup(error->message);
}
