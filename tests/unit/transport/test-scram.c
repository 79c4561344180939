/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scram.h"

#include <gio/gio.h>
#include <string.h>

/* SCRAM against a server that is written here, from the RFC; it is held to the RFCs' own examples
 * first, since GNU SASL chooses its nonce itself. */

typedef struct {
	GChecksumType hash;
	const char *password;
	const char *salt; /* in base64 */
	guint iterations;
} Secret;

typedef struct {
	guint8 octets[64];
	gsize size;
} Digest;

static void
hmac(GChecksumType hash, const Digest *key, gconstpointer data, gsize size, Digest *digest)
{
	g_autoptr(GHmac) sum = g_hmac_new(hash, key->octets, key->size);
	g_hmac_update(sum, data, (gssize)size);
	digest->size = sizeof digest->octets;
	g_hmac_get_digest(sum, digest->octets, &digest->size);
}

/* RFC 5802 section 2.2: Hi(). */
static void
salt_password(const Secret *secret, Digest *salted)
{
	Digest key, u;
	gsize size;
	guint8 block[128];
	guint8 *salt = g_base64_decode(secret->salt, &size);
	memcpy(block, salt, size);
	memcpy(block + size, "\0\0\0\1", 4);
	g_free(salt);
	key.size = strlen(secret->password);
	memcpy(key.octets, secret->password, key.size);
	hmac(secret->hash, &key, block, size + 4, &u);
	*salted = u;
	for (guint i = 1; i < secret->iterations; i++) {
		Digest next;
		hmac(secret->hash, &key, u.octets, u.size, &next);
		u = next;
		for (gsize k = 0; k < u.size; k++)
			salted->octets[k] ^= u.octets[k];
	}
}

/* RFC 5802 section 3. */
static char *
client_proof(const Secret *secret, const char *auth_message)
{
	Digest salted, client, stored, signature;
	salt_password(secret, &salted);
	hmac(secret->hash, &salted, "Client Key", 10, &client);
	g_autoptr(GChecksum) sum = g_checksum_new(secret->hash);
	g_checksum_update(sum, client.octets, (gssize)client.size);
	stored.size = sizeof stored.octets;
	g_checksum_get_digest(sum, stored.octets, &stored.size);
	hmac(secret->hash, &stored, auth_message, strlen(auth_message), &signature);
	for (gsize i = 0; i < client.size; i++)
		client.octets[i] ^= signature.octets[i];
	return g_base64_encode(client.octets, client.size);
}

static char *
server_signature(const Secret *secret, const char *auth_message)
{
	Digest salted, server, signature;
	salt_password(secret, &salted);
	hmac(secret->hash, &salted, "Server Key", 10, &server);
	hmac(secret->hash, &server, auth_message, strlen(auth_message), &signature);
	return g_base64_encode(signature.octets, signature.size);
}

/* RFC 5802 section 5, RFC 7677 section 3. */
static void
test_examples(void)
{
	static const struct {
		Secret secret;
		const char *auth_message, *proof, *signature;
	} examples[] = {
		{{G_CHECKSUM_SHA1, "pencil", "QSXCR+Q6sek8bf92", 4096},
			"n=user,r=fyko+d2lbbFgONRv9qkxdawL,"
			"r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096,"
			"c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j",
			"v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=", "rmF9pqV8S7suAoZWja4dJRkFsKQ="},
		{{G_CHECKSUM_SHA256, "pencil", "W22ZaJ0SNY7soEsUEjb6gQ==", 4096},
			"n=user,r=rOprNGfwEbeRWgbNEkqO,"
			"r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
			"s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096,"
			"c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
			"dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
			"6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
	};
	for (gsize i = 0; i < G_N_ELEMENTS(examples); i++) {
		g_autofree char *proof =
			client_proof(&examples[i].secret, examples[i].auth_message);
		g_autofree char *signature =
			server_signature(&examples[i].secret, examples[i].auth_message);
		g_assert_cmpstr(proof, ==, examples[i].proof);
		g_assert_cmpstr(signature, ==, examples[i].signature);
	}
}

/* ---- logins ---- */

typedef struct {
	const char *name;
	const char *offers;
	guint iterations;     /* 0: 4096 */
	const char *password; /* the client's; NULL: the right one */
	const char *nonce;    /* the server's, instead of what goes behind ours */
	const char *final;    /* the server's last message; NULL: as it should be */
	gboolean no_proof;    /* the server agrees instead of saying it */
	RpSaslOutcome want;
	const char *text;
	guint derived; /* how often a key is made */
} Case;

#define SHA_1 "250-AUTH SCRAM-SHA-1"
/* For the server here it would take too long: it refuses. */
#define MOST 600000
#define SHA_256 "250-AUTH SCRAM-SHA-1 SCRAM-SHA-256"

static const Case cases[] = {
	{"SHA-256", SHA_256, .derived = 1},
	{"the key is known", SHA_256},
	{"another password", SHA_256, .password = "falsch", .want = RP_SASL_DENIED, .derived = 1},
	{"SHA-1", SHA_1, .derived = 1},
	{"as many iterations as may be", SHA_1, MOST, .want = RP_SASL_DENIED, .derived = 1},
	{"one more", SHA_1, 600001, .want = RP_SASL_UNAVAILABLE, .text = "600001 iterations"},
	{"too few", SHA_256, 4095, .want = RP_SASL_UNAVAILABLE, .text = "4095 iterations"},
	{"a foreign nonce", SHA_256, .nonce = "rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj",
		.want = RP_SASL_UNTRUSTED, .text = "nonce"},
	{"no nonce of its own", SHA_256, .nonce = "", .want = RP_SASL_UNTRUSTED, .text = "nonce"},
	{"a wrong signature", SHA_256, .final = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
		.want = RP_SASL_UNTRUSTED, .text = "signature"},
	{"no signature", SHA_256, .no_proof = TRUE, .want = RP_SASL_UNTRUSTED, .text = "proof"},
	{"it says what is wrong", SHA_256, .final = "e=invalid-proof", .want = RP_SASL_DENIED},
	{"SASLprep refuses the password", SHA_256, .password = "ge\x01heim", .want = RP_SASL_UNFIT,
		.text = "SASLprep"},
	{"characters are made equal", SHA_256,
		.password = "geh\xc2\xad"
			    "eim"},
};

typedef struct {
	RpSasl *sasl;
	gboolean woken;
	GString *auth_message;
	Secret secret;
} Server;

static void
on_wake(gpointer user)
{
	Server *server = user;
	server->woken = TRUE;
	rp_sasl_resume(server->sasl);
}

/* What the client says, without AUTH and decoded. */
static char *
hear(Server *server)
{
	const guint8 *data;
	gsize size = rp_sasl_output(server->sasl, &data), length = 0;
	g_autofree char *line = g_strndup((const char *)data, size);
	rp_sasl_sent(server->sasl, size);
	g_assert_true(g_str_has_suffix(line, "\r\n"));
	g_strchomp(line);
	if (g_str_equal(line, "*"))
		return g_steal_pointer(&line);
	const char *space = strrchr(line, ' ');
	guint8 *decoded = g_base64_decode(space ? space + 1 : line, &length);
	char *text = g_strndup((const char *)decoded, length);
	g_free(decoded);
	return text;
}

static void
say(Server *server, const char *message)
{
	g_autofree char *encoded = g_base64_encode((const guchar *)message, strlen(message));
	g_autofree char *line = g_strdup_printf("334 %s\r\n", encoded);
	rp_sasl_input(server->sasl, (const guint8 *)line, strlen(line));
}

static void
say_plain(Server *server, const char *line)
{
	if (!rp_sasl_result(server->sasl))
		rp_sasl_input(server->sasl, (const guint8 *)line, strlen(line));
}

/* The server's first message, and the client's answer, if there is one. */
static char *
exchange_first(Server *server, const Case *c)
{
	g_autofree char *first = hear(server);
	g_assert_true(g_str_has_prefix(first, "n,,n=taro,r="));
	const char *bare = first + 3;
	const char *ours = strstr(bare, ",r=") + 3;
	g_assert_cmpuint(strlen(ours), >=, 18);
	g_autofree char *nonce = c->nonce && *c->nonce
					 ? g_strdup(c->nonce)
					 : g_strconcat(ours, c->nonce ? "" : "3rfc", NULL);
	g_autofree char *message = g_strdup_printf(
		"r=%s,s=%s,i=%u", nonce, server->secret.salt, server->secret.iterations);
	g_string_printf(server->auth_message, "%s,%s,", bare, message);
	server->woken = FALSE;
	say(server, message);
	while (!rp_sasl_result(server->sasl) && rp_sasl_wait_seconds(server->sasl) == 0)
		g_main_context_iteration(NULL, TRUE);
	g_assert_cmpuint(server->woken, ==, c->derived);
	return rp_sasl_result(server->sasl) ? NULL : hear(server);
}

static void
exchange_final(Server *server, const Case *c, const char *final)
{
	char *proof = strstr(final, ",p=");
	g_assert_nonnull(proof);
	g_string_append_len(server->auth_message, final, proof - final);
	if (server->secret.iterations == MOST) {
		say_plain(server, "535 5.7.8 no\r\n");
		return;
	}
	g_autofree char *right = client_proof(&server->secret, server->auth_message->str);
	if (strcmp(proof + 3, right) != 0) {
		say_plain(server, "535 5.7.8 no\r\n");
		return;
	}
	if (c->no_proof) {
		say_plain(server, "235 ok\r\n");
		return;
	}
	g_autofree char *signature = server_signature(&server->secret, server->auth_message->str);
	g_autofree char *message = g_strconcat("v=", signature, NULL);
	say(server, c->final ? c->final : message);
	if (rp_sasl_result(server->sasl))
		return;
	g_autofree char *nothing = hear(server);
	g_assert_cmpstr(nothing, ==, "");
	say_plain(server, c->final ? "535 5.7.8 no\r\n" : "235 ok\r\n");
}

static void
run_case(const Case *c, RpScram *scram)
{
	gboolean sha_1 = g_str_equal(c->offers, SHA_1);
	RpSaslOffer offer = {0};
	Server server = {.auth_message = g_string_new(NULL),
		.secret = {sha_1 ? G_CHECKSUM_SHA1 : G_CHECKSUM_SHA256, "geheim",
			"W22ZaJ0SNY7soEsUEjb6gQ==", c->iterations ? c->iterations : 4096}};
	rp_sasl_offer_add_ehlo(&offer, c->offers, strlen(c->offers));
	RpSaslOptions options = {.auth = sha_1 ? RP_AUTH_SCRAM_SHA_1 : RP_AUTH_SCRAM_SHA_256,
		.offer = &offer,
		.more = rp_scram_mechanisms,
		.account = {.user = "taro",
			.secret = c->password ? c->password : "geheim",
			.context = scram,
			.wake = on_wake,
			.wake_user = &server}};
	server.sasl = rp_sasl_new(&options);
	if (!rp_sasl_result(server.sasl)) {
		g_autofree char *final = exchange_first(&server, c);
		if (final && g_str_equal(final, "*"))
			say_plain(&server, "501 cancelled\r\n");
		else if (final)
			exchange_final(&server, c, final);
	}
	const RpSaslResult *result = rp_sasl_result(server.sasl);
	g_assert_nonnull(result);
	g_test_message("%s: %s: %s", c->name, rp_sasl_outcome_name(result->outcome), result->text);
	g_assert_cmpstr(rp_sasl_outcome_name(result->outcome), ==, rp_sasl_outcome_name(c->want));
	if (c->text)
		g_assert_nonnull(strstr(result->text, c->text));
	rp_sasl_free(server.sasl);
	g_string_free(server.auth_message, TRUE);
}

/* In their order: what is derived once is known to the next. */
static void
test_logins(void)
{
	g_autoptr(RpScram) scram = rp_scram_new();
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++)
		run_case(&cases[i], scram);
}

/* The session goes while a key is derived, and so does all that it stood on. */
static void
test_gone(void)
{
	RpScram *scram = rp_scram_new();
	RpSaslOffer offer = {0};
	Server server = {.auth_message = g_string_new(NULL)};
	rp_sasl_offer_add_ehlo(&offer, SHA_256, strlen(SHA_256));
	RpSaslOptions options = {.offer = &offer,
		.more = rp_scram_mechanisms,
		.account = {.user = "taro",
			.secret = "geheim",
			.context = scram,
			.wake = on_wake,
			.wake_user = &server}};
	server.sasl = rp_sasl_new(&options);
	g_autofree char *first = hear(&server);
	g_autofree char *message = g_strdup_printf(
		"r=%sx,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=20000", strstr(first, ",r=") + 3);
	say(&server, message);
	g_assert_cmpuint(rp_sasl_wait_seconds(server.sasl), ==, 0);
	g_assert_null(rp_sasl_result(server.sasl));
	rp_sasl_free(server.sasl);
	rp_scram_free(scram);
	/* The thread has one more thing to say to this context. */
	g_main_context_iteration(NULL, TRUE);
	g_assert_false(server.woken);
	g_string_free(server.auth_message, TRUE);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/scram/examples", test_examples);
	g_test_add_func("/scram/logins", test_logins);
	g_test_add_func("/scram/gone", test_gone);
	return g_test_run();
}
