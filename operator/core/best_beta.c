/* SPDX-License-Identifier: Apache-2.0 */
/* best_beta.c - which of several Beta posteriors is the greatest, by trapezoids over
 * points that lie densely wherever one of them is. */
#include "core/stats.h"

#include <math.h>
#include <stdlib.h>

#include "core/extremes.h"

#include "route/route.h"

static void normalise(size_t n, double *probability)
{
    double total = 0;

    for (size_t i = 0; i < n; i++)
        total += probability[i];
    for (size_t i = 0; i < n; i++)
        probability[i] = total > 0 ? probability[i] / total : 1 / (double)n;
}

/* Where a density is looked at: densely around its mean, in standard deviations, further
 * out towards the long tail of a skewed one. */
enum { STEPS_PER_DEVIATION = 4, DEVIATIONS = 5, TAIL_DEVIATIONS = 14 };
enum { TAIL_STEPS = TAIL_DEVIATIONS * STEPS_PER_DEVIATION };
enum {
    POINTS_PER_ARM =
        2 * (STEPS_PER_DEVIATION * DEVIATIONS + TAIL_DEVIATIONS - DEVIATIONS) + 1,
    POINTS_MAX = ROUTE_ARMS_MAX * POINTS_PER_ARM + 2,
};

struct grid {
    size_t count;
    double x[POINTS_MAX]; /* ascending, within (0, 1) */
    double log_x[POINTS_MAX];
    double log_rest[POINTS_MAX]; /* of 1 - x */
};

struct beta {
    double a, b;
};

/* Merge an ascending list into the grid. A point that is there already does no harm: it
 * makes a slice without width. */
static void grid_merge(struct grid *g, const double *x, size_t n)
{
    size_t i = g->count;

    g->count += n;
    for (size_t to = g->count; n > 0;)
        if (i > 0 && g->x[i - 1] > x[n - 1])
            g->x[--to] = g->x[--i];
        else
            g->x[--to] = x[--n];
}

static void grid_cover(struct grid *g, struct beta p)
{
    double points[POINTS_PER_ARM];
    size_t n = 0;
    double sum = p.a + p.b;
    double mean = p.a / sum;
    double deviation = sqrt(p.a * p.b / (sum * sum * (sum + 1)));

    for (int i = -TAIL_STEPS; i <= TAIL_STEPS; i++) {
        bool dense = abs(i) <= DEVIATIONS * STEPS_PER_DEVIATION;
        double x = mean + i * deviation / STEPS_PER_DEVIATION;

        if ((dense || i % STEPS_PER_DEVIATION == 0) && x > 0 && x < 1)
            points[n++] = x;
    }
    grid_merge(g, points, n);
}

/* Distribution function at the points, by trapezoids, scaled to end at one. */
static void distribution(const struct grid *g, struct beta p, double *out)
{
    double peak = -INFINITY;
    double density[POINTS_MAX];

    for (size_t i = 0; i < g->count; i++) {
        density[i] = (p.a - 1) * g->log_x[i] + (p.b - 1) * g->log_rest[i];
        peak = at_least(density[i], peak);
    }
    for (size_t i = 0; i < g->count; i++)
        density[i] = density[i] - peak < -40 ? 0 : exp(density[i] - peak);
    out[0] = 0;
    for (size_t i = 1; i < g->count; i++)
        out[i] = out[i - 1] + (density[i] + density[i - 1]) * (g->x[i] - g->x[i - 1]) / 2;
    for (size_t i = 0; i < g->count; i++)
        out[i] = out[g->count - 1] > 0 ? out[i] / out[g->count - 1] : 0;
}

void stats_best_beta(size_t n, const double *successes, const double *trials,
                     double *probability)
{
    static const double ends[] = {1e-9, 1 - 1e-9};
    struct grid g;
    struct beta posterior[ROUTE_ARMS_MAX];
    double cdfs[ROUTE_ARMS_MAX][POINTS_MAX];

    g.count = 0; /* the rest is filled as far as it is used */
    grid_merge(&g, ends, ARRAY_LEN(ends));
    for (size_t i = 0; i < n; i++) {
        double good = at_most(at_least(successes[i], 0), trials[i]);

        posterior[i] =
            (struct beta){.a = 1 + good, .b = 1 + at_least(trials[i] - good, 0)};
        grid_cover(&g, posterior[i]);
        probability[i] = 0;
    }
    for (size_t j = 0; j < g.count; j++) {
        g.log_x[j] = log(g.x[j]);
        g.log_rest[j] = log1p(-g.x[j]);
    }
    for (size_t i = 0; i < n; i++)
        distribution(&g, posterior[i], cdfs[i]);
    for (size_t j = 1; j < g.count; j++)
        for (size_t i = 0; i < n; i++) {
            double mass = cdfs[i][j] - cdfs[i][j - 1];

            for (size_t k = 0; k < n && mass > 0; k++)
                if (k != i)
                    mass *= (cdfs[k][j] + cdfs[k][j - 1]) / 2;
            probability[i] += mass;
        }
    normalise(n, probability);
}
