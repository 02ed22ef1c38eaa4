/* SPDX-License-Identifier: Apache-2.0 */
/* policy_probability_of_best.c - each arm's weight is its probability of being the best.
 *
 * Thompson sampling for a data plane that splits traffic: randomised probability matching
 * (Scott, ASMBI 26, 2010) on discounted posteriors (Raj & Kalyani, arXiv 1707.09727), by
 * numerical integration, so without chance. An arm of which nothing is known gets an even
 * share. The numbers are those of evidence.c.
 */
#include <math.h>

#include "core/policy.h"

static void share(struct work *w)
{
    double even = 1 / (double)w->participants;
    double unknown = 0;
    double known = 0;

    for (size_t i = 0; i < w->arm_count; i++) {
        const struct arm_work *a = &w->arms[i];

        if (!a->participating)
            continue;
        if (isnan(a->now->probability_best))
            unknown += even;
        else
            known += a->now->probability_best;
    }
    for (size_t i = 0; i < w->arm_count; i++) {
        struct arm_work *a = &w->arms[i];

        if (a->participating)
            a->target = isnan(a->now->probability_best) || known <= 0
                            ? even
                            : a->now->probability_best / known * (1 - unknown);
    }
}

const struct policy policy_probability_of_best = {.pools = true, .share = share};
