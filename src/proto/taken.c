/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/received.h"

#include <string.h>

/* A mail of our own that comes back: that it is the one, and what its first server says of us in
 * it. */

/* ---- fields of a header ---- */

typedef struct {
	const char *at, *end;
	const char *value; /* of the field that was found, behind its colon */
	gsize length;
} Header;

/* Behind the line's end; NULL: it has none here. */
static const char *
next_line(const Header *header, const char *at)
{
	const char *lf = memchr(at, '\n', (gsize)(header->end - at));

	return lf ? lf + 1 : NULL;
}

static gboolean
is_folded(const Header *header, const char *line)
{
	return line < header->end && (*line == ' ' || *line == '\t');
}

/* FALSE: there is none any more. What is cut off is no field. */
static gboolean
next_field(Header *header, const char *name)
{
	gsize length = strlen(name);

	while (header->at < header->end && *header->at != '\r' && *header->at != '\n') {
		const char *begin = header->at, *next = next_line(header, begin);

		while (next && is_folded(header, next))
			next = next_line(header, next);
		if (!next)
			return FALSE;
		header->at = next;
		if ((gsize)(next - begin) <= length || begin[length] != ':' ||
			g_ascii_strncasecmp(begin, name, length) != 0)
			continue;
		header->value = begin + length + 1;
		header->length = (gsize)(next - header->value);
		return TRUE;
	}
	return FALSE;
}

char *
rp_header_message_id(const char *octets, gsize length)
{
	Header header = {.at = octets, .end = octets + length};
	char *id;

	if (!next_field(&header, "Message-ID") || memchr(header.value, '\0', header.length))
		return NULL;
	id = g_strstrip(g_strndup(header.value, header.length));
	if (!*id)
		g_clear_pointer(&id, g_free);
	return id;
}

/* ---- whose field it is ---- */

static gboolean
is_server(const RpTaken *taken, const char *name)
{
	return name && (g_ascii_strcasecmp(name, taken->server) == 0 ||
			       (taken->greeted && g_ascii_strcasecmp(name, taken->greeted) == 0));
}

/* Without what stands around an address literal, be it what some write in its place. */
static char *
strip_brackets(const char *name)
{
	gsize length = strlen(name);

	if (length > 1 && strchr("[?", *name) && strchr("]?", name[length - 1]))
		return g_strndup(name + 1, length - 2);
	return g_strdup(name);
}

/* qmail and others write a question mark for what they do not like. */
static gboolean
is_same_name(const char *written, const char *said)
{
	for (; *written && *said; written++, said++)
		if (*written != '?' && g_ascii_tolower(*written) != g_ascii_tolower(*said))
			return FALSE;
	return !*written && !*said;
}

static gboolean
is_our_address(const RpTaken *taken, const char *text)
{
	const char *plain = g_ascii_strncasecmp(text, "IPv6:", 5) == 0 ? text + 5 : text;
	RpAddress address;

	return rp_address_parse(plain, &address) &&
	       (rp_address_equal(&address, &taken->local) || rp_address_is_loopback(&address));
}

static gboolean
is_our_name(const RpTaken *taken, const char *helo)
{
	g_autofree char *written = helo ? strip_brackets(helo) : NULL;
	g_autofree char *said = taken->ehlo_name ? strip_brackets(taken->ehlo_name) : NULL;

	if (!written)
		return FALSE;
	return said ? is_same_name(written, said) : is_our_address(taken, written);
}

/* ---- which field ---- */

typedef enum {
	FIELD_ELSEWHERE, /* another server's, or the server's own of what it had from itself */
	FIELD_OURS,
	FIELD_STRANGER, /* it had the mail from somebody else: what is below is his word */
} FieldKind;

/* A filter, or its queue, hands it back to the server, and there are providers whose servers do so
 * under one name. */
static gboolean
is_from_itself(const RpTaken *taken, const RpReceived *received)
{
	return (!received->helo && received->from.family == RP_FAMILY_ANY) ||
	       rp_address_is_loopback(&received->from) || is_server(taken, received->helo);
}

static FieldKind
kind_of(const RpTaken *taken, const RpReceived *received)
{
	if (!is_server(taken, received->by))
		return FIELD_ELSEWHERE;
	/* Whatever it calls itself. */
	if (received->from.family != RP_FAMILY_ANY &&
		rp_address_equal(&received->from, &taken->peer))
		return FIELD_ELSEWHERE;
	if (is_our_name(taken, received->helo))
		return FIELD_OURS;
	return is_from_itself(taken, received) ? FIELD_ELSEWHERE : FIELD_STRANGER;
}

/* In what is left: that another server had it from us, by the internet. */
static gboolean
was_taken_before(const RpTaken *taken, Header *header)
{
	while (next_field(header, "Received")) {
		g_auto(RpReceived) received = {0};

		rp_received_parse(header->value, header->length, &received);
		if (received.by && !is_server(taken, received.by) &&
			is_our_name(taken, received.helo) && rp_address_is_global(&received.from))
			return TRUE;
	}
	return FALSE;
}

gboolean
rp_taken_seen_as(const RpTaken *taken, const char *octets, gsize length, RpAddress *seen_as)
{
	Header header = {.at = octets, .end = octets + length};
	g_autofree char *id = rp_header_message_id(octets, length);

	if (g_strcmp0(id, taken->message_id) != 0)
		return FALSE;
	while (next_field(&header, "Received")) {
		g_auto(RpReceived) received = {0};

		rp_received_parse(header.value, header.length, &received);
		switch (kind_of(taken, &received)) {
		case FIELD_ELSEWHERE:
			break;
		case FIELD_OURS:
			if (received.from.family == RP_FAMILY_ANY ||
				was_taken_before(taken, &header))
				return FALSE;
			*seen_as = received.from;
			return TRUE;
		case FIELD_STRANGER:
			return FALSE;
		}
	}
	return FALSE;
}

/* ---- life ---- */

RpTaken *
rp_taken_copy(const RpTaken *taken)
{
	RpTaken *copy = g_memdup2(taken, sizeof *taken);

	copy->message_id = g_strdup(taken->message_id);
	copy->server = g_strdup(taken->server);
	copy->greeted = g_strdup(taken->greeted);
	copy->ehlo_name = g_strdup(taken->ehlo_name);
	return copy;
}

void
rp_taken_free(RpTaken *taken)
{
	if (!taken)
		return;
	g_free(taken->message_id);
	g_free(taken->server);
	g_free(taken->greeted);
	g_free(taken->ehlo_name);
	g_free(taken);
}
