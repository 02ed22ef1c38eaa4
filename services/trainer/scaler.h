/* SPDX-License-Identifier: Apache-2.0 */
/* scaler.h - features to mean zero and variance one, as the model's first node. */
#ifndef TRAINER_SCALER_H
#define TRAINER_SCALER_H

#include "base/buf.h"
#include "trainer/dataset.h"

struct scaling {
    size_t width;
    float *offset, *scale; /* (x - offset) * scale */
};

/* Constant features are only shifted. */
struct scaling scaling_measure(const struct sample *s);
struct scaling scaling_none(size_t width);
void scaling_clear(struct scaling *s);

/* The rows as the node would make them, in double. Release: free(). */
double *scaling_apply(const struct scaling *s, const struct sample *rows);

/* The node "X" -> output. */
void scaling_write(const struct scaling *s, const char *output, struct buf *nodes);

#endif
