/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rewards/answer.h"
#include "rewards/names.h"

#define HEAD "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\",\"result\":["
#define TAIL "]}}"
#define SERIES(arm, value)                                                            \
    "{\"metric\":{\"__name__\":\"x\",\"namespace\":\"default\",\"route\":\"digits\"," \
    "\"arm\":\"" arm "\",\"objective\":\"success\"},\"value\":[1700000000.5,\"" value \
    "\"]}"

/* Feed one answer into the table; returns what it came to. */
static enum reason take(struct rewards_table *t, enum rewards_query query, int status,
                        const char *text, char detail[ANSWER_DETAIL_MAX])
{
    struct answer a;
    enum reason reason;

    answer_init(&a, t, query);
    (void)answer_feed(&a, text, strlen(text));
    reason = answer_reason(&a, status, detail);
    answer_clear(&a);
    return reason;
}

/* default/digits with arms a and b and the objective "success". */
static struct bandit_route *new_route(void)
{
    struct bandit_route *r = route_new();

    (void)snprintf(r->namespace, sizeof(r->namespace), "default");
    (void)snprintf(r->name, sizeof(r->name), "digits");
    r->spec.arm_count = 2;
    r->spec.arms = mem_alloc(2, sizeof(*r->spec.arms));
    r->spec.arms[0].name[0] = 'a';
    r->spec.arms[1].name[0] = 'b';
    r->spec.reward.objective_count = 1;
    r->spec.reward.objectives = mem_alloc(1, sizeof(*r->spec.reward.objectives));
    (void)snprintf(r->spec.reward.objectives[0].name, ROUTE_LABEL_MAX, "success");
    return r;
}

static void each_way_to_fail_has_its_reason(void **state)
{
    static const struct {
        const char *what;
        int status;
        const char *text;
        enum reason want;
    } rows[] = {
        {"one series", 200,         HEAD SERIES("a", "1") TAIL,                                               REASON_NONE},
        {"no series",            200,             HEAD TAIL,              REASON_NONE                                               },
        {"data first",            200,
         "{\"data\":{\"result\":[],\"resultType\":\"vector\"},"
         "\"status\":\"success\"}",             REASON_NONE                                                                          },
        {"no warnings",            200,
         "{\"status\":\"success\",\"warnings\":[],\"data\":"
         "{\"resultType\":\"vector\",\"result\":[]}}",            REASON_NONE                                                       },
        {"infos are no warnings",            200,
         "{\"status\":\"success\",\"infos\":[\"x\"],\"data\":"
         "{\"resultType\":\"vector\",\"result\":[]}}",  REASON_NONE                                                       },
        {"statistics",            200,
         "{\"status\":\"success\",\"data\":{\"stats\":{\"a\":[1]},"
         "\"resultType\":\"vector\",\"result\":[]}}",             REASON_NONE                                                        },
        {"warning behind",            200,
         "{\"status\":\"success\",\"data\":{\"resultType\":"
         "\"vector\",\"result\":[]},\"warnings\":[\"slow\"]}",         REASON_QUERY_WARNING                                               },
        {"bad request",            400,
         "{\"status\":\"error\",\"errorType\":\"bad_data\","
         "\"error\":\"parse error\"}",            REASON_QUERY_REJECTED                                                                       },
        {"not there",            404,             "404 page not found",              REASON_QUERY_REJECTED},
        {"unprocessable",            422,         "{}",          REASON_QUERY_REJECTED                                                                                       },
        {"unavailable",            503,           "<html>",            REASON_PROMETHEUS_ERROR},
        {"a redirect",            302,            "",             REASON_BAD_ANSWER                                                                                             },
        {"no content",            204,            "",             REASON_BAD_ANSWER},
        {"empty",            200,                 "",                  REASON_BAD_ANSWER                                                                                             },
        {"html",            200,                  "<html>",                   REASON_BAD_ANSWER},
        {"an array",            200,              "[]",               REASON_BAD_ANSWER                                                                                                 },
        {"a text",            200,                "\"x\"",                 REASON_BAD_ANSWER},
        {"no data",            200,               "{\"status\":\"success\"}",                REASON_BAD_ANSWER                                                                              },
        {"data is null",            200,          "{\"status\":\"success\",\"data\":null}",
         REASON_BAD_ANSWER},
        {"data is text",            200,          "{\"status\":\"success\",\"data\":\"x\"}",
         REASON_BAD_ANSWER                                                                             },
        {"error in 200",            200,
         "{\"status\":\"error\",\"error\":\"odd\",\"data\":"
         "{\"resultType\":\"vector\",\"result\":[]}}",           REASON_BAD_ANSWER                                                       },
        {"a matrix",            200,
         "{\"status\":\"success\",\"data\":{\"resultType\":"
         "\"matrix\",\"result\":[]}}",               REASON_BAD_ANSWER                                                                       },
        {"a scalar",            200,
         "{\"status\":\"success\",\"data\":{\"resultType\":"
         "\"scalar\",\"result\":[1,\"2\"]}}",               REASON_BAD_ANSWER                                                                },
        {"a histogram",            200,           HEAD "{\"metric\":{},\"histogram\":[1,{}]}" TAIL,
         REASON_BAD_ANSWER},
        {"no labels",            200,             HEAD "{\"value\":[1,\"2\"]}" TAIL,              REASON_BAD_ANSWER                                                                               },
        {"no value",            200,              HEAD "{\"metric\":{}}" TAIL,               REASON_BAD_ANSWER},
        {"half a value",            200,          HEAD "{\"metric\":{},\"value\":[1]}" TAIL,
         REASON_BAD_ANSWER                                                                 },
        {"three values",            200,          HEAD "{\"metric\":{},\"value\":[1,\"2\",3]}" TAIL,
         REASON_BAD_ANSWER},
        {"time is text",            200,          HEAD "{\"metric\":{},\"value\":[\"1\",\"2\"]}" TAIL,
         REASON_BAD_ANSWER                                                               },
        {"value is bare",            200,         HEAD "{\"metric\":{},\"value\":[1,2]}" TAIL,
         REASON_BAD_ANSWER},
        {"value is word",            200,         HEAD "{\"metric\":{},\"value\":[1,\"two\"]}" TAIL,
         REASON_BAD_ANSWER                                                         },
        {"value twice",            200,
         HEAD "{\"metric\":{},\"value\":[1,\"2\"],\"value\":[1,\"2\"]}" TAIL,
         REASON_BAD_ANSWER                                },
        {"result twice",            200,
         "{\"status\":\"success\",\"data\":{\"resultType\":\"vector\","
         "\"result\":[],\"result\":[]}}",           REASON_BAD_ANSWER                                                                    },
        {"label is bare",            200,         HEAD "{\"metric\":{\"arm\":1},\"value\":[1,\"2\"]}" TAIL,
         REASON_BAD_ANSWER},
        {"junk behind",            200,           HEAD TAIL "x",            REASON_BAD_ANSWER                                                                                                               },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(rewards_table_freep)
        struct rewards_table *t = rewards_table_new();
        char detail[ANSWER_DETAIL_MAX] = "";
        enum reason got = take(t, QUERY_GOOD, rows[i].status, rows[i].text, detail);

        if (got != rows[i].want)
            fail_msg("%s: %s (%s)", rows[i].what, reason_name(got), detail);
        if (got != REASON_NONE)
            assert_true(*detail);
    }
}

static void every_cut_is_a_truncated_answer(void **state)
{
    static const char whole[] = HEAD SERIES("a", "1") "," SERIES("b", "2") TAIL;

    (void)state;
    for (size_t n = 1; n < strlen(whole); n++) {
        CLEANUP(rewards_table_freep)
        struct rewards_table *t = rewards_table_new();
        CLEANUP(mem_freep)
        char *part = mem_strndup(whole, n);
        char detail[ANSWER_DETAIL_MAX];

        assert_int_equal(take(t, QUERY_GOOD, 200, part, detail), REASON_TRUNCATED_ANSWER);
    }
}

static void what_prometheus_says_of_itself_is_told(void **state)
{
    CLEANUP(rewards_table_freep)
    struct rewards_table *t = rewards_table_new();
    char detail[ANSWER_DETAIL_MAX];

    (void)state;
    (void)take(t, QUERY_GOOD, 422,
               "{\"status\":\"error\",\"error\":\"too many samples\"}", detail);
    assert_string_equal(detail, "status 422: too many samples");
    (void)take(t, QUERY_GOOD, 200,
               "{\"status\":\"success\",\"warnings\":[\"half of it\",\"x\"],\"data\":"
               "{\"resultType\":\"vector\",\"result\":[]}}",
               detail);
    assert_string_equal(detail, "Prometheus warns: half of it");
}

static void counts_reach_their_arm(void **state)
{
    CLEANUP(rewards_table_freep)
    struct rewards_table *t = rewards_table_new();
    CLEANUP(route_freep)
    struct bandit_route *r = new_route();
    struct observation seen = {.problem = REASON_NONE};
    char detail[ANSWER_DETAIL_MAX];

    (void)state;
    assert_int_equal(take(t, QUERY_GOOD, 200, HEAD SERIES("a", "90.5") TAIL, detail), 0);
    assert_int_equal(take(t, QUERY_EVENTS, 200,
                          HEAD SERIES("a", "100") "," SERIES("b", "7") TAIL, detail),
                     0);
    assert_int_equal(take(t, QUERY_SCRAPE, 200,
                          HEAD
                          "{\"metric\":{\"namespace\":\"default\",\"route\":\"digits\","
                          "\"arm\":\"a\"},\"value\":[1,\"1700000000.25\"]}" TAIL,
                          detail),
                     0);
    rewards_table_observe(t, r, &seen);
    assert_int_equal(seen.problem, REASON_NONE);
    assert_true(seen.arms[0].objectives[0].good == 90.5);
    assert_true(seen.arms[0].objectives[0].events == 100);
    assert_int_equal(seen.arms[0].newest_ms, INT64_C(1700000000250));
    assert_true(isnan(seen.arms[1].objectives[0].good)); /* absent is not zero */
    assert_true(seen.arms[1].objectives[0].events == 7);
    assert_int_equal(seen.arms[1].newest_ms, 0);
}

static void a_fault_of_a_series_is_that_of_its_route(void **state)
{
    static const struct {
        const char *text;
        enum reason want;
    } rows[] = {
        {HEAD SERIES("a", "NaN") TAIL,         REASON_NOT_A_NUMBER},
        {HEAD SERIES("b", "+Inf") TAIL,        REASON_INFINITE    },
        {HEAD SERIES("b", "-Inf") TAIL,        REASON_INFINITE    },
        {HEAD SERIES("b", "-1") TAIL,          REASON_BAD_ANSWER  },
        {HEAD SERIES("a", "1") "," SERIES("a", "1") TAIL,           REASON_DUPLICATE_SERIES},
        {HEAD SERIES("c",               "NaN") TAIL,                    REASON_NONE             },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(rewards_table_freep)
        struct rewards_table *t = rewards_table_new();
        CLEANUP(route_freep)
        struct bandit_route *r = new_route();
        struct observation seen = {.problem = REASON_NONE};
        char detail[ANSWER_DETAIL_MAX];

        assert_int_equal(take(t, QUERY_EVENTS, 200, rows[i].text, detail), REASON_NONE);
        rewards_table_observe(t, r, &seen);
        assert_int_equal(seen.problem, rows[i].want);
        r->name[0] = 'x'; /* of another route it says nothing */
        seen = (struct observation){.problem = REASON_NONE};
        rewards_table_observe(t, r, &seen);
        assert_int_equal(seen.problem, REASON_NONE);
    }
}

static void a_scrape_in_another_age_is_no_time(void **state)
{
    CLEANUP(rewards_table_freep)
    struct rewards_table *t = rewards_table_new();
    CLEANUP(route_freep)
    struct bandit_route *r = new_route();
    struct series_labels labels = {"default", "digits", "a", ""};
    struct observation seen = {.problem = REASON_NONE};
    struct error err;

    (void)state;
    assert_true(rewards_table_put(t, QUERY_SCRAPE, &labels, 1e300, &err));
    rewards_table_observe(t, r, &seen);
    assert_int_equal(seen.problem, REASON_BAD_ANSWER);
}

static void many_series_are_found_again(void **state)
{
    enum { ROUTES = 20000 };
    CLEANUP(rewards_table_freep)
    struct rewards_table *t = rewards_table_new();
    CLEANUP(route_freep)
    struct bandit_route *r = new_route();
    struct error err;

    (void)state;
    for (int i = 0; i < ROUTES; i++) {
        char route[32];
        struct series_labels labels = {"default", route, i % 2 ? "a" : "b", "success"};

        (void)snprintf(route, sizeof(route), "route-%d", i);
        assert_true(rewards_table_put(t, QUERY_GOOD, &labels, i, &err));
    }
    for (int i = 0; i < ROUTES; i++) {
        struct observation seen = {.problem = REASON_NONE};

        (void)snprintf(r->name, sizeof(r->name), "route-%d", i);
        rewards_table_observe(t, r, &seen);
        assert_true(seen.arms[i % 2 ? 0 : 1].objectives[0].good == i);
        assert_true(isnan(seen.arms[i % 2].objectives[0].good));
    }
}

static void series_are_bounded_in_number(void **state)
{
    CLEANUP(rewards_table_freep)
    struct rewards_table *t = rewards_table_new();
    struct series_labels labels = {"n", "r", "a", "o"};
    struct error err;

    (void)state;
    for (int i = 0; i < REWARDS_SERIES_MAX; i++)
        assert_true(rewards_table_put(t, QUERY_GOOD, &labels, 1, &err));
    assert_false(rewards_table_put(t, QUERY_GOOD, &labels, 1, &err));
    assert_int_equal(err.kind, ERR_TOO_BIG);
}

static void overlong_labels_belong_to_no_route(void **state)
{
    CLEANUP(rewards_table_freep)
    struct rewards_table *t = rewards_table_new();
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(1 << 20);
    char detail[ANSWER_DETAIL_MAX];

    (void)state;
    buf_puts(&text, HEAD "{\"metric\":{\"arm\":\"");
    for (int i = 0; i < 5000; i++)
        buf_putc(&text, 'a');
    buf_puts(&text, "\",\"route\":\"r\"},\"value\":[1,\"2\"]}" TAIL);
    assert_int_equal(take(t, QUERY_GOOD, 200, buf_str(&text), detail), REASON_NONE);
}

static void names_are_numbered_once(void **state)
{
    CLEANUP(names_clear)
    struct names n = {.count = 0};

    (void)state;
    assert_true(names_find(&n, "x") == NAMES_NONE);
    for (uint32_t i = 0; i < 1000; i++) {
        char s[16];

        (void)snprintf(s, sizeof(s), "%u", i);
        assert_int_equal(names_add(&n, s), i);
    }
    assert_int_equal(names_add(&n, "500"), 500);
    assert_int_equal(names_find(&n, "999"), 999);
    assert_true(names_find(&n, "1000") == NAMES_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_way_to_fail_has_its_reason),
        cmocka_unit_test(every_cut_is_a_truncated_answer),
        cmocka_unit_test(what_prometheus_says_of_itself_is_told),
        cmocka_unit_test(counts_reach_their_arm),
        cmocka_unit_test(a_fault_of_a_series_is_that_of_its_route),
        cmocka_unit_test(a_scrape_in_another_age_is_no_time),
        cmocka_unit_test(many_series_are_found_again),
        cmocka_unit_test(series_are_bounded_in_number),
        cmocka_unit_test(overlong_labels_belong_to_no_route),
        cmocka_unit_test(names_are_numbered_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
