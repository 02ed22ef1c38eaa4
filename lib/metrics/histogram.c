/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <math.h>
#include <sched.h>

#include "metrics/values.h"

#define HOT_BIT (1ULL << 63)

static size_t stripe_count(const struct metric_desc *d)
{
    return d->striped ? STRIPES : 1;
}

/* Of one with its numbers, in whole lines. */
static size_t stripe_bytes(const struct metric_desc *d)
{
    size_t n =
        sizeof(struct histogram_stripe) + 2 * (d->bucket_count + 1) * sizeof(uint64_t);

    return d->striped ? (n + STRIPE_ALIGN - 1) / STRIPE_ALIGN * STRIPE_ALIGN : n;
}

static struct histogram_stripe *stripe_at(const struct histogram *h, size_t i)
{
    return (void *)(h->stripes + i * h->stripe_bytes);
}

size_t histogram_bytes(const struct metric_desc *d)
{
    size_t n = d->bucket_count + 1;

    return sizeof(struct histogram) + n * sizeof(uint64_t) + exemplar_bytes(d, n) +
           (d->striped ? stripes_bytes(stripe_bytes(d)) : stripe_bytes(d));
}

void histogram_init(struct histogram *h, const struct metric_desc *d)
{
    size_t n = d->bucket_count + 1;
    char *more = (char *)(h->counts + n);

    h->desc = d;
    if (exemplar_bytes(d, n)) {
        h->exemplars = (void *)more;
        for (size_t i = 0; i < n; i++)
            exemplar_init(&h->exemplars[i], d);
        more += exemplar_bytes(d, n);
    }
    h->stripe_bytes = stripe_bytes(d);
    h->stripes = d->striped ? stripes_within(more) : more;
    for (size_t i = 0; i < stripe_count(d); i++) {
        struct histogram_stripe *s = stripe_at(h, i);

        s->sets[0].counts = s->counts;
        s->sets[1].counts = s->counts + n;
    }
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
    unsigned stripe = h->desc->striped ? stripe_mine() : STRIPE_SHARED;
    bool alone = stripe != STRIPE_SHARED;
    struct histogram_stripe *s = stripe_at(h, stripe);
    /* A reader writes this one, too. */
    struct histogram_set *set = &s->sets[atomic_fetch_add(&s->started, 1) >> 63];

    stripe_add(&set->counts[bucket], 1, alone, memory_order_relaxed);
    atomic_number_add(&set->sum, v, alone);
    /* Release: who sees this observation as finished sees its numbers. */
    stripe_add(&set->finished, 1, alone, memory_order_release);
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

/* The set that was hot is nobody's once all who began with it have finished. */
static void take_out(struct histogram *h, struct histogram_stripe *s)
{
    uint64_t hot = atomic_load(&s->started) & HOT_BIT;
    uint64_t started = atomic_exchange(&s->started, hot ^ HOT_BIT) & ~HOT_BIT;
    struct histogram_set *set = &s->sets[hot >> 63];

    while (atomic_load_explicit(&set->finished, memory_order_acquire) != started)
        (void)sched_yield();
    for (size_t i = 0; i <= h->desc->bucket_count; i++) {
        h->counts[i] += atomic_load_explicit(&set->counts[i], memory_order_relaxed);
        atomic_store_explicit(&set->counts[i], 0, memory_order_relaxed);
    }
    h->sum += atomic_number_get(&set->sum);
    atomic_number_set(&set->sum, 0);
    atomic_store_explicit(&set->finished, 0, memory_order_relaxed);
}

void histogram_read(struct histogram *h, struct histogram_reading *out)
{
    uint64_t total = 0;

    for (size_t i = 0; i < stripe_count(h->desc); i++)
        take_out(h, stripe_at(h, i));
    for (size_t i = 0; i <= h->desc->bucket_count; i++)
        out->counts[i] = total += h->counts[i];
    out->sum = h->sum;
}
