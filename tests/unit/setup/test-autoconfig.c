/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/autoconfig.h"

#include <string.h>

/* Documents of Mozilla's autoconfig against the servers that they name, or the reason why they name
 * none. A server is a line "URL USER WAYS", a remark one that begins with "#". */

#define HEAD                                                                                       \
	"<?xml version=\"1.0\"?>\n<clientConfig version=\"1.1\"><emailProvider "                   \
	"id=\"odn.example\">"
#define TAIL "</emailProvider></clientConfig>"
#define SMTP(inside) "<outgoingServer type=\"smtp\">" inside "</outgoingServer>"
#define POP(inside) "<incomingServer type=\"pop3\">" inside "</incomingServer>"
#define HOST(host) "<hostname>" host "</hostname>"
#define TLS "<port>465</port><socketType>SSL</socketType>"
#define PASSWORD "<authentication>password-cleartext</authentication>"
#define USER "<username>%EMAILADDRESS%</username>"

typedef struct {
	const char *what;
	const char *text;
	const char *address; /* NULL: taro@odn.example */
	const char *want;
} Row;

static const Row rows[] = {
	{"one server", HEAD SMTP(HOST("smtp.odn.example") TLS USER PASSWORD) TAIL, NULL,
		"smtps://smtp.odn.example:465 taro@odn.example password\n"},
	{"as the database has it",
		"<clientConfig version=\"1.1\">\n"
		"  <emailProvider id=\"odn.example\">\n"
		"    <domain>odn.example</domain>\n"
		"    <domain purpose=\"mx\">mail.odn.example</domain>\n"
		"    <displayName>ODN &amp; Friends</displayName>\n"
		"    <incomingServer type=\"imap\">\n"
		"      <hostname>imap.odn.example</hostname><port>993</port>\n"
		"      <socketType>SSL</socketType><username>%EMAILADDRESS%</username>\n"
		"      <authentication>OAuth2</authentication>\n"
		"    </incomingServer>\n"
		"    <incomingServer type=\"pop3\">\n"
		"      <hostname>pop.odn.example</hostname><port>995</port>\n"
		"      <socketType>SSL</socketType><username>%EMAILLOCALPART%</username>\n"
		"      <authentication>password-cleartext</authentication>\n"
		"      <pop3><leaveMessagesOnServer>true</leaveMessagesOnServer>\n"
		"        <downloadOnBiff>true</downloadOnBiff></pop3>\n"
		"    </incomingServer>\n"
		"    <outgoingServer type=\"smtp\">\n"
		"      <hostname>smtp.odn.example</hostname><port>587</port>\n"
		"      <socketType>STARTTLS</socketType><username>%EMAILADDRESS%</username>\n"
		"      <authentication>OAuth2</authentication>\n"
		"      <authentication>password-cleartext</authentication>\n"
		"    </outgoingServer>\n"
		"    <documentation url=\"https://www.odn.example/help\">\n"
		"      <descr lang=\"en\">How to &lt;set it up&gt;</descr></documentation>\n"
		"  </emailProvider>\n"
		"  <oAuth2><issuer>login.odn.example</issuer><scope>mail</scope></oAuth2>\n"
		"  <webMail><loginPage url=\"https://www.odn.example/\"/></webMail>\n"
		"  <clientConfigUpdate url=\"https://www.odn.example/mail.xml\" />\n"
		"</clientConfig>\n",
		NULL,
		"pop3s://pop.odn.example:995 taro password\n"
		"smtp+starttls://smtp.odn.example:587 taro@odn.example password token\n"},
	{"the order is the provider's",
		HEAD SMTP(HOST("b.example") TLS) SMTP(HOST("a.example") TLS) TAIL, NULL,
		"smtps://b.example:465 - password\nsmtps://a.example:465 - password\n"},
	{"placeholders in hosts", HEAD SMTP(HOST("smtp.%EMAILDOMAIN%") TLS) TAIL, NULL,
		"smtps://smtp.odn.example:465 - password\n"},
	{"without an address the user is not known",
		HEAD SMTP(HOST("s.%EMAILDOMAIN%") TLS USER) TAIL, "@odn.example",
		"smtps://s.odn.example:465 - password\n"},
	{"two in one word",
		HEAD SMTP(HOST("s.example") TLS
			"<username>%EMAILLOCALPART%#%EMAILDOMAIN%</username>") TAIL,
		NULL, "smtps://s.example:465 taro#odn.example password\n"},
	{"a name that a form would ask for",
		HEAD SMTP(HOST("s.example") TLS "<username>%LOGIN%</username>") TAIL, NULL,
		"smtps://s.example:465 - password\n"},
	{"a name that would drive the terminal",
		HEAD SMTP(HOST("a.example") TLS "<username>\xc2\x9b"
						"31mx&#10;y</username>")
			SMTP(HOST("s.example") TLS USER) TAIL,
		NULL,
		"smtps://s.example:465 taro@odn.example password\n"
		"# line 2: the SMTP server is left out: its <username> has control characters in "
		"it: "
		"\\u009b31mx\\x0ay\n"},
	{"a percent sign", HEAD SMTP(HOST("s.example") TLS "<username>100%taro</username>") TAIL,
		NULL, "smtps://s.example:465 100%taro password\n"},
	{"a host that hangs on what is not known",
		HEAD SMTP(HOST("%LOGIN%.example") TLS) SMTP(HOST("s.example") TLS) TAIL, NULL,
		"smtps://s.example:465 - password\n"
		"# line 2: the SMTP server is left out: its host is not known without more of "
		"you: %LOGIN%.example\n"},
	{"SMTP after POP",
		HEAD POP(HOST("pop.odn.example") "<port>110</port><socketType>plain</socketType>")
			SMTP(HOST(
				"s.odn.example") "<port>25</port><socketType>plain</socketType>"
						 "<authentication>SMTP-after-POP</authentication>")
				TAIL,
		NULL,
		"pop3://pop.odn.example:110 - password\n"
		"smtp://s.odn.example:25 - after-pop\n"},
	{"a restriction beside a login",
		HEAD SMTP(HOST("s.example") TLS PASSWORD
			"<restriction>client-IP-address</restriction>") TAIL,
		NULL, "smtps://s.example:465 - password by-address\n"},
	{"no login",
		HEAD SMTP(HOST("s.example") "<port>25</port><socketType>plain</socketType>"
					    "<authentication>client-IP-address</authentication>")
			TAIL,
		NULL, "smtp://s.example:25 - by-address\n"},
	{"none at all",
		HEAD SMTP(HOST("s.example") TLS "<authentication>none</authentication>") TAIL, NULL,
		"smtps://s.example:465 - no-login\n"},
	{"words of version 1.0",
		HEAD SMTP(HOST("a.example") TLS "<authentication>plain</authentication>")
			SMTP(HOST("b.example") TLS "<authentication>secure</authentication>") TAIL,
		NULL, "smtps://a.example:465 - password\nsmtps://b.example:465 - password\n"},
	{"two kinds of socket: the first that is known",
		HEAD SMTP(HOST("s.example") "<port>587</port><socketType>QUIC</socketType>"
					    "<socketType>STARTTLS</socketType>"
					    "<socketType>plain</socketType>") TAIL,
		NULL, "smtp+starttls://s.example:587 - password\n"},
	{"a port alone",
		HEAD SMTP(HOST("a.example") "<port>465</port>")
			SMTP(HOST("b.example") "<port>587</port>") TAIL,
		NULL,
		"smtps://a.example:465 - password\nsmtp+starttls://b.example:587 - password\n"},
	{"a socket alone", HEAD SMTP(HOST("a.example") "<socketType>SSL</socketType>") TAIL, NULL,
		"smtps://a.example:465 - password\n"},
	{"ports that are none",
		HEAD SMTP(HOST("a.example") "<port>0</port><socketType>SSL</socketType>") SMTP(
			HOST("b.example") "<port>70000</port><socketType>SSL</socketType>")
			SMTP(HOST("c.example") "<port>smtp</port><socketType>SSL</socketType>")
				SMTP(HOST("d.example") TLS) TAIL,
		NULL,
		"smtps://d.example:465 - password\n"
		"# line 2: the SMTP server is left out: its port is no number from 1 to 65535: 0\n"
		"# line 2: the SMTP server is left out: its port is no number from 1 to 65535: "
		"70000\n"
		"# line 2: the SMTP server is left out: its port is no number from 1 to 65535: "
		"smtp\n"},
	{"what roampost does not speak",
		HEAD SMTP(HOST("a.example") TLS "<authentication>NTLM</authentication>")
			SMTP(HOST("b.example") TLS "<authentication>Kerberos-9</authentication>")
				SMTP(HOST("c.example") TLS PASSWORD
					"<authentication>GSSAPI</authentication>") TAIL,
		NULL,
		"smtps://c.example:465 - password foreign\n"
		"# line 2: the SMTP server is left out: it takes NTLM or GSSAPI alone, which "
		"roampost has not\n"
		"# line 2: the SMTP server is left out: its login is one that roampost does not "
		"have: Kerberos-9\n"},
	{"hosts that are none",
		HEAD SMTP(HOST("a b.example") TLS) SMTP(HOST("x@y.example") TLS) SMTP(
			HOST("s.example/x") TLS) SMTP(TLS) SMTP(HOST("good.example.") TLS) TAIL,
		NULL,
		"smtps://good.example:465 - password\n"
		"# line 2: the SMTP server is left out: its host is none: a b.example\n"
		"# line 2: the SMTP server is left out: its host is none: x@y.example\n"
		"# line 2: the SMTP server is left out: its host is none: s.example/x\n"
		"# line 2: the SMTP server is left out: it has no <hostname>\n"},
	{"blanks and lines within values",
		HEAD SMTP("\n<hostname>\n  s.example\n </hostname>" TLS PASSWORD) TAIL, NULL,
		"smtps://s.example:465 - password\n"},
	{"a mark before it", "\xef\xbb\xbf" HEAD SMTP(HOST("s.example") TLS) TAIL, NULL,
		"smtps://s.example:465 - password\n"},
	{"blank lines before it",
		"\n  <clientConfig><emailProvider>" SMTP(HOST("s.example") TLS) TAIL, NULL,
		"smtps://s.example:465 - password\n"},
	{"in latin-1",
		"<?xml version='1.0' encoding='ISO-8859-1'?><clientConfig><emailProvider>"
		"<displayName>M\xfcller</displayName>" SMTP(HOST("s.example") TLS) TAIL,
		NULL, "smtps://s.example:465 - password\n"},
	{"CDATA", HEAD SMTP("<hostname><![CDATA[s.example]]></hostname>" TLS) TAIL, NULL,
		"smtps://s.example:465 - password\n"},
	{"a comment in a server",
		HEAD SMTP("<!-- <hostname>no.example</hostname> -->" HOST("s.example") TLS) TAIL,
		NULL, "smtps://s.example:465 - password\n"},
	{"the first host counts", HEAD SMTP(HOST("a.example") HOST("b.example") TLS) TAIL, NULL,
		"smtps://a.example:465 - password\n"},
	{"a host within another element is none of the server's",
		HEAD SMTP(HOST("a.example") TLS "<x><hostname>b.example</hostname></x>") TAIL, NULL,
		"smtps://a.example:465 - password\n"},
	{"servers outside a provider",
		"<clientConfig><x>" SMTP(HOST("a.example") TLS) "</x><emailProvider>" SMTP(
			HOST("b.example") TLS) TAIL,
		NULL, "smtps://b.example:465 - password\n"},
	/* ---- what is none ---- */
	{"nothing", "", NULL, "error: it is empty"},
	{"blanks", " \n ", NULL, "error: it is empty"},
	{"a portal's page", "<!DOCTYPE html>\n<html><body>Sign in", NULL,
		"error: it is a web page, not autoconfig: a portal of this network that wants to "
		"be "
		"signed in to (open any page in a browser), or a site that answers so to "
		"everything"},
	{"a page that begins with a comment", "<!-- x -->\n <HTML>", NULL,
		"error: it is a web page, not autoconfig: a portal of this network that wants to "
		"be "
		"signed in to (open any page in a browser), or a site that answers so to "
		"everything"},
	{"another document", "<?xml version='1.0'?>\n<Autodiscover><Response/></Autodiscover>",
		NULL,
		"error: line 2: it begins with <Autodiscover>, where autoconfig has "
		"<clientConfig>"},
	{"no XML", "not found", NULL, "error: it is no XML that can be read (Error on line 1 "},
	{"cut off", HEAD "\n" SMTP(HOST("s.example") TLS), NULL,
		"error: it is no XML that can be read (Error on line 3 "},
	{"an entity of its own",
		"<!DOCTYPE x [<!ENTITY a "
		"\"aaaa\">]><clientConfig><emailProvider><displayName>&a;</displayName>" TAIL,
		NULL, "error: it is no XML that can be read (Error on line 1"},
	{"no SMTP", HEAD POP(HOST("pop.odn.example") "<socketType>SSL</socketType>") TAIL, NULL,
		"error: it names no SMTP server"},
	{"none that is good", HEAD SMTP(TLS) TAIL, NULL,
		"error: it names no SMTP server that can be used: line 2: the SMTP server is left "
		"out: it has no <hostname>"},
};

static const char *const ways[] = {
	"password", "token", "certificate", "foreign", "no-login", "by-address", "after-pop"};

static void
render_server(GString *out, const RpMailServer *server)
{
	g_autofree char *url = rp_mail_server_url(server);
	char *rest = strstr(url, "://");

	*rest = '\0';
	g_string_append_printf(out, "%s%s://%s %s", url,
		server->tls == RP_MAIL_STARTTLS ? "+starttls" : "", rest + 3,
		server->user ? server->user : "-");
	for (gsize i = 0; i < G_N_ELEMENTS(ways); i++)
		if (server->ways & 1u << i)
			g_string_append_printf(out, " %s", ways[i]);
	g_string_append_c(out, '\n');
}

static char *
read_row(const Row *row)
{
	g_autoptr(GError) error = NULL;
	g_autoptr(RpAutoconfig) config = rp_autoconfig_read(row->text, strlen(row->text),
		row->address ? row->address : "taro@odn.example", &error);
	GString *out = g_string_new(NULL);

	if (!config)
		g_string_append_printf(out, "error: %s", error->message);
	for (guint i = 0; config && i < config->servers->len; i++)
		render_server(out, config->servers->pdata[i]);
	for (guint i = 0; config && i < config->remarks->len; i++)
		g_string_append_printf(out, "# %s\n", (const char *)config->remarks->pdata[i]);
	return g_string_free(out, FALSE);
}

static void
test_rows(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *got = read_row(&rows[i]);

		/* What GLib says behind the place differs between its versions. */
		if (g_str_has_prefix(rows[i].want, "error: it is no XML that can be read (Error on")
				? g_str_has_prefix(got, rows[i].want)
				: g_str_equal(got, rows[i].want))
			continue;
		g_test_message("%s: %s, wanted %s", rows[i].what, got, rows[i].want);
		g_test_fail();
	}
}

static void
test_names(void)
{
	g_autoptr(RpAutoconfig) shown =
		rp_autoconfig_read(rows[1].text, strlen(rows[1].text), "taro@odn.example", NULL);
	g_autoptr(RpAutoconfig) id =
		rp_autoconfig_read(rows[0].text, strlen(rows[0].text), "taro@odn.example", NULL);

	g_assert_cmpstr(shown->name, ==, "ODN & Friends");
	g_assert_true(shown->has_imap);
	g_assert_cmpstr(id->name, ==, "odn.example");
	g_assert_false(id->has_imap);
}

/* A document that is larger than any is refused before it is read, and no more servers are kept
 * than anybody has. */
static void
test_bounds(void)
{
	g_autoptr(GString) text = g_string_new(HEAD);
	g_autoptr(GError) error = NULL;
	RpAutoconfig *config;

	for (int i = 0; i < 200; i++)
		g_string_append(text, SMTP(HOST("s.example") TLS));
	g_string_append(text, TAIL);
	config = rp_autoconfig_read(text->str, text->len, "taro@odn.example", &error);
	g_assert_no_error(error);
	g_assert_cmpuint(config->servers->len, ==, 32);
	rp_autoconfig_free(config);
	while (text->len <= RP_AUTOCONFIG_LARGEST)
		g_string_append_c(text, ' ');
	g_assert_null(rp_autoconfig_read(text->str, text->len, "taro@odn.example", &error));
	g_assert_nonnull(strstr(error->message, "no autoconfig is larger than 262144"));
}

/* Whatever comes, in whatever pieces and with whatever octets in it, it is a result. */
static void
test_garbage(void)
{
	const char *good = rows[1].text;
	gsize length = strlen(good);

	for (int i = 0; i < 3000; i++) {
		g_autofree char *text = g_strdup(good);
		gsize n = (gsize)g_test_rand_int_range(0, (gint32)length + 1);

		for (int j = g_test_rand_int_range(0, 4); j > 0; j--)
			text[g_test_rand_int_range(0, (gint32)length)] =
				(char)g_test_rand_int_range(0, 256);
		g_autoptr(GError) error = NULL;
		g_autoptr(RpAutoconfig) config =
			rp_autoconfig_read(text, n, "taro@odn.example", &error);
		g_assert_true((config != NULL) == (error == NULL));
		g_assert_true(!error || g_utf8_validate(error->message, -1, NULL));
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/setup/autoconfig/rows", test_rows);
	g_test_add_func("/setup/autoconfig/names", test_names);
	g_test_add_func("/setup/autoconfig/bounds", test_bounds);
	g_test_add_func("/setup/autoconfig/garbage", test_garbage);
	return g_test_run();
}
