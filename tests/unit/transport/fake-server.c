/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fake-server.h"

#include <arpa/inet.h>
#include <dlfcn.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <json-glib/json-glib.h>
#include <netdb.h>
#include <string.h>
#include <sys/socket.h>

static GSubprocess *process;
static GDataInputStream *answers;
static char *directory;
static JsonParser *certs;

const RpRoute fake_route = {NULL, RP_FAMILY_ANY, {{0}, RP_FAMILY_ANY}};
const RpTransportTimes fake_times = {
	.connect_ms = 60000, .password_ms = 60000, .quit_ms = 60000, .reply_percent = 100};

static void fake_start(void);

static JsonParser *
ask(const char *request)
{
	if (!process)
		fake_start();
	GOutputStream *stream = g_subprocess_get_stdin_pipe(process);
	g_autofree char *line = g_strconcat(request, "\n", NULL);
	g_autoptr(GError) error = NULL;
	g_output_stream_write_all(stream, line, strlen(line), NULL, NULL, &error);
	g_assert_no_error(error);
	g_autofree char *answer = g_data_input_stream_read_line(answers, NULL, NULL, &error);
	g_assert_no_error(error);
	g_assert_nonnull(answer);
	JsonParser *parser = json_parser_new();
	json_parser_load_from_data(parser, answer, -1, &error);
	g_assert_no_error(error);
	return parser;
}

static JsonObject *
root(JsonParser *parser)
{
	return json_node_get_object(json_parser_get_root(parser));
}

/* Also makes the certificates. */
static void
fake_start(void)
{
	g_autoptr(GError) error = NULL;
	process = g_subprocess_new(G_SUBPROCESS_FLAGS_STDIN_PIPE | G_SUBPROCESS_FLAGS_STDOUT_PIPE,
		&error, "python3", RP_FAKES_DIR "/smtp-server.py", NULL);
	g_assert_no_error(error);
	answers = g_data_input_stream_new(g_subprocess_get_stdout_pipe(process));
	directory = g_dir_make_tmp("roampost-XXXXXX", &error);
	g_assert_no_error(error);
	g_autofree char *request = g_strdup_printf("{\"certs\": \"%s\"}", directory);
	certs = ask(request);
}

void
fake_stop(void)
{
	static const char *const names[] = {"good", "other", "name"};
	if (!process)
		return;
	g_output_stream_close(g_subprocess_get_stdin_pipe(process), NULL, NULL);
	g_subprocess_wait(process, NULL, NULL);
	g_clear_object(&answers);
	g_clear_object(&process);
	g_clear_object(&certs);
	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *cert = g_strdup_printf("%s/%s.pem", directory, names[i]);
		g_autofree char *key = g_strdup_printf("%s/%s.key", directory, names[i]);
		g_remove(cert);
		g_remove(key);
	}
	g_rmdir(directory);
	g_clear_pointer(&directory, g_free);
}

guint16
fake_server(const char *script)
{
	g_autoptr(JsonParser) answer = ask(script);
	return (guint16)json_object_get_int_member(root(answer), "port");
}

static JsonParser *
ask_log(guint16 port)
{
	g_autofree char *request = g_strdup_printf("{\"log\": %u}", port);
	return ask(request);
}

void
fake_go(guint16 port)
{
	g_autofree char *request = g_strdup_printf("{\"go\": %u}", port);

	g_object_unref(ask(request));
}

static gboolean
is_silent_at(const char *script, const char *verb)
{
	g_autofree char *stalls = g_strdup_printf("\"%s\": \"@stall\"", verb);
	g_autofree char *drips = g_strdup_printf("\"%s\": \"@drip\"", verb);

	return strstr(script, stalls) || strstr(script, drips);
}

/* Where it is not silent no time is short: a busy machine's server is none that says nothing. */
RpTransportTimes
fake_times_of(const char *script)
{
	static const char *const answered[] = {"DATA", "PASS"};
	RpTransportTimes times = fake_times;

	/* no reply comes out of HTTP either */
	if (is_silent_at(script, "BANNER") || strstr(script, "HTTP/"))
		times.greeting_ms = 1000;
	if (is_silent_at(script, "EHLO") || is_silent_at(script, "STARTTLS"))
		times.stage_ms = 1000;
	if (is_silent_at(script, "QUIT"))
		times.quit_ms = 300;
	for (gsize i = 0; i < G_N_ELEMENTS(answered); i++)
		if (is_silent_at(script, answered[i]))
			times.reply_percent = 1;
	/* behind what is no reply it is silent: of half a minute a little, of the others enough */
	if (strstr(script, "\"garbage\""))
		times.reply_percent = 5;
	return times;
}

/* Bound and not listening, so that it is nobody else's. */
guint16
fake_closed_port(void)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof address;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	g_assert_cmpint(bind(fd, (struct sockaddr *)&address, size), ==, 0);
	g_assert_cmpint(getsockname(fd, (struct sockaddr *)&address, &size), ==, 0);
	return ntohs(address.sin_port);
}

GMutex fake_slow_names;
gint fake_n_slow;

/* The C library's own for all other names. */
int
getaddrinfo(const char *name, const char *service, const struct addrinfo *hints,
	struct addrinfo **found)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **) =
		dlsym(RTLD_NEXT, "getaddrinfo");

	if (name && g_str_has_suffix(name, ".slow.invalid")) {
		g_atomic_int_inc(&fake_n_slow);
		g_mutex_lock(&fake_slow_names);
		g_mutex_unlock(&fake_slow_names);
	}
	return name && g_str_has_suffix(name, ".invalid") ? EAI_NONAME
							  : real(name, service, hints, found);
}

char *
fake_log(guint16 port)
{
	g_autoptr(JsonParser) answer = ask_log(port);
	return g_strdup(json_object_get_string_member(root(answer), "log"));
}

guint
fake_n_mails(guint16 port)
{
	g_autoptr(JsonParser) answer = ask_log(port);
	return json_array_get_length(json_object_get_array_member(root(answer), "mails"));
}

char *
fake_drop(guint16 port)
{
	g_autoptr(JsonParser) answer = ask_log(port);
	JsonArray *drop = json_object_get_array_member(root(answer), "drop");
	GString *text = g_string_new(NULL);
	for (guint i = 0; i < json_array_get_length(drop); i++)
		g_string_append_printf(
			text, "%s%s", i ? " " : "", json_array_get_string_element(drop, i));
	return g_string_free(text, FALSE);
}

gsize
fake_mail_size(guint16 port, guint index)
{
	g_autoptr(JsonParser) answer = ask_log(port);
	JsonArray *mails = json_object_get_array_member(root(answer), "mails");
	return strlen(json_array_get_string_element(mails, index));
}

const char *
fake_cert(const char *name)
{
	if (!process)
		fake_start();
	return json_object_get_string_member(root(certs), name);
}

RpServerSet *
fake_set(guint16 port)
{
	RpServerSet *set = rp_server_set_new("fake");
	RpEndpoint *endpoint = g_new0(RpEndpoint, 1);
	endpoint->host = g_strdup("127.0.0.1");
	endpoint->port = port;
	g_ptr_array_add(set->smtp, endpoint);
	set->smtp_tls = RP_TLS_OFF;
	set->pop_tls = RP_TLS_OFF;
	return set;
}

/* ---- deliveries ---- */

static const char small[] = "From: a@x.example\r\n\r\n.hello\r\n";

static gssize
read_message(gpointer source, gint64 offset, guint8 *buffer, gsize size)
{
	const FakeDelivery *run = source;
	if (run->size == 0) {
		gsize n = MIN(size, sizeof small - 1 - (gsize)offset);
		memcpy(buffer, small + offset, n);
		return (gssize)n;
	}
	gsize n = (gsize)MIN((gint64)size, run->size - offset);
	for (gsize i = 0; i < n; i++) {
		gint64 column = (offset + (gint64)i) % 64;
		buffer[i] = column == 62 ? '\r' : column == 63 ? '\n' : 'x';
	}
	return (gssize)n;
}

static void
on_ready(RpDelivery *delivery, const RpSessionReport *report, gpointer user)
{
	((FakeDelivery *)user)->ready++;
}

static void
on_want(RpDelivery *delivery, gpointer user)
{
	FakeDelivery *run = user;
	static const char *const recipients[] = {"b@y.example", "c@z.example"};
	g_assert_cmpuint(run->ready, ==, 1);
	if (run->pushed == run->n_messages) {
		rp_delivery_finish(delivery);
		return;
	}
	RpSmtpMessage message = {
		.user = GUINT_TO_POINTER(++run->pushed),
		.sender = "a@x.example",
		.recipients = recipients,
		.n_recipients = 2,
		.size = run->size ? run->size : (gint64)sizeof small - 1,
		.read = read_message,
		.source = run,
	};
	g_assert_true(rp_delivery_push(delivery, &message));
}

static void
on_outcome(RpDelivery *delivery, const RpSmtpMessageResult *result, gpointer user)
{
	FakeDelivery *run = user;
	guint number = GPOINTER_TO_UINT(result->user);
	run->outcomes++;
	g_string_append(run->text, run->outcomes > 1 ? "; " : "");
	for (guint i = 0; i < result->n_recipients; i++) {
		const RpSmtpRecipientResult *r = &result->recipients[i];
		g_string_append_printf(
			run->text, "%s%s", i ? ", " : "", rp_smtp_outcome_name(r->outcome));
		if (r->reply && r->outcome != RP_SMTP_ACCEPTED)
			g_string_append_printf(run->text, " %s %u", rp_stage_name(r->reply->stage),
				r->reply->code);
	}
	if (result->recipients[0].outcome == RP_SMTP_IN_DOUBT)
		g_array_append_val(run->in_doubt, number);
	if (run->cancel_at && run->outcomes == run->cancel_at) {
		run->cancel_at = 0;
		run->delivery = NULL;
		rp_delivery_cancel(delivery);
		g_main_loop_quit(run->loop);
	}
}

static void
on_closed(RpDelivery *delivery, const RpSessionReport *report, gpointer user)
{
	FakeDelivery *run = user;
	g_string_append_printf(run->text, "%s| %s", run->outcomes ? " " : "",
		rp_session_result_name(report->result));
	run->detail = g_strdup(report->detail);
	run->banner_host = g_strdup(report->banner_host);
	run->banner_domain = g_strdup(report->banner_domain);
	run->ehlo_octets = report->ehlo_octets;
	run->ehlo_took = report->ehlo_took;
	run->local = report->local;
	run->peer = report->peer;
	run->encrypted = report->encrypted;
	run->verified = report->verified;
	run->logged_in = report->logged_in;
	run->stalled = report->stalled;
	run->silent = report->silent;
	run->hung_up = report->hung_up;
	run->delivery = NULL;
	run->ended = g_get_monotonic_time();
	g_main_loop_quit(run->loop);
}

void
fake_delivery_begin(FakeDelivery *run, const RpServerSet *set, const RpRoute *route,
	const RpDeliveryOptions *options)
{
	RpLineMeasure measure;
	static const RpDeliveryCallbacks callbacks = {on_ready, on_want, on_outcome, on_closed};
	g_autoptr(GError) error = NULL;
	if (!run->transport) {
		run->transport = rp_transport_new(&error);
		g_assert_no_error(error);
		rp_transport_set_times(run->transport, &fake_times);
	}
	if (!run->loop)
		run->loop = g_main_loop_new(NULL, FALSE);
	run->text = g_string_new(NULL);
	run->in_doubt = g_array_new(FALSE, FALSE, sizeof(guint));
	run->started = g_get_monotonic_time();
	run->delivery = rp_delivery_start(run->transport, set, route, options, &callbacks, run);
	rp_delivery_measure(run->delivery, &measure);
	run->prepared = measure.prepared;
}

static gboolean
on_too_long(gpointer user)
{
	g_assert_not_reached();
	return G_SOURCE_REMOVE;
}

void
fake_delivery_wait(FakeDelivery *run)
{
	guint guard = g_timeout_add_seconds(100, on_too_long, NULL);
	g_main_loop_run(run->loop);
	g_source_remove(guard);
	g_clear_handle_id(&run->cancel_timer, g_source_remove);
}

void
fake_delivery_run(FakeDelivery *run, const RpServerSet *set, const RpRoute *route,
	const RpDeliveryOptions *options)
{
	fake_delivery_begin(run, set, route, options);
	fake_delivery_wait(run);
}

void
fake_delivery_clear(FakeDelivery *run)
{
	g_clear_pointer(&run->transport, rp_transport_free);
	g_clear_pointer(&run->loop, g_main_loop_unref);
	if (run->text)
		g_string_free(run->text, TRUE);
	if (run->in_doubt)
		g_array_unref(run->in_doubt);
	g_free(run->detail);
	g_free(run->banner_host);
	g_free(run->banner_domain);
	memset(run, 0, sizeof *run);
}
