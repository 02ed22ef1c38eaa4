/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/results.h"

#include <math.h>
#include <stdlib.h>

static void run_one(struct results *r, struct result *to)
{
    double *values = mem_alloc(MEASURE_COUNT * r->seeds, sizeof(*values));
    double of_run[MEASURE_COUNT];

    for (size_t i = 0; i < r->seeds; i++) {
        run_scenario(to->scenario, to->candidate, to->rate, r->first_seed + i, of_run,
                     NULL, NULL);
        for (size_t m = 0; m < MEASURE_COUNT; m++)
            values[m * r->seeds + i] = of_run[m];
    }
    for (size_t m = 0; m < MEASURE_COUNT; m++)
        to->measures[m] = measure_summarise(values + m * r->seeds, r->seeds);
    free(values);
}

static void run_all(struct results *r, const struct scenario *s)
{
    size_t more = s->rate_count * s->candidate_count;

    r->items = mem_resize(r->items, r->count + more, sizeof(*r->items));
    for (size_t c = 0; c < s->candidate_count; c++)
        for (size_t i = 0; i < s->rate_count; i++) {
            struct result *to = &r->items[r->count++];

            *to = (struct result){
                .scenario = s, .candidate = &s->candidates[c], .rate = s->rates[i]};
            run_one(r, to);
        }
}

bool results_run(struct results *r, const char *const *paths, size_t count,
                 struct error *err)
{
    r->scenarios = mem_alloc(count, sizeof(struct scenario *));
    for (size_t i = 0; i < count; i++) {
        r->scenarios[i] = scenario_read(paths[i], err);
        if (!r->scenarios[i])
            return false;
        r->scenario_count++;
    }
    for (size_t i = 0; i < count; i++)
        run_all(r, r->scenarios[i]);
    return true;
}

void results_clear(struct results *r)
{
    for (size_t i = 0; i < r->scenario_count; i++)
        scenario_free(r->scenarios[i]);
    free(r->scenarios);
    free(r->items);
    r->scenarios = NULL;
    r->items = NULL;
    r->count = r->scenario_count = 0;
}

static void add_cell(struct buf *out, const struct summary *s, int digits)
{
    if (!s->count)
        buf_printf(out, " %19s", "-");
    else if (isnan(s->half_width))
        buf_printf(out, " %19.*f", digits, s->mean);
    else
        buf_printf(out, " %10.*f \xc2\xb1 %6.*f", digits, s->mean, digits, s->half_width);
}

void results_table(const struct results *r, struct buf *out)
{
    const struct scenario *last = NULL;

    for (size_t i = 0; i < r->count; i++) {
        const struct result *item = &r->items[i];

        if (item->scenario != last) {
            last = item->scenario;
            buf_printf(out, "%s%s: %s (%zu seed%s)\n", i ? "\n" : "", last->name,
                       last->about, r->seeds,
                       r->seeds == 1 ? "" : "s, mean \xc2\xb1 95 % interval");
            buf_printf(out, "  %-24s %8s", "policy", "rate/s");
            for (size_t m = 0; m < MEASURE_COUNT; m++)
                buf_printf(out, " %19s", measure_title((enum measure)m));
            buf_putc(out, '\n');
        }
        buf_printf(out, "  %-24s %8g", item->candidate->name, item->rate);
        for (size_t m = 0; m < MEASURE_COUNT; m++)
            add_cell(out, &item->measures[m],
                     m == MEASURE_RIGHT  ? 4
                     : m >= MEASURE_LEFT ? 1
                                         : 2);
        buf_putc(out, '\n');
    }
}

void results_csv(const struct results *r, struct buf *out)
{
    buf_puts(out, "scenario,policy,rate,seeds");
    for (size_t m = 0; m < MEASURE_COUNT; m++)
        buf_printf(out, ",%s,%sHalfWidth", measure_name((enum measure)m),
                   measure_name((enum measure)m));
    buf_putc(out, '\n');
    for (size_t i = 0; i < r->count; i++) {
        const struct result *item = &r->items[i];

        buf_printf(out, "%s,%s,%g,%zu", item->scenario->name, item->candidate->name,
                   item->rate, r->seeds);
        for (size_t m = 0; m < MEASURE_COUNT; m++) {
            const struct summary *s = &item->measures[m];

            if (s->count)
                buf_printf(out, ",%.6g", s->mean);
            else
                buf_putc(out, ',');
            if (s->count > 1)
                buf_printf(out, ",%.6g", s->half_width);
            else
                buf_putc(out, ',');
        }
        buf_putc(out, '\n');
    }
}

/* An interval that lies on the wrong side whole is a failure, and so is a mean that does:
 * seeds are fixed, so the gate does not waver. */
static bool check(const struct result *item, const struct expectation *e, struct buf *out)
{
    bool good = true;

    for (size_t m = 0; m < MEASURE_COUNT; m++) {
        const struct summary *s = &item->measures[m];
        double bound = e->bounds[m];
        bool met;

        if (isnan(bound))
            continue;
        met = s->count &&
              (measure_is_good((enum measure)m) ? s->mean >= bound : s->mean <= bound);
        buf_printf(out, "%s %s/%s at %g/s: %s %.4g \xc2\xb1 %.2g, %s %g\n",
                   met ? "ok    " : "FAILED", item->scenario->name, item->candidate->name,
                   item->rate, measure_name((enum measure)m), s->mean, s->half_width,
                   measure_is_good((enum measure)m) ? "at least" : "at most", bound);
        good &= met;
    }
    return good;
}

/* A scenario that expects nothing is no gate, but looks like one. */
static bool check_all_expect(const struct results *r, struct buf *out)
{
    bool good = true;

    for (size_t i = 0; i < r->scenario_count; i++)
        if (!r->scenarios[i]->expectation_count) {
            buf_printf(out, "FAILED %s: nothing is expected of it\n",
                       r->scenarios[i]->name);
            good = false;
        }
    return good;
}

bool results_gate(const struct results *r, struct buf *out)
{
    bool good = check_all_expect(r, out);

    for (size_t i = 0; i < r->count; i++) {
        const struct result *item = &r->items[i];

        for (size_t e = 0; e < item->scenario->expectation_count; e++) {
            const struct expectation *expected = &item->scenario->expectations[e];

            if (&item->scenario->candidates[expected->candidate] == item->candidate &&
                (isnan(expected->rate) || expected->rate == item->rate))
                good &= check(item, expected, out);
        }
    }
    return good;
}
