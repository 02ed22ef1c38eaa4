/* SPDX-License-Identifier: Apache-2.0 */
/* Steps, ejections and the way back in. */
#include "support/test.h"

#include <math.h>

#include "support/decided.h"
#include "support/stage.h"

static void steps_up_are_bounded_and_steps_down_need_not_be(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    s.objectives[0].min = 0.9;
    stage_see(&s, 0, 0, 600, 1000);
    stage_decide(&s);
    assert_decided(&s, VERDICT_SWITCHED, REASON_LEADER_FAILED);
    assert_int_equal(s.status.arms[0].state, ARM_EJECTED);
    assert_true(fabs(s.last.weights[0] - 0.02) < 1e-9); /* at once, to the floor */
    stage_clear(&s);

    stage_init(&s, 3, 1);
    stage_settle(&s);
    stage_see(&s, 1, 0, 999, 1000);
    while (s.last.verdict != VERDICT_SWITCHED)
        stage_decide(&s);
    assert_weights(&s, (double[]){0.8 + 0.2 / 3 - 0.1, 0.2 / 3 + 0.1, 0.2 / 3});
    stage_clear(&s);
}

/* No objective has a min, but an arm that earns far less than the one that took the lead
 * is not left to lose its traffic a step at a time. */
static void a_collapsed_arm_is_left_as_a_failed_one_is(void **state)
{
    static const struct {
        double good, average, step_down, flapping;
        double weight; /* of the old leader, once another leads */
    } rows[] = {
        {0,   0.98, 1,    0, 0.2 / 3                 },
        {0,   0.98, 0.25, 0, 0.8 + 0.2 / 3 - 0.25    },
        {800, 0.98, 1,    0, 0.8 + 0.2 / 3 - 0.1     }, /* load may do that: by steps up */
        {500, 0.5,  1,    8, 0.8 + 0.2 / 3 - 0.1 / 64}, /* they take turns: no haste */
        {0,   0,    1,    8, 0.2 / 3                 }, /* load does not do that */
    };

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        struct stage s;

        stage_init(&s, 3, 1);
        stage_settle(&s);
        s.spec.guardrails.max_step_down = rows[r].step_down;
        s.status.arms[0].reward_ema = rows[r].average;
        s.status.flapping = rows[r].flapping;
        s.status.last_leader_change_ms = s.now_ms;
        stage_see(&s, 0, 0, rows[r].good, 1000);
        do
            stage_decide(&s);
        while (s.last.verdict != VERDICT_SWITCHED);
        if (fabs(s.last.weights[0] - rows[r].weight) > 5e-3)
            fail_msg("row %zu: %g", r, s.last.weights[0]);
        stage_clear(&s);
    }
}

static void few_samples_never_keep_a_failing_leader(void **state)
{
    static const struct {
        double good, events;
        bool ejected;
    } rows[] = {
        {0,   1,   false}, /* chance: 5 % of healthy ones look so */
        {0,   2,   true },
        {1,   3,   false},
        {2,   4,   false},
        {2,   5,   true },
        {17,  20,  false},
        {14,  20,  true },
        {930, 990, false},
        {880, 990, true },
    };

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        struct stage s;

        stage_init(&s, 3, 1);
        stage_settle(&s);
        s.objectives[0].min = 0.95;
        stage_see(&s, 0, 0, rows[r].good, rows[r].events);
        stage_see(&s, 1, 0, 1, 1); /* next to nothing is known of the others */
        stage_see(&s, 2, 0, 1, 1);
        stage_decide(&s);
        if ((s.status.arms[0].state == ARM_EJECTED) != rows[r].ejected)
            fail_msg("%g of %g", rows[r].good, rows[r].events);
        if (rows[r].ejected)
            assert_decided(&s, VERDICT_SWITCHED, REASON_LEADER_FAILED);
        stage_clear(&s);
    }
}

static void ejections_are_limited_and_the_worst_go_first(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 4, 1);
    s.objectives[0].min = 0.95;
    s.spec.guardrails.max_ejected = 2;
    for (size_t i = 0; i < 4; i++)
        stage_see(&s, i, 0, 600 + 50 * (double)i, 1000);
    stage_decide(&s);
    assert_int_equal(s.status.arms[0].state, ARM_EJECTED);
    assert_int_equal(s.status.arms[1].state, ARM_EJECTED);
    assert_int_not_equal(s.status.arms[2].state, ARM_EJECTED);
    assert_int_not_equal(s.status.arms[3].state, ARM_EJECTED);
    stage_clear(&s);
}

static void the_cooldown_doubles_for_an_arm_that_fails_again(void **state)
{
    struct stage s;
    int64_t first;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    s.objectives[0].min = 0.95;
    s.spec.guardrails.min_weight = 0;
    stage_see(&s, 2, 0, 500, 1000);
    stage_decide(&s);
    first = s.status.arms[2].ejected_until_ms - s.now_ms;
    assert_int_equal(first, 300000);
    assert_true(s.last.weights[2] == 0);
    stage_see(&s, 2, 0, 0, 0); /* no traffic, so the window empties */
    while (s.status.arms[2].state == ARM_EJECTED)
        stage_decide(&s);
    assert_int_equal(s.status.arms[2].state, ARM_REENTRY);
    assert_true(s.last.weights[2] > 0 && s.last.weights[2] <= 0.05 + 1e-9);
    stage_see(&s, 2, 0, 5, 50);
    stage_decide(&s);
    assert_int_equal(s.status.arms[2].state, ARM_EJECTED);
    assert_int_equal(s.status.arms[2].ejected_until_ms - s.now_ms, 2 * first);
    stage_clear(&s);
}

static void a_failing_arm_at_the_floor_stays_out_without_a_longer_cooldown(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    s.objectives[0].min = 0.95;
    stage_see(&s, 2, 0, 20, 40);
    for (int i = 0; i < 40; i++)
        stage_decide(&s);
    assert_int_equal(s.status.arms[2].state, ARM_EJECTED);
    assert_int_equal(s.status.arms[2].ejections, 1);
    stage_see(&s, 2, 0, 40, 40);
    stage_decide(&s);
    assert_int_equal(s.status.arms[2].state, ARM_REENTRY);
    for (int i = 0; i < 10; i++)
        stage_decide(&s);
    assert_int_equal(s.status.arms[2].state, ARM_ACTIVE);
    assert_int_equal(s.status.arms[2].ejected_until_ms, 0);
    stage_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(steps_up_are_bounded_and_steps_down_need_not_be),
        cmocka_unit_test(a_collapsed_arm_is_left_as_a_failed_one_is),
        cmocka_unit_test(few_samples_never_keep_a_failing_leader),
        cmocka_unit_test(ejections_are_limited_and_the_worst_go_first),
        cmocka_unit_test(the_cooldown_doubles_for_an_arm_that_fails_again),
        cmocka_unit_test(a_failing_arm_at_the_floor_stays_out_without_a_longer_cooldown),
    };

    return cmocka_run_group_tests_name("core_guardrails", tests, NULL, NULL);
}
