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

/* What deletion asks for; false when nothing is to be written. A route that was not
 * Active never had the data plane, and does not get it at its end. */
static bool weights_of(const struct bandit_route *r, double *weights)
{
    const struct route_spec *spec = &r->spec;

    if (spec->mode != MODE_ACTIVE || spec->on_delete == ON_DELETE_KEEP_LAST)
        return false;
    for (size_t i = 0; i < spec->arm_count; i++)
        weights[i] = spec->on_delete == ON_DELETE_UNIFORM ? 1 / (double)spec->arm_count
                                                          : (double)(i == spec->baseline);
    return true;
}

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

/* False: it has to be tried again. */
static bool leave_weights(struct job *j)
{
    double weights[ROUTE_ARMS_MAX];

    if (!has_say(j) || !weights_of(j->route, weights))
        return true;
    if (job_talk_to_dataplane(j, weights)) {
        if (obeyed(j, weights)) {
            job_tell(j, EVENT_NORMAL, "OnDeleteApplied",
                     j->route->spec.on_delete == ON_DELETE_UNIFORM
                         ? "every arm has the same weight, as onDelete asks"
                         : "the baseline has all weight, as onDelete asks");
            return true;
        }
        (void)error_set(&j->dataplane_error, ERR_IO,
                        "the data plane did not keep the weights that onDelete asks for");
        j->dataplane_problem = REASON_DATA_PLANE_DOWN;
    }
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
