/* SPDX-License-Identifier: Apache-2.0 */
/* A model file is hostile input: loading ends in an error, or in a model that is safe to
 * run on any row and predicts classes that it has. */
#include <assert.h>
#include <math.h>
#include <stdint.h>
#include <string.h>

#include "base/mem.h"
#include "base/text.h"
#include "engine/model.h"

enum { ROWS = 5, FEATURES_MAX = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_names(const struct model *m)
{
    for (size_t i = 0; i < model_classes(m); i++) {
        assert(text_is_utf8(model_class_name(m, i), strlen(model_class_name(m, i))));
        (void)model_class_label(m, i);
    }
    for (size_t i = 0; i < model_features(m); i++)
        assert(model_feature_name(m, i)[0]);
}

static void check_rows(const struct model *m)
{
    static const float values[] = {0, 1, -1, 5.5F, 1e30F, -1e30F, 1e-30F};
    size_t width = model_features(m);
    size_t classes = model_classes(m);
    CLEANUP(model_scratch_freep)
    struct model_scratch *s = model_scratch_new(m);
    CLEANUP(mem_freep)
    float *rows = mem_alloc(ROWS * width, sizeof(*rows));
    CLEANUP(mem_freep)
    float *ratios = mem_alloc(ROWS * classes, sizeof(*ratios));
    size_t best[ROWS];
    size_t labels[ROWS];

    for (size_t i = 0; i < ROWS * width; i++)
        rows[i] = values[i % ARRAY_LEN(values)];
    model_infer(m, s, rows, ROWS, ratios, best, labels);
    for (size_t i = 0; i < ROWS; i++)
        assert(best[i] < classes && labels[i] < classes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct error err = {0};
    CLEANUP(model_freep)
    struct model *m = model_parse(data, size, &err);

    if (!m) {
        assert(err.msg[0]);
        return 0;
    }
    check_names(m);
    if (model_features(m) <= FEATURES_MAX && model_classes(m) <= FEATURES_MAX)
        check_rows(m);
    return 0;
}
