/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <math.h>
#include <sched.h>

#include "metrics/values.h"

#define HOT_BIT (1ULL << 63)

size_t histogram_bytes(const struct metric_desc *d)
{
    size_t n = d->bucket_count + 1;

    return sizeof(struct histogram) + 2 * n * sizeof(uint64_t) + exemplar_bytes(d, n);
}

void histogram_init(struct histogram *h, const struct metric_desc *d)
{
    size_t n = d->bucket_count + 1;

    h->desc = d;
    h->sets[0].counts = h->counts;
    h->sets[1].counts = h->counts + n;
    if (!exemplar_bytes(d, n))
        return;
    h->exemplars = (struct exemplar *)(uintptr_t)(h->counts + 2 * n);
    for (size_t i = 0; i < n; i++)
        exemplar_init(&h->exemplars[i], d);
}

/* Bounds are few and observations mostly fall into the first half: a walk beats a search.
 */
static size_t bucket_of(const struct metric_desc *d, double v)
{
    size_t i = 0;

    while (i < d->bucket_count && v > d->buckets[i])
        i++;
    return i;
}

static void observe(struct histogram *h, double v, size_t bucket)
{
    struct histogram_set *set = &h->sets[atomic_fetch_add(&h->started, 1) >> 63];

    (void)atomic_fetch_add_explicit(&set->counts[bucket], 1, memory_order_relaxed);
    atomic_number_add(&set->sum, v);
    /* Release: who sees this observation as finished sees its numbers. */
    (void)atomic_fetch_add_explicit(&set->finished, 1, memory_order_release);
}

void histogram_observe(struct histogram *h, double v)
{
    if (!isnan(v))
        observe(h, v, bucket_of(h->desc, v));
}

void histogram_observe_exemplar(struct histogram *h, double v, const char *const *values,
                                int64_t wall_ms)
{
    size_t bucket;

    assert(h->exemplars && "the family has exemplar labels");
    if (isnan(v))
        return;
    bucket = bucket_of(h->desc, v);
    observe(h, v, bucket);
    exemplar_offer(&h->exemplars[bucket], v, values, wall_ms);
}

/* Pour the cold set's numbers into the hot one, which thereby counts everything again. */
static void pour(struct histogram_set *cold, struct histogram_set *hot, size_t n)
{
    for (size_t i = 0; i < n; i++)
        (void)atomic_fetch_add_explicit(
            &hot->counts[i],
            atomic_exchange_explicit(&cold->counts[i], 0, memory_order_relaxed),
            memory_order_relaxed);
    atomic_number_add(&hot->sum, atomic_number_get(&cold->sum));
    atomic_number_set(&cold->sum, 0);
    (void)atomic_fetch_add_explicit(
        &hot->finished,
        atomic_exchange_explicit(&cold->finished, 0, memory_order_relaxed),
        memory_order_release);
}

void histogram_read(struct histogram *h, struct histogram_reading *out)
{
    size_t n = h->desc->bucket_count + 1;
    uint64_t started = atomic_fetch_add(&h->started, HOT_BIT); /* flips the top bit */
    struct histogram_set *cold = &h->sets[started >> 63];
    struct histogram_set *hot = &h->sets[1 - (started >> 63)];
    uint64_t total = 0;

    while (atomic_load_explicit(&cold->finished, memory_order_acquire) !=
           (started & ~HOT_BIT))
        (void)sched_yield();
    for (size_t i = 0; i < n; i++) {
        total += atomic_load_explicit(&cold->counts[i], memory_order_relaxed);
        out->counts[i] = total;
    }
    out->sum = atomic_number_get(&cold->sum);
    pour(cold, hot, n);
}
