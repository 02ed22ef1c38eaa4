/* SPDX-License-Identifier: Apache-2.0 */
#include "core/rounding.h"

#include <math.h>

#include "core/extremes.h"
#include "route/route.h"

/* The index whose share is furthest below (sign 1) or above (sign -1) what it should be,
 * among those that may move. */
static size_t furthest(const double *weights, size_t n, uint32_t total,
                       const uint32_t *out, double sign)
{
    size_t best = n;
    double most = -INFINITY;

    for (size_t i = 0; i < n; i++) {
        double gap = sign * (weights[i] * total - (double)out[i]);

        if (weights[i] > 0 && (sign > 0 || out[i] > 1) && gap > most) {
            most = gap;
            best = i;
        }
    }
    return best;
}

void rounding_share(const double *weights, size_t n, uint32_t total, uint32_t *out)
{
    uint32_t given = 0;
    size_t i;

    for (i = 0; i < n; i++) {
        double exact = weights[i] > 0 ? floor(at_most(weights[i], 1) * total) : 0;

        out[i] = weights[i] > 0 && exact < 1 ? 1 : (uint32_t)exact;
        given += out[i];
    }
    while (given < total && (i = furthest(weights, n, total, out, 1)) < n) {
        out[i]++;
        given++;
    }
    while (given > total && (i = furthest(weights, n, total, out, -1)) < n) {
        out[i]--;
        given--;
    }
}

bool rounding_units(const double *weights, size_t n, uint32_t total, uint32_t *out)
{
    double shares[ROUTE_ARMS_MAX];
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        if (!isfinite(weights[i]) || weights[i] < 0)
            return false;
        sum += weights[i];
    }
    if (n > ROUTE_ARMS_MAX || !(sum > 0) || !isfinite(sum))
        return false;
    for (size_t i = 0; i < n; i++)
        shares[i] = weights[i] / sum;
    rounding_share(shares, n, total, out);
    return true;
}
