/* SPDX-License-Identifier: Apache-2.0 */
/* The end of a route: what is left behind, and who waits for it. */
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/reconcile_world.h"

static void deletion_does_what_it_was_told(void **state)
{
    static const struct {
        const char *on_delete;
        double want[3]; /* -1: as it was */
    } rows[] = {
        {"Baseline", {1, 0, 0}               },
        {"Uniform",  {1. / 3, 1. / 3, 1. / 3}},
        {"KeepLast", {-1, -1, -1}            },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(world_freep)
        struct world *w = world_new();
        char spec[64];
        double before[3];

        (void)snprintf(spec, sizeof(spec), "spec:\n  onDelete: %s\n", rows[i].on_delete);
        (void)world_tell(w, "spec:\n", spec, 1);
        world_decide(w, 20);
        memcpy(before, w->weights, sizeof(before));
        assert_true(world_drift_repairs(w) == 0);
        assert_true(world_tell_other(w, STORE_DELETE, NULL));
        assert_int_equal(world_run(w), RECONCILED);
        for (size_t k = 0; k < 3; k++)
            assert_true(w->weights[k] ==
                        (rows[i].want[k] < 0 ? before[k] : rows[i].want[k]));
        assert_true(isnan(world_drift_repairs(w))); /* no series is left */
        assert_true(isnan(world_metric(w, "route=\"digits\"")));
        assert_int_equal(w->again_ms, INT64_MAX);
    }
}

static void deletion_is_tried_until_the_data_plane_answers(void **state)
{
    CLEANUP(world_freep)
    struct world *w = told_world();

    (void)state;
    world_decide(w, 20);
    (void)world_tell_other(w, STORE_DELETE, NULL);
    w->fail_at = w->io + 1;
    assert_int_equal(world_run(w), RECONCILE_FAILED);
    assert_int_equal(world_run(w), RECONCILED);
    assert_true(w->weights[0] == 1);
}

static void a_route_that_comes_back_is_taken_up_again(void **state)
{
    CLEANUP(world_freep)
    struct world *w = told_world();

    (void)state;
    world_decide(w, 20);
    (void)world_tell_other(w, STORE_DELETE, NULL);
    assert_true(world_tell(w, "", "", 1)); /* before anybody looked */
    world_decide(w, 1);
    world_assert_sane(w);
    assert_int_equal(w->saved.decisions, 21);
    assert_true(world_drift_repairs(w) == 0);
}

static struct world *waiting_world(const char *on_delete)
{
    struct world *w = world_new();
    char spec[64];

    w->reconciler.set_finalizer = world_set_finalizer;
    (void)snprintf(spec, sizeof(spec), "spec:\n  onDelete: %s\n", on_delete);
    (void)world_tell(w, "spec:\n", spec, 1);
    return w;
}

static void begin_deletion(struct world *w)
{
    w->deleting = true;
    assert_true(world_tell(w, "", "", 2)); /* that raises the generation */
}

static void the_finalizer_comes_before_the_first_weight(void **state)
{
    CLEANUP(world_freep)
    struct world *w = waiting_world("Baseline");

    (void)state;
    w->fail_at = 1;
    assert_int_equal(world_run(w), RECONCILE_FAILED);
    assert_int_equal(w->dataplane_writes, 0);
    assert_int_equal(w->saves, 0);
    world_decide(w, 20);
    assert_true(w->finalizer);
    world_assert_sane(w);
}

static void a_shadow_needs_no_finalizer(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();

    (void)state;
    w->reconciler.set_finalizer = world_set_finalizer;
    (void)world_tell(w, "spec:\n", "spec:\n  mode: Shadow\n", 1);
    world_decide(w, 3);
    assert_false(w->finalizer);
}

static void the_object_goes_when_the_data_plane_obeys(void **state)
{
    CLEANUP(world_freep)
    struct world *w = waiting_world("Baseline");

    (void)state;
    world_decide(w, 20);
    begin_deletion(w);
    w->deaf = true;
    assert_int_equal(world_run(w), RECONCILE_FAILED);
    assert_true(w->finalizer);
    w->deaf = false;
    assert_int_equal(world_run(w), RECONCILED);
    assert_false(w->finalizer);
    assert_true(w->weights[0] == 1);
    w->weights[0] = 0.25; /* the next owner's */
    (void)world_tell_other(w, STORE_DELETE, NULL);
    assert_int_equal(world_run(w), RECONCILED);
    assert_true(w->weights[0] == 0.25);
    assert_true(isnan(world_metric(w, "route=\"digits\"")));
}

static void the_baseline_is_not_given_traffic_while_it_is_dead(void **state)
{
    static const struct {
        bool down[3];
        const char *on_delete;
        double want[3];
    } rows[] = {
        {{true, false, false}, "Baseline", {0, -1, -1}             },
        {{true, true, false},  "Baseline", {0, 0, 1}               },
        {{true, true, true},   "Baseline", {1, 0, 0}               }, /* nobody is better */
        {{false, true, true},  "Baseline", {1, 0, 0}               },
        {{true, false, false}, "Uniform",  {1. / 3, 1. / 3, 1. / 3}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(world_freep)
        struct world *w = waiting_world(rows[i].on_delete);
        char spec[64];
        double before[3];

        world_decide(w, 20);
        memcpy(before, w->weights, sizeof(before));
        memcpy(w->down, rows[i].down, sizeof(rows[i].down)); /* at this moment */
        w->deleting = true;
        (void)snprintf(spec, sizeof(spec), "spec:\n  onDelete: %s\n", rows[i].on_delete);
        assert_true(world_tell(w, "spec:\n", spec, 2));
        assert_int_equal(world_run(w), RECONCILED);
        assert_false(w->finalizer);
        for (size_t k = 0; k < 3; k++) {
            double kept = before[k] / (before[1] + before[2]); /* as they shared it */

            assert_true(fabs(w->weights[k] -
                             (rows[i].want[k] < 0 ? kept : rows[i].want[k])) < 1e-9);
        }
    }
}

static void note_skipped(void *arg, const struct route_event *event)
{
    *(bool *)arg |= strcmp(event->reason, "OnDeleteSkipped") == 0;
}

/* Frozen, weights may have been set by hand, and taking the object away is no order to
 * overwrite them; but who counts on onDelete is told. */
static void what_is_at_rest_is_left_so_and_that_is_told(void **state)
{
    static const struct {
        const char *mode, *on_delete;
        bool was_active, told;
    } rows[] = {
        {"Frozen", "Baseline", true,  true },
        {"Frozen", "KeepLast", true,  false},
        {"Shadow", "Uniform",  true,  true },
        {"Shadow", "Baseline", false, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(world_freep)
        struct world *w = waiting_world(rows[i].on_delete);
        char spec[96];
        bool told = false;

        events_forward(w->events, note_skipped, &told);
        if (rows[i].was_active)
            world_decide(w, 20);
        assert_int_equal(w->finalizer, rows[i].was_active);
        (void)snprintf(spec, sizeof(spec), "spec:\n  onDelete: %s\n  mode: %s\n",
                       rows[i].on_delete, rows[i].mode);
        (void)world_tell(w, "spec:\n", spec, 2);
        world_decide(w, 1);
        w->weights[0] = 0; /* by hand */
        w->weights[1] = 0.25;
        w->weights[2] = 0.75;
        w->deleting = true;
        assert_true(world_tell(w, "spec:\n", spec, 3));
        assert_int_equal(world_run(w), RECONCILED);
        assert_false(w->finalizer);
        assert_true(w->weights[1] == 0.25 && w->weights[2] == 0.75);
        assert_int_equal(told, rows[i].told);
    }
}

static void deletion_does_not_wait_for_ever(void **state)
{
    static const struct {
        enum error_kind failure; /* of the data plane, from now on */
        int64_t wait_ms;
    } rows[] = {
        {ERR_INVALID, 0                   },
        {ERR_IO,      FAREWELL_PATIENCE_MS},
        {ERR_TIMEOUT, FAREWELL_PATIENCE_MS},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(world_freep)
        struct world *w = waiting_world("Baseline");

        world_decide(w, 20);
        begin_deletion(w);
        w->failure = rows[i].failure;
        for (int64_t waited = 0; waited < rows[i].wait_ms; waited += 50000) {
            w->fail_at = w->io + 1;
            assert_int_equal(world_run(w), RECONCILE_FAILED);
            assert_true(w->finalizer);
            world_pass(w, 50000);
        }
        w->fail_at = w->io + 1;
        assert_int_equal(world_run(w), RECONCILED);
        assert_false(w->finalizer);
    }
}

static void a_farewell_that_was_cut_off_is_finished_by_the_next_process(void **state)
{
    CLEANUP(world_freep)
    struct world *w = waiting_world("Uniform");

    (void)state;
    world_decide(w, 20);
    begin_deletion(w);
    w->fail_at = w->io + 4; /* read, write, read, let go */
    assert_int_equal(world_run(w), RECONCILE_FAILED);
    assert_true(w->finalizer);
    world_halt(w);
    world_boot(w);
    w->reconciler.set_finalizer = world_set_finalizer;
    (void)world_tell(w, "spec:\n", "spec:\n  onDelete: Uniform\n", 2);
    assert_int_equal(world_run(w), RECONCILED);
    assert_false(w->finalizer);
    assert_true(w->weights[0] == 1. / 3);
}

static void what_was_never_understood_is_let_go(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();
    char told[CACHE_KEY_MAX];

    (void)state;
    w->reconciler.set_finalizer = world_set_finalizer;
    w->finalizer = true;
    assert_true(cache_tell(w->cache,
                           &(struct store_event){.type = STORE_INVALID,
                                                 .namespace = "default",
                                                 .name = "digits",
                                                 .message = "spec: odd",
                                                 .deleting = true},
                           told));
    assert_int_equal(world_run(w), RECONCILED);
    assert_false(w->finalizer);
    assert_int_equal(w->dataplane_writes, 0);
}

static void who_does_not_lead_writes_nothing(void **state)
{
    CLEANUP(world_freep)
    struct world *w = waiting_world("Baseline");

    (void)state;
    world_decide(w, 3);
    w->no_leader = true;
    w->dataplane_writes = 0;
    world_decide(w, 3);
    begin_deletion(w);
    assert_int_equal(world_run(w), RECONCILE_FAILED);
    assert_int_equal(w->dataplane_writes, 0);
    assert_true(w->finalizer);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(deletion_does_what_it_was_told),
        cmocka_unit_test(deletion_is_tried_until_the_data_plane_answers),
        cmocka_unit_test(a_route_that_comes_back_is_taken_up_again),
        cmocka_unit_test(the_finalizer_comes_before_the_first_weight),
        cmocka_unit_test(a_shadow_needs_no_finalizer),
        cmocka_unit_test(the_object_goes_when_the_data_plane_obeys),
        cmocka_unit_test(the_baseline_is_not_given_traffic_while_it_is_dead),
        cmocka_unit_test(what_is_at_rest_is_left_so_and_that_is_told),
        cmocka_unit_test(deletion_does_not_wait_for_ever),
        cmocka_unit_test(a_farewell_that_was_cut_off_is_finished_by_the_next_process),
        cmocka_unit_test(what_was_never_understood_is_let_go),
        cmocka_unit_test(who_does_not_lead_writes_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
