/* SPDX-License-Identifier: Apache-2.0 */
/* registry.h - how a registry is laid out in memory. For lib/metrics only. */
#ifndef METRICS_REGISTRY_H
#define METRICS_REGISTRY_H

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

#include "metrics/exemplar.h"
#include "metrics/metrics.h"

/* A double that is added to: the bits in an atomic integer, changed by compare and swap.
 */
typedef _Atomic uint64_t atomic_number;

double atomic_number_get(const atomic_number *n);
void atomic_number_set(atomic_number *n, double v);
void atomic_number_add(atomic_number *n, double v);

/* Whole increments, which nearly all are, take one atomic addition; others go to
 * `fraction`. The value is the sum of the two. */
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

/* Observations go to the hot one of two sets of numbers. A reader makes the other one
 * hot, waits until those who had already begun have ended, and so sees buckets, count and
 * sum of the very same observations without ever holding an observer up. */
struct histogram_set {
    _Atomic uint64_t finished; /* observations wholly written */
    atomic_number sum;
    _Atomic uint64_t *counts; /* one per bucket, then +Inf; not cumulative */
};

struct histogram {
    const struct metric_desc *desc;
    _Atomic uint64_t started; /* observations begun; the top bit names the hot set */
    struct histogram_set sets[2];
    struct exemplar *exemplars; /* one per bucket, then +Inf; NULL: not taken */
    _Atomic uint64_t counts[];  /* of both sets, then the exemplars */
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

/* One set of label values of a family, in one piece of memory, because there are many.
 * The value, as large as its type, is followed by the labels: the text between the
 * braces, ready to be copied into a page, which is also the key; then the label values as
 * given. Each ends with NUL. */
struct child {
    uint64_t hash;
    uint32_t value_bytes;
    uint32_t labels_len;
    uint64_t value[]; /* struct counter, gauge, ...; of an info nothing */
};

static inline void *child_value(struct child *c)
{
    return c->value;
}

/* The child that a value is part of. */
static inline const struct child *child_of(const void *value)
{
    return (const struct child *)((const char *)value - offsetof(struct child, value));
}

static inline const char *child_labels(const struct child *c)
{
    return (const char *)c->value + c->value_bytes;
}

/* The first of the label values; the next one stands behind its NUL. */
static inline const char *child_label_values(const struct child *c)
{
    return child_labels(c) + c->labels_len + 1;
}

struct family {
    const struct metric_desc *desc;
    size_t label_count;
    struct child **children; /* in the order they were made */
    size_t count, capacity;
    struct child **slots; /* open addressing by hash; a power of two */
    size_t slot_count;
};

struct refresh {
    metrics_refresh_fn *fn;
    void *arg;
};

struct metrics {
    pthread_mutex_t lock; /* over all below */
    struct buf constant;  /* the constant labels as text */
    struct metric_label *constant_labels;
    size_t constant_count;
    struct family **families; /* in the order they were first used */
    size_t family_count;
    struct refresh *refreshes;
    size_t refresh_count;
    void **owned; /* freed with the registry */
    size_t owned_count;
};

size_t metric_label_count(const struct metric_desc *d);

/* Free p together with the registry. */
void metrics_own(struct metrics *m, void *p);

#endif
