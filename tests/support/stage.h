/* SPDX-License-Identifier: Apache-2.0 */
/* stage.h - a route with everything at its default, and decisions about it, one after the
 * other. For the tests of the core. */
#ifndef SUPPORT_STAGE_H
#define SUPPORT_STAGE_H

#include "core/decide.h"

enum { STAGE_START_MS = 1000000000 };

struct stage {
    struct route_arm arms[ROUTE_ARMS_MAX];
    struct route_objective objectives[ROUTE_OBJECTIVES_MAX];
    struct route_spec spec; /* points into the two above: do not copy a stage */
    struct route_status status;
    struct observation seen;
    struct decision last; /* but for its status, which is the one above */
    int64_t now_ms;
};

/* arm_count arms named "a", "b", ... with one objective, and fresh data in which each arm
 * has 1000 events, all good. Weights uniform, no leader. */
void stage_init(struct stage *s, size_t arm_count, size_t objective_count);
void stage_clear(struct stage *s);

void stage_see(struct stage *s, size_t arm, size_t objective, double good, double events);

/* What a window of `requests` shows that are split as the data plane splits them now, of
 * arms with these chances of the first objective: none of an arm without weight. */
void stage_serve(struct stage *s, const double *chances, double requests);

/* Let an interval pass and decide; the data are as new as the decision, unless an arm's
 * newest_ms was set to something else than the time of the last one. */
void stage_decide(struct stage *s);

/* Decide until arm 0 leads with the weight that epsilon leaves it. */
void stage_settle(struct stage *s);

#endif
