/* SPDX-License-Identifier: Apache-2.0 */
#include "traffic/latency.h"

#include <math.h>
#include <stddef.h>
#include <stdio.h>

/* Below 2^(SUB_BITS + 1) a bucket is a nanosecond; from there on its width doubles with
 * each power of two. */
static size_t bucket_of(uint64_t ns)
{
    unsigned shift = 0;

    if (ns >> (LATENCY_SUB_BITS + 1))
        shift = 63 - (unsigned)__builtin_clzll(ns) - LATENCY_SUB_BITS;
    return ((size_t)shift << LATENCY_SUB_BITS) + (size_t)(ns >> shift);
}

/* The middle of what falls into the bucket. */
static double middle_of(size_t bucket)
{
    size_t octave = bucket >> LATENCY_SUB_BITS;
    unsigned shift = octave > 1 ? (unsigned)octave - 1 : 0;
    uint64_t low = (uint64_t)(bucket - ((size_t)shift << LATENCY_SUB_BITS)) << shift;

    return (double)low + (double)(((uint64_t)1 << shift) - 1) / 2;
}

void latency_add(struct latency *l, int64_t ns)
{
    const uint64_t longest = ((uint64_t)1 << LATENCY_MAX_BITS) - 1;
    uint64_t v = ns < 0 ? 0 : (uint64_t)ns;

    l->counts[bucket_of(v < longest ? v : longest)]++;
    l->total++;
}

double latency_quantile_ns(const struct latency *l, double q)
{
    double rank = fmax(1, ceil(q * (double)l->total));
    uint64_t seen = 0;

    for (size_t i = 0; i < LATENCY_BUCKETS; i++) {
        seen += l->counts[i];
        if (seen && (double)seen >= rank)
            return middle_of(i);
    }
    return (double)NAN;
}

void latency_since(const struct latency *now, const struct latency *then,
                   struct latency *out)
{
    for (size_t i = 0; i < LATENCY_BUCKETS; i++)
        out->counts[i] = now->counts[i] - then->counts[i];
    out->total = now->total - then->total;
}

const char *latency_text(double ns, char out[LATENCY_TEXT_MAX])
{
    static const struct {
        double below_ns; /* where it would round to one digit more */
        int digits;
        double unit_ns;
        const char *unit;
    } forms[] = {
        {999.5e3,  0, 1e3, "us"},
        {9.995e6,  2, 1e6, "ms"},
        {99.95e6,  1, 1e6, "ms"},
        {999.5e6,  0, 1e6, "ms"},
        {INFINITY, 2, 1e9, "s" },
    };
    size_t i = 0;

    if (isnan(ns))
        return "-";
    while (ns >= forms[i].below_ns)
        i++;
    (void)snprintf(out, LATENCY_TEXT_MAX, "%.*f %s", forms[i].digits,
                   ns / forms[i].unit_ns, forms[i].unit);
    return out;
}
