/* SPDX-License-Identifier: Apache-2.0 */
/* LinearClassifier: a score per class, with a Scaler before it taken into the same loop.
 *
 * The weights are kept feature by feature, the classes side by side and padded, so that
 * the inner loop runs over adjacent floats without a remainder.
 */
#include <string.h>

#include "engine/build.h"
#include "engine/ops.h"
#include "engine/post_transform.h"

enum { LANES = 4, SMALL = 16 }; /* up to SMALL scores fit registers */

struct linear {
    size_t in, label, out;
    size_t features, classes;
    size_t scores, stride; /* stride: scores, padded to LANES */
    const float *weights;  /* [features][stride] */
    const float *bias;     /* [stride] */
    const struct scaler *scaler;
    enum post_transform post;
};

static inline void add_feature(float *acc, float x, const float *w, size_t stride)
{
    for (size_t i = 0; i < stride; i += LANES)
        for (size_t lane = 0; lane < LANES; lane++)
            acc[i + lane] += x * w[i + lane];
}

static inline void scores_of(const struct linear *l, const float *row, float *acc,
                             size_t stride)
{
    const float *w = l->weights;
    const struct scaler *s = l->scaler;

    memcpy(acc, l->bias, stride * sizeof(*acc));
    if (s)
        for (size_t i = 0; i < l->features; i++, w += stride)
            add_feature(acc, (row[i] - s->offset[i]) * s->scale[i], w, stride);
    else
        for (size_t i = 0; i < l->features; i++, w += stride)
            add_feature(acc, row[i], w, stride);
}

/* One score for two classes is that of the second. */
static void finish(const struct linear *l, const float *acc, float *out, int32_t *label)
{
    if (l->scores == 1) {
        out[0] = logistic(-acc[0]);
        out[1] = logistic(acc[0]);
        *label = acc[0] > 0;
        return;
    }
    memcpy(out, acc, l->scores * sizeof(*out));
    *label = argmax_row(out, l->scores);
    post_transform_row(l->post, out, l->scores);
}

/* The sizes that matter are compiled for, so that the sums stay in registers. */
#define LINEAR_RUN(name, STRIDE)                                   \
    static void name(const void *op, const struct frame *f)        \
    {                                                              \
        const struct linear *l = op;                               \
        const float *row = frame_numbers(f, l->in);                \
        float *out = frame_numbers(f, l->out);                     \
        int32_t *label = frame_classes(f, l->label);               \
                                                                   \
        for (size_t i = 0; i < f->rows; i++, row += l->features) { \
            float acc[STRIDE];                                     \
                                                                   \
            scores_of(l, row, acc, STRIDE);                        \
            finish(l, acc, out + i * l->classes, &label[i]);       \
        }                                                          \
    }
LINEAR_RUN(linear_run_4, 4)
LINEAR_RUN(linear_run_8, 8)
LINEAR_RUN(linear_run_12, 12)
LINEAR_RUN(linear_run_16, 16)

struct linear_wide {
    struct linear linear;
    size_t sums; /* a slot for them */
};

static void linear_run_wide(const void *op, const struct frame *f)
{
    const struct linear_wide *wide = op;
    const struct linear *l = &wide->linear;
    const float *row = frame_numbers(f, l->in);
    float *acc = frame_numbers(f, wide->sums);
    float *out = frame_numbers(f, l->out);
    int32_t *label = frame_classes(f, l->label);

    for (size_t i = 0; i < f->rows; i++, row += l->features) {
        scores_of(l, row, acc, l->stride);
        finish(l, acc, out + i * l->classes, &label[i]);
    }
}

static step_fn *const RUNS[] = {linear_run_4, linear_run_8, linear_run_12, linear_run_16};

/* [scores][features] of the file to [features][stride]. */
static bool arrange(const struct build *b, struct linear *l, struct build_floats coefs,
                    struct build_floats intercepts)
{
    float *weights;
    float *bias;

    l->stride = (l->scores + LANES - 1) / LANES * LANES;
    weights = build_alloc(b, l->features * l->stride, sizeof(*weights));
    bias = build_alloc(b, l->stride, sizeof(*bias));
    if (!weights || !bias)
        return false;
    for (size_t s = 0; s < l->scores; s++) {
        bias[s] = intercepts.n ? intercepts.v[s] : 0;
        for (size_t i = 0; i < l->features; i++)
            weights[i * l->stride + s] = coefs.v[s * l->features + i];
    }
    l->weights = weights;
    l->bias = bias;
    return true;
}

static bool read_attributes(struct build *b, struct linear *l, struct labels *labels)
{
    struct build_floats coefs, intercepts;

    if (!attr_labels(b, "classlabels_ints", "classlabels_strings", labels) ||
        !attr_floats(b, "coefficients", &coefs) ||
        !attr_floats(b, "intercepts", &intercepts) || !post_transform_attr(b, &l->post))
        return false;
    l->classes = labels->count;
    l->scores = coefs.n / l->features;
    if (!l->scores || coefs.n % l->features ||
        (intercepts.n && intercepts.n != l->scores))
        return build_refuse(b, "%zu coefficients and %zu intercepts for %zu features",
                            coefs.n, intercepts.n, l->features);
    if (l->scores != l->classes &&
        !(l->scores == 1 && l->classes == 2 && l->post == POST_LOGISTIC))
        return build_refuse(b, "%zu scores for %zu classes", l->scores, l->classes);
    return arrange(b, l, coefs, intercepts);
}

bool op_linear_classifier(struct build *b)
{
    struct linear_wide *wide = build_alloc(b, 1, sizeof(*wide));
    struct linear *l = &wide->linear;
    struct value *label, *out;
    struct labels labels;

    if (!wide || !build_scaled(b, 0, &l->in, &l->features, &l->scaler) ||
        !read_attributes(b, l, &labels))
        return false;
    label = build_output_classes(b, 0, &labels);
    out = label ? build_output_numbers(b, 1, l->classes) : NULL;
    if (!out)
        return false;
    l->label = label->slot;
    l->out = out->slot;
    out->sums_to_one = l->post == POST_SOFTMAX || l->scores == 1;
    b->plan->kind = "LinearClassifier";
    if (l->stride <= SMALL)
        return build_step(b, RUNS[l->stride / LANES - 1], wide);
    return build_scratch(b, l->stride, &wide->sums) &&
           build_step(b, linear_run_wide, wide);
}
