/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/random.h"

#include <math.h>

static uint64_t rotate(uint64_t v, int by)
{
    return v << by | v >> (64 - by);
}

/* SplitMix64, which its authors name for seeding the generator below. */
void random_seed(struct random *r, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t z = seed += 0x9e3779b97f4a7c15U;

        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9U;
        z = (z ^ z >> 27) * 0x94d049bb133111ebU;
        r->s[i] = z ^ z >> 31;
    }
}

/* xoshiro256++ (Blackman & Vigna 2019). */
static uint64_t next(struct random *r)
{
    uint64_t *s = r->s;
    uint64_t result = rotate(s[0] + s[3], 23) + s[0];
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

double random_uniform(struct random *r)
{
    return ((double)(next(r) >> 11) + 0.5) * 0x1p-53;
}

double random_normal(struct random *r)
{
    return sqrt(-2 * log(random_uniform(r))) * cos(2 * M_PI * random_uniform(r));
}

/* Multiply uniforms until they fall below exp(-mean) (Knuth). */
static uint64_t poisson_small(struct random *r, double mean)
{
    double limit = exp(-mean);
    double p = random_uniform(r);
    uint64_t k = 0;

    while (p > limit) {
        p *= random_uniform(r);
        k++;
    }
    return k;
}

/* Transformed rejection, algorithm PTRS (Hoermann 1993). */
static uint64_t poisson_large(struct random *r, double mean)
{
    double b = 0.931 + 2.53 * sqrt(mean);
    double a = -0.059 + 0.02483 * b;
    double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    double v_r = 0.9277 - 3.6224 / (b - 2);

    for (;;) {
        double u = random_uniform(r) - 0.5;
        double v = random_uniform(r);
        double us = 0.5 - fabs(u);
        double k = floor((2 * a / us + b) * u + mean + 0.43);

        if (us >= 0.07 && v <= v_r)
            return (uint64_t)k;
        if (k < 0 || (us < 0.013 && v > us))
            continue;
        if (log(v * inverse_alpha / (a / (us * us) + b)) <=
            k * log(mean) - mean - lgamma(k + 1))
            return (uint64_t)k;
    }
}

uint64_t random_poisson(struct random *r, double mean)
{
    if (!(mean > 0))
        return 0;
    return mean < 12 ? poisson_small(r, mean) : poisson_large(r, mean);
}

/* Sum of geometric waiting times until the trials are used up: exact, and quick while
 * trials * p is small, which is what failures of a healthy arm are. */
static uint64_t binomial_rare(struct random *r, uint64_t trials, double p)
{
    double log_q = log1p(-p);
    double used = 0;
    uint64_t hits = 0;

    for (;;) {
        used += floor(log(random_uniform(r)) / log_q) + 1;
        if (used > (double)trials)
            return hits;
        hits++;
    }
}

uint64_t random_binomial(struct random *r, uint64_t trials, double p)
{
    if (!trials || p <= 0)
        return 0;
    if (p >= 1)
        return trials;
    return p <= 0.5 ? binomial_rare(r, trials, p)
                    : trials - binomial_rare(r, trials, 1 - p);
}
