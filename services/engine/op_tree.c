/* SPDX-License-Identifier: Apache-2.0 */
/* TreeEnsembleClassifier: tree.h has the trees, tree_small.h those that are small. */
#include <string.h>

#include "engine/build.h"
#include "engine/ops.h"
#include "engine/post_transform.h"
#include "engine/tree.h"
#include "engine/tree_small.h"

struct tree_op {
    size_t in, label, out;
    size_t features, classes;
    size_t scores;     /* 1: all weights are for one class of two */
    const float *base; /* what the sums start with */
    struct forest forest;
    struct small_forest small; /* used instead when it has trees */
    enum post_transform post;
};

/* One score for two classes is that of the second. */
static int32_t finish_binary(const struct tree_op *t, float *out)
{
    float score = out[0];

    if (t->post == POST_LOGISTIC)
        score = logistic(score);
    out[0] = 1 - score;
    out[1] = score;
    return score > 0.5F;
}

/* Group by group over the rows of the block: trees stay in cache while rows pass. */
static void walk(const struct tree_op *t, const struct frame *f, const float *in,
                 float *out)
{
    for (size_t g = 0; g < t->forest.group_count; g++)
        for (size_t row = 0; row < f->rows; row++)
            forest_add(&t->forest, &t->forest.groups[g], in + row * t->features,
                       out + row * t->classes);
}

static void tree_run(const void *op, const struct frame *f)
{
    const struct tree_op *t = op;
    const float *in = frame_numbers(f, t->in);
    float *out = frame_numbers(f, t->out);
    int32_t *label = frame_classes(f, t->label);

    for (size_t row = 0; row < f->rows; row++)
        memcpy(out + row * t->classes, t->base, t->classes * sizeof(*out));
    if (!t->small.tree_count)
        walk(t, f, in, out);
    for (size_t row = 0; t->small.tree_count && row < f->rows; row++)
        small_forest_add(&t->small, in + row * t->features, out + row * t->classes);
    for (size_t row = 0; row < f->rows; row++, out += t->classes) {
        if (t->scores == 1) {
            label[row] = finish_binary(t, out);
            continue;
        }
        label[row] = argmax_row(out, t->classes);
        post_transform_row(t->post, out, t->classes);
    }
}

static bool read_base(const struct build *b, struct tree_op *t)
{
    struct build_floats file;
    float *base = build_alloc(b, t->classes, sizeof(*base));

    if (!base || !attr_floats(b, "base_values", &file))
        return false;
    if (file.n && file.n != t->scores)
        return build_refuse(b, "%zu base_values for %zu scores", file.n, t->scores);
    if (file.n)
        memcpy(base, file.v, file.n * sizeof(*base));
    t->base = base;
    return true;
}

bool op_tree_ensemble_classifier(struct build *b)
{
    const struct value *in = build_numbers(b, 0);
    struct tree_op *t = in ? build_alloc(b, 1, sizeof(*t)) : NULL;
    struct value *label, *out;
    struct labels labels;

    if (!t || !attr_labels(b, "classlabels_int64s", "classlabels_strings", &labels) ||
        !post_transform_attr(b, &t->post))
        return false;
    t->in = in->slot;
    t->features = in->width;
    t->classes = labels.count;
    if (!forest_build(b, t->features, t->classes, &t->forest) ||
        !small_forest_build(b, &t->forest, t->classes, &t->small))
        return false;
    t->scores = t->forest.one_score ? 1 : t->classes;
    if (t->scores == 1 && t->post != POST_NONE && t->post != POST_LOGISTIC)
        return build_refuse(b, "post_transform of a single score is not supported");
    label = read_base(b, t) ? build_output_classes(b, 0, &labels) : NULL;
    out = label ? build_output_numbers(b, 1, t->classes) : NULL;
    if (!out)
        return false;
    t->label = label->slot;
    t->out = out->slot;
    out->sums_to_one = t->post == POST_SOFTMAX;
    b->plan->kind = "TreeEnsembleClassifier";
    return build_step(b, tree_run, t);
}
