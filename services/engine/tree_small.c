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

/* What the rows of all features leave possible in the group of trees from t on. */
static inline void combine(const uint32_t *const *rows, size_t count, size_t t,
                           uint32_t possible[TREE_GROUP])
{
    lanes_ints low = {-1, -1, -1, -1}, high = low, more[TREE_GROUP / LANES_VECTOR];

    for (size_t i = 0; i < count; i++) {
        memcpy(more, rows[i] + t, sizeof(more));
        low &= more[0];
        high &= more[1];
    }
    memcpy(possible, &low, sizeof(low));
    memcpy(possible + LANES_VECTOR, &high, sizeof(high));
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
    for (size_t t = 0; t < f->tree_count; t += TREE_GROUP) {
        uint32_t possible[TREE_GROUP];

        combine(rows, f->feature_count, t, possible);
#pragma GCC unroll 4
        for (size_t i = 0; i < TREE_GROUP; i += 2) {
            even += leaf_of(leaves + i * SMALL_TREE, possible[i]);
            odd += leaf_of(leaves + (i + 1) * SMALL_TREE, possible[i + 1]);
        }
        leaves += TREE_GROUP * SMALL_TREE;
    }
    even += odd;
    for (size_t c = 0; c < f->classes; c++)
        scores[c] += even[c];
}
