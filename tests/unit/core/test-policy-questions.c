/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include "roampost/base.h"

#include <string.h>

/* What stands beside the decision: current set, one set's standing, explanations, classes, texts.
 */

#define PQ "provider p title=ODN net=203.0.113.0/24\nprovider q net=198.51.100.0/24\n"
#define INSIDE "ppp0 ppp 203.0.113.7"
#define OUTSIDE "ppp0 ppp 192.0.2.7"

typedef struct {
	const char *name, *config, *place, *want;
	const char *override, *logins, *failures;
} CurrentRow;

static void
test_current_set(void)
{
	static const CurrentRow rows[] = {
		{"inside its provider before cost and priority",
			PQ "set a ids=a@a.example relay=anywhere priority=9\n"
			   "set b provider=p ids=b@b.example relay=auth user=b",
			INSIDE, "b"},
		{"cost before priority",
			PQ "set a ids=a@a.example relay=auth user=a priority=9\n"
			   "set b ids=b@b.example relay=anywhere",
			OUTSIDE, "b"},
		{"priority before name",
			PQ "set a ids=a@a.example relay=anywhere\n"
			   "set b ids=b@b.example relay=anywhere priority=1",
			OUTSIDE, "b"},
		{"name",
			PQ "set b ids=a@a.example relay=anywhere\nset a ids=b@b.example "
			   "relay=anywhere",
			OUTSIDE, "a"},
		{"none", PQ "set a provider=p ids=a@a.example relay=inside", OUTSIDE, ""},
		{"to an outside recipient: local delivery is not enough",
			PQ "set a provider=p ids=a@a.example relay=inside;recipient-domain "
			   "domains=a.example local=a.example",
			OUTSIDE, ""},
		{"from its own first identity",
			PQ "set a ids=x@x.example,a@a.example relay=sender-domain "
			   "domains=a.example\n"
			   "set b ids=b@b.example,x@x.example relay=sender-domain "
			   "domains=b.example",
			OUTSIDE, "b"},
		{"whose first identity is a domain",
			PQ "set a ids=@a.example relay=sender-domain domains=a.example", OUTSIDE,
			"a"},
		{"a set without identities has no mail of its own",
			PQ "set a carries=any relay=anywhere", OUTSIDE, ""},
		{"a POP login that comes first will do",
			PQ "set a ids=a@a.example relay=pop-login pop=pop3://a", OUTSIDE, "a"},
		{"a fresh login is cheaper",
			PQ "set a ids=a@a.example relay=pop-login pop=pop3://a\n"
			   "set b ids=b@b.example relay=pop-login pop=pop3://b",
			OUTSIDE, "b", .logins = "b=1"},
		{"a failure", PQ "set a ids=a@a.example relay=anywhere", OUTSIDE, "",
			.failures = "unreachable a until=9"},
		{"the override's",
			PQ
			"set a ids=a@a.example relay=anywhere\nset b ids=b@b.example relay=inside",
			OUTSIDE, "b", .override = "b"},
		{"the override's, offline too", PQ "set a ids=a@a.example relay=anywhere", "", "a",
			.override = "a"},
		{"an override that is gone", PQ "set a ids=a@a.example relay=anywhere", OUTSIDE, "",
			.override = "gone"},
		{"offline", PQ "set a ids=a@a.example relay=anywhere", "", ""},
		{"portal", PQ "set a ids=a@a.example relay=anywhere", OUTSIDE " portal", ""},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		FxRow row = {.config = rows[i].config,
			.place = rows[i].place,
			.from = "",
			.to = "",
			.logins = rows[i].logins,
			.failures = rows[i].failures,
			.override = rows[i].override};
		FxCase c;

		fx_case_init(&c, &row);
		gint set = rp_policy_current_set(&c.situation);
		g_test_message("%s", rows[i].name);
		g_assert_cmpstr(set < 0 ? "" : rp_catalogue_set(c.catalogue, (guint)set)->name, ==,
			rows[i].want);
		fx_case_clear(&c);
	}
}

static void
test_try_set(void)
{
	static const CurrentRow rows[] = {
		{"a", PQ "set a provider=p ids=a@a.example relay=inside", INSIDE,
			"send a/inside/ipv4"},
		{"a", PQ "set a provider=p ids=a@a.example relay=inside;auth", OUTSIDE,
			"hold hold a:outside(enter=p credentials=a)"},
		{"not pinned, though asked about by name", PQ "set a ids=a@a.example relay=auth",
			OUTSIDE, "hold hold a:auth-missing(credentials=a)", .override = "b"},
		{"without identities", PQ "set a carries=any relay=anywhere", OUTSIDE,
			"send a/anywhere/any"},
		{"offline", PQ "set a ids=a@a.example relay=anywhere", "", "hold hold -:offline"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		FxRow row = {.config = rows[i].config,
			.place = rows[i].place,
			.from = "",
			.to = "",
			.override = rows[i].override};
		FxCase c;

		fx_case_init(&c, &row);
		g_autoptr(RpDecision) decision = rp_policy_try_set(&c.situation, 0);
		g_autofree char *got = fx_decision_text(decision, c.catalogue, c.place);
		g_assert_cmpstr(got, ==, rows[i].want);
		fx_case_clear(&c);
	}
}

static char *
explain_text(const FxRow *row)
{
	GString *text = g_string_new(NULL);
	FxCase c;

	fx_case_init(&c, row);
	g_autoptr(GArray) rows = rp_policy_explain(&c.situation, &c.message);
	for (guint i = 0; i < rows->len; i++) {
		const RpExplainRow *r = &g_array_index(rows, RpExplainRow, i);

		g_string_append_printf(text, "%u %s %s %s %c%c%c%c %s\n", r->recipient,
			rp_catalogue_set(c.catalogue, r->set)->name, r->rule,
			r->term < 0 ? "-" : rp_term_name((RpTerm)r->term), r->holds ? 'h' : '.',
			r->may_carry ? 'm' : '.', r->owns ? 'o' : '.', r->chosen ? 'c' : '.',
			r->why);
	}
	fx_case_clear(&c);
	return g_string_free(text, FALSE);
}

static void
test_explain(void)
{
	static const FxRow row = {
		.config =
			PQ "set b provider=q ids=b@b.example relay=inside;pop-login+sender-domain "
			   "domains=b.example pop=pop3://b\n"
			   "set a provider=p ids=a@a.example relay=inside;auth user=a "
			   "local=l.example",
		.place = INSIDE,
		.from = "a@a.example",
		.to = "x@x.example",
	};
	g_autofree char *got = explain_text(&row);
	g_assert_cmpstr(got, ==,
		"0 a local - .mo. does not hold\n"
		"0 a inside - hmoc chosen, cost 0\n"
		"0 a inside inside hmoc inside ODN by ppp0, IPv4 only\n"
		"0 a auth - hmo. holds, cost 1\n"
		"0 a auth auth hmo. a login is configured\n"
		"0 b inside - .... does not hold\n"
		"0 b inside inside .... this place is not inside q\n"
		"0 b pop-login+sender-domain - .... does not hold\n"
		"0 b pop-login+sender-domain pop-login h... a POP login can be made\n"
		"0 b pop-login+sender-domain sender-domain .... the sender's domain a.example is "
		"none of the set's\n");

	/* Each row: a place, and whether it is said that it can't be known. */
	static const struct {
		const char *place, *why;
	} unknown[] = {
		{"e wifi 192.168.1.5", "it is not known whether this place is inside q"},
		{"e wifi 192.168.1.5 public=192.0.2.7", "this place is not inside q"},
		{"e wifi 192.168.1.5; ppp0 ppp 192.0.2.7 default", "this place is not inside q"},
		{OUTSIDE, "this place is not inside q"},
	};
	for (guint i = 0; i < G_N_ELEMENTS(unknown); i++) {
		FxRow there = row;

		there.place = unknown[i].place;
		g_autofree char *said = explain_text(&there);
		g_test_message("%s", unknown[i].place);
		g_assert_nonnull(strstr(said, unknown[i].why));
	}

	/* In words, not in codes. */
	FxRow failed = row;
	failed.failures = "auth-failed a until=9 detail=no";
	g_autofree char *refused = explain_text(&failed);
	g_assert_nonnull(strstr(refused, "0 a auth - .mo. its login was refused\n"));
	FxRow nowhere = row;
	nowhere.config = PQ "set a ids=a@a.example relay=anywhere";
	nowhere.place = "";
	g_autofree char *offline = explain_text(&nowhere);
	g_assert_nonnull(strstr(offline, "holds, but there is no network\n"));

	FxRow other = row;
	other.pin = "b";
	other.from = "b@b.example";
	other.failures = "refused b rule=pop-login+sender-domain until=9 detail=no";
	g_autofree char *pinned = explain_text(&other);
	g_assert_cmpstr(pinned, ==,
		"0 b inside - .mo. does not hold\n"
		"0 b inside inside .mo. this place is not inside q\n"
		"0 b pop-login+sender-domain - .mo. was refused here: no\n"
		"0 b pop-login+sender-domain pop-login hmo. a POP login is made first\n"
		"0 b pop-login+sender-domain sender-domain hmo. the sender's domain b.example is "
		"one of the set's\n"
		"0 a local - .... does not hold\n"
		"0 a inside - h... holds, but another set was chosen by hand\n"
		"0 a inside inside h... inside ODN by ppp0, IPv4 only\n"
		"0 a auth - h... holds, but another set was chosen by hand\n"
		"0 a auth auth h... a login is configured\n");
}

static char *
class_of(const char *from, const char *header_from, const char *to, gint64 size, const char *pin,
	const char *failures)
{
	static const char config[] =
		PQ "set a provider=p ids=a@a.example,@aa.example relay=inside domains=a.example "
		   "local=l.example\n"
		   "set b provider=q ids=b@b.example carries=@c.example relay=inside\n"
		   "set z carries=any relay=auth";
	FxRow row = {.config = config,
		.place = INSIDE,
		.from = from,
		.header_from = header_from,
		.to = to,
		.size = size,
		.pin = pin,
		.failures = failures};
	FxCase c;

	fx_case_init(&c, &row);
	char *key = rp_policy_class_key(c.catalogue, c.failures, NULL, 1000, &c.message);
	fx_case_clear(&c);
	return key;
}

static void
test_class_key(void)
{
	static const struct {
		const char *what;
		const char *from[2], *header_from[2], *to[2];
		gint64 size[2];
		const char *pin[2];
		const char *failures;
		gboolean same;
	} rows[] = {
		{"unknown recipient domains", {"a@a.example", "a@a.example"}, {0},
			{"1@x.example", "2@y.example"}, .same = TRUE},
		{"case and tags", {"a@a.example", "A+t@A.example"}, {0},
			{"1@x.example", "1@x.example"}, .same = TRUE},
		{"another identity of the same set, another sender domain",
			{"a@a.example", "a@aa.example"}, {0}, {"1@x", "1@x"}, .same = FALSE},
		{"the same identity and two unknown envelope domains",
			{"x@x.example", "y@y.example"}, {"a@a.example", "a@a.example"},
			{"1@x", "1@x"}, .same = TRUE},
		{"two foreign senders", {"x@x.example", "y@y.example"}, {0}, {"1@x", "1@x"},
			.same = TRUE},
		{"a foreign sender and an empty one", {"x@x.example", ""}, {0}, {"1@x", "1@x"},
			.same = TRUE},
		{"own and carried", {"b@b.example", "c@c.example"}, {0}, {"1@x", "1@x"},
			.same = FALSE},
		{"a known recipient domain", {"a@a.example", "a@a.example"}, {0},
			{"1@x.example", "1@a.example"}, .same = FALSE},
		{"a local recipient domain", {"a@a.example", "a@a.example"}, {0},
			{"1@l.example", "1@a.example"}, .same = FALSE},
		{"how many recipients", {"a@a.example", "a@a.example"}, {0}, {"1@x 2@x", "1@x"},
			.same = FALSE},
		{"which of them", {"a@a.example", "a@a.example"}, {0},
			{"1@x 2@l.example", "2@l.example 1@x"}, .same = FALSE},
		{"size below the limit", {"a@a.example", "a@a.example"}, {0}, {"1@x", "1@x"},
			{1, 1000}, .same = TRUE},
		{"size above the limit", {"a@a.example", "a@a.example"}, {0}, {"1@x", "1@x"},
			{1000, 1001}, .same = FALSE},
		{"pin", {"a@a.example", "a@a.example"}, {0}, {"1@x", "1@x"}, {0}, {NULL, "b"},
			.same = FALSE},
		{"a domain that a failure names", {"a@a.example", "a@a.example"}, {0},
			{"1@x.example", "1@y.example"}, .failures = "refused a domain=Y.example",
			.same = FALSE},
		{"a sender that a failure names", {"b@aa.example", "c@aa.example"}, {0},
			{"1@x", "1@x"}, .failures = "refused a sender=C@aa.example", .same = FALSE},
		{"a sender that none names", {"b@aa.example", "c@aa.example"}, {0}, {"1@x", "1@x"},
			.failures = "refused a sender=d@aa.example", .same = TRUE},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *a = class_of(rows[i].from[0], rows[i].header_from[0],
			rows[i].to[0], rows[i].size[0], rows[i].pin[0], rows[i].failures);
		g_autofree char *b = class_of(rows[i].from[1], rows[i].header_from[1],
			rows[i].to[1], rows[i].size[1], rows[i].pin[1], rows[i].failures);

		g_test_message("%s: %s ## %s", rows[i].what, a, b);
		g_assert_cmpint(g_str_equal(a, b), ==, rows[i].same);
	}
}

/* Where a set gives mail another sender, the empty one, which it leaves, is a class of its own. */
static void
test_class_key_rewriting(void)
{
	static const char config[] = "set z ids=z@z.example carries=any relay=sender-domain "
				     "domains=z.example rewrite=envelope";
	static const char *const from[] = {"x@x.example", "y@y.example", ""};
	char *keys[3];

	for (guint i = 0; i < 3; i++) {
		const FxRow row = {.config = config, .place = INSIDE, .from = from[i], .to = "1@x"};
		FxCase c;

		fx_case_init(&c, &row);
		keys[i] = rp_policy_class_key(c.catalogue, c.failures, NULL, 0, &c.message);
		fx_case_clear(&c);
	}
	g_assert_cmpstr(keys[0], ==, keys[1]);
	g_assert_cmpstr(keys[0], !=, keys[2]);
	for (guint i = 0; i < 3; i++)
		g_free(keys[i]);
}

static void
test_texts(void)
{
	g_autoptr(RpCatalogue) catalogue =
		fx_catalogue(PQ "set odn provider=p ids=a@a.example relay=inside "
				"domains=a.example,b.example,c.example\n"
				"set free ids=a@a.example relay=inside");
	static const struct {
		const char *set;
		RpReason reason;
		const char *detail;
		const char *want;
	} rows[] = {
		{"odn", RP_REASON_OUTSIDE, NULL,
			"odn's server takes this mail only from inside ODN, and this place is not "
			"inside it."},
		{"odn", RP_REASON_OUTSIDE, RP_DETAIL_NO_ADDRESS,
			"odn's server takes this mail only from inside ODN, and whether this place "
			"is inside it is not known, since nobody has told the address that the "
			"world sees behind this router. Where you know that it is, say: roampost "
			"learn, with the provider's name."},
		{"odn", RP_REASON_OUTSIDE, RP_DETAIL_NO_EVIDENCE,
			"odn's server takes this mail only from inside ODN, and nothing says where "
			"that is. Where you are inside it, say: roampost learn, with the "
			"provider's name."},
		{"odn", RP_REASON_OUTSIDE, RP_DETAIL_HEARSAY,
			"odn's server takes this mail only from inside ODN. This place seems to "
			"be, but anybody could make up what says so, and odn's password could be "
			"read on the way: it is not shown here. With smtp-tls=required "
			"(pop-tls=required for a POP login) it could not; or where you know that "
			"this is ODN, say: roampost learn, with the provider's name."},
		{"free", RP_REASON_OUTSIDE, NULL,
			"free's server takes this mail only from inside its provider, and free "
			"names "
			"no provider."},
		{"odn", RP_REASON_SENDER_DOMAIN, NULL,
			"odn's server takes this mail only from a sender in a.example, b.example "
			"or "
			"c.example, and the sender is in another domain."},
		{"odn", RP_REASON_REFUSED_HERE, "554 5.7.1 Relay access denied",
			"odn's server refused such mail from this place. (It said: 554 5.7.1 Relay "
			"access denied)"},
		{"odn", RP_REASON_UNREACHABLE, "127.0.0.1:1: Connection refused",
			"odn's server can't be reached from this place. (127.0.0.1:1: Connection "
			"refused)"},
		{"odn", RP_REASON_UNREACHABLE,
			"m:25: the connection was closed before it was set up",
			"odn's server, or something before it, ends each connection before mail "
			"can be sent. (m:25: the connection was closed before it was set up)"},
		{"odn", RP_REASON_UNREACHABLE,
			"m:465: the connection was closed in the TLS handshake",
			"odn's server, or something before it, ends each connection before mail "
			"can be sent. (m:465: the connection was closed in the TLS handshake)"},
		{"odn", RP_REASON_REFUSED_HERE, "port 25 of m is blocked here, 587 answers",
			"odn's server can't be reached from this place. (port 25 of m is blocked "
			"here, 587 answers)"},
		{"odn", RP_REASON_AUTH_FAILED, "the password command failed (status 127)",
			"The password for odn could not be had: the password command failed "
			"(status 127)."},
		{"odn", RP_REASON_AUTH_FAILED,
			"m:587 said: 535 5.7.8 no; its token is refused (status 401): it has "
			"expired",
			"odn's server does not accept its token. (m:587 said: 535 5.7.8 no; its "
			"token is refused (status 401): it has expired)"},
		{"odn", RP_REASON_AUTH_FAILED, "m:587 said: 535 5.7.8 no",
			"odn's server does not accept its user name and password. (m:587 said: 535 "
			"5.7.8 no)"},
		{"odn", RP_REASON_SERVER_REJECTED, "m:110 said: [SYS/PERM] no maildrop",
			"odn's server turns us away here in words that do not say why; what would "
			"go by it waits "
			"for your decision, or for another place. (m:110 said: [SYS/PERM] no "
			"maildrop)"},
		{"odn", RP_REASON_SERVER_REJECTED, "it is too big",
			"odn's server can't be given this mail as it is; it waits for your "
			"decision. (it is too big)"},
		{"gone", RP_REASON_PINNED, NULL,
			"It is to go by gone and no other server set, as you chose, and there is "
			"no "
			"gone any more."},
		{"odn", RP_REASON_PINNED, NULL,
			"It is to go by odn and no other server set, as you chose."},
		{NULL, RP_REASON_OFFLINE, NULL, "No link is up; mail waits for a network."},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(RpHoldReason) reason =
			rp_hold_reason_new(rows[i].set, rows[i].reason, rows[i].detail);
		g_autofree char *got = rp_reason_sentence(reason, catalogue);
		g_assert_cmpstr(got, ==, rows[i].want);
	}
	/* every reason is one whole sentence, with or without names */
	for (guint i = 0; i < RP_N_REASONS; i++) {
		g_autoptr(RpHoldReason) reason = rp_hold_reason_new("odn", (RpReason)i, NULL);
		g_autoptr(RpHoldReason) nameless = rp_hold_reason_new(NULL, (RpReason)i, NULL);
		g_autofree char *got = rp_reason_sentence(reason, catalogue);
		g_autofree char *bare = rp_reason_sentence(nameless, NULL);
		RpReason back;

		g_assert_true(g_str_has_suffix(got, "."));
		g_assert_true(g_str_has_suffix(bare, "."));
		g_assert_null(strpbrk(got, "{}?"));
		g_assert_null(strpbrk(bare, "{}?"));
		g_assert_true(rp_reason_from_name(rp_reason_name((RpReason)i), &back));
		g_assert_cmpint(back, ==, i);
	}
}

/* What stands behind “outside”: why it may be inside all the same. A line whose own address says so
 * is a way out in each case. */
static void
test_doubts(void)
{
#define CLEAR "set a provider=p ids=a@a.example relay=inside user=a smtp=smtp://m tls=off"
	static const struct {
		const char *config, *place, *want;
	} rows[] = {
		{PQ CLEAR, OUTSIDE, "- enter"},
		{PQ CLEAR, "e wifi 192.168.1.5", RP_DETAIL_NO_ADDRESS " enter"},
		{PQ CLEAR, "e wifi 192.168.1.5 public=192.0.2.7", "- enter"},
		{PQ CLEAR, "e wifi 192.168.1.5 public=203.0.113.7", RP_DETAIL_HEARSAY " enter"},
		{PQ CLEAR, "e wifi 203.0.113.7 open", RP_DETAIL_OPEN_WIFI " enter"},
		{PQ CLEAR, "e wifi 203.0.113.7 open; f wifi 192.168.1.5 public=203.0.113.7",
			RP_DETAIL_HEARSAY " enter"},
		{"provider p ssid=Home\n" CLEAR, "e wifi 192.168.1.5 ssid=Home",
			RP_DETAIL_HEARSAY " enter"},
		{"provider p ssid=Home\n" CLEAR, "e wifi 192.168.1.5 ssid=Cafe", "- enter"},
		{"provider p\n" CLEAR, "e wifi 192.168.1.5", RP_DETAIL_NO_EVIDENCE " enter"},
		{"provider p ssid=Home\nset a provider=p ids=a@a.example relay=inside+pop-login "
		 "pop=pop3://m pop-tls=off",
			"e wifi 192.168.1.5 ssid=Home", RP_DETAIL_HEARSAY " enter"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		FxRow row = {.config = rows[i].config,
			.place = rows[i].place,
			.from = "a@a.example",
			.to = "x@x.example"};
		FxCase c;

		g_test_message("%s", rows[i].place);
		fx_case_init(&c, &row);
		g_autoptr(RpDecision) decision = rp_policy_decide(&c.situation, &c.message);
		const RpHoldReason *reason = decision->recipients[0].reasons->pdata[0];
		g_autofree char *got = g_strconcat(reason->detail ? reason->detail : "-",
			reason->unlock->len ? " enter" : "", NULL);
		g_assert_cmpint(reason->reason, ==, RP_REASON_OUTSIDE);
		g_assert_cmpstr(got, ==, rows[i].want);
		g_autofree char *sentence = rp_reason_sentence(reason, c.catalogue);
		g_assert_cmpint(g_strcmp0(reason->detail, NULL) == 0, ==,
			strstr(sentence, "this place is not inside it") != NULL);
		fx_case_clear(&c);
	}
}

static void
test_unlock_texts(void)
{
	static const struct {
		RpUnlockKind kind;
		const char *subject, *want;
	} rows[] = {
		{RP_UNLOCK_ENTER, "p", "connect to ODN"},
		{RP_UNLOCK_ENTER, "home", "connect to home"},
		{RP_UNLOCK_ENTER, "lone",
			"connect to the network of lone's own provider, where its server may take "
			"it"},
		{RP_UNLOCK_WRITE, "smtp=smtp://a.example:587",
			"write smtp=smtp://a.example:587 in place of the line that is there "
			"(roampost doctor has the command)"},
		{RP_UNLOCK_TEACH, "p",
			"connect to ODN and say there that this is it (roampost learn p)"},
		{RP_UNLOCK_ENTER, "203.0.113.0/24", "return to the network 203.0.113.0/24"},
		{RP_UNLOCK_ENTER, "gw=02:00:00:00:00:01,gw=02:00:00:00:00:02",
			"return to the network behind the router 02:00:00:00:00:01"},
		{RP_UNLOCK_POP_LOGIN, "odn", "check mail with odn (roampost check odn)"},
		{RP_UNLOCK_CREDENTIALS, "odn", "give odn its user name and password"},
		{RP_UNLOCK_ALLOW_CARRY, "odn",
			"let odn carry this sender's mail (write carries=@DOMAIN into "
			"[server-set odn])"},
		{RP_UNLOCK_CHANGE_SENDER, "a.example",
			"change the sender to an address in a.example "
			"(roampost edit ID --from ADDRESS)"},
		{RP_UNLOCK_OTHER_SENDER, "a.example",
			"change the sender to another address in a.example "
			"(roampost edit ID --from ADDRESS)"},
		{RP_UNLOCK_UNMETERED, NULL, "connect by a link that is not metered"},
		{RP_UNLOCK_USER_RELEASE, NULL, "release it (roampost release ID)"},
		{RP_UNLOCK_USER_RESUME, "resume", "let mail go again (roampost resume)"},
		{RP_UNLOCK_PIN_AUTO, "auto", "let any server set take it (roampost pin ID auto)"},
		{RP_UNLOCK_PIN, "odn", "send it through odn (roampost pin ID odn)"},
		{RP_UNLOCK_USE_AUTO, "auto", "let the place decide (roampost use auto)"},
		{RP_UNLOCK_RETRY_AFTER, NULL,
			"wait until 2025-11-24T16:00:00Z (or roampost retry ID)"},
	};
	g_autoptr(RpCatalogue) catalogue = fx_catalogue(PQ "set lone relay=auto\n");

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(RpUnlock) unlock = rp_unlock_new(rows[i].kind, rows[i].subject, FX_NOW);
		g_autofree char *got = rp_unlock_sentence(unlock, catalogue);

		g_assert_cmpstr(got, ==, rows[i].want);
	}
}

/* Many sets, many recipients, many failures: beyond the room for few. */
static void
test_beyond_the_room_for_few(void)
{
	g_autoptr(GString) config = g_string_new(PQ);
	g_autoptr(GString) to = g_string_new("0@x.example");
	g_autoptr(GString) failures = g_string_new("unreachable s0 until=9");

	for (guint i = 0; i < 100; i++)
		g_string_append_printf(config, "set s%u carries=any relay=%s domains=d%u.example\n",
			i, i == 77 ? "anywhere" : "recipient-domain", i);
	for (guint i = 1; i < 300; i++)
		g_string_append_printf(to, " %u@x.example", i);
	for (guint i = 1; i < 70; i++)
		g_string_append_printf(failures, ";unreachable s%u until=9", i);
	FxRow row = {.config = config->str,
		.place = INSIDE,
		.from = "a@a.example",
		.to = to->str,
		.failures = failures->str};
	g_autofree char *got = fx_decide(&row);
	g_assert_true(g_str_has_prefix(got, "send s77/anywhere/any | s77/anywhere/any | "));
	row.override = "s3";
	g_autofree char *held = fx_decide(&row);
	g_assert_true(g_str_has_prefix(
		held, "hold hold s3:recipient-domain s3:pinned(use=auto) | hold s3:recip"));
	row.override = NULL;
	g_string_append(failures, ";unreachable s77 until=9");
	row.failures = failures->str;
	g_autofree char *all_held = fx_decide(&row);
	g_assert_true(g_str_has_prefix(all_held, "hold hold s0:recipient-domain s1:recip"));
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	g_test_add_func("/policy-questions/current-set", test_current_set);
	g_test_add_func("/policy-questions/try-set", test_try_set);
	g_test_add_func("/policy-questions/explain", test_explain);
	g_test_add_func("/policy-questions/class-key", test_class_key);
	g_test_add_func("/policy-questions/class-key-rewriting", test_class_key_rewriting);
	g_test_add_func("/policy-questions/texts", test_texts);
	g_test_add_func("/policy-questions/doubts", test_doubts);
	g_test_add_func("/policy-questions/unlock-texts", test_unlock_texts);
	g_test_add_func("/policy-questions/beyond-the-room-for-few", test_beyond_the_room_for_few);
	return g_test_run();
}
