/* SPDX-License-Identifier: Apache-2.0 */
#include "core/decide.h"

#include <math.h>
#include <string.h>

#include "core/conditions.h"
#include "core/extremes.h"
#include "core/leader.h"
#include "core/policy.h"
#include "core/pool.h"
#include "core/say.h"
#include "core/work.h"

/* Weights that a status may bring, made valid: they sum to one and are none below zero.
 */
static void read_weights(struct work *w)
{
    double total = 0;

    for (size_t i = 0; i < w->arm_count; i++) {
        double v = w->before->arms[i].desired;

        w->arms[i].start = isfinite(v) ? at_most(at_least(v, 0), 1) : 0;
        total += w->arms[i].start;
    }
    for (size_t i = 0; i < w->arm_count; i++)
        w->arms[i].start =
            total > 0 ? w->arms[i].start / total : 1 / (double)w->arm_count;
}

static void no_later_than(int64_t *time_ms, int64_t limit_ms)
{
    if (*time_ms > limit_ms)
        *time_ms = limit_ms;
}

/* A clock that was set back, or that of the node that takes over, leaves times in the
 * status that are still to come, and whoever counts from there waits for them. What seems
 * to be of the future happened just now, and nobody cools down for longer than if the
 * cool-down began now. The steps read times from the status in the making, never from the
 * one before. */
static void bring_to_the_present(struct work *w)
{
    struct route_status *s = w->status;

    no_later_than(&s->last_observation_ms, w->now_ms);
    no_later_than(&s->last_leader_change_ms, w->now_ms);
    for (size_t i = 0; i < w->arm_count; i++) {
        struct route_arm_status *a = &s->arms[i];

        no_later_than(&a->state_since_ms, w->now_ms);
        no_later_than(&a->counted_until_ms, w->now_ms);
        if (a->ejected_until_ms > w->now_ms)
            no_later_than(&a->ejected_until_ms, eligibility_cooled_ms(w, a->ejections));
    }
    for (size_t c = 0; c < CONDITION_COUNT; c++)
        no_later_than(&s->conditions[c].since_ms, w->now_ms);
}

/* The decision as it is before anything is known: the status stays what it was. */
static void begin(struct work *w)
{
    struct decision *out = w->out;

    out->write = false;
    out->regret = 0;
    out->exploration_cost = 0;
    out->clamps = 0;
    out->event_count = 0;
    route_status_copy(&out->status, w->before, w->spec);
    bring_to_the_present(w);
    memset(w->arms, 0, w->arm_count * sizeof(*w->arms));
    for (size_t i = 0; i < w->arm_count; i++) {
        struct arm_work *a = &w->arms[i];

        a->seen = &w->seen->arms[i];
        a->was = &w->before->arms[i];
        a->now = &out->status.arms[i];
        a->objectives = &out->status.objectives[i * w->objective_count];
        a->estimate = NAN;
        a->stderr_mean = NAN;
    }
    read_weights(w);
}

static void count_samples(struct work *w)
{
    for (size_t i = 0; i < w->arm_count; i++)
        w->arms[i].now->lifetime_samples += w->arms[i].fresh * w->arms[i].now->samples;
}

/* Everything that can be said of the arms, whether or not anything may move. */
static void measure(struct work *w)
{
    data_read(w);
    if (w->problem == REASON_NONE)
        reward_measure(w);
    if (w->problem == REASON_NONE)
        count_samples(w);
    eligibility_update(w);
    if (w->problem == REASON_NONE) {
        reward_advance(w);
        if (w->policy->pools)
            pool_advance(w);
    }
    evidence_update(w);
    if (w->problem != REASON_NONE)
        return;
    regret_update(w);
    for (size_t i = 0; i < w->arm_count; i++) {
        const struct arm_work *a = &w->arms[i];

        if (a->sight >= SIGHT_PARTIAL)
            a->now->counted_until_ms =
                a->seen->newest_ms < w->now_ms ? a->seen->newest_ms : w->now_ms;
    }
}

static void stay(struct work *w)
{
    for (size_t i = 0; i < w->arm_count; i++)
        w->arms[i].weight = w->arms[i].start;
}

static void end(struct work *w, enum verdict verdict, enum reason reason)
{
    w->out->verdict = verdict;
    w->out->reason = reason;
}

static bool pinned(const struct work *w)
{
    const struct route_pin *pin = &w->spec->pin;

    return pin->set && (!pin->until_ms || w->now_ms < pin->until_ms);
}

static void follow_pin(struct work *w)
{
    double total = 0;

    for (size_t i = 0; i < w->arm_count; i++)
        total += w->spec->pin.weights[i];
    for (size_t i = 0; i < w->arm_count; i++)
        w->arms[i].weight =
            total > 0 ? w->spec->pin.weights[i] / total : w->arms[i].start;
    end(w, VERDICT_PINNED, REASON_PIN);
}

static bool any_ready(const struct work *w)
{
    for (size_t i = 0; i < w->arm_count; i++)
        if (w->arms[i].ready)
            return true;
    return false;
}

/* The data say nothing: weights stay, but for an arm without a live backend, which does
 * not lead either. */
static void hold(struct work *w)
{
    int leader = w->before->leader;
    bool switched;

    stay(w);
    if (leader != ROUTE_NO_ARM && !w->arms[leader].ready)
        leader_choose(w);
    switched = w->status->leader != leader;
    if (guardrails_evacuate_unready(w) || switched) {
        end(w, switched ? VERDICT_SWITCHED : VERDICT_ADJUSTED,
            switched ? REASON_LEADER_FAILED : REASON_ARM_NOT_READY);
        return;
    }
    end(w, VERDICT_HELD, w->problem);
}

/* A reason that says more than "the best arm leads", when there is one: the gravest
 * change of an arm's state. */
static void refine_reason(struct work *w)
{
    static const struct {
        int gravity;
        enum reason reason;
    } changes[ARM_STATE_COUNT] = {
        [ARM_NOT_READY] = {3, REASON_ARM_NOT_READY},
        [ARM_EJECTED] = {2, REASON_ARM_EJECTED  },
        [ARM_REENTRY] = {1, REASON_ARM_REENTERED},
    };
    int gravest = 0;

    if (w->out->reason != REASON_BEST_ARM && w->out->reason != REASON_WITHIN_MARGIN)
        return;
    if (w->spec->policy.type == POLICY_STATIC)
        w->out->reason = REASON_STATIC;
    for (size_t i = 0; i < w->arm_count && w->state_changed; i++) {
        enum arm_state state = w->arms[i].now->state;

        if (state == w->arms[i].was->state || changes[state].gravity <= gravest)
            continue;
        gravest = changes[state].gravity;
        w->out->reason = changes[state].reason;
        w->subject = (int)i;
    }
}

static bool moved(const struct work *w)
{
    for (size_t i = 0; i < w->arm_count; i++)
        if (fabs(w->arms[i].weight - w->arms[i].start) > 1e-9)
            return true;
    return false;
}

static void choose(struct work *w)
{
    leader_choose(w);
    policy_apply(w);
    guardrails_apply(w);
    refine_reason(w);
    w->out->verdict = w->status->leader != w->before->leader ? VERDICT_SWITCHED
                      : moved(w)                             ? VERDICT_ADJUSTED
                                                             : VERDICT_KEPT;
}

static void decide(struct work *w)
{
    if (w->spec->mode == MODE_FROZEN) {
        stay(w);
        end(w, VERDICT_FROZEN, REASON_FROZEN);
    } else if (pinned(w)) {
        follow_pin(w);
    } else if (!any_ready(w)) {
        stay(w);
        end(w, VERDICT_HELD, REASON_NO_ELIGIBLE_ARM);
    } else if (w->problem != REASON_NONE) {
        hold(w);
    } else {
        choose(w);
    }
}

/* One sentence for people. Figures stay out of it: they have fields of their own, and a
 * message that changes with every decision is a write with every decision. */
static void write_message(struct work *w)
{
    static const char *const predicates[REASON_COUNT] = {
        [REASON_BEST_ARM] = " has the best reward",
        [REASON_LEADER_CHANGE] = " took the lead: better by more than the margin",
        [REASON_LEADER_FAILED] = " took the lead: the leader failed",
        [REASON_WITHIN_MARGIN] = " leads: another arm looks better, within the margin",
        [REASON_DWELL] = " leads: it has not led for long enough to be left",
        [REASON_WARMUP] = " leads: arms gather samples",
        [REASON_ARM_EJECTED] = " is below a minimum: ejected",
        [REASON_ARM_REENTERED] = " is let back in with little traffic",
        [REASON_ARM_NOT_READY] = " has no live backend",
        [REASON_FLAPPING] = " leads: leaders change often, steps are damped",
        [REASON_PIN] = " leads: weights are pinned by hand",
        [REASON_FROZEN] = " leads: weights are frozen",
        [REASON_STATIC] = " has the best reward: the split is even by order",
        [REASON_NO_ELIGIBLE_ARM] = " leads: no arm is fit to take traffic",
        [REASON_NO_DATA] = " has no data of an objective that counts",
        [REASON_STALE_DATA] = " has only data that are too old",
    };
    const char *predicate = predicates[w->out->reason];
    int arm = w->subject != ROUTE_NO_ARM       ? w->subject
              : w->problem_arm != ROUTE_NO_ARM ? w->problem_arm
                                               : w->status->leader;
    bool told = w->problem != REASON_NONE && w->seen->problem == w->out->reason;

    say(w->status->message, sizeof(w->status->message),
        told ? quote(w->seen->detail)
             : (struct sentence){work_arm_name(w, arm),
                                 predicate ? predicate : " is in doubt"});
}

static void finish(struct work *w)
{
    struct route_status *s = w->status;
    double following = 0;

    for (size_t i = 0; i < w->arm_count; i++) {
        w->out->weights[i] = w->arms[i].weight;
        s->arms[i].desired = w->arms[i].weight;
        if ((int)i == s->leader)
            following = w->arms[i].weight;
    }
    s->exploration = at_least(1 - following, 0);
    s->observed_generation = w->generation;
    s->mode = w->spec->mode;
    s->verdict = w->out->verdict;
    s->reason = w->out->reason;
    s->decisions++;
    s->last_decision_ms = w->now_ms; /* a hold is a decision, too: somebody looked */
    write_message(w);
    conditions_update(w);
    events_add(w);
    w->out->write =
        w->spec->mode == MODE_ACTIVE && !core_obeys(s, w->arm_count, w->seen->units);
}

void core_decide(const struct route_spec *spec, const struct route_status *previous,
                 const struct observation *seen, int64_t generation, int64_t now_ms,
                 struct decision *out)
{
    struct arm_work arms[ROUTE_ARMS_MAX]; /* as many as the spec has are used */
    struct work w = {
        .spec = spec,
        .policy = policy_of(spec->policy.type),
        .window_ms = route_window_ms(spec->reward.window),
        .before = previous,
        .seen = seen,
        .status = &out->status,
        .out = out,
        .now_ms = now_ms,
        .generation = generation,
        .arm_count = spec->arm_count,
        .objective_count = spec->reward.objective_count,
        .problem = REASON_NONE,
        .problem_arm = ROUTE_NO_ARM,
        .states = 0,
        .state_changed = false,
        .participants = 0,
        .overlap = 0,
        .subject = ROUTE_NO_ARM,
        .arms = arms,
    };

    begin(&w);
    measure(&w);
    decide(&w);
    finish(&w);
}

void decision_accept(struct decision *d, struct route_status *status)
{
    const struct route_status rested_on = *status;

    *status = d->status;
    d->status = rested_on;
}

void decision_clear(struct decision *d)
{
    route_status_clear(&d->status);
}
