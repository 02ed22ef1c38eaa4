/* SPDX-License-Identifier: Apache-2.0 */
/* policy.h - from what is known of the arms to the weights that one would want.
 *
 * A policy knows nothing of floors, steps, ejections or time: it shares one among the
 * participating arms, and the guardrails see to the rest.
 */
#ifndef CORE_POLICY_H
#define CORE_POLICY_H

#include "core/work.h"

struct policy {
    bool pools; /* compares arms by discounted counts rather than by the average */
    /* Fill target of the participating arms; what they sum to is normalised. Some arm
     * leads; estimates may be NAN. */
    void (*share)(struct work *w);
};

const struct policy *policy_of(enum route_policy_type type);

/* Targets for all arms: the policy's for the participating ones, the fixed shares of
 * those that are out or proving themselves. */
void policy_apply(struct work *w);

/* Count those that participate, once it is settled who does. */
void policy_count_participants(struct work *w);

/* 1 - epsilon + epsilon / K for the leader, epsilon / K for each other participant. */
void policy_share_epsilon(struct work *w, double epsilon);

extern const struct policy policy_epsilon_greedy;
extern const struct policy policy_discounted_counts;
extern const struct policy policy_probability_of_best;
extern const struct policy policy_softmax;
extern const struct policy policy_static;

#endif
