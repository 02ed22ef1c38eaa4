/* SPDX-License-Identifier: Apache-2.0 */
/* What each policy makes of what is known of the arms. */
#include "support/test.h"

#include <math.h>

#include "support/decided.h"
#include "support/stage.h"

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

/* Evidence of an arm without traffic ages all the same, so its bound rises until it is
 * looked at. With epsilon 1 the leader itself may be without traffic. */
static void ucb_without_a_floor_looks_at_every_arm_again(void **state)
{
    static const double epsilons[] = {0.2, 1};
    double chances[] = {0.97, 0.95, 0.90};

    (void)state;
    for (size_t e = 0; e < ARRAY_LEN(epsilons); e++) {
        struct stage s;
        int looks[3] = {0};

        stage_init(&s, 3, 1);
        s.spec.policy.type = POLICY_DISCOUNTED_COUNTS;
        s.spec.policy.choice = CHOICE_UCB;
        s.spec.policy.epsilon = epsilons[e];
        s.spec.guardrails.min_weight = 0;
        s.spec.reward.window = WINDOW_1M;
        chances[2] = 0.90;
        for (int i = 0; i < 1000; i++) {
            stage_serve(&s, chances, 600);
            stage_decide(&s);
            assert_int_not_equal(s.last.verdict, VERDICT_HELD);
            for (size_t a = 0; a < 3 && i >= 500; a++)
                looks[a] += s.last.weights[a] > 0;
        }
        for (size_t a = 0; a < 3; a++)
            assert_true(looks[a] > 0);
        assert_int_equal(s.status.leader, 0);
        chances[2] = 1; /* the one that was looked at least becomes the best */
        for (int i = 0; i < 500; i++) {
            stage_serve(&s, chances, 600);
            stage_decide(&s);
        }
        assert_int_equal(s.status.leader, 2);
        stage_clear(&s);
    }
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(epsilon_includes_the_leader),
        cmocka_unit_test(every_policy_shares_as_its_formula_says),
        cmocka_unit_test(probability_of_best_keeps_the_floor_and_follows_the_evidence),
        cmocka_unit_test(ucb_explores_where_a_look_pays_most),
        cmocka_unit_test(ucb_without_a_floor_looks_at_every_arm_again),
        cmocka_unit_test(a_decaying_epsilon_falls_to_its_floor),
        cmocka_unit_test(regret_counts_what_the_others_served),
    };

    return cmocka_run_group_tests_name("core_policies", tests, NULL, NULL);
}
