/* SPDX-License-Identifier: Apache-2.0 */
/* leader.c - who leads.
 *
 * A leader that can take traffic is followed only by an active arm that beats it by more
 * than the margin: switch_margin standard errors of the difference, in which the overlap
 * of consecutive windows is accounted for (stats_overlap_correlation). A leader that
 * cannot is followed at once by the best of the rest, however little is known of them.
 */
#include "core/leader.h"

#include <math.h>

#include "core/extremes.h"
#include "core/stats.h"

/* Each change of leader by reward adds to the level of flapping, which fades by one in
 * this many decisions. Above what is free, every level halves the steps up and widens the
 * margin. So where arms take turns because reward falls with load, or because they are as
 * good as equal, leaders change ever less often, and shares settle near where rewards are
 * equal. */
enum {
    FLAPPING_DECISIONS = 60,
    FLAPPING_PER_CHANGE = 2,
    FLAPPING_FREE = 4,
    FLAPPING_MAX = 12
};
static const double margin_per_level = 0.4;

static double flapping_now(const struct work *w)
{
    double period = FLAPPING_DECISIONS * (double)w->spec->interval_ms;
    double since = (double)(w->now_ms - w->status->last_leader_change_ms);

    if (w->spec->guardrails.switch_margin <= 0)
        return 0; /* whoever wants no margin gets none */
    return at_most(at_least(w->before->flapping - since / period, 0), FLAPPING_MAX);
}

static double excess(double level)
{
    return at_least(level - FLAPPING_FREE, 0);
}

double leader_damping(const struct work *w)
{
    bool changed = w->status->leader != w->before->leader;

    return exp2(-excess(changed ? w->status->flapping : flapping_now(w)));
}

/* How good a choice somebody is when the leader has failed; higher is better. */
enum rank { RANK_NONE, RANK_EJECTED, RANK_REENTRY, RANK_WARMUP, RANK_ACTIVE };

static enum rank rank_of(const struct arm_work *a)
{
    static const enum rank ranks[ARM_STATE_COUNT] = {
        [ARM_WARMUP] = RANK_WARMUP,   [ARM_ACTIVE] = RANK_ACTIVE,
        [ARM_EJECTED] = RANK_EJECTED, [ARM_REENTRY] = RANK_REENTRY,
        [ARM_NOT_READY] = RANK_NONE,
    };

    return a->ready ? ranks[a->now->state] : RANK_NONE;
}

static double estimate_or_least(const struct arm_work *a)
{
    return isnan(a->estimate) ? -1 : a->estimate;
}

/* a before b? Rank, then not failing, then estimate; ties are left to the caller. */
static int compare(const struct arm_work *a, const struct arm_work *b)
{
    double difference = estimate_or_least(a) - estimate_or_least(b);

    if (rank_of(a) != rank_of(b))
        return rank_of(a) > rank_of(b) ? 1 : -1;
    if (a->failing != b->failing)
        return a->failing ? -1 : 1;
    return difference > 0 ? 1 : difference < 0 ? -1 : 0;
}

/* The best there is, ties to the one leading now, then to the baseline, then in the order
 * of the spec. */
static int best_of_all(const struct work *w)
{
    int best =
        w->before->leader != ROUTE_NO_ARM ? w->before->leader : (int)w->spec->baseline;

    for (size_t i = 0; i < w->arm_count; i++)
        if (compare(&w->arms[i], &w->arms[best]) > 0)
            best = (int)i;
    return rank_of(&w->arms[best]) == RANK_NONE ? ROUTE_NO_ARM : best;
}

bool leader_may_lead(const struct arm_work *a)
{
    return a->now->state == ARM_ACTIVE && !a->failing && !isnan(a->estimate) &&
           (a->sight == SIGHT_SEEN || a->sight == SIGHT_IDLE);
}

/* The first leader comes when every arm that has data is past its warm-up, or when one
 * has twice as much: an arm that gets no samples is not waited for. */
static bool warmed_up(const struct work *w)
{
    bool some = false;
    bool all = true;

    for (size_t i = 0; i < w->arm_count; i++) {
        const struct arm_work *a = &w->arms[i];

        if (!a->ready || a->sight < SIGHT_PARTIAL)
            continue;
        if (leader_may_lead(a) &&
            a->now->lifetime_samples >= 2 * w->spec->guardrails.warmup)
            return true;
        some |= leader_may_lead(a);
        all &= a->now->state != ARM_WARMUP;
    }
    return some && all;
}

/* How much better a challenger must be, in standard errors of the difference. An
 * excursion that chance makes lasts for as long as windows overlap and is looked at with
 * every decision: sqrt(1 + correlation) is the standard error of two consecutive looks
 * when they are taken for independent ones. */
static double margin(const struct work *w)
{
    return w->spec->guardrails.switch_margin * sqrt(1 + w->overlap) *
           (1 + margin_per_level * excess(flapping_now(w)));
}

/* The standard error of a challenger that shows few failures is small, and just so when
 * it has them by luck: it would mislead most where it is surest. So the variance is that
 * at the leader's level, as in a score test (how far would it stray if it were no
 * better?), but not at one further off than a standard error of what it shows: a leader
 * that fell says nothing of the challenger. */
static double challenger_error(const struct arm_work *challenger,
                               const struct arm_work *leader)
{
    double own = stats_trial_variance(challenger->estimate * challenger->evidence,
                                      challenger->evidence);
    double level =
        at_least(challenger->estimate - challenger->stderr_mean, leader->estimate);
    double variance = level * (1 - level);

    return challenger->stderr_mean *
           (variance > own && own > 0 ? sqrt(variance / own) : 1);
}

static bool beats(const struct arm_work *challenger, const struct arm_work *leader,
                  double errors)
{
    double difference = challenger->estimate - leader->estimate;
    double own;

    if (isnan(leader->estimate))
        return true;
    if (!(difference > 0))
        return false;
    own = challenger_error(challenger, leader);
    return difference >
           errors * sqrt(own * own + leader->stderr_mean * leader->stderr_mean);
}

/* The best of those that beat the leader, or ROUTE_NO_ARM; *close: one looks better, but
 * not by enough. */
static int challenger_of(const struct work *w, int leader, bool *close)
{
    double errors = margin(w);
    int best = ROUTE_NO_ARM;

    *close = false;
    for (size_t i = 0; i < w->arm_count; i++) {
        const struct arm_work *a = &w->arms[i];

        if ((int)i == leader || !leader_may_lead(a))
            continue;
        if (!beats(a, &w->arms[leader], errors))
            *close |= a->estimate > w->arms[leader].estimate;
        else if (best == ROUTE_NO_ARM || a->estimate > w->arms[best].estimate)
            best = (int)i;
    }
    return best;
}

/* Load moves rewards no faster than steps move shares. A leader that falls more suddenly
 * than six times the share that a decision may move (a generous slope, over the few
 * decisions that the average lags), and than chance, has not been taking turns: it broke.
 */
static bool broke(const struct work *w, const struct arm_work *leader)
{
    double step = w->spec->guardrails.max_step_up * exp2(-excess(flapping_now(w)));
    double fall = leader->now->reward_ema - leader->reward;

    return fall > 6 * step + 4 * leader->reward_stderr;
}

static double flapping_after(const struct work *w, enum reason reason)
{
    double level = flapping_now(w);

    if (reason != REASON_LEADER_CHANGE)
        return level;
    if (broke(w, &w->arms[w->before->leader]))
        return at_most(level, FLAPPING_FREE);
    return at_most(level + FLAPPING_PER_CHANGE, FLAPPING_MAX);
}

static void crown(struct work *w, int leader, enum reason reason)
{
    if (leader != w->before->leader) {
        w->status->flapping = flapping_after(w, reason);
        w->status->last_leader_change_ms = w->now_ms;
    }
    w->status->leader = leader;
    w->out->reason = reason;
    w->subject = leader;
}

static void first_leader(struct work *w)
{
    int best = ROUTE_NO_ARM;

    for (size_t i = 0; i < w->arm_count; i++)
        if (leader_may_lead(&w->arms[i]) &&
            (best == ROUTE_NO_ARM || w->arms[i].estimate > w->arms[best].estimate ||
             (w->arms[i].estimate == w->arms[best].estimate && i == w->spec->baseline)))
            best = (int)i;
    crown(w, best, REASON_BEST_ARM);
}

static bool failed(const struct arm_work *a)
{
    return !a->ready || a->failing || a->now->state == ARM_EJECTED ||
           a->now->state == ARM_REENTRY;
}

static void follow_failed_leader(struct work *w)
{
    int leader = w->before->leader;
    int best = best_of_all(w);

    if (best == leader)
        crown(w, leader, REASON_NO_ELIGIBLE_ARM);
    else
        crown(w, best, REASON_LEADER_FAILED);
}

void leader_choose(struct work *w)
{
    int leader = w->before->leader;
    int challenger;
    bool close;

    if (leader == ROUTE_NO_ARM) {
        if (warmed_up(w))
            first_leader(w);
        else
            w->out->reason = REASON_WARMUP;
        return;
    }
    if (failed(&w->arms[leader])) {
        follow_failed_leader(w);
        return;
    }
    challenger = challenger_of(w, leader, &close);
    if (challenger == ROUTE_NO_ARM)
        crown(w, leader, close ? REASON_WITHIN_MARGIN : REASON_BEST_ARM);
    else if (w->now_ms - w->status->last_leader_change_ms < w->spec->guardrails.dwell_ms)
        crown(w, leader, REASON_DWELL);
    else
        crown(w, challenger, REASON_LEADER_CHANGE);
}
