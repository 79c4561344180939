/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "transport-private.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

/* From a plan to a session that is up: the password, then libcurl, endpoint by endpoint. */

typedef enum {
	SESSION_PASSWORD,
	SESSION_CONNECTING,
	SESSION_UP,
	SESSION_FAILED,
} SessionState;

struct RpSession {
	RpMulti *multi;
	RpSessionPlan plan;
	RpTransportTimes times;
	RpSessionDone done;
	RpSessionDone reached;
	gpointer user;
	SessionState state;
	guint endpoint;
	gboolean plain_sasl;
	RpPassword *password;
	char *secret;
	CURL *easy;
	gboolean added;
	int fd; /* the newest socket, until it is connected; -1: none */
	gint64 rtt;
	gint64 asked_at; /* when that socket was made */
	GSource *later;
	GSource *answered;
	RpDialogue dialogue;
	RpSessionReport report;
	RpSmtpReply *reply; /* what report.reply points to */
	char *detail;
	char *banner_domain;
	char error[CURL_ERROR_SIZE];
};

static void connect_endpoint(RpSession *session);

static const RpEndpoint *
current_endpoint(const RpSession *session)
{
	return g_ptr_array_index(session->plan.endpoints, session->endpoint);
}

static void
enter_state(RpSession *session, SessionState state, const char *reason)
{
	static const char *const names[] = {"password", "connecting", "up", "failed"};
	const RpEndpoint *endpoint = current_endpoint(session);
	g_debug("session %s:%u: %s -> %s (%s)", endpoint->host, endpoint->port,
		names[session->state], names[state], reason);
	session->state = state;
}

void
rp_session_conclude(RpSession *session, RpSessionResult result, const RpReply *reply, char *detail)
{
	RpSmtpReply *kept =
		reply ? rp_smtp_reply_new(reply->stage, reply->code, reply->text) : NULL;
	session->report.result = result;
	rp_smtp_reply_free(session->reply);
	session->reply = kept;
	session->report.reply = kept ? &kept->reply : NULL;
	g_free(session->detail);
	session->detail = detail;
	session->report.detail = detail;
}

void
rp_session_note_suspect(RpSession *session)
{
	session->report.pipelining_suspect = TRUE;
}

const RpSessionPlan *
rp_session_plan(const RpSession *session)
{
	return &session->plan;
}

const RpSessionReport *
rp_session_report(const RpSession *session)
{
	return &session->report;
}

CURL *
rp_session_easy(const RpSession *session)
{
	return session->easy;
}

int
rp_session_fd(const RpSession *session)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	if (session->easy)
		curl_easy_getinfo(session->easy, CURLINFO_ACTIVESOCKET, &fd);
	return fd;
}

/* ---- callbacks of libcurl: nothing of it may be called from here ---- */

static size_t
on_header(char *data, size_t size, size_t count, void *user)
{
	RpSession *session = user;
	gboolean go_on = rp_dialogue_line(&session->dialogue, &session->plan, data, size * count);
	if (session->dialogue.avoid_sasl && !session->plain_sasl)
		go_on = FALSE;
	return go_on ? size * count : 0;
}

/* The text has passwords in it: only its verb is looked at. */
static int
on_debug(CURL *easy, curl_infotype type, char *data, size_t size, void *user)
{
	RpSession *session = user;
	if (type == CURLINFO_HEADER_OUT)
		rp_dialogue_command(&session->dialogue, &session->plan, data, size);
	return 0;
}

static int
on_new_socket(void *user, curl_socket_t fd, curlsocktype purpose)
{
	RpSession *session = user;
	const char *interface = session->plan.interface;
	session->fd = fd;
	session->asked_at = g_get_monotonic_time();
	if (!interface || rp_session_is_local(current_endpoint(session)))
		return CURL_SOCKOPT_OK;
	if (setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, interface, (socklen_t)strlen(interface)) ==
		0)
		return CURL_SOCKOPT_OK;
	session->dialogue.bind_failed = TRUE;
	session->dialogue.bind_errno = errno;
	return CURL_SOCKOPT_ERROR;
}

/* ---- the first answer ---- */

static gboolean
on_answered(gpointer user)
{
	RpSession *session = user;
	rp_source_clear(&session->answered);
	session->reached(session, session->user);
	return G_SOURCE_REMOVE;
}

static void
on_moved(gpointer user)
{
	RpSession *session = user;
	if (session->rtt)
		rp_wire_acknowledge(rp_session_fd(session));
	if (session->fd < 0 || !(session->rtt = rp_wire_rtt(session->fd)))
		return;
	session->fd = -1;
	if (!session->reached || session->answered)
		return;
	session->answered = rp_source_soon(on_answered, session);
}

/* "No" takes a round trip too. */
static void
note_refusal(RpSession *session, long os_errno)
{
	if (os_errno == ECONNREFUSED && session->fd >= 0)
		session->rtt = g_get_monotonic_time() - session->asked_at;
}

gint64
rp_session_rtt(const RpSession *session)
{
	return session->rtt;
}

/* ---- the end of the set-up ---- */

static void
drop_easy(RpSession *session)
{
	if (!session->easy)
		return;
	if (session->added)
		rp_multi_remove(session->multi, session->easy);
	session->added = FALSE;
	curl_easy_cleanup(session->easy);
	session->easy = NULL;
}

/* The library's sentence without its "after 12 ms", which would make equal failures look different.
 * Where the system said why, that says more. */
static char *
library_words(const RpSession *session, RpSessionResult result, CURLcode code)
{
	const char *words = *session->error ? session->error : curl_easy_strerror(code);
	const char *after = strstr(words, " after ");
	const char *end = after ? strstr(after, " ms") : NULL;
	long system_error = 0;

	if (result == RP_SESSION_UNREACHABLE && code == CURLE_COULDNT_CONNECT && session->easy &&
		curl_easy_getinfo(session->easy, CURLINFO_OS_ERRNO, &system_error) == CURLE_OK &&
		system_error)
		return g_strdup(g_strerror((int)system_error));
	if (!end)
		return g_strdup(words);
	return g_strdup_printf("%.*s%s", (int)(after - words), words, end + strlen(" ms"));
}

static char *
describe(const RpSession *session, RpSessionResult result, CURLcode code)
{
	const RpEndpoint *endpoint = current_endpoint(session);
	const RpSmtpReply *reply = session->dialogue.reply;
	g_autofree char *library = library_words(session, result, code);
	if (session->dialogue.bind_failed)
		return g_strdup_printf("can't bind to %s: %s", session->plan.interface,
			g_strerror(session->dialogue.bind_errno));
	if (session->dialogue.intercepted)
		return g_strdup_printf("%s:%u is not the server it should be, it greets with: %s",
			endpoint->host, endpoint->port, reply ? reply->text : "");
	if (result == RP_SESSION_AUTH_MISSING && !session->dialogue.auth_sent)
		return g_strdup_printf("%s:%u offers no login that the set may use", endpoint->host,
			endpoint->port);
	if (!reply || reply->reply.code / 100 == 2 || result == RP_SESSION_LOST)
		return g_strdup_printf("%s:%u: %s", endpoint->host, endpoint->port, library);
	g_autofree char *number =
		reply->reply.code ? g_strdup_printf("%u ", reply->reply.code) : g_strdup("");
	return g_strdup_printf(
		"%s:%u said: %s%s", endpoint->host, endpoint->port, number, reply->text);
}

static void
fill_report(RpSession *session, RpSessionResult result, CURLcode code)
{
	RpDialogue *dialogue = &session->dialogue;
	const RpEndpoint *endpoint = current_endpoint(session);
	RpSessionReport *report = &session->report;
	char *local = NULL;
	report->host = endpoint->host;
	report->port = endpoint->port;
	if (session->easy &&
		curl_easy_getinfo(session->easy, CURLINFO_LOCAL_IP, &local) == CURLE_OK && local)
		rp_address_parse(local, &report->local);
	g_free(session->banner_domain);
	session->banner_domain = g_strdup(dialogue->banner_domain);
	report->banner_domain = session->banner_domain;
	report->encrypted = code == CURLE_OK && (endpoint->implicit_tls || dialogue->tls_started);
	report->verified = report->encrypted && rp_session_checks_peer(&session->plan, endpoint);
	report->logged_in = dialogue->logged_in;
	report->capabilities = dialogue->capabilities;
	report->pop_can = dialogue->pop_can;
	char *detail = result == RP_SESSION_OK ? NULL : describe(session, result, code);
	const RpReply *reply = dialogue->reply ? &dialogue->reply->reply : NULL;
	rp_session_conclude(session, result, result == RP_SESSION_OK ? NULL : reply, detail);
}

static void
finish(RpSession *session)
{
	gboolean up = session->report.result == RP_SESSION_OK;
	enter_state(session, up ? SESSION_UP : SESSION_FAILED,
		session->detail ? session->detail : "set up");
	g_clear_pointer(&session->secret, rp_secret_free);
	rp_source_clear(&session->answered);
	session->done(session, session->user);
}

/* Only what says nothing of the server leads to the next one. */
static gboolean
try_next(RpSession *session, RpSessionResult result)
{
	if (result != RP_SESSION_UNREACHABLE && result != RP_SESSION_RESOLVE_FAILED)
		return FALSE;
	if (session->endpoint + 1 >= session->plan.endpoints->len)
		return FALSE;
	session->endpoint++;
	return TRUE;
}

static void
on_set_up(CURLcode code, gpointer user)
{
	RpSession *session = user;
	long os_errno = 0;
	curl_easy_getinfo(session->easy, CURLINFO_OS_ERRNO, &os_errno);
	if (session->dialogue.avoid_sasl && !session->plain_sasl &&
		!session->dialogue.intercepted) {
		session->plain_sasl = TRUE;
		drop_easy(session);
		connect_endpoint(session);
		return;
	}
	RpSessionResult result = rp_session_verdict(
		&session->plan, current_endpoint(session), &session->dialogue, code, os_errno);
	fill_report(session, result, code);
	note_refusal(session, os_errno);
	if (result != RP_SESSION_OK)
		drop_easy(session);
	if (!try_next(session, result)) {
		finish(session);
		return;
	}
	g_message("%s; trying the next one", session->detail);
	connect_endpoint(session);
}

/* ---- the way there ---- */

static gboolean
on_later(gpointer user)
{
	RpSession *session = user;
	rp_source_clear(&session->later);
	finish(session);
	return G_SOURCE_REMOVE;
}

static void
finish_later(RpSession *session, RpSessionResult result, const char *why)
{
	fill_report(session, result, CURLE_OK);
	rp_session_conclude(session, result, NULL, g_strdup(why));
	session->later = rp_source_soon(on_later, session);
}

static void
connect_endpoint(RpSession *session)
{
	const char *why = NULL;
	rp_dialogue_reset(&session->dialogue);
	enter_state(session, SESSION_CONNECTING, "next endpoint");
	session->easy = curl_easy_init();
	*session->error = '\0';
	if (!rp_session_set_options(session->easy, &session->plan, current_endpoint(session),
		    session->secret, session->plain_sasl, &session->times, &why)) {
		drop_easy(session);
		finish_later(session, RP_SESSION_AUTH_MISSING, why);
		return;
	}
	curl_easy_setopt(session->easy, CURLOPT_ERRORBUFFER, session->error);
	curl_easy_setopt(session->easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(session->easy, CURLOPT_HEADERDATA, session);
	curl_easy_setopt(session->easy, CURLOPT_DEBUGFUNCTION, on_debug);
	curl_easy_setopt(session->easy, CURLOPT_DEBUGDATA, session);
	curl_easy_setopt(session->easy, CURLOPT_VERBOSE, 1L);
	curl_easy_setopt(session->easy, CURLOPT_SOCKOPTFUNCTION, on_new_socket);
	curl_easy_setopt(session->easy, CURLOPT_SOCKOPTDATA, session);
	session->added = TRUE;
	rp_multi_add(session->multi, session->easy, on_set_up, on_moved, session);
}

static void
on_password(const char *secret, const char *why, gpointer user)
{
	RpSession *session = user;
	session->password = NULL;
	if (secret) {
		session->secret = g_strdup(secret);
		connect_endpoint(session);
		return;
	}
	fill_report(session, RP_SESSION_CREDENTIALS_UNAVAILABLE, CURLE_OK);
	rp_session_conclude(session, RP_SESSION_CREDENTIALS_UNAVAILABLE, NULL, g_strdup(why));
	finish(session);
}

static void
begin(RpSession *session)
{
	const RpSessionPlan *plan = &session->plan;
	if (plan->user && !plan->password && plan->password_command) {
		session->password = rp_password_run(
			plan->password_command, session->times.password_ms, on_password, session);
		return;
	}
	if (plan->user && !plan->password) {
		finish_later(session, RP_SESSION_CREDENTIALS_UNAVAILABLE,
			"the password is not configured");
		return;
	}
	session->secret = g_strdup(plan->password);
	connect_endpoint(session);
}

RpSession *
rp_session_new(RpMulti *multi, RpSessionPlan *plan, const RpTransportTimes *times,
	RpSessionDone done, RpSessionDone reached, gpointer user)
{
	RpSession *session = g_new0(RpSession, 1);
	session->fd = -1;
	session->reached = reached;
	session->multi = rp_multi_ref(multi);
	session->plan = *plan;
	memset(plan, 0, sizeof *plan);
	session->times = *times;
	session->done = done;
	session->user = user;
	rp_dialogue_reset(&session->dialogue);
	begin(session);
	return session;
}

/* A reset drops what the kernel still holds; libcurl closes without waiting for anything. */
static void
set_close(const RpSession *session, gboolean orderly)
{
	struct linger linger = {.l_onoff = !orderly, .l_linger = 0};
	int fd = rp_session_fd(session);
	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
}

void
rp_session_free(RpSession *session, gboolean orderly)
{
	if (!session)
		return;
	if (session->state == SESSION_UP)
		set_close(session, orderly);
	rp_source_clear(&session->later);
	rp_source_clear(&session->answered);
	rp_password_cancel(session->password);
	drop_easy(session);
	rp_multi_unref(session->multi);
	rp_session_plan_clear(&session->plan);
	rp_secret_free(session->secret);
	rp_dialogue_clear(&session->dialogue);
	rp_smtp_reply_free(session->reply);
	g_free(session->detail);
	g_free(session->banner_domain);
	g_free(session);
}
