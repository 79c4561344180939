/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "output-private.h"
#include "values.h"
#include "watch.h"

#include "roampost/language.h"

#include <string.h>

/* What is known, as lines for a terminal of a size: what is under way first, then what waits, then
 * what happened. Where there is room a message has one line, else two. */

#define WIDE 110  /* from here on all of a message stands in one line */
#define HEADED 18 /* from this height on parts have headings */
#define NARROW 60 /* below this what is beside a message's name is as narrow as it can be */
#define BAR_WIDEST 30
#define REASON_MOST 3 /* lines */

typedef struct {
	RpCli *cli;
	GPtrArray *lines;
	guint width, height;
	guint label; /* columns of the widest, and what keeps it from the rest */
} Canvas;

typedef struct {
	const char *text;
	guint width; /* 0: the rest */
	RpColour colour;
	gboolean right;
} Cell;

/* Of what stands before a message: its state, its set. */
static guint
beside(const Canvas *canvas)
{
	return canvas->width < NARROW ? 9 : canvas->label;
}

static guint
room(const Canvas *canvas)
{
	return canvas->height > canvas->lines->len ? canvas->height - canvas->lines->len : 0;
}

/* A line of these cells; nothing of what others wrote drives the terminal. */
static void
add_cells(Canvas *canvas, const Cell *cells, guint n)
{
	guint left = canvas->width;
	GString *line;
	if (room(canvas) == 0)
		return;
	line = g_string_new(NULL);
	for (guint i = 0; i < n && left > 0; i++) {
		guint width = cells[i].width > 0 ? MIN(cells[i].width, left) : left;
		g_autofree char *clean = rp_cli_clean(cells[i].text, FALSE);
		g_autofree char *text = rp_cli_pad(clean, width, cells[i].right);
		if (i + 1 == n && !cells[i].right)
			g_strchomp(text);
		g_string_append_printf(line, "%s%s%s", rp_cli_colour(canvas->cli, cells[i].colour),
			text,
			cells[i].colour != RP_COLOUR_NONE
				? rp_cli_colour(canvas->cli, RP_COLOUR_NONE)
				: "");
		left -= width;
	}
	g_ptr_array_add(canvas->lines, g_string_free(line, FALSE));
}

static void
add_labelled(Canvas *canvas, const char *label, RpColour colour, const char *text)
{
	const Cell cells[] = {
		{.text = rp_text(label), .width = canvas->label, .colour = RP_COLOUR_DIM},
		{.text = text, .colour = colour},
	};
	add_cells(canvas, cells, G_N_ELEMENTS(cells));
}

static void
add_heading(Canvas *canvas, const char *text)
{
	const Cell none = {.text = ""}, heading = {.text = rp_text(text), .colour = RP_COLOUR_DIM};
	if (canvas->height < HEADED)
		return;
	add_cells(canvas, &none, 1);
	add_cells(canvas, &heading, 1);
}

/* ---- how things are ---- */

static void
draw_title(Canvas *canvas, gint64 now)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(now / G_USEC_PER_SEC);
	g_autofree char *clock = g_date_time_format(time, "%H:%M");
	/* TRANSLATORS: the key that ends it, and the time of day. */
	g_autofree char *end = g_strdup_printf(_("q ends   %s"), clock);
	guint width = rp_cli_text_width(end);
	const Cell cells[] = {
		{.text = "roampost",
			.width = canvas->width > width ? canvas->width - width : canvas->width,
			.colour = RP_COLOUR_BOLD},
		{.text = end, .colour = RP_COLOUR_DIM, .right = TRUE},
	};
	add_cells(canvas, cells, G_N_ELEMENTS(cells));
}

static void
draw_set(Canvas *canvas, const RpWatchState *state)
{
	GVariant *set = rp_watch_state_get(state, "CurrentSet", "s");
	GVariant *override = rp_watch_state_get(state, "Override", "s");
	const char *name = set != NULL ? g_variant_get_string(set, NULL) : "";
	const char *how = override != NULL ? g_variant_get_string(override, NULL) : "auto";
	g_autofree char *text = NULL;
	if (*name == '\0')
		text = g_strdup(_("none can send from here"));
	else
		text = g_strdup_printf(strcmp(how, "auto") == 0 ? _("%s, chosen automatically")
								: _("%s, as you said"),
			name);
	add_labelled(canvas, "Server set", RP_COLOUR_NONE, text);
}

static void
draw_problems(Canvas *canvas, const RpWatchState *state)
{
	GVariant *problems = rp_watch_state_get(state, "Problems", "aa{sv}");
	for (gsize i = 0; problems != NULL && i < g_variant_n_children(problems); i++) {
		g_autoptr(GVariant) problem = g_variant_get_child_value(problems, i);
		g_autofree char *text = rp_cli_problem_text(problem);
		if (i == 0 || canvas->height >= HEADED)
			add_labelled(canvas, "Problem", RP_COLOUR_BAD, text);
	}
}

static void
draw_state(Canvas *canvas, const RpWatchState *state, gint64 now)
{
	GVariant *place = rp_watch_state_get(state, "Place", "a{sv}");
	GVariant *counts = rp_watch_state_get(state, "Counts", "a{su}");
	GVariant *paused = rp_watch_state_get(state, "Paused", "b");
	g_autofree char *where = place != NULL ? rp_watch_place(place) : NULL;
	g_autofree char *queue = counts != NULL ? rp_watch_counts(counts) : NULL;
	draw_title(canvas, now);
	if (state->is_gone) {
		add_labelled(canvas, "Agent", RP_COLOUR_BAD,
			_("has gone away: mail waits until it is back"));
		return;
	}
	add_labelled(canvas, "Place", RP_COLOUR_NONE, where != NULL ? where : "");
	draw_set(canvas, state);
	add_labelled(canvas, "Queue", RP_COLOUR_NONE, queue != NULL ? queue : "");
	if (paused != NULL && g_variant_get_boolean(paused))
		add_labelled(canvas, "Paused", RP_COLOUR_WAIT,
			_("nothing is sent until “roampost resume”"));
	draw_problems(canvas, state);
}

/* Where what is below a message begins, when its name has a line of its own. */
static guint
below(const Canvas *canvas)
{
	return canvas->width < NARROW ? 2 : canvas->label;
}

static void
add_more(Canvas *canvas, guint64 n)
{
	guint more = (guint)MIN(n, G_MAXUINT);
	g_autofree char *text =
		g_strdup_printf(rp_text_n("and %u more", "and %u more", more), more);
	const Cell cells[] = {
		{.text = "", .width = below(canvas)}, {.text = text, .colour = RP_COLOUR_DIM}};
	add_cells(canvas, cells, G_N_ELEMENTS(cells));
}

/* ---- messages ---- */

/* "“Lunch” to b@x.example and 2 more". */
static char *
name_message(GVariant *message)
{
	g_autoptr(GVariant) recipients = rp_cli_value_array(message, "recipients", "aa{sv}");
	gsize n = g_variant_n_children(recipients);
	g_autoptr(GVariant) first = n > 0 ? g_variant_get_child_value(recipients, 0) : NULL;
	const char *address = first != NULL ? rp_cli_value_text(first, "address") : NULL;
	const char *subject = rp_cli_value_text(message, "subject");
	guint others = n > 0 ? (guint)n - 1 : 0;
	if (address == NULL)
		return g_strdup(subject != NULL ? subject : "");
	if (subject == NULL && others == 0)
		return g_strdup_printf(_("to %s"), address);
	if (subject == NULL)
		return g_strdup_printf(
			rp_text_n("to %1$s and %2$u more", "to %1$s and %2$u more", others),
			address, others);
	if (others == 0)
		return g_strdup_printf(_("“%1$s” to %2$s"), subject, address);
	return g_strdup_printf(
		rp_text_n("“%1$s” to %2$s and %3$u more", "“%1$s” to %2$s and %3$u more", others),
		subject, address, others);
}

static GVariant *
find_message(GVariant *messages, const char *id)
{
	for (gsize i = 0; i < g_variant_n_children(messages); i++) {
		g_autoptr(GVariant) message = g_variant_get_child_value(messages, i);
		if (g_strcmp0(rp_cli_value_text(message, "id"), id) == 0)
			return g_steal_pointer(&message);
	}
	return NULL;
}

/* ---- what is under way ---- */

static char *
make_bar(guint64 done, guint64 total, guint width)
{
	guint inner = width > 2 ? width - 2 : 1;
	guint filled = total > 0 ? (guint)(MIN(done, total) * inner / total) : 0;
	GString *bar = g_string_new("[");
	for (guint i = 0; i < inner; i++)
		g_string_append_c(bar, i < filled ? '#' : '.');
	g_string_append_c(bar, ']');
	return g_string_free(bar, FALSE);
}

static guint64
number_of(GVariant *dict, const char *name)
{
	guint64 number = 0;
	g_variant_lookup(dict, name, "t", &number);
	return number;
}

static char *
describe_progress(const RpWatchState *state, GVariant *active, guint bar_width, gint64 now)
{
	const char *words = rp_progress_stage_text(rp_cli_value_text(active, "stage"));
	const char *id = rp_cli_value_text(active, "id");
	guint64 done = number_of(active, "done"), total = number_of(active, "total");
	if (words != NULL)
		return g_strdup(words);
	guint64 rate = rp_meter_rate(state->meter, id != NULL ? id : "", now);
	if (bar_width == 0)
		return rp_progress_text_short(done, total, rate);
	g_autofree char *bar = make_bar(done, total, bar_width);
	g_autofree char *text = rp_progress_text(done, total, rate);
	return g_strdup_printf("%s %s", bar, text);
}

static void
draw_active(Canvas *canvas, const RpWatchState *state, GVariant *active, gint64 now)
{
	const char *id = rp_cli_value_text(active, "id"), *set = rp_cli_value_text(active, "set");
	g_autoptr(GVariant) message = find_message(state->sending, id);
	g_autofree char *name = message != NULL ? name_message(message) : g_strdup(id);
	gboolean wide = canvas->width >= WIDE;
	guint bar = wide ? BAR_WIDEST : canvas->width < NARROW ? 0 : canvas->width / 4;
	g_autofree char *progress = describe_progress(state, active, bar, now);
	const Cell cells[] = {
		{.text = set != NULL ? set : "", .width = beside(canvas), .colour = RP_COLOUR_GOOD},
		{.text = name != NULL ? name : "", .width = wide ? canvas->width * 2 / 5 : 0},
		{.text = "", .width = 2},
		{.text = progress},
	};
	const Cell second[] = {{.text = "", .width = below(canvas)}, {.text = progress}};
	add_cells(canvas, cells, wide ? 4 : 2);
	if (!wide)
		add_cells(canvas, second, 2);
}

/* As many as find room, with what is left for the rest. */
static void
draw_under_way(Canvas *canvas, const RpWatchState *state, gint64 now)
{
	GVariant *active = rp_watch_state_get(state, "Active", "aa{sv}");
	gsize n = active != NULL ? g_variant_n_children(active) : 0;
	guint each = canvas->width >= WIDE ? 1 : 2, most = room(canvas) / 2 / each;
	if (n == 0)
		return;
	add_heading(canvas, N_("UNDER WAY"));
	for (gsize i = 0; i < MIN(n, MAX(most, 1)); i++) {
		g_autoptr(GVariant) message = g_variant_get_child_value(active, i);
		draw_active(canvas, state, message, now);
	}
	if (n > MAX(most, 1))
		add_more(canvas, n - MAX(most, 1));
}

/* ---- what waits ---- */

static void
add_reason(GString *text, GVariant *recipient)
{
	g_autoptr(GVariant) reasons = rp_cli_value_array(recipient, "reasons", "aa{sv}");
	const char *reply = rp_cli_value_text(recipient, "reply");
	for (gsize i = 0; i < g_variant_n_children(reasons); i++) {
		g_autoptr(GVariant) reason = g_variant_get_child_value(reasons, i);
		const char *sentence = rp_cli_value_text(reason, "text");
		if (sentence != NULL && strstr(text->str, sentence) == NULL)
			rp_text_add_sentence(text, sentence);
	}
	if (text->len == 0 && reply != NULL)
		g_string_append(text, reply);
}

static char *
describe_waiting(GVariant *message, gint64 now)
{
	g_autoptr(GVariant) recipients = rp_cli_value_array(message, "recipients", "aa{sv}");
	gint64 next_try = rp_cli_value_time(message, "next-try");
	GString *text = g_string_new(NULL);
	for (gsize i = 0; i < g_variant_n_children(recipients); i++) {
		g_autoptr(GVariant) recipient = g_variant_get_child_value(recipients, i);
		add_reason(text, recipient);
	}
	if (next_try > now) {
		g_autofree char *span = rp_span_format_human(next_try - now);
		g_autofree char *next = g_strdup_printf(_("Next try in %s."), span);
		rp_text_add_sentence(text, next);
	}
	return g_string_free(text, FALSE);
}

/* The rest of a text, below its first line; what finds no room is cut. */
static void
add_rest(Canvas *canvas, guint indent, RpColour colour, char **lines, guint most)
{
	for (guint i = 0; i < most && lines[i] != NULL; i++) {
		g_autofree char *rest =
			i + 1 == most ? g_strjoinv(" ", lines + i) : g_strdup(lines[i]);
		const Cell cells[] = {
			{.text = "", .width = indent}, {.text = rest, .colour = colour}};
		add_cells(canvas, cells, G_N_ELEMENTS(cells));
	}
}

/* Its name, and why it waits: beside it, or below. */
static void
draw_message(Canvas *canvas, GVariant *message, guint reason_lines, gint64 now)
{
	const char *state = rp_cli_value_text(message, "state");
	g_autofree char *name = name_message(message);
	g_autofree char *why = describe_waiting(message, now);
	gboolean wide = canvas->width >= WIDE;
	guint half = canvas->width * 2 / 5;
	guint indent = wide ? beside(canvas) + half + 2 : below(canvas);
	g_autofree char *clean = rp_cli_clean(why, FALSE);
	g_auto(GStrv) lines =
		rp_cli_wrap(clean, canvas->width > indent ? canvas->width - indent : 1);
	const Cell cells[] = {
		{.text = rp_cli_state_word(state),
			.width = beside(canvas),
			.colour = rp_cli_state_colour(state)},
		{.text = name, .width = wide ? half : 0},
		{.text = "", .width = 2},
		{.text = reason_lines > 1 ? lines[0] : why},
	};
	add_cells(canvas, cells, wide ? 4 : 2);
	if (wide && reason_lines > 1)
		add_rest(canvas, indent, RP_COLOUR_NONE, lines + 1, reason_lines - 1);
	else if (!wide && *why != '\0')
		add_rest(canvas, indent, RP_COLOUR_DIM, lines, reason_lines);
}

static guint64
n_waiting(const RpWatchState *state)
{
	GVariant *counts = rp_watch_state_get(state, "Counts", "a{su}");
	GVariantIter iter;
	const char *name;
	guint64 sum = 0;
	guint32 n;
	if (counts == NULL)
		return 0;
	g_variant_iter_init(&iter, counts);
	while (g_variant_iter_next(&iter, "{&su}", &name, &n))
		sum += strcmp(name, "sending") != 0 ? n : 0;
	return sum;
}

/* What is left where events have what they need, and a third where they need more. */
static guint
room_beside_events(const Canvas *canvas, const RpWatchState *state)
{
	guint events = state->events.length, lines = room(canvas);
	if (events > 0 && canvas->height >= HEADED)
		events += 2;
	return MAX(lines * 2 / 3, lines - MIN(lines, events));
}

/* How many find room in these lines, with one for the number of the rest. */
static guint
n_shown(guint64 all, gsize known, guint lines, guint each)
{
	guint most = lines / each;
	if (all > most)
		most = lines > 0 ? (lines - 1) / each : 0;
	return (guint)MIN(known, MAX(most, 1));
}

static void
draw_waiting(Canvas *canvas, const RpWatchState *state, gint64 now)
{
	gsize n = g_variant_n_children(state->waiting);
	guint each = canvas->width >= WIDE ? 1 : 2;
	guint64 all = MAX(n_waiting(state), n);
	if (n == 0)
		return;
	add_heading(canvas, N_("WAITING"));
	guint most = room_beside_events(canvas, state);
	guint shown = n_shown(all, n, most, each);
	most -= all > shown && most > 0 ? 1 : 0;
	/* All of a reason, where none of the others goes without for it. */
	guint lines = CLAMP(most / shown, each, each - 1 + REASON_MOST) - (each - 1);
	for (gsize i = 0; i < shown; i++) {
		g_autoptr(GVariant) message = g_variant_get_child_value(state->waiting, i);
		draw_message(canvas, message, lines, now);
	}
	if (all > shown)
		add_more(canvas, all - shown);
}

/* ---- what happened ---- */

/* "37z9bd00as sent through odn", with its subject for its id. */
static char *
name_subject(const RpWatchState *state, const char *text)
{
	gsize length = strcspn(text, " ");
	g_autofree char *id = g_strndup(text, length);
	const char *subject = g_hash_table_lookup(state->subjects, id);
	return subject != NULL ? g_strconcat(subject, text + length, NULL) : g_strdup(text);
}

static void
draw_event(Canvas *canvas, const RpWatchState *state, const RpWatchEvent *event)
{
	g_autoptr(GDateTime) time = g_date_time_new_from_unix_local(event->time / G_USEC_PER_SEC);
	g_autofree char *clock = g_date_time_format(time, "%H:%M:%S");
	g_autofree char *text = name_subject(state, event->text);
	const Cell cells[] = {
		{.text = clock,
			.width = canvas->width < NARROW ? 10 : canvas->label,
			.colour = RP_COLOUR_DIM},
		{.text = text, .colour = rp_cli_state_colour(event->state)},
	};
	add_cells(canvas, cells, G_N_ELEMENTS(cells));
}

/* The last ones, the newest below. */
static void
draw_events(Canvas *canvas, const RpWatchState *state)
{
	GList *event = state->events.head;
	guint n = 1, most;
	if (event == NULL || room(canvas) == 0)
		return;
	add_heading(canvas, N_("LAST"));
	most = room(canvas);
	for (; event->next != NULL && n < most; n++)
		event = event->next;
	for (; event != NULL; event = event->prev)
		draw_event(canvas, state, event->data);
}

GPtrArray *
rp_watch_draw(RpCli *cli, const RpWatchState *state, guint width, guint height, gint64 now)
{
	Canvas canvas = {
		cli, g_ptr_array_new_with_free_func(g_free), width, height, rp_cli_label_width()};
	draw_state(&canvas, state, now);
	draw_under_way(&canvas, state, now);
	draw_waiting(&canvas, state, now);
	draw_events(&canvas, state);
	return canvas.lines;
}
