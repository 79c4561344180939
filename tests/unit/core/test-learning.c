/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <string.h>

/* Learning a server's rules from its answers: what was said, and what is known then. */

/* "HOUR PLACE VECTOR DOMAIN SAID", several separated by ";". A place is a prefix, or a word: a
 * place whose public address is not known; "PREFIX@WORD" is a prefix seen from such a place. Behind
 * "#" stands the AS. */
static void
parse_place(const char *place, RpVantage *vantage)
{
	g_auto(GStrv) parts = g_strsplit(place, "#", 2);
	const char *text = parts[0];
	const char *at = strchr(text, '@');
	g_autofree char *prefix = at ? g_strndup(text, (gsize)(at - text)) : g_strdup(text);

	*vantage = (RpVantage){.family = RP_FAMILY_IPV4, .label = g_strdup("")};
	if (rp_prefix_parse(prefix, &vantage->prefix, NULL))
		vantage->family = vantage->prefix.base.family;
	if (parts[1])
		vantage->asn = (guint32)g_ascii_strtoull(parts[1], NULL, 10);
	vantage->place = g_strdup(at ? at + 1 : vantage->prefix.base.family ? "" : text);
}

static void
note(RpObservations *observations, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	g_autoptr(RpObservation) heard = g_new0(RpObservation, 1);

	heard->set = g_strdup("s");
	heard->at = FX_NOW + (RpTime)(g_ascii_strtod(words[0], NULL) * G_TIME_SPAN_HOUR);
	parse_place(words[1], &heard->from);
	g_assert_true(rp_vector_parse(words[2], &heard->vector));
	heard->domain = g_strdup(g_str_equal(words[3], "-") ? "" : words[3]);
	g_assert_true(rp_said_from_name(words[4], &heard->said));
	if (heard->said != RP_SAID_TAKEN)
		heard->words = g_strdup("550 no");
	rp_observations_note(observations, heard);
}

static RpObservations *
noted(const char *script)
{
	g_auto(GStrv) steps = g_strsplit(script, ";", -1);
	RpObservations *observations = rp_observations_new();

	for (guint i = 0; steps[i]; i++)
		if (*g_strstrip(steps[i]))
			note(observations, steps[i]);
	return observations;
}

/* "PLACE VECTOR DOMAIN" -> "untried", "taken", "refused 24" (hours from FX_NOW until the retry). */
static char *
judged(const RpObservations *observations, const char *text)
{
	static const char *const names[] = {"untried", "taken", "refused"};
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	g_auto(RpVantage) from = {0};
	guint vector;

	parse_place(words[0], &from);
	g_assert_true(rp_vector_parse(words[1], &vector));
	RpKnowledge known = rp_learning_judge(observations, "s", &from, vector, words[2]);
	if (known.known != RP_KNOWN_REFUSED)
		return g_strdup(names[known.known]);
	return g_strdup_printf(
		"%s %d", names[known.known], (int)((known.retry - FX_NOW) / G_TIME_SPAN_HOUR));
}

typedef struct {
	const char *name, *script, *question, *want;
} JudgeRow;

#define IN "203.0.113.0/24"
#define OUT "198.51.100.0/24"
#define TWO_REFUSED "1 " OUT " anywhere a refused; 2 " OUT " anywhere b refused; "

static const JudgeRow judge_rows[] = {
	{"nothing", "", IN " anywhere a", "untried"},
	{"taken", "0 " IN " anywhere a taken", IN " anywhere a", "taken"},
	{"taken, for any domain", "0 " IN " anywhere a taken", IN " anywhere b", "taken"},
	{"taken with less", "0 " IN " anywhere a taken", IN " pop-login+sender-domain b", "taken"},
	{"taken with more says nothing", "0 " IN " pop-login a taken", IN " anywhere a", "untried"},
	{"taken elsewhere says nothing", "0 " IN " anywhere a taken", OUT " anywhere a", "untried"},
	{"the other family says nothing", "0 " IN " anywhere a taken", "2001:db8::/48 anywhere a",
		"untried"},
	{"refused once: for that domain alone", "0 " OUT " anywhere a refused", OUT " anywhere a",
		"refused 24"},
	{"refused once: not for others", "0 " OUT " anywhere a refused", OUT " anywhere b",
		"untried"},
	{"refused to two", TWO_REFUSED, OUT " anywhere c", "refused 26"},
	{"refused with more",
		"1 " OUT " sender-domain a refused; 2 " OUT " sender-domain b refused",
		OUT " anywhere c", "refused 26"},
	{"refused with less says nothing", TWO_REFUSED, OUT " sender-domain c", "untried"},
	{"refused at MAIL: to all", "1 " OUT " recipient-domain - refused", OUT " anywhere c",
		"refused 25"},
	{"refused at MAIL after it was taken",
		"0 " OUT " anywhere c taken; 1 " OUT " recipient-domain - refused",
		OUT " anywhere c", "refused 25"},
	{"unclear: for that vector and domain", "0 " OUT " anywhere a unclear", OUT " anywhere a",
		"refused 24"},
	{"unclear: not for another", "0 " OUT " anywhere a unclear; 0 " OUT " anywhere b unclear",
		OUT " anywhere c", "untried"},
	{"a domain of its own: taken where others are refused",
		TWO_REFUSED "3 " OUT " anywhere l taken", OUT " anywhere l", "taken"},
	{"final delivery says nothing of others", "0 " OUT " anywhere l taken; " TWO_REFUSED,
		OUT " anywhere c", "refused 26"},
	{"nor when it is used again",
		"0 " OUT " anywhere l taken; " TWO_REFUSED "3 " OUT " anywhere l taken",
		OUT " anywhere c", "refused 26"},
	{"newer beats older: open now", TWO_REFUSED "30 " OUT " anywhere a taken",
		OUT " anywhere c", "taken"},
	{"and those that were refused are asked again", TWO_REFUSED "30 " OUT " anywhere a taken",
		OUT " anywhere b", "taken"},
	{"newer beats older: closed now",
		"0 " OUT " anywhere a taken; 3 " OUT " anywhere a refused; 4 " OUT
		" anywhere b refused",
		OUT " anywhere c", "refused 28"},
	{"after a retry that was refused the wait is doubled",
		TWO_REFUSED "26 " OUT " anywhere c refused", OUT " anywhere d", "refused 74"},
	{"what the user had tried again at once is none",
		TWO_REFUSED "3 " OUT " anywhere b refused; 4 " OUT " anywhere b refused; 5 " OUT
			    " anywhere b refused",
		OUT " anywhere b", "refused 29"},
	{"one asks for all", TWO_REFUSED "26 " OUT " anywhere c refused", OUT " anywhere a",
		"refused 74"},
	{"32 days at most",
		TWO_REFUSED "26 " OUT " anywhere a refused; 74 " OUT " anywhere a refused; 170 " OUT
			    " anywhere a refused; 362 " OUT " anywhere a refused; 746 " OUT
			    " anywhere a refused; 1514 " OUT " anywhere a refused",
		OUT " anywhere a", "refused 2282"},
	{"where the address is not known, the place", "0 home anywhere a taken", "home anywhere a",
		"taken"},
	{"which is that place alone", "0 home anywhere a taken", "work anywhere a", "untried"},
	{"and still when it becomes known", "0 home anywhere a taken", IN "@home anywhere a",
		"taken"},
	{"another place with the same prefix", "0 " IN "@home anywhere a taken",
		IN "@work anywhere a", "taken"},
	{"until the two are seen to differ",
		"0 " IN "@home anywhere a taken; 1 " IN "@work anywhere a refused",
		IN "@work anywhere a", "refused 25"},
	{"more was refused where less is taken: nothing is inferred from that any more",
		"0 " OUT " anywhere a taken; 1 " OUT " sender-domain a refused; 2 " OUT
		" anywhere a taken",
		OUT " sender-domain b", "untried"},
	{"what another place with the prefix was refused contradicts nothing",
		"0 " IN "@home anywhere a taken; 1 " IN "@work sender-domain a refused; 2 " IN
		"@home anywhere a taken",
		IN "@home sender-domain b", "taken"},
	{"and less goes on", "0 " OUT " anywhere a taken; 1 " OUT " sender-domain a refused",
		OUT " anywhere a", "taken"},
};

static void
test_judge(gconstpointer data)
{
	const JudgeRow *row = data;
	g_autoptr(RpObservations) observations = noted(row->script);
	g_autofree char *got = judged(observations, row->question);

	g_assert_cmpstr(got, ==, row->want);
}

/* ---- what it comes to ---- */

typedef struct {
	const char *name, *script, *want;
} LinesRow;

static const LinesRow lines_rows[] = {
	{"nothing", "", "# nothing was tried yet"},
	{"open to all, as far as was seen", "0 " IN " anywhere a taken",
		"# no relay= line yet: what was taken without a login (places: 1, recipients' "
		"domains: 1) is too little to say “anywhere”|# never tried: with a POP login "
		"first|# never tried: with a sender in its own domains|# never tried: to a "
		"recipient in its own domains|# never tried: from elsewhere than 203.0.113.0/24"},
	{"one domain may be delivered there, from wherever it comes",
		"0 " IN " anywhere a taken; 1 " OUT " anywhere a taken",
		"# no relay= line yet: what was taken without a login (places: 2, recipients' "
		"domains: 1) is too little to say “anywhere”|# never tried: with a POP login "
		"first|# never tried: with a sender in its own domains|# never tried: to a "
		"recipient in its own domains"},
	{"what was always brought is not said to be needless",
		"0 " IN " pop-login a taken; 1 " OUT " pop-login b taken",
		"# no relay= line yet: what was taken without a login (places: 0, recipients' "
		"domains: 0) is too little to say “anywhere”|# never tried: with a sender in its "
		"own domains|# never tried: to a recipient in its own domains"},
	{"open to all, as two places and two domains say",
		"0 " IN " anywhere a taken; 1 " OUT " anywhere b taken",
		"relay=anywhere|# never tried: with a POP login first|# never tried: with a sender "
		"in its own domains|# never tried: to a recipient in its own domains"},
	{"inside, and a POP login elsewhere",
		"0 " IN " sender-domain a taken; 1 " OUT " sender-domain a refused; 2 " OUT
		" sender-domain b refused; 3 " OUT " pop-login+sender-domain b taken",
		"relay=inside;pop-login|provider=s|# never tried: with a sender in other domains|# "
		"never tried: to a recipient in its own domains|[provider s]|prefixes=" IN},
	{"a term stays only where its absence was refused",
		"0 " OUT " anywhere a refused; 1 " OUT " sender-domain a taken; 2 " OUT
		" sender-domain+recipient-domain p.example taken",
		"relay=sender-domain|domains=p.example|# never tried: with a POP login first|# "
		"never tried: from "
		"elsewhere than 198.51.100.0/24"},
	{"a place without an address",
		"0 uuid=7,gw=02:00 anywhere a taken; 1 " OUT " anywhere a refused",
		"relay=inside|provider=s|# never tried: with a POP login first|# never tried: with "
		"a "
		"sender in its own domains|# never tried: to a recipient in its own "
		"domains|[provider "
		"s]|nm-connections=7"},
	{"final delivery",
		"0 " OUT " sender-domain l taken; 1 " OUT " sender-domain a refused; 2 " OUT
		" sender-domain b refused; 3 " OUT " pop-login+sender-domain a taken",
		"relay=pop-login|local-domains=l|# never tried: with a sender in other domains|# "
		"never tried: to a recipient in its own domains|# never tried: from elsewhere than "
		"198.51.100.0/24"},
};

static void
test_lines(gconstpointer data)
{
	const LinesRow *row = data;
	g_autoptr(RpObservations) observations = noted(row->script);
	g_autoptr(RpCatalogue) catalogue =
		fx_catalogue("set s ids=a@p.example domains=p.example relay=auto pop=pop3://p");
	const RpServerSet *set = rp_catalogue_set(catalogue, 0);
	g_autoptr(RpProposal) proposal = rp_learning_propose(observations, set);
	g_auto(GStrv) lines = rp_proposal_lines(proposal, set);
	g_autofree char *got = g_strjoinv("|", lines);

	g_assert_cmpstr(got, ==, row->want);
}

static void
test_sentences(void)
{
	g_autoptr(RpObservations) observations = noted(
		"0 " OUT " anywhere a refused; 1 home anywhere a taken; 2 home anywhere b taken; "
		"3 home anywhere b taken; 4 " OUT " pop-login+sender-domain a taken; "
		"5 " OUT " sender-domain+recipient-domain - refused");
	g_auto(GStrv) lines = rp_learning_sentences(observations, "s", NULL);
	g_autofree char *got = g_strjoinv("\n", lines);

	g_assert_cmpstr(got, ==,
		"refused at 198.51.100.0/24 from its own domain, to whomever, at "
		"2025-11-24T21:00:00Z: “550 no”\n"
		"taken at 198.51.100.0/24 after a POP login from its own domain, once, last at "
		"2025-11-24T20:00:00Z\n"
		"taken at home, 3 times, last at 2025-11-24T19:00:00Z\n"
		"refused at 198.51.100.0/24 to a at 2025-11-24T16:00:00Z: “550 no”");
	/* A second domain's refusal makes it all domains'. */
	g_autoptr(RpObservations) two =
		noted("0 " OUT " anywhere a refused; 1 " OUT " anywhere b refused");
	g_auto(GStrv) of_two = rp_learning_sentences(two, "s", NULL);
	g_assert_cmpstr(
		of_two[0], ==, "refused at 198.51.100.0/24, at 2025-11-24T17:00:00Z: “550 no”");
	/* A provider's network has its title. */
	g_autoptr(RpCatalogue) catalogue =
		fx_catalogue("provider p title=ODN net=198.51.100.0/22\nset s ids=a@p.example");
	g_auto(GStrv) titled = rp_learning_sentences(two, "s", catalogue);
	g_assert_cmpstr(titled[0], ==, "refused at ODN, at 2025-11-24T17:00:00Z: “550 no”");
}

/* By its router too, unless that is one that many networks have (VRRP). */
static void
test_router_title(void)
{
	static const struct {
		const char *gateway, *want;
	} rows[] = {
		{"52:54:00:12:34:56", "ODN"},
		{"00:00:5e:00:01:01", "gw=00:00:5e:00:01:01"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *script = g_strdup_printf(
			"provider p title=ODN gw=%s\nset s ids=a@p.example", rows[i].gateway);
		g_autoptr(RpCatalogue) catalogue = fx_catalogue(script);
		g_autofree char *place = g_strconcat("gw=", rows[i].gateway, NULL);
		RpVantage vantage = {.place = place};
		g_autofree char *text = rp_vantage_text(&vantage, catalogue);

		g_assert_cmpstr(text, ==, rows[i].want);
	}
}

/* A set for which no line of rules comes out says why. */
static void
test_no_rule(void)
{
	static const struct {
		const char *seen, *want;
	} rows[] = {
		{"0 " OUT " anywhere a refused; 1 " OUT " anywhere b refused",
			"# no relay= line: all that was tried was refused"},
		/* what was taken before is not denied */
		{"0 " OUT " anywhere c taken; 1 " OUT " anywhere a refused; 2 " OUT
		 " anywhere b refused",
			"# no relay= line: no rule says what was seen"},
	};
	g_autoptr(RpCatalogue) catalogue = fx_catalogue("set s relay=auto");
	const RpServerSet *set = rp_catalogue_set(catalogue, 0);

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autoptr(RpObservations) observations = noted(rows[i].seen);
		RpProposal *proposal = rp_learning_propose(observations, set);
		g_auto(GStrv) lines = rp_proposal_lines(proposal, set);

		g_assert_true(g_strv_contains((const char *const *)lines, rows[i].want));
		rp_proposal_free(proposal);
	}
}

/* ---- bounds ---- */

static guint
count(const RpObservations *observations)
{
	const GPtrArray *rows = rp_observations_of(observations, "s");

	return rows ? rows->len : 0;
}

static void
test_bounds(void)
{
	g_autoptr(RpCatalogue) catalogue = fx_catalogue("set other relay=auto");
	g_autoptr(RpObservations) observations = rp_observations_new();

	for (guint i = 0; i < 100; i++) {
		g_autofree char *class =
			g_strdup_printf("%u 198.51.%u.0/24 anywhere a taken", i, i);
		g_autofree char *domain = g_strdup_printf("%u " IN " anywhere d%u taken", i, i);

		note(observations, class);
		note(observations, domain);
	}
	g_autoptr(GPtrArray) gone = rp_observations_prune(observations, catalogue, FX_NOW);
	g_assert_cmpuint(count(observations), ==, 63 + 64);
	g_assert_cmpuint(gone->len, ==, 200 - count(observations));
	g_autoptr(GPtrArray) old =
		rp_observations_prune(observations, catalogue, FX_NOW + 500 * G_TIME_SPAN_DAY);
	g_assert_cmpuint(count(observations), ==, 0);
	g_assert_cmpuint(old->len, ==, 63 + 64);
}

/* ---- what the policy makes of it ---- */

typedef struct {
	const char *name, *config, *place, *from, *to, *script, *want;
	const char *logins;
} PolicyRow;

#define SET "set s ids=a@p.example domains=p.example relay=auto"
#define POP SET ";auto:pop-login pop=pop3://p"
#define AT_IN "ppp0 ppp 203.0.113.7"
#define AT_OUT "ppp0 ppp 198.51.100.7"
#define AT_AS "wlan0 wifi 192.168.1.5 public=198.51.100.7/64496"
#define ELSEWHERE "203.0.112.0/24#64496"
#define REFUSED_IN_AS                                                                              \
	"-3 " ELSEWHERE " sender-domain a refused; -2 " ELSEWHERE " sender-domain b refused; "
#define ME "a@p.example"
#define YOU "b@other.example"
#define NO_SENDER                                                                                  \
	"-2 " OUT " sender-domain x.example refused; -1 " OUT " sender-domain y.example refused; "

static const PolicyRow policy_rows[] = {
	{"untried: asks", SET, AT_IN, ME, YOU, "", "send s/auto/any?"},
	{"untried: without a POP login first", POP, AT_IN, ME, YOU, "", "send s/auto/any?"},
	{"taken", SET, AT_IN, ME, YOU, "-1 " IN " sender-domain x taken", "send s/auto/any"},
	{"refused: the next one asks", POP, AT_OUT, ME, YOU, NO_SENDER,
		"send s/auto:pop-login/any+pop?"},
	{"refused with all that can be brought", SET, AT_OUT, ME, YOU, NO_SENDER,
		"hold hold s:refused-here(retry-after=82800)[550 no]"},
	{"refused, and taken elsewhere", SET, AT_OUT, ME, YOU,
		NO_SENDER "-3 " IN " sender-domain x taken",
		"hold hold s:refused-here(enter=203.0.113.0/24 retry-after=82800)[550 no]"},
	{"taken at a provider: by its name", "provider p title=ODN net=203.0.0.0/16\n" SET, AT_OUT,
		ME, YOU, NO_SENDER "-3 " IN " sender-domain x taken",
		"hold hold s:refused-here(enter=p retry-after=82800)[550 no]"},
	{"refused outside of the set's own provider",
		"provider p net=203.0.0.0/16\n" SET " provider=p", AT_OUT, ME, YOU, NO_SENDER,
		"hold hold s:refused-here(enter=p retry-after=82800)[550 no]"},
	{"refused, and another set would take it: for this mail, or for this sender's",
		SET "\nset t ids=a@q.example relay=anywhere\nset u ids=a@r.example relay=anywhere",
		AT_OUT, ME, YOU, NO_SENDER,
		"hold hold s:refused-here(pin=t allow-carry=t "
		"retry-after=82800)[550 no]"},
	{"refused after a POP login: its own network, or another set",
		POP "\nset t ids=a@q.example relay=anywhere", AT_OUT, ME, YOU,
		"-2 " OUT " pop-login+sender-domain x.example refused; -1 " OUT
		" pop-login+sender-domain y.example refused",
		"hold hold s:refused-here(enter=s pin=t allow-carry=t retry-after=82800)[refused "
		"after the POP login at "
		"2025-11-24T15:00:00Z"
		": 550 no]"},
	{"known before untried, whatever it costs", POP, AT_OUT, ME, YOU,
		"-1 " OUT " pop-login a taken", "send s/auto:pop-login/any+pop"},
	{"refused: asked again after its time, with the most", POP, AT_OUT, ME, YOU,
		"-50 " OUT " pop-login+sender-domain a refused; -49 " OUT
		" pop-login+sender-domain b refused",
		"send s/auto:pop-login/any+pop?"},
	{"what is cheaper is asked once a week", POP, AT_OUT, ME, YOU,
		"-200 " OUT " sender-domain a refused; -199 " OUT
		" sender-domain b refused; -1 " OUT " pop-login a taken",
		"send s/auto/any?"},
	{"and not sooner", POP, AT_OUT, ME, YOU,
		"-100 " OUT " sender-domain a refused; -99 " OUT " sender-domain b refused; -1 " OUT
		" pop-login a taken",
		"send s/auto:pop-login/any+pop"},
	{"never by a set that may not carry it", SET, AT_IN, "x@x.example", YOU,
		"-1 " IN " anywhere x taken", "hold hold -:no-set-for-sender(allow-carry=s)"},
	{"one recipient is refused, the other is not known", SET, AT_OUT, ME,
		"a@x.example b@z.example", "-2 " OUT " sender-domain x.example refused",
		"split hold s:refused-here(retry-after=79200)[550 no] | s/auto/any?"},
	{"a set with rules before one that has to ask",
		SET "\nset t ids=a@p.example relay=anywhere", AT_IN, ME, YOU, "",
		"send t/anywhere/any"},
	{"a fresh login", POP, AT_OUT, ME, YOU, "-1 " OUT " pop-login a taken",
		"send s/auto:pop-login/any@198.51.100.7", .logins = "s=10@198.51.100.7"},
	{"of two families the one that is taken", SET, "eth0 ethernet 203.0.113.7 2001:db8::7", ME,
		YOU,
		"-3 2001:db8::/48 sender-domain x refused; -2 2001:db8::/48 sender-domain y "
		"refused; "
		"-1 " IN " sender-domain x taken",
		"send s/auto/ipv4"},
	{"of two families one was never spoken to", SET, "eth0 ethernet 203.0.113.7 2001:db8::7",
		ME, YOU, NO_SENDER "-1 " IN " sender-domain x taken", "send s/auto/any"},
	{"the same AS: what was taken there goes first", POP, AT_AS, ME, YOU,
		"-1 " ELSEWHERE " pop-login+sender-domain c taken",
		"send s/auto:pop-login/any+pop?"},
	{"what was refused there goes last", POP, AT_AS, ME, YOU, REFUSED_IN_AS,
		"send s/auto:pop-login/any+pop?"},
	{"but it goes: an AS holds nothing", SET, AT_AS, ME, YOU, REFUSED_IN_AS,
		"send s/auto/any?"},
	{"what was taken there with less", POP, AT_AS, ME, YOU,
		"-1 " ELSEWHERE " sender-domain c taken", "send s/auto/any?"},
	{"another AS says nothing", POP, AT_AS, ME, YOU,
		"-1 203.0.112.0/24#64497 pop-login+sender-domain c taken", "send s/auto/any?"},
	{"an AS that is not known neither", POP, AT_AS, ME, YOU,
		"-1 203.0.112.0/24#0 pop-login+sender-domain c taken", "send s/auto/any?"},
	{"known here before a hint", POP, AT_AS, ME, YOU,
		"-2 " OUT " sender-domain c taken; -1 " ELSEWHERE
		" pop-login+sender-domain c taken",
		"send s/auto/any"},
	{"what is cheaper is asked once a week where the AS refused it", POP, AT_AS, ME, YOU,
		"-201 " ELSEWHERE " sender-domain a refused; -200 " ELSEWHERE
		" sender-domain b refused; -1 " OUT " pop-login c taken",
		"send s/auto/any?"},
	{"of two sets the one that the AS speaks for",
		SET "\nset t ids=a@p.example domains=p.example relay=auto", AT_AS, ME, YOU,
		REFUSED_IN_AS, "send t/auto/any?"},
	{"final delivery needs nothing", SET " local=other.example", AT_OUT, ME, YOU, NO_SENDER,
		"send s/local/any"},
};

static char *
decided(const FxCase *c)
{
	g_autoptr(RpDecision) decision = rp_policy_decide(&c->situation, &c->message);
	g_autofree char *text = fx_decision_text(decision, c->catalogue, c->place);
	gboolean probe = FALSE;

	for (guint i = 0; i < decision->n_recipients; i++)
		probe |= decision->recipients[i].probe;
	return g_strconcat(text, probe ? "?" : "", NULL);
}

static void
test_policy(gconstpointer data)
{
	const PolicyRow *row = data;
	g_autoptr(RpObservations) observations = noted(row->script);
	FxRow as = {row->name, row->config, row->place, row->from, row->to, row->want,
		.logins = row->logins};
	FxCase c;

	fx_case_init(&c, &as);
	c.situation.observations = observations;
	g_autofree char *got = decided(&c);
	g_assert_cmpstr(got, ==, row->want);
	fx_case_clear(&c);
}

#define ADD_ROWS(path, rows, func)                                                                 \
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {                                           \
		g_autofree char *name = g_strdup_printf("/learning/" path "/%s", rows[i].name);    \
		g_test_add_data_func(name, &rows[i], func);                                        \
	}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	ADD_ROWS("judge", judge_rows, test_judge);
	ADD_ROWS("lines", lines_rows, test_lines);
	ADD_ROWS("policy", policy_rows, test_policy);
	g_test_add_func("/learning/sentences", test_sentences);
	g_test_add_func("/learning/router-title", test_router_title);
	g_test_add_func("/learning/no-rule", test_no_rule);
	g_test_add_func("/learning/bounds", test_bounds);
	return g_test_run();
}
