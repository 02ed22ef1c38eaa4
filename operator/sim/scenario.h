/* SPDX-License-Identifier: Apache-2.0 */
/* scenario.h - a world and what happens in it, read from a YAML file.
 *
 *     name: stationary
 *     about: Three arms that never change
 *     duration: 24h
 *     scrape: 15s
 *     rates: [1, 10, 100]                 # requests a second; each is run
 *     arms: {a: {success: 0.97}, b: {success: 0.95}}
 *     load: {strength: 0.25, capacity: 1}
 *     labels: {delay: 1m, share: 0.5}     # the last objective is judged by labels
 *     missingScrapes: 0.05
 *     happenings:
 *     - {at: 12h, for: 1h, arm: a, success: 0.6}
 *     - {at: 1h, for: 5m, prometheus: down}
 *     - {at: 2h, for: 1m, arm: b, ready: false}
 *     watch: {arm: a, at: 12h}            # how long until that arm is left as leader
 *     spec: {interval: 30s, ...}          # a BanditRoute's spec without arms and target
 *     policies:                           # each is run; spec is laid over the one above
 *     - {name: EpsilonGreedy, spec: {}}
 *     expect:                             # the gate: upper bounds, but for rightLeader
 *     - {policy: EpsilonGreedy, rate: 1, changesPerHour: 0.6, rightLeader: 0.92}
 */
#ifndef SIM_SCENARIO_H
#define SIM_SCENARIO_H

#include "base/error.h"
#include "route/route.h"
#include "sim/measure.h"
#include "sim/world.h"

enum { HAPPENINGS_MAX = 64, RATES_MAX = 8, POLICIES_MAX = 16, EXPECTATIONS_MAX = 64 };

enum happening_kind {
    HAPPENING_CHANCE, /* an objective of an arm has another chance of good */
    HAPPENING_READY,
    HAPPENING_SCRAPED,
    HAPPENING_PROMETHEUS,
    HAPPENING_RATE,
};

struct happening {
    enum happening_kind kind;
    int64_t from_ms;
    int64_t to_ms;
    size_t arm;
    size_t objective;
    double value;
};

struct drift { /* chances swing: base + amplitude * sin(2 pi t / period + phase) */
    double amplitude;
    double phase; /* of a turn, 0 to 1 */
    int64_t period_ms;
};

struct candidate {
    char name[ROUTE_LABEL_MAX];
    struct bandit_route *route;
};

struct expectation {
    size_t candidate;
    double rate;                  /* NAN: every one */
    double bounds[MEASURE_COUNT]; /* NAN: none */
};

struct scenario {
    char name[ROUTE_LABEL_MAX];
    char about[256];
    int64_t duration_ms;
    struct world_settings settings;
    double rates[RATES_MAX];
    size_t rate_count;
    size_t arm_count;
    double chances[ROUTE_ARMS_MAX][ROUTE_OBJECTIVES_MAX];
    struct drift drifts[ROUTE_ARMS_MAX];
    struct happening happenings[HAPPENINGS_MAX];
    size_t happening_count;
    int watch_arm; /* ROUTE_NO_ARM: none */
    int64_t watch_ms;
    struct candidate candidates[POLICIES_MAX];
    size_t candidate_count;
    struct expectation expectations[EXPECTATIONS_MAX];
    size_t expectation_count;
};

struct scenario *scenario_read(const char *path, struct error *err);
void scenario_free(struct scenario *s);
DEFINE_FREEP(struct scenario *, scenario_free)

#endif
