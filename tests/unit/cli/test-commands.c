/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "commands.h"

#include <glib/gstdio.h>
#include <poll.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Runs the program as its users do: argv[1] is the program, argv[2] the source directory. */

static char *program;
static char *source_directory;
static char *directory;

static const char config[] = "[provider odn]\n"
			     "name=ODN\n"
			     "prefixes=203.0.113.0/24;2001:db8:1::/48\n"
			     "nm-connections=ODN dial-up\n"
			     "[provider sonet]\n"
			     "name=So-net\n"
			     "prefixes=198.51.100.0/24;203.0.113.128/25\n"
			     "ssids=sonet spot\n"
			     "[server-set odn]\n"
			     "provider=odn\n"
			     "priority=1\n"
			     "identities=taro@odn.example\n"
			     "relay=inside\n"
			     "local-domains=odn.example\n"
			     "smtp=smtp://mail.odn.example\n"
			     "[server-set sonet]\n"
			     "provider=sonet\n"
			     "identities=taro@sonet.example\n"
			     "carries=@odn.example\n"
			     "relay=inside;pop-login\n"
			     "smtp=smtp://mail.sonet.example\n"
			     "smtp-user=taro\n"
			     "smtp-password=hunter2\n"
			     "pop=pop3s://pop.sonet.example\n"
			     "pop-user=taro\n"
			     "pop-password-command=true\n"
			     "pop-window=10min\n"
			     "[server-set lone]\n"
			     "identities=yuki@lone.example\n"
			     "smtp=smtp://mail.lone.example\n";

typedef struct {
	char *out, *err;
	int status;
} Result;

static void
result_clear(Result *result)
{
	g_free(result->out);
	g_free(result->err);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(Result, result_clear)

static char *
write_file(const char *name, const char *text)
{
	char *path = g_build_filename(directory, name, NULL);

	g_assert_true(g_file_set_contents_full(
		path, text, -1, G_FILE_SET_CONTENTS_CONSISTENT, 0600, NULL));
	return path;
}

/* Standard input comes from a file through the shell, so that nothing can block. */
static Result
run(const char *arguments, const char *input)
{
	g_autofree char *input_path = write_file("input", input != NULL ? input : "");
	g_autofree char *command = g_strdup_printf("'%s' %s <'%s'", program, arguments, input_path);
	char *argv[] = {(char *)"/bin/sh", (char *)"-c", command, NULL};
	Result result = {0};
	GError *error = NULL;
	int wait_status;

	g_spawn_sync(NULL, argv, NULL, G_SPAWN_DEFAULT, NULL, NULL, &result.out, &result.err,
		&wait_status, &error);
	g_assert_no_error(error);
	g_assert_true(WIFEXITED(wait_status));
	result.status = WEXITSTATUS(wait_status);
	return result;
}

typedef struct {
	const char *arguments;
	int status;
	const char *out; /* part of standard output; NULL: it is empty */
	const char *err; /* the same of standard error */
} Row;

static void
assert_has(const char *text, const char *part)
{
	if (part == NULL)
		g_assert_cmpstr(text, ==, "");
	else if (strstr(text, part) == NULL)
		g_error("“%s” is not in:\n%s", part, text);
}

static const Row rows[] = {
	/* the program */
	{"", 2, NULL, "Usage: roampost COMMAND"},
	{"--version", 0, "roampost ", NULL},
	{"--help", 0, "simulate", NULL},
	{"help", 0, "which providers contain an address", NULL},
	{"help lookup", 0, "Usage: roampost lookup ADDRESS…", NULL},
	{"help config check", 0, "roampost config check [FILE]", NULL},
	{"help nonsense", 2, NULL, "there is no command “nonsense”"},
	{"lookup --help", 0, "Usage: roampost lookup ADDRESS…", NULL},
	{"simulate -h", 0, "--pop-login SET=AGE", NULL},
	{"simualte", 2, NULL, "did you mean “simulate”?"},
	{"xyzzy", 2, NULL, "“roampost help” lists them"},
	{"config", 2, NULL,
		"needs a second word: “roampost config check” or “roampost config show”"},
	{"config shwo", 2, NULL, "did you mean “config show”?"},
	{"lookup", 2, NULL, "lookup: ADDRESS… is missing"},
	{"submit --from foo x@y.example", 2, NULL, "submit: --from foo: write an address"},
	{"submit --from '' x@y.example", 2, NULL, "<> for the empty sender"},
	{"show", 2, NULL, "show: ID is missing"},
	{"lookup --nope 1.2.3.4", 2, NULL, "--nope"},
	{"simulate extra --at 1.2.3.4", 2, NULL, "“extra” is too much"},
	{"completion tcsh", 2, NULL, "bash, zsh and fish, not for “tcsh”"},
	{"completion bash", 0, "complete -F _roampost roampost", NULL},
	{"completion zsh", 0, "#compdef roampost", NULL},
	{"completion fish", 0, "complete -c roampost -f", NULL},
	{"complete SET", 0, "lone\tyuki@lone.example\n", NULL},
	{"complete 'PROVIDER|SET|failures'", 0, "failures\t\n", NULL},
	{"complete STATE", 0, "deferred\t", NULL},
	{"complete ADDRESS", 0, NULL, NULL},
	{"--verbose lookup 192.0.2.1", 0, "none", NULL},
	/* lookup */
	{"lookup 203.0.113.200", 0, "203.0.113.128/25", NULL},
	{"lookup ::ffff:203.0.113.1", 0, "203.0.113.0/24", NULL},
	{"lookup 192.0.2.1 --json", 0, "[{\"address\":\"192.0.2.1\",\"providers\":[]}]", NULL},
	{"--json lookup 192.0.2.1", 0, "[{\"address\":\"192.0.2.1\",\"providers\":[]}]", NULL},
	{"--json --verbose config --json check", 0, "[]", NULL},
	{"config --json check", 0, "[]", NULL},
	{"--json hangup", 2, NULL, "--json"},
	{"--json", 2, NULL, "there is no command “--json”"},
	{"lookup --json 203.0.113.200", 0,
		"\"providers\":[{\"provider\":\"sonet\",\"by\":\"prefix\",\"prefix\":\"203.0.113."
		"128/25\"},{\"provider\":\"odn\",\"by\":\"prefix\",\"prefix\":\"203.0.113.0/24\"}]",
		NULL},
	{"lookup mail.odn.example", 2, NULL, "“mail.odn.example” is not an IP address"},
	{"lookup 203.0.113.200 bad 192.0.2.1", 2, "203.0.113.128/25", "“bad” is not an IP address"},
	/* config */
	{"config check", 0, "No errors, 0 warnings: 3 server sets, 2 providers.", NULL},
	{"config check --json", 0, "[]", NULL},
	{"config show", 0, "[server-set sonet]", NULL},
	{"config show", 0, "****", NULL},
	{"config show --json", 0,
		"{\"group\":\"server-set sonet\",\"key\":\"smtp-password\",\"value\":\"****\"",
		NULL},
	{"config show --json", 0,
		"{\"group\":\"server-set sonet\",\"key\":\"fetch\",\"value\":\"off\",\"file\":null,"
		"\"line\":null}",
		NULL},
	{"config check /nonexistent/file", 1, "/nonexistent/file: can't be read", "1 error"},
	/* simulate */
	{"simulate --from a@b.example", 2, NULL, "--at ADDRESS"},
	{"simulate --at nowhere", 2, NULL, "“nowhere” is not an IP address"},
	{"simulate --at 192.0.2.1 --use ond", 2, NULL, "did you mean “odn”?"},
	{"simulate --at 192.0.2.1 --pop-login odn", 2, NULL, "SET=AGE"},
	{"simulate --at 192.0.2.1 --pop-login odn=soon", 2, NULL, "is not a time"},
	{"simulate --at 192.0.2.1 --pop-login nobody=1min", 2, NULL, "no server set “nobody”"},
	{"simulate --at 192.0.2.1 --size big", 2, NULL, "is not a size"},
	{"simulate --at 203.0.113.7 --from taro@odn.example --to b@other.example", 0, "Inside: ODN",
		NULL},
	{"simulate --at 203.0.113.7 --from taro@odn.example --to b@other.example --json", 0,
		"{\"verdict\":\"send\",\"inside\":[\"odn\"],\"recipients\":[{\"address\":\"b@other."
		"example\",\"verdict\":\"send\",\"set\":\"odn\",\"rule\":\"inside\",\"steps\":[],"
		"\"family\":\"ipv4\"}]}",
		NULL},
	{"simulate --json --at 2001:db8:1::7 192.0.2.1 --from taro@odn.example --to b@x.example", 0,
		"\"family\":\"ipv6\"", NULL},
	{"simulate --json --at 192.0.2.1 --from taro@sonet.example --to b@x.example", 0,
		"\"rule\":\"pop-login\",\"steps\":[\"pop-login\"]", NULL},
	{"simulate --json --at 192.0.2.1 --from taro@sonet.example --to b@x.example "
	 "--pop-login sonet=2min",
		0, "\"rule\":\"pop-login\",\"steps\":[]", NULL},
	{"simulate --json --at 192.0.2.1 --from taro@sonet.example --to b@x.example "
	 "--pop-login sonet=700",
		0, "\"rule\":\"pop-login\",\"steps\":[\"pop-login\"]", NULL},
	{"simulate --json --at 192.0.2.1 --from taro@odn.example --use odn --to a@odn.example "
	 "b@x.example",
		0, "{\"verdict\":\"split\"", NULL},
	{"simulate --json --at 192.0.2.1 --from x@nowhere.example --to b@x.example", 0,
		"{\"set\":null,\"reason\":\"no-set-for-sender\"", NULL},
	{"simulate --json --at 192.0.2.1 --from taro@odn.example --portal --to b@x.example", 0,
		"\"reason\":\"portal\"", NULL},
	{"simulate --json --at 203.0.113.1 --from taro@odn.example --metered --size 2M --to b@x.y",
		0, "\"reason\":\"metered\"", NULL},
	{"simulate --json --at 192.168.1.2 --nm-connection 'ODN dial-up' --from taro@odn.example "
	 "--to b@x.example",
		0, "\"inside\":[\"odn\"]", NULL},
	{"simulate --json --at 192.168.1.2 --ssid 'sonet spot' --to b@x.example", 0,
		"\"inside\":[\"sonet\"]", NULL},
	{"simulate --json --at 192.168.1.2 --from '<>' --header-from taro@sonet.example --to b@x.y",
		0, "\"set\":\"sonet\"", NULL},
	{"simulate --explain --at 192.0.2.1 --from taro@odn.example --to b@x.example", 0, "→",
		NULL},
	/* a set that learns its rules */
	{"simulate --json --at 192.0.2.1 --from yuki@lone.example --to b@x.example", 0,
		"\"set\":\"lone\",\"rule\":\"auto\",\"steps\":[]", NULL},
	{"simulate --json --at 192.0.2.1 --from yuki@lone.example --to b@x.example "
	 "--observed 'lone refused sender-domain x.example 2h'",
		0, "{\"set\":\"lone\",\"reason\":\"refused-here\"", NULL},
	{"simulate --json --at 192.0.2.1 --from yuki@lone.example --to b@x.example --observed "
	 "'lone refused sender-domain x.example 2h' "
	 "'lone taken sender-domain y.example 60 198.51.100.7'",
		0, "{\"enter\":\"sonet\"}", NULL},
	{"simulate --explain --at 192.0.2.1 --from yuki@lone.example --to b@x.example "
	 "--observed 'lone taken sender-domain x.example 2h'",
		0, "taken at 192.0.2.0/24 from its own", NULL},
	{"simulate --sets --at 192.0.2.1 --observed 'lone taken anywhere x.example 2h'", 0,
		"lone learns its server's rules:\n  taken at 192.0.2.0/24, once, last at", NULL},
	{"simulate --sets --json --at 192.0.2.1 --observed 'lone taken anywhere x.example 2h'", 0,
		"\"lines\":[\"# no relay= line yet: ", NULL},
	{"simulate --sets --json --at 192.0.2.1 --observed 'lone taken anywhere x.example 2h' "
	 "'lone taken anywhere y.example 2h 198.51.100.7'",
		0, "\"lines\":[\"relay=anywhere\",\"# never tried: ", NULL},
	{"simulate --at 192.0.2.1 --observed 'lone liked anywhere x.example 2h'", 2, NULL,
		"SET SAID WITH DOMAIN AGE"},
	{"simulate --at 192.0.2.1 --observed 'nobody taken anywhere x.example 2h'", 2, NULL,
		"no server set “nobody”"},
	{"simulate --at 203.0.113.1", 0, "*  odn    ODN       yes", NULL},
	{"simulate --sets --at 203.0.113.1", 0, "*  odn    ODN       yes", NULL},
	{"simulate --sets --json --at 192.0.2.1", 0,
		"{\"set\":\"sonet\",\"provider\":\"sonet\",\"identities\":[\"taro@sonet.example\"],"
		"\"usable\":true,\"rule\":\"pop-login\","
		"\"steps\":[\"pop-login\"],\"reasons\":[],\"current\":true,\"pop\":true}",
		NULL},
	{"simulate --explain --json --at 192.0.2.1 --from taro@odn.example --to b@x.example", 0,
		"\"rows\":[{\"recipient\":\"b@x.example\"", NULL},
};

static void
test_rows(void)
{
	for (gsize i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_auto(Result) result = run(rows[i].arguments, NULL);

		g_test_message("roampost %s", rows[i].arguments);
		g_assert_cmpint(result.status, ==, rows[i].status);
		assert_has(result.out, rows[i].out);
		assert_has(result.err, rows[i].err);
		g_assert_null(strstr(result.out, "hunter2"));
		g_assert_null(strstr(result.out, "\033"));
	}
}

/* Every command explains itself, within 80 columns. */
static void
test_help(void)
{
	for (const RpCliCommand *command = rp_cli_commands; command->name != NULL; command++) {
		g_autofree char *arguments = g_strconcat(command->name, " --help", NULL);
		g_auto(Result) result = run(arguments, NULL);
		g_autofree char *usage = g_strdup_printf("Usage: roampost %s", command->name);
		g_auto(GStrv) lines = NULL;

		g_test_message("%s", arguments);
		g_assert_cmpint(result.status, ==, 0);
		g_assert_cmpstr(result.err, ==, "");
		g_assert_true(g_str_has_prefix(result.out, usage));
		lines = g_strsplit(result.out, "\n", -1);
		for (char **line = lines; *line != NULL; line++)
			g_assert_cmpint(g_utf8_strlen(*line, -1), <=, 80);
		g_assert_cmpint(command->summary[strlen(command->summary) - 1], !=, '.');
		g_assert_true(command->run != NULL);
	}
}

static void
test_batch(void)
{
	const char *input =
		"{\"at\": [\"203.0.113.7\"], \"from\": \"taro@odn.example\", \"to\": [\"b@x.y\"]}\n"
		"\n"
		"{\"at\": [\"192.0.2.1\"], \"from\": \"taro@sonet.example\", \"to\": [\"b@x.y\"], "
		"\"pop-logins\": {\"sonet\": 120}, \"size\": 2048, \"metered\": false, \"portal\": "
		"false}\n"
		"nonsense\n"
		"{\"form\": \"a@b\"}\n"
		"[1]\n"
		"{\"at\": \"somewhere\"}\n"
		"{\"use\": \"ond\"}\n"
		"{\"size\": \"big\"}\n"
		"{}\n"
		"{\"at\": [\"203.0.113.7\"], \"from\": \"\", \"header-from\": "
		"\"taro@odn.example\", "
		"\"to\": [\"a@odn.example\"], \"use\": \"auto\"}";
	static const char *const want[] = {
		"{\"verdict\":\"send\",\"inside\":[\"odn\"],",
		"\"set\":\"sonet\",\"rule\":\"pop-login\",\"steps\":[]",
		"\"line\":4}",
		"unknown member “form”: did you mean “from”?\",\"line\":5}",
		"{\"error\":\"not a JSON object\",\"line\":6}",
		"“somewhere” is not an IP address\",\"line\":7}",
		"did you mean “odn”?\",\"line\":8}",
		"“size” must be a number of octets\",\"line\":9}",
		"\"recipients\":[]",
		"\"rule\":\"local\"",
	};
	g_auto(Result) result = run("simulate --batch", input);
	g_auto(GStrv) lines = g_strsplit(g_strchomp(result.out), "\n", -1);

	g_assert_cmpuint(g_strv_length(lines), ==, G_N_ELEMENTS(want));
	for (gsize i = 0; i < G_N_ELEMENTS(want); i++)
		assert_has(lines[i], want[i]);
	g_assert_cmpint(result.status, ==, 1);
	assert_has(result.err, "6 of 11 lines were no question");
}

/* The rest is answered. */
static void
test_batch_too_deep(void)
{
	g_autofree char *brackets = g_strnfill(100000, '[');
	g_autofree char *input = g_strconcat(brackets, "\n{}\n", NULL);
	g_auto(Result) result = run("simulate --batch", input);
	g_auto(GStrv) lines = g_strsplit(g_strchomp(result.out), "\n", -1);

	g_assert_cmpuint(g_strv_length(lines), ==, 2);
	assert_has(lines[0], "{\"error\":\"brackets in brackets, too many\",\"line\":1}");
	assert_has(lines[1], "\"recipients\":[]");
}

/* A line of --batch and the same question on the command line get the same answer, also when the
 * batch has more places than it remembers. */
static void
test_batch_agrees(void)
{
	g_autoptr(GString) input = g_string_new(NULL);
	g_auto(GStrv) lines = NULL;

	for (int i = 0; i < 700; i++)
		g_string_append_printf(input,
			"{\"at\":[\"203.0.%d.%d\"],\"from\":\"taro@odn.example\",\"to\":[\"b@x.y\"]"
			"}\n",
			113 + (i / 3) % 2, i % 256);
	g_auto(Result) result = run("simulate --batch", input->str);
	g_assert_cmpint(result.status, ==, 0);
	lines = g_strsplit(g_strchomp(result.out), "\n", -1);
	g_assert_cmpuint(g_strv_length(lines), ==, 700);
	for (int i = 0; i < 700; i += 99) {
		g_autofree char *arguments = g_strdup_printf(
			"simulate --json --at 203.0.%d.%d --from taro@odn.example --to b@x.y",
			113 + (i / 3) % 2, i % 256);
		g_auto(Result) one = run(arguments, NULL);

		g_assert_cmpstr(g_strchomp(one.out), ==, lines[i]);
	}
}

/* One question after the other, each asked when the one before has been answered. */
static void
test_batch_dialogue(void)
{
	char *argv[] = {program, (char *)"simulate", (char *)"--batch", NULL};
	const char question[] = "{\"at\":[\"203.0.113.7\"],\"from\":\"taro@odn.example\"}\n";
	GError *error = NULL;
	int in, out;
	GPid pid;

	g_spawn_async_with_pipes(NULL, argv, NULL, G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &in,
		&out, NULL, &error);
	g_assert_no_error(error);
	for (int i = 0; i < 3; i++) {
		struct pollfd waiting = {.fd = out, .events = POLLIN};
		char answer[512];

		g_assert_cmpint(write(in, question, strlen(question)), ==, strlen(question));
		g_assert_cmpint(poll(&waiting, 1, 20000), ==, 1);
		g_assert_cmpint(read(out, answer, sizeof answer), >, 20);
	}
	close(in);
	close(out);
	g_assert_cmpint(waitpid(pid, NULL, 0), ==, pid);
	g_spawn_close_pid(pid);
}

static void
test_config_errors(void)
{
	g_autofree char *path =
		write_file("bad.conf", "[agent]\nnotfy=yes\n[server-set "
				       "a]\nsmtp=smtp://m\nidentities=a@b.c\nrelay=insde\n");
	g_autofree char *check = g_strdup_printf("config check %s", path);
	g_autofree char *check_json = g_strdup_printf("config check --json %s", path);
	g_auto(Result) text = run(check, NULL);
	g_auto(Result) json = run(check_json, NULL);
	g_autofree char *line = g_strdup_printf("%s:2: [agent] notfy: unknown key", path);

	g_assert_cmpint(text.status, ==, 1);
	assert_has(text.out, line);
	assert_has(text.out, "did you mean “notify”?");
	assert_has(text.out, ":6: [server-set a] relay:");
	assert_has(text.err, "2 errors");
	g_assert_cmpint(json.status, ==, 1);
	assert_has(json.out, "\"line\":2,\"group\":\"agent\",\"key\":\"notfy\",\"message\":");

	g_setenv("ROAMPOST_CONFIG", path, TRUE);
	g_auto(Result) other = run("lookup 192.0.2.1", NULL);
	g_assert_cmpint(other.status, ==, 1);
	assert_has(other.out, NULL);
	assert_has(other.err, "unknown key");
}

/* No configuration at all is a state, and each command has a word for it. */
static void
test_no_config(void)
{
	g_unsetenv("ROAMPOST_CONFIG");
	g_setenv("ROAMPOST_SYSCONF", "/nonexistent/etc", TRUE);
	g_setenv("ROAMPOST_DATA", "/nonexistent/share", TRUE);
	g_setenv("XDG_CONFIG_HOME", "/nonexistent/home", TRUE);
	g_auto(Result) check = run("config check", NULL);
	g_assert_cmpint(check.status, ==, 0);
	assert_has(check.out, "There is no configuration yet. “roampost setup” makes one");
	assert_has(check.out, "/nonexistent/etc");
	g_auto(Result) question =
		run("simulate --json --at 192.0.2.1 --from a@b.c --to d@e.f", NULL);
	g_assert_cmpint(question.status, ==, 0);
	assert_has(question.out, "no-set-for-sender");
}

/* The disk that output goes to is full. */
static void
test_full_disk(void)
{
	g_auto(Result) result = run("help >/dev/full", NULL);

	g_assert_cmpint(result.status, ==, 1);
	assert_has(result.err, "could not be written");
}

/* The manual page holds the table's commands word for word; to renew it run this test with
 * ROAMPOST_REGENERATE=1. */
static void
test_manual(void)
{
	static const char begin[] = ".\\\" begin commands\n", end[] = ".\\\" end commands\n";
	g_autofree char *path = g_build_filename(source_directory, "man/roampost.1", NULL);
	g_autofree char *want = rp_cli_manual(rp_cli_commands);
	g_autofree char *page = NULL;

	g_assert_true(g_file_get_contents(path, &page, NULL, NULL));
	char *from = strstr(page, begin), *to = strstr(page, end);
	g_assert_true(from != NULL && to != NULL);
	from += strlen(begin);
	if (g_getenv("ROAMPOST_REGENERATE") != NULL) {
		g_autofree char *head = g_strndup(page, (gsize)(from - page));
		g_autofree char *renewed = g_strconcat(head, want, to, NULL);

		g_assert_true(g_file_set_contents(path, renewed, -1, NULL));
		return;
	}
	g_autofree char *got = g_strndup(from, (gsize)(to - from));
	g_assert_cmpstr(got, ==, want);
}

static void
clean_up(void)
{
	static const char *const names[] = {"input", "good.conf", "bad.conf"};

	for (gsize i = 0; i < G_N_ELEMENTS(names); i++) {
		g_autofree char *path = g_build_filename(directory, names[i], NULL);

		g_unlink(path);
	}
	g_rmdir(directory);
	g_free(directory);
}

int
main(int argc, char **argv)
{
	int status;

	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(argc, ==, 3);
	program = argv[1];
	source_directory = argv[2];
	directory = g_dir_make_tmp("roampost-cli-XXXXXX", NULL);
	g_assert_nonnull(directory);
	g_autofree char *good = write_file("good.conf", config);
	g_setenv("ROAMPOST_CONFIG", good, TRUE);
	g_unsetenv("ROAMPOST_PROVIDERS");
	g_setenv("LC_ALL", "C.UTF-8", TRUE);
	g_test_add_func("/cli/commands/rows", test_rows);
	g_test_add_func("/cli/commands/help", test_help);
	g_test_add_func("/cli/commands/batch", test_batch);
	g_test_add_func("/cli/commands/batch-too-deep", test_batch_too_deep);
	g_test_add_func("/cli/commands/batch-agrees", test_batch_agrees);
	g_test_add_func("/cli/commands/batch-dialogue", test_batch_dialogue);
	g_test_add_func("/cli/commands/full-disk", test_full_disk);
	g_test_add_func("/cli/commands/manual", test_manual);
	g_test_add_func("/cli/commands/config-errors", test_config_errors);
	g_test_add_func("/cli/commands/no-config", test_no_config);
	status = g_test_run();
	clean_up();
	return status;
}
