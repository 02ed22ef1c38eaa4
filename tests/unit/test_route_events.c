/* SPDX-License-Identifier: Apache-2.0 */
/* Which events are logged. */
#include "support/test.h"

#include "controller/events.h"

static void the_same_words_are_logged_once_in_five_minutes(void **state)
{
    CLEANUP(events_freep)
    struct events *e = events_new();
    struct route_event held = {"n/r", EVENT_WARNING, "PrometheusDown", "tried 3 times",
                               NULL};
    struct route_event other = {"n/r2", EVENT_WARNING, "PrometheusDown", "x", NULL};
    struct route_event leads = {"n/r", EVENT_NORMAL, "BestArm", "a leads", NULL};
    unsigned left_out = 9;

    (void)state;
    assert_true(events_admit(e, &held, 0, &left_out));
    assert_int_equal(left_out, 0);
    held.message = "tried 4 times"; /* of a warning, the reason counts */
    assert_false(events_admit(e, &held, 1000, &left_out));
    assert_false(events_admit(e, &held, 299999, &left_out));
    assert_true(events_admit(e, &other, 1000, &left_out));
    assert_true(events_admit(e, &held, 300000, &left_out));
    assert_int_equal(left_out, 2);
    assert_true(events_admit(e, &leads, 0, &left_out));
    leads.message = "b leads";
    assert_true(events_admit(e, &leads, 1, &left_out));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_words_are_logged_once_in_five_minutes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
