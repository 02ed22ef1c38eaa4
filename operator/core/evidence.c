/* SPDX-License-Identifier: Apache-2.0 */
/* evidence.c - what the policy compares arms by, and how likely each is the best. */
#include "core/work.h"

#include <math.h>

#include "core/policy.h"
#include "core/pool.h"
#include "core/stats.h"

static void estimate(const struct work *w, struct arm_work *a)
{
    if (w->policy->pools) {
        pool_estimate(w, a);
    } else {
        a->estimate = a->now->reward_ema;
        a->stderr_mean = a->now->reward_stderr;
        a->evidence = a->trials;
        a->evidence_good = a->successes;
    }
}

static bool uses_beta(const struct work *w)
{
    return w->spec->policy.type == POLICY_PROBABILITY_OF_BEST &&
           w->spec->policy.posterior == POSTERIOR_BETA;
}

static void probability_of_best(struct work *w)
{
    double first[ROUTE_ARMS_MAX]; /* means, or successes */
    double second[ROUTE_ARMS_MAX];
    double probability[ROUTE_ARMS_MAX];
    size_t arms[ROUTE_ARMS_MAX];
    size_t n = 0;
    bool beta = uses_beta(w);

    for (size_t i = 0; i < w->arm_count; i++) {
        struct arm_work *a = &w->arms[i];

        a->now->probability_best = NAN;
        if (!a->ready || isnan(a->estimate) || isnan(a->stderr_mean))
            continue;
        first[n] = beta ? a->evidence_good : a->estimate;
        second[n] = beta ? a->evidence : a->stderr_mean;
        arms[n++] = i;
    }
    if (n == 0)
        return;
    if (beta)
        stats_best_beta(n, first, second, probability);
    else
        stats_best_gaussian(n, first, second, probability);
    for (size_t i = 0; i < n; i++)
        w->arms[arms[i]].now->probability_best = probability[i];
}

void evidence_update(struct work *w)
{
    for (size_t i = 0; i < w->arm_count; i++)
        estimate(w, &w->arms[i]);
    if (w->problem == REASON_NONE)
        probability_of_best(w);
}
