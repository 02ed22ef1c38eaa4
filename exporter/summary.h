/* SPDX-License-Identifier: Apache-2.0 */
/* summary.h - what the front page shows of a route: a few numbers and names. */
#ifndef EXPORTER_SUMMARY_H
#define EXPORTER_SUMMARY_H

#include "route/route.h"

struct summary_arm {
    char name[ROUTE_LABEL_MAX];
    enum arm_state state;
    double desired, applied;
    double reward_ema, reward_stderr, probability_best, samples;
};

struct summary {
    char *namespace;
    char *name;
    char *message;
    enum route_policy_type policy;
    enum route_window window;
    enum route_mode mode;
    enum verdict verdict;
    enum reason reason;
    int64_t last_decision_ms;
    int64_t last_observation_ms;
    int64_t interval_ms;
    int64_t max_data_age_ms;
    double exploration;
    int leader; /* index, or ROUTE_NO_ARM */
    size_t arm_count;
    struct summary_arm arms[];
};

struct summary *summary_new(const struct bandit_route *r);
void summary_free(struct summary *s);

#endif
