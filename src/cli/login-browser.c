/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "login.h"

#include "roampost/language.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The login by a browser (RFC 8252): a socket on loopback waits for the redirection, and so does
 * standard input, for a browser that can't reach it. Whichever has the right state first counts. */

#define LARGEST_REQUEST 16384
#define PATIENCE_SECONDS 600

typedef struct {
	RpCli *cli;
	GMainLoop *loop;
	GSocketService *service;
	char *redirect;
	char *state;
	char *code;     /* secret */
	char *declined; /* why */
	gboolean late;
	GString *typed;
	guint typing;
	struct Visit *back; /* the browser, which waits to be told what came of it; NULL: pasted */
} Login;

/* One connection of the browser's; several may say nothing for ever. */
typedef struct Visit {
	Login *login;
	GSocketConnection *connection;
	char *request; /* secret */
	gsize length;
} Visit;

static RpOauthRedirect
look_at(Login *login, const char *address)
{
	RpOauthRedirect found = RP_OAUTH_STRANGE;
	char *code = NULL, *words = NULL;

	if (login->code || login->declined)
		return RP_OAUTH_STRANGE;
	found = rp_oauth_read_redirect(address, login->state, &code, &words);
	if (found == RP_OAUTH_STRANGE)
		return found;
	login->code = code;
	login->declined = words;
	g_main_loop_quit(login->loop);
	return found;
}

/* ---- the browser comes back ---- */

static void
visit_free(Visit *visit)
{
	g_io_stream_close(G_IO_STREAM(visit->connection), NULL, NULL);
	g_object_unref(visit->connection);
	rp_secret_free(visit->request);
	g_free(visit);
}

typedef enum {
	PAGE_DONE,
	PAGE_FAILED,
	PAGE_STRANGE,
} Page;

static void
answer(Visit *visit, Page which)
{
	static const struct {
		const char *status, *text;
	} pages[] = {
		[PAGE_DONE] = {"200 OK", N_("You are logged in. This window may be closed.")},
		[PAGE_FAILED] = {"200 OK", N_("You are not logged in; roampost says why.")},
		[PAGE_STRANGE] = {"404 Not Found", N_("This is not what roampost waits for.")},
	};
	/* TRANSLATORS: the code of your language (ja, de, pt-BR), for who has the page read out. */
	const char *language = C_("language", "en");
	g_autofree char *page =
		g_strdup_printf("<!DOCTYPE html><html lang=\"%s\"><meta charset=utf-8>"
				"<title>roampost</title><p>%s</p>\n",
			language, rp_text(pages[which].text));
	g_autofree char *all =
		g_strdup_printf("HTTP/1.1 %s\r\nContent-Type: text/html\r\n"
				"Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
				"Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
			pages[which].status, strlen(page), page);
	GOutputStream *out = g_io_stream_get_output_stream(G_IO_STREAM(visit->connection));

	g_output_stream_write_all(out, all, strlen(all), NULL, NULL, NULL);
}

/* "GET /?code=... HTTP/1.1". Takes the visit. */
static void
read_request(Visit *visit)
{
	char *target = strchr(visit->request, ' ');
	RpOauthRedirect found = RP_OAUTH_STRANGE;

	if (g_str_has_prefix(visit->request, "GET ") && target) {
		target[1 + strcspn(target + 1, " \r\n")] = '\0';
		found = strchr(target, '?') ? look_at(visit->login, target + 1) : RP_OAUTH_STRANGE;
	}
	switch (found) {
	case RP_OAUTH_CODE: /* a code is no token yet */
		visit->login->back = visit;
		return;
	case RP_OAUTH_DECLINED:
		answer(visit, PAGE_FAILED);
		break;
	case RP_OAUTH_STRANGE:
		answer(visit, PAGE_STRANGE);
		break;
	}
	visit_free(visit);
}

/* The browser waits no longer than one question to the token endpoint takes. */
static void
tell_browser(Login *login, gboolean good)
{
	if (!login->back)
		return;
	answer(login->back, good ? PAGE_DONE : PAGE_FAILED);
	g_clear_pointer(&login->back, visit_free);
}

static void read_more(Visit *visit);

static void
on_read(GObject *stream, GAsyncResult *result, gpointer user)
{
	Visit *visit = user;
	gssize got = g_input_stream_read_finish(G_INPUT_STREAM(stream), result, NULL);

	if (got > 0)
		visit->length += (gsize)got;
	if (got > 0 && !strstr(visit->request, "\r\n\r\n") && visit->length < LARGEST_REQUEST) {
		read_more(visit);
		return;
	}
	if (got > 0)
		read_request(visit);
	else
		visit_free(visit);
}

static void
read_more(Visit *visit)
{
	g_input_stream_read_async(g_io_stream_get_input_stream(G_IO_STREAM(visit->connection)),
		visit->request + visit->length, LARGEST_REQUEST - visit->length, G_PRIORITY_DEFAULT,
		NULL, on_read, visit);
}

static gboolean
on_visit(GSocketService *service, GSocketConnection *connection, GObject *source, gpointer user)
{
	Visit *visit = g_new0(Visit, 1);

	visit->login = user;
	visit->connection = g_object_ref(connection);
	visit->request = rp_secret_alloc(LARGEST_REQUEST + 1);
	read_more(visit);
	return TRUE;
}

/* Loopback alone; 0: it can't be had. */
static guint16
listen_at(Login *login, GSocketFamily family, guint16 port)
{
	g_autoptr(GInetAddress) loopback = g_inet_address_new_loopback(family);
	g_autoptr(GSocketAddress) address = g_inet_socket_address_new(loopback, port);
	g_autoptr(GSocketAddress) bound = NULL;

	if (!g_socket_listener_add_address(G_SOCKET_LISTENER(login->service), address,
		    G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &bound, NULL))
		return 0;
	return g_inet_socket_address_get_port(G_INET_SOCKET_ADDRESS(bound));
}

/* localhost is ::1 for some browsers, and a provider may write it for 127.0.0.1 too. */
static guint16
listen_here(Login *login)
{
	guint16 port;

	/* Adding to one that runs drops who connects meanwhile. */
	g_socket_service_stop(login->service);
	port = listen_at(login, G_SOCKET_FAMILY_IPV4, 0);
	if (port)
		listen_at(login, G_SOCKET_FAMILY_IPV6, port);
	g_signal_connect(login->service, "incoming", G_CALLBACK(on_visit), login);
	g_socket_service_start(login->service);
	return port;
}

/* ---- the user pastes it ---- */

/* Line by line, however they came. */
static void
look_at_typed(Login *login)
{
	char *end;

	while ((end = memchr(login->typed->str, '\n', login->typed->len))) {
		gsize size = (gsize)(end - login->typed->str);
		g_autoptr(RpSecret) line = rp_secret_take(g_strndup(login->typed->str, size));

		g_strstrip(line);
		if (*line && look_at(login, line) == RP_OAUTH_STRANGE && !login->code)
			rp_cli_note(login->cli,
				_("that is not the address that this login leads to: it begins "
				  "with %s"),
				login->redirect);
		g_string_erase(login->typed, 0, (gssize)size + 1);
	}
}

static gboolean
on_typed(gint fd, GIOCondition condition, gpointer user)
{
	Login *login = user;
	char octets[512];
	gssize got = read(fd, octets, sizeof octets);

	if (got < 0 && errno == EINTR)
		return G_SOURCE_CONTINUE;
	if (got > 0)
		g_string_append_len(login->typed, octets, got);
	rp_wipe(octets, sizeof octets);
	look_at_typed(login);
	if (got > 0 && login->typed->len < LARGEST_REQUEST)
		return G_SOURCE_CONTINUE;
	login->typing = 0;
	return G_SOURCE_REMOVE;
}

/* ---- all of it ---- */

static gboolean
on_late(gpointer user)
{
	Login *login = user;

	login->late = TRUE;
	g_main_loop_quit(login->loop);
	return G_SOURCE_CONTINUE;
}

static void
start_browser(const char *url)
{
	const char *wanted = g_getenv("BROWSER");
	g_autofree char *browser = g_strndup(wanted && *wanted ? wanted : "xdg-open",
		strcspn(wanted && *wanted ? wanted : "xdg-open", ":"));
	char *argv[] = {browser, (char *)url, NULL};

	g_spawn_async(NULL, argv, NULL,
		G_SPAWN_SEARCH_PATH | G_SPAWN_STDOUT_TO_DEV_NULL | G_SPAWN_STDERR_TO_DEV_NULL, NULL,
		NULL, NULL, NULL);
}

static void
wait_for_it(Login *login, const RpOauthProvider *provider, const char *user, const char *challenge,
	gboolean start)
{
	g_autofree char *url =
		rp_oauth_login_url(provider, login->redirect, login->state, challenge, user);
	guint timer = g_timeout_add_seconds(PATIENCE_SECONDS, on_late, login);

	fprintf(stderr,
		_("Log in as %s in a browser. If none opens, open this address:\n\n%s\n\nIf it "
		  "ends on a page that can't be shown, paste the address of that page here.\n"),
		user, url);
	login->typing = g_unix_fd_add(STDIN_FILENO, G_IO_IN | G_IO_HUP, on_typed, login);
	if (start)
		start_browser(url);
	g_main_loop_run(login->loop);
	/* What was answered goes out. */
	while (g_main_context_iteration(NULL, FALSE))
		;
	g_source_remove(timer);
	g_clear_handle_id(&login->typing, g_source_remove);
}

static gboolean
exchange(RpCli *cli, const RpOauthProvider *provider, const Login *login, const char *verifier,
	RpOauthTokens *tokens)
{
	g_autoptr(RpSecret) form =
		rp_oauth_code_form(provider, login->code, login->redirect, verifier);
	guint status = 0;
	g_autoptr(RpSecret) body = rp_login_post(provider, provider->token_endpoint, form, &status);
	g_autofree char *words = NULL;
	RpOauthAnswer said = rp_oauth_read_answer(
		status, body, g_get_real_time() / G_USEC_PER_SEC, tokens, &words);

	if (said == RP_OAUTH_GRANTED)
		return TRUE;
	rp_cli_fail(
		cli, _("%s gives no token: %s"), provider->token_endpoint, status ? words : body);
	return FALSE;
}

static void
login_clear(Login *login)
{
	g_socket_listener_close(G_SOCKET_LISTENER(login->service));
	g_object_unref(login->service);
	g_main_loop_unref(login->loop);
	g_free(login->redirect);
	rp_secret_free(login->state);
	rp_secret_free(login->code);
	g_free(login->declined);
	rp_wipe(login->typed->str, login->typed->allocated_len);
	g_string_free(login->typed, TRUE);
}

gboolean
rp_login_by_browser(RpCli *cli, const RpOauthProvider *provider, const char *user, gboolean start,
	RpOauthTokens *tokens)
{
	g_autoptr(RpSecret) verifier = rp_login_random();
	g_autofree char *challenge = rp_oauth_challenge(verifier);
	Login login = {.cli = cli,
		.loop = g_main_loop_new(NULL, FALSE),
		.service = g_socket_service_new(),
		.state = rp_login_random(),
		.typed = g_string_sized_new(LARGEST_REQUEST)};
	gboolean good = FALSE;

	login.redirect =
		g_strdup_printf("http://%s:%u/", provider->redirect_host, listen_here(&login));
	wait_for_it(&login, provider, user, challenge, start);
	if (login.code)
		good = exchange(cli, provider, &login, verifier, tokens);
	else if (login.declined)
		rp_cli_fail(cli, _("the login was refused: %s"), login.declined);
	else
		rp_cli_fail(cli, _("nobody has logged in for ten minutes: begin again"));
	tell_browser(&login, good);
	login_clear(&login);
	return good;
}
