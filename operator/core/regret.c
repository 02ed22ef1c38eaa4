/* SPDX-License-Identifier: Apache-2.0 */
/* regret.c - what was lost against sending everything to the best arm, as far as one can
 * tell.
 *
 * Sum over the requests since the last decision of (best estimate - estimate of the arm
 * that served). The greatest of noisy estimates is biased upwards, so only arms past
 * their warm-up count as the best: read it as an upper figure. The cost of exploring is
 * the part against the leader instead of the best.
 */
#include "core/work.h"

#include <math.h>

#include "core/extremes.h"

static double best_estimate(const struct work *w)
{
    double best = NAN;

    for (size_t i = 0; i < w->arm_count; i++) {
        const struct arm_work *a = &w->arms[i];

        if (a->ready && a->now->lifetime_samples >= w->spec->guardrails.warmup &&
            !isnan(a->estimate))
            best = at_least(best, a->estimate);
    }
    return best;
}

void regret_update(struct work *w)
{
    int leader = w->before->leader;
    double best = best_estimate(w);
    double leading = leader == ROUTE_NO_ARM ? (double)NAN : w->arms[leader].estimate;

    for (size_t i = 0; i < w->arm_count && !isnan(best); i++) {
        const struct arm_work *a = &w->arms[i];
        double requests = a->fresh * a->now->samples;

        if (isnan(a->estimate) || !a->was->counted_until_ms)
            continue;
        w->out->regret += requests * at_least(best - a->estimate, 0);
        if ((int)i != leader && !isnan(leading))
            w->out->exploration_cost +=
                requests * at_least(at_most(leading, best) - a->estimate, 0);
    }
    w->status->estimated_regret += w->out->regret;
    w->status->exploration_cost += w->out->exploration_cost;
}
