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
    int64_t look_again_ms; /* monotonic; INT64_MAX: when the next decision is due */
};

void job_tell(const struct job *j, enum core_event_type type, const char *reason,
              const char *message);

/* ---- plane.c: the data plane ---------------------------------------------------------
 */

/* Read what is in force into j->report; with weights, write them first. False: why not
 * is in dataplane_problem and dataplane_error. An Active route is refused with
 * REASON_TARGET_CONFLICT where its target is another's. */
bool job_talk_to_dataplane(struct job *j, const double *weights);

/* False, as above, when another route that comes first sets the same weights. */
bool job_owns_target(struct job *j);

/* What was read or written last becomes what is known to be in force, and the condition
 * RouteProgrammed. */
void job_note_applied(const struct job *j, struct route_status *status);
void job_note_programmed(const struct job *j, struct route_status *status);

/* The route is over: nobody has to be told for it any more. */
void job_forget_dataplane(const struct job *j);

/* ---- drift.c: weights that others changed --------------------------------------------
 */

/* As read last, has the data plane lost weights that it was seen to have? */
bool drifted(const struct job *j);

/* Set them right, unless that was done too often of late. */
void drift_repair(struct job *j);

/* They were set right. */
void drift_note_repair(struct job *j);

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
