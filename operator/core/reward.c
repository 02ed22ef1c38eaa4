/* SPDX-License-Identifier: Apache-2.0 */
/* reward.c - objectives become one reward with its standard error, and an average of it.
 *
 * Variances use counts with one success and one failure added (Laplace), so that a
 * handful of perfect answers is not certainty. Objectives count as uncorrelated: latency
 * is counted among what was answered, accuracy among what was labelled, each a ratio
 * within the last.
 */
#include "core/work.h"

#include <math.h>

#include "core/extremes.h"
#include "core/policy.h"
#include "core/stats.h"

static bool has_data(const struct arm_work *a, size_t objective)
{
    return a->sight >= SIGHT_PARTIAL && !isnan(a->objectives[objective].ratio);
}

/* What an arm without data of an ignored objective is taken to have there: the leader's
 * ratio, or the ratio of all arms that have one. So the arm is compared on the objectives
 * that it has, and having no labels is neither a merit nor a fault. NAN: nobody has any.
 */
static double stand_in(const struct work *w, size_t objective)
{
    int leader = w->before->leader;
    double good = 0;
    double events = 0;

    if (leader != ROUTE_NO_ARM && has_data(&w->arms[leader], objective))
        return w->arms[leader].objectives[objective].ratio;
    for (size_t i = 0; i < w->arm_count; i++)
        if (has_data(&w->arms[i], objective)) {
            const struct objective_status *o = &w->arms[i].objectives[objective];

            good += o->ratio * o->events;
            events += o->events;
        }
    return events > 0 ? good / events : (double)NAN;
}

/* Weights of the objectives that count now; they sum to one. */
static void share_weights(const struct work *w, const double *stand_ins, double *weights)
{
    const struct route_objective *objectives = w->spec->reward.objectives;
    double total = 0;

    for (size_t o = 0; o < w->objective_count; o++) {
        bool nobody = objectives[o].missing == MISSING_IGNORE && isnan(stand_ins[o]);

        weights[o] = nobody ? 0 : objectives[o].weight;
        total += weights[o];
    }
    for (size_t o = 0; o < w->objective_count; o++)
        weights[o] = total > 0 ? weights[o] / total : 1 / (double)w->objective_count;
}

/* An objective without data: nothing for Zero, the others' for Ignore, and for Hold the
 * best there is, which makes the reward an upper bound. */
static double without_data(enum route_missing missing, double stand_in_ratio)
{
    return missing == MISSING_HOLD                               ? 1
           : missing == MISSING_IGNORE && !isnan(stand_in_ratio) ? stand_in_ratio
                                                                 : 0;
}

static void measure_arm(const struct work *w, struct arm_work *a, const double *stand_ins,
                        const double *weights)
{
    double reward = 0;
    double smoothed = 0;
    double variance = 0;

    for (size_t o = 0; o < w->objective_count; o++) {
        double n = a->objectives[o].events;
        double p = a->objectives[o].ratio;
        double s;

        if (!has_data(a, o)) {
            p = without_data(w->spec->reward.objectives[o].missing, stand_ins[o]);
            s = p;
        } else {
            s = (p * n + 1) / (n + 2);
            variance += weights[o] * weights[o] * s * (1 - s) / at_least(n, 1);
        }
        reward += weights[o] * p;
        smoothed += weights[o] * s;
    }
    a->reward = at_most(at_least(reward, 0), 1);
    a->reward_stderr = sqrt(variance);
    a->trials = variance > 0 ? smoothed * (1 - smoothed) / variance : 0;
    a->successes = a->trials * a->reward;
}

void reward_measure(struct work *w)
{
    double stand_ins[ROUTE_OBJECTIVES_MAX];
    double weights[ROUTE_OBJECTIVES_MAX];
    int leader = w->before->leader;

    for (size_t o = 0; o < w->objective_count; o++)
        stand_ins[o] = stand_in(w, o);
    share_weights(w, stand_ins, weights);
    for (size_t i = 0; i < w->arm_count; i++)
        if (w->arms[i].sight >= SIGHT_PARTIAL)
            measure_arm(w, &w->arms[i], stand_ins, weights);
    /* A leader of which something is missing may be left for what is known of it; when
     * that alone does not speak against it, nobody knows. */
    if (leader != ROUTE_NO_ARM && w->arms[leader].ready &&
        w->arms[leader].sight == SIGHT_PARTIAL && w->problem == REASON_NONE &&
        !(w->arms[leader].reward < w->arms[leader].was->reward_ema)) {
        w->problem = REASON_NO_DATA;
        w->problem_arm = leader;
    }
}

static void advance_arm(struct arm_work *a, double alpha, double correlation)
{
    struct route_arm_status *s = a->now;

    s->reward = a->sight == SIGHT_SEEN ? a->reward : (double)NAN;
    if (isnan(s->reward_ema) || isnan(s->reward_stderr)) {
        if (a->sight == SIGHT_SEEN) {
            s->reward_ema = a->reward;
            s->reward_stderr = a->reward_stderr;
        }
        return;
    }
    if (a->sight == SIGHT_PARTIAL && a->reward >= s->reward_ema)
        return;
    s->reward_ema += alpha * (a->reward - s->reward_ema);
    s->reward_stderr =
        stats_mix_stderr(s->reward_stderr, a->reward_stderr, alpha, correlation);
}

void reward_advance(struct work *w)
{
    double alpha = w->spec->policy.ema_alpha;
    double windows = (double)w->window_ms /
                     (double)(w->spec->interval_ms > 0 ? w->spec->interval_ms : 1);
    double correlation = stats_overlap_correlation(alpha, windows);

    w->overlap = w->policy->pools ? 0 : correlation;
    for (size_t i = 0; i < w->arm_count; i++) {
        struct arm_work *a = &w->arms[i];

        if (a->sight < SIGHT_PARTIAL) {
            a->now->reward = NAN;
            continue;
        }
        advance_arm(a, alpha, correlation);
    }
}
