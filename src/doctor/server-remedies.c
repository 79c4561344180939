/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "server-remedies.h"

#include "roampost/password-mend.h"
#include "roampost/ports.h"
#include "roampost/words.h"

#include <string.h>

/* Each result of a session has one function here that makes the command: what changes the line of
 * the configuration that is wrong, or else what shows the same without roampost. */

/* The line of the configuration that says it: "FILE" and the number. */
static const RpConfigSetting *
find_setting(const RpDoctorServer *server, const char *key)
{
	const GPtrArray *settings = rp_config_settings(server->doctor->config);
	g_autofree char *group = g_strconcat("server-set ", server->set->name, NULL);

	for (guint i = 0; i < settings->len; i++) {
		const RpConfigSetting *setting = settings->pdata[i];
		if (setting->file && g_str_equal(setting->group, group) &&
			g_str_equal(setting->key, key))
			return setting;
	}
	return NULL;
}

const char *
rp_doctor_server_key(const RpDoctorServer *server, const char *smtp, const char *pop)
{
	return server->pop ? pop : smtp;
}

static char *
edit_command(const RpDoctorServer *server, const char *key)
{
	const RpConfigSetting *setting = find_setting(server, key);
	g_autofree char *file = setting ? rp_doctor_quote(setting->file) : NULL;

	return setting ? g_strdup_printf("${EDITOR:-vi} +%u %s", setting->line, file)
		       : g_strdup("roampost config show");
}

const RpEndpoint *
rp_doctor_server_endpoint(const RpDoctorServer *server)
{
	return server->pop ? server->set->pop : server->set->smtp->pdata[0];
}

static char *
look_up(const RpDoctorServer *server, const RpSessionReport *report)
{
	g_autofree char *host = rp_doctor_quote(report->host);

	return g_strconcat("getent ahosts ", host, NULL);
}

/* The command that writes the other scheme before it. NULL: it is written in a way that no command
 * finds. */
char *
rp_doctor_change_scheme(const RpDoctorServer *server, const RpEndpoint *endpoint)
{
	const char *scheme = rp_doctor_server_key(server, "smtp", "pop3");
	const RpConfigSetting *setting =
		find_setting(server, rp_doctor_server_key(server, "smtp", "pop"));
	g_autofree char *file = setting ? rp_doctor_quote(setting->file) : NULL;
	g_autofree char *old =
		rp_port_url(scheme, endpoint->implicit_tls, endpoint->host, endpoint->port);

	if (!setting || strchr(endpoint->host, ':') || !strstr(setting->value, old))
		return NULL;
	return g_strdup_printf("sed -i '%us|%s%s://%s:%u|%s%s://%s:%u|' %s", setting->line, scheme,
		endpoint->implicit_tls ? "s" : "", endpoint->host, endpoint->port, scheme,
		endpoint->implicit_tls ? "" : "s", endpoint->host, endpoint->port, file);
}

/* Where it is known to be the other; one of several may be. */
static char *
change_scheme_of(const RpDoctorServer *server, const RpSessionReport *report)
{
	const GPtrArray *smtp = server->set->smtp;

	if (report->port_is != RP_PORT_IN_CLEAR && report->port_is != RP_PORT_WITH_TLS)
		return NULL;
	if (server->pop)
		return rp_doctor_change_scheme(server, server->set->pop);
	for (guint i = 0; i < smtp->len; i++) {
		const RpEndpoint *endpoint = smtp->pdata[i];

		if (endpoint->port == report->port && g_str_equal(endpoint->host, report->host))
			return rp_doctor_change_scheme(server, endpoint);
	}
	return NULL;
}

static char *
knock(const RpDoctorServer *server, const RpSessionReport *report)
{
	const char *provider = server->set->provider;
	gint index = provider ? rp_catalogue_find_provider(
					rp_config_catalogue(server->doctor->config), provider)
			      : -1;
	g_autofree char *host = rp_doctor_quote(report->host);
	char *other = change_scheme_of(server, report);

	if (other)
		return other;
	if (index >= 0 &&
		rp_catalogue_provider(rp_config_catalogue(server->doctor->config), (guint)index)
			->nm_connections[0])
		return g_strconcat("roampost dial ", provider, NULL);
	return g_strdup_printf(
		"curl --max-time 5 -sv telnet://%s:%u </dev/null", host, report->port);
}

/* RFC 8314: mail is submitted on 587, or 465, and not on 25. */
static char *
change_port(const RpDoctorServer *server, const RpSessionReport *report)
{
	const RpConfigSetting *setting = find_setting(server, "smtp");
	g_autofree char *file = setting ? rp_doctor_quote(setting->file) : NULL;

	return setting ? g_strdup_printf("sed -i '%us/:25\\>/:587/' %s", setting->line, file)
		       : g_strdup("roampost config show");
}

/* As the agent looks at the server: who is trusted, and what it is shown. */
static char *
options_of_certificates(const RpServerSet *set)
{
	const struct {
		const char *option, *file;
	} rows[] = {{"-CAfile", set->tls_ca_file}, {"-cert", set->tls_client_cert},
		{"-key", set->tls_client_key}};
	GString *options = g_string_new(NULL);

	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *file = rows[i].file ? rp_doctor_quote(rows[i].file) : NULL;

		if (file && !g_str_has_prefix(rows[i].file, "pkcs11:"))
			g_string_append_printf(options, " %s %s", rows[i].option, file);
	}
	return g_string_free(options, FALSE);
}

static char *
look_at_tls(const RpDoctorServer *server, const RpSessionReport *report, const char *rest)
{
	g_autofree char *host = rp_doctor_quote(report->host);
	gboolean pop = server->pop && !report->by_look;
	const RpEndpoint *endpoint = pop ? server->set->pop : server->set->smtp->pdata[0];
	const char *start = endpoint->implicit_tls ? ""
			    : pop                  ? " -starttls pop3"
						   : " -starttls smtp";

	g_autofree char *authorities = options_of_certificates(server->set);
	return g_strdup_printf(
		"openssl s_client%s -connect %s:%u -servername %s -verify_hostname %s%s %s", start,
		host, report->port, host, host, authorities, rest);
}

static char *
show_tls(const RpDoctorServer *server, const RpSessionReport *report)
{
	char *other = change_scheme_of(server, report);

	if (rp_tells_of_own_files(report->detail) &&
		(strstr(report->detail, " can't be read: ") || strstr(report->detail, " names ")))
		return g_strdup("roampost config check");
	return other ? other : look_at_tls(server, report, "-brief </dev/null");
}

/* -brief shows no certificate. */
char *
rp_doctor_show_end(const RpDoctorServer *server, const RpSessionReport *report)
{
	return look_at_tls(server, report, "</dev/null 2>/dev/null | openssl x509 -noout -enddate");
}

/* As tls-fingerprint is written. */
static char *
show_key(const RpDoctorServer *server, const RpSessionReport *report)
{
	return look_at_tls(server, report,
		"</dev/null 2>/dev/null | openssl x509 -noout -pubkey | openssl pkey -pubin "
		"-outform DER | sha256sum");
}

/* By the clock that is the first to be looked at; and where a name tells, what it greets with. */
static char *
show_server(const RpDoctorServer *server, const RpSessionReport *report)
{
	if (rp_tells_of_new_greeting(report->detail))
		return knock(server, report);
	if (server->set->tls_fingerprint)
		return show_key(server, report);
	return rp_tells_of_dates(report->detail) ? g_strdup("timedatectl")
						 : show_tls(server, report);
}

/* A home stays for the shell to find. */
static char *
fill_in(const char *command, const char *argument)
{
	GString *filled = g_string_new(command);
	g_autofree char *word = !argument                          ? NULL
				: g_str_has_prefix(argument, "~/") ? g_strdup(argument)
								   : rp_doctor_quote(argument);

	if (word)
		g_string_replace(filled, "%s", word, 1);
	return g_string_free(filled, FALSE);
}

/* What mail that waits for it names too. */
static char *
mend_password(const RpDoctorServer *server, const RpSessionReport *report)
{
	const RpLogin *login = server->pop ? &server->set->pop_login : &server->set->smtp_login;
	RpPasswordMend mend = rp_password_mend(server->set, login);
	g_autofree char *argument = mend.argument;

	if (mend.command)
		return fill_in(mend.command, argument);
	if (login->password_command)
		return g_strdup(login->password_command);
	return edit_command(server,
		login->password ? rp_doctor_server_key(server, "smtp-password", "pop-password")
				: rp_doctor_server_key(server, "smtp-user", "pop-user"));
}

static char *
unlock(const RpDoctorServer *server, const RpSessionReport *report)
{
	return rp_doctor_unlock_command();
}

static char *
mend_mechanism(const RpDoctorServer *server, const RpSessionReport *report)
{
	return edit_command(server, rp_doctor_server_key(server, "smtp-user", "pop-user"));
}

static char *
show_sets(const RpDoctorServer *server, const RpSessionReport *report)
{
	return g_strdup("roampost sets");
}

/* By RpSessionResult. */
static const struct {
	RpHealth health;
	char *(*remedy)(const RpDoctorServer *server, const RpSessionReport *report);
} judgements[] = {
	[RP_SESSION_OK] = {RP_HEALTH_GOOD, NULL},
	[RP_SESSION_RESOLVE_FAILED] = {RP_HEALTH_BAD, look_up},
	[RP_SESSION_UNREACHABLE] = {RP_HEALTH_BAD, knock},
	[RP_SESSION_PORT_BLOCKED] = {RP_HEALTH_BAD, change_port},
	[RP_SESSION_TLS_UNAVAILABLE] = {RP_HEALTH_BAD, show_tls},
	[RP_SESSION_INTERCEPTED] = {RP_HEALTH_BAD, show_server},
	[RP_SESSION_AUTH_FAILED] = {RP_HEALTH_BAD, mend_password},
	[RP_SESSION_AUTH_TEMPORARY] = {RP_HEALTH_WARNING, show_sets},
	[RP_SESSION_AUTH_UNCLEAR] = {RP_HEALTH_BAD, mend_password},
	[RP_SESSION_AUTH_MISSING] = {RP_HEALTH_BAD, mend_mechanism},
	[RP_SESSION_CREDENTIALS_UNAVAILABLE] = {RP_HEALTH_BAD, mend_password},
	[RP_SESSION_KEYRING_LOCKED] = {RP_HEALTH_WARNING, unlock},
	[RP_SESSION_REFUSED] = {RP_HEALTH_BAD, knock},
	[RP_SESSION_REJECTED] = {RP_HEALTH_BAD, knock},
	[RP_SESSION_TRY_LATER] = {RP_HEALTH_WARNING, show_sets},
	[RP_SESSION_LIMIT] = {RP_HEALTH_WARNING, show_sets},
	[RP_SESSION_POP_FIRST] = {RP_HEALTH_GOOD, NULL},
	[RP_SESSION_BIND_FAILED] = {RP_HEALTH_WARNING, show_sets},
	[RP_SESSION_LOST] = {RP_HEALTH_WARNING, show_sets},
	[RP_SESSION_PROTOCOL_ERROR] = {RP_HEALTH_BAD, show_tls},
	[RP_SESSION_UNPROVEN] = {RP_HEALTH_BAD, knock},
};

RpHealth
rp_doctor_server_health(RpSessionResult result)
{
	return judgements[result].health;
}

char *
rp_doctor_server_remedy(const RpDoctorServer *server, const RpSessionReport *report)
{
	char *(*remedy)(const RpDoctorServer *, const RpSessionReport *) =
		judgements[report->result].remedy;

	return remedy ? remedy(server, report) : NULL;
}
