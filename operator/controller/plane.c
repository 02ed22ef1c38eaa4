/* SPDX-License-Identifier: Apache-2.0 */
/* Talking to the data plane of a route: whose it is, what it has, what it said. */
#include "controller/job.h"

#include <string.h>

static struct dataplane *dataplane_of(const struct job *j)
{
    for (size_t i = 0; i < j->rc->kind_count; i++)
        if (strcmp(j->rc->kinds[i].kind, j->route->spec.target.kind) == 0)
            return j->rc->kinds[i].dataplane;
    return NULL;
}

/* ---- one target, one route -----------------------------------------------------------
 */

/* Two routes that set the same weights would set each other's right for ever. */
static struct bandit_route *find_owner(const struct job *j, struct dataplane *d)
{
    struct bandit_route *elder = cache_elder(j->rc->cache, j->entry, NULL);

    while (elder && !(claims_same_target(elder, j->route) &&
                      dataplane_overlaps(d, elder, j->route))) {
        char key[CACHE_KEY_MAX];

        cache_key(key, elder->namespace, elder->name);
        route_free(elder);
        elder = cache_elder(j->rc->cache, j->entry, key);
    }
    return elder;
}

bool job_owns_target(struct job *j)
{
    struct dataplane *d = dataplane_of(j);
    CLEANUP(route_freep)
    struct bandit_route *owner = d ? find_owner(j, d) : NULL;

    if (!owner)
        return true;
    j->entry->programmed = false; /* what is there is not ours */
    j->dataplane_problem = REASON_TARGET_CONFLICT;
    return error_set(&j->dataplane_error, ERR_CONFLICT,
                     "%s/%s sets the weights of %s %s, and comes first", owner->namespace,
                     owner->name, owner->spec.target.kind, owner->spec.target.name);
}

/* ---- reading and writing -------------------------------------------------------------
 */

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
static bool ask(struct job *j, const double *weights)
{
    struct dataplane *d = dataplane_of(j);
    struct error *err = &j->dataplane_error;

    if (!d)
        return error_set(err, ERR_INVALID, "no data plane is set up for kind %s",
                         j->route->spec.target.kind);
    if (weights && j->rc->may_write && !j->rc->may_write(j->rc->may_write_arg))
        return error_set(err, ERR_CANCELED, "another process writes now");
    return weights ? dataplane_write(d, j->route, weights, &j->report, err)
                   : dataplane_read(d, j->route, &j->report, err);
}

/* Whose the target is is asked when it is known what is there, and again, as that was
 * some time ago, before each write. */
bool job_talk_to_dataplane(struct job *j, const double *weights)
{
    bool active = j->route->spec.mode == MODE_ACTIVE;

    if (weights && active && !job_owns_target(j))
        return false;
    if (!ask(j, weights))
        return note_problem(j);
    if (!weights && active && !job_owns_target(j))
        return false;
    if (weights)
        operator_metrics_dataplane_write(j->rc->metrics, j->route->spec.target.kind);
    j->dataplane_problem = REASON_NONE;
    return true;
}

/* ---- what it said --------------------------------------------------------------------
 */

void job_note_applied(const struct job *j, struct route_status *status)
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

/* A refusal is told once, and not where it is why the decision was held: that was told.
 */
static void tell_refusal(const struct job *j, enum reason before,
                         const struct route_status *status)
{
    const struct route_condition *c = &status->conditions[CONDITION_ROUTE_PROGRAMMED];
    bool held = status->verdict == VERDICT_HELD && status->reason == c->reason;

    if (c->status == CONDITION_FALSE && c->reason != REASON_NONE && c->reason != before &&
        !held)
        job_tell(j, EVENT_WARNING, reason_name(c->reason), c->message);
}

void job_note_programmed(const struct job *j, struct route_status *status)
{
    const struct plane_answer answer = answer_of(j);
    enum reason before = j->route->status.conditions[CONDITION_ROUTE_PROGRAMMED].reason;

    core_programmed(status, &j->route->spec, &answer, j->route->generation,
                    j->now.wall_ms);
    tell_refusal(j, before, status);
}

void job_forget_dataplane(const struct job *j)
{
    struct dataplane *d = j->route ? dataplane_of(j) : NULL;

    if (d)
        dataplane_forget(d, j->route);
}
