/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "values-private.h"

#include "roampost/language.h"

#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

/* The types of values that have nothing to do with mail. */

char **
value_split(const char *text)
{
	g_auto(GStrv) parts = g_strsplit(text, ";", -1);
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	for (char **part = parts; *part; part++)
		if (*g_strstrip(*part) != '\0')
			g_strv_builder_add(builder, *part);
	return g_strv_builder_end(builder);
}

void
replace_string(char **field, char *value)
{
	g_free(*field);
	*field = value;
}

gboolean
fail(GError **error, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	g_autofree char *message = g_strdup_vprintf(format, args);
	va_end(args);
	g_set_error_literal(error, RP_ERROR, RP_ERROR_CONFIG, message);
	return FALSE;
}

gboolean
read_list(char ***field, char **list, ReadElement read, GError **error)
{
	g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

	for (char **element = list; *element; element++) {
		g_autofree char *ours = read(*element, error);

		if (!ours)
			return FALSE;
		g_strv_builder_add(builder, ours);
	}
	g_strfreev(*field);
	*field = g_strv_builder_end(builder);
	return TRUE;
}

static gboolean
parse_text(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autofree char *text = g_strstrip(g_strdup(value->text));

	replace_string(
		FIELD(char *, option, object), *text == '\0' ? NULL : g_steal_pointer(&text));
	return TRUE;
}

const OptionType type_text = {"text", parse_text, WORDING_FREE};

/* For the shell. */
const OptionType type_command = {"text", parse_text, WORDING_SHELL};

/* Blanks at the ends of a password are part of it. */
static gboolean
parse_secret(const Option *option, const Value *value, gpointer object, GError **error)
{
	char **field = FIELD(char *, option, object);

	rp_secret_free(*field);
	*field = *value->text == '\0' ? NULL : rp_secret_dup(value->text);
	return TRUE;
}

const OptionType type_secret = {"secret text", parse_secret, WORDING_FREE};

char *
rp_config_below_home(const char *path)
{
	g_autofree char *home = rp_account_home_in_use();

	return g_build_filename(home, path + 2, NULL);
}

static gboolean
parse_path(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autofree char *text = g_strstrip(g_strdup(value->text));
	char **field = FIELD(char *, option, object);

	if (*text == '\0')
		replace_string(field, NULL);
	else if (*text == '/')
		replace_string(field, g_steal_pointer(&text));
	else if (g_str_has_prefix(text, "~/"))
		replace_string(field, rp_config_below_home(text));
	else
		return fail(error, _("“%s” is not a full path: begin it with / or ~/"), text);
	return TRUE;
}

const OptionType type_path = {"path", parse_path, WORDING_FREE};

static gboolean
parse_certificate(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autofree char *text = g_strstrip(g_strdup(value->text));

	if (!g_str_has_prefix(text, "pkcs11:"))
		return parse_path(option, value, object, error);
	replace_string(FIELD(char *, option, object), g_steal_pointer(&text));
	return TRUE;
}

const OptionType type_certificate = {"path or pkcs11: URI", parse_certificate, WORDING_FREE};

static gboolean
parse_number(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autofree char *text = g_strstrip(g_strdup(value->text));
	gint64 number;

	if (!g_ascii_string_to_signed(text, 10, G_MININT, G_MAXINT, &number, NULL))
		return fail(error, _("“%s” is not a whole number"), text);
	*FIELD(gint, option, object) = (gint)number;
	return TRUE;
}

const OptionType type_number = {"whole number", parse_number};

static gboolean
parse_count(const Option *option, const Value *value, gpointer object, GError **error)
{
	gboolean has_auto = strcmp(option->fallback, "auto") == 0;
	g_autofree char *text = g_strstrip(g_strdup(value->text));
	guint64 number = 0;

	if (!(has_auto && strcmp(text, "auto") == 0) &&
		!g_ascii_string_to_unsigned(text, 10, has_auto ? 1 : 0, 100000, &number, NULL))
		return fail(error,
			has_auto ? _("“%s” is not auto or a number from 1")
				 : _("“%s” is not a number from 0"),
			text);
	*FIELD(guint, option, object) = (guint)number;
	return TRUE;
}

const OptionType type_count = {"number", parse_count};

/* Longer and larger than anybody means; sums with times of day and sizes stay far from overflow. */
#define LONGEST_TIME (3650 * G_TIME_SPAN_DAY)
#define LARGEST_SIZE (G_GINT64_CONSTANT(1) << 40)

static gboolean
parse_time(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autofree char *most = rp_span_format(LONGEST_TIME);
	gint64 span;

	if (!rp_span_parse(value->text, &span, error))
		return FALSE;
	if (span > LONGEST_TIME)
		return fail(
			error, _("“%s” is too long a time: it is at most %s"), value->text, most);
	*FIELD(gint64, option, object) = span;
	return TRUE;
}

const OptionType type_time = {"time", parse_time};

static gboolean
parse_time_or_never(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autofree char *text = g_strstrip(g_strdup(value->text));

	if (!g_str_equal(text, "never"))
		return parse_time(option, value, object, error);
	*FIELD(gint64, option, object) = -1;
	return TRUE;
}

const OptionType type_time_or_never = {"time or never", parse_time_or_never};

static gboolean
parse_size(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autofree char *most = rp_size_format(LARGEST_SIZE);
	gint64 size;

	if (!rp_size_parse(value->text, &size, error))
		return FALSE;
	if (size > LARGEST_SIZE)
		return fail(error, _("“%s” is too large: it is at most %s"), value->text, most);
	*FIELD(gint64, option, object) = size;
	return TRUE;
}

const OptionType type_size = {"size", parse_size};

static const Choice yes_no_choices[] = {{"yes", TRUE}, {"no", FALSE}, {"true", TRUE},
	{"false", FALSE}, {"on", TRUE}, {"off", FALSE}, {NULL, 0}};

static gboolean
parse_yes_no(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autofree char *text = g_strstrip(g_strdup(value->text));

	for (const Choice *choice = yes_no_choices; choice->name; choice++) {
		if (g_ascii_strcasecmp(choice->name, text) != 0)
			continue;
		*FIELD(gboolean, option, object) = choice->value;
		return TRUE;
	}
	return fail(error, _("“%s” is neither yes nor no"), text);
}

const OptionType type_yes_no = {"yes or no", parse_yes_no};

/* "a, b or c", and the nearest to what was written. */
static gboolean
fail_choice(GError **error, const Choice *choices, const char *text)
{
	g_autoptr(GString) valid = g_string_new(NULL);
	g_autoptr(GPtrArray) names = g_ptr_array_new();

	for (const Choice *choice = choices; choice->name; choice++) {
		if (valid->len > 0)
			g_string_append(
				valid, choice[1].name ? C_("list", ", ") : C_("list", " or "));
		g_string_append(valid, choice->name);
		g_ptr_array_add(names, (gpointer)choice->name);
	}
	g_ptr_array_add(names, NULL);
	const char *nearest = rp_nearest(text, (const char *const *)names->pdata);
	if (nearest)
		return fail(error, _("“%s” is not known: did you mean “%s”? Valid: %s"), text,
			nearest, valid->str);
	return fail(error, _("“%s” is not known; valid: %s"), text, valid->str);
}

static gboolean
parse_choice(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autofree char *text = g_strstrip(g_strdup(value->text));

	for (const Choice *choice = option->choices; choice->name; choice++) {
		if (g_ascii_strcasecmp(choice->name, text) != 0)
			continue;
		*FIELD(int, option, object) = choice->value;
		return TRUE;
	}
	return fail_choice(error, option->choices, text);
}

const OptionType type_choice = {"one word", parse_choice};

static gboolean
parse_texts(const Option *option, const Value *value, gpointer object, GError **error)
{
	char ***field = FIELD(char **, option, object);

	g_strfreev(*field);
	*field = g_strdupv(value->list);
	return TRUE;
}

const OptionType type_texts = {"list", parse_texts, WORDING_FREE};

static gboolean
parse_prefixes(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autoptr(GArray) prefixes = g_array_new(FALSE, FALSE, sizeof(RpPrefix));
	GArray **field = FIELD(GArray *, option, object);

	for (char **element = value->list; *element; element++) {
		RpPrefix prefix;

		if (!rp_prefix_parse(*element, &prefix, error))
			return FALSE;
		g_array_append_val(prefixes, prefix);
	}
	g_clear_pointer(field, g_array_unref);
	*field = g_steal_pointer(&prefixes);
	return TRUE;
}

const OptionType type_prefixes = {"list of prefixes", parse_prefixes};

static gboolean
parse_asns(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autoptr(GArray) asns = g_array_new(FALSE, FALSE, sizeof(guint32));
	GArray **field = FIELD(GArray *, option, object);

	for (char **element = value->list; *element; element++) {
		const char *digits =
			*element + (g_ascii_strncasecmp(*element, "AS", 2) == 0 ? 2 : 0);
		guint64 number;

		if (!g_ascii_string_to_unsigned(digits, 10, 1, G_MAXUINT32, &number, NULL))
			return fail(
				error, _("“%s” is not an AS number: write it as 64496"), *element);
		guint32 asn = (guint32)number;
		g_array_append_val(asns, asn);
	}
	g_clear_pointer(field, g_array_unref);
	*field = g_steal_pointer(&asns);
	return TRUE;
}

const OptionType type_asns = {"list of numbers", parse_asns};

static char *
read_hwaddr(const char *text, GError **error)
{
	g_autofree char *address = g_ascii_strdown(text, -1);

	g_strdelimit(address, "-", ':');
	if (g_regex_match_simple("^[0-9a-f]{2}(:[0-9a-f]{2}){5}$", address, 0, 0))
		return g_steal_pointer(&address);
	fail(error, _("“%s” is not a link-layer address: write it as 52:54:00:12:34:56"), text);
	return NULL;
}

static gboolean
parse_hwaddrs(const Option *option, const Value *value, gpointer object, GError **error)
{
	return read_list(FIELD(char **, option, object), value->list, read_hwaddr, error);
}

const OptionType type_hwaddrs = {"list of link-layer addresses", parse_hwaddrs};

static char *
read_operator(const char *text, GError **error)
{
	/* 3GPP TS 23.003 section 2.2: three digits of country, two or three of network. */
	if (g_regex_match_simple("^[0-9]{5,6}$", text, 0, 0))
		return g_strdup(text);
	fail(error, _("“%s” is not an operator code: write MCC and MNC together, 5 or 6 digits"),
		text);
	return NULL;
}

static gboolean
parse_operators(const Option *option, const Value *value, gpointer object, GError **error)
{
	return read_list(FIELD(char **, option, object), value->list, read_operator, error);
}

const OptionType type_operators = {"list of operator codes", parse_operators};

static char *
read_dhcp_option(const char *text, GError **error)
{
	const char *equals = strchr(text, '=');
	g_autofree char *name = equals ? g_strndup(text, (gsize)(equals - text)) : NULL;

	if (!name || !equals[1]) {
		fail(error, _("“%s” is no DHCP option: write NAME=VALUE"), text);
		return NULL;
	}
	if (!rp_dhcp_option_counts(name)) {
		fail(error, _("the DHCP option “%s” does not tell networks apart"), name);
		return NULL;
	}
	return g_strdup(text);
}

static gboolean
parse_dhcp_options(const Option *option, const Value *value, gpointer object, GError **error)
{
	return read_list(FIELD(char **, option, object), value->list, read_dhcp_option, error);
}

const OptionType type_dhcp_options = {"list of NAME=VALUE", parse_dhcp_options};

static gboolean
parse_user(const Option *option, const Value *value, gpointer object, GError **error)
{
	if (strpbrk(value->text, "@/; "))
		return fail(
			error, _("“%s” is not the name of a user of this machine"), value->text);
	return parse_text(option, value, object, error);
}

const OptionType type_user = {"user name", parse_user};

static gboolean
parse_public_address(const Option *option, const Value *value, gpointer object, GError **error)
{
	char ***field = FIELD(char **, option, object);
	gboolean off = !value->list[0] || strcmp(value->list[0], "off") == 0;

	for (char **way = value->list; !off && *way; way++)
		if (!g_regex_match_simple(
			    "^(gateway|upnp|stun:[^\\s/]+:[0-9]{1,5}|https://[^\\s/]\\S*)$", *way,
			    0, 0))
			return fail(error,
				_("“%s” is no way to learn an address: valid are off, gateway, "
				  "upnp, "
				  "stun:HOST:PORT and https://URL"),
				*way);
	if (off && value->list[0] && value->list[1])
		return fail(error, _("“off” must stand alone"));
	g_strfreev(*field);
	*field = off ? g_new0(char *, 1) : g_strdupv(value->list);
	return TRUE;
}

const OptionType type_public_address = {"off or a list", parse_public_address};

static gboolean
is_socket_path(const char *path, GError **error)
{
	const guint most = sizeof((struct sockaddr_un *)NULL)->sun_path - 1;

	return !path || strlen(path) <= most ||
	       fail(error, _("a socket's path has at most %u octets, and this one has %u: “%s”"),
		       most, (guint)strlen(path), path);
}

static gboolean
parse_listen(const Option *option, const Value *value, gpointer object, GError **error)
{
	g_autofree char *text = g_strstrip(g_strdup(value->text));

	if (*text == '\0' || *text == '/' || *text == '~')
		return parse_path(option, value, object, error) &&
		       is_socket_path(*FIELD(char *, option, object), error);
	if (!g_regex_match_simple(
		    "^(localhost|127\\.[0-9]+\\.[0-9]+\\.[0-9]+|\\[::1\\]):[0-9]{1,5}$", text, 0,
		    0))
		return fail(error,
			_("“%s” is not a loopback address with a port, as in 127.0.0.1:2525, nor a "
			  "path; other addresses are refused, since only on loopback can roampost "
			  "see whose program it is"),
			text);
	if (!g_ascii_string_to_unsigned(strrchr(text, ':') + 1, 10, 1, G_MAXUINT16, NULL, NULL))
		return fail(error, _("“%s”: the port goes from 1 to 65535"), text);
	replace_string(FIELD(char *, option, object), g_steal_pointer(&text));
	return TRUE;
}

const OptionType type_listen = {"loopback address or path", parse_listen};
