/* SPDX-License-Identifier: Apache-2.0 */
#include "fleet.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double random01(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (double)(*seed >> 11) * 0x1p-53;
}

static void make_spec(struct route_spec *spec, size_t arms)
{
    static const char *const objectives[] = {"success", "latency", "accuracy"};

    spec->interval_ms = 30000;
    spec->arm_count = arms;
    spec->arms = mem_alloc(arms, sizeof(*spec->arms));
    for (size_t a = 0; a < arms; a++)
        (void)snprintf(spec->arms[a].name, sizeof(spec->arms[a].name), "model-%zu", a);
    (void)snprintf(spec->target.kind, sizeof(spec->target.kind), "HTTPRoute");
    (void)snprintf(spec->target.name, sizeof(spec->target.name), "predict");
    spec->reward.window = WINDOW_5M;
    spec->reward.objective_count = ARRAY_LEN(objectives);
    spec->reward.objectives =
        mem_alloc(ARRAY_LEN(objectives), sizeof(*spec->reward.objectives));
    for (size_t o = 0; o < ARRAY_LEN(objectives); o++) {
        struct route_objective *objective = &spec->reward.objectives[o];

        (void)snprintf(objective->name, sizeof(objective->name), "%s", objectives[o]);
        objective->weight = 1.0 / ARRAY_LEN(objectives);
        objective->min = o ? (double)NAN : 0.95;
    }
    spec->guardrails.min_weight = 0.02;
    spec->guardrails.max_data_age_ms = 120000;
}

static void make_status(struct route_status *status, const struct route_spec *spec,
                        uint64_t seed)
{
    size_t n = spec->reward.objective_count;
    double sum = 0;

    for (size_t a = 0; a < spec->arm_count; a++) {
        struct route_arm_status *arm = &status->arms[a];

        arm->state = ARM_ACTIVE;
        arm->desired = 0.05 + random01(&seed);
        sum += arm->desired;
        arm->reward = random01(&seed);
        arm->reward_ema = random01(&seed);
        arm->reward_stderr = random01(&seed) / 100;
        arm->probability_best = random01(&seed);
        arm->samples = floor(1000 * random01(&seed));
        for (size_t o = 0; o < n; o++)
            status->objectives[a * n + o].ratio = random01(&seed);
    }
    for (size_t a = 0; a < spec->arm_count; a++) {
        status->arms[a].desired /= sum;
        status->arms[a].applied = round(256 * status->arms[a].desired) / 256;
    }
    status->observed_generation = 1;
    status->leader = 0;
    status->exploration = 0.2;
    status->verdict = VERDICT_KEPT;
    status->reason = REASON_BEST_ARM;
    status->last_decision_ms = 1790000000000 + (int64_t)(seed % 30000);
    status->last_observation_ms = status->last_decision_ms - 3000;
    status->last_leader_change_ms = 1780000000000;
}

struct bandit_route *made_up_route(size_t i, size_t arms, uint64_t turn)
{
    struct bandit_route *r = route_new();

    (void)snprintf(r->namespace, sizeof(r->namespace), "team-%zu", i % 100);
    (void)snprintf(r->name, sizeof(r->name), "route-%05zu", i);
    r->generation = 1;
    make_spec(&r->spec, arms);
    route_status_init(&r->status, &r->spec);
    make_status(&r->status, &r->spec, (i + 1) * 2654435761ULL + turn * 40503ULL);
    return r;
}
