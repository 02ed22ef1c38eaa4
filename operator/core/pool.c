/* SPDX-License-Identifier: Apache-2.0 */
/* pool.c - discounted sums of successes and trials, for the policies that compare by
 * them.
 *
 * What is added is the part of the window that came since the last decision, so that an
 * event counts once however windows overlap. A pool that its own window contradicts is
 * thrown away: the arm has changed, and old evidence of it is worth nothing.
 */
#include "core/pool.h"

#include <math.h>

#include "core/extremes.h"
#include "core/stats.h"

static const double contradiction = 5; /* standard errors */

/* With the greater of both variances: a window without a single failure, which chance
 * makes often enough, would claim next to none. */
static bool contradicted(const struct arm_work *a, double good, double trials)
{
    double variance = at_least(stats_trial_variance(good, trials),
                               stats_trial_variance(a->successes, a->trials));
    double error = sqrt(variance * (1 / trials + 1 / a->trials));

    return fabs(a->reward - good / trials) > contradiction * error;
}

static double in_intervals(const struct work *w, int64_t ms)
{
    return (double)ms / (double)(w->spec->interval_ms > 0 ? w->spec->interval_ms : 1);
}

static void advance(const struct work *w, struct arm_work *a)
{
    struct route_arm_status *s = a->now;
    double keep = pow(w->spec->policy.discount, in_intervals(w, a->elapsed_ms));

    s->discounted_good = keep * s->discounted_good + a->fresh * a->successes;
    s->discounted_events = keep * s->discounted_events + a->fresh * a->trials;
    if (s->discounted_events > a->trials &&
        contradicted(a, s->discounted_good, s->discounted_events)) {
        s->discounted_good = a->successes;
        s->discounted_events = a->trials;
    }
}

void pool_advance(struct work *w)
{
    for (size_t i = 0; i < w->arm_count; i++)
        if (w->arms[i].sight == SIGHT_SEEN)
            advance(w, &w->arms[i]);
}

/* An arm that gets no traffic is known less well with every interval, though nothing is
 * counted that could say so; else one without a floor would never be looked at again. */
static double worth_now(const struct work *w, const struct arm_work *a)
{
    int64_t age_ms = w->now_ms - a->now->counted_until_ms;

    if (a->sight >= SIGHT_PARTIAL || a->now->counted_until_ms <= 0 || age_ms <= 0)
        return 1;
    return pow(w->spec->policy.discount, in_intervals(w, age_ms));
}

void pool_estimate(const struct work *w, struct arm_work *a)
{
    double worth = worth_now(w, a);
    double good = worth * a->now->discounted_good;
    double trials = worth * a->now->discounted_events;

    a->evidence = trials;
    a->evidence_good = good;
    a->estimate = trials > 0 ? good / trials : (double)NAN;
    a->stderr_mean =
        trials > 0 ? sqrt(stats_trial_variance(good, trials) / trials) : (double)NAN;
}
