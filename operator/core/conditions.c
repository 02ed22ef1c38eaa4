/* SPDX-License-Identifier: Apache-2.0 */
/* conditions.c - the decision in the form that Kubernetes tools wait on. */
#include "core/conditions.h"

#include <assert.h>
#include <math.h>

#include "core/rounding.h"
#include "core/say.h"

/* Its time moves only when the status changes. */
static void set_one(struct route_condition *c, enum condition_status status,
                    enum reason reason, struct sentence message, int64_t generation,
                    int64_t now_ms)
{
    if (c->status != status || !c->since_ms)
        c->since_ms = now_ms;
    c->status = status;
    c->reason = reason;
    c->observed_generation = generation;
    say(c->message, sizeof(c->message), message);
}

static void set(struct work *w, enum condition_type type, enum condition_status status,
                enum reason reason, struct sentence message)
{
    set_one(&w->status->conditions[type], status, reason, message, w->generation,
            w->now_ms);
}

static int arm_in_state(const struct work *w, unsigned states)
{
    for (size_t i = 0; i < w->arm_count && states & w->states; i++)
        if (states >> w->arms[i].now->state & 1U)
            return (int)i;
    return ROUTE_NO_ARM;
}

/* Decided, and, where it was to be written, obeyed: Frozen and Shadow ask for no more
 * than the decision. */
static void set_ready(struct route_status *s, const struct route_spec *spec,
                      int64_t generation, int64_t now_ms)
{
    const struct route_condition *plane = &s->conditions[CONDITION_ROUTE_PROGRAMMED];
    bool held = s->verdict == VERDICT_HELD;
    bool refused = !held && spec->mode == MODE_ACTIVE && plane->status == CONDITION_FALSE;

    set_one(&s->conditions[CONDITION_READY],
            held || refused ? CONDITION_FALSE : CONDITION_TRUE,
            refused ? plane->reason : s->reason,
            quote(refused ? plane->message : s->message), generation, now_ms);
}

/* Was Prometheus asked, and is this what was wrong with its answer? */
static bool is_of_metrics(enum reason problem)
{
    return problem >= REASON_NO_DATA && problem <= REASON_BAD_ANSWER;
}

/* A decision that failed before the metrics were asked for can say nothing of them, and
 * one between two regular decisions (an arm died) does not have to: they were asked an
 * interval ago, and are in another. */
static void set_metrics(struct work *w)
{
    if (w->seen->problem == REASON_ARM_NOT_READY)
        return;
    if (w->problem == REASON_NONE)
        set(w, CONDITION_METRICS_AVAILABLE, CONDITION_TRUE, REASON_NONE, silence);
    else if (is_of_metrics(w->problem))
        set(w, CONDITION_METRICS_AVAILABLE, CONDITION_FALSE, w->problem,
            w->seen->problem ? quote(w->seen->detail) : silence);
    else
        set(w, CONDITION_METRICS_AVAILABLE, CONDITION_UNKNOWN, w->problem,
            quote("not asked for: the decision failed before"));
}

static void set_exploring(struct work *w)
{
    int arm = arm_in_state(w, 1U << ARM_WARMUP | 1U << ARM_REENTRY);

    if (arm == ROUTE_NO_ARM)
        set(w, CONDITION_EXPLORING, CONDITION_FALSE, REASON_NONE, silence);
    else
        set(w, CONDITION_EXPLORING, CONDITION_TRUE,
            w->arms[arm].now->state == ARM_WARMUP ? REASON_WARMUP : REASON_ARM_REENTERED,
            (struct sentence){work_arm_name(w, arm), " gathers samples"});
}

static void set_frozen(struct work *w)
{
    bool by_order =
        w->out->verdict == VERDICT_FROZEN || w->out->verdict == VERDICT_PINNED;

    set(w, CONDITION_FROZEN, by_order ? CONDITION_TRUE : CONDITION_FALSE,
        by_order ? w->out->reason : REASON_NONE,
        by_order ? quote(w->status->message) : silence);
}

static void set_degraded(struct work *w)
{
    int dead = arm_in_state(w, 1U << ARM_NOT_READY);
    int out = arm_in_state(w, 1U << ARM_EJECTED);

    if (dead != ROUTE_NO_ARM)
        set(w, CONDITION_DEGRADED, CONDITION_TRUE, REASON_ARM_NOT_READY,
            (struct sentence){work_arm_name(w, dead), " is without a live backend"});
    else if (out != ROUTE_NO_ARM)
        set(w, CONDITION_DEGRADED, CONDITION_TRUE, REASON_ARM_EJECTED,
            (struct sentence){work_arm_name(w, out), " is ejected"});
    else
        set(w, CONDITION_DEGRADED, CONDITION_FALSE, REASON_NONE, silence);
}

bool core_same_weights(const double *desired, const double *applied, size_t n,
                       uint32_t units)
{
    double tolerance = units ? 0.5 / units : CORE_WEIGHT_TOLERANCE;
    uint32_t steps[ROUTE_ARMS_MAX];

    if (units && !rounding_units(desired, n, units, steps))
        return false;
    for (size_t i = 0; i < n; i++) {
        double want = units ? (double)steps[i] / units : desired[i];

        if (!(fabs(applied[i] - want) <= tolerance))
            return false;
    }
    return true;
}

bool core_obeys(const struct route_status *status, size_t arm_count, uint32_t units)
{
    double desired[ROUTE_ARMS_MAX], applied[ROUTE_ARMS_MAX];

    assert(arm_count >= ROUTE_ARMS_MIN);
    for (size_t i = 0; i < arm_count; i++) {
        desired[i] = status->arms[i].desired;
        applied[i] = status->arms[i].applied;
    }
    return core_same_weights(desired, applied, arm_count, units);
}

void core_programmed(struct route_status *status, const struct route_spec *spec,
                     const struct plane_answer *plane, int64_t generation, int64_t now_ms)
{
    struct route_condition *c = &status->conditions[CONDITION_ROUTE_PROGRAMMED];
    enum condition_status how = CONDITION_FALSE;
    const char *message = plane->message;
    enum reason reason = plane->problem;

    if (reason != REASON_NONE && reason != REASON_PENDING) {
        how = CONDITION_FALSE;
    } else if (spec->mode == MODE_SHADOW) {
        how = CONDITION_UNKNOWN;
        reason = REASON_NONE;
        message = "mode is Shadow: nothing is written";
    } else if (!core_obeys(status, spec->arm_count, plane->units)) {
        reason = REASON_NONE;
        message = "the data plane has other weights than were decided";
    } else if (reason == REASON_PENDING) {
        how = CONDITION_UNKNOWN;
    } else {
        how = CONDITION_TRUE;
        message = "";
    }
    set_one(c, how, reason, quote(message), generation, now_ms);
    set_ready(status, spec, generation, now_ms);
}

void conditions_update(struct work *w)
{
    set_ready(w->status, w->spec, w->generation, w->now_ms);
    set_metrics(w);
    set_exploring(w);
    set_frozen(w);
    set_degraded(w);
    if (!w->seen->data_plane_known)
        set(w, CONDITION_ROUTE_PROGRAMMED, CONDITION_UNKNOWN, REASON_NONE,
            quote("the data plane was not read"));
}
