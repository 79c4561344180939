/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Mail addresses: one alone, as SMTP, the command line and the configuration have it; and lists of
 * them, as they stand in header fields. Everything that decides who gets mail, or whose mail it is,
 * reads addresses here. Pure, and the same under every locale.
 *
 * An address that was read is in one form, that of RFC 5321 section 4.1.2: the domain in ASCII
 * (A-labels, RFC 5890), the local part in quotation marks where it needs them, and only there. What
 * real providers have given out ("a..b", ".a", "a.") is taken, and quoted. Local parts beyond ASCII
 * are UTF-8 (RFC 6531).
 *
 * Lengths are those of RFC 5321 section 4.5.3.1: 256 for a path with its angle brackets, 255 for a
 * domain, 63 for a label. A local part over 64 is no reason to refuse (senders of mailing lists
 * have them; the section leaves it to clients to try). */

/* What has been read, or why it can't be. */
typedef enum {
	RP_MAILBOX_GOOD,  /* an address, or a domain */
	RP_MAILBOX_NAME,  /* the name of a user of this machine, without a domain: root */
	RP_MAILBOX_EMPTY, /* nothing; as a path: <> */
	RP_MAILBOX_CONTROL,
	RP_MAILBOX_NOT_UTF8,
	RP_MAILBOX_INVISIBLE, /* a character that nobody sees is in it, as a mark that turns text
				 round, a byte order mark, a joiner in a Latin word */
	RP_MAILBOX_TOO_LONG,
	RP_MAILBOX_NO_AT,
	RP_MAILBOX_TWO_AT,
	RP_MAILBOX_NO_LOCAL,
	RP_MAILBOX_BAD_LOCAL,
	RP_MAILBOX_NO_DOMAIN,
	RP_MAILBOX_BAD_DOMAIN,
	RP_MAILBOX_ENCODED, /* an encoded word (RFC 2047) stands where the address is to be */
	/* In lists and paths: */
	RP_MAILBOX_OPEN_QUOTE,
	RP_MAILBOX_OPEN_COMMENT,
	RP_MAILBOX_OPEN_LITERAL,
	RP_MAILBOX_OPEN_ANGLE,
	RP_MAILBOX_OPEN_GROUP,
	RP_MAILBOX_OPEN_CHARSET, /* ISO-2022-JP (RFC 1468) that does not come back to ASCII */
	RP_MAILBOX_NO_COMMA,
	RP_MAILBOX_AFTER_ANGLE,
	RP_MAILBOX_AT_IN_NAME,
	RP_MAILBOX_SEMICOLON,
	RP_MAILBOX_COLON,
	RP_MAILBOX_STRAY, /* a mark that has no meaning there */
} RpMailboxResult;

/* As the end of a sentence: "there is no @ in it". */
const char *rp_mailbox_result_text(RpMailboxResult result);

/* One address, with nothing around it. GOOD and NAME: `*address` is to be freed; else it is NULL.
 */
RpMailboxResult rp_mailbox_read(const char *text, char **address);

/* The path at the beginning of the text, in angle brackets or up to a blank; a source route in it
 * is dropped (RFC 5321 section 4.1.1.3). EMPTY stands for "<>", with "" for `*address`; `*end` is
 * set behind the path, also where it can't be read, but for OPEN_ANGLE and OPEN_QUOTE. */
RpMailboxResult rp_mailbox_read_path(const char *text, const char **end, char **address);

/* Whether two addresses that were read are one mailbox to everybody: domains have no case, and
 * whether local parts have is for their host to say (RFC 5321 section 2.4). A GEqualFunc with its
 * GHashFunc. */
gboolean rp_mailbox_equal(gconstpointer a, gconstpointer b);
guint rp_mailbox_hash(gconstpointer address);

/* An address that was read, as people write it: the domain's A-labels (xn--...) in their letters,
 * where these can't be taken for another domain's. Not for the wire. Free with g_free. */
char *rp_mailbox_shown(const char *address);

/* A domain, or an address literal in brackets. GOOD: `*ascii` is to be freed. Characters are mapped
 * as UTS 46 does without its deviations (small letters, NFKC); what would vanish or turn into
 * several labels by that is refused. ASCII stays as it is. */
RpMailboxResult rp_mailbox_read_domain(const char *text, char **ascii);

/* The addresses in a list as header fields have it (RFC 5322 sections 3.4 and 4.4): groups,
 * comments, quoted strings, folded lines, routes, empty elements. Beyond that: ";" between
 * elements, "mailto:" before an address, raw 8-bit and ISO-2022-JP in display names. The list is
 * read to its end, or NULL is returned with an RP_ERROR_INVALID that says which piece can't be
 * read. What has no @ is a NAME. A negative length: up to the NUL. */
char **rp_mailbox_list_read(const char *text, gssize length, GError **error);

/* The first mailbox that can be read, whatever else is in the list, and where its address stands
 * (NULL: not asked for). For From, which says whose mail it is and not where it goes. NULL: there
 * is none. */
char *rp_mailbox_list_first(const char *text, gsize *start, gsize *end);

/* The list (UTF-8, unfolded) in ASCII: display names and comments as encoded words (RFC 2047),
 * domains as A-labels; all that is ASCII stays as it is. NULL: it can't be read, or a local part is
 * beyond ASCII. */
char *rp_mailbox_list_to_ascii(const char *text);
