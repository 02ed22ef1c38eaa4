/* SPDX-License-Identifier: Apache-2.0 */
/* Operators along a row: from its numbers to one, or to a distribution. */
#include <math.h>
#include <string.h>

#include "engine/build.h"
#include "engine/ops.h"
#include "engine/post_transform.h"

struct reduce {
    size_t in, out, width;
    float (*f)(const float *row, size_t n);
};

/* Axis 1 of [N, width], which may be counted from the end. */
static bool check_axis(const struct build *b, int64_t axis)
{
    return axis == 1 || axis == -1 ||
           build_refuse(b, "axis %lld: only along a row", (long long)axis);
}

static void softmax_run(const void *op, const struct frame *f)
{
    const struct reduce *r = op;
    float *out = frame_numbers(f, r->out);

    memcpy(out, frame_numbers(f, r->in), f->rows * r->width * sizeof(*out));
    for (size_t row = 0; row < f->rows; row++)
        softmax_row(out + row * r->width, r->width);
}

/* The default axis was 1 before opset 13 and is -1 since: the same of a matrix. */
bool op_softmax(struct build *b)
{
    const struct value *in = build_numbers(b, 0);
    struct reduce *r = in ? build_alloc(b, 1, sizeof(*r)) : NULL;
    struct value *out;
    int64_t axis;

    if (!r || !attr_int(b, "axis", -1, &axis) || !check_axis(b, axis))
        return false;
    out = build_output_numbers(b, 0, in->width);
    if (!out)
        return false;
    out->sums_to_one = true;
    *r = (struct reduce){.in = in->slot, .out = out->slot, .width = in->width};
    return build_step(b, softmax_run, r);
}

static void argmax_run(const void *op, const struct frame *f)
{
    const struct reduce *r = op;
    const float *in = frame_numbers(f, r->in);
    int32_t *out = frame_classes(f, r->out);

    for (size_t row = 0; row < f->rows; row++)
        out[row] = argmax_row(in + row * r->width, r->width);
}

bool op_argmax(struct build *b)
{
    static const struct labels index = {0};
    const struct value *in = build_numbers(b, 0);
    struct reduce *r = in ? build_alloc(b, 1, sizeof(*r)) : NULL;
    struct value *out;
    int64_t axis, keep, last;

    if (!r || !attr_int(b, "axis", 0, &axis) || !check_axis(b, axis) ||
        !attr_int(b, "keepdims", 1, &keep) || !attr_int(b, "select_last_index", 0, &last))
        return false;
    if (last)
        return build_refuse(b, "select_last_index is not supported");
    out = build_output_classes(b, 0, &index);
    if (!out)
        return false;
    out->shape = keep ? SHAPE_MATRIX : SHAPE_VECTOR;
    out->index_below = in->width;
    *r = (struct reduce){.in = in->slot, .out = out->slot, .width = in->width};
    return build_step(b, argmax_run, r);
}

static float sum(const float *row, size_t n)
{
    float s = 0;

    for (size_t i = 0; i < n; i++)
        s += row[i];
    return s;
}

static float largest(const float *row, size_t n)
{
    return row[argmax_row(row, n)];
}

static float log_sum_exp(const float *row, size_t n)
{
    float top = largest(row, n);
    float s = 0;

    for (size_t i = 0; i < n; i++)
        s += expf(row[i] - top);
    return top + logf(s);
}

static void reduce_run(const void *op, const struct frame *f)
{
    const struct reduce *r = op;
    const float *in = frame_numbers(f, r->in);
    float *out = frame_numbers(f, r->out);

    for (size_t row = 0; row < f->rows; row++)
        out[row] = r->f(in + row * r->width, r->width);
}

/* The axes are an attribute, and for newer operator sets an input. */
static bool check_axes(const struct build *b)
{
    const struct onnx_tensor *t;
    struct build_ints axes;

    if (!attr_ints(b, "axes", &axes))
        return false;
    if (build_has_input(b, 1)) {
        t = build_constant(b, 1);
        if (!t)
            return false;
        axes = (struct build_ints){t->ints, t->ints ? t->count : 0};
    }
    if (axes.n != 1)
        return build_refuse(b, "%zu axes: only along a row", axes.n);
    return check_axis(b, axes.v[0]);
}

static bool reduce(struct build *b, float (*f)(const float *row, size_t n))
{
    const struct value *in = build_numbers(b, 0);
    struct reduce *r = in ? build_alloc(b, 1, sizeof(*r)) : NULL;
    struct value *out;
    int64_t keep;

    if (!r || !check_axes(b) || !attr_int(b, "keepdims", 1, &keep))
        return false;
    out = build_output_numbers(b, 0, 1);
    if (!out)
        return false;
    out->shape = keep ? SHAPE_MATRIX : SHAPE_VECTOR;
    *r = (struct reduce){in->slot, out->slot, in->width, f};
    return build_step(b, reduce_run, r);
}

bool op_reduce_sum(struct build *b)
{
    return reduce(b, sum);
}

bool op_reduce_max(struct build *b)
{
    return reduce(b, largest);
}

bool op_reduce_log_sum_exp(struct build *b)
{
    return reduce(b, log_sum_exp);
}
