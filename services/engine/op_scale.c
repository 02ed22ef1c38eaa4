/* SPDX-License-Identifier: Apache-2.0 */
/* Scaler and Normalizer of ai.onnx.ml: what stands before and behind a classifier. */
#include <math.h>
#include <string.h>

#include "engine/build.h"
#include "engine/ops.h"

struct scaler {
    size_t in, out, width;
    const float *offset, *scale;
};

static void scaler_run(const void *op, const struct frame *f)
{
    const struct scaler *s = op;
    const float *in = frame_numbers(f, s->in);
    float *out = frame_numbers(f, s->out);

    for (size_t row = 0; row < f->rows; row++, in += s->width, out += s->width)
        for (size_t i = 0; i < s->width; i++)
            out[i] = (in[i] - s->offset[i]) * s->scale[i];
}

/* One number for all features or one for each. */
static const float *spread(const struct build *b, const char *name, size_t width,
                           float otherwise)
{
    struct build_floats a;
    float *out;

    if (!attr_floats(b, name, &a))
        return NULL;
    if (a.n > 1 && a.n != width) {
        (void)build_refuse(b, "%s has %zu numbers for %zu features", name, a.n, width);
        return NULL;
    }
    out = build_alloc(b, width, sizeof(*out));
    for (size_t i = 0; out && i < width; i++)
        out[i] = a.n == 0 ? otherwise : a.v[a.n == 1 ? 0 : i];
    return out;
}

bool op_scaler(struct build *b)
{
    const struct value *in = build_numbers(b, 0);
    struct scaler *s = in ? build_alloc(b, 1, sizeof(*s)) : NULL;
    struct value *out;

    if (!s)
        return false;
    s->in = in->slot;
    s->width = in->width;
    s->offset = spread(b, "offset", s->width, 0);
    s->scale = s->offset ? spread(b, "scale", s->width, 1) : NULL;
    out = s->scale ? build_output_numbers(b, 0, s->width) : NULL;
    if (!out)
        return false;
    s->out = out->slot;
    return build_step(b, scaler_run, s);
}

enum norm { NORM_MAX, NORM_L1, NORM_L2 };

struct normalizer {
    size_t in, out, width;
    enum norm norm;
};

static float measure(enum norm norm, const float *row, size_t n)
{
    float size = 0;

    for (size_t i = 0; i < n; i++)
        if (norm == NORM_L2)
            size += row[i] * row[i];
        else if (norm == NORM_L1)
            size += fabsf(row[i]);
        else
            size = fmaxf(size, fabsf(row[i]));
    return norm == NORM_L2 ? sqrtf(size) : size;
}

static void normalizer_run(const void *op, const struct frame *f)
{
    const struct normalizer *nz = op;
    const float *in = frame_numbers(f, nz->in);
    float *out = frame_numbers(f, nz->out);

    for (size_t row = 0; row < f->rows; row++, in += nz->width, out += nz->width) {
        float size = measure(nz->norm, in, nz->width);

        for (size_t i = 0; i < nz->width; i++)
            out[i] = size > 0 ? in[i] / size : in[i];
    }
}

bool op_normalizer(struct build *b)
{
    static const char *const words[] = {"MAX", "L1", "L2", NULL};
    const struct value *in = build_numbers(b, 0);
    struct normalizer *nz = in ? build_alloc(b, 1, sizeof(*nz)) : NULL;
    struct value *out;
    int norm;

    if (!nz || !attr_word(b, "norm", "MAX", words, &norm))
        return false;
    if (norm == NORM_L1 && in->sums_to_one)
        return build_output_alias(b, 0, in) != NULL; /* of a softmax: nothing to do */
    *nz =
        (struct normalizer){.in = in->slot, .width = in->width, .norm = (enum norm)norm};
    out = build_output_numbers(b, 0, in->width);
    if (!out)
        return false;
    nz->out = out->slot;
    return build_step(b, normalizer_run, nz);
}
