/* SPDX-License-Identifier: Apache-2.0 */
#include "support/chaos.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint8_t next_byte(struct chance *c)
{
    if (c->left) {
        c->left--;
        return *c->bytes++;
    }
    c->state ^= c->state << 13; /* xorshift64; stays 0 when there is no generator */
    c->state ^= c->state >> 7;
    c->state ^= c->state << 17;
    return (uint8_t)(c->state >> 32);
}

uint32_t chance_below(struct chance *c, uint32_t limit)
{
    uint32_t v = next_byte(c);

    return (v << 8 | next_byte(c)) % limit;
}

double chance_unit(struct chance *c)
{
    uint64_t v = 0;

    for (int i = 0; i < 4; i++)
        v = v << 8 | next_byte(c);
    return (double)v / 4294967295.0;
}

/* ---- making it up --------------------------------------------------------------------
 */

static void make_spec(struct stage *s, struct chance *c)
{
    struct route_guardrails *g = &s->spec.guardrails;
    double arms = (double)s->spec.arm_count;

    s->spec.interval_ms = 1000 * (1 + chance_below(c, 60));
    s->spec.policy = (struct route_policy){
        .type = (enum route_policy_type)chance_below(c, POLICY_TYPE_COUNT),
        .epsilon = chance_unit(c),
        .epsilon_decay = chance_below(c, 2) ? chance_unit(c) : 0,
        .epsilon_min = 0.01,
        .ema_alpha = chance_unit(c) * 0.999 + 0.001,
        .discount = chance_unit(c) * 0.999 + 0.001,
        .temperature = chance_unit(c) + 0.0001,
        .choice = (enum route_choice)chance_below(c, 2),
        .posterior = (enum route_posterior)chance_below(c, 2),
    };
    s->spec.reward.window = (enum route_window)chance_below(c, WINDOW_COUNT);
    g->warmup = chance_below(c, 200);
    g->min_weight = chance_below(c, 3) ? chance_unit(c) / arms : 0;
    g->max_weight = chance_below(c, 3) ? 1 : 1 / arms + chance_unit(c) * (1 - 1 / arms);
    g->max_step_up = 0.001 + chance_unit(c) * 0.999;
    g->max_step_down = 0.001 + chance_unit(c) * 0.999;
    g->switch_margin = chance_unit(c) * 3;
    g->dwell_ms = chance_below(c, 2) ? chance_below(c, 60000) : 0;
    g->cooldown_ms = chance_below(c, 60000);
    g->reentry_weight = chance_unit(c);
    g->max_ejected = (int)chance_below(c, (uint32_t)s->spec.arm_count);
    s->spec.mode =
        chance_below(c, 4) ? MODE_ACTIVE : (enum route_mode)chance_below(c, MODE_COUNT);
    s->spec.pin.set = chance_below(c, 16) == 0;
    for (size_t i = 0; i < s->spec.arm_count; i++)
        s->spec.pin.weights[i] = chance_unit(c);
    for (size_t o = 0; o < s->spec.reward.objective_count; o++) {
        s->objectives[o].weight = chance_unit(c) + (o ? 0 : 0.01);
        s->objectives[o].min = chance_below(c, 2) ? chance_unit(c) : (double)NAN;
        s->objectives[o].missing = (enum route_missing)chance_below(c, 3);
    }
}

void chaos_init(struct stage *s, struct chance *c)
{
    stage_init(s, 2 + chance_below(c, ROUTE_ARMS_MAX - 1),
               1 + chance_below(c, ROUTE_OBJECTIVES_MAX));
    s->spec.baseline = chance_below(c, (uint32_t)s->spec.arm_count);
    make_spec(s, c);
}

static double absurd(struct chance *c)
{
    static const double values[] = {NAN,  INFINITY, -INFINITY, -1,    0,    1e300,
                                    1e18, 1e-300,   0.5,       -1e-9, 1e308};

    return values[chance_below(c, ARRAY_LEN(values))];
}

void chaos_see_plausible(struct stage *s, struct chance *c)
{
    for (size_t i = 0; i < s->spec.arm_count; i++)
        for (size_t o = 0; o < s->spec.reward.objective_count; o++) {
            double events = 1 + floor(chance_unit(c) * 2000);

            stage_see(s, i, o, events * chance_unit(c), events);
        }
}

static void see(struct stage *s, struct chance *c)
{
    uint32_t mood = chance_below(c, 8);

    chaos_see_plausible(s, c);
    s->seen.problem =
        mood == 0 ? (enum reason)chance_below(c, REASON_COUNT) : REASON_NONE;
    s->seen.data_plane_known = chance_below(c, 8) != 0;
    for (size_t i = 0; i < s->spec.arm_count; i++) {
        struct arm_observation *a = &s->seen.arms[i];

        a->ready = chance_below(c, 8) != 0;
        a->applied = chance_below(c, 4) ? a->applied : absurd(c);
        a->newest_ms =
            chance_below(c, 8) ? s->now_ms : s->now_ms - chance_below(c, 60000) * 10;
        for (size_t o = 0; mood == 1 && o < s->spec.reward.objective_count; o++)
            stage_see(s, i, o, absurd(c), absurd(c));
        if (mood == 2)
            stage_see(s, i, 0, NAN, chance_below(c, 2) ? 0 : (double)NAN);
    }
}

/* As a hand or a bug may leave it, within what reading a status lets through. */
static void damage(struct stage *s, struct chance *c)
{
    struct route_arm_status *a =
        &s->status.arms[chance_below(c, (uint32_t)s->spec.arm_count)];

    switch (chance_below(c, 8)) {
    case 0:
        a->desired = chance_below(c, 2) ? 0 : (double)NAN;
        break;
    case 1:
        a->reward_ema = chance_below(c, 2) ? chance_unit(c) : (double)NAN;
        break;
    case 2:
        a->reward_stderr = chance_below(c, 2) ? 0 : (double)NAN;
        break;
    case 3:
        a->discounted_events = chance_unit(c) * 1e6;
        break;
    case 4:
        a->state = (enum arm_state)chance_below(c, ARM_STATE_COUNT);
        break;
    case 5:
        a->ejected_until_ms = s->now_ms + 1000 * (int64_t)chance_below(c, 600);
        break;
    case 6:
        s->status.leader = (int)chance_below(c, (uint32_t)s->spec.arm_count + 1) - 1;
        break;
    default:
        s->status.last_leader_change_ms =
            s->now_ms - 1000 * (int64_t)chance_below(c, 600);
        break;
    }
}

/* ---- what must hold ------------------------------------------------------------------
 */

#define PROMISE(condition)                                                   \
    do {                                                                     \
        if (!(condition)) {                                                  \
            (void)fprintf(stderr, "broken promise, line %d: %s\n", __LINE__, \
                          #condition);                                       \
            abort();                                                         \
        }                                                                    \
    } while (0)

static bool unit_or_unknown(double v)
{
    return isnan(v) || (v >= 0 && v <= 1);
}

/* May it count as collapsed? It earns far less than the best, by either reckoning. */
static bool is_far_behind(const struct stage *s, size_t arm)
{
    double best = 0;

    for (size_t i = 0; i < s->spec.arm_count; i++) {
        const struct route_arm_status *a = &s->status.arms[i];

        best = fmax(best, a->reward_ema); /* fmax() passes NAN over */
        if (a->discounted_events > 0)
            best = fmax(best, a->discounted_good / a->discounted_events);
    }
    return s->status.arms[arm].reward < best - 0.3;
}

static void check_weights(const struct stage *s)
{
    double sum = 0;
    bool leaving = false; /* failed arms go by steps: floors may have to wait */
    bool measured = s->last.verdict == VERDICT_SWITCHED ||
                    s->last.verdict == VERDICT_ADJUSTED ||
                    s->last.verdict == VERDICT_KEPT;
    bool data =
        s->seen.problem == REASON_NONE &&
        s->status.conditions[CONDITION_METRICS_AVAILABLE].status == CONDITION_TRUE;

    for (size_t i = 0; i < s->spec.arm_count; i++)
        leaving |= (s->status.arms[i].state == ARM_EJECTED || is_far_behind(s, i)) &&
                   s->last.weights[i] > s->spec.guardrails.min_weight + 1e-9 &&
                   s->spec.guardrails.max_step_down < 1;
    for (size_t i = 0; i < s->spec.arm_count; i++) {
        double w = s->last.weights[i];

        PROMISE(w >= 0 && w <= 1 + 1e-12);
        PROMISE(w == s->status.arms[i].desired);
        sum += w;
        if (measured && s->status.arms[i].state == ARM_NOT_READY)
            PROMISE(w == 0);
        else if (measured && data && !leaving)
            PROMISE(w >= s->spec.guardrails.min_weight - 1e-9);
    }
    PROMISE(fabs(sum - 1) < 1e-9);
}

static void check_status(const struct stage *s)
{
    const struct route_status *t = &s->status;
    double best = 0;
    bool some = false;

    for (size_t i = 0; i < s->spec.arm_count; i++) {
        const struct route_arm_status *a = &t->arms[i];

        PROMISE(unit_or_unknown(a->reward));
        PROMISE(unit_or_unknown(a->reward_ema));
        PROMISE(isnan(a->reward_stderr) ||
                (a->reward_stderr >= 0 && a->reward_stderr <= 1));
        PROMISE(unit_or_unknown(a->probability_best));
        PROMISE(isfinite(a->samples) && a->samples >= 0);
        PROMISE(isfinite(a->lifetime_samples) && a->lifetime_samples >= 0);
        PROMISE(isfinite(a->discounted_good) && isfinite(a->discounted_events));
        some |= !isnan(a->probability_best);
        best += isnan(a->probability_best) ? 0 : a->probability_best;
    }
    PROMISE(!some ||
            t->conditions[CONDITION_METRICS_AVAILABLE].status != CONDITION_TRUE ||
            fabs(best - 1) < 1e-6);
    for (size_t k = 0; k < s->spec.arm_count * s->spec.reward.objective_count; k++)
        PROMISE(unit_or_unknown(t->objectives[k].ratio) &&
                isfinite(t->objectives[k].events));
    PROMISE(t->leader >= ROUTE_NO_ARM && t->leader < (int)s->spec.arm_count);
    PROMISE(isfinite(t->estimated_regret) && t->estimated_regret >= 0);
    PROMISE(isfinite(t->exploration_cost) &&
            t->exploration_cost <= t->estimated_regret * (1 + 1e-9) + 1e-9);
    PROMISE(t->exploration >= 0 && t->exploration <= 1);
    PROMISE(t->flapping >= 0 && t->flapping <= 64);
    PROMISE(s->last.verdict > VERDICT_NONE && s->last.verdict < VERDICT_COUNT);
    PROMISE(s->last.reason > REASON_NONE && s->last.reason < REASON_COUNT);
    PROMISE(s->last.event_count <= CORE_EVENTS_MAX);
    PROMISE(!s->last.write || s->spec.mode == MODE_ACTIVE);
}

struct before {
    double start[ROUTE_ARMS_MAX]; /* weights, normalised */
    double ema[ROUTE_ARMS_MAX];
    double pooled[ROUTE_ARMS_MAX];
    unsigned states;
    struct route_condition metrics;
};

static struct before remember(const struct stage *s)
{
    struct before b = {.metrics = s->status.conditions[CONDITION_METRICS_AVAILABLE]};
    double total = 0;

    for (size_t i = 0; i < s->spec.arm_count; i++) {
        double v = s->status.arms[i].desired;

        b.start[i] = isfinite(v) ? fmin(1, fmax(0, v)) : 0;
        total += b.start[i];
        b.ema[i] = s->status.arms[i].reward_ema;
        b.pooled[i] = s->status.arms[i].discounted_events;
        b.states |= 1U << s->status.arms[i].state;
    }
    for (size_t i = 0; i < s->spec.arm_count; i++)
        b.start[i] = total > 0 ? b.start[i] / total : 1 / (double)s->spec.arm_count;
    return b;
}

static bool equal(double a, double b)
{
    return a == b || (isnan(a) && isnan(b));
}

/* Of metrics that were not asked for, nothing is said: Unknown, or what was known when an
 * arm died between two decisions. */
static void check_metrics_condition(const struct stage *s, const struct before *b)
{
    const struct route_condition *c = &s->status.conditions[CONDITION_METRICS_AVAILABLE];
    enum reason problem = s->seen.problem;

    if (problem == REASON_ARM_NOT_READY) {
        PROMISE(c->status == b->metrics.status && c->reason == b->metrics.reason &&
                c->since_ms == b->metrics.since_ms);
    } else if (problem == REASON_NONE) {
        PROMISE(c->status != CONDITION_UNKNOWN);
    } else {
        PROMISE(c->status == (problem >= REASON_NO_DATA && problem <= REASON_BAD_ANSWER
                                  ? CONDITION_FALSE
                                  : CONDITION_UNKNOWN));
        PROMISE(c->reason == problem);
    }
}

/* When only an arm died, nobody else loses anything by it. */
static void check_evacuation(const struct stage *s, const struct before *b)
{
    if (s->seen.problem != REASON_ARM_NOT_READY || s->last.verdict == VERDICT_PINNED)
        return;
    for (size_t i = 0; i < s->spec.arm_count; i++)
        PROMISE(s->status.arms[i].state == ARM_NOT_READY ||
                s->last.weights[i] >= b->start[i] - 1e-12);
}

static void check_move(const struct stage *s, const struct before *b)
{
    const struct route_guardrails *g = &s->spec.guardrails;
    bool held = s->last.verdict == VERDICT_HELD;
    unsigned calm = 1U << ARM_WARMUP | 1U << ARM_ACTIVE;
    unsigned states = b->states;
    double freed = 0;
    bool quiet = !(b->states & ~calm) && s->last.verdict != VERDICT_PINNED;

    for (size_t i = 0; i < s->spec.arm_count; i++) {
        const struct route_arm_status *a = &s->status.arms[i];

        states |= 1U << a->state;
        quiet &= (calm >> a->state & 1U) && b->start[i] >= g->min_weight - 1e-9 &&
                 b->start[i] <= g->max_weight + 1e-9;
        if (held || s->last.verdict == VERDICT_FROZEN)
            PROMISE(a->desired == b->start[i]);
        if (held &&
            s->status.conditions[CONDITION_METRICS_AVAILABLE].status != CONDITION_TRUE)
            PROMISE(equal(a->reward_ema, b->ema[i]) &&
                    equal(a->discounted_events, b->pooled[i]));
    }
    for (size_t i = 0; i < s->spec.arm_count; i++)
        if (is_far_behind(s, i)) /* what leaves it has to go somewhere */
            freed += b->start[i];
    for (size_t i = 0; i < s->spec.arm_count && quiet; i++) {
        double move = s->last.weights[i] - b->start[i];

        /* A newcomer in warm-up, one by a longer warm-up too, may have to fall back to an
         * even share, and what failed makes room for floors. */
        if (states >> ARM_WARMUP & 1U)
            continue;
        PROMISE(move <= g->max_step_up + freed + 1e-9);
        PROMISE(is_far_behind(s, i) || -move <= g->max_step_down + 1e-9);
    }
}

void chaos_step(struct stage *s, struct chance *c)
{
    struct before b;
    struct decision again = {.write = false};
    struct route_status status = {.arms = NULL};

    if (chance_below(c, 16) == 0)
        make_spec(s, c);
    if (chance_below(c, 16) == 0)
        damage(s, c);
    see(s, c);
    b = remember(s);
    route_status_copy(&status, &s->status, &s->spec);
    stage_decide(s);
    core_decide(&s->spec, &status, &s->seen, 1, s->now_ms, &again);
    for (size_t i = 0; i < s->spec.arm_count; i++)
        PROMISE(s->last.write || again.weights[i] == s->last.weights[i]);
    decision_clear(&again);
    route_status_clear(&status);
    check_weights(s);
    check_status(s);
    check_metrics_condition(s, &b);
    check_evacuation(s, &b);
    check_move(s, &b);
}
