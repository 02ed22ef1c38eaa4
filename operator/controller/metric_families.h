/* SPDX-License-Identifier: Apache-2.0 */
/* metric_families.h - the table behind metrics.h: an index for each row. */
#ifndef CONTROLLER_METRIC_FAMILIES_H
#define CONTROLLER_METRIC_FAMILIES_H

#include "metrics/metrics.h"

enum metric_family {
    DECISIONS,
    LEADER_CHANGES,
    ESTIMATED_REGRET,
    EXPLORATION_COST,
    REWARD_CLAMPS,
    DRIFT_REPAIRS,
    QUERIES,
    QUERY_ERRORS,
    QUERY_DURATION,
    LAST_QUERY_SUCCESS,
    DATAPLANE_WRITES,
    DATAPLANE_ERRORS,
    STATUS_WRITE_ERRORS,
    ROUTES,
    INVALID_ROUTES,
    RECONCILE_TOTAL,
    RECONCILE_ERRORS,
    RECONCILE_TIME,
    ACTIVE_WORKERS,
    MAX_WORKERS,
    QUEUE_DEPTH,
    QUEUE_ADDS,
    QUEUE_RETRIES,
    QUEUE_DURATION,
    QUEUE_WORK_DURATION,
    QUEUE_UNFINISHED,
    QUEUE_LONGEST,
    REST_REQUESTS,
    LEADER_ELECTION,
    METRIC_FAMILY_COUNT
};

extern const struct metric_desc metric_families[METRIC_FAMILY_COUNT];

#endif
