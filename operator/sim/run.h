/* SPDX-License-Identifier: Apache-2.0 */
/* run.h - one simulated run of one policy in one scenario. */
#ifndef SIM_RUN_H
#define SIM_RUN_H

#include "sim/scenario.h"

/* What a plot needs of a moment. */
struct moment {
    double hours;
    int leader;
    int best; /* the truly best arm */
    enum verdict verdict;
    double weights[ROUTE_ARMS_MAX];
    double rewards[ROUTE_ARMS_MAX]; /* as estimated; NAN */
    double errors[ROUTE_ARMS_MAX];  /* standard errors of them */
    double chances[ROUTE_ARMS_MAX]; /* true mean rewards */
};

/* Called after each decision; may be NULL. */
typedef void run_watch_fn(void *arg, const struct moment *m);

void run_scenario(const struct scenario *s, const struct candidate *c, double rate,
                  uint64_t seed, double measures[MEASURE_COUNT], run_watch_fn *watch,
                  void *arg);

#endif
