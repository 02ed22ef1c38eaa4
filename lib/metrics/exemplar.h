/* SPDX-License-Identifier: Apache-2.0 */
/* exemplar.h - one observation that is remembered beside a count. For lib/metrics only.
 *
 * A writer never waits: who finds the place taken, by another writer or by a page being
 * made, lets its exemplar go, for any other one is as good. The page waits for a writer,
 * who copies a few bytes.
 */
#ifndef METRICS_EXEMPLAR_H
#define METRICS_EXEMPLAR_H

#include <stdatomic.h>

#include "metrics/metrics.h"

/* OpenMetrics 1.0: names and values together; a character has up to four bytes in UTF-8.
 */
enum {
    EXEMPLAR_CHARACTERS = 128,
    EXEMPLAR_BYTES = 4 * EXEMPLAR_CHARACTERS + METRIC_EXEMPLAR_LABELS,
};

struct exemplar {
    const struct metric_desc *desc;
    _Atomic int64_t wall_ms; /* when it was seen; 0: none yet, or not told */
    atomic_bool busy;        /* somebody is at what follows */
    bool set;
    double value;
    char values[EXEMPLAR_BYTES]; /* one behind the other, each ends with NUL */
};

/* How many exemplars of so many places a child of that family has room for. */
static inline size_t exemplar_bytes(const struct metric_desc *d, size_t places)
{
    return d->exemplar[0] ? places * sizeof(struct exemplar) : 0;
}

/* e: zeroed memory. */
void exemplar_init(struct exemplar *e, const struct metric_desc *d);

/* Whether the one that is there, if any, has been there for long enough. */
bool exemplar_due(const struct exemplar *e, int64_t wall_ms);

/* Put another in its place, if that is due and nobody else is at it. */
void exemplar_offer(struct exemplar *e, double v, const char *const *values,
                    int64_t wall_ms);

/* Append " # {trace_id="..."} 0.25 1790000000.123", or nothing. */
void exemplar_text(struct exemplar *e, struct buf *out);

#endif
