/* SPDX-License-Identifier: Apache-2.0 */
/* policy_discounted_counts.c - compares arms by discounted sums of successes and trials.
 *
 * Greedy: epsilon-greedy on the pooled means. UCB: the leader keeps its share, and all of
 * epsilon goes to the arm with the highest upper confidence bound, the one where a look
 * pays most (after Garivier & Moulines, ALT 2011, with the standard error in the place of
 * the range).
 */
#include <math.h>

#include "core/extremes.h"

#include "core/policy.h"

static double upper_bound(const struct work *w, const struct arm_work *a)
{
    double trials = 0;

    if (isnan(a->estimate))
        return INFINITY; /* nothing known: look there first */
    for (size_t i = 0; i < w->arm_count; i++)
        trials += w->arms[i].evidence;
    return a->estimate + sqrt(2 * log(at_least(trials, M_E))) * a->stderr_mean;
}

static void share_ucb(struct work *w, double epsilon)
{
    struct arm_work *highest = NULL;
    double bound = -INFINITY;

    for (size_t i = 0; i < w->arm_count; i++) {
        struct arm_work *a = &w->arms[i];

        a->target = (int)i == w->status->leader ? 1 - epsilon : 0;
        if (a->participating && upper_bound(w, a) > bound) {
            bound = upper_bound(w, a);
            highest = a;
        }
    }
    if (highest)
        highest->target += epsilon;
}

static void share(struct work *w)
{
    if (w->spec->policy.choice == CHOICE_UCB)
        share_ucb(w, w->spec->policy.epsilon);
    else
        policy_share_epsilon(w, w->spec->policy.epsilon);
}

const struct policy policy_discounted_counts = {.pools = true, .share = share};
