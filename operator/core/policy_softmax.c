/* SPDX-License-Identifier: Apache-2.0 */
/* policy_softmax.c - weights fall off exponentially with the distance from the best.
 *
 * Where every arm is observed in every batch, EXP3 (Auer et al., SIAM J. Comput. 32,
 * 2002) becomes a softmax of rewards; the floor of the guardrails is its uniform part.
 * The rewards are those of the discounted counts: arms get very different traffic, and an
 * average of windows would follow the noise of those that get least.
 */
#include <math.h>

#include "core/extremes.h"

#include "core/policy.h"

static void share(struct work *w)
{
    double temperature = at_least(w->spec->policy.temperature, 1e-6);
    double best = -INFINITY;

    for (size_t i = 0; i < w->arm_count; i++)
        if (w->arms[i].participating && w->arms[i].estimate > best)
            best = w->arms[i].estimate;
    for (size_t i = 0; i < w->arm_count; i++) {
        struct arm_work *a = &w->arms[i];

        if (a->participating) /* not known: as good as the best, so that it gets known */
            a->target = isnan(a->estimate) ? 1 : exp((a->estimate - best) / temperature);
    }
}

const struct policy policy_softmax = {.pools = true, .share = share};
