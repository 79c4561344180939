/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/oauth.h"

#include <string.h>

/* What providers of tokens answer, as they do it in the field, and what is asked. */

typedef struct {
	guint status;
	const char *body;
	RpOauthAnswer want;
	const char *words; /* a part of them, or NULL */
	gint64 ends;
} Row;

static const Row rows[] = {
	{200, "{\"access_token\":\"a\",\"expires_in\":3599}", RP_OAUTH_GRANTED, NULL, 4599},
	{200, "{\"access_token\":\"a\",\"expires_in\":\"3599\"}", RP_OAUTH_GRANTED, NULL, 4599},
	{200, "{\"access_token\":\"a\"}", RP_OAUTH_GRANTED, NULL, 0},
	{200, "{\"access_token\":\"a\",\"expires_in\":-5}", RP_OAUTH_GRANTED, NULL, 0},
	{200, "{\"access_token\":\"a\",\"expires_in\":null,\"refresh_token\":null}",
		RP_OAUTH_GRANTED},
	{200, "{\"access_token\":\"a\",\"scope\":\"\\\\u0000\"}", RP_OAUTH_GRANTED},
	/* no token */
	{200, "{\"access_token\":\"a b\"}", RP_OAUTH_USELESS, "no token"},
	{200, "{\"access_token\":\"a\\r\\nb\"}", RP_OAUTH_USELESS, "no token"},
	{200, "{\"access_token\":\"a\\u0000b\"}", RP_OAUTH_USELESS, "no token"},
	{200, "{\"access_token\":\"a\\\\\\u0000b\"}", RP_OAUTH_USELESS, "no token"},
	{200, "{\"access_token\":\"a\",\"refresh_token\":\"b\\u0000\"}", RP_OAUTH_GRANTED},
	{200, "{\"access_token\":\"\"}", RP_OAUTH_USELESS, "no token"},
	{200, "{\"access_token\":7}", RP_OAUTH_USELESS, "no token"},
	{200, "[]", RP_OAUTH_USELESS, "200"},
	{200, "", RP_OAUTH_USELESS, "200"},
	{200, "<html>log in to the hotel</html>", RP_OAUTH_USELESS, "200"},
	{307, "", RP_OAUTH_USELESS, "307"},
	{200, "{\"error\":\"slow_down\"}", RP_OAUTH_SLOWER, "slow_down"},
	/* the grant */
	{400, "{\"error\":\"invalid_grant\",\"error_description\":\"Bad Request\"}", RP_OAUTH_ENDED,
		"invalid_grant: Bad Request"},
	{400,
		"{\"error\":\"invalid_grant\",\"error_description\":\"AADSTS700082: The refresh "
		"token has "
		"expired due to inactivity.\\r\\nTrace ID: 1\"}",
		RP_OAUTH_ENDED,
		"AADSTS700082: The refresh token has expired due to inactivity.  Trace"},
	{400, "{\"error\":\"interaction_required\"}", RP_OAUTH_ENDED},
	{400, "{\"error\":\"access_denied\"}", RP_OAUTH_ENDED},
	/* the device */
	{400, "{\"error\":\"authorization_pending\"}", RP_OAUTH_PENDING},
	{428, "{\"error\":\"authorization_pending\"}", RP_OAUTH_PENDING},
	{403, "{\"error\":\"slow_down\"}", RP_OAUTH_SLOWER},
	{400, "{\"error\":\"expired_token\"}", RP_OAUTH_ENDED},
	/* the configuration */
	{401, "{\"error\":\"invalid_client\",\"error_description\":\"Unauthorized\"}",
		RP_OAUTH_MISTAKEN, "invalid_client"},
	{400, "{\"error\":\"invalid_scope\"}", RP_OAUTH_MISTAKEN},
	{404, "<html>not here</html>", RP_OAUTH_MISTAKEN, "404"},
	{400, "{\"error\":{\"code\":400}}", RP_OAUTH_MISTAKEN, "400"},
	/* the moment */
	{0, "", RP_OAUTH_LATER, "no answer"},
	{500, "{\"error\":\"server_error\"}", RP_OAUTH_LATER},
	{503, "<html>", RP_OAUTH_LATER, "503"},
	{429, "{\"error\":\"rate_limited\"}", RP_OAUTH_LATER},
	{400, "{\"error\":\"temporarily_unavailable\"}", RP_OAUTH_LATER},
	{407, "proxy", RP_OAUTH_LATER, "407"},
	{403, "<html>", RP_OAUTH_LATER, "403"},
	{408, "", RP_OAUTH_LATER},
};

static void
test_answers(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		const Row *row = &rows[i];
		RpOauthTokens tokens = {.refresh = rp_secret_dup("kept")};
		g_autofree char *words = NULL;
		RpOauthAnswer got =
			rp_oauth_read_answer(row->status, row->body, 1000, &tokens, &words);

		if (got != row->want || tokens.ends != row->ends)
			g_error("%u %s: got %d, %" G_GINT64_FORMAT, row->status, row->body, got,
				tokens.ends);
		g_assert_true((words == NULL) == (got == RP_OAUTH_GRANTED));
		if (row->words && !strstr(words, row->words))
			g_error("%s: %s", row->body, words);
		g_assert_cmpstr(tokens.refresh, ==, "kept");
		rp_oauth_tokens_clear(&tokens);
	}
}

static void
test_kept(void)
{
	RpOauthTokens tokens = {rp_secret_dup("a\"b"), rp_secret_dup("c"), 77}, back = {0};
	g_autoptr(RpSecret) text = rp_oauth_tokens_text(&tokens);

	g_assert_true(rp_oauth_tokens_read(text, &back));
	g_assert_cmpstr(back.access, ==, "a\"b");
	g_assert_cmpstr(back.refresh, ==, "c");
	g_assert_cmpint(back.ends, ==, 77);
	g_assert_false(rp_oauth_tokens_read("{}", &back));
	g_assert_false(rp_oauth_tokens_read("x", &back));
	rp_oauth_tokens_clear(&tokens);
}

/* RFC 7636, appendix B. */
static void
test_pkce(void)
{
	static const guint8 octets[RP_OAUTH_RANDOM] = {116, 24, 223, 180, 151, 153, 224, 37, 79,
		250, 96, 125, 216, 173, 187, 186, 22, 212, 37, 77, 105, 214, 191, 240, 91, 88, 5,
		88, 83, 132, 141, 121};
	g_autoptr(RpSecret) verifier = rp_oauth_token_of(octets);
	g_autofree char *challenge = rp_oauth_challenge(verifier);

	g_assert_cmpstr(verifier, ==, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
	g_assert_cmpstr(challenge, ==, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM");
}

static void
test_redirects(void)
{
	static const struct {
		const char *address;
		RpOauthRedirect want;
		const char *text;
	} cases[] = {
		{"/?code=4%2F0Ab&state=s", RP_OAUTH_CODE, "4/0Ab"},
		{"http://127.0.0.1:8/?state=s&code=x&scope=a+b", RP_OAUTH_CODE, "x"},
		{"http://localhost/?state=s&code=x#_=_", RP_OAUTH_CODE, "x"},
		{"state=s&code=x", RP_OAUTH_CODE, "x"},
		{"/?code=x&state=other", RP_OAUTH_STRANGE, NULL},
		{"/?code=x", RP_OAUTH_STRANGE, NULL},
		{"/?state=s", RP_OAUTH_STRANGE, NULL},
		{"/?mycode=x&state=s", RP_OAUTH_STRANGE, NULL},
		{"/favicon.ico", RP_OAUTH_STRANGE, NULL},
		{"", RP_OAUTH_STRANGE, NULL},
		{"/?error=access_denied&state=s", RP_OAUTH_DECLINED, "access_denied"},
		{"/?error=x&error_description=no+way%21&state=s", RP_OAUTH_DECLINED, "x: no way!"},
		{"/?code=%ZZ&state=s", RP_OAUTH_STRANGE, NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autoptr(RpSecret) code = NULL;
		g_autofree char *words = NULL;

		g_assert_cmpint(rp_oauth_read_redirect(cases[i].address, "s", &code, &words), ==,
			cases[i].want);
		g_assert_cmpstr(code ? code : words, ==, cases[i].text);
	}
}

static void
test_requests(void)
{
	g_autoptr(RpOauthProvider) provider = rp_oauth_provider_new("fake");

	provider->authorization_endpoint = g_strdup("https://x.example/a?p=1");
	provider->client_id = g_strdup("id&");
	provider->scopes = g_strdup("a b");
	g_autofree char *url =
		rp_oauth_login_url(provider, "http://localhost:7/", "s", "c", "taro@odn.example");
	g_assert_cmpstr(url, ==,
		"https://x.example/"
		"a?p=1&response_type=code&client_id=id%26&redirect_uri=http%3A%2F%2F"
		"localhost%3A7%2F&scope=a%20b&state=s&code_challenge=c&code_challenge_method=S256&"
		"login_hint=taro%40odn.example&access_type=offline&prompt=consent");
	g_autoptr(RpSecret) form = rp_oauth_refresh_form(provider, "r+/");
	g_assert_cmpstr(form, ==, "grant_type=refresh_token&refresh_token=r%2B%2F&client_id=id%26");
	provider->client_secret = rp_secret_dup("s");
	g_autoptr(RpSecret) code = rp_oauth_code_form(provider, "c", "http://x/", "v");
	g_assert_cmpstr(code, ==,
		"grant_type=authorization_code&code=c&redirect_uri=http%3A%2F%2Fx%2F&code_verifier="
		"v&"
		"client_id=id%26&client_secret=s");
	g_assert_null(rp_oauth_client_header(provider));
	provider->secret_in_header = TRUE;
	g_autoptr(RpSecret) bare = rp_oauth_refresh_form(provider, "r");
	g_assert_cmpstr(bare, ==, "grant_type=refresh_token&refresh_token=r");
	g_autoptr(RpSecret) header = rp_oauth_client_header(provider); /* id%26:s */
	g_assert_cmpstr(header, ==, "Authorization: Basic aWQlMjY6cw==");
}

static void
test_scopes(void)
{
	static const struct {
		const char *granted, *lacking;
	} cases[] = {
		{NULL, NULL},
		{"mail other offline_access", NULL},
		{"other mail", NULL},
		{"mail", "other"},
		{"", "mail other"},
		{"mailother", "mail other"},
	};
	g_autoptr(RpOauthProvider) provider = rp_oauth_provider_new("fake");

	provider->scopes = g_strdup("openid mail other offline_access");
	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *lacking = rp_oauth_lacking_scopes(provider, cases[i].granted);

		g_assert_cmpstr(lacking, ==, cases[i].lacking);
	}
}

static void
test_device(void)
{
	RpOauthDevice device = {0};
	g_autofree char *words = NULL;

	g_assert_cmpint(rp_oauth_read_device(200,
				"{\"device_code\":\"d\",\"user_code\":\"u\",\"verification_url\":"
				"\"https://x/\",\"expires_in\":1800,\"interval\":\"3\"}",
				1000, &device, &words),
		==, RP_OAUTH_GRANTED);
	g_assert_cmpstr(device.uri, ==, "https://x/");
	g_assert_cmpuint(device.interval, ==, 3);
	g_assert_cmpint(device.ends, ==, 2800);
	rp_oauth_device_clear(&device);
	g_assert_cmpint(rp_oauth_read_device(200, "{}", 0, &device, &words), ==, RP_OAUTH_USELESS);
}

/* Where a user is sent, and with what. */
static void
test_device_shown(void)
{
	static const struct {
		const char *uri, *code;
		RpOauthAnswer want;
		const char *shown;
	} cases[] = {
		{"https://x.example/d", "A-B", RP_OAUTH_GRANTED, "A-B"},
		{"HTTPS://x.example/d", "A\\nroampost: B", RP_OAUTH_GRANTED, "A roampost: B"},
		{"http://127.0.0.1:8/d", "\\u001b[31mA", RP_OAUTH_GRANTED, "?[31mA"},
		{"http://localhost/d", "A", RP_OAUTH_GRANTED, "A"},
		{"http://x.example/d", "A", RP_OAUTH_USELESS, NULL},
		{"file:///etc/passwd", "A", RP_OAUTH_USELESS, NULL},
		{"javascript:alert(1)", "A", RP_OAUTH_USELESS, NULL},
		{"https:///d", "A", RP_OAUTH_USELESS, NULL},
		{"https://x.example/\\u001b]0;x", "A", RP_OAUTH_USELESS, NULL},
		{"https://x.example/\\u202ed", "A", RP_OAUTH_USELESS, NULL},
		{"https://x.example/\\u0000d", "A", RP_OAUTH_USELESS, NULL},
		{"https://x.example/ d", "A", RP_OAUTH_USELESS, NULL},
		{"https://x.example/d", "", RP_OAUTH_USELESS, NULL},
	};

	for (gsize i = 0; i < G_N_ELEMENTS(cases); i++) {
		g_autofree char *body = g_strdup_printf(
			"{\"device_code\":\"d\",\"user_code\":\"%s\",\"verification_uri\":\"%s\","
			"\"verification_uri_complete\":\"file:///d\"}",
			cases[i].code, cases[i].uri);
		g_autofree char *words = NULL;
		RpOauthDevice device = {0};

		if (rp_oauth_read_device(200, body, 0, &device, &words) != cases[i].want)
			g_error("%s: %s", body, words);
		g_assert_cmpstr(device.user_code, ==, cases[i].shown);
		g_assert_null(device.whole_uri);
		rp_oauth_device_clear(&device);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_test_add_func("/oauth/answers", test_answers);
	g_test_add_func("/oauth/kept", test_kept);
	g_test_add_func("/oauth/pkce", test_pkce);
	g_test_add_func("/oauth/redirects", test_redirects);
	g_test_add_func("/oauth/requests", test_requests);
	g_test_add_func("/oauth/scopes", test_scopes);
	g_test_add_func("/oauth/device", test_device);
	g_test_add_func("/oauth/device-shown", test_device_shown);
	return g_test_run();
}
