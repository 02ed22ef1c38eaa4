/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <math.h>

#include "core/rounding.h"
#include "support/stage.h"

static double sum_of_weights(const struct stage *s)
{
    double sum = 0;

    for (size_t i = 0; i < s->spec.arm_count; i++)
        sum += s->last.weights[i];
    return sum;
}

static void assert_weights(const struct stage *s, const double *want)
{
    for (size_t i = 0; i < s->spec.arm_count; i++)
        if (fabs(s->last.weights[i] - want[i]) > 5e-4)
            fail_msg("arm %zu has %.6f, not %.6f", i, s->last.weights[i], want[i]);
    assert_true(fabs(sum_of_weights(s) - 1) < 1e-12);
}

#define assert_decided(s, v, r)                                                \
    do {                                                                       \
        assert_string_equal(verdict_name((s)->last.verdict), verdict_name(v)); \
        assert_string_equal(reason_name((s)->last.reason), reason_name(r));    \
    } while (0)

static void epsilon_includes_the_leader(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    assert_int_equal(s.status.leader, 0);
    assert_weights(&s, (double[]){0.8 + 0.2 / 3, 0.2 / 3, 0.2 / 3});
    assert_decided(&s, VERDICT_KEPT, REASON_BEST_ARM);
    assert_false(s.last.write);
    assert_true(fabs(s.status.exploration - 2 * 0.2 / 3) < 1e-9);
    stage_clear(&s);
}

static void every_policy_shares_as_its_formula_says(void **state)
{
    static const struct {
        const char *what;
        struct route_policy policy;
        double want[3];
    } rows[] = {
        {"greedy counts",
         {.type = POLICY_DISCOUNTED_COUNTS,
          .epsilon = 0.3,
          .discount = 0.95,
          .ema_alpha = 0.3},
         {0.8, 0.1, 0.1}               },
        {"softmax",
         {.type = POLICY_SOFTMAX, .temperature = 0.02, .ema_alpha = 0.3},
         {0.451863, 0.274069, 0.274069}}, /* 1 and twice exp(-0.01 / 0.02), scaled */
        {"static",
         {.type = POLICY_STATIC, .ema_alpha = 0.3},
         {1.0 / 3, 1.0 / 3, 1.0 / 3}   },
    };

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        struct stage s;

        stage_init(&s, 3, 1);
        s.spec.policy = rows[r].policy;
        stage_settle(&s);
        assert_weights(&s, rows[r].want);
        stage_clear(&s);
    }
}

static void probability_of_best_keeps_the_floor_and_follows_the_evidence(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    s.spec.policy.type = POLICY_PROBABILITY_OF_BEST;
    for (size_t i = 0; i < 3; i++)
        stage_see(&s, i, 0, 990 - 90 * (double)i, 1000);
    for (int i = 0; i < 20; i++)
        stage_decide(&s);
    assert_weights(&s, (double[]){0.96, 0.02, 0.02}); /* no doubt left: floors only */
    assert_true(s.status.arms[0].probability_best > 0.999);
    stage_clear(&s);
}

static void ucb_explores_where_a_look_pays_most(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    s.spec.policy.type = POLICY_DISCOUNTED_COUNTS;
    s.spec.policy.choice = CHOICE_UCB;
    stage_see(&s, 0, 0, 9700, 10000);
    stage_see(&s, 1, 0, 190, 200); /* less sure than c, and better */
    stage_see(&s, 2, 0, 9000, 10000);
    for (int i = 0; i < 20; i++)
        stage_decide(&s);
    assert_int_equal(s.status.leader, 0);
    assert_weights(&s, (double[]){0.78375, 0.19625, 0.02});
    stage_clear(&s);
}

static void a_decaying_epsilon_falls_to_its_floor(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    s.spec.policy.epsilon_decay = 0.5;
    s.spec.policy.epsilon_min = 0.03;
    s.spec.guardrails.min_weight = 0;
    stage_settle(&s);
    for (int i = 0; i < 119; i++) /* an hour later, and what settling took */
        stage_decide(&s);
    assert_true(s.last.weights[1] < 0.1 / 3 + 1e-3);
    for (int i = 0; i < 1000; i++)
        stage_decide(&s);
    assert_weights(&s, (double[]){0.98, 0.01, 0.01});
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

static void a_pin_is_obeyed_until_it_expires(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    s.spec.pin = (struct route_pin){
        .set = true, .weights = {0, 0.25, 0.75},
             .until_ms = s.now_ms + 60000
    };
    stage_decide(&s);
    assert_decided(&s, VERDICT_PINNED, REASON_PIN);
    assert_weights(&s, (double[]){0, 0.25, 0.75});
    assert_true(s.last.write);
    assert_int_equal(s.status.conditions[CONDITION_FROZEN].status, CONDITION_TRUE);
    stage_decide(&s);
    assert_decided(&s, VERDICT_ADJUSTED, REASON_BEST_ARM);
    assert_true(s.last.weights[0] <= 0.12 + 1e-9); /* back by steps */
    stage_clear(&s);
}

static void frozen_measures_and_holds_and_shadow_decides_without_writing(void **state)
{
    struct stage s;
    double before;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    s.spec.mode = MODE_FROZEN;
    before = s.status.arms[1].reward_ema;
    stage_see(&s, 1, 0, 1000, 1000);
    for (int i = 0; i < 10; i++)
        stage_decide(&s);
    assert_decided(&s, VERDICT_FROZEN, REASON_FROZEN);
    assert_weights(&s, (double[]){0.8 + 0.2 / 3, 0.2 / 3, 0.2 / 3});
    assert_true(s.status.arms[1].reward_ema > before);
    s.seen.arms[0].applied = 0.1; /* somebody meddles: left alone while frozen */
    stage_decide(&s);
    assert_false(s.last.write);
    s.spec.mode = MODE_SHADOW;
    stage_decide(&s);
    assert_int_equal(s.last.verdict, VERDICT_SWITCHED);
    assert_false(s.last.write);
    stage_clear(&s);
}

static void drift_is_repaired_also_while_held(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    s.seen.problem = REASON_PROMETHEUS_DOWN;
    stage_decide(&s);
    assert_false(s.last.write);
    assert_int_equal(s.status.last_decision_ms, s.now_ms);
    s.seen.arms[0].applied = 1.0 / 3; /* the data plane was restarted */
    stage_decide(&s);
    assert_decided(&s, VERDICT_HELD, REASON_PROMETHEUS_DOWN);
    assert_true(s.last.write);
    stage_clear(&s);
}

static void an_arm_without_a_backend_leaves_at_once_also_without_data(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    s.seen.problem = REASON_PROMETHEUS_TIMEOUT;
    s.seen.arms[0].ready = false;
    stage_decide(&s);
    assert_decided(&s, VERDICT_SWITCHED, REASON_LEADER_FAILED);
    assert_weights(&s, (double[]){0, 0.5, 0.5});
    assert_int_equal(s.status.conditions[CONDITION_METRICS_AVAILABLE].reason,
                     REASON_PROMETHEUS_TIMEOUT);
    assert_int_equal(s.status.conditions[CONDITION_DEGRADED].reason,
                     REASON_ARM_NOT_READY);
    s.seen.arms[1].ready = s.seen.arms[2].ready = false;
    stage_decide(&s);
    assert_decided(&s, VERDICT_HELD, REASON_NO_ELIGIBLE_ARM);
    assert_weights(&s, (double[]){0, 0.5, 0.5});
    stage_clear(&s);
}

static void events_tell_what_changed_and_only_once(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    stage_decide(&s);
    assert_int_equal(s.last.event_count, 0);
    s.seen.problem = REASON_PROMETHEUS_DOWN;
    stage_decide(&s);
    assert_int_equal(s.last.event_count, 1);
    assert_int_equal(s.last.events[0].type, EVENT_WARNING);
    assert_int_equal(s.last.events[0].reason, REASON_PROMETHEUS_DOWN);
    stage_decide(&s);
    assert_int_equal(s.last.event_count, 0);
    s.seen.problem = REASON_NONE;
    stage_decide(&s);
    assert_int_equal(s.last.event_count, 1);
    stage_clear(&s);
}

static void regret_counts_what_the_others_served(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    stage_decide(&s); /* 100 new requests each, arms b and c earn 0.01 less */
    assert_true(fabs(s.last.regret - 2 * 100 * 0.01) < 1e-6);
    assert_true(fabs(s.last.exploration_cost - s.last.regret) < 1e-9);
    stage_clear(&s);
}

static void weights_are_rounded_by_largest_remainder(void **state)
{
    static const struct {
        double weights[4];
        uint32_t total;
        uint32_t want[4];
    } rows[] = {
        {{0.25, 0.25, 0.25, 0.25},       256, {64, 64, 64, 64}},
        {{0.86667, 0.06667, 0.06666, 0}, 100, {87, 7, 6, 0}   },
        {{0.5, 0.3, 0.2, 0},             1,   {1, 1, 1, 0}    }, /* too few: one each */
        {{0.9999, 0.0001, 0, 0},         256, {255, 1, 0, 0}  },
        {{1, 0, 0, 0},                   256, {256, 0, 0, 0}  },
        {{0.3333, 0.3333, 0.3334, 0},    10,  {3, 3, 4, 0}    },
    };

    (void)state;
    for (size_t r = 0; r < ARRAY_LEN(rows); r++) {
        uint32_t out[4];

        rounding_share(rows[r].weights, 4, rows[r].total, out);
        for (size_t i = 0; i < 4; i++)
            if (out[i] != rows[r].want[i])
                fail_msg("row %zu arm %zu: %u", r, i, out[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epsilon_includes_the_leader),
        cmocka_unit_test(every_policy_shares_as_its_formula_says),
        cmocka_unit_test(probability_of_best_keeps_the_floor_and_follows_the_evidence),
        cmocka_unit_test(ucb_explores_where_a_look_pays_most),
        cmocka_unit_test(a_decaying_epsilon_falls_to_its_floor),
        cmocka_unit_test(a_leader_is_followed_only_by_more_than_the_margin),
        cmocka_unit_test(ties_keep_the_incumbent),
        cmocka_unit_test(steps_up_are_bounded_and_steps_down_need_not_be),
        cmocka_unit_test(dwell_keeps_a_leader_but_not_a_failed_one),
        cmocka_unit_test(few_samples_never_keep_a_failing_leader),
        cmocka_unit_test(ejections_are_limited_and_the_worst_go_first),
        cmocka_unit_test(the_cooldown_doubles_for_an_arm_that_fails_again),
        cmocka_unit_test(a_failing_arm_at_the_floor_stays_out_without_a_longer_cooldown),
        cmocka_unit_test(an_arm_without_labels_is_neither_favoured_nor_blamed),
        cmocka_unit_test(an_arm_that_loses_an_objective_can_only_look_worse),
        cmocka_unit_test(a_leader_that_answers_nothing_while_others_do_has_failed),
        cmocka_unit_test(warm_up_is_even_and_ends_when_arms_have_samples),
        cmocka_unit_test(a_new_arm_cannot_lead_before_its_warm_up),
        cmocka_unit_test(a_pin_is_obeyed_until_it_expires),
        cmocka_unit_test(frozen_measures_and_holds_and_shadow_decides_without_writing),
        cmocka_unit_test(drift_is_repaired_also_while_held),
        cmocka_unit_test(an_arm_without_a_backend_leaves_at_once_also_without_data),
        cmocka_unit_test(events_tell_what_changed_and_only_once),
        cmocka_unit_test(regret_counts_what_the_others_served),
        cmocka_unit_test(weights_are_rounded_by_largest_remainder),
    };

    return cmocka_run_group_tests_name("core", tests, NULL, NULL);
}
