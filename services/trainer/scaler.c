/* SPDX-License-Identifier: Apache-2.0 */
#include "trainer/scaler.h"

#include <math.h>
#include <stdlib.h>

#include "base/mem.h"
#include "trainer/onnx_out.h"

struct scaling scaling_none(size_t width)
{
    struct scaling s = {width, mem_alloc(width, sizeof(float)),
                        mem_alloc(width, sizeof(float))};

    for (size_t i = 0; i < width; i++)
        s.scale[i] = 1;
    return s;
}

struct scaling scaling_measure(const struct sample *s)
{
    struct scaling out = scaling_none(s->width);

    for (size_t f = 0; f < s->width; f++) {
        double mean = 0;
        double variance = 0;
        double scale;

        for (size_t i = 0; i < s->rows; i++)
            mean += (double)s->x[i * s->width + f] / (double)s->rows;
        for (size_t i = 0; i < s->rows; i++) {
            double off = (double)s->x[i * s->width + f] - mean;

            variance += off * off / (double)s->rows;
        }
        out.offset[f] = (float)mean;
        scale = 1 / sqrt(variance);
        if (variance > 0 && isfinite((float)scale))
            out.scale[f] = (float)scale;
    }
    return out;
}

void scaling_clear(struct scaling *s)
{
    free(s->offset);
    free(s->scale);
}

double *scaling_apply(const struct scaling *s, const struct sample *rows)
{
    double *out = mem_alloc(rows->rows * s->width, sizeof(*out));

    for (size_t i = 0; i < rows->rows * s->width; i++) {
        size_t f = i % s->width;

        out[i] = (double)((rows->x[i] - s->offset[f]) * s->scale[f]);
    }
    return out;
}

void scaling_write(const struct scaling *s, const char *output, struct buf *nodes)
{
    struct buf node;

    onnx_node_begin(&node, ONNX_OUT_ML, "Scaler", (const char *const[]){"X", NULL},
                    (const char *const[]){output, NULL});
    onnx_attr_floats(&node, "offset", s->offset, s->width);
    onnx_attr_floats(&node, "scale", s->scale, s->width);
    onnx_node_end(&node, nodes);
}
