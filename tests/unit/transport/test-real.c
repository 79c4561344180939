/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-server.h"

#include <string.h>

/* The same against Postfix and Dovecot: real-servers.sh starts them and then this. It relays after
 * an SMTP login, or after a POP login from the same address. */

#define SMTP 2601
#define SMTP_NO_CHUNKING 2602
#define SMTPS 2603
#define POP 2701
#define POPS 2702

static char *cert;

static RpServerSet *
real_set(guint16 port, const char *password)
{
	RpServerSet *set = fake_set(port);
	set->tls_ca_file = g_strdup(cert);
	((RpEndpoint *)g_ptr_array_index(set->smtp, 0))->implicit_tls = port == SMTPS;
	if (!password)
		return set;
	set->smtp_tls = RP_TLS_REQUIRED;
	set->smtp_login.user = g_strdup("taro");
	set->smtp_login.password = g_strdup(password);
	return set;
}

static void
expect(RpServerSet *set, guint n_messages, gint64 size, const char *want)
{
	g_autoptr(RpTransport) transport = rp_transport_new(NULL);
	FakeDelivery run = {.n_messages = n_messages, .size = size, .transport = transport};
	rp_transport_set_times(transport, &fake_times);
	fake_delivery_run(&run, set, &fake_route, NULL);
	if (run.detail)
		g_test_message("%s", run.detail);
	g_test_message("%u messages: %" G_GINT64_FORMAT " us", n_messages, run.ended - run.started);
	g_autoptr(GString) all = g_string_new(NULL);
	for (guint i = 0; i < n_messages; i++)
		g_string_append_printf(all, "%s%s", i ? "; " : "", want);
	g_string_append(all, " | ok");
	g_assert_cmpstr(run.text->str, ==, *want == '|' ? want : all->str);
	run.transport = NULL;
	fake_delivery_clear(&run);
}

static void
test_refused(void)
{
	static const guint16 ports[] = {SMTP, SMTP_NO_CHUNKING};
	for (gsize i = 0; i < G_N_ELEMENTS(ports); i++) {
		g_autoptr(RpServerSet) set = real_set(ports[i], NULL);
		expect(set, 1, 0, "refused rcpt 554, refused rcpt 554");
	}
}

/* All recipients of every message are refused, and no message gets into the one before. */
static void
test_many_refused(void)
{
	g_autoptr(RpServerSet) set = real_set(SMTP, NULL);
	expect(set, 5, 200000, "refused rcpt 554, refused rcpt 554");
}

static void
test_login(void)
{
	static const guint16 ports[] = {SMTP, SMTP_NO_CHUNKING, SMTPS};
	static const RpAuth mechanisms[] = {RP_AUTH_AUTO, RP_AUTH_PLAIN, RP_AUTH_LOGIN,
		RP_AUTH_CRAM_MD5, RP_AUTH_SCRAM_SHA_1, RP_AUTH_SCRAM_SHA_256};
	for (gsize i = 0; i < G_N_ELEMENTS(ports) * G_N_ELEMENTS(mechanisms); i++) {
		g_autoptr(RpServerSet) set =
			real_set(ports[i / G_N_ELEMENTS(mechanisms)], "geheim");
		set->smtp_auth = mechanisms[i % G_N_ELEMENTS(mechanisms)];
		expect(set, 1, 0, "accepted, accepted");
	}
}

static void
test_wrong_password(void)
{
	static const RpAuth mechanisms[] = {
		RP_AUTH_AUTO, RP_AUTH_LOGIN, RP_AUTH_CRAM_MD5, RP_AUTH_SCRAM_SHA_256};
	for (gsize i = 0; i < G_N_ELEMENTS(mechanisms); i++) {
		g_autoptr(RpServerSet) set = real_set(SMTP, "falsch");
		set->smtp_auth = mechanisms[i];
		expect(set, 1, 0, "| auth-failed");
	}
}

static void
test_no_such_mechanism(void)
{
	g_autoptr(RpServerSet) set = real_set(SMTP, "geheim");
	set->smtp_auth = RP_AUTH_OAUTHBEARER;
	expect(set, 1, 0, "| auth-missing");
}

static void
test_thirty_in_one_session(void)
{
	static const guint16 ports[] = {SMTP, SMTP_NO_CHUNKING, SMTPS};
	for (gsize i = 0; i < G_N_ELEMENTS(ports); i++) {
		g_autoptr(RpServerSet) set = real_set(ports[i], "geheim");
		expect(set, 30, 20000, "accepted, accepted");
	}
}

static void
test_large(void)
{
	g_autoptr(RpServerSet) set = real_set(SMTP, "geheim");
	expect(set, 1, 8 * 1024 * 1024, "accepted, accepted");
}

static void
test_too_big(void)
{
	g_autoptr(RpServerSet) set = real_set(SMTP, "geheim");
	expect(set, 1, 11 * 1024 * 1024, "unfit, unfit");
}

typedef struct {
	GMainLoop *loop;
	RpSessionResult result;
} Pop;

static void
on_login(RpPopLogin *login, const RpSessionReport *report, gpointer user)
{
	Pop *pop = user;
	pop->result = report->result;
	g_main_loop_quit(pop->loop);
}

static RpSessionResult
pop_login(guint16 port, const char *password, RpTls tls, RpAuth auth)
{
	g_autoptr(RpServerSet) set = real_set(SMTP, NULL);
	g_autoptr(RpTransport) transport = rp_transport_new(NULL);
	Pop pop = {.loop = g_main_loop_new(NULL, FALSE)};
	set->pop = g_new0(RpEndpoint, 1);
	set->pop->host = g_strdup("127.0.0.1");
	set->pop->port = port;
	set->pop->implicit_tls = port == POPS;
	set->pop_tls = tls;
	set->pop_auth = auth;
	set->pop_login.user = g_strdup("taro");
	set->pop_login.password = g_strdup(password);
	rp_transport_pop_login(transport, set, &fake_route, NULL, on_login, &pop);
	g_main_loop_run(pop.loop);
	g_main_loop_unref(pop.loop);
	return pop.result;
}

static void
test_pop_before_smtp(void)
{
	g_autoptr(RpServerSet) set = real_set(SMTP, NULL);
	g_assert_cmpint(pop_login(POP, "falsch", RP_TLS_REQUIRED, RP_AUTH_AUTO), ==,
		RP_SESSION_AUTH_FAILED);
	expect(set, 1, 0, "refused rcpt 554, refused rcpt 554");
	g_assert_cmpint(
		pop_login(POPS, "geheim", RP_TLS_REQUIRED, RP_AUTH_AUTO), ==, RP_SESSION_OK);
	expect(set, 1, 0, "accepted, accepted");
	g_assert_cmpint(pop_login(POP, "geheim", RP_TLS_REQUIRED, RP_AUTH_AUTO), ==, RP_SESSION_OK);
}

static void
test_pop_logins(void)
{
	static const RpAuth mechanisms[] = {RP_AUTH_AUTO, RP_AUTH_USER, RP_AUTH_APOP, RP_AUTH_PLAIN,
		RP_AUTH_LOGIN, RP_AUTH_CRAM_MD5, RP_AUTH_SCRAM_SHA_1, RP_AUTH_SCRAM_SHA_256};
	for (gsize i = 0; i < G_N_ELEMENTS(mechanisms); i++) {
		g_assert_cmpint(
			pop_login(POP, "geheim", RP_TLS_OFF, mechanisms[i]), ==, RP_SESSION_OK);
		g_assert_cmpint(pop_login(POPS, "geheim", RP_TLS_REQUIRED, mechanisms[i]), ==,
			RP_SESSION_OK);
		g_assert_cmpint(pop_login(POP, "falsch", RP_TLS_OFF, mechanisms[i]), ==,
			RP_SESSION_AUTH_FAILED);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	const char *directory = g_getenv("RP_REAL_DIR");
	if (!directory) {
		g_print("1..0 # SKIP run by real-servers.sh\n");
		return 0;
	}
	cert = g_build_filename(directory, "cert.pem", NULL);
	g_test_add_func("/real/refused", test_refused);
	g_test_add_func("/real/many-refused", test_many_refused);
	g_test_add_func("/real/login", test_login);
	g_test_add_func("/real/wrong-password", test_wrong_password);
	g_test_add_func("/real/no-such-mechanism", test_no_such_mechanism);
	g_test_add_func("/real/thirty-in-one-session", test_thirty_in_one_session);
	g_test_add_func("/real/large", test_large);
	g_test_add_func("/real/too-big", test_too_big);
	g_test_add_func("/real/pop-before-smtp", test_pop_before_smtp);
	g_test_add_func("/real/pop-logins", test_pop_logins);
	int result = g_test_run();
	g_free(cert);
	return result;
}
