/* SPDX-License-Identifier: Apache-2.0 */
#include "replay/report.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"

enum { CHANGES_TOLD = 8 };

/* ---- judging -------------------------------------------------------------------------
 */

static double hours_of(const struct tape *t)
{
    return t->count > 1
               ? (double)(t->frames[t->count - 1].time_ms - t->frames[0].time_ms) / 3600e3
               : 0;
}

static void judge(struct verdict_on *v, const struct tape *t)
{
    double hours = hours_of(t);

    v->changes_per_hour = hours > 0 ? (double)v->play.changes / hours : (double)NAN;
    for (size_t a = 0; a < v->play.arm_count; a++) {
        v->lead[a] = v->share[a] = 0;
        for (size_t f = 0; f < t->count; f++) {
            v->lead[a] += v->play.leaders[f] == (int)a;
            v->share[a] += v->play.weights[f * v->play.arm_count + a];
        }
        v->lead[a] /= (double)t->count;
        v->share[a] /= (double)t->count;
    }
}

void report_judge(struct report *r, uint64_t seed)
{
    const struct tape *t = r->tape;

    for (size_t i = 0; i < r->count; i++) {
        judge(&r->items[i], t);
        estimate_play(&r->items[i].play, &r->items[0].play, t, seed,
                      &r->items[i].estimate);
    }
    for (size_t a = 0; a < t->route->spec.arm_count; a++) {
        double known = 0, sum = 0;

        for (size_t f = 0; f < t->count; f++)
            if (!isnan(t->frames[f].seen.arms[a].applied)) {
                known++;
                sum += t->frames[f].seen.arms[a].applied;
            }
        r->logged_share[a] = known > 0 ? sum / known : (double)NAN;
    }
}

void report_clear(struct report *r)
{
    for (size_t i = 0; i < r->count; i++)
        play_clear(&r->items[i].play);
    free(r->items);
    *r = (struct report){.count = 0};
}

/* ---- the terminal --------------------------------------------------------------------
 */

static void add_interval(struct buf *out, const struct interval *i, bool sign)
{
    char text[64];

    if (isnan(i->value))
        (void)snprintf(text, sizeof(text), "-");
    else
        (void)snprintf(text, sizeof(text),
                       sign ? "%+.4f [%+.4f, %+.4f]" : "%.4f [%.4f, %.4f]", i->value,
                       i->low, i->high);
    buf_printf(out, "  %26s", text);
}

static void add_head(const struct report *r, struct buf *out)
{
    const struct tape *t = r->tape;
    char from[CLOCK_TEXT_MAX], to[CLOCK_TEXT_MAX];

    buf_printf(out,
               "%s/%s: %zu decisions from %s to %s, %.0f requests, %zu windows of %s "
               "that do not overlap\n",
               t->route->namespace, t->route->name, t->count,
               clock_format(t->frames[0].time_ms, from),
               clock_format(t->frames[t->count - 1].time_ms, to),
               r->items[0].estimate.requests, r->items[0].estimate.blocks,
               route_window_name(t->route->spec.reward.window));
    buf_printf(out, "earned: %.4f a request; weights in force, on average:",
               r->items[0].estimate.earned);
    for (size_t a = 0; a < t->route->spec.arm_count; a++)
        buf_printf(out, " %s %.3f", t->route->spec.arms[a].name, r->logged_share[a]);
    buf_puts(out, "\n\n");
}

static void add_row(const struct verdict_on *v, struct buf *out)
{
    buf_printf(out, "%-34s %9.2f %9.0f", v->play.name, v->changes_per_hour,
               v->estimate.effective);
    add_interval(out, &v->estimate.value[ESTIMATOR_SNIPS], false);
    add_interval(out, &v->estimate.value[ESTIMATOR_DM], false);
    add_interval(out, &v->estimate.value[ESTIMATOR_DR], false);
    add_interval(out, &v->estimate.gain, true);
    buf_putc(out, '\n');
}

/* Shares, and when another took the lead. */
static void add_timeline(const struct report *r, const struct verdict_on *v,
                         struct buf *out)
{
    const struct route_spec *spec = &r->tape->route->spec;
    size_t told = 0;

    buf_printf(out, "%s\n  led:   ", v->play.name);
    for (size_t a = 0; a < spec->arm_count; a++)
        buf_printf(out, " %s %.1f %%", spec->arms[a].name, 100 * v->lead[a]);
    buf_puts(out, "\n  weight:");
    for (size_t a = 0; a < spec->arm_count; a++)
        buf_printf(out, " %s %.3f", spec->arms[a].name, v->share[a]);
    buf_printf(out, "\n  leader:");
    for (size_t f = 0; f < v->play.count; f++) {
        int now = v->play.leaders[f];
        char time[CLOCK_TEXT_MAX];

        if (now == ROUTE_NO_ARM || (f && now == v->play.leaders[f - 1]))
            continue;
        if (told++ < CHANGES_TOLD)
            buf_printf(out, " %s %s", clock_format(r->tape->frames[f].time_ms, time),
                       spec->arms[now].name);
    }
    if (told > CHANGES_TOLD)
        buf_printf(out, " and %zu more", told - CHANGES_TOLD);
    buf_puts(out, told ? "\n" : " none\n");
    for (enum doubt d = 0; d < DOUBT_COUNT; d++)
        if (v->estimate.doubts[d])
            buf_printf(out, "  NOT TO BE TRUSTED: %s\n", doubt_text(d));
    if (v->play.held)
        buf_printf(out, "  held: %zu of %zu decisions\n", v->play.held, v->play.count);
}

void report_table(const struct report *r, struct buf *out)
{
    add_head(r, out);
    buf_printf(out, "%-34s %9s %9s  %26s  %26s  %26s  %26s\n", "policy", "changes/h",
               "effective", "self-normalised IPS", "direct method", "doubly robust",
               "gain on what was earned");
    for (size_t i = 0; i < r->count; i++)
        add_row(&r->items[i], out);
    buf_puts(out, "(reward a request, with 95 % intervals of a block bootstrap)\n\n");
    for (size_t i = 0; i < r->count; i++)
        add_timeline(r, &r->items[i], out);
    estimate_labels(r->tape, out);
}

/* ---- CSV -----------------------------------------------------------------------------
 */

static void add_number(struct buf *out, double v)
{
    if (isnan(v))
        buf_putc(out, ',');
    else
        buf_printf(out, ",%.8g", v);
}

static void add_quoted(struct buf *out, const char *text)
{
    buf_putc(out, '"');
    for (; *text; text++) {
        if (*text == '"')
            buf_putc(out, '"');
        buf_putc(out, *text);
    }
    buf_putc(out, '"');
}

static void add_columns(const struct report *r, struct buf *out)
{
    const struct route_spec *spec = &r->tape->route->spec;

    buf_puts(out,
             "policy,decisions,held,changesPerHour,requests,effective,windows,earned");
    for (enum estimator e = 0; e < ESTIMATOR_COUNT; e++)
        buf_printf(out, ",%s,%sLow,%sHigh", estimator_name(e), estimator_name(e),
                   estimator_name(e));
    buf_puts(out, ",gain,gainLow,gainHigh");
    for (size_t a = 0; a < spec->arm_count; a++)
        buf_printf(out, ",weight:%s,led:%s", spec->arms[a].name, spec->arms[a].name);
    buf_puts(out, ",doubts\n");
}

static void add_values(const struct verdict_on *v, struct buf *out)
{
    const struct estimate *e = &v->estimate;
    const double plain[] = {(double)v->play.count,
                            (double)v->play.held,
                            v->changes_per_hour,
                            e->requests,
                            e->effective,
                            (double)e->blocks,
                            e->earned};

    add_quoted(out, v->play.name);
    for (size_t i = 0; i < ARRAY_LEN(plain); i++)
        add_number(out, plain[i]);
    for (size_t i = 0; i <= ESTIMATOR_COUNT; i++) {
        const struct interval *of = i < ESTIMATOR_COUNT ? &e->value[i] : &e->gain;

        add_number(out, of->value);
        add_number(out, of->low);
        add_number(out, of->high);
    }
    for (size_t a = 0; a < v->play.arm_count; a++) {
        add_number(out, v->share[a]);
        add_number(out, v->lead[a]);
    }
    buf_putc(out, ',');
    for (enum doubt d = 0, told = 0; d < DOUBT_COUNT; d++)
        if (e->doubts[d])
            buf_printf(out, "%s%d", told++ ? " " : "", (int)d + 1);
    buf_putc(out, '\n');
}

void report_csv(const struct report *r, struct buf *out)
{
    add_columns(r, out);
    for (size_t i = 0; i < r->count; i++)
        add_values(&r->items[i], out);
}
