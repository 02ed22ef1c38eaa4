/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "metrics/exposition.h"
#include "support/test.h"

enum { PAGE_MAX = 1024 * 1024, CHARACTERS = 128 };

static const double bounds[] = {0.1, 1};

/* clang-format off */
static const struct metric_desc requests = {
    .name = "demo_requests", .type = METRIC_COUNTER, .help = "Requests.",
    .labels = {"code"}, .exemplar = {"trace_id"}};
static const struct metric_desc duration = {
    .name = "demo_duration_seconds", .type = METRIC_HISTOGRAM, .unit = "seconds",
    .help = "Duration.", .buckets = bounds, .bucket_count = ARRAY_LEN(bounds),
    .exemplar = {"trace_id", "span_id"}};
/* clang-format on */

static struct counter *ok_requests(struct metrics *m)
{
    return metrics_counter(m, &requests, (const char *const[]){"200"});
}

/* The page without its metadata. */
static void samples(struct metrics *m, enum exposition e, struct buf *out)
{
    CLEANUP(buf_clear)
    struct buf page = BUF_INIT(PAGE_MAX);

    buf_reset(out);
    metrics_expose(m, e, &page);
    for (const char *line = buf_str(&page); *line;) {
        size_t n = strcspn(line, "\n") + 1;

        if (*line != '#')
            buf_add(out, line, n);
        line += n;
    }
}

static void they_stand_in_openmetrics_only(void **state)
{
    static const char *const pages[] = {
        [EXPOSITION_OPENMETRICS_1_0] =
            "demo_requests_total{code=\"200\"} 3.5 # {trace_id=\"a\\\"b\"} 2.5 "
            "1790000000.25\n"
            "demo_duration_seconds_bucket{le=\"0.1\"} 1\n"
            "demo_duration_seconds_bucket{le=\"1.0\"} 2 # {trace_id=\"t\",span_id=\"s\"} "
            "0.5\n"
            "demo_duration_seconds_bucket{le=\"+Inf\"} 3 # {span_id=\"s\"} 7 1790000001\n"
            "demo_duration_seconds_sum 7.55\n"
            "demo_duration_seconds_count 3\n",
        [EXPOSITION_TEXT_0_0_4] = "demo_requests_total{code=\"200\"} 3.5\n"
                                  "demo_duration_seconds_bucket{le=\"0.1\"} 1\n"
                                  "demo_duration_seconds_bucket{le=\"1.0\"} 2\n"
                                  "demo_duration_seconds_bucket{le=\"+Inf\"} 3\n"
                                  "demo_duration_seconds_sum 7.55\n"
                                  "demo_duration_seconds_count 3\n",
    };
    CLEANUP(metrics_freep)
    struct metrics *m = metrics_new(NULL, 0);
    CLEANUP(buf_clear)
    struct buf page = BUF_INIT(PAGE_MAX);
    struct histogram *h;

    (void)state;
    counter_inc(ok_requests(m));
    counter_add_exemplar(ok_requests(m), 2.5, (const char *const[]){"a\"b"},
                         1790000000250);
    h = metrics_histogram(m, &duration, NULL);
    histogram_observe(h, 0.05);
    histogram_observe_exemplar(h, 0.5, (const char *const[]){"t", "s"}, 0);
    histogram_observe_exemplar(h, 7, (const char *const[]){NULL, "s"}, 1790000001000);
    for (int twice = 0; twice < 2; twice++)
        for (size_t e = 0; e < EXPOSITION_COUNT; e++) {
            samples(m, (enum exposition)e, &page);
            assert_string_equal(buf_str(&page), pages[e]);
        }
}

static void what_openmetrics_forbids_is_left_out_and_counted(void **state)
{
    static const struct {
        const char *what, *unit; /* repeated `times` times */
        size_t times;
        bool shown;
    } rows[] = {
        {"short",              "x",                1,              true },
        {"128 characters",     "x",                CHARACTERS - 8, true },
        {"129 characters",     "x",                CHARACTERS - 7, false},
        {"128 of two bytes",   "\xC3\xA4",         CHARACTERS - 8, true },
        {"129 of two bytes",   "\xC3\xA4",         CHARACTERS - 7, false},
        {"128 of four bytes",  "\xF0\x9F\x8E\xB0", CHARACTERS - 8, true },
        {"far too long",       "x",                10000,          false},
        {"ill-formed",         "x\xFF",            3,              false},
        {"to be escaped, 128", "\"",               CHARACTERS - 8, true },
        {"nothing",            "",                 0,              true },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(metrics_freep)
        struct metrics *m = metrics_new(NULL, 0);
        CLEANUP(buf_clear)
        struct buf page = BUF_INIT(PAGE_MAX), value = BUF_INIT(PAGE_MAX);
        const char *text;

        for (size_t k = 0; k < rows[i].times; k++)
            buf_puts(&value, rows[i].unit);
        text = buf_str(&value);
        counter_add_exemplar(ok_requests(m), 1, &text, 0);
        samples(m, EXPOSITION_OPENMETRICS_1_0, &page);
        buf_clear(&value);
        assert_true(counter_value(ok_requests(m)) == 1);
        if ((strstr(buf_str(&page), " # {") != NULL) != rows[i].shown)
            fail_msg("%s: %s", rows[i].what, buf_str(&page));
    }
}

static void one_with_a_time_stays_for_a_second(void **state)
{
    static const struct {
        const char *trace;
        int64_t wall_ms;
        const char *shown;
    } rows[] = {
        {"first",        5000, "first"     },
        {"too soon",     5999, "first"     },
        {"due",          6000, "due"       },
        {"out of order", 5500, "due"       },
        {"set back",     1000, "set back"  },
        {"no time",      0,    "no time"   },
        {"after that",   1001, "after that"},
    };
    CLEANUP(metrics_freep)
    struct metrics *m = metrics_new(NULL, 0);
    CLEANUP(buf_clear)
    struct buf page = BUF_INIT(PAGE_MAX);

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        counter_add_exemplar(ok_requests(m), 1, &rows[i].trace, rows[i].wall_ms);
        samples(m, EXPOSITION_OPENMETRICS_1_0, &page);
        if (!strstr(buf_str(&page), rows[i].shown))
            fail_msg("%s: %s", rows[i].trace, buf_str(&page));
    }
}

static void what_does_not_count_leaves_none(void **state)
{
    static const char *const trace[] = {"t", "s"};
    CLEANUP(metrics_freep)
    struct metrics *m = metrics_new(NULL, 0);
    CLEANUP(buf_clear)
    struct buf page = BUF_INIT(PAGE_MAX);

    (void)state;
    counter_add_exemplar(ok_requests(m), -1, trace, 0);
    counter_add_exemplar(ok_requests(m), (double)NAN, trace, 0);
    histogram_observe_exemplar(metrics_histogram(m, &duration, NULL), (double)NAN, trace,
                               0);
    samples(m, EXPOSITION_OPENMETRICS_1_0, &page);
    assert_null(strstr(buf_str(&page), "#"));
}

/* Whoever writes, trace and value belong together. */
struct writer {
    struct counter *c;
    char trace[64];
    double value;
    _Atomic int *running;
};

static void *write_many(void *arg)
{
    const struct writer *w = arg;
    const char *trace = w->trace;

    for (int i = 0; i < 20000; i++)
        counter_add_exemplar(w->c, w->value, &trace, 0);
    (*w->running)--;
    return NULL;
}

static void none_is_seen_half_written(void **state)
{
    enum { WRITERS = 3 };
    CLEANUP(metrics_freep)
    struct metrics *m = metrics_new(NULL, 0);
    CLEANUP(buf_clear)
    struct buf page = BUF_INIT(PAGE_MAX);
    _Atomic int running = WRITERS;
    struct writer writers[WRITERS];
    pthread_t threads[WRITERS];
    size_t seen = 0;

    (void)state;
    for (size_t i = 0; i < WRITERS; i++) {
        writers[i] = (struct writer){.c = ok_requests(m), .value = (double)i + 1};
        writers[i].running = &running;
        memset(writers[i].trace, (int)('1' + i), 16 * (i + 1));
        assert_int_equal(pthread_create(&threads[i], NULL, write_many, &writers[i]), 0);
    }
    for (bool more = true; more;) {
        const char *at;

        more = running > 0;
        samples(m, EXPOSITION_OPENMETRICS_1_0, &page);
        at = strstr(buf_str(&page), "{trace_id=\"");
        if (!at)
            continue;
        at += strlen("{trace_id=\"");
        seen++;
        size_t who = (size_t)(*at - '1');
        size_t n = strspn(at, (const char[]){*at, '\0'});

        assert_in_range(who, 0, WRITERS - 1);
        assert_int_equal(n, strlen(writers[who].trace));
        assert_true(strtod(at + n + strlen("\"} "), NULL) == writers[who].value);
    }
    for (size_t i = 0; i < WRITERS; i++)
        (void)pthread_join(threads[i], NULL);
    assert_true(seen > 0);
    assert_true(counter_value(ok_requests(m)) == 20000 * (1 + 2 + 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_stand_in_openmetrics_only),
        cmocka_unit_test(what_openmetrics_forbids_is_left_out_and_counted),
        cmocka_unit_test(one_with_a_time_stays_for_a_second),
        cmocka_unit_test(what_does_not_count_leaves_none),
        cmocka_unit_test(none_is_seen_half_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
