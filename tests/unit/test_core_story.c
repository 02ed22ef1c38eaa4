/* SPDX-License-Identifier: Apache-2.0 */
/* The story of the demo, against a simulated world: three arms, the best one breaks, is
 * left within seconds, heals, and earns its way back. */
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/decide.h"
#include "sim/world.h"

enum { LR, SVM, RF, ARMS };
enum { SUCCESS, LATENCY, ACCURACY, OBJECTIVES };

static struct route_arm arms[ARMS] = {
    {.name = "logistic-regression"},
    {.name = "svm"},
    {.name = "random-forest"},
};
static struct route_objective objectives[OBJECTIVES] = {
    {.name = "success",  .weight = 0.5, .min = 0.95, .missing = MISSING_HOLD  },
    {.name = "latency",  .weight = 0.2, .min = NAN,  .missing = MISSING_HOLD  },
    {.name = "accuracy", .weight = 0.3, .min = NAN,  .missing = MISSING_IGNORE},
};

/* clang-format off */
static struct route_spec demo_spec(void)
{
    return (struct route_spec){
        .interval_ms = 5000,
        .arms = arms,
        .arm_count = ARMS,
        .policy = {.type = POLICY_EPSILON_GREEDY, .epsilon = 0.2, .ema_alpha = 0.3,
                   .discount = 0.95},
        .reward = {.window = WINDOW_1M, .objectives = objectives,
                   .objective_count = OBJECTIVES},
        .guardrails = {.warmup = 100, .min_weight = 0.02, .max_weight = 1,
                       .max_step_up = 0.1, .max_step_down = 1, .switch_margin = 1,
                       .max_data_age_ms = 120000, .cooldown_ms = 20000,
                       .reentry_weight = 0.05, .max_ejected = 2},
    };
}
/* clang-format on */

struct play {
    struct route_spec spec;
    struct world *world;
    struct route_status status;
    struct decision last;
};

static void play_start(struct play *p, uint64_t seed)
{
    /* Accuracy alone tells them apart; svm is the best. */
    static const double accuracies[ARMS] = {[LR] = 0.92, [SVM] = 0.985, [RF] = 0.95};
    const struct world_settings settings = {
        .rate = 40,
        .scrape_ms = 1000,
        .window_ms = 60000,
        .label_delay_ms = 5000,
        .label_share = 0.5,
        .has_labels = true,
    };

    *p = (struct play){.spec = demo_spec()};
    p->world = world_new(&settings, ARMS, OBJECTIVES, seed);
    for (size_t i = 0; i < ARMS; i++) {
        world_arm(p->world, i)->p[SUCCESS] = 0.999;
        world_arm(p->world, i)->p[LATENCY] = 0.99;
        world_arm(p->world, i)->p[ACCURACY] = accuracies[i];
    }
    route_status_init(&p->status, &p->spec);
}

/* One interval of traffic and a decision. */
static void play_step(struct play *p)
{
    struct observation seen;
    uint64_t requests[ARMS];

    for (int i = 0; i < 5; i++)
        world_step(p->world, requests);
    world_observe(p->world, &seen);
    core_decide(&p->spec, &p->status, &seen, 1, world_now_ms(p->world), &p->last);
    if (p->last.write)
        world_set_weights(p->world, p->last.weights);
    decision_accept(&p->last, &p->status);
    if (getenv("STORY"))
        printf("%5.0f %-8s %-14s %s | %.3f %.3f %.3f | %.3f %.3f %.3f | %s %s %s\n",
               (double)(world_now_ms(p->world) - 1000000000000) / 1000,
               verdict_name(p->last.verdict), reason_name(p->last.reason),
               p->status.leader < 0 ? "-" : arms[p->status.leader].name,
               p->last.weights[0], p->last.weights[1], p->last.weights[2],
               p->status.arms[0].reward_ema, p->status.arms[1].reward_ema,
               p->status.arms[2].reward_ema, arm_state_name(p->status.arms[0].state),
               arm_state_name(p->status.arms[1].state),
               arm_state_name(p->status.arms[2].state));
}

/* Steps until the weight of svm is at most (or, for a negative bound, at least) that. */
static int seconds_until(struct play *p, bool (*done)(const struct play *p), int limit)
{
    for (int seconds = 0; seconds < limit; seconds += 5) {
        if (done(p))
            return seconds;
        play_step(p);
    }
    return limit;
}

static bool svm_leads(const struct play *p)
{
    return p->status.leader == SVM && p->status.arms[SVM].desired > 0.8;
}

static bool svm_is_at_the_floor(const struct play *p)
{
    return p->status.arms[SVM].desired <= 0.021;
}

static bool svm_takes_part(const struct play *p)
{
    return p->status.arms[SVM].state == ARM_ACTIVE && p->status.arms[SVM].desired >= 0.06;
}

static void a_broken_leader_is_left_and_earns_its_way_back(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        struct play p;
        int seconds;

        play_start(&p, seed);
        (void)seconds_until(&p, svm_leads, 1800);
        assert_true(svm_leads(&p));

        world_arm(p.world, SVM)->p[SUCCESS] = 0.5;
        world_arm(p.world, SVM)->p[LATENCY] = 0;
        seconds = seconds_until(&p, svm_is_at_the_floor, 600);
        if (seconds > 20)
            fail_msg("seed %d: left after %d s", (int)seed, seconds);
        for (int i = 0; i < 12; i++)
            play_step(&p);
        assert_true(svm_is_at_the_floor(&p));

        world_arm(p.world, SVM)->p[SUCCESS] = 0.999;
        world_arm(p.world, SVM)->p[LATENCY] = 0.99;
        seconds = seconds_until(&p, svm_takes_part, 600);
        if (seconds > 120)
            fail_msg("seed %d: back after %d s", (int)seed, seconds);
        if (getenv("STORY"))
            printf("seed %d back after %d\n", (int)seed, seconds);
        decision_clear(&p.last);
        route_status_clear(&p.status);
        world_free(p.world);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_broken_leader_is_left_and_earns_its_way_back),
    };

    return cmocka_run_group_tests_name("core_story", tests, NULL, NULL);
}
