/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/draw.h"

#include <math.h>

double draw_uniform(struct random *r)
{
    return ((double)(random_next(r) >> 11) + 0.5) * 0x1p-53;
}

/* Multiply uniforms until they fall below exp(-mean) (Knuth). */
static uint64_t poisson_small(struct random *r, double mean)
{
    double limit = exp(-mean);
    double p = draw_uniform(r);
    uint64_t k = 0;

    while (p > limit) {
        p *= draw_uniform(r);
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
        double u = draw_uniform(r) - 0.5;
        double v = draw_uniform(r);
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

uint64_t draw_poisson(struct random *r, double mean)
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
        used += floor(log(draw_uniform(r)) / log_q) + 1;
        if (used > (double)trials)
            return hits;
        hits++;
    }
}

uint64_t draw_binomial(struct random *r, uint64_t trials, double p)
{
    if (!trials || p <= 0)
        return 0;
    if (p >= 1)
        return trials;
    return p <= 0.5 ? binomial_rare(r, trials, p)
                    : trials - binomial_rare(r, trials, 1 - p);
}
