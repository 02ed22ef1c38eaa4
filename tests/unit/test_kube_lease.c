/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <stdlib.h>
#include <string.h>

#include "kube/lease_record.h"

static const struct lease_timing timing = LEASE_TIMING_DEFAULT;

/* clang-format off */
static const struct {
    const char *what;
    struct lease_view seen;
    int64_t now_ms;
    enum lease_step want;
} steps[] = {
    {"nobody yet",           {.exists = false}, 0, LEASE_CREATE},
    {"other, fresh",         {true, true, false, 1000, 15000}, 15999, LEASE_WAIT},
    {"other, expired",       {true, true, false, 1000, 15000}, 16000, LEASE_TAKE},
    {"other, asks for more", {true, true, false, 1000, 60000}, 60999, LEASE_WAIT},
    {"other, for less",      {true, true, false, 1000, 5000},  6000, LEASE_TAKE},
    {"released",             {true, false, false, 1000, 1000}, 1001, LEASE_TAKE},
    {"ours, renewed lately", {true, true, true, 1000, 15000},  2999, LEASE_WAIT},
    {"ours, due",            {true, true, true, 1000, 15000},  3000, LEASE_RENEW},
    {"ours, long ago",       {true, true, true, 1000, 15000}, 99000, LEASE_RENEW},
};
/* clang-format on */

static void a_lease_is_taken_only_after_it_expired(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++)
        if (lease_next(&steps[i].seen, &timing, steps[i].now_ms) != steps[i].want)
            fail_msg("%s", steps[i].what);
}

/* Nobody who waits sleeps past that moment. */
static void how_long_a_lease_lasts_is_known(void **state)
{
    static const struct {
        const char *what;
        struct lease_view seen;
        int64_t now_ms, want_ms;
    } rows[] = {
        {"nobody yet",     {.exists = false},                0,     0    },
        {"other, fresh",   {true, true, false, 1000, 15000}, 4000,  12000},
        {"other, expired", {true, true, false, 1000, 15000}, 17000, -1000},
        {"released",       {true, false, false, 1000, 1000}, 1001,  0    },
        {"ours",           {true, true, true, 1000, 15000},  4000,  0    },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (lease_left_ms(&rows[i].seen, rows[i].now_ms) != rows[i].want_ms)
            fail_msg("%s", rows[i].what);
}

static struct json *parse(const char *text)
{
    struct error err;
    struct json *j = json_parse(text, strlen(text), &err);

    assert_non_null(j);
    return j;
}

static void silence_is_measured_by_our_own_clock(void **state)
{
    struct lease_view seen = {.exists = false};
    CLEANUP(mem_freep)
    char *record = NULL;
    CLEANUP(json_freep)
    struct json *first = parse(
        "{\"metadata\":{\"resourceVersion\":\"1\"},\"spec\":{\"holderIdentity\":\"b\","
        "\"renewTime\":\"1999-01-01T00:00:00.000000Z\",\"leaseDurationSeconds\":20}}");
    CLEANUP(json_freep)
    struct json *touched = parse(
        "{\"metadata\":{\"resourceVersion\":\"2\"},\"spec\":{\"holderIdentity\":\"b\","
        "\"renewTime\":\"1999-01-01T00:00:00.000000Z\",\"leaseDurationSeconds\":20}}");
    CLEANUP(json_freep)
    struct json *renewed = parse(
        "{\"metadata\":{\"resourceVersion\":\"3\"},\"spec\":{\"holderIdentity\":\"b\","
        "\"renewTime\":\"2099-01-01T00:00:00.000000Z\",\"leaseDurationSeconds\":0.5}}");

    (void)state;
    lease_observe(&seen, &record, first, "a", &timing, 5000);
    assert_true(seen.exists && seen.held && !seen.held_by_us);
    assert_int_equal(seen.changed_ms, 5000); /* however old its times say it is */
    assert_int_equal(seen.duration_ms, 20000);
    lease_observe(&seen, &record, touched, "a", &timing, 9000);
    assert_int_equal(seen.changed_ms, 5000); /* no renewal: only metadata moved */
    lease_observe(&seen, &record, renewed, "b", &timing, 11000);
    assert_int_equal(seen.changed_ms, 11000);
    assert_true(seen.held_by_us);
    assert_int_equal(seen.duration_ms, timing.duration_ms); /* nonsense is not believed */
    lease_observe(&seen, &record, NULL, "b", &timing, 12000);
    assert_false(seen.exists || seen.held || seen.held_by_us);
}

static void what_is_written_is_what_the_api_wants(void **state)
{
    const int64_t noon_ms = INT64_C(1795262400000);
    CLEANUP(json_freep)
    struct json *created =
        lease_claim(NULL, "ns", "name", "me", LEASE_CREATE, &timing, noon_ms + 5);
    const struct json *spec = json_get(created, "spec");
    char time[LEASE_TIME_MAX];

    (void)state;
    assert_string_equal(lease_time(noon_ms, time), "2026-11-21T12:00:00.000000Z");
    assert_string_equal(lease_time(noon_ms + 125, time), "2026-11-21T12:00:00.125000Z");
    assert_string_equal(json_string(json_get(created, "kind"), ""), "Lease");
    assert_string_equal(json_string(json_get(spec, "holderIdentity"), ""), "me");
    assert_string_equal(json_string(json_get(spec, "acquireTime"), ""),
                        "2026-11-21T12:00:00.005000Z");
    assert_int_equal((int)json_number(json_get(spec, "leaseDurationSeconds"), 0), 15);
    assert_int_equal((int)json_number(json_get(spec, "leaseTransitions"), -1), 0);
}

static void a_renewal_keeps_what_others_wrote(void **state)
{
    CLEANUP(json_freep)
    struct json *old = parse(
        "{\"metadata\":{\"resourceVersion\":\"7\",\"labels\":{\"a\":\"b\"}},\"spec\":{"
        "\"holderIdentity\":\"b\",\"acquireTime\":\"x\",\"leaseTransitions\":3,"
        "\"strategy\":\"s\"}}");
    CLEANUP(json_freep)
    struct json *taken = lease_claim(old, "ns", "n", "me", LEASE_TAKE, &timing, 0);
    CLEANUP(json_freep)
    struct json *renewed =
        lease_claim(taken, "ns", "n", "me", LEASE_RENEW, &timing, 5000);
    CLEANUP(json_freep)
    struct json *released = lease_released(renewed, 6000);
    const char *acquired;

    (void)state;
    assert_int_equal(
        (int)json_number(json_path(taken, "spec", "leaseTransitions", NULL), 0), 4);
    assert_string_equal(
        json_string(json_path(taken, "metadata", "resourceVersion", NULL), ""), "7");
    acquired = json_string(json_path(taken, "spec", "acquireTime", NULL), "");
    assert_string_equal(acquired, "1970-01-01T00:00:00.000000Z");
    assert_string_equal(json_string(json_path(renewed, "spec", "acquireTime", NULL), ""),
                        acquired);
    assert_string_equal(json_string(json_path(renewed, "spec", "strategy", NULL), ""),
                        "s");
    assert_int_equal(
        (int)json_number(json_path(renewed, "spec", "leaseTransitions", NULL), 0), 4);
    assert_string_equal(
        json_string(json_path(released, "spec", "holderIdentity", NULL), "-"), "");
    assert_int_equal(
        (int)json_number(json_path(released, "spec", "leaseDurationSeconds", NULL), 0),
        1);
}

static void timing_that_lets_two_lead_is_refused(void **state)
{
    static const struct {
        struct lease_timing t;
        bool ok;
    } cases[] = {
        {{15000, 10000, 2000}, true },
        {{10000, 10000, 2000}, false},
        {{15000, 2400, 2000},  false},
        {{15000, 2401, 2000},  true },
        {{15000, 10000, 0},    false},
        {{15500, 10000, 2000}, false},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct error err;

        assert_int_equal(lease_timing_check(&cases[i].t, &err), cases[i].ok);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_lease_is_taken_only_after_it_expired),
        cmocka_unit_test(how_long_a_lease_lasts_is_known),
        cmocka_unit_test(silence_is_measured_by_our_own_clock),
        cmocka_unit_test(what_is_written_is_what_the_api_wants),
        cmocka_unit_test(a_renewal_keeps_what_others_wrote),
        cmocka_unit_test(timing_that_lets_two_lead_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
