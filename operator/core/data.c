/* SPDX-License-Identifier: Apache-2.0 */
/* data.c - what can be known of each arm from the windows that Prometheus answered.
 *
 * Absent is not zero, and neither is old: an arm that cannot be seen keeps what was known
 * of it. One blind arm does not stop a decision about the others, but nobody moves
 * traffic away from, or on to, an arm for want of data.
 */
#include "core/work.h"

#include <math.h>

#include "core/extremes.h"

/* A leader that answers nothing, while this many requests would have been its share, has
 * failed: hanging requests leave no trace in counters of answers. */
static const double silence_evidence = 20;

/* A leader whose weight lets it expect less than this has no traffic for that reason:
 * nothing is wrong with the data. Holding would keep it without traffic for ever. */
static const double silence_explained = 1;

/* Doubles count exactly up to about here, and no window holds more. */
static const double most_events = 1e15;

static void problem_set(struct work *w, enum reason reason, int arm)
{
    if (w->problem != REASON_NONE)
        return;
    w->problem = reason;
    w->problem_arm = arm;
}

/* Counts that a counter can have. */
static bool plausible(double v)
{
    return v >= 0 && v <= most_events;
}

/* Others mean that the rules are broken: nothing of them is used. */
static void check_counts(struct work *w, size_t arm, double good, double events)
{
    if (isinf(good) || isinf(events))
        problem_set(w, REASON_INFINITE, (int)arm);
    else if ((!isnan(good) && !plausible(good)) || (!isnan(events) && !plausible(events)))
        problem_set(w, REASON_BAD_ANSWER, (int)arm);
}

static void read_arm(struct work *w, size_t arm)
{
    struct arm_work *a = &w->arms[arm];
    double samples = 0;
    bool any = false;     /* an objective with events */
    bool traffic = false; /* events, usable or not */
    bool scraped = false; /* series, if only of no events */
    bool lacking = false; /* an objective that must not lack */

    for (size_t i = 0; i < w->objective_count; i++) {
        const struct route_objective *spec = &w->spec->reward.objectives[i];
        const double good = a->seen->objectives[i].good;
        const double events = a->seen->objectives[i].events;
        struct objective_status *o = &a->objectives[i];

        if (plausible(good) && plausible(events) && events > 0) {
            any = traffic = scraped = true;
            o->ratio = at_most(good / events, 1);
            o->events = events;
            w->out->clamps += good > events;
        } else {
            check_counts(w, arm, good, events);
            traffic |= events > 0;
            scraped |= !isnan(events);
            lacking |= spec->weight > 0 && spec->missing == MISSING_HOLD;
            o->ratio = NAN;
            o->events = plausible(events) ? events : 0;
        }
        samples = at_least(samples, o->events);
    }
    a->now->samples = samples;
    a->stale = a->seen->newest_ms > 0 &&
               w->now_ms - a->seen->newest_ms > w->spec->guardrails.max_data_age_ms;
    if (a->stale || a->seen->newest_ms <= 0 || !scraped || (traffic && !any))
        a->sight = SIGHT_BLIND;
    else
        a->sight = !any ? SIGHT_IDLE : lacking ? SIGHT_PARTIAL : SIGHT_SEEN;
}

/* How long ago the arm was counted last, and the part of the window that came since. */
static void measure_age(const struct work *w, struct arm_work *a)
{
    int64_t newest = a->seen->newest_ms < w->now_ms ? a->seen->newest_ms : w->now_ms;

    if (a->sight < SIGHT_PARTIAL)
        return;
    a->elapsed_ms = w->window_ms;
    if (a->now->counted_until_ms > 0)
        a->elapsed_ms =
            newest > a->now->counted_until_ms ? newest - a->now->counted_until_ms : 0;
    a->fresh = at_most((double)a->elapsed_ms / (double)w->window_ms, 1);
}

/* The share of traffic in force: as read back, which in Shadow is not as decided. */
static double share_in_force(const struct arm_work *a)
{
    return a->now->applied >= 0 && a->now->applied <= 1 ? a->now->applied : a->start;
}

/* Requests that the arm would have answered, judging by the others and the weights. */
static double expected_samples(const struct work *w, size_t arm)
{
    double samples = 0;
    double weight = 0;

    for (size_t i = 0; i < w->arm_count; i++)
        if (i != arm && w->arms[i].sight >= SIGHT_PARTIAL) {
            samples += w->arms[i].now->samples;
            weight += share_in_force(&w->arms[i]);
        }
    return weight > 0 ? samples * share_in_force(&w->arms[arm]) / weight : 0;
}

static void check_leader(struct work *w)
{
    int leader = w->before->leader;
    double expected;
    struct arm_work *a;

    if (leader == ROUTE_NO_ARM || !w->arms[leader].ready)
        return;
    a = &w->arms[leader];
    expected = a->sight == SIGHT_IDLE ? expected_samples(w, (size_t)leader) : 0;
    if (a->sight == SIGHT_IDLE &&
        w->now_ms - w->status->last_leader_change_ms > 2 * w->window_ms &&
        expected >= silence_evidence) {
        a->failing = true;
        a->deficit = 1;
    } else if (a->sight == SIGHT_BLIND ||
               (a->sight == SIGHT_IDLE && expected >= silence_explained)) {
        problem_set(w, a->stale ? REASON_STALE_DATA : REASON_NO_DATA, leader);
    }
}

static void check_all(struct work *w)
{
    int64_t newest = 0;
    bool stale = false;
    bool seen = false;

    for (size_t i = 0; i < w->arm_count; i++) {
        const struct arm_work *a = &w->arms[i];

        stale |= a->stale;
        seen |= a->sight >= SIGHT_PARTIAL;
        if (a->sight != SIGHT_BLIND && a->seen->newest_ms > newest)
            newest = a->seen->newest_ms;
    }
    if (!seen)
        problem_set(w, stale ? REASON_STALE_DATA : REASON_NO_DATA, ROUTE_NO_ARM);
    if (newest > w->status->last_observation_ms)
        w->status->last_observation_ms = newest;
}

static void read_data_plane(struct work *w)
{
    for (size_t i = 0; i < w->arm_count; i++) {
        struct arm_work *a = &w->arms[i];

        a->ready =
            w->seen->data_plane_known ? a->seen->ready : a->was->state != ARM_NOT_READY;
        if (w->seen->data_plane_known)
            a->now->applied = a->seen->applied;
    }
}

void data_read(struct work *w)
{
    read_data_plane(w);
    w->problem = w->seen->problem;
    if (w->problem != REASON_NONE)
        return;
    for (size_t i = 0; i < w->arm_count; i++) {
        read_arm(w, i);
        measure_age(w, &w->arms[i]);
    }
    check_all(w);
    check_leader(w);
}
