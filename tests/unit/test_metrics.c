/* SPDX-License-Identifier: Apache-2.0 */
#include <float.h>
#include <malloc.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/number.h"
#include "metrics/exposition.h"
#include "support/test.h"

enum { PAGE_MAX = 1024 * 1024 };

static const double bounds[] = {0.005, 1, 1e6};
static const char *const modes[] = {"On", "Off", NULL};

/* clang-format off */
static const struct metric_desc requests = {
    .name = "demo_requests", .type = METRIC_COUNTER, .labels = {"code"},
    .help = "Requests, \"all\" of them\\\nin two lines."};
static const struct metric_desc size = {
    .name = "demo_size_bytes", .type = METRIC_GAUGE, .unit = "bytes", .help = "Size."};
static const struct metric_desc duration = {
    .name = "demo_duration_seconds", .type = METRIC_HISTOGRAM, .unit = "seconds",
    .help = "Duration.", .buckets = bounds, .bucket_count = ARRAY_LEN(bounds)};
static const struct metric_desc counted = {
    .name = "demo_counted", .type = METRIC_COUNTER, .help = "By many.", .striped = true};
static const struct metric_desc active = {
    .name = "demo_active", .type = METRIC_GAUGE, .help = "By many.", .striped = true};
static const struct metric_desc seen = {
    .name = "demo_seen_seconds", .type = METRIC_HISTOGRAM, .unit = "seconds",
    .help = "By many.", .buckets = bounds, .bucket_count = ARRAY_LEN(bounds),
    .striped = true};
static const struct metric_desc model = {
    .name = "demo_model", .type = METRIC_INFO, .help = "Model.", .labels = {"kind"}};
static const struct metric_desc mode = {
    .name = "demo_mode", .type = METRIC_STATESET, .help = "Mode.", .states = modes};
static const struct metric_desc foreign = {
    .name = "demo_foreign", .type = METRIC_COUNTER, .help = "Of others.",
    .labels = {"arm"}, .no_constant_labels = true};
/* clang-format on */

static void fill(struct metrics *m)
{
    struct histogram *h;

    counter_inc(metrics_counter(m, &requests, (const char *const[]){"200"}));
    counter_add(metrics_counter(m, &requests, (const char *const[]){"200"}), 1.5);
    (void)metrics_counter(m, &requests, (const char *const[]){"50\"\\\n"});
    gauge_set(metrics_gauge(m, &size, NULL), 5);
    gauge_add(metrics_gauge(m, &size, NULL), -7.25);
    h = metrics_histogram(m, &duration, NULL);
    histogram_observe(h, 0.005);
    histogram_observe(h, 0.5);
    histogram_observe(h, 2e6);
    histogram_observe(h, (double)NAN);
    metrics_info(m, &model, (const char *const[]){"svm"});
    stateset_set(metrics_stateset(m, &mode, NULL), 1);
    counter_inc(metrics_counter(m, &foreign, (const char *const[]){"other"}));
}

static void both_formats_are_exact(void **state)
{
    static const char *const pages[] = {
        [EXPOSITION_TEXT_0_0_4] =
            "# TYPE demo_requests_total counter\n"
            "# HELP demo_requests_total Requests, \"all\" of them\\\\\\nin two lines.\n"
            "demo_requests_total{arm=\"a\",code=\"200\"} 2.5\n"
            "demo_requests_total{arm=\"a\",code=\"50\\\"\\\\\\n\"} 0\n"
            "# TYPE demo_size_bytes gauge\n"
            "# HELP demo_size_bytes Size.\n"
            "demo_size_bytes{arm=\"a\"} -2.25\n"
            "# TYPE demo_duration_seconds histogram\n"
            "# HELP demo_duration_seconds Duration.\n"
            "demo_duration_seconds_bucket{arm=\"a\",le=\"0.005\"} 1\n"
            "demo_duration_seconds_bucket{arm=\"a\",le=\"1.0\"} 2\n"
            "demo_duration_seconds_bucket{arm=\"a\",le=\"1e+06\"} 2\n"
            "demo_duration_seconds_bucket{arm=\"a\",le=\"+Inf\"} 3\n"
            "demo_duration_seconds_sum{arm=\"a\"} 2000000.505\n"
            "demo_duration_seconds_count{arm=\"a\"} 3\n"
            "# TYPE demo_model_info gauge\n"
            "# HELP demo_model_info Model.\n"
            "demo_model_info{arm=\"a\",kind=\"svm\"} 1\n"
            "# TYPE demo_mode gauge\n"
            "# HELP demo_mode Mode.\n"
            "demo_mode{arm=\"a\",demo_mode=\"On\"} 0\n"
            "demo_mode{arm=\"a\",demo_mode=\"Off\"} 1\n"
            "# TYPE demo_foreign_total counter\n"
            "# HELP demo_foreign_total Of others.\n"
            "demo_foreign_total{arm=\"other\"} 1\n",
        [EXPOSITION_OPENMETRICS_1_0] =
            "# TYPE demo_requests counter\n"
            "# HELP demo_requests Requests, \\\"all\\\" of them\\\\\\nin two lines.\n"
            "demo_requests_total{arm=\"a\",code=\"200\"} 2.5\n"
            "demo_requests_total{arm=\"a\",code=\"50\\\"\\\\\\n\"} 0\n"
            "# TYPE demo_size_bytes gauge\n"
            "# UNIT demo_size_bytes bytes\n"
            "# HELP demo_size_bytes Size.\n"
            "demo_size_bytes{arm=\"a\"} -2.25\n"
            "# TYPE demo_duration_seconds histogram\n"
            "# UNIT demo_duration_seconds seconds\n"
            "# HELP demo_duration_seconds Duration.\n"
            "demo_duration_seconds_bucket{arm=\"a\",le=\"0.005\"} 1\n"
            "demo_duration_seconds_bucket{arm=\"a\",le=\"1.0\"} 2\n"
            "demo_duration_seconds_bucket{arm=\"a\",le=\"1e+06\"} 2\n"
            "demo_duration_seconds_bucket{arm=\"a\",le=\"+Inf\"} 3\n"
            "demo_duration_seconds_sum{arm=\"a\"} 2000000.505\n"
            "demo_duration_seconds_count{arm=\"a\"} 3\n"
            "# TYPE demo_model info\n"
            "# HELP demo_model Model.\n"
            "demo_model_info{arm=\"a\",kind=\"svm\"} 1\n"
            "# TYPE demo_mode stateset\n"
            "# HELP demo_mode Mode.\n"
            "demo_mode{arm=\"a\",demo_mode=\"On\"} 0\n"
            "demo_mode{arm=\"a\",demo_mode=\"Off\"} 1\n"
            "# TYPE demo_foreign counter\n"
            "# HELP demo_foreign Of others.\n"
            "demo_foreign_total{arm=\"other\"} 1\n"
            "# EOF\n",
    };
    const struct metric_label arm = {"arm", "a"};
    CLEANUP(metrics_freep)
    struct metrics *m = metrics_new(&arm, 1);

    (void)state;
    fill(m);
    for (int twice = 0; twice < 2; twice++) /* reading a histogram must not change it */
        for (size_t e = 0; e < EXPOSITION_COUNT; e++) {
            CLEANUP(buf_clear)
            struct buf page = BUF_INIT(PAGE_MAX);

            metrics_expose(m, (enum exposition)e, &page);
            assert_string_equal(buf_str(&page), pages[e]);
        }
}

static void counters_only_go_up(void **state)
{
    static const double ignored[] = {-1, (double)NAN, (double)INFINITY, 0};
    CLEANUP(metrics_freep)
    struct metrics *m = metrics_new(NULL, 0);
    struct counter *c = metrics_counter(m, &requests, (const char *const[]){"200"});

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(ignored); i++)
        counter_add(c, ignored[i]);
    counter_add(c, 0.25);
    counter_add(c, 3);
    assert_true(counter_value(c) == 3.25);
}

static void the_format_is_negotiated(void **state)
{
    static const struct {
        const char *accept;
        enum exposition want;
    } rows[] = {
        {NULL,                                                                                      EXPOSITION_TEXT_0_0_4     },
        {"",                                                                                        EXPOSITION_TEXT_0_0_4     },
        {"*/*",                                                                                     EXPOSITION_TEXT_0_0_4     },
        {"text/html,application/xhtml+xml,*/*;q=0.8",                                               EXPOSITION_TEXT_0_0_4     },
        {"application/openmetrics-text",                                                            EXPOSITION_OPENMETRICS_1_0},
        {"application/openmetrics-text; version=1.0.0",                                             EXPOSITION_OPENMETRICS_1_0},
        {"APPLICATION/OpenMetrics-Text;VERSION=\"1.0.0\"",                                          EXPOSITION_OPENMETRICS_1_0},
        {"application/openmetrics-text;version=2.0.0",                                              EXPOSITION_TEXT_0_0_4     },
        {"application/openmetrics-text;version=0.0.1",                                              EXPOSITION_TEXT_0_0_4     },
        {"application/openmetrics-text;q=0",                                                        EXPOSITION_TEXT_0_0_4     },
        {"application/openmetrics-text;q=x",                                                        EXPOSITION_TEXT_0_0_4     },
        {"application/openmetrics-text;q=0.2,text/plain;q=0.3",                                     EXPOSITION_TEXT_0_0_4     },
        {"application/openmetrics-text;q=0.3,text/plain;q=0.3",
         EXPOSITION_OPENMETRICS_1_0                                                                                           },
        {"text/plain;version=0.0.4;q=0.5,*/*;q=0.1",                                                EXPOSITION_TEXT_0_0_4     },
 /* what Prometheus 2.42 and 3 say */
        {"application/openmetrics-text;version=1.0.0,application/"
         "openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1", EXPOSITION_OPENMETRICS_1_0},
        {"application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
         "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;"
         "escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2",            EXPOSITION_OPENMETRICS_1_0},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        if (exposition_negotiate(rows[i].accept) != rows[i].want)
            fail_msg("%s", rows[i].accept ? rows[i].accept : "(none)");
    assert_string_equal(
        exposition_content_type_for(
            EXPOSITION_OPENMETRICS_1_0,
            "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8"),
        "application/openmetrics-text; version=1.0.0; charset=utf-8; "
        "escaping=allow-utf-8");
    assert_string_equal(exposition_content_type_for(EXPOSITION_TEXT_0_0_4, "*/*"),
                        "text/plain; version=0.0.4; charset=utf-8");
}

static void ill_formed_text_is_repaired(void **state)
{
    static const struct {
        const char *value, *want;
    } rows[] = {
        {"plain",          "a=\"plain\""                                   },
        {"",               "a=\"\""                                        },
        {"\xC3\xA4\n",     "a=\"\xC3\xA4\\n\""                             },
        {"x\xFFy",         "a=\"x\xEF\xBF\xBDy\""                          },
        {"\xC3",           "a=\"\xEF\xBF\xBD\""                            },
        {"\xED\xA0\x80\"", "a=\"\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\\\"\""},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(buf_clear)
        struct buf b = BUF_INIT(1024);

        exposition_label(&b, "a", rows[i].value);
        assert_string_equal(buf_str(&b), rows[i].want);
    }
}

static size_t lines_of(struct metrics *m)
{
    CLEANUP(buf_clear)
    struct buf page = BUF_INIT(PAGE_MAX);
    size_t n = 0;

    metrics_expose(m, EXPOSITION_TEXT_0_0_4, &page);
    for (const char *p = buf_str(&page); *p; p++)
        n += *p == '\n';
    return n;
}

static void removed_children_are_gone(void **state)
{
    static const struct metric_desc two = {
        .name = "demo_two",
        .type = METRIC_GAUGE,
        .help = "Two labels.",
        .labels = {"route", "arm"}
    };
    CLEANUP(metrics_freep)
    struct metrics *m = metrics_new(NULL, 0);

    (void)state;
    for (int i = 0; i < 300; i++) {
        char route[16], arm[16];

        (void)snprintf(route, sizeof(route), "r%d", i % 3);
        (void)snprintf(arm, sizeof(arm), "a%d", i);
        gauge_set(metrics_gauge(m, &two, (const char *const[]){route, arm}), i);
    }
    assert_int_equal(lines_of(m), 2 + 300);
    metrics_remove(m, &two, (const char *const[]){"r1", NULL});
    assert_int_equal(lines_of(m), 2 + 200);
    metrics_remove(m, &two, (const char *const[]){"r0", "a0"});
    metrics_remove(m, &two, (const char *const[]){"r0", "a1"}); /* there is none */
    assert_int_equal(lines_of(m), 2 + 199);
    assert_true(gauge_value(metrics_gauge(m, &two, (const char *const[]){"r0", "a3"})) ==
                3);
    assert_true(gauge_value(metrics_gauge(m, &two, (const char *const[]){"r1", "a1"})) ==
                0);
    metrics_remove(m, &two, (const char *const[]){NULL, NULL});
    assert_int_equal(lines_of(m), 0); /* a family without samples says nothing */
}

/* Children are told apart by their labels as written, behind the constant ones. */
static void children_are_removed_by_any_value(void **state)
{
    static const char *const names[] = {"a", "ab", "a\",arm=\"b", "a\\", "\xFF", ""};
    static const struct metric_desc two = {
        .name = "demo_two",
        .type = METRIC_GAUGE,
        .help = "Two labels.",
        .labels = {"route", "arm"}
    };
    const struct metric_label constant = {"site", "x\\\",route=\"a"};

    (void)state;
    for (size_t n = 0; n < 2; n++) {
        CLEANUP(metrics_freep)
        struct metrics *m = metrics_new(&constant, n);

        for (size_t i = 0; i < ARRAY_LEN(names); i++)
            for (size_t k = 0; k < ARRAY_LEN(names); k++)
                (void)metrics_gauge(m, &two, (const char *const[]){names[i], names[k]});
        for (size_t i = 0; i < ARRAY_LEN(names); i++) {
            size_t left = ARRAY_LEN(names) - i;

            assert_int_equal(lines_of(m), 2 + left * left);
            metrics_remove(m, &two, (const char *const[]){names[i], NULL});
            assert_int_equal(lines_of(m), left > 1 ? 2 + (left - 1) * left : 0);
            metrics_remove(m, &two, (const char *const[]){NULL, names[i]});
        }
        assert_int_equal(lines_of(m), 0);
    }
}

/* With labels and without: these are written differently. */
static void what_is_not_finite_has_words(void **state)
{
    static const struct {
        double v;
        const char *text;
    } rows[] = {
        {(double)NAN,       "NaN"                     },
        {(double)INFINITY,  "+Inf"                    },
        {-(double)INFINITY, "-Inf"                    },
        {-0.0,              "-0"                      },
        {-DBL_MAX,          "-1.7976931348623157e+308"},
    };
    static const struct metric_desc labelled = {.name = "demo_labelled",
                                                .type = METRIC_GAUGE,
                                                .help = "One label.",
                                                .labels = {"a"}};

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(metrics_freep)
        struct metrics *m = metrics_new(NULL, 0);
        CLEANUP(buf_clear)
        struct buf page = BUF_INIT(PAGE_MAX), want = BUF_INIT(PAGE_MAX);

        gauge_set(metrics_gauge(m, &size, NULL), rows[i].v);
        gauge_set(metrics_gauge(m, &labelled, (const char *const[]){"b"}), rows[i].v);
        metrics_expose(m, EXPOSITION_TEXT_0_0_4, &page);
        buf_printf(&want,
                   "# TYPE demo_size_bytes gauge\n# HELP demo_size_bytes Size.\n"
                   "demo_size_bytes %s\n"
                   "# TYPE demo_labelled gauge\n# HELP demo_labelled One label.\n"
                   "demo_labelled{a=\"b\"} %s\n",
                   rows[i].text, rows[i].text);
        assert_string_equal(buf_str(&page), buf_str(&want));
        buf_clear(&want);
    }
}

static size_t bytes_allocated(void)
{
    struct mallinfo2 now = mallinfo2();

    return now.uordblks + now.hblkhd;
}

/* An operator of ten thousand routes has some eighty thousand children. (A sanitizer's
 * allocator reports nothing, and the bound then holds of itself.) */
static void a_child_is_no_larger_than_it_needs_to_be(void **state)
{
    enum { CHILDREN = 10000, BYTES_MAX = 165 };
    static const struct metric_desc decisions = {
        .name = "demo_decisions",
        .type = METRIC_COUNTER,
        .help = "As the operator's.",
        .labels = {"namespace", "route", "verdict"}
    };
    CLEANUP(metrics_freep)
    struct metrics *m = metrics_new(NULL, 0);
    size_t before = bytes_allocated();

    (void)state;
    for (int i = 0; i < CHILDREN; i++) {
        char route[16];

        (void)snprintf(route, sizeof(route), "route-%d", i);
        counter_inc(metrics_counter(m, &decisions,
                                    (const char *const[]){"tenant-1", route, "Kept"}));
    }
    assert_in_range(bytes_allocated() - before, 0, CHILDREN * BYTES_MAX);
}

struct race {
    struct histogram *h;
    struct counter *c;
    _Atomic int *running;
};

static void *observe(void *arg)
{
    struct race *r = arg;

    for (int i = 0; i < 50000; i++) {
        histogram_observe(r->h, 0.5);
        counter_inc(r->c);
    }
    (*r->running)--;
    return NULL;
}

/* Every observation is 0.5, so that at any moment sum must be half of count. */
static void watch_a_race(const struct metric_desc *of)
{
    CLEANUP(metrics_freep)
    struct metrics *m = metrics_new(NULL, 0);
    _Atomic int running = 3;
    struct race r = {
        .h = metrics_histogram(m, of, NULL),
        .c = metrics_counter(m, &requests, (const char *const[]){"200"}),
        .running = &running,
    };
    pthread_t threads[3];

    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        assert_int_equal(pthread_create(&threads[i], NULL, observe, &r), 0);
    for (bool more = true; more;) {
        CLEANUP(buf_clear)
        struct buf page = BUF_INIT(PAGE_MAX);
        const char *sum, *count;

        more = running > 0;
        metrics_expose(m, EXPOSITION_TEXT_0_0_4, &page);
        sum = strstr(buf_str(&page), "seconds_sum ");
        count = strstr(buf_str(&page), "seconds_count ");
        assert_non_null(sum);
        assert_non_null(count);
        assert_true(strtod(sum + 12, NULL) * 2 == strtod(count + 14, NULL));
    }
    for (size_t i = 0; i < ARRAY_LEN(threads); i++)
        (void)pthread_join(threads[i], NULL);
    assert_true(counter_value(r.c) == 150000);
}

static void a_histogram_is_never_seen_half_written(void **state)
{
    (void)state;
    watch_a_race(&duration);
    watch_a_race(&seen);
}

enum { MANY_THREADS = 20, TIMES = 20000 }; /* more threads than there are stripes */

struct striped {
    struct counter *c;
    struct gauge *g;
    struct histogram *h;
};

static void *count_in_stripes(void *arg)
{
    struct striped *s = arg;

    for (int i = 0; i < TIMES; i++) {
        gauge_add(s->g, 1.5);
        counter_inc(s->c);
        counter_add(s->c, 2);
        histogram_observe(s->h, i % 2 ? 0.25 : 4);
        gauge_add(s->g, -1);
    }
    return NULL;
}

/* All at once and one after the other, so that stripes are shared and are handed on. */
static void what_many_threads_count_is_all_there(void **state)
{
    CLEANUP(metrics_freep)
    struct metrics *m = metrics_new(NULL, 0);
    struct striped s = {
        .c = metrics_counter(m, &counted, NULL),
        .g = metrics_gauge(m, &active, NULL),
        .h = metrics_histogram(m, &seen, NULL),
    };
    CLEANUP(buf_clear)
    struct buf page = BUF_INIT(PAGE_MAX);
    pthread_t threads[MANY_THREADS];
    char want[64];

    (void)state;
    for (int round = 1; round <= 3; round++) {
        for (size_t i = 0; i < MANY_THREADS; i++)
            assert_int_equal(pthread_create(&threads[i], NULL, count_in_stripes, &s), 0);
        for (size_t i = 0; i < MANY_THREADS; i++) {
            buf_reset(&page);
            metrics_expose(m, EXPOSITION_TEXT_0_0_4, &page);
            (void)pthread_join(threads[i], NULL);
        }
        buf_reset(&page);
        metrics_expose(m, EXPOSITION_TEXT_0_0_4, &page);
        assert_true(counter_value(s.c) == 3.0 * round * MANY_THREADS * TIMES);
        assert_true(gauge_value(s.g) == 0.5 * round * MANY_THREADS * TIMES);
        (void)snprintf(want, sizeof(want), "demo_seen_seconds_bucket{le=\"1.0\"} %d\n",
                       round * MANY_THREADS * TIMES / 2);
        assert_non_null(strstr(buf_str(&page), want));
        (void)snprintf(want, sizeof(want), "demo_seen_seconds_count %d\n",
                       round * MANY_THREADS * TIMES);
        assert_non_null(strstr(buf_str(&page), want));
        (void)snprintf(want, sizeof(want), "demo_seen_seconds_sum %d\n",
                       round * MANY_THREADS * TIMES / 8 * 17);
        assert_non_null(strstr(buf_str(&page), want));
    }
}

static void bounds_are_canonical(void **state)
{
    static const struct {
        double v;
        const char *text;
    } rows[] = {
        {0,         "0.0"          },
        {1,         "1.0"          },
        {-1,        "-1.0"         },
        {0.0001,    "0.0001"       },
        {0.00001,   "1e-05"        },
        {100000,    "100000.0"     },
        {1e6,       "1e+06"        },
        {1234567.5, "1.2345675e+06"},
        {123456.5,  "123456.5"     },
        {1e10,      "1e+10"        },
        {2.5,       "2.5"          },
        {0.1,       "0.1"          },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char text[NUMBER_MAX];

        size_t n = number_format_canonical(rows[i].v, text);

        assert_string_equal(text, rows[i].text);
        assert_int_equal(n, strlen(text));
    }
}

static void the_process_is_described(void **state)
{
    static const char *const wanted[] = {
        "process_cpu_seconds_total ",
        "process_resident_memory_bytes ",
        "process_virtual_memory_bytes ",
        "process_open_fds ",
        "process_max_fds ",
        "process_threads ",
        "process_start_time_seconds ",
        "demo_build_info{version=\"",
    };
    CLEANUP(metrics_freep)
    struct metrics *m = metrics_new(NULL, 0);
    CLEANUP(buf_clear)
    struct buf page = BUF_INIT(PAGE_MAX);

    (void)state;
    metrics_add_process(m, "demo");
    metrics_expose(m, EXPOSITION_TEXT_0_0_4, &page);
    for (size_t i = 0; i < ARRAY_LEN(wanted); i++)
        if (!strstr(buf_str(&page), wanted[i]))
            fail_msg("%s", wanted[i]);
    assert_null(strstr(buf_str(&page), "NaN"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(both_formats_are_exact),
        cmocka_unit_test(counters_only_go_up),
        cmocka_unit_test(the_format_is_negotiated),
        cmocka_unit_test(ill_formed_text_is_repaired),
        cmocka_unit_test(removed_children_are_gone),
        cmocka_unit_test(children_are_removed_by_any_value),
        cmocka_unit_test(what_is_not_finite_has_words),
        cmocka_unit_test(a_child_is_no_larger_than_it_needs_to_be),
        cmocka_unit_test(a_histogram_is_never_seen_half_written),
        cmocka_unit_test(what_many_threads_count_is_all_there),
        cmocka_unit_test(bounds_are_canonical),
        cmocka_unit_test(the_process_is_described),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
