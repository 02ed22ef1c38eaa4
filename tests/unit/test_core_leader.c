/* SPDX-License-Identifier: Apache-2.0 */
/* Who leads: how one comes to lead, is followed, and stays. */
#include "support/test.h"

#include <math.h>

#include "support/decided.h"
#include "support/stage.h"

static void warm_up_is_even_and_ends_when_arms_have_samples(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    for (size_t i = 0; i < 3; i++)
        stage_see(&s, i, 0, 40 - (double)i, 41);
    stage_decide(&s);
    assert_decided(&s, VERDICT_KEPT, REASON_WARMUP);
    assert_weights(&s, (double[]){1.0 / 3, 1.0 / 3, 1.0 / 3});
    assert_int_equal(s.status.conditions[CONDITION_EXPLORING].status, CONDITION_TRUE);
    for (int i = 0; i < 30 && s.status.leader == ROUTE_NO_ARM; i++)
        stage_decide(&s);
    assert_int_equal(s.status.leader, 0);
    assert_int_equal(s.status.decisions, 16); /* 41 + 15 * 4.1 samples */
    stage_clear(&s);
}

static void a_new_arm_cannot_lead_before_its_warm_up(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    s.status.arms[2].lifetime_samples = 0;
    s.status.arms[2].counted_until_ms = s.now_ms;
    s.status.arms[2].reward_ema = NAN;
    s.status.arms[2].state = ARM_WARMUP;
    stage_see(&s, 2, 0, 60, 60);
    for (int i = 0; i < 5; i++) {
        stage_decide(&s);
        assert_int_equal(s.status.arms[2].state, ARM_WARMUP);
        assert_int_equal(s.status.leader, 0);
    }
    stage_clear(&s);
}

static void a_leader_is_followed_only_by_more_than_the_margin(void **state)
{
    static const struct {
        double margin;
        double good;
        enum verdict verdict;
        enum reason reason;
    } rows[] = {
        {1, 981, VERDICT_KEPT,     REASON_WITHIN_MARGIN},
        {0, 981, VERDICT_SWITCHED, REASON_LEADER_CHANGE},
        {1, 999, VERDICT_SWITCHED, REASON_LEADER_CHANGE},
        {9, 999, VERDICT_KEPT,     REASON_WITHIN_MARGIN},
    };

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        struct stage s;

        stage_init(&s, 3, 1);
        stage_settle(&s);
        s.spec.guardrails.switch_margin = rows[r].margin;
        stage_see(&s, 1, 0, rows[r].good, 1000);
        do
            stage_decide(&s);
        while (s.last.reason == REASON_BEST_ARM ||
               (s.last.verdict == VERDICT_KEPT &&
                s.status.arms[1].reward_ema < rows[r].good / 1000 - 1e-6));
        assert_decided(&s, rows[r].verdict, rows[r].reason);
        stage_clear(&s);
    }
}

static void ties_keep_the_incumbent(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    s.spec.guardrails.switch_margin = 0;
    for (size_t i = 0; i < 3; i++) {
        stage_see(&s, i, 0, 980, 1000);
        s.status.arms[i].reward_ema = 0.98;
    }
    s.status.leader = 2;
    for (int i = 0; i < 200; i++)
        stage_decide(&s);
    assert_int_equal(s.status.leader, 2);
    stage_clear(&s);
}

static void dwell_keeps_a_leader_but_not_a_failed_one(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    s.spec.guardrails.dwell_ms = 24 * 3600000;
    stage_see(&s, 1, 0, 1000, 1000);
    for (int i = 0; i < 30; i++)
        stage_decide(&s);
    assert_decided(&s, VERDICT_KEPT, REASON_DWELL);
    s.seen.arms[0].ready = false;
    stage_decide(&s);
    assert_decided(&s, VERDICT_SWITCHED, REASON_LEADER_FAILED);
    assert_true(s.last.weights[0] == 0);
    stage_clear(&s);
}

/* Also where it has no weight that could be taken away: to change the leader is to
 * decide. */
static void a_hold_does_not_keep_a_dead_leader(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    for (size_t i = 0; i < 3; i++)
        s.status.arms[i].desired = i ? 0.5 : 0;
    s.seen.arms[0].ready = false;
    s.seen.problem = REASON_PROMETHEUS_DOWN;
    stage_decide(&s);
    assert_decided(&s, VERDICT_SWITCHED, REASON_LEADER_FAILED);
    assert_int_equal(s.status.leader, 1);
    assert_weights(&s, (double[]){0, 0.5, 0.5});
    stage_decide(&s);
    assert_decided(&s, VERDICT_HELD, REASON_PROMETHEUS_DOWN);
    stage_clear(&s);
}

static void a_leader_that_answers_nothing_while_others_do_has_failed(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    stage_see(&s, 0, 0, 0, 0);
    stage_decide(&s);
    assert_decided(&s, VERDICT_HELD, REASON_NO_DATA); /* it has only just come to lead */
    s.now_ms += 3600000;
    for (size_t i = 0; i < 3; i++)
        s.seen.arms[i].newest_ms = s.now_ms;
    stage_decide(&s);
    assert_decided(&s, VERDICT_SWITCHED, REASON_LEADER_FAILED);
    stage_clear(&s);
}

static void an_arm_without_labels_is_neither_favoured_nor_blamed(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 2, 2);
    s.objectives[1].missing = MISSING_IGNORE;
    for (size_t i = 0; i < 2; i++) {
        stage_see(&s, i, 0, 990, 1000);
        stage_see(&s, i, 1, 700, 1000); /* labels make rewards much smaller */
    }
    for (int i = 0; i < 10; i++)
        stage_decide(&s);
    stage_see(&s, 1, 1, 0, 0);
    for (int i = 0; i < 30; i++)
        stage_decide(&s);
    assert_int_equal(s.status.leader, 0);
    assert_true(fabs(s.status.arms[0].reward_ema - s.status.arms[1].reward_ema) < 1e-6);
    stage_clear(&s);
}

static void an_arm_that_loses_an_objective_can_only_look_worse(void **state)
{
    struct stage s;
    double before;

    (void)state;
    stage_init(&s, 2, 2);
    stage_settle(&s);
    before = s.status.arms[0].reward_ema;
    stage_see(&s, 0, 0, 0, 1000); /* nothing is answered, so there is no latency either */
    stage_see(&s, 0, 1, NAN, NAN);
    stage_decide(&s);
    assert_true(s.status.arms[0].reward_ema < before);
    assert_int_equal(s.status.leader, 1); /* even if latency were perfect, it is worse */
    stage_clear(&s);
}

/* Few failures make a small standard error, also when they are few by chance: 99 of 100
 * are sure to 0.0139 by themselves, to 0.0153 at the level of 0.976. With many requests
 * there is nothing to doubt. */
static void a_challenger_is_not_surer_for_its_luck(void **state)
{
    static const struct {
        double margin, good, events;
        enum reason reason;
    } rows[] = {
        {1.20, 99,  100,  REASON_LEADER_CHANGE},
        {1.36, 99,  100,  REASON_WITHIN_MARGIN},
        {1.36, 990, 1000, REASON_LEADER_CHANGE},
    };

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        struct stage s;

        stage_init(&s, 2, 1);
        s.spec.policy.type = POLICY_DISCOUNTED_COUNTS;
        s.spec.policy.discount = 1e-9; /* so that the pool is the window */
        s.spec.reward.window = WINDOW_1M;
        s.spec.interval_ms = 60000;
        stage_settle(&s);
        stage_see(&s, 0, 0, 9700, 10000);
        stage_see(&s, 1, 0, rows[r].good, rows[r].events);
        s.spec.guardrails.switch_margin = rows[r].margin;
        stage_decide(&s);
        if (s.last.reason != rows[r].reason)
            fail_msg("row %zu: %s", r, reason_name(s.last.reason));
        stage_clear(&s);
    }
}

/* Its weight explains why it has no requests: that is no want of data, and holding for it
 * would leave it without any for ever. */
static void a_leader_that_was_pinned_away_is_not_waited_for(void **state)
{
    static const double chances[] = {0.98, 0.97, 0.97};
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    s.spec.pin = (struct route_pin){
        .set = true, .weights = {0, 0.5, 0.5}
    };
    for (int i = 0; i < 100; i++) {
        stage_serve(&s, chances, 3000);
        stage_decide(&s);
    }
    assert_decided(&s, VERDICT_PINNED, REASON_PIN);
    s.spec.pin.set = false;
    for (int i = 0; i < 20; i++) {
        stage_serve(&s, chances, 3000);
        stage_decide(&s);
        assert_int_not_equal(s.last.verdict, VERDICT_HELD);
    }
    assert_int_equal(s.status.leader, 0);
    assert_weights(&s, (double[]){0.8 + 0.2 / 3, 0.2 / 3, 0.2 / 3});
    stage_clear(&s);
}

/* In Shadow traffic follows somebody else's weights. */
static void a_shadow_judges_silence_by_the_weights_in_force(void **state)
{
    static const double chances[] = {0.98, 0.97, 0.97};
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    s.spec.mode = MODE_SHADOW;
    for (size_t i = 0; i < 3; i++)
        s.seen.arms[i].applied = i == 0 ? 0 : 0.5;
    for (int i = 0; i < 100; i++) {
        stage_serve(&s, chances, 3000);
        stage_decide(&s);
        assert_decided(&s, VERDICT_KEPT, REASON_BEST_ARM); /* not: failed, or no data */
        assert_false(s.last.write);
    }
    stage_clear(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(warm_up_is_even_and_ends_when_arms_have_samples),
        cmocka_unit_test(a_new_arm_cannot_lead_before_its_warm_up),
        cmocka_unit_test(a_leader_is_followed_only_by_more_than_the_margin),
        cmocka_unit_test(ties_keep_the_incumbent),
        cmocka_unit_test(dwell_keeps_a_leader_but_not_a_failed_one),
        cmocka_unit_test(a_hold_does_not_keep_a_dead_leader),
        cmocka_unit_test(a_leader_that_answers_nothing_while_others_do_has_failed),
        cmocka_unit_test(an_arm_without_labels_is_neither_favoured_nor_blamed),
        cmocka_unit_test(an_arm_that_loses_an_objective_can_only_look_worse),
        cmocka_unit_test(a_challenger_is_not_surer_for_its_luck),
        cmocka_unit_test(a_leader_that_was_pinned_away_is_not_waited_for),
        cmocka_unit_test(a_shadow_judges_silence_by_the_weights_in_force),
    };

    return cmocka_run_group_tests_name("core_leader", tests, NULL, NULL);
}
