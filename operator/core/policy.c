/* SPDX-License-Identifier: Apache-2.0 */
#include "core/policy.h"

#include <math.h>

#include "core/extremes.h"

const struct policy *policy_of(enum route_policy_type type)
{
    static const struct policy *const policies[POLICY_TYPE_COUNT] = {
        [POLICY_EPSILON_GREEDY] = &policy_epsilon_greedy,
        [POLICY_DISCOUNTED_COUNTS] = &policy_discounted_counts,
        [POLICY_PROBABILITY_OF_BEST] = &policy_probability_of_best,
        [POLICY_SOFTMAX] = &policy_softmax,
        [POLICY_STATIC] = &policy_static,
    };

    return policies[type];
}

void policy_count_participants(struct work *w)
{
    w->participants = 0;
    for (size_t i = 0; i < w->arm_count; i++)
        w->participants += w->arms[i].participating;
}

void policy_share_epsilon(struct work *w, double epsilon)
{
    double each = epsilon / (double)w->participants;

    for (size_t i = 0; i < w->arm_count; i++)
        if (w->arms[i].participating)
            w->arms[i].target = each + ((int)i == w->status->leader ? 1 - epsilon : 0);
}

static void share_evenly(struct work *w)
{
    for (size_t i = 0; i < w->arm_count; i++)
        w->arms[i].target = w->arms[i].participating ? 1 : 0;
}

/* Warm and active arms; when there are none, those that prove themselves; then those that
 * are out but could answer. */
static void pick_participants(struct work *w)
{
    static const unsigned tiers[] = {
        1U << ARM_WARMUP | 1U << ARM_ACTIVE,
        1U << ARM_REENTRY,
        1U << ARM_EJECTED,
    };

    for (size_t t = 0; t < ARRAY_LEN(tiers); t++) {
        for (size_t i = 0; i < w->arm_count; i++)
            w->arms[i].participating = tiers[t] >> w->arms[i].now->state & 1U;
        /* A failing leader that must stay, as nobody else is left, stays a participant.
         */
        if (w->status->leader != ROUTE_NO_ARM && w->arms[w->status->leader].ready)
            w->arms[w->status->leader].participating = true;
        policy_count_participants(w);
        if (w->participants)
            return;
    }
}

/* What an arm gets that takes no part in the policy. */
static double fixed_share(const struct work *w, const struct arm_work *a)
{
    const struct route_guardrails *g = &w->spec->guardrails;

    switch (a->now->state) {
    case ARM_EJECTED:
        return g->min_weight;
    case ARM_REENTRY:
        return at_least(g->reentry_weight, g->min_weight);
    default:
        return 0;
    }
}

void policy_apply(struct work *w)
{
    double total = 0;
    double left = 1;

    pick_participants(w);
    if (w->status->leader == ROUTE_NO_ARM)
        share_evenly(w);
    else
        w->policy->share(w);
    for (size_t i = 0; i < w->arm_count; i++) {
        if (w->arms[i].participating) {
            total += w->arms[i].target;
        } else {
            w->arms[i].target = fixed_share(w, &w->arms[i]);
            left -= w->arms[i].target;
        }
    }
    for (size_t i = 0; i < w->arm_count; i++)
        if (w->arms[i].participating && total > 0)
            w->arms[i].target *= at_least(left, 0) / total;
}
