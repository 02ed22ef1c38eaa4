/* SPDX-License-Identifier: Apache-2.0 */
/* Weights that others changed are set right at once, but not without end: somebody who
 * sets his own right at once, too, would keep both busy, and every gateway. */
#include "controller/job.h"

#include <stdio.h>

/* Each repair after these waits for its turn, or for the next decision. */
enum { REPAIRS_AT_ONCE = 3, REPAIR_EVERY_MS = 30 * 1000 };

/* The data plane has had our weights, and now it has others. */
bool drifted(const struct job *j)
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

static struct rate *repairs_of(struct job *j)
{
    struct rate *r = &j->entry->repairs;

    if (!r->interval_ns)
        *r = (struct rate)RATE_INIT_MS(REPAIR_EVERY_MS, REPAIRS_AT_ONCE);
    return r;
}

/* One that came with a decision counts against the rate, too, but leaves no debt: it
 * could not be refused, and decisions may be frequent. */
void drift_note_repair(struct job *j)
{
    (void)rate_try(repairs_of(j), j->now.mono_ms);
    operator_metrics_drift_repaired(j->rc->metrics, j->route);
    job_tell(j, EVENT_WARNING, "DriftRepaired",
             "the data plane had other weights than it was given: set right");
}

static bool may_repair(struct job *j)
{
    int64_t ready_ms = rate_ready_ms(repairs_of(j), j->now.mono_ms);
    char message[160];

    if (ready_ms <= j->now.mono_ms)
        return true;
    j->look_again_ms = ready_ms;
    (void)snprintf(message, sizeof(message),
                   "somebody else sets the weights again and again: between decisions "
                   "they are set right every %d s, no more",
                   REPAIR_EVERY_MS / 1000);
    job_tell(j, EVENT_WARNING, "DriftContested", message);
    return false;
}

void drift_repair(struct job *j)
{
    double weights[ROUTE_ARMS_MAX];

    if (!drifted(j) || !may_repair(j))
        return;
    for (size_t i = 0; i < j->route->spec.arm_count; i++)
        weights[i] = j->route->status.arms[i].desired;
    if (job_talk_to_dataplane(j, weights))
        drift_note_repair(j);
}
