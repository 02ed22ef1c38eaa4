/* SPDX-License-Identifier: Apache-2.0 */
/* Which statuses matter, and how many a second are written. */
#include "support/test.h"

#include <math.h>
#include <stdlib.h>

#include "controller/status_mark.h"
#include "controller/write_budget.h"

enum { START_MS = 1000000 };

/* ---- the budget ----------------------------------------------------------------------
 */

static void a_burst_goes_at_once_and_the_rest_at_the_rate(void **state)
{
    CLEANUP(write_budget_freep)
    struct write_budget *b = write_budget_new(40);
    int64_t last_ms = START_MS;

    (void)state;
    for (int i = 0; i < 40 * WRITE_BUDGET_BURST_S; i++)
        assert_int_equal(write_budget_reserve(b, START_MS), START_MS);
    for (int i = 0; i < 400; i++) {
        int64_t at_ms = write_budget_reserve(b, START_MS);

        assert_true(at_ms >= last_ms);
        last_ms = at_ms;
    }
    assert_int_equal(last_ms, START_MS + 400 * 1000 / 40);
}

static void what_can_wait_leaves_half_to_what_cannot(void **state)
{
    CLEANUP(write_budget_freep)
    struct write_budget *b = write_budget_new(40);
    int spare = 0;

    (void)state;
    while (write_budget_spare(b, START_MS))
        spare++;
    assert_in_range(spare, 499, 501);
    for (int i = 0; i < 490; i++)
        assert_int_equal(write_budget_reserve(b, START_MS), START_MS);
    assert_false(write_budget_spare(b, START_MS + 10000));
    assert_true(write_budget_spare(b, START_MS + 20000));
}

/* However many want to, over an hour no more are written than the rate and a burst. */
static void the_rate_holds_whoever_asks(void **state)
{
    CLEANUP(write_budget_freep)
    struct write_budget *b = write_budget_new(10);
    int written = 0;

    (void)state;
    for (int64_t now_ms = START_MS; now_ms < START_MS + 3600 * 1000; now_ms += 10) {
        written += write_budget_spare(b, now_ms);
        if (now_ms % 100 == 0) /* a tenth of a second: as often as the rate allows */
            written += write_budget_reserve(b, now_ms) <= now_ms + 2000;
    }
    assert_in_range(written, 35900, 36000 + 10 * WRITE_BUDGET_BURST_S + 1);
}

static void the_lag_follows_the_fleet(void **state)
{
    static const struct {
        size_t routes;
        int64_t interval_ms, want_ms;
    } rows[] = {
        {1,      30000, 0      },
        {1200,   30000, 0      },
        {1201,   30000, 60000  },
        {10000,  30000, 270000 },
        {10000,  10000, 250000 },
        {100000, 30000, 2520000},
    };
    CLEANUP(write_budget_freep)
    struct write_budget *b = write_budget_new(40);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_int_equal(write_budget_lag_ms(b, rows[i].routes, rows[i].interval_ms),
                         rows[i].want_ms);
}

/* ---- what matters --------------------------------------------------------------------
 */

static struct bandit_route *decided(void)
{
    struct bandit_route *r = route_new();

    r->spec.arm_count = 2;
    r->spec.arms = mem_alloc(2, sizeof(*r->spec.arms));
    r->spec.reward.objective_count = 1;
    r->spec.reward.objectives = mem_alloc(1, sizeof(struct route_objective));
    route_status_init(&r->status, &r->spec);
    r->status.verdict = VERDICT_KEPT;
    r->status.reason = REASON_BEST_ARM;
    r->status.leader = 0;
    for (size_t i = 0; i < 2; i++)
        r->status.arms[i].reward_ema = 0.5;
    return r;
}

static void verdict_adjusted(struct route_status *s)
{
    s->verdict = VERDICT_ADJUSTED;
}

static void verdict_held(struct route_status *s)
{
    s->verdict = VERDICT_HELD;
}

static void reason_margin(struct route_status *s)
{
    s->reason = REASON_WITHIN_MARGIN;
}

static void reason_no_arm(struct route_status *s)
{
    s->reason = REASON_NO_ELIGIBLE_ARM;
}

static void the_leader(struct route_status *s)
{
    s->leader = 1;
}

static void the_mode(struct route_status *s)
{
    s->mode = MODE_FROZEN;
}

static void the_generation(struct route_status *s)
{
    s->observed_generation++;
}

static void a_condition(struct route_status *s)
{
    s->conditions[CONDITION_READY].status = CONDITION_FALSE;
}

static void its_reason(struct route_status *s)
{
    s->conditions[CONDITION_READY].reason = REASON_DATA_PLANE_DOWN;
}

static void an_arms_state(struct route_status *s)
{
    s->arms[1].state = ARM_EJECTED;
}

static void a_weight_a_little(struct route_status *s)
{
    s->arms[0].desired += 0.009;
}

static void a_weight(struct route_status *s)
{
    s->arms[0].desired += 0.011;
}

static void what_is_applied(struct route_status *s)
{
    s->arms[0].applied = 0.4;
}

static void a_reward_a_little(struct route_status *s)
{
    s->arms[0].reward_ema = 0.545;
}

static void a_reward(struct route_status *s)
{
    s->arms[0].reward_ema = 0.445;
}

static void a_reward_is_lost(struct route_status *s)
{
    s->arms[0].reward_ema = NAN;
}

static void times_and_counts(struct route_status *s)
{
    s->last_decision_ms += 30000;
    s->last_observation_ms += 30000;
    s->decisions++;
    s->estimated_regret += 1;
    s->arms[0].samples = 1234;
    s->arms[0].reward = 0.1;
}

static void what_matters_is_seen(void **state)
{
    static const struct {
        const char *what;
        void (*change)(struct route_status *s);
        bool want;
    } rows[] = {
        {"held",                   verdict_held,      true },
        {"no eligible arm",        reason_no_arm,     true },
        {"another leader",         the_leader,        true },
        {"another mode",           the_mode,          true },
        {"another generation",     the_generation,    true },
        {"a condition",            a_condition,       true },
        {"the reason of one",      its_reason,        true },
        {"the state of an arm",    an_arms_state,     true },
        {"a weight",               a_weight,          true },
        {"a weight read back",     what_is_applied,   true },
        {"a reward",               a_reward,          true },
        {"a reward that is lost",  a_reward_is_lost,  true },
        {"kept or adjusted",       verdict_adjusted,  false},
        {"best, or within margin", reason_margin,     false},
        {"a weight, by a little",  a_weight_a_little, false},
        {"a reward, by a little",  a_reward_a_little, false},
        {"times and counts",       times_and_counts,  false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(route_freep)
        struct bandit_route *r = decided();
        struct status_mark *mark = status_mark_new(r, 7);

        assert_false(status_mark_differs(mark, r));
        assert_int_equal(status_mark_written_ms(mark), 7);
        rows[i].change(&r->status);
        if (status_mark_differs(mark, r) != rows[i].want)
            fail_msg("%s", rows[i].what);
        free(mark);
    }
}

/* Many small steps in one direction are a large one: what counts is what was written. */
static void a_drift_is_seen_in_the_end(void **state)
{
    CLEANUP(route_freep)
    struct bandit_route *r = decided();
    struct status_mark *mark = status_mark_new(r, 0);
    int steps = 0;

    (void)state;
    assert_true(status_mark_differs(NULL, r));
    while (!status_mark_differs(mark, r)) {
        r->status.arms[0].desired += 0.001;
        steps++;
    }
    assert_in_range(steps, 10, 11);
    free(mark);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_goes_at_once_and_the_rest_at_the_rate),
        cmocka_unit_test(what_can_wait_leaves_half_to_what_cannot),
        cmocka_unit_test(the_rate_holds_whoever_asks),
        cmocka_unit_test(the_lag_follows_the_fleet),
        cmocka_unit_test(what_matters_is_seen),
        cmocka_unit_test(a_drift_is_seen_in_the_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
