/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampostd"

#include "agent.h"
#include "config.h"
#include "opening.h"
#include "options.h"

#include "roampost/base.h"
#include "roampost/language.h"
#include "roampost/link.h"
#include "roampost/password-keeper.h"
#include "roampost/sleep.h"

#include <glib-unix.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* roampostd: puts the parts together and runs the loop. */

/* For what is being sent when it is told to end; the unit's TimeoutStopSec is longer. */
#define PATIENCE_MS 30000

typedef struct {
	GMainLoop *loop;
	RpAgent *agent;
	RpNames *names;
	RpPasswordKeeper *passwords;
	RpConfigSources *sources;
	GPtrArray *
		broken; /* of RpConfigProblem, while it begins without the configuration; or NULL */
	RpConfigWatch *watch; /* these four: NULL while the agent ends */
	RpLinkMonitor *links;
	RpResolverWatch *resolver;
	RpSleepWatch *sleep;
	char *state_dir;
	char *program;   /* the file that this is */
	struct stat was; /* it, at the start */
	gboolean ends;
	int status;
} RpDaemon;

static gboolean
on_terminate(gpointer user)
{
	RpDaemon *daemon = user;

	daemon->ends = TRUE;
	g_main_loop_quit(daemon->loop);
	return G_SOURCE_CONTINUE;
}

static gboolean
on_hangup(gpointer user)
{
	RpDaemon *daemon = user;

	if (daemon->watch)
		rp_config_watch_reload(daemon->watch);
	return G_SOURCE_CONTINUE;
}

static void
on_config(RpConfig *config, const GPtrArray *problems, gpointer user)
{
	RpDaemon *daemon = user;

	if (config)
		rp_agent_set_config(daemon->agent, config);
	else
		rp_agent_config_refused(daemon->agent, problems);
}

static void
on_network(const RpNetwork *network, gpointer user)
{
	RpDaemon *daemon = user;

	rp_names_set_network(daemon->names, network);
	rp_agent_set_network(daemon->agent, network);
}

static void
on_coming(const RpNetwork *network, gpointer user)
{
	RpDaemon *daemon = user;

	rp_names_set_network(daemon->names, network);
	rp_agent_network_coming(daemon->agent, network);
}

static void
on_resolver(gpointer user)
{
	RpDaemon *daemon = user;

	rp_agent_resolver_changed(daemon->agent);
}

static void
on_passwords(gpointer user)
{
	RpDaemon *daemon = user;

	if (daemon->agent)
		rp_agent_passwords_changed(daemon->agent);
}

static void
on_sleep(gboolean going_to_sleep, gpointer user)
{
	RpDaemon *daemon = user;

	if (going_to_sleep)
		rp_agent_suspends(daemon->agent);
	else
		rp_agent_resumed(daemon->agent);
}

static void
busy(gboolean is_busy, gpointer user)
{
	RpDaemon *daemon = user;

	if (daemon->sleep)
		rp_sleep_watch_delay(daemon->sleep, is_busy);
}

static void
rescan(gpointer user)
{
	RpDaemon *daemon = user;

	if (daemon->links)
		rp_link_monitor_rescan(daemon->links);
}

static gboolean
reload(gpointer user, GError **error)
{
	RpDaemon *daemon = user;
	g_autoptr(RpConfig) config = rp_config_load_or_error(error);

	if (!config)
		return FALSE;
	rp_agent_set_config(daemon->agent, config);
	rp_config_watch_taken(daemon->watch);
	return TRUE;
}

static void
quit(gpointer user)
{
	RpDaemon *daemon = user;

	rp_log_failure(
		"another agent has the name " RP_BUS_NAME " on this session bus; this one stops");
	daemon->status = EXIT_FAILURE;
	g_main_loop_quit(daemon->loop);
}

/* The next agent begins with what is there now. */
static void
lost(gpointer user)
{
	RpDaemon *daemon = user;

	rp_log_failure("the queue's folder or files were moved, removed or replaced while this "
		       "agent had them open; it stops, to be started anew");
	daemon->status = EXIT_FAILURE;
	g_main_loop_quit(daemon->loop);
}

static void
give_way(gpointer user)
{
	RpDaemon *daemon = user;

	g_main_loop_quit(daemon->loop);
}

static void
note_program(RpDaemon *daemon)
{
	daemon->program = g_file_read_link("/proc/self/exe", NULL);
	if (daemon->program && stat(daemon->program, &daemon->was) != 0)
		g_clear_pointer(&daemon->program, g_free);
}

static gboolean
is_replaced(const RpDaemon *daemon)
{
	struct stat now;

	return daemon->program && stat(daemon->program, &now) == 0 &&
	       (now.st_ino != daemon->was.st_ino || now.st_dev != daemon->was.st_dev);
}

/* Beside a newer roampost-sendmail an old agent is in the way: what it would not know is not
 * stored. What is being sent comes to its end first. */
static void
end_if_replaced(RpDaemon *daemon)
{
	if (!rp_supervisor_is_there() || !is_replaced(daemon))
		return;
	g_message("roampostd was replaced by another version: it ends, to be started anew");
	g_main_loop_quit(daemon->loop);
}

/* What was written before mail was handed over counts for it. */
static void
bell(gpointer user)
{
	RpDaemon *daemon = user;

	if (daemon->watch)
		rp_config_watch_hurry(daemon->watch);
	end_if_replaced(daemon);
}

/* A broken configuration at start is no reason not to keep mail: all of it is held until it is
 * mended, since there is no set. */
static RpConfig *
first_config(RpDaemon *daemon)
{
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(RpConfigSources) none = NULL;
	g_autoptr(GPtrArray) ignored = NULL;
	RpConfig *config = rp_config_load(daemon->sources, &problems);

	for (guint i = 0; i < problems->len; i++) {
		g_autofree char *text = rp_config_problem_format(problems->pdata[i]);

		g_warning("%s", text);
	}
	if (config)
		return config;
	g_warning("the configuration has errors: nothing is sent until they are mended");
	daemon->broken = g_steal_pointer(&problems);
	none = rp_config_sources_new_for_file("/dev/null");
	return rp_config_load(none, &ignored);
}

static RpNotifier *
make_notifier(void)
{
	g_autofree char *folder = rp_queue_state_dir(NULL);
	g_autofree char *memory = folder ? g_build_filename(folder, "notices", NULL) : NULL;

	return rp_desktop_notifier_new(memory);
}

static gboolean
make_parts(RpDaemon *daemon, RpAgentParts *parts, GError **error)
{
	guint n_maybe_sent = 0;

	parts->queue = rp_opening_run(daemon->loop, &daemon->ends, &n_maybe_sent, error);
	if (!parts->queue)
		return FALSE;
	if (n_maybe_sent)
		g_warning("%u message(s) were being sent when the last agent ended: they may "
			  "arrive twice",
			n_maybe_sent);
	daemon->names = rp_names_new(NULL);
	parts->state_dir = daemon->state_dir = rp_queue_state_dir(NULL);
	daemon->passwords = rp_password_keeper_new(daemon->state_dir, on_passwords, daemon);
	parts->transport = rp_transport_new_by_link(daemon->names, error);
	if (!parts->transport)
		return FALSE;
	rp_transport_set_passwords(
		parts->transport, rp_password_keeper_passwords(daemon->passwords));
	parts->clock = rp_clock_system();
	parts->config = first_config(daemon);
	parts->notifier = make_notifier();
	parts->rescan = rescan;
	parts->reload = reload;
	parts->quit = quit;
	parts->give_way = give_way;
	parts->lost = lost;
	parts->bell = bell;
	parts->busy = busy;
	parts->patience_ms = PATIENCE_MS;
	parts->user = daemon;
	return TRUE;
}

static void
run(RpDaemon *daemon, const RpAgentParts *parts)
{
	daemon->agent = rp_agent_new(parts);
	if (daemon->broken)
		rp_agent_config_lacking(daemon->agent, daemon->broken);
	else
		rp_agent_note_sets(daemon->agent);
	g_clear_pointer(&daemon->broken, g_ptr_array_unref);
	daemon->watch = rp_config_watch_new(daemon->sources, on_config, daemon);
	daemon->links = rp_link_monitor_new_default(on_network, daemon);
	rp_link_monitor_set_coming(daemon->links, on_coming);
	daemon->sleep = rp_sleep_watch_new(on_sleep, daemon);
	rp_link_monitor_start(daemon->links);
	daemon->resolver = rp_resolver_watch_new(on_resolver, daemon);
	g_message("roampostd " RP_VERSION " is ready");
	rp_supervisor_ready();
	g_main_loop_run(daemon->loop);
	g_message("roampostd ends");
	rp_supervisor_tell("STOPPING=1");
	/* Signals are still caught, and pass without effect: they must not kill it while it writes
	 * what is left. */
	g_clear_pointer(&daemon->sleep, rp_sleep_watch_free);
	g_clear_pointer(&daemon->links, rp_link_monitor_free);
	g_clear_pointer(&daemon->resolver, rp_resolver_watch_free);
	g_clear_pointer(&daemon->watch, rp_config_watch_free);
	rp_agent_free(g_steal_pointer(&daemon->agent));
	g_clear_pointer(&daemon->passwords, rp_password_keeper_free);
	g_clear_pointer(&daemon->names, rp_names_free);
}

/* Every session, and every program that hands mail over, takes some. */
#define FEW_FILES 64
#define ENOUGH_FILES 1024

static void
look_at_limits(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	if (limit.rlim_cur < ENOUGH_FILES && limit.rlim_cur < limit.rlim_max) {
		limit.rlim_cur = MIN((rlim_t)ENOUGH_FILES, limit.rlim_max);
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	if (limit.rlim_cur < FEW_FILES)
		g_warning("only %lu files may be open at once (RLIMIT_NOFILE, ulimit -n): that is "
			  "too few to send mail; give it %u or more",
			(gulong)limit.rlim_cur, FEW_FILES);
}

/* What holds for the whole process. */
static void
prepare_process(gboolean verbose)
{
	/* Whoever can set it in the session could read what TLS hides. */
	g_unsetenv("SSLKEYLOGFILE");
	rp_log_setup("roampostd", verbose);
	rp_language_serve();
	rp_secret_guard_process();
	rp_signals_as_errors();
	rp_supervisor_init();
	look_at_limits();
}

/* Until it is told to end. Returns the exit status. */
static int
serve(void)
{
	RpDaemon daemon = {.status = EXIT_SUCCESS};
	g_autoptr(GError) error = NULL;
	RpAgentParts parts = {0};

	note_program(&daemon);
	daemon.loop = g_main_loop_new(NULL, FALSE);
	daemon.sources = rp_config_sources_new();
	g_unix_signal_add(SIGTERM, on_terminate, &daemon);
	g_unix_signal_add(SIGINT, on_terminate, &daemon);
	g_unix_signal_add(SIGHUP, on_hangup, &daemon);
	if (make_parts(&daemon, &parts, &error)) {
		run(&daemon, &parts);
	} else if (!daemon.ends) {
		rp_log_failure(error->message);
		g_clear_pointer(&parts.queue, rp_queue_close);
		daemon.status = EXIT_FAILURE;
	}
	rp_config_sources_free(daemon.sources);
	g_main_loop_unref(daemon.loop);
	g_free(daemon.program);
	g_free(daemon.state_dir);
	return daemon.status;
}

int
main(int argc, char **argv)
{
	RpOptions options = {0};

	rp_language_speak();
	if (!rp_options_parse(argc, argv, &options))
		return 2;
	if (options.version) {
		puts("roampostd " RP_VERSION);
		return EXIT_SUCCESS;
	}
	if (options.autostart && !rp_options_autostart_is_for_us())
		return EXIT_SUCCESS;
	prepare_process(options.verbose);
	return serve();
}
