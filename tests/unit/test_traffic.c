/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "traffic/deck.h"
#include "traffic/latency.h"
#include "traffic/pattern.h"
#include "traffic/pending.h"
#include "traffic/progress.h"
#include "traffic/rows.h"
#include "traffic/tally.h"

static struct pattern pattern_of(const char *name, double rate, double peak,
                                 double period_s)
{
    struct pattern p;
    struct error err;

    if (!pattern_init(&p, name, rate, peak, period_s, &err))
        fail_msg("%s: %s", name, err.msg);
    return p;
}

static void patterns_have_their_rates(void **state)
{
    static const struct {
        const char *name;
        double t_s, rate, count; /* of rate 40, peak 100, period 60 s */
    } rows[] = {
        {"constant", 0,   40,  0                              },
        {"constant", 7,   40,  280                            },
        {"poisson",  7,   40,  280                            },
        {"ramp",     0,   40,  0                              },
        {"ramp",     30,  70,  (40.0 + 70) / 2 * 30           },
        {"ramp",     60,  100, 70 * 60                        },
        {"ramp",     100, 100, 70 * 60 + 40 * 100             },
        {"spike",    0,   40,  0                              },
        {"spike",    53,  40,  53 * 40                        },
        {"spike",    57,  100, 54 * 40 + 3 * 100              },
        {"spike",    60,  40,  54 * 40 + 6 * 100              },
        {"spike",    119, 100, 2 * (54 * 40 + 600) - 100      },
        {"diurnal",  0,   40,  0                              },
        {"diurnal",  15,  70,  15 * 40 + 30 * (15 - 30 / M_PI)},
        {"diurnal",  30,  100, 30 * 70                        },
        {"diurnal",  60,  40,  60 * 70                        },
        {"diurnal",  600, 40,  600 * 70                       },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct pattern p = pattern_of(rows[i].name, 40, 100, 60);

        if (fabs(pattern_rate(&p, rows[i].t_s) - rows[i].rate) > 1e-9 ||
            fabs(pattern_count(&p, rows[i].t_s) - rows[i].count) > 1e-9)
            fail_msg("%s at %g: rate %.12g, count %.12g", rows[i].name, rows[i].t_s,
                     pattern_rate(&p, rows[i].t_s), pattern_count(&p, rows[i].t_s));
    }
}

/* The count is the integral of the rate, and the time is the count's inverse. */
static void counts_are_integrals_and_times_their_inverse(void **state)
{
    static const double periods_s[] = {0.3, 60, 86400};
    enum { STEPS = 200000 };

    (void)state;
    for (const char *const *name = pattern_names; *name; name++)
        for (size_t i = 0; i < ARRAY_LEN(periods_s); i++) {
            struct pattern p = pattern_of(*name, 3, 50, periods_s[i]);
            double until_s = 2.7 * periods_s[i];
            double step_s = until_s / STEPS;
            double sum = 0;
            double t_s = 0;

            for (int k = 0; k < STEPS; k++)
                sum += pattern_rate(&p, (k + 0.5) * step_s) * step_s;
            if (fabs(sum - pattern_count(&p, until_s)) > 1e-4 * sum)
                fail_msg("%s: %g, not %g", *name, pattern_count(&p, until_s), sum);
            for (int k = 0; k < 700; k++) {
                double before_s = t_s;
                double n = 0.25 + k * 0.75;

                t_s = pattern_time(&p, n, t_s);
                assert_true(t_s > before_s);
                if (fabs(pattern_count(&p, t_s) - n) > 60 * 1e-9 + 1e-12 * n)
                    fail_msg("%s: request %g at %.12g", *name, n, t_s);
            }
        }
}

static void a_spike_lasts_while_nothing_else_is_sent(void **state)
{
    struct schedule s = {.pattern = pattern_of("spike", 0, 10, 100)};

    (void)state;
    for (int i = 1; i <= 1000; i++) { /* 100 in each spike, 90 s of silence before it */
        double t_s = schedule_next(&s);
        double into_s = t_s - floor((t_s - 1e-6) / 100) * 100;

        if (into_s < 90 || t_s > 100 * ceil((double)i / 100) + 1e-6)
            fail_msg("request %d at %.9f", i, t_s);
    }
}

static void what_is_no_pattern_is_refused(void **state)
{
    static const struct {
        const char *name;
        double rate, peak, period_s;
    } rows[] = {
        {"square",   1,  0, 60},
        {"constant", 0,  0, 60},
        {"constant", 0,  5, 60}, /* its peak is not used */
        {"constant", -1, 0, 60},
        {"ramp",     0,  0, 60},
        {"ramp",     1,  2, 0 },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct pattern p;
        struct error err;

        if (pattern_init(&p, rows[i].name, rows[i].rate, rows[i].peak, rows[i].period_s,
                         &err))
            fail_msg("row %zu", i);
    }
}

/* Gaps of a Poisson process: mean and deviation of one, P(gap > x) = exp(-x); the same
 * again from the same seed. */
static void random_arrivals_are_a_poisson_process(void **state)
{
    struct schedule s = {.pattern = pattern_of("poisson", 50, 0, 60), .random = {7}};
    struct schedule again = s;
    struct schedule other = s;
    const int n = 200000;
    double sum = 0;
    double squares = 0;
    int longer[4] = {0};

    (void)state;
    other.random.state = 8;
    for (int i = 0; i < n; i++) {
        double before_s = s.t_s;
        double gap = (schedule_next(&s) - before_s) * 50;

        sum += gap;
        squares += gap * gap;
        for (int k = 0; k < 4; k++)
            longer[k] += gap > k * 0.5;
        assert_true(schedule_next(&again) == s.t_s);
        assert_true(schedule_next(&other) != s.t_s);
    }
    assert_true(fabs(sum / n - 1) < 4 / sqrt(n));
    assert_true(fabs(squares / n - 2) < 0.05);
    for (int k = 0; k < 4; k++)
        assert_true(fabs((double)longer[k] / n - exp(-k * 0.5)) < 0.005);
}

static void random_numbers_are_even_and_within_bounds(void **state)
{
    struct random r = {1};
    int seen[7] = {0};

    (void)state;
    /* The generator's published first outputs for the seed 1234567. */
    assert_true(random_next(&(struct random){1234567}) == 6457827717110365317U);
    for (int i = 0; i < 70000; i++) {
        double u = random_unit(&r);

        assert_true(u >= 0 && u < 1);
        seen[random_below(&r, 7)]++;
    }
    for (int i = 0; i < 7; i++)
        assert_in_range(seen[i], 9600, 10400);
}

static int compare(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a;
    int64_t y = *(const int64_t *)b;

    return (x > y) - (x < y);
}

static void quantiles_are_within_the_promised_error(void **state)
{
    static const double qs[] = {0, 0.01, 0.5, 0.9, 0.95, 0.99, 0.999, 1};
    static struct latency l;
    enum { COUNT = 50000 };
    static int64_t all[COUNT];
    struct random r = {3};

    (void)state;
    for (size_t i = 0; i < COUNT; i++) { /* 1 ns to 10 s, evenly by magnitude */
        all[i] = (int64_t)exp(random_unit(&r) * log(1e10));
        latency_add(&l, all[i]);
    }
    qsort(all, COUNT, sizeof(all[0]), compare);
    for (size_t i = 0; i < ARRAY_LEN(qs); i++) {
        size_t rank = (size_t)fmax(1, ceil(qs[i] * COUNT));
        double exact = (double)all[rank - 1];
        double told = latency_quantile_ns(&l, qs[i]);

        if (fabs(told - exact) > exact / 256)
            fail_msg("q %g: %g, not %g", qs[i], told, exact);
    }
}

static void each_duration_alone_is_within_the_promised_error(void **state)
{
    static struct latency l;

    (void)state;
    assert_true(isnan(latency_quantile_ns(&l, 0.5)));
    for (int bit = 0; bit < LATENCY_MAX_BITS; bit++)
        for (int64_t off = -1; off <= 1; off++) {
            int64_t ns = (INT64_C(1) << bit) + off;

            memset(&l, 0, sizeof(l));
            latency_add(&l, ns);
            if (fabs(latency_quantile_ns(&l, 0.5) - (double)ns) > (double)ns / 256)
                fail_msg("%lld: %g", (long long)ns, latency_quantile_ns(&l, 0.5));
        }
    memset(&l, 0, sizeof(l));
    latency_add(&l, INT64_MAX); /* the last bucket */
    latency_add(&l, -1);        /* the first */
    assert_true(latency_quantile_ns(&l, 1) > 1e12);
    assert_true(latency_quantile_ns(&l, 0) == 0);
}

static void a_window_is_a_difference(void **state)
{
    static struct latency then, now, window;

    (void)state;
    latency_add(&then, 1000000);
    now = then;
    latency_add(&now, 5);
    latency_since(&now, &then, &window);
    assert_int_equal(window.total, 1);
    assert_true(latency_quantile_ns(&window, 1) == 5);
}

static void rows_become_requests(void **state)
{
    static const struct {
        const char *csv, *first_body, *last_body, *last_label;
        size_t count, features;
    } rows[] = {
        {"a,b,label\n1,2.50,x\n",                                        "{\"features\":[1,2.5]}", "{\"features\":[1,2.5]}", "x",
         1,                                                                                                                                                   2},
        {"label,a\r\n0,-1e3\r\n1,0.1",                                   "{\"features\":[-1000]}", "{\"features\":[0.1]}",
         "1",                                                                                                                                              2, 1},
        {"\xef\xbb\xbf"
         "a,label\n\n1,\"two, \"\"words\"\"\nand a line\"\n\n", "{\"features\":[1]}",     "{\"features\":[1]}",     "two, \"words\"\nand a line", 1, 1},
        {"\"a\",\"label\",\"b\"\n\"1\",c,\"2\"\n",                       "{\"features\":[1,2]}",
         "{\"features\":[1,2]}",                                                                                             "c",                          1, 2},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rows r;
        struct error err;

        if (!rows_parse(rows[i].csv, strlen(rows[i].csv), "label", &r, &err))
            fail_msg("row %zu: %s", i, err.msg);
        assert_int_equal(r.count, rows[i].count);
        assert_int_equal(r.features, rows[i].features);
        assert_int_equal(r.items[0].body_len, strlen(rows[i].first_body));
        assert_memory_equal(r.items[0].body, rows[i].first_body, r.items[0].body_len);
        assert_memory_equal(r.items[r.count - 1].body, rows[i].last_body,
                            r.items[r.count - 1].body_len);
        assert_string_equal(r.items[r.count - 1].label, rows[i].last_label);
        rows_clear(&r);
    }
}

static void bad_rows_are_named(void **state)
{
    static const struct {
        const char *csv, *msg;
    } rows[] = {
        {"",                    "is empty"                                                   },
        {"\n\n",                "is empty"                                                   },
        {"a,b\n1,2\n",          "no column is named \"label\""                               },
        {"label\nx\n",          "there is no feature column"                                 },
        {"a,label,label\n",     "two columns are named \"label\""                            },
        {"a,label\n",           "has a header and no rows"                                   },
        {"a,label\n1,x\n1\n",   "line 3: 1 columns instead of 2"                             },
        {"a,label\n1,x,3\n",    "line 2: 3 columns instead of 2"                             },
        {"a,label\n\"\n\",x\n", "line 2, column 1: \"\n\" is no number"                      },
        {"a,b,label\n1,,x\n",   "line 2, column 3: \"\" is no number"                        },
        {"a,label\nNaN,x\n",    "line 2, column 1: \"NaN\" is no number"                     },
        {"a,label\n1,\n",       "line 2: the label is empty"                                 },
        {"a,label\n1,\xff\n",   "line 2: the label is not UTF-8"                             },
        {"a,label\n1,\"x\n",    "line 2, column 3: the quote is never closed"                },
        {"a,label\n1,\"x\"y\n", "line 2: text behind the closing quote of the field that "
                                "starts at column 3 of line 2"},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct rows r;
        struct error err;

        if (rows_parse(rows[i].csv, strlen(rows[i].csv), "label", &r, &err))
            fail_msg("row %zu", i);
        assert_string_equal(err.msg, rows[i].msg);
    }
}

static void durations_are_told_with_three_digits(void **state)
{
    static const struct {
        double ns;
        const char *text;
    } rows[] = {
        {0,         "0 us"    },
        {35400,     "35 us"   },
        {999499,    "999 us"  },
        {999600,    "1.00 ms" },
        {9994000,   "9.99 ms" },
        {9996000,   "10.0 ms" },
        {99960000,  "100 ms"  },
        {999600000, "1.00 s"  },
        {1.2e11,    "120.00 s"},
    };
    char text[LATENCY_TEXT_MAX];

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        assert_string_equal(latency_text(rows[i].ns, text), rows[i].text);
    assert_string_equal(latency_text((double)NAN, text), "-");
}

static void a_deck_deals_each_card_once_a_round(void **state)
{
    enum { CARDS = 20, ROUNDS = 500 };
    struct random r = {9};
    struct deck d;
    int first[CARDS] = {0};

    (void)state;
    deck_init(&d, CARDS);
    for (int round = 0; round < ROUNDS; round++) {
        int seen[CARDS] = {0};

        for (int i = 0; i < CARDS; i++) {
            size_t card = deck_draw(&d, &r);

            assert_true(card < CARDS);
            seen[card]++;
            first[card] += i == 0;
        }
        for (int i = 0; i < CARDS; i++)
            assert_int_equal(seen[i], 1);
    }
    for (int i = 0; i < CARDS; i++) /* five deviations of a binomial distribution */
        assert_in_range(first[i], 1, 25 + 25);
    deck_clear(&d);
}

static void labels_wait_in_a_ring(void **state)
{
    struct pending p = {.items = NULL};
    struct random r = {4};
    int64_t added = 0;
    int64_t taken = 0;

    (void)state;
    assert_true(pending_due_ns(&p) == INT64_MAX);
    while (added < 20000) { /* it grows and shrinks, and wraps around */
        char id[32];

        if (random_below(&r, 100) < 55) {
            (void)snprintf(id, sizeof(id), "id-%lld", (long long)added);
            assert_true(pending_add(&p, added++, id, "x"));
        } else if (taken < added) {
            struct pending_item item;

            assert_true(pending_due_ns(&p) == taken);
            item = pending_take(&p);
            (void)snprintf(id, sizeof(id), "id-%lld", (long long)taken++);
            assert_string_equal(item.id, id);
            free(item.id);
        }
        assert_int_equal(p.count, added - taken);
    }
    while (p.count < PENDING_MAX)
        assert_true(pending_add(&p, added++, "", "x"));
    assert_false(pending_add(&p, added, "", "x"));
    pending_clear(&p);
    assert_int_equal(p.count, 0);
}

static void arms_are_bounded_and_hostile_names_are_others(void **state)
{
    static struct tally t;
    char name[32];

    (void)state;
    assert_string_equal(tally_arm(&t, NULL)->name, "gateway");
    assert_string_equal(tally_arm(&t, "svm")->name, "svm");
    assert_ptr_equal(tally_arm(&t, "svm"), &t.arms[1]);
    assert_string_equal(tally_arm(&t, "\033[2J")->name, "other");
    assert_string_equal(tally_arm(&t, "")->name, "other");
    for (int i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof(name), "arm-%d", i);
        assert_true(tally_arm(&t, name) < t.arms + ARMS_MAX);
    }
    assert_string_equal(tally_arm(&t, "arm-99")->name, "other");
    assert_string_equal(tally_arm(&t, "arm-0")->name, "arm-0");
    assert_true(t.arm_count < ARMS_MAX + 1);
}

static void others_have_a_place_even_if_they_come_last(void **state)
{
    static struct tally t;
    char name[32];

    (void)state;
    for (int i = 0; i < 100; i++) {
        (void)snprintf(name, sizeof(name), "arm-%d", i);
        (void)tally_arm(&t, name);
    }
    assert_int_equal(t.arm_count, ARMS_MAX);
    assert_string_equal(t.arms[ARMS_MAX - 1].name, "other");
    assert_ptr_equal(tally_arm(&t, "one-more"), &t.arms[ARMS_MAX - 1]);
}

static void a_line_is_cut_by_what_is_seen_of_it(void **state)
{
    static const struct {
        const char *line;
        int columns;
        const char *cut;
    } rows[] = {
        {"hello",                              5, "hello"                      },
        {"hello",                              4, "hell"                       },
        {"\033[36m\u2588\u2588\u2588\033[0m!", 2, "\033[36m\u2588\u2588\033[0m"},
        {"a\tb\nc",                            9, "a b c"                      },
        {"a\033[3",                            9, "a\033[3"                    },
        {"abc",                                0, ""                           },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(buf_clear)
        struct buf out = BUF_INIT(100);

        progress_fit(rows[i].line, rows[i].columns, &out);
        assert_string_equal(buf_str(&out), rows[i].cut);
    }
}

static void a_bar_is_cut_by_the_shares(void **state)
{
    static const struct looks plain = {.columns = 80};
    static struct glance g = {
        .arms = {{"svm", 1}, {"logit", 2}, {"none", 0}},
        .arm_count = 3,
        .by_name = {1,          2,            0          }
    };
    CLEANUP(buf_clear)
    struct buf out = BUF_INIT(200);

    (void)state;
    progress_shares(&g, &plain, 9, &out);
    assert_string_equal(buf_str(&out), "######+++  # logit 67%  = none 0%  + svm 33%");
    buf_reset(&out);
    g.arm_count = 0;
    progress_shares(&g, &plain, 9, &out);
    assert_string_equal(buf_str(&out), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(patterns_have_their_rates),
        cmocka_unit_test(counts_are_integrals_and_times_their_inverse),
        cmocka_unit_test(a_spike_lasts_while_nothing_else_is_sent),
        cmocka_unit_test(what_is_no_pattern_is_refused),
        cmocka_unit_test(random_arrivals_are_a_poisson_process),
        cmocka_unit_test(random_numbers_are_even_and_within_bounds),
        cmocka_unit_test(quantiles_are_within_the_promised_error),
        cmocka_unit_test(each_duration_alone_is_within_the_promised_error),
        cmocka_unit_test(a_window_is_a_difference),
        cmocka_unit_test(rows_become_requests),
        cmocka_unit_test(bad_rows_are_named),
        cmocka_unit_test(durations_are_told_with_three_digits),
        cmocka_unit_test(a_deck_deals_each_card_once_a_round),
        cmocka_unit_test(labels_wait_in_a_ring),
        cmocka_unit_test(arms_are_bounded_and_hostile_names_are_others),
        cmocka_unit_test(others_have_a_place_even_if_they_come_last),
        cmocka_unit_test(a_line_is_cut_by_what_is_seen_of_it),
        cmocka_unit_test(a_bar_is_cut_by_the_shares),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
