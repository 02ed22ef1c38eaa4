/* SPDX-License-Identifier: Apache-2.0 */
/* Which statuses are written, and when. */
#include "support/test.h"

#include "support/reconcile_world.h"

static void a_status_that_was_not_taken_is_written_again(void **state)
{
    CLEANUP(world_freep)
    struct world *w = told_world();

    (void)state;
    world_decide(w, 30); /* at its goal: a tick is a read, an observation and a save */
    w->fail_at = w->io + 3;
    assert_int_equal(world_run(w), RECONCILE_FAILED);
    assert_int_equal(w->saved.decisions, 30);
    world_pass(w, 50);
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    assert_int_equal(w->saved.decisions, 31); /* the same decision, not another one */
    world_assert_sane(w);
    assert_true(world_metric(w, "\nbandit_operator_status_write_errors_total ") == 1);
}

static void an_overtaken_status_is_written_on_what_there_is_now(void **state)
{
    CLEANUP(world_freep)
    struct world *w = told_world();

    (void)state;
    world_decide(w, 30);
    w->failure = ERR_CONFLICT;
    w->fail_at = w->io + 3;
    assert_int_equal(world_run(w), RECONCILE_FAILED); /* and so again soon */
    world_pass(w, 50);
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    assert_int_equal(w->saved.decisions, 31);
}

static struct world *counting_world(double per_second)
{
    struct world *w = world_new();

    w->budget = w->reconciler.budget = write_budget_new(per_second);
    (void)world_tell(w, "", "", 1);
    return w;
}

static void a_small_fleet_has_every_decision_written(void **state)
{
    CLEANUP(world_freep)
    struct world *w = counting_world(1);

    (void)state;
    world_decide(w, 50);
    assert_int_equal(w->saves, 50);
    assert_int_equal(w->saved.max_lag_ms, 0);
}

/* One write in 100 s for a route that decides every 10 s. */
static void a_large_fleet_writes_what_matters_and_the_rest_in_turn(void **state)
{
    CLEANUP(world_freep)
    struct world *w = counting_world(0.01);
    unsigned before;

    (void)state;
    world_decide(w, 60);
    assert_int_equal(w->saved.max_lag_ms, 100000);
    world_assert_sane(w);
    before = w->saves;
    world_decide(w, 100);
    assert_in_range(w->saves - before, 9, 11);
    w->success[1] = 0;      /* the leader breaks: people want to know */
    world_pass(w, 1000000); /* and there is something left of the budget */
    before = w->saves;
    world_decide(w, 1);
    assert_int_equal(w->saves, before + 1);
    assert_int_equal(w->saved.leader, 0);
}

static void a_status_waits_for_its_place_in_line(void **state)
{
    CLEANUP(world_freep)
    struct world *w = counting_world(0.1);
    int64_t at_ms = 0;

    (void)state;
    for (int i = 0; i < 10; i++) /* others were here before */
        at_ms = write_budget_reserve(w->budget, w->now.mono_ms);
    assert_true(at_ms > w->now.mono_ms);
    assert_int_equal(world_run(w), RECONCILED_AFTER);
    assert_int_equal(w->saves, 0);
    assert_int_equal(w->again_ms, w->now.mono_ms + 10000); /* its next decision first */
    for (int i = 0; i < 20 && !w->saves; i++) {
        world_pass(w, w->again_ms - w->now.mono_ms);
        (void)world_run(w);
    }
    assert_int_equal(w->saves, 1);
    assert_in_range(w->now.mono_ms, at_ms, at_ms + 10001);
    assert_true(w->saved.decisions > 1); /* the newest one */
}

static void a_restart_writes_nothing_that_is_there_already(void **state)
{
    CLEANUP(world_freep)
    struct world *w = counting_world(0.01);
    unsigned before;

    (void)state;
    world_decide(w, 60);
    world_halt(w);
    world_boot(w);
    (void)world_tell(w, "", "", 1);
    before = w->saves;
    world_decide(w, 3);
    assert_in_range(w->saves, before, before + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_status_that_was_not_taken_is_written_again),
        cmocka_unit_test(an_overtaken_status_is_written_on_what_there_is_now),
        cmocka_unit_test(a_small_fleet_has_every_decision_written),
        cmocka_unit_test(a_large_fleet_writes_what_matters_and_the_rest_in_turn),
        cmocka_unit_test(a_status_waits_for_its_place_in_line),
        cmocka_unit_test(a_restart_writes_nothing_that_is_there_already),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
