/* SPDX-License-Identifier: Apache-2.0 */
#include "support/stage.h"

#include <math.h>

void stage_init(struct stage *s, size_t arm_count, size_t objective_count)
{
    *s = (struct stage){.now_ms = STAGE_START_MS};
    s->spec = (struct route_spec){
        .interval_ms = 30000,
        .arms = s->arms,
        .arm_count = arm_count,
        .policy = {.epsilon = 0.2,
                   .epsilon_min = 0.02,
                   .ema_alpha = 0.3,
                   .discount = 0.95,
                   .temperature = 0.05},
        .reward = {     .window = WINDOW_5M,
                   .objectives = s->objectives,
                   .objective_count = objective_count},
        .guardrails = { .warmup = 100,
                   .min_weight = 0.02,
                   .max_weight = 1,
                   .max_step_up = 0.1,
                   .max_step_down = 1,
                   .switch_margin = 1,
                   .max_data_age_ms = 120000,
                   .cooldown_ms = 300000,
                   .reentry_weight = 0.05,
                   .max_ejected = (int)arm_count - 1},
    };
    for (size_t i = 0; i < arm_count; i++)
        s->arms[i].name[0] = (char)('a' + i);
    for (size_t o = 0; o < objective_count; o++) {
        s->objectives[o] = (struct route_objective){.weight = 1, .min = NAN};
        s->objectives[o].name[0] = (char)('A' + o);
    }
    s->seen.data_plane_known = true;
    for (size_t i = 0; i < arm_count; i++) {
        s->seen.arms[i].newest_ms = s->now_ms;
        s->seen.arms[i].ready = true;
        s->seen.arms[i].applied = 1 / (double)arm_count;
        for (size_t o = 0; o < objective_count; o++)
            stage_see(s, i, o, 1000, 1000);
    }
    route_status_init(&s->status, &s->spec);
}

void stage_clear(struct stage *s)
{
    decision_clear(&s->last);
    route_status_clear(&s->status);
}

void stage_see(struct stage *s, size_t arm, size_t objective, double good, double events)
{
    s->seen.arms[arm].objectives[objective].good = good;
    s->seen.arms[arm].objectives[objective].events = events;
}

void stage_serve(struct stage *s, const double *chances, double requests)
{
    for (size_t i = 0; i < s->spec.arm_count; i++) {
        double events = requests * s->seen.arms[i].applied;

        stage_see(s, i, 0, chances[i] * events, events);
    }
}

void stage_decide(struct stage *s)
{
    int64_t before = s->now_ms;

    s->now_ms += s->spec.interval_ms;
    for (size_t i = 0; i < s->spec.arm_count; i++)
        if (s->seen.arms[i].newest_ms == before)
            s->seen.arms[i].newest_ms = s->now_ms;
    core_decide(&s->spec, &s->status, &s->seen, 1, s->now_ms, &s->last);
    decision_accept(&s->last, &s->status);
    for (size_t i = 0; i < s->spec.arm_count && s->last.write; i++)
        s->seen.arms[i].applied = s->last.weights[i];
}

void stage_settle(struct stage *s)
{
    for (size_t o = 0; o < s->spec.reward.objective_count; o++)
        for (size_t i = 0; i < s->spec.arm_count; i++)
            stage_see(s, i, o, i == 0 ? 980 : 970, 1000);
    for (int i = 0; i < 20; i++)
        stage_decide(s);
}
