/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "route/route_json.h"
#include "support/route_cases.h"

static const char *case_name(const struct json *c)
{
    return json_string(json_get(c, "case"), "?");
}

/* Everything that `want` says is so in `have`, which may say more. */
static void assert_contains(const char *what, const struct json *have,
                            const struct json *want)
{
    CLEANUP(buf_clear)
    struct buf left = BUF_INIT(1 << 20);
    CLEANUP(buf_clear)
    struct buf right = BUF_INIT(1 << 20);
    const struct json *at = json_first(have);

    if (json_is(want, JSON_ARRAY))
        assert_int_equal(json_count(have), json_count(want));
    if (json_is(want, JSON_ARRAY) || json_is(want, JSON_OBJECT)) {
        for (const struct json *c = json_first(want); c; c = json_next(c)) {
            assert_contains(
                what, json_is(want, JSON_ARRAY) ? at : json_get(have, json_key(c)), c);
            at = json_next(at);
        }
        return;
    }
    json_write(have, &left);
    json_write(want, &right);
    if (strcmp(buf_str(&left), buf_str(&right)) != 0)
        fail_msg("%s: %s is %s, not %s", what, json_key(want), buf_str(&left),
                 buf_str(&right));
}

static void good_objects_are_taken_with_what_is_in_force(void **state)
{
    CLEANUP(json_freep)
    struct json *cases = case_file("good.yaml");

    (void)state;
    assert_true(json_count(cases) > 10);
    for (const struct json *c = json_first(cases); c; c = json_next(c)) {
        CLEANUP(json_freep)
        struct json *object = case_object(json_get(c, "change"));
        CLEANUP(json_freep)
        struct json *spec = NULL;
        CLEANUP(route_freep)
        struct bandit_route *r = NULL;
        struct error err;

        r = route_from_json(object, &err);
        if (!r)
            fail_msg("%s: %s", case_name(c), err.msg);
        spec = route_spec_to_json(&r->spec);
        assert_contains(case_name(c), spec, json_get(c, "spec"));
    }
}

static void bad_objects_are_refused_by_name(void **state)
{
    CLEANUP(json_freep)
    struct json *cases = case_file("bad.yaml");

    (void)state;
    assert_true(json_count(cases) > 50);
    for (const struct json *c = json_first(cases); c; c = json_next(c)) {
        CLEANUP(json_freep)
        struct json *object = case_object(json_get(c, "change"));
        CLEANUP(route_freep)
        struct bandit_route *r = NULL;
        const char *want = json_string(json_get(c, "error"), "");
        struct error err = {.msg = ""};

        r = route_from_json(object, &err);
        if (r)
            fail_msg("taken: %s", case_name(c));
        assert_int_equal(err.kind, ERR_INVALID);
        if (strcmp(err.msg, want) != 0)
            fail_msg("%s:\n  said %s\n  not  %s", case_name(c), err.msg, want);
    }
}

/* null where "not set" is written is left out by the merge patch: so by hand. */
static void null_is_not_set(void **state)
{
    CLEANUP(json_freep)
    struct json *object = case_file("digits.yaml");
    CLEANUP(route_freep)
    struct bandit_route *r = NULL;
    struct error err;

    (void)state;
    assert_true(json_is(json_path(object, "spec", "pin", NULL), JSON_NULL));
    r = route_from_json(object, &err);
    assert_non_null(r);
    assert_false(r->spec.pin.set);
}

/* The spec in force, written out and read again, is the same spec. */
static void a_spec_survives_the_round_trip(void **state)
{
    CLEANUP(json_freep)
    struct json *cases = case_file("good.yaml");

    (void)state;
    for (const struct json *c = json_first(cases); c; c = json_next(c)) {
        CLEANUP(json_freep)
        struct json *object = case_object(json_get(c, "change"));
        CLEANUP(route_freep)
        struct bandit_route *r = NULL;
        CLEANUP(route_freep)
        struct bandit_route *again = NULL;
        CLEANUP(route_freep)
        struct bandit_route *copy = NULL;
        CLEANUP(json_freep)
        struct json *after = NULL;
        CLEANUP(buf_clear)
        struct buf left = BUF_INIT(1 << 20);
        CLEANUP(buf_clear)
        struct buf right = BUF_INIT(1 << 20);
        struct json *before;
        struct error err;

        r = route_from_json(object, &err);
        assert_non_null(r);
        before = route_spec_to_json(&r->spec);
        json_write(before, &left);
        json_put(object, "spec", before);
        again = route_from_json(object, &err);
        if (!again)
            fail_msg("%s: %s", case_name(c), err.msg);
        copy = route_copy(again);
        after = route_spec_to_json(&copy->spec);
        json_write(after, &right);
        assert_string_equal(buf_str(&left), buf_str(&right));
    }
}

static void metadata_is_read(void **state)
{
    CLEANUP(json_freep)
    struct json *cases = case_file("good.yaml");
    const struct json *c = json_next(json_first(cases));
    CLEANUP(json_freep)
    struct json *object = case_object(json_get(c, "change"));
    CLEANUP(route_freep)
    struct bandit_route *r = NULL;
    struct error err;

    (void)state;
    r = route_from_json(object, &err);
    assert_non_null(r);
    assert_string_equal(r->namespace, "team-a");
    assert_string_equal(r->name, "my.digits");
    assert_string_equal(r->uid, "0b1ab7d2-7a4e-4c8b-9a34-9f1f2f1f2a11");
    assert_string_equal(r->resource_version, "12");
    assert_int_equal(r->generation, 7);
    assert_false(r->deleting);
}

static void every_enumerator_has_its_word(void **state)
{
    (void)state;
    for (int i = 0; i < REASON_COUNT; i++)
        assert_non_null(reason_name((enum reason)i));
    for (int i = 0; i < VERDICT_COUNT; i++)
        assert_non_null(verdict_name((enum verdict)i));
    for (int i = 0; i < ARM_STATE_COUNT; i++)
        assert_non_null(arm_state_name((enum arm_state)i));
    for (int i = 0; i < CONDITION_COUNT; i++)
        assert_non_null(condition_name((enum condition_type)i));
    for (int i = 0; i < POLICY_TYPE_COUNT; i++)
        assert_non_null(route_policy_name((enum route_policy_type)i));
    for (int i = 0; i < MODE_COUNT; i++)
        assert_non_null(route_mode_name((enum route_mode)i));
    for (int i = 0; i < WINDOW_COUNT; i++)
        assert_non_null(route_window_name((enum route_window)i));
    assert_int_equal(route_window_ms(WINDOW_30M), 1800000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_objects_are_taken_with_what_is_in_force),
        cmocka_unit_test(bad_objects_are_refused_by_name),
        cmocka_unit_test(null_is_not_set),
        cmocka_unit_test(a_spec_survives_the_round_trip),
        cmocka_unit_test(metadata_is_read),
        cmocka_unit_test(every_enumerator_has_its_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
