/* SPDX-License-Identifier: Apache-2.0 */
/* What reconcile() does when all goes well, and when somebody meddles. */
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/reconcile_world.h"

static void traffic_goes_where_the_reward_is(void **state)
{
    CLEANUP(world_freep)
    struct world *w = told_world();

    (void)state;
    world_decide(w, 30);
    world_assert_sane(w);
    assert_int_equal(w->saved.leader, 1);
    assert_true(fabs(w->weights[1] - (0.8 + 0.2 / 3)) < 1e-6);
    assert_true(isnan(world_drift_repairs(w)) == 0 && world_drift_repairs(w) == 0);
    assert_int_equal(w->again_ms, w->now.mono_ms); /* the tick keeps its phase */
}

static void decisions_come_at_their_interval_whatever_wakes_it(void **state)
{
    CLEANUP(world_freep)
    struct world *w = told_world();

    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_int_equal(world_run(w), RECONCILED_AFTER);
        world_pass(w, 1000);
    }
    assert_int_equal(w->saved.decisions, 10);
    assert_int_equal(w->saves, 10);
}

static void echoes_of_its_own_writes_are_no_news(void **state)
{
    CLEANUP(world_freep)
    struct world *w = told_world();

    (void)state;
    world_decide(w, 1);
    assert_false(world_tell(w, "", "", 1));
    assert_true(world_tell(w, "10s", "20s", 2));
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    assert_int_equal(w->saved.decisions, 2); /* another spec is decided on at once */
    assert_int_equal(w->again_ms, w->now.mono_ms + 20000);
}

static void drift_is_repaired_and_counted(void **state)
{
    CLEANUP(world_freep)
    struct world *w = told_world();

    (void)state;
    world_decide(w, 30);
    w->weights[0] = w->weights[1] = 0.5; /* somebody else */
    w->weights[2] = 0;
    world_decide(w, 1);
    world_assert_sane(w);
    assert_true(world_drift_repairs(w) == 1);
    w->weights[0] = 1;
    w->weights[1] = 0;
    world_pass(w, -5000); /* woken between two decisions */
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    assert_int_equal(w->saved.decisions, 31);
    world_assert_sane(w);
    assert_true(world_drift_repairs(w) == 2);
}

static void note_contest(void *arg, const struct route_event *event)
{
    *(bool *)arg |= strcmp(event->reason, "DriftContested") == 0;
}

/* Ten minutes against somebody who sets his own weights whenever we have set ours. */
static void a_fight_over_weights_is_not_fought_without_end(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();
    bool contested = false;
    enum reason why;
    unsigned writes;

    (void)state;
    events_forward(w->events, note_contest, &contested);
    (void)world_tell(w, "10s", "1h", 1);
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    writes = w->dataplane_writes;
    for (int64_t passed = 0; passed < 10 * 60 * 1000; passed += 10) {
        w->weights[0] = w->weights[1] = 0.5;
        w->weights[2] = 0;
        assert_int_equal(world_run(w), RECONCILED_AFTER);
        if (passed == 0)
            world_assert_sane(w);
        world_pass(w, 10);
    }
    assert_in_range(w->dataplane_writes - writes, 20, 25); /* one each 30 s */
    assert_true(contested);
    assert_true(world_drift_repairs(w) == w->dataplane_writes - writes);
    for (int i = 0; i < 2; i++) { /* the first may be set right */
        w->weights[0] = w->weights[1] = 0.5;
        assert_int_equal(world_run(w), RECONCILED_AFTER);
    }
    assert_int_equal(world_programmed(w, &why), CONDITION_FALSE);
    assert_int_equal(w->saved.conditions[CONDITION_READY].status, CONDITION_FALSE);
    assert_in_range(w->again_ms - w->now.mono_ms, 1, 30000);
    world_pass(w, w->again_ms - w->now.mono_ms); /* it is over: that was the last word */
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    world_assert_sane(w);
    assert_int_equal(world_programmed(w, &why), CONDITION_TRUE);
    assert_int_equal(w->saved.conditions[CONDITION_READY].status, CONDITION_TRUE);
    assert_int_equal(w->saved.decisions, 1);
}

/* An hour in which each decision found other weights is no reason to leave the next ones.
 */
static void repairs_by_decisions_leave_no_debt(void **state)
{
    CLEANUP(world_freep)
    struct world *w = told_world();

    (void)state;
    world_decide(w, 1);
    for (int i = 0; i < 360; i++) {
        w->weights[0] = w->weights[1] = 0.5;
        w->weights[2] = 0;
        world_decide(w, 1);
    }
    assert_true(world_drift_repairs(w) == 360);
    world_decide(w, 9); /* quiet for 90 s */
    for (int i = 0; i < 3; i++) {
        w->weights[0] = w->weights[1] = 0.5;
        w->weights[2] = 0;
        world_pass(w, i ? 0 : -5000); /* between two decisions */
        assert_int_equal(world_run(w), RECONCILED_AFTER);
        world_assert_sane(w);
    }
    assert_int_equal(w->saved.decisions, 370); /* none came of it */
}

static void what_gateways_say_is_told_when_they_say_it(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();
    enum reason why;
    unsigned saves;

    (void)state;
    w->trouble = REASON_PENDING;
    (void)world_tell(w, "", "", 1);
    world_decide(w, 1);
    world_pass(w, -9000);
    assert_int_equal(world_programmed(w, &why), CONDITION_UNKNOWN);
    assert_int_equal(why, REASON_PENDING);
    w->trouble = REASON_NONE;
    saves = w->saves;
    assert_int_equal(world_run(w), RECONCILED_AFTER); /* woken between two decisions */
    assert_int_equal(world_programmed(w, &why), CONDITION_TRUE);
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    assert_int_equal(w->saves, saves + 1);
    w->trouble = REASON_NOT_ACCEPTED;
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    assert_int_equal(world_programmed(w, &why), CONDITION_FALSE);
    assert_int_equal(why, REASON_NOT_ACCEPTED);
    assert_int_equal(w->saved.decisions, 1);
}

/* Ready is what people and tools wait for: no traffic is split by what a gateway refuses.
 */
static void what_a_gateway_refuses_is_not_ready(void **state)
{
    CLEANUP(world_freep)
    struct world *w = told_world();
    const struct route_condition *ready = &w->saved.conditions[CONDITION_READY];
    int64_t since_ms;

    (void)state;
    world_decide(w, 1);
    assert_int_equal(ready->status, CONDITION_TRUE);
    world_pass(w, -9000);
    w->trouble = REASON_BACKEND_NOT_FOUND;
    assert_int_equal(world_run(w), RECONCILED_AFTER); /* woken between two decisions */
    assert_int_equal(ready->status, CONDITION_FALSE);
    assert_int_equal(ready->reason, REASON_BACKEND_NOT_FOUND);
    since_ms = ready->since_ms;
    world_pass(w, 9000);
    world_decide(w, 3);
    assert_int_equal(w->saved.decisions, 4);
    assert_int_equal(ready->status, CONDITION_FALSE);
    assert_true(ready->since_ms == since_ms); /* deciding changes nothing of that */
    w->trouble = REASON_PENDING;              /* not refused, and not confirmed */
    world_decide(w, 1);
    assert_int_equal(ready->status, CONDITION_TRUE);
    assert_int_equal(ready->reason, w->saved.reason);
    w->trouble = REASON_NOT_ACCEPTED;
    (void)world_tell(w, "spec:\n", "spec:\n  mode: Frozen\n", 2);
    world_decide(w, 1);
    assert_int_equal(ready->status, CONDITION_TRUE); /* nothing is to be obeyed */
}

static void an_arm_that_dies_between_decisions_is_left_at_once(void **state)
{
    CLEANUP(world_freep)
    struct world *w = told_world();
    double ema;

    (void)state;
    world_decide(w, 30);
    world_pass(w, -5000);
    ema = w->saved.arms[0].reward_ema;
    w->down[1] = true; /* the leader */
    w->success[0] = 0.1;
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    assert_int_equal(w->saved.decisions, 31);
    assert_int_equal(w->saved.verdict, VERDICT_SWITCHED);
    assert_int_equal(w->saved.reason, REASON_LEADER_FAILED);
    assert_int_equal(w->saved.arms[1].state, ARM_NOT_READY);
    assert_true(w->weights[1] == 0);
    world_assert_sane(w);
    assert_true(w->saved.arms[0].reward_ema == ema); /* rewards were not asked for */
    assert_int_equal(w->saved.conditions[CONDITION_METRICS_AVAILABLE].status,
                     CONDITION_TRUE);
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    assert_int_equal(w->saved.decisions, 31);             /* once */
    assert_int_equal(w->again_ms, w->now.mono_ms + 5000); /* the tick keeps its phase */
}

static void others_than_active_never_write(void **state)
{
    static const char *const modes[] = {"Shadow", "Frozen"};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(modes); i++) {
        CLEANUP(world_freep)
        struct world *w = world_new();
        char spec[64];

        (void)snprintf(spec, sizeof(spec), "spec:\n  mode: %s\n", modes[i]);
        (void)world_tell(w, "spec:\n", spec, 1);
        world_decide(w, 20);
        w->weights[0] = 1;
        world_decide(w, 2);
        world_pass(w, -5000);
        (void)world_run(w);
        assert_int_equal(w->dataplane_writes, 0);
        assert_int_equal(w->saved.decisions, 22);
        (void)world_tell_other(w, STORE_DELETE, NULL);
        assert_int_equal(world_run(w), RECONCILED);
        assert_int_equal(w->dataplane_writes, 0);
    }
}

static void a_new_arm_list_keeps_what_matches_by_name(void **state)
{
    CLEANUP(world_freep)
    struct world *w = told_world();
    double ema;

    (void)state;
    world_decide(w, 30);
    ema = w->saved.arms[1].reward_ema;
    /* a goes, b becomes the first, d comes last */
    assert_true(world_tell(w, "  - {name: a, backend: {service: a, port: 80}}\n", "", 2));
    w->success[0] = 0.9;
    w->success[1] = 0.7;
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    assert_string_equal(w->saved.arms[0].name, "b");
    assert_true(fabs(w->saved.arms[0].reward_ema - ema) < 1e-6);
    assert_int_equal(w->saved.leader, 0);
    assert_true(fabs(w->saved.arms[0].desired + w->saved.arms[1].desired - 1) < 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(traffic_goes_where_the_reward_is),
        cmocka_unit_test(decisions_come_at_their_interval_whatever_wakes_it),
        cmocka_unit_test(echoes_of_its_own_writes_are_no_news),
        cmocka_unit_test(drift_is_repaired_and_counted),
        cmocka_unit_test(a_fight_over_weights_is_not_fought_without_end),
        cmocka_unit_test(repairs_by_decisions_leave_no_debt),
        cmocka_unit_test(what_gateways_say_is_told_when_they_say_it),
        cmocka_unit_test(what_a_gateway_refuses_is_not_ready),
        cmocka_unit_test(an_arm_that_dies_between_decisions_is_left_at_once),
        cmocka_unit_test(others_than_active_never_write),
        cmocka_unit_test(a_new_arm_list_keeps_what_matches_by_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
