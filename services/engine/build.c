/* SPDX-License-Identifier: Apache-2.0 */
/* Values and steps of a plan in the making. */
#include "engine/build.h"

#include <float.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* 4 MiB of scratch for a thread when rows are wide; see plan_compile(). */
enum { WIDTH_MAX = 1 << 20 };

bool build_refuse(const struct build *b, const char *fmt, ...)
{
    char text[256];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return error_set(b->err, ERR_INVALID, "%s", text);
}

void *build_alloc(const struct build *b, size_t count, size_t size)
{
    return pool_alloc(b->pool, count, size, b->err);
}

/* Newest first: what a node reads was most often made just before. */
static const struct value *find_value(const struct build *b, struct onnx_text name)
{
    for (size_t i = b->value_count; i-- > 0;)
        if (onnx_text_equal(b->values[i].name, name))
            return &b->values[i];
    return NULL;
}

bool build_has_input(const struct build *b, size_t i)
{
    return i < b->node->input_count && b->node->inputs[i].n;
}

const struct value *build_input(const struct build *b, size_t i)
{
    const struct value *v;

    if (!build_has_input(b, i)) {
        (void)build_refuse(b, "has no input %zu", i);
        return NULL;
    }
    v = find_value(b, b->node->inputs[i]);
    if (!v)
        (void)build_refuse(b, "input \"%.*s\" is not defined before it",
                           ONNX_TEXT_ARGS(b->node->inputs[i]));
    return v;
}

static bool is_matrix(const struct build *b, size_t i, const struct value *v)
{
    if (v->kind == VALUE_NUMBERS && v->shape == SHAPE_MATRIX)
        return true;
    return build_refuse(b, "input %zu must be numbers of shape [rows, width]", i);
}

const struct value *build_numbers(const struct build *b, size_t i)
{
    const struct value *v = build_input(b, i);

    return v && is_matrix(b, i, v) ? v : NULL;
}

const struct onnx_tensor *build_constant(const struct build *b, size_t i)
{
    const struct value *v = build_input(b, i);

    if (v && v->kind == VALUE_CONSTANT)
        return v->constant;
    if (v)
        (void)build_refuse(b, "input %zu must be a constant", i);
    return NULL;
}

static struct value *new_value(struct build *b, size_t i)
{
    struct onnx_text name = {"", 0};

    if (b->node && i < b->node->output_count)
        name = b->node->outputs[i];
    if (name.n && find_value(b, name)) {
        (void)build_refuse(b, "\"%.*s\" is defined twice", ONNX_TEXT_ARGS(name));
        return NULL;
    }
    if (b->value_count == b->value_max) {
        (void)error_set(b->err, ERR_TOO_BIG, "too many values");
        return NULL;
    }
    b->values[b->value_count] = (struct value){.name = name};
    return &b->values[b->value_count++];
}

static bool take_slot(struct build *b, size_t width, bool per_row, size_t *slot)
{
    struct plan *plan = b->plan;

    if (!width || width > WIDTH_MAX - plan->width || plan->slot_count == b->slot_max)
        return error_set(b->err, ERR_TOO_BIG, "a value is empty or too wide");
    plan->width += width;
    plan->slots[plan->slot_count] = (struct slot){width, per_row};
    *slot = plan->slot_count++;
    return true;
}

bool build_scratch(struct build *b, size_t cells, size_t *slot)
{
    return take_slot(b, cells, false, slot);
}

static struct value *new_slot(struct build *b, size_t i, size_t width)
{
    struct value *v = new_value(b, i);

    if (!v || !take_slot(b, width, true, &v->slot))
        return NULL;
    v->width = width;
    return v;
}

struct value *build_output_numbers(struct build *b, size_t i, size_t width)
{
    struct value *v = new_slot(b, i, width);

    if (v)
        v->kind = VALUE_NUMBERS;
    return v;
}

struct value *build_output_classes(struct build *b, size_t i, const struct labels *labels)
{
    struct value *v = new_slot(b, i, 1);

    if (!v)
        return NULL;
    v->kind = VALUE_CLASSES;
    v->shape = SHAPE_VECTOR;
    v->labels = *labels;
    v->index_below = labels->count;
    return v;
}

struct value *build_output_alias(struct build *b, size_t i, const struct value *v)
{
    struct value source = *v;
    struct value *alias = new_value(b, i);

    if (!alias)
        return NULL;
    source.name = alias->name;
    *alias = source;
    return alias;
}

bool build_step(struct build *b, step_fn *run, const void *op)
{
    if (b->plan->step_count == b->step_max)
        return error_set(b->err, ERR_TOO_BIG, "too many steps");
    b->plan->steps[b->plan->step_count++] = (struct step){run, op};
    return true;
}

const float *build_row_of(const struct build *b, const struct onnx_tensor *t,
                          size_t width)
{
    float *row;

    for (size_t i = 0; i + 1 < t->rank; i++)
        if (t->dims[i] != 1) {
            (void)build_refuse(b, "constant \"%.*s\" has more than one row",
                               ONNX_TEXT_ARGS(t->name));
            return NULL;
        }
    if (!(t->numbers || t->ints) || (t->count != width && t->count != 1)) {
        (void)build_refuse(b, "constant \"%.*s\" has %zu elements, needs %zu numbers",
                           ONNX_TEXT_ARGS(t->name), t->count, width);
        return NULL;
    }
    row = build_alloc(b, width, sizeof(*row));
    for (size_t i = 0; row && i < width; i++) {
        size_t from = t->count == 1 ? 0 : i;

        double number = t->numbers ? t->numbers[from] : (double)t->ints[from];

        if (!(fabs(number) <= (double)FLT_MAX)) {
            (void)build_refuse(b, "constant \"%.*s\" is not a finite float",
                               ONNX_TEXT_ARGS(t->name));
            return NULL;
        }
        row[i] = (float)number;
    }
    return row;
}
