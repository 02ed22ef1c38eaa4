/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "metrics/family.h"
#include "metrics/values.h"

/* Relaxed order throughout: a metric's value is all that is read, nothing hangs on it. */
static const memory_order relaxed = memory_order_relaxed;

static double from_bits(uint64_t bits)
{
    double v;

    memcpy(&v, &bits, sizeof(v));
    return v;
}

static uint64_t to_bits(double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof(bits));
    return bits;
}

double atomic_number_get(const atomic_number *n)
{
    return from_bits(atomic_load_explicit(n, relaxed));
}

void atomic_number_set(atomic_number *n, double v)
{
    atomic_store_explicit(n, to_bits(v), relaxed);
}

void atomic_number_add(atomic_number *n, double v, bool alone)
{
    uint64_t old = atomic_load_explicit(n, relaxed);

    if (alone) {
        atomic_store_explicit(n, to_bits(from_bits(old) + v), relaxed);
        return;
    }
    while (!atomic_compare_exchange_weak_explicit(n, &old, to_bits(from_bits(old) + v),
                                                  relaxed, relaxed))
        continue;
}

/* Where this thread counts: in its stripe if there are any, else in the value itself. */
struct place {
    _Atomic uint64_t *number;
    bool alone;
};

static inline struct place place_of(const void *value, _Atomic uint64_t *itself)
{
    const struct child *c = child_of(value);
    unsigned stripe;

    if (!c->striped)
        return (struct place){itself, false};
    stripe = stripe_mine();
    return (struct place){&child_stripes(c)[stripe].number, stripe != STRIPE_SHARED};
}

static double from_whole(uint64_t v)
{
    return (double)v;
}

/* What the value itself holds and its stripes, each as `read` reads it. */
static double with_stripes(double sum, const void *value, double (*read)(uint64_t))
{
    const struct child *c = child_of(value);

    for (size_t i = 0; c->striped && i < STRIPES; i++)
        sum += read(atomic_load_explicit(&child_stripes(c)[i].number, relaxed));
    return sum;
}

static void add_whole(struct counter *c, uint64_t v)
{
    struct place p = place_of(c, &c->whole);

    stripe_add(p.number, v, p.alone, relaxed);
}

void counter_inc(struct counter *c)
{
    add_whole(c, 1);
}

static bool adds(double v)
{
    return isfinite(v) && v > 0;
}

void counter_add(struct counter *c, double v)
{
    if (!adds(v))
        return;
    if (v < 0x1p53 && v == floor(v))
        add_whole(c, (uint64_t)v);
    else
        atomic_number_add(&c->fraction, v, false);
}

void counter_add_exemplar(struct counter *c, double v, const char *const *values,
                          int64_t wall_ms)
{
    assert(child_of(c)->value_bytes > sizeof(*c) && !child_of(c)->striped &&
           "the family has exemplar labels");
    counter_add(c, v);
    if (adds(v))
        exemplar_offer(c->exemplar, v, values, wall_ms);
}

double counter_value(const struct counter *c)
{
    double sum = (double)atomic_load_explicit(&c->whole, relaxed) +
                 atomic_number_get(&c->fraction);

    return with_stripes(sum, c, from_whole);
}

void gauge_set(struct gauge *g, double v)
{
    assert(!child_of(g)->striped && "a striped gauge is only added to");
    atomic_number_set(&g->value, v);
}

void gauge_add(struct gauge *g, double v)
{
    struct place p = place_of(g, &g->value);

    atomic_number_add(p.number, v, p.alone);
}

double gauge_value(const struct gauge *g)
{
    return with_stripes(atomic_number_get(&g->value), g, from_bits);
}

void stateset_set(struct stateset *s, size_t state)
{
    atomic_store_explicit(&s->state, state, relaxed);
}
