/* SPDX-License-Identifier: Apache-2.0 */
/* Arithmetic element by element: f(x), and x op y with y of the rows or constant. */
#include <math.h>

#include "engine/build.h"
#include "engine/ops.h"
#include "engine/post_transform.h"

typedef float unary_fn(float x);

struct unary {
    size_t in, out, width;
    unary_fn *f;
};

static float neg(float x)
{
    return -x;
}

static float relu(float x)
{
    return x > 0 ? x : 0;
}

static void unary_run(const void *op, const struct frame *f)
{
    const struct unary *u = op;
    const float *in = frame_numbers(f, u->in);
    float *out = frame_numbers(f, u->out);

    for (size_t i = 0; i < f->rows * u->width; i++)
        out[i] = u->f(in[i]);
}

static bool unary(struct build *b, unary_fn *f)
{
    const struct value *in = build_numbers(b, 0);
    struct unary *u = in ? build_alloc(b, 1, sizeof(*u)) : NULL;
    struct value *out = u ? build_output_numbers(b, 0, in->width) : NULL;

    if (!out)
        return false;
    *u = (struct unary){in->slot, out->slot, in->width, f};
    return build_step(b, unary_run, u);
}

bool op_neg(struct build *b)
{
    return unary(b, neg);
}

bool op_abs(struct build *b)
{
    return unary(b, fabsf);
}

bool op_exp(struct build *b)
{
    return unary(b, expf);
}

bool op_log(struct build *b)
{
    return unary(b, logf);
}

bool op_sqrt(struct build *b)
{
    return unary(b, sqrtf);
}

bool op_relu(struct build *b)
{
    return unary(b, relu);
}

bool op_tanh(struct build *b)
{
    return unary(b, tanhf);
}

bool op_sigmoid(struct build *b)
{
    return unary(b, logistic);
}

typedef float binary_fn(float x, float y);

/* One side: a slot of the rows, or a constant row. A width of 1 is used for all of the
 * row, as in ONNX's broadcasting. */
struct side {
    size_t slot;
    const float *constant;
    size_t width;
};

struct binary {
    struct side x, y;
    size_t out, width;
    binary_fn *f;
};

static float add(float x, float y)
{
    return x + y;
}

static float sub(float x, float y)
{
    return x - y;
}

static float mul(float x, float y)
{
    return x * y;
}

static float divide(float x, float y)
{
    return x / y;
}

static const float *side_row(const struct side *s, const struct frame *f, size_t row)
{
    return s->constant ? s->constant : frame_numbers(f, s->slot) + row * s->width;
}

static void binary_run(const void *op, const struct frame *f)
{
    const struct binary *o = op;
    float *out = frame_numbers(f, o->out);

    for (size_t row = 0; row < f->rows; row++) {
        const float *x = side_row(&o->x, f, row);
        const float *y = side_row(&o->y, f, row);

        for (size_t i = 0; i < o->width; i++)
            *out++ = o->f(x[o->x.width == 1 ? 0 : i], y[o->y.width == 1 ? 0 : i]);
    }
}

/* A constant must fit beside `width` numbers: one row of as many, or a single one. */
static bool read_side(struct build *b, size_t i, const struct value *v, size_t width,
                      struct side *out)
{
    if (v->kind == VALUE_CONSTANT) {
        *out = (struct side){.constant = build_row_of(b, v->constant, width),
                             .width = width};
        return out->constant != NULL;
    }
    if (v->kind != VALUE_NUMBERS || v->shape != SHAPE_MATRIX)
        return build_refuse(b, "input %zu must be numbers of shape [rows, width]", i);
    *out = (struct side){.slot = v->slot, .width = v->width};
    return true;
}

static bool binary(struct build *b, binary_fn *f)
{
    const struct value *x = build_input(b, 0);
    const struct value *y = x ? build_input(b, 1) : NULL;
    struct binary *o = y ? build_alloc(b, 1, sizeof(*o)) : NULL;
    struct value *out;

    if (!o)
        return false;
    if (x->kind == VALUE_CONSTANT && y->kind == VALUE_CONSTANT)
        return build_refuse(b, "both inputs are constant");
    /* A wider constant beside a single column: one number becomes a row. */
    o->width = x->kind == VALUE_CONSTANT ? x->constant->count : x->width;
    if (o->width == 1)
        o->width = y->kind == VALUE_CONSTANT ? y->constant->count : y->width;
    if (!read_side(b, 0, x, o->width, &o->x) || !read_side(b, 1, y, o->width, &o->y))
        return false;
    if ((o->x.width != o->width && o->x.width != 1) ||
        (o->y.width != o->width && o->y.width != 1))
        return build_refuse(b, "widths %zu and %zu do not go together", o->x.width,
                            o->y.width);
    out = build_output_numbers(b, 0, o->width);
    if (!out)
        return false;
    o->out = out->slot;
    o->f = f;
    return build_step(b, binary_run, o);
}

bool op_add(struct build *b)
{
    return binary(b, add);
}

bool op_sub(struct build *b)
{
    return binary(b, sub);
}

bool op_mul(struct build *b)
{
    return binary(b, mul);
}

bool op_div(struct build *b)
{
    return binary(b, divide);
}
