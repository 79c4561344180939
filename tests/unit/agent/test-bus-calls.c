/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "agent-private.h"
#include "bus-fixture.h"

#include "roampost/base.h"
#include "../scratch.h"

#include <signal.h>
#include <string.h>
#include <unistd.h>

/* One rule for all calls: what is refused is refused before anything is done, with the error
 * that the interface's document names. Each error that it names is caused here, and no other comes.
 */

#define PREFIX "org.roampost.Error."
#define INVALID_ARGS "org.freedesktop.DBus.Error.InvalidArgs"

/* ---- what is refused ---- */

/* What the agent is like before the call; %s in the arguments is the message's id. */
typedef enum {
	HELD,     /* online, with a held message */
	SENDING,  /* the message is being sent */
	GONE,     /* there was one */
	OFFLINE,  /* no link is up */
	STARTING, /* just woken up */
	BROKEN,   /* the configuration that is read next has an error */
	DIALS,    /* a provider has a connection */
} Situation;

typedef struct {
	const char *method;
	const char *arguments;
	const char *error; /* without the prefix */
	Situation situation;
} Refusal;

#define LONG                                                                                       \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567" \
	"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567"

static const Refusal refusals[] = {
	{"List", "(['nope'], '', uint32 0)", "Invalid"},
	{"List", "(@as [], 'zz', uint32 0)", "Invalid"},
	{"List", "(['no\npe'], '', uint32 0)", "Invalid"},
	{"List", "(@as [], 'zz\342\200\256', uint32 0)", "Invalid"},
	{"Get", "('no id!',)", "Invalid"},
	{"Get", "('no\nid',)", "Invalid"},
	{"Get", "('" LONG LONG LONG LONG "',)", "Invalid"},
	{"Get", "('zzzzzzzzzz',)", "NotFound", GONE},
	{"Open", "('no id!',)", "Invalid"},
	{"Open", "('%s',)", "NotFound", GONE},
	{"Submit", "(@h 0, '', @as [], @a{sv} {})", "Invalid"},
	{"Submit", "(@h 0, 'a@b\nX:y', ['a@x.example'], @a{sv} {})", "Invalid"},
	{"Submit", "(@h 0, '', ['a@b\nX:y'], @a{sv} {})", "Invalid"},
	{"Submit", "(@h 0, '', ['a@x.example, b@x.example'], @a{sv} {})", "Invalid"},
	{"Submit", "(@h 0, '', ['undisclosed-recipients:;'], @a{sv} {})", "Invalid"},
	{"Submit", "(@h 0, '', ['us: a@x.example, b@x.example;'], @a{sv} {})", "Invalid"},
	{"Submit", "(@h 0, '', ['a@x.example'], {'set': <uint32 1>})", "Invalid"},
	{"Submit", "(@h 0, '', ['a@x.example'], {'sets': <'odn'>})", "Invalid"},
	{"Submit", "(@h 0, '', ['a@x.example'], {'set': <'nope'>})", "NotFound"},
	{"Submit", "(@h 0, '', ['a@x.example'], {'set': <'no\npe'>})", "NotFound"},
	{"Submit", "(@h 0, '', ['a@x.example'], {'\033]0;x\007': <''>})", "Invalid"},
	{"Submit", "(@h 0, '', ['a@x.example'], {'not-before': <int64 -5>})", "Invalid"},
	{"Submit", "(@h 0, '', ['a@x.example'], {'hold': <'yes'>})", "Invalid"},
	{"Change", "('nope', ['%s'], @a{sv} {})", "Invalid"},
	{"Change", "('no\npe', ['%s'], @a{sv} {})", "Invalid"},
	{"Change", "('hold', @as [], @a{sv} {})", "Invalid"},
	{"Change", "('hold', ['%s', '" LONG "'], @a{sv} {})", "Invalid"},
	{"Change", "('hold', ['%s'], {'set': <'odn'>})", "Invalid"},
	{"Change", "('flush', ['%s'], {'set': <'odn'>})", "Invalid"},
	{"Change", "('pin', ['%s'], @a{sv} {})", "Invalid"},
	{"Change", "('pin', ['%s'], {'set': <'nope'>})", "NotFound"},
	{"Amend", "('%s', @a{sv} {})", "Invalid"},
	{"Amend", "('no id!', {'pin': <''>})", "Invalid"},
	{"Amend", "('%s', {'sender': <'not an address'>})", "Invalid"},
	{"Amend", "('%s', {'sender': <'a@b\nX-Injected: yes'>})", "Invalid"},
	{"Amend", "('%s', {'sender': <'a@b\r\nX: y'>})", "Invalid"},
	{"Amend", "('%s', {'sender': <'@x.example'>})", "Invalid"},
	{"Amend", "('%s', {'recipients': <['nobody']>})", "Invalid"},
	{"Amend", "('%s', {'recipients': <['a@b\nX: y']>})", "Invalid"},
	{"Amend", "('%s', {'recipients': <['']>})", "Invalid"},
	{"Amend", "('%s', {'recipients': <@as []>})", "Invalid"},
	{"Amend", "('%s', {'recipients': <['good@x.example', '<bad@x.example>']>})", "Invalid"},
	{"Amend", "('%s', {'sender': <'a@x.example'>, 'pin': <'nope'>})", "NotFound"},
	{"Amend", "('%s', {'sender': <'a@x.example'>})", "NotFound", GONE},
	{"Amend", "('%s', {'sender': <'a@x.example'>})", "State", SENDING},
	{"Amend", "('%s', {'not-before': <int64 -1>})", "Invalid"},
	{"Amend", "('%s', {'not-before': <int64 9000000000000000000>})", "Invalid"},
	{"Find", "({'states': <['nope']>}, '', uint32 0)", "Invalid"},
	{"Find", "({'ids': <['no id!']>}, '', uint32 0)", "Invalid"},
	{"Find", "(@a{sv} {}, 'zz', uint32 0)", "Invalid"},
	{"Find", "({'subject': <'x'>}, '', uint32 0)", "Invalid"},
	{"History", "({'events': <['nope']>}, uint64 0, uint32 0)", "Invalid"},
	{"History", "({'id': <'no id!'>}, uint64 0, uint32 0)", "Invalid"},
	{"History", "({'id': <'zzzzzzzzzz'>}, uint64 0, uint32 0)", "NotFound"},
	{"Explain", "('no id!',)", "Invalid"},
	{"Explain", "('%s',)", "NotFound", GONE},
	{"Simulate", "({'at': <['here']>},)", "Invalid"},
	{"Simulate", "({'ssid': <'caf\303\251'>},)", "Invalid"},
	{"Simulate", "({'from': <'a@b\nX: y'>},)", "Invalid"},
	{"Simulate", "({'to': <['nobody']>},)", "Invalid"},
	{"Simulate", "({'at': <@as []>, 'observed': <['odn sang']>},)", "Invalid"},
	{"Simulate", "({'at': <@as []>, 'pop-logins': <{'odn': int64 -1}>},)", "Invalid"},
	{"Simulate", "({'at': <@as []>, 'pop-logins': <{'nope': int64 1}>},)", "NotFound"},
	{"Simulate", "({'at': <@as []>, 'observed': <['nope taken anywhere x.example 2h']>},)",
		"NotFound"},
	{"Simulate", "({'use': <'nope'>},)", "NotFound"},
	{"Simulate", "({'to': <['b@x.example']>},)", "Starting", STARTING},
	{"Lookup", "('mail.odn.example',)", "Invalid"},
	{"Lookup", "('\033[2J',)", "Invalid"},
	{"Cancel", "('no id!',)", "Invalid"},
	{"Cancel", "('%s',)", "NotFound", GONE},
	{"Cancel", "('%s',)", "State", HELD},
	{"Check", "(['nope'],)", "NotFound"},
	{"Check", "(['sonet', 'nope'],)", "NotFound"},
	{"Check", "(['sonet', 'keyed'],)", "State"},
	{"Check", "(@as [],)", "State", OFFLINE},
	{"Check", "(['sonet'],)", "Starting", STARTING},
	{"UseSet", "('auto', true)", "Invalid"},
	{"UseSet", "('nope', false)", "NotFound"},
	{"Learn", "('nope',)", "NotFound"},
	{"Learn", "('odn',)", "State", OFFLINE},
	{"Learn", "('nope',)", "State", OFFLINE}, /* the place before the name */
	{"Learn", "('odn',)", "Starting", STARTING},
	{"Forget", "('nope',)", "NotFound"},
	{"Forget", "('odn',)", "Invalid"}, /* a provider and a server set */
	{"Forget", "('set dialled',)", "NotFound"},
	{"Forget", "('provider keyed',)", "NotFound"},
	{"Dial", "('nope',)", "NotFound"},
	{"Dial", "('odn',)", "NotFound"},
	{"Dial", "('dialled',)", "Unavailable", DIALS},
	/* by its name=, in any capitals; what may be several is not dialled */
	{"Dial", "('DialLED',)", "Unavailable", DIALS},
	{"Dial", "('line one',)", "Unavailable", DIALS},
	{"Dial", "('twice',)", "Invalid", DIALS},
	{"Learn", "('twice',)", "Invalid", DIALS},
	{"Forget", "('provider twice',)", "Invalid", DIALS},
	{"HangUp", "", "State"},
	{"Reload", "", "Config", BROKEN},
};

/* Everything that a call could change, as text. */
static char *
snapshot(BusFixture *t)
{
	RpAgent *agent = t->agent.agent;
	g_autoptr(GPtrArray) messages = rp_queue_list(t->agent.reader, 0, 0, 0, NULL);
	const RpOverride *override = rp_whereabouts_override(agent->ground.whereabouts);
	GString *text = g_string_new(NULL);

	for (guint i = 0; i < messages->len; i++) {
		const RpQueueMessage *message = messages->pdata[i];

		g_string_append_printf(text, "%s %s %s:", rp_message_state_name(message->state),
			message->sender, message->pin ? message->pin : "");
		for (guint k = 0; k < message->recipients->len; k++)
			g_string_append_printf(text, " %s",
				((RpQueueRecipient *)message->recipients->pdata[k])->address);
		g_string_append_c(text, ';');
	}
	g_string_append_printf(text, " %u failures, %u learned, %s",
		rp_records_failures(agent->ground.records)->len,
		rp_records_learned(agent->ground.records)->len,
		override->set ? override->set : "auto");
	return g_string_free(text, FALSE);
}

static void
delete_message(BusFixture *t, RpMessageId id)
{
	RpQueueChange *change = rp_queue_change_new(test_time);

	rp_change_delete(change, id);
	g_assert_true(rp_queue_apply(t->agent.reader, change, NULL));
	settle(&t->agent);
}

static void
add_dialled(BusFixture *t)
{
	g_autoptr(RpConfig) config =
		load_config(&t->agent, "[provider dialled]\nname=Dialled\nnm-connections=dial-up\n"
				       "[provider line]\nname=Line One\nnm-connections=dial-up\n"
				       "[provider two]\nname=Twice\nnm-connections=dial-up\n"
				       "[provider Twice]\nname=Another\n");

	rp_agent_set_config(t->agent.agent, config);
	settle(&t->agent);
}

/* Of a message that is held, with a failure remembered. */
static RpMessageId
prepare(BusFixture *t, Situation situation)
{
	RpMessageId id;

	network(&t->agent, "203.0.113.7");
	script(t->agent.fake->session_results, "keyed", RP_SESSION_AUTH_FAILED);
	id = submit(&t->agent, "ki@keyed.example", "a@x.example");
	assert_state(&t->agent, id, "held");
	switch (situation) {
	case HELD:
		break;
	case SENDING:
		id = submit_stalled(t, "taro@odn.example", "b@x.example");
		break;
	case GONE:
		delete_message(t, id);
		break;
	case OFFLINE:
		network(&t->agent, NULL);
		break;
	case STARTING:
		rp_agent_resumed(t->agent.agent);
		settle(&t->agent);
		break;
	case BROKEN:
		t->agent.config_is_broken = TRUE;
		break;
	case DIALS:
		add_dialled(t);
		break;
	}
	return id;
}

static void
assert_refused(Answer *answer, const char *want)
{
	g_autofree char *name = NULL;

	g_assert_null(answer->reply);
	g_assert_nonnull(answer->error);
	name = g_dbus_error_get_remote_error(answer->error);
	g_dbus_error_strip_remote_error(answer->error);
	g_test_message("%s: %s", name, answer->error->message);
	g_assert_cmpstr(name, ==, want);
	/* One sentence, that can be shown anywhere. */
	g_assert_cmpuint(strlen(answer->error->message), >, 10);
	g_assert_cmpuint(strlen(answer->error->message), <, 1100);
	for (const char *p = answer->error->message; *p; p = g_utf8_next_char(p))
		g_assert_true(g_unichar_isprint(g_utf8_get_char(p)));
	g_clear_error(&answer->error);
}

static void
test_refusal(BusFixture *t, gconstpointer data)
{
	const Refusal *row = data;
	g_autofree char *want = g_strconcat(PREFIX, row->error, NULL);
	g_autofree char *before = NULL;
	g_autofree char *after = NULL;
	Answer answer;
	RpMessageId id = prepare(t, row->situation);

	before = snapshot(t);
	answer = call(t, row->method, row->arguments, id);
	assert_refused(&answer, want);
	after = snapshot(t);
	g_assert_cmpstr(after, ==, before);
	if (row->situation == SENDING)
		fake_go_on(t->agent.fake);
}

/* ---- the interface's document ---- */

typedef struct {
	char *method;
	GPtrArray *errors; /* "Method Error" */
	GPtrArray *methods;
} Document;

static const char *
attribute(const char **names, const char **values, const char *name)
{
	for (guint i = 0; names[i]; i++)
		if (g_str_equal(names[i], name))
			return values[i];
	return NULL;
}

static void
on_element(GMarkupParseContext *context, const char *element, const char **names,
	const char **values, gpointer user, GError **error)
{
	Document *document = user;
	const char *name = attribute(names, values, "name");

	if (g_str_equal(element, "method")) {
		g_free(document->method);
		document->method = g_strdup(name);
		g_ptr_array_add(document->methods, g_strdup(name));
	} else if (g_str_equal(element, "doc:error")) {
		g_assert_true(g_str_has_prefix(name, PREFIX));
		g_ptr_array_add(document->errors,
			g_strdup_printf("%s %s", document->method, name + strlen(PREFIX)));
	}
}

static void
read_document(Document *document)
{
	static const GMarkupParser parser = {.start_element = on_element};
	g_autoptr(GMarkupParseContext) context =
		g_markup_parse_context_new(&parser, 0, document, NULL);
	g_autofree char *xml = NULL;
	gsize length;

	document->errors = g_ptr_array_new_with_free_func(g_free);
	document->methods = g_ptr_array_new_with_free_func(g_free);
	g_assert_true(g_file_get_contents(RP_INTERFACE_XML, &xml, &length, NULL));
	g_assert_true(g_markup_parse_context_parse(context, xml, (gssize)length, NULL));
	g_assert_cmpuint(document->methods->len, >, 0);
}

static void
document_clear(Document *document)
{
	g_free(document->method);
	g_ptr_array_unref(document->errors);
	g_ptr_array_unref(document->methods);
}

/* Every error that it names has a row above, and every row's error is named. */
static void
test_document(void)
{
	g_autoptr(GHashTable) caused = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);
	Document document = {0};

	read_document(&document);
	/* It takes a hundred calls at once: test-planner.c. */
	g_hash_table_add(caused, g_strdup("Submit Busy"));
	g_hash_table_add(caused, g_strdup("Cancel Busy")); /* test_cancel_beside */
	for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree char *key =
			g_strdup_printf("%s %s", refusals[i].method, refusals[i].error);

		g_test_message("%s", key);
		/* Of any method: another service is not there. */
		if (!g_str_equal(refusals[i].error, "Unavailable"))
			g_assert_true(g_ptr_array_find_with_equal_func(
				document.errors, key, g_str_equal, NULL));
		g_hash_table_add(caused, g_steal_pointer(&key));
	}
	for (guint i = 0; i < document.errors->len; i++) {
		g_test_message("is %s caused?", (char *)document.errors->pdata[i]);
		g_assert_true(g_hash_table_contains(caused, document.errors->pdata[i]));
	}
	document_clear(&document);
}

/* ---- what no method takes ---- */

static GDBusInterfaceInfo *
interface_info(GDBusNodeInfo **node)
{
	g_autofree char *xml = NULL;

	g_assert_true(g_file_get_contents(RP_INTERFACE_XML, &xml, NULL, NULL));
	*node = g_dbus_node_info_new_for_xml(xml, NULL);
	g_assert_nonnull(*node);
	return g_dbus_node_info_lookup_interface(*node, RP_BUS_INTERFACE);
}

/* A value of the type, and of no meaning. */
static const char *
some_value(const char *type, const char *options)
{
	static const struct {
		const char *type, *text;
	} values[] = {{"s", "''"}, {"as", "@as []"}, {"u", "uint32 0"}, {"b", "false"},
		{"t", "uint64 0"}, {"h", "@h 0"}};

	if (g_str_equal(type, "a{sv}"))
		return options;
	for (guint i = 0; i < G_N_ELEMENTS(values); i++)
		if (g_str_equal(values[i].type, type))
			return values[i].text;
	g_assert_not_reached();
}

static char *
some_arguments(const GDBusMethodInfo *method, const char *options)
{
	GString *text = g_string_new("(");
	guint n = 0;

	for (; method->in_args && method->in_args[n]; n++)
		g_string_append_printf(text, "%s%s", n ? ", " : "",
			some_value(method->in_args[n]->signature, options));
	g_string_append(text, n == 1 ? ",)" : ")");
	return g_string_free(text, FALSE);
}

static gboolean
takes_options(const GDBusMethodInfo *method)
{
	for (guint i = 0; method->in_args && method->in_args[i]; i++)
		if (g_str_equal(method->in_args[i]->signature, "a{sv}"))
			return TRUE;
	return FALSE;
}

static void
test_unknown(BusFixture *t, gconstpointer data)
{
	static const char *const options[] = {"{'nonsense': <1>}", "{'': <''>}",
		"{'set': <1>, 'sender': <1>, 'recipients': <1>, 'pin': <1>}"};
	g_autoptr(GDBusNodeInfo) node = NULL;
	GDBusInterfaceInfo *interface = interface_info(&node);
	RpMessageId id = prepare(t, HELD);
	g_autofree char *before = snapshot(t);
	g_autofree char *after = NULL;

	for (guint i = 0; interface->methods[i]; i++) {
		const GDBusMethodInfo *method = interface->methods[i];
		Answer wrong = call(t, method->name, "(int16 7, [3.5])", id);

		g_test_message("%s", method->name);
		assert_refused(&wrong, INVALID_ARGS);
		for (guint k = 0; takes_options(method) && k < G_N_ELEMENTS(options); k++) {
			g_autofree char *arguments = some_arguments(method, options[k]);
			Answer unknown = call(t, method->name, arguments, id);

			assert_refused(&unknown, PREFIX "Invalid");
		}
	}
	after = snapshot(t);
	g_assert_cmpstr(after, ==, before);
}

/* ---- what is done ---- */

/* One that has left is in the history. */
/* The link is up: what to do is said. */
static void
test_check_at_portal(BusFixture *t, gconstpointer data)
{
	g_autoptr(RpNetwork) hotel = rp_network_new();
	RpLink *link = rp_link_new("wlan0", RP_LINK_WIFI);
	RpAddress address;
	Answer answer;

	g_assert_true(rp_address_parse("192.168.1.5", &address));
	rp_link_add_address(link, &address);
	link->default_route_ipv4 = TRUE;
	link->connectivity = RP_CONNECTIVITY_PORTAL;
	rp_network_add_link(hotel, link);
	rp_agent_set_network(t->agent.agent, hotel);
	settle(&t->agent);
	answer = call(t, "Check", "(@as [],)", 0);
	g_assert_nonnull(answer.error);
	g_assert_nonnull(strstr(answer.error->message, "wants a log-in on its web page"));
	assert_refused(&answer, PREFIX "State");
}

static void
test_get_gone(BusFixture *t, gconstpointer data)
{
	RpMessageId id = prepare(t, GONE);
	g_autofree char *reply = reply_to(t, "Get", "('%s',)", id);

	g_assert_nonnull(strstr(reply, "'state': <'deleted'>"));
	g_assert_nonnull(strstr(reply, "'sender': <'ki@keyed.example'>"));
	g_assert_nonnull(strstr(reply, "'address': <'a@x.example'>"));
}

static void
test_amend(BusFixture *t, gconstpointer data)
{
	RpMessageId id = prepare(t, HELD);
	g_autofree char *hold = reply_to(t, "Change", "('hold', ['%s'], @a{sv} {})", id);
	g_autofree char *reply = reply_to(t, "Amend",
		"('%s', {'sender': <'a@b\xc3\xbc"
		"cher.example'>, 'recipients': <['c@x.example']>, "
		"'pin': <'sonet'>})",
		id);
	g_autofree char *after = snapshot(t);

	g_assert_nonnull(strstr(reply, "'sender': <'a@xn--bcher-kva.example'>"));
	g_assert_nonnull(strstr(reply, "'pin': <'sonet'>"));
	g_assert_nonnull(strstr(reply, "'state': <'held'>"));
	g_assert_nonnull(strstr(after, "held a@xn--bcher-kva.example sonet: c@x.example;"));
	g_free(reply);
	reply = reply_to(t, "Amend", "('%s', {'sender': <'<>'>, 'pin': <''>})", id);
	g_assert_nonnull(strstr(reply, "'sender': <''>"));
	g_assert_nonnull(strstr(reply, "'pin': <''>"));
}

/* What is remembered of failures stays while nothing can be retried. */
static void
test_refused_retry(BusFixture *t, gconstpointer data)
{
	RpMessageId refused = prepare(t, HELD);
	RpMessageId sending = submit_stalled(t, "taro@odn.example", "b@x.example");
	const RpRecords *records = t->agent.agent->ground.records;
	g_autofree char *first = reply_to(t, "Change", "('retry', ['%s'], @a{sv} {})", sending);
	g_autofree char *second = reply_to(t, "Change", "('release', ['%s'], @a{sv} {})", sending);

	g_assert_nonnull(strstr(first, "'org.roampost.Error.State', 'message "));
	g_assert_nonnull(strstr(second, "'org.roampost.Error.State', 'message "));
	g_assert_cmpuint(rp_records_failures(records)->len, ==, 1);
	fake_go_on(t->agent.fake);
	settle(&t->agent);
	g_free(first);
	first = reply_to(t, "Change", "('retry', ['zzzzzzzzzz', '%s', '%s'], @a{sv} {})", refused);
	g_assert_cmpstr(first, ==,
		"([('zzzzzzzzzz', 'org.roampost.Error.NotFound', "
		"'there is no message zzzzzzzzzz in the queue; “roampost queue” lists what is "
		"there')],)");
	settle(&t->agent);
	assert_state(&t->agent, refused, "gone");
}

static void
test_verbs(BusFixture *t, gconstpointer data)
{
	static const struct {
		const char *verb, *options, *want;
	} rows[] = {
		{"hold", "@a{sv} {}", "held ki@keyed.example :"},
		{"pin", "{'set': <'sonet'>}", "held ki@keyed.example sonet:"},
		{"pin", "{'set': <''>}", "held ki@keyed.example :"},
		{"release", "@a{sv} {}", "held ki@keyed.example :"},
		{"flush", "@a{sv} {}", "held ki@keyed.example :"},
		{"delete", "@a{sv} {}", " 1 failures"},
	};
	RpMessageId id = prepare(t, HELD);

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *arguments =
			g_strdup_printf("('%s', ['%%s'], %s)", rows[i].verb, rows[i].options);
		g_autofree char *reply = reply_to(t, "Change", arguments, id);
		g_autofree char *after = snapshot(t);

		g_test_message("%s", rows[i].verb);
		g_assert_cmpstr(reply, ==, "([],)");
		g_assert_true(g_str_has_prefix(after, rows[i].want));
	}
}

/* A page goes on behind a message that has left. */
static void
test_list(BusFixture *t, gconstpointer data)
{
	RpMessageId first = prepare(t, HELD);
	RpMessageId second = submit(&t->agent, "ki@keyed.example", "b@x.example");
	char text[RP_MESSAGE_ID_SIZE];
	g_autofree char *page = reply_to(t, "List", "(['held'], '', uint32 1)", 0);
	g_autofree char *rest = NULL;

	g_assert_nonnull(strstr(page, rp_message_id_format(first, text)));
	g_assert_null(strstr(page, rp_message_id_format(second, text)));
	delete_message(t, first);
	rest = reply_to(t, "List", "(['held'], '%s', uint32 10)", first);
	g_assert_nonnull(strstr(rest, rp_message_id_format(second, text)));
	g_free(rest);
	rest = reply_to(t, "List", "(['queued'], '', uint32 10)", first);
	g_assert_cmpstr(rest, ==, "([],)");
}

static void
test_lookup(BusFixture *t, gconstpointer data)
{
	g_autofree char *found = reply_to(t, "Lookup", "('203.0.113.9',)", 0);
	g_autofree char *none = reply_to(t, "Lookup", "('192.0.2.1',)", 0);

	g_assert_cmpstr(found, ==, "(['odn'],)");
	g_assert_cmpstr(none, ==, "([],)");
}

/* The machine is outside all providers when it is asked. */
static const struct {
	const char *question, *wants, *lacks;
} simulations[] = {
	{"{'at': <['203.0.113.9']>, 'from': <'taro@odn.example'>, 'to': <['b@x.example']>}",
		"'verdict': <'send'>, 'set': <'odn'>, 'rule': <'inside'>", "'outside'"},
	{"{'at': <['203.0.113.9']>}", "'inside': <['odn']>", NULL},
	{"{'at': <['203.0.113.9']>}", "'name': <'odn'>, 'title': <'ODN'>", NULL},
	/* here */
	{"{'from': <'taro@odn.example'>, 'to': <['b@x.example']>}",
		"'verdict': <'send'>, 'set': <'sonet'>, 'rule': <'pop-login'>, "
		"'steps': <['pop-login']>",
		"'inside': <['odn']>"},
	{"{'from': <'ki@keyed.example'>, 'to': <['b@x.example', 'c@x.example']>, 'use': <'odn'>}",
		"'address': <'c@x.example'>, 'verdict': <'hold'>", NULL},
	{"{'to': <['b@x.example']>}",
		"'unlock': <[('enter', 'odn'), ('pin', 'keyed'), "
		"('allow-carry', 'keyed')]>",
		NULL},
	/* no address: no link */
	{"{'at': <@as []>, 'from': <'taro@odn.example'>, 'to': <['b@x.example']>}",
		"'reason': <'offline'>", "'outside'"},
	{"{'at': <['203.0.113.9']>, 'portal': <true>, 'from': <'taro@odn.example'>, "
	 "'to': <['b@x.example']>}",
		"'reason': <'portal'>", NULL},
	/* by hand */
	{"{'at': <['203.0.113.9']>, 'use': <'sonet'>}", "'name': <'sonet'>", NULL},
	/* a login of long ago opens nothing */
	{"{'at': <['203.0.113.9']>, 'from': <'hanako@sonet.example'>, 'to': <['b@x.example']>, "
	 "'pop-logins': <{'sonet': int64 1000000}>}",
		"'set': <'sonet'>, 'rule': <'pop-login'>, 'steps': <@as []>", NULL},
	{"{'at': <['203.0.113.9']>, 'from': <'hanako@sonet.example'>, 'to': <['b@x.example']>, "
	 "'pop-logins': <{'sonet': int64 100000000000}>}",
		"'set': <'sonet'>, 'rule': <'pop-login'>, 'steps': <['pop-login']>", NULL},
};

static void
test_simulate(BusFixture *t, gconstpointer data)
{
	network(&t->agent, "192.0.2.1");
	for (guint i = 0; i < G_N_ELEMENTS(simulations); i++) {
		g_autofree char *arguments = g_strdup_printf("(%s,)", simulations[i].question);
		g_autofree char *answer = reply_to(t, "Simulate", arguments, 0);

		g_test_message("%s\n%s", arguments, answer);
		g_assert_nonnull(strstr(answer, simulations[i].wants));
		g_assert_true(!simulations[i].lacks || !strstr(answer, simulations[i].lacks));
	}
}

/* What is remembered of here counts here, and nowhere else. */
static void
test_simulate_remembers(BusFixture *t, gconstpointer data)
{
	g_autofree char *paused = NULL, *here = NULL, *there = NULL;

	network(&t->agent, "203.0.113.7");
	paused = reply_to(t, "Pause", "(true,)", 0);
	here = reply_to(
		t, "Simulate", "({'from': <'taro@odn.example'>, 'to': <['b@x.example']>},)", 0);
	there = reply_to(t, "Simulate",
		"({'at': <['203.0.113.7']>, 'from': <'taro@odn.example'>, "
		"'to': <['b@x.example']>},)",
		0);
	g_assert_nonnull(strstr(here, "'reason': <'paused'>"));
	g_assert_null(strstr(there, "'paused'"));
}

/* What a server has said there counts there, as "sets" lists it; elsewhere, and where the question
 * has observations of its own, it does not. */
static void
test_simulate_heard(BusFixture *t, gconstpointer data)
{
	static const struct {
		const char *question, *wants;
	} rows[] = {
		{"'at': <['203.0.113.9']>", "'reason': <'refused-here'>"},
		{"'at': <['198.51.100.9']>", "'verdict': <'send'>"},
		{"'at': <['203.0.113.9']>, 'observed': <['lone taken anywhere x.example 2h']>",
			"'verdict': <'send'>"},
	};
	g_autoptr(RpConfig) config =
		load_config(&t->agent, "[server-set lone]\nidentities=me@lone.example\n"
				       "smtp=smtp://lone.example\nsmtp-tls=off\nrelay=auto\n");

	rp_agent_set_config(t->agent.agent, config);
	network(&t->agent, "203.0.113.7");
	reply(t->agent.fake, "b@x.example", "550 5.7.1 Relaying denied");
	reply(t->agent.fake, "b@y.example", "550 5.7.1 Relaying denied");
	submit(&t->agent, "me@lone.example", "b@x.example");
	submit(&t->agent, "me@lone.example", "b@y.example");
	settle(&t->agent);
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *arguments = g_strdup_printf(
			"({%s, 'from': <'me@lone.example'>, 'to': <['c@x.example']>},)",
			rows[i].question);
		g_autofree char *answer = reply_to(t, "Simulate", arguments, 0);

		g_test_message("%s\n%s", arguments, answer);
		g_assert_nonnull(strstr(answer, rows[i].wants));
	}
}

static void
test_explain(BusFixture *t, gconstpointer data)
{
	RpMessageId id = prepare(t, HELD);
	g_autofree char *rows = reply_to(t, "Explain", "('%s',)", id);

	g_assert_nonnull(strstr(rows, "'recipient': <'a@x.example'>"));
	g_assert_nonnull(strstr(rows, "'set': <'keyed'>"));
	g_assert_nonnull(strstr(rows, "'holds': <"));
}

static void
assert_cancel_refused(BusFixture *t, RpMessageId id, const char *error, const char *says)
{
	Answer refused = call(t, "Cancel", "('%s',)", id);

	g_assert_nonnull(refused.error);
	g_assert_nonnull(strstr(refused.error->message, error));
	g_assert_nonnull(strstr(refused.error->message, says));
	g_clear_error(&refused.error);
}

static void
wifi_only(BusFixture *t)
{
	g_autoptr(RpNetwork) network = rp_network_new();
	RpLink *link = rp_link_new("wlan0", RP_LINK_WIFI);

	g_assert_true(rp_address_parse("192.0.2.1", &t->agent.fake->local));
	rp_link_add_address(link, &t->agent.fake->local);
	link->default_route_ipv4 = TRUE;
	rp_network_add_link(network, link);
	rp_agent_set_network(t->agent.agent, network);
}

/* Two messages are under way: with one session it has the first, and the second waits for its turn.
 */
static void
begin_two(BusFixture *t, RpMessageId ids[2], guint n_sessions)
{
	FakeTransport *fake = t->agent.fake;

	fake->progress.at = RP_SMTP_AT_CONTENT;
	fake->stall = TRUE;
	if (n_sessions > 1) {
		fake->measure.rtt = 600 * G_TIME_SPAN_MILLISECOND;
		fake->can = RP_SMTP_CAN_PIPELINING | RP_SMTP_CAN_CHUNKING;
	} else {
		g_autoptr(RpConfig) config = load_config(&t->agent, "connections=1\n");
		rp_agent_set_config(t->agent.agent, config);
	}
	ids[0] = submit(&t->agent, "ki@keyed.example", "a@x.example");
	ids[1] = submit(&t->agent, "ki@keyed.example", "b@x.example");
	if (n_sessions > 1)
		submit(&t->agent, "ki@keyed.example", "c@x.example");
	wifi_only(t);
	for (;;) {
		g_autofree char *a = state_of(&t->agent, ids[0]);
		g_autofree char *b = state_of(&t->agent, ids[1]);

		if (n_active(&t->agent) >= n_sessions && g_str_equal(a, "sending") &&
			g_str_equal(b, "sending"))
			return;
		g_main_context_iteration(NULL, TRUE);
	}
}

static void
cancel(BusFixture *t, RpMessageId id)
{
	g_autofree char *answer = reply_to(t, "Cancel", "('%s',)", id);

	g_assert_cmpstr(answer, ==, "()");
	assert_state(&t->agent, id, "held");
}

static void
go_on(BusFixture *t)
{
	t->agent.fake->stall = FALSE;
	fake_go_on(t->agent.fake);
	settle(&t->agent);
}

/* It stops, and waits for the user's word. */
static void
test_cancel(BusFixture *t, gconstpointer data)
{
	RpMessageId ids[2];

	begin_two(t, ids, 1);
	cancel(t, ids[1]); /* no session has it */
	t->agent.fake->is_there = "a@x.example";
	assert_cancel_refused(t, ids[0], "Error.State", "its answer");
	t->agent.fake->is_there = NULL;
	cancel(t, ids[0]);
	go_on(t);
	assert_state(&t->agent, ids[0], "held");
	assert_state(&t->agent, ids[1], "held");
	g_assert_cmpuint(t->agent.fake->sent->len, ==, 0);
}

/* Others go on by themselves. Nothing is cut while that would leave in doubt whether one of them
 * has arrived. */
static void
test_cancel_beside(BusFixture *t, gconstpointer data)
{
	RpMessageId ids[2];

	begin_two(t, ids, 3);
	t->agent.fake->is_there = "b@x.example";
	assert_cancel_refused(t, ids[0], "Error.Busy", "another message");
	t->agent.fake->is_there = NULL;
	cancel(t, ids[0]);
	go_on(t);
	assert_state(&t->agent, ids[0], "held");
	assert_state(&t->agent, ids[1], "gone");
}

static void
test_use(BusFixture *t, gconstpointer data)
{
	static const struct {
		const char *arguments, *override, *kept;
	} rows[] = {
		{"('keyed', true)", "'keyed'", "true"},
		{"('sonet', false)", "'sonet'", "false"},
		{"('auto', false)", "'auto'", "false"},
	};

	network(&t->agent, "203.0.113.7");
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *reply = reply_to(t, "UseSet", rows[i].arguments, 0);
		g_autofree char *override = property(t, "Override");
		g_autofree char *kept = property(t, "OverrideKept");

		g_assert_cmpstr(override, ==, rows[i].override);
		g_assert_cmpstr(kept, ==, rows[i].kept);
	}
}

/* Nothing goes, and it all goes afterwards. */
static void
test_pause(BusFixture *t, gconstpointer data)
{
	g_autofree char *pause = NULL;
	g_autofree char *paused = NULL;
	g_autofree char *view = NULL;
	g_autofree char *resume = NULL;
	g_autofree char *set = NULL;
	RpMessageId id;

	network(&t->agent, "203.0.113.7");
	pause = reply_to(t, "Pause", "(true,)", 0);
	paused = property(t, "Paused");
	g_assert_cmpstr(paused, ==, "true");
	id = submit(&t->agent, "taro@odn.example", "a@x.example");
	assert_state(&t->agent, id, "held");
	view = reply_to(t, "Get", "('%s',)", id);
	g_assert_nonnull(strstr(view, "'reason': <'paused'>"));
	g_assert_nonnull(strstr(view, "('user', 'resume')"));
	/* What could be used is, and who said so is not told that mail waits. */
	set = property(t, "CurrentSet");
	g_assert_cmpstr(set, ==, "'odn'");
	g_assert_null(held_notice(&t->agent));
	assert_sent(&t->agent, "");
	resume = reply_to(t, "Pause", "(false,)", 0);
	settle(&t->agent);
	assert_sent(&t->agent, "odn: a@x.example");
}

/* Until its time, and no longer. */
static void
test_not_before(BusFixture *t, gconstpointer data)
{
	g_autofree char *later = NULL;
	g_autofree char *reply = NULL;
	g_autofree char *flush = NULL;
	RpMessageId id = prepare(t, HELD);

	reply = reply_to(t, "Amend", "('%s', {'sender': <'taro@odn.example'>})", id);
	settle(&t->agent);
	assert_sent(&t->agent, "odn: a@x.example");
	id = submit_stalled(t, "taro@odn.example", "b@x.example");
	fake_go_on(t->agent.fake);
	settle(&t->agent);
	network(&t->agent, NULL);
	id = submit(&t->agent, "taro@odn.example", "c@x.example");
	later = g_strdup_printf("('%%s', {'not-before': <int64 %" G_GINT64_FORMAT ">})",
		test_time + G_TIME_SPAN_HOUR);
	g_free(reply);
	reply = reply_to(t, "Amend", later, id);
	g_assert_nonnull(strstr(reply, "'reason': <'not-before'>"));
	g_assert_nonnull(strstr(reply, "('retry-after', '')"));
	network(&t->agent, "203.0.113.7");
	flush = reply_to(t, "Change", "('flush', @as [], @a{sv} {})", 0);
	pass_time(&t->agent, 59 * G_TIME_SPAN_MINUTE);
	assert_state(&t->agent, id, "held");
	pass_time(&t->agent, 2 * G_TIME_SPAN_MINUTE);
	assert_state(&t->agent, id, "gone");
}

static guint
count(const char *text, const char *part)
{
	guint n = 0;

	for (const char *at = text; (at = strstr(at, part)); at += strlen(part))
		n++;
	return n;
}

static void
test_find(BusFixture *t, gconstpointer data)
{
	static const struct {
		const char *arguments;
		guint n;
		const char *more;
	} rows[] = {
		{"(@a{sv} {}, '', uint32 0)", 2, "false)"},
		{"(@a{sv} {}, '', uint32 1)", 1, "true)"},
		{"(@a{sv} {}, '%s', uint32 0)", 1, "false)"},
		{"({'states': <['held']>}, '', uint32 0)", 2, "false)"},
		{"({'states': <['sending']>}, '', uint32 0)", 0, "false)"},
		{"({'ids': <['%s', 'zzzzzzzzzz']>}, '', uint32 0)", 1, "false)"},
		{"({'set': <'keyed'>}, '', uint32 0)", 1, "false)"},
		{"({'set': <'odn'>}, '', uint32 0)", 0, "false)"},
		{"({'text': <'KI@keyed'>}, '', uint32 0)", 1, "false)"},
		{"({'text': <'no such'>}, '', uint32 0)", 0, "false)"},
	};
	RpMessageId id = prepare(t, HELD);

	submit(&t->agent, "unknown@nowhere.example", "b@x.example");
	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *reply = reply_to(t, "Find", rows[i].arguments, id);

		g_test_message("%s", rows[i].arguments);
		g_assert_cmpuint(count(reply, "'user-hold'"), ==, rows[i].n);
		g_assert_true(g_str_has_suffix(reply, rows[i].more));
	}
}

static void
test_history(BusFixture *t, gconstpointer data)
{
	static const struct {
		const char *arguments;
		guint n;
		const char *says;
	} rows[] = {
		{"(@a{sv} {}, uint64 0, uint32 0)", 2},
		{"(@a{sv} {}, uint64 0, uint32 1)", 1},
		{"(@a{sv} {}, uint64 3, uint32 0)", 1}, /* the first is a place */
		{"({'id': <'%s'>}, uint64 0, uint32 0)", 2},
		{"({'events': <['deleted', 'sent']>}, uint64 0, uint32 0)", 1},
		{"({'text': <'A@X'>, 'events': <['held']>}, uint64 0, uint32 0)", 1},
		{"({'events': <['place']>}, uint64 0, uint32 0)", 1,
			"'provider': <'odn'>, 'provider-title': <'ODN'>"},
		{"({'until': <int64 1>}, uint64 0, uint32 0)", 0},
		{"({'since': <int64 1>, 'set': <'nope'>}, uint64 0, uint32 0)", 0},
	};
	RpMessageId id = prepare(t, GONE);

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		g_autofree char *reply = reply_to(t, "History", rows[i].arguments, id);

		g_test_message("%s: %s", rows[i].arguments, reply);
		g_assert_cmpuint(count(reply, "'n-recipients'"), ==, rows[i].n);
		g_assert_true(!rows[i].says || strstr(reply, rows[i].says));
	}
}

static void
test_forget(BusFixture *t, gconstpointer data)
{
	RpMessageId id = prepare(t, HELD);
	g_autofree char *reply = reply_to(t, "Forget", "('failures',)", 0);

	g_assert_cmpuint(rp_records_failures(t->agent.agent->ground.records)->len, ==, 0);
	settle(&t->agent);
	assert_state(&t->agent, id, "gone");
}

/* A server set of which nothing was learned is no error. */
static void
test_forget_set(BusFixture *t, gconstpointer data)
{
	g_autofree char *reply = NULL;

	network(&t->agent, "192.0.2.1");
	reply = reply_to(t, "Forget", "('keyed',)", 0);
}

/* What was learned of a provider is taken back, and what is known of the server set of its name
 * stays; and the other way. */
static void
test_forget_one_of_two(BusFixture *t, gconstpointer data)
{
	RpRecords *records = t->agent.agent->ground.records;
	g_autofree char *reply = NULL;

	network(&t->agent, "192.0.2.1");
	rp_records_save_fact(records, "odn", RP_FACT_GREETINGS, "mail.odn.example");
	reply = reply_to(t, "Forget", "('provider odn',)", 0);
	settle(&t->agent);
	g_assert_nonnull(rp_records_fact(records, "odn", RP_FACT_GREETINGS));
	g_free(reply);
	reply = reply_to(t, "Forget", "('set odn',)", 0);
	settle(&t->agent);
	g_assert_null(rp_records_fact(records, "odn", RP_FACT_GREETINGS));
}

static void
test_submit(BusFixture *t, gconstpointer data)
{
	g_autofree char *reply = NULL;
	g_autofree char *after = NULL;

	network(&t->agent, "192.0.2.1");
	reply = reply_to(t, "Submit",
		"(@h 0, 'unknown@nowhere.example', ['a@x.example'], {'set': <'odn'>})", 0);
	/* the bell may still be on its way when the answer is here */
	while (after = snapshot(t), !g_str_has_prefix(after, "held")) {
		g_main_context_iteration(NULL, TRUE);
		g_free(after);
	}
	g_assert_true(g_str_has_prefix(after, "held unknown@nowhere.example odn: a@x.example;"));
}

/* ---- a full disk ---- */

static gboolean
says_full(const char *text)
{
	return strstr(text, PREFIX "Full") || strstr(text, PREFIX "IO");
}

/* What can't be written is not done, and not said to be. */
static void
test_full_disk(BusFixture *t, gconstpointer data)
{
	static const struct {
		const char *method, *arguments;
	} fails[] = {
		{"UseSet", "('keyed', true)"},
		{"Pause", "(true,)"},
		{"Forget", "('failures',)"},
		{"Amend", "('%s', {'pin': <'sonet'>})"},
	};
	static const char *const verbs[] = {"hold", "release", "retry", "delete"};
	RpMessageId id = prepare(t, HELD);
	g_autofree char *before = snapshot(t);
	g_autofree char *after = NULL;

	signal(SIGXFSZ, SIG_IGN);
	g_log_set_fatal_mask(NULL, G_LOG_FATAL_MASK);
	g_log_set_always_fatal(G_LOG_LEVEL_CRITICAL | G_LOG_FATAL_MASK);
	scratch_fill_disk(TRUE);
	for (guint i = 0; i < G_N_ELEMENTS(fails); i++) {
		Answer answer = call(t, fails[i].method, fails[i].arguments, id);
		g_autofree char *name = NULL;

		g_assert_nonnull(answer.error);
		name = g_dbus_error_get_remote_error(answer.error);
		g_test_message("%s: %s", fails[i].method, answer.error->message);
		g_assert_true(says_full(name));
		g_clear_error(&answer.error);
	}
	for (guint i = 0; i < G_N_ELEMENTS(verbs); i++) {
		g_autofree char *arguments =
			g_strdup_printf("('%s', ['%%s'], @a{sv} {})", verbs[i]);
		g_autofree char *reply = reply_to(t, "Change", arguments, id);

		g_test_message("%s: %s", verbs[i], reply);
		g_assert_true(says_full(reply));
	}
	scratch_fill_disk(FALSE);
	after = snapshot(t);
	g_assert_cmpstr(after, ==, before);
}

int
main(int argc, char **argv)
{
	g_autofree char *system_bus = silent_bus_address();

	fixture_init(&argc, &argv);
	g_setenv("DBUS_SYSTEM_BUS_ADDRESS", system_bus, TRUE);
	g_test_add_func("/bus-calls/document", test_document);
	for (guint i = 0; i < G_N_ELEMENTS(refusals); i++) {
		g_autofree char *name = g_strdup_printf(
			"/bus-calls/refused/%s-%s-%u", refusals[i].method, refusals[i].error, i);

		g_test_add(name, BusFixture, &refusals[i], set_up_bus, test_refusal, tear_down_bus);
	}
#define ADD_DOOR(path, func)                                                                       \
	g_test_add("/bus-calls/" path, BusFixture, NULL, set_up_bus, func, tear_down_bus)
	ADD_DOOR("unknown", test_unknown);
	ADD_DOOR("check-at-portal", test_check_at_portal);
	ADD_DOOR("get-gone", test_get_gone);
	ADD_DOOR("amend", test_amend);
	ADD_DOOR("refused-retry", test_refused_retry);
	ADD_DOOR("verbs", test_verbs);
	ADD_DOOR("list", test_list);
	ADD_DOOR("lookup", test_lookup);
	ADD_DOOR("simulate", test_simulate);
	ADD_DOOR("simulate-remembers", test_simulate_remembers);
	ADD_DOOR("simulate-heard", test_simulate_heard);
	ADD_DOOR("explain", test_explain);
	ADD_DOOR("cancel", test_cancel);
	ADD_DOOR("cancel-beside", test_cancel_beside);
	ADD_DOOR("use", test_use);
	ADD_DOOR("pause", test_pause);
	ADD_DOOR("not-before", test_not_before);
	ADD_DOOR("find", test_find);
	ADD_DOOR("history", test_history);
	ADD_DOOR("forget", test_forget);
	ADD_DOOR("forget-set", test_forget_set);
	ADD_DOOR("forget-one-of-two", test_forget_one_of_two);
	ADD_DOOR("submit", test_submit);
	ADD_DOOR("full-disk", test_full_disk);
	return g_test_run();
}
