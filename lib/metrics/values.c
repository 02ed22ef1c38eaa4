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

void atomic_number_add(atomic_number *n, double v)
{
    uint64_t old = atomic_load_explicit(n, relaxed);

    while (!atomic_compare_exchange_weak_explicit(n, &old, to_bits(from_bits(old) + v),
                                                  relaxed, relaxed))
        continue;
}

void counter_inc(struct counter *c)
{
    (void)atomic_fetch_add_explicit(&c->whole, 1, relaxed);
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
        (void)atomic_fetch_add_explicit(&c->whole, (uint64_t)v, relaxed);
    else
        atomic_number_add(&c->fraction, v);
}

void counter_add_exemplar(struct counter *c, double v, const char *const *values,
                          int64_t wall_ms)
{
    assert(child_of(c)->value_bytes > sizeof(*c) && "the family has exemplar labels");
    counter_add(c, v);
    if (adds(v))
        exemplar_offer(c->exemplar, v, values, wall_ms);
}

double counter_value(const struct counter *c)
{
    return (double)atomic_load_explicit(&c->whole, relaxed) +
           atomic_number_get(&c->fraction);
}

void gauge_set(struct gauge *g, double v)
{
    atomic_number_set(&g->value, v);
}

void gauge_add(struct gauge *g, double v)
{
    atomic_number_add(&g->value, v);
}

double gauge_value(const struct gauge *g)
{
    return atomic_number_get(&g->value);
}

void stateset_set(struct stateset *s, size_t state)
{
    atomic_store_explicit(&s->state, state, relaxed);
}
