/* SPDX-License-Identifier: Apache-2.0 */
/* tree_small.h - forests of small trees, answered without walking.
 *
 * Each tree has a word with one bit for each of its leaves, in order. A node whose
 * x <= threshold does not hold rules out the leaves below its first child; when all such
 * nodes have had their say, the first bit that is left is the leaf the row ends in. Which
 * nodes those are depends, for each feature, only on the thresholds that x is past: so
 * what all of them together leave possible is worked out when the model is loaded, a row
 * of words, one for each tree, for each interval between a feature's thresholds. To
 * answer, one such row is looked up per feature, and they are combined, many trees in one
 * instruction. No step waits for the one before, and none is a branch to be guessed.
 *
 * (The words and the order of the leaves are from C. Lucchese et al., "QuickScorer: a
 * fast algorithm to rank documents with additive ensembles of regression trees", SIGIR
 * 2015.)
 */
#ifndef ENGINE_TREE_SMALL_H
#define ENGINE_TREE_SMALL_H

#include "engine/lanes.h"
#include "engine/tree.h"

enum {
    SMALL_LEAVES = 32,
    SMALL_CLASSES = LANES_VECTOR,
    SMALL_TREE = SMALL_LEAVES * SMALL_CLASSES,
    SMALL_FEATURES = 64, /* that trees look at */
    /* Of the words, and of the leaves: more would not stay in a core's cache. */
    SMALL_BYTES = 1 << 20,
    SMALL_TREES = SMALL_BYTES / (SMALL_TREE * (int)sizeof(float)),
};

struct small_feature {
    size_t feature;           /* its place in a row */
    const float *thresholds;  /* rising */
    size_t count;             /* of them */
    const uint32_t *possible; /* count + 1 rows of a word for each tree */
};

struct small_forest {
    size_t tree_count; /* 0: there are none; else a multiple of TREE_GROUP */
    size_t classes;
    size_t feature_count;
    const struct small_feature *features;
    const float *leaves; /* SMALL_TREE of each tree: SMALL_CLASSES weights of a leaf */
};

/* The same forest. There are none when a tree, or the number of trees, classes or
 * features is too large, or when walking takes less. */
bool small_forest_build(const struct build *b, const struct forest *forest,
                        size_t classes, struct small_forest *out);

/* Add the weights of the leaves that the row ends in. */
void small_forest_add(const struct small_forest *f, const float *row, float *scores);

#endif
