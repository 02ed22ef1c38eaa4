/* SPDX-License-Identifier: Apache-2.0 */
/* policy_epsilon_greedy.c - the leader gets what exploring leaves (Sutton & Barto, 2.2).
 *
 * As a weight vector: the data plane draws per request, so a share of epsilon explores on
 * every request, spread over all participating arms, the leader included. With a decay,
 * epsilon falls by that share in each hour that the leader has led, and starts afresh
 * with a new leader: under drift exploring must never end.
 */
#include <math.h>

#include "core/extremes.h"

#include "core/policy.h"

static double epsilon_now(const struct work *w)
{
    const struct route_policy *p = &w->spec->policy;
    double hours = (double)(w->now_ms - w->status->last_leader_change_ms) / 3600e3;

    if (p->epsilon_decay <= 0 || p->epsilon <= p->epsilon_min)
        return p->epsilon;
    return at_least(p->epsilon * pow(1 - p->epsilon_decay, at_least(hours, 0)),
                    p->epsilon_min);
}

static void share(struct work *w)
{
    policy_share_epsilon(w, epsilon_now(w));
}

const struct policy policy_epsilon_greedy = {.pools = false, .share = share};
