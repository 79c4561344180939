/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "bus-private.h"

/* A GVariant as arguments of a D-Bus message and back, since
 * the rest of the program builds and reads GVariants only. */

static void
append_basic(DBusMessageIter *iter, GVariant *value)
{
	const char *type = g_variant_get_type_string(value);
	DBusBasicValue basic = {0};

	switch (g_variant_classify(value)) {
	case G_VARIANT_CLASS_BOOLEAN:
		basic.bool_val = g_variant_get_boolean(value);
		break;
	case G_VARIANT_CLASS_STRING:
	case G_VARIANT_CLASS_OBJECT_PATH:
	case G_VARIANT_CLASS_SIGNATURE:
		basic.str = (char *)g_variant_get_string(value, NULL);
		break;
	case G_VARIANT_CLASS_BYTE:
	case G_VARIANT_CLASS_INT16:
	case G_VARIANT_CLASS_UINT16:
	case G_VARIANT_CLASS_INT32:
	case G_VARIANT_CLASS_UINT32:
	case G_VARIANT_CLASS_INT64:
	case G_VARIANT_CLASS_UINT64:
	case G_VARIANT_CLASS_DOUBLE:
		/* The same representation on both sides. */
		memcpy(&basic, g_variant_get_data(value), g_variant_get_size(value));
		break;
	case G_VARIANT_CLASS_HANDLE:
	case G_VARIANT_CLASS_MAYBE:
	case G_VARIANT_CLASS_ARRAY:
	case G_VARIANT_CLASS_TUPLE:
	case G_VARIANT_CLASS_DICT_ENTRY:
	case G_VARIANT_CLASS_VARIANT:
		g_return_if_reached();
	}
	dbus_message_iter_append_basic(iter, type[0], &basic);
}

/* Opens a container, appends every child, closes it. */
static void
append_container(DBusMessageIter *iter, int type, const char *contained, GVariant *value)
{
	DBusMessageIter inner;
	dbus_message_iter_open_container(iter, type, contained, &inner);
	for (gsize i = 0; i < g_variant_n_children(value); i++) {
		g_autoptr(GVariant) child = g_variant_get_child_value(value, i);
		rp_bus_value_append(&inner, child);
	}
	dbus_message_iter_close_container(iter, &inner);
}

static void
append_variant(DBusMessageIter *iter, GVariant *value)
{
	g_autoptr(GVariant) child = g_variant_get_variant(value);
	append_container(iter, DBUS_TYPE_VARIANT, g_variant_get_type_string(child), value);
}

void
rp_bus_value_append(DBusMessageIter *iter, GVariant *value)
{
	if (g_variant_is_of_type(value, G_VARIANT_TYPE_VARIANT))
		append_variant(iter, value);
	else if (g_variant_is_of_type(value, G_VARIANT_TYPE_ARRAY))
		append_container(
			iter, DBUS_TYPE_ARRAY, g_variant_get_type_string(value) + 1, value);
	else if (g_variant_is_of_type(value, G_VARIANT_TYPE_DICT_ENTRY))
		append_container(iter, DBUS_TYPE_DICT_ENTRY, NULL, value);
	else if (g_variant_is_of_type(value, G_VARIANT_TYPE_TUPLE))
		append_container(iter, DBUS_TYPE_STRUCT, NULL, value);
	else
		append_basic(iter, value);
}

static GVariant *
read_basic(DBusMessageIter *iter, int type)
{
	DBusBasicValue basic = {0};
	if (type ==
		DBUS_TYPE_UNIX_FD) /* reading it would duplicate it: say only that it is there */
		return g_variant_new_handle(0);
	dbus_message_iter_get_basic(iter, &basic);
	switch (type) {
	case DBUS_TYPE_STRING:
		return g_variant_new_string(basic.str);
	case DBUS_TYPE_OBJECT_PATH:
		return g_variant_new_object_path(basic.str);
	case DBUS_TYPE_SIGNATURE:
		return g_variant_new_signature(basic.str);
	case DBUS_TYPE_BOOLEAN:
		return g_variant_new_boolean(basic.bool_val);
	case DBUS_TYPE_BYTE:
		return g_variant_new_byte(basic.byt);
	case DBUS_TYPE_INT16:
		return g_variant_new_int16(basic.i16);
	case DBUS_TYPE_UINT16:
		return g_variant_new_uint16(basic.u16);
	case DBUS_TYPE_INT32:
		return g_variant_new_int32(basic.i32);
	case DBUS_TYPE_UINT32:
		return g_variant_new_uint32(basic.u32);
	case DBUS_TYPE_INT64:
		return g_variant_new_int64(basic.i64);
	case DBUS_TYPE_UINT64:
		return g_variant_new_uint64(basic.u64);
	case DBUS_TYPE_DOUBLE:
		return g_variant_new_double(basic.dbl);
	default:
		g_return_val_if_reached(NULL);
	}
}

static GVariant *read_value(DBusMessageIter *iter);

static void
read_children(DBusMessageIter *iter, GVariantBuilder *builder)
{
	DBusMessageIter inner;
	for (dbus_message_iter_recurse(iter, &inner);
		dbus_message_iter_get_arg_type(&inner) != DBUS_TYPE_INVALID;
		dbus_message_iter_next(&inner)) {
		g_autoptr(GVariant) child = read_value(&inner);
		g_variant_builder_add_value(builder, child);
	}
}

/* The value that the iterator is at; not floating. */
static GVariant *
read_value(DBusMessageIter *iter)
{
	int type = dbus_message_iter_get_arg_type(iter);
	if (dbus_type_is_basic(type))
		return g_variant_ref_sink(read_basic(iter, type));

	char *signature = dbus_message_iter_get_signature(iter);
	GVariantBuilder builder;
	g_variant_builder_init(&builder,
		type == DBUS_TYPE_VARIANT ? G_VARIANT_TYPE_VARIANT : G_VARIANT_TYPE(signature));
	dbus_free(signature);
	read_children(iter, &builder);
	return g_variant_ref_sink(g_variant_builder_end(&builder));
}

void
rp_bus_values_append(DBusMessage *message, GVariant *tuple)
{
	if (tuple == NULL)
		return;
	g_autoptr(GVariant) values = g_variant_ref_sink(tuple);
	DBusMessageIter iter;
	dbus_message_iter_init_append(message, &iter);
	for (gsize i = 0; i < g_variant_n_children(values); i++) {
		g_autoptr(GVariant) child = g_variant_get_child_value(values, i);
		rp_bus_value_append(&iter, child);
	}
}

GVariant *
rp_bus_values_read(DBusMessage *message)
{
	g_auto(GVariantBuilder) builder = G_VARIANT_BUILDER_INIT(G_VARIANT_TYPE_TUPLE);
	DBusMessageIter iter;
	if (dbus_message_iter_init(message, &iter)) {
		do {
			g_autoptr(GVariant) value = read_value(&iter);
			g_variant_builder_add_value(&builder, value);
		} while (dbus_message_iter_next(&iter));
	}
	return g_variant_ref_sink(g_variant_builder_end(&builder));
}

/* An array's limit, and so whatever is in the message it is safe; a message's is twice as much
 * (D-Bus specification, "Marshaling" and "Messages"). What is small as a GVariant is not large
 * there: no value takes more than thrice the room. */
#define LARGEST (64 << 20)
#define SURELY_FITS (LARGEST / 4)

gboolean
rp_bus_fits(DBusMessage *message, GVariant *arguments)
{
	char *data = NULL;
	int length = 0;

	if (g_variant_get_size(arguments) <= SURELY_FITS)
		return TRUE;
	if (!dbus_message_marshal(message, &data, &length))
		return FALSE;
	dbus_free(data);
	return length <= LARGEST;
}

GVariant *
rp_bus_string(const char *text)
{
	return g_variant_new_take_string(g_utf8_make_valid(text != NULL ? text : "", -1));
}
