/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fixture.h"

#include "agent-private.h"
#include "settle.h"

#include "roampost/base.h"
#include "../scratch.h"

#include <glib/gstdio.h>
#include <string.h>

static const char config_text[] =
	"[provider odn]\nname=ODN\nprefixes=203.0.113.0/24\n"
	"[provider sonet]\nname=So-net\nprefixes=198.51.100.0/24\n"
	"[server-set odn]\nprovider=odn\nidentities=taro@odn.example\nrelay=inside\n"
	"local-domains=odn.example\nsmtp=smtp://smtp.example:1\nsmtp-tls=off\n"
	"[server-set sonet]\nprovider=sonet\nidentities=hanako@sonet.example\n"
	"carries=@odn.example\nrelay=pop-login\npop=pop3://pop.example:2\npop-tls=off\n"
	"pop-user=u\npop-password=p\npop-window=5min\n"
	"smtp=smtp://smtp.example:3\nsmtp-tls=off\n"
	"[server-set keyed]\nidentities=ki@keyed.example\nrelay=auth\nsmtp-user=u\n"
	"smtp-password=p\nsmtp=smtp://smtp.example:4\nsmtp-tls=off\n";

RpTime test_time;
guint settle_limit = 180;

static RpTime
test_now(const RpClock *clock)
{
	return test_time;
}

static const RpClock test_clock = {test_now};

/* ---- a notifier that remembers ---- */

static void
forget_texts(TestNotifier *self)
{
	g_clear_pointer(&self->shown, g_free);
	g_clear_pointer(&self->others, g_hash_table_unref);
}

static void
note_held(TestNotifier *self, const RpNotice *notice)
{
	g_autofree char *text = g_strdup_printf("%s\n%s", notice->summary, notice->body);

	if (g_strcmp0(self->shown, text) != 0)
		self->n_held++;
	g_free(self->shown);
	self->shown = g_steal_pointer(&text);
}

static void
notifier_show(RpNotifier *notifier, const GPtrArray *notices)
{
	TestNotifier *self = (TestNotifier *)notifier;
	g_autoptr(GHashTable) before = self->others;
	gboolean any_held = FALSE;

	self->others = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	for (guint i = 0; i < notices->len; i++) {
		const RpNotice *notice = notices->pdata[i];

		if (g_str_equal(notice->cause, RP_NOTICE_HELD)) {
			note_held(self, notice);
			any_held = TRUE;
			continue;
		}
		if (!before ||
			g_strcmp0(g_hash_table_lookup(before, notice->cause), notice->body) != 0)
			self->n_announced++;
		g_hash_table_insert(self->others, g_strdup(notice->cause), g_strdup(notice->body));
	}
	if (!any_held)
		g_clear_pointer(&self->shown, g_free);
}

static gboolean
notifier_was_seen(RpNotifier *notifier, const char *cause)
{
	return ((TestNotifier *)notifier)->shown != NULL;
}

static void
notifier_announce(RpNotifier *notifier, const RpNotice *notice)
{
	((TestNotifier *)notifier)->n_sent++;
}

static void
notifier_free(RpNotifier *notifier)
{
	forget_texts((TestNotifier *)notifier);
	g_free(notifier);
}

static const RpNotifierClass notifier_class = {
	.show = notifier_show,
	.was_seen = notifier_was_seen,
	.announce = notifier_announce,
	.free = notifier_free,
};

gboolean
has_notice(Fixture *f, const char *cause)
{
	return f->notifier->others && g_hash_table_contains(f->notifier->others, cause);
}

const char *
held_notice(Fixture *f)
{
	pass_time(f, RP_TELL_HELD_LASTS);
	return f->notifier->shown;
}

/* ---- the bench ---- */

static void
count_rescan(gpointer user)
{
	((Fixture *)user)->n_rescans++;
}

static gboolean
reload(gpointer user, GError **error)
{
	Fixture *f = user;
	g_autoptr(RpConfig) config = NULL;

	if (f->config_is_broken) {
		g_autofree char *file = g_build_filename(f->dir, "broken.conf", NULL);

		g_assert_true(g_file_set_contents(file, "[agent]\nnonsense=1\n", -1, NULL));
		g_setenv("ROAMPOST_CONFIG", file, TRUE);
		return rp_config_load_or_error(error) != NULL;
	}
	config = load_config(f, NULL);
	rp_agent_set_config(f->agent, config);
	return TRUE;
}

static void
no_quit(gpointer user)
{
}

RpConfig *
load_config(Fixture *f, const char *more)
{
	g_autofree char *file = g_build_filename(f->dir, "roampost.conf", NULL);
	g_autofree char *all = g_strdup_printf(
		"[agent]\nmaildir=%s/Maildir\n%s%s", f->dir, config_text, more ? more : "");
	g_autoptr(RpConfigSources) sources = rp_config_sources_new_for_file(file);
	g_autoptr(GPtrArray) problems = NULL;
	RpConfig *config;

	g_assert_true(g_file_set_contents(file, all, -1, NULL));
	g_assert_cmpint(g_chmod(file, 0600), ==, 0);
	config = rp_config_load(sources, &problems);
	for (guint i = 0; !config && i < problems->len; i++) {
		g_autofree char *text = rp_config_problem_format(problems->pdata[i]);

		g_test_message("%s", text);
	}
	g_assert_nonnull(config);
	return config;
}

void
start(Fixture *f)
{
	start_with(f, NULL);
}

void
start_with(Fixture *f, const char *more)
{
	FakeTransport *fake = fake_transport_new();

	start_on(f, more, &fake->parent);
	f->fake = fake;
}

void
start_on(Fixture *f, const char *more, RpTransport *transport)
{
	RpAgentParts parts = {.clock = &test_clock,
		.rescan = count_rescan,
		.reload = reload,
		.quit = no_quit,
		.lost = no_quit,
		.patience_ms = f->patience_ms,
		.user = f};
	g_autoptr(GError) error = NULL;
	guint n_maybe_sent;

	parts.queue = rp_queue_open(f->dir, RP_QUEUE_AGENT, &error);
	g_assert_no_error(error);
	g_assert_true(rp_queue_recover(parts.queue, &n_maybe_sent, &error));
	parts.config = load_config(f, more);
	parts.transport = transport;
	f->fake = NULL;
	f->notifier = g_new0(TestNotifier, 1);
	f->notifier->parent.class = &notifier_class;
	parts.notifier = &f->notifier->parent;
	f->agent = rp_agent_new(&parts);
}

void
set_up(Fixture *f, gconstpointer data)
{
	g_autoptr(GError) error = NULL;

	test_time = 2000000000 * (gint64)G_USEC_PER_SEC;
	f->dir = g_dir_make_tmp("rp-agent-XXXXXX", NULL);
	g_assert_cmpint(g_chmod(f->dir, 0700), ==, 0);
	start(f);
	f->reader = rp_queue_open(f->dir, RP_QUEUE_WRITER, &error);
	g_assert_no_error(error);
}

void
tear_down(Fixture *f, gconstpointer data)
{
	rp_agent_free(f->agent);
	rp_queue_close(f->reader);
	scratch_remove(f->dir);
	g_free(f->dir);
}

void
settle(Fixture *f)
{
	settle_agent(f->agent, settle_limit);
}

void
apply(Fixture *f, RpQueueChange *change)
{
	g_assert_true(rp_queue_apply(f->reader, change, NULL));
	settle(f);
}

void
forget_failures(Fixture *f)
{
	RpQueueChange *change = rp_queue_change_new(test_time);

	rp_change_forget_failures(change, NULL, -1);
	apply(f, change);
}

void
network(Fixture *f, const char *address)
{
	network_only(f, address);
	settle(f);
}

void
network_only(Fixture *f, const char *address)
{
	g_autoptr(RpNetwork) network = rp_network_new();
	RpAddress parsed;

	if (address) {
		RpLink *link = rp_link_new("ppp0", RP_LINK_PPP);

		g_assert_true(rp_address_parse(address, &parsed));
		rp_link_add_address(link, &parsed);
		link->default_route_ipv4 = TRUE;
		rp_network_add_link(network, link);
		if (f->fake)
			f->fake->local = parsed;
	}
	rp_agent_set_network(f->agent, network);
}

RpMessageId
submit_only(Fixture *f, const char *from, const char *to)
{
	static const char content[] = "Subject: x\r\n\r\nx\r\n";
	g_auto(GStrv) recipients = g_strsplit(to, ",", -1);
	g_autoptr(RpSubmission) submission = rp_submission_new(f->reader);
	g_autoptr(GError) error = NULL;
	RpMessageId id = 0;
	RpEnvelope envelope = {.sender = from,
		.header_from = from,
		.recipients = (const char *const *)recipients,
		.n_recipients = g_strv_length(recipients)};

	rp_submission_write(submission, content, sizeof content - 1, &error);
	g_assert_no_error(error);
	rp_submission_commit(submission, &envelope, &id, &error);
	g_assert_no_error(error);
	return id;
}

RpMessageId
submit(Fixture *f, const char *from, const char *to)
{
	RpMessageId id = submit_only(f, from, to);

	settle(f);
	return id;
}

char *
state_of(Fixture *f, RpMessageId id)
{
	g_autoptr(RpQueueMessage) message = rp_queue_get(f->reader, id, NULL);

	return g_strdup(message ? rp_message_state_name(message->state) : "gone");
}

static void
count_active(const RpActive *active, gpointer user)
{
	++*(guint *)user;
}

guint
n_active(Fixture *f)
{
	guint n = 0;

	rp_lanes_each_active(f->agent->lanes, count_active, &n);
	return n;
}

void
assert_sent(Fixture *f, const char *want)
{
	g_autofree char *got = NULL;

	g_ptr_array_add(f->fake->sent, NULL);
	got = g_strjoinv(", ", (char **)f->fake->sent->pdata);
	g_ptr_array_remove_index(f->fake->sent, f->fake->sent->len - 1);
	g_assert_cmpstr(got, ==, want);
}

void
pass_time(Fixture *f, RpSpan span)
{
	test_time += span;
	rp_agent_clock_changed(f->agent, MIN(span, 0));
	settle(f);
}

void
script(GHashTable *results, const char *set, RpSessionResult result)
{
	g_hash_table_insert(results, (gpointer)set, GUINT_TO_POINTER(result + 1));
}

void
reply(FakeTransport *fake, const char *recipient, const char *text)
{
	g_hash_table_insert(fake->replies, (gpointer)recipient, (gpointer)text);
}

void
fixture_init(int *argc, char ***argv)
{
	g_test_init(argc, argv, NULL);
	/* no bus here: the agent works without */
	g_unsetenv("DBUS_SESSION_BUS_ADDRESS");
	g_setenv("XDG_RUNTIME_DIR", "/nonexistent", TRUE);
}
