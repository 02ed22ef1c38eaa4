/* SPDX-License-Identifier: Apache-2.0 */
/* What reconcile() does when something fails: holds, tries again, and converges. */
#include "support/test.h"

#include <math.h>

#include "support/reconcile_world.h"

static void a_target_that_comes_is_decided_on_at_once(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();
    enum reason why;

    (void)state;
    w->failure = ERR_NOT_FOUND;
    w->fail_at = 1;
    (void)world_tell(w, "", "", 1);
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    assert_int_equal(world_programmed(w, &why), CONDITION_FALSE);
    assert_int_equal(why, REASON_TARGET_NOT_FOUND);
    assert_int_equal(w->saved.verdict, VERDICT_HELD);
    world_pass(w, 1000);
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    assert_int_equal(w->saved.decisions, 2);
    assert_int_not_equal(w->saved.verdict, VERDICT_HELD);
    world_assert_sane(w);
}

static void held_ticks_leave_the_averages_alone(void **state)
{
    CLEANUP(world_freep)
    struct world *w = told_world();
    double ema[3], weights[3];

    (void)state;
    world_decide(w, 10);
    for (size_t i = 0; i < 3; i++) {
        ema[i] = w->saved.arms[i].reward_ema;
        weights[i] = w->weights[i];
    }
    w->problem = REASON_QUERY_WARNING;
    w->success[1] = 0;
    world_decide(w, 5);
    assert_int_equal(w->saved.verdict, VERDICT_HELD);
    assert_int_equal(w->saved.reason, REASON_QUERY_WARNING);
    for (size_t i = 0; i < 3; i++) {
        assert_true(w->saved.arms[i].reward_ema == ema[i]);
        assert_true(w->weights[i] == weights[i]);
    }
}

static void a_decision_that_is_not_taken_is_held(void **state)
{
    static const struct {
        enum error_kind kind;
        enum reason want;
    } rows[] = {
        {ERR_INVALID,   REASON_DATA_PLANE_REJECTED},
        {ERR_NOT_FOUND, REASON_TARGET_NOT_FOUND   },
        {ERR_IO,        REASON_DATA_PLANE_DOWN    },
        {ERR_TIMEOUT,   REASON_DATA_PLANE_DOWN    },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        for (unsigned long step = 1; step <= 3; step += 2) { /* the read, the write */
            CLEANUP(world_freep)
            struct world *w = world_new();
            double ema;

            (void)world_tell(w, "", "", 1);
            world_decide(
                w, 2); /* not at its goal yet, so that there is something to write */
            ema = w->saved.arms[1].reward_ema;
            w->success[1] = 0.95;
            w->failure = rows[i].kind;
            w->fail_at = w->io + step;
            world_decide(w, 1);
            assert_int_equal(w->saved.verdict, VERDICT_HELD);
            assert_int_equal(w->saved.reason, rows[i].want);
            assert_true(w->saved.arms[1].reward_ema == ema);
            assert_int_equal(w->saved.conditions[CONDITION_ROUTE_PROGRAMMED].status,
                             CONDITION_FALSE);
            world_decide(w, 20);
            world_assert_sane(w);
            assert_int_equal(w->saved.conditions[CONDITION_ROUTE_PROGRAMMED].status,
                             CONDITION_TRUE);
        }
}

/* Also where the next decision is an hour away. */
static void a_data_plane_that_is_back_is_not_left_waiting(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();
    enum reason why;
    int64_t waited_ms = 0;

    (void)state;
    (void)world_tell(w, "10s", "1h", 1);
    w->fail_at = 3; /* the write */
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    assert_int_equal(world_programmed(w, &why), CONDITION_FALSE);
    assert_int_equal(why, REASON_DATA_PLANE_DOWN);
    for (int i = 0; i < 10; i++) { /* it stays away */
        int64_t pause_ms = w->again_ms - w->now.mono_ms;

        assert_in_range(pause_ms, 1000, 32000);
        waited_ms += pause_ms;
        world_pass(w, pause_ms);
        w->fail_at = w->io + 1;
        assert_int_equal(world_run(w), RECONCILED_AFTER);
    }
    assert_true(waited_ms > 2 * 60 * 1000); /* not at every turn */
    assert_int_equal(w->saved.decisions, 1);
    world_pass(w, w->again_ms - w->now.mono_ms);
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    assert_int_equal(world_programmed(w, &why), CONDITION_TRUE);
    world_assert_sane(w);
    assert_in_range(w->again_ms - w->now.mono_ms, 3000000, 3600000);

    w->weights[0] = 1; /* a repair that fails is made good, too */
    w->weights[1] = w->weights[2] = 0;
    w->fail_at = w->io + 2;
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    assert_true(w->again_ms == w->now.mono_ms + 1000);
    world_pass(w, 1000);
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    world_assert_sane(w);
}

static void state_survives_a_restart(void **state)
{
    CLEANUP(world_freep)
    struct world *w = told_world();
    uint64_t decisions;

    (void)state;
    world_decide(w, 30);
    decisions = w->saved.decisions;
    world_halt(w);
    world_boot(w);
    world_pass(w, -4000); /* 6 s after the last decision */
    (void)world_tell(w, "", "", 1);
    w->weights[0] = 1;
    w->weights[1] = w->weights[2] = 0;
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    assert_int_equal(w->saved.decisions, decisions); /* the last one counts */
    world_assert_sane(w);                            /* the weights are there at once */
    assert_int_equal(w->again_ms, w->now.mono_ms + 4000);
    world_pass(w, 4000);
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    assert_int_equal(w->saved.decisions, decisions + 1);
    assert_int_equal(w->saved.leader, 1);
}

static void an_invalid_object_is_held_with_its_last_good_spec(void **state)
{
    CLEANUP(world_freep)
    struct world *w = told_world();
    double before;

    (void)state;
    world_decide(w, 5);
    before = w->weights[1];
    assert_true(world_tell_other(w, STORE_INVALID, "spec.arms: too few"));
    assert_false(world_tell_other(w, STORE_INVALID, "spec.arms: too few"));
    world_decide(w, 3);
    assert_int_equal(w->saved.verdict, VERDICT_HELD);
    assert_int_equal(w->saved.reason, REASON_INVALID_SPEC);
    assert_string_equal(w->saved.message, "spec.arms: too few");
    assert_true(w->weights[1] == before);
    assert_true(world_tell(w, "", "", 1)); /* mended */
    world_decide(w, 1);
    assert_int_not_equal(w->saved.verdict, VERDICT_HELD);
}

static void an_object_that_never_made_sense_is_left_alone(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();

    (void)state;
    assert_true(world_tell_other(w, STORE_INVALID, "spec: missing"));
    assert_int_equal(world_run(w), RECONCILED);
    assert_int_equal(w->again_ms, INT64_MAX);
    assert_int_equal(w->io, 0);
    assert_true(world_tell_other(w, STORE_DELETE, NULL));
    assert_int_equal(world_run(w), RECONCILED);
    assert_int_equal(world_run(w), RECONCILED);
}

static void asked_to_stop_it_writes_nothing(void **state)
{
    CLEANUP(world_freep)
    struct world *w = told_world();

    (void)state;
    world_decide(w, 2);
    w->stopping = true;
    world_decide(w, 1);
    assert_int_equal(w->saves, 2);
}

/* Let the Nth call fail, for every N; then lift the fault and look again: the world is as
 * it should be, whatever was cut off in the middle. Ends with the N that is not met. */
static void after_any_single_failure_it_converges(void **state)
{
    unsigned long n = 0;
    bool met = true;

    (void)state;
    while (met) {
        struct world *w = world_new();

        w->fail_at = ++n;
        (void)world_tell(w, "", "", 1);
        for (int i = 0; i < 6; i++) {
            if (world_run(w) == RECONCILE_FAILED) {
                world_pass(w, 50);
                (void)world_run(w);
                world_pass(w, -50);
            }
            world_pass(w, 10000);
        }
        met = w->io >= n;
        world_halt(w); /* and a restart on top of it */
        world_boot(w);
        (void)world_tell(w, "", "", 1);
        world_decide(w, 20);
        world_assert_sane(w);
        assert_int_equal(w->saved.leader, 1);
        assert_true(fabs(w->weights[1] - (0.8 + 0.2 / 3)) < 1e-6);
        world_free(w);
    }
    assert_true(n > 24); /* six ticks of four calls at least */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_target_that_comes_is_decided_on_at_once),
        cmocka_unit_test(held_ticks_leave_the_averages_alone),
        cmocka_unit_test(a_decision_that_is_not_taken_is_held),
        cmocka_unit_test(a_data_plane_that_is_back_is_not_left_waiting),
        cmocka_unit_test(state_survives_a_restart),
        cmocka_unit_test(an_invalid_object_is_held_with_its_last_good_spec),
        cmocka_unit_test(an_object_that_never_made_sense_is_left_alone),
        cmocka_unit_test(asked_to_stop_it_writes_nothing),
        cmocka_unit_test(after_any_single_failure_it_converges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
