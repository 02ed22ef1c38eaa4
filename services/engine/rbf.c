/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/rbf.h"

#include "engine/lanes.h"

/* Of 32 bytes: two of the registers that every machine has. Never passed by value: how
 * that is done depends on the target. */
typedef float wide __attribute__((vector_size(32)));
typedef int32_t wide_ints __attribute__((vector_size(32)));

LANES_DEFINE_EXP(exp_wide, wide, wide_ints)

static inline void add_square(wide *sum, float x, const float *weights)
{
    wide v;

    memcpy(&v, weights, sizeof(v));
    v = x - v;
    *sum += v * v;
}

/* One group; nothing leaves the registers before it is done. */
static inline void one_group(const float *row, size_t features, const float *vectors,
                             float gamma, float *out)
{
    enum { WIDE = LANES / 2 };
    wide low = {0}, high = {0};

    for (size_t i = 0; i < features; i++, vectors += LANES) {
        add_square(&low, row[i], vectors);
        add_square(&high, row[i], vectors + WIDE);
    }
    low *= -gamma;
    high *= -gamma;
    exp_wide(&low);
    exp_wide(&high);
    memcpy(out, &low, sizeof(low));
    memcpy(out + WIDE, &high, sizeof(high));
}

void rbf(const float *row, size_t features, const float *vectors, size_t padded,
         float gamma, float *out)
{
    for (size_t o = 0; o < padded; o += LANES, vectors += features * LANES)
        one_group(row, features, vectors, gamma, out + o);
}
