/* SPDX-License-Identifier: Apache-2.0 */
/* best_gaussian.c - which of several independent Gaussians is the greatest.
 *
 * Whoever is so far behind the highest mean that it wins once in a billion draws is left
 * out. Of two, what is left is one value of the normal distribution function; of three,
 * the probability of a quadrant of the bivariate normal, by Plackett's formula (1954):
 *
 *   P = F(h) F(k) + 1/(2 pi) integral from 0 to rho of
 *                   exp(-(h^2 - 2 h k r + k^2) / (2 (1 - r^2))) / sqrt(1 - r^2) dr
 *
 * with h and k the standardised leads over the two others and rho their correlation. It
 * is asked for the two arms with the smaller variances, whose rho is at most sqrt(1/2):
 * there the integrand is smooth, and four nodes of Gauss and Legendre are good for 1e-6.
 * Of more than three, the integral over each arm's own distribution by the midpoint rule,
 * good for 0.02. The loops over nodes have no branches and no calls, so that they become
 * vector code.
 */
#include "core/stats.h"

#include <math.h>
#include <stdbool.h>

#include "route/route.h"

enum { QUADRANT_NODES = 4, MIDPOINTS = 32 };

static const double out_of_reach = 6; /* standard errors of the difference: P < 1e-9 */
static const double least_error = 1e-12;

/* Normal distribution function to 3e-7 (Abramowitz & Stegun 7.1.28). */
static inline float cdf(float z)
{
    float x = fabsf(z) * 0.70710678F;
    float t =
        1 +
        x * (0.0705230784F +
             x * (0.0422820123F +
                  x * (0.0092705272F +
                       x * (0.0001520143F + x * (0.0002765672F + x * 0.0000430638F)))));
    float t2 = t * t;
    float t4 = t2 * t2;
    float t8 = t4 * t4;
    float tail = 0.5F / (t8 * t8);

    return 0.5F + copysignf(0.5F - tail, z);
}

/* exp(x) for x <= 0 to 1e-6 of one: below -32 it is nothing, else the 64th power of the
 * series for x / 64. */
static inline float exp_negative(float x)
{
    float y = (x > -32 ? x : -32) / 64;
    float e =
        1 +
        y * (1 + y * (0.5F + y * (0.16666667F + y * (0.041666667F + y * 0.0083333333F))));

    e *= e;
    e *= e;
    e *= e;
    e *= e;
    e *= e;
    return e * e;
}

/* ---- two and three -------------------------------------------------------------------
 */

struct gaussian {
    double mean, variance;
};

static double spread(const struct gaussian *a, const struct gaussian *b)
{
    return sqrt(a->variance + b->variance);
}

static void best_of_two(const struct gaussian *g, double *probability)
{
    double z = (g[0].mean - g[1].mean) / spread(&g[0], &g[1]);

    probability[0] = 0.5 * erfc(-z * M_SQRT1_2);
    probability[1] = 1 - probability[0];
}

/* That one beats both others: its standardised leads over them, and their correlation. */
struct quadrant {
    float h, k, rho;
};

static struct quadrant quadrant_of(double variance, double lead_b, double spread_b,
                                   double lead_c, double spread_c)
{
    return (struct quadrant){
        .h = (float)(lead_b / spread_b),
        .k = (float)(lead_c / spread_c),
        .rho = (float)(variance / (spread_b * spread_c)),
    };
}

static void integrand(const struct quadrant *q, float terms[QUADRANT_NODES])
{
    static const float nodes[QUADRANT_NODES] = {0.0694318442F, 0.3300094782F,
                                                0.6699905218F, 0.9305681558F};
    static const float weights[QUADRANT_NODES] = {0.1739274226F, 0.3260725774F,
                                                  0.3260725774F, 0.1739274226F};
    float squares = q->h * q->h + q->k * q->k, product = 2 * q->h * q->k;

    for (size_t j = 0; j < QUADRANT_NODES; j++) {
        float r = q->rho * nodes[j];
        float rest = 1 - r * r;

        terms[j] =
            weights[j] * exp_negative((product * r - squares) / (2 * rest)) / sqrtf(rest);
    }
}

/* Two quadrants at once: each of them is one long chain of dependent operations, and side
 * by side they take little longer than one. */
static void quadrants(const struct quadrant q[2], double probability[2])
{
    float terms[2][QUADRANT_NODES];
    float below[4] = {q[0].h, q[0].k, q[1].h, q[1].k};
    float sums[2] = {0, 0};

    for (size_t i = 0; i < 2; i++)
        integrand(&q[i], terms[i]);
    for (size_t i = 0; i < 4; i++)
        below[i] = cdf(below[i]);
    for (size_t j = 0; j < QUADRANT_NODES; j++)
        for (size_t i = 0; i < 2; i++)
            sums[i] += terms[i][j];
    for (size_t i = 0; i < 2; i++) {
        float p = below[2 * i] * below[2 * i + 1] + q[i].rho * sums[i] * 0.15915494F;

        probability[i] = p > 0 ? (double)p : 0;
    }
}

static void best_of_three(const struct gaussian *g, double *probability)
{
    size_t widest = g[1].variance > g[0].variance ? 1 : 0;
    size_t a, b;
    double ahead, apart, a_apart, b_apart, p[2], rest;

    widest = g[2].variance > g[widest].variance ? 2 : widest;
    a = widest == 0 ? 1 : 0;
    b = widest == 2 ? 1 : 2;
    ahead = g[a].mean - g[b].mean;
    apart = spread(&g[a], &g[b]);
    a_apart = spread(&g[a], &g[widest]);
    b_apart = spread(&g[b], &g[widest]);
    quadrants((struct quadrant[]){quadrant_of(g[a].variance, ahead, apart,
                                              g[a].mean - g[widest].mean, a_apart),
                                  quadrant_of(g[b].variance, -ahead, apart,
                                              g[b].mean - g[widest].mean, b_apart)},
              p);
    rest = 1 - p[0] - p[1];
    probability[a] = p[0];
    probability[b] = p[1];
    probability[widest] = rest > 0 ? rest : 0;
    for (size_t i = 0; i < 3 && rest < 0; i++)
        probability[i] /= 1 - rest; /* by rounding they came to a little more than one */
}

/* ---- more ----------------------------------------------------------------------------
 */

/* Midpoints of slices of the standard normal that have equal probability. */
static const float midpoints[MIDPOINTS] = {
    -2.153875F, -1.675940F, -1.417797F, -1.229859F, -1.077516F, -0.946782F, -0.830511F,
    -0.724514F, -0.626099F, -0.533410F, -0.445097F, -0.360130F, -0.277690F, -0.197099F,
    -0.117770F, -0.039176F, 0.039176F,  0.117770F,  0.197099F,  0.277690F,  0.360130F,
    0.445097F,  0.533410F,  0.626099F,  0.724514F,  0.830511F,  0.946782F,  1.077516F,
    1.229859F,  1.417797F,  1.675940F,  2.153875F};

static void best_of_many(size_t n, const struct gaussian *g, double *probability)
{
    double total = 0;

    for (size_t i = 0; i < n; i++) {
        float product[MIDPOINTS];
        float sum = 0;
        double own = sqrt(g[i].variance);

        for (size_t j = 0; j < MIDPOINTS; j++)
            product[j] = 1;
        for (size_t k = 0; k < n; k++) {
            double scale = 1 / sqrt(g[k].variance);
            float offset = (float)((g[i].mean - g[k].mean) * scale);
            float slope = (float)(own * scale);

            if (k == i)
                continue;
            for (size_t j = 0; j < MIDPOINTS; j++)
                product[j] *= cdf(offset + slope * midpoints[j]);
        }
        for (size_t j = 0; j < MIDPOINTS; j++)
            sum += product[j];
        probability[i] = (double)sum;
        total += probability[i];
    }
    for (size_t i = 0; i < n; i++)
        probability[i] = total > 0 ? probability[i] / total : 1 / (double)n;
}

/* ---- all -----------------------------------------------------------------------------
 */

/* Without any error a mean is still taken to be known only so well. */
static double variance_of(double error)
{
    return error > least_error ? error * error : least_error * least_error;
}

static bool in_reach(const struct gaussian *of, const struct gaussian *g)
{
    double behind = of->mean - g->mean;

    return behind * behind <= out_of_reach * out_of_reach * (g->variance + of->variance);
}

void stats_best_gaussian(size_t n, const double *mean, const double *stderr_mean,
                         double *probability)
{
    struct gaussian g[ROUTE_ARMS_MAX], highest = {mean[0], variance_of(stderr_mean[0])};
    double of[ROUTE_ARMS_MAX];
    size_t arms[ROUTE_ARMS_MAX];
    size_t count = 0;

    for (size_t i = 1; i < n; i++)
        if (mean[i] > highest.mean)
            highest = (struct gaussian){mean[i], variance_of(stderr_mean[i])};
    for (size_t i = 0; i < n; i++) {
        const struct gaussian own = {mean[i], variance_of(stderr_mean[i])};

        probability[i] = 0;
        if (!in_reach(&highest, &own))
            continue;
        g[count] = own;
        arms[count++] = i;
    }
    if (count == 1)
        of[0] = 1;
    else if (count == 2)
        best_of_two(g, of);
    else if (count == 3)
        best_of_three(g, of);
    else
        best_of_many(count, g, of);
    for (size_t i = 0; i < count; i++)
        probability[arms[i]] = of[i];
}
