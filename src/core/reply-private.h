/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "roampost/reply.h"

/* One row of the reply table. A row matches when every part of it that is not empty does; the first
 * row that matches decides. Rows with words stand before rows with an enhanced code, these before
 * rows with a bare basic code. */

#define RP_STAGES(from, to) (((2u << RP_STAGE_##to) - 1) & ~((1u << RP_STAGE_##from) - 1))
#define RP_STAGES_ANY RP_STAGES(BANNER, CONTENT)

#define RP_ANY_NUMBER 0xffff

typedef struct {
	guint stages;
	guint16 code_from, code_to;
	guint8 class;            /* of the enhanced code; 0: whatever it is, or none */
	guint16 subject, detail; /* RP_ANY_NUMBER: every one */
	const char *words; /* lower case, alternatives separated by |; NULL: whatever they are */
	RpReplyClass means;
	RpRefusal about;
} RpReplyRow;

extern const RpReplyRow rp_reply_table[];
extern const gsize rp_reply_table_size;
