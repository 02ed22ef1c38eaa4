/* SPDX-License-Identifier: Apache-2.0 */
/* results.h - all runs of all scenarios, and the reports about them. */
#ifndef SIM_RESULTS_H
#define SIM_RESULTS_H

#include "base/buf.h"
#include "sim/run.h"

/* One policy in one scenario at one rate, over all seeds. */
struct result {
    const struct scenario *scenario;
    const struct candidate *candidate;
    double rate;
    struct summary measures[MEASURE_COUNT];
};

struct results {
    struct scenario **scenarios; /* owned */
    size_t scenario_count;
    struct result *items;
    size_t count;
    size_t seeds;
    uint64_t first_seed;
};

/* Run everything: each policy meets the same seeds. Takes no ownership of the names. */
bool results_run(struct results *r, const char *const *paths, size_t count,
                 struct error *err);
void results_clear(struct results *r);

void results_table(const struct results *r, struct buf *out);
void results_csv(const struct results *r, struct buf *out);
/* A page that needs nothing but a browser: the table, and a day of each policy drawn. */
void results_html(const struct results *r, struct buf *out);

/* Check what the scenarios expect, append a line for each bound; false when one is not
 * met, or a scenario expects nothing. */
bool results_gate(const struct results *r, struct buf *out);

#endif
