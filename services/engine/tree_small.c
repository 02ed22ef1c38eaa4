/* SPDX-License-Identifier: Apache-2.0 */
#include "engine/tree_small.h"

/* How many of the thresholds, which rise, x is past: a binary search without branches. */
static inline size_t interval_of(const struct small_feature *f, float x)
{
    const float *at = f->thresholds;
    size_t n = f->count;

    while (n > 1) {
        size_t half = n / 2;

        at += !(x <= at[half - 1]) * half;
        n -= half;
    }
    return (size_t)(at - f->thresholds) + !(x <= *at);
}

/* What the rows of all features leave possible in the trees t, t + 1, ... */
static inline void combine(const uint32_t *const *rows, size_t count, size_t t,
                           uint32_t out[LANES_VECTOR])
{
    lanes_ints possible = {-1, -1, -1, -1}, more;

    for (size_t i = 0; i < count; i++) {
        memcpy(&more, rows[i] + t, sizeof(more));
        possible &= more;
    }
    memcpy(out, &possible, sizeof(possible));
}

/* The weights of the leaf that a tree ends in. */
static inline lanes_vector leaf_of(const float *leaves, uint32_t possible)
{
    return lanes_load(leaves, (unsigned)__builtin_ctz(possible));
}

void small_forest_add(const struct small_forest *f, const float *row, float *scores)
{
    const uint32_t *rows[SMALL_FEATURES];
    const float *leaves = f->leaves;
    lanes_vector even = {0}, odd = {0}; /* an addition need not wait for the one before */

    for (size_t i = 0; i < f->feature_count; i++) {
        const struct small_feature *one = &f->features[i];

        rows[i] = one->possible + interval_of(one, row[one->feature]) * f->tree_count;
    }
    for (size_t t = 0; t < f->tree_count; t += LANES_VECTOR) {
        uint32_t possible[LANES_VECTOR];

        combine(rows, f->feature_count, t, possible);
        for (size_t i = 0; i < LANES_VECTOR; i += 2, leaves += 2 * SMALL_TREE) {
            even += leaf_of(leaves, possible[i]);
            odd += leaf_of(leaves + SMALL_TREE, possible[i + 1]);
        }
    }
    even += odd;
    for (size_t c = 0; c < f->classes; c++)
        scores[c] += even[c];
}
