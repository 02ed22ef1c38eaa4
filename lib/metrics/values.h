/* SPDX-License-Identifier: Apache-2.0 */
/* values.h - how what is counted and measured is laid out. For lib/metrics only. */
#ifndef METRICS_VALUES_H
#define METRICS_VALUES_H

#include <stdatomic.h>
#include <stddef.h>

#include "metrics/exemplar.h"
#include "metrics/metrics.h"
#include "metrics/stripes.h"

/* A double that is added to: the bits in an atomic integer, changed by compare and swap.
 */
typedef _Atomic uint64_t atomic_number;

double atomic_number_get(const atomic_number *n);
void atomic_number_set(atomic_number *n, double v);
void atomic_number_add(atomic_number *n, double v, bool alone); /* as stripe_add() */

/* Whole increments, which nearly all are, take one atomic addition; others go to
 * `fraction`. The value is the sum of the two, and of its stripes. */
struct counter {
    _Atomic uint64_t whole;
    atomic_number fraction;
    struct exemplar exemplar[]; /* one, where the family takes them */
};

struct gauge {
    atomic_number value;
};

struct stateset {
    _Atomic size_t state;
};

/* One of a striped counter or gauge, behind its value: alone in a line of memory. */
struct number_stripe {
    _Alignas(STRIPE_ALIGN) _Atomic uint64_t number; /* a gauge's: the bits of a double */
};

/* Observations go to the hot one of two sets of numbers. A reader makes the other one
 * hot, waits until those who had already begun have ended, and so sees buckets, count and
 * sum of the very same observations without ever holding an observer up. What it has seen
 * it takes out of the set and adds to its own totals. */
struct histogram_set {
    _Atomic uint64_t finished; /* observations wholly written */
    atomic_number sum;
    _Atomic uint64_t *counts; /* one per bucket, then +Inf; not cumulative */
};

struct histogram_stripe {
    _Atomic uint64_t started; /* observations begun; the top bit names the hot set */
    struct histogram_set sets[2];
    _Atomic uint64_t counts[]; /* of both */
};

struct histogram {
    const struct metric_desc *desc;
    struct exemplar *exemplars; /* one per bucket, then +Inf; NULL: not taken */
    char *stripes;              /* one, or STRIPES of them ... */
    size_t stripe_bytes;        /* ... of this size */
    double sum;                 /* of all that has been read */
    uint64_t counts[];          /* the same; then exemplars, then stripes */
};

struct histogram_reading {
    uint64_t *counts; /* cumulative; bucket_count + 1 of them */
    double sum;
};

size_t histogram_bytes(const struct metric_desc *d);
/* h: zeroed memory of that many bytes. */
void histogram_init(struct histogram *h, const struct metric_desc *d);

/* Readers must not run at the same time (the registry's lock sees to it). */
void histogram_read(struct histogram *h, struct histogram_reading *out);

#endif
