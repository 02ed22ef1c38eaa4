/* SPDX-License-Identifier: Apache-2.0 */
/* measure.h - what is said of a simulated run, and of many of them. */
#ifndef SIM_MEASURE_H
#define SIM_MEASURE_H

#include <stdbool.h>
#include <stddef.h>

enum measure {
    MEASURE_CHANGES,   /* changes of leader, an hour */
    MEASURE_RIGHT,     /* share of time that the truly best arm led */
    MEASURE_LOSS,      /* reward lost against the best arm, of 1000 requests */
    MEASURE_LEFT,      /* seconds until the watched arm led no more */
    MEASURE_EVACUATED, /* seconds until it had less than a tenth of the traffic */
    MEASURE_COUNT
};

/* "changesPerHour", "rightLeader", ... as in scenario files and CSV. */
const char *measure_name(enum measure m);
const char *measure_title(enum measure m); /* for people */
/* True when more is better, so that a bound on it is a lower one. */
bool measure_is_good(enum measure m);

struct summary {
    size_t count; /* runs that had a value */
    double mean;
    double half_width; /* of the 95 % confidence interval of the mean; NAN below 2 runs */
    double greatest;
};

struct summary measure_summarise(const double *values, size_t n);

#endif
