/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/nat-query.h"

#include <string.h>

/* NAT-PMP's request for the external address, then PCP's MAP; which of them it is at. */

#define MAX_TRIES 3
#define FIRST_WAIT_MS 250
#define IS_RESPONSE 0x80

#define PMP_RESPONSE_SIZE 12
enum { PMP_SUCCESS = 0, PMP_UNSUPPORTED_VERSION = 1 };

#define PCP_VERSION 2
#define PCP_MAP 1
#define PCP_HEADER_SIZE 24
#define PCP_MAP_SIZE 60 /* header and MAP, of request and response */
#define PCP_SUCCESS 0
#define PCP_LIFETIME 60 /* seconds: should the deletion be lost */
#define PROTOCOL_UDP 17

typedef enum {
	AT_PMP,
	AT_PCP,
	AT_PCP_DELETE,
	AT_END,
} Step;

struct RpNatQuery {
	Step step;
	guint tries; /* of this step */
	guint8 nonce[RP_NAT_NONCE_SIZE];
	guint8 own[16]; /* as PCP writes it */
	guint16 port;
};

RpNatQuery *
rp_nat_query_new(const guint8 nonce[RP_NAT_NONCE_SIZE], const RpAddress *own, guint16 port)
{
	RpNatQuery *query = g_new0(RpNatQuery, 1);

	memcpy(query->nonce, nonce, RP_NAT_NONCE_SIZE);
	query->port = port;
	if (own->family == RP_FAMILY_IPV6) {
		memcpy(query->own, own->bytes, 16);
	} else {
		query->own[10] = query->own[11] = 0xff;
		memcpy(query->own + 12, own->bytes, 4);
	}
	return query;
}

void
rp_nat_query_free(RpNatQuery *query)
{
	g_free(query);
}

/* The suggested external address is "any" of the family of our own (RFC 6887 section 11.1). */
static gsize
write_map(const RpNatQuery *query, guint lifetime, guint8 *out)
{
	static const guint8 mapped[12] = {[10] = 0xff, [11] = 0xff};

	memset(out, 0, PCP_MAP_SIZE);
	out[0] = PCP_VERSION;
	out[1] = PCP_MAP;
	out[7] = (guint8)lifetime;
	memcpy(out + 8, query->own, 16);
	memcpy(out + 24, query->nonce, RP_NAT_NONCE_SIZE);
	out[36] = PROTOCOL_UDP;
	out[40] = (guint8)(query->port >> 8);
	out[41] = (guint8)query->port;
	if (memcmp(query->own, mapped, sizeof mapped) == 0)
		memcpy(out + 44, mapped, sizeof mapped);
	return PCP_MAP_SIZE;
}

gsize
rp_nat_query_request(const RpNatQuery *query, guint8 out[RP_NAT_REQUEST_SIZE])
{
	switch (query->step) {
	case AT_PMP:
		memset(out, 0, 2); /* version 0, opcode 0 */
		return 2;
	case AT_PCP:
		return write_map(query, PCP_LIFETIME, out);
	case AT_PCP_DELETE:
		return write_map(query, 0, out);
	case AT_END:
		break;
	}
	return 0;
}

guint
rp_nat_query_wait(const RpNatQuery *query)
{
	return FIRST_WAIT_MS << query->tries;
}

static RpNatStep
enter(RpNatQuery *query, Step step, RpNatStep answer)
{
	query->step = step;
	query->tries = 0;
	return answer;
}

/* An IPv4 address of four octets; the unspecified one is that of a gateway without a line. */
static RpNatStep
take(RpNatQuery *query, const guint8 *bytes, Step next, RpAddress *address)
{
	static const guint8 unspecified[4];

	if (memcmp(bytes, unspecified, 4) == 0)
		return enter(query, AT_END, RP_NAT_NONE);
	*address = (RpAddress){.family = RP_FAMILY_IPV4};
	memcpy(address->bytes, bytes, 4);
	return enter(query, next, RP_NAT_ADDRESS);
}

/* Whoever speaks only PCP answers in its own form, and its own version (RFC 6887 appendix A); who
 * speaks NAT-PMP alone, or neither this request nor that, says result 1. */
static RpNatStep
receive_pmp(RpNatQuery *query, const guint8 *data, gsize length, RpAddress *address)
{
	guint result = length >= 4 ? (guint)data[2] << 8 | data[3] : 0;

	if (length < 4 || !(data[1] & IS_RESPONSE))
		return RP_NAT_IGNORED;
	if (data[0] != 0 || result == PMP_UNSUPPORTED_VERSION)
		return enter(query, AT_PCP, RP_NAT_SEND);
	if (data[1] != IS_RESPONSE || (result == PMP_SUCCESS && length < PMP_RESPONSE_SIZE))
		return RP_NAT_IGNORED;
	if (result != PMP_SUCCESS)
		return enter(query, AT_END, RP_NAT_NONE);
	return take(query, data + 8, AT_END, address);
}

static gboolean
is_map_response(const RpNatQuery *query, const guint8 *data, gsize length)
{
	return length >= PCP_MAP_SIZE && memcmp(data + 24, query->nonce, RP_NAT_NONCE_SIZE) == 0 &&
	       data[36] == PROTOCOL_UDP && data[40] == query->port >> 8 &&
	       data[41] == (query->port & 0xff);
}

static RpNatStep
receive_pcp(RpNatQuery *query, const guint8 *data, gsize length, RpAddress *address)
{
	static const guint8 mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (length < PCP_HEADER_SIZE || !(data[1] & IS_RESPONSE))
		return RP_NAT_IGNORED;
	if (data[3] != PCP_SUCCESS)
		return enter(query, AT_END, RP_NAT_NONE);
	if (data[1] != (IS_RESPONSE | PCP_MAP) || !is_map_response(query, data, length))
		return RP_NAT_IGNORED;
	if (memcmp(data + 44, mapped, sizeof mapped) == 0)
		return take(query, data + 56, AT_PCP_DELETE, address);
	/* An IPv6 address needs nobody to tell it: it is the machine's own. */
	return enter(query, AT_PCP_DELETE, RP_NAT_NONE);
}

RpNatStep
rp_nat_query_receive(RpNatQuery *query, const guint8 *data, gsize length, RpAddress *address)
{
	switch (query->step) {
	case AT_PMP:
		return receive_pmp(query, data, length, address);
	case AT_PCP:
		return receive_pcp(query, data, length, address);
	case AT_PCP_DELETE:
	case AT_END:
		break;
	}
	return RP_NAT_IGNORED;
}

RpNatStep
rp_nat_query_timeout(RpNatQuery *query)
{
	if (++query->tries < MAX_TRIES)
		return RP_NAT_SEND;
	return enter(query, AT_END, RP_NAT_NONE);
}
