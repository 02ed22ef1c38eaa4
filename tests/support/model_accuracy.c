/* SPDX-License-Identifier: Apache-2.0 */
/* model_accuracy MODEL.onnx ROWS.csv: the share of rows whose class the model predicts.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "trainer/dataset.h"
#include "trainer/evaluate.h"

static bool measure(const char *path, const char *data, double *share, struct error *err)
{
    CLEANUP(buf_clear)
    struct buf bytes = BUF_INIT(MODEL_FILE_MAX);
    CLEANUP(model_freep)
    struct model *m = file_read(path, &bytes, err)
                          ? model_parse(buf_str(&bytes), bytes.len, err)
                          : NULL;
    CLEANUP(dataset_freep)
    struct dataset *d = m ? dataset_read(data, "label", err) : NULL;
    CLEANUP(mem_freep)
    size_t *best = NULL;
    size_t right = 0;

    if (!d)
        return false;
    if (model_features(m) != d->width)
        return error_set(err, ERR_INVALID,
                         "the model takes %zu features, the rows have %zu",
                         model_features(m), d->width);
    best = evaluate_classes(m, d->x, d->rows);
    for (size_t i = 0; i < d->rows; i++)
        right += !strcmp(model_class_name(m, best[i]), d->class_names[d->y[i]]);
    *share = (double)right / (double)d->rows;
    return true;
}

int main(int argc, char **argv)
{
    struct error err;
    double share = 0;

    if (argc != 3) {
        (void)fprintf(stderr, "usage: model_accuracy MODEL.onnx ROWS.csv\n");
        return 2;
    }
    if (!measure(argv[1], argv[2], &share, &err)) {
        (void)fprintf(stderr, "model_accuracy: %s\n", err.msg);
        return 1;
    }
    printf("%.6f\n", share);
    return 0;
}
