/* SPDX-License-Identifier: Apache-2.0 */
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csv/csv.h"
#include "engine/model.h"
#include "trainer/dataset.h"
#include "trainer/evaluate.h"
#include "trainer/fit_model.h"
#include "trainer/folds.h"
#include "trainer/lbfgs.h"
#include "trainer/scaler.h"
#include "trainer/sort_keys.h"
#include "trainer/tree_grow.h"

static void records_are_cut_as_rfc_4180_says(void **state)
{
    static const char text[] = "\xef\xbb\xbf"
                               "a,\"b,1\"\r\n"
                               "\n"
                               "\"two\nlines\",\"say \"\"hi\"\"\"\n"
                               ",";
    static const struct {
        const char *first, *second;
        size_t line;
    } rows[] = {
        {"a",          "b,1",        1},
        {"two\nlines", "say \"hi\"", 3},
        {"",           "",           5},
    };
    CLEANUP(csv_clear)
    struct csv c;
    struct error err;

    (void)state;
    csv_init(&c, text, sizeof(text) - 1);
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        assert_int_equal(csv_next(&c, &err), 1);
        assert_int_equal(c.count, 2);
        assert_int_equal(c.record_line, rows[i].line);
        assert_string_equal(csv_field(&c, 0), rows[i].first);
        assert_string_equal(csv_field(&c, 1), rows[i].second);
    }
    assert_int_equal(csv_next(&c, &err), 0);
}

static void bad_data_is_refused_by_line_and_column(void **state)
{
    static const struct {
        const char *text, *says;
    } rows[] = {
        {"",                            "empty"                                   },
        {"a,b\n1,2\n",                  "no column is called \"label\""           },
        {"label\nx\n",                  "line 1: there are no features"           },
        {"a,a,label\n1,2,x\n",          "line 1, column 3: two columns"           },
        {"a,,label\n1,2,x\n",           "line 1, column 3: a column needs a name" },
        {"a,label\n1,x\n2\n",           "line 3: 1 fields, the header has 2"      },
        {"a,label\n1,x\n2,y,z\n",       "line 3: 3 fields, the header has 2"      },
        {"a,b,label\n1,2,x\n1,two,y\n", "line 3, column 3: \"two\" of \"b\" is no"},
        {"a,b,label\n1,,x\n",           "line 2, column 3: \"\" of \"b\" is no"   },
        {"a,label\nnan,x\n1,y\n",       "line 2, column 1: \"nan\""               },
        {"a,label\n1e39,x\n1,y\n",      "line 2, column 1: \"1e39\""              },
        {"a,label\n1,\n",               "line 2, column 3: a class is a text"     },
        {"a,label\n\"1,x\n",            "line 2, column 1: the quote is never"    },
        {"a,label\n\"1\"2,x\n",         "line 2: text behind the closing quote"   },
        {"a,label\n1\"2,x\n",           "line 2, column 2: a quote inside"        },
        {"a,label\n1,x\n2,x\n",         "2 rows of 1 classes"                     },
        {"a,label\n1,\xff\n",           "line 2, column 3: a class is a text"     },
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct error err = {0};
        CLEANUP(dataset_freep)
        struct dataset *d =
            dataset_parse(rows[i].text, strlen(rows[i].text), "label", &err);

        if (d || !strstr(err.msg, rows[i].says))
            fail_msg("row %zu: \"%s\" does not say: %s", i, err.msg, rows[i].says);
    }
}

static struct dataset *parse(const char *text)
{
    struct error err;
    struct dataset *d = dataset_parse(text, strlen(text), "label", &err);

    if (!d)
        fail_msg("%s", err.msg);
    return d;
}

static void classes_are_ordered_by_value_or_as_text(void **state)
{
    static const struct {
        const char *text;
        const char *names[3];
        bool ints;
        uint32_t y[3];
    } rows[] = {
        {"label,a\n10,1\n9,1\n-1,1\n", {"-1", "9", "10"}, true,  {2, 1, 0}},
        {"label,a\n10,1\n9,1\nx,1\n",  {"10", "9", "x"},  false, {0, 1, 2}},
        {"label,a\n07,1\n9,1\n1,1\n",  {"07", "1", "9"},  false, {0, 2, 1}},
        {"label,a\nb,1\nB,1\na b,1\n", {"B", "a b", "b"}, false, {2, 0, 1}},
    };

    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        CLEANUP(dataset_freep)
        struct dataset *d = parse(rows[i].text);

        assert_int_equal(d->classes, 3);
        assert_true((d->class_ints != NULL) == rows[i].ints);
        for (size_t c = 0; c < 3; c++)
            assert_string_equal(d->class_names[c], rows[i].names[c]);
        assert_memory_equal(d->y, rows[i].y, sizeof(rows[i].y));
    }
}

static void folds_give_every_class_its_share(void **state)
{
    enum { ROWS = 103, CLASSES = 3, FOLDS = 5 };
    struct random random = random_stream(1, 2);
    size_t counts[FOLDS][CLASSES] = {{0}};
    size_t sizes[FOLDS] = {0};
    uint32_t y[ROWS];
    uint32_t fold[ROWS];

    (void)state;
    for (size_t i = 0; i < ROWS; i++)
        y[i] = i < 50 ? 0 : i < 92 ? 1 : 2;
    folds_deal(y, ROWS, CLASSES, FOLDS, &random, fold);
    for (size_t i = 0; i < ROWS; i++) {
        assert_true(fold[i] < FOLDS);
        counts[fold[i]][y[i]]++;
        sizes[fold[i]]++;
    }
    for (size_t k = 0; k < FOLDS; k++) {
        assert_int_equal(counts[k][0], 10);
        assert_in_range(counts[k][1], 8, 9);
        assert_in_range(counts[k][2], 2, 3);
        assert_in_range(sizes[k], 20, 21);
    }
}

static void a_holdout_leaves_a_row_of_each_class(void **state)
{
    static const uint32_t y[] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2};
    struct random random = random_stream(1, 2);
    size_t out[3] = {0};
    bool held[13];

    (void)state;
    folds_hold_out(y, 13, 3, 0.9, &random, held);
    for (size_t i = 0; i < 13; i++)
        out[y[i]] += held[i];
    assert_int_equal(out[0], 9);
    assert_int_equal(out[1], 1);
    assert_int_equal(out[2], 0);
}

static void random_numbers_below_n_are_evenly_spread(void **state)
{
    struct random random = random_stream(42, 0);
    struct random other = random_stream(42, 1);
    size_t counts[7] = {0};
    size_t same = 0;

    (void)state;
    for (size_t i = 0; i < 70000; i++)
        counts[random_below(&random, 7)]++;
    for (size_t i = 0; i < 7; i++)
        assert_in_range(counts[i], 9600, 10400); /* four standard deviations */
    for (size_t i = 0; i < 1000; i++)
        same += random_below(&random, 1000) == random_below(&other, 1000);
    assert_in_range(same, 0, 10);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a;
    uint64_t y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static void keys_are_sorted_as_qsort_does(void **state)
{
    struct random random = random_stream(3, 0);
    uint64_t ours[300];
    uint64_t theirs[300];

    (void)state;
    for (size_t round = 0; round < 600; round++) {
        size_t n = round / 2 + 1;
        uint64_t kinds = round % 2 ? 5 : UINT64_MAX; /* many equal, or hardly any */

        for (size_t i = 0; i < n; i++)
            ours[i] = theirs[i] = random_next(&random) % kinds;
        sort_keys(ours, n);
        qsort(theirs, n, sizeof(*theirs), compare);
        assert_memory_equal(ours, theirs, n * sizeof(*ours));
    }
}

/* A narrow bowl: curvatures from 1 to 1000, the minimum at (1, 2, 3, ...). */
static double bowl(void *arg, const double *x, double *gradient)
{
    size_t n = *(size_t *)arg;
    double value = 0;

    for (size_t i = 0; i < n; i++) {
        double curvature = pow(10, 3 * (double)i / (double)(n - 1));
        double off = x[i] - (double)(i + 1);

        value += curvature * off * off / 2;
        gradient[i] = curvature * off;
    }
    return value;
}

static void lbfgs_finds_the_bottom_of_a_bowl(void **state)
{
    double x[20] = {0};
    size_t n = 20;
    struct lbfgs_outcome out = lbfgs_minimise(bowl, &n, x, n, 1e-8, 500);

    (void)state;
    assert_true(out.converged);
    assert_in_range(out.iterations, 2, 300);
    for (size_t i = 0; i < n; i++)
        assert_true(fabs(x[i] - (double)(i + 1)) < 1e-7);
}

static void scaling_gives_mean_zero_and_variance_one(void **state)
{
    static const float x[] = {1, 5, 2, 5, 3, 5, 4, 5};
    static const uint32_t y[] = {0, 0, 1, 1};
    struct sample s = {4, 2, 2, x, y};
    CLEANUP(scaling_clear)
    struct scaling scaling = scaling_measure(&s);
    CLEANUP(mem_freep)
    double *out = scaling_apply(&scaling, &s);

    (void)state;
    assert_true(fabs(out[0] + out[2] + out[4] + out[6]) < 1e-6);
    assert_true(fabs(out[0] * out[0] + out[2] * out[2] - 2) < 1e-6);
    assert_true(out[1] == 0 && scaling.scale[1] == 1); /* constant: only shifted */
}

static void a_tree_separates_what_can_be_separated(void **state)
{
    static const float x[] = {0, 0, 0, 1, 1, 0, 1, 1}; /* exclusive or */
    static const uint32_t y[] = {0, 1, 1, 0};
    struct sample s = {4, 2, 2, x, y};
    struct tree_rules rules = {.features = 2};
    struct random random = random_stream(1, 1);
    CLEANUP(grown_tree_clear)
    struct grown_tree tree = {0};
    size_t order[] = {0, 1, 2, 3};

    (void)state;
    tree_grow(&s, &rules, order, 4, &random, &tree);
    assert_int_equal(tree.count, 7);
    for (size_t row = 0; row < 4; row++) {
        size_t at = 0;

        while (!tree.nodes[at].leaf)
            at = x[row * 2 + tree.nodes[at].feature] <= tree.nodes[at].threshold
                     ? tree.nodes[at].below
                     : tree.nodes[at].above;
        assert_int_equal(tree.counts[tree.nodes[at].counts + y[row]], 1);
    }
    rules.depth = 1;
    tree_grow(&s, &rules, order, 4, &random, &tree);
    assert_int_equal(tree.count, 3);
}

/* Two clouds in two features, and a third feature that says nothing. */
static struct dataset *clouds(void)
{
    struct random random = random_stream(9, 0);
    CLEANUP(buf_clear)
    struct buf text = BUF_INIT(1 << 16);

    buf_puts(&text, "a,b,noise,label\n");
    for (size_t i = 0; i < 120; i++) {
        size_t side = i % 2 ? 60 : 0;

        buf_printf(&text, "%zu,%zu,%zu,%s\n", side + random_below(&random, 80),
                   100 - side + random_below(&random, 80), random_below(&random, 1000),
                   side ? "high" : "low");
    }
    return parse(buf_str(&text));
}

static const struct fit_options OPTIONS = {.seed = 5, .c = 1, .scale = true, .trees = 20};
static const char *const KINDS[] = {"lr", "svm", "rf"};

static void every_kind_learns_and_says_the_same_again(void **state)
{
    CLEANUP(dataset_freep)
    struct dataset *d = clouds();

    (void)state;
    for (size_t k = 0; k < ARRAY_LEN(KINDS); k++) {
        const struct fit_kind *kind = fit_find(KINDS[k]);
        struct evaluation first;
        struct evaluation again;
        struct error err;

        assert_non_null(kind);
        if (!evaluate(d, kind, &OPTIONS, 5, &first, &err) ||
            !evaluate(d, kind, &OPTIONS, 5, &again, &err))
            fail_msg("%s: %s", KINDS[k], err.msg);
        if (!(first.mean > 0.85 && first.mean <= 1))
            fail_msg("%s: accuracy %g", KINDS[k], first.mean);
        assert_int_equal(first.folds, 5);
        assert_true(first.spread >= 0 && first.spread < 0.2);
        if (strcmp(KINDS[k], "svm") != 0) /* libsvm's rand() has moved on */
            assert_memory_equal(first.accuracy, again.accuracy, 5 * sizeof(double));
    }
}

static void fit(const struct dataset *d, const char *kind, const struct fit_options *o,
                struct buf *out)
{
    struct sample all = dataset_sample(d);
    struct error err;

    if (!fit_model(&all, d, fit_find(kind), o, NULL, 0, out, &err))
        fail_msg("%s: %s", kind, err.msg);
}

static void a_seed_decides_the_forest(void **state)
{
    CLEANUP(dataset_freep)
    struct dataset *d = clouds();
    CLEANUP(buf_clear)
    struct buf first = BUF_INIT(0);
    CLEANUP(buf_clear)
    struct buf again = BUF_INIT(0);
    CLEANUP(buf_clear)
    struct buf other = BUF_INIT(0);
    struct fit_options o = OPTIONS;

    (void)state;
    fit(d, "rf", &o, &first);
    fit(d, "rf", &o, &again);
    o.seed++;
    fit(d, "rf", &o, &other);
    assert_int_equal(first.len, again.len);
    assert_memory_equal(first.data, again.data, first.len);
    assert_true(first.len != other.len || memcmp(first.data, other.data, first.len) != 0);
}

/* At the minimum the mean probability of each class is its share of the rows: the
 * gradient of the intercepts, which nothing penalises, is zero. */
static void logistic_regression_reaches_its_minimum(void **state)
{
    CLEANUP(dataset_freep)
    struct dataset *d = clouds();
    CLEANUP(buf_clear)
    struct buf bytes = BUF_INIT(0);
    CLEANUP(model_freep)
    struct model *m = NULL;
    CLEANUP(model_scratch_freep)
    struct model_scratch *s = NULL;
    struct error err;
    float ratios[120 * 2];
    size_t best[120];
    double sum = 0;

    (void)state;
    fit(d, "lr", &OPTIONS, &bytes);
    m = model_parse(bytes.data, bytes.len, &err);
    assert_non_null(m);
    s = model_scratch_new(m);
    model_infer(m, s, d->x, d->rows, ratios, best, NULL);
    for (size_t i = 0; i < d->rows; i++)
        sum += (double)ratios[2 * i];
    assert_true(fabs(sum - 60) < 1e-3);
    assert_string_equal(model_class_name(m, 0), "high");
}

static void too_many_folds_are_refused(void **state)
{
    CLEANUP(dataset_freep)
    struct dataset *d = parse("a,label\n1,x\n2,x\n3,x\n4,y\n5,y\n");
    struct evaluation e;
    struct error err;

    (void)state;
    assert_false(evaluate(d, fit_find("lr"), &OPTIONS, 3, &e, &err));
    assert_non_null(strstr(err.msg, "class \"y\" has 2 rows"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(records_are_cut_as_rfc_4180_says),
        cmocka_unit_test(bad_data_is_refused_by_line_and_column),
        cmocka_unit_test(classes_are_ordered_by_value_or_as_text),
        cmocka_unit_test(folds_give_every_class_its_share),
        cmocka_unit_test(a_holdout_leaves_a_row_of_each_class),
        cmocka_unit_test(random_numbers_below_n_are_evenly_spread),
        cmocka_unit_test(keys_are_sorted_as_qsort_does),
        cmocka_unit_test(lbfgs_finds_the_bottom_of_a_bowl),
        cmocka_unit_test(scaling_gives_mean_zero_and_variance_one),
        cmocka_unit_test(a_tree_separates_what_can_be_separated),
        cmocka_unit_test(every_kind_learns_and_says_the_same_again),
        cmocka_unit_test(a_seed_decides_the_forest),
        cmocka_unit_test(logistic_regression_reaches_its_minimum),
        cmocka_unit_test(too_many_folds_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
