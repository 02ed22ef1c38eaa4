/* SPDX-License-Identifier: Apache-2.0 */
#include "controller/job.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void job_tell(const struct job *j, enum core_event_type type, const char *reason,
              const char *message)
{
    events_tell(j->rc->events,
                &(struct route_event){j->entry->key, type, reason, message,
                                      j->route ? j->route->uid : NULL},
                j->now.mono_ms);
}

/* ---- the data plane ------------------------------------------------------------------
 */

static struct dataplane *dataplane_of(const struct job *j)
{
    for (size_t i = 0; i < j->rc->kind_count; i++)
        if (strcmp(j->rc->kinds[i].kind, j->route->spec.target.kind) == 0)
            return j->rc->kinds[i].dataplane;
    return NULL;
}

static bool note_problem(struct job *j)
{
    enum error_kind kind = j->dataplane_error.kind;

    operator_metrics_dataplane_error(j->rc->metrics, j->route->spec.target.kind);
    j->dataplane_problem = kind == ERR_INVALID     ? REASON_DATA_PLANE_REJECTED
                           : kind == ERR_NOT_FOUND ? REASON_TARGET_NOT_FOUND
                                                   : REASON_DATA_PLANE_DOWN;
    return false;
}

/* weights NULL: only look. */
bool job_talk_to_dataplane(struct job *j, const double *weights)
{
    struct dataplane *d = dataplane_of(j);
    struct error *err = &j->dataplane_error;
    bool ok;

    if (!d)
        ok = error_set(err, ERR_INVALID, "no data plane is set up for kind %s",
                       j->route->spec.target.kind);
    else if (weights && j->rc->may_write && !j->rc->may_write(j->rc->may_write_arg))
        ok = error_set(err, ERR_CANCELED, "another process writes now");
    else if (weights)
        ok = dataplane_write(d, j->route, weights, &j->report, err);
    else
        ok = dataplane_read(d, j->route, &j->report, err);
    if (!ok)
        return note_problem(j);
    if (weights)
        operator_metrics_dataplane_write(j->rc->metrics, j->route->spec.target.kind);
    j->dataplane_problem = REASON_NONE;
    return true;
}

/* What was read or written last becomes what is known to be in force. */
static void note_applied(const struct job *j, struct route_status *status)
{
    for (size_t i = 0; i < j->route->spec.arm_count; i++)
        status->arms[i].applied = j->report.arms[i].applied;
}

/* What the data plane answered, in the words of the decision. */
static struct plane_answer answer_of(const struct job *j)
{
    if (j->dataplane_problem != REASON_NONE)
        return (struct plane_answer){.problem = j->dataplane_problem,
                                     .message = j->dataplane_error.msg};
    return (struct plane_answer){.problem = j->report.trouble,
                                 .message = j->report.message,
                                 .units = j->report.units};
}

static void note_programmed(const struct job *j, struct route_status *status)
{
    const struct plane_answer answer = answer_of(j);

    core_programmed(status, &j->route->spec, &answer, j->route->generation,
                    j->now.wall_ms);
}

/* The data plane has had our weights, and now it has others. */
static bool drifted(const struct job *j)
{
    double desired[ROUTE_ARMS_MAX], applied[ROUTE_ARMS_MAX];
    size_t n = j->route->spec.arm_count;

    for (size_t i = 0; i < n; i++) {
        desired[i] = j->route->status.arms[i].desired;
        applied[i] = j->report.arms[i].applied;
    }
    return j->entry->programmed &&
           !core_same_weights(desired, applied, n, j->report.units);
}

static void note_repair(const struct job *j)
{
    operator_metrics_drift_repaired(j->rc->metrics, j->route);
    job_tell(j, EVENT_WARNING, "DriftRepaired",
             "the data plane had other weights than it was given: set right");
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
        note_applied(j, &d->status);
        if (drift)
            note_repair(j);
    } else if (d->write && seen->data_plane_known) {
        put_problem(seen, j->dataplane_problem, j->dataplane_error.msg);
        core(j, seen, d);
    }
    note_programmed(j, &d->status);
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

    note_applied(j, s);
    note_programmed(j, s);
    return (c->status == before.status && c->reason == before.reason) || save_decision(j);
}

/* The last decision could not be carried out, and now it could. */
static bool recovered(const struct job *j)
{
    enum reason why = j->route->status.conditions[CONDITION_ROUTE_PROGRAMMED].reason;

    return why == REASON_TARGET_NOT_FOUND || why == REASON_DATA_PLANE_REJECTED ||
           why == REASON_DATA_PLANE_DOWN;
}

/* Keep the data plane at what was decided. Only an Active route that has been decided on
 * has a say; a data plane that does not answer is the next decision's business. */
static bool keep(struct job *j)
{
    const struct route_status *s = &j->route->status;
    double weights[ROUTE_ARMS_MAX];
    int dead;

    if (!save_rest(j))
        return false;
    if (j->route->spec.mode != MODE_ACTIVE || s->verdict == VERDICT_NONE ||
        !job_talk_to_dataplane(j, NULL))
        return true;
    if (recovered(j))
        return decide(j);
    j->entry->programmed |= j->entry->decided_elsewhere;
    j->entry->decided_elsewhere = false;
    dead = arm_that_died(j);
    if (dead != ROUTE_NO_ARM)
        return evacuate(j, dead);
    for (size_t i = 0; i < j->route->spec.arm_count; i++)
        weights[i] = s->arms[i].desired;
    if (drifted(j) && job_talk_to_dataplane(j, weights))
        note_repair(j);
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
    *again_ms = j->entry->next_decision_ms;
    if (save_again_ms(j) < *again_ms)
        *again_ms = save_again_ms(j);
    return ok ? RECONCILED_AFTER : RECONCILE_FAILED;
}

enum reconcile_result reconcile(const struct reconciler *rc, const char *key,
                                struct moment now, int64_t *again_ms)
{
    struct job j = {.rc = rc, .entry = cache_begin(rc->cache, key), .now = now};
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
        cache_forget(rc->cache, j.entry);
    else
        cache_end(rc->cache, j.entry);
    return result;
}
