/* SPDX-License-Identifier: Apache-2.0 */
/* traffic_metrics.h - what the generator publishes about itself. */
#ifndef TRAFFIC_TRAFFIC_METRICS_H
#define TRAFFIC_TRAFFIC_METRICS_H

#include "metrics/metrics.h"
#include "traffic/tally.h"

extern const struct metric_table traffic_metrics_table;

struct traffic_metrics {
    struct metrics *registry;
    struct counter *requests;
    struct gauge *target_rate, *in_flight;
    struct counter *failures[FAILURE_COUNT];
    struct counter *feedback[FEEDBACK_COUNT];
};

/* All children whose labels are known are there at zero. The registry is borrowed. */
void traffic_metrics_init(struct traffic_metrics *m, struct metrics *registry);

void traffic_metrics_answer(struct traffic_metrics *m, const char *arm, int status,
                            double seconds);

#endif
