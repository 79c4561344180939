/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/timeline.h"

#include <gio/gio.h>
#include <string.h>

/* A simulated week, drawn: what is on the picture, that it is in it, and that a renderer takes it.
 * The pictures stay in the build folder (the argument), to be looked at. */

#define MONDAY G_GINT64_CONSTANT(1795392000000000) /* 2026-11-23 00:00 UTC */
#define HOUR G_TIME_SPAN_HOUR
#define DAY G_TIME_SPAN_DAY

static const char *folder;

typedef struct {
	GVariantBuilder records;
	guint64 number;
} Week;

static void
add(Week *week, gint64 time, const char *event, const char *id, gint64 created, const char *subject,
	const char *set, const char *text)
{
	const char *recipients[] = {"hanako@example.net", NULL};
	GVariantBuilder dict;

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&dict, "{sv}", "number", g_variant_new_uint64(++week->number));
	g_variant_builder_add(&dict, "{sv}", "time", g_variant_new_int64(time));
	g_variant_builder_add(&dict, "{sv}", "created", g_variant_new_int64(created));
	g_variant_builder_add(&dict, "{sv}", "event", g_variant_new_string(event));
	g_variant_builder_add(&dict, "{sv}", "id", g_variant_new_string(id));
	g_variant_builder_add(&dict, "{sv}", "subject", g_variant_new_string(subject));
	g_variant_builder_add(&dict, "{sv}", "recipients", g_variant_new_strv(recipients, -1));
	g_variant_builder_add(&dict, "{sv}", "set", g_variant_new_string(set));
	g_variant_builder_add(&dict, "{sv}", "text", g_variant_new_string(text));
	g_variant_builder_add_value(&week->records, g_variant_builder_end(&dict));
}

static void
add_place(Week *week, gint64 time, const char *state, const char *inside)
{
	g_autofree char *name = g_ascii_strdown(inside, -1);
	GVariantBuilder dict;

	g_variant_builder_init(&dict, G_VARIANT_TYPE_VARDICT);
	g_variant_builder_add(&dict, "{sv}", "number", g_variant_new_uint64(++week->number));
	g_variant_builder_add(&dict, "{sv}", "time", g_variant_new_int64(time));
	g_variant_builder_add(&dict, "{sv}", "event", g_variant_new_string("place"));
	g_variant_builder_add(&dict, "{sv}", "text", g_variant_new_string(state));
	g_variant_builder_add(&dict, "{sv}", "provider", g_variant_new_string(name));
	g_variant_builder_add(&dict, "{sv}", "provider-title", g_variant_new_string(inside));
	g_variant_builder_add_value(&week->records, g_variant_builder_end(&dict));
}

/* At home by night, on the train offline, at the office inside another provider; one day abroad. */
static void
add_places(Week *week)
{
	add_place(week, MONDAY - 5 * HOUR, "online", "ODN");
	for (int day = 0; day < 5; day++) {
		gint64 at = MONDAY + day * DAY;

		add_place(week, at + 8 * HOUR, "offline", "");
		add_place(week, at + 9 * HOUR, "online", day == 3 ? "" : "So-net, IIJ");
		add_place(week, at + 18 * HOUR, "offline", "");
		add_place(week, at + 19 * HOUR, day == 2 ? "portal" : "online",
			day == 2 ? "" : "ODN");
		if (day == 2)
			add_place(week, at + 21 * HOUR, "online", "ODN");
	}
}

static void
add_mail(Week *week)
{
	char id[16];

	for (int i = 0; i < 60; i++) {
		gint64 at = MONDAY + (i * 37 % 168) * HOUR + i * 7 * G_TIME_SPAN_MINUTE;
		int hour = (int)(at % DAY / HOUR);
		gboolean waits = hour >= 9 && hour < 18 && i % 3 == 0;

		g_snprintf(id, sizeof id, "m%08d", i);
		if (at >= MONDAY + 7 * DAY)
			continue;
		if (waits)
			add(week, at + G_USEC_PER_SEC, "held", id, at,
				i == 3 ? "昼ごはん、一緒にどうですか" : "Lunch & <talk>", "odn",
				"ODN takes mail from inside ODN alone");
		add(week,
			waits ? at - at % DAY + 19 * HOUR + i * G_TIME_SPAN_MINUTE : at + HOUR / 60,
			i == 20 ? "failed" : "sent", id, at, "Lunch & <talk>", "odn",
			"250 2.0.0 ok");
	}
	for (int i = 0; i < 12; i++) { /* handed over together, offline */
		g_snprintf(id, sizeof id, "b%08d", i);
		add(week, MONDAY + 3 * DAY + 8 * HOUR + 20 * G_TIME_SPAN_MINUTE, "held", id,
			MONDAY + 3 * DAY + 8 * HOUR + 19 * G_TIME_SPAN_MINUTE, "Reports", "odn",
			"");
		add(week, MONDAY + 3 * DAY + 19 * HOUR + i * G_USEC_PER_SEC, "sent", id,
			MONDAY + 3 * DAY + 8 * HOUR + 19 * G_TIME_SPAN_MINUTE, "Reports", "odn",
			"");
	}
	for (int i = 0; i < 6; i++)
		add(week, MONDAY + 4 * DAY + (gint64)i * i * HOUR, "deferred", "d0000001",
			MONDAY + 4 * DAY - HOUR, "Greylisted", "iij", "451 4.7.1 later");
	add(week, MONDAY + 1 * DAY + 15 * HOUR, "deleted", "e0000001", MONDAY + 1 * DAY + 9 * HOUR,
		"Never mind", "", "");
	add(week, MONDAY + 2 * DAY + 15 * HOUR, "maybe-sent", "f0000001",
		MONDAY + 2 * DAY + 14 * HOUR, "Contract", "iij", "the line was lost");
	add(week, MONDAY + 2 * DAY + 20 * HOUR, "sent", "f0000001", MONDAY + 2 * DAY + 14 * HOUR,
		"Contract", "iij", "");
}

static GVariant *
simulate(void)
{
	Week week = {.number = 0};

	g_variant_builder_init(&week.records, G_VARIANT_TYPE("aa{sv}"));
	add_places(&week);
	add_mail(&week);
	return g_variant_ref_sink(g_variant_builder_end(&week.records));
}

/* Of an a{sv}[] in GVariant's text format. */
static GVariant *
parse(const char *text)
{
	g_autoptr(GError) error = NULL;
	GVariant *value = g_variant_parse(G_VARIANT_TYPE("aa{sv}"), text, NULL, NULL, &error);

	g_assert_no_error(error);
	return value;
}

static RpPicture *
draw(GVariant *records, GVariant *waiting, gint64 since, gint64 until, double width)
{
	g_autoptr(GTimeZone) utc = g_time_zone_new_utc();
	const RpTimelineOptions options = {
		.since = since, .until = until, .width = width, .zone = utc};

	return rp_timeline_picture(records, waiting, &options);
}

static guint
count(const RpPicture *picture, RpShapeKind kind, RpInk ink)
{
	guint n = 0;

	for (guint i = 0; i < picture->shapes->len; i++) {
		const RpShape *shape = &g_array_index(picture->shapes, RpShape, i);

		n += shape->kind == kind && shape->ink == ink;
	}
	return n;
}

static const RpShape *
find_text(const RpPicture *picture, const char *text)
{
	for (guint i = 0; i < picture->shapes->len; i++) {
		const RpShape *shape = &g_array_index(picture->shapes, RpShape, i);

		if (g_strcmp0(shape->text, text) == 0)
			return shape;
	}
	return NULL;
}

static const RpShape *
find_title(const RpPicture *picture, RpShapeKind kind, const char *part)
{
	for (guint i = 0; i < picture->shapes->len; i++) {
		const RpShape *shape = &g_array_index(picture->shapes, RpShape, i);

		if (shape->kind == kind && shape->title && strstr(shape->title, part))
			return shape;
	}
	return NULL;
}

/* ---- what is checked of every picture ---- */

static void
assert_inside(const RpPicture *picture)
{
	for (guint i = 0; i < picture->shapes->len; i++) {
		const RpShape *shape = &g_array_index(picture->shapes, RpShape, i);
		double width = shape->kind == RP_SHAPE_TEXT ? rp_picture_text_width(shape->text)
			       : shape->kind == RP_SHAPE_RECT || shape->kind == RP_SHAPE_LINE
				       ? shape->w
				       : 0;

		if (shape->at_end)
			width = -width;
		g_assert_cmpfloat(shape->x, >=, 0);
		g_assert_cmpfloat(MAX(shape->x, shape->x + width), <=, picture->width + 0.5);
		g_assert_cmpfloat(MIN(shape->x, shape->x + width), >=, -0.5);
		g_assert_cmpfloat(shape->y + MAX(shape->h, 0), <=, picture->height + 0.5);
	}
}

/* Two texts never cover each other. */
static void
assert_readable(const RpPicture *picture)
{
	for (guint i = 0; i < picture->shapes->len; i++)
		for (guint k = i + 1; k < picture->shapes->len; k++) {
			const RpShape *a = &g_array_index(picture->shapes, RpShape, i);
			const RpShape *b = &g_array_index(picture->shapes, RpShape, k);
			double end;

			if (a->kind != RP_SHAPE_TEXT || b->kind != RP_SHAPE_TEXT ||
				ABS(a->y - b->y) > 3 || a->at_end || b->at_end)
				continue;
			end = MIN(a->x, b->x) +
			      rp_picture_text_width(a->x < b->x ? a->text : b->text);
			if (end > MAX(a->x, b->x) + 1)
				g_error("“%s” at %g,%g and “%s” at %g,%g cover each other", a->text,
					a->x, a->y, b->text, b->x, b->y);
		}
}

static void
on_element(GMarkupParseContext *context, const char *name, const char **keys, const char **values,
	gpointer user, GError **error)
{
	g_hash_table_add(user, g_strdup(name));
}

static void
assert_well_formed(const char *svg, GHashTable *elements)
{
	const GMarkupParser parser = {.start_element = on_element};
	g_autoptr(GMarkupParseContext) context =
		g_markup_parse_context_new(&parser, 0, elements, NULL);
	g_autoptr(GError) error = NULL;

	g_markup_parse_context_parse(context, svg, -1, &error);
	g_assert_no_error(error);
	g_markup_parse_context_end_parse(context, &error);
	g_assert_no_error(error);
}

/* The renderer of GNOME and of many others. */
static void
render(const char *svg_file, const RpPicture *picture)
{
	g_autofree char *png = g_strconcat(svg_file, ".png", NULL);
	g_autofree char *renderer = g_find_program_in_path("rsvg-convert");
	const char *command[] = {renderer, "-o", png, svg_file, NULL};
	g_autoptr(GError) error = NULL;
	g_autofree char *data = NULL, *complaints = NULL;
	guint32 size[2];
	int status;

	if (!renderer) {
		g_test_skip("rsvg-convert is not installed");
		return;
	}
	g_assert_true(g_spawn_sync(NULL, (char **)command, NULL, G_SPAWN_DEFAULT, NULL, NULL, NULL,
		&complaints, &status, &error));
	g_assert_cmpint(status, ==, 0);
	g_assert_cmpstr(complaints, ==, "");
	g_assert_true(g_file_get_contents(png, &data, NULL, NULL));
	memcpy(size, data + 16, sizeof size); /* IHDR */
	g_assert_cmpint(GUINT32_FROM_BE(size[0]), ==, (guint)picture->width);
	g_assert_cmpint(GUINT32_FROM_BE(size[1]), ==, (guint)picture->height);
}

static void
check(const RpPicture *picture, const char *name)
{
	g_autofree char *svg = rp_picture_svg(picture);
	g_autofree char *file = g_strdup_printf("%s/%s.svg", folder, name);
	g_autoptr(GHashTable) elements =
		g_hash_table_new_full(g_str_hash, g_str_equal, g_free, NULL);

	assert_inside(picture);
	assert_well_formed(svg, elements);
	g_assert_true(g_hash_table_contains(elements, "title"));
	g_assert_true(g_hash_table_contains(elements, "desc"));
	g_assert_true(g_file_set_contents(file, svg, -1, NULL));
	assert_readable(picture);
	render(file, picture);
}

/* ---- tests ---- */

static void
test_week(void)
{
	g_autoptr(GVariant) records = simulate();
	g_autoptr(GVariant) waiting = parse(
		"[{'id': <'d0000001'>, 'created': <int64 1795734000000000>},"
		" {'id': <'q0000001'>, 'created': <int64 1795950000000000>, 'subject': <'New'>,"
		"  'recipients': <[{'address': <'x@example.net'>}]>}]");
	g_autoptr(RpPicture) picture = draw(records, waiting, MONDAY, MONDAY + 7 * DAY, 960);
	const RpShape *greylisted, *reports;

	check(picture, "week");
	g_assert_cmpstr(picture->title, ==, "Mail, Mon 23 Nov 00:00 – Mon 30 Nov 00:00");
	g_assert_nonnull(strstr(picture->description, "Waiting still: 2. Refused: 1."));
	/* From before the beginning on; the first of three kinds of places, each with one ink. */
	g_assert_nonnull(find_title(picture, RP_SHAPE_RECT, "ODN\nMon 23 Nov 00:00"));
	g_assert_cmpint(count(picture, RP_SHAPE_RECT, RP_INK_PLACE + 2), ==, 0);
	g_assert_cmpint(count(picture, RP_SHAPE_RECT, RP_INK_PLACE + 1), >=, 4);
	g_assert_nonnull(find_text(picture, "So-net, IIJ"));
	g_assert_nonnull(find_text(picture, "×12"));
	reports = find_title(picture, RP_SHAPE_LINE, "12 messages");
	g_assert_nonnull(reports);
	g_assert_cmpint(reports->ink, ==, RP_INK_HELD);
	/* It waits to the right edge, dashed. */
	greylisted = find_title(picture, RP_SHAPE_LINE, "Greylisted");
	while (!greylisted->dashed)
		greylisted++;
	g_assert_cmpfloat_with_epsilon(greylisted->x + greylisted->w, 948, 0.1);
	g_assert_nonnull(find_title(picture, RP_SHAPE_CIRCLE, "“New” to x@example.net"));
	g_assert_nonnull(find_title(picture, RP_SHAPE_LINE, "refused (odn)"));
	for (RpInk ink = RP_INK_QUEUED; ink <= RP_INK_NOWHERE; ink++)
		g_assert_cmpint(count(picture, RP_SHAPE_RECT, ink) +
					count(picture, RP_SHAPE_LINE, ink) +
					count(picture, RP_SHAPE_CIRCLE, ink) +
					count(picture, RP_SHAPE_DIAMOND, ink) +
					count(picture, RP_SHAPE_TRIANGLE, ink),
			>, 0);
}

static void
test_widths(void)
{
	g_autoptr(GVariant) records = simulate();
	static const double widths[] = {0, 360, 560, 1600};

	for (guint i = 0; i < G_N_ELEMENTS(widths); i++) {
		g_autoptr(RpPicture) picture =
			draw(records, NULL, MONDAY, MONDAY + 7 * DAY, widths[i]);
		g_autofree char *name = g_strdup_printf("week-%d", (int)widths[i]);

		g_assert_cmpfloat(picture->width, ==, MAX(widths[i], 280));
		check(picture, name);
	}
}

/* Times have room, whatever is between the first and the last. */
static void
test_spans(void)
{
	g_autoptr(GVariant) records = simulate();
	static const gint64 spans[] = {
		10 * G_TIME_SPAN_MINUTE, 3 * HOUR, DAY, 3 * DAY, 30 * DAY, 400 * DAY, 4000 * DAY};

	for (guint i = 0; i < G_N_ELEMENTS(spans); i++) {
		g_autoptr(RpPicture) picture =
			draw(records, NULL, MONDAY + 4 * DAY - spans[i], MONDAY + 4 * DAY, 960);
		g_autofree char *name = g_strdup_printf("span-%d", (int)(spans[i] / HOUR));

		check(picture, name);
		g_assert_cmpint(count(picture, RP_SHAPE_LINE, RP_INK_GRID), >=, 2);
		g_assert_cmpint(count(picture, RP_SHAPE_LINE, RP_INK_GRID), <=, 14);
	}
}

static void
test_nothing(void)
{
	g_autoptr(GVariant) records = parse("[]");
	g_autoptr(RpPicture) picture = draw(records, NULL, MONDAY, MONDAY + DAY, 960);

	check(picture, "nothing");
	g_assert_nonnull(find_text(picture, "No mail in this time."));
}

/* Of marks at one place one is left, whatever they are: the last, or the first of those alike. */
static void
test_near(void)
{
	static const struct {
		const char *events[3];
		int held, sent; /* with the legend's */
	} rows[] = {
		{{"held"}, 2, 0},
		{{"held", "held"}, 2, 0},
		{{"held", "held", "held"}, 2, 0},
		{{"held", "held", "sent"}, 0, 2},
		{{"held", "deferred", "held"}, 2, 0},
	};

	for (guint i = 0; i < G_N_ELEMENTS(rows); i++) {
		Week week = {.number = 0};

		g_variant_builder_init(&week.records, G_VARIANT_TYPE("aa{sv}"));
		for (guint k = 0; k < G_N_ELEMENTS(rows[i].events) && rows[i].events[k]; k++)
			add(&week, MONDAY + (k + 1) * G_TIME_SPAN_MINUTE, rows[i].events[k], "a",
				MONDAY, "Lunch", "", "");
		g_autoptr(GVariant) records =
			g_variant_ref_sink(g_variant_builder_end(&week.records));
		g_autoptr(RpPicture) picture = draw(records, NULL, MONDAY, MONDAY + 7 * DAY, 960);

		g_assert_cmpint(count(picture, RP_SHAPE_DIAMOND, RP_INK_HELD), ==, rows[i].held);
		g_assert_cmpint(count(picture, RP_SHAPE_CIRCLE, RP_INK_SENT), ==, rows[i].sent);
	}
}

/* Whatever others wrote, and whatever another agent left out. */
static void
test_strange(void)
{
	g_autoptr(GVariant) records =
		parse("[{'event': <'sent'>, 'time': <int64 1795395600000000>, 'id': <'a'>,"
		      "  'subject': <'</svg><script>alert(1)</script> \\u0007 \\ufffe & \"x\"'>,"
		      "  'created': <int64 9999999999999999>, 'recipients': <[1, 2]>},"
		      " {'event': <'unheard-of'>, 'id': <'b'>}, {}, {'event': <5>},"
		      " {'event': <'place'>, 'text': <'online'>, 'provider': <'<ODN>'>,"
		      "  'time': <int64 1795395600000000>},"
		      " {'event': <'held'>, 'id': <'c'>, 'time': <int64 -5>}]");
	g_autoptr(GVariant) waiting = parse("[{'id': <5>}, {}]");
	g_autoptr(RpPicture) picture = draw(records, waiting, MONDAY, MONDAY + DAY, 960);
	g_autofree char *svg = rp_picture_svg(picture);

	check(picture, "strange");
	g_assert_null(strstr(svg, "<script"));
	g_assert_null(strstr(svg, "\xef\xbf\xbe")); /* U+FFFE, which XML has no form for */
	g_assert_nonnull(find_text(picture, "<ODN>"));
	/* A clock that was put back makes no line that ends before it begins. */
	for (guint i = 0; i < picture->shapes->len; i++) {
		const RpShape *shape = &g_array_index(picture->shapes, RpShape, i);

		if (shape->kind == RP_SHAPE_LINE)
			g_assert_cmpfloat(shape->w, >=, 0);
	}
}

/* No message's line lies on another's. */
static void
assert_none_covered(const RpPicture *picture)
{
	g_autoptr(GHashTable) ends = g_hash_table_new(g_direct_hash, g_direct_equal);
	const RpShape *before = NULL;

	for (guint i = 0; i < picture->shapes->len; i++) {
		const RpShape *shape = &g_array_index(picture->shapes, RpShape, i);
		gpointer lane = GINT_TO_POINTER((int)(shape->y * 10));

		if (shape->kind != RP_SHAPE_LINE || !shape->title)
			continue;
		before = g_hash_table_lookup(ends, lane);
		if (before && strcmp(before->title, shape->title) != 0)
			g_assert_cmpfloat(before->x + before->w, <=, shape->x);
		g_hash_table_insert(ends, lane, (gpointer)shape);
	}
	g_assert_nonnull(before);
}

/* As many as anybody has: it stays a picture, and is made in no time. */
static void
test_many(void)
{
	Week week = {.number = 0};
	char id[16];

	g_variant_builder_init(&week.records, G_VARIANT_TYPE("aa{sv}"));
	for (int i = 0; i < 20000; i++) {
		gint64 at = MONDAY + (gint64)(i * 7919LL % 20000) * 7 * DAY / 20000;

		g_snprintf(id, sizeof id, "n%08d", i);
		add(&week, at + i % 50 * HOUR, "sent", id, at, "Many", "odn", "");
	}
	g_autoptr(GVariant) records = g_variant_ref_sink(g_variant_builder_end(&week.records));
	g_autoptr(RpPicture) picture = draw(records, NULL, MONDAY, MONDAY + 7 * DAY, 960);

	g_assert_cmpfloat(picture->height, <, 1000);
	g_assert_cmpint(picture->shapes->len, <, 40000);
	assert_none_covered(picture);
}

/* Dark: each ink is told from the paper, and text from what it stands on (WCAG's measure). */
static double
luminance(guint32 colour)
{
	static const double weights[] = {0.0722, 0.7152, 0.2126};
	double sum = 0;

	for (guint i = 0; i < 3; i++) {
		double c = (double)(colour >> (8 * i) & 0xff) / 255;

		sum += weights[i] * c * c; /* near enough to its curve */
	}
	return sum;
}

static double
contrast(RpInk a, RpInk b, gboolean dark)
{
	double first = luminance(rp_ink_colour(a, dark)) + 0.05;
	double second = luminance(rp_ink_colour(b, dark)) + 0.05;

	return MAX(first, second) / MIN(first, second);
}

static void
test_inks(void)
{
	for (int dark = 0; dark < 2; dark++) {
		for (RpInk ink = RP_INK_TEXT; ink <= RP_INK_GONE; ink++)
			if (ink != RP_INK_GRID)
				g_assert_cmpfloat(contrast(ink, RP_INK_PAPER, dark), >=, 4.5);
		for (RpInk ink = RP_INK_NOWHERE; ink < RP_N_INKS; ink++)
			g_assert_cmpfloat(contrast(RP_INK_TEXT, ink, dark), >=, 4.5);
	}
}

int
main(int argc, char **argv)
{
	g_test_init(&argc, &argv, NULL);
	g_assert_cmpint(argc, ==, 2);
	folder = argv[1];
	g_test_add_func("/picture/timeline/week", test_week);
	g_test_add_func("/picture/timeline/widths", test_widths);
	g_test_add_func("/picture/timeline/spans", test_spans);
	g_test_add_func("/picture/timeline/nothing", test_nothing);
	g_test_add_func("/picture/timeline/near", test_near);
	g_test_add_func("/picture/timeline/strange", test_strange);
	g_test_add_func("/picture/timeline/many", test_many);
	g_test_add_func("/picture/inks", test_inks);
	return g_test_run();
}
