/* SPDX-FileCopyrightText: The roampost authors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "roampost/meter.h"

#include "roampost/language.h"

/* How fast what is under way goes: what came in the last seconds, so that a line which stands still
 * is seen to. */

#define WINDOW (8 * G_USEC_PER_SEC)
#define SHORTEST (G_USEC_PER_SEC / 4) /* what is measured over less is chance */

typedef struct {
	gint64 time;
	guint64 done;
} Sample;

struct RpMeter {
	GHashTable *samples; /* key -> GArray of Sample, the oldest first */
};

RpMeter *
rp_meter_new(void)
{
	RpMeter *meter = g_new0(RpMeter, 1);

	meter->samples = g_hash_table_new_full(
		g_str_hash, g_str_equal, g_free, (GDestroyNotify)g_array_unref);
	return meter;
}

void
rp_meter_free(RpMeter *meter)
{
	if (!meter)
		return;
	g_hash_table_unref(meter->samples);
	g_free(meter);
}

static const Sample *
last_of(const GArray *samples)
{
	return samples->len ? &g_array_index(samples, Sample, samples->len - 1) : NULL;
}

/* One that lies before the window stays: it is where the window begins. */
static void
drop_old(GArray *samples, gint64 now)
{
	while (samples->len > 2 && g_array_index(samples, Sample, 1).time <= now - WINDOW)
		g_array_remove_index(samples, 0);
}

void
rp_meter_note(RpMeter *meter, const char *key, guint64 done, gint64 now)
{
	GArray *samples = g_hash_table_lookup(meter->samples, key);
	const Sample sample = {now, done};

	if (!samples) {
		samples = g_array_new(FALSE, FALSE, sizeof(Sample));
		g_hash_table_insert(meter->samples, g_strdup(key), samples);
	}
	/* It began anew, or the clock did. */
	if (samples->len && (last_of(samples)->done > done || last_of(samples)->time > now))
		g_array_set_size(samples, 0);
	g_array_append_val(samples, sample);
	drop_old(samples, now);
}

void
rp_meter_forget(RpMeter *meter, const char *key)
{
	g_hash_table_remove(meter->samples, key);
}

guint64
rp_meter_rate(const RpMeter *meter, const char *key, gint64 now)
{
	const GArray *samples = g_hash_table_lookup(meter->samples, key);
	const Sample *first = NULL;

	for (guint i = 0; samples && i < samples->len; i++) {
		const Sample *sample = &g_array_index(samples, Sample, i);

		if (!first || sample->time <= now - WINDOW)
			first = sample;
	}
	if (!first || now - first->time < SHORTEST)
		return 0;
	return (last_of(samples)->done - first->done) * G_USEC_PER_SEC /
	       (guint64)(now - first->time);
}

/* Octets a second, and how long it takes at that. FALSE: that is not known, or all is done. */
static gboolean
describe_rest(guint64 done, guint64 total, guint64 rate, char **speed, char **left)
{
	if (!rate || done >= total)
		return FALSE;
	*speed = g_format_size(rate);
	*left = rp_span_format_human((gint64)((total - done) / rate + 1) * G_USEC_PER_SEC);
	return TRUE;
}

static const struct {
	const char *stage, *words;
} stages[] = {
	{"waiting", N_("waits for its turn in the session")},
	{"envelope", N_("sender and recipients are being told")},
	{"answer", N_("all of it is there; the server is to answer")},
};

const char *
rp_progress_stage_text(const char *stage)
{
	for (gsize i = 0; i < G_N_ELEMENTS(stages); i++)
		if (g_strcmp0(stages[i].stage, stage) == 0)
			return rp_text(stages[i].words);
	return NULL;
}

char *
rp_progress_text(guint64 done, guint64 total, guint64 rate)
{
	g_autofree char *so_far = g_format_size(done);
	g_autofree char *all = g_format_size(total);
	g_autofree char *speed = NULL;
	g_autofree char *left = NULL;

	if (!done)
		/* TRANSLATORS: a size; nothing of it has arrived yet. */
		return g_strdup_printf(_("nothing of %s yet"), all);
	if (!describe_rest(done, total, rate, &speed, &left))
		/* TRANSLATORS: sizes: 2.1 MB of 4.6 MB */
		return g_strdup_printf(_("%1$s of %2$s"), so_far, all);
	/* TRANSLATORS: 2.1 MB of 4.6 MB, 35.0 kB/s, 2 min left */
	return g_strdup_printf(_("%1$s of %2$s, %3$s/s, %4$s left"), so_far, all, speed, left);
}

char *
rp_progress_text_short(guint64 done, guint64 total, guint64 rate)
{
	guint percent = total ? (guint)((double)MIN(done, total) * 100 / (double)total) : 0;
	g_autofree char *all = g_format_size(total);
	g_autofree char *speed = NULL;
	g_autofree char *left = NULL;

	if (!describe_rest(done, total, rate, &speed, &left))
		/* TRANSLATORS: 45% of 4.6 MB */
		return g_strdup_printf(_("%1$u%% of %2$s"), percent, all);
	/* TRANSLATORS: 45% of 4.6 MB, 35.0 kB/s, 2 min left */
	return g_strdup_printf(_("%1$u%% of %2$s, %3$s/s, %4$s left"), percent, all, speed, left);
}
