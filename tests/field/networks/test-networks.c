/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
/* clang-format off */
/* Networks and places from the field: each file NAME.case of the folders given is a story, a step a
 * line.
 *
 * What the policy makes of a place, by itself (words as in tests/unit/core/fixture.h):
 *
 *	config: provider p net=203.0.113.0/24     lines of a configuration
 *	place: wlan0 wifi 203.0.113.7 default     where we are; again: where we are next
 *	inside: p                                 the providers that this shows, in order; "-" for none
 *	online: yes                               there is a way out
 *	key: same                                 or "other": as the place before
 *	login: s=5@203.0.113.7                    POP logins made, "-" for none
 *	failure: unreachable s rule=-/any         failures
 *	limit: 1000                               metered-limit
 *	mail: a@p.example -> b@x.example 2000     a message, and its size
 *	plan: send s/inside/ipv4 bound wlan0 from 203.0.113.7
 *	plan: send s/anywhere/any                 nothing is bound
 *	plan: hold s:outside                      every reason; "-" where it concerns no set
 *
 * What the agent does, with its servers by script (configuration as in tests/unit/agent/fixture.c, more
 * of it by "conf:"):
 *
 *	network: wlan0 wifi 203.0.113.7 default   what the links are now
 *	local: 203.0.113.7                        what the servers see
 *	submit: taro@odn.example -> x@y.example
 *	stall, go-on                              the servers do not answer; they do
 *	begins: keyed                             while they do not: until the set has begun a session, and
 *	                                          what comes of that at once
 *	session: odn unreachable                  how the next session of the set ends
 *	detail: WORDS                             what those that end so say from now on
 *	banner: mail.odn.example                  in whose name the servers greet from now on
 *	portal: yes                               a portal stands in the way
 *	break, mend                               every session breaks before its greeting; none does
 *	reply: x@y.example lost                   to a recipient: "lost" is in doubt
 *	log: smtp odn via ppp0                    what was begun since
 *	sessions: 1                               open now
 *	astray: 1                                 sessions told that the routes lead elsewhere
 *	state: held                               of the last message, or gone
 *	use: odn, override: odn                   said, and what holds ("auto")
 *	history: maybe-sent                       an event of the last message
 *	pass: 31                                  seconds
 *	resolver-changed
 *	flush                                     as the user says it
 *	restart                                   another agent on the same queue, without a network
 *	forget                                    what failed is forgotten
 *	notices: 1 held, 0 sent, 1 other          how often the user was told since the agent began: of
 *	                                          held mail, of what waited and went, of anything else
 *	shown: auth-failed keyed                  what is on the screen now, "held" too; "-" nothing
 */
/* clang-format on */
#include "../../unit/agent/fixture.h"
#include "../../unit/core/fixture.h"

#include "agent-private.h"
#include "tell-private.h"

#include <string.h>

typedef struct {
	GString *config, *conf;
	RpCatalogue *catalogue;
	RpPlace *place;
	char *key_before;
	char *login, *failure;
	gint64 limit;
	char *plan;
	Fixture agent;
	gboolean started;
	RpMessageId last;
	guint line;
	const char *file;
} Story;

static gboolean story_failed;
static guint n_cases, n_failures;

static void
want(const Story *story, const char *what, const char *got, const char *wanted)
{
	if (g_strcmp0(got, wanted) == 0)
		return;
	g_print("# %s:%u: %s: got \"%s\", want \"%s\"\n", story->file, story->line, what, got,
		wanted);
	story_failed = TRUE;
}

/* ---- the policy by itself ---- */

static char *
plan_text(const RpDecision *decision, const Story *story)
{
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < decision->n_recipients; i++) {
		const RpRecipientPlan *plan = &decision->recipients[i];
		const RpAddress *source = plan->source.family ? &plan->source : &plan->bind;

		g_string_append_printf(
			text, "%s%s", i ? " | " : "", plan->verdict ? "hold" : "send");
		for (guint k = 0; plan->reasons && k < plan->reasons->len; k++) {
			const RpHoldReason *reason = plan->reasons->pdata[k];

			g_string_append_printf(text, " %s:%s", reason->set ? reason->set : "-",
				rp_reason_name(reason->reason));
		}
		if (plan->verdict)
			continue;
		g_string_append_printf(text, " %s/%s/%s%s",
			rp_catalogue_set(story->catalogue, plan->set)->name, plan->rule,
			rp_family_name(plan->family), plan->pop_login_first ? " after-pop" : "");
		if (plan->link >= 0)
			g_string_append_printf(text, " bound %s",
				((RpLink *)story->place->network->links->pdata[plan->link])
					->interface);
		if (source->family) {
			g_autofree char *address = rp_address_format(source);
			g_string_append_printf(text, " from %s", address);
		}
	}
	return g_string_free(text, FALSE);
}

/* "FROM -> TO SIZE" */
static void
decide(Story *story, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	const char *recipients[] = {words[2]};
	g_autoptr(GPtrArray) logins = fx_logins(story->login, story->place->key, FX_NOW);
	g_autoptr(GPtrArray) failures = fx_failures(story->failure, story->place->key, FX_NOW);
	RpSituation situation = {.place = story->place,
		.catalogue = story->catalogue,
		.pop_logins = story->login ? logins : NULL,
		.failures = story->failure ? failures : NULL,
		.metered_limit = story->limit,
		.now = FX_NOW};
	RpMessageFacts message = {.sender = words[0],
		.recipients = recipients,
		.n_recipients = 1,
		.size = words[3] ? g_ascii_strtoll(words[3], NULL, 10) : 1};
	g_autoptr(RpDecision) decision = rp_policy_decide(&situation, &message);

	g_free(story->plan);
	story->plan = plan_text(decision, story);
}

static void
go_to(Story *story, const char *text)
{
	if (!story->catalogue)
		story->catalogue = fx_catalogue(story->config->str);
	if (story->place) {
		g_free(story->key_before);
		story->key_before = g_strdup(story->place->key);
		rp_place_free(story->place);
	}
	story->place = fx_place(text, story->catalogue);
}

static void
want_inside(const Story *story, const char *wanted)
{
	g_autoptr(GString) got = g_string_new(NULL);

	for (guint i = 0; i < story->place->shown->len; i++)
		g_string_append_printf(got, "%s%s", i ? " " : "",
			rp_catalogue_provider(
				story->catalogue, g_array_index(story->place->shown, guint, i))
				->name);
	want(story, "inside", got->len ? got->str : "-", wanted);
}

/* ---- the agent ---- */

static void
begin_agent(Story *story)
{
	if (story->started)
		return;
	set_up(&story->agent, NULL);
	if (story->conf->len) {
		rp_agent_free(story->agent.agent);
		start_with(&story->agent, story->conf->str);
	}
	story->started = TRUE;
}

static void
set_network(Story *story, const char *text)
{
	g_autoptr(RpNetwork) network = fx_network(text);

	begin_agent(story);
	rp_agent_set_network(story->agent.agent, network);
	if (!story->agent.fake->stall)
		settle(&story->agent);
}

static void
submit_one(Story *story, const char *text)
{
	g_auto(GStrv) words = g_strsplit(text, " ", -1);
	gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

	story->last = submit_only(&story->agent, words[0], words[2]);
	if (!story->agent.fake->stall)
		settle(&story->agent);
	while (story->agent.fake->stall && !n_active(&story->agent) && g_get_monotonic_time() < end)
		g_main_context_iteration(NULL, TRUE);
}

/* While servers stall nothing comes to rest. */
static void
wait_until_begun(Story *story, const char *set)
{
	g_autofree char *begun = g_strdup_printf("smtp %s ", set);
	gint64 end = g_get_monotonic_time() + 60 * G_USEC_PER_SEC;

	while (!strstr(story->agent.fake->log->str, begun) && g_get_monotonic_time() < end)
		g_main_context_iteration(NULL, TRUE);
	while (g_main_context_pending(NULL))
		g_main_context_iteration(NULL, TRUE);
}

static void
want_log(const Story *story, const char *wanted)
{
	GString *log = story->agent.fake->log;

	g_strchomp(log->str);
	if (g_str_has_suffix(log->str, ";"))
		log->str[strlen(log->str) - 1] = '\0';
	want(story, "log", log->str, g_str_equal(wanted, "-") ? "" : wanted);
	g_string_truncate(log, 0);
}

static void
want_history(const Story *story, const char *wanted)
{
	g_autoptr(GPtrArray) all =
		rp_queue_load_history(story->agent.reader, &(RpHistoryQuery){0}, NULL);

	for (guint i = 0; all && i < all->len; i++) {
		const RpHistoryRecord *record = all->pdata[i];

		if (record->id == story->last &&
			g_str_equal(rp_history_event_name(record->event), wanted))
			return;
	}
	want(story, "history", "nothing of the kind", wanted);
}

static void
want_number(const Story *story, const char *what, guint got, const char *wanted)
{
	g_autofree char *text = g_strdup_printf("%u", got);

	want(story, what, text, wanted);
}

static int
compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
want_notices(const Story *story, const char *wanted)
{
	const TestNotifier *notifier = story->agent.notifier;
	g_autofree char *got = g_strdup_printf("%u held, %u sent, %u other", notifier->n_held,
		notifier->n_sent, notifier->n_announced);

	want(story, "notices", got, wanted);
}

static void
want_shown(const Story *story, const char *wanted)
{
	const TestNotifier *notifier = story->agent.notifier;
	g_autoptr(GPtrArray) causes = g_ptr_array_new();
	g_autofree char *got = NULL;

	if (notifier->others) {
		GHashTableIter iter;
		gpointer cause;

		g_hash_table_iter_init(&iter, notifier->others);
		while (g_hash_table_iter_next(&iter, &cause, NULL))
			g_ptr_array_add(causes, cause);
	}
	if (notifier->shown)
		g_ptr_array_add(causes, (gpointer) "held");
	g_ptr_array_sort(causes, compare);
	g_ptr_array_add(causes, NULL);
	got = g_strjoinv(", ", (char **)causes->pdata);
	want(story, "shown", *got ? got : "-", wanted);
}

static RpSessionResult
find_result(const char *name)
{
	RpSessionResult result = RP_SESSION_OK;

	while (result < RP_SESSION_PROTOCOL_ERROR &&
		!g_str_equal(rp_session_result_name(result), name))
		result++;
	return result;
}

static gboolean
further_step(Story *story, const char *word, const char *rest)
{
	Fixture *f = &story->agent;

	if (g_str_equal(word, "break") || g_str_equal(word, "mend")) {
		begin_agent(story);
		f->fake->broken = g_str_equal(word, "break");
	} else if (g_str_equal(word, "notices")) {
		want_notices(story, rest);
	} else if (g_str_equal(word, "shown")) {
		want_shown(story, rest);
	} else if (g_str_equal(word, "portal")) {
		want(story, word, rp_tell_is_at_portal(f->agent->tell) ? "yes" : "no", rest);
	} else if (g_str_equal(word, "flush")) {
		rp_agent_try_now(f->agent);
		if (!f->fake->stall)
			settle(f);
	} else if (g_str_equal(word, "begins")) {
		wait_until_begun(story, rest);
	} else if (g_str_equal(word, "forget")) {
		forget_failures(f);
	} else if (g_str_equal(word, "restart")) {
		rp_agent_free(f->agent);
		start_with(f, story->conf->len ? story->conf->str : NULL);
	} else {
		return FALSE;
	}
	return TRUE;
}

static gboolean
agent_step(Story *story, const char *word, const char *rest)
{
	Fixture *f = &story->agent;

	if (g_str_equal(word, "network")) {
		set_network(story, rest);
	} else if (g_str_equal(word, "local")) {
		begin_agent(story);
		g_assert_true(rp_address_parse(rest, &f->fake->local));
	} else if (g_str_equal(word, "submit")) {
		submit_one(story, rest);
	} else if (g_str_equal(word, "banner")) {
		begin_agent(story);
		f->fake->banner = g_intern_string(rest);
	} else if (g_str_equal(word, "stall")) {
		f->fake->stall = TRUE;
	} else if (g_str_equal(word, "go-on")) {
		fake_go_on(f->fake);
		settle(f);
	} else if (g_str_equal(word, "session")) {
		g_auto(GStrv) words = g_strsplit(rest, " ", 2);
		if (g_str_equal(words[1], "ok"))
			g_hash_table_remove_all(f->fake->session_results);
		else
			script(f->fake->session_results, g_intern_string(words[0]),
				find_result(words[1]));
	} else if (g_str_equal(word, "detail")) {
		f->fake->detail = g_intern_string(rest);
	} else if (g_str_equal(word, "reply")) {
		g_auto(GStrv) words = g_strsplit(rest, " ", 2);
		reply(f->fake, g_intern_string(words[0]), g_intern_string(words[1]));
	} else if (g_str_equal(word, "log")) {
		want_log(story, rest);
	} else if (g_str_equal(word, "sessions")) {
		want_number(story, word, f->fake->deliveries->len, rest);
	} else if (g_str_equal(word, "astray")) {
		want_number(story, word, f->fake->n_astray, rest);
	} else if (g_str_equal(word, "state")) {
		g_autofree char *state = state_of(f, story->last);
		want(story, word, state, rest);
	} else if (g_str_equal(word, "use")) {
		rp_agent_use(f->agent, rest, FALSE);
		settle(f);
	} else if (g_str_equal(word, "override")) {
		const RpOverride *now = rp_whereabouts_override(f->agent->whereabouts);
		want(story, word, now->set ? now->set : "auto", rest);
	} else if (g_str_equal(word, "history")) {
		want_history(story, rest);
	} else if (g_str_equal(word, "pass")) {
		test_time += g_ascii_strtoll(rest, NULL, 10) * G_USEC_PER_SEC;
		rp_agent_clock_changed(f->agent, 0);
		if (!f->fake->stall)
			settle(f);
	} else if (g_str_equal(word, "resolver-changed")) {
		rp_agent_resolver_changed(f->agent);
		settle(f);
	} else {
		return further_step(story, word, rest);
	}
	return TRUE;
}

static void
set_text(char **into, const char *text)
{
	g_free(*into);
	*into = g_str_equal(text, "-") ? NULL : g_strdup(text);
}

static gboolean
policy_step(Story *story, const char *word, const char *rest)
{
	if (g_str_equal(word, "config"))
		g_string_append_printf(story->config, "%s\n", rest);
	else if (g_str_equal(word, "conf"))
		g_string_append_printf(story->conf, "%s\n", rest);
	else if (g_str_equal(word, "place"))
		go_to(story, rest);
	else if (g_str_equal(word, "inside"))
		want_inside(story, rest);
	else if (g_str_equal(word, "online"))
		want(story, word, rp_place_has_way_out(story->place) ? "yes" : "no", rest);
	else if (g_str_equal(word, "key"))
		want(story, word,
			g_strcmp0(story->key_before, story->place->key) ? "other" : "same", rest);
	else if (g_str_equal(word, "login"))
		set_text(&story->login, rest);
	else if (g_str_equal(word, "failure"))
		set_text(&story->failure, rest);
	else if (g_str_equal(word, "limit"))
		story->limit = g_ascii_strtoll(rest, NULL, 10);
	else if (g_str_equal(word, "mail"))
		decide(story, rest);
	else if (g_str_equal(word, "plan"))
		want(story, word, story->plan, rest);
	else
		return FALSE;
	return TRUE;
}

static void
play_line(Story *story, char *line)
{
	char *colon = strchr(line, ':');
	char *rest = colon ? g_strstrip(colon + 1) : line + strlen(line);

	g_strchomp(line);
	if (!*line || *line == '#')
		return;
	if (colon)
		*colon = '\0';
	if (!policy_step(story, line, rest) && !agent_step(story, line, rest))
		want(story, "step", line, "one that is known");
}

static void
story_clear(Story *story)
{
	g_string_free(story->config, TRUE);
	g_string_free(story->conf, TRUE);
	rp_place_free(story->place);
	if (story->catalogue)
		rp_catalogue_unref(story->catalogue);
	g_free(story->key_before);
	g_free(story->login);
	g_free(story->failure);
	g_free(story->plan);
	if (story->started)
		tear_down(&story->agent, NULL);
}

static void
play(const char *path)
{
	g_autofree char *text = NULL;
	g_autofree char *name = g_path_get_basename(path);
	Story story = {.config = g_string_new(NULL), .conf = g_string_new(NULL), .file = name};

	story_failed = FALSE;
	if (!g_file_get_contents(path, &text, NULL, NULL) || !g_str_has_prefix(text, "# source: "))
		want(&story, "first line", "something else", "# source: ...");
	g_auto(GStrv) lines = g_strsplit(text ? text : "", "\n", -1);
	for (guint i = 0; lines[i]; i++) {
		story.line = i + 1;
		play_line(&story, lines[i]);
	}
	story_clear(&story);
	n_failures += story_failed ? 1 : 0;
	g_print("%s %u - %s\n", story_failed ? "not ok" : "ok", ++n_cases, name);
}

static void
play_folder(const char *folder)
{
	g_autoptr(GDir) dir = g_dir_open(folder, 0, NULL);
	g_autoptr(GPtrArray) paths = g_ptr_array_new_with_free_func(g_free);
	const char *name;

	while (dir && (name = g_dir_read_name(dir)))
		if (g_str_has_suffix(name, ".case"))
			g_ptr_array_add(paths, g_build_filename(folder, name, NULL));
	g_ptr_array_sort(paths, compare);
	for (guint i = 0; i < paths->len; i++)
		play(paths->pdata[i]);
}

static GLogWriterOutput
to_nowhere(GLogLevelFlags level, const GLogField *fields, gsize n_fields, gpointer user)
{
	return level & (G_LOG_LEVEL_ERROR | G_LOG_LEVEL_CRITICAL)
		       ? g_log_writer_default(level, fields, n_fields, user)
		       : G_LOG_WRITER_HANDLED;
}

int
main(int argc, char **argv)
{
	g_log_set_writer_func(to_nowhere, NULL, NULL);
	g_unsetenv("DBUS_SESSION_BUS_ADDRESS");
	g_setenv("XDG_RUNTIME_DIR", "/nonexistent", TRUE);
	for (int i = 1; i < argc; i++)
		play_folder(argv[i]);
	g_print("1..%u\n# cases: %u, failures: %u\n", n_cases, n_cases, n_failures);
	return n_cases && !n_failures ? 0 : 1;
}
