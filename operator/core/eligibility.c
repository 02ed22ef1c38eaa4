/* SPDX-License-Identifier: Apache-2.0 */
/* eligibility.c - the states of the arms: who may lead, who cools down, who proves
 * itself.
 *
 *   Warmup --enough samples--> Active --below a min--> Ejected --cooled down--> Reentry
 *                                 ^                       ^--below a min again--'  |
 *                                 '-------------------proven-----------------------'
 *   any of them <--live backend lost or found--> NotReady
 *
 * An ejected arm keeps the floor of traffic. While that traffic still fails, the arm
 * stays out past its cool-down, without a longer one; the cool-down doubles only when the
 * arm fails again after it was let back in.
 */
#include "core/work.h"

#include <math.h>

#include "core/extremes.h"
#include "core/stats.h"

/* An arm is ejected when so few successes had at most this probability at its min. */
static const double ejection_chance = 0.005;

/* A re-entering arm proves itself with this share of the warm-up. */
static const double proof_share = 0.25;

enum { COOLDOWN_DOUBLINGS_MAX = 4 };

/* How far an objective is below its min, where that is beyond chance; else 0. */
static double objective_deficit(const struct objective_status *o, double min)
{
    double good = o->ratio * o->events;

    if (isnan(min) || isnan(o->ratio) || o->ratio >= min)
        return 0;
    return stats_binomial_tail(good, o->events, min) < ejection_chance ? min - o->ratio
                                                                       : 0;
}

static void judge(const struct work *w, struct arm_work *a)
{
    if (a->sight < SIGHT_PARTIAL)
        return; /* a silent leader was judged with the data */
    for (size_t o = 0; o < w->objective_count; o++) {
        double deficit =
            objective_deficit(&a->objectives[o], w->spec->reward.objectives[o].min);

        if (deficit > 0) {
            a->failing = true;
            a->deficit = at_least(a->deficit, deficit);
        }
    }
}

static bool cooling(const struct work *w, const struct arm_work *a)
{
    return a->now->ejected_until_ms > w->now_ms || a->failing;
}

/* The state the arm would be in, ejections of this moment left aside. */
static enum arm_state state_next(const struct work *w, struct arm_work *a)
{
    double warmup = w->spec->guardrails.warmup;
    struct route_arm_status *s = a->now;

    if (!a->ready)
        return ARM_NOT_READY;
    if (s->ejected_until_ms && s->state != ARM_REENTRY) {
        if (cooling(w, a))
            return ARM_EJECTED;
        s->lifetime_samples = 0; /* counts its proof from here on */
        return ARM_REENTRY;
    }
    if (s->ejected_until_ms) {
        if (a->failing || s->lifetime_samples < proof_share * warmup ||
            a->sight < SIGHT_SEEN)
            return ARM_REENTRY;
        s->ejected_until_ms = 0;
        s->lifetime_samples = at_least(s->lifetime_samples, warmup);
    }
    return s->lifetime_samples >= warmup ? ARM_ACTIVE : ARM_WARMUP;
}

static int64_t cooldown(const struct work *w, uint32_t ejections)
{
    uint32_t doublings = ejections > 0 ? ejections - 1 : 0;

    if (doublings > COOLDOWN_DOUBLINGS_MAX)
        doublings = COOLDOWN_DOUBLINGS_MAX;
    return w->spec->guardrails.cooldown_ms << doublings;
}

int64_t eligibility_cooled_ms(const struct work *w, uint32_t ejections)
{
    int64_t at_ms = w->now_ms + cooldown(w, ejections);

    return at_ms > 0 ? at_ms : 1;
}

/* In a row: it failed while proving itself, or soon after. */
static bool relapsed(const struct work *w, const struct arm_work *a)
{
    return a->now->ejections > 0 &&
           (a->was->state == ARM_REENTRY ||
            w->now_ms - a->now->state_since_ms < 4 * cooldown(w, a->now->ejections));
}

static void eject(const struct work *w, struct arm_work *a)
{
    a->now->state = ARM_EJECTED;
    a->now->ejections = relapsed(w, a) ? a->now->ejections + 1 : 1;
    a->now->ejected_until_ms = eligibility_cooled_ms(w, a->now->ejections);
}

/* The worst failing arm that is not out yet, or NULL. */
static struct arm_work *worst(struct work *w)
{
    struct arm_work *found = NULL;

    for (size_t i = 0; i < w->arm_count; i++) {
        struct arm_work *a = &w->arms[i];

        if (a->failing && a->ready && a->now->state != ARM_EJECTED &&
            (!found || a->deficit > found->deficit))
            found = a;
    }
    return found;
}

/* At most max_ejected, and never the last arm that could take traffic. */
static void eject_failing(struct work *w)
{
    struct arm_work *a = worst(w);
    int ready = 0;
    int ejected = 0;

    if (!a)
        return;
    for (size_t i = 0; i < w->arm_count; i++) {
        ready += w->arms[i].ready;
        ejected += w->arms[i].now->state == ARM_EJECTED;
    }
    for (; a && ejected < w->spec->guardrails.max_ejected && ejected < ready - 1;
         a = worst(w), ejected++)
        eject(w, a);
}

void eligibility_update(struct work *w)
{
    bool judged = w->problem == REASON_NONE;

    for (size_t i = 0; i < w->arm_count; i++) {
        struct arm_work *a = &w->arms[i];

        if (judged)
            judge(w, a);
        if (judged || !a->ready || a->now->state == ARM_NOT_READY)
            a->now->state = state_next(w, a);
    }
    if (judged)
        eject_failing(w);
    for (size_t i = 0; i < w->arm_count; i++) {
        const struct route_arm_status *was = w->arms[i].was;
        struct route_arm_status *now = w->arms[i].now;

        w->states |= 1U << now->state;
        w->state_changed |= now->state != was->state;
        if (now->state != was->state || !was->state_since_ms)
            now->state_since_ms = w->now_ms;
    }
}
