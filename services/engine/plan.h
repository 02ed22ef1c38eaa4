/* SPDX-License-Identifier: Apache-2.0 */
/* plan.h - a graph, compiled: a flat list of steps over columns of memory.
 *
 * Rows are worked on in blocks. Every value that depends on the rows has a slot: room for
 * one block of it. Everything about shapes is settled while compiling, so that a step at
 * run time has nothing left to check.
 */
#ifndef ENGINE_PLAN_H
#define ENGINE_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "engine/onnx.h"
#include "engine/pool.h"

/* At most so many rows in a block, fewer when a row is wide. */
enum { PLAN_BLOCK_ROWS = 64 };

/* What class indices stand for. */
struct labels {
    size_t count;
    const int64_t *ints; /* one of the two */
    const char *const *names;
};

/* One block of each slot: float for numbers, int32_t for classes. */
struct frame {
    void **slots;
    size_t rows; /* of this block */
};

typedef void step_fn(const void *op, const struct frame *f);

struct step {
    step_fn *run;
    const void *op; /* what the operator needs, fixed at load */
};

/* Room in scratch memory, in cells of 4 bytes. */
struct slot {
    size_t width;
    bool per_row; /* width cells for each row of the block, or once for the block */
};

struct plan {
    size_t slot_count;
    struct slot *slots;
    size_t width; /* of all slots together */
    size_t block_rows;
    size_t step_count;
    struct step *steps;
    size_t input_slot, features;
    size_t output_slot, classes; /* probabilities */
    bool has_label;
    size_t label_slot;
    struct labels labels; /* of the model's label output, or 0, 1, 2, ... */
    const char *kind;     /* the operator that classifies */
};

/* Everything of the plan lies in `pool`; the decoded model, and what else compiling puts
 * into `temporary`, may go. */
bool plan_compile(const struct onnx_model *m, struct pool *temporary, struct pool *pool,
                  struct plan *plan, struct error *err);

void plan_run(const struct plan *plan, const struct frame *f);

static inline float *frame_numbers(const struct frame *f, size_t slot)
{
    return f->slots[slot];
}

static inline int32_t *frame_classes(const struct frame *f, size_t slot)
{
    return f->slots[slot];
}

#endif
