/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "module.h"
#include "submit-private.h"

#include <string.h>

/* RFC 5321 section 4.5.3.1 allows 256 for a path; that is forgiven up to here. */
#define MAX_ADDRESS 512

void
rp_targets_init(RpTargets *targets)
{
	*targets = (RpTargets){.addresses = g_ptr_array_new_with_free_func(g_free),
		.seen = g_hash_table_new(g_str_hash, g_str_equal),
		.notify = g_ptr_array_new_with_free_func(g_free),
		.original = g_ptr_array_new_with_free_func(g_free)};
}

void
rp_targets_clear(RpTargets *targets)
{
	g_clear_pointer(&targets->seen, g_hash_table_unref);
	g_clear_pointer(&targets->addresses, g_ptr_array_unref);
	g_clear_pointer(&targets->notify, g_ptr_array_unref);
	g_clear_pointer(&targets->original, g_ptr_array_unref);
}

static gboolean
bad(const char *address, const char *what, GError **error)
{
	g_autofree char *shown = g_strescape(address, NULL);
	g_set_error(
		error, RP_ERROR, RP_ERROR_INVALID, "\"%s\" is not a mail address: %s", shown, what);
	return FALSE;
}

/* RFC 5890: the domain in A-labels, so that a server without SMTPUTF8 can take it. RFC 6531 section
 * 3.3: what stays above ASCII before the @ must be UTF-8. NULL: it can't be a mail address. */
static char *
ascii_domain(const char *address, GError **error)
{
	const char *at = strrchr(address, '@');

	if (g_str_is_ascii(address))
		return g_strdup(address);
	if (!g_utf8_validate(address, -1, NULL)) {
		bad(address, "neither ASCII nor UTF-8", error);
		return NULL;
	}
	if (!at || g_str_is_ascii(at + 1))
		return g_strdup(address);
	g_autofree char *domain = g_hostname_to_ascii(at + 1);
	if (!domain || !g_str_is_ascii(domain) || *domain == '\0') {
		bad(address, "its domain is none", error);
		return NULL;
	}
	return g_strdup_printf("%.*s@%s", (int)(at - address), address, domain);
}

/* What could break the SMTP dialogue, or can't be delivered anywhere; the rest is the servers'
 * business. */
static gboolean
check_address(const char *address, GError **error)
{
	const char *at = strrchr(address, '@');

	if (strlen(address) > MAX_ADDRESS)
		return bad(address, "too long", error);
	for (const char *c = address; *c; c++) {
		if (g_ascii_iscntrl(*c))
			return bad(address, "a control character", error);
		if (strchr("<>", *c) || (*c == ' ' && *address != '"'))
			return bad(address, "a blank or an angle bracket", error);
		if (*c == '\\' && *address != '"') /* RFC 5321 section 4.1.2: in quotes only */
			return bad(address, "a backslash", error);
	}
	if (at == address || *address == '\0')
		return bad(address, "nothing before the @", error);
	if (at && (at[1] == '\0' || strchr(at, ' ')))
		return bad(address, "no domain", error);
	return TRUE;
}

static gboolean
add_address(RpTargets *targets, char *address)
{
	for (const char *c = address; *c; c++)
		targets->utf8 |= (*c & 0x80) != 0;
	if (g_hash_table_contains(targets->seen, address)) {
		g_free(address);
	} else {
		g_hash_table_add(targets->seen, address);
		g_ptr_array_add(targets->addresses, address);
		g_ptr_array_add(targets->notify, g_strdup(targets->next_notify));
		g_ptr_array_add(targets->original, g_strdup(targets->next_original));
	}
	return TRUE;
}

gboolean
rp_targets_add_exact(
	RpTargets *targets, const char *recipient, RpIdentity *identity, GError **error)
{
	g_autofree char *address =
		check_address(recipient, error) ? ascii_domain(recipient, error) : NULL;

	if (!address)
		return FALSE;
	if (strchr(address, '@'))
		return add_address(targets, g_steal_pointer(&address));
	const char *domain = rp_identity_qualify_domain(identity);
	if (domain)
		return add_address(targets, g_strconcat(address, "@", domain, NULL));
	targets->local = TRUE;
	return TRUE;
}

static gboolean
add_list(RpTargets *targets, const char *list, guint *n, RpIdentity *identity, GError **error)
{
	g_auto(GStrv) addresses = rp_submit_parse_list(list, error);

	if (!addresses)
		return FALSE;
	*n = g_strv_length(addresses);
	for (char **address = addresses; *address; address++)
		if (!rp_targets_add_exact(targets, *address, identity, error))
			return FALSE;
	return TRUE;
}

gboolean
rp_targets_add(RpTargets *targets, const char *recipient, RpIdentity *identity, GError **error)
{
	for (const char *c = recipient; *c; c++)
		if (g_ascii_iscntrl(*c))
			return bad(recipient, "a control character", error);
	/* "Taro <taro@odn.example>" and "a@b, c@d" are lists; a plain address is the rule. */
	if (strpbrk(recipient, "<(,;\"") || strchr(recipient, ' ')) {
		guint n = 0;

		if (!add_list(targets, recipient, &n, identity, error))
			return FALSE;
		/* a group may be empty (RFC 5322 section 3.4) */
		return n > 0 || strchr(recipient, ':') ||
		       bad(recipient, "no address is in it", error);
	}
	return rp_targets_add_exact(targets, recipient, identity, error);
}

gboolean
rp_targets_add_list(RpTargets *targets, const char *list, RpIdentity *identity, GError **error)
{
	guint n;

	return add_list(targets, list, &n, identity, error);
}

char *
rp_submit_sender_exact(const char *address, RpIdentity *identity, GError **error)
{
	if (*address == '\0')
		return g_strdup("");
	if (!check_address(address, error))
		return NULL;
	if (!strchr(address, '@'))
		return g_strdup(rp_identity_address(identity));
	return ascii_domain(address, error);
}

char *
rp_submit_sender(const char *text, RpIdentity *identity, GError **error)
{
	g_auto(GStrv) parsed = NULL;
	const char *address = text;

	if (*text == '\0' || strcmp(text, "<>") == 0)
		return g_strdup("");
	if (strpbrk(text, "<(,;\"") || strchr(text, ' ')) {
		parsed = rp_submit_parse_list(text, error);
		if (!parsed)
			return NULL;
		address = parsed[0] ? parsed[0] : text;
	}
	return rp_submit_sender_exact(address, identity, error);
}

char *
rp_submit_address(const char *text, GError **error)
{
	if (!check_address(text, error))
		return NULL;
	if (!strchr(text, '@')) {
		bad(text, "no domain", error);
		return NULL;
	}
	return ascii_domain(text, error);
}

/* ---- the part that is loaded only where lists are read ---- */

#define MODULE "roampost-addresses.so"

typedef char **(*ParseList)(const char *list);
typedef char *(*EncodeField)(const char *name, const char *value);

/* In any thread. */
char *
rp_submit_encode_field(const char *name, const char *value)
{
	static gsize found;
	static EncodeField encode;

	if (g_once_init_enter(&found)) {
		encode = (EncodeField)rp_module_function(MODULE, "rp_module_encode_field");
		g_once_init_leave(&found, 1);
	}
	return encode ? encode(name, value) : NULL;
}

char **
rp_submit_parse_list(const char *list, GError **error)
{
	static ParseList parse;

	if (!parse)
		parse = (ParseList)rp_module_function(MODULE, "rp_module_parse_list");
	if (!parse) {
		g_set_error(error, RP_ERROR, RP_ERROR_UNAVAILABLE,
			"%s can't be loaded: give the recipients as plain addresses on the command "
			"line",
			MODULE);
		return NULL;
	}
	return parse(list);
}
