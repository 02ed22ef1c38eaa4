/* SPDX-License-Identifier: Apache-2.0 */
/* What lib/kube and the store decide without a server. */
#include "support/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kube/backoff.h"
#include "kube/base64.h"
#include "kube/event_series.h"
#include "kube/kind.h"
#include "kube/status.h"
#include "kube/table.h"
#include "store/kube_versions.h"

static const struct kube_kind routes = {"BanditRoute", "bandit-router.dev", "v1alpha1",
                                        "banditroutes", true};
static const struct kube_kind core = {"Node", "", "v1", "nodes", false};

static void base64_is_read_to_the_letter(void **state)
{
    static const struct {
        const char *text, *want; /* NULL: refused */
    } rows[] = {
        {"",               ""            },
        {"Zg==",           "f"           },
        {"Zm8=",           "fo"          },
        {"Zm9v",           "foo"         },
        {"Zm9vYmFy",       "foobar"      },
        {" Zm9v\r\n YmFy", "foobar"      },
        {"+/+/",           "\xfb\xff\xbf"},
        {"Zg",             NULL          },
        {"Zg=",            NULL          },
        {"Z===",           NULL          },
        {"====",           NULL          },
        {"Zg==Zg==",       NULL          },
        {"Zm9v!",          NULL          },
        {"Zm=v",           NULL          },
        {"-_-_",           NULL          },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(buf_clear)
        struct buf out = BUF_INIT(64);
        struct error err;
        bool ok = base64_decode(rows[i].text, &out, &err);

        if (ok != (rows[i].want != NULL) || (ok && strcmp(buf_str(&out), rows[i].want)))
            fail_msg("\"%s\": %s", rows[i].text, ok ? buf_str(&out) : err.msg);
    }
}

static void paths_name_the_object_and_nothing_else(void **state)
{
    /* clang-format off */
    static const struct {
        struct kube_ref ref;
        const char *want;
    } rows[] = {
        {{&routes, "default", "digits", "status"},
         "/apis/bandit-router.dev/v1alpha1/namespaces/default/banditroutes/digits/"
         "status"                                                                                 },
        {{&routes, "default", NULL, NULL},
         "/apis/bandit-router.dev/v1alpha1/namespaces/default/banditroutes"                       },
        {{&routes, NULL, NULL, NULL},              "/apis/bandit-router.dev/v1alpha1/banditroutes"},
        {{&routes, "", NULL, NULL},                "/apis/bandit-router.dev/v1alpha1/banditroutes"},
        {{&core, "default", "n1", NULL},           "/api/v1/nodes/n1"                             },
        {{&core, NULL, "../x?y=z#", NULL},         "/api/v1/nodes/..%2Fx%3Fy%3Dz%23"              },
    };
    /* clang-format on */
    CLEANUP(buf_clear)
    struct buf path = BUF_INIT(1024);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        buf_reset(&path);
        kube_add_path(&path, &rows[i].ref);
        assert_string_equal(buf_str(&path), rows[i].want);
    }
    kube_add_query(&path, "continue", "a+b/c= d");
    kube_add_query(&path, "limit", "500");
    assert_non_null(strstr(buf_str(&path), "?continue=a%2Bb%2Fc%3D%20d&limit=500"));
}

static void a_refusal_becomes_an_error_with_its_reason(void **state)
{
    /* clang-format off */
    static const struct {
        int code;
        const char *text;
        enum error_kind kind;
        const char *want;
    } rows[] = {
        {409, "{\"kind\":\"Status\",\"reason\":\"Conflict\",\"message\":\"modified\"}",
         ERR_CONFLICT,                                                                                 "409 Conflict: modified"               },
        {422,
         "{\"kind\":\"Status\",\"reason\":\"Invalid\",\"message\":\"bad\",\"details\":{"
         "\"causes\":[{\"field\":\"spec.min\",\"message\":\"too small\"}]}}",           ERR_INVALID,   "422 Invalid: bad; spec.min: too small"},
        {404, "<html>nginx</html>",                                                     ERR_NOT_FOUND, "404: <html>nginx</html>"              },
        {410, "",                                                                       ERR_EXPIRED,   "410: no reason was given"             },
        {504, "{\"kind\":\"Status\"}",                                                  ERR_TIMEOUT,   "504: no reason was given"             },
        {413, "[]",                                                                     ERR_TOO_BIG,   "413: []"                              },
        {500, "\x01\xff\n",                                                             ERR_IO,        "500: no reason was given"             },
        {403, "{\"kind\":\"Status\",\"reason\":\"Forbidden\",\"message\":7}",           ERR_IO,
         "403 Forbidden: no reason was given"                                                                                                 },
    };
    /* clang-format on */

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err;

        assert_false(kube_status_error_text(rows[i].code, rows[i].text,
                                            strlen(rows[i].text), &err));
        assert_string_equal(err.msg, rows[i].want);
        assert_int_equal(err.kind, rows[i].kind);
    }
}

static void waits_double_up_to_a_cap_and_differ_by_chance(void **state)
{
    static const int64_t steps[] = {800, 1600, 3200, 6400, 12800, 25600, 30000, 30000};
    struct backoff b = {0};
    int64_t now = 1000;
    uint64_t chance = 1;
    uint32_t seen = 0;

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        struct backoff late = b;

        assert_int_equal(backoff_next(&b, now, 0), steps[i]);
        assert_in_range(backoff_next(&late, now, UINT32_MAX), 2 * steps[i] - 1,
                        2 * steps[i]);
        now += steps[i];
    }
    assert_int_equal(backoff_next(&b, now + BACKOFF_HEALTHY_MS, 0), 800);
    for (int i = 0; i < 64; i++)
        seen |= backoff_chance(&chance);
    assert_int_equal(seen, UINT32_MAX); /* no bit stands still */
}

static bool keep_odd(void *arg, const char *key, void *value)
{
    ++*(int *)arg;
    (void)value;
    return (key[strlen(key) - 1] - '0') % 2 == 1;
}

static void a_table_holds_what_was_put(void **state)
{
    struct kube_table t = KUBE_TABLE_INIT(free);
    char key[32];
    int visits = 0;

    (void)state;
    assert_null(kube_table_get(&t, "x"));
    kube_table_remove(&t, "x");
    for (int round = 0; round < 2; round++) /* the second replaces */
        for (int i = 0; i < 1000; i++) {
            (void)snprintf(key, sizeof(key), "default/r%d", i);
            kube_table_put(&t, key, mem_strdup(key));
        }
    assert_int_equal(t.count, 1000);
    assert_string_equal(kube_table_get(&t, "default/r777"), "default/r777");
    kube_table_remove(&t, "default/r777");
    assert_null(kube_table_get(&t, "default/r777"));
    kube_table_sweep(&t, keep_odd, &visits);
    assert_int_equal(visits, 999);
    assert_int_equal(t.count, 499);
    kube_table_clear(&t);
    assert_int_equal(t.count, 0);
}

static void a_series_is_told_when_it_begins_now_and_then_and_at_its_end(void **state)
{
    struct event_series s = {0};
    int64_t now = 1000;

    (void)state;
    event_series_note(&s, now);
    assert_int_equal(event_series_next(&s, now), EVENT_POST);
    event_series_told(&s, 1, now);
    assert_int_equal(event_series_next(&s, now), EVENT_NOTHING);
    event_series_note(&s, now += 10);
    assert_int_equal(event_series_next(&s, now), EVENT_PATCH); /* it repeats */
    event_series_told(&s, 2, now);
    event_series_note(&s, now + 20);
    assert_int_equal(event_series_next(&s, now + 20), EVENT_NOTHING);
    event_series_note(&s, now += EVENT_REFRESH_MS);
    assert_int_equal(event_series_next(&s, now), EVENT_PATCH);
    event_series_told(&s, 4, now);
    event_series_note(&s, now + 1);
    assert_int_equal(event_series_next(&s, now + 2), EVENT_NOTHING);
    now += 1 + EVENT_FINISH_MS;
    assert_int_equal(event_series_next(&s, now), EVENT_PATCH); /* the last count */
    event_series_told(&s, s.count, now);
    assert_int_equal(event_series_next(&s, now), EVENT_OVER);
}

/* ---- whose change was it? ------------------------------------------------------------
 */

static void own_writes_are_no_news_and_foreign_ones_are(void **state)
{
    struct kube_versions v = {.told = NULL};

    (void)state;
    assert_null(kube_versions_newest(&v, ""));
    assert_true(kube_versions_see(&v, "10"));
    assert_string_equal(kube_versions_newest(&v, "10"), "10");
    assert_null(kube_versions_newest(&v, "9")); /* overtaken */
    assert_true(kube_versions_wrote(&v, "10", "11"));
    assert_true(kube_versions_wrote(&v, "11", "12"));
    assert_string_equal(kube_versions_newest(&v, "10"), "12");
    assert_null(kube_versions_newest(&v, "12")); /* the listener has not got that one */
    assert_false(kube_versions_see(&v, "11"));   /* late, and ours */
    assert_string_equal(kube_versions_newest(&v, "10"), "12");
    assert_false(kube_versions_see(&v, "12"));
    assert_false(kube_versions_see(&v, "12")); /* by another list */
    assert_true(kube_versions_see(&v, "15"));  /* somebody else's */
    assert_null(kube_versions_newest(&v, "10"));
    assert_string_equal(kube_versions_newest(&v, "15"), "15");
    assert_false(kube_versions_wrote(&v, "12", "13")); /* an answer from before that */
    assert_true(kube_versions_wrote(&v, "15", "15"));  /* nothing was changed */
    assert_string_equal(kube_versions_newest(&v, "15"), "15");
    kube_versions_clear(&v);
}

static void many_own_writes_are_remembered_as_far_as_needed(void **state)
{
    struct kube_versions v = {.told = NULL};

    (void)state;
    assert_true(kube_versions_see(&v, "0"));
    for (int i = 0; i < 50; i++) {
        char before[16];
        char after[16];

        (void)snprintf(before, sizeof(before), "%d", i);
        (void)snprintf(after, sizeof(after), "%d", i + 1);
        assert_true(kube_versions_wrote(&v, before, after));
    }
    assert_string_equal(kube_versions_newest(&v, "0"), "50");
    for (int i = 51 - OWN_VERSIONS_MAX; i <= 50; i++) {
        char version[16];

        (void)snprintf(version, sizeof(version), "%d", i);
        assert_false(kube_versions_see(&v, version));
    }
    kube_versions_clear(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_is_read_to_the_letter),
        cmocka_unit_test(paths_name_the_object_and_nothing_else),
        cmocka_unit_test(a_refusal_becomes_an_error_with_its_reason),
        cmocka_unit_test(waits_double_up_to_a_cap_and_differ_by_chance),
        cmocka_unit_test(a_table_holds_what_was_put),
        cmocka_unit_test(a_series_is_told_when_it_begins_now_and_then_and_at_its_end),
        cmocka_unit_test(own_writes_are_no_news_and_foreign_ones_are),
        cmocka_unit_test(many_own_writes_are_remembered_as_far_as_needed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
