/* SPDX-License-Identifier: Apache-2.0 */
/* route_records.h - the tables of the BanditRoute's structs. Private to lib/route. */
#ifndef ROUTE_ROUTE_RECORDS_H
#define ROUTE_ROUTE_RECORDS_H

#include "route/record.h"

extern const struct record spec_record;       /* struct route_spec */
extern const struct record status_record;     /* struct route_status, without its lists */
extern const struct record arm_status_record; /* struct route_arm_status */
extern const struct record objective_status_record; /* struct objective_status */
extern const struct record condition_record;        /* struct route_condition */

/* Rules over several fields, in route_rules.c. */
extern const struct rule spec_rules[];
extern const struct rule policy_rules[];
extern const struct rule reward_rules[];
extern const struct rule guardrail_rules[];
extern const struct rule target_rules[];
extern const struct rule pin_rules[];

#endif
