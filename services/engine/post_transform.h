/* SPDX-License-Identifier: Apache-2.0 */
/* post_transform.h - from the scores of a classifier to its probabilities.
 *
 * The four names are those of ai.onnx.ml. PROBIT, which no converter writes, is refused.
 */
#ifndef ENGINE_POST_TRANSFORM_H
#define ENGINE_POST_TRANSFORM_H

#include <stddef.h>
#include <stdint.h>

#include "engine/build.h"

enum post_transform {
    POST_NONE,
    POST_SOFTMAX,
    POST_LOGISTIC,
    POST_SOFTMAX_ZERO, /* zero stays zero */
};

bool post_transform_attr(const struct build *b, enum post_transform *out);

void post_transform_row(enum post_transform how, float *row, size_t n);
void softmax_row(float *row, size_t n);
float logistic(float x);

/* Index of the largest; of equals the first. */
int32_t argmax_row(const float *row, size_t n);

#endif
