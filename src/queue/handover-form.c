/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "handover-private.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

/* What a program gives to the agent, as octets; and where. */

#define FORM "(uttuaymaymaymaymaymaybxaayamayamayay)"

enum {
	VERSION,
	DEVICE,
	INODE,
	FLAGS,
	SENDER,
	FROM,
	PIN,
	SUBJECT,
	RET,
	ENVID,
	HOLD,
	NOT_BEFORE,
	RECIPIENTS,
	NOTIFY,
	ORIGINAL,
	CONTENT
};

gboolean
rp_handover_queue_look(const char *dir, RpHandoverQueue *queue)
{
	g_autofree char *path = g_build_filename(dir, "queue.db", NULL);
	struct stat status;

	if (lstat(path, &status) != 0)
		return FALSE;
	*queue = (RpHandoverQueue){status.st_dev, status.st_ino};
	return TRUE;
}

/* Paths of sockets are short, those of directories need not be. */
int
rp_handover_call(
	int (*call)(int fd, const struct sockaddr *address, guint size), int fd, const char *dir)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	g_auto(RpFd) open_dir = -1;
	int n = g_snprintf(address.sun_path, sizeof address.sun_path, "%s/handover", dir);

	if (n >= (int)sizeof address.sun_path) {
		open_dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
		g_snprintf(address.sun_path, sizeof address.sun_path, "/proc/self/fd/%d/handover",
			open_dir);
	}
	return call(fd, (struct sockaddr *)&address, sizeof address) == 0 ? 0 : errno;
}

/* ---- in ---- */

static GVariant *
text(const char *value)
{
	return g_variant_new_bytestring(value);
}

static GVariant *
text_or_none(const char *value)
{
	return g_variant_new_maybe(G_VARIANT_TYPE_BYTESTRING, value ? text(value) : NULL);
}

static GVariant *
list(const char *const *values, guint n)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("aay"));
	for (guint i = 0; i < n; i++)
		g_variant_builder_add_value(&builder, text(values[i]));
	return g_variant_builder_end(&builder);
}

static GVariant *
list_with_gaps(const char *const *values, guint n)
{
	GVariantBuilder builder;

	g_variant_builder_init(&builder, G_VARIANT_TYPE("amay"));
	for (guint i = 0; i < n; i++)
		g_variant_builder_add_value(&builder, text_or_none(values ? values[i] : NULL));
	return g_variant_builder_end(&builder);
}

GByteArray *
rp_handover_pack(
	const RpHandoverQueue *queue, const RpEnvelope *envelope, const void *content, gsize size)
{
	guint n = envelope->n_recipients;
	GVariant *children[] = {
		g_variant_new_uint32(RP_HANDOVER_VERSION),
		g_variant_new_uint64(queue->device),
		g_variant_new_uint64(queue->inode),
		g_variant_new_uint32(envelope->flags),
		text(envelope->sender),
		text_or_none(envelope->header_from),
		text_or_none(envelope->pin),
		text_or_none(envelope->subject),
		text_or_none(envelope->dsn_ret),
		text_or_none(envelope->dsn_envid),
		g_variant_new_boolean(envelope->hold),
		g_variant_new_int64(envelope->not_before),
		list(envelope->recipients, n),
		list_with_gaps(envelope->dsn_notify, n),
		list_with_gaps(envelope->dsn_original, n),
		g_variant_new_fixed_array(G_VARIANT_TYPE_BYTE, content, size, 1),
	};
	g_autoptr(GVariant) form =
		g_variant_ref_sink(g_variant_new_tuple(children, G_N_ELEMENTS(children)));
	guint32 length = (guint32)g_variant_get_size(form);
	GByteArray *octets = g_byte_array_sized_new(sizeof length + length);

	g_byte_array_append(octets, (const guint8 *)&length, sizeof length);
	g_byte_array_append(octets, g_variant_get_data(form), length);
	return octets;
}

/* ---- out ---- */

static const char *
keep(RpHandoverMail *mail, GVariant *value)
{
	char *copy = g_variant_dup_bytestring(value, NULL);

	g_ptr_array_add(mail->kept, copy);
	return copy;
}

static const char *
keep_if_any(RpHandoverMail *mail, GVariant *maybe)
{
	g_autoptr(GVariant) value = g_variant_get_maybe(maybe);

	return value ? keep(mail, value) : NULL;
}

static const char *
take_text(RpHandoverMail *mail, gsize number)
{
	g_autoptr(GVariant) child = g_variant_get_child_value(mail->form, number);

	return g_variant_is_of_type(child, G_VARIANT_TYPE_BYTESTRING) ? keep(mail, child)
								      : keep_if_any(mail, child);
}

/* NULL: not as many as there are recipients. */
static const char *const *
take_list(RpHandoverMail *mail, gsize number, guint n)
{
	g_autoptr(GVariant) values = g_variant_get_child_value(mail->form, number);
	gboolean gaps = g_variant_is_of_type(values, G_VARIANT_TYPE("amay"));

	if (g_variant_n_children(values) != n)
		return NULL;
	const char **list = g_new0(const char *, n + 1);
	g_ptr_array_add(mail->kept, list);
	for (guint i = 0; i < n; i++) {
		g_autoptr(GVariant) value = g_variant_get_child_value(values, i);

		list[i] = gaps ? keep_if_any(mail, value) : keep(mail, value);
	}
	return list;
}

static guint
count(const RpHandoverMail *mail, gsize number)
{
	g_autoptr(GVariant) values = g_variant_get_child_value(mail->form, number);

	return (guint)g_variant_n_children(values);
}

static gboolean
take_envelope(RpHandoverMail *mail)
{
	RpEnvelope *envelope = &mail->envelope;
	guint n = count(mail, RECIPIENTS);

	*envelope = (RpEnvelope){
		.sender = take_text(mail, SENDER),
		.header_from = take_text(mail, FROM),
		.pin = take_text(mail, PIN),
		.subject = take_text(mail, SUBJECT),
		.dsn_ret = take_text(mail, RET),
		.dsn_envid = take_text(mail, ENVID),
		.n_recipients = n,
		.recipients = take_list(mail, RECIPIENTS, n),
		.dsn_notify = take_list(mail, NOTIFY, n),
		.dsn_original = take_list(mail, ORIGINAL, n),
	};
	g_variant_get_child(mail->form, FLAGS, "u", &envelope->flags);
	g_variant_get_child(mail->form, HOLD, "b", &envelope->hold);
	g_variant_get_child(mail->form, NOT_BEFORE, "x", &envelope->not_before);
	return n > 0 && envelope->recipients && envelope->dsn_notify && envelope->dsn_original;
}

static void
take_content(RpHandoverMail *mail)
{
	g_autoptr(GVariant) content = g_variant_get_child_value(mail->form, CONTENT);

	/* It lies in the form. */
	mail->content = g_variant_get_fixed_array(content, &mail->size, 1);
}

RpHandoverMail *
rp_handover_unpack(GByteArray *octets)
{
	g_autoptr(GBytes) bytes = g_bytes_new(octets->data, octets->len);
	g_autoptr(RpHandoverMail) mail = g_new0(RpHandoverMail, 1);
	guint32 version = 0;

	mail->kept = g_ptr_array_new_with_free_func(g_free);
	mail->form =
		g_variant_ref_sink(g_variant_new_from_bytes(G_VARIANT_TYPE(FORM), bytes, FALSE));
	if (!g_variant_is_normal_form(mail->form))
		return NULL;
	g_variant_get_child(mail->form, VERSION, "u", &version);
	g_variant_get_child(mail->form, DEVICE, "t", &mail->queue.device);
	g_variant_get_child(mail->form, INODE, "t", &mail->queue.inode);
	if (version != RP_HANDOVER_VERSION || !take_envelope(mail))
		return NULL;
	take_content(mail);
	return g_steal_pointer(&mail);
}

void
rp_handover_mail_free(RpHandoverMail *mail)
{
	if (!mail)
		return;
	g_ptr_array_unref(mail->kept);
	g_variant_unref(mail->form);
	g_free(mail);
}
