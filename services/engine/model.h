/* SPDX-License-Identifier: Apache-2.0 */
/* model.h - an ONNX model: load, describe, infer.
 *
 * A loaded model is immutable and may be used from many threads; each brings its own
 * scratch. A file is hostile input: whatever it holds, loading ends in a model that is
 * safe to run or in one clear error. An operator that the engine lacks is an error at
 * load that names it; a model is never half-run.
 */
#ifndef ENGINE_MODEL_H
#define ENGINE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "base/mem.h"

struct model;
struct model_scratch; /* memory of one thread, for one model */

enum { MODEL_FILE_MAX = 128 << 20 }; /* bytes of a file worth reading */

struct model *model_parse(const void *bytes, size_t n, struct error *err);
void model_free(struct model *m);
DEFINE_FREEP(struct model *, model_free)

size_t model_features(const struct model *m); /* width of a row */
size_t model_classes(const struct model *m);
/* The class's text: a string label as it is, an integer label in decimal, or the name
 * that the metadata gives it. */
const char *model_class_name(const struct model *m, size_t i);
/* The label itself: an integer label's value, else the index. */
int64_t model_class_label(const struct model *m, size_t i);
const char *model_feature_name(const struct model *m, size_t i); /* "f0" when unnamed */
const char *model_kind(const struct model *m); /* such as "TreeEnsembleClassifier" */
/* A metadata_props value by key, or NULL. */
const char *model_metadata(const struct model *m, const char *key);

struct model_scratch *model_scratch_new(const struct model *m);
void model_scratch_free(struct model_scratch *s);
DEFINE_FREEP(struct model_scratch *, model_scratch_free)

/* rows x model_features() finite numbers in, rows x model_classes() probabilities and
 * rows indices of the predicted class out (the largest probability; of equals the first).
 * label_out, when not NULL, is what the model's own label output says, as an index. */
void model_infer(const struct model *m, struct model_scratch *s, const float *rows,
                 size_t row_count, float *probabilities, size_t *predicted,
                 size_t *label_out);

#endif
