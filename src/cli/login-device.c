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

/* A code that is waited for: how often it is asked, and what was in the way last. */
typedef struct {
	RpCli *cli;
	const RpOauthProvider *provider;
	RpOauthDevice device;
	guint pause;   /* seconds to the next question */
	char *trouble; /* NULL: the last answer was the provider's own */
} Wait;

static RpOauthAnswer
ask(Wait *wait, RpOauthTokens *tokens, char **words)
{
	const RpOauthProvider *provider = wait->provider;
	g_autoptr(RpSecret) form = rp_oauth_device_code_form(provider, wait->device.code);
	guint status = 0;
	g_autoptr(RpSecret) body = rp_login_post(provider, provider->token_endpoint, form, &status);
	RpOauthAnswer said = rp_oauth_read_answer(status, body, now_seconds(), tokens, words);

	if (!status) {
		g_free(*words);
		*words = g_strdup(body);
	}
	return said;
}

/* Said once, and not each time. */
static void
note_trouble(Wait *wait, const char *words)
{
	if (g_strcmp0(words, wait->trouble) != 0)
		rp_cli_note(wait->cli,
			_("%s gives no token yet: %s; it is asked again as long as the code is "
			  "good"),
			wait->provider->token_endpoint, words);
	g_free(wait->trouble);
	wait->trouble = g_strdup(words);
}

/* TRUE: there is an answer, good or bad. What RFC 8628 section 3.5 does not have ask again can't
 * get better while the code is good. */
static gboolean
is_over(Wait *wait, RpOauthAnswer said, const char *words)
{
	switch (said) {
	case RP_OAUTH_SLOWER:
		wait->device.interval += SLOWER_SECONDS;
		G_GNUC_FALLTHROUGH;
	case RP_OAUTH_PENDING:
		g_clear_pointer(&wait->trouble, g_free);
		wait->pause = wait->device.interval;
		return FALSE;
	case RP_OAUTH_LATER: /* likewise: ask less often when it can't be reached */
		note_trouble(wait, words);
		wait->pause = MAX(wait->device.interval, MIN(wait->pause * 2, SLOWEST_SECONDS));
		return FALSE;
	case RP_OAUTH_GRANTED:
	case RP_OAUTH_ENDED:
	case RP_OAUTH_MISTAKEN:
	case RP_OAUTH_USELESS:
		break;
	}
	return TRUE;
}

/* FALSE: *words says why. */
static gboolean
wait_for_user(Wait *wait, RpOauthTokens *tokens, char **words)
{
	gint64 left;

	wait->pause = wait->device.interval;
	while ((left = wait->device.ends - now_seconds()) > 0) {
		RpOauthAnswer said;

		g_usleep((gulong)MIN(left, (gint64)wait->pause) * G_USEC_PER_SEC);
		g_clear_pointer(words, g_free);
		said = ask(wait, tokens, words);
		if (is_over(wait, said, *words))
			return said == RP_OAUTH_GRANTED;
	}
	g_free(*words);
	*words = g_strdup(wait->trouble ? wait->trouble : _("the code was not typed in time"));
	return FALSE;
}

gboolean
rp_login_by_device(RpCli *cli, const RpOauthProvider *provider, RpOauthTokens *tokens)
{
	Wait wait = {.cli = cli, .provider = provider};
	RpOauthDevice *device = &wait.device;
	g_autofree char *words = NULL;
	gboolean good;

	if (!begin(cli, provider, device))
		return FALSE;
	fprintf(stderr, _("On any device, open\n\n%s\n\nand type this code: %s\n"),
		device->whole_uri ? device->whole_uri : device->uri, device->user_code);
	good = wait_for_user(&wait, tokens, &words);
	if (!good)
		rp_cli_fail(cli, _("the login came to nothing: %s"), words);
	rp_oauth_device_clear(device);
	g_free(wait.trouble);
	return good;
}
