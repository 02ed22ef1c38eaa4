/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/job.h"

#include <math.h>
#include <stdio.h>

void job_tell(const struct job *j, enum core_event_type type, const char *reason,
              const char *message)
{
    events_tell(j->rc->events,
                &(struct route_event){j->entry->key, type, reason, message,
                                      j->route ? j->route->uid : NULL},
                j->now.mono_ms);
}

/* ---- a decision is due ---------------------------------------------------------------
 */

static void put_problem(struct observation *seen, enum reason problem, const char *detail)
{
    seen->problem = problem;
    (void)snprintf(seen->detail, sizeof(seen->detail), "%.159s", detail);
}

/* What was read of the data plane, if it was. */
static void put_data_plane(const struct job *j, struct observation *seen)
{
    bool known = j->dataplane_problem == REASON_NONE;

    seen->data_plane_known = known;
    seen->units = known ? j->report.units : 0;
    for (size_t i = 0; i < j->route->spec.arm_count; i++) {
        seen->arms[i].applied = known ? j->report.arms[i].applied : (double)NAN;
        seen->arms[i].ready = known && j->report.arms[i].ready;
    }
}

/* All that can be known now; false when asked to stop. */
static bool look(struct job *j, struct observation *seen)
{
    const struct reconciler *rc = j->rc;

    *seen = (struct observation){.asked_ms = j->now.wall_ms};
    (void)job_talk_to_dataplane(j, NULL);
    put_data_plane(j, seen);
    if (j->entry->invalid)
        put_problem(seen, REASON_INVALID_SPEC, j->entry->invalid);
    else if (!seen->data_plane_known)
        put_problem(seen, j->dataplane_problem, j->dataplane_error.msg);
    else
        return rc->observe(rc->observe_arg, j->route, seen);
    return true;
}

static void core(const struct job *j, const struct observation *seen, struct decision *d)
{
    core_decide(&j->route->spec, &j->route->status, seen, j->route->generation,
                j->now.wall_ms, d);
}

/* A decision that the data plane did not take was none: the state of before is held, so
 * that averages do not advance on a split that never was. */
static void carry_out(struct job *j, struct observation *seen, struct decision *d)
{
    bool drift = seen->data_plane_known && drifted(j);

    if (d->write && seen->data_plane_known && job_talk_to_dataplane(j, d->weights)) {
        job_note_applied(j, &d->status);
        if (drift)
            drift_note_repair(j);
    } else if (d->write && seen->data_plane_known) {
        put_problem(seen, j->dataplane_problem, j->dataplane_error.msg);
        core(j, seen, d);
    }
    job_note_programmed(j, &d->status);
    if (j->dataplane_problem == REASON_NONE)
        j->entry->programmed =
            j->route->spec.mode == MODE_ACTIVE &&
            core_obeys(&d->status, j->route->spec.arm_count, j->report.units);
}

static void publish(const struct job *j, const struct decision *d)
{
    int before = j->route->status.leader, after = d->status.leader;

    operator_metrics_decision(j->rc->metrics, j->route, d,
                              before != ROUTE_NO_ARM && before != after);
    for (size_t i = 0; i < d->event_count; i++)
        job_tell(j, d->events[i].type, reason_name(d->events[i].reason),
                 d->events[i].message);
}

static void write_down(const struct job *j, const struct observation *seen,
                       const struct decision *d)
{
    struct error err;

    if (j->rc->journal && !journal_write(j->rc->journal, &j->entry->journal_chain,
                                         j->route, seen, d, j->now.wall_ms, &err)) {
        operator_metrics_journal_error(j->rc->metrics);
        job_tell(j, EVENT_WARNING, "DecisionNotWrittenDown", err.msg);
    }
}

/* Decide on what was seen. */
static bool conclude(struct job *j, struct observation *seen)
{
    CLEANUP(decision_clear)
    struct decision d = {.write = false};

    core(j, seen, &d);
    carry_out(j, seen, &d);
    write_down(j, seen, &d);
    publish(j, &d);
    decision_accept(&d, &j->entry->route->status);
    return save_decision(j);
}

static bool decide(struct job *j)
{
    struct observation seen;

    return !look(j, &seen) || conclude(j, &seen);
}

/* ---- between decisions ---------------------------------------------------------------
 */

/* An arm that gets traffic, or ROUTE_NO_ARM, has lost its last live backend. */
static int arm_that_died(const struct job *j)
{
    const struct route_status *s = &j->route->status;

    for (size_t i = 0; i < j->route->spec.arm_count; i++)
        if (!j->report.arms[i].ready && s->arms[i].desired > 0 &&
            s->arms[i].state != ARM_NOT_READY)
            return (int)i;
    return ROUTE_NO_ARM;
}

/* Its traffic fails at this moment: it is taken away without asking for rewards. */
static bool evacuate(struct job *j, int arm)
{
    struct observation seen = {.asked_ms = j->now.wall_ms,
                               .problem = REASON_ARM_NOT_READY};

    put_data_plane(j, &seen);
    (void)snprintf(seen.detail, sizeof(seen.detail), "%s has no live backend",
                   j->route->spec.arms[arm].name);
    return conclude(j, &seen);
}

/* What others say of our weights may come late, or change. */
static bool keep_programmed(struct job *j)
{
    struct route_status *s = &j->entry->route->status;
    const struct route_condition *c = &s->conditions[CONDITION_ROUTE_PROGRAMMED];
    const struct route_condition before = *c;

    job_note_applied(j, s);
    job_note_programmed(j, s);
    return (c->status == before.status && c->reason == before.reason) || save_decision(j);
}

/* The last decision could not be carried out, and now it could. */
static bool recovered(const struct job *j)
{
    enum reason why = j->route->status.conditions[CONDITION_ROUTE_PROGRAMMED].reason;

    return why == REASON_TARGET_NOT_FOUND || why == REASON_DATA_PLANE_REJECTED ||
           why == REASON_TARGET_CONFLICT || why == REASON_DATA_PLANE_DOWN;
}

/* Another route that comes first claims the target, and did not before. */
static bool ousted(const struct job *j)
{
    return j->dataplane_problem == REASON_TARGET_CONFLICT &&
           j->route->status.conditions[CONDITION_ROUTE_PROGRAMMED].reason !=
               REASON_TARGET_CONFLICT;
}

/* Keep the data plane at what was decided. Only an Active route that has been decided on
 * has a say; a data plane that does not answer is the next decision's business. */
static bool keep(struct job *j)
{
    const struct route_status *s = &j->route->status;
    int dead;

    if (!save_rest(j))
        return false;
    if (j->route->spec.mode != MODE_ACTIVE || s->verdict == VERDICT_NONE)
        return true;
    if (!job_talk_to_dataplane(j, NULL))
        return !ousted(j) || decide(j);
    if (recovered(j))
        return decide(j);
    j->entry->programmed |= j->entry->decided_elsewhere;
    j->entry->decided_elsewhere = false;
    dead = arm_that_died(j);
    if (dead != ROUTE_NO_ARM)
        return evacuate(j, dead);
    drift_repair(j);
    return j->dataplane_problem != REASON_NONE || keep_programmed(j);
}

/* ---- all of it -----------------------------------------------------------------------
 */

static void begin_route(const struct job *j)
{
    if (j->entry->counted)
        return;
    j->entry->counted = true;
    operator_metrics_route_begins(j->rc->metrics, j->route);
}

/* A decision that another process made, before a restart, counts for its whole interval:
 * else a program that is restarted often would decide often. */
static void take_up(struct job *j)
{
    const struct route_status *s = &j->route->status;
    int64_t age_ms = j->now.wall_ms - s->last_decision_ms;

    if (j->entry->taken_up)
        return;
    j->entry->taken_up = true;
    save_take_up(j);
    if (s->verdict == VERDICT_NONE || s->verdict == VERDICT_HELD ||
        s->observed_generation != j->route->generation || age_ms < 0 ||
        age_ms >= j->route->spec.interval_ms)
        return;
    j->entry->next_decision_ms = j->now.mono_ms + j->route->spec.interval_ms - age_ms;
    j->entry->decided_elsewhere = !s->max_lag_ms; /* else it may have decided since */
}

/* Decisions keep their phase, unless one was missed. */
static void schedule_next(const struct job *j)
{
    int64_t interval_ms = j->route->spec.interval_ms;
    int64_t due_ms = j->entry->next_decision_ms;
    bool in_phase = due_ms && j->now.mono_ms - due_ms < interval_ms;

    j->entry->next_decision_ms = (in_phase ? due_ms : j->now.mono_ms) + interval_ms;
}

/* A data plane that cannot be reached is tried again before the next decision, which may
 * be a day away. */
static void look_for_data_plane(struct job *j)
{
    enum { FIRST_MS = 1000, DOUBLINGS = 5 };
    unsigned *n = &j->entry->unreached;
    int64_t at_ms = j->now.mono_ms + (FIRST_MS << *n);

    if (j->dataplane_problem != REASON_DATA_PLANE_DOWN) {
        *n = 0;
        return;
    }
    *n += *n < DOUBLINGS;
    if (at_ms < j->look_again_ms)
        j->look_again_ms = at_ms;
}

static enum reconcile_result work_on(struct job *j, int64_t *again_ms)
{
    bool ok;

    if (j->entry->invalid)
        job_tell(j, EVENT_WARNING, reason_name(REASON_INVALID_SPEC), j->entry->invalid);
    if (!j->route) /* never understood: nothing is known of it */
        return RECONCILED;
    begin_route(j);
    take_up(j);
    j->entry->farewell_since_ms = 0;
    if (j->route->spec.mode == MODE_ACTIVE && !farewell_prepare(j))
        return RECONCILE_FAILED;
    if (j->now.mono_ms >= j->entry->next_decision_ms) {
        schedule_next(j);
        ok = decide(j);
    } else {
        ok = keep(j);
    }
    look_for_data_plane(j);
    *again_ms = j->entry->next_decision_ms;
    if (save_again_ms(j) < *again_ms)
        *again_ms = save_again_ms(j);
    if (j->look_again_ms < *again_ms)
        *again_ms = j->look_again_ms;
    return ok ? RECONCILED_AFTER : RECONCILE_FAILED;
}

enum reconcile_result reconcile(const struct reconciler *rc, const char *key,
                                struct moment now, int64_t *again_ms)
{
    struct job j = {.rc = rc,
                    .entry = cache_begin(rc->cache, key),
                    .now = now,
                    .look_again_ms = INT64_MAX};
    enum reconcile_result result = RECONCILED;
    bool over = false;

    *again_ms = INT64_MAX;
    if (!j.entry)
        return RECONCILED;
    j.route = j.entry->route;
    if (j.entry->deleted) {
        over = farewell(&j);
        result = over ? RECONCILED : RECONCILE_FAILED;
    } else {
        result = work_on(&j, again_ms);
    }
    if (over)
        job_forget_dataplane(&j);
    if (over)
        cache_forget(rc->cache, j.entry);
    else
        cache_end(rc->cache, j.entry);
    return result;
}
