/* SPDX-License-Identifier: Apache-2.0 */
/* route_names.h - the words of the wire, in the order of the enumerations of route.h.
 * Private to lib/route. Every list ends with NULL.
 */
#ifndef ROUTE_ROUTE_NAMES_H
#define ROUTE_ROUTE_NAMES_H

extern const char *const route_policy_names[];
extern const char *const route_choice_names[];
extern const char *const route_posterior_names[];
extern const char *const route_missing_names[];
extern const char *const route_window_names[];
extern const char *const route_mode_names[];
extern const char *const route_on_delete_names[];
extern const char *const route_arm_state_names[];
extern const char *const route_verdict_names[];
extern const char *const route_reason_names[];
extern const char *const route_condition_names[];
extern const char *const route_condition_status_names[];

/* The kinds of object that a data plane of ours sets weights on, and their API group. */
extern const char *const route_target_kind_names[];
const char *route_target_group(const char *kind); /* "" for an unknown kind */

#endif
