/* SPDX-License-Identifier: Apache-2.0 */
/* report_html.c - a page that needs nothing but a browser: the figures, and each policy
 * drawn over the range. */
#include "replay/report.h"

#include <math.h>

#include "base/clock.h"
#include "sim/film.h"
#include "sim/page.h"

/* Who led then, in truth: the heaviest of the weights in force. */
static int logged_leader(const struct tape *t, size_t frame)
{
    int best = ROUTE_NO_ARM;

    for (size_t a = 0; a < t->route->spec.arm_count; a++) {
        double v = t->frames[frame].seen.arms[a].applied;

        if (!isnan(v) &&
            (best == ROUTE_NO_ARM || v > t->frames[frame].seen.arms[best].applied))
            best = (int)a;
    }
    return best;
}

static void add_film(const struct verdict_on *v, const struct tape *t, struct buf *out)
{
    struct film film;

    film_begin(&film, t->count);
    for (size_t f = 0; f < t->count; f++) {
        struct moment m = {
            .hours = (double)(t->frames[f].time_ms - t->frames[0].time_ms) / 3600e3,
            .leader = v->play.leaders[f],
            .best = logged_leader(t, f),
        };

        for (size_t a = 0; a < v->play.arm_count; a++) {
            m.weights[a] = v->play.weights[f * v->play.arm_count + a];
            m.rewards[a] = v->play.rewards[f * v->play.arm_count + a];
            m.chances[a] = NAN;
        }
        film_add(&film, &m);
    }
    buf_puts(out, "<figure><figcaption><b>");
    page_text(out, v->play.name);
    buf_puts(out, "</b>: weights it would have set; who would have led, above who did; "
                  "rewards of each window</figcaption>\n");
    film_svg(&film, v->play.arm_count, "did lead", out);
    buf_puts(out, "</figure>\n");
    film_clear(&film);
}

static void add_interval(struct buf *out, const struct interval *i)
{
    if (isnan(i->value))
        buf_puts(out, "<td></td>");
    else
        buf_printf(out, "<td>%.4f<br><small>%.4f to %.4f</small></td>", i->value, i->low,
                   i->high);
}

static void add_row(const struct verdict_on *v, struct buf *out)
{
    buf_puts(out, "<tr><td>");
    page_text(out, v->play.name);
    buf_printf(out, "</td><td>%.2f</td><td>%.0f</td>", v->changes_per_hour,
               v->estimate.effective);
    for (enum estimator e = 0; e < ESTIMATOR_COUNT; e++)
        add_interval(out, &v->estimate.value[e]);
    add_interval(out, &v->estimate.gain);
    buf_puts(out, "<td>");
    for (enum doubt d = 0; d < DOUBT_COUNT; d++)
        if (v->estimate.doubts[d])
            buf_printf(out, "<small>%s</small><br>", doubt_text(d));
    buf_puts(out, "</td></tr>\n");
}

void report_html(const struct report *r, struct buf *out)
{
    const struct tape *t = r->tape;
    char from[CLOCK_TEXT_MAX], to[CLOCK_TEXT_MAX];

    page_begin(out, "bandit-operator replay");
    buf_printf(
        out,
        "<p>%s/%s: %zu decisions from %s to %s; %.0f requests earned %.4f each. "
        "Intervals are of 95 %%, from a block bootstrap.</p>\n<table><tr><th>policy"
        "</th><th>changes/h</th><th>effective requests</th>",
        t->route->namespace, t->route->name, t->count,
        clock_format(t->frames[0].time_ms, from),
        clock_format(t->frames[t->count - 1].time_ms, to), r->items[0].estimate.requests,
        r->items[0].estimate.earned);
    for (enum estimator e = 0; e < ESTIMATOR_COUNT; e++)
        buf_printf(out, "<th>%s</th>", estimator_name(e));
    buf_puts(out, "<th>gain</th><th>not to be trusted, because</th></tr>\n");
    for (size_t i = 0; i < r->count; i++)
        add_row(&r->items[i], out);
    buf_puts(out, "</table>\n");
    page_legend(out, &t->route->spec);
    for (size_t i = 0; i < r->count; i++)
        add_film(&r->items[i], t, out);
    page_end(out);
}
