/* SPDX-License-Identifier: Apache-2.0 */
/* leader.h - who leads, and how much the steps are damped because that changes often. */
#ifndef CORE_LEADER_H
#define CORE_LEADER_H

#include "core/work.h"

/* Sets status->leader and out->reason. */
void leader_choose(struct work *w);

/* True when the arm may be promoted over a leader that has not failed. */
bool leader_may_lead(const struct arm_work *a);

/* Factor of maxStepUp, 1 when leaders change seldom. */
double leader_damping(const struct work *w);

#endif
