/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oauth-private.h"

#include "roampost/address.h"

/* What a provider says for a login by another device (RFC 8628), and what of it may be shown. */

void
rp_oauth_device_clear(RpOauthDevice *device)
{
	rp_secret_free(device->code);
	g_free(device->user_code);
	g_free(device->uri);
	g_free(device->whole_uri);
	*device = (RpOauthDevice){0};
}

/* What a user may be told to open: the provider's page, and no file of his. RFC 8628 has no other
 * scheme than https in mind; what is on this machine needs no TLS. */
static gboolean
is_page(const char *text)
{
	g_autoptr(GUri) uri = text ? g_uri_parse(text, G_URI_FLAGS_NONE, NULL) : NULL;
	const char *host = uri ? g_uri_get_host(uri) : NULL;

	/* RFC 3986 has neither blanks nor what is not ASCII. */
	if (!host || !*host || !rp_oauth_is_visible(text))
		return FALSE;
	return g_str_equal(g_uri_get_scheme(uri), "https") ||
	       (g_str_equal(g_uri_get_scheme(uri), "http") && rp_host_is_loopback(host));
}

/* One line, and fit to be shown. NULL: there is no such text. */
static char *
line_of(JsonObject *object, const char *name)
{
	g_autofree char *line = g_strdup(rp_oauth_text(object, name));

	return line && *line ? rp_text_neutral(g_strdelimit(line, "\r\n", ' '), -1) : NULL;
}

RpOauthAnswer
rp_oauth_read_device(
	guint status, const char *body, gint64 now, RpOauthDevice *device, char **words)
{
	g_autoptr(JsonParser) parser = json_parser_new();
	JsonObject *object = rp_oauth_object(parser, body);
	const char *uri, *whole;

	*words = NULL;
	if (status != 200 || !object || rp_oauth_text(object, "error"))
		return rp_oauth_error(status, object, words);
	uri = rp_oauth_text(object, "verification_uri");
	uri = uri ? uri : rp_oauth_text(object, "verification_url"); /* Google's */
	whole = rp_oauth_text(object, "verification_uri_complete");
	g_autofree char *user_code = line_of(object, "user_code");
	if (!uri || !user_code || !rp_oauth_text(object, "device_code")) {
		*words = g_strdup("its answer has no code for a device");
		return RP_OAUTH_USELESS;
	}
	if (!is_page(uri)) {
		*words = g_strdup("the address where its code is to be typed is no https:// URL");
		return RP_OAUTH_USELESS;
	}
	*device = (RpOauthDevice){
		.code = rp_secret_dup(rp_oauth_text(object, "device_code")),
		.user_code = g_steal_pointer(&user_code),
		.uri = g_strdup(uri),
		.whole_uri = is_page(whole) ? g_strdup(whole) : NULL,
		.interval = (guint)CLAMP(rp_oauth_number(object, "interval", 5), 1, 60),
		.ends = now + CLAMP(rp_oauth_number(object, "expires_in", 600), 1, 3600),
	};
	return RP_OAUTH_GRANTED;
}
