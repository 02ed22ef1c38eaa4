/* SPDX-License-Identifier: Apache-2.0 */
#include "trainer/folds.h"

#include <math.h>

#include "base/mem.h"

/* The rows of one class in random order; returns how many. */
static size_t shuffled(const uint32_t *y, size_t rows, size_t class_id,
                       struct random *random, size_t *out)
{
    size_t n = 0;

    for (size_t i = 0; i < rows; i++)
        if (y[i] == class_id)
            out[n++] = i;
    random_shuffle(random, out, n);
    return n;
}

void folds_deal(const uint32_t *y, size_t rows, size_t classes, size_t count,
                struct random *random, uint32_t *fold)
{
    CLEANUP(mem_freep)
    size_t *members = mem_alloc(rows, sizeof(*members));
    size_t next = 0;

    for (size_t c = 0; c < classes; c++) {
        size_t n = shuffled(y, rows, c, random, members);

        for (size_t i = 0; i < n; i++)
            fold[members[i]] = (uint32_t)(next++ % count);
    }
}

void folds_hold_out(const uint32_t *y, size_t rows, size_t classes, double share,
                    struct random *random, bool *held)
{
    CLEANUP(mem_freep)
    size_t *members = mem_alloc(rows, sizeof(*members));

    for (size_t c = 0; c < classes; c++) {
        size_t n = shuffled(y, rows, c, random, members);
        size_t out = (size_t)lround((double)n * share);

        for (size_t i = 0; i < n; i++)
            held[members[i]] = i < out && i + 1 < n;
    }
}
