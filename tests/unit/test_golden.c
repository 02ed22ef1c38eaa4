/* SPDX-License-Identifier: Apache-2.0 */
/* The engine against scikit-learn: models that it exported, every test row, what it says
 * of each. See tests/data/golden/make_golden.py. */
#include "support/test.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/file.h"
#include "engine/model.h"

#define GOLDEN TEST_DATA "/golden/"

static char *read_text(const char *folder, const char *name, const char *suffix)
{
    struct buf text = BUF_INIT(8 << 20);
    struct error err;
    char path[512];

    (void)snprintf(path, sizeof(path), "%s%s%s", folder, name, suffix);
    if (!file_read(path, &text, &err))
        fail_msg("%s", err.msg);
    return buf_take(&text);
}

/* The next comma-separated field, cut out in place; *end_of_line says whether it was the
 * line's last. NULL at the end of the text. */
static char *next_field(char **at, bool *end_of_line)
{
    char *start = *at;
    size_t n = strcspn(start, ",\n");

    if (!*start)
        return NULL;
    *end_of_line = start[n] != ',';
    *at = start + n + (start[n] != '\0');
    start[n] = '\0';
    return start;
}

struct table {
    char *text;
    size_t rows, columns;
    char **fields;
};

static void table_clear(struct table *t)
{
    free(t->fields);
    free(t->text);
}

static struct table table_read(const char *name, const char *suffix)
{
    struct table t = {.text = read_text(GOLDEN, name, suffix)};
    size_t count = 0;
    bool end_of_line;
    char *at = t.text;

    t.fields = mem_alloc(strlen(t.text) / 2 + 1, sizeof(*t.fields));
    for (char *field; (field = next_field(&at, &end_of_line));) {
        t.fields[count++] = field;
        t.rows += end_of_line;
    }
    assert_true(t.rows > 0);
    t.columns = count / t.rows;
    assert_int_equal(t.columns * t.rows, count);
    return t;
}

static struct model *load(const char *name)
{
    CLEANUP(buf_clear)
    struct buf bytes = BUF_INIT(MODEL_FILE_MAX);
    char path[512];
    struct error err;
    struct model *m;

    (void)snprintf(path, sizeof(path), GOLDEN "%s.onnx", name);
    m = file_read(path, &bytes, &err) ? model_parse(buf_str(&bytes), bytes.len, &err)
                                      : NULL;
    if (!m)
        fail_msg("%s: %s", path, err.msg);
    return m;
}

static float *numbers_of(const struct table *t, size_t from_column)
{
    size_t width = t->columns - from_column;
    float *v = mem_alloc(t->rows * width, sizeof(*v));

    for (size_t row = 0; row < t->rows; row++)
        for (size_t i = 0; i < width; i++)
            v[row * width + i] =
                strtof(t->fields[row * t->columns + from_column + i], NULL);
    return v;
}

/* Index of the largest of one row, as numpy's argmax. */
static size_t largest(const float *row, size_t n)
{
    size_t best = 0;

    for (size_t i = 1; i < n; i++)
        if (row[i] > row[best])
            best = i;
    return best;
}

/* What infer gives for all rows together, and for each alone, is the same. */
static void check_one_by_one(const struct model *m, struct model_scratch *s,
                             const float *rows, size_t n, const float *together)
{
    size_t classes = model_classes(m);
    CLEANUP(mem_freep)
    float *alone = mem_alloc(classes, sizeof(*alone));
    size_t best;

    for (size_t row = 0; row < n; row++) {
        model_infer(m, s, rows + row * model_features(m), 1, alone, &best, NULL);
        assert_memory_equal(alone, together + row * classes, classes * sizeof(*alone));
    }
}

static void check_model(const char *name, const char *rows_name, double tolerance)
{
    CLEANUP(table_clear)
    struct table rows = table_read(rows_name, ".csv");
    CLEANUP(table_clear)
    struct table want = table_read(name, ".csv");
    CLEANUP(model_freep)
    struct model *m = load(name);
    CLEANUP(model_scratch_freep)
    struct model_scratch *s = model_scratch_new(m);
    CLEANUP(mem_freep)
    float *in = numbers_of(&rows, 0);
    CLEANUP(mem_freep)
    float *ratios = numbers_of(&want, 1);
    size_t classes = model_classes(m);
    CLEANUP(mem_freep)
    float *got = mem_alloc(rows.rows * classes, sizeof(*got));
    CLEANUP(mem_freep)
    size_t *best = mem_alloc(rows.rows, sizeof(*best));
    CLEANUP(mem_freep)
    size_t *labels = mem_alloc(rows.rows, sizeof(*labels));
    double worst = 0;

    assert_int_equal(model_features(m), rows.columns);
    assert_int_equal(classes, want.columns - 1);
    assert_int_equal(rows.rows, want.rows);
    model_infer(m, s, in, rows.rows, got, best, labels);
    for (size_t row = 0; row < rows.rows; row++) {
        const char *label = want.fields[row * want.columns];

        if (strcmp(model_class_name(m, labels[row]), label) != 0)
            fail_msg("%s, row %zu: label %s, not %s", name, row,
                     model_class_name(m, labels[row]), label);
        if (best[row] != largest(ratios + row * classes, classes))
            fail_msg("%s, row %zu: predicts %zu", name, row, best[row]);
        for (size_t i = 0; i < classes; i++) {
            size_t at = row * classes + i;
            double off = fabs((double)got[at] - (double)ratios[at]);

            if (!(off <= tolerance && got[at] <= 1))
                fail_msg("%s, row %zu, class %zu: %g, not %g", name, row, i,
                         (double)got[at], (double)ratios[at]);
            worst = off > worst ? off : worst;
        }
    }
    check_one_by_one(m, s, in, rows.rows, got);
    print_message("%-20s %3zu rows, probabilities within %.1e\n", name, rows.rows, worst);
}

static void models_of_scikit_learn_give_its_labels_and_probabilities(void **state)
{
    CLEANUP(table_clear)
    struct table index = table_read("index", ".csv");

    (void)state;
    assert_true(index.rows > 20);
    for (size_t row = 1; row < index.rows; row++) {
        char **f = index.fields + row * index.columns;

        check_model(f[0], f[1], strtod(f[2], NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(models_of_scikit_learn_give_its_labels_and_probabilities),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
