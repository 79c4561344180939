/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent-private.h"
#include "bus-fixture.h"

#include "roampost/base.h"

#include <gio/gio.h>
#include <string.h>

/* Every reason for which mail is held, and what `roampost show` says would free it: that is done,
 * where it is a command literally as it is printed, and the mail goes. A reason or a remedy that is
 * new has no row, and the last test fails. */

static const char *program;

/* ---- the world ---- */

typedef void (*Deed)(BusFixture *t, RpMessageId id);

static void
link_with(BusFixture *t, RpConnectivity connectivity, gboolean metered)
{
	g_autoptr(RpNetwork) network = rp_network_new();
	RpLink *link = rp_link_new("wlan0", RP_LINK_WIFI);

	g_assert_true(rp_address_parse("192.0.2.1", &t->agent.fake->local));
	rp_link_add_address(link, &t->agent.fake->local);
	link->default_route_ipv4 = TRUE;
	link->connectivity = connectivity;
	link->metered = metered;
	rp_network_add_link(network, link);
	rp_agent_set_network(t->agent.agent, network);
	settle(&t->agent);
}

static void
cafe(BusFixture *t, RpMessageId id)
{
	link_with(t, RP_CONNECTIVITY_FULL, FALSE);
}

static void
portal(BusFixture *t, RpMessageId id)
{
	link_with(t, RP_CONNECTIVITY_PORTAL, FALSE);
}

static void
metered(BusFixture *t, RpMessageId id)
{
	link_with(t, RP_CONNECTIVITY_FULL, TRUE);
}

static void
offline(BusFixture *t, RpMessageId id)
{
	network(&t->agent, NULL);
}

static void
inside_odn(BusFixture *t, RpMessageId id)
{
	network(&t->agent, "203.0.113.7");
}

static void
configure(BusFixture *t, const char *more)
{
	g_autoptr(RpConfig) config = load_config(&t->agent, more);

	rp_agent_set_config(t->agent.agent, config);
	settle(&t->agent);
}

static void
unlock_keyring(BusFixture *t, RpMessageId id)
{
	rp_agent_passwords_changed(t->agent.agent);
	settle(&t->agent);
}

/* ---- the command line ---- */

typedef struct {
	gboolean done;
	char *out;
} Run;

static void
on_run(GObject *source, GAsyncResult *result, gpointer user)
{
	g_autoptr(GError) error = NULL;
	Run *run = user;

	g_subprocess_communicate_utf8_finish(G_SUBPROCESS(source), result, &run->out, NULL, &error);
	g_assert_no_error(error);
	run->done = TRUE;
}

/* With one blank between two. */
static char *
join_words(char **words)
{
	GString *text = g_string_new(NULL);

	for (; *words; words++)
		if (**words)
			g_string_append_printf(text, "%s%s", text->len ? " " : "", *words);
	return g_string_free(text, FALSE);
}

/* What it prints, wrapped lines joined; it must succeed. */
static char *
run(BusFixture *t, const char *line)
{
	g_autofree char *config = g_build_filename(t->agent.dir, "roampost.conf", NULL);
	g_autoptr(GSubprocessLauncher) launcher = g_subprocess_launcher_new(
		G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_MERGE);
	g_autoptr(GSubprocess) process = NULL;
	g_autoptr(GError) error = NULL;
	g_auto(GStrv) words = NULL;
	g_auto(GStrv) pieces = NULL;
	g_autofree char *blank = NULL;
	Run done = {0};

	g_assert_true(g_shell_parse_argv(line, NULL, &words, &error));
	g_assert_cmpstr(words[0], ==, "roampost");
	g_free(words[0]);
	words[0] = g_strdup(program);
	g_subprocess_launcher_setenv(launcher, "ROAMPOST_STATE", t->agent.dir, TRUE);
	g_subprocess_launcher_setenv(launcher, "ROAMPOST_CONFIG", config, TRUE);
	g_subprocess_launcher_setenv(launcher, "LC_ALL", "C.UTF-8", TRUE);
	process = g_subprocess_launcher_spawnv(launcher, (const char *const *)words, &error);
	g_assert_no_error(error);
	g_subprocess_communicate_utf8_async(process, NULL, NULL, on_run, &done);
	run_until(done.done);
	g_test_message("%s: %s", line, done.out);
	g_assert_true(g_subprocess_get_successful(process));
	blank = g_strdelimit(done.out, "\n", ' ');
	pieces = g_strsplit(blank, " ", -1);
	return join_words(pieces);
}

static char *
fill(const char *line, RpMessageId id, const char *address)
{
	char text[RP_MESSAGE_ID_SIZE];
	GString *filled = g_string_new(line);

	g_string_replace(filled, "ID", rp_message_id_format(id, text), 0);
	g_string_replace(filled, "ADDRESS", address ? address : "", 0);
	return g_string_free(filled, FALSE);
}

/* ---- the table ---- */

typedef struct {
	const char *name;
	RpReason reason;
	gint unlock;      /* RpUnlockKind; -1: nothing that the user could say or do is offered */
	const char *more; /* configuration */
	const char *from;
	/* How it comes about: before the message is handed over, and after that. */
	Deed before, after;
	const char *set;        /* whose sessions end so; NULL: none does */
	RpSessionResult result; /* of its sessions */
	const char *detail;     /* likewise, or NULL */
	const char *reply;      /* of its server to the recipient, or NULL */
	const char *says;     /* this is printed, and done: a command ("roampost ..."), or what the
				 deed below does */
	const char *address;  /* for ADDRESS in the command */
	Deed deed;            /* NULL: the command */
	const char *new_more; /* or this configuration */
} Row;

#define SET(name, relay)                                                                           \
	"[server-set " name "]\nidentities=me@" name ".example\ncarries=@other.example\n"          \
	"smtp=smtp://smtp.example:9\nsmtp-tls=off\nrelay=" relay "\n"
#define KI "ki@keyed.example"
#define TOKEN(client)                                                                              \
	SET("dom", "anywhere")                                                                     \
	"smtp-user=u\nsmtp-password-from=oauth:them\n"                                             \
	"[oauth them]\ntoken-endpoint=https://login.example/token\nscopes=mail\n"                  \
	"authorization-endpoint=https://login.example/auth\nclient-id=" client "\n"

static void
say_hold(BusFixture *t, RpMessageId id)
{
	g_autofree char *line = fill("roampost hold ID", id, NULL);
	g_autofree char *out = run(t, line);
}

static void
say_pause(BusFixture *t, RpMessageId id)
{
	g_autofree char *out = run(t, "roampost pause");
}

static void
say_pin(BusFixture *t, RpMessageId id)
{
	g_autofree char *line = fill("roampost pin ID odn", id, NULL);
	g_autofree char *out = run(t, line);
}

static void
say_use(BusFixture *t, RpMessageId id)
{
	g_autofree char *out = run(t, "roampost use odn");
}

static void
say_not_before(BusFixture *t, RpMessageId id)
{
	g_autofree char *reply = NULL;
	g_autofree char *arguments =
		g_strdup_printf("('%%s', {'not-before': <int64 %" G_GINT64_FORMAT ">})",
			test_time + G_TIME_SPAN_DAY);

	reply = reply_to(t, "Amend", arguments, id);
}

static const Row rows[] = {
	{"offline", RP_REASON_OFFLINE, -1, NULL, KI, offline, .deed = cafe},
	{"portal", RP_REASON_PORTAL, -1, NULL, KI, portal, .deed = cafe},
	{"outside", RP_REASON_OUTSIDE, RP_UNLOCK_ENTER,
		"[server-set inn]\nprovider=odn\nidentities="
		"me@inn.example\nsmtp=smtp://smtp.example:9\nsmtp-tls=off\nrelay=inside\n",
		"me@inn.example", cafe, .says = "connect to ODN", .deed = inside_odn},
	{"outside-of-what-nothing-tells", RP_REASON_OUTSIDE, RP_UNLOCK_TEACH,
		"[provider far]\nname=Far\n[server-set "
		"inn]\nprovider=far\nidentities=me@inn.example\n"
		"smtp=smtp://smtp.example:9\nsmtp-tls=off\nrelay=inside\n",
		"me@inn.example", cafe, .says = "roampost learn far"},
	{"sender-domain", RP_REASON_SENDER_DOMAIN, RP_UNLOCK_CHANGE_SENDER,
		SET("dom", "sender-domain") "domains=dom.example\n", "a@other.example", cafe,
		.says = "roampost edit ID --from ADDRESS", .address = "me@dom.example"},
	{"recipient-domain", RP_REASON_RECIPIENT_DOMAIN, -1, SET("dom", "recipient-domain"),
		"me@dom.example", cafe, .new_more = SET("dom", "anywhere")},
	{"pop-unavailable", RP_REASON_POP_UNAVAILABLE, RP_UNLOCK_PIN, SET("dom", "pop-login"),
		"me@dom.example", cafe, .says = "roampost pin ID keyed"},
	{"auth-missing", RP_REASON_AUTH_MISSING, RP_UNLOCK_CREDENTIALS, SET("dom", "auth"),
		"me@dom.example", cafe, .says = "give dom its user name and password",
		.new_more = SET("dom", "auth") "smtp-user=u\nsmtp-password=p\n"},
	{"auth-failed", RP_REASON_AUTH_FAILED, RP_UNLOCK_CREDENTIALS, NULL, KI, cafe,
		.set = "keyed", .result = RP_SESSION_AUTH_FAILED, .says = "roampost retry ID"},
	{"oauth-client", RP_REASON_AUTH_FAILED, RP_UNLOCK_CLIENT, TOKEN("mistyped"),
		"me@dom.example", cafe, .set = "dom", .result = RP_SESSION_CREDENTIALS_UNAVAILABLE,
		.detail = "the token can't be renewed, see [oauth them]: it says invalid_client",
		.says = "put right what [oauth them] says", .new_more = TOKEN("right")},
	{"login-allowed", RP_REASON_AUTH_FAILED, RP_UNLOCK_LOGIN_ALLOWED, NULL, KI, cafe,
		.set = "keyed", .result = RP_SESSION_AUTH_FAILED,
		.detail =
			"535 5.7.139 Authentication unsuccessful, SmtpClientAuthentication is "
			"disabled for the Tenant. Visit https://aka.ms/smtp_auth_disabled for more "
			"information.",
		.says = "roampost retry ID"},
	{"by-token", RP_REASON_AUTH_FAILED, RP_UNLOCK_BY_TOKEN,
		SET("dom", "anywhere") "smtp-user=u\nsmtp-password=p\n", "me@dom.example", cafe,
		.set = "dom", .result = RP_SESSION_AUTH_FAILED,
		.detail = "535 5.7.139 Authentication unsuccessful, basic authentication is "
			  "disabled.",
		.says = "write smtp-auth=xoauth2 and smtp-password-from=oauth:NAME",
		.new_more = TOKEN("right") "[server-set dom]\nsmtp-auth=xoauth2\n"},
	{"keyring-locked", RP_REASON_KEYRING_LOCKED, RP_UNLOCK_KEYRING, NULL, KI, cafe,
		.set = "keyed", .result = RP_SESSION_KEYRING_LOCKED, .says = "unlock your keyring",
		.deed = unlock_keyring},
	{"pop-login-failed", RP_REASON_POP_LOGIN_FAILED, RP_UNLOCK_POP_LOGIN, NULL,
		"hanako@sonet.example", cafe, .set = "sonet", .result = RP_SESSION_AUTH_FAILED,
		.says = "roampost check sonet"},
	{"pop-password-refused", RP_REASON_POP_LOGIN_FAILED, RP_UNLOCK_CREDENTIALS, NULL,
		"hanako@sonet.example", cafe, .set = "sonet", .result = RP_SESSION_AUTH_FAILED,
		.detail = "pop.sonet.example:110 said: [AUTH] Invalid password.",
		.says = "roampost retry ID"},
	{"pop-token-refused", RP_REASON_POP_LOGIN_FAILED, RP_UNLOCK_CREDENTIALS, NULL,
		"hanako@sonet.example", cafe, .set = "sonet", .result = RP_SESSION_AUTH_FAILED,
		.detail = "pop.sonet.example:110 said: no; its token is refused: it has expired "
			  "or is not for mail, and a new one has to be fetched",
		.says = "roampost retry ID"},
	{"tls-unavailable", RP_REASON_TLS_UNAVAILABLE, RP_UNLOCK_RETRY_AFTER, NULL, KI, cafe,
		.set = "keyed", .result = RP_SESSION_TLS_UNAVAILABLE, .says = "roampost retry ID"},
	{"intercepted", RP_REASON_INTERCEPTED, RP_UNLOCK_RETRY_AFTER, NULL, KI, cafe,
		.set = "keyed", .result = RP_SESSION_INTERCEPTED, .says = "roampost retry ID"},
	{"port-of-the-other-tls", RP_REASON_TLS_UNAVAILABLE, RP_UNLOCK_WRITE,
		"[server-set dom]\nidentities=me@dom.example\nrelay=anywhere\n"
		"smtp=smtps://smtp.example:587\n",
		"me@dom.example", cafe, .set = "dom", .result = RP_SESSION_TLS_UNAVAILABLE,
		.detail = "smtp.example:587: wrong version number; port 587 begins in clear: write "
			  "smtp=smtp://smtp.example:587",
		.says = "write smtp=smtp://smtp.example:587 in place of the line that is there",
		.new_more = "[server-set dom]\nidentities=me@dom.example\nrelay=anywhere\n"
			    "smtp=smtp://smtp.example:587\nsmtp-tls=off\n"},
	{"authorities", RP_REASON_TLS_UNAVAILABLE, RP_UNLOCK_FILES, NULL, KI, cafe, .set = "keyed",
		.result = RP_SESSION_TLS_UNAVAILABLE,
		.detail = "tls-ca-file can't be read: Failed to open file “/ca.pem”: Permission "
			  "denied",
		.says = "roampost retry ID"},
	{"own-certificate", RP_REASON_TLS_UNAVAILABLE, RP_UNLOCK_FILES, NULL, KI, cafe,
		.set = "keyed", .result = RP_SESSION_TLS_UNAVAILABLE,
		.detail = "tls-client-cert names /cert.pem, which has no certificate in PEM form",
		.says = "roampost retry ID"},
	{"a-server-names-no-line", RP_REASON_TLS_UNAVAILABLE, RP_UNLOCK_RETRY_AFTER, NULL, KI, cafe,
		.set = "keyed", .result = RP_SESSION_TLS_UNAVAILABLE,
		.detail = "smtp.example:587 said: no TLS here; port 587 begins with TLS: write "
			  "smtp=smtps://other.example:587",
		.says = "roampost retry ID"},
	{"unreachable", RP_REASON_UNREACHABLE, RP_UNLOCK_RETRY_AFTER, NULL, KI, cafe,
		.set = "keyed", .result = RP_SESSION_UNREACHABLE, .says = "roampost retry ID"},
	{"no-set-for-sender", RP_REASON_NO_SET_FOR_SENDER, RP_UNLOCK_ALLOW_CARRY, NULL,
		"me@nowhere.example", cafe,
		.says = "write carries=@nowhere.example into [server-set keyed]",
		.new_more = "[server-set keyed]\ncarries=@nowhere.example\n"},
	{"no-set-for-sender-beside-others", RP_REASON_NO_SET_FOR_SENDER, RP_UNLOCK_ALLOW_CARRY,
		SET("dom", "anywhere"), "me@nowhere.example", cafe,
		.says = "write carries=@other.example;@nowhere.example into [server-set dom]",
		.new_more = SET("dom", "anywhere") "carries=@other.example;@nowhere.example\n"},
	{"refused-here", RP_REASON_REFUSED_HERE, RP_UNLOCK_RETRY_AFTER, NULL, KI, cafe,
		.reply = "550 5.7.1 relaying denied", .says = "roampost retry ID"},
	{"refused-sender", RP_REASON_REFUSED_HERE, RP_UNLOCK_OTHER_SENDER,
		"[server-set two]\nidentities=one@two.example;two@two.example\nrelay=anywhere\n"
		"domains=two.example\nsmtp=smtp://smtp.example:9\nsmtp-tls=off\n",
		"one@two.example", cafe,
		.reply = "553 5.7.1 sender address rejected: not owned by user",
		.says = "roampost edit ID --from ADDRESS", .address = "two@two.example"},
	{"server-rejected", RP_REASON_SERVER_REJECTED, RP_UNLOCK_USER_RELEASE, NULL, KI, cafe,
		.reply = "554 no", .says = "roampost release ID"},
	{"server-rejected-by-one", RP_REASON_SERVER_REJECTED, RP_UNLOCK_PIN,
		"[server-set two]\ncarries=any\nrelay=anywhere\nsmtp=smtp://smtp.example:9\n"
		"smtp-tls=off\n",
		KI, cafe, .reply = "554 no", .says = "roampost pin ID two"},
	{"too-large", RP_REASON_TOO_LARGE, RP_UNLOCK_SMALLER, NULL, KI, cafe,
		.reply = "552 5.3.4 Message size exceeds fixed limit", .says = "roampost retry ID"},
	{"metered", RP_REASON_METERED, RP_UNLOCK_UNMETERED, "[agent]\nmetered-limit=1\n", KI,
		metered, .says = "connect by a link that is not metered", .deed = cafe},
	{"pinned", RP_REASON_PINNED, RP_UNLOCK_PIN_AUTO, NULL, KI, offline, say_pin,
		.says = "roampost pin ID auto"},
	{"used", RP_REASON_PINNED, RP_UNLOCK_USE_AUTO, NULL, KI, cafe, say_use,
		.says = "roampost use auto"},
	{"user", RP_REASON_USER, RP_UNLOCK_USER_RELEASE, NULL, KI, offline, say_hold,
		.says = "roampost release ID"},
	{"paused", RP_REASON_PAUSED, RP_UNLOCK_USER_RESUME, NULL, KI, offline, say_pause,
		.says = "roampost resume"},
	{"not-before", RP_REASON_NOT_BEFORE, RP_UNLOCK_USER_RELEASE, NULL, KI, offline,
		say_not_before, .says = "roampost release ID"},
	{"not-before-by-retry", RP_REASON_NOT_BEFORE, RP_UNLOCK_RETRY_AFTER, NULL, KI, offline,
		say_not_before, .says = "roampost retry ID"},
};

/* Caused where servers are played octet by octet, and what is offered done there. */
static const struct {
	RpReason reason;
	const char *where;
} elsewhere[] = {
	{RP_REASON_NEEDS_8BITMIME, "tests/field/servers"},
	{RP_REASON_NEEDS_SMTPUTF8, "tests/field/servers"},
};

/* ---- one row ---- */

static void
let_fail(BusFixture *t, const Row *row, gboolean fails)
{
	FakeTransport *fake = t->agent.fake;
	GHashTable *results = row->reason == RP_REASON_POP_LOGIN_FAILED ? fake->pop_results
									: fake->session_results;

	fake->detail = fails ? row->detail : NULL;
	if (row->set && fails)
		script(results, row->set, row->result);
	else if (row->set)
		g_hash_table_remove(results, row->set);
	if (row->reply && fails)
		reply(fake, "a@x.example", row->reply);
	else if (row->reply)
		g_hash_table_remove(fake->replies, "a@x.example");
}

static void
assert_reason(BusFixture *t, const Row *row, RpMessageId id)
{
	g_autofree char *line = fill("roampost show ID --json", id, NULL);
	g_autofree char *want = g_strdup_printf("\"reason\":\"%s\"", rp_reason_name(row->reason));
	g_autofree char *json = run(t, line);

	g_assert_nonnull(strstr(json, want));
}

/* What is printed of it. */
static void
assert_offered(BusFixture *t, const Row *row, RpMessageId id)
{
	g_autofree char *line = fill("roampost show ID", id, NULL);
	g_autofree char *shown = run(t, line);
	const char *offer = strstr(shown, "To free it: ");

	if (row->says) {
		g_autofree char *says = fill(row->says, id, "ADDRESS");

		g_assert_nonnull(offer);
		g_assert_nonnull(strstr(offer, says));
		if (row->unlock == RP_UNLOCK_CREDENTIALS)
			g_assert_null(strstr(offer, "wait until"));
	} else {
		g_assert_null(offer);
	}
}

static void
do_it(BusFixture *t, const Row *row, RpMessageId id)
{
	g_autofree char *line = row->says ? fill(row->says, id, row->address) : NULL;
	g_autofree char *out = NULL;

	if (row->deed)
		row->deed(t, id);
	else if (row->new_more)
		configure(t, row->new_more);
	else
		out = run(t, line);
	settle(&t->agent);
}

static void
test_row(BusFixture *t, gconstpointer data)
{
	const Row *row = data;
	RpMessageId id;

	if (row->more)
		configure(t, row->more);
	let_fail(t, row, TRUE);
	row->before(t, 0);
	if (row->after == say_use)
		say_use(t, 0);
	id = submit(&t->agent, row->from, "a@x.example");
	if (row->after && row->after != say_use) {
		row->after(t, id);
		cafe(t, id);
	}
	assert_state(&t->agent, id, "held");
	assert_reason(t, row, id);
	assert_offered(t, row, id);
	let_fail(t, row, FALSE);
	assert_state(&t->agent, id, "held");
	do_it(t, row, id);
	assert_state(&t->agent, id, "gone");
	g_assert_cmpuint(t->agent.fake->sent->len, ==, 1);
}

/* ---- none is left out ---- */

static gboolean
has_reason(RpReason reason)
{
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].reason == reason)
			return TRUE;
	for (guint i = 0; i < G_N_ELEMENTS(elsewhere); i++)
		if (elsewhere[i].reason == reason)
			return TRUE;
	return FALSE;
}

static gboolean
has_unlock(gint kind)
{
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++)
		if (rows[i].unlock == kind)
			return TRUE;
	return FALSE;
}

static void
test_all(void)
{
	for (guint reason = 0; reason < RP_N_REASONS; reason++) {
		g_test_message("is there a row for %s?", rp_reason_name((RpReason)reason));
		g_assert_true(has_reason((RpReason)reason));
	}
	for (guint kind = 0; kind < RP_N_UNLOCK_KINDS; kind++) {
		g_test_message("is %s done? (%u)", rp_unlock_kind_name((RpUnlockKind)kind), kind);
		g_assert_true(has_unlock((gint)kind));
	}
}

int
main(int argc, char **argv)
{
	fixture_init(&argc, &argv);
	g_assert_cmpint(argc, ==, 2);
	program = argv[1];
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *path = g_strdup_printf("/remedies/%s", rows[i].name);

		g_test_add(path, BusFixture, &rows[i], set_up_bus, test_row, tear_down_bus);
	}
	g_test_add_func("/remedies/all", test_all);
	return g_test_run();
}
