/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "convert-private.h"

#include <string.h>

/* A copy of a message in a form that the server takes: once over it to see what is in it and
 * choose encodings, once more to write. */

/* What the first time over it finds out about a part, and what the second then does. */
typedef struct {
	RpMimePart part;
	gboolean has_8bit;
	gboolean has_long_line; /* or a NUL, or a CR that ends no line */
	gboolean not_utf8;
	guint utf8_left; /* octets that the character under way still has */
	gint64 n_octets;
	gint64 n_quoted; /* of them three octets each in quoted-printable */
	gsize line;
	RpCode code;
} Part;

struct RpConvert {
	RpConvertOptions options;
	char *from;
	RpMimeScan *scan;
	GArray *parts; /* of Part, by index */
	GByteArray *out;
	gboolean changes;        /* something has to be */
	gboolean signed_message; /* by DKIM */
	char *trouble;
	RpConvertWhat trouble_about;
	RpCoder coder;
	gboolean open_line; /* what was written last has no line end */
};

static Part *
find(RpConvert *convert, guint index)
{
	return &g_array_index(convert->parts, Part, index);
}

/* The first one counts. */
static void
note_trouble(RpConvert *convert, RpConvertWhat about, char *text)
{
	if (convert->trouble) {
		g_free(text);
		return;
	}
	convert->trouble = text;
	convert->trouble_about = about;
}

static void
note_field(RpConvert *convert, RpConvertWhat about, const char *name)
{
	char *what = name ? g_strdup_printf("its header field %s", name)
			  : g_strdup("a line in a header of it that is no field");
	const char *why = about == RP_CONVERT_LINES ? "has a name too long for a line"
						    : "can't be written in ASCII";

	note_trouble(convert, about, g_strdup_printf("%s %s", what, why));
	g_free(what);
}

/* ---- looking ---- */

static void
look_at_header(const RpMimePart *part, const GByteArray *header, gpointer user)
{
	RpConvert *convert = user;
	const RpConvertHeader wanted = {.options = &convert->options, .top = part->index == 0};
	g_autoptr(GByteArray) scratch = g_byte_array_new();
	g_autofree char *name = NULL;
	Part entry = {.part = *part};
	RpConvertWhat about;

	g_array_append_val(convert->parts, entry);
	if (wanted.top)
		convert->signed_message = rp_convert_has_field(header, "DKIM-Signature");
	if (!rp_convert_header(&wanted, header, scratch, &name, &about))
		note_field(convert, about, name);
	else if (scratch->len == header->len &&
		 (header->len == 0 || memcmp(scratch->data, header->data, header->len) == 0))
		return;
	convert->changes = TRUE;
	if (part->sealed)
		note_trouble(convert, RP_CONVERT_8BIT,
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
	part->has_long_line |= part->line > RP_CONVERT_LINE_MAX || memchr(data, 0, size) != NULL ||
			       (!end && memchr(data, '\r', size) != NULL);
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
judge_leaf(RpConvert *convert, Part *part, RpConvertWhat about)
{
	switch (part->part.encoding) {
	case RP_MIME_7BIT:
	case RP_MIME_8BIT:
		if (part->part.unchangeable)
			break;
		part->code = choose(part);
		return;
	case RP_MIME_QUOTED:
		if (part->part.unchangeable)
			break;
		part->code = RP_CODE_REQUOTE;
		return;
	case RP_MIME_BASE64:
		if (part->has_8bit)
			break;
		part->code = RP_CODE_REWRAP;
		return;
	case RP_MIME_ENCODED:
		break;
	}
	note_trouble(convert, about,
		g_strdup("a part of it is of a kind that must not be encoded again"));
}

static void
judge_part(RpConvert *convert, Part *part)
{
	gboolean lines = (convert->options.what & RP_CONVERT_LINES) && part->has_long_line;
	gboolean octets = (convert->options.what & RP_CONVERT_8BIT) && part->has_8bit;
	RpConvertWhat about = octets ? RP_CONVERT_8BIT : RP_CONVERT_LINES;

	if (!lines && !octets)
		return;
	convert->changes = TRUE;
	if (part->part.sealed)
		note_trouble(convert, about,
			g_strdup(
				"a part of it is signed or encrypted, which a change would break"));
	else if (part->part.kind == RP_MIME_LEAF)
		judge_leaf(convert, part, about);
	else
		part->code = RP_CODE_REPLACE;
}

const char *
rp_convert_check(RpConvert *convert, RpConvertWhat *what)
{
	rp_mime_scan_finish(convert->scan);
	for (guint i = 0; i < convert->parts->len; i++)
		judge_part(convert, find(convert, i));
	/* Another From breaks the signature anyway: the user wants it so. */
	if (convert->changes && convert->signed_message && !convert->from)
		note_trouble(convert,
			convert->options.what & RP_CONVERT_8BIT ? RP_CONVERT_8BIT
								: convert->options.what,
			g_strdup("it has a DKIM signature, which a change would break"));
	g_clear_pointer(&convert->scan, rp_mime_scan_free);
	*what = convert->trouble_about;
	return convert->trouble;
}

/* ---- writing ---- */

static const char *
encoding_of(const RpConvert *convert, const Part *part)
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
		!part->part.sealed && (convert->options.what & RP_CONVERT_8BIT))
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
	RpConvert *convert = user;
	const Part *part = find(convert, of->index);
	const RpConvertHeader wanted = {
		.options = &convert->options,
		.top = of->index == 0,
		.encoding = encoding_of(convert, part),
		.type = of->typed ? NULL : type_of(part),
	};
	g_autofree char *name = NULL;
	RpConvertWhat about;

	rp_convert_header(&wanted, header, convert->out, &name, &about);
	convert->coder = (RpCoder){.code = part->code};
}

static void
write_body(const RpMimePart *of, const guint8 *data, gsize size, gpointer user)
{
	RpConvert *convert = user;

	/* Behind its last part a multipart goes on. */
	if (of->kind == RP_MIME_MULTIPART)
		convert->coder.code = find(convert, of->index)->code;
	rp_coder_take(&convert->coder, data, size, convert->out);
}

static void
write_body_end(const RpMimePart *of, gpointer user)
{
	RpConvert *convert = user;

	rp_coder_end(&convert->coder, convert->out);
}

static void
write_delimiter(const guint8 *data, gsize size, gpointer user)
{
	RpConvert *convert = user;

	g_byte_array_append(convert->out, data, (guint)size);
}

static const RpMimeFuncs writing = {write_header, write_body, write_body_end, write_delimiter};

void
rp_convert_scan(RpConvert *convert, const guint8 *data, gsize size)
{
	rp_mime_scan_feed(convert->scan, data, size);
}

static void
begin_writing(RpConvert *convert, GByteArray *out)
{
	convert->out = out;
	if (convert->scan)
		return;
	convert->scan = rp_mime_scan_new(&writing, convert);
}

void
rp_convert_write(RpConvert *convert, const guint8 *data, gsize size, GByteArray *out)
{
	guint before = out->len;

	begin_writing(convert, out);
	rp_mime_scan_feed(convert->scan, data, size);
	if (out->len > before)
		convert->open_line = out->data[out->len - 1] != '\n';
}

void
rp_convert_finish(RpConvert *convert, GByteArray *out)
{
	guint before = out->len;

	begin_writing(convert, out);
	rp_mime_scan_finish(convert->scan);
	if (out->len > before)
		convert->open_line = out->data[out->len - 1] != '\n';
	if (convert->open_line)
		g_byte_array_append(out, (const guint8 *)"\r\n", 2);
}

RpConvert *
rp_convert_new(const RpConvertOptions *options)
{
	RpConvert *convert = g_new0(RpConvert, 1);

	convert->options = *options;
	convert->options.from = convert->from = g_strdup(options->from);
	convert->parts = g_array_new(FALSE, FALSE, sizeof(Part));
	convert->scan = rp_mime_scan_new(&looking, convert);
	return convert;
}

void
rp_convert_free(RpConvert *convert)
{
	if (!convert)
		return;
	rp_mime_scan_free(convert->scan);
	g_array_unref(convert->parts);
	g_free(convert->trouble);
	g_free(convert->from);
	g_free(convert);
}
