/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "setup.h"

#include "roampost/language.h"
#include "roampost/words.h"

/* Passwords that no set has from the keyring any more: an address was taken out, or has another
 * login or another store now. */

enum { MOST_KEYS = 2 };

/* Those that the set has from the keyring; they borrow from it. */
static guint
keys_of(const RpServerSet *set, RpSecretKey keys[MOST_KEYS])
{
	guint n = 0;

	if (set->smtp_login.user && set->smtp_login.from == RP_PASSWORD_FROM_SECRET_SERVICE)
		keys[n++] = rp_secret_key_smtp(set);
	if (set->pop && set->pop_login.user &&
		set->pop_login.from == RP_PASSWORD_FROM_SECRET_SERVICE)
		keys[n++] = rp_secret_key_pop(set);
	return n;
}

static gboolean
is_same(const RpSecretKey *a, const RpSecretKey *b)
{
	return g_str_equal(a->host, b->host) && g_str_equal(a->service, b->service) &&
	       g_str_equal(a->user, b->user);
}

static gboolean
is_used(const RpConfig *config, const RpSecretKey *key)
{
	const RpCatalogue *catalogue = rp_config_catalogue(config);

	for (guint i = 0; i < rp_catalogue_n_sets(catalogue); i++) {
		RpSecretKey keys[MOST_KEYS];
		guint n = keys_of(rp_catalogue_set(catalogue, i), keys);

		for (guint k = 0; k < n; k++)
			if (is_same(&keys[k], key))
				return TRUE;
	}
	return FALSE;
}

/* What another program put there stays, and is none of ours. */
static gboolean
forget(RpCli *cli, const RpSecretKey *key)
{
	g_autoptr(GError) error = NULL;
	RpSecretResult result = rp_secretservice_clear(key, &error);
	g_autofree char *why = error ? rp_words_shown(error->message) : NULL;

	if (result == RP_SECRET_ABSENT)
		return TRUE;
	if (result == RP_SECRET_DONE) {
		rp_cli_print(cli, _("The password of %s at %s is no longer in the keyring.\n"),
			key->user, key->host);
		return TRUE;
	}
	rp_cli_fail(cli,
		/* TRANSLATORS: the last place says why, and what helps. */
		_("the password of %1$s at %2$s is still in the keyring, where nothing needs it "
		  "(secret-tool clear host %2$s service %3$s user %1$s takes it out): %4$s"),
		key->user, key->host, key->service, why);
	return FALSE;
}

gboolean
rp_setup_forget_passwords(RpCli *cli, const RpConfig *before)
{
	const RpCatalogue *catalogue = rp_config_catalogue(before);
	g_autoptr(RpConfig) now = rp_cli_load_config(cli);
	gboolean good = now != NULL;

	for (guint i = 0; now && i < rp_catalogue_n_sets(catalogue); i++) {
		RpSecretKey keys[MOST_KEYS];
		guint n = keys_of(rp_catalogue_set(catalogue, i), keys);

		for (guint k = 0; k < n; k++)
			if (!is_used(now, &keys[k]))
				good &= forget(cli, &keys[k]);
	}
	return good;
}
