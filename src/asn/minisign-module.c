/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/base.h"
#include "roampost/language.h"
#include "roampost/minisign.h"
#include "roampost/module.h"

#include <gmodule.h>
#include <sodium.h>
#include <string.h>

/* minisign's signatures, by libsodium. A file of four lines: a comment that counts for nothing, the
 * signature, a comment that is signed, and the signature of both. */

enum { KEY_NUMBER = 8, SIGNATURE = crypto_sign_BYTES, PUBLIC_KEY = crypto_sign_PUBLICKEYBYTES };

static const char trusted[] = "trusted comment: ";

typedef struct {
	guint8 form[2]; /* "Ed" or "ED" */
	guint8 number[KEY_NUMBER];
	guint8 signature[SIGNATURE];
} Signature;

typedef struct {
	guint8 form[2];
	guint8 number[KEY_NUMBER];
	guint8 key[PUBLIC_KEY];
} Key;

G_MODULE_EXPORT void rp_module_init(void);

void
rp_module_init(void)
{
	if (sodium_init() < 0)
		g_error("libsodium can't be used");
}

static gboolean
refuse(GError **error, const char *why)
{
	g_set_error_literal(error, RP_ERROR, RP_ERROR_INVALID, why);
	return FALSE;
}

static gboolean
decode(const char *text, gpointer into, gsize size)
{
	gsize n = 0;
	g_autofree guchar *octets = *text ? g_base64_decode(text, &n) : NULL;

	if (n != size)
		return FALSE;
	memcpy(into, octets, size);
	return TRUE;
}

static gboolean
check_octets(const Key *key, const Signature *signature, const guint8 *octets, gsize length)
{
	guint8 hash[crypto_generichash_BYTES_MAX];

	if (memcmp(signature->form, "Ed", 2) == 0)
		return crypto_sign_verify_detached(
			       signature->signature, octets, length, key->key) == 0;
	crypto_generichash(hash, sizeof hash, octets, length, NULL, 0);
	return crypto_sign_verify_detached(signature->signature, hash, sizeof hash, key->key) == 0;
}

static gboolean
check_comment(const Key *key, const Signature *signature, const char *comment, const guint8 *global)
{
	g_autoptr(GByteArray) both = g_byte_array_new();

	g_byte_array_append(both, signature->signature, SIGNATURE);
	g_byte_array_append(both, (const guint8 *)comment, (guint)strlen(comment));
	return crypto_sign_verify_detached(global, both->data, both->len, key->key) == 0;
}

G_MODULE_EXPORT gboolean
rp_module_verify_minisign(
	const char *key_text, const char *text, const guint8 *octets, gsize length, GError **error)
{
	g_auto(GStrv) lines = g_strsplit(text, "\n", 5);
	guint8 global[SIGNATURE];
	Signature signature;
	Key key;

	if (!decode(key_text, &key, sizeof key) || memcmp(key.form, "Ed", 2) != 0)
		return refuse(error, _("the key is no public key of minisign's"));
	for (guint i = 0; i < g_strv_length(lines); i++)
		g_strchomp(lines[i]);
	if (g_strv_length(lines) < 4 || !g_str_has_prefix(lines[2], trusted) ||
		!decode(lines[1], &signature, sizeof signature) ||
		!decode(lines[3], global, sizeof global) ||
		(memcmp(signature.form, "Ed", 2) != 0 && memcmp(signature.form, "ED", 2) != 0))
		return refuse(error, _("its signature is no file of minisign's"));
	if (memcmp(key.number, signature.number, KEY_NUMBER) != 0)
		return refuse(error, _("it was signed with another key"));
	if (!check_octets(&key, &signature, octets, length))
		return refuse(
			error, _("the signature is not of this file: one of them was changed"));
	if (!check_comment(&key, &signature, lines[2] + strlen(trusted), global))
		return refuse(error, _("the signature's trusted comment was changed"));
	return TRUE;
}
