/* SPDX-License-Identifier: Apache-2.0 */
/* LinearClassifier: a score per class. */
#include <string.h>

#include "engine/build.h"
#include "engine/lanes.h"
#include "engine/ops.h"
#include "engine/post_transform.h"

struct linear {
    size_t in, label, out, sums;
    size_t features, classes;
    size_t scores, padded;
    const float *weights; /* as lanes.h has them */
    const float *bias;
    enum post_transform post;
};

/* One score for two classes is that of the second. */
static void finish(const struct linear *l, const float *sums, float *out, int32_t *label)
{
    if (l->scores == 1) {
        out[0] = logistic(-sums[0]);
        out[1] = logistic(sums[0]);
        *label = sums[0] > 0;
        return;
    }
    memcpy(out, sums, l->scores * sizeof(*out));
    *label = argmax_row(out, l->scores);
    post_transform_row(l->post, out, l->scores);
}

static void linear_run(const void *op, const struct frame *f)
{
    const struct linear *l = op;
    const float *row = frame_numbers(f, l->in);
    float *sums = frame_numbers(f, l->sums);
    float *out = frame_numbers(f, l->out);
    int32_t *label = frame_classes(f, l->label);

    for (size_t i = 0; i < f->rows; i++, row += l->features, out += l->classes) {
        lanes_apply(row, l->features, l->weights, l->bias, l->padded, sums);
        finish(l, sums, out, &label[i]);
    }
}

static bool arrange(const struct build *b, struct linear *l, struct build_floats coefs,
                    struct build_floats intercepts)
{
    float *weights, *bias;

    l->padded = lanes_padded(l->scores);
    weights = build_alloc(b, l->features * l->padded, sizeof(*weights));
    bias = build_alloc(b, l->padded, sizeof(*bias));
    if (!weights || !bias)
        return false;
    for (size_t s = 0; s < l->scores; s++) {
        bias[s] = intercepts.n ? intercepts.v[s] : 0;
        for (size_t i = 0; i < l->features; i++)
            weights[lanes_index(s, i, l->features)] = coefs.v[s * l->features + i];
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
    const struct value *in = build_numbers(b, 0);
    struct linear *l = in ? build_alloc(b, 1, sizeof(*l)) : NULL;
    struct value *label, *out;
    struct labels labels;

    if (!l)
        return false;
    l->in = in->slot;
    l->features = in->width;
    if (!read_attributes(b, l, &labels))
        return false;
    label = build_output_classes(b, 0, &labels);
    out = label ? build_output_numbers(b, 1, l->classes) : NULL;
    if (!out)
        return false;
    l->label = label->slot;
    l->out = out->slot;
    out->sums_to_one = l->post == POST_SOFTMAX || l->scores == 1;
    b->plan->kind = "LinearClassifier";
    return build_scratch(b, l->padded, &l->sums) && build_step(b, linear_run, l);
}
