/* SPDX-License-Identifier: Apache-2.0 */
/* Several routes that name one target: one of them sets its weights, and it is known
 * which. */
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "support/reconcile_world.h"

/* "digits" is older than "copy", which comes before it in the alphabet. */
#define OLD "2026-01-01T00:00:00Z"
#define NEW "2026-02-01T00:00:00Z"

static void tell(struct world *w, const char *name, const char *created, const char *mode,
                 int64_t generation)
{
    char spec[256];

    (void)snprintf(spec, sizeof(spec),
                   "metadata: {name: %s, namespace: default, uid: %s, "
                   "creationTimestamp: %s}\nspec:\n  mode: %s\n",
                   name, name, created, mode);
    assert_true(world_tell(
        w,
        "metadata: {name: digits, namespace: default, uid: one, generation: 1}\nspec:\n",
        spec, generation));
}

static enum reconcile_result run(struct world *w, const char *name)
{
    w->name = name;
    return world_run(w);
}

static void expect(const struct route_status *s, enum verdict verdict,
                   enum condition_status programmed, enum reason reason)
{
    assert_int_equal(s->verdict, verdict);
    assert_int_equal(s->conditions[CONDITION_ROUTE_PROGRAMMED].status, programmed);
    assert_int_equal(s->conditions[CONDITION_ROUTE_PROGRAMMED].reason, reason);
}

static void expect_conflict(const struct route_status *s)
{
    expect(s, VERDICT_HELD, CONDITION_FALSE, REASON_TARGET_CONFLICT);
    assert_int_equal(s->conditions[CONDITION_READY].status, CONDITION_FALSE);
    assert_int_equal(s->conditions[CONDITION_READY].reason, REASON_TARGET_CONFLICT);
    assert_non_null(strstr(s->message, "default/digits sets the weights of "
                                       "HAProxyBackend digits"));
}

/* Both are told, the younger first, and both have decided. */
static struct world *two_routes(void)
{
    struct world *w = world_new();

    tell(w, "copy", NEW, "Active", 1);
    tell(w, "digits", OLD, "Active", 1);
    assert_int_equal(run(w, "copy"), RECONCILED_AFTER);
    assert_int_equal(run(w, "digits"), RECONCILED_AFTER);
    return w;
}

static void the_older_one_sets_the_weights_and_the_other_holds(void **state)
{
    CLEANUP(world_freep)
    struct world *w = two_routes();
    unsigned writes;

    (void)state;
    expect_conflict(&w->saved_other);
    for (int i = 0; i < 30; i++) {
        (void)run(w, i % 2 ? "copy" : "digits");
        (void)run(w, i % 2 ? "digits" : "copy");
        world_pass(w, 10000);
    }
    world_assert_sane(w); /* of digits */
    expect(&w->saved, VERDICT_KEPT, CONDITION_TRUE, REASON_NONE);
    expect_conflict(&w->saved_other);
    writes = w->dataplane_writes;
    for (int i = 0; i < 1000; i++) { /* as if each told the other of a change */
        (void)run(w, "copy");
        (void)run(w, "digits");
    }
    assert_int_equal(w->dataplane_writes, writes);
    assert_true(world_drift_repairs(w) == 0);
}

static void of_the_same_age_the_first_by_name_does(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();

    (void)state;
    tell(w, "zebra", OLD, "Active", 1);
    tell(w, "digits", OLD, "Active", 1);
    assert_int_equal(run(w, "zebra"), RECONCILED_AFTER);
    assert_int_equal(run(w, "digits"), RECONCILED_AFTER);
    expect_conflict(&w->saved_other);
    assert_int_equal(w->saved.conditions[CONDITION_READY].status, CONDITION_TRUE);
}

static void note_rival(void *arg, const struct cache_entry *e)
{
    if (strcmp(e->key, "default/copy") == 0)
        ++*(unsigned *)arg;
}

static void the_next_takes_over_when_the_first_has_gone(void **state)
{
    CLEANUP(world_freep)
    struct world *w = two_routes();
    unsigned told = 0;

    (void)state;
    world_pass(w, 1000);
    assert_int_equal(run(w, "copy"), RECONCILED_AFTER);
    assert_true(
        world_tell_other(w, STORE_DELETE, NULL)); /* that of copy changes nothing */
    assert_int_equal(run(w, "copy"), RECONCILED);
    tell(w, "copy", NEW, "Active", 1);
    assert_int_equal(run(w, "copy"), RECONCILED_AFTER);
    expect_conflict(&w->saved_other);

    cache_listen(w->cache, note_rival, &told);
    w->name = "digits";
    assert_true(world_tell_other(w, STORE_DELETE, NULL));
    assert_int_equal(run(w, "copy"), RECONCILED_AFTER); /* not before its farewell */
    expect_conflict(&w->saved_other);
    assert_int_equal(run(w, "digits"), RECONCILED);
    assert_true(told > 0);
    assert_int_equal(run(w, "copy"), RECONCILED_AFTER); /* and then at once */
    assert_int_not_equal(w->saved_other.verdict, VERDICT_HELD);
    expect(&w->saved_other, w->saved_other.verdict, CONDITION_TRUE, REASON_NONE);
    assert_int_equal(w->saved_other.conditions[CONDITION_READY].status, CONDITION_TRUE);
}

/* Somebody else's finalizer may keep the object for long. */
static void the_next_does_not_wait_for_the_object_to_go(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();
    unsigned told = 0;

    (void)state;
    w->reconciler.set_finalizer = world_set_finalizer;
    tell(w, "digits", OLD, "Active", 1);
    assert_int_equal(run(w, "digits"), RECONCILED_AFTER);
    tell(w, "copy", NEW, "Active", 1);
    assert_int_equal(run(w, "copy"), RECONCILED_AFTER);
    expect_conflict(&w->saved_other);
    w->deleting = true;
    tell(w, "digits", OLD, "Active", 2);
    w->deaf = true;
    assert_int_equal(run(w, "digits"), RECONCILE_FAILED); /* it has not said farewell */
    assert_int_equal(run(w, "copy"), RECONCILED_AFTER);
    expect_conflict(&w->saved_other);
    w->deaf = false;
    cache_listen(w->cache, note_rival, &told);
    assert_int_equal(run(w, "digits"), RECONCILED);
    assert_false(w->finalizer);
    assert_true(told > 0);
    w->finalizer = true; /* of copy */
    assert_int_equal(run(w, "copy"), RECONCILED_AFTER);
    assert_int_not_equal(w->saved_other.verdict, VERDICT_HELD);
    told = 0;
    w->finalizer = false;
    tell(w, "digits", OLD, "Active", 3); /* edited, while the other finalizer is there */
    assert_int_equal(told, 0);
    assert_true(world_drift_repairs(w) == 0 || isnan(world_drift_repairs(w)));
}

static void a_shadow_claims_nothing_until_it_is_active(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();
    unsigned told = 0, writes;

    (void)state;
    cache_listen(w->cache, note_rival, &told);
    tell(w, "digits", OLD, "Shadow", 1);
    tell(w, "copy", NEW, "Active", 1);
    assert_int_equal(run(w, "digits"), RECONCILED_AFTER);
    assert_int_equal(run(w, "copy"), RECONCILED_AFTER);
    assert_int_not_equal(w->saved.verdict, VERDICT_HELD);
    assert_int_not_equal(w->saved_other.verdict, VERDICT_HELD);
    assert_int_equal(told, 0);

    tell(w, "digits", OLD, "Active", 2);
    assert_true(told > 0);
    writes = w->dataplane_writes;
    world_pass(w, 100);
    assert_int_equal(run(w, "copy"), RECONCILED_AFTER); /* between two decisions */
    expect_conflict(&w->saved_other);
    assert_int_equal(w->dataplane_writes, writes);
    told = 0;
    tell(w, "digits", OLD, "Shadow", 3);
    assert_true(told > 0);
    world_pass(w, 100);
    assert_int_equal(run(w, "copy"), RECONCILED_AFTER);
    assert_int_not_equal(w->saved_other.verdict, VERDICT_HELD);
}

static void a_frozen_route_keeps_what_it_has(void **state)
{
    CLEANUP(world_freep)
    struct world *w = two_routes();

    (void)state;
    tell(w, "digits", OLD, "Frozen", 2);
    assert_int_equal(run(w, "digits"), RECONCILED_AFTER);
    assert_int_equal(run(w, "copy"), RECONCILED_AFTER);
    expect_conflict(&w->saved_other);
    assert_int_equal(w->saved.verdict, VERDICT_FROZEN);
}

static void who_does_not_own_the_target_leaves_it_alone_at_its_end(void **state)
{
    CLEANUP(world_freep)
    struct world *w = two_routes();
    double before[3];
    unsigned writes = w->dataplane_writes;

    (void)state;
    memcpy(before, w->weights, sizeof(before));
    w->name = "copy";
    assert_true(world_tell_other(w, STORE_DELETE, NULL));
    assert_int_equal(run(w, "copy"), RECONCILED);
    assert_memory_equal(before, w->weights, sizeof(before));
    assert_int_equal(w->dataplane_writes, writes);
}

static void routes_that_set_other_weights_are_no_rivals(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();

    (void)state;
    w->apart = true;
    tell(w, "copy", NEW, "Active", 1);
    tell(w, "digits", OLD, "Active", 1);
    assert_int_equal(run(w, "digits"), RECONCILED_AFTER);
    assert_int_equal(run(w, "copy"), RECONCILED_AFTER);
    assert_int_not_equal(w->saved.verdict, VERDICT_HELD);
    assert_int_not_equal(w->saved_other.verdict, VERDICT_HELD);
}

static void of_many_one_writes(void **state)
{
    CLEANUP(world_freep)
    struct world *w = world_new();
    char name[32];

    (void)state;
    for (int i = 0; i < 200; i++) {
        (void)snprintf(name, sizeof(name), "copy-%03d", i);
        tell(w, name, NEW, "Active", 1);
    }
    tell(w, "digits", OLD, "Active", 1);
    assert_int_equal(run(w, "digits"), RECONCILED_AFTER);
    for (int i = 0; i < 200; i++) {
        (void)snprintf(name, sizeof(name), "copy-%03d", i);
        assert_int_equal(run(w, name), RECONCILED_AFTER);
        expect_conflict(&w->saved_other);
    }
    assert_true(w->dataplane_writes <= 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_older_one_sets_the_weights_and_the_other_holds),
        cmocka_unit_test(of_the_same_age_the_first_by_name_does),
        cmocka_unit_test(the_next_takes_over_when_the_first_has_gone),
        cmocka_unit_test(the_next_does_not_wait_for_the_object_to_go),
        cmocka_unit_test(a_shadow_claims_nothing_until_it_is_active),
        cmocka_unit_test(a_frozen_route_keeps_what_it_has),
        cmocka_unit_test(who_does_not_own_the_target_leaves_it_alone_at_its_end),
        cmocka_unit_test(routes_that_set_other_weights_are_no_rivals),
        cmocka_unit_test(of_many_one_writes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
