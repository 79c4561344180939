/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#define G_LOG_DOMAIN "roampost-config"
#include "config-private.h"

#include "roampost/language.h"

#include <string.h>

/* From groups to the configuration: what needs more than one value is decided once all are there.
 */

/* The ways to say what a password is, of which one counts. */
enum { PASSWORD_KEYS = 3 };

static guint
rank_of_file(const Reading *reading, const Entry *entry)
{
	guint rank = 0;

	while (rank < reading->files->len && reading->files->pdata[rank] != entry->origin.file)
		rank++;
	return rank;
}

/* Of two files the later has its way; two in one are an error. TRUE: the second one stays. */
static gboolean
choose_of_two(Reading *reading, const Group *group, const Option *first, const Option *second)
{
	guint rank = rank_of_file(reading, written_entry(group, first));
	guint other = rank_of_file(reading, written_entry(group, second));

	if (rank == other)
		problem_add_key(reading, RP_CONFIG_ERROR, group, second->key,
			_("%s is set too: one of the two must go"), first->key);
	g_hash_table_remove(group->entries, other >= rank ? first : second);
	return other >= rank;
}

/* `login`: "smtp" or "pop". */
static void
choose_secret(Reading *reading, const Group *group, const char *login)
{
	static const char *const endings[PASSWORD_KEYS] = {
		"-password", "-password-command", "-password-from"};
	const Option *chosen = NULL;

	for (guint i = 0; i < PASSWORD_KEYS; i++) {
		g_autofree char *key = g_strconcat(login, endings[i], NULL);
		const Option *option = option_find(GROUP_SET, key);

		if (!written_entry(group, option))
			continue;
		if (!chosen || choose_of_two(reading, group, chosen, option))
			chosen = option;
	}
}

static const char *
default_rule(const RpServerSet *set)
{
	if (set->smtp_login.user)
		return "auth";
	return set->provider ? "inside" : RP_RULE_AUTO;
}

static void
add_domain(GPtrArray *domains, const char *domain)
{
	if (!g_ptr_array_find_with_equal_func(domains, domain, g_str_equal, NULL))
		g_ptr_array_add(domains, g_strdup(domain));
}

/* What a set that learns its rules has beside `auto`: the alternative with a POP login, and the
 * domains of its identities where it names none. */
static void
complete_learning(RpServerSet *set, const Group *group, GPtrArray *settings)
{
	g_autoptr(GPtrArray) domains = g_ptr_array_new();

	if (set->pop && set->pop_login.user)
		g_ptr_array_add(set->relay, rp_rule_new_learned(TRUE));
	if (set->domains[0])
		return;
	for (char **identity = set->identities; *identity; identity++)
		if (strrchr(*identity, '@'))
			add_domain(domains, strrchr(*identity, '@') + 1);
	g_ptr_array_add(domains, NULL);
	g_strfreev(set->domains);
	set->domains = (char **)g_ptr_array_steal(domains, NULL);
	if (set->domains[0]) {
		g_autofree char *text = g_strjoinv(";", set->domains);

		show_default(settings, group->title, "domains", text);
	}
}

static RpOauthProvider *
build_oauth(Reading *reading, Group *group, GPtrArray *settings)
{
	RpOauthProvider *provider = rp_oauth_provider_new(group->name);

	oauth_add_known(group);
	provider->revision = build_object(reading, group, provider, settings);
	oauth_check(reading, group, provider);
	return provider;
}

/* What a set's token is had by is part of what could not be done with it. */
static void
link_login(Reading *reading, const Group *group, const char *key, RpServerSet *set, RpLogin *login,
	const GPtrArray *oauths)
{
	char *revision;

	oauth_link(reading, group, key, login, oauths);
	if (!login->oauth)
		return;
	revision = g_strconcat(set->revision, "+", login->oauth->revision, NULL);
	g_free(set->revision);
	set->revision = revision;
}

static RpServerSet *
build_set(Reading *reading, const Group *group, const GPtrArray *oauths, GPtrArray *settings)
{
	RpServerSet *set = rp_server_set_new(group->name);

	choose_secret(reading, group, "smtp");
	choose_secret(reading, group, "pop");
	g_free(set->revision);
	set->revision = build_object(reading, group, set, settings);
	link_login(reading, group, "smtp-password-from", set, &set->smtp_login, oauths);
	link_login(reading, group, "pop-password-from", set, &set->pop_login, oauths);
	if (set->relay->len == 0) {
		const char *rule = default_rule(set);

		g_ptr_array_add(set->relay, g_str_equal(rule, RP_RULE_AUTO)
						    ? rp_rule_new_learned(FALSE)
						    : rp_rule_parse(rule, NULL));
		show_default(settings, group->title, "relay", rule);
	}
	if (rp_set_learns(set))
		complete_learning(set, group, settings);
	check_set(reading, group, set);
	return set;
}

static RpProvider *
build_provider(Reading *reading, const Group *group, GPtrArray *settings)
{
	RpProvider *provider = rp_provider_new(group->name);

	g_free(build_object(reading, group, provider, settings));
	if (!provider->title)
		provider->title = g_strdup(group->name);
	show_default(settings, group->title, "name", provider->title);
	check_network(reading, group, provider);
	return provider;
}

/* Of a group that there is once, written or not. */
static void
build_single(Reading *reading, GroupKind kind, gpointer object, GPtrArray *settings)
{
	g_autoptr(GPtrArray) groups = reading_groups(reading, kind);
	g_autoptr(GHashTable) nothing = g_hash_table_new(NULL, NULL);
	const Group absent = {.kind = kind,
		.title = (char *)group_kind_name(kind),
		.name = (char *)"",
		.entries = nothing};

	g_free(build_object(
		reading, groups->len > 0 ? groups->pdata[0] : &absent, object, settings));
}

static void
agent_clear(RpAgentOptions *agent)
{
	g_free(agent->default_identity);
	g_free(agent->qualify_domain);
	g_free(agent->system_mail_user);
	g_free(agent->listen);
	g_strfreev(agent->public_address);
	g_free(agent->maildir);
	g_free(agent->asn_table);
	g_strfreev(agent->asn_source);
	g_strfreev(agent->asn_trust);
	g_free(agent->mda);
}

static const char *
full_identity(const RpServerSet *set)
{
	char **identity = set->identities;

	while (*identity && **identity == '@')
		identity++;
	return *identity;
}

/* The first full address of the set with the highest priority; as they are written among equal
 * ones: a set that is added changes nobody's sender. */
static const char *
first_identity(const GPtrArray *groups, const GPtrArray *sets)
{
	const RpServerSet *best = NULL;
	guint first = 0;

	for (guint i = 0; i < sets->len; i++) {
		const RpServerSet *set = sets->pdata[i];
		guint nth = ((const Group *)groups->pdata[i])->nth;

		if (!full_identity(set) || (best && set->priority < best->priority) ||
			(best && set->priority == best->priority && nth > first))
			continue;
		best = set;
		first = nth;
	}
	return best ? full_identity(best) : NULL;
}

/* NULL when the problems hold an error; whose the system accounts' mail is may be known even so. */
static RpConfig *
config_build(Reading *reading, char **system_mail_user)
{
	g_autoptr(RpConfig) config = g_new0(RpConfig, 1);
	g_autoptr(GPtrArray) provider_groups = reading_groups(reading, GROUP_PROVIDER);
	g_autoptr(GPtrArray) set_groups = reading_groups(reading, GROUP_SET);
	g_autoptr(GPtrArray) oauth_groups = reading_groups(reading, GROUP_OAUTH);
	g_autoptr(GPtrArray) oauths =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_oauth_provider_unref);
	g_autoptr(GPtrArray) providers =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_provider_free);
	g_autoptr(GPtrArray) sets =
		g_ptr_array_new_with_free_func((GDestroyNotify)rp_server_set_free);

	g_atomic_ref_count_init(&config->references);
	config->settings = settings_new();
	build_single(reading, GROUP_AGENT, &config->agent, config->settings);
	for (guint i = 0; i < provider_groups->len; i++)
		g_ptr_array_add(providers,
			build_provider(reading, provider_groups->pdata[i], config->settings));
	for (guint i = 0; i < oauth_groups->len; i++)
		g_ptr_array_add(
			oauths, build_oauth(reading, oauth_groups->pdata[i], config->settings));
	for (guint i = 0; i < set_groups->len; i++)
		g_ptr_array_add(
			sets, build_set(reading, set_groups->pdata[i], oauths, config->settings));
	build_single(reading, GROUP_SETUP, &config->setup, config->settings);
	check_sets(reading, sets);
	check_loops(reading, sets, config->agent.listen);
	if (!config->agent.default_identity)
		config->agent.default_identity = g_strdup(first_identity(set_groups, sets));
	*system_mail_user = g_strdup(config->agent.system_mail_user);
	if (rp_config_count_problems(reading->problems, RP_CONFIG_ERROR) > 0)
		return NULL;
	config->catalogue = rp_catalogue_new(g_steal_pointer(&providers), g_steal_pointer(&sets));
	if (config->agent.default_identity)
		show_default(config->settings, "agent", "default-identity",
			config->agent.default_identity);
	return g_steal_pointer(&config);
}

static RpConfig *
load(const RpConfigSources *sources, GPtrArray **problems, char **system_mail_user)
{
	*problems = g_ptr_array_new_with_free_func((GDestroyNotify)rp_config_problem_free);
	g_autoptr(Reading) reading = reading_new(*problems);
	RpConfig *config;

	reading_load(reading, sources);
	config = config_build(reading, system_mail_user);
	problems_sort(*problems, reading->files);
	return config;
}

RpConfig *
rp_config_load(const RpConfigSources *sources, GPtrArray **problems)
{
	g_autofree char *system_mail_user = NULL;

	return load(sources, problems, &system_mail_user);
}

char *
rp_config_read_system_mail_user(gboolean *has_errors)
{
	g_autoptr(RpConfigSources) sources = rp_config_sources_new();
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(RpConfig) config = NULL;
	char *user = NULL;

	for (guint i = sources->n_system_files; sources->files[i]; i++)
		g_clear_pointer(&sources->files[i], g_free);
	config = load(sources, &problems, &user);
	*has_errors = !config;
	return user;
}

RpConfig *
rp_config_load_or_error(GError **error)
{
	g_autoptr(RpConfigSources) sources = rp_config_sources_new();
	g_autoptr(GPtrArray) problems = NULL;
	g_autoptr(GString) text = g_string_new(_("the configuration has errors:"));
	RpConfig *config = rp_config_load(sources, &problems);

	if (config)
		return config;
	for (guint i = 0; i < problems->len; i++) {
		const RpConfigProblem *problem = problems->pdata[i];
		g_autofree char *line = rp_config_problem_format(problem);

		if (problem->severity == RP_CONFIG_ERROR)
			g_string_append_printf(text, "\n  %s", line);
	}
	g_set_error_literal(error, RP_ERROR, RP_ERROR_CONFIG, text->str);
	return NULL;
}

RpConfig *
rp_config_ref(RpConfig *config)
{
	g_atomic_ref_count_inc(&config->references);
	return config;
}

void
rp_config_unref(RpConfig *config)
{
	if (!config || !g_atomic_ref_count_dec(&config->references))
		return;
	g_clear_pointer(&config->catalogue, rp_catalogue_unref);
	agent_clear(&config->agent);
	g_strfreev(config->setup.autoconfig);
	g_ptr_array_unref(config->settings);
	g_free(config);
}

RpCatalogue *
rp_config_catalogue(const RpConfig *config)
{
	return config->catalogue;
}

const RpAgentOptions *
rp_config_agent(const RpConfig *config)
{
	return &config->agent;
}

const RpSetupOptions *
rp_config_setup(const RpConfig *config)
{
	return &config->setup;
}

const GPtrArray *
rp_config_settings(const RpConfig *config)
{
	return config->settings;
}

static void
add_to_checksum(GChecksum *checksum, const char *text)
{
	/* With the final NUL, so that no two sequences of values look alike. */
	g_checksum_update(checksum, (const guchar *)text, (gssize)strlen(text) + 1);
}

char *
rp_config_fingerprint(const RpConfig *config)
{
	g_autoptr(GChecksum) checksum = g_checksum_new(G_CHECKSUM_SHA256);

	for (guint i = 0; i < config->settings->len; i++) {
		const RpConfigSetting *setting = config->settings->pdata[i];

		add_to_checksum(checksum, setting->group);
		add_to_checksum(checksum, setting->key);
		add_to_checksum(checksum, setting->value);
	}
	/* Settings do not show secrets; a set's revision is made of them too. */
	for (guint i = 0; i < rp_catalogue_n_sets(config->catalogue); i++)
		add_to_checksum(checksum, rp_catalogue_set(config->catalogue, i)->revision);
	return g_strdup(g_checksum_get_string(checksum));
}
