/* SPDX-License-Identifier: Apache-2.0 */
/* pattern.h - how much traffic is wanted when: pure functions of time.
 *
 * A pattern is a rate over time, its integral, and the integral's inverse. Requests are
 * due where the integral passes 1, 2, 3, ...; with random arrivals, where it passes the
 * events of a Poisson process of rate one, which makes the requests a Poisson process of
 * the pattern's rate. Nothing here depends on how the server does.
 */
#ifndef TRAFFIC_PATTERN_H
#define TRAFFIC_PATTERN_H

#include <stdbool.h>

#include "base/error.h"
#include "base/random.h"

struct shape;

struct pattern {
    const struct shape *shape;
    double rate;     /* per second: constant; a ramp's start; a spike's or day's quiet */
    double peak;     /* a ramp's end; a spike's or day's top */
    double period_s; /* of a ramp, from spike to spike, of a day */
    bool random;     /* Poisson arrivals instead of even ones */
};

/* Names, NULL-terminated: constant, ramp, spike, diurnal, poisson. */
extern const char *const pattern_names[];

/* A peak of 0 stands for three times the rate. */
bool pattern_init(struct pattern *p, const char *name, double rate, double peak,
                  double period_s, struct error *err);

/* Requests per second at t_s seconds after the start. */
double pattern_rate(const struct pattern *p, double t_s);

/* How many requests are due by then: the integral of the rate from 0. */
double pattern_count(const struct pattern *p, double t_s);

/* The time after from_s at which pattern_count() reaches count; within 1 ns. */
double pattern_time(const struct pattern *p, double count, double from_s);

/* The requests one after the other. */
struct schedule {
    struct pattern pattern;
    struct random random;
    double count;
    double t_s; /* of the latest one */
};

/* When the next request is due, in seconds after the start. */
double schedule_next(struct schedule *s);

#endif
