/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <string.h>

/* Nine providers of March 1999 and a combination, by what each said of its own servers: every
 * place, sender, recipient and state of the POP login. What is expected is worked out from the
 * statement, by the functions below, not from the rules that the configuration makes of it. */

typedef enum { INSIDE, AT_ANOTHER_PROVIDER, ROUTED_LAN, N_WHERE } Where;
typedef enum { OWN, FOREIGN, N_WHOSE } Whose;
typedef enum { FRESH, STALE, NONE, N_LOGINS } Login;
typedef enum { REFUSES, TAKES, TAKES_AFTER_POP } Verdict;

typedef struct {
	Where where;
	Whose sender;
	Whose recipient;
	Login login;
} Cell;

/* "Mail can be received from outside; it can't be sent through our server from outside." The same
 * of ASAHI Net ("SMTP only from its own access points"), Dream Net ("neither through other
 * providers' access points nor from a LAN"), Tokai Internet ("from outside, in principle no
 * sending"), and DTI, which says nothing of SMTP. */
static Verdict
only_from_inside(const Cell *cell)
{
	return cell->where == INSIDE ? TAKES : REFUSES;
}

/* "From another network, a mail check first; sending within ten minutes of it." So-net, IIJ4U. */
static Verdict
mail_check_first(const Cell *cell)
{
	if (cell->where == INSIDE || cell->login == FRESH)
		return TAKES;
	return TAKES_AFTER_POP;
}

/* "From outside, refuses mail whose sender and recipient are both not ours." Internet Jah; at-m
 * says it the other way round ("takes mail with at-m.or.jp in From or To"). */
static Verdict
refuses_strangers(const Cell *cell)
{
	if (cell->where == INSIDE || cell->sender == OWN || cell->recipient == OWN)
		return TAKES;
	return REFUSES;
}

/* The fourth case of the document: restrictions joined. From inside only our own senders, from
 * outside only our own senders and only after a mail check. */
static Verdict
own_senders_and_mail_check(const Cell *cell)
{
	if (cell->sender == FOREIGN)
		return REFUSES;
	return mail_check_first(cell);
}

static const struct {
	const char *name;
	const char *domain;
	const char *relay;
	gboolean pop;
	Verdict (*says)(const Cell *cell);
} providers[] = {
	{"ODN", "odn.ne.jp", "inside", TRUE, only_from_inside},
	{"So-net", "so-net.ne.jp", "inside;pop-login", TRUE, mail_check_first},
	{"DTI", "dti.ne.jp", "inside", TRUE, only_from_inside},
	{"IIJ4U", "iij4u.or.jp", "inside;pop-login", TRUE, mail_check_first},
	{"ASAHI-Net", "asahi-net.or.jp", "inside", TRUE, only_from_inside},
	{"Dream-Net", "dreamnet.ne.jp", "inside", FALSE, only_from_inside},
	{"Jah", "jah.ne.jp", "inside;sender-domain;recipient-domain", FALSE, refuses_strangers},
	{"Tokai", "tokai.or.jp", "inside", FALSE, only_from_inside},
	{"at-m", "at-m.or.jp", "inside;sender-domain;recipient-domain", FALSE, refuses_strangers},
	{"combination", "case4.example", "inside+sender-domain;pop-login+sender-domain", TRUE,
		own_senders_and_mail_check},
};

static const char *const places[N_WHERE] = {
	[INSIDE] = "ppp0 ppp 203.0.113.7",
	[AT_ANOTHER_PROVIDER] = "ppp0 ppp 198.51.100.7",
	/* the office's own addresses, routed to the world through the provider */
	[ROUTED_LAN] = "eth0 ethernet 192.0.2.7",
};
static const char *const logins[N_LOGINS] = {
	[FRESH] = "set=599",
	[STALE] = "set=600",
	[NONE] = "",
};

/* Final delivery is never relaying: it is accepted from everybody. */
static Verdict
expected(gsize provider, const Cell *cell)
{
	return cell->recipient == OWN ? TAKES : providers[provider].says(cell);
}

static void
check_cell(gsize provider, const Cell *cell)
{
	g_autofree char *config = g_strdup_printf("provider p net=203.0.113.0/24\n"
						  "provider other net=198.51.100.0/24\n"
						  "set set provider=p ids=taro@%s carries=any "
						  "relay=%s domains=%s local=%s window=600%s",
		providers[provider].domain, providers[provider].relay, providers[provider].domain,
		providers[provider].domain, providers[provider].pop ? " pop=pop3://pop" : "");
	g_autofree char *own = g_strconcat("taro@", providers[provider].domain, NULL);
	g_autofree char *own_friend = g_strconcat("hanako@", providers[provider].domain, NULL);
	FxRow row = {
		.config = config,
		.place = places[cell->where],
		.from = cell->sender == OWN ? own : "taro@elsewhere.example",
		.to = cell->recipient == OWN ? own_friend : "hanako@another.example",
		.logins = logins[cell->login],
	};
	g_autofree char *got = fx_decide(&row);
	Verdict verdict = g_str_has_prefix(got, "hold") ? REFUSES
			  : strstr(got, "+pop")         ? TAKES_AFTER_POP
							: TAKES;

	if (verdict != expected(provider, cell))
		g_test_message("%s where %d sender %d recipient %d login %d: %s",
			providers[provider].name, cell->where, cell->sender, cell->recipient,
			cell->login, got);
	g_assert_cmpint(verdict, ==, expected(provider, cell));
}

static void
check_provider(gconstpointer data)
{
	gsize provider = GPOINTER_TO_SIZE(data);
	guint cells = 0;

	for (guint i = 0; i < N_WHERE * N_WHOSE * N_WHOSE * N_LOGINS; i++) {
		Cell cell = {
			.where = i % N_WHERE,
			.sender = i / N_WHERE % N_WHOSE,
			.recipient = i / N_WHERE / N_WHOSE % N_WHOSE,
			.login = i / N_WHERE / N_WHOSE / N_WHOSE,
		};
		check_cell(provider, &cell);
		cells++;
	}
	g_test_message("%s: %u cells", providers[provider].name, cells);
	g_assert_cmpuint(cells, ==, 36);
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_set_nonfatal_assertions();
	for (gsize i = 0; i < G_N_ELEMENTS(providers); i++) {
		g_autofree char *path = g_strconcat("/providers-1999/", providers[i].name, NULL);
		g_test_add_data_func(path, GSIZE_TO_POINTER(i), check_provider);
	}
	return g_test_run();
}
