/* SPDX-License-Identifier: Apache-2.0 */
/* Operators that say the same numbers again under another shape or type. Most cost
 * nothing at run time: their output is another name of their input.
 */
#include <math.h>
#include <string.h>

#include "engine/build.h"
#include "engine/ops.h"

bool op_identity(struct build *b)
{
    const struct value *in = build_input(b, 0);

    return in && build_output_alias(b, 0, in);
}

/* Probabilities as maps from class to number: the tensor says the same. */
bool op_zipmap(struct build *b)
{
    const struct value *in = build_numbers(b, 0);

    return in && build_output_alias(b, 0, in);
}

bool op_constant(struct build *b)
{
    const struct onnx_attribute *value = attr_find(b, "value");
    struct value v = {.kind = VALUE_CONSTANT};

    if (!value || !value->t)
        return build_refuse(b, "only with a tensor as its value");
    v.constant = value->t;
    return build_output_alias(b, 0, &v);
}

struct truncate {
    size_t in, out, width;
};

static void truncate_run(const void *op, const struct frame *f)
{
    const struct truncate *t = op;
    const float *in = frame_numbers(f, t->in);
    float *out = frame_numbers(f, t->out);

    for (size_t i = 0; i < f->rows * t->width; i++)
        out[i] = truncf(in[i]);
}

static bool cast_to_whole(struct build *b, const struct value *in)
{
    struct truncate *t = build_alloc(b, 1, sizeof(*t));
    struct value *out = t ? build_output_numbers(b, 0, in->width) : NULL;

    if (!out)
        return false;
    out->shape = in->shape;
    *t = (struct truncate){in->slot, out->slot, in->width};
    return build_step(b, truncate_run, t);
}

/* Classes stay classes: a label is no number to calculate with, whatever its type. */
bool op_cast(struct build *b)
{
    const struct value *in = build_input(b, 0);
    int64_t to;

    if (!in || !attr_int(b, "to", 0, &to))
        return false;
    switch (to) {
    case ONNX_FLOAT:
    case ONNX_DOUBLE: /* all numbers are float here */
        if (in->kind != VALUE_CLASSES || !in->labels.names)
            return build_output_alias(b, 0, in);
        break;
    case ONNX_INT32:
    case ONNX_INT64:
        if (in->kind == VALUE_NUMBERS)
            return cast_to_whole(b, in);
        if (in->kind == VALUE_CLASSES && !in->labels.names)
            return build_output_alias(b, 0, in);
        break;
    case ONNX_STRING:
        if (in->kind == VALUE_CLASSES)
            return build_output_alias(b, 0, in);
        break;
    default:
        break;
    }
    return build_refuse(b, "to type %lld is not supported here", (long long)to);
}

/* The wanted shape: a constant input, an attribute in old operator sets. */
static bool wanted_shape(const struct build *b, struct build_ints *out)
{
    const struct onnx_tensor *t;

    if (!build_has_input(b, 1))
        return attr_ints(b, "shape", out);
    t = build_constant(b, 1);
    if (!t)
        return false;
    *out = (struct build_ints){t->ints, t->ints ? t->count : 0};
    return true;
}

/* Only shapes that keep a row's numbers together: N stays a dimension of its own. */
static bool shape_of(const struct value *in, struct build_ints want,
                     enum value_shape *shape)
{
    size_t width = in->shape == SHAPE_MATRIX ? in->width : 1;
    bool rows_first;

    if (want.n == 1 && want.v[0] == -1 && width == 1) {
        *shape = SHAPE_VECTOR;
        return true;
    }
    if (want.n != 2)
        return false;
    if (want.v[0] == 1 && want.v[1] == -1 && width == 1) {
        *shape = SHAPE_ROW;
        return true;
    }
    rows_first = want.v[0] == -1 || (want.v[0] == 0 && in->shape != SHAPE_ROW);
    *shape = SHAPE_MATRIX;
    return rows_first && ((want.v[1] > 0 && (uint64_t)want.v[1] == width) ||
                          (want.v[0] == 0 && want.v[1] == -1));
}

bool op_reshape(struct build *b)
{
    const struct value *in = build_input(b, 0);
    enum value_shape shape;
    struct build_ints want;
    struct value *out;

    if (!in || !wanted_shape(b, &want))
        return false;
    if (in->kind == VALUE_CONSTANT || !shape_of(in, want, &shape))
        return build_refuse(b, "only to shapes that keep each row as it is");
    out = build_output_alias(b, 0, in);
    if (out)
        out->shape = shape;
    return out;
}

bool op_flatten(struct build *b)
{
    const struct value *in = build_numbers(b, 0);
    int64_t axis;

    if (!in || !attr_int(b, "axis", 1, &axis))
        return false;
    if (axis != 1)
        return build_refuse(b, "axis %lld is not supported", (long long)axis);
    return build_output_alias(b, 0, in);
}

struct columns {
    size_t in, out;
    size_t from, to; /* widths */
    const size_t *picked;
};

static void columns_run(const void *op, const struct frame *f)
{
    const struct columns *c = op;
    const float *in = frame_numbers(f, c->in);
    float *out = frame_numbers(f, c->out);

    for (size_t row = 0; row < f->rows; row++, in += c->from)
        for (size_t i = 0; i < c->to; i++)
            *out++ = in[c->picked[i]];
}

static bool pick_columns(struct build *b)
{
    const struct value *in = build_numbers(b, 0);
    const struct onnx_tensor *t = in ? build_constant(b, 1) : NULL;
    struct columns *c = t ? build_alloc(b, 1, sizeof(*c)) : NULL;
    size_t *picked = c ? build_alloc(b, t->count, sizeof(*picked)) : NULL;
    struct value *out;

    if (!picked)
        return false;
    for (size_t i = 0; i < t->count; i++) {
        if (!t->ints || t->ints[i] < 0 || (uint64_t)t->ints[i] >= in->width)
            return build_refuse(b, "an index is outside the row's %zu numbers",
                                in->width);
        picked[i] = (size_t)t->ints[i];
    }
    out = build_output_numbers(b, 0, t->count);
    if (!out)
        return false;
    *c = (struct columns){in->slot, out->slot, in->width, t->count, picked};
    return build_step(b, columns_run, c);
}

/* The constant's elements, as what class indices stand for. */
static bool labels_of(const struct build *b, const struct onnx_tensor *t,
                      struct labels *out)
{
    int64_t *ints;

    if (t->strings)
        return build_labels_from_texts(b, t->strings, t->count, out);
    if (t->ints)
        return build_labels_from_ints(b, t->ints, t->count, out);
    ints = pool_alloc(b->temporary, t->count, sizeof(*ints), b->err);
    if (!ints)
        return false;
    for (size_t i = 0; i < t->count; i++) {
        if (!(fabs(t->numbers[i]) <= 1e15) || t->numbers[i] != trunc(t->numbers[i]))
            return build_refuse(b, "class labels that are no whole numbers");
        ints[i] = (int64_t)t->numbers[i];
    }
    return build_labels_from_ints(b, ints, t->count, out);
}

/* Of a constant and one index per row: class labels. Of rows and constants: columns. */
bool op_array_feature_extractor(struct build *b)
{
    const struct value *from = build_input(b, 0);
    const struct value *index;
    struct labels labels;
    struct value *out;

    if (!from)
        return false;
    if (from->kind != VALUE_CONSTANT)
        return pick_columns(b);
    index = build_input(b, 1);
    if (!index)
        return false;
    if (index->kind != VALUE_CLASSES || index->labels.count ||
        index->index_below > from->constant->count)
        return build_refuse(b, "of a constant only by the index that ArgMax gives");
    if (!labels_of(b, from->constant, &labels))
        return false;
    out = build_output_alias(b, 0, index);
    if (!out)
        return false;
    out->labels = labels;
    out->shape = SHAPE_ROW;
    return true;
}

struct concat {
    size_t count, out, width;
    struct concat_part {
        size_t in, width;
    } * parts;
};

static void concat_run(const void *op, const struct frame *f)
{
    const struct concat *c = op;
    size_t offset = 0;

    for (size_t i = 0; i < c->count; i++) {
        const float *in = frame_numbers(f, c->parts[i].in);
        size_t width = c->parts[i].width;
        float *out = frame_numbers(f, c->out) + offset;

        for (size_t row = 0; row < f->rows; row++)
            memcpy(out + row * c->width, in + row * width, width * sizeof(*out));
        offset += width;
    }
}

bool op_feature_vectorizer(struct build *b)
{
    size_t count = b->node->input_count;
    struct concat *c = build_alloc(b, 1, sizeof(*c));
    struct value *out;

    if (!c)
        return false;
    c->count = count;
    c->parts = build_alloc(b, count, sizeof(*c->parts));
    for (size_t i = 0; c->parts && i < count; i++) {
        const struct value *in = build_numbers(b, i);

        if (!in)
            return false;
        c->parts[i] = (struct concat_part){in->slot, in->width};
        c->width += in->width;
    }
    out = c->parts ? build_output_numbers(b, 0, c->width) : NULL;
    if (!out)
        return false;
    c->out = out->slot;
    return build_step(b, concat_run, c);
}

bool op_concat(struct build *b)
{
    int64_t axis;

    if (!attr_int(b, "axis", 1, &axis))
        return false;
    if (axis != 1 && axis != -1)
        return build_refuse(b, "axis %lld: only along a row", (long long)axis);
    return op_feature_vectorizer(b);
}
