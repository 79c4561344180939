/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include <string.h>

static RpConfig *
load(Fixture *fixture, guint n_problems)
{
	g_autoptr(RpConfigSources) sources = fixture_sources(fixture);
	g_autoptr(GPtrArray) problems = NULL;
	RpConfig *config = rp_config_load(sources, &problems);

	for (guint i = 0; i < problems->len; i++) {
		g_autofree char *text = rp_config_problem_format(problems->pdata[i]);

		g_test_message("%s", text);
	}
	g_assert_nonnull(config);
	g_assert_cmpuint(problems->len, ==, n_problems);
	return config;
}

static const RpServerSet *
find_set(RpConfig *config, const char *name)
{
	gint index = rp_catalogue_find_set(rp_config_catalogue(config), name);

	g_assert_cmpint(index, >=, 0);
	return rp_catalogue_set(rp_config_catalogue(config), (guint)index);
}

static const RpProvider *
find_provider(RpConfig *config, const char *name)
{
	gint index = rp_catalogue_find_provider(rp_config_catalogue(config), name);

	g_assert_cmpint(index, >=, 0);
	return rp_catalogue_provider(rp_config_catalogue(config), (guint)index);
}

static void
assert_list(char **got, const char *want)
{
	g_autofree char *joined = g_strjoinv(";", got);

	g_assert_cmpstr(joined, ==, want);
}

static void
test_nothing(Fixture *fixture, gconstpointer data)
{
	g_autoptr(RpConfig) config = load(fixture, 0);
	const RpAgentOptions *agent = rp_config_agent(config);
	g_autofree char *maildir = g_build_filename(g_get_home_dir(), "Maildir", NULL);

	g_assert_cmpuint(rp_catalogue_n_sets(rp_config_catalogue(config)), ==, 0);
	g_assert_cmpuint(rp_catalogue_n_providers(rp_config_catalogue(config)), ==, 0);
	g_assert_cmpint(agent->choose, ==, RP_CHOOSE_IDENTITY_FIRST);
	g_assert_null(agent->default_identity);
	g_assert_null(agent->qualify_domain);
	g_assert_null(agent->system_mail_user);
	g_assert_null(agent->listen);
	g_assert_cmpint(agent->metered_limit, ==, 1 << 20);
	g_assert_cmpint(agent->history, ==, 400 * G_TIME_SPAN_DAY);
	g_assert_true(agent->notify);
	g_assert_true(agent->report_by_notify);
	g_assert_true(agent->report_by_maildir);
	assert_list(agent->public_address, "gateway");
	g_assert_cmpstr(agent->maildir, ==, maildir);
	g_assert_null(agent->mda);
}

static const char everything[] =
	"# a comment\n"
	"[agent]\n"
	"choose = location-first\n"
	"default-identity=hanako@sonet.example\n"
	"qualify-domain=odn.example\n"
	"listen=127.0.0.1:2525\n"
	"metered-limit=512K\n"
	"history=90d\n"
	"notify=no\n"
	"reports=maildir\n"
	"public-address=gateway; https://ip.odn.example/\n"
	"maildir=/var/mail/taro\n"
	"mda=procmail -d taro; true\n"
	"[provider odn]\n"
	"name=ODN\n"
	"prefixes= 203.0.113.0/24 ;2001:db8:1::/48; \n"
	"asn=4725;AS64496\n"
	"nm-connections=ODN dial-up;odn2\n"
	"ssids=odn\\;spot\n"
	"dns-domains=odn.example\n"
	"dhcp-options=domain_name=odn.example;private_224=odn=a\\;b\n"
	"reachable=In.odn.example:53;[2001:db8:1::53]:53\n"
	"hang-up-after=1min\n"
	"cost=-2\n"
	"ppp-peers=odn\n"
	"operators=44010\n"
	"gateways=52-54-00-AB-CD-EF\n"
	"[server-set odn]\n"
	"provider=odn\n"
	"priority=-3\n"
	"identities=taro@odn.example;@odn.example\n"
	"carries=@a.example;@b.example\n"
	"relay=inside; pop-login + sender-domain\n"
	"domains=odn.example\n"
	"local-domains=odn.example;mail.odn.example\n"
	"smtp=smtp://mail.odn.example;smtps://[2001:db8:1::25]:4465\n"
	"smtp-tls=required\n"
	"smtp-user=taro\n"
	"smtp-password= pass word \n"
	"smtp-auth=cram-md5\n"
	"tls-ca-file=/etc/ca.pem\n"
	"tls-fingerprint=AB:cdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcdabcd\n"
	"ehlo-name=laptop.odn.example\n"
	"pop=pop3s://pop.odn.example\n"
	"pop-tls=off\n"
	"pop-user=taro-pop\n"
	"pop-password-command=pass show odn\n"
	"pop-auth=apop\n"
	"pop-window=90s\n"
	"fetch=delete\n"
	"keep-days=14\n"
	"max-size=1M\n"
	"rewrite-sender=header\n"
	"connections=3\n"
	"pipelining=off\n"
	"bypass-vpn=yes\n";

static void
check_agent(const RpAgentOptions *agent)
{
	g_assert_cmpint(agent->choose, ==, RP_CHOOSE_LOCATION_FIRST);
	g_assert_cmpstr(agent->default_identity, ==, "hanako@sonet.example");
	g_assert_cmpstr(agent->qualify_domain, ==, "odn.example");
	g_assert_cmpstr(agent->listen, ==, "127.0.0.1:2525");
	g_assert_cmpint(agent->metered_limit, ==, 512 << 10);
	g_assert_cmpint(agent->history, ==, 90 * G_TIME_SPAN_DAY);
	g_assert_false(agent->notify);
	g_assert_false(agent->report_by_notify);
	g_assert_true(agent->report_by_maildir);
	assert_list(agent->public_address, "gateway;https://ip.odn.example/");
	g_assert_cmpstr(agent->maildir, ==, "/var/mail/taro");
	g_assert_cmpstr(agent->mda, ==, "procmail -d taro; true");
}

static void
check_provider(const RpProvider *provider)
{
	g_assert_cmpstr(provider->title, ==, "ODN");
	g_assert_cmpuint(provider->prefixes->len, ==, 2);
	g_assert_cmpint(g_array_index(provider->prefixes, RpPrefix, 1).length, ==, 48);
	g_assert_cmpuint(provider->asns->len, ==, 2);
	g_assert_cmpuint(g_array_index(provider->asns, guint32, 1), ==, 64496);
	assert_list(provider->nm_connections, "ODN dial-up;odn2");
	assert_list(provider->ssids, "odn;spot");
	g_assert_cmpuint(g_strv_length(provider->ssids), ==, 1);
	assert_list(provider->dns_domains, "odn.example");
	g_assert_cmpuint(g_strv_length(provider->dhcp_options), ==, 2);
	g_assert_cmpstr(provider->dhcp_options[1], ==, "private_224=odn=a;b");
	assert_list(provider->reachable, "in.odn.example:53;[2001:db8:1::53]:53");
	g_assert_cmpint(provider->hang_up_after, ==, 60 * G_TIME_SPAN_SECOND);
	g_assert_cmpint(provider->cost, ==, -2);
	assert_list(provider->ppp_peers, "odn");
	assert_list(provider->operators, "44010");
	assert_list(provider->gateways, "52:54:00:ab:cd:ef");
}

static void
check_smtp(const RpServerSet *set)
{
	const RpEndpoint *first = set->smtp->pdata[0], *second = set->smtp->pdata[1];

	g_assert_cmpuint(set->smtp->len, ==, 2);
	g_assert_cmpstr(first->host, ==, "mail.odn.example");
	g_assert_cmpint(first->port, ==, 587);
	g_assert_false(first->implicit_tls);
	g_assert_cmpstr(second->host, ==, "2001:db8:1::25");
	g_assert_cmpint(second->port, ==, 4465);
	g_assert_true(second->implicit_tls);
	g_assert_cmpint(set->smtp_tls, ==, RP_TLS_REQUIRED);
	g_assert_cmpstr(set->smtp_login.user, ==, "taro");
	g_assert_cmpstr(set->smtp_login.password, ==, "pass word ");
	g_assert_null(set->smtp_login.password_command);
	g_assert_cmpint(set->smtp_auth, ==, RP_AUTH_CRAM_MD5);
	g_assert_cmpint(set->pop_auth, ==, RP_AUTH_APOP);
	g_assert_cmpstr(set->tls_ca_file, ==, "/etc/ca.pem");
	g_assert_cmpuint(strlen(set->tls_fingerprint), ==, 64);
	g_assert_true(g_str_has_prefix(set->tls_fingerprint, "abcdab"));
	g_assert_cmpstr(set->ehlo_name, ==, "laptop.odn.example");
}

static void
check_rules(const RpServerSet *set)
{
	const RpRule *second = set->relay->pdata[1];

	g_assert_cmpint(set->priority, ==, -3);
	assert_list(set->identities, "taro@odn.example;@odn.example");
	g_assert_cmpint(set->carries, ==, RP_CARRIES_LIST);
	assert_list(set->carries_domains, "a.example;b.example");
	g_assert_cmpuint(set->relay->len, ==, 2);
	g_assert_cmpstr(second->text, ==, "pop-login+sender-domain");
	assert_list(set->domains, "odn.example");
	assert_list(set->local_domains, "odn.example;mail.odn.example");
	g_assert_cmpint(set->rewrite_sender, ==, RP_REWRITE_HEADER);
	g_assert_cmpuint(set->connections, ==, 3);
	g_assert_true(set->pipelining_off);
	g_assert_true(set->bypass_vpn);
}

static void
check_pop(const RpServerSet *set)
{
	g_assert_cmpint(set->pop->port, ==, 995);
	g_assert_true(set->pop->implicit_tls);
	g_assert_cmpint(set->pop_tls, ==, RP_TLS_OFF);
	g_assert_cmpstr(set->pop_login.user, ==, "taro-pop");
	g_assert_cmpstr(set->pop_login.password_command, ==, "pass show odn");
	g_assert_cmpint(set->pop_window, ==, 90 * G_USEC_PER_SEC);
	g_assert_cmpint(set->fetch, ==, RP_FETCH_DELETE);
	g_assert_cmpuint(set->keep_days, ==, 14);
	g_assert_cmpint(set->max_size, ==, 1 << 20);
}

/* Some editors begin a file in UTF-8 with a mark. */
static void
test_byte_order_mark(Fixture *fixture, gconstpointer data)
{
	g_free(fixture_write(
		fixture, "user/roampost.conf", "\xef\xbb\xbf[agent]\nnotify=no\n", 0600));
	g_autoptr(RpConfig) config = load(fixture, 0);

	g_assert_false(rp_config_agent(config)->notify);
}

static void
test_everything(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = fixture_write(fixture, "user/roampost.conf", everything, 0600);
	g_autoptr(RpConfig) config = load(fixture, 0);
	const RpServerSet *set = find_set(config, "odn");

	check_agent(rp_config_agent(config));
	check_provider(find_provider(config, "odn"));
	g_assert_cmpstr(set->provider, ==, "odn");
	check_rules(set);
	check_smtp(set);
	check_pop(set);
}

/* As addresses are stored with. */
static void
test_international_domains(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = fixture_write(fixture, "user/roampost.conf",
		"[agent]\ndefault-identity=a@b\xc3\xbc"
		"cher.example\n"
		"[server-set odn]\nsmtp=smtp://m.example\nrelay=anywhere\n"
		"identities=a@B\xc3\xbc"
		"cher.example;@b\xc3\xbc"
		"cher.example;c@d.example\n"
		"carries=@m\xc3\xbcller.example\nrewrite-sender=header\n",
		0644);
	g_autoptr(RpConfig) config = load(fixture, 0);
	const RpServerSet *set = find_set(config, "odn");

	g_assert_cmpstr(rp_config_agent(config)->default_identity, ==, "a@xn--bcher-kva.example");
	assert_list(set->identities, "a@xn--bcher-kva.example;@xn--bcher-kva.example;c@d.example");
	assert_list(set->carries_domains, "xn--mller-kva.example");
	g_assert_cmpint(set->rewrite_sender, ==, RP_REWRITE_HEADER);
}

/* As addresses are stored, too. */
static void
test_quoted_addresses(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = fixture_write(fixture, "user/roampost.conf",
		"[agent]\ndefault-identity=a..b@docomo.example\n"
		"[server-set odn]\nsmtp=smtp://m.example\nrelay=anywhere\n"
		"identities=a..b@docomo.example;\"c\"@d.example\n",
		0644);
	g_autoptr(RpConfig) config = load(fixture, 0);

	g_assert_cmpstr(rp_config_agent(config)->default_identity, ==, "\"a..b\"@docomo.example");
	assert_list(find_set(config, "odn")->identities, "\"a..b\"@docomo.example;c@d.example");
}

/* What the table says of an empty group is what the core takes for one. */
static void
test_set_defaults(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = fixture_write(fixture, "user/roampost.conf",
		"[server-set odn]\nsmtp=smtp://m.example\nidentities=a@b.example\nrelay=anywhere\n",
		0644);
	g_autoptr(RpConfig) config = load(fixture, 0);
	g_autoptr(RpServerSet) want = rp_server_set_new("odn");
	const RpServerSet *got = find_set(config, "odn");

	g_assert_cmpint(got->priority, ==, want->priority);
	g_assert_cmpint(got->carries, ==, want->carries);
	g_assert_cmpint(got->smtp_tls, ==, want->smtp_tls);
	g_assert_cmpint(got->smtp_auth, ==, want->smtp_auth);
	g_assert_cmpint(got->pop_auth, ==, want->pop_auth);
	g_assert_cmpint(got->pop_tls, ==, want->pop_tls);
	g_assert_cmpint(got->pop_window, ==, want->pop_window);
	g_assert_cmpint(got->fetch, ==, want->fetch);
	g_assert_cmpuint(got->keep_days, ==, want->keep_days);
	g_assert_cmpint(got->max_size, ==, want->max_size);
	g_assert_cmpint(got->rewrite_sender, ==, want->rewrite_sender);
	g_assert_cmpuint(got->connections, ==, want->connections);
	g_assert_cmpint(got->pipelining_off, ==, want->pipelining_off);
	g_assert_cmpint(got->bypass_vpn, ==, want->bypass_vpn);
	g_assert_null(got->pop);
	g_assert_null(got->smtp_login.user);
	g_assert_nonnull(got->carries_domains);
}

static void
test_relay_default(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = fixture_write(fixture, "user/roampost.conf",
		"[provider p]\n[server-set a]\nprovider=p\nsmtp=smtp://m\nidentities=a@b.example\n"
		"[server-set b]\nprovider=p\nsmtp=smtp://m\nidentities=c@b.example\nsmtp-user=t\n"
		"smtp-password-command=p\n"
		"[server-set c]\nsmtp=smtp://m\nidentities=d@b.example;@e.example\n"
		"[server-set d]\nprovider=p\nsmtp=smtp://m\nidentities=e@b.example\nrelay=auto\n"
		"domains=f.example\npop=pop3s://m\npop-user=t\npop-password-command=p\n",
		0644);
	g_autoptr(RpConfig) config = load(fixture, 0);
	const RpServerSet *learns = find_set(config, "c"), *logs_in = find_set(config, "d");

	g_assert_cmpuint(learns->relay->len, ==, 1);
	g_assert_cmpstr(((RpRule *)learns->relay->pdata[0])->text, ==, "auto");
	g_assert_cmpstr(learns->domains[0], ==, "b.example");
	g_assert_cmpstr(learns->domains[1], ==, "e.example");
	g_assert_null(learns->domains[2]);
	g_assert_cmpuint(logs_in->relay->len, ==, 2);
	g_assert_cmpstr(((RpRule *)logs_in->relay->pdata[1])->text, ==, "auto:pop-login");
	g_assert_cmpstr(logs_in->domains[0], ==, "f.example");
	g_assert_cmpstr(((RpRule *)find_set(config, "a")->relay->pdata[0])->text, ==, "inside");
	g_assert_cmpstr(((RpRule *)find_set(config, "b")->relay->pdata[0])->text, ==, "auth");
}

static const RpConfigSetting *
find_setting(RpConfig *config, const char *group, const char *key)
{
	const GPtrArray *settings = rp_config_settings(config);

	for (guint i = 0; i < settings->len; i++) {
		const RpConfigSetting *setting = settings->pdata[i];

		if (strcmp(setting->group, group) == 0 && strcmp(setting->key, key) == 0)
			return setting;
	}
	g_assert_not_reached();
}

static void
test_precedence(Fixture *fixture, gconstpointer data)
{
	g_autofree char *etc = fixture_write(fixture, "etc/roampost.conf",
		"[agent]\nnotify=no\nmetered-limit=2M\n"
		"[server-set odn]\nidentities=a@b.example\nsmtp=smtp://old\nsmtp-user=taro\n"
		"smtp-password-command=old\n",
		0644);
	g_autofree char *user = fixture_write(fixture, "user/roampost.conf",
		"[server-set odn]\nsmtp=smtp://new\nsmtp-password=secret\n[agent]\nnotify=yes\n",
		0600);
	g_autoptr(RpConfig) config = load(fixture, 0);
	const RpServerSet *set = find_set(config, "odn");
	const RpConfigSetting *setting;

	g_assert_true(rp_config_agent(config)->notify);
	g_assert_cmpint(rp_config_agent(config)->metered_limit, ==, 2 << 20);
	g_assert_cmpstr(((RpEndpoint *)set->smtp->pdata[0])->host, ==, "new");
	g_assert_cmpstr(set->smtp_login.password, ==, "secret");
	g_assert_null(set->smtp_login.password_command);

	setting = find_setting(config, "agent", "metered-limit");
	g_assert_cmpstr(setting->file, ==, etc);
	g_assert_cmpuint(setting->line, ==, 3);
	setting = find_setting(config, "server-set odn", "smtp");
	g_assert_cmpstr(setting->file, ==, user);
	g_assert_cmpuint(setting->line, ==, 2);
	setting = find_setting(config, "server-set odn", "smtp-password");
	g_assert_cmpstr(setting->value, ==, "****");
	setting = find_setting(config, "server-set odn", "relay");
	g_assert_null(setting->file);
	g_assert_cmpstr(setting->value, ==, "auth");
	setting = find_setting(config, "agent", "default-identity");
	g_assert_cmpstr(setting->value, ==, "a@b.example");
}

static void
test_providers(Fixture *fixture, gconstpointer data)
{
	static const struct {
		const char *name, *text;
	} files[] = {
		{"share/providers.d/odn.conf", "[provider odn]\nname=Shared\nssids=shared\n"},
		{"share/providers.d/sonet.conf", "[provider sonet]\nname=So-net\n"},
		{"etc/providers.d/odn.conf", "[provider odn]\nname=Site\n"},
		{"user/providers.d/mine.conf", "[provider mine]\nname=Mine\n"},
		{"user/providers.d/mine.conf~", "[provider backup]\n"},
		{"user/providers.d/.hidden.conf", "[provider hidden]\n"},
		{"user/roampost.conf", "[provider mine]\nssids=home\n"},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(files); i++)
		g_free(fixture_write(fixture, files[i].name, files[i].text, 0644));
	g_autoptr(RpConfig) config = load(fixture, 0);
	g_assert_cmpuint(rp_catalogue_n_providers(rp_config_catalogue(config)), ==, 3);
	/* the later file of the name replaces the earlier as a whole */
	g_assert_cmpstr(find_provider(config, "odn")->title, ==, "Site");
	assert_list(find_provider(config, "odn")->ssids, "");
	g_assert_cmpstr(find_provider(config, "sonet")->title, ==, "So-net");
	/* roampost.conf adds, key by key */
	g_assert_cmpstr(find_provider(config, "mine")->title, ==, "Mine");
	assert_list(find_provider(config, "mine")->ssids, "home");
}

static void
test_default_identity(Fixture *fixture, gconstpointer data)
{
	g_autofree char *path = fixture_write(fixture, "user/roampost.conf",
		"[server-set a]\nsmtp=smtp://m\nrelay=anywhere\nidentities=a@a.example\n"
		"[server-set b]\nsmtp=smtp://m\nrelay=anywhere\nidentities=@b.example;b@b.example\n"
		"priority=5\n"
		"[server-set "
		"c]\nsmtp=smtp://m\nrelay=anywhere\nidentities=c@c.example\npriority=5\n"
		"[server-set "
		"d]\nsmtp=smtp://m\nrelay=anywhere\nidentities=@d.example\npriority=9\n",
		0644);
	g_autoptr(RpConfig) config = load(fixture, 0);

	g_assert_cmpstr(rp_config_agent(config)->default_identity, ==, "b@b.example");
}

/* Whose set was written first keeps mail without a sender, whatever a later one is called; also
 * where a later file writes more of its own. */
static void
test_first_identity(Fixture *fixture, gconstpointer data)
{
	g_free(fixture_write(fixture, "etc/roampost.conf",
		"[server-set odn]\nsmtp=smtp://m\nrelay=anywhere\nidentities=taro@odn.example\n",
		0644));
	g_free(fixture_write(fixture, "user/roampost.conf",
		"[server-set club]\nsmtp=smtp://m\nrelay=anywhere\nidentities=taro@club.example\n"
		"[server-set odn]\nehlo-name=laptop\n",
		0644));
	g_autoptr(RpConfig) config = load(fixture, 0);

	g_assert_cmpstr(rp_config_agent(config)->default_identity, ==, "taro@odn.example");
}

static char *
revision_of(Fixture *fixture, const char *extra)
{
	g_autofree char *text = g_strconcat("[provider p]\n[server-set a]\nsmtp=smtp://m\n"
					    "identities=a@b.example\nprovider=p\n",
		extra, NULL);
	g_autofree char *path = fixture_write(fixture, "user/roampost.conf", text, 0600);
	g_autoptr(RpConfigSources) sources = fixture_sources(fixture);
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(RpConfig) config = rp_config_load(sources, &problems);

	g_assert_nonnull(config);
	return g_strdup(find_set(config, "a")->revision);
}

static void
test_revision(Fixture *fixture, gconstpointer data)
{
	static const struct {
		const char *extra;
		gboolean changes;
	} rows[] = {
		{"", FALSE},
		{"# comment\n", FALSE},
		{"[agent]\nnotify=no\n", FALSE},
		{"priority=3\n", FALSE},
		{"fetch=leave\n", FALSE},
		{"connections=2\n", FALSE},
		{"smtp-user=x\n", TRUE},
		{"smtp-password=x\n", TRUE},
		{"relay=anywhere\n", TRUE},
		{"pop=pop3://p\n", TRUE},
		{"pop-window=1min\n", TRUE},
		{"ehlo-name=x.example\n", TRUE},
		{"smtp-tls=off\n", TRUE},
	};
	g_autofree char *base = revision_of(fixture, "");

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *revision = revision_of(fixture, rows[i].extra);

		g_test_message("%s", rows[i].extra);
		g_assert_true((strcmp(base, revision) != 0) == rows[i].changes);
	}
}

static void
test_sources(Fixture *fixture, gconstpointer data)
{
	g_setenv("XDG_CONFIG_HOME", "/x", TRUE);
	g_setenv("ROAMPOST_SYSCONF", "/e", TRUE);
	g_setenv("ROAMPOST_DATA", "/d", TRUE);
	{
		g_autoptr(RpConfigSources) sources = rp_config_sources_new();

		assert_list(sources->files, "/e/roampost.conf;/x/roampost/roampost.conf");
		assert_list(sources->provider_dirs,
			"/d/providers.d;/e/providers.d;/x/roampost/providers.d");
		g_assert_cmpuint(sources->n_system_files, ==, 1);
	}
	g_setenv("ROAMPOST_CONFIG", "/c.conf", TRUE);
	{
		g_autoptr(RpConfigSources) sources = rp_config_sources_new();

		assert_list(sources->files, "/c.conf");
		assert_list(sources->provider_dirs, "");
		g_assert_true(sources->must_exist);
	}
	g_setenv("ROAMPOST_PROVIDERS", "/p:/q", TRUE);
	{
		g_autoptr(RpConfigSources) sources = rp_config_sources_new();
		g_autoptr(RpConfigSources) copy = rp_config_sources_copy(sources);

		assert_list(copy->files, "/c.conf");
		assert_list(copy->provider_dirs, "/p;/q");
	}
	g_unsetenv("ROAMPOST_PROVIDERS");
	{
		g_autoptr(GError) error = NULL;

		g_assert_null(rp_config_load_or_error(&error));
		g_assert_error(error, RP_ERROR, RP_ERROR_CONFIG);
		g_assert_nonnull(strstr(error->message, "/c.conf: can't be read"));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	FIXTURE_TEST("/config/load/nothing", test_nothing);
	FIXTURE_TEST("/config/load/byte-order-mark", test_byte_order_mark);
	FIXTURE_TEST("/config/load/everything", test_everything);
	FIXTURE_TEST("/config/load/set-defaults", test_set_defaults);
	FIXTURE_TEST("/config/load/international-domains", test_international_domains);
	FIXTURE_TEST("/config/load/quoted-addresses", test_quoted_addresses);
	FIXTURE_TEST("/config/load/relay-default", test_relay_default);
	FIXTURE_TEST("/config/load/precedence", test_precedence);
	FIXTURE_TEST("/config/load/providers", test_providers);
	FIXTURE_TEST("/config/load/default-identity", test_default_identity);
	FIXTURE_TEST("/config/load/first-identity", test_first_identity);
	FIXTURE_TEST("/config/load/revision", test_revision);
	FIXTURE_TEST("/config/load/sources", test_sources);
	return g_test_run();
}
