/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <string.h>

/* The policy, sentence by sentence. Every row is also decided with its configuration, logins and
 * failures in the opposite order: the outcome must not depend on it. */

static char *
reversed(const char *text, const char *separator)
{
	if (!text)
		return NULL;
	g_auto(GStrv) parts = g_strsplit(text, separator, -1);
	guint n = g_strv_length(parts);

	for (guint i = 0; i < n / 2; i++) {
		char *other = parts[i];
		parts[i] = parts[n - 1 - i];
		parts[n - 1 - i] = other;
	}
	return g_strjoinv(separator, parts);
}

static void
check_row(gconstpointer data)
{
	const FxRow *row = data;
	g_autofree char *config = reversed(row->config, "\n");
	g_autofree char *logins = reversed(row->logins, " ");
	g_autofree char *failures = reversed(row->failures, ";");
	FxRow turned = *row;

	turned.config = config;
	turned.logins = logins;
	turned.failures = failures;
	g_autofree char *got = fx_decide(row);
	g_autofree char *got_turned = fx_decide(&turned);
	g_assert_cmpstr(got, ==, row->want);
	g_assert_cmpstr(got_turned, ==, row->want);
}

#define P "provider p net=203.0.113.0/24,2001:db8:1::/48\n"
#define Q "provider q net=198.51.100.0/24\n"
#define OWN "ids=a@p.example domains=p.example"
#define S(relay) P Q "set s provider=p " OWN " relay=" relay
#define INSIDE "ppp0 ppp 203.0.113.7"
#define OUTSIDE "ppp0 ppp 198.51.100.7"
#define ME "a@p.example"
#define YOU "b@other.example"

/* A login that is readable on the way is shown where a rule wants it, and nowhere else. */
#define CLEAR(relay) S(relay) " user=a tls=off smtp=smtp://mail.p.example:25 local=p.example"
#define MATE "b@p.example"
static const FxRow shown[] = {
	{"login in clear, local outside", CLEAR("inside+auth"), OUTSIDE, ME, MATE,
		"send s/local/any+no-login"},
	{"login in clear, local inside by one of two families", CLEAR("inside+auth"), INSIDE, ME,
		MATE, "send s/local/any+no-login"},
	{"login in clear, local inside", CLEAR("inside+auth"), INSIDE " default4", ME, MATE,
		"send s/local/any"},
	{"login in clear, local by another link than inside", CLEAR("inside+auth"),
		"wlan0 wifi 192.168.1.7 default;" INSIDE, ME, MATE, "send s/local/any/?+no-login"},
	{"login in clear, local where inside names no login", CLEAR("inside"), OUTSIDE, ME, MATE,
		"send s/local/any+no-login"},
	{"login in clear, local where the user wants it anywhere", CLEAR("auth"), OUTSIDE, ME, MATE,
		"send s/local/any"},
	{"login in clear, local with a rule that is not this message's",
		CLEAR("inside;auth+recipient-domain") " domains=q.example", OUTSIDE, ME, MATE,
		"send s/local/any+no-login"},
	{"login in clear, local with a rule that is",
		CLEAR("inside;auth+recipient-domain") " domains=p.example", OUTSIDE, ME, MATE,
		"send s/local/any"},
	{"login in clear, of another rule", CLEAR("inside+auth;sender-domain"), OUTSIDE, ME, YOU,
		"send s/sender-domain/any+no-login"},
	{"login in clear, in every session", CLEAR("inside;sender-domain"), OUTSIDE, ME, YOU,
		"send s/sender-domain/any"},
	{"login in clear, both", CLEAR("inside+auth"), OUTSIDE, ME, MATE " " YOU,
		"split s/local/any+no-login | hold s:outside(enter=p)"},
	{"login under TLS, local outside",
		S("inside+auth") " user=a smtp=smtp://mail.p.example:25 local=p.example", OUTSIDE,
		ME, MATE, "send s/local/any"},
	{"no login, local outside",
		S("inside") " tls=off smtp=smtp://mail.p.example:25 local=p.example", OUTSIDE, ME,
		MATE, "send s/local/any"},
};

/* Terms of a relay rule: every term by itself, holding and not. */
static const FxRow terms[] = {
	{"anywhere", S("anywhere"), OUTSIDE, ME, YOU, "send s/anywhere/any"},
	{"inside, inside", S("inside"), INSIDE, ME, YOU, "send s/inside/ipv4"},
	{"inside, outside", S("inside"), OUTSIDE, ME, YOU, "hold hold s:outside(enter=p)"},
	{"inside, set without provider", "set s " OWN " relay=inside", INSIDE, ME, YOU,
		"hold hold s:outside"},
	{"sender-domain, own", S("sender-domain"), OUTSIDE, ME, YOU, "send s/sender-domain/any"},
	{"sender-domain, foreign", S("sender-domain") " carries=any", OUTSIDE, "x@x.example", YOU,
		"hold hold s:sender-domain(change-sender=p.example)"},
	{"sender-domain looks at the envelope", S("sender-domain"), OUTSIDE, "x@x.example", YOU,
		"hold hold s:sender-domain(change-sender=p.example)", .header_from = ME},
	{"sender-domain, another sender by the set's own",
		S("sender-domain") " carries=any rewrite=envelope", OUTSIDE, "x@x.example", YOU,
		"send s/sender-domain/any"},
	{"sender-domain, another sender in the header too",
		S("sender-domain") " carries=any rewrite=header", OUTSIDE, "x@x.example", YOU,
		"send s/sender-domain/any"},
	{"sender-domain, the set's own From keeps its sender",
		S("sender-domain") " rewrite=envelope", OUTSIDE, "x@x.example", YOU,
		"hold hold s:sender-domain(change-sender=p.example)", .header_from = ME},
	{"sender-domain, no other sender for the empty one",
		S("sender-domain") " carries=any rewrite=envelope", OUTSIDE, "", YOU,
		"hold hold s:sender-domain(change-sender=p.example)", .header_from = "x@x.example"},
	{"another sender lets nothing be carried", S("anywhere") " rewrite=envelope", OUTSIDE,
		"x@x.example", YOU, "hold hold -:no-set-for-sender(allow-carry=s)"},
	{"a domain with other letters is its A-labels",
		"set s ids=taro@xn--bcher-kva.example relay=anywhere", OUTSIDE,
		"taro@xn--bcher-kva.example", YOU, "send s/anywhere/any",
		.header_from = "Taro@B\xc3\xbc"
			       "cher.example"},
	{"sender-domain, never for the empty sender", S("sender-domain"), OUTSIDE, "", YOU,
		"hold hold s:sender-domain(change-sender=p.example)", .header_from = ME},
	{"sender-domain, never for <>", S("sender-domain"), OUTSIDE, "<>", YOU,
		"hold hold s:sender-domain(change-sender=p.example)", .header_from = ME},
	{"sender-domain without domains can't be brought about",
		P "set s provider=p ids=a@p.example relay=sender-domain", OUTSIDE, ME, YOU,
		"hold hold s:sender-domain"},
	{"recipient-domain, own", S("recipient-domain"), OUTSIDE, ME, "b@p.example",
		"send s/recipient-domain/any"},
	{"recipient-domain, foreign: nothing frees it", S("recipient-domain"), OUTSIDE, ME, YOU,
		"hold hold s:recipient-domain"},
	{"pop-login, none", S("pop-login") " pop=pop3://p", OUTSIDE, ME, YOU,
		"send s/pop-login/any+pop"},
	{"pop-login, without a pop server", S("pop-login"), OUTSIDE, ME, YOU,
		"hold hold s:pop-unavailable"},
	{"pop-login, fresh but without a pop server", S("pop-login"), OUTSIDE, ME, YOU,
		"hold hold s:pop-unavailable", .logins = "s=10"},
	{"auth, configured", S("auth") " user=a", OUTSIDE, ME, YOU, "send s/auth/any"},
	{"auth, not configured", S("auth"), OUTSIDE, ME, YOU,
		"hold hold s:auth-missing(credentials=s)"},
	{"an alternative is enough", S("inside;auth") " user=a", OUTSIDE, ME, YOU,
		"send s/auth/any"},
	{"no alternative: the first one's reason, each one's remedy",
		S("inside;auth;sender-domain;recipient-domain"), OUTSIDE, "x@x.example", YOU,
		"hold hold s:outside(enter=p credentials=s change-sender=p.example)",
		.header_from = ME},
	{"the same remedy once", S("inside+sender-domain;inside"), OUTSIDE, ME, YOU,
		"hold hold s:outside(enter=p)"},
	{"rule is written without blanks", S("inside+sender-domain"), INSIDE, ME, YOU,
		"send s/inside+sender-domain/ipv4"},
};

/* Joined terms: all must hold; reason of the first that does not. */
#define J(rule) S(rule) " pop=pop3://p"
static const FxRow joined[] = {
	{"inside+auth, both", S("inside+auth") " user=a", INSIDE, ME, YOU,
		"send s/inside+auth/ipv4"},
	{"inside+auth, no login", S("inside+auth"), INSIDE, ME, YOU,
		"hold hold s:auth-missing(credentials=s)"},
	{"inside+auth, outside", S("inside+auth") " user=a", OUTSIDE, ME, YOU,
		"hold hold s:outside(enter=p)"},
	{"inside+auth, neither", S("inside+auth"), OUTSIDE, ME, YOU,
		"hold hold s:outside(enter=p)"},
	{"auth+inside, neither: the order written", S("auth+inside"), OUTSIDE, ME, YOU,
		"hold hold s:auth-missing(credentials=s)"},
	{"inside+recipient-domain, neither: entering is not enough", S("inside+recipient-domain"),
		OUTSIDE, ME, YOU, "hold hold s:outside"},
	{"inside+recipient-domain, outside", S("inside+recipient-domain"), OUTSIDE, ME,
		"b@p.example", "hold hold s:outside(enter=p)"},
	{"pop-login+sender-domain, own", J("pop-login+sender-domain"), OUTSIDE, ME, YOU,
		"send s/pop-login+sender-domain/any+pop"},
	{"pop-login+sender-domain, foreign", J("pop-login+sender-domain") " carries=any", OUTSIDE,
		"x@x.example", YOU, "hold hold s:sender-domain(change-sender=p.example)"},
	{"case 4 of the old document, inside", J("inside+sender-domain;pop-login+sender-domain"),
		INSIDE, ME, YOU, "send s/inside+sender-domain/ipv4"},
	{"case 4, outside", J("inside+sender-domain;pop-login+sender-domain"), OUTSIDE, ME, YOU,
		"send s/pop-login+sender-domain/any+pop"},
	{"case 4, outside, foreign sender",
		J("inside+sender-domain;pop-login+sender-domain") " carries=any", OUTSIDE,
		"x@x.example", YOU, "hold hold s:outside(enter=p change-sender=p.example)"},
	{"inside+pop-login shares link and family", J("inside+pop-login"), INSIDE, ME, YOU,
		"send s/inside+pop-login/ipv4+pop"},
	{"all six", J("anywhere+inside+sender-domain+recipient-domain+pop-login+auth") " user=a",
		INSIDE, ME, "b@p.example",
		"send s/anywhere+inside+sender-domain+recipient-domain+pop-login+auth/ipv4+pop"},
};

/* Final delivery. */
static const FxRow local[] = {
	{"local from anywhere", S("inside") " local=p.example", OUTSIDE, ME, "b@p.example",
		"send s/local/any"},
	{"local is written before all others", S("anywhere") " local=p.example", OUTSIDE, ME,
		"b@p.example", "send s/local/any"},
	{"local also for a set without a rule", P "set s ids=a@p.example local=p.example", OUTSIDE,
		ME, "b@p.example", "send s/local/any"},
	{"a set without a rule carries nothing else", P "set s ids=a@p.example local=p.example",
		OUTSIDE, ME, YOU, "hold hold s:outside"},
	{"domains do not make it local", S("inside"), OUTSIDE, ME, "b@p.example",
		"hold hold s:outside(enter=p)"},
	{"no subdomains", S("inside") " local=p.example", OUTSIDE, ME, "b@sub.p.example",
		"hold hold s:outside(enter=p)"},
	{"no parent domains", S("inside") " local=sub.p.example", OUTSIDE, ME, "b@p.example",
		"hold hold s:outside(enter=p)"},
	{"without regard to case", S("inside") " local=P.Example", OUTSIDE, ME, "B@p.eXAMPLE",
		"send s/local/any"},
	{"only for a set that may carry the message", S("inside") " local=p.example", OUTSIDE,
		"x@x.example", "b@p.example", "hold hold -:no-set-for-sender(allow-carry=s)"},
	{"for the empty sender too", S("inside") " local=p.example carries=any", OUTSIDE, "",
		"b@p.example", "send s/local/any"},
	{"domain behind the last @", S("inside") " local=p.example", OUTSIDE, ME,
		"\"b@q\"@p.example", "send s/local/any"},
	{"a recipient without a domain is nobody's", S("recipient-domain") " local=p.example",
		OUTSIDE, ME, "b", "hold hold s:recipient-domain"},
};

/* POP login: same place and source, less than the window ago. */
#define POP P Q "set s provider=p " OWN " relay=pop-login pop=pop3://p window=600"
static const FxRow pop_login[] = {
	{"fresh", POP, OUTSIDE, ME, YOU, "send s/pop-login/any", .logins = "s=599"},
	{"just now", POP, OUTSIDE, ME, YOU, "send s/pop-login/any", .logins = "s=0"},
	{"the window is over", POP, OUTSIDE, ME, YOU, "send s/pop-login/any+pop",
		.logins = "s=600"},
	{"in the future", POP, OUTSIDE, ME, YOU, "send s/pop-login/any+pop", .logins = "s=-1"},
	{"another set's", POP, OUTSIDE, ME, YOU, "send s/pop-login/any+pop", .logins = "t=1"},
	{"from another place", POP, OUTSIDE, ME, YOU, "send s/pop-login/any+pop",
		.logins = "s=1!elsewhere"},
	{"from this address", POP, OUTSIDE, ME, YOU, "send s/pop-login/any@198.51.100.7",
		.logins = "s=1@198.51.100.7"},
	{"from an address we no longer have", POP, OUTSIDE, ME, YOU, "send s/pop-login/any+pop",
		.logins = "s=1@198.51.100.8"},
	{"the newest of several", POP, OUTSIDE " 2001:db8:9::7", ME, YOU,
		"send s/pop-login/any@2001:db8:9::7",
		.logins = "s=9@198.51.100.7 s=8@2001:db8:9::7 s=700@198.51.100.7"},
	{"of two at once the lower address", POP, OUTSIDE " 2001:db8:9::7", ME, YOU,
		"send s/pop-login/any@198.51.100.7",
		.logins = "s=8@2001:db8:9::7 s=8@198.51.100.7"},
	{"an address of another link than the plan's", POP, OUTSIDE "; eth1 ethernet 192.0.2.1", ME,
		YOU, "send s/pop-login/any/?+pop", .logins = "s=1@192.0.2.1"},
	{"of the family that inside holds for", J("inside+pop-login"),
		"eth0 ethernet 203.0.113.7 2001:db8:9::7", ME, YOU,
		"send s/inside+pop-login/ipv4+pop", .logins = "s=1@2001:db8:9::7"},
};

/* Overrides. */
#define TWO                                                                                        \
	P Q "set s provider=p " OWN " relay=inside\n"                                              \
	    "set t provider=q ids=c@q.example relay=inside domains=q.example"
static const FxRow overrides[] = {
	{"automatic", TWO, INSIDE, ME, YOU, "send s/inside/ipv4"},
	{"use lifts carries", TWO, OUTSIDE, ME, YOU, "send t/inside/ipv4", .override = "t"},
	{"use never breaks the set's rules", TWO, INSIDE, ME, YOU,
		"hold hold t:outside(enter=q) t:pinned(use=auto)", .override = "t"},
	{"pin lifts carries", TWO, OUTSIDE, ME, YOU, "send t/inside/ipv4", .pin = "t"},
	{"pin never breaks the set's rules", TWO, OUTSIDE, ME, YOU,
		"hold hold s:outside(enter=p) s:pinned(pin=auto)", .pin = "s"},
	{"pin beats use", TWO, OUTSIDE, ME, YOU, "send t/inside/ipv4", .pin = "t", .override = "s"},
	{"only that set, though another could", TWO, INSIDE, "c@q.example", YOU,
		"hold hold t:outside(enter=q) t:pinned(use=auto)", .override = "t"},
	{"a set that does not exist", TWO, INSIDE, ME, YOU, "hold hold gone:pinned(use=auto)",
		.override = "gone"},
	{"a pin to a set that does not exist", TWO, INSIDE, ME, YOU,
		"hold hold gone:pinned(pin=auto)", .pin = "gone", .override = "s"},
	{"offline concerns no set", TWO, "", ME, YOU, "hold hold -:offline", .override = "t"},
	{"recipients part under an override", TWO " local=q.example", INSIDE, ME,
		YOU " d@q.example",
		"split hold t:outside(enter=q) t:pinned(pin=auto) | t/local/any", .pin = "t"},
};

/* Who may carry. */
#define CARRY(how) Q "set t provider=q ids=c@q.example relay=anywhere " how
static const FxRow carries[] = {
	{"own address", CARRY(""), OUTSIDE, "c@q.example", YOU, "send t/anywhere/any"},
	{"own address, without regard to case", CARRY(""), OUTSIDE, "C@Q.Example", YOU,
		"send t/anywhere/any"},
	{"configured in upper case", Q "set t ids=C@Q.EXAMPLE relay=anywhere", OUTSIDE,
		"c@q.example", YOU, "send t/anywhere/any"},
	{"+tag of the message's address", CARRY(""), OUTSIDE, "c+lists@q.example", YOU,
		"send t/anywhere/any"},
	{"+tag and case", CARRY(""), OUTSIDE, "C+Lists@q.example", YOU, "send t/anywhere/any"},
	{"an identity with a tag owns that tag", Q "set t ids=c+x@q.example relay=anywhere",
		OUTSIDE, "c+x@q.example", YOU, "send t/anywhere/any"},
	{"and no other", Q "set t ids=c+x@q.example relay=anywhere", OUTSIDE, "c+y@q.example", YOU,
		"hold hold -:no-set-for-sender(allow-carry=t)"},
	{"another local part", CARRY(""), OUTSIDE, "d@q.example", YOU,
		"hold hold -:no-set-for-sender(allow-carry=t)"},
	{"all of a domain", Q "set t ids=@q.example relay=anywhere", OUTSIDE, "d@Q.example", YOU,
		"send t/anywhere/any"},
	{"not its subdomains", Q "set t ids=@q.example relay=anywhere", OUTSIDE, "d@s.q.example",
		YOU, "hold hold -:no-set-for-sender(allow-carry=t)"},
	{"own is the default", CARRY(""), OUTSIDE, ME, YOU,
		"hold hold -:no-set-for-sender(allow-carry=t)"},
	{"any", CARRY("carries=any"), OUTSIDE, ME, YOU, "send t/anywhere/any"},
	{"any for the empty sender", CARRY("carries=any"), OUTSIDE, "", YOU, "send t/anywhere/any"},
	{"a list", CARRY("carries=@p.example,@z.example"), OUTSIDE, ME, YOU, "send t/anywhere/any"},
	{"a list, without regard to case", CARRY("carries=@P.EXAMPLE"), OUTSIDE, ME, YOU,
		"send t/anywhere/any"},
	{"a list that has it not", CARRY("carries=@z.example"), OUTSIDE, ME, YOU,
		"hold hold -:no-set-for-sender(allow-carry=t)"},
	{"the identity is From, not the envelope sender", CARRY(""), OUTSIDE, ME, YOU,
		"send t/anywhere/any", .header_from = "c@q.example"},
	{"no From: the envelope sender", CARRY(""), OUTSIDE, "c@q.example", YOU,
		"send t/anywhere/any", .header_from = ""},
	{"IDN as given", Q "set t ids=c@b\303\274cher.example relay=anywhere", OUTSIDE,
		"c@b\303\274cher.EXAMPLE", YOU, "send t/anywhere/any"},
	{"IDN and its A-labels are one", Q "set t ids=c@b\303\274cher.example relay=anywhere",
		OUTSIDE, "c@xn--bcher-kva.example", YOU, "send t/anywhere/any"},
	{"quotation marks make no difference", Q "set t ids=c..c@d.example relay=anywhere", OUTSIDE,
		"\"c..c\"@d.example", YOU, "send t/anywhere/any"},
	{"nor those that are too many", Q "set t ids=c@d.example relay=anywhere", OUTSIDE,
		"\"C\"@d.example", YOU, "send t/anywhere/any"},
	{"only sets that would take it are offered",
		CARRY("") "\nset u provider=q ids=e@q.example relay=auth", OUTSIDE, ME, YOU,
		"hold hold -:no-set-for-sender(allow-carry=t)"},
	{"a longer address than usual", CARRY("carries=any"), OUTSIDE,
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		"aaaaa"
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa+tag@q.example",
		YOU, "send t/anywhere/any"},
};

/* The cheapest alternative. */
#define COST(relay) P "set s provider=p " OWN " pop=pop3://p user=a relay=" relay
static const FxRow costs[] = {
	{"inside before auth", COST("auth;inside"), INSIDE, ME, YOU, "send s/inside/ipv4"},
	{"auth before a fresh POP login", COST("pop-login;auth"), OUTSIDE, ME, YOU,
		"send s/auth/any", .logins = "s=1"},
	{"equal ones: the first written", COST("sender-domain;anywhere"), OUTSIDE, ME, YOU,
		"send s/sender-domain/any"},
	{"equal ones: the first written, turned", COST("anywhere;sender-domain"), OUTSIDE, ME, YOU,
		"send s/anywhere/any"},
	{"equal ones that cost something", COST("auth+sender-domain;auth"), OUTSIDE, ME, YOU,
		"send s/auth+sender-domain/any"},
	{"a POP login joined with auth costs the login", COST("pop-login+auth;auth"), OUTSIDE, ME,
		YOU, "send s/auth/any"},
	{"joined terms cost their dearest", COST("sender-domain+auth;anywhere"), OUTSIDE, ME, YOU,
		"send s/anywhere/any"},
	{"a joined POP login costs more than auth", COST("inside+pop-login;auth"), INSIDE, ME, YOU,
		"send s/auth/any"},
	{"local costs nothing", COST("auth") " local=other.example", OUTSIDE, ME, YOU,
		"send s/local/any"},
};

/* Ranks of sets. */
static const FxRow ranks[] = {
	{"owning before carrying, whatever it costs",
		P "set s ids=a@p.example relay=pop-login pop=pop3://p\n"
		  "set a provider=p carries=any relay=inside priority=9",
		INSIDE, ME, YOU, "send s/pop-login/any+pop"},
	{"owning before carrying, location first too",
		P "set s ids=a@p.example relay=pop-login pop=pop3://p\n"
		  "set a provider=p carries=any relay=inside priority=9",
		INSIDE, ME, YOU, "send s/pop-login/any+pop", .choose = RP_CHOOSE_LOCATION_FIRST},
	{"location-first: inside before cost",
		P "set s ids=a@p.example relay=anywhere priority=9\n"
		  "set t provider=p ids=a@p.example relay=pop-login pop=pop3://p",
		INSIDE, ME, YOU, "send t/pop-login/any+pop", .choose = RP_CHOOSE_LOCATION_FIRST},
	{"identity-first: cost",
		P "set s ids=a@p.example relay=anywhere priority=9\n"
		  "set t provider=p ids=a@p.example relay=pop-login pop=pop3://p",
		INSIDE, ME, YOU, "send s/anywhere/any"},
	{"location-first: inside nothing, then cost",
		P "set s ids=a@p.example relay=anywhere\n"
		  "set t provider=p ids=a@p.example relay=pop-login pop=pop3://p",
		OUTSIDE, ME, YOU, "send s/anywhere/any", .choose = RP_CHOOSE_LOCATION_FIRST},
	{"cost before priority",
		"set s ids=a@p.example relay=anywhere\n"
		"set t ids=a@p.example relay=auth user=a priority=9",
		OUTSIDE, ME, YOU, "send s/anywhere/any"},
	{"a fresh login before one to be made",
		"set s ids=a@p.example relay=pop-login pop=pop3://p\n"
		"set t ids=a@p.example relay=pop-login pop=pop3://p",
		OUTSIDE, ME, YOU, "send t/pop-login/any", .logins = "t=1"},
	{"priority, higher first",
		"set s ids=a@p.example relay=anywhere priority=1\n"
		"set t ids=a@p.example relay=anywhere priority=2",
		OUTSIDE, ME, YOU, "send t/anywhere/any"},
	{"priority may be negative",
		"set s ids=a@p.example relay=anywhere priority=-1\n"
		"set t ids=a@p.example relay=anywhere",
		OUTSIDE, ME, YOU, "send t/anywhere/any"},
	{"name, in byte order",
		"set b ids=a@p.example relay=anywhere\nset B ids=a@p.example relay=anywhere\n"
		"set \303\244 ids=a@p.example relay=anywhere",
		OUTSIDE, ME, YOU, "send B/anywhere/any"},
	{"held: one reason a set, in order of rank",
		P Q "set a carries=any provider=q relay=auth\n"
		    "set c ids=a@p.example provider=p relay=inside\n"
		    "set b ids=a@p.example provider=p relay=inside\n"
		    "set d ids=a@p.example provider=p relay=inside priority=1",
		OUTSIDE, ME, YOU,
		"hold hold d:outside(enter=p) b:outside(enter=p) c:outside(enter=p) "
		"a:auth-missing(credentials=a)"},
	{"held, location first: the set we are inside of before",
		P Q "set a carries=any relay=auth\n"
		    "set b carries=any provider=q relay=recipient-domain",
		OUTSIDE, ME, YOU, "hold hold b:recipient-domain a:auth-missing(credentials=a)",
		.choose = RP_CHOOSE_LOCATION_FIRST},
};

/* Recipients of one message stay together. */
#define MANY                                                                                       \
	P Q "set s provider=p ids=a@p.example relay=anywhere+recipient-domain domains=x.example\n" \
	    "set t carries=any relay=recipient-domain domains=x.example,y.example\n"               \
	    "set u carries=any relay=auth user=u priority=5"
static const FxRow together[] = {
	{"one takes all", MANY, INSIDE, ME, "1@x.example 2@x.example",
		"send s/anywhere+recipient-domain/any | s/anywhere+recipient-domain/any"},
	{"the best of those that take all, not each one's best", MANY, INSIDE, ME,
		"1@x.example 2@y.example", "send t/recipient-domain/any | t/recipient-domain/any"},
	{"a dearer one takes all", MANY, INSIDE, ME, "1@x.example 2@y.example 3@z.example",
		"send u/auth/any | u/auth/any | u/auth/any"},
	{"none takes all: each its best",
		"set s ids=a@p.example relay=recipient-domain domains=x.example\n"
		"set t ids=a@p.example relay=recipient-domain domains=y.example",
		INSIDE, ME, "1@x.example 2@y.example 3@x.example",
		"split s/recipient-domain/any | t/recipient-domain/any | s/recipient-domain/any"},
	{"together counts those that any set can take",
		"set s ids=a@p.example relay=recipient-domain domains=x.example\n"
		"set t ids=a@p.example relay=recipient-domain domains=x.example,y.example",
		INSIDE, ME, "1@x.example 2@z.example 3@y.example",
		"split t/recipient-domain/any | hold s:recipient-domain t:recipient-domain | "
		"t/recipient-domain/any"},
	{"some held, the others with their best",
		"set s ids=a@p.example relay=recipient-domain domains=x.example", INSIDE, ME,
		"1@x.example 2@z.example",
		"split s/recipient-domain/any | hold s:recipient-domain"},
	{"cost of all is the dearest recipient's",
		"set s ids=a@p.example relay=auth user=a local=x.example\n"
		"set t ids=a@p.example relay=auth user=a priority=1",
		INSIDE, ME, "1@x.example 2@y.example", "send t/auth/any | t/auth/any"},
	{"recipients as they came", MANY, INSIDE, ME, "2@X.example 1@x.example 2@X.example",
		"send s/anywhere+recipient-domain/any | s/anywhere+recipient-domain/any | "
		"s/anywhere+recipient-domain/any"},
	{"none can go", S("inside"), OUTSIDE, ME, "1@x.example 2@y.example",
		"hold hold s:outside(enter=p) | hold s:outside(enter=p)"},
	{"alternatives may differ within a set", S("inside") " local=x.example", INSIDE, ME,
		"1@x.example 2@y.example", "send s/local/any | s/inside/ipv4"},
};

/* What failed is not tried again in the same way. */
#define FAIL P Q "set s provider=p " OWN " relay=inside;auth user=a local=p.example"
#define ANY "\nset t ids=z@t.example carries=any relay=anywhere"
static const FxRow failures[] = {
	{"a refusal removes the alternative", FAIL, INSIDE, ME, YOU, "send s/auth/any",
		.failures = "refused s rule=inside until=60"},
	{"another alternative's refusal", FAIL, INSIDE, ME, YOU, "send s/inside/ipv4",
		.failures = "refused s rule=auth until=60"},
	{"all refused", FAIL, INSIDE, ME, YOU, "hold hold s:refused-here(retry-after=60)",
		.failures = "refused s rule=inside until=60;refused s rule=auth until=90"},
	{"all refused: the first to be free again", FAIL, INSIDE, ME, YOU,
		"hold hold s:refused-here(retry-after=60)",
		.failures = "refused s rule=inside until=90;refused s rule=auth until=60"},
	{"the set is free when all that keeps it is over", FAIL, INSIDE, ME, YOU,
		"hold hold s:tls-unavailable(retry-after=90)",
		.failures = "unreachable s until=90;tls-unavailable s until=60"},
	{"all refused, the other one's remedy stays", FAIL, OUTSIDE, ME, YOU,
		"hold hold s:refused-here(enter=p retry-after=90)",
		.failures = "refused s rule=auth until=90"},
	{"local refused", FAIL, OUTSIDE, ME, "b@p.example", "send s/auth/any",
		.failures = "refused s rule=local until=90"},
	{"at another place", FAIL, INSIDE, ME, YOU, "send s/inside/ipv4",
		.failures = "refused s rule=inside until=60 place=elsewhere"},
	{"its time has come", FAIL, INSIDE, ME, YOU, "send s/inside/ipv4",
		.failures = "refused s rule=inside until=0"},
	{"of an earlier configuration", FAIL " revision=2", INSIDE, ME, YOU, "send s/inside/ipv4",
		.failures = "refused s rule=inside until=60 revision=1"},
	{"of this configuration", FAIL " revision=2", INSIDE, ME, YOU, "send s/auth/any",
		.failures = "refused s rule=inside until=60 revision=2"},
	{"of a set that is gone", FAIL, INSIDE, ME, YOU, "send s/inside/ipv4",
		.failures = "refused gone rule=inside until=60;unreachable gone until=60"},
	{"for this sender", FAIL, INSIDE, ME, YOU, "send s/auth/any",
		.failures = "refused s rule=inside until=60 sender=A@P.example"},
	{"for another sender", FAIL, INSIDE, ME, YOU, "send s/inside/ipv4",
		.failures = "refused s rule=inside until=60 sender=z@p.example"},
	{"this sender, who is in the domain", S("inside"), INSIDE, ME, YOU,
		"hold hold s:refused-here(other-sender=p.example retry-after=60)",
		.failures = "refused s rule=inside until=60 sender=A@P.example"},
	{"for this recipient domain", FAIL, INSIDE, ME, YOU, "send s/auth/any",
		.failures = "refused s rule=inside until=60 domain=other.example"},
	{"for another recipient domain", FAIL, INSIDE, ME, YOU, "send s/inside/ipv4",
		.failures = "refused s rule=inside until=60 domain=x.example"},
	{"for the pair, one half of it", FAIL, INSIDE, ME, YOU, "send s/inside/ipv4",
		.failures = "refused s rule=inside until=60 sender=a@p.example domain=x.example"},
	{"for one of two recipients", S("inside"), INSIDE, ME, "1@x.example 2@y.example",
		"split hold s:refused-here(retry-after=60) | s/inside/ipv4",
		.failures = "refused s rule=inside until=60 domain=x.example"},
	{"pop-login-failed removes the set here", FAIL, INSIDE, ME, YOU,
		"hold hold s:pop-login-failed(pop-login=s retry-after=60)",
		.failures = "pop-login-failed s until=60"},
	{"tls-unavailable", FAIL, INSIDE, ME, YOU, "hold hold s:tls-unavailable(retry-after=60)",
		.failures = "tls-unavailable s until=60"},
	{"unreachable", FAIL, OUTSIDE, ME, YOU, "hold hold s:unreachable(enter=p retry-after=60)",
		.failures = "unreachable s until=60"},
	{"intercepted", FAIL, INSIDE, ME, YOU, "hold hold s:intercepted(retry-after=60)",
		.failures = "intercepted s until=60"},
	{"unreachable for local delivery too", FAIL, INSIDE, ME, "b@p.example",
		"hold hold s:unreachable(retry-after=60)", .failures = "unreachable s until=60"},
	{"unreachable elsewhere", FAIL, INSIDE, ME, YOU, "send s/inside/ipv4",
		.failures = "unreachable s until=60 place=elsewhere"},
	{"rejected: the user is asked", FAIL, INSIDE, ME, YOU, "hold hold s:server-rejected(user)",
		.failures = "rejected s"},
	{"rejected elsewhere", FAIL, INSIDE, ME, YOU, "send s/inside/ipv4",
		.failures = "rejected s place=elsewhere"},
	{"rejected: no other set is asked", FAIL ANY, INSIDE, ME, YOU,
		"hold hold s:server-rejected(user)", .failures = "rejected s"},
	{"rejected, where it would not go anyway", S("inside") ANY, OUTSIDE, ME, YOU,
		"send t/anywhere/any", .failures = "rejected s"},
	{"rejected by one that is not the best", FAIL ANY, INSIDE, ME, YOU, "send s/inside/ipv4",
		.failures = "rejected t"},
	{"rejected, and another was chosen by hand", FAIL ANY, INSIDE, ME, YOU,
		"send t/anywhere/any", .failures = "rejected s", .override = "t"},
	{"rejected, and unreachable later", FAIL ANY, INSIDE, ME, YOU, "send t/anywhere/any",
		.failures = "rejected s;unreachable s until=60"},
	{"rejected for one of two recipients", S("recipient-domain") ANY, INSIDE, ME,
		"1@p.example 2@y.example", "split hold s:server-rejected(user) | t/anywhere/any",
		.failures = "rejected s"},
	{"auth-failed removes the set everywhere", FAIL, INSIDE, ME, YOU,
		"hold hold s:auth-failed(credentials=s)", .failures = "auth-failed s"},
	{"auth-failed, wherever it happened", FAIL, INSIDE, ME, YOU,
		"hold hold s:auth-failed(credentials=s)",
		.failures = "auth-failed s place=elsewhere"},
	{"auth-failed of an earlier configuration", FAIL " revision=2", INSIDE, ME, YOU,
		"send s/inside/ipv4", .failures = "auth-failed s revision=1"},
	{"of several what concerns most", FAIL, INSIDE, ME, YOU,
		"hold hold s:auth-failed(credentials=s)",
		.failures = "unreachable s until=60;auth-failed s;tls-unavailable s until=99"},
	{"of two alike the longer", FAIL, INSIDE, ME, YOU,
		"hold hold s:unreachable(retry-after=90)[y]",
		.failures = "unreachable s until=60 detail=x;unreachable s until=90 detail=y"},
	{"of two refusals the longer", S("inside"), INSIDE, ME, YOU,
		"hold hold s:refused-here(retry-after=90)[y]",
		.failures = "refused s rule=inside until=60 detail=x;"
			    "refused s rule=inside until=90 detail=y"},
	{"of two that last as long, the words decide", FAIL, INSIDE, ME, YOU,
		"hold hold s:unreachable(retry-after=60)[a]",
		.failures = "unreachable s until=60 detail=b;unreachable s until=60 detail=a"},
	{"a failure is not the reason where nothing would have held", S("inside"), OUTSIDE, ME, YOU,
		"hold hold s:outside(enter=p)", .failures = "unreachable s until=60"},
	{"another set takes over", TWO "\nset u ids=a@p.example relay=anywhere", INSIDE, ME, YOU,
		"send u/anywhere/any",
		.failures = "unreachable s until=60;refused u rule=x until=9"},
	{"a set that carries nobody's mail does not, but would", TWO, OUTSIDE, ME, YOU,
		"hold hold s:outside(enter=p pin=t allow-carry=t)",
		.failures = "unreachable s until=60"},
	{"nor where a POP login can't be made, but would", S("pop-login") "\nset t relay=anywhere",
		INSIDE, ME, YOU, "hold hold s:pop-unavailable(pin=t allow-carry=t)"},
	{"under an override it is not asked who would", TWO, OUTSIDE, ME, YOU,
		"hold hold s:outside(enter=p) s:pinned(use=auto)", .override = "s"},
	{"under an override followed by pinned", FAIL, INSIDE, ME, YOU,
		"hold hold s:unreachable(retry-after=60) s:pinned(use=auto)",
		.failures = "unreachable s until=60", .override = "s"},
};

/* Before all this. */
static const FxRow before[] = {
	{"offline", S("anywhere"), "", ME, YOU, "hold hold -:offline"},
	{"a link without an address", S("anywhere"), "ppp0 ppp", ME, YOU, "hold hold -:offline"},
	{"no connectivity", S("anywhere"), INSIDE " none", ME, YOU, "hold hold -:offline"},
	{"limited connectivity", S("anywhere"), INSIDE " limited", ME, YOU, "send s/anywhere/any"},
	{"unknown connectivity counts as usable", S("anywhere"), INSIDE " unknown", ME, YOU,
		"send s/anywhere/any"},
	{"portal", S("anywhere"), INSIDE " portal", ME, YOU, "hold hold -:portal"},
	{"every recipient of it", S("anywhere"), INSIDE " portal", ME, "1@x 2@y",
		"hold hold -:portal | hold -:portal"},
	{"a portal, and a link that is none", S("anywhere"),
		"wlan0 wifi 203.0.113.7 portal; wwan0 cellular 198.51.100.7 default", ME, YOU,
		"send s/anywhere/any/?"},
	{"the kernel's way out is a portal, whatever else is up", S("anywhere"),
		"wlan0 wifi 203.0.113.7 portal default; wwan0 cellular 198.51.100.7", ME, YOU,
		"hold hold -:portal"},
	{"by one family a portal", S("anywhere"),
		"wlan0 wifi 203.0.113.7 portal default4; wwan0 cellular 2001:db8:9::7 default6", ME,
		YOU, "send s/anywhere/ipv6/?"},
	{"inside only by the portal's link", S("inside"),
		"wlan0 wifi 203.0.113.7 portal; wwan0 cellular 198.51.100.7 default", ME, YOU,
		"hold hold s:outside(enter=p)"},
	{"paused", S("inside"), INSIDE, ME, YOU, "hold hold -:paused(user=resume)", .paused = TRUE},
	{"paused comes before where we are", S("inside"), "", ME, YOU,
		"hold hold -:paused(user=resume)", .paused = TRUE},
	{"paused comes before whose it is", S("inside"), INSIDE, "who@no.example", YOU,
		"hold hold -:paused(user=resume)", .paused = TRUE},
	{"metered, small", S("inside"), INSIDE " metered", ME, YOU, "send s/inside/ipv4",
		.metered_limit = 1000, .size = 1000},
	{"metered, large", S("inside"), INSIDE " metered", ME, YOU,
		"hold hold -:metered(unmetered)", .metered_limit = 1000, .size = 1001},
	{"metered, no limit", S("inside"), INSIDE " metered", ME, YOU, "send s/inside/ipv4",
		.size = 1001},
	{"metered, what another link is does not count", S("inside"),
		INSIDE " metered; wlan0 wifi 192.168.1.2", ME, YOU,
		"hold hold -:metered(unmetered)", .metered_limit = 1000, .size = 1001},
	{"metered, the other link is a portal", S("inside"),
		INSIDE " metered; wlan0 wifi 192.168.1.2 portal", ME, YOU,
		"hold hold -:metered(unmetered)", .metered_limit = 1000, .size = 1001},
	{"not metered, large", S("inside"), INSIDE, ME, YOU, "send s/inside/ipv4",
		.metered_limit = 1000, .size = 1001},
	{"offline before metered", S("inside"), "", ME, YOU, "hold hold -:offline",
		.metered_limit = 1, .size = 2},
};

/* Link and family. */
#define V6 "2001:db8:1::7"
#define V6_ELSEWHERE "2001:db8:9::7"
static const FxRow families[] = {
	{"inside by IPv4 only", S("inside"), "e ethernet 203.0.113.7 " V6_ELSEWHERE, ME, YOU,
		"send s/inside/ipv4"},
	{"inside by IPv6 only", S("inside"), "e ethernet 198.51.100.7 " V6, ME, YOU,
		"send s/inside/ipv6"},
	{"inside by both", S("inside"), "e ethernet 203.0.113.7 " V6, ME, YOU, "send s/inside/any"},
	{"inside by none", S("inside"), "e ethernet 198.51.100.7 " V6_ELSEWHERE, ME, YOU,
		"hold hold s:outside(enter=p)"},
	{"IPv6 alone", S("inside"), "e ethernet " V6, ME, YOU, "send s/inside/ipv6"},
	{"an IPv4-mapped address is the IPv4 address", S("inside"), "e ethernet ::ffff:203.0.113.7",
		ME, YOU, "send s/inside/ipv4"},
	{"inside had no part", S("auth") " user=a", "e ethernet 203.0.113.7 " V6_ELSEWHERE, ME, YOU,
		"send s/auth/any"},
	{"bound to the link that is inside", S("inside"),
		"e ethernet 198.51.100.7 default; ppp0 ppp 203.0.113.7", ME, YOU,
		"send s/inside/ipv4/ppp0"},
	{"no part: the kernel routes", S("anywhere"),
		"e ethernet 198.51.100.7; ppp0 ppp 203.0.113.7 default", ME, YOU,
		"send s/anywhere/any/?"},
	{"no part: a default route a family", S("anywhere"),
		"e ethernet " V6 " default6; ppp0 ppp 203.0.113.7 default4", ME, YOU,
		"send s/anywhere/any/?"},
	{"no part, IPv6 only", S("anywhere"), "a ethernet 192.0.2.1; e ethernet " V6 " default6",
		ME, YOU, "send s/anywhere/any/?"},
	{"two links inside: the default route's", S("inside"),
		"a ethernet 203.0.113.7; b ethernet " V6 " default", ME, YOU,
		"send s/inside/ipv6/b"},
	{"two links inside, neither default: the first by name", S("inside"),
		"b ethernet 203.0.113.8; a ethernet 203.0.113.7; c wifi 192.0.2.1 default", ME, YOU,
		"send s/inside/ipv4/a"},
	{"evidence without an address holds for both families",
		"provider p nm=Home\nset s provider=p " OWN " relay=inside",
		"e wifi 192.0.2.1 nm=Home", ME, YOU, "send s/inside/any"},
	{"inside by the public address", S("inside"), "e wifi 192.168.1.5 public=203.0.113.9", ME,
		YOU, "send s/inside/ipv4"},
	{"every containing provider counts",
		P "provider big net=203.0.0.0/8\nset s provider=big " OWN " relay=inside\n", INSIDE,
		ME, YOU, "send s/inside/ipv4"},
	{"the same private prefix at two providers",
		"provider p net=10.0.0.0/8\nprovider q net=10.0.0.0/8\n"
		"set s provider=q " OWN " relay=inside",
		"e wifi 10.1.2.3", ME, YOU, "send s/inside/ipv4"},
};

#define VPN "; tun0 vpn 192.0.2.9 default"
static const FxRow vpn[] = {
	{"no VPN", S("inside"), "wlan0 wifi 203.0.113.7", ME, YOU, "send s/inside/ipv4"},
	{"a replaced link is no evidence", S("inside"), "wlan0 wifi 203.0.113.7" VPN, ME, YOU,
		"hold hold s:outside(enter=p)"},
	{"nor bound to", S("auth") " user=a", "wlan0 wifi 203.0.113.7" VPN, ME, YOU,
		"send s/auth/any/?"},
	{"unless bypass-vpn", S("inside") " bypass=yes", "wlan0 wifi 203.0.113.7" VPN, ME, YOU,
		"send s/inside/ipv4/wlan0"},
	{"bypass-vpn, inside or not", S("auth") " user=a bypass=yes", "wlan0 wifi 203.0.113.7" VPN,
		ME, YOU, "send s/auth/any/wlan0"},
	{"bypass-vpn without a VPN: the kernel routes", S("auth") " user=a bypass=yes",
		"wlan0 wifi 203.0.113.7; e ethernet 192.0.2.1", ME, YOU, "send s/auth/any/?"},
	{"a VPN that is not the default route replaces nothing", S("inside"),
		"wlan0 wifi 203.0.113.7 default; tun0 vpn 192.0.2.9", ME, YOU,
		"send s/inside/ipv4/wlan0"},
	{"inside by the VPN itself", S("inside"),
		"wlan0 wifi 192.168.1.2; tun0 vpn 203.0.113.7 default", ME, YOU,
		"send s/inside/ipv4/tun0"},
	{"a VPN replaces the family whose default route it took", S("inside"),
		"wlan0 wifi 203.0.113.7 default4; tun0 vpn 2001:db8:9::1 default6", ME, YOU,
		"send s/inside/ipv4/wlan0"},
	{"and no other", S("inside"),
		"wlan0 wifi 192.0.2.7 " V6 " default4; tun0 vpn 2001:db8:9::1 default6", ME, YOU,
		"hold hold s:outside(enter=p)"},
	{"evidence by name holds for what is left",
		"provider p ssid=S\nset s provider=p " OWN " relay=inside",
		"wlan0 wifi 192.0.2.7 2001:db8:7::7 ssid=S default6; tun0 vpn 192.0.2.9 default4",
		ME, YOU, "send s/inside/ipv6/wlan0"},
	{"location-first counts what the set may use",
		P "set a carries=any provider=p relay=auth user=a\n"
		  "set b carries=any provider=p relay=auth user=a bypass=yes",
		"wlan0 wifi 203.0.113.7" VPN, ME, YOU, "send b/auth/any/wlan0",
		.choose = RP_CHOOSE_LOCATION_FIRST},
};

static void
add_rows(const char *group, const FxRow *rows, gsize n_rows)
{
	for (gsize i = 0; i < n_rows; i++) {
		g_autofree char *path = g_strdup_printf("/policy/%s/%s", group, rows[i].name);
		g_test_add_data_func(path, &rows[i], check_row);
	}
}
#define ADD_ROWS(rows) add_rows(#rows, rows, G_N_ELEMENTS(rows))

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions(); /* say all rows that are wrong, not the first */
	ADD_ROWS(shown);
	ADD_ROWS(terms);
	ADD_ROWS(joined);
	ADD_ROWS(local);
	ADD_ROWS(pop_login);
	ADD_ROWS(overrides);
	ADD_ROWS(carries);
	ADD_ROWS(costs);
	ADD_ROWS(ranks);
	ADD_ROWS(together);
	ADD_ROWS(failures);
	ADD_ROWS(before);
	ADD_ROWS(families);
	ADD_ROWS(vpn);
	return g_test_run();
}
