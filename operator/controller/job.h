/* SPDX-License-Identifier: Apache-2.0 */
/* job.h - one route being worked on, shared by the files that reconcile() is made of.
 * Private to them. */
#ifndef CONTROLLER_JOB_H
#define CONTROLLER_JOB_H

#include "controller/reconcile.h"

struct job {
    const struct reconciler *rc;
    struct cache_entry *entry;
    const struct bandit_route *route; /* of the entry */
    struct moment now;
    struct dataplane_report report; /* as read last; where there was no problem: */
    enum reason dataplane_problem;
    struct error dataplane_error;
};

void job_tell(const struct job *j, enum core_event_type type, const char *reason,
              const char *message);

/* Read what is in force into j->report; with weights, write them first. */
bool job_talk_to_dataplane(struct job *j, const double *weights);

/* ---- saving.c: the status into the store --------------------------------------------
 */

/* After a decision: write the status, unless that can wait. False: it has to be tried
 * again. */
bool save_decision(struct job *j);

/* Between decisions: write what is still to be written, if its time has come. */
bool save_rest(struct job *j);

/* When save_rest() has something to do; INT64_MAX: not before the next decision. */
int64_t save_again_ms(const struct job *j);

/* What the store had when this process came to the route counts as written. */
void save_take_up(struct job *j);

/* ---- farewell.c: deletion ------------------------------------------------------------
 */

/* Let deletion wait for us from now on, where the store can. False: not yet, and then no
 * weight must be written. */
bool farewell_prepare(struct job *j);

/* Leave behind what spec.onDelete asks for, and let the object go. False: it has to be
 * tried again. */
bool farewell(struct job *j);

#endif
