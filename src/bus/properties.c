/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "service-private.h"

/* Values by the table of the interface's properties. Those that are announced by their names alone
 * are worked out whenever somebody asks (time alone may have changed them); what was said last is
 * kept, and in which language, so that it is announced when it is so no longer. */

struct RpBusProperties {
	RpBusReadFunc read;
	gpointer data;
	GPtrArray *values; /* of GVariant, as the table; NULL: nobody has asked since it changed */
	GPtrArray *languages; /* of const RpLanguage: what the values are said in */
};

/* What a property is before it is set. */
static GVariant *
first_value(const char *type)
{
	switch (type[0]) {
	case 's':
		return g_variant_new_string("");
	case 'b':
		return g_variant_new_boolean(FALSE);
	case 't':
		return g_variant_new_uint64(0);
	default:
		return g_variant_new_array(G_VARIANT_TYPE(type + 1), NULL, 0);
	}
}

static void
value_free(gpointer value)
{
	g_clear_pointer((GVariant **)&value, g_variant_unref);
}

RpBusProperties *
rp_bus_properties_new(RpBusReadFunc read, gpointer data)
{
	RpBusProperties *properties = g_new0(RpBusProperties, 1);

	properties->read = read;
	properties->data = data;
	properties->values = g_ptr_array_new_with_free_func(value_free);
	properties->languages = g_ptr_array_new();
	for (const RpBusProperty *property = rp_bus_properties; property->name; property++)
		g_ptr_array_add(properties->values,
			property->emits == RP_BUS_EMITS_NAME
				? NULL
				: g_variant_ref_sink(first_value(property->type)));
	g_ptr_array_set_size(properties->languages, (gint)properties->values->len);
	return properties;
}

void
rp_bus_properties_free(RpBusProperties *properties)
{
	g_ptr_array_unref(properties->values);
	g_ptr_array_unref(properties->languages);
	g_free(properties);
}

/* Its index in the table. */
static guint
find(const char *name)
{
	guint i = 0;

	while (rp_bus_properties[i].name && !g_str_equal(rp_bus_properties[i].name, name))
		i++;
	if (!rp_bus_properties[i].name)
		g_error("the interface has no property %s", name);
	return i;
}

/* Takes a floating value; NULL when it is of another type than the interface says. */
static GVariant *
typed(const RpBusProperty *property, GVariant *value)
{
	g_autoptr(GVariant) taken = g_variant_ref_sink(value);

	if (g_variant_is_of_type(taken, G_VARIANT_TYPE(property->type)))
		return g_steal_pointer(&taken);
	g_critical("the property %s is of type %s, not %s", property->name, property->type,
		g_variant_get_type_string(taken));
	return NULL;
}

static GVariant *
read_value(RpBusProperties *properties, guint index)
{
	const RpBusProperty *property = &rp_bus_properties[index];
	GVariant *value = typed(property, properties->read(property->name, properties->data));

	return value ? value : g_variant_ref_sink(first_value(property->type));
}

/* Whether what was said last is so no longer. */
static gboolean
has_changed(RpBusProperties *properties, guint index)
{
	GVariant *said = properties->values->pdata[index];
	g_auto(RpLanguageScope) scope = rp_language_enter(properties->languages->pdata[index]);
	g_autoptr(GVariant) now = said ? read_value(properties, index) : NULL;

	return said && !g_variant_equal(said, now);
}

GVariant *
rp_bus_properties_get(RpBusProperties *properties, const char *name, gboolean *announce)
{
	const RpLanguage *language = rp_language_current();
	guint index = find(name);
	GVariant **slot = (GVariant **)&properties->values->pdata[index];

	*announce = FALSE;
	if (rp_bus_properties[index].emits != RP_BUS_EMITS_NAME)
		return *slot;
	*announce = has_changed(properties, index);
	if (*slot && !*announce && properties->languages->pdata[index] == language)
		return *slot;
	g_clear_pointer(slot, g_variant_unref);
	*slot = read_value(properties, index);
	properties->languages->pdata[index] = (gpointer)language;
	return *slot;
}

gboolean
rp_bus_properties_set(RpBusProperties *properties, const char *name, GVariant *value)
{
	guint index = find(name);
	g_autoptr(GVariant) taken = typed(&rp_bus_properties[index], value);
	GVariant **slot = (GVariant **)&properties->values->pdata[index];

	if (!taken || g_variant_equal(*slot, taken))
		return FALSE;
	g_variant_unref(*slot);
	*slot = g_steal_pointer(&taken);
	return rp_bus_properties[index].emits == RP_BUS_EMITS_VALUE;
}

gboolean
rp_bus_properties_refresh(RpBusProperties *properties, const char *name)
{
	guint index = find(name);
	GVariant **slot = (GVariant **)&properties->values->pdata[index];

	if (!has_changed(properties, index))
		return FALSE;
	g_clear_pointer(slot, g_variant_unref);
	return TRUE;
}
