/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <stdbool.h>

#include "base/rate.h"

/* How many of those that come at this moment may go. */
static int admitted(struct rate *r, int64_t now_ms, int come)
{
    int n = 0;

    for (int i = 0; i < come; i++)
        n += rate_try(r, now_ms);
    return n;
}

static void after_a_pause_the_burst_goes_at_once_and_no_more(void **state)
{
    struct rate r = RATE_INIT_MS(100, 5);

    (void)state;
    assert_int_equal(rate_spare(&r, 1000), 5);
    assert_int_equal(admitted(&r, 1000, 50), 5);
    assert_int_equal(rate_spare(&r, 1000), 0);
    assert_int_equal(admitted(&r, 1099, 50), 0);
    assert_int_equal(admitted(&r, 1100, 50), 1);
    assert_int_equal(admitted(&r, 1350, 50), 2);
    assert_int_equal(admitted(&r, 1400, 50), 1); /* the half that was left counts */
    assert_int_equal(admitted(&r, 99999, 50), 5);
}

/* In any time t no more than burst + t / interval, whenever they come. */
static void over_any_time_the_rate_is_kept(void **state)
{
    static const struct {
        int64_t interval_ns, burst;
    } rows[] = {
        {1,         1  },
        {1000000,   1  },
        {333333333, 3  }, /* three a second */
        {40000000,  625},
        {7,         100},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct rate r = {rows[i].interval_ns, rows[i].burst, 0};
        int64_t taken = 0;
        unsigned chance = 1;

        for (int64_t now = 0; now <= 2000; now += chance >> 29) {
            chance = chance * 1103515245 + 12345;
            for (unsigned n = chance >> 24 & 63; n; n--)
                taken += rate_try(&r, now);
            assert_true(taken <= rows[i].burst + now * 1000000 / rows[i].interval_ns);
        }
        assert_true(taken >= rows[i].burst);
    }
}

static void when_the_next_may_go_is_known(void **state)
{
    struct rate r = RATE_INIT_MS(100, 3);
    struct rate third = {.interval_ns = 333333333, .burst = 1};

    (void)state;
    assert_int_equal(rate_ready_ms(&r, 7), 7);
    for (int i = 0; i < 3; i++)
        rate_take(&r, 1000);
    assert_int_equal(rate_ready_ms(&r, 1000), 1100);
    assert_int_equal(rate_ready_ms(&r, 1050), 1100);
    assert_int_equal(rate_ready_ms(&r, 1100), 1100);
    for (int64_t now = 5; now < 100000; now = rate_ready_ms(&third, now)) {
        assert_int_equal(rate_spare(&third, now - 1), now == 5); /* no sooner */
        assert_true(rate_try(&third, now));
    }
}

/* What cannot be refused is taken ahead, and the others wait for it. */
static void what_was_taken_ahead_is_paid_later(void **state)
{
    struct rate r = RATE_INIT_MS(10, 2);

    (void)state;
    for (int i = 0; i < 10; i++)
        rate_take(&r, 500);
    assert_int_equal(rate_spare(&r, 500), -8);
    assert_int_equal(rate_ready_ms(&r, 500), 590);
    assert_false(rate_try(&r, 589));
    assert_true(rate_try(&r, 590));
}

static void the_largest_numbers_do_no_harm(void **state)
{
    struct rate r = {.interval_ns = INT64_MAX / 4, .burst = INT64_MAX};

    (void)state;
    assert_true(rate_try(&r, 1));
    assert_int_equal(rate_spare(&r, 1), INT64_MAX - 1);
    assert_int_equal(rate_ready_ms(&r, 1), 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(after_a_pause_the_burst_goes_at_once_and_no_more),
        cmocka_unit_test(over_any_time_the_rate_is_kept),
        cmocka_unit_test(when_the_next_may_go_is_known),
        cmocka_unit_test(what_was_taken_ahead_is_paid_later),
        cmocka_unit_test(the_largest_numbers_do_no_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
