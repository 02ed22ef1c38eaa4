/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a route: what spec.onDelete asks for is left behind in the data plane.
 *
 * Where the store can, deletion waits for that: a finalizer is set before the first
 * weight is written, and taken off when the data plane was seen to obey. An object
 * without it never had the data plane, or was let go already.
 */
#include "controller/job.h"

/* ---- before the first weight ---------------------------------------------------------
 */

bool farewell_prepare(struct job *j)
{
    struct bandit_route *r = j->entry->route;
    struct error err;

    if (!j->rc->set_finalizer || r->finalizer)
        return true;
    r->finalizer = j->rc->set_finalizer(j->rc->save_arg, j->entry->key, true, &err);
    if (!r->finalizer && err.kind != ERR_CONFLICT && err.kind != ERR_NOT_FOUND)
        job_tell(j, EVENT_WARNING, "FinalizerNotSet", err.msg);
    return r->finalizer;
}

/* ---- weights -------------------------------------------------------------------------
 */

static bool has_say(const struct job *j)
{
    return j->route && (!j->rc->set_finalizer || j->route->finalizer);
}

static bool obeyed(const struct job *j, const double *weights)
{
    double applied[ROUTE_ARMS_MAX];
    size_t n = j->route->spec.arm_count;

    for (size_t i = 0; i < n; i++)
        applied[i] = j->report.arms[i].applied;
    return core_same_weights(weights, applied, n, j->report.units);
}

/* Deletion does not wait for ever: not at all for a target that is not there, and not
 * longer than this for one that cannot be reached. */
static bool out_of_patience(struct job *j)
{
    struct cache_entry *e = j->entry;

    if (!e->farewell_since_ms)
        e->farewell_since_ms = j->now.mono_ms;
    return j->rc->set_finalizer &&
           j->now.mono_ms - e->farewell_since_ms >= FAREWELL_PATIENCE_MS;
}

static bool baseline_is_dead(const struct job *j)
{
    const struct route_spec *spec = &j->route->spec;
    bool other = false;

    for (size_t i = 0; i < spec->arm_count; i++)
        other |= j->report.arms[i].ready;
    return other && !j->report.arms[spec->baseline].ready;
}

/* What was decided last, among the arms that are alive. */
static void share_among_living(const struct job *j, double *weights)
{
    const struct route_status *s = &j->route->status;
    size_t n = j->route->spec.arm_count, living = 0;
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        weights[i] = j->report.arms[i].ready ? s->arms[i].desired : 0;
        living += j->report.arms[i].ready;
        sum += weights[i];
    }
    for (size_t i = 0; i < n; i++)
        weights[i] = sum > 0                   ? weights[i] / sum
                     : j->report.arms[i].ready ? 1 / (double)living
                                               : 0;
}

/* What deletion asks for, of what was read; and the Event that tells it was done. Nobody
 * is left to take weight from an arm that is dead, so the baseline is not given it all
 * while it is. */
struct order {
    double weights[ROUTE_ARMS_MAX];
    enum core_event_type type;
    const char *reason, *message;
};

static struct order order_of(const struct job *j)
{
    const struct route_spec *spec = &j->route->spec;
    struct order o = {.type = EVENT_NORMAL, .reason = "OnDeleteApplied"};

    if (spec->on_delete == ON_DELETE_UNIFORM) {
        o.message = "every arm has the same weight, as onDelete asks";
        for (size_t i = 0; i < spec->arm_count; i++)
            o.weights[i] = 1 / (double)spec->arm_count;
    } else if (baseline_is_dead(j)) {
        o.type = EVENT_WARNING;
        o.reason = "OnDeleteChanged";
        o.message = "the baseline has no live backend: the other arms keep the traffic "
                    "that onDelete would give to it";
        share_among_living(j, o.weights);
    } else {
        o.message = "the baseline has all weight, as onDelete asks";
        o.weights[spec->baseline] = 1;
    }
    return o;
}

/* A route that is not Active writes nothing, at its end neither: what was frozen may have
 * been set by hand since, and that is not to be overwritten by taking the route away. One
 * that was never Active has nothing to leave, and nobody expects it to. */
static bool is_at_rest(const struct job *j)
{
    enum route_mode mode = j->route->spec.mode;

    if (mode == MODE_ACTIVE)
        return false;
    if (mode == MODE_FROZEN || j->route->finalizer)
        job_tell(
            j, EVENT_WARNING, "OnDeleteSkipped",
            mode == MODE_FROZEN
                ? "mode is Frozen: weights stay as they are, whatever onDelete asks"
                : "mode is Shadow: weights stay as they are, whatever onDelete asks");
    return true;
}

static bool carry_out(struct job *j)
{
    struct order o;

    if (!job_talk_to_dataplane(j, NULL))
        return false;
    o = order_of(j);
    if (!job_talk_to_dataplane(j, o.weights))
        return false;
    if (obeyed(j, o.weights)) {
        job_tell(j, o.type, o.reason, o.message);
        return true;
    }
    j->dataplane_problem = REASON_DATA_PLANE_DOWN;
    return error_set(&j->dataplane_error, ERR_IO,
                     "the data plane did not keep the weights that onDelete asks for");
}

/* False: it has to be tried again. */
static bool leave_weights(struct job *j)
{
    if (!has_say(j) || j->route->spec.on_delete == ON_DELETE_KEEP_LAST || is_at_rest(j) ||
        carry_out(j))
        return true;
    job_tell(j, EVENT_WARNING, reason_name(j->dataplane_problem), j->dataplane_error.msg);
    if (j->dataplane_problem != REASON_DATA_PLANE_DOWN)
        return true;
    if (!out_of_patience(j))
        return false;
    job_tell(
        j, EVENT_WARNING, "OnDeleteGivenUp",
        "the data plane could not be reached for too long: weights stay as they are");
    return true;
}

/* ---- letting go ----------------------------------------------------------------------
 */

static bool let_go(struct job *j)
{
    struct error err;

    if (!j->rc->set_finalizer || (j->route && !j->route->finalizer) || j->entry->gone)
        return true;
    if (!j->rc->set_finalizer(j->rc->save_arg, j->entry->key, false, &err) &&
        err.kind != ERR_NOT_FOUND) {
        if (err.kind != ERR_CONFLICT)
            job_tell(j, EVENT_WARNING, "FinalizerNotRemoved", err.msg);
        return false;
    }
    if (j->entry->route)
        j->entry->route->finalizer = false;
    return true;
}

bool farewell(struct job *j)
{
    struct cache_entry *e = j->entry;

    if (e->counted) {
        operator_metrics_route_ends(j->rc->metrics, j->route);
        job_tell(j, EVENT_NORMAL, "Deleted", "the route is gone, and so are its series");
    }
    e->counted = false;
    e->programmed = false;
    return leave_weights(j) && let_go(j);
}
