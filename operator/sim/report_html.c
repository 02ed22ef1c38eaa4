/* SPDX-License-Identifier: Apache-2.0 */
/* report_html.c - a page to look at: the figures, and one run of each policy drawn. */
#include <math.h>

#include "sim/film.h"
#include "sim/page.h"
#include "sim/results.h"

static void add_plot(const struct result *item, uint64_t seed, struct buf *out)
{
    const struct route_spec *spec = &item->candidate->route->spec;
    double measures[MEASURE_COUNT];
    struct film f;

    film_begin(&f, (size_t)(item->scenario->duration_ms / spec->interval_ms));
    run_scenario(item->scenario, item->candidate, item->rate, seed, measures, film_add,
                 &f);
    buf_printf(
        out,
        "<figure><figcaption><b>%s</b> at %g requests/s, seed %llu: weights; who led "
        "and who was right to lead; rewards as estimated and (dotted) as they "
        "were</figcaption>\n",
        item->candidate->name, item->rate, (unsigned long long)seed);
    film_svg(&f, spec->arm_count, "right", out);
    buf_puts(out, "</figure>\n");
    film_clear(&f);
}

/* Whether some row of the scenario has such a figure. */
static bool is_measured(const struct results *r, const struct scenario *s, size_t measure)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->items[i].scenario == s && r->items[i].measures[measure].count)
            return true;
    return false;
}

/* Two figures of an interval say enough. */
static int decimals(double half_width)
{
    return half_width >= 10 || !(half_width > 0) ? 0 : 1 - (int)floor(log10(half_width));
}

static void add_row(const struct results *r, const struct result *item, struct buf *out)
{
    buf_puts(out, "<tr><td>");
    page_text(out, item->candidate->name);
    buf_printf(out, "</td><td>%g</td>", item->rate);
    for (size_t m = 0; m < MEASURE_COUNT; m++) {
        const struct summary *s = &item->measures[m];

        if (s->count > 1)
            buf_printf(out, "<td>%.4g <small>&plusmn; %.*f</small></td>", s->mean,
                       decimals(s->half_width), s->half_width);
        else if (s->count) /* one run has no interval */
            buf_printf(out, "<td>%.4g</td>", s->mean);
        else if (is_measured(r, item->scenario, m))
            buf_puts(out, "<td></td>");
    }
    buf_puts(out, "</tr>\n");
}

static void add_scenario(const struct results *r, const struct scenario *s,
                         struct buf *out)
{
    buf_puts(out, "<h2>");
    page_text(out, s->name);
    buf_puts(out, "</h2><p>");
    page_text(out, s->about);
    buf_puts(out, "</p><table><tr><th>policy</th><th>requests/s</th>");
    for (size_t m = 0; m < MEASURE_COUNT; m++)
        if (is_measured(r, s, m))
            buf_printf(out, "<th>%s</th>", measure_title((enum measure)m));
    buf_puts(out, "</tr>\n");
    for (size_t i = 0; i < r->count; i++)
        if (r->items[i].scenario == s)
            add_row(r, &r->items[i], out);
    buf_puts(out, "</table>\n");
    page_legend(out, &s->candidates[0].route->spec);
    for (size_t i = 0; i < r->count; i++)
        if (r->items[i].scenario == s && r->items[i].rate == s->rates[s->rate_count - 1])
            add_plot(&r->items[i], r->first_seed, out);
}

void results_html(const struct results *r, struct buf *out)
{
    page_begin(out, "bandit-sim");
    buf_printf(out, "<p>Means over %zu seeds with their 95 %% intervals.</p>\n",
               r->seeds);
    for (size_t i = 0; i < r->scenario_count; i++)
        add_scenario(r, r->scenarios[i], out);
    page_end(out);
}
