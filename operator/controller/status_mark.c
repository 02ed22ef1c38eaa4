/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/status_mark.h"

#include <math.h>
#include <stdlib.h>

#define WEIGHT_MOVED 0.01
#define REWARD_MOVED 0.05

enum { STEPS = UINT16_MAX - 1 }; /* of a ratio; 0 stands for "not known" */

struct arm_mark {
    uint16_t desired, applied, reward;
};

struct status_mark {
    uint64_t words; /* hash of all that has no size */
    int64_t written_ms;
    struct arm_mark arms[];
};

/* ---- what has no size ----------------------------------------------------------------
 */

/* From decision to decision a good leader is the best by far, then within the margin:
 * that is one and the same to anybody who looks. */
static enum reason coarse_reason(enum reason reason)
{
    switch (reason) {
    case REASON_NONE:
    case REASON_BEST_ARM:
    case REASON_LEADER_CHANGE: /* told by the leader */
    case REASON_WITHIN_MARGIN:
    case REASON_DWELL:
    case REASON_WARMUP: /* told by the arms' states */
        return REASON_BEST_ARM;
    default:
        return reason;
    }
}

static enum verdict coarse_verdict(enum verdict verdict)
{
    return verdict == VERDICT_SWITCHED || verdict == VERDICT_ADJUSTED ? VERDICT_KEPT
                                                                      : verdict;
}

static uint64_t mix(uint64_t hash, int64_t v)
{
    hash = (hash ^ (uint64_t)v) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 29;
}

static uint64_t words_of(const struct bandit_route *r)
{
    const struct route_status *s = &r->status;
    uint64_t hash = mix(0, s->observed_generation);

    hash = mix(mix(mix(hash, s->mode), s->leader), (int64_t)r->spec.arm_count);
    hash = mix(mix(hash, coarse_verdict(s->verdict)), coarse_reason(s->reason));
    for (size_t i = 0; i < CONDITION_COUNT; i++)
        hash = mix(mix(hash, s->conditions[i].status),
                   coarse_reason(s->conditions[i].reason));
    for (size_t i = 0; i < r->spec.arm_count; i++) {
        hash = mix(mix(hash, s->arms[i].state), s->arms[i].ejections);
        hash = mix(hash, s->arms[i].ejected_until_ms);
    }
    return hash;
}

/* ---- what has ------------------------------------------------------------------------
 */

static uint16_t step_of(double ratio)
{
    double bounded = ratio < 0 ? 0 : ratio > 1 ? 1 : ratio;

    return isnan(ratio) ? 0 : (uint16_t)(1 + bounded * STEPS);
}

static struct arm_mark mark_of(const struct route_arm_status *arm)
{
    return (struct arm_mark){step_of(arm->desired), step_of(arm->applied),
                             step_of(arm->reward_ema)};
}

static bool moved(uint16_t from, uint16_t to, double by)
{
    return (from == 0) != (to == 0) || abs(from - to) > by * STEPS;
}

/* ---- the mark ------------------------------------------------------------------------
 */

struct status_mark *status_mark_new(const struct bandit_route *r, int64_t written_ms)
{
    struct status_mark *m =
        mem_alloc(1, sizeof(*m) + r->spec.arm_count * sizeof(struct arm_mark));

    m->words = words_of(r);
    m->written_ms = written_ms;
    for (size_t i = 0; i < r->spec.arm_count; i++)
        m->arms[i] = mark_of(&r->status.arms[i]);
    return m;
}

int64_t status_mark_written_ms(const struct status_mark *m)
{
    return m->written_ms;
}

/* Equal words stand for the same generation, and so for as many arms. */
bool status_mark_differs(const struct status_mark *m, const struct bandit_route *r)
{
    if (!m || m->words != words_of(r))
        return true;
    for (size_t i = 0; i < r->spec.arm_count; i++) {
        const struct arm_mark *old = &m->arms[i], now = mark_of(&r->status.arms[i]);

        if (moved(old->desired, now.desired, WEIGHT_MOVED) ||
            moved(old->applied, now.applied, WEIGHT_MOVED) ||
            moved(old->reward, now.reward, REWARD_MOVED))
            return true;
    }
    return false;
}
