/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "mend-private.h"

#include <string.h>

/* What the first time over it finds out about a part, and what the second then does. */
typedef struct {
	RpMimePart part;
	gboolean has_8bit;
	gboolean has_long_line; /* or a NUL */
	gboolean not_utf8;
	guint utf8_left; /* octets that the character under way still has */
	gint64 n_octets;
	gint64 n_quoted; /* of them three octets each in quoted-printable */
	gsize line;
	RpCode code;
} Part;

struct RpMend {
	RpMendOptions options;
	char *from;
	RpMimeScan *scan;
	GArray *parts; /* of Part, by index */
	GByteArray *out;
	gboolean changes;        /* something has to be */
	gboolean signed_message; /* by DKIM */
	char *trouble;
	RpMendWhat trouble_about;
	RpCoder coder;
	gboolean open_line; /* what was written last has no line end */
};

static Part *
find(RpMend *mend, guint index)
{
	return &g_array_index(mend->parts, Part, index);
}

/* The first one counts. */
static void
note_trouble(RpMend *mend, RpMendWhat about, char *text)
{
	if (mend->trouble) {
		g_free(text);
		return;
	}
	mend->trouble = text;
	mend->trouble_about = about;
}

static void
note_field(RpMend *mend, RpMendWhat about, const char *name)
{
	char *what = name ? g_strdup_printf("its header field %s", name)
			  : g_strdup("a line in a header of it that is no field");
	const char *why = about == RP_MEND_LINES ? "has a word too long for a line"
						 : "can't be written in ASCII";

	note_trouble(mend, about, g_strdup_printf("%s %s", what, why));
	g_free(what);
}

/* ---- looking ---- */

static void
look_at_header(const RpMimePart *part, const GByteArray *header, gpointer user)
{
	RpMend *mend = user;
	const RpMendHeader wanted = {.options = &mend->options, .top = part->index == 0};
	g_autoptr(GByteArray) scratch = g_byte_array_new();
	g_autofree char *name = NULL;
	Part entry = {.part = *part};
	RpMendWhat about;

	g_array_append_val(mend->parts, entry);
	if (wanted.top)
		mend->signed_message = rp_mend_has_field(header, "DKIM-Signature");
	if (!rp_mend_header(&wanted, header, scratch, &name, &about))
		note_field(mend, about, name);
	else if (scratch->len == header->len &&
		 (header->len == 0 || memcmp(scratch->data, header->data, header->len) == 0))
		return;
	mend->changes = TRUE;
	if (part->sealed)
		note_trouble(mend, RP_MEND_8BIT,
			g_strdup(
				"a part of it is signed or encrypted, which a change would break"));
}

static void
look_at_octet(Part *part, guint8 c)
{
	part->n_quoted += c > 126 || (c < ' ' && c != '\t') || c == '=';
	part->has_8bit |= c > 127;
	if (part->utf8_left > 0 && (c & 0xc0) == 0x80)
		part->utf8_left--;
	else if (part->utf8_left > 0 || (c > 127 && c < 0xc2) || c > 0xf4)
		part->not_utf8 = TRUE;
	else if (c > 127)
		part->utf8_left = c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
}

static void
look_at_body(const RpMimePart *of, const guint8 *data, gsize size, gpointer user)
{
	Part *part = find(user, of->index);
	gboolean end = data[size - 1] == '\n';

	part->n_octets += (gint64)size;
	part->line = end ? 0 : part->line + size;
	part->has_long_line |= part->line > RP_MEND_LINE_MAX || memchr(data, 0, size) != NULL;
	part->part.sealed |= of->sealed;
	for (gsize i = 0; !end && i < size; i++)
		look_at_octet(part, data[i]);
}

static void
look_at_body_end(const RpMimePart *of, gpointer user)
{
	Part *part = find(user, of->index);

	part->line = 0;
	part->not_utf8 |= part->utf8_left > 0;
}

static void
look_at_delimiter(const guint8 *data, gsize size, gpointer user)
{
}

static const RpMimeFuncs looking = {
	look_at_header, look_at_body, look_at_body_end, look_at_delimiter};

/* ---- judging ---- */

/* Text is better left readable where the other is not much shorter. */
static RpCode
choose(const Part *part)
{
	gint64 quoted = part->n_octets + 2 * part->n_quoted;
	gint64 base64 = part->n_octets * 4 / 3;

	return quoted <= base64 + (part->part.text ? base64 / 2 : 0) ? RP_CODE_QUOTED
								     : RP_CODE_BASE64;
}

static void
judge_leaf(RpMend *mend, Part *part, RpMendWhat about)
{
	switch (part->part.encoding) {
	case RP_MIME_7BIT:
	case RP_MIME_8BIT:
		if (part->part.other_message)
			break;
		part->code = choose(part);
		return;
	case RP_MIME_BASE64:
		if (part->has_8bit)
			break;
		part->code = RP_CODE_REWRAP;
		return;
	case RP_MIME_ENCODED:
		break;
	}
	note_trouble(
		mend, about, g_strdup("a part of it is of a kind that must not be encoded again"));
}

static void
judge_part(RpMend *mend, Part *part)
{
	gboolean lines = (mend->options.what & RP_MEND_LINES) && part->has_long_line;
	gboolean octets = (mend->options.what & RP_MEND_8BIT) && part->has_8bit;
	RpMendWhat about = octets ? RP_MEND_8BIT : RP_MEND_LINES;

	if (!lines && !octets)
		return;
	mend->changes = TRUE;
	if (part->part.sealed)
		note_trouble(mend, about,
			g_strdup(
				"a part of it is signed or encrypted, which a change would break"));
	else if (part->part.kind == RP_MIME_LEAF)
		judge_leaf(mend, part, about);
	else if (lines)
		note_trouble(mend, about, g_strdup("it has long lines between its parts"));
	else
		part->code = RP_CODE_REPLACE;
}

const char *
rp_mend_judge(RpMend *mend, RpMendWhat *what)
{
	rp_mime_scan_finish(mend->scan);
	for (guint i = 0; i < mend->parts->len; i++)
		judge_part(mend, find(mend, i));
	/* Another From breaks the signature anyway: the user wants it so. */
	if (mend->changes && mend->signed_message && !mend->from)
		note_trouble(mend,
			mend->options.what & RP_MEND_8BIT ? RP_MEND_8BIT : mend->options.what,
			g_strdup("it has a DKIM signature, which a change would break"));
	g_clear_pointer(&mend->scan, rp_mime_scan_free);
	*what = mend->trouble_about;
	return mend->trouble;
}

/* ---- writing ---- */

static const char *
encoding_of(const RpMend *mend, const Part *part)
{
	static const char *const names[] = {
		[RP_CODE_QUOTED] = "quoted-printable",
		[RP_CODE_BASE64] = "base64",
		[RP_CODE_REPLACE] = NULL,
	};

	if (part->code == RP_CODE_QUOTED || part->code == RP_CODE_BASE64)
		return names[part->code];
	/* RFC 2045 section 6.4: of what is in it nothing is 8bit any more. */
	if (part->part.kind != RP_MIME_LEAF && part->part.encoding == RP_MIME_8BIT &&
		!part->part.sealed && (mend->options.what & RP_MEND_8BIT))
		return "7bit";
	return NULL;
}

/* RFC 1428 section 3 has the name for what nobody knows. */
static const char *
type_of(const Part *part)
{
	return !part->has_8bit  ? "text/plain; charset=us-ascii"
	       : part->not_utf8 ? "text/plain; charset=unknown-8bit"
				: "text/plain; charset=utf-8";
}

static void
write_header(const RpMimePart *of, const GByteArray *header, gpointer user)
{
	RpMend *mend = user;
	const Part *part = find(mend, of->index);
	const RpMendHeader wanted = {
		.options = &mend->options,
		.top = of->index == 0,
		.encoding = encoding_of(mend, part),
		.type = of->typed ? NULL : type_of(part),
	};
	g_autofree char *name = NULL;
	RpMendWhat about;

	rp_mend_header(&wanted, header, mend->out, &name, &about);
	mend->coder = (RpCoder){.code = part->code};
}

static void
write_body(const RpMimePart *of, const guint8 *data, gsize size, gpointer user)
{
	RpMend *mend = user;

	/* Behind its last part a multipart goes on. */
	if (of->kind == RP_MIME_MULTIPART)
		mend->coder.code = find(mend, of->index)->code;
	rp_coder_take(&mend->coder, data, size, mend->out);
}

static void
write_body_end(const RpMimePart *of, gpointer user)
{
	RpMend *mend = user;

	rp_coder_end(&mend->coder, mend->out);
}

static void
write_delimiter(const guint8 *data, gsize size, gpointer user)
{
	RpMend *mend = user;

	g_byte_array_append(mend->out, data, (guint)size);
}

static const RpMimeFuncs writing = {write_header, write_body, write_body_end, write_delimiter};

void
rp_mend_look(RpMend *mend, const guint8 *data, gsize size)
{
	rp_mime_scan_feed(mend->scan, data, size);
}

static void
begin_writing(RpMend *mend, GByteArray *out)
{
	mend->out = out;
	if (mend->scan)
		return;
	mend->scan = rp_mime_scan_new(&writing, mend);
}

void
rp_mend_write(RpMend *mend, const guint8 *data, gsize size, GByteArray *out)
{
	guint before = out->len;

	begin_writing(mend, out);
	rp_mime_scan_feed(mend->scan, data, size);
	if (out->len > before)
		mend->open_line = out->data[out->len - 1] != '\n';
}

void
rp_mend_finish(RpMend *mend, GByteArray *out)
{
	guint before = out->len;

	begin_writing(mend, out);
	rp_mime_scan_finish(mend->scan);
	if (out->len > before)
		mend->open_line = out->data[out->len - 1] != '\n';
	if (mend->open_line)
		g_byte_array_append(out, (const guint8 *)"\r\n", 2);
}

RpMend *
rp_mend_new(const RpMendOptions *options)
{
	RpMend *mend = g_new0(RpMend, 1);

	mend->options = *options;
	mend->options.from = mend->from = g_strdup(options->from);
	mend->parts = g_array_new(FALSE, FALSE, sizeof(Part));
	mend->scan = rp_mime_scan_new(&looking, mend);
	return mend;
}

void
rp_mend_free(RpMend *mend)
{
	if (!mend)
		return;
	rp_mime_scan_free(mend->scan);
	g_array_unref(mend->parts);
	g_free(mend->trouble);
	g_free(mend->from);
	g_free(mend);
}
