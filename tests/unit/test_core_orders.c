/* SPDX-License-Identifier: Apache-2.0 */
/* What people and the data plane say, which goes before what the data say; and what
 * people are told. */
#include "support/test.h"

#include "support/decided.h"
#include "support/stage.h"

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

static void events_of_a_shadow_say_that_they_are(void **state)
{
    struct stage s;

    (void)state;
    stage_init(&s, 3, 1);
    stage_settle(&s);
    s.spec.mode = MODE_SHADOW;
    stage_see(&s, 1, 0, 1000, 1000);
    do
        stage_decide(&s);
    while (s.last.verdict != VERDICT_SWITCHED);
    assert_int_equal(s.last.event_count, 1);
    assert_string_equal(s.last.events[0].message, "shadow: b leads instead of a");
    assert_int_equal(s.last.events[0].reason, REASON_LEADER_CHANGE);
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_pin_is_obeyed_until_it_expires),
        cmocka_unit_test(frozen_measures_and_holds_and_shadow_decides_without_writing),
        cmocka_unit_test(events_of_a_shadow_say_that_they_are),
        cmocka_unit_test(drift_is_repaired_also_while_held),
        cmocka_unit_test(an_arm_without_a_backend_leaves_at_once_also_without_data),
        cmocka_unit_test(events_tell_what_changed_and_only_once),
    };

    return cmocka_run_group_tests_name("core_orders", tests, NULL, NULL);
}
