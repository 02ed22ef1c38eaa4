/* SPDX-License-Identifier: Apache-2.0 */
/* guardrails.c - from the weights one would want to those one may set.
 *
 * Always: they sum to one, and none leaves its bounds. What may take several decisions is
 * the way there: the move from the old weights to the new is shortened along its line
 * until no arm gains more than maxStepUp or loses more than maxStepDown. A point on the
 * line between two valid splits is a valid split, so nothing has to be mended afterwards.
 *
 * Weight that leaves a failed arm is not part of that move. It leaves first (an ejected
 * arm by maxStepDown, one without a live backend at once), and those who receive it, in
 * proportion to their targets, are exempt from maxStepUp: it has to go somewhere.
 */
#include "core/work.h"

#include <math.h>

#include "core/extremes.h"
#include "core/leader.h"
#include "core/policy.h"

static void set_bounds(struct work *w)
{
    const struct route_guardrails *g = &w->spec->guardrails;
    double floor_weight = at_most(at_least(g->min_weight, 0), 1 / (double)w->arm_count);
    double even = 1 / at_least((double)w->participants, 1);

    for (size_t i = 0; i < w->arm_count; i++) {
        struct arm_work *a = &w->arms[i];
        bool leads = (int)i == w->status->leader;
        bool leaderless = w->status->leader == ROUTE_NO_ARM;

        a->low = floor_weight;
        a->high = at_least(g->max_weight, a->low);
        if (!a->ready)
            a->low = a->high = 0;
        else if (!a->participating)
            a->high = at_least(at_most(a->target, a->high), a->low);
        else if (!leads && !leaderless && a->sight != SIGHT_SEEN &&
                 a->sight != SIGHT_IDLE)
            a->high =
                at_least(at_most(a->start, a->high), a->low); /* unseen: no promotion */
        else if (!leads && !leaderless && a->now->state == ARM_WARMUP)
            a->high = at_least(at_most(even, a->high), a->low);
    }
}

/* Bring weights within bounds, to a sum of one, as near to what they were as clipping and
 * sharing out what is over or missing (in proportion to the room that each has) can come.
 * Bounds that leave no solution give way: ceilings of participants first, then floors. */
static void fit(struct work *w, double *weights)
{
    double low = 0, high = 0;     /* what the bounds sum to */
    double sum = 0;               /* of the weights, clipped */
    double upwards = 0, down = 0; /* room that they have there */
    double room;

    for (size_t i = 0; i < w->arm_count; i++) {
        low += w->arms[i].low;
        high += w->arms[i].high;
    }
    for (size_t i = 0; i < w->arm_count; i++) {
        struct arm_work *a = &w->arms[i];

        if (high < 1 && a->participating)
            a->high = 1;
        if (low > 1)
            a->low /= low;
        weights[i] = at_most(at_least(weights[i], a->low), a->high);
        sum += weights[i];
        upwards += a->high - weights[i];
        down += weights[i] - a->low;
    }
    room = sum < 1 ? upwards : down;
    for (size_t i = 0; i < w->arm_count && room > 0; i++) {
        double own = sum < 1 ? w->arms[i].high - weights[i] : weights[i] - w->arms[i].low;

        weights[i] += (1 - sum) * own / room;
    }
}

/* A participant that earns so much less than the leader, and not by chance, has
 * collapsed: what it has beyond its target leaves as an ejected arm's weight does. Load,
 * which steps are there to respect, takes less than this from an arm; where leaders take
 * turns, which may be for load, it has to be twice as much. */
static const double collapse = 0.3;
static const double collapse_errors = 4;

static void find_collapsed(struct work *w, double damping)
{
    double behind = damping < 1 ? 2 * collapse : collapse;
    const struct arm_work *leader;

    if (w->status->leader == ROUTE_NO_ARM)
        return;
    leader = &w->arms[w->status->leader];
    for (size_t i = 0; i < w->arm_count; i++) {
        struct arm_work *a = &w->arms[i];
        double gap = leader->estimate - a->reward;

        a->collapsed =
            a != leader && a->participating && a->sight == SIGHT_SEEN &&
            gap > behind + collapse_errors * (a->reward_stderr + leader->stderr_mean);
    }
}

/* Give `freed` to the participants that are fit for it, in proportion to their targets.
 */
static void hand_over(const struct work *w, double freed, double *weights)
{
    double targets = 0;
    double count = 0;

    for (size_t i = 0; i < w->arm_count; i++)
        if (w->arms[i].participating && !w->arms[i].collapsed) {
            targets += w->arms[i].target;
            count++;
        }
    for (size_t i = 0; i < w->arm_count; i++)
        if (w->arms[i].participating && !w->arms[i].collapsed)
            weights[i] +=
                targets > 0 ? freed * w->arms[i].target / targets : freed / count;
}

/* Weight leaves the failed arms; what they keep is fixed for the rest of this decision.
 */
static void evacuate(struct work *w, double *weights)
{
    double step = w->spec->guardrails.max_step_down;
    double freed = 0;

    for (size_t i = 0; i < w->arm_count; i++) {
        struct arm_work *a = &w->arms[i];
        double keeps = a->high;

        weights[i] = a->start;
        if (a->collapsed)
            keeps = at_least(at_most(a->target, a->high), a->low);
        else if (a->participating || (a->ready && a->now->state != ARM_EJECTED))
            continue;
        if (a->ready)
            weights[i] = at_least(a->start - step, at_most(a->start, keeps));
        else
            weights[i] = 0;
        freed += a->start - weights[i];
        if (weights[i] > keeps)
            a->low = a->high = weights[i];
    }
    if (freed > 0)
        hand_over(w, freed, weights);
}

/* The share of the way from `from` to `to` that the steps allow. */
static double allowed_share(const struct work *w, const double *from, const double *to,
                            double step_up, double step_down)
{
    double share = 1;

    for (size_t i = 0; i < w->arm_count; i++) {
        double move = to[i] - from[i];

        if (move > step_up)
            share = at_most(step_up / move, share);
        else if (-move > step_down)
            share = at_most(step_down / -move, share);
    }
    return share;
}

void guardrails_apply(struct work *w)
{
    const struct route_guardrails *g = &w->spec->guardrails;
    double damping = leader_damping(w);
    double from[ROUTE_ARMS_MAX];
    double to[ROUTE_ARMS_MAX];
    double share;

    set_bounds(w);
    find_collapsed(w, damping);
    evacuate(w, from);
    fit(w, from);
    for (size_t i = 0; i < w->arm_count; i++)
        to[i] = w->arms[i].target;
    fit(w, to);
    share = allowed_share(w, from, to, g->max_step_up * damping, g->max_step_down);
    if (share < 1 && damping < 1 &&
        share < allowed_share(w, from, to, g->max_step_up, g->max_step_down) &&
        w->out->reason != REASON_LEADER_CHANGE && w->out->reason != REASON_LEADER_FAILED)
        w->out->reason = REASON_FLAPPING;
    for (size_t i = 0; i < w->arm_count; i++)
        w->arms[i].weight = from[i] + share * (to[i] - from[i]);
}

bool guardrails_evacuate_unready(struct work *w)
{
    double weights[ROUTE_ARMS_MAX];
    bool moved = false;

    for (size_t i = 0; i < w->arm_count; i++) {
        struct arm_work *a = &w->arms[i];

        a->participating = a->ready && a->now->state != ARM_EJECTED;
    }
    policy_count_participants(w);
    if (!w->participants) {
        for (size_t i = 0; i < w->arm_count; i++)
            w->arms[i].participating = w->arms[i].ready;
        policy_count_participants(w);
    }
    for (size_t i = 0; i < w->arm_count; i++) {
        struct arm_work *a = &w->arms[i];

        moved |= !a->ready && a->start > 0;
        a->target = a->start;
        a->high =
            a->start; /* of those that are out but ready: they keep what they have */
    }
    if (!moved)
        return false;
    evacuate(w, weights);
    for (size_t i = 0; i < w->arm_count; i++)
        w->arms[i].weight = weights[i];
    return true;
}
