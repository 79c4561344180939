/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

/* One file, one thing wrong with it, and what must be said: where and what instead. */

static const char *shipped_providers; /* their folder in the source */

#define SET "[server-set odn]\nidentities=taro@odn.example\nsmtp=smtp://mail.odn.example\n"
#define PROVIDER "[provider odn]\nprefixes=203.0.113.0/24\n"
#define TEN "1234567890"
#define HUNDRED TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN
#define LOGIN "smtp-user=taro\nsmtp-password-command=pass\n"

typedef struct {
	const char *text;
	RpConfigSeverity severity;
	guint line;
	const char *group, *key;
	const char *says;
} Row;

static const Row rows[] = {
	/* a password is no token */
	{SET "smtp-user=taro\nsmtp-password=geheim\nsmtp-auth=xoauth2\n", RP_CONFIG_ERROR, 5,
		"server-set odn", "smtp-password", "write smtp-password-from=oauth:NAME"},
	{SET "smtp-user=taro\nsmtp-auth=oauthbearer\nsmtp-password=geheim\n", RP_CONFIG_ERROR, 6,
		"server-set odn", "smtp-password", "or take out smtp-auth=oauthbearer"},
	{SET "pop=pop3s://h\npop-user=taro\npop-password=geheim\npop-auth=xoauth2\n",
		RP_CONFIG_ERROR, 6, "server-set odn", "pop-password",
		"pop-password-command with a command that prints a token"},
	/* the file's form */
	{"choose=auto\n", RP_CONFIG_ERROR, 1, NULL, NULL, "before the first group"},
	{"agent\nchoose=auto\n\nnotify=no\n", RP_CONFIG_ERROR, 1, NULL, NULL,
		"did you mean [agent]?"},
	{"identities=a@a.example\nsmtp=smtp://m\nserver-set odn\nsmtp-user=a\n", RP_CONFIG_ERROR, 3,
		NULL, NULL, "did you mean [server-set odn]?"},
	{"server-set odn]\nidentities=a@a.example\nsmtp=smtp://m\n", RP_CONFIG_ERROR, 1, NULL, NULL,
		"did you mean [server-set odn]?"},
	{"choose=auto\nnotify=no\nreports=none\nlisten=off\n", RP_CONFIG_ERROR, 1, NULL, NULL,
		"before the first group"},
	{"[server-set odn]\nidentities＝h@odn.example\nsmtp ＝ smtp://m\nrelay＝anywhere\n",
		RP_CONFIG_ERROR, 2, "server-set odn", NULL, "full-width"},
	{"［agent］\nnotify=no\nreports=none\n", RP_CONFIG_ERROR, 1, NULL, NULL,
		"a group is written [NAME]"},
	{"[agent]\n\nnotify\n", RP_CONFIG_ERROR, 3, "agent", NULL, "neither KEY=VALUE"},
	{"[agent\nnotify=yes\n", RP_CONFIG_ERROR, 1, NULL, NULL, "a group is written [NAME]"},
	{"[agent]\nnotify=no\n[server-set odn\nidentities=a@a.example\nsmtp=smtp://m\nsmtp-user=a\n"
	 "pop=pop3://m\nrelay=auth\n",
		RP_CONFIG_ERROR, 3, NULL, NULL, "a group is written [NAME]"},
	{"[agent]\nnotify=no\nserver-set odn]\n", RP_CONFIG_ERROR, 3, NULL, NULL,
		"did you mean [server-set odn]?"},
	{"[agent]\n; notify=yes\n", RP_CONFIG_ERROR, 2, "agent", NULL, "a comment begins with #"},
	{"[agent]\nmda=\xff\n", RP_CONFIG_ERROR, 2, "agent", NULL, "not UTF-8"},
	{"[agent]\nmda=a\\x\n", RP_CONFIG_ERROR, 2, "agent", "mda", "backslash"},
	{"[agent]\nnotify=yes\nnotify=no\n", RP_CONFIG_WARNING, 3, "agent", "notify", "line 2"},
	/* groups */
	{"[agnet]\nnotify=yes\n", RP_CONFIG_ERROR, 1, "agnet", NULL, "did you mean [agent]?"},
	{"\n[serverset odn]\n", RP_CONFIG_ERROR, 2, "serverset odn", NULL,
		"did you mean [server-set odn]?"},
	{"[smtp]\n", RP_CONFIG_ERROR, 1, "smtp", NULL, "[server-set NAME]"},
	{"[provider]\n", RP_CONFIG_ERROR, 1, "provider", NULL, "[provider NAME]"},
	{"[agent x]\n", RP_CONFIG_ERROR, 1, "agent x", NULL, "takes no name"},
	{"[server-set auto]\nsmtp=smtp://m\n", RP_CONFIG_ERROR, 1, "server-set auto", NULL,
		"automatic"},
	{"[server-set a=b]\nsmtp=smtp://m\n", RP_CONFIG_ERROR, 1, "server-set a=b", NULL,
		"must not contain"},
	{"[server-set x y]\nsmtp=smtp://m\n", RP_CONFIG_ERROR, 1, "server-set x y", NULL,
		"join its words"},
	{"[provider Tokai Internet]\n", RP_CONFIG_ERROR, 1, "provider Tokai Internet", NULL,
		"name="},
	/* keys */
	{"[agent]\n\n\nchose=identity-first\n", RP_CONFIG_ERROR, 4, "agent", "chose",
		"did you mean “choose”?"},
	{SET "smpt-user=x\n", RP_CONFIG_ERROR, 4, "server-set odn", "smpt-user",
		"did you mean “smtp-user”?"},
	{"[provider odn]\nprefixes[ja]=x\n", RP_CONFIG_ERROR, 2, "provider odn", "prefixes[ja]",
		"unknown key"},
	{"[agent]\nzzzzzz=1\n", RP_CONFIG_ERROR, 2, "agent", "zzzzzz", "roampost.conf(5)"},
	/* values */
	{"[agent]\nchoose=location-frist\n", RP_CONFIG_ERROR, 2, "agent", "choose",
		"did you mean “location-first”?"},
	{"[agent]\nnotify=maybe\n", RP_CONFIG_ERROR, 2, "agent", "notify", "neither yes nor no"},
	{"[agent]\nnotify=yes ; sometimes\n", RP_CONFIG_ERROR, 2, "agent", "notify",
		"a comment must stand on a line of its own"},
	{"[agent]\nmetered-limit=1MB\n", RP_CONFIG_ERROR, 2, "agent", "metered-limit", "512K"},
	{"[agent]\nlisten=192.0.2.1:25\n", RP_CONFIG_ERROR, 2, "agent", "listen", "loopback"},
	{"[agent]\nmetered-limit=1025G\n", RP_CONFIG_ERROR, 2, "agent", "metered-limit",
		"at most 1T"},
	{"[agent]\nlisten=/" HUNDRED "1234567\n", RP_CONFIG_ERROR, 2, "agent", "listen",
		"at most 107 octets"},
	{"[agent]\nlisten=localhost:65536\n", RP_CONFIG_ERROR, 2, "agent", "listen", "1 to 65535"},
	{"[agent]\nlisten=[::1]:0\n", RP_CONFIG_ERROR, 2, "agent", "listen", "1 to 65535"},
	{"[agent]\nlisten=127.0.0.1\n", RP_CONFIG_ERROR, 2, "agent", "listen", "127.0.0.1:2525"},
	{"[agent]\nmaildir=Maildir\n", RP_CONFIG_ERROR, 2, "agent", "maildir", "~/"},
	{"[agent]\nreports=mail\n", RP_CONFIG_ERROR, 2, "agent", "reports", "notify, maildir"},
	{"[agent]\npublic-address=igd\n", RP_CONFIG_ERROR, 2, "agent", "public-address", "gateway"},
	{"[agent]\ndefault-identity=Taro <taro@odn.example>\n", RP_CONFIG_ERROR, 2, "agent",
		"default-identity", "user@domain"},
	{"[agent]\nqualify-domain=@odn.example\n", RP_CONFIG_ERROR, 2, "agent", "qualify-domain",
		"odn.example"},
	{"[provider odn]\nprefixes=203.0.113.0/24;203.0.113.7/24\n", RP_CONFIG_ERROR, 2,
		"provider odn", "prefixes", "203.0.113.0/24"},
	{"[provider odn]\nprefixes=2001:db8::/129\n", RP_CONFIG_ERROR, 2, "provider odn",
		"prefixes", "2001:db8::/129"},
	{"[provider odn]\nasn=four\n", RP_CONFIG_ERROR, 2, "provider odn", "asn", "AS number"},
	{"[provider odn]\ngateways=52:54\n", RP_CONFIG_ERROR, 2, "provider odn", "gateways",
		"52:54:00:12:34:56"},
	{"[provider odn]\ndhcp-options=odn\n", RP_CONFIG_ERROR, 2, "provider odn", "dhcp-options",
		"NAME=VALUE"},
	{"[provider odn]\ndhcp-options=expiry=5\n", RP_CONFIG_ERROR, 2, "provider odn",
		"dhcp-options", "does not tell networks apart"},
	{"[provider odn]\nreachable=in.odn.example\n", RP_CONFIG_ERROR, 2, "provider odn",
		"reachable", "HOST:PORT"},
	{"[provider odn]\nreachable=2001:db8::1\n", RP_CONFIG_ERROR, 2, "provider odn", "reachable",
		"HOST:PORT"},
	{"[provider odn]\noperators=docomo\n", RP_CONFIG_ERROR, 2, "provider odn", "operators",
		"MCC"},
	{SET "pop-window=106751991d\n", RP_CONFIG_ERROR, 4, "server-set odn", "pop-window",
		"at most 3650d"},
	{SET "pop-window=5\n", RP_CONFIG_ERROR, 4, "server-set odn", "pop-window", "10min"},
	{SET "priority=high\n", RP_CONFIG_ERROR, 4, "server-set odn", "priority", "whole number"},
	{SET "connections=0\n", RP_CONFIG_ERROR, 4, "server-set odn", "connections", "auto"},
	{SET "relay=insde\n", RP_CONFIG_ERROR, 4, "server-set odn", "relay", "inside"},
	{SET "relay=always\n", RP_CONFIG_ERROR, 4, "server-set odn", "relay",
		"there are anywhere, inside, sender-domain"},
	{SET "relay=inside+\n", RP_CONFIG_ERROR, 4, "server-set odn", "relay", "inside+"},
	{SET "carries=all\n", RP_CONFIG_ERROR, 4, "server-set odn", "carries", "own, any"},
	{SET "carries=club.example\n", RP_CONFIG_ERROR, 4, "server-set odn", "carries",
		"@club.example"},
	{SET "domains=*.odn.example\n", RP_CONFIG_ERROR, 4, "server-set odn", "domains",
		"every subdomain"},
	{SET "pop=imap://mail.odn.example\n", RP_CONFIG_ERROR, 4, "server-set odn", "pop", "pop3"},
	{SET "tls-fingerprint=1234\n", RP_CONFIG_ERROR, 4, "server-set odn", "tls-fingerprint",
		"64 hexadecimal digits"},
	{SET "domains=a\u200d"
	     "b.example\n",
		RP_CONFIG_ERROR, 4, "server-set odn", "domains", "is not a domain"},
	{SET "domains=a.example/b\n", RP_CONFIG_ERROR, 4, "server-set odn", "domains",
		"is not a domain"},
	{"[server-set odn]\nidentities=a@b@c.example\nsmtp=smtp://m\n", RP_CONFIG_ERROR, 2,
		"server-set odn", "identities", "is not an address"},
	{"[agent]\ndefault-identity=root\n", RP_CONFIG_ERROR, 2, "agent", "default-identity",
		"is not an address"},
	{"[server-set odn]\nidentities=odn.example\nsmtp=smtp://m\n", RP_CONFIG_ERROR, 2,
		"server-set odn", "identities", "@odn.example"},
	{"[server-set odn]\nidentities=a@x.example\nsmtp=http://m\n", RP_CONFIG_ERROR, 3,
		"server-set odn", "smtp", "smtp"},
	{"[server-set odn]\nidentities=a@x.example\nsmtp=smtp://taro:hunter2@m\n", RP_CONFIG_ERROR,
		3, "server-set odn", "smtp", "keys of their own"},
	{"[server-set odn]\nidentities=a@x.example\nsmtp=smtp://host with blank\n", RP_CONFIG_ERROR,
		3, "server-set odn", "smtp", "its host is no host name"},
	{SET "pop=pop3://h:99999\n", RP_CONFIG_ERROR, 4, "server-set odn", "pop",
		"the port goes from 1 to 65535"},
	{SET "pop=pop3://h:0\n", RP_CONFIG_ERROR, 4, "server-set odn", "pop",
		"the port goes from 1 to 65535"},
	{SET "pop=pop3://h:pop3\n", RP_CONFIG_ERROR, 4, "server-set odn", "pop",
		"the port goes from 1 to 65535"},
	{SET "pop=pop3://\n", RP_CONFIG_ERROR, 4, "server-set odn", "pop", "no URL with a host"},
	/* lists and comments as they are written elsewhere */
	{SET "relay=anywhere,inside\n", RP_CONFIG_ERROR, 4, "server-set odn", "relay",
		"the elements of a list are separated by ;"},
	{"[server-set odn]\nidentities=a@x.example, b@x.example\nsmtp=smtp://m\n", RP_CONFIG_ERROR,
		2, "server-set odn", "identities", "the elements of a list are separated by ;"},
	{"[server-set odn]\nidentities=a@x.example b@x.example\nsmtp=smtp://m\n", RP_CONFIG_ERROR,
		2, "server-set odn", "identities",
		"for all of it (the elements of a list are separated by ;)"},
	{SET "domains=a.example\tb.example\n", RP_CONFIG_ERROR, 4, "server-set odn", "domains",
		"the elements of a list are separated by ;"},
	{"[server-set odn]\nidentities=Taro <a@x.example>\nsmtp=smtp://m\n", RP_CONFIG_ERROR, 2,
		"server-set odn", "identities", "or @domain for all of it"},
	{PROVIDER "[server-set odn]\nidentities=a@x.example\nsmtp=smtp://m\nprovider=odn # mine\n",
		RP_CONFIG_ERROR, 6, "server-set odn", "provider",
		"a comment must stand on a line of its own"},
	{SET "pop-window=10min # a comment\n", RP_CONFIG_ERROR, 4, "server-set odn", "pop-window",
		"a comment must stand on a line of its own"},
	{SET "relay=anywhere\nsmtp-user=taro ; me\nsmtp-password-command=p\n", RP_CONFIG_WARNING, 5,
		"server-set odn", "smtp-user", "on a line of its own"},
	/* quotes, and comments that became part of a value */
	{"[server-set odn]\nidentities=“hanako@odn.example”\nsmtp=smtp://m\n", RP_CONFIG_ERROR, 2,
		"server-set odn", "identities", "leave the quotes out"},
	{"[server-set odn]\nidentities=\"h@odn.example\";t@odn.example\nsmtp=smtp://m\n",
		RP_CONFIG_ERROR, 2, "server-set odn", "identities", "leave the quotes out"},
	{"[server-set odn]\nidentities=\"h@odn.example;t@odn.example\"\nsmtp=smtp://m\n",
		RP_CONFIG_ERROR, 2, "server-set odn", "identities", "leave the quotes out"},
	{"[server-set odn]\nidentities=h@odn.example\nsmtp=「smtp://m」\n", RP_CONFIG_ERROR, 3,
		"server-set odn", "smtp", "leave the quotes out"},
	{"[agent]\ndefault-identity='h@odn.example'\n", RP_CONFIG_ERROR, 2, "agent",
		"default-identity", "leave the quotes out"},
	{"[agent]\nnotify=\"yes\"\n", RP_CONFIG_ERROR, 2, "agent", "notify",
		"leave the quotes out"},
	{SET "ehlo-name=“laptop.odn.example”\n", RP_CONFIG_ERROR, 4, "server-set odn", "ehlo-name",
		"leave the quotes out"},
	{SET "smtp-user=“taro”\nsmtp-password-command=p\n", RP_CONFIG_WARNING, 4, "server-set odn",
		"smtp-user", "leave them out, unless"},
	{SET "smtp-user=\"taro\"\nsmtp-password-command=p\n", RP_CONFIG_WARNING, 4,
		"server-set odn", "smtp-user", "leave them out, unless"},
	{SET "smtp-user=taro\nsmtp-password=\"hunter2\"\n", RP_CONFIG_WARNING, 5, "server-set odn",
		"smtp-password", "leave them out, unless"},
	{SET "smtp-user=taro\nsmtp-password=hunter2  # my password\n", RP_CONFIG_WARNING, 5,
		"server-set odn", "smtp-password", "on a line of its own"},
	{SET LOGIN "tls-ca-file=/etc/ssl/odn.pem ; ours\n", RP_CONFIG_WARNING, 6, "server-set odn",
		"tls-ca-file", "on a line of its own"},
	{SET LOGIN "tls-ca-file=\"/etc/ssl/odn.pem\"\n", RP_CONFIG_ERROR, 6, "server-set odn",
		"tls-ca-file", "begin it with / or ~/ (leave the quotes out)"},
	{"[provider odn]\nssids=\"odn-spot\"\n", RP_CONFIG_WARNING, 2, "provider odn", "ssids",
		"leave them out, unless"},
	/* ports that are for the other kind of TLS */
	{"[server-set odn]\nidentities=h@odn.example\nsmtp=smtps://m:587\n", RP_CONFIG_WARNING, 3,
		"server-set odn", "smtp", "write smtp=smtp://m:587 (or smtp=smtps://m:465)"},
	{"[server-set odn]\nidentities=h@odn.example\nsmtp=smtps://m:25\n", RP_CONFIG_WARNING, 3,
		"server-set odn", "smtp", "port 25 is for STARTTLS"},
	{"[server-set odn]\nidentities=h@odn.example\nsmtp=smtp://[2001:db8::1]:465\n",
		RP_CONFIG_WARNING, 3, "server-set odn", "smtp",
		"write smtp=smtps://[2001:db8::1]:465 (or smtp=smtp://[2001:db8::1]:587)"},
	{SET "pop=pop3s://p:110\n", RP_CONFIG_WARNING, 4, "server-set odn", "pop",
		"write pop=pop3://p:110 (or pop=pop3s://p:995)"},
	{SET "pop=pop3://p:995\n", RP_CONFIG_WARNING, 4, "server-set odn", "pop",
		"port 995 is for TLS from the start"},
	/* what only several values tell */
	{"[provider odn]\nprefixes=10.0.0.0/8\n", RP_CONFIG_WARNING, 2, "provider odn", "prefixes",
		"10.0.0.0/8 holds private addresses"},
	{"[provider odn]\nprefixes=fd00:1::/64\n", RP_CONFIG_WARNING, 2, "provider odn", "prefixes",
		"private addresses"},
	{"[provider odn]\nprefixes=0.0.0.0/0\n", RP_CONFIG_WARNING, 2, "provider odn", "prefixes",
		"private addresses"},
	{"[provider odn]\ngateways=52:54:00:12:34:56;00:00:0c:9f:f0:01\n", RP_CONFIG_WARNING, 2,
		"provider odn", "gateways",
		"00:00:0c:9f:f0:01 is the address of gateways in many networks"},
	{SET "relay=anywhere\nfetch=leave\n", RP_CONFIG_WARNING, 5, "server-set odn", "fetch",
		"pop is not set"},
	{SET "relay=anywhere\npop=pop3s://p\nfetch=leave\nkeep-days=7\n", RP_CONFIG_WARNING, 7,
		"server-set odn", "keep-days", "only fetch=delete"},
	{SET "relay=anywhere\nmax-size=1M\n", RP_CONFIG_WARNING, 5, "server-set odn", "max-size",
		"fetch is off"},
	{"[server-set odn]\nidentities=a@x.example\n", RP_CONFIG_ERROR, 1, "server-set odn", "smtp",
		"required"},
	{PROVIDER SET "provider=ond\n", RP_CONFIG_ERROR, 6, "server-set odn", "provider",
		"did you mean “odn”?"},
	{SET "provider=odn\n", RP_CONFIG_ERROR, 4, "server-set odn", "provider",
		"add a group [provider odn]"},
	{SET LOGIN "smtp-tls=opportunistic\n", RP_CONFIG_ERROR, 6, "server-set odn", "smtp-tls",
		"give the password away"},
	{SET "relay=anywhere\npop=pop3://p\npop-user=t\npop-password-command=p\n"
	     "pop-tls=opportunistic\n",
		RP_CONFIG_ERROR, 8, "server-set odn", "pop-tls", "give the password away"},
	{SET LOGIN "smtp-tls=off\n", RP_CONFIG_WARNING, 6, "server-set odn", "smtp-tls",
		"in clear"},
	{SET "smtp-user=taro\n", RP_CONFIG_WARNING, 4, "server-set odn", "smtp-user",
		"without a password"},
	{SET LOGIN "pop-auth=digest-md5\n", RP_CONFIG_ERROR, 6, "server-set odn", "pop-auth",
		"digest-md5"},
	{SET "relay=anywhere\nsmtp-password-command=p\n", RP_CONFIG_WARNING, 1, "server-set odn",
		"smtp-user", "never used"},
	{SET LOGIN "smtp-password=x\n", RP_CONFIG_ERROR, 5, "server-set odn",
		"smtp-password-command", "one of the two"},
	{SET "relay=pop-login\n", RP_CONFIG_WARNING, 4, "server-set odn", "relay",
		"pop is not set"},
	{SET "relay=inside\n", RP_CONFIG_WARNING, 4, "server-set odn", "relay",
		"provider is not set"},
	{SET "relay=sender-domain\n", RP_CONFIG_WARNING, 4, "server-set odn", "relay",
		"domains is empty"},
	{SET "relay=anywhere;auth\n", RP_CONFIG_WARNING, 4, "server-set odn", "relay",
		"smtp-user is not set"},
	{SET "relay=anywhere\ncarries=any\n", RP_CONFIG_WARNING, 5, "server-set odn", "carries",
		"SPF, DMARC"},
	{"[server-set odn]\nsmtp=smtp://m\nrelay=anywhere\n", RP_CONFIG_WARNING, 1,
		"server-set odn", "identities", "carries nothing"},
	{SET "relay=anywhere\n[server-set b]\nidentities=Taro@odn.example\nsmtp=smtp://m\n"
	     "relay=anywhere\n",
		RP_CONFIG_WARNING, 2, "server-set odn", "identities", "[server-set b]"},
	{"[server-set odn]\nidentities=@x.example\nsmtp=smtp://m\nrewrite-sender=header\n",
		RP_CONFIG_ERROR, 4, "server-set odn", "rewrite-sender", "full address"},
};

static void
check_row(Fixture *fixture, const Row *row)
{
	g_autofree char *path = fixture_write(fixture, "user/roampost.conf", row->text, 0600);
	g_autoptr(RpConfigSources) sources = fixture_sources(fixture);
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(RpConfig) config = rp_config_load(sources, &problems);
	g_autofree char *shown = g_strescape(row->text, NULL);
	gboolean found = FALSE;

	g_test_message("%s", shown);
	for (guint i = 0; i < problems->len; i++) {
		const RpConfigProblem *problem = problems->pdata[i];
		g_autofree char *text = rp_config_problem_format(problem);

		g_test_message("  %s", text);
		g_assert_cmpstr(problem->file, ==, path);
		g_assert_null(strstr(text, "hunter2"));
		found |= problem->severity == row->severity && problem->line == row->line &&
			 g_strcmp0(problem->group, row->group) == 0 &&
			 g_strcmp0(problem->key, row->key) == 0 &&
			 strstr(problem->message, row->says) != NULL;
	}
	g_assert_true(found);
	g_assert_true((config == NULL) == (row->severity == RP_CONFIG_ERROR));
	g_assert_cmpuint(problems->len, <=, row->severity == RP_CONFIG_ERROR ? 2 : 1);
}

static void
test_rows(Fixture *fixture, gconstpointer data)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++)
		check_row(fixture, &rows[i]);
}

/* What looks like those, and is meant. */
static void
test_meant_so(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = fixture_write(fixture, "user/roampost.conf",
		"[agent]\nmda='my filter' 'x' # x\n[provider odn]\nname=No. 1;2#3\nssids=shop #1\n"
		"[server-set odn]\nidentities=\"h "
		"h\"@odn.example\nsmtp=smtps://m:2465;smtp://m:25\n"
		"smtp-user=ta\"ro\"\nsmtp-password='\n",
		0600);
	g_autoptr(RpConfigSources) sources = fixture_sources(fixture);
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(RpConfig) config = rp_config_load(sources, &problems);

	g_assert_nonnull(config);
	for (guint i = 0; i < problems->len; i++)
		g_test_message("%s", ((RpConfigProblem *)problems->pdata[i])->message);
	g_assert_cmpuint(problems->len, ==, 0);
}

/* The most that is taken. */
static void
test_bounds(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = fixture_write(fixture, "user/roampost.conf",
		"[agent]\nmetered-limit=1T\nlisten=/" HUNDRED "123456\n" SET
		"pop=pop3://m\npop-user=u\npop-password-command=p\nrelay=pop-login\n"
		"pop-window=3650d\n",
		0600);
	g_autoptr(RpConfigSources) sources = fixture_sources(fixture);
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(RpConfig) config = rp_config_load(sources, &problems);

	g_assert_nonnull(config);
	g_assert_cmpint(rp_config_agent(config)->metered_limit, ==, G_GINT64_CONSTANT(1) << 40);
	g_assert_cmpuint(strlen(rp_config_agent(config)->listen), ==, 107);
	g_assert_cmpint(rp_catalogue_set(rp_config_catalogue(config), 0)->pop_window, ==,
		3650 * G_TIME_SPAN_DAY);
}

/* All at once, in the order of files and lines. */
static void
test_all_at_once(Fixture *fixture, gconstpointer data)
{
	g_autofree char *etc = fixture_write(fixture, "etc/roampost.conf",
		"[agent]\nnotify=perhaps\n\n[provider odn]\nprefixes=1.2.3.4/8\nnmae=ODN\n", 0644);
	g_autofree char *user = fixture_write(fixture, "user/roampost.conf",
		"[server-set odn]\nprovider=ond\nrelay=insid\nbogus=1\n[nonsense]\n", 0644);
	g_autoptr(RpConfigSources) sources = fixture_sources(fixture);
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(RpConfig) config = rp_config_load(sources, &problems);
	static const struct {
		gboolean in_user;
		guint line;
		const char *key;
	} want[] = {{FALSE, 2, "notify"}, {FALSE, 5, "prefixes"}, {FALSE, 6, "nmae"},
		{TRUE, 1, "smtp"}, {TRUE, 1, "identities"}, {TRUE, 2, "provider"},
		{TRUE, 3, "relay"}, {TRUE, 4, "bogus"}, {TRUE, 5, NULL}};

	g_assert_null(config);
	g_assert_cmpuint(problems->len, ==, G_N_ELEMENTS(want));
	for (guint i = 0; i < problems->len; i++) {
		const RpConfigProblem *problem = problems->pdata[i];

		g_assert_cmpstr(problem->file, ==, want[i].in_user ? user : etc);
		g_assert_cmpuint(problem->line, ==, want[i].line);
		g_assert_cmpstr(problem->key, ==, want[i].key);
	}
}

/* Of a list every bad element is named. */
static void
test_every_element(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = fixture_write(fixture, "user/roampost.conf",
		"[provider odn]\nprefixes=192.0.2.0/33;203.0.113.0/24;198.51.100.1/24;x\n", 0600);
	g_autoptr(RpConfigSources) sources = fixture_sources(fixture);
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(RpConfig) config = rp_config_load(sources, &problems);
	static const char *const want[] = {"192.0.2.0/33", "198.51.100.0/24", "“x”"};

	g_assert_null(config);
	g_assert_cmpuint(problems->len, ==, G_N_ELEMENTS(want));
	for (guint i = 0; i < problems->len; i++) {
		const RpConfigProblem *problem = problems->pdata[i];

		g_assert_cmpuint(problem->line, ==, 2);
		g_assert_nonnull(strstr(problem->message, want[i]));
	}
}

static RpConfig *
load(Fixture *fixture, GPtrArray **problems)
{
	g_autoptr(RpConfigSources) sources = fixture_sources(fixture);

	return rp_config_load(sources, problems);
}

static void
test_writable(Fixture *fixture, gconstpointer data)
{
	static const struct {
		int mode;
		int owner, group; /* -1: as they are; only root can give files away */
		const char *says; /* NULL: it is taken */
	} files[] = {
		{0600, -1, -1, NULL},
		{0644, -1, -1, NULL},
		{0666, -1, -1, "chmod go-w"},
		{0602, -1, -1, "chmod go-w"},
		{0660, -1, 12345, "chmod go-w"},
		{0640, -1, 12345, NULL},
		{0600, 12345, -1, "belongs to user 12345"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++) {
		g_autofree char *path =
			fixture_write(fixture, "user/roampost.conf", SET, files[i].mode);
		g_autoptr(GPtrArray) problems = NULL;
		g_autoptr(RpConfig) config = NULL;

		if ((files[i].owner >= 0 || files[i].group >= 0) &&
			chown(path, (uid_t)files[i].owner, (gid_t)files[i].group) != 0)
			continue;
		config = load(fixture, &problems);
		g_assert_cmpint(config != NULL, ==, files[i].says == NULL);
		if (files[i].says) {
			g_autofree char *text = rp_config_problem_format(problems->pdata[0]);

			g_assert_nonnull(strstr(text, files[i].says));
		}
		g_unlink(path);
	}
}

static void
test_secret_mode(Fixture *fixture, gconstpointer data)
{
	static const struct {
		int mode;
		gboolean good;
	} modes[] = {{0600, TRUE}, {0400, TRUE}, {0640, FALSE}, {0644, FALSE}, {0604, FALSE}};

	for (gsize i = 0; i < G_N_ELEMENTS(modes); i++) {
		g_autofree char *path = fixture_write(fixture, "user/roampost.conf",
			SET "smtp-user=taro\nsmtp-password=hunter2\n", modes[i].mode);
		g_autoptr(GPtrArray) problems = NULL;
		g_autoptr(RpConfig) config = load(fixture, &problems);

		g_assert_true((config != NULL) == modes[i].good);
		if (modes[i].good)
			continue;
		const RpConfigProblem *problem = problems->pdata[0];
		g_autofree char *text = rp_config_problem_format(problem);
		g_assert_cmpuint(problem->line, ==, 5);
		g_assert_cmpstr(problem->key, ==, "smtp-password");
		g_assert_nonnull(strstr(text, "chmod 600"));
		g_assert_null(strstr(text, "hunter2"));
	}
}

/* What a file has in it is quoted, and must not drive the terminal. */
static void
test_control_characters(Fixture *fixture, gconstpointer data)
{
	static const char *const texts[] = {
		SET "\033[31mx=1\n",
		SET "relay=a\033[31m\n",
		SET "[server-set \033]0;x\a]\n",
		SET "provider=\xe2\x80\xaex\n",
	};

	for (gsize i = 0; i < G_N_ELEMENTS(texts); i++) {
		g_autofree char *path =
			fixture_write(fixture, "user/roampost.conf", texts[i], 0600);
		g_autoptr(GPtrArray) problems = NULL;
		g_autoptr(RpConfig) config = load(fixture, &problems);

		g_assert_null(config);
		g_assert_cmpuint(problems->len, >, 0);
		for (guint j = 0; j < problems->len; j++) {
			g_autofree char *text = rp_config_problem_format(problems->pdata[j]);

			for (const char *at = text; *at; at = g_utf8_next_char(at))
				g_assert_true(rp_is_neutral(g_utf8_get_char(at)));
		}
	}
}

static void
test_system_only(Fixture *fixture, gconstpointer data)
{
	const char *text = "[agent]\nsystem-mail-user=taro\n";
	g_autofree char *etc = fixture_write(fixture, "etc/roampost.conf", text, 0644);
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(RpConfig) config = load(fixture, &problems);

	g_assert_nonnull(config);
	g_assert_cmpstr(rp_config_agent(config)->system_mail_user, ==, "taro");

	g_autofree char *user = fixture_write(fixture, "user/roampost.conf", text, 0600);
	g_autoptr(GPtrArray) again = NULL;
	g_autoptr(RpConfig) refused = load(fixture, &again);
	g_assert_null(refused);
	g_assert_cmpuint(again->len, ==, 1);
	g_assert_cmpstr(((RpConfigProblem *)again->pdata[0])->key, ==, "system-mail-user");
	g_assert_cmpstr(((RpConfigProblem *)again->pdata[0])->file, ==, user);
}

static void
test_providers_only(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path =
		fixture_write(fixture, "etc/providers.d/odn.conf", "[agent]\nnotify=no\n", 0644);
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(RpConfig) config = load(fixture, &problems);

	g_assert_null(config);
	g_assert_cmpuint(problems->len, ==, 1);
	g_assert_nonnull(strstr(
		((RpConfigProblem *)problems->pdata[0])->message, "write this in roampost.conf"));
}

/* What is personal has no place in a file that is shared, and is named. */
static void
test_personal(Fixture *fixture, gconstpointer data)
{
	static const struct {
		const char *text, *key, *message;
		gboolean taken;
	} personal[] = {
		{"[provider p]\nnm-connections=Home\n", "nm-connections", "personal: it belongs",
			TRUE},
		{"[provider p]\ngateways=52:54:00:12:34:56\n", "gateways", "personal: it belongs",
			TRUE},
		{"[provider p]\nsmtp-user=taro\n", "smtp-user", "a key of [server-set NAME]"},
		{"[provider p]\nidentities=taro@p.example\n", "identities", "and personal"},
		{"[provider p]\nsmtp-password=secret\n", "smtp-password", "and personal"},
		{"[provider p]\nmaildir=~/Mail\n", "maildir",
			"a key of [agent], not of [provider]"},
	};

	for (guint i = 0; i < G_N_ELEMENTS(personal); i++) {
		g_autoptr(GPtrArray) problems = NULL;
		g_autoptr(RpConfig) config = NULL;

		g_free(fixture_write(fixture, "etc/providers.d/p.conf", personal[i].text, 0644));
		config = load(fixture, &problems);
		g_assert_cmpint(config != NULL, ==, personal[i].taken);
		g_assert_cmpuint(problems->len, ==, 1);
		const RpConfigProblem *problem = problems->pdata[0];
		g_assert_cmpstr(problem->key, ==, personal[i].key);
		g_assert_nonnull(strstr(problem->message, personal[i].message));
		g_assert_null(strstr(problem->message, "secret"));
	}
	/* The same in roampost.conf, under the same name, is where it belongs. */
	g_free(fixture_write(fixture, "etc/providers.d/p.conf", "[provider p]\nname=P\n", 0644));
	g_free(fixture_write(
		fixture, "etc/roampost.conf", "[provider p]\ngateways=52:54:00:12:34:56\n", 0644));
	g_autoptr(GPtrArray) none = NULL;
	g_autoptr(RpConfig) config = load(fixture, &none);
	g_assert_nonnull(config);
}

/* The providers that come with roampost: each is read, by itself and beside the others. */
static void
test_shipped(Fixture *fixture, gconstpointer data)
{
	const char *source = shipped_providers;
	g_autoptr(GDir) folder = g_dir_open(source, 0, NULL);
	g_autoptr(GPtrArray) problems = NULL;
	const char *name;
	guint n = 0;

	g_assert_nonnull(folder);
	while ((name = g_dir_read_name(folder))) {
		g_autofree char *from = g_build_filename(source, name, NULL);
		g_autofree char *to = g_strconcat("share/providers.d/", name, NULL);
		g_autofree char *text = NULL;

		g_assert_true(g_file_get_contents(from, &text, NULL, NULL));
		g_free(fixture_write(fixture, to, text, 0644));
		g_autoptr(GPtrArray) alone = NULL;
		g_autoptr(RpConfig) config = load(fixture, &alone);
		g_assert_nonnull(config);
		g_assert_cmpuint(alone->len, ==, 0);
		n++;
	}
	g_assert_cmpuint(n, ==, 10);
	g_autoptr(RpConfig) all = load(fixture, &problems);
	const RpCatalogue *catalogue = rp_config_catalogue(all);
	g_assert_cmpuint(rp_catalogue_n_providers(catalogue), ==, 10);
	g_assert_cmpuint(rp_catalogue_n_sets(catalogue), ==, 0);
	gint odn = rp_catalogue_find_provider(catalogue, "odn");
	g_assert_cmpint(odn, >=, 0);
	const GArray *asns = rp_catalogue_provider(catalogue, (guint)odn)->asns;
	g_assert_cmpuint(asns->len, ==, 1);
	g_assert_cmpuint(g_array_index(asns, guint32, 0), ==, 4725);
}

static void
test_unreadable(Fixture *fixture, gconstpointer data)
{
	g_autofree char *directory = g_build_filename(fixture->root, "user/roampost.conf", NULL);
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(RpConfig) config = NULL;

	g_assert_cmpint(g_mkdir_with_parents(directory, 0700), ==, 0);
	config = load(fixture, &problems);
	g_assert_null(config);
	g_assert_cmpuint(problems->len, ==, 1);
	g_assert_nonnull(strstr(((RpConfigProblem *)problems->pdata[0])->message, "can't be read"));
}

/* Any bytes at all: problems, never a crash. */
static void
test_garbage(Fixture *fixture, gconstpointer data)
{
	const char *seed = "[provider a]\nprefixes=10.0.0.0/8;\n" SET LOGIN "relay=inside;auth\n";

	for (int round = 0; round < 2000; round++) {
		g_autofree char *text = g_strdup(seed);
		gsize length = strlen(text);

		for (int i = g_test_rand_int_range(1, 6); i > 0; i--)
			text[g_test_rand_int_range(0, (gint)length)] =
				(char)g_test_rand_int_range(0, 256);
		g_autofree char *path = g_build_filename(fixture->root, "garbage.conf", NULL);
		g_assert_true(g_file_set_contents_full(
			path, text, (gssize)length, G_FILE_SET_CONTENTS_NONE, 0600, NULL));
		g_autoptr(RpConfigSources) sources = rp_config_sources_new_for_file(path);
		g_autoptr(GPtrArray) problems = NULL;
		g_autoptr(RpConfig) config = rp_config_load(sources, &problems);
		g_assert_true(
			config != NULL || rp_config_count_problems(problems, RP_CONFIG_ERROR) > 0);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	shipped_providers = argv[1];
	g_unsetenv("ROAMPOST_PROVIDERS");
	FIXTURE_TEST("/config/problems/rows", test_rows);
	FIXTURE_TEST("/config/problems/meant-so", test_meant_so);
	FIXTURE_TEST("/config/problems/bounds", test_bounds);
	FIXTURE_TEST("/config/problems/all-at-once", test_all_at_once);
	FIXTURE_TEST("/config/problems/every-element", test_every_element);
	FIXTURE_TEST("/config/problems/writable", test_writable);
	FIXTURE_TEST("/config/problems/secret-mode", test_secret_mode);
	FIXTURE_TEST("/config/problems/system-only", test_system_only);
	FIXTURE_TEST("/config/problems/control-characters", test_control_characters);
	FIXTURE_TEST("/config/problems/providers-only", test_providers_only);
	FIXTURE_TEST("/config/problems/personal", test_personal);
	FIXTURE_TEST("/config/problems/shipped", test_shipped);
	FIXTURE_TEST("/config/problems/unreadable", test_unreadable);
	FIXTURE_TEST("/config/problems/garbage", test_garbage);
	return g_test_run();
}
