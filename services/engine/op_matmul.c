/* SPDX-License-Identifier: Apache-2.0 */
/* MatMul and Gemm: rows times a constant matrix. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "engine/build.h"
#include "engine/lanes.h"
#include "engine/ops.h"

struct matmul {
    size_t in, out;
    size_t from, to; /* widths */
    size_t padded, sums;
    const float *weights; /* as lanes.h has them */
    const float *bias;
};

static void matmul_run(const void *op, const struct frame *f)
{
    const struct matmul *m = op;
    const float *in = frame_numbers(f, m->in);
    float *out = frame_numbers(f, m->out);
    float *sums = frame_numbers(f, m->sums);

    for (size_t row = 0; row < f->rows; row++, in += m->from, out += m->to) {
        lanes_apply(in, m->from, m->weights, m->bias, m->padded, sums);
        memcpy(out, sums, m->to * sizeof(*out));
    }
}

/* The file's matrix may lie the other way round. */
static double element(const struct matmul *m, const struct onnx_tensor *t, bool turned,
                      size_t i, size_t j)
{
    return t->numbers[turned ? j * m->from + i : i * m->to + j];
}

static bool copy_weights(const struct build *b, struct matmul *m,
                         const struct onnx_tensor *t, bool turned, float alpha)
{
    float *weights = build_alloc(b, m->from * m->padded, sizeof(*weights));

    m->weights = weights;
    for (size_t i = 0; weights && i < m->from; i++)
        for (size_t j = 0; j < m->to; j++) {
            double w = element(m, t, turned, i, j) * (double)alpha;

            if (!(fabs(w) <= (double)FLT_MAX))
                return build_refuse(b, "\"%.*s\" is not finite", ONNX_TEXT_ARGS(t->name));
            weights[lanes_index(j, i, m->from)] = (float)w;
        }
    return m->weights != NULL;
}

static bool arrange(const struct build *b, struct matmul *m, const struct onnx_tensor *t,
                    bool turned, float alpha)
{
    if (t->rank != 2 || !t->numbers)
        return build_refuse(b, "\"%.*s\" is no matrix of floats",
                            ONNX_TEXT_ARGS(t->name));
    m->to = t->dims[turned ? 0 : 1];
    if (t->dims[turned ? 1 : 0] != m->from || !m->to)
        return build_refuse(b, "\"%.*s\" is %zu x %zu, the rows have %zu numbers",
                            ONNX_TEXT_ARGS(t->name), t->dims[0], t->dims[1], m->from);
    m->padded = lanes_padded(m->to);
    return copy_weights(b, m, t, turned, alpha);
}

static bool finish(struct build *b, struct matmul *m, const float *bias)
{
    struct value *out = bias ? build_output_numbers(b, 0, m->to) : NULL;

    if (!out)
        return false;
    m->bias = bias;
    m->out = out->slot;
    return build_scratch(b, m->padded, &m->sums) && build_step(b, matmul_run, m);
}

bool op_matmul(struct build *b)
{
    const struct value *in = build_numbers(b, 0);
    const struct onnx_tensor *weights = in ? build_constant(b, 1) : NULL;
    struct matmul *m = weights ? build_alloc(b, 1, sizeof(*m)) : NULL;

    if (!m)
        return false;
    m->in = in->slot;
    m->from = in->width;
    return arrange(b, m, weights, false, 1) &&
           finish(b, m, build_alloc(b, m->padded, sizeof(float)));
}

/* beta * C, or zeros. */
static const float *gemm_bias(const struct build *b, const struct matmul *m, float beta)
{
    const struct onnx_tensor *t;
    const float *row;
    float *bias = build_alloc(b, m->padded, sizeof(*bias));

    if (!bias || !build_has_input(b, 2))
        return bias;
    t = build_constant(b, 2);
    row = t ? build_row_of(b, t, m->to) : NULL;
    if (!row)
        return NULL;
    for (size_t i = 0; i < m->to; i++)
        bias[i] = beta * row[i];
    return bias;
}

bool op_gemm(struct build *b)
{
    const struct value *in = build_numbers(b, 0);
    const struct onnx_tensor *weights = in ? build_constant(b, 1) : NULL;
    struct matmul *m = weights ? build_alloc(b, 1, sizeof(*m)) : NULL;
    int64_t turn_in, turn_weights;
    float alpha, beta;

    if (!m || !attr_int(b, "transA", 0, &turn_in) ||
        !attr_int(b, "transB", 0, &turn_weights) || !attr_float(b, "alpha", 1, &alpha) ||
        !attr_float(b, "beta", 1, &beta))
        return false;
    if (turn_in)
        return build_refuse(b, "transA is not supported");
    m->in = in->slot;
    m->from = in->width;
    return arrange(b, m, weights, turn_weights != 0, alpha) &&
           finish(b, m, gemm_bias(b, m, beta));
}
