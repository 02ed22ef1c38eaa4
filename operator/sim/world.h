/* SPDX-License-Identifier: Apache-2.0 */
/* world.h - traffic, arms, counters and scrapes, as a Prometheus would come to know them.
 *
 * Time advances from scrape to scrape. Requests are Poisson, split by the weights in
 * force; each objective is a coin per request (latency and every later one: per request
 * that was answered); labels come late. The windows that the core sees are differences of
 * scraped counters.
 */
#ifndef SIM_WORLD_H
#define SIM_WORLD_H

#include "core/decide.h"
#include "sim/draw.h"

struct world_arm {
    double p[ROUTE_OBJECTIVES_MAX]; /* chance of good, by the spec's objectives */
    bool ready;
    bool scraped; /* false: its target is down in Prometheus */
};

struct world_settings {
    double rate; /* requests per second, all arms together */
    int64_t scrape_ms;
    int64_t window_ms;
    double missing_scrapes; /* share of an arm's scrapes that fail */
    double load_strength;   /* chances fall by strength * (share / capacity)^2 */
    double load_capacity;
    int64_t label_delay_ms; /* of the last objective */
    double label_share;     /* of requests that get a label */
    bool has_labels;        /* the last objective is judged by labels */
};

struct world;

struct world *world_new(const struct world_settings *settings, size_t arm_count,
                        size_t objective_count, uint64_t seed);
void world_free(struct world *w);
DEFINE_FREEP(struct world *, world_free)

/* To be changed between steps. */
struct world_settings *world_tune(struct world *w);
struct world_arm *world_arm(struct world *w, size_t arm);
void world_set_weights(struct world *w, const double *weights);

/* One scrape interval of traffic, then a scrape. requests (one per arm) receives what was
 * sent. */
void world_step(struct world *w, uint64_t *requests);

int64_t world_now_ms(const struct world *w);

/* The chance of good now, with the load that the weights put on the arm. */
double world_chance(const struct world *w, size_t arm, size_t objective);

/* What Prometheus and the data plane would answer now. */
void world_observe(const struct world *w, struct observation *seen);

#endif
