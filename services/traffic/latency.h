/* SPDX-License-Identifier: Apache-2.0 */
/* latency.h - a histogram of durations that knows every quantile to within 0.4 %.
 *
 * Log-linear: each power of two of nanoseconds is cut into 128 equal buckets, so a bucket
 * is at most 1/128 of its lower bound wide, and its middle at most 1/256 = 0.39 % off
 * whatever fell into it. Up to 18 minutes; what is longer counts as that.
 */
#ifndef TRAFFIC_LATENCY_H
#define TRAFFIC_LATENCY_H

#include <stdint.h>

enum {
    LATENCY_SUB_BITS = 7,
    LATENCY_MAX_BITS = 40, /* durations are below 2^40 ns */
    LATENCY_BUCKETS = (LATENCY_MAX_BITS - LATENCY_SUB_BITS + 1) << LATENCY_SUB_BITS,
};

struct latency {
    uint64_t counts[LATENCY_BUCKETS];
    uint64_t total;
};

void latency_add(struct latency *l, int64_t ns);

/* The smallest duration that the share q (0..1) of all does not exceed; NAN when there
 * are none. */
double latency_quantile_ns(const struct latency *l, double q);

/* What was added to now since it was a copy, then. */
void latency_since(const struct latency *now, const struct latency *then,
                   struct latency *out);

/* "35 us", "1.23 ms", "45.6 ms", "1.20 s"; "-" for NAN. */
enum { LATENCY_TEXT_MAX = 16 };
const char *latency_text(double ns, char out[LATENCY_TEXT_MAX]);

#endif
