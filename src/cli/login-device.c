/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "login.h"

#include "roampost/download.h"
#include "roampost/http-form.h"
#include "roampost/language.h"
#include "roampost/module.h"

#include <stdio.h>
#include <sys/random.h>

/* The login by a code that is typed elsewhere (RFC 8628), and the requests of both kinds. */

enum { SLOWER_SECONDS = 5, SLOWEST_SECONDS = 30 };

char *
rp_login_random(void)
{
	guint8 octets[RP_OAUTH_RANDOM];
	char *text;

	if (getrandom(octets, sizeof octets, 0) != sizeof octets)
		g_error("the system has no random numbers");
	text = rp_oauth_token_of(octets);
	rp_wipe(octets, sizeof octets);
	return text;
}

char *
rp_login_post(const RpOauthProvider *provider, const char *url, const char *form, guint *status)
{
	RpHttpFormBlocking post =
		(RpHttpFormBlocking)rp_module_function(RP_DOWNLOAD_MODULE, RP_HTTP_FORM_FUNCTION);
	g_autoptr(RpSecret) header = rp_oauth_client_header(provider);
	const RpHttpQuestion question = {url, form, header, provider->tls_ca_file};
	char *body = NULL, *why = NULL;

	*status = 0;
	if (!post)
		return g_strdup_printf(_("%s is not installed"), RP_DOWNLOAD_MODULE);
	*status = post(&question, &body, &why);
	return body ? rp_secret_take(body) : why;
}

static gint64
now_seconds(void)
{
	return g_get_real_time() / G_USEC_PER_SEC;
}

static gboolean
begin(RpCli *cli, const RpOauthProvider *provider, RpOauthDevice *device)
{
	g_autoptr(RpSecret) form = rp_oauth_device_form(provider);
	guint status = 0;
	g_autoptr(RpSecret) body =
		rp_login_post(provider, provider->device_endpoint, form, &status);
	g_autofree char *words = NULL;

	if (rp_oauth_read_device(status, body, now_seconds(), device, &words) == RP_OAUTH_GRANTED)
		return TRUE;
	rp_cli_fail(
		cli, _("%s gives no code: %s"), provider->device_endpoint, status ? words : body);
	return FALSE;
}

static RpOauthAnswer
ask(const RpOauthProvider *provider, const RpOauthDevice *device, RpOauthTokens *tokens,
	char **words)
{
	g_autoptr(RpSecret) form = rp_oauth_device_code_form(provider, device->code);
	guint status = 0;
	g_autoptr(RpSecret) body = rp_login_post(provider, provider->token_endpoint, form, &status);

	return rp_oauth_read_answer(status, body, now_seconds(), tokens, words);
}

/* TRUE: there is an answer, good or bad, in *said. */
static gboolean
is_over(RpOauthAnswer said, RpOauthDevice *device)
{
	switch (said) {
	case RP_OAUTH_SLOWER:
		device->interval += SLOWER_SECONDS;
		return FALSE;
	case RP_OAUTH_PENDING:
		return FALSE;
	case RP_OAUTH_LATER: /* RFC 8628 section 3.5: ask less often when it can't be reached */
		device->interval =
			MAX(device->interval, MIN(device->interval * 2, SLOWEST_SECONDS));
		return FALSE;
	case RP_OAUTH_GRANTED:
	case RP_OAUTH_ENDED:
	case RP_OAUTH_MISTAKEN:
		break;
	}
	return TRUE;
}

gboolean
rp_login_by_device(RpCli *cli, const RpOauthProvider *provider, RpOauthTokens *tokens)
{
	RpOauthDevice device = {0};
	RpOauthAnswer said = RP_OAUTH_PENDING;
	g_autofree char *words = NULL;

	if (!begin(cli, provider, &device))
		return FALSE;
	g_autofree char *uri =
		rp_text_neutral(device.whole_uri ? device.whole_uri : device.uri, -1);
	g_autofree char *code = rp_text_neutral(device.user_code, -1);
	fprintf(stderr, _("On any device, open\n\n%s\n\nand type this code: %s\n"), uri, code);
	while (!is_over(said, &device) && now_seconds() < device.ends) {
		g_usleep(device.interval * G_USEC_PER_SEC);
		g_clear_pointer(&words, g_free);
		said = ask(provider, &device, tokens, &words);
	}
	rp_oauth_device_clear(&device);
	if (said != RP_OAUTH_GRANTED)
		rp_cli_fail(cli, _("the login came to nothing: %s"),
			is_over(said, &device) && words ? words
							: _("the code was not typed in time"));
	return said == RP_OAUTH_GRANTED;
}
